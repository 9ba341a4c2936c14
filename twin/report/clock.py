"""Seconds of a trace as local wall-clock times."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

_HOUR_S = 3600.0


def local_ms(start: dt.datetime, seconds: np.ndarray) -> np.ndarray:
    """Local wall-clock time as milliseconds since 1970-01-01 00:00 of the wall clock, which plotly shows as it is. Shape as ``seconds``.

    ``start`` is zone-aware. Offsets are looked up once for each hour that occurs, as zones change at whole hours. NaN stays NaN.
    """
    seconds = np.asarray(seconds, float)
    known = np.isfinite(seconds)
    epoch = start.timestamp() + np.where(known, seconds, 0.0)
    hours, index = np.unique(np.floor(epoch / _HOUR_S), return_inverse=True)
    offsets = np.array([_offset_s(float(hour) * _HOUR_S, start.tzinfo) for hour in hours])
    wall = (epoch + offsets[index.reshape(epoch.shape)]) * 1000.0
    return np.where(known, wall, np.nan)


def _offset_s(epoch_s: float, zone: dt.tzinfo | None) -> float:
    offset = dt.datetime.fromtimestamp(epoch_s, dt.UTC).astimezone(zone).utcoffset()
    return (offset or dt.timedelta()).total_seconds()


def instant(start: dt.datetime, seconds: float) -> dt.datetime:
    """The zone-aware time ``seconds`` after ``start``."""
    return (start.astimezone(dt.UTC) + dt.timedelta(seconds=float(seconds))).astimezone(start.tzinfo)


def horizon_start(scenario: Any) -> dt.datetime:
    """t = 0 of a scenario: zone-aware."""
    from twin.scenario.calendar import local_datetime

    return local_datetime(scenario, 0.0)
