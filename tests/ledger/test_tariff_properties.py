"""Properties of bills: two routes, splitting, order, scale."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.tariff_loads import KST, kst
from twin.ledger import tariff as t
from twin.ledger.tariff_check import bill_from_quarter_hours
from twin.reference.kepco import plan_ids

STARTS = st.integers(0, 1200 * 96).map(lambda quarters: kst(2023, 11, 9) + dt.timedelta(seconds=900 * quarters))


@st.composite
def loads(draw: st.DrawFn) -> t.MeterLoad:
    """Up to forty days from any quarter hour, spiky, with or without var registers."""
    n = draw(st.integers(1, 40 * 96))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kwh = np.round(rng.gamma(0.7, 60.0, n), draw(st.integers(0, 6)))
    kvarh = [
        np.round(rng.gamma(0.7, 40.0, n) * rng.integers(0, 2, n), 3) if draw(st.booleans()) else None for _ in range(2)
    ]
    return t.MeterLoad(draw(STARTS), 900, kwh, *kvarh)


TERMS = st.builds(
    t.SupplyTerms,
    contract_kw=st.floats(5, 2000),
    demand_history_kw=st.lists(st.floats(0, 2000), max_size=14).map(tuple),
    demand_metered=st.sampled_from([None, True]),
    excess_noticed=st.booleans(),
    power_factor_noticed=st.booleans(),
)
TARIFFS = st.builds(
    t.KepcoTariff,
    plan_id=st.sampled_from(plan_ids()),
    pinned=st.sampled_from([None, dt.date(2024, 10, 24), dt.date(2026, 6, 1)]),
    region=st.sampled_from(["mainland", "mainland", "jeju"]),
    deferred=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(loads(), TARIFFS, TERMS)
def test_both_routes_agree_and_lines_sum_to_the_total(load, tariff, terms):
    """Proves: invariant 3 on any load, plan, date and terms: residual at most 1e-9."""
    if tariff.pinned is None and tariff.plan_id.startswith("kepco/industrial-a") and load.start < kst(2024, 1, 1):
        return
    bill = t.bill(load, tariff, terms)
    assert math.fsum(line.amount for line in bill.lines) == bill.total
    assert bill_from_quarter_hours(load, tariff, terms) == pytest.approx(bill.total, rel=1e-9)
    assert math.fsum(use.kwh for use in bill.quantities.energy) == pytest.approx(load.kwh.sum(), rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(loads(), TARIFFS, TERMS, st.integers(1, 3))
def test_energy_is_the_same_in_finer_intervals_and_in_two_arrays(load, tariff, terms, part):
    """Proves: cutting intervals in three changes no line; energy and surcharge lines of two part loads add up."""
    if tariff.pinned is None and load.start < kst(2024, 1, 1):
        return
    fine = dataclasses.replace(
        load,
        interval_s=300,
        kwh=np.repeat(load.kwh / 3, 3),
        kvarh_lag=None if load.kvarh_lag is None else np.repeat(load.kvarh_lag / 3, 3),
        kvarh_lead=None if load.kvarh_lead is None else np.repeat(load.kvarh_lead / 3, 3),
    )
    whole = t.bill(load, tariff, terms)
    assert t.bill(fine, tariff, terms).total == pytest.approx(whole.total, rel=1e-9, abs=11)
    cut = len(load.kwh) * part // 4
    if not 0 < cut < len(load.kwh):
        return
    later = load.start + dt.timedelta(seconds=900 * cut)
    halves = [t.MeterLoad(load.start, 900, load.kwh[:cut]), t.MeterLoad(later, 900, load.kwh[cut:])]
    for name in ("energy", "climate_charge", "fuel_adjustment"):
        parts = math.fsum(t.bill(half, tariff, terms).amount_of(name) for half in halves)
        assert parts == pytest.approx(whole.amount_of(name), rel=1e-9, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(loads(), st.floats(1.0, 5.0))
def test_scaling_load_and_contract_scales_the_bill(load, factor):
    """Proves: k times the load, contract and history cost k times, apart from the rounding of VAT and fund."""
    tariff = t.KepcoTariff("kepco/industrial-b/hv-a/2", dt.date(2026, 6, 1))
    bigger = dataclasses.replace(
        load,
        kwh=load.kwh * factor,
        kvarh_lag=None if load.kvarh_lag is None else load.kvarh_lag * factor,
        kvarh_lead=None if load.kvarh_lead is None else load.kvarh_lead * factor,
    )
    one = t.bill(load, tariff, t.SupplyTerms(contract_kw=400.0, demand_history_kw=(300.0,) * 12))
    many = t.bill(bigger, tariff, t.SupplyTerms(contract_kw=400.0 * factor, demand_history_kw=(300.0 * factor,) * 12))
    assert many.total == pytest.approx(one.total * factor, rel=1e-9, abs=11 * 3 * (1 + factor))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_order_within_an_hour_band_does_not_change_energy(seed):
    """Proves: shuffling quarter hours inside one band of one day changes no energy line."""
    rng = np.random.default_rng(seed)
    start = dt.datetime(2026, 7, 1, tzinfo=KST)
    kwh = rng.gamma(1.0, 50.0, 31 * 96)
    shuffled = kwh.copy()
    evening = slice(15 * 4, 21 * 4)
    shuffled[evening] = rng.permutation(kwh[evening])
    tariff = t.parse_tariff_id("kepco/industrial-b/hv-a/2")
    bills = [t.bill(t.MeterLoad(start, 900, values), tariff) for values in (kwh, shuffled)]
    assert bills[0].amount_of("energy") == pytest.approx(bills[1].amount_of("energy"), rel=1e-12)
    assert bills[0].demand_kw == bills[1].demand_kw


@settings(max_examples=15, deadline=None)
@given(loads())
def test_price_series_times_load_is_the_energy_part_of_the_bill(load):
    """Proves: Σ price x kWh = (energy + climate + fuel) x (1 + fund + VAT), to a won and a fund step a month."""
    tariff = t.KepcoTariff("kepco/industrial-b/hv-a/2", dt.date(2026, 6, 1))
    bill = t.bill(load, tariff)
    prices = t.price_series_krw_per_kwh(tariff, load.start, len(load.kwh), 900, t.PriceParts(fund=False, vat=False))
    expected = bill.amount_of("energy") + bill.amount_of("climate_charge") + bill.amount_of("fuel_adjustment")
    assert float((prices * load.kwh).sum()) == pytest.approx(expected, rel=1e-10)
