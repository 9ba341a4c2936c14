"""Allocation: sums to the bill under every rule, causes pay, hand cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.scenarios import scenario
from tests.ledger.traces import MONDAY, NAMES, plant, table
from twin.ledger.accounts import allocated
from twin.ledger.allocation import RULES, Rule, allocate, bill_pools
from twin.ledger.power import bill_of, meter_load
from twin.ledger.tariff_types import Bill, BillLine, BillQuantities
from twin.ledger.trace import COLUMNS, NONE, Trace, empty_table

H = 3600.0


def bill(energy: float, demand: float, vat: float = 0.0) -> Bill:
    """A bill of three lines."""
    lines = tuple(
        BillLine(name, "2026-07", 1.0, "x", amount, amount, True, "")
        for name, amount in (("energy_off_peak", energy), ("demand_charge", demand), ("vat", vat))
    )
    quantities = BillQuantities("t", {"2026-07": 1.0}, (), (), (), {}, {}, (), False)
    return Bill("t", "KRW", lines, quantities, (), False)


def two_batches() -> Trace:
    """One machine: idle 1 h at 10 kW, batch 7 1 h at 100 kW, idle 1 h, batch 8 1 h at 300 kW; a utility at 20 kW throughout."""
    tables = {name: empty_table(name) for name in COLUMNS}
    tables["flows"] = table(
        "flows",
        [
            (0, 7, 0, NONE, 0, H, 10.0, 0, 1),
            (0, 4, 0, 7, H, 2 * H, 100.0, 0, 1),
            (0, 7, 0, NONE, 2 * H, 3 * H, 10.0, 0, 1),
            (0, 4, 0, 8, 3 * H, 4 * H, 300.0, 0, 1),
            (2, 4, 0, NONE, 0, 4 * H, 20.0, 0, 1),
        ],
    )
    tables["batches"] = table(
        "batches", [(7, 0, H, 2 * H, 1, NONE, 0, 100.0, 1.0), (8, 0, 3 * H, 4 * H, 2, NONE, 0, 300.0, 1.0)]
    )
    return Trace(MONDAY, 4 * H, NAMES, tables)


def spread(rule: Rule) -> np.ndarray:
    """Money of both batches by pool (5, 2): 500 KRW of energy at 1 KRW/kWh and 800 KRW of demand."""
    return allocate(two_batches(), bill(500.0, 800.0), np.ones(16), np.ones(16, bool), rule).batch_krw


def test_time_rule() -> None:
    """Proves: equal times share idle 20, utility 80 and demand 800 equally; each pays its own 100 and 300 kWh."""
    assert spread("time") == pytest.approx(np.array([[100, 300], [10, 10], [0, 0], [40, 40], [400, 400]], float))


def test_mass_rule() -> None:
    """Proves: masses of 1:3 share everything but the own energy 1:3. Sensitivity: by time it would be 1:1."""
    assert spread("mass") == pytest.approx(np.array([[100, 300], [5, 15], [0, 0], [20, 60], [200, 600]], float))


def test_causal_rule() -> None:
    """Proves: each wait is paid by the batch that ended it, utility by energy 1:3, demand by the batch that set the peak alone."""
    assert spread("causal") == pytest.approx(np.array([[100, 300], [10, 10], [0, 0], [20, 60], [0, 800]], float))


def test_dear_hours_cost_the_batch_that_runs_in_them() -> None:
    """Proves: at 1 and then 3 KRW/kWh energy costs follow the price, scaled to the bill. Sensitivity: by kWh alone shares would be 1:3."""
    price = np.where(np.arange(16) < 8, 1.0, 3.0)
    weights = np.array([100.0, 900.0, 10.0 + 30.0, 40.0 + 120.0])
    found = allocate(two_batches(), bill(1200.0, 0.0), price, np.ones(16, bool), "time")
    assert found.batch_krw[0] == pytest.approx(1200.0 * weights[:2] / weights.sum())


def test_on_top_follows_in_proportion() -> None:
    """Proves: VAT of 10 % raises both pools by 10 %. Sensitivity: put on energy alone, demand would look cheap."""
    assert bill_pools(bill(500.0, 300.0, 80.0)) == pytest.approx((550.0, 330.0))


def test_nothing_to_bear_it_is_said() -> None:
    """Proves: a plant without batches leaves the bill unallocated, and the sum still is the bill."""
    trace = two_batches()
    tables = dict(trace.tables) | {"batches": empty_table("batches")}
    flows = {name: column.copy() for name, column in trace.flows.columns.items()}
    flows["batch"][:] = NONE
    tables["flows"] = type(trace.flows)(flows)
    found = allocate(Trace(MONDAY, 4 * H, NAMES, tables), bill(500.0, 800.0), np.ones(16), np.ones(16, bool))
    assert found.unallocated_krw == pytest.approx(1300.0)
    assert found.total_krw == pytest.approx(1300.0)


def test_heats_follow_their_metal_to_products() -> None:
    """Proves: the cost of melting ends at the product cast from it: products bear the whole bill."""
    scn, trace = scenario(), plant(48.0)
    load = meter_load(scn, trace)
    billed = bill_of(scn, load)
    found = allocated(scn, trace, billed, load, "causal")
    assert found.by_product_krw["housing"] == pytest.approx(billed.total, rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 500), hours=st.sampled_from([7.25, 24.0, 50.0]))
def test_allocated_sums_to_the_bill(rule: Rule, seed: int, hours: float) -> None:
    """Proves: under every rule and on any plant, allocated cost is the bill to 1e-9."""
    scn, trace = scenario(), plant(hours, seed)
    load = meter_load(scn, trace)
    billed = bill_of(scn, load)
    assert allocated(scn, trace, billed, load, rule).total_krw == pytest.approx(billed.total, rel=1e-9)
