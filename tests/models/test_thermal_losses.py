"""Loss terms against published figures and by hand."""

from __future__ import annotations

from math import pi

import pytest

from twin.models.losses import (
    atmosphere_kw,
    charge_kwh_per_kg,
    cooling_water_kw,
    cylinder_mean_area_m2,
    film_w_per_m2k,
    fixture_kwh,
    leakage_kw,
    lump_response,
    moisture_j_per_kg,
    opening_view_factor,
    opening_view_factor_tabulated,
    radiation_kw,
    slag_kwh,
    wall_conduction_kw,
    wall_storage_kwh,
    wall_surface_kw,
)


def test_open_iron_bath() -> None:
    """Proves: an open bath of 0.8 m at 1,450 °C with emissivity 0.85 radiates about 210 kW, as published."""
    assert radiation_kw(pi * 0.8**2 / 4, 1450.0, emissivity=0.85) == pytest.approx(210.0, rel=0.02)


def test_iron_against_aluminium() -> None:
    """Proves: per square metre iron at 1,480 °C radiates 25.6 times what aluminium at 740 °C does with emissivities
    0.85 and 0.3, and 9.0 times at equal emissivity: the factor of 25 is 9 of temperature and 2.8 of surface."""
    iron = radiation_kw(1.0, 1480.0, emissivity=0.85)
    assert iron / radiation_kw(1.0, 740.0, emissivity=0.3) == pytest.approx(25.6, abs=0.1)
    assert iron / radiation_kw(1.0, 740.0, emissivity=0.85) == pytest.approx(9.02, abs=0.02)


@pytest.mark.parametrize(
    ("ratio", "factor", "rel"), [(5.0, 0.835, 0.002), (1.67, 0.62, 0.025), (0.5, 0.35, 0.015), (0.1, 0.098, 0.12)]
)
def test_view_factor_falls_with_depth(ratio: float, factor: float, rel: float) -> None:
    """Proves: the closed form meets the published curve within 2.5 % (12 % for the deepest hole), its table exactly."""
    assert opening_view_factor(ratio, 1.0) == pytest.approx(factor, rel=rel)
    assert opening_view_factor_tabulated(ratio, 1.0) == pytest.approx(factor, rel=1e-12)


def test_view_factor_limits() -> None:
    """Proves: no depth lets everything through, both forms are monotone, and a hole in a wall as thick as it is wide
    passes half."""
    assert opening_view_factor(1.0, 0.0) == opening_view_factor_tabulated(1.0, 0.0) == 1.0
    assert opening_view_factor(1.0, 1.0) == pytest.approx(0.514, abs=0.005)
    for form in (opening_view_factor, opening_view_factor_tabulated):
        factors = [form(0.05 * 1.3**i, 1.0) for i in range(40)]
        assert factors == sorted(factors)


def test_film_of_a_warm_wall() -> None:
    """Proves: natural convection at 107 °C is about 5 W/(m2 K), more on a roof, less under a floor, and wind raises
    it."""
    vertical = film_w_per_m2k(107.0, 20.0)
    assert vertical == pytest.approx(5.04, abs=0.05)
    assert (
        film_w_per_m2k(107.0, 20.0, orientation="hot_down")
        < vertical
        < film_w_per_m2k(107.0, 20.0, orientation="hot_up")
    )
    assert film_w_per_m2k(107.0, 20.0, wind_m_s=2.0) > 2.0 * vertical
    assert film_w_per_m2k(20.0, 20.0) == 0.0
    assert wall_surface_kw(10.0, 107.0) == pytest.approx(
        10 * 0.087 * vertical + radiation_kw(10.0, 107.0, emissivity=0.9), rel=1e-12
    )


def test_conduction_and_storage_by_hand() -> None:
    """Proves: 10 m2 of 0.23 m brick (k 1.15) and 0.1 m board (k 0.1) from 920 to 20 °C pass 7.5 kW; storage is m c
    dT; areas of a cylinder."""
    assert wall_conduction_kw(10.0, 920.0, 20.0, [(0.23, 1.15), (0.1, 0.1)]) == pytest.approx(7.5, rel=1e-12)
    assert wall_conduction_kw(
        10.0, 920.0, 20.0, [(0.1, 0.1)], inside_w_per_m2k=20, outside_w_per_m2k=10
    ) == pytest.approx(9.0 / 1.15, rel=1e-12)
    assert wall_storage_kwh([(0.1, 2000.0, 900.0, 500.0)], area_m2=4.0) == pytest.approx(100.0, rel=1e-12)
    assert cylinder_mean_area_m2(1.0, 1e-9, 1.0) == pytest.approx(pi, rel=1e-6)
    assert lump_response(3600.0, 0.5, 0.5, 1.0) == pytest.approx(0.6321, abs=1e-4)


def test_charge_dry_and_wet() -> None:
    """Proves: the tool's grey iron to 1,500 °C is 359 kWh/t; half melted it is less; 2 % of water adds 14.4 kWh/t."""
    iron = {
        "melting_c": 1230.0,
        "solid_j_per_kg_k": 796.0,
        "liquid_j_per_kg_k": 859.0,
        "latent_j_per_kg": 96_000.0,
        "start_c": 20.0,
    }
    dry = charge_kwh_per_kg(1500.0, **iron)
    assert 1000.0 * dry == pytest.approx(358.6, abs=0.1)
    assert charge_kwh_per_kg(1500.0, melted_share=0.5, **iron) < dry
    assert 1000.0 * (moisture_j_per_kg(20.0, 0.02) / 3.6e6) == pytest.approx(14.4, abs=0.1)


def test_small_terms_by_hand() -> None:
    """Proves: slag, water, leakage, atmosphere and fixtures by hand; heat of water at 10 m3/h and 10 K is 116 kW."""
    assert slag_kwh(30.0, 1520.0) == pytest.approx(30 * 1200 * 1500 / 3.6e6, rel=1e-12)
    assert cooling_water_kw(10.0, 10.0) == pytest.approx(116.3, abs=0.1)
    assert fixture_kwh(100.0, 20.0, 920.0, 600.0) == pytest.approx(15.0, rel=1e-12)
    assert atmosphere_kw(36.0, 20.0, 920.0) == pytest.approx(11.16, rel=1e-12)
    assert leakage_kw(0.01, 900.0, overpressure_pa=4.0) == pytest.approx(
        2.0 * leakage_kw(0.01, 900.0, overpressure_pa=1.0), rel=1e-12
    )
