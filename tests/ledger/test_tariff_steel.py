"""Half a year of a real steel works (UCI 851, Gwangyang 2018), billed at pinned tariffs."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import math

import numpy as np
import pytest

from tests.ledger.tariff_loads import B_HVA_2, kst
from tests.support import needs_data
from twin.ledger import tariff as t
from twin.ledger.tariff_check import bill_from_quarter_hours

TERMS = t.SupplyTerms(contract_kw=700.0)


@pytest.fixture(scope="module")
def steel() -> t.MeterLoad:
    """17,376 quarter hours; the file stamps the END of each interval."""
    with gzip.open(needs_data("steel_uci", "steel_industry_2018H1.csv.gz"), "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    first = dt.datetime.fromisoformat(rows[0]["interval_end_kst"]) - dt.timedelta(minutes=15)
    assert first == dt.datetime(2018, 1, 1)  # noqa: DTZ001
    lag, lead = "Lagging_Current_Reactive_Power_kVarh", "Leading_Current_Reactive_Power_kVarh"
    kwh, kvarh_lag, kvarh_lead = (np.array([float(row[name]) for row in rows]) for name in ("Usage_kWh", lag, lead))
    return t.MeterLoad(kst(2018, 1, 1), 900, kwh, kvarh_lag, kvarh_lead)


def test_half_year_is_billed_with_demand_and_power_factor(steel):
    """Proves: the README's energy and peak; January's 612.56 kW binds to June; the second route gives every won.
    Sensitivity: with interval starts mistaken for ends the energy by band would differ.
    """
    plan = t.parse_tariff_id(B_HVA_2 + "@2024-10-24")
    bill = t.bill(steel, plan, TERMS)
    assert bill.counterfactual
    assert math.fsum(use.kwh for use in bill.quantities.energy) == pytest.approx(521_199.76)
    assert max(bill.demand_kw.values()) == pytest.approx(612.56)
    assert list(bill.quantities.billing_demand_kw.values()) == pytest.approx([612.56] * 6)
    assert bill.amount_of("demand_charge") == pytest.approx(6 * 612.56 * 8320)
    assert bill_from_quarter_hours(steel, plan, TERMS) == pytest.approx(bill.total, rel=1e-12)
    assert bill.total == pytest.approx(139_327_379.28, abs=0.01)


def test_power_factor_of_the_half_year(steel):
    """Proves: a plant at 93 to 96 % by day earned a rebate each month under the clause of 2018; its nights hardly lead."""
    bill = t.bill(steel, t.parse_tariff_id(B_HVA_2 + "@2024-10-24"), TERMS)
    by_day = [factor.percent for factor in bill.quantities.power_factor if factor.window == "day_lagging"]
    by_night = [factor.percent for factor in bill.quantities.power_factor if factor.window == "night_leading"]
    assert len(by_day) == len(by_night) == 6
    assert 93.0 < min(by_day) < max(by_day) < 96.0
    assert min(by_night) > 99.0
    rebates = [line.amount for line in bill.lines if line.name == "power_factor_day"]
    assert len(rebates) == 6
    assert all(-0.01 * 612.56 * 8320 <= amount < 0 for amount in rebates)
    assert not any(line.verified for line in bill.lines if line.name.startswith("power_factor"))


def test_new_hours_are_cheaper_for_this_plant(steel):
    """Proves: a plant that works by day pays less under the hours of 2026; the quantities of energy are the same."""
    old, new = (t.bill(steel, t.parse_tariff_id(f"{B_HVA_2}@{date}"), TERMS) for date in ("2024-10-24", "2026-06-01"))
    assert new.total < old.total
    assert new.amount_of("energy") < old.amount_of("energy")
    assert new.amount_of("demand_charge") == old.amount_of("demand_charge")


def test_advice_for_the_steel_works(steel):
    """Proves: each saving of the advice is the difference of two bills; option Ⅰ suits its low load factor (30 %)."""
    plan = t.parse_tariff_id(B_HVA_2 + "@2026-06-01")
    advice = t.advise(steel, plan, TERMS)
    scale = 365 / 181
    totals = [
        t.bill(steel, t.parse_tariff_id(f"kepco/industrial-b/hv-a/{n}@2026-06-01"), TERMS).total * scale
        for n in (1, 2, 3)
    ]
    assert [option.krw_per_year for option in advice.options] == pytest.approx(sorted(totals))
    assert advice.best_option == "kepco/industrial-b/hv-a/1@2026-06-01"
    assert advice.krw_per_year == pytest.approx(totals[1])
    assert advice.contract is not None
    assert advice.contract.recommended_kw == 650.0
    assert advice.contract.saving_krw_per_year == 0.0  # the floor of 30 % does not bind, and nothing exceeds
    assert advice.power_factor is not None
    assert advice.power_factor.saving_krw_per_year > 0
    assert advice.power_factor.day_percent_after >= 95.0
    assert any("181.0 days" in note for note in advice.notes)
