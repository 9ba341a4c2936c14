"""Fans: dust extraction and fume collection, by control.

Power over full power at a share x of full flow, coefficients of DOE-2 (as EnergyPlus ships them, from the ASHRAE 90.1-1989 User's Manual):

- discharge damper: 0.37073425 + 0.97250253 x - 0.34240761 x²
- inlet vane: 0.35071223 + 0.30850535 x - 0.54137364 x² + 0.87198823 x³
- variable speed: 0.0015302446 + 0.0052080574 x + 1.1086242 x² - 0.11635563 x³
- demand: x^exponent, 2.5 unless given (ORNL AMO-Tools-Suite; real ducts with a fixed pressure loss are softer than the cube law)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.polynomial.polynomial import polyval
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.motor import Motor
from twin.models.profile import Pieces, rows, together
from twin.models.served import AIR, Served, Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Station

CURVES = {
    "damper": (0.37073425, 0.97250253, -0.34240761),
    "inlet_vane": (0.35071223, 0.30850535, -0.54137364, 0.87198823),
    "variable_speed": (0.0015302446, 0.0052080574, 1.1086242, -0.11635563),
}
"""coefficients of 1, x, x², x³"""


class Fan(Served):
    """Dust extraction for the stations that it serves."""

    stage: ClassVar[int] = AIR

    kind: Literal["fan"]
    power_kw: Annotated[float, Q("kW")] = Field(
        alias="power", gt=0, description="power at full flow: electric, or of the shaft where a motor is given"
    )
    control: Literal["fixed", "damper", "inlet_vane", "variable_speed", "demand"] = Field(
        "fixed", description="how flow follows the equipment at work; demand: power is flow to an exponent"
    )
    serves: list[str] = Field(min_length=1, description="stations")
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, description="station: its flow over that of a station that is not named (1)"
    )
    exponent: float = Field(2.5, gt=1, le=3, description="power over flow under demand control")
    least_flow: Fraction = Field(0.3, ge=0, le=1, description="smallest share of the flow unless control is fixed")
    motor: Motor | None = None

    def share(self, flow: np.ndarray) -> np.ndarray:
        """Shaft power over that at full flow, at a share of full flow. Shape as given."""
        if self.control == "fixed":
            return np.ones(flow.shape)
        flow = np.clip(flow, self.least_flow, 1.0)
        if self.control == "demand":
            return np.asarray(flow**self.exponent)
        return np.asarray(polyval(flow, CURVES[self.control]))

    def drawn_kw(self, flow: np.ndarray) -> np.ndarray:
        """Electric power of all units at a share of full flow. Shape as given."""
        shaft = self.power_kw * self.share(flow)
        return np.asarray(self.units * (shaft if self.motor is None else self.motor.electric_kw(shaft)))

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """It runs while any equipment that it serves is not off; its flow follows the share of it at work."""
        served = here.equipment(self.serves)
        edges, (count, present) = together(here.working(served, self.weights), here.attended(served))
        whole = sum(self.weights.get(here.station_of[code], 1.0) for code in served.tolist())
        share = np.clip(count / whole if whole else count, 0.0, 1.0)
        return rows(equipment, edges, present > 0.0, {"electricity": self.drawn_kw(share)})

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Power at full flow, or at whatever flow is dearest."""
        return float(self.drawn_kw(np.linspace(0.0, 1.0, 21)).max())
