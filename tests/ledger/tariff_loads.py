"""Small loads for the tariff tests."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twin.ledger import tariff as t
from twin.ledger.tariff import MeterLoad
from twin.ledger.tariff_check import bill_from_quarter_hours

KST = ZoneInfo("Asia/Seoul")
B_HVA_2 = "kepco/industrial-b/hv-a/2"
PLAN = t.parse_tariff_id(B_HVA_2)
FULL_HISTORY = (0.0,) * 12


def kst(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    """A moment in Korean civil time."""
    return dt.datetime(year, month, day, hour, minute, tzinfo=KST)


def shaped(start: dt.datetime, days: int, kw: Callable[[dt.datetime], float], interval_s: int = 900) -> MeterLoad:
    """A load whose mean power in each interval is ``kw`` of the interval's local start."""
    n = days * 86_400 // interval_s
    moments = (start + dt.timedelta(seconds=interval_s * i) for i in range(n))
    return MeterLoad(start, interval_s, np.array([kw(moment) for moment in moments]) * interval_s / 3600)


def flat(start: dt.datetime, days: int, kw: float, interval_s: int = 900) -> MeterLoad:
    """A constant load."""
    return MeterLoad(start, interval_s, np.full(days * 86_400 // interval_s, kw * interval_s / 3600))


def billed(load: t.MeterLoad, plan: t.Tariff = PLAN, **terms: object) -> t.Bill:
    """The bill; the second route is checked on every one."""
    supply = t.SupplyTerms(**{"contract_kw": 1000.0, "demand_history_kw": FULL_HISTORY, **terms})  # type: ignore[arg-type]
    bill = t.bill(load, plan, supply)
    assert bill.total == math.fsum(line.amount for line in bill.lines)
    assert bill_from_quarter_hours(load, plan, supply) == pytest.approx(bill.total, rel=1e-12, abs=1e-6)
    return bill


def kwh_by_name(bill: t.Bill) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in bill.lines:
        if line.name.startswith("energy"):
            found[line.name] = found.get(line.name, 0.0) + line.quantity
    return found


def july(kw_at_noon: float = 300.0, day: int = 8, hour: int = 12) -> t.MeterLoad:
    """July 2026 at 100 kW with one quarter hour at another power."""
    return shaped(kst(2026, 7, 1), 31, lambda m: kw_at_noon if (m.day, m.hour, m.minute) == (day, hour, 30) else 100.0)
