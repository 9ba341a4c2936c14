"""Steam boilers: fuel from the steam that is drawn, blow-down, standing loss and combustion efficiency.

fuel = [m (hg - hw) + m_b (hf - hw) + standing] / efficiency, m the steam, m_b = m b / (1 - b) the blow-down as a share b of the feedwater;
hg, hf enthalpies of saturated steam and water, hw = 4.187 kJ/kg/K times the feedwater's temperature. Standing loss is radiation and
convection of the shell, the same at any load while the boiler is under pressure: the smaller the load, the larger its share (US DOE,
Improving Steam System Performance: A Sourcebook for Industry, 2nd ed.). Saturation properties: IAPWS-IF97, tabulated from 1 to 20 bar and
interpolated (within 1 kJ/kg).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.profile import Pieces, rows, together
from twin.models.served import HEATING, Served, Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Problem, ScenarioSpec, Station

BAR_ABSOLUTE = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 16.0, 20.0)
LIQUID_KJ_PER_KG = (417.4, 504.7, 561.5, 604.7, 640.2, 670.5, 697.1, 721.0, 742.7, 762.7, 798.5, 830.1, 858.6, 908.6)
STEAM_KJ_PER_KG = (
    2674.9,
    2706.2,
    2724.9,
    2738.1,
    2748.1,
    2756.1,
    2762.7,
    2768.3,
    2773.0,
    2777.1,
    2783.7,
    2788.8,
    2792.8,
    2798.3,
)
WATER_KJ_PER_KG_K = 4.187
ATMOSPHERE_BAR = 1.01325


@dataclass(frozen=True)
class BoilerBalance:
    """Where the fuel goes, kW, each of the demand's shape: into steam, into blow-down, through the shell, up the stack."""

    steam_kw: np.ndarray
    blowdown_kw: np.ndarray
    standing_kw: np.ndarray
    stack_kw: np.ndarray

    @property
    def fuel_kw(self) -> np.ndarray:
        """Their sum, on net calorific value."""
        return np.asarray(self.steam_kw + self.blowdown_kw + self.standing_kw + self.stack_kw)


class SteamBoiler(Served):
    """A boiler, or several equal ones, that gives saturated steam to the stations that state a use of it."""

    stage: ClassVar[int] = HEATING

    kind: Literal["steam_boiler"]
    fuel: Literal["natural_gas", "lpg", "diesel", "coke", "electricity"] = "natural_gas"
    rated_kg_per_s: Annotated[float, Q("kg/s")] = Field(alias="rated", gt=0, description="steam of one boiler")
    pressure_bar: Annotated[float, Q("bar")] = Field(7.0, alias="pressure", gt=0, le=19, description="gauge")
    feedwater_c: Annotated[float, Q("degC")] = Field(
        80.0, alias="feedwater", ge=0, lt=100, description="condensate and make-up water mixed, as it enters"
    )
    efficiency: Fraction = Field(
        0.9, gt=0, le=1, description="of combustion: 1 less stack loss, on net calorific value"
    )
    blowdown: Fraction = Field(0.04, ge=0, lt=0.5, description="of the feedwater")
    standing_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="standing", ge=0, description="loss of the shells of all boilers while under pressure"
    )
    auxiliaries_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="auxiliaries", ge=0, description="feed pumps, burner fans and controls while under pressure"
    )

    @property
    def enthalpies_kj_per_kg(self) -> tuple[float, float, float]:
        """Of steam, of boiling water, of feedwater."""
        p = self.pressure_bar + ATMOSPHERE_BAR
        steam, liquid = (float(np.interp(p, BAR_ABSOLUTE, table)) for table in (STEAM_KJ_PER_KG, LIQUID_KJ_PER_KG))
        return steam, liquid, WATER_KJ_PER_KG_K * self.feedwater_c

    def balance(self, steam_kg_per_s: np.ndarray) -> BoilerBalance:
        """Where the fuel goes at a use of steam (cut at what is rated) while under pressure."""
        m = np.clip(steam_kg_per_s, 0.0, self.units * self.rated_kg_per_s)
        hg, hf, hw = self.enthalpies_kj_per_kg
        into, down = m * (hg - hw), m * self.blowdown / (1.0 - self.blowdown) * (hf - hw)
        standing = np.full(m.shape, self.standing_kw)
        stack = (into + down + standing) * (1.0 / self.efficiency - 1.0)
        return BoilerBalance(into, down, standing, stack)

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """Under pressure while any station that uses steam is not off."""
        users = here.equipment(name for name, station in here.scenario.stations.items() if station.steam)
        edges, (steam, present) = together(here.drawn("steam"), here.attended(users))
        need = np.maximum(steam, 0.0)
        drawn: dict[str, np.ndarray] = {self.fuel: self.balance(need).fuel_kw}
        drawn["electricity"] = drawn.get("electricity", 0.0) + np.full(need.shape, self.auxiliaries_kw)
        short = np.where(present > 0.0, np.maximum(need - self.units * self.rated_kg_per_s, 0.0), 0.0)
        here.facts["steam_short_kg"] = float(np.dot(short, np.diff(edges)))
        return rows(equipment, edges, present > 0.0, drawn)

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Auxiliaries, and all of its heat where it is electric."""
        full = float(self.balance(np.array([np.inf])).fuel_kw[0]) if self.fuel == "electricity" else 0.0
        return full + self.auxiliaries_kw

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Nobody uses its steam, or there are two that would each make all of it."""
        found = super().problems(name, spec)
        others = [
            n for n, part in spec.utilities.items() if isinstance(part, dict) and part.get("kind") == "steam_boiler"
        ]
        if others and others[0] != name:
            found.append(("kind", "a second kind of boiler on the same net", f"give {others[0]} more units"))
        if not any(isinstance(part, dict) and part.get("steam") for part in spec.stations.values()):
            found.append(("kind", "no station uses steam", "write steam by state at a station"))
        return found
