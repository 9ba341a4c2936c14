"""KEPCO bills: the published vector, and one hand-solvable case a rule."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from tests.ledger.tariff_loads import B_HVA_2, KST, flat, kst, shaped
from twin.ledger import tariff as t
from twin.ledger.tariff_check import bill_from_quarter_hours
from twin.reference.facts import NotInForce, UnknownId

PLAN = t.parse_tariff_id(B_HVA_2)
FULL_HISTORY = (0.0,) * 12


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


def july_2026_vector() -> t.MeterLoad:
    """40,000 / 50,000 / 30,000 kWh off, mid and on peak in July 2026, day power factor 95 %."""
    off = shaped(kst(2026, 7, 1), 31, lambda _: 1.0)
    priced = t.price_series(PLAN, off.start, len(off.kwh), 900, t.PriceParts(surcharges=False, fund=False, vat=False))
    kwh = np.zeros(len(off.kwh))
    for rate, energy in ((116.0, 40_000), (163.8, 50_000), (229.0, 30_000)):
        band = np.isclose(priced, rate)
        kwh[band] = energy / band.sum()
    return t.MeterLoad(off.start, 900, kwh, kwh * math.sqrt(1 / 0.95**2 - 1), np.zeros(len(kwh)))


def test_vector_of_july_2026_has_all_its_lines():
    """Proves: 을 고압A Ⅱ, 500 kW, 40/50/30 MWh, power factor 95 % give 28,755,444 won, line by line.
    Sensitivity: without the rebate 28,783,572; with the fund at 3.2 % 127,580 more.
    """
    bill = billed(july_2026_vector(), contract_kw=500.0, demand_history_kw=(500.0,) * 12)
    amounts = {line.name: line.amount for line in bill.lines}
    assert amounts == {
        "demand_charge": pytest.approx(4_160_000), "power_factor_day": pytest.approx(-24_960),
        "energy_off_peak": pytest.approx(4_640_000), "energy_mid_peak": pytest.approx(8_190_000),
        "energy_on_peak": pytest.approx(6_870_000), "climate_charge": pytest.approx(1_080_000),
        "fuel_adjustment": pytest.approx(600_000), "vat": 2_551_504.0, "fund": 688_900.0,
    }
    assert bill.total_krw == pytest.approx(28_755_444, abs=1e-6)
    assert {line.name for line in bill.lines if not line.verified} == {"climate_charge", "fuel_adjustment"}
    assert sum(text.startswith("unverified") for text in bill.warnings) == 2


def test_bands_of_a_workday_under_the_old_and_the_new_hours():
    """Proves: 1 kW all day on Wed 2026-04-15 (old hours) and Thu 04-16 (new hours) is 10/8/6 h; 15-21 h became on-peak."""
    old, new = billed(flat(kst(2026, 4, 15), 1, 1.0)), billed(flat(kst(2026, 4, 16), 1, 1.0))
    expected = {"energy_off_peak": 10.0, "energy_mid_peak": 8.0, "energy_on_peak": 6.0}
    assert kwh_by_name(old) == pytest.approx(expected)
    assert kwh_by_name(new) == pytest.approx(expected)
    noon = [kwh_by_name(billed(shaped(kst(2026, 4, day), 1, lambda m: float(m.hour == 13)))) for day in (15, 16)]
    assert noon[0]["energy_on_peak"] == pytest.approx(1.0)
    assert noon[1]["energy_mid_peak"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("day", "bands"),
    [
        ((2025, 1, 27), (10, 8, 6)),  # ad-hoc holiday: offices are shut, the tariff bills a weekday
        ((2024, 10, 1), (10, 8, 6)),  # ad-hoc
        ((2025, 6, 3), (10, 8, 6)),  # election after a vacancy, declared ad-hoc
        ((2024, 4, 10), (24, 0, 0)),  # election on the expiry of a term: a public holiday by rule
        ((2026, 6, 3), (24, 0, 0)),  # local election
        ((2025, 3, 3), (24, 0, 0)),  # substitute day
        ((2025, 1, 28), (24, 0, 0)),  # eve of the lunar new year
        ((2025, 1, 26), (24, 0, 0)),  # Sunday
        ((2025, 1, 25), (10, 14, 0)),  # Saturday: on-peak counts as mid-peak
        ((2025, 3, 1), (24, 0, 0)),  # a holiday on a Saturday is a holiday
    ],
)
def test_days_of_the_tariff_calendar(day, bands):
    """Proves: ad-hoc holidays are workdays, elections by rule and substitute days are not, Saturday has no on-peak."""
    found = kwh_by_name(billed(flat(kst(*day), 1, 1.0)))
    names = ("energy_off_peak", "energy_mid_peak", "energy_on_peak")
    parts = [sum(value for key, value in found.items() if key.startswith(name)) for name in names]
    assert parts == pytest.approx(list(bands))


def test_plant_is_shut_on_the_adhoc_holiday_that_the_tariff_bills_as_a_weekday():
    """Proves: the two calendars differ on 2025-01-27."""
    from twin.reference.calendars import holidays_between, kepco_holidays

    day = dt.date(2025, 1, 27)
    assert day in holidays_between("KR", day, day)
    assert day not in kepco_holidays(day, day)


def test_weekend_discount_halves_the_energy_rate_only():
    """Proves: Sat 2026-05-09 11-14 h costs 133.4/2, Sun 116.0/2; the climate charge is whole; not in summer, not on a workday."""
    saturday = billed(shaped(kst(2026, 5, 9), 1, lambda m: float(10 <= m.hour < 15)))
    lines = {line.name: line for line in saturday.lines}
    assert lines["energy_mid_peak_weekend_discount"].quantity == pytest.approx(3.0)
    assert lines["energy_mid_peak_weekend_discount"].amount == pytest.approx(3 * 133.4 / 2)
    assert lines["energy_mid_peak"].amount == pytest.approx(2 * 133.4)
    assert lines["climate_charge"].amount == pytest.approx(5 * 9.0)
    sunday = billed(shaped(kst(2026, 5, 10), 1, lambda m: float(m.hour == 12)))
    assert sunday.amount_of("energy_off_peak_weekend_discount") == pytest.approx(116.0 / 2)
    for day in ((2026, 7, 11), (2026, 5, 8), (2026, 4, 12), (2031, 4, 5)):  # summer, workday, before, after the offer
        bill = billed(shaped(kst(*day), 1, lambda m: float(m.hour == 12)))
        assert not any("discount" in line.name for line in bill.lines)


def test_class_a2_has_no_weekend_discount_and_changed_hours_in_june():
    """Proves: 갑Ⅱ keeps the old hours until 2026-05-31."""
    plan = t.parse_tariff_id("kepco/industrial-a2/hv-a/2")
    for day, name in (((2026, 5, 29), "energy_on_peak"), ((2026, 6, 1), "energy_mid_peak")):
        bill = billed(shaped(kst(*day), 1, lambda m: float(m.hour == 13)), plan, contract_kw=200.0)
        assert bill.amount_of(name) > 0
        assert not any("discount" in line.name for line in bill.lines)


def test_class_a1_is_flat_and_bills_the_contract_power():
    """Proves: 갑Ⅰ low voltage, July: 116.2 won/kWh at all hours, base 5,550 x contract 100 kW; the clause starts at 20 kW."""
    plan = t.parse_tariff_id("kepco/industrial-a1/lv")
    bill = billed(flat(kst(2026, 7, 1), 31, 10.0), plan, contract_kw=100.0)
    assert bill.amount_of("demand_charge") == pytest.approx(555_000)
    assert bill.amount_of("energy_flat") == pytest.approx(7440 * 116.2)
    with pytest.raises(t.TariffFault, match="give contract_kw"):
        t.quantities(flat(kst(2026, 7, 1), 1, 1.0), plan)


def test_month_with_a_change_of_version_is_split():
    """Proves: April 2026 (을) has 15 days of the old and 15 of the new rates, base pro-rated 15/30 each; sum unchanged."""
    bill = billed(flat(kst(2026, 4, 1), 30, 600.0))
    parts = [line for line in bill.lines if line.name == "demand_charge"]
    assert [line.amount for line in parts] == pytest.approx([600 * 8320 / 2] * 2)
    details = {line.detail.rsplit(" ", 1)[-1] for line in bill.lines if line.name == "energy_on_peak"}
    assert details == {"2024-10-24", "2026-04-16"}
    assert not any("covers" in text for text in bill.warnings)


def test_deferral_keeps_the_old_tariff_until_the_end_of_september():
    """Proves: a firm with the deferral is billed the old rates on 2026-09-30 and the new ones on 10-01."""
    deferred = t.KepcoTariff(B_HVA_2, deferred=True)
    used = [
        {use.version for use in t.quantities(flat(kst(*day), 1, 1.0), deferred).energy} for day in ((2026, 9, 30), (2026, 10, 1))
    ]
    assert used == [{"2024-10-24"}, {"2026-04-16"}]


def test_unpinned_tariff_without_a_version_is_a_fault_and_a_pinned_one_is_counterfactual():
    """Proves: 2018 cannot be billed unpinned; pinned it is, marked, at the pinned rates."""
    load = flat(kst(2018, 7, 2), 1, 1.0)
    with pytest.raises(NotInForce, match="2018-07-02"):
        t.quantities(load, PLAN)
    bill = billed(load, t.parse_tariff_id(B_HVA_2 + "@2026-06-01"))
    assert bill.counterfactual
    assert any("counterfactual" in text for text in bill.warnings)
    assert bill.amount_of("energy_on_peak") == pytest.approx(6 * 229.0)
    inside = billed(flat(kst(2026, 7, 2), 1, 1.0), t.parse_tariff_id(B_HVA_2 + "@2026-06-01"))
    assert not inside.counterfactual
    assert inside.total == billed(flat(kst(2026, 7, 2), 1, 1.0)).total


def test_ids_are_checked_with_a_hint():
    """Proves: a typo is met with a near id, a bad date and a date before the first version with a plain fault."""
    with pytest.raises(UnknownId, match="did you mean kepco/industrial-b/hv-a/2"):
        t.parse_tariff_id("kepco/industrial-b/hva/2")
    with pytest.raises(t.TariffFault, match="not a date"):
        t.parse_tariff_id(B_HVA_2 + "@june")
    with pytest.raises(t.TariffFault, match="month"):
        t.parse_tariff_id(B_HVA_2 + "@2026-13-01")
    with pytest.raises(NotInForce):
        t.parse_tariff_id(B_HVA_2 + "@2020-01-01")
    assert t.parse_tariff_id(B_HVA_2 + "@2026-06-01").id == B_HVA_2 + "@2026-06-01"


# demand


def july(kw_at_noon: float = 300.0, day: int = 8, hour: int = 12) -> t.MeterLoad:
    """July 2026 at 100 kW with one quarter hour at another power."""
    return shaped(
        kst(2026, 7, 1), 31,
        lambda m: kw_at_noon if (m.day, m.hour, m.minute) == (day, hour, 30) else 100.0,
    )


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
    for place, kw, expected in ((0, 900.0, 300.0), (1, 900.0, 900.0), (3, 900.0, 300.0), (7, 450.0, 450.0), (11, 900.0, 300.0)):
        past = tuple(kw if i == place else 0.0 for i in range(12))
        assert len(past) == len(history)
        assert billed(july(200.0), demand_history_kw=past).quantities.billing_demand_kw["2026-07"] == pytest.approx(expected)


def test_ratchet_is_carried_from_month_to_month():
    """Proves: July's 800 kW is billed in August to October too; September's own demand is reported as metered."""
    load = shaped(kst(2026, 7, 1), 31 + 31 + 30 + 31, lambda m: 800.0 if (m.month, m.day, m.hour) == (7, 8, 16) else 400.0)
    quantities = billed(load).quantities
    assert list(quantities.billing_demand_kw.values()) == pytest.approx([800.0] * 4)
    assert quantities.metered_demand_kw["2026-09"] == pytest.approx(400.0)


def test_demand_of_april_does_not_bind_later():
    """Proves: an April peak is billed in April and forgotten in May."""
    load = shaped(kst(2026, 4, 1), 61, lambda m: 800.0 if (m.month, m.day, m.hour) == (4, 8, 13) else 400.0)
    assert list(billed(load).quantities.billing_demand_kw.values()) == pytest.approx([800.0, 400.0])


@pytest.mark.parametrize(
    ("demand", "multiplier"), [(500, 0), (599.9, 1.5), (600, 2.0), (650, 2.5), (700, 3.0), (750, 3.5), (800, 4.0), (1500, 4.0)]
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
    assert [line.amount for line in bill.lines if line.name == "excess_demand"] == pytest.approx([0.0, 100 * 8320 * 2.0])
    assert any("2026-07" in text and "notice only" in text for text in bill.warnings)


def test_partial_month_pro_rates_the_demand_charge_and_says_so():
    """Proves: 7 of 31 days of July bill 7/31 of the month's demand charge; energy is whole."""
    bill = billed(flat(kst(2026, 7, 6), 7, 400.0))
    assert bill.amount_of("demand_charge") == pytest.approx(400 * 8320 * 7 / 31)
    assert any("22.6%" in text for text in bill.warnings)


# power factor


def with_factor(load: t.MeterLoad, lag: float, lead: float | None = None) -> t.MeterLoad:
    """The load with the same lagging, and the same leading, factor in every interval."""
    ratio = math.sqrt(1 / lag**2 - 1)
    leading = np.zeros(len(load.kwh)) if lead is None else load.kwh * math.sqrt(1 / lead**2 - 1)
    return t.MeterLoad(load.start, load.interval_s, load.kwh, load.kwh * ratio, leading)


@pytest.mark.parametrize(
    ("year", "factor", "share"),
    [
        (2025, 0.92, 0.0), (2025, 0.90, 0.004), (2025, 0.60, 0.064), (2025, 0.40, 0.064), (2025, 0.95, -0.006), (2025, 0.99, -0.010),
        (2024, 0.92, -0.004), (2024, 0.90, 0.0), (2024, 0.60, 0.060), (2024, 0.99, -0.010),
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


# levies


def test_fund_is_truncated_and_vat_rounded():
    """Proves: 100 kWh off-peak: 100 x (116 + 14) = 13,000 + base; fund down to 10 won, VAT to the won."""
    bill = billed(shaped(kst(2026, 7, 1), 31, lambda m: 0.37 if m.hour < 8 else 0.0), contract_kw=301.0)
    before = sum(line.amount for line in bill.lines if line.name not in ("vat", "fund"))
    assert bill.amount_of("vat") == math.floor(before * 0.1 + 0.5)
    assert bill.amount_of("fund") == before * 0.027 // 10 * 10
    assert before * 0.027 % 10 > 0.01


def test_fund_follows_its_schedule():
    """Proves: 3.7 % (not verified) to June 2024, 3.2 % to June 2025, 2.7 % since."""
    for when, rate, verified in ((kst(2024, 6, 3), 0.037, False), (kst(2024, 7, 1), 0.032, True), (kst(2025, 7, 1), 0.027, True)):
        line = next(line for line in billed(flat(when, 7, 1.0)).lines if line.name == "fund")
        assert (line.rate, line.verified) == (rate, verified)


# series for the optimiser


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


# loads


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
