"""Wages: premia by hand, shifts across midnight, holidays."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.scenarios import scenario
from tests.ledger.traces import MONDAY, NAMES, plant, table
from twin.ledger.labour import LabourCost, labour_cost_of, worked_hours
from twin.ledger.trace import COLUMNS, Trace, empty_table
from twin.ledger.wages import cost_of_hours, holidays_of, hours_of, premia_of
from twin.reference.labour import labour_premia

DAY = 86400.0
LAW = labour_premia()
WAGE = {"furnace": 10_000.0}


def trace_of(rows: list[tuple[float, float, float, int]], days: int = 7, start: dt.datetime = MONDAY) -> Trace:
    """A trace with crew rows only: (from hour, to hour, people, overtime)."""
    tables = {name: empty_table(name) for name in COLUMNS}
    tables["crews"] = table("crews", [(0, a * 3600.0, b * 3600.0, people, overtime) for a, b, people, overtime in rows])
    return Trace(start, days * DAY, NAMES, tables)


def cost(rows: list[tuple[float, float, float, int]], holidays: tuple[dt.date, ...] = (), days: int = 7) -> LabourCost:
    """Wages of hand-made rows at 10,000 KRW/h."""
    spans = {
        "furnace": [
            (dt.date(2026, 7, 6) + dt.timedelta(days=k), k * DAY + 8 * 3600.0, k * DAY + 17 * 3600.0)
            for k in range(days)
        ]
    }
    return labour_cost_of(worked_hours(trace_of(rows, days), LAW, spans), WAGE, LAW, {"furnace": holidays})


def test_an_ordinary_day() -> None:
    """Proves: two people, eight hours by day: 160,000 KRW and no premium. Sensitivity: a break counted as work would add 20,000."""
    found = cost([(8, 12, 2, 0), (13, 17, 2, 0)])
    assert (found.base_krw, found.premium_krw, found.total_krw) == (160_000.0, 0.0, 160_000.0)


def test_a_night_shift_adds_half_from_ten_to_six() -> None:
    """Proves: 20:00 to 05:00 holds seven night hours: 9 h + 3.5 h.

    Sensitivity: without the cut at midnight the next day's hours fall out.
    """
    found = labour_cost_of(worked_hours(trace_of([(20, 29, 1, 0)]), LAW), WAGE, LAW, {})
    assert found.base_krw == pytest.approx(90_000.0)
    assert found.night_krw == pytest.approx(35_000.0)


def test_overtime_and_night_add_up() -> None:
    """Proves: an hour of overtime at night costs 10,000 + 5,000 + 5,000. Sensitivity: compounding would give 22,500."""
    found = cost([(22, 23, 1, 1)])
    assert found.total_krw == pytest.approx(20_000.0)


def test_holiday_within_and_beyond_eight_hours() -> None:
    """Proves: ten hours on a holiday: 8 x 1.5 + 2 x 2 = 160,000 KRW, overtime not paid on top.

    Sensitivity: adding it would give 170,000.
    """
    found = cost([(8, 12, 1, 0), (13, 17, 1, 0), (17, 19, 1, 1)], (dt.date(2026, 7, 6),))
    assert found.holiday_krw == pytest.approx(8 * 5_000.0 + 2 * 10_000.0)
    assert found.overtime_krw == 0.0
    assert found.total_krw == pytest.approx(160_000.0)


def test_two_shifts_of_one_crew_are_different_people() -> None:
    """Proves: day and night shift of one crew on a holiday: nobody works beyond eight hours.

    Sensitivity: by crew and day it would be 8 h.
    """
    day, night = dt.date(2026, 7, 6), dt.date(2026, 7, 6)
    spans = {"furnace": [(day, 8 * 3600.0, 16 * 3600.0), (night, 16 * 3600.0, 24 * 3600.0)]}
    worked = worked_hours(trace_of([(8, 16, 1, 0), (16, 24, 1, 0)]), LAW, spans)
    assert worked.beyond_h.sum() == 0.0
    assert worked.person_h.sum() == pytest.approx(16.0)


def test_a_shift_belongs_to_the_day_it_starts() -> None:
    """Proves: a night shift that starts on Monday and ends on a holiday earns no holiday pay; one that starts on it does."""
    spans = {
        "furnace": [(dt.date(2026, 7, 6), 20 * 3600.0, 29 * 3600.0), (dt.date(2026, 7, 7), 44 * 3600.0, 53 * 3600.0)]
    }
    holiday = {"furnace": {dt.date(2026, 7, 7)}}
    first = labour_cost_of(worked_hours(trace_of([(20, 24, 1, 0), (25, 29, 1, 0)]), LAW, spans), WAGE, LAW, holiday)
    second = labour_cost_of(worked_hours(trace_of([(44, 48, 1, 0), (49, 53, 1, 0)]), LAW, spans), WAGE, LAW, holiday)
    assert first.holiday_krw == 0.0
    assert second.holiday_krw == pytest.approx(8 * 5_000.0)


def test_holidays_come_from_the_country_and_sundays() -> None:
    """Proves: 2026-08-17 (substitute of Liberation Day) and Sundays bear holiday pay, 2026-08-18 does not."""
    days = [dt.date(2026, 8, 15) + dt.timedelta(days=k) for k in range(4)]
    found = holidays_of(scenario(), days)["furnace"]
    assert found == {dt.date(2026, 8, 15), dt.date(2026, 8, 16), dt.date(2026, 8, 17)}
    rotating = scenario({"calendar.shifts.day.days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]})
    assert dt.date(2026, 8, 16) not in holidays_of(rotating, days)["furnace"]


def test_unknown_law_adds_nothing() -> None:
    """Proves: a country without known premia gives ordinary pay and says so. Sensitivity: Korean law must not spread."""
    abroad = scenario({"site.country": "TH"})
    assert premia_of(abroad).id == "none"
    found = cost_of_hours(abroad, hours_of(abroad, plant(24.0)))
    assert found.premium_krw == 0.0
    assert found.premia_id == "none"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 160), st.floats(0.1, 20), st.integers(1, 4), st.integers(0, 1)), min_size=1, max_size=8
    )
)
def test_hours_are_conserved(rows: list[tuple[float, float, int, int]]) -> None:
    """Proves: cutting at nights, days and shifts loses no person-hour, and bands never exceed the whole."""
    whole = [(a, min(a + length, 168.0), float(people), overtime) for a, length, people, overtime in rows]
    worked = worked_hours(trace_of(whole), LAW)
    assert worked.person_h.sum() == pytest.approx(sum((b - a) * people for a, b, people, _ in whole))
    assert worked.overtime_h.sum() == pytest.approx(sum((b - a) * people for a, b, people, o in whole if o))
    assert np.all(worked.night_h <= worked.person_h + 1e-9)
    assert np.all(worked.beyond_h <= worked.person_h + 1e-9)
