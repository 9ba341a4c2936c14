"""Advice on cases that can be solved by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from tests.ledger.tariff_loads import B_HVA_2, flat, kst, shaped
from twin.ledger import tariff as t

YEAR_END = kst(2025, 3, 1)
PLAN = t.parse_tariff_id(B_HVA_2)


def test_a_flat_load_wants_the_option_with_the_high_base():
    """Proves: 8,760 h at one power suit option Ⅲ, a load of a few hours Ⅰ."""
    terms = t.SupplyTerms(contract_kw=400.0, demand_history_kw=(0.0,) * 12)
    assert t.advise(flat(YEAR_END, 365, 400.0), PLAN, terms).best_option == "kepco/industrial-b/hv-a/3"
    few = shaped(YEAR_END, 365, lambda m: 400.0 if m.weekday() < 5 and 9 <= m.hour < 11 else 5.0)
    assert t.advise(few, PLAN, terms).best_option == "kepco/industrial-b/hv-a/1"


def test_contract_power_far_above_the_demand_costs_its_floor():
    """Proves: 100 kW under 1,000 kW pays for 300 kW; under 300 kW (the class's least) for 100 kW: 200 x 8,320 x 12 and levies saved."""
    load = flat(YEAR_END, 365, 100.0)
    advice = t.advise(load, PLAN, t.SupplyTerms(contract_kw=1000.0, demand_history_kw=(0.0,) * 12))
    assert advice.contract is not None
    assert advice.contract.recommended_kw == 300.0
    assert advice.contract.saving_krw_per_year == pytest.approx(
        200 * 8320 * 12 * (1.1 + (4 * 0.032 + 8 * 0.027) / 12), abs=12 * 12
    )
    assert any("would be open" in note for note in advice.notes)


def test_contract_power_below_the_demand_costs_its_excess():
    """Proves: 500 kW under 400 kW pays 100 x 8,320 x 2.0 a month; the advice is 530 kW (5 % margin, 10 kW steps)."""
    advice = t.advise(flat(YEAR_END, 31, 500.0), PLAN, t.SupplyTerms(contract_kw=400.0, demand_history_kw=(0.0,) * 12))
    assert advice.contract is not None
    assert advice.contract.recommended_kw == 530.0
    assert advice.contract.saving_krw_per_year == pytest.approx(100 * 8320 * 2.0 * 1.132 * 365 / 31, rel=1e-4)


def test_capacitors_are_sized_to_the_cap_of_the_rebate():
    """Proves: 100 kW at 80 % needs 75 − 25.06 = 49.9 → 50 kvar for 97 %, and saves (2.4 + 1.0) % of the base and its levies."""
    load = flat(YEAR_END, 31, 100.0)
    poor = dataclasses.replace(load, kvarh_lag=load.kwh * math.sqrt(1 / 0.8**2 - 1), kvarh_lead=np.zeros(len(load.kwh)))
    advice = t.advise(poor, PLAN, t.SupplyTerms(contract_kw=300.0, demand_history_kw=(0.0,) * 12)).power_factor
    assert advice is not None
    assert advice.capacitor_kvar == 50.0
    assert advice.day_percent_before == pytest.approx(80.0)
    assert advice.day_percent_after >= 97.0
    assert advice.saving_krw_per_year == pytest.approx(0.034 * 100 * 8320 * 1.132 * 365 / 31, rel=1e-3)
    assert advice.night_krw_per_year == 0.0


def test_leading_power_at_night_is_priced():
    """Proves: capacitors left on at night (leading 90 %) cost 1 % of the base."""
    load = flat(YEAR_END, 31, 100.0)
    lead = dataclasses.replace(load, kvarh_lag=np.zeros(len(load.kwh)), kvarh_lead=load.kwh * math.sqrt(1 / 0.9**2 - 1))
    advice = t.advise(lead, PLAN, t.SupplyTerms(contract_kw=300.0, demand_history_kw=(0.0,) * 12)).power_factor
    assert advice is not None
    assert advice.capacitor_kvar == 0.0
    assert advice.night_krw_per_year == pytest.approx(0.01 * 100 * 8320 * 1.132 * 365 / 31)


def test_no_advice_without_contract_or_var_meter():
    """Proves: what cannot be advised is None, the options remain."""
    advice = t.advise(flat(YEAR_END, 31, 100.0), PLAN, t.SupplyTerms())
    assert (advice.contract, advice.power_factor) == (None, None)
    assert len(advice.options) == 3
