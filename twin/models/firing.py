"""How a furnace is heated, as a user writes it: elements or burners, and the share of the input that stays in the chamber."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.chamber import Supply
from twin.models.chords import Chords, constant, drawn
from twin.models.combustion import (
    AIR_O2,
    Fuel,
    Oxidiser,
    available_heat,
    enriched,
    excess_air,
    gas_fuel,
    natural_gas,
    recuperator,
    regenerator,
)
from twin.models.combustion import PROPANE as PROPANE_SHARES
from twin.scenario.schema import Part

AMBIENT_C = 25.0
STEP_K = 200.0  # available heat is nearly straight: chords of this length err by less than 0.002
HOTTEST_C = 1300.0


class Elements(Part):
    """Electric resistance heating."""

    rated_kw: Annotated[float, Q("kW")] = Field(alias="rated", gt=0, description="connected power of the elements")
    efficiency: Fraction = Field(
        0.97,
        gt=0,
        le=1,
        description="heat in the chamber over electricity; the rest is lost in transformer, leads and switches",
    )

    def supply(self) -> Supply:
        """Input and share for the chamber."""
        return Supply(self.rated_kw, constant(self.efficiency), "auxiliary")

    @property
    def carrier(self) -> str:
        """What the meter counts."""
        return "electricity"


class Burners(Part):
    """Gas burners, direct or in radiant tubes. Available heat follows from rigorous combustion and the flue temperature."""

    rated_kw: Annotated[float, Q("kW")] = Field(
        alias="rated", gt=0, description="largest fuel input, net calorific value"
    )
    fuel: Literal["natural_gas", "lpg"] = "natural_gas"
    flue_o2: Fraction = Field(0.04, ge=0, lt=0.2, description="oxygen in the flue gas, dry unless `o2_wet`")
    o2_wet: bool = Field(default=False, description="`flue_o2` is measured in the moist gas (in-situ probe)")
    flue_above_k: Annotated[float, Q("K")] = Field(
        30.0,
        alias="flue_above",
        ge=0,
        description="flue gas above chamber where it leaves; 100 to 200 K for radiant tubes",
    )
    preheat: Literal["none", "recuperator", "regenerator"] = "none"
    effectiveness: Fraction = Field(
        0.45, ge=0, le=0.95, description="of the preheater: (air out - air in)/(flue in - air in)"
    )
    oxidiser_o2: Fraction = Field(
        AIR_O2, ge=0.2, le=1, description="oxygen in the combustion air; more where it is enriched"
    )
    fan_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="fan", ge=0, description="combustion air and flue fans while the burners are on"
    )

    def supply(self) -> Supply:
        """Input and share for the chamber."""
        return Supply(self.rated_kw, _shares(self), "flue")

    @property
    def carrier(self) -> str:
        """What the meter counts."""
        return self.fuel

    def composition(self) -> Fuel:
        """The fuel that is burnt."""
        return natural_gas() if self.fuel == "natural_gas" else gas_fuel(PROPANE_SHARES, "lpg")

    def share(self, chamber_c: float) -> float:
        """Available heat (net) at a chamber temperature."""
        fuel = self.composition()
        base = (
            enriched(self.oxidiser_o2, AMBIENT_C)
            if self.oxidiser_o2 > AIR_O2
            else Oxidiser(self.oxidiser_o2, 0.0, AMBIENT_C)
        )
        excess = excess_air(fuel, self.flue_o2, dry=not self.o2_wet, oxidiser=base)
        flue_c = chamber_c + self.flue_above_k
        if self.preheat == "recuperator":
            return recuperator(fuel, flue_c, excess, effectiveness=self.effectiveness, air=base).available_heat
        if self.preheat == "regenerator":
            return regenerator(
                fuel, flue_c, excess, effectiveness=self.effectiveness, through=1.0, air=base
            ).available_heat
        return available_heat(fuel, flue_c, excess, oxidiser=base)


Heating = Elements | Burners


@lru_cache(maxsize=256)
def _shares(burners: Burners) -> Chords:
    points = [AMBIENT_C + STEP_K * i for i in range(int((HOTTEST_C - AMBIENT_C) / STEP_K) + 2)]
    return drawn(burners.share, points)
