"""Civil time: shifts across midnight, breaks, holidays, shutdowns, summer time."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenario.toy import TOY, toy
from twin.scenario import calendar as cal
from twin.scenario.scenario import Scenario

H = 3600.0
DAY = 24 * H


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return toy(tmp_path)


def hours(windows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(a / H, b / H) for a, b in windows]


def test_day_shift_of_a_week_by_hand(scenario: Scenario) -> None:
    """Proves: Monday 2026-07-06 to Sunday: 8–12 and 13–17 on five days. July 17 (제헌절) is not in this week."""
    assert hours(cal.windows(scenario, ["day"], 0, 7 * DAY)) == [
        (24 * d + a, 24 * d + b) for d in range(5) for a, b in ((8, 12), (13, 17))
    ]


def test_night_shift_belongs_to_the_day_it_starts(scenario: Scenario) -> None:
    """Proves: Thursday's night shift ends on Friday at 05:00; Friday has none; one that began before t = 0 reaches past it."""
    found = hours(cal.windows(scenario, ["night"], 0, 7 * DAY))
    assert found == [(24 * d + a, 24 * d + b) for d in range(4) for a, b in ((20, 24), (25, 29))]
    sunday = scenario.changed({"calendar.shifts.night.days": ["sun"]})
    assert hours(cal.windows(sunday, ["night"], 0, DAY)) == [(1, 5)]


def test_merged_with_breaks_worked_through(scenario: Scenario) -> None:
    """Proves: where two shifts meet there is one window, and a break that the other shift works through is no gap."""
    both = scenario.changed(
        {
            "calendar.shifts.night.from": "17:00",
            "calendar.shifts.night.to": "23:00",
            "calendar.shifts.night.break": None,
        }
    )
    assert hours(cal.windows(both, ["day", "night"], 0, DAY)) == [(8, 12), (13, 23)]
    over = scenario.changed({"calendar.shifts.night": {"days": ["mon"], "from": "11:00", "to": "14:00"}})
    assert hours(cal.windows(over, ["day", "night"], 0, DAY)) == [(8, 17)]


def test_holidays_of_korea_with_adhoc_and_overrides(tmp_path: Path) -> None:
    """Proves: 2025-01-27 (ad hoc) and Seollal close the plant; a removed holiday works; added days and shutdowns do not."""
    text = TOY.replace("start: 2026-07-06", "start: 2025-01-20").replace(
        "  holidays: KR\n",
        "  holidays: KR\n  removed_holidays: [2025-01-30]\n  extra_holidays: [2025-01-31]\n"
        "  shutdowns: [{from: 2025-02-03, to: 2025-02-04}]\n",
    )
    found = toy(tmp_path, text)
    kinds = [cal.day_kind(found, dt.date(2025, 1, 24) + dt.timedelta(days=k)) for k in range(13)]
    assert kinds == [
        "working",
        "rest",
        "rest",
        "holiday",
        "holiday",
        "holiday",
        "first_after_rest",
        "holiday",
        "rest",
        "rest",
        "shutdown",
        "shutdown",
        "first_after_rest",
    ]
    assert [one.date.day for one in cal.shift_instances(found, ["day"], 4 * DAY, 17 * DAY)] == [24, 30, 5]


def test_no_holidays(scenario: Scenario) -> None:
    """Proves: with holidays null only the added days are closed."""
    bare = scenario.changed({"calendar.holidays": None, "calendar.extra_holidays": ["2026-07-08"]})
    assert cal.closed_days(bare.spec.calendar, dt.date(2026, 1, 1), dt.date(2026, 12, 31)) == {
        dt.date(2026, 7, 8): "added"
    }
    assert cal.day_kind(bare, dt.date(2026, 7, 8)) == "holiday"
    assert cal.day_kind(bare, dt.date(2026, 8, 17)) == "first_after_rest"
    assert cal.day_kind(scenario, dt.date(2026, 8, 17)) == "holiday"


def test_summer_time_days_have_23_and_25_hours(scenario: Scenario) -> None:
    """Proves: seconds are elapsed seconds. Berlin sprang forward on 2026-03-29: the Monday after begins 47 h after Saturday, 00:00."""
    berlin = scenario.changed(
        {
            "site.timezone": "Europe/Berlin",
            "run.start": "2026-03-28",
            "site.tariff": "kepco/industrial-b/hv-a/2@2024-10-24",
            "calendar.holidays": None,
        }
    )
    assert cal.at_clock(berlin, dt.date(2026, 3, 30), "00:00") == 47 * H
    assert cal.local_datetime(berlin, 47 * H).isoformat() == "2026-03-30T00:00:00+02:00"
    assert hours(cal.windows(berlin, ["day"], 0, 3 * DAY))[0] == (55, 59)
    night = berlin.changed({"calendar.shifts.night": {"days": ["sat"], "from": "22:00", "to": "06:00"}})
    (one,) = cal.shift_instances(night, ["night"], 0, 2 * DAY)
    assert one.end_s - one.start_s == 7 * H


def test_break_after_midnight_and_hours(scenario: Scenario) -> None:
    """Proves: the night shift works 8 h: 9 h less the break that lies on the next day."""
    shift = scenario.spec.calendar.shifts["night"]
    assert cal.pause_spans(shift) == [(24 * H, 25 * H)]
    assert cal.shift_hours(shift) == 8
    assert cal.shift_hours(scenario.spec.calendar.shifts["day"]) == 8


def test_startup_times(scenario: Scenario) -> None:
    """Proves: switched on at 07:00 on Mondays that are open; not on a holiday (2026-08-17), not in a shutdown."""
    assert [t / H for t in cal.startup_times(scenario, "press", 0, 14 * DAY)] == [7, 24 * 7 + 7]
    assert cal.startup_times(scenario, "press", 42 * DAY, 43 * DAY) == []
    assert cal.startup_times(scenario, "other", 0, 14 * DAY) == []


@pytest.mark.parametrize(("text", "seconds"), [("00:00", 0), ("08:30", 30600), ("24:00", 86400)])
def test_clock(text: str, seconds: float) -> None:
    """Proves: HH:MM to seconds."""
    assert cal.clock_s(text) == seconds


@pytest.mark.parametrize("text", ["24:01", "8:00", "08:60", "0800", "08:00:00", "", "ab:cd", "-1:00", "٠٨:٠٠", "25:00"])
def test_bad_clocks(text: str) -> None:
    """Proves: nothing but HH:MM within a day is read."""
    with pytest.raises(ValueError, match=r"HH:MM|time of day"):
        cal.clock_s(text)


@given(st.floats(-30, 60), st.floats(0.01, 40), st.sets(st.sampled_from(["day", "night"]), min_size=1))
def test_windows_are_sorted_apart_and_additive(
    tmp_path_factory: pytest.TempPathFactory, start: float, length: float, names: set[str]
) -> None:
    """Proves: windows are sorted and do not touch, lie within the span, and splitting the span changes nothing but the cut."""
    found = toy(tmp_path_factory.mktemp("t"))
    t0, t1 = start * DAY, (start + length) * DAY
    windows = cal.windows(found, names, t0, t1)
    assert all(t0 <= a < b <= t1 for a, b in windows)
    assert all(b < c for (_, b), (c, _) in itertools.pairwise(windows))
    middle = (t0 + t1) / 2
    halves = cal.windows(found, names, t0, middle) + cal.windows(found, names, middle, t1)
    assert sum(b - a for a, b in halves) == pytest.approx(sum(b - a for a, b in windows), abs=1e-3)


@given(st.integers(-(10**8), 10**8))
def test_seconds_and_civil_time_are_inverse(tmp_path_factory: pytest.TempPathFactory, t: int) -> None:
    """Proves: there and back."""
    found = toy(tmp_path_factory.mktemp("t"))
    assert cal.seconds(found, cal.local_datetime(found, t)) == t


def test_a_year_of_korea_is_8760_hours_of_days(scenario: Scenario) -> None:
    """Proves: the days that a span touches, counted."""
    assert len(list(cal.dates(scenario, 0, 365 * DAY))) == 365
    assert len(list(cal.dates(scenario, -1, 1))) == 2
