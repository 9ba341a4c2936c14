"""Cooling towers: fan power and make-up water from the heat to be rejected and the wet-bulb temperature.

A tower rejects heat in proportion to the distance of its warm water from the wet bulb, and to the 0.6th power of its air (Braun's
effectiveness model with the usual exponent of the number of transfer units in air flow; ASHRAE Handbook, HVAC Systems and Equipment,
Cooling Towers: "0.6" is assumed). So the air that it needs is x = [(Q / Q0) (Th0 - Twb0) / (Th - Twb)]^(1/0.6); above x = 1 the water
comes out warmer than wanted. Fans: fixed, cycled on and off (power x), or with variable speed (x³, cube law of a fan without static head).
Water: what evaporates carries 2,430 kJ/kg (at 30 °C), and blow-down keeps the cycles of concentration c: make-up = evaporation c / (c - 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Q
from twin.models.profile import Pieces, Profile, rows, together
from twin.models.served import COOLING, Served, Surroundings
from twin.models.weather import wet_bulb_c

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Problem, ScenarioSpec, Station

AIR_EXPONENT = 0.6
EVAPORATION_KJ_PER_KG = 2430.0


class CoolingTower(Served):
    """Rejects the heat of what it serves: cooling water of furnaces, stated cooling, condensers of chillers, compressors."""

    stage: ClassVar[int] = COOLING + 2

    kind: Literal["cooling_tower"]
    fan_kw: Annotated[float, Q("kW")] = Field(alias="fan", gt=0, description="electric power of its fans at full air")
    rejects_kw: Annotated[float, Q("kW")] = Field(
        alias="rejects", gt=0, description="heat at full air, design water and design wet bulb"
    )
    control: Literal["fixed", "cycled", "variable_speed"] = "cycled"
    serves: list[str] = Field(min_length=1, description="stations and utilities")
    hot_c: Annotated[float, Q("degC")] = Field(37.0, alias="hot", description="of the water that comes to it")
    design_wet_bulb_c: Annotated[float, Q("degC")] = Field(
        27.0, alias="design_wet_bulb", description="at which `rejects` is stated"
    )
    cycles: float = Field(4.0, gt=1, description="cycles of concentration of the water")

    def air(self, heat_kw: np.ndarray, wet_c: np.ndarray) -> np.ndarray:
        """Share of full air (cut at 1) that rejects a heat at a wet-bulb temperature. Shape as given."""
        drive = np.maximum(self.hot_c - wet_c, 0.1) / (self.hot_c - self.design_wet_bulb_c)
        need = np.maximum(heat_kw, 0.0) / (self.units * self.rejects_kw) / drive
        return np.asarray(np.minimum(need, 1.0) ** (1.0 / AIR_EXPONENT))

    def drawn_kw(self, air: np.ndarray) -> np.ndarray:
        """Electric power of the fans at a share of full air. Shape as given."""
        power = {"fixed": np.where(air > 0.0, 1.0, 0.0), "cycled": air, "variable_speed": air**3}[self.control]
        return np.asarray(self.units * self.fan_kw * power)

    def water_kg_per_s(self, heat_kw: np.ndarray) -> np.ndarray:
        """Make-up water for a heat rejected. Shape as given."""
        return np.asarray(heat_kw / EVAPORATION_KJ_PER_KG * self.cycles / (self.cycles - 1.0))

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """Fans and make-up water; off where there is no heat to reject."""
        wet = wet_bulb_profile(here)
        edges, (heat, wet_c) = together(here.to_be_cooled(self.serves), wet)
        drawn = {"electricity": self.drawn_kw(self.air(heat, wet_c)), "water": self.water_kg_per_s(heat)}
        return rows(equipment, edges, heat > 0.0, drawn)

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """All fans at full air."""
        return self.units * self.fan_kw

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Names that do not exist; design water that is no warmer than the wet bulb."""
        found = [*super().problems(name, spec), *self.unknown("serves", self.serves, spec)]
        if self.hot_c <= self.design_wet_bulb_c:
            found.append(("hot", "not above the design wet-bulb temperature", "a higher temperature, e.g. '37 degC'"))
        return found


def wet_bulb_profile(here: Surroundings) -> Profile:
    """The wet-bulb temperature outdoors."""
    dry = here.outdoors()
    return Profile(dry.edges_s, wet_bulb_c(dry.level, here.scenario.spec.site.humidity))
