"""Chillers: electric power from the heat taken up, the share of load, and the temperatures of chilled water and condenser.

The three curves of DOE-2's electric chiller (EIR) model, as EnergyPlus ships them for a water-cooled centrifugal machine with chilled
water Te and condenser entering Tc in °C (rated at 6.67 and 29.4 °C):

- capacity: 0.257896 + 0.0389016 Te - 0.00021708 Te² + 0.0468684 Tc - 0.00094284 Tc² - 0.00034344 Te Tc
- energy input ratio: 0.933884 - 0.058212 Te + 0.00450036 Te² + 0.00243 Tc + 0.000486 Tc² - 0.001215 Te Tc
- part load: 0.222903 + 0.313387 x + 0.46371 x²

P = Q0 capacity EIR(T) EIR(x) / COP, x = Q / (Q0 capacity). Below ``least_load`` the machine cycles: power in proportion to the load.
The curves hold for Te 5 to 10 and Tc 24 to 35 °C; temperatures are cut to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.profile import Pieces, rows, together
from twin.models.served import COOLING, Served, Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Problem, ScenarioSpec, Station

CAPACITY = (0.257896, 0.0389016, -0.00021708, 0.0468684, -0.00094284, -0.00034344)
EIR = (0.933884, -0.058212, 0.00450036, 0.00243, 0.000486, -0.001215)
PART_LOAD = (0.222903, 0.313387, 0.46371)
CHILLED_C, CONDENSER_C = (5.0, 10.0), (24.0, 35.0)


def surface(coefficients: tuple[float, ...], chilled_c: np.ndarray, condenser_c: np.ndarray) -> np.ndarray:
    """A biquadratic of the two temperatures, cut to the range of the curves. Shape as given."""
    te, tc = np.clip(chilled_c, *CHILLED_C), np.clip(condenser_c, *CONDENSER_C)
    a, b, c, d, e, f = coefficients
    return np.asarray(a + b * te + c * te**2 + d * tc + e * tc**2 + f * te * tc)


class Chiller(Served):
    """Takes heat from what it serves at a low temperature; its condenser gives it, and its own power, to the outside."""

    stage: ClassVar[int] = COOLING + 1

    kind: Literal["chiller"]
    capacity_kw: Annotated[float, Q("kW")] = Field(
        alias="capacity", gt=0, description="heat taken up at 6.67 °C chilled and 29.4 °C condenser water"
    )
    cop: float = Field(5.5, gt=1, description="at full load and those temperatures")
    serves: list[str] = Field(min_length=1, description="stations and utilities")
    chilled_c: Annotated[float, Q("degC")] = Field(7.0, alias="chilled", description="of the chilled water")
    condenser_c: Annotated[float, Q("degC")] | None = Field(
        None, alias="condenser", description="of water or air entering the condenser; absent: outdoors plus `approach`"
    )
    approach_k: Annotated[float, Q("K")] = Field(
        4.0, alias="approach", ge=0, description="condenser inlet above the wet bulb outdoors"
    )
    least_load: Fraction = Field(0.15, gt=0, le=1, description="share of capacity below which it cycles")

    def drawn_kw(self, heat_kw: np.ndarray, condenser_c: np.ndarray) -> np.ndarray:
        """Electric power of all units, equally loaded, for a heat taken up (cut at what they can). Shape as given."""
        chilled = np.full(heat_kw.shape, self.chilled_c)
        able = self.capacity_kw * surface(CAPACITY, chilled, condenser_c)
        x = np.clip(heat_kw / self.units / able, 0.0, 1.0)
        level = np.maximum(x, self.least_load)
        part = (PART_LOAD[0] + PART_LOAD[1] * level + PART_LOAD[2] * level**2) * (x / level)
        return np.asarray(self.units * able / self.cop * surface(EIR, chilled, condenser_c) * part)

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """Power, and the condenser's heat as a demand for cooling, for a tower that serves it."""
        from twin.models.cooling_tower import wet_bulb_profile

        edges, (heat, wet) = together(here.to_be_cooled(self.serves), wet_bulb_profile(here))
        entering = wet + self.approach_k if self.condenser_c is None else np.full(wet.shape, self.condenser_c)
        power = self.drawn_kw(heat, entering)
        return rows(equipment, edges, heat > 0.0, {"electricity": power, "cooling": heat + power})

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Full load on the hottest day of the curves."""
        hot = np.array([CONDENSER_C[0], CONDENSER_C[1]])
        return float(self.drawn_kw(np.full(2, 1e9), hot).max())

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Names that do not exist."""
        return [*super().problems(name, spec), *self.unknown("serves", self.serves, spec)]
