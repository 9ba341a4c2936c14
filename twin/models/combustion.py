"""Flue gas by rigorous combustion: what a fuel of known composition leaves in the furnace.

A :class:`Fuel` is known by its products; burnt with excess air (or oxygen-enriched air) it gives a :class:`Flue` whose heat at any
temperature follows from NIST-JANAF (:mod:`twin.models.gases`). All heats count from 25 °C. ``basis`` says which heating value a share
refers to: ``gross`` (water condensed; how gas is billed) or ``net`` (water as vapour; how the ledger counts fuel).
Complete combustion, no dissociation, argon counted as nitrogen.

>>> gas_fired = natural_gas()
>>> excess = excess_air(gas_fired, 0.03)                               # 3 % O2 in dry flue gas
>>> round(excess, 3), round(available_heat(gas_fired, 900.0, excess, basis="gross"), 3)
(0.15, 0.506)
>>> hot = recuperator(gas_fired, 900.0, excess, effectiveness=0.5)
>>> round(hot.air_c), round(hot.available_heat - available_heat(gas_fired, 900.0, excess), 2)
(462, 0.18)

Sources: NIST-JANAF. The closed form of excess air is the published one for natural gas, ``EA = 8.52381 y/(2 - 9.52381 y)`` (ORNL AMO-Tools
EfficiencyImprovement), for any fuel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from twin.models.gases import (
    EVAPORATION_KJ_PER_MOL,
    GASES,
    LITRES_PER_MOL,
    REFERENCE_C,
    burning_kj_per_mol,
    gas,
    needed_o2,
    sensible_kj_per_mol,
)

AIR_O2 = 0.2095  # mole share of oxygen in dry air, argon and CO2 counted as nitrogen
Basis = Literal["gross", "net"]

# What Korea's distributors sell (LNG blended with LPG to 42.7 MJ/Nm3 gross): shares assumed, checked against the statutory heating values.
KOREAN_CITY_GAS: Mapping[str, float] = {"CH4": 0.929, "C2H6": 0.047, "C3H8": 0.017, "C4H10": 0.006, "N2": 0.001}
PROPANE: Mapping[str, float] = {"C3H8": 1.0}


@dataclass(frozen=True)
class Fuel:
    """A fuel by what one unit (a mole of gas, a kilogram of anything else) needs and leaves; heating values at 25 °C, kJ per unit."""

    name: str
    unit: Literal["mol", "kg"]
    o2_mol: float
    co2_mol: float
    h2o_mol: float
    so2_mol: float
    n2_mol: float
    gross_kj: float
    net_kj: float
    parts: tuple[tuple[str, float], ...] = ()

    def heating_value_kj(self, basis: Basis) -> float:
        """Gross or net heating value, kJ per unit."""
        return self.gross_kj if basis == "gross" else self.net_kj

    @property
    def gross_mj_per_nm3(self) -> float:
        """Gross heating value of a gas, MJ/Nm3 (ideal gas)."""
        return self.gross_kj / LITRES_PER_MOL

    @property
    def net_mj_per_nm3(self) -> float:
        """Net heating value of a gas, MJ/Nm3 (ideal gas)."""
        return self.net_kj / LITRES_PER_MOL

    @property
    def co2_kg_per_tj(self) -> float:
        """CO2 on net heating value, kg/TJ."""
        return self.co2_mol * GASES["CO2"].grams_per_mol / self.net_kj * 1e6

    def sensible_kj(self, fuel_c: float) -> float:
        """Heat of one unit of gaseous fuel above 25 °C, kJ; 0 for other fuels, whose heat is not counted."""
        return sum(share * sensible_kj_per_mol(symbol, fuel_c) for symbol, share in self.parts)


def gas_fuel(shares: Mapping[str, float], name: str = "gas") -> Fuel:
    """A gaseous fuel from mole shares (volume shares) of CH4, C2H4, C2H6, C3H8, C4H10, CO, H2, CO2, H2O, N2, O2, SO2.

    The shares must sum to 1 within 1e-6, and something in it must burn (ValueError).
    """
    if abs(sum(shares.values()) - 1.0) > 1e-6:
        problem = f"shares of {name} sum to {sum(shares.values()):.6g}, not 1"
        raise ValueError(problem)
    atoms = [sum(x * gas(symbol).atoms[k] for symbol, x in shares.items()) for k in range(5)]
    heats = [sum(x * burning_kj_per_mol(symbol)[k] for symbol, x in shares.items()) for k in range(2)]
    oxygen = sum(x * needed_o2(symbol) for symbol, x in shares.items() if symbol not in ("CO2", "H2O", "SO2"))
    if min(oxygen, heats[1]) <= 0.0:
        problem = f"nothing in {name} burns"
        raise ValueError(problem)
    parts = tuple(sorted(shares.items()))
    return Fuel(name, "mol", oxygen, atoms[0], 0.5 * atoms[1], atoms[4], 0.5 * atoms[3], heats[0], heats[1], parts)


def natural_gas() -> Fuel:
    """City gas (LNG) as sold in Korea: shares assumed, heating values and CO2 within 1 % of the statutory ones."""
    return gas_fuel(KOREAN_CITY_GAS, "natural_gas")


def elemental_fuel(mass_shares: Mapping[str, float], gross_mj_per_kg: float, name: str = "fuel") -> Fuel:
    """A liquid or solid fuel from mass shares of C, H, O, N, S, water and ash, which must sum to 1 within 1e-6, and
    its gross heating value.
    """
    unknown = set(mass_shares) - {"C", "H", "O", "N", "S", "water", "ash"}
    if unknown or abs(sum(mass_shares.values()) - 1.0) > 1e-6:
        problem = f"mass shares of {name} must be of C, H, O, N, S, water, ash and sum to 1; got {dict(mass_shares)}"
        raise ValueError(problem)
    x = {key: 1000.0 * mass_shares.get(key, 0.0) for key in ("C", "H", "O", "N", "S", "water")}
    c, h, s = x["C"] / 12.011, x["H"] / 1.00794, x["S"] / 32.065
    water = 0.5 * h + x["water"] / GASES["H2O"].grams_per_mol
    oxygen = c + 0.25 * h + s - x["O"] / 31.9988
    gross = 1000.0 * gross_mj_per_kg
    return Fuel(name, "kg", oxygen, c, water, s, x["N"] / 28.0134, gross, gross - water * EVAPORATION_KJ_PER_MOL)


@dataclass(frozen=True, slots=True)
class Flue:
    """Flue gas of one unit of fuel, mol."""

    co2_mol: float
    h2o_mol: float
    so2_mol: float
    n2_mol: float
    o2_mol: float

    @property
    def dry_mol(self) -> float:
        """All but the water."""
        return self.co2_mol + self.so2_mol + self.n2_mol + self.o2_mol

    @property
    def wet_mol(self) -> float:
        """All of it."""
        return self.dry_mol + self.h2o_mol

    def o2_share(self, *, dry: bool = True) -> float:
        """Oxygen as an analyser shows it: extracted and dried, or in place (wet)."""
        return self.o2_mol / (self.dry_mol if dry else self.wet_mol)

    def sensible_kj(self, temperature_c: float) -> float:
        """Heat above 25 °C with the water as vapour, kJ per unit of fuel."""
        amounts = zip(("CO2", "H2O", "SO2", "N2", "O2"), self._amounts(), strict=True)
        return sum(mol * sensible_kj_per_mol(symbol, temperature_c) for symbol, mol in amounts if mol)

    def _amounts(self) -> tuple[float, float, float, float, float]:
        return self.co2_mol, self.h2o_mol, self.so2_mol, self.n2_mol, self.o2_mol


@dataclass(frozen=True, slots=True)
class Oxidiser:
    """What the fuel is burnt with: mole share of oxygen in it when dry (1: pure oxygen), water per mole of it, and its temperature."""

    o2_share: float = AIR_O2
    water: float = 0.0
    temperature_c: float = REFERENCE_C

    def sensible_kj(self, o2_mol: float) -> float:
        """Heat above 25 °C of the oxidiser that brings ``o2_mol`` of oxygen, kJ."""
        dry = o2_mol / self.o2_share
        warm = self.o2_share * sensible_kj_per_mol("O2", self.temperature_c)
        warm += (1.0 - self.o2_share) * sensible_kj_per_mol("N2", self.temperature_c)
        return dry * (warm + self.water * sensible_kj_per_mol("H2O", self.temperature_c))


AIR = Oxidiser()


def flue_gas(fuel: Fuel, excess: float, oxidiser: Oxidiser = AIR) -> Flue:
    """Flue gas of one unit of fuel burnt completely with a share of ``excess`` oxidiser (0.15: 15 % more than needed)."""
    if excess < 0.0:
        problem = f"excess air of {excess} would leave fuel unburnt: not below 0"
        raise ValueError(problem)
    oxygen = fuel.o2_mol * (1.0 + excess)
    dry = oxygen / oxidiser.o2_share
    water = fuel.h2o_mol + dry * oxidiser.water
    return Flue(fuel.co2_mol, water, fuel.so2_mol, fuel.n2_mol + dry - oxygen, fuel.o2_mol * excess)


def excess_air(fuel: Fuel, o2: float, *, dry: bool = True, oxidiser: Oxidiser = AIR) -> float:
    """Excess air (or oxidiser) from the oxygen share of the flue gas, dry or wet: the closed form.

    With a the oxygen needed, r the nitrogen (wet: and water) per oxygen of the oxidiser and N the flue gas without excess,
    ``EA = y N / (a (1 - y (1 + r)))``; for CH4 in air of 21 % O2 this is the published 8.52381 y/(2 - 9.52381 y).
    """
    plain = flue_gas(fuel, 0.0, oxidiser)
    along = (1.0 + (0.0 if dry else oxidiser.water)) / oxidiser.o2_share
    if not 0.0 <= o2 < 1.0 / along:
        problem = f"an oxygen share of {o2:.3g} in the flue gas is not below {1.0 / along:.3g}, that of the oxidiser"
        raise ValueError(problem)
    return o2 * (plain.dry_mol if dry else plain.wet_mol) / (fuel.o2_mol * (1.0 - o2 * along))


def available_heat(
    fuel: Fuel,
    flue_c: float,
    excess: float,
    *,
    oxidiser: Oxidiser = AIR,
    fuel_c: float = REFERENCE_C,
    basis: Basis = "net",
) -> float:
    """Share of the heating value that stays in the furnace when the flue gas leaves it at ``flue_c``.

    ``AH = (H + air + fuel preheat - flue gas [- water x 44.0 kJ/mol, gross]) / H``. Preheat that comes from the furnace's own flue gas is
    rightly counted here: see :func:`recuperator`.
    """
    flue = flue_gas(fuel, excess, oxidiser)
    kept = fuel.net_kj + oxidiser.sensible_kj(fuel.o2_mol * (1.0 + excess)) + fuel.sensible_kj(fuel_c)
    return (kept - flue.sensible_kj(flue_c)) / fuel.heating_value_kj(basis)


def flue_loss(fuel: Fuel, flue_c: float, excess: float, *, oxidiser: Oxidiser = AIR, basis: Basis = "net") -> float:
    """Share of the heating value that leaves with the flue gas: what :func:`available_heat` lacks to 1."""
    return 1.0 - available_heat(fuel, flue_c, excess, oxidiser=oxidiser, basis=basis)


def flame_temperature_c(fuel: Fuel, excess: float, oxidiser: Oxidiser = AIR) -> float:
    """Adiabatic flame temperature without dissociation, °C: where the available heat is zero."""
    return _root(lambda c: available_heat(fuel, c, excess, oxidiser=oxidiser), REFERENCE_C, 5000.0)


def fuel_saving(before: float, after: float) -> float:
    """Share of the fuel that a better available heat saves at the same net heat: ``1 - before/after``."""
    return 1.0 - before / after


@dataclass(frozen=True, slots=True)
class Preheat:
    """A heat exchanger between flue gas and combustion air: air and flue temperature behind it, and the furnace's
    available heat with it.
    """

    air_c: float
    flue_out_c: float
    available_heat: float
    heat_share: float
    """heat that the air takes up, of the heating value"""


def recuperator(
    fuel: Fuel,
    flue_c: float,
    excess: float,
    *,
    effectiveness: float,
    air: Oxidiser = AIR,
    loss: float = 0.0,
    basis: Basis = "net",
) -> Preheat:
    """Air preheated by the furnace's own flue gas; ``effectiveness`` is (air out - air in)/(flue in - air in), as on a nameplate.

    ``loss`` is the share of the heat given off by the flue gas that never reaches the air. ``ValueError`` where the flue gas would leave
    colder than the air comes in. Effectiveness-NTU in any heat-transfer text.
    """
    if not 0.0 <= effectiveness <= 1.0:
        problem = f"effectiveness of {effectiveness} is not between 0 and 1"
        raise ValueError(problem)
    hot = Oxidiser(air.o2_share, air.water, air.temperature_c + effectiveness * (flue_c - air.temperature_c))
    oxygen = fuel.o2_mol * (1.0 + excess)
    taken = hot.sensible_kj(oxygen) - air.sensible_kj(oxygen)
    flue = flue_gas(fuel, excess, air)
    left = flue.sensible_kj(flue_c) - taken / (1.0 - loss)
    if left < flue.sensible_kj(air.temperature_c):
        problem = f"{100 * effectiveness:.0f} % would cool the flue gas below the air: not possible with {excess:.2f} excess air"
        raise ValueError(problem)
    out = _root(lambda c: left - flue.sensible_kj(c), air.temperature_c, flue_c)
    share = available_heat(fuel, flue_c, excess, oxidiser=hot, basis=basis)
    return Preheat(hot.temperature_c, out, share, taken / fuel.heating_value_kj(basis))


def regenerator(
    fuel: Fuel,
    flue_c: float,
    excess: float,
    *,
    effectiveness: float = 0.9,
    through: float = 0.85,
    air: Oxidiser = AIR,
    basis: Basis = "net",
) -> Preheat:
    """Regenerative burners: a share ``through`` of the flue gas is drawn through the bed, the rest leaves hot by the flue.

    The bed heats the air to ``effectiveness`` of the way from air to flue temperature; what leaves behind the bed and beside it is mixed.
    0.9 and 0.85 are usual for ceramic beds with 150 to 200 °C behind them (assumed; makers state them).
    """
    hot = Oxidiser(air.o2_share, air.water, air.temperature_c + effectiveness * (flue_c - air.temperature_c))
    oxygen = fuel.o2_mol * (1.0 + excess)
    taken = hot.sensible_kj(oxygen) - air.sensible_kj(oxygen)
    flue = flue_gas(fuel, excess, air)
    heat = flue.sensible_kj(flue_c)
    if through * (heat - flue.sensible_kj(air.temperature_c)) < taken:
        problem = f"{100 * through:.0f} % of the flue gas cannot heat the air to {hot.temperature_c:.0f} °C"
        raise ValueError(problem)
    out = _root(lambda c: heat - taken - flue.sensible_kj(c), air.temperature_c, flue_c)
    share = available_heat(fuel, flue_c, excess, oxidiser=hot, basis=basis)
    return Preheat(hot.temperature_c, out, share, taken / fuel.heating_value_kj(basis))


def enriched(o2_share: float, temperature_c: float = REFERENCE_C) -> Oxidiser:
    """Oxygen-enriched air (0.21 to 1): less nitrogen to heat. Mind that oxygen costs some 0.4 to 0.6 kWh of electricity a cubic metre."""
    if not 0.2 <= o2_share <= 1.0:
        problem = f"an oxygen share of {o2_share} is not between 0.2 and 1"
        raise ValueError(problem)
    return Oxidiser(o2_share, 0.0, temperature_c)


def air_nm3_per_kwh(fuel: Fuel, excess: float) -> float:
    """Combustion air for one kWh of fuel (net), Nm3, dry: for sizing fans."""
    return fuel.o2_mol * (1.0 + excess) / AIR_O2 * LITRES_PER_MOL / 1000.0 / (fuel.net_kj / 3600.0)


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function meets zero, by halving to rounding."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if f(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)
