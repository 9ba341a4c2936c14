"""Protective atmospheres: what they are made of, the gas and heat that making them takes, and the heat that they carry out.

The chemical heat of a vented or flared endothermic gas is often as large as the wall loss; the process-heating assessment tool counts
only its sensible heat.

>>> endo = endothermic_gas({"CH4": 1.0})
>>> round(100 * endo.shares["CO"], 1), round(endo.nm3_per_nm3_fuel, 1)          # published: 20.5 % CO, 4.9 m3 a m3 of methane
(20.5, 4.9)
>>> round(endo.gross_mj_per_nm3, 1)                                             # published: about 7.3 MJ a (standard) cubic metre
7.7

Sources: stoichiometry of partial oxidation; heats of formation of :mod:`twin.models.gases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.models.combustion import AIR_O2, Basis
from twin.models.gases import LITRES_PER_MOL, burning_kj_per_mol, gas, sensible_kj_per_mol

GENERATOR_C = 1050.0  # retort of an endothermic generator, 1,000 to 1,100 °C


@dataclass(frozen=True)
class Atmosphere:
    """A protective gas: its mole shares, and per mole of it the moles of fuel gas that it is made from and the heat
    set free in making it.
    """

    name: str
    shares: Mapping[str, float]
    fuel_mol: float = 0.0
    fuel_shares: Mapping[str, float] | None = None
    reaction_kj_per_mol: float = 0.0

    @property
    def nm3_per_nm3_fuel(self) -> float:
        """Gas from one cubic metre of fuel gas (infinite for bought gas)."""
        return 1.0 / self.fuel_mol if self.fuel_mol else float("inf")

    def chemical_kj_per_mol(self, basis: Basis = "net") -> float:
        """Heat set free when one mole is burnt at the vent, kJ."""
        which = 0 if basis == "gross" else 1
        return sum(x * burning_kj_per_mol(symbol)[which] for symbol, x in self.shares.items())

    @property
    def gross_mj_per_nm3(self) -> float:
        """Gross heating value, MJ/Nm3."""
        return self.chemical_kj_per_mol("gross") / LITRES_PER_MOL

    def feed_kj_per_mol(self, basis: Basis = "net") -> float:
        """Heating value of the fuel gas that one mole is made from, kJ."""
        which = 0 if basis == "gross" else 1
        fuel = self.fuel_shares or {}
        return self.fuel_mol * sum(x * burning_kj_per_mol(symbol)[which] for symbol, x in fuel.items())

    def sensible_kj_per_mol(self, from_c: float, to_c: float) -> float:
        """Heat that warms one mole, kJ."""
        return sum(x * (sensible_kj_per_mol(s, to_c) - sensible_kj_per_mol(s, from_c)) for s, x in self.shares.items())


NITROGEN = Atmosphere("nitrogen", {"N2": 1.0})
AIR_GAS = Atmosphere("air", {"N2": 1.0 - AIR_O2, "O2": AIR_O2})


def endothermic_gas(fuel_shares: Mapping[str, float]) -> Atmosphere:
    """Gas made by partial burning of hydrocarbons in air over a hot catalyst: ``CxHy + x/2 O2 -> x CO + y/2 H2`` with the air's nitrogen.

    Complete, without residual CO2, water and methane. The reaction gives heat (36 kJ per mole of methane), less than warming gas and air to
    the retort takes: :func:`generator_kw`. Inert shares of the fuel pass through.
    """
    moles = {"CO": 0.0, "H2": 0.0, "N2": 0.0}
    oxygen = 0.0
    for symbol, x in fuel_shares.items():
        c, h, o, n, _ = gas(symbol).atoms
        moles["CO"] += x * c
        moles["H2"] += x * 0.5 * h
        moles["N2"] += x * 0.5 * n
        oxygen += x * 0.5 * (c - o)
    moles["N2"] += oxygen * (1.0 - AIR_O2) / AIR_O2
    total = sum(moles.values())
    heat = sum(x * gas(symbol).formation_kj_per_mol for symbol, x in fuel_shares.items())
    heat -= moles["CO"] * gas("CO").formation_kj_per_mol
    shares = {symbol: mol / total for symbol, mol in moles.items()}
    return Atmosphere("endothermic", shares, 1.0 / total, dict(fuel_shares), heat / total)


def generator_kw(flow_nm3_h: float, made: Atmosphere, *, retort_c: float = GENERATOR_C, start_c: float = 25.0) -> float:
    """Heat that the retort of a generator takes, kW: gas made and warmed to the retort, less the heat of reaction; walls not counted."""
    per_mol = made.sensible_kj_per_mol(start_c, retort_c) - made.reaction_kj_per_mol
    return flow_nm3_h * 1000.0 / LITRES_PER_MOL / 3600.0 * per_mol


def atmosphere_chemical_kw(flow_nm3_h: float, made: Atmosphere, basis: Basis = "net") -> float:
    """Chemical heat that a vented or flared atmosphere carries out, kW."""
    return flow_nm3_h * 1000.0 / LITRES_PER_MOL / 3600.0 * made.chemical_kj_per_mol(basis)


def atmosphere_sensible_kw(flow_nm3_h: float, made: Atmosphere, in_c: float, out_c: float) -> float:
    """Sensible heat of a flow through the chamber, kW, from the gases' own heat capacities."""
    return flow_nm3_h * 1000.0 / LITRES_PER_MOL / 3600.0 * made.sensible_kj_per_mol(in_c, out_c)
