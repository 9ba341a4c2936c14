"""Wall-clock labels of metering intervals, vectorised: day, second of day, month."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

DAY_S = 86_400
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class WallClock:
    """Labels of each interval, arrays (n,).

    ``day`` as proleptic ordinal, ``second`` of the day of the interval's start, ``month`` as 12·year + month − 1.
    """

    day: np.ndarray
    second: np.ndarray
    month: np.ndarray

    @property
    def hour(self) -> np.ndarray:
        """Clock hour of each interval's start, 0 to 23."""
        return np.asarray(self.second // 3600)


def month_label(index: int) -> str:
    """``YYYY-MM`` of a month index."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def month_index(day: dt.date) -> int:
    """12·year + month − 1."""
    return day.year * 12 + day.month - 1


def month_start(index: int) -> dt.date:
    """First day of a month index."""
    return dt.date(index // 12, index % 12 + 1, 1)


def month_seconds(index: int) -> int:
    """Length of a calendar month."""
    return calendar.monthrange(index // 12, index % 12 + 1)[1] * DAY_S


def _utc_offsets_s(epoch_s: np.ndarray, zone: dt.tzinfo) -> np.ndarray:
    """Offset of the zone at each instant; evaluated once an hour, as zones change at whole hours."""
    hours = np.unique(epoch_s // 3600)
    sampled = np.array(
        [
            int(
                (
                    dt.datetime.fromtimestamp(int(hour) * 3600, dt.UTC).astimezone(zone).utcoffset() or dt.timedelta()
                ).total_seconds()
            )
            for hour in hours
        ]
    )
    return np.asarray(sampled[np.searchsorted(hours, epoch_s // 3600)])


def wall_clock(start: dt.datetime, n: int, interval_s: int, zone: dt.tzinfo | None = None) -> WallClock:
    """Labels of ``n`` intervals from the zone-aware ``start``, on the clock of ``zone`` (default: the start's own)."""
    zone = zone or start.tzinfo or ZoneInfo("UTC")
    first = round(start.timestamp())
    epoch = first + np.arange(n, dtype=np.int64) * interval_s
    ends = (first, first + n * interval_s)
    days = range(ends[0] // DAY_S, ends[1] // DAY_S + 2)
    offsets = {dt.datetime.fromtimestamp(day * DAY_S, dt.UTC).astimezone(zone).utcoffset() for day in days}
    constant = len(offsets) == 1
    offset = int((offsets.pop() or dt.timedelta()).total_seconds()) if constant else _utc_offsets_s(epoch, zone)
    local = epoch + offset
    day = local // DAY_S
    months = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return WallClock(day + _EPOCH_ORDINAL, local % DAY_S, months)
