"""Time stamps as they stand in meters' files."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from twin.meters.stamps import StampFault, moment

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2026-07-01 00:15", "2026-07-01T00:15"),
        ("2026-07-01T00:15:00", "2026-07-01T00:15"),
        ("2026/07/01 00:15", "2026-07-01T00:15"),
        ("2026/7/1 9:05", "2026-07-01T09:05"),
        ("2026.07.01 00:15:30", "2026-07-01T00:15:30"),
        ("2026. 7. 1. 오후 1:15", "2026-07-01T13:15"),
        ("2026-07-01 오전 12:00:00", "2026-07-01T00:00"),
        ("2026-07-01 오후 12:30", "2026-07-01T12:30"),
        ("7/1", None),
        ("2026-07-01 1:15 PM", "2026-07-01T13:15"),
        ("2026-07-01 15시 30분", "2026-07-01T15:30"),
        ("2026-07-01 15시", "2026-07-01T15:00"),
        ("202607010015", "2026-07-01T00:15"),
        ("2026-07-01 24:00", "2026-07-02T00:00"),
        ("2026/12/31 24:00:00", "2027-01-01T00:00"),
        ("2026-07-01", "2026-07-01T00:00"),
        ("2026-06-30 15:15+00:00", "2026-07-01T00:15"),
        ("2026-07-01 24:15", None),
        ("2026-02-30 00:15", None),
        ("2026-07-01 오후 13:15", None),
        ("01/07/2026 00:15", None),
        ("26-07-01 00:15", None),
        ("0001-07-01 00:15", None),
        ("yesterday", None),
    ],
)
def test_as_written(text: str, due: str | None) -> None:
    """Proves: Korean and ISO forms give one moment, 24:00 the next day's midnight; what would be a guess is refused. Sensitivity: with
    24:00 as 00:00 of its own day the last quarter-hour would be billed a day early.
    """
    if due is None:
        with pytest.raises(StampFault):
            moment(text, SEOUL)
    else:
        assert moment(text, SEOUL).replace(tzinfo=None) == dt.datetime.fromisoformat(due)


def test_hours_that_happen_twice_or_not_at_all() -> None:
    """Proves: in Berlin 02:30 of 25 October 2026 happens twice and that of 29 March not at all; both are named, an offset settles the
    first. Sensitivity: taken as it comes, the second would silently be 03:30.
    """
    with pytest.raises(StampFault, match="happens twice in Europe/Berlin"):
        moment("2026-10-25 02:30", BERLIN)
    with pytest.raises(StampFault, match="does not exist in Europe/Berlin"):
        moment("2026-03-29 02:30", BERLIN)
    first, second = moment("2026-10-25 02:30+02:00", BERLIN), moment("2026-10-25 02:30+01:00", BERLIN)
    assert second.timestamp() - first.timestamp() == 3600.0
    assert moment("2026-10-25 03:00", BERLIN).utcoffset() == second.utcoffset()
