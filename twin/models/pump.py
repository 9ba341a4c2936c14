"""Pumps of cooling water and other loops, by control.

Hydraulic power is flow times head, and the head of a loop is a static part and friction that grows with the square of the flow: at a
share x of full flow H(x) / H(1) = s + (1 - s) x². Variable speed follows it: P = x (s + (1 - s) x²), with a drive that takes 3 %
(assumed). A throttle valve burns what the pump gives beyond that: P = 0.45 + 0.55 x (straight line of a radial pump, 40 to 50 % at
closed valve; assumed). A bypass keeps full power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.motor import Motor
from twin.models.profile import Pieces, rows, together
from twin.models.served import COOLING, Served, Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Problem, ScenarioSpec, Station

THROTTLED = (0.45, 0.55)
DRIVE_SHARE = 0.03


class Pump(Served):
    """A pump, or several equal ones in parallel, for the stations and utilities that it serves."""

    stage: ClassVar[int] = COOLING

    kind: Literal["pump"]
    power_kw: Annotated[float, Q("kW")] = Field(
        alias="power", gt=0, description="power at full flow: electric, or of the shaft where a motor is given"
    )
    control: Literal["fixed", "throttled", "variable_speed"] = Field(
        "fixed", description="fixed: full flow, surplus goes through a bypass"
    )
    serves: list[str] = Field(min_length=1, description="stations and utilities")
    cools_kw: Annotated[float, Q("kW")] | None = Field(
        None,
        alias="cools",
        gt=0,
        description="heat at full flow; absent: flow follows the share of its equipment at work",
    )
    static_head: Fraction = Field(0.2, ge=0, le=1, description="share of the head that does not depend on flow")
    least_flow: Fraction = Field(0.3, ge=0, le=1, description="smallest share of the flow unless control is fixed")
    motor: Motor | None = None

    def share(self, flow: np.ndarray) -> np.ndarray:
        """Shaft power over that at full flow, at a share of full flow. Shape as given."""
        if self.control == "fixed":
            return np.ones(flow.shape)
        x = np.clip(flow, self.least_flow, 1.0)
        if self.control == "throttled":
            return np.asarray(THROTTLED[0] + THROTTLED[1] * x)
        return np.asarray((1.0 + DRIVE_SHARE) * x * (self.static_head + (1.0 - self.static_head) * x**2))

    def drawn_kw(self, flow: np.ndarray) -> np.ndarray:
        """Electric power of all units at a share of full flow. Shape as given."""
        shaft = self.power_kw * self.share(flow)
        return np.asarray(self.units * (shaft if self.motor is None else self.motor.electric_kw(shaft)))

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """It runs while anything that it serves is not off, or still has to be cooled."""
        served = here.equipment(self.serves)
        heat = here.to_be_cooled(self.serves)
        edges, (count, present, kw) = together(here.working(served), here.attended(served), heat)
        flow = count / max(len(served), 1) if self.cools_kw is None else kw / self.cools_kw
        return rows(
            equipment, edges, (present > 0.0) | (kw > 0.0), {"electricity": self.drawn_kw(np.minimum(flow, 1.0))}
        )

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Power at full flow."""
        return float(self.drawn_kw(np.linspace(0.0, 1.0, 21)).max())

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Names that do not exist."""
        return [*super().problems(name, spec), *self.unknown("serves", self.serves, spec)]
