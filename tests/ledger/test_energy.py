"""Energy integrals: hand cases, splitting, breakpoints."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.traces import plant, table
from twin.ledger.energy import cut, energy_kwh, integrate, quarter_edges_s, quarter_hour_kwh, row_amounts, sums_by
from twin.ledger.trace import Table

H = 3600.0


def test_constant_row_over_quarter_hours() -> None:
    """Proves: 60 kW from 00:10 to 00:40 is 5, 15 and 10 kWh. Sensitivity: by whole quarters it would be 15, 15, 15."""
    flows = table("flows", [(0, 4, 0, -1, 600.0, 2400.0, 60.0, 0.0, 1.0)])
    assert quarter_hour_kwh(flows, "electricity", 0.0, H) == pytest.approx([5.0, 15.0, 10.0, 0.0])
    assert quarter_hour_kwh(flows, "natural_gas", 0.0, H) == pytest.approx([0.0] * 4)


def test_decaying_row_has_the_closed_form() -> None:
    """Proves: 36 exp(-t/1000 s) kW over the first two quarters. Sensitivity: the midpoint rule would miss by 3 %."""
    flows = table("flows", [(0, 5, 0, -1, 0.0, 1800.0, 0.0, 36.0, 1000.0)])
    first = 36.0 * 1000.0 * (1.0 - math.exp(-0.9)) / H
    second = 36.0 * 1000.0 * (math.exp(-0.9) - math.exp(-1.8)) / H
    assert quarter_hour_kwh(flows, "electricity", 0.0, 1800.0) == pytest.approx([first, second], rel=1e-13)
    assert row_amounts(flows) == pytest.approx([first + second], rel=1e-13)


def test_uneven_edges_and_rows_outside() -> None:
    """Proves: bins need not be equal and what lies outside is left out. Sensitivity: clipping too late would count 30 kWh more."""
    flows = table(
        "flows", [(0, 4, 0, -1, -1800.0, 5400.0, 60.0, 0.0, 1.0), (0, 4, 0, -1, 9000.0, 9999.0, 60.0, 0.0, 1.0)]
    )
    assert integrate(flows, np.array([0.0, 600.0, 3600.0, 4000.0]))[0] == pytest.approx([10.0, 50.0, 400.0 / 60.0])


def test_bins_that_nothing_touches_are_exactly_zero() -> None:
    """Proves: no rounding dust where nothing runs. Sensitivity: plain cumulative sums would leave 1e-14."""
    rows = [(0, 4, 0, -1, 0.1 * k, 5000.0 + 7.3 * k, 0.1 * k + 0.3, 0.0, 1.0) for k in range(200)]
    load = quarter_hour_kwh(table("flows", rows), "electricity", 0.0, 86400.0)
    assert isinstance(load, np.ndarray)
    assert np.all(load[10:] == 0.0)


def test_groups_sum_to_the_whole() -> None:
    """Proves: loads by equipment add up to the load. Sensitivity: a group offset wrong by one bin would shift load."""
    trace = plant(hours=30.0)
    whole = quarter_hour_kwh(trace.flows, "electricity", 0.0, trace.duration_s)
    parts = quarter_hour_kwh(trace.flows, "electricity", 0.0, trace.duration_s, by="equipment")
    assert set(parts) == {0, 1, 2}
    assert sum(parts.values()) == pytest.approx(whole, rel=1e-12)


def test_energy_by_names() -> None:
    """Proves: the base load of 35 kW is 840 kWh a day. Sensitivity: none of it may be counted in another state."""
    sums = energy_kwh(plant(hours=24.0), "electricity")
    assert sums[("site", "processing")] == pytest.approx(840.0)


ROW = st.tuples(
    st.floats(-4000, 90000), st.floats(0.001, 30000), st.floats(-50, 400), st.floats(-80, 80), st.floats(30, 9000)
)


@settings(max_examples=120, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=20), st.floats(0.01, 0.99), st.lists(st.floats(1, 86399), max_size=6))
def test_splitting_rows_changes_nothing(rows: list[tuple[float, ...]], share: float, cuts: list[float]) -> None:
    """Proves: a row cut in two (the second restarted at its own t0) gives the same load, on any edges."""
    edges = np.unique(np.concatenate([[0.0, 86400.0], np.round(cuts, 3)]))
    whole, halves = [], []
    for t0, length, base, amp, tau in rows:
        t1, middle = t0 + length, t0 + share * length
        whole.append((0, 4, 0, -1, t0, t1, base, amp, tau))
        halves.append((0, 4, 0, -1, t0, middle, base, amp, tau))
        halves.append((0, 4, 0, -1, middle, t1, base, amp * math.exp(-(middle - t0) / tau), tau))
    size = sum((abs(r[6]) + abs(r[7])) * (r[5] - r[4]) for r in whole) / H
    difference = integrate(table("flows", whole), edges) - integrate(table("flows", halves), edges)
    assert np.abs(difference).max() <= 1e-11 * size + 1e-12


@settings(max_examples=80, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=30))
def test_cumulative_sums_equal_cut_pieces(rows: list[tuple[float, ...]]) -> None:
    """Proves: the fast route over bins and the route by pieces agree bin by bin, and with the whole rows inside the span."""
    flows = table("flows", [(0, 4, 0, -1, t0, t0 + length, base, amp, tau) for t0, length, base, amp, tau in rows])
    edges = quarter_edges_s(-10000.0, 130000.0)
    pieces = cut(flows, edges)
    by_pieces = np.bincount(pieces.bin, pieces.amount, len(edges) - 1)
    fast = integrate(flows, edges)[0]
    size = float(np.sum((np.abs(flows["base"]) + np.abs(flows["amp"])) * (flows["t1"] - flows["t0"]))) / H
    assert np.abs(fast - by_pieces).max() <= 1e-11 * size + 1e-12
    assert abs(row_amounts(flows).sum() - fast.sum()) <= 1e-11 * size + 1e-12


def test_sums_by_keys_of_none() -> None:
    """Proves: the code for "none" is a key like another. Sensitivity: an offset that forgets it would merge batches."""
    sums = sums_by([np.array([0, 0, 1]), np.array([-1, 3, -1])], np.array([1.0, 2.0, 4.0]))
    assert sums == {(0, -1): 1.0, (0, 3): 2.0, (1, -1): 4.0}
    assert sums_by([np.array([], int)], np.array([])) == {}


def test_empty_flows() -> None:
    """Proves: a plant that draws nothing has a load of zeros. Sensitivity: an empty table must not fail."""
    empty: Table = table("flows", [])
    assert quarter_hour_kwh(empty, "electricity", 0.0, 7200.0) == pytest.approx([0.0] * 8)
    assert quarter_hour_kwh(empty, "electricity", 0.0, 7200.0, by="equipment") == {}
