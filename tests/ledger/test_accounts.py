"""All accounts of a trace: a bill by hand, money by its own routes, KPIs, laws, losses, service, benchmark."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.scenarios import scenario
from tests.ledger.traces import NAMES, SEOUL, changed, doubled, dropped, plant, table
from twin.core.faults import RunFailed
from twin.ledger.accounts import account, money_residuals
from twin.ledger.balance import check
from twin.ledger.benchmark import placings
from twin.ledger.laws import flow_conservation, laws, little, utilisation
from twin.ledger.losses import loss_factors, melting
from twin.ledger.power import bill_of, load_of, meter_load, second_route
from twin.ledger.service import finished_s, service
from twin.ledger.trace import COLUMNS, Trace, empty_table

H = 3600.0


def test_a_month_of_constant_load_by_hand() -> None:
    """Proves: 100 kW through July 2026 at 을 고압A Ⅱ: demand 400 kW (past), 8,320 KRW/kW; energy at the 2026 hours; day factor 95 %.

    22 weekdays (17 July is a holiday), 4 Saturdays, 5 days billed as Sunday. Off 10 h, mid 8 h, on 6 h on weekdays; a Saturday's on-peak
    is mid. Sensitivity: at the rates of 2024 on-peak would cost 245.9 KRW.
    """
    start = dt.datetime(2026, 7, 1, tzinfo=SEOUL)
    load = load_of(scenario(), start, np.full(31 * 96, 25.0))
    weekdays, saturdays, sundays = 22, 4, 5
    off = (weekdays + saturdays) * 10 + sundays * 24
    mid, on = weekdays * 8 + saturdays * 14, weekdays * 6
    energy = 100.0 * (off * 116.0 + mid * 163.8 + on * 229.0)
    base = 8320.0 * 400.0 * (1.0 - 0.002 * 3)
    surcharge = 74_400.0 * (9.0 + 5.0)
    net = base + energy + surcharge
    total = net + round(net * 0.10) + int(net * 0.027 / 10) * 10
    assert bill_of(scenario(), load).total == pytest.approx(total, abs=10.0)


def test_money_has_three_routes() -> None:
    """Proves: lines, second route and allocation agree; a dropped line or a changed amount breaks one by name."""
    scn, trace = scenario(), plant(48.0)
    load = meter_load(scn, trace)
    billed = bill_of(scn, load)
    assert max(money_residuals(scn, billed, load).values()) <= 1e-9
    shorter = dataclasses.replace(billed, lines=billed.lines[1:])
    assert money_residuals(scn, shorter, load)["money.second_route"] > 1e-6
    wrong = dataclasses.replace(billed.lines[0], amount=billed.lines[0].amount + 5_000.0)
    spoilt = dataclasses.replace(billed, lines=(wrong, *billed.lines[1:]))
    assert money_residuals(scn, spoilt, load)["money.lines"] > 1e-6
    assert second_route(scn, load) == pytest.approx(billed.total, rel=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_accounts_of_sound_traces_check(seed: int) -> None:
    """Proves: every residual, laws and money included, is within 1e-9 on any sound trace."""
    check(account(scenario(), plant(36.0, seed)).residuals)


def test_cash_is_the_sum_of_its_parts() -> None:
    """Proves: cash = bill + fuels + material + wages; the shadow price of carbon stands beside it.

    Sensitivity: adding it would show here.
    """
    found = account(scenario(), plant(48.0))
    kpis = found.kpis
    parts = kpis["bill_krw"] + kpis["fuel_krw"] + kpis["material_krw"] + kpis["labour_krw"]
    assert kpis["cash_krw"] == pytest.approx(parts, rel=1e-12)
    assert kpis["shadow_carbon_krw"] > 0.0


def test_kpis_per_tonne() -> None:
    """Proves: kWh per tonne good is energy over good mass; melting counts processing only, all-in every state of the furnace."""
    trace = plant(48.0)
    kpis, melted = account(scenario(), trace).kpis, melting(trace)
    assert melted is not None
    assert kpis["electricity_kwh_per_t_good"] == pytest.approx(kpis["electricity_kwh"] / kpis["output_kg"] * 1000.0)
    assert kpis["melting_kwh_per_t_tapped"] == pytest.approx(melted.melting_kwh / melted.tapped_kg * 1000.0)
    assert melted.all_kwh > melted.melting_kwh


def test_supply_that_was_not_curtailed_fails() -> None:
    """Proves: a negative load at the meter is refused in words, not billed as zero."""
    with pytest.raises(RunFailed, match="curtailed"):
        load_of(scenario(), dt.datetime(2026, 7, 1, tzinfo=SEOUL), np.array([1.0, -0.5, 1.0, 1.0]))


def test_loss_factors_sum_to_one() -> None:
    """Proves: shares of an equipment's heat terms sum to one, largest first. Sensitivity: a share of the site's energy would not."""
    found = [factor for factor in loss_factors(plant(48.0)) if factor.equipment == "melt.1"]
    assert sum(factor.share for factor in found) == pytest.approx(1.0)
    assert found[0].term == "charge_sensible"


def test_laws_hold_and_break() -> None:
    """Proves: the operational laws hold on sound traces; a missing state, a skipped operation break them."""
    trace = plant(48.0)
    assert max(laws(trace).values()) <= 1e-9
    assert laws(dropped(trace, "states", 2))["laws.state_times"] > 1e-3
    assert laws(doubled(trace, "states", 2))["laws.state_times"] > 1e-3
    operation = trace.moves["operation"].copy()
    moves = {c: np.append(v, v[:1]) for c, v in trace.moves.columns.items()} | {"operation": np.append(operation, 2)}
    assert flow_conservation(changed(trace, "moves", moves)) > 0.0
    assert 0.0 < utilisation(trace)["melt.1"] < 1.0


def test_little_by_hand() -> None:
    """Proves: two jobs, 1 h and 3 h in the plant: L = 4 h over 4 h = 1, whatever their order.

    Sensitivity: integer counts would miss a tie.
    """
    tables = {name: empty_table(name) for name in COLUMNS}
    tables["moves"] = table("moves", [(0, 0, 0, 0, 0, H, H, 0), (1, 0, 0, 0, H, 3 * H, 3 * H, 0)])
    assert little(Trace(dt.datetime(2026, 7, 6, tzinfo=SEOUL), 4 * H, NAMES, tables)) <= 1e-12


def test_lateness_by_hand() -> None:
    """Proves: done 2 h late, done early, and under way 1 h past due at the end: 3 h, two jobs late.

    Sensitivity: unfinished jobs must count.
    """
    tables = {name: empty_table(name) for name in COLUMNS}
    tables["jobs"] = table("jobs", [(k, 0, 0, 10, 3.2, 0.0, due * H, 0) for k, due in enumerate((1, 9, 9))])
    spans = ((0.0, 3 * H, 0), (0.0, 4 * H, 0), (4 * H, 10 * H, 2))
    tables["moves"] = table("moves", [(k, 0, 1, 0, t0, t1, t1, outcome) for k, (t0, t1, outcome) in enumerate(spans)])
    trace = Trace(dt.datetime(2026, 7, 6, tzinfo=SEOUL), 10 * H, NAMES, tables)
    found = service(trace)
    assert finished_s(trace).tolist() == [3 * H, 4 * H, np.inf]
    assert (found.lateness_h, found.jobs_late, found.jobs_done) == (3.0, 2, 2)


def test_all_electric_shop_is_placed_and_explained() -> None:
    """Proves: 2,250 kWh/t is the median electricity of US die casters; without fuel the total lies low, and the text says why."""
    found = {place.carrier: place for place in placings("aluminium die casting", 2250.0, 0.0)}
    assert found["electricity"].quantile == pytest.approx(0.5)
    assert found["total"].quantile <= 0.1
    assert "by electricity" in found["total"].why
    assert placings(None, 1.0, 1.0) == []
