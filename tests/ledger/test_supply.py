"""PV, battery, sale and transformer by quarter-hour: by hand, as laws of energy, and the start of the battery."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.ledger.supply import below_kw, cyclic, follow, loss_bound_kw, loss_kvar, loss_kw, supply, wished_kw
from twin.scenario.schema import Battery, Site, Transformer

TRANSFORMER = Transformer.model_validate({"rated": "1000 kVA", "no_load": "1.5 kW", "load_loss": "10 kW"})
SITE = {"contract_power": "500 kW", "tariff": "kepco/industrial-b/hv-a/2"}


def battery(**fields: Any) -> Battery:
    return Battery.model_validate({"energy": "100 kWh", "power": "40 kW", "round_trip": "81 %"} | fields)


def site(**parts: Any) -> Site:
    return Site.model_validate(SITE | parts)


def run(place: Site, load, sun=None, hour=None, reactive=None, planned=None):
    load = np.array(load, dtype=float)
    zero = np.zeros(len(load))
    return supply(
        place,
        load,
        zero if reactive is None else np.array(reactive),
        zero if sun is None else np.array(sun),
        zero if hour is None else np.array(hour),
        planned,
    )


def test_pv_is_curtailed_or_sold_at_the_load() -> None:
    """Proves: 80 kW of sun on 50 kW of load: 30 curtailed, or sold; the meter shows 0. Sensitivity: surplus netted against later load."""
    pv = {"peak": "100 kW", "profile": "kr/changwon"}
    kept = run(site(pv=pv), [50.0, 50.0], [80.0, 20.0])
    assert kept.used_kw.tolist() == [50.0, 20.0]
    assert kept.sold_kw.tolist() == [0.0, 0.0]
    assert kept.meter_kw.tolist() == [0.0, 30.0]
    sold = run(site(pv=pv | {"surplus": {"sell": "90 KRW/kWh"}}), [50.0, 50.0], [80.0, 20.0])
    assert sold.sold_kw.tolist() == [30.0, 0.0]
    assert sold.meter_kw.tolist() == [0.0, 30.0]


def test_battery_shaves_and_charges_within_its_limits() -> None:
    """Proves: 100 kWh, 40 kW, 81 % round trip (0.9 each way), half full, shave above 100 kW.

    Net 160: gives 40 (its power), takes 10 / 0.9 kWh a quarter-hour from the store; net 50: charges 40, stores 9; never above 100 kWh.
    Sensitivity: losses taken once would store 10.
    """
    unit = battery(control={"shave_above": "100 kW"})
    net = np.array([160.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0])
    given_kw, energy = follow(unit, wished_kw(unit, net, 100.0, np.zeros(9)), 0.25, 50.0)
    assert given_kw[0] == 40.0
    assert energy[0] == pytest.approx(50.0 - 10.0 / 0.9)
    assert energy[1] - energy[0] == pytest.approx(40.0 * 0.25 * 0.9)
    assert energy[-1] == pytest.approx(100.0)
    drained, left = follow(unit, np.full(10, 40.0), 0.25, 50.0)
    assert left[-1] == pytest.approx(0.0)
    assert drained.sum() * 0.25 == pytest.approx(50.0 * 0.9)


def test_battery_without_a_rule_stores_surplus_only() -> None:
    """Proves: no control, no plan, no flow but what the sun has over. Sensitivity: charging from the grid."""
    made = run(site(battery={"energy": "100 kWh", "power": "40 kW"}), [500.0, 10.0])
    assert not made.battery_kw.any()
    pv = {"peak": "100 kW", "profile": "kr/changwon"}
    sunny = run(site(pv=pv, battery={"energy": "100 kWh", "power": "40 kW"}), [10.0, 10.0], [30.0, 5.0])
    assert np.all(sunny.battery_kw <= 0.0)


def test_charge_and_discharge_by_the_clock() -> None:
    """Proves: charges from 23 to 7, covers the load from 17 to 21, does nothing at noon. Sensitivity: hours across midnight cut off."""
    unit = battery(control={"charge_between": ["23:00", "07:00"], "discharge_between": ["17:00", "21:00"]})
    wish = wished_kw(unit, np.full(5, 30.0), math.inf, np.array([23.5, 3.0, 7.0, 12.0, 18.0]))
    assert wish[:2].tolist() == [-math.inf, -math.inf]
    assert wish[2:].tolist() == [0.0, 0.0, 30.0]


@given(st.lists(st.floats(-80.0, 80.0), min_size=4, max_size=60), st.floats(1.0, 200.0), st.floats(0.5, 1.0))
def test_no_stored_energy_for_nothing(wanted, energy: float, round_trip: float) -> None:
    """Proves: the battery ends with the charge that it began with, within its limits, and what it gives is what it took less losses.

    Sensitivity: a start half full gives energy that nobody paid for.
    """
    unit = battery(energy=f"{energy!r} kWh", round_trip=round_trip)
    given_kw, held, begun = cyclic(unit, np.array(wanted), 0.25)
    assert held[-1] == pytest.approx(begun, abs=1e-6)
    assert np.all((held >= -1e-9) & (held <= energy + 1e-9))
    assert np.all(np.abs(given_kw) <= 40.0 + 1e-9)
    taken, got = -given_kw[given_kw < 0].sum() * 0.25, given_kw[given_kw > 0].sum() * 0.25
    assert got == pytest.approx(taken * round_trip, abs=1e-5)


def test_transformer_by_hand_and_its_bound() -> None:
    """Proves: half load 1.5 + 10/4 kW; 300 kW with 400 kvar is half load too; the loss of a mean is under the mean of the loss by less than
    the bound. Sensitivity: active power alone.
    """
    assert loss_kw(TRANSFORMER, np.array([500.0]), np.array([0.0]))[0] == pytest.approx(4.0)
    assert loss_kw(TRANSFORMER, np.array([300.0]), np.array([400.0]))[0] == pytest.approx(4.0)
    leaky = TRANSFORMER.model_copy(update={"magnetising": 0.01, "impedance": 0.06})
    assert loss_kvar(leaky, np.array([500.0]), np.array([0.0]))[0] == pytest.approx(10.0 + 15.0)


@given(st.lists(st.floats(0.0, 900.0), min_size=2, max_size=30))
def test_quarter_hour_means_are_within_the_bound(powers) -> None:
    """Proves: exact loss of any course of power within a quarter-hour lies between the loss of its mean and that plus the bound.

    Sensitivity: a quarter of the bound is broken by a course that is half of the time at each extreme.
    """
    p = np.array(powers)
    exact = float(loss_kw(TRANSFORMER, p, np.zeros(len(p))).mean())
    of_mean = float(loss_kw(TRANSFORMER, np.array([p.mean()]), np.zeros(1))[0])
    bound = float(loss_bound_kw(TRANSFORMER, np.array([p.min()]), np.array([p.max()]))[0])
    assert of_mean - 1e-9 <= exact <= of_mean + bound + 1e-9


@given(st.floats(5.0, 900.0), st.floats(0.7, 1.0))
def test_power_behind_the_transformer(at_meter: float, factor: float) -> None:
    """Proves: power behind the transformer and its loss give the power at the meter. Sensitivity: losses of the meter's own power."""
    behind = below_kw(TRANSFORMER, at_meter, factor)
    loss = loss_kw(TRANSFORMER, np.array([behind]), np.array([behind * math.tan(math.acos(factor))]))[0]
    assert behind + loss == pytest.approx(at_meter)


@given(
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300), st.floats(0, 200)), min_size=3, max_size=40),
    st.booleans(),
    st.booleans(),
    st.floats(20, 400),
)
def test_energy_is_conserved_from_load_to_meter(rows, sells: bool, transformed: bool, shave: float) -> None:
    """Proves: meter - sold = load + losses + charge - discharge - sun used and sold, in every quarter-hour; sun used and sold never exceeds
    what there is; the meter never shows less than nothing. Sensitivity: surplus that charges the battery and is sold too.
    """
    load, sun, q = (np.array(column) for column in zip(*rows, strict=True))
    place = site(
        pv={"peak": "300 kW", "profile": "kr/changwon"} | ({"surplus": {"sell": "80 KRW/kWh"}} if sells else {}),
        battery={
            "energy": "100 kWh",
            "power": "60 kW",
            "standby": "0.5 kW",
            "control": {"shave_above": f"{shave!r} kW"},
        },
        **({"transformer": {"rated": "1000 kVA", "no_load": "1.5 kW", "load_loss": "10 kW"}} if transformed else {}),
    )
    made = run(place, load, sun, np.zeros(len(load)), q)
    left = made.meter_kw - made.sold_kw
    right = load + 0.5 + made.transformer_kw - made.battery_kw - made.used_kw - made.sold_kw
    assert np.allclose(left, right, atol=1e-9)
    assert np.all(made.used_kw + made.sold_kw <= sun + 1e-9)
    assert np.all(made.meter_kw >= 0.0)
    assert np.all(made.used_kw >= -1e-9)


def test_a_battery_large_enough_holds_the_level_at_the_meter() -> None:
    """Proves: with a transformer, the level is kept where the meter stands, not behind it. Sensitivity: losses on top of it."""
    place = site(
        battery={"energy": "500 kWh", "power": "400 kW", "control": {"shave_above": "300 kW"}},
        transformer={"rated": "1000 kVA", "no_load": "1.5 kW", "load_loss": "10 kW"},
    )
    made = run(place, [200.0] * 8 + [450.0] * 2 + [200.0] * 8)
    assert made.meter_kw.max() == pytest.approx(300.0)
    assert made.change_kwh == pytest.approx(0.0, abs=1e-6)


def test_a_plan_overrides_the_rule() -> None:
    """Proves: told slots follow the plan from half full, others the rule; the change of charge is told. Sensitivity: rule alone."""
    place = site(
        battery={"energy": "100 kWh", "power": "40 kW", "round_trip": "100 %", "control": {"shave_above": "300 kW"}}
    )
    made = run(place, [200.0, 200.0, 320.0], planned=np.array([20.0, -20.0, np.nan]))
    assert made.battery_kw.tolist() == [20.0, -20.0, 20.0]
    assert made.change_kwh == pytest.approx(-5.0)


def test_a_rule_charges_no_further_than_the_power_cap() -> None:
    """Proves: load 50 kW, shaved above 200 kW, cap 80 kW: charged with 30 kW, not 40.

    Sensitivity: charging up to the level alone would draw 90 kW at the meter, above a cap that the plant itself keeps.
    """
    unit = {"energy": "1000 kWh", "power": "40 kW", "control": {"shave_above": "200 kW"}}
    free = run(site(battery=unit), [50.0, 230.0, 230.0])
    assert free.meter_kw[0] == pytest.approx(90.0)
    capped = run(site(battery=unit, power_cap="80 kW"), [50.0, 230.0, 230.0])
    assert capped.meter_kw[0] == pytest.approx(80.0)
    assert capped.battery_kw[0] == pytest.approx(-30.0)
