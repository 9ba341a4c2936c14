"""Metal, gases and fuels as priced flows, by hand."""

from __future__ import annotations

import pytest

from tests.ledger.scenarios import scenario
from tests.ledger.traces import plant
from twin.core.faults import InputFault
from twin.ledger.materials import fuel_cost_of, material_cost, material_cost_of, material_sums


def test_metal_at_its_price_with_the_change_of_stock() -> None:
    """Proves: 900 kg at 3,000 + 100 kg at 4,000 = 3.1 MKRW; 50 kg more in stock at the end are worth 155,000; 20 kg lost cost 62,000."""
    sums = {
        ("ingot", "in"): 900.0,
        ("silicon", "addition"): 100.0,
        ("ADC12", "stock_open"): 400.0,
        ("ADC12", "stock_close"): 450.0,
        ("ADC12", "melt_loss"): 20.0,
        ("ADC12", "good"): 930.0,
    }
    found = material_cost_of(sums, {}, {"ingot": 3000.0, "silicon": 4000.0})
    assert {line.name: line.amount_krw for line in found.lines} == {
        "ingot": 2.7e6,
        "silicon": 4e5,
        "stock_change": -155_000.0,
    }
    assert found.total_krw == pytest.approx(2_945_000.0)
    assert found.melt_loss_krw == pytest.approx(62_000.0)


def test_gases_by_weight_and_unpriced_returns() -> None:
    """Proves: gas is priced by kg and does not move the metal's mean price; returns without a price cost nothing."""
    prices = {"ingot": 3000.0, "shielding_gas": 900.0}
    found = material_cost_of({("returns", "in"): 500.0, ("ingot", "in"): 500.0}, {"shielding_gas": 10.0}, prices)
    assert found.total_krw == pytest.approx(1_509_000.0)
    assert material_cost_of({("ingot", "in"): 5.0}, {}, {}).total_krw == 0.0


def test_own_returns_are_not_bought_again() -> None:
    """Proves: 500 kg charged, 300 kg returned and 50 kg scrapped: 150 kg are bought; 700 kg returned: 200 kg are sold.

    Sensitivity: priced in full, the returns would cost 200,000.
    """
    prices = {"ingot": 3000.0, "returns": 400.0}
    sums = {("returns", "in"): 500.0, ("ingot", "in"): 500.0, ("iron", "returns"): 300.0, ("iron", "scrap"): 50.0}
    found = {line.name: line.amount_krw for line in material_cost_of(sums, {}, prices).lines}
    assert found == {"ingot": 1.5e6, "returns": 60_000.0}
    sold = material_cost_of(sums | {("iron", "returns"): 650.0}, {}, prices)
    assert {line.name: line.amount_krw for line in sold.lines}["returns"] == -80_000.0


def test_sums_of_a_trace_close() -> None:
    """Proves: what is summed by material and role is what the trace holds. Sensitivity: a wrong code would mix materials."""
    trace = plant(24.0)
    sums = material_sums(trace)
    assert sum(sums.values()) == pytest.approx(trace.material["kg"].sum())
    assert ("ingot", "in") in sums
    assert material_cost(scenario(), trace).total_krw > 0.0


def test_city_gas_is_billed_by_gross_heat() -> None:
    """Proves: 1,000 kWh net are 3,600 MJ net, 3,992.7 MJ gross at 42.7/38.5; at 20 KRW/MJ 79,855 KRW. Sensitivity: net would be 72,000."""
    lines = fuel_cost_of(scenario({"site.gas_price": "20 KRW/MJ"}), {"natural_gas": 1000.0})
    assert lines[0].amount_krw == pytest.approx(3600.0 * 42.7 / 38.5 * 20.0)


def test_other_fuels_take_a_material_price() -> None:
    """Proves: 46.3 MJ/kg propane: 1,000 kWh are 77.75 kg; without a price it is a fault that shows the fix."""
    lines = fuel_cost_of(scenario({"materials.lpg": {"price": "1500 KRW/kg"}}), {"lpg": 1000.0})
    assert lines[0].amount_krw == pytest.approx(3600.0 / 46.3 * 1500.0)
    with pytest.raises(InputFault, match=r"materials\.lpg.*price"):
        fuel_cost_of(scenario(), {"lpg": 1.0})
    with pytest.raises(InputFault, match=r"site\.gas_price"):
        fuel_cost_of(scenario(), {"natural_gas": 1.0})
