"""Civil days of a trace: where midnights, clock times and months lie in seconds since its start."""

from __future__ import annotations

import datetime as dt

import numpy as np


def seconds(start: dt.datetime, day: dt.date, clock_h: float = 0.0) -> float:
    """Seconds from the zone-aware ``start`` to ``clock_h`` o'clock of ``day`` in the zone of ``start`` (24 is the next midnight)."""
    day += dt.timedelta(days=int(clock_h // 24))
    minutes = round((clock_h % 24) * 60)
    local = dt.datetime.combine(day, dt.time(minutes // 60, minutes % 60), start.tzinfo)
    return local.timestamp() - start.timestamp()


def days_of(start: dt.datetime, duration_s: float) -> tuple[list[dt.date], np.ndarray]:
    """Civil days that the span touches, and their edges in seconds, shape (days + 1,); the first and last are clipped to the span."""
    days: list[dt.date] = []
    edges, day = [0.0], start.date()
    while not days or edges[-1] < duration_s - 1e-6:
        days.append(day)
        day += dt.timedelta(days=1)
        edges.append(seconds(start, day))
    edges[-1] = min(edges[-1], duration_s)
    return days, np.array(edges)


def clock_hours(text: str) -> float:
    """``"HH:MM"`` as hours, 0 to 24."""
    hours, _, minutes = text.partition(":")
    return int(hours) + int(minutes or 0) / 60.0
