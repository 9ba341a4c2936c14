"""Cooling towers, chillers, steam boilers, space heating, heat recovery: by hand, against published values, energy conserved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.around import around, energy_kwh
from twin.models.boiler import SteamBoiler
from twin.models.chiller import Chiller
from twin.models.cooling_tower import CoolingTower
from twin.models.recovery import HeatRecovery
from twin.models.space_heating import SpaceHeating
from twin.models.weather import wet_bulb_c

TOWER = {"kind": "cooling_tower", "fan": "7.5 kW", "rejects": "800 kW", "serves": ["s0"]}
CHILLER = {"kind": "chiller", "capacity": "100 kW", "cop": 5.5, "serves": ["s0"]}
BOILER = {
    "kind": "steam_boiler",
    "rated": "1000 kg/h",
    "pressure": "7 bar",
    "feedwater": "80 degC",
    "efficiency": "90 %",
}


@pytest.mark.parametrize(("dry", "humidity", "wet"), [(20.0, 0.5, 13.7), (30.0, 0.7, 25.6), (35.0, 0.5, 26.1)])
def test_wet_bulb_of_stull(dry: float, humidity: float, wet: float) -> None:
    """Proves: 20 °C at 50 % is 13.7 °C (the paper's example), others as a psychrometric chart reads within 0.5 K."""
    assert wet_bulb_c(np.array([dry]), humidity)[0] == pytest.approx(wet, abs=0.5)


def test_tower_at_its_design_point_and_on_a_cool_day() -> None:
    """Proves: design heat at the design wet bulb takes all air; twice the distance to the wet bulb, half the load: 0.25^(1/0.6) of it.

    Sensitivity: air in proportion to heat.
    """
    tower = CoolingTower.model_validate(TOWER)
    assert tower.air(np.array([800.0]), np.array([27.0]))[0] == pytest.approx(1.0)
    assert tower.air(np.array([400.0]), np.array([17.0]))[0] == pytest.approx(0.25 ** (1 / 0.6))


def test_tower_evaporates_what_it_rejects() -> None:
    """Proves: 243 kW evaporate 0.1 kg/s, made up with a third more at 4 cycles. Sensitivity: blow-down forgotten."""
    tower = CoolingTower.model_validate(TOWER)
    here = around([(0, "processing", 0.0, 3600.0)], heat=[(0, "cooling_water", 0.0, 3600.0, 243.0)])
    rows = tower.made(1, here)
    assert energy_kwh(rows, "water") * 3600.0 == pytest.approx(0.1 * 3600.0 * 4.0 / 3.0)


def test_chiller_at_its_rating_and_half_load() -> None:
    """Proves: at 6.67 / 29.4 °C and full load the curves are 1 within 1 %: 100 kW / 5.5; half load x = 0.5: the part-load curve.

    Sensitivity: a constant COP would take half.
    """
    chiller = Chiller.model_validate(CHILLER | {"chilled": "6.67 degC"})
    full = chiller.drawn_kw(np.array([1e6]), np.array([29.4]))[0]
    assert full == pytest.approx(100.0 / 5.5, rel=0.015)
    able = 100.0 * (
        0.257896
        + 0.0389016 * 6.67
        - 0.00021708 * 6.67**2
        + 0.0468684 * 29.4
        - 0.00094284 * 29.4**2
        - 0.00034344 * 6.67 * 29.4
    )
    half = chiller.drawn_kw(np.array([able / 2]), np.array([29.4]))[0]
    assert half / full == pytest.approx(0.222903 + 0.313387 * 0.5 + 0.46371 * 0.25, rel=2e-3)


@given(st.floats(0.0, 150.0), st.floats(0.0, 150.0), st.floats(24.0, 35.0), st.floats(24.0, 35.0))
def test_chiller_takes_more_for_more_heat_and_a_warmer_day(q1: float, q2: float, t1: float, t2: float) -> None:
    """Proves: power rises with heat, and at a heat that it can take with the condenser's temperature. Sensitivity: curves swapped."""
    chiller = Chiller.model_validate(CHILLER)
    heats, days = sorted([q1, q2]), sorted([t1, t2])
    power = chiller.drawn_kw(np.array(heats), np.array([days[0]] * 2))
    assert power[0] <= power[1] + 1e-9
    small = min(heats[0], 60.0)
    by_day = chiller.drawn_kw(np.array([small, small]), np.array(days))
    assert by_day[0] <= by_day[1] + 1e-9


def test_condenser_gives_heat_and_power() -> None:
    """Proves: the tower behind a chiller rejects the heat taken up and the chiller's power. Sensitivity: heat alone."""
    chiller = Chiller.model_validate(CHILLER | {"condenser": "29 degC"})
    here = around([(0, "processing", 0.0, 3600.0)], [(0, "cooling", 0.0, 3600.0, 60.0)], utilities={"cold": chiller})
    rows = chiller.made(1, here)
    assert energy_kwh(rows, "cooling") == pytest.approx(60.0 + energy_kwh(rows))


def test_boiler_by_hand() -> None:
    """Proves: 0.1 kg/s of steam at 7 bar gauge (hg 2768.4, hf 721.3) from 80 °C water, 4 % blow-down, 5 kW standing, 90 %.

    Sensitivity: without blow-down and standing loss 3 % less.
    """
    boiler = SteamBoiler.model_validate(BOILER | {"standing": "5 kW", "blowdown": "4 %"})
    found = boiler.balance(np.array([0.1]))
    hw = 4.187 * 80.0
    expected = (0.1 * (2768.4 - hw) + 0.1 * 0.04 / 0.96 * (721.3 - hw) + 5.0) / 0.9
    assert found.fuel_kw[0] == pytest.approx(expected, rel=1e-3)


@given(st.floats(0.0, 0.4), st.floats(0.0, 0.4), st.floats(0.5, 1.0), st.floats(0.0, 0.3))
def test_boiler_conserves_energy(a: float, b: float, efficiency: float, blowdown: float) -> None:
    """Proves: steam + blow-down + shell + stack = fuel; more steam, more fuel; standing loss at no load.

    Sensitivity: a stack loss of the steam alone.
    """
    boiler = SteamBoiler.model_validate(BOILER | {"efficiency": efficiency, "blowdown": blowdown, "standing": "8 kW"})
    found = boiler.balance(np.array(sorted([a, b])))
    useful = found.steam_kw + found.blowdown_kw + found.standing_kw
    assert np.allclose(found.fuel_kw * efficiency, useful)
    assert found.fuel_kw[0] <= found.fuel_kw[1] + 1e-9
    assert boiler.balance(np.array([0.0])).fuel_kw[0] == pytest.approx(8.0 / efficiency)


def test_boiler_is_under_pressure_while_a_user_is_there() -> None:
    """Proves: steam for half an hour, standing loss while the station waits, nothing when it is off; the counters agree."""
    boiler = SteamBoiler.model_validate(BOILER | {"standing": "9 kW", "auxiliaries": "2 kW", "blowdown": "0 %"})
    here = around(
        [(0, "processing", 0.0, 1800.0), (0, "starved", 1800.0, 2700.0), (0, "off", 2700.0, 3600.0)],
        [(0, "steam", 0.0, 1800.0, 0.1)],
        parts={},
    )
    here.scenario.stations["s0"].steam["processing"] = 0.1
    rows = boiler.made(1, here)
    hg, _, hw = boiler.enthalpies_kj_per_kg
    assert energy_kwh(rows, "natural_gas") == pytest.approx((0.5 * 0.1 * (hg - hw) + 0.75 * 9.0) / 0.9)
    assert energy_kwh(rows) == pytest.approx(2.0 * 0.75)


def test_space_heating_by_degrees() -> None:
    """Proves: 16 - 6 °C times 3 kW/K over 90 %, only while somebody is there. Sensitivity: heating around the clock."""
    heating = SpaceHeating.model_validate({"kind": "space_heating", "conductance": "3 kW/K", "serves": ["s0"]})
    here = around([(0, "starved", 0.0, 1800.0), (0, "off", 1800.0, 3600.0)], site={"outdoors_c": 6.0})
    assert energy_kwh(heating.made(1, here), "natural_gas") == pytest.approx(30.0 / 0.9 / 2.0)


def recovery(**fields) -> HeatRecovery:
    return HeatRecovery.model_validate(
        {
            "kind": "heat_recovery",
            "source": {
                "from": "s0",
                "term": "flue",
                "share": "50 %",
                "temperature": "300 degC",
                "cooled_to": "20 degC",
            },
            "sink": {"to": "s1", "carrier": "natural_gas", "efficiency": 0.8, "cold": "15 degC", "hot": "60 degC"},
            "pinch": "10 K",
        }
        | fields
    )


def test_recovery_needs_both_at_the_same_time() -> None:
    """Proves: 40 kW of flue in the first half hour, gas of 100 kW in the second: nothing; overlapping a quarter hour: a quarter of it.

    Sensitivity: energies compared over the hour would recover all of it.
    """
    states = [(0, "processing", 0.0, 3600.0), (1, "processing", 0.0, 3600.0)]
    apart = around(states, [(1, "natural_gas", 1800.0, 3600.0, 100.0)], [(0, "flue", 0.0, 1800.0, 20.0)])
    assert energy_kwh(recovery().made(2, apart), "natural_gas") == 0.0
    over = around(states, [(1, "natural_gas", 900.0, 3600.0, 100.0)], [(0, "flue", 0.0, 1800.0, 20.0)])
    given_share = (300.0 - 10.0 - 15.0) / (300.0 - 20.0)
    assert energy_kwh(recovery().made(2, over), "natural_gas") == pytest.approx(-0.25 * 20.0 * given_share / 0.8)


def test_recovery_stops_at_the_pinch() -> None:
    """Proves: a source of 50 °C warms a stream from 15 to 40 °C of 60: 25/45 of its heat; of 20 °C, nothing. Sensitivity: no pinch."""
    cool = {"from": "s0", "term": "flue", "share": "100 %", "temperature": "50 degC", "cooled_to": "49 degC"}
    assert recovery(source=cool).recovered_kw(np.array([1e6]), np.array([90.0]))[0] == pytest.approx(90.0 * 25.0 / 45.0)
    cold = cool | {"temperature": "20 degC", "cooled_to": "19 degC"}
    assert recovery(source=cold).recovered_kw(np.array([1e6]), np.array([90.0]))[0] == 0.0


@given(
    st.floats(20.0, 600.0),
    st.floats(0.0, 1.0),
    st.floats(5.0, 100.0),
    st.floats(5.0, 100.0),
    st.floats(1e-3, 1e3),
    st.floats(1e-3, 1e3),
)
def test_recovery_keeps_the_second_law(hot: float, cool: float, cold: float, rise: float, qs: float, qk: float) -> None:
    """Proves: with the heat passed, both ends of a counterflow exchanger keep the pinch, and neither side gives more than it has.

    Sensitivity: the smaller of both heats alone.
    """
    cooled = hot - 1.0 - cool * (hot - 2.0)
    one = recovery(
        source={
            "from": "s0",
            "term": "flue",
            "share": "100 %",
            "temperature": f"{hot!r} degC",
            "cooled_to": f"{cooled!r} degC",
        },
        sink={"to": "s1", "carrier": "natural_gas", "cold": f"{cold!r} degC", "hot": f"{cold + rise!r} degC"},
    )
    passed = float(one.recovered_kw(np.array([qs]), np.array([qk]))[0])
    assert 0.0 <= passed <= min(qs, qk) + 1e-9
    if passed > 0.0:
        assert cold + rise * passed / qk <= hot - 10.0 + 1e-6
        assert hot - (hot - cooled) * passed / qs >= cold + 10.0 - 1e-6
