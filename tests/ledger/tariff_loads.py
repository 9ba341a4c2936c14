"""Small loads for the tariff tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np

from twin.ledger.tariff import MeterLoad

KST = ZoneInfo("Asia/Seoul")
B_HVA_2 = "kepco/industrial-b/hv-a/2"


def kst(*when: int) -> dt.datetime:
    """A moment in Korean civil time."""
    return dt.datetime(*when, tzinfo=KST)  # type: ignore[arg-type,misc]


def shaped(start: dt.datetime, days: int, kw: Callable[[dt.datetime], float], interval_s: int = 900) -> MeterLoad:
    """A load whose mean power in each interval is ``kw`` of the interval's local start."""
    n = days * 86_400 // interval_s
    moments = (start + dt.timedelta(seconds=interval_s * i) for i in range(n))
    return MeterLoad(start, interval_s, np.array([kw(moment) for moment in moments]) * interval_s / 3600)


def flat(start: dt.datetime, days: int, kw: float, interval_s: int = 900) -> MeterLoad:
    """A constant load."""
    return MeterLoad(start, interval_s, np.full(days * 86_400 // interval_s, kw * interval_s / 3600))
