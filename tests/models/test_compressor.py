"""Compressors by control, storage, pressure and intake temperature: by hand, against the DOE sourcebook, and as laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.around import around, energy_kwh
from twin.ledger.trace import STATE
from twin.models.compressor import Compressor, load_unload_share, pressure_factor

GALLON_M3, CFM_M3_S = 3.785411784e-3, 4.719474e-4


def compressor(**fields) -> Compressor:
    return Compressor.model_validate(
        {"kind": "compressor", "rated": "40 kW", "delivers": "6 Nm3/min", "leaks": "20 %", "unloaded_share": "30 %"}
        | fields
    )


def test_load_unload_by_hand() -> None:
    """Proves: demand 3 of 6 Nm3/min and 20 % leaks: loaded 70 % of the time; leaks alone 20 %; off, nothing.

    Sensitivity: leaks as a share of demand; leaks around the clock.
    """
    here = around(
        [(0, "processing", 0.0, 200.0), (0, "starved", 200.0, 1000.0), (0, "off", 1000.0, 3600.0)],
        [(0, "compressed_air", 0.0, 200.0, 3.0 / 60.0)],
    )
    rows = compressor().made(1, here)
    working, leaking = 40.0 * (0.3 + 0.7 * 0.7), 40.0 * (0.3 + 0.7 * 0.2)
    assert rows["flows"]["base"].tolist() == pytest.approx([working, leaking])
    assert energy_kwh(rows) == pytest.approx((working * 200.0 + leaking * 800.0) / 3600.0)
    assert rows["states"]["state"].tolist() == [STATE["processing"], STATE["off"]]
    assert here.facts["air_short_nm3"] == 0.0


def test_more_air_than_it_delivers_is_full_load_and_told() -> None:
    """Proves: power never exceeds rated; what is short is counted. Sensitivity: a linear law without its cap."""
    assert compressor().power_kw(np.array([1.0])).tolist() == [40.0]
    here = around([(0, "processing", 0.0, 3600.0)], [(0, "compressed_air", 0.0, 3600.0, 9.0 / 60.0)])
    compressor(leaks="0 %").made(1, here)
    assert here.facts["air_short_nm3"] == pytest.approx(3.0 * 60.0)


@pytest.mark.parametrize(("gallons", "published"), [(1.0, 0.87), (3.0, 0.76)])
def test_storage_gives_the_sourcebooks_part_load_curves(gallons: float, published: float) -> None:
    """Proves: half load, 1 and 3 US gal per cfm, 10 psi band, 40 s blow-down: within 1.5 points of the DOE sourcebook's curves.

    Sensitivity: without the blow-down both would be 62.5 %; with it linear instead of exponential, 3 gal would be 79 %.
    """
    band_bar = 10.0 / 14.5038
    storage_s = gallons * GALLON_M3 / CFM_M3_S * band_bar / 1.01325
    assert load_unload_share(np.array([0.5]), 0.25, storage_s)[0] == pytest.approx(published, abs=0.015)


def test_mean_of_the_cycles_is_what_cycling_really_takes() -> None:
    """Proves: the closed form equals a compressor loaded and unloaded step by step on its receiver. Sensitivity: a cycle cut short."""
    storage_s, u, tau, x = 12.0, 0.3, 40.0 / 3.0, 0.4
    energy = time = 0.0
    for _ in range(5):
        loaded, unloaded = storage_s / (1.0 - x), storage_s / x
        dt = unloaded / 20000
        t = (np.arange(20000) + 0.5) * dt
        energy += loaded + float(np.sum(u + (1.0 - u) * np.exp(-t / tau)) * dt)
        time += loaded + unloaded
    assert load_unload_share(np.array([x]), u, storage_s)[0] == pytest.approx(energy / time, rel=1e-6)


def test_pressure_and_leaks() -> None:
    """Proves: 100 to 90 psig saves 5.8 % (the AMO tools' figure), about 7 % a bar; leaks fall with absolute pressure.

    Sensitivity: leaks that do not depend on pressure leave 20 %.
    """
    assert 1.0 - pressure_factor(90.0 / 14.5038, 100.0 / 14.5038) == pytest.approx(0.058, abs=0.002)
    assert pressure_factor(8.0, 7.0) - 1.0 == pytest.approx(0.07, abs=0.01)
    lower = compressor(pressure="6 bar", rated_pressure="7 bar")
    assert lower.leaking_nm3_per_s == pytest.approx(0.2 * 0.1 * 7.01325 / 8.01325)
    assert lower.power_kw(np.array([0.05]))[0] < compressor().power_kw(np.array([0.05]))[0] * 0.94


def test_cool_intake_delivers_more_at_the_same_power() -> None:
    """Proves: 10 K cooler air, 3.5 % more of it: full power, longer unloaded. Sensitivity: power that falls with temperature."""
    cool = compressor(intake="10 degC", leaks="0 %", control="start_stop")
    assert cool.flow_nm3_per_s == pytest.approx(0.1 * 293.15 / 283.15)
    assert cool.power_kw(np.array([0.05]))[0] == pytest.approx(40.0 * 0.5 * 283.15 / 293.15)


@pytest.mark.parametrize(
    ("control", "idle"), [("load_unload", 0.3), ("modulation", 0.65), ("start_stop", 0.0), ("variable_speed", 0.1)]
)
def test_idle_power_by_control(control: str, idle: float) -> None:
    """Proves: at no flow 30, 65, 0 and about 10 % of full power. Sensitivity: the same idle power for all."""
    assert compressor(control=control).share(np.array([0.0]))[0] == pytest.approx(idle, abs=0.01)


@given(
    st.sampled_from(["load_unload", "modulation", "variable_speed", "start_stop"]),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.booleans(),
)
def test_more_air_never_takes_less(control: str, a: float, b: float, stored: bool) -> None:
    """Proves: power rises with flow under every control, with and without storage. Sensitivity: an idle power above that at low flow."""
    receiver = {"receiver": {"volume": "1 m3"}} if stored else {}
    one = compressor(control=control, **receiver)
    low, high = one.share(np.array(sorted([a, b])))
    assert low <= high + 1e-12
    assert high <= 1.02 + 1e-12


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_two_half_machines_one_by_one_never_take_more(x: float, idle: float) -> None:
    """Proves: where the law is linear with an idle part, two halves of which one stops take no more than one whole; shared, the same.

    Sensitivity: a second machine that idles all the time would take more.
    """
    whole = compressor(unloaded_share=idle)
    halves = {"rated": "20 kW", "delivers": "3 Nm3/min", "units": 2, "unloaded_share": idle}
    one_by_one, shared = compressor(**halves, sequencing="one_by_one", stops=True), compressor(**halves)
    flow = np.array([x * 0.1])
    assert one_by_one.supplying_kw(flow)[0] <= whole.supplying_kw(flow)[0] + 1e-9
    assert shared.supplying_kw(flow)[0] == pytest.approx(whole.supplying_kw(flow)[0])


def test_compressors_of_one_net_are_loaded_in_order() -> None:
    """Proves: 8 of 6 + 6 Nm3/min: the first full, the second a third. Sensitivity: both supply all of it."""
    first, second = compressor(leaks="0 %"), compressor(leaks="0 %", control="variable_speed")
    here = around(
        [(0, "processing", 0.0, 3600.0)],
        [(0, "compressed_air", 0.0, 3600.0, 8.0 / 60.0)],
        utilities={"a": first, "b": second},
    )
    assert energy_kwh(first.made(1, here)) == pytest.approx(40.0)
    assert energy_kwh(second.made(2, here)) == pytest.approx(40.0 * second.share(np.array([1.0 / 3.0]))[0])


def test_most_power_is_that_of_all_stations_together() -> None:
    """Proves: what a cap reserves covers every demand the stations can make, and no more. Sensitivity: rated power."""
    from types import SimpleNamespace

    air = SimpleNamespace(processing_nm3_per_s=0.02, standby_nm3_per_s=0.0)
    most = compressor().most_kw({"a": SimpleNamespace(units=2, air=air), "b": SimpleNamespace(units=1)})
    assert most == pytest.approx(40.0 * (0.3 + 0.7 * 0.6))
