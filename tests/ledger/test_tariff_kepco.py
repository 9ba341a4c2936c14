"""KEPCO bills: the published vector, calendar, versions, levies; one hand-solvable case a rule."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from tests.ledger.tariff_loads import B_HVA_2, PLAN, billed, flat, kst, kwh_by_name, shaped
from twin.ledger import tariff as t
from twin.reference.facts import NotInForce, UnknownId


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
        "demand_charge": pytest.approx(4_160_000),
        "power_factor_day": pytest.approx(-24_960),
        "energy_off_peak": pytest.approx(4_640_000),
        "energy_mid_peak": pytest.approx(8_190_000),
        "energy_on_peak": pytest.approx(6_870_000),
        "climate_charge": pytest.approx(1_080_000),
        "fuel_adjustment": pytest.approx(600_000),
        "vat": 2_551_504.0,
        "fund": 688_900.0,
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
        {use.version for use in t.quantities(flat(kst(*day), 1, 1.0), deferred).energy}
        for day in ((2026, 9, 30), (2026, 10, 1))
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


def test_fund_is_truncated_and_vat_rounded():
    """Proves: 100 kWh off-peak: 100 x (116 + 14) = 13,000 + base; fund down to 10 won, VAT to the won."""
    bill = billed(shaped(kst(2026, 7, 1), 31, lambda m: 0.37 if m.hour < 8 else 0.0), contract_kw=301.0)
    before = sum(line.amount for line in bill.lines if line.name not in ("vat", "fund"))
    assert bill.amount_of("vat") == math.floor(before * 0.1 + 0.5)
    assert bill.amount_of("fund") == before * 0.027 // 10 * 10
    assert before * 0.027 % 10 > 0.01


def test_fund_follows_its_schedule():
    """Proves: 3.7 % (not verified) to June 2024, 3.2 % to June 2025, 2.7 % since."""
    for when, rate, verified in (
        (kst(2024, 6, 3), 0.037, False),
        (kst(2024, 7, 1), 0.032, True),
        (kst(2025, 7, 1), 0.027, True),
    ):
        line = next(line for line in billed(flat(when, 7, 1.0)).lines if line.name == "fund")
        assert (line.rate, line.verified) == (rate, verified)
