"""Gases, combustion and atmospheres: by hand, against JANAF, and by the balances that must close."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models import thermal
from twin.models.atmospheres import NITROGEN
from twin.models.gases import GASES, burning_kj_per_mol, sensible_kj_per_mol


@pytest.mark.parametrize(
    ("gas", "kj"), [("N2", 28.11), ("O2", 29.76), ("CO2", 44.47), ("H2O", 34.51), ("H2", 26.80), ("CO", 28.43)]
)
def test_heat_of_gases(gas: str, kj: float) -> None:
    """Proves: sensible heat from 298.15 to 1,200 K as the JANAF tables print it, kJ/mol, within 0.2 %."""
    assert sensible_kj_per_mol(gas, 1200.0 - 273.15) == pytest.approx(kj, rel=0.002)


def test_ranges_of_gases_join() -> None:
    """Proves: the heat of every gas is continuous where its ranges meet, and rises."""
    for symbol, gas in GASES.items():
        for high, *_ in gas.ranges[:-1]:
            below, above = (sensible_kj_per_mol(symbol, high - 273.15 + d) for d in (-1e-6, 1e-6))
            assert 0.0 < above - below < 1e-5
        heats = [sensible_kj_per_mol(symbol, 50.0 * k) for k in range(30)]
        assert heats == sorted(heats)


def test_methane_by_hand() -> None:
    """Proves: CH4 + 2 O2 + 7.524 N2 with air of 21 %: dry products 8.524 mol, wet 10.524; 10 % excess
    air leaves 0.2 mol O2.
    """
    air = thermal.Oxidiser(0.21)
    flue = thermal.flue_gas(thermal.gas_fuel({"CH4": 1.0}), 0.1, air)
    assert (flue.co2_mol, flue.h2o_mol, flue.o2_mol) == pytest.approx((1.0, 2.0, 0.2))
    assert flue.n2_mol == pytest.approx(2.2 * 79 / 21)
    assert flue.wet_mol == pytest.approx(flue.dry_mol + 2.0)
    assert burning_kj_per_mol("CH4") == pytest.approx((890.3, 802.3), abs=0.1)


def test_oil_by_hand() -> None:
    """Proves: a fuel of 86 % C and 14 % H by mass needs 106.4 mol of O2 a kilogram and leaves 69.4 mol of water:
    3.06 MJ between gross and net.
    """
    oil = thermal.elemental_fuel({"C": 0.86, "H": 0.14}, 45.5, "oil")
    assert oil.o2_mol == pytest.approx(860 / 12.011 + 140 / 1.00794 / 4)
    assert oil.gross_kj - oil.net_kj == pytest.approx(140 / 1.00794 / 2 * 44.004)
    with pytest.raises(ValueError, match="sum to 1"):
        thermal.elemental_fuel({"C": 0.86}, 45.5)


FUELS = st.sampled_from(
    [
        thermal.natural_gas(),
        thermal.gas_fuel({"H2": 0.6, "CH4": 0.3, "N2": 0.1}),
        thermal.gas_fuel({"CO": 0.25, "CO2": 0.15, "N2": 0.6}),
    ]
)


@settings(deadline=None)
@given(FUELS, st.floats(0.0, 3.0), st.booleans(), st.floats(0.2, 1.0), st.floats(0.0, 0.03))
def test_excess_air_and_oxygen_are_inverse(
    fuel: thermal.Fuel, excess: float, dry: bool, oxygen: float, water: float
) -> None:
    """Proves: the closed form gives back the excess from the oxygen of the flue gas, dry or wet, in moist or enriched air."""
    oxidiser = thermal.Oxidiser(oxygen, water)
    o2 = thermal.flue_gas(fuel, excess, oxidiser).o2_share(dry=dry)
    assert thermal.excess_air(fuel, o2, dry=dry, oxidiser=oxidiser) == pytest.approx(excess, abs=1e-9)


@settings(deadline=None)
@given(FUELS, st.floats(300.0, 1300.0), st.floats(0.0, 1.0), st.floats(0.0, 0.9))
def test_recuperator_keeps_energy(fuel: thermal.Fuel, flue_c: float, excess: float, effectiveness: float) -> None:
    """Proves: what the air gains the flue gas loses, and the furnace's available heat grows by the same."""
    before = thermal.available_heat(fuel, flue_c, excess)
    hot = thermal.recuperator(fuel, flue_c, excess, effectiveness=effectiveness)
    flue = thermal.flue_gas(fuel, excess)
    given_kj = flue.sensible_kj(flue_c) - flue.sensible_kj(hot.flue_out_c)
    assert given_kj == pytest.approx(hot.heat_share * fuel.net_kj, abs=1e-6)
    assert hot.available_heat - before == pytest.approx(hot.heat_share, abs=1e-12)


def test_gross_and_net_differ_by_the_water() -> None:
    """Proves: flue loss on gross holds the latent heat of the water: the useful heat is the same in kJ. What is impossible is refused."""
    fuel = thermal.natural_gas()
    useful = [thermal.available_heat(fuel, 800.0, 0.2, basis=b) * fuel.heating_value_kj(b) for b in ("gross", "net")]
    assert useful[0] == pytest.approx(useful[1], rel=1e-12)
    assert thermal.flue_loss(fuel, 800.0, 0.2, basis="gross") > thermal.flue_loss(fuel, 800.0, 0.2)
    with pytest.raises(ValueError, match="below 0"):
        thermal.flue_gas(fuel, -0.1)
    with pytest.raises(ValueError, match="not below"):
        thermal.excess_air(fuel, 0.21)
    with pytest.raises(ValueError, match="cannot heat"):
        thermal.regenerator(fuel, 900.0, 0.1, effectiveness=0.95, through=0.4)
    with pytest.raises(ValueError, match="burns"):
        thermal.gas_fuel({"N2": 1.0})


def test_endothermic_gas_keeps_energy() -> None:
    """Proves: net heat of the gas fed = chemical heat at the vent + heat of reaction (Hess), for methane and for
    city gas; nitrogen carries none.
    """
    for shares in ({"CH4": 1.0}, {"CH4": 0.9, "C3H8": 0.08, "N2": 0.02}):
        made = thermal.endothermic_gas(shares)
        assert made.feed_kj_per_mol() == pytest.approx(made.chemical_kj_per_mol() + made.reaction_kj_per_mol, rel=1e-12)
        assert sum(made.shares.values()) == pytest.approx(1.0)
        assert thermal.generator_kw(50.0, made) > 0.0
    assert thermal.atmosphere_chemical_kw(50.0, NITROGEN) == 0.0
    carried = thermal.atmosphere_sensible_kw(36.0, NITROGEN, 20.0, 920.0)
    assert carried == pytest.approx(thermal.atmosphere_kw(36.0 * 288.7 / 273.15, 20.0, 920.0), rel=0.06)
