"""Time stamps as meters write them, as moments of civil time.

Read: ISO 8601, ``2026/07/01 00:15``, ``2026.07.01 00:15``, ``2026. 7. 1. 오후 1:15``, ``202607010015``, ``24:00`` as the end of its day,
with or without an offset. Not read, because it would be a guess: days before months, months before days, two-digit years. A stamp without
an offset in the hour that a clock goes through twice, or leaves out, is refused by name.
"""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1900, 2200
SHOWN = "write e.g. 2026-07-01 00:15"
_LOCAL = re.compile(
    r"(?P<year>\d{4})\s*[-/.]\s*(?P<month>\d{1,2})\s*[-/.]\s*(?P<day>\d{1,2})\.?"
    r"(?:[T\s]+(?P<half>오전|오후|AM|PM|am|pm)?\s*(?P<hour>\d{1,2})(?:\s*[:시]\s*(?:(?P<minute>\d{1,2})\s*분?)?"
    r"(?::(?P<second>\d{2})(?:\.\d+)?)?)?\s*(?P<after>AM|PM|am|pm)?)?"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})\s?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
)


class StampFault(ValueError):
    """A stamp that is no moment: ``problem`` and ``fix`` in words."""

    def __init__(self, problem: str, fix: str = SHOWN) -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem, self.fix = problem, fix


def moment(text: str, zone: ZoneInfo) -> dt.datetime:
    """The moment of a stamp, in ``zone``; without an offset it is civil time of the zone. Raises StampFault."""
    found = _parsed(text.strip())
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        msg = f"lies outside of {FIRST_YEAR} to {LAST_YEAR}"
        raise StampFault(msg)
    if found.tzinfo is not None:
        return found.astimezone(zone)
    return civil(found, zone)


def civil(naive: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Civil time of a zone. Raises StampFault for an hour that the clock goes through twice or leaves out."""
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after or before is None or after is None:
        return first
    if before > after:
        shown = f"write the offset, e.g. {first.isoformat(sep=' ', timespec='minutes')}"
        msg = f"this hour happens twice in {zone.key}: its clock goes back"
        raise StampFault(msg, shown)
    msg = f"this hour does not exist in {zone.key}: its clock goes forward"
    raise StampFault(msg, "write civil time, or the offset")


def _parsed(text: str) -> dt.datetime:
    try:
        if not _COMPACT.fullmatch(text):
            return dt.datetime.fromisoformat(text)
    except ValueError:
        pass
    found = _LOCAL.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        msg = "not a time stamp"
        raise StampFault(msg)
    part = {name: value for name, value in found.groupdict().items() if value is not None}
    hour = _hour(int(part.get("hour", 0)), part.get("half") or part.get("after"))
    minute, second = int(part.get("minute", 0)), int(part.get("second", 0))
    if hour == 24 and (minute, second) == (0, 0):
        return _date(part) + dt.timedelta(days=1)
    try:
        return _date(part).replace(hour=hour, minute=minute, second=second)
    except ValueError:
        msg = "not a time of day"
        raise StampFault(msg) from None


def _date(part: dict[str, str]) -> dt.datetime:
    try:
        return dt.datetime.combine(dt.date(int(part["year"]), int(part["month"]), int(part["day"])), dt.time())
    except ValueError:
        msg = "not a date"
        raise StampFault(msg) from None


def _hour(hour: int, half: str | None) -> int:
    """Hours of the day from those of a half day: 12 in the morning is midnight."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        msg = "not a time of day"
        raise StampFault(msg)
    late = half in ("오후", "PM", "pm")
    return hour % 12 + (12 if late else 0)
