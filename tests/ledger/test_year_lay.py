"""What is left undone in a week with closed days is made up afterwards, no more and no less."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.scenarios import scenario
from tests.ledger.test_year import week_result
from twin.ledger.digest import RepResult
from twin.ledger.year import compose
from twin.ledger.year_lay import blend, lay, week_demand
from twin.ledger.year_layout import AFTER, CLOSED, Representative, monday, representatives, week_types

START, DAYS = dt.date(2026, 7, 6), 364
SCENARIO = scenario()
(RUN,) = representatives(SCENARIO)
USUAL = 70.0


def output(closed: float, after: float, run: Representative = RUN) -> RepResult:
    """A run whose base weeks make 70 t, closed weeks ``closed``, weeks after them ``after`` (t), on Wednesdays; 1 kWh for each kg."""
    days = np.zeros(7 * len(run.layout.types))
    for k, kind in enumerate(run.layout.types):
        days[7 * k + 2] = 1000.0 * (closed if kind.startswith(CLOSED) else after if kind.startswith(AFTER) else USUAL)
    load = np.zeros(len(days) * 96)
    load[48::96] = days
    return week_result(run, load, {("material", "ADC12", "good"): days})


def test_a_backlog_is_made_up_by_shares_of_the_recovery_week() -> None:
    """Proves: 10 t short, 4 t made up in the week after: the next week recovers 4 t, the one after it 2 t (share one half), then none.

    Sensitivity: with the week after alone the year would miss 6 t for every holiday.
    """
    laid = lay(SCENARIO, (RUN,), START, DAYS)
    found = blend(laid, {"all": output(60.0, 74.0)})
    weekly = found.share[::7]
    july = next(k for k, kind in enumerate(laid.types) if kind.startswith(CLOSED))
    assert laid.types[july + 1].startswith(AFTER)
    assert weekly[july + 2 : july + 5] == pytest.approx([1.0, 0.5, 0.0])


def test_the_year_makes_what_its_orders_ask_for() -> None:
    """Proves: where there is room to make it up, the year's output is the weeks' demand. Sensitivity: laid by type alone it falls short."""
    laid = lay(SCENARIO, (RUN,), START, DAYS)
    found = blend(laid, {"all": output(60.0, 74.0)})
    made = sum(values.sum() for key, values in found.sums("material").items() if key[1] == "good")
    assert made == pytest.approx(1000.0 * USUAL * laid.demand.sum(), rel=1e-9)


def test_quarters_follow_the_same_shares() -> None:
    """Proves: load and output are laid by the same shares: at 1 kWh/kg the year's kWh are its kg. Sensitivity: two layings would drift."""
    year = compose(SCENARIO, {"all": output(60.0, 74.0)})
    assert year.kpis["electricity_kwh"] == pytest.approx(year.kpis["output_kg"], rel=1e-12)


def test_a_plant_without_room_does_not_recover() -> None:
    """Proves: where the week after makes no more than a base week nothing is made up: output is lost, not invented."""
    found = blend(lay(SCENARIO, (RUN,), START, DAYS), {"all": output(60.0, USUAL)})
    assert found.share.max() == 0.0


def test_demand_of_weeks() -> None:
    """Proves: a week in which no shift starts brings no orders; a week with one holiday brings them all."""
    scn = scenario({"calendar.shutdowns": [{"from": "2026-08-03", "to": "2026-08-07"}]})
    weeks = week_types(scn, START, DAYS)
    asked = dict(zip(weeks, week_demand(scn, list(weeks), weeks), strict=True))
    assert asked[dt.date(2026, 8, 3)] == 0.0
    assert asked[dt.date(2026, 7, 13)] == pytest.approx(1.0)
    assert asked[monday(dt.date(2026, 11, 11))] == pytest.approx(1.0)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 70), st.floats(60, 140))
def test_shares_are_shares_and_continuous(closed: float, after: float) -> None:
    """Proves: shares stay in 0 … 1, output never exceeds what was asked for by more than one recovery, and a little more in one
    simulated week changes the year a little."""
    laid = lay(SCENARIO, (RUN,), START, DAYS)
    first, second = (blend(laid, {"all": output(closed, a)}) for a in (after, after * (1 + 1e-9)))
    assert first.share.min() >= 0.0
    assert first.share.max() <= 1.0
    made = [sum(v.sum() for v in one.sums("material").values()) for one in (first, second)]
    gain = max(after - USUAL, 0.0) * 1000.0
    assert (
        made[0]
        <= 1000.0 * USUAL * laid.demand.sum() + 2 * gain * len([t for t in laid.types if t.startswith(AFTER)]) + 1e-6
    )
    if abs(after / USUAL - 1.0) > 0.01:
        assert made[1] == pytest.approx(made[0], rel=1e-4)
