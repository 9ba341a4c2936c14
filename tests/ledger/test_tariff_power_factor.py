"""Power factor under both clauses, by day and by night."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from tests.ledger.tariff_loads import PLAN, billed, flat, kst
from twin.ledger import tariff as t


def with_factor(load: t.MeterLoad, lag: float, lead: float | None = None) -> t.MeterLoad:
    """The load with the same lagging, and the same leading, factor in every interval."""
    ratio = math.sqrt(1 / lag**2 - 1)
    leading = np.zeros(len(load.kwh)) if lead is None else load.kwh * math.sqrt(1 / lead**2 - 1)
    return t.MeterLoad(load.start, load.interval_s, load.kwh, load.kwh * ratio, leading)


@pytest.mark.parametrize(
    ("year", "factor", "share"),
    [
        (2025, 0.92, 0.0),
        (2025, 0.90, 0.004),
        (2025, 0.60, 0.064),
        (2025, 0.40, 0.064),
        (2025, 0.95, -0.006),
        (2025, 0.99, -0.010),
        (2024, 0.92, -0.004),
        (2024, 0.90, 0.0),
        (2024, 0.60, 0.060),
        (2024, 0.99, -0.010),
    ],
)
def test_day_power_factor_of_both_clauses(year, factor, share):
    """Proves: 0.2 % of base per point off 92 % (from 2025-02) or 90 % (before), between 60 % and 97 or 95 %."""
    bill = billed(with_factor(flat(kst(year, 12, 1), 31, 100.0), factor), contract_kw=300.0, power_factor_noticed=True)
    expected = share * 100 * 8320
    assert bill.amount_of("power_factor_day") == pytest.approx(expected, abs=1e-6)


def test_night_power_factor_charges_leading_below_95_only():
    """Proves: leading 90 % at night costs 5 x 0.2 % of base; lagging power at night and leading by day cost nothing."""
    load = flat(kst(2025, 12, 1), 31, 100.0)
    bill = billed(with_factor(load, 0.92, 0.90), contract_kw=300.0, power_factor_noticed=True)
    assert bill.amount_of("power_factor_night") == pytest.approx(0.01 * 100 * 8320)
    assert billed(with_factor(load, 0.92, 0.97), contract_kw=300.0).amount_of("power_factor_night") == 0.0


def test_hours_of_the_power_factor_windows():
    """Proves: lagging power counts from 08 to 22 h now, from 09 to 23 h before 2025-02; readings outside are not averaged in."""
    for when, inside, outside in ((kst(2025, 12, 1), 8, 22), (kst(2024, 12, 2), 22, 8)):
        for hour, poor in ((inside, True), (outside, False)):
            load = flat(when, 28, 100.0)
            moments = [when + dt.timedelta(seconds=900 * i) for i in range(len(load.kwh))]
            lag = np.array([60.0 if m.hour == hour else 0.0 for m in moments])
            factors = t.quantities(t.MeterLoad(when, 900, load.kwh, lag, None), PLAN).power_factor
            assert (factors[0].percent < 100.0) == poor


def test_readings_are_half_hours():
    """Proves: 40 kvarh in one quarter hour and none in the next make one reading, not two.

    Reading: 50 kWh and 40 kvarh. Sensitivity: as two readings the mean would be (25/√(25² + 40²) + 1)/2 = 76.5 %.
    """
    load = flat(kst(2025, 12, 1), 31, 100.0)
    lag = np.where(np.arange(len(load.kwh)) % 2 == 0, 40.0, 0.0)
    factors = t.quantities(t.MeterLoad(load.start, 900, load.kwh, lag, None), PLAN).power_factor
    assert factors[0].percent == pytest.approx(100 * 50 / math.hypot(50, 40))


def test_power_factor_is_deemed_standard_without_a_var_meter():
    """Proves: no line, and the factor is reported as deemed 92 %."""
    bill = billed(flat(kst(2025, 12, 1), 31, 100.0))
    assert bill.amount_of("power_factor") == 0.0
    assert [(f.percent, f.deemed) for f in bill.quantities.power_factor] == [(92, True)] * 2


def test_first_month_of_poor_power_factor_is_notice_only():
    """Proves: December is noticed, January charged; a rebate needs no notice."""
    load = with_factor(flat(kst(2025, 12, 1), 62, 100.0), 0.80)
    amounts = [line.amount for line in billed(load, contract_kw=300.0).lines if line.name == "power_factor_day"]
    assert amounts == pytest.approx([0.0, 0.024 * 100 * 8320])
