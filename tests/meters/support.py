"""Logs made of arrays."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from twin.meters.reader import Meter, Quality


def meter_of(power_kw: np.ndarray, zone: str = "Asia/Bangkok") -> Meter:
    """A faultless log of one reading a minute from midnight on."""
    n = len(power_kw)
    kwh = float(power_kw.sum()) / 60.0
    return Meter(
        "made",
        zone,
        dt.datetime(2024, 10, 14, tzinfo=ZoneInfo(zone)),
        60.0,
        np.arange(n) * 60.0,
        np.asarray(power_kw, dtype=float),
        np.concatenate(([0.0], np.cumsum(power_kw)[:-1])) / 60.0,
        (),
        Quality(n, 0, 0, 0, 0, 0, 0.0, kwh, 0.0, kwh),
    )
