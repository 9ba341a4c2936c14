"""Working time against windows laid out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.ledger.trace import STATE
from twin.models.worktime import ALWAYS, WorkTime, attended, bridged

DAY = WorkTime([(0.0, 100.0), (130.0, 200.0), (500.0, 600.0)])


def test_work_is_spread_over_windows() -> None:
    """Proves: 120 s of work from 50 on is done in [50, 100], [130, 200]. Sensitivity: a wrong window end moves the second piece."""
    assert DAY.spread(50.0, 120.0) == [(50.0, 100.0), (130.0, 200.0)]
    assert DAY.spread(210.0, 10.0) == [(500.0, 510.0)]
    assert DAY.spread(550.0, 100.0)[-1] == (math.inf, math.inf)
    assert ALWAYS.spread(5.0, 7.0) == [(5.0, 12.0)]


def test_fitting_opening_closing() -> None:
    """Proves: the next time from which work fits into one window. Sensitivity: counting the gap as work would return 60."""
    assert DAY.fitting(60.0, 60.0) == 130.0
    assert DAY.fitting(0.0, 101.0) == math.inf
    assert (DAY.next_open(100.0), DAY.closes(130.0), DAY.closes(110.0), DAY.before(120.0)) == (
        130.0,
        200.0,
        110.0,
        100.0,
    )
    assert DAY.open(0.0)
    assert not DAY.open(100.0)
    assert DAY.seconds(50.0, 150.0) == 70.0


def test_a_long_gap_is_off_and_ends_with_a_startup() -> None:
    """Proves: short gaps are standby, long ones off; start-up begins with the shift, or when the calendar switches on.

    Sensitivity: without the switched-on time of 400 s the second day's work would begin only at 560.
    """
    work, duties = attended([(0.0, 100.0), (130.0, 200.0), (500.0, 600.0)], 60.0, 60.0, [420.0])
    assert work.starts == [60.0, 130.0, 500.0]
    assert [(a, b, s) for a, b, s in duties if a > 0.0 and b < math.inf] == [
        (100.0, 130.0, STATE["standby"]),
        (200.0, 420.0, STATE["off"]),
        (420.0, 480.0, STATE["startup"]),
        (480.0, 500.0, STATE["standby"]),
    ]
    late, _ = attended([(0.0, 100.0), (500.0, 600.0)], 60.0, 60.0, [530.0])
    assert late.starts == [60.0, 590.0]


def test_bridged_windows_close_breaks_and_begin_when_switched_on() -> None:
    """Proves: breaks are bridged, the window after a night begins at the timed start.

    Sensitivity: without it Monday begins with the shift.
    """
    assert bridged([(0.0, 100.0), (130.0, 200.0), (90000.0, 90500.0)], 60.0, [80000.0]) == [
        (0.0, 200.0),
        (80000.0, 90500.0),
    ]


@given(
    st.lists(st.tuples(st.floats(0.1, 50.0), st.floats(0.1, 50.0)), min_size=1, max_size=6),
    st.floats(0.0, 100.0),
    st.floats(0.1, 100.0),
)
def test_spread_work_adds_up_and_lies_in_windows(gaps: list[tuple[float, float]], t: float, work: float) -> None:
    """Proves: the pieces last as long as the work and lie inside windows, in order. Sensitivity: an overlap would break the sum."""
    windows, at = [], 0.0
    for length, gap in gaps:
        windows.append((at, at + length))
        at += length + gap
    windows.append((at, math.inf))
    pieces = WorkTime(windows).spread(t, work)
    assert sum(b - a for a, b in pieces) == pytest.approx(work)
    assert all(a >= t and any(w0 <= a and b <= w1 for w0, w1 in windows) for a, b in pieces)
