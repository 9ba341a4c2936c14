"""Billing demand: counted hours, floor, ratchet, excess over contract, partial months."""

from __future__ import annotations

import pytest

from tests.ledger.tariff_loads import PLAN, billed, flat, july, kst, shaped
from twin.ledger import tariff as t


@pytest.mark.parametrize(
    ("day", "hour", "demand"),
    [(8, 12, 700.0), (8, 23, 100.0), (8, 7, 100.0), (5, 12, 100.0), (17, 12, 100.0), (11, 16, 700.0)],
)
def test_demand_counts_in_mid_and_on_peak_only(day, hour, demand):
    """Proves: a quarter hour of 700 kW counts at noon and on Saturday afternoon, not at night, on a Sunday, on Constitution Day."""
    bill = billed(july(700.0, day, hour), contract_kw=1000.0)
    assert bill.demand_kw["2026-07"] == pytest.approx(demand)


def test_quarter_hour_that_ends_at_midnight_belongs_to_the_old_day():
    """Proves: 23:45-24:00 of Saturday is Saturday's and of the old month; the next quarter hour is Sunday's."""
    load = shaped(kst(2026, 5, 30), 3, lambda m: 100.0 if (m.hour, m.minute) == (23, 45) and m.day == 31 else 0.0)
    used = t.quantities(load, PLAN).energy
    assert {(use.month, use.kwh) for use in used if use.kwh} == {("2026-05", 25.0)}


def test_contract_floor_binds_below_thirty_per_cent():
    """Proves: 100 kW under a 1,000 kW contract bills 300 kW. Sensitivity: without the floor 100 kW."""
    assert billed(july(100.0)).quantities.billing_demand_kw["2026-07"] == pytest.approx(300.0)
    assert billed(july(320.0)).quantities.billing_demand_kw["2026-07"] == pytest.approx(320.0)


def test_ratchet_takes_the_peak_months_of_the_last_twelve():
    """Proves: for July 2026 a past August counts, a past July and a past October do not (13 months old; not a ratchet month)."""
    history = [0.0] * 12  # July 2025 ... June 2026
    for place, kw, expected in (
        (0, 900.0, 300.0),
        (1, 900.0, 900.0),
        (3, 900.0, 300.0),
        (7, 450.0, 450.0),
        (11, 900.0, 300.0),
    ):
        past = tuple(kw if i == place else 0.0 for i in range(12))
        assert len(past) == len(history)
        assert billed(july(200.0), demand_history_kw=past).quantities.billing_demand_kw["2026-07"] == pytest.approx(
            expected
        )


def test_ratchet_is_carried_from_month_to_month():
    """Proves: July's 800 kW is billed in August to October too; September's own demand is reported as metered."""
    load = shaped(
        kst(2026, 7, 1), 31 + 31 + 30 + 31, lambda m: 800.0 if (m.month, m.day, m.hour) == (7, 8, 16) else 400.0
    )
    quantities = billed(load).quantities
    assert list(quantities.billing_demand_kw.values()) == pytest.approx([800.0] * 4)
    assert quantities.metered_demand_kw["2026-09"] == pytest.approx(400.0)


def test_demand_of_april_does_not_bind_later():
    """Proves: an April peak is billed in April and forgotten in May."""
    load = shaped(kst(2026, 4, 1), 61, lambda m: 800.0 if (m.month, m.day, m.hour) == (4, 8, 13) else 400.0)
    assert list(billed(load).quantities.billing_demand_kw.values()) == pytest.approx([800.0, 400.0])


@pytest.mark.parametrize(
    ("demand", "multiplier"),
    [(500, 0), (599.9, 1.5), (600, 2.0), (650, 2.5), (700, 3.0), (750, 3.5), (800, 4.0), (1500, 4.0)],
)
def test_excess_over_contract_by_band(demand, multiplier):
    """Proves: excess x base x 1.5 … 4.0 by its ratio to a 500 kW contract, on top of the base charge."""
    bill = billed(july(float(demand)), contract_kw=500.0, excess_noticed=True)
    assert bill.amount_of("excess_demand") == pytest.approx((demand - 500) * 8320 * multiplier)
    assert bill.amount_of("demand_charge") == pytest.approx(demand * 8320)


def test_first_month_of_excess_is_notice_only():
    """Proves: two months at 600 kW under 500 kW: July is noticed, August charged 100 x 8,320 x 2."""
    load = shaped(kst(2026, 7, 1), 62, lambda m: 600.0 if (m.day, m.hour) == (8, 16) else 100.0)
    bill = billed(load, contract_kw=500.0)
    assert [line.amount for line in bill.lines if line.name == "excess_demand"] == pytest.approx(
        [0.0, 100 * 8320 * 2.0]
    )
    assert any("2026-07" in text and "notice only" in text for text in bill.warnings)


def test_partial_month_pro_rates_the_demand_charge_and_says_so():
    """Proves: 7 of 31 days of July bill 7/31 of the month's demand charge; energy is whole."""
    bill = billed(flat(kst(2026, 7, 6), 7, 400.0))
    assert bill.amount_of("demand_charge") == pytest.approx(400 * 8320 * 7 / 31)
    assert any("22.6%" in text for text in bill.warnings)
