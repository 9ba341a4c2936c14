"""The public interface: series for the optimiser, what a load must be, mixed tariffs."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from tests.ledger.tariff_loads import B_HVA_2, KST, PLAN, billed, flat, kst, kwh_by_name, shaped
from twin.ledger import tariff as t


def test_price_series_is_the_bill_of_one_more_kwh():
    """Proves: the price of each interval is what the bill grows by, apart from rounding (VAT 1 won, fund 10 won)."""
    load = flat(kst(2026, 5, 1), 31, 400.0)
    prices = t.price_series_krw_per_kwh(PLAN, load.start, len(load.kwh))
    before = billed(load).total
    for i in (10, 1000, 1500, 48 + 96 * 8, 2975):
        more = load.kwh.copy()
        more[i] += 50_000.0
        peak = billed(t.MeterLoad(load.start, 900, more)).total
        counted = t.demand_window_mask(PLAN, load.start, len(load.kwh))[i]
        demand = (200_000 + 400 - 400) * 8320 * (1 + 0.127) if counted else 0.0
        assert peak - before - demand == pytest.approx(50_000 * prices[i], abs=12)


def test_price_parts_can_be_left_out():
    """Proves: noon of a summer workday is 163.8, with charges 177.8, with fund and VAT 177.8 x 1.127."""
    noon = kst(2026, 7, 1, 12)
    bare = t.PriceParts(surcharges=False, fund=False, vat=False)
    assert t.price_series_krw_per_kwh(PLAN, noon, 1, 900, bare) == pytest.approx([163.8])
    assert t.price_series_krw_per_kwh(PLAN, noon, 1, 900, t.PriceParts(fund=False, vat=False)) == pytest.approx([177.8])
    assert t.price_series_krw_per_kwh(PLAN, noon, 1) == pytest.approx([177.8 * 1.127])


def test_billing_demand_rule_holds_floor_and_ratchet():
    """Proves: the floor of July is the past August; July binds later, May does not."""
    terms = t.SupplyTerms(contract_kw=900.0, demand_history_kw=(0.0, 640.0) + (0.0,) * 10)
    rule = t.billing_demand_rule(PLAN, dt.date(2026, 7, 15), terms)
    assert (rule.floor_kw, rule.rate_per_kw_month, rule.binds_later, rule.window_s) == (640.0, 8320.0, True, 900)
    assert rule.gross_factor == pytest.approx(1.127)
    assert not t.billing_demand_rule(PLAN, dt.date(2026, 5, 1), terms).binds_later


def test_loads_that_cannot_be_billed():
    """Proves: each fault names what is wrong."""
    kwh = np.ones(4)
    for build, said in (
        (lambda: t.MeterLoad(dt.datetime(2026, 7, 1), 900, kwh), "no time zone"),  # noqa: DTZ001
        (lambda: t.MeterLoad(kst(2026, 7, 1), 700, kwh), "must divide"),
        (lambda: t.MeterLoad(kst(2026, 7, 1, 0, 5), 900, kwh), "300 s after"),
        (lambda: t.MeterLoad(kst(2026, 7, 1), 60, kwh), "inside a quarter hour"),
        (lambda: t.MeterLoad(kst(2026, 7, 1), 900, -kwh), "negative"),
        (lambda: t.MeterLoad(kst(2026, 7, 1), 900, kwh * np.nan), "not a number"),
        (lambda: t.MeterLoad(kst(2026, 7, 1), 900, kwh, kwh[:3]), "shape"),
        (lambda: t.MeterLoad(kst(2026, 7, 1), 900, kwh[:0]), "empty"),
        (lambda: t.SupplyTerms(contract_kw=0.0), "contract power"),
        (lambda: t.SupplyTerms(demand_history_kw=(1.0, math.nan)), "past demands"),
    ):
        with pytest.raises(t.TariffFault, match=said):
            build()


def test_minute_load_and_other_zone_give_the_same_bill():
    """Proves: a load in 1-minute intervals, or stamped in UTC, is billed like its quarter hours in Korean time."""
    quarter = shaped(kst(2026, 7, 1), 7, lambda m: 100.0 + 10 * m.hour)
    minute = t.MeterLoad(quarter.start, 60, np.repeat(quarter.kwh / 15, 15))
    utc = t.MeterLoad(quarter.start.astimezone(dt.UTC), 900, quarter.kwh)
    total = billed(quarter).total
    assert billed(minute).total == pytest.approx(total, abs=1e-6)
    assert billed(utc).total == total
    assert quarter.start.tzinfo is KST


def test_hourly_load_says_that_its_demand_reads_low():
    """Proves: an hourly load can be billed, with a warning."""
    assert any("60 min" in text for text in billed(flat(kst(2026, 7, 1), 1, 1.0, 3600)).warnings)


def test_quantities_of_another_tariff_are_refused():
    """Proves: the two steps cannot be mixed between tariffs."""
    counted = t.quantities(flat(kst(2026, 7, 1), 1, 1.0), PLAN)
    with pytest.raises(t.TariffFault, match="cannot be charged"):
        t.charges(counted, t.parse_tariff_id("kepco/industrial-b/hv-a/1"))


def test_jeju_has_its_own_hours():
    """Proves: 16-22 h is on-peak in winter on Jeju, 10 h is mid-peak."""
    jeju = t.KepcoTariff(B_HVA_2, region="jeju")
    assert kwh_by_name(billed(flat(kst(2025, 1, 15), 1, 1.0), jeju)) == pytest.approx(
        {"energy_off_peak": 10.0, "energy_mid_peak": 8.0, "energy_on_peak": 6.0}
    )
    assert billed(shaped(kst(2025, 1, 15), 1, lambda m: float(m.hour == 10)), jeju).amount_of("energy_mid_peak") > 0


def test_example_in_the_docstring():
    """Proves: the module's example runs as printed."""
    import doctest

    found = doctest.testmod(t)
    assert (found.failed, found.attempted > 5) == (0, True)


def test_rate_file_can_come_as_text():
    """Proves: a scenario that carries its rate file needs no folder; the id stays what the user wrote."""
    text = '{"energyratestructure": [[{"rate": 0.1}]], "energyweekdayschedule": %s, "energyweekendschedule": %s}'
    table = str([[0] * 24] * 12)
    tariff = t.parse_tariff_id("rates/mine.json", content=text % (table, table))
    assert tariff.id == "rates/mine.json"
    assert t.bill(flat(kst(2026, 7, 1), 1, 10.0), tariff).total == pytest.approx(24.0)
