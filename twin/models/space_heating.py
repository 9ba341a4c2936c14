"""Space heating of a hall: heat in proportion to the degrees between indoors and outdoors, while people are there.

Q = G (Ti - To) above zero, G walls, roof and air change (0.34 Wh/(m3 K) times the air that is changed); fuel or power is Q over efficiency
(or coefficient of performance).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Q
from twin.models.profile import Pieces, rows, together
from twin.models.served import HEATING, Served, Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Problem, ScenarioSpec, Station


class SpaceHeating(Served):
    """Heats the halls of the stations that it serves while any of them is not off."""

    stage: ClassVar[int] = HEATING + 1

    kind: Literal["space_heating"]
    conductance_kw_per_k: Annotated[float, Q("kW/K")] = Field(
        alias="conductance", gt=0, description="of walls, roof and air change together"
    )
    indoors_c: Annotated[float, Q("degC")] = Field(16.0, alias="indoors", description="that is kept")
    carrier: Literal["natural_gas", "lpg", "diesel", "electricity"] = "natural_gas"
    efficiency: float = Field(0.9, gt=0, description="heat over carrier; above 1 for a heat pump")
    limit_kw: Annotated[float, Q("kW")] | None = Field(None, alias="limit", gt=0, description="of heat; absent: none")
    serves: list[str] = Field(min_length=1, description="stations")

    def heat_kw(self, outdoors_c: np.ndarray) -> np.ndarray:
        """Heat at a temperature outdoors. Shape as given."""
        heat = self.conductance_kw_per_k * np.maximum(self.indoors_c - outdoors_c, 0.0)
        return heat if self.limit_kw is None else np.minimum(heat, self.limit_kw)

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """Its carrier, by the hour of the weather."""
        served = here.equipment(self.serves)
        edges, (present, outdoors) = together(here.attended(served), here.outdoors())
        return rows(equipment, edges, present > 0.0, {self.carrier: self.heat_kw(outdoors) / self.efficiency})

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Electric power on a day of -20 °C."""
        return float(self.heat_kw(np.array([-20.0]))[0]) / self.efficiency if self.carrier == "electricity" else 0.0

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Names that do not exist."""
        return [*super().problems(name, spec), *self.unknown("serves", self.serves, spec)]
