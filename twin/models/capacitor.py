"""Capacitors: leading reactive power that sets off the lagging of the equipment, fixed or switched in steps.

A controller switches as many steps as fit into the lagging power of a quarter-hour (its mean), so it never turns the site leading; fixed
capacitors are on all the time, and lead when the plant rests, which a tariff with a leading clause at night charges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.ledger.energy import quarter_hour_kwh
from twin.models.profile import Pieces, by_quarter
from twin.models.served import CAPACITORS, Served, Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Problem, ScenarioSpec, Station


class Capacitor(Served):
    """A bank of equal steps (`units`)."""

    stage: ClassVar[int] = CAPACITORS
    compensates: ClassVar[bool] = True

    kind: Literal["capacitor"]
    step_kvar: Annotated[float, Q("kvar")] = Field(alias="step", gt=0, description="reactive power of one step")
    control: Literal["fixed", "automatic"] = "automatic"
    loss_share: Fraction = Field(
        0.0005,
        ge=0,
        lt=0.1,
        description="electric loss over reactive power (0.5 W/kvar with discharge resistors; assumed)",
    )

    def leading_kvar(self, lagging_kvar: np.ndarray) -> np.ndarray:
        """Leading reactive power for the lagging of each quarter-hour. Shape as given."""
        if self.control == "fixed":
            return np.full(lagging_kvar.shape, self.units * self.step_kvar)
        steps = np.floor(np.maximum(lagging_kvar, 0.0) / self.step_kvar + 1e-9)
        return np.asarray(np.minimum(steps, self.units) * self.step_kvar)

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """Leading power and its loss, by quarter-hour, after what capacitors before it have set off."""
        flows = here.tables["flows"]
        lag, lead = (quarter_hour_kwh(flows, name, 0.0, here.end_s) * 4.0 for name in ("reactive_lag", "reactive_lead"))
        given = self.leading_kvar(lag - lead)
        return by_quarter(equipment, {"reactive_lead": given, "electricity": given * self.loss_share}, here.end_s)

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Loss with all steps on."""
        return self.units * self.step_kvar * self.loss_share

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Nothing says what there is to set off."""
        found = super().problems(name, spec)
        parts = [*spec.stations.values(), *spec.utilities.values()]
        own = any(isinstance(part, dict) and part.get("power_factor") is not None for part in parts)
        if not own and spec.site.power_factor is None:
            found.append(
                ("kind", "nothing draws reactive power", "write power_factor at the equipment, or site.power_factor")
            )
        return found
