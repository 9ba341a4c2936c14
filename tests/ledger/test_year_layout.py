"""Which weeks stand for which: types, patterns, the run that shows them, what a simulation depends on."""

from __future__ import annotations

import datetime as dt

from tests.ledger.scenarios import scenario
from twin.ledger.year_layout import (
    closed_weekdays,
    day_types,
    full_year,
    representative_scenarios,
    representatives,
    simulation_sha256,
    special_patterns,
    week_types,
    year_days,
)
from twin.scenario.calendar import day_kind

START = dt.date(2026, 7, 1)


def test_weeks_are_typed_by_the_shifts_that_fall_out() -> None:
    """Proves: 17 July (a Friday, no night shift) and 17 August (a Monday) are of two types, the weeks after them of two more.

    Sensitivity: counting days alone would let a Friday stand for a Monday, whose night shift falls out too.
    """
    found = week_types(scenario(), START, 365)
    assert found[dt.date(2026, 7, 6)] == ("base", ())
    assert found[dt.date(2026, 7, 13)] == ("closed:day", (4,))
    assert found[dt.date(2026, 7, 20)] == ("after:day", ())
    assert found[dt.date(2026, 8, 17)] == ("closed:day+night", (0,))
    assert found[dt.date(2026, 9, 21)] == ("closed:day|day+night", (3, 4))


def test_shutdowns_and_removed_holidays_count() -> None:
    """Proves: a shutdown closes its week; a holiday on which the plant works does not. Sensitivity: the country alone would decide."""
    changed = scenario(
        {
            "calendar.shutdowns": [{"from": "2026-08-03", "to": "2026-08-07"}],
            "calendar.removed_holidays": ["2026-07-17"],
        }
    )
    assert closed_weekdays(changed, dt.date(2026, 8, 3)) == (0, 1, 2, 3, 4)
    assert closed_weekdays(changed, dt.date(2026, 7, 13)) == ()
    assert closed_weekdays(scenario(), dt.date(2026, 8, 3)) == ()


def test_one_run_shows_every_type_once() -> None:
    """Proves: the run holds two base weeks and, for each signature, a closed week and the week after it, closed on the days said."""
    scn = scenario()
    (one,) = representatives(scn)
    types = {kind for kind, _ in week_types(scn, START, 365).values()}
    assert types <= set(one.layout.types)
    assert one.layout.types[:2] == ("base", "base")
    start = one.scenario.spec.run.start
    assert start.weekday() == 0
    for k, closed in enumerate(one.layout.closed):
        assert closed_weekdays(one.scenario, start + dt.timedelta(days=7 * k)) == closed
    assert one.scenario.spec.run.duration_s == len(one.layout.types) * 7 * 86400.0
    assert one.scenario.spec.site.pv is None


def test_patterns_are_the_most_frequent() -> None:
    """Proves: of Fridays and Mondays of one type the more frequent weekday is simulated, ties by date. Sensitivity: last would do too."""
    found = special_patterns(scenario(), START, 365)
    assert found["day"] == (4,)
    assert found["day+night"] == (0,)


def test_seasons_share_a_run_unless_plans_depend_on_them() -> None:
    """Proves: as operated one run serves all seasons; optimised dispatch takes one each. Sensitivity: the hash must see the rule."""
    assert list(representative_scenarios(scenario())) == ["all"]
    assert list(representative_scenarios(scenario({"dispatch.rule": "optimized"}))) == [
        "summer",
        "spring_autumn",
        "winter",
    ]


def test_hash_leaves_out_what_only_accounts_read() -> None:
    """Proves: tariff, prices, wages, PV, factors do not change a simulation; a cycle, a shift, a cap do."""
    run = representatives(scenario())[0].scenario
    same = {
        "site.tariff": "kepco/industrial-b/hv-a/1",
        "site.pv": {"peak": "100 kW", "profile": "kr/ansan-siheung"},
        "site.grid_factor": "kr/gir-2024",
        "crews.furnace.wage": "20000 KRW/h",
        "materials.ingot.price": "1 KRW/kg",
        "site.demand_history": ["1 kW"],
    }
    for path, value in same.items():
        assert simulation_sha256(run.changed({path: value})) == simulation_sha256(run), path
    for path, value in {
        "stations.cast.cycle": "61 s",
        "calendar.shifts.day.to": "17:30",
        "site.power_cap": "700 kW",
    }.items():
        assert simulation_sha256(run.changed({path: value})) != simulation_sha256(run), path


def test_dated_orders_take_the_whole_year() -> None:
    """Proves: orders bound to dates cannot be composed from weeks: the year itself is simulated.

    Sensitivity: a fortnight would miss them.
    """
    scn = scenario({"orders.weekly.every": "once"})
    assert list(representative_scenarios(scn)) == ["full"]
    assert full_year(scn).spec.run.duration_s == 53 * 7 * 86400.0


def test_day_types_cover_the_year() -> None:
    """Proves: every day of the twelve months has a type that agrees with the plant's calendar."""
    scn = scenario()
    found = day_types(scn)
    assert len(found) == year_days(START) == 365
    assert found[0][0] == START
    assert all(kind.endswith(day_kind(scn, day)) for day, kind in found)
    assert year_days(dt.date(2027, 7, 1)) == 366
