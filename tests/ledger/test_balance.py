"""Invariants: they hold on sound traces and fail by name when one row of any table is dropped or doubled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.traces import changed, doubled, dropped, plant
from twin.ledger.balance import BalanceBroken, check, residuals_of_trace
from twin.ledger.trace import COLUMNS, ROLE, TERM

EXPECTED = {
    "jobs": {"references.jobs", "counted.jobs"},
    "states": {"states_cover"},
    "flows": {"energy.by_key", "energy.electricity"},
    "counters": {"energy.by_key", "energy.electricity"},
    "heat": {"heat"},
    "material": {"mass"},
    "batches": {"shares", "references.batches"},
    "moves": {"references.moves", "counted.moves"},
    "crews": {"crews_apart", "counted.crew_person_h"},
}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([5.5, 24.0, 49.75]))
def test_sound_traces_balance(seed: int, hours: float) -> None:
    """Proves: every residual of a sound trace is below 1e-9, whatever the plant drew."""
    found = residuals_of_trace(plant(hours, seed))
    assert max(found.values()) <= 1e-9, found
    check(found)


@pytest.mark.parametrize("table", list(COLUMNS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_one_row_dropped_or_doubled_is_found(table: str, data: st.DataObject) -> None:
    """Proves: dropping or doubling any one row of any table breaks an invariant that names what is wrong."""
    trace = plant(30.0, data.draw(st.integers(0, 50)))
    row = data.draw(st.integers(0, len(trace.tables[table]) - 1))
    for spoilt in (dropped(trace, table, row), doubled(trace, table, row)):
        found = residuals_of_trace(spoilt)
        broken = {name for name, value in found.items() if value > 1e-9}
        assert broken & EXPECTED[table], (table, row, found)
        with pytest.raises(BalanceBroken):
            check(found)


def test_energy_booked_to_another_batch_is_found() -> None:
    """Proves: totals may agree while batches do not. Sensitivity: a check of carriers alone would pass."""
    trace = plant(24.0)
    batch = trace.counters["batch"].copy()
    rows = np.flatnonzero((trace.counters["equipment"] == 0) & (batch >= 0))
    batch[rows[:2]] = batch[rows[:2]][::-1]
    spoilt = changed(trace, "counters", dict(trace.counters.columns) | {"batch": batch})
    found = residuals_of_trace(spoilt)
    assert found["energy.electricity"] <= 1e-9
    with pytest.raises(BalanceBroken, match=r"energy\.by_key"):
        check(found)


def test_heat_is_not_the_remainder() -> None:
    """Proves: wall loss booked 1 % too low is found. Sensitivity: were a term the remainder, nothing would show."""
    trace = plant(24.0)
    kwh = np.where(trace.heat["term"] == TERM["wall_conduction"], 0.99, 1.0) * trace.heat["kwh"]
    found = residuals_of_trace(changed(trace, "heat", dict(trace.heat.columns) | {"kwh": kwh}))
    assert found["heat"] == pytest.approx(0.008)


def test_carbon_is_balanced_by_itself() -> None:
    """Proves: mass may balance while carbon does not. Sensitivity: one test on kg would pass."""
    trace = plant(24.0)
    carbon = np.where(trace.material["role"] == ROLE["melt_loss"], 0.0, trace.material["carbon_kg"])
    found = residuals_of_trace(changed(trace, "material", dict(trace.material.columns) | {"carbon_kg": carbon}))
    assert found["mass"] <= 1e-9 < found["carbon"]


def test_flow_outside_of_its_state_is_found() -> None:
    """Proves: a flow that runs two minutes past its state is found. Sensitivity: energy balances without it if counters follow."""
    trace = plant(24.0)
    state = trace.flows["state"].copy()
    state[3] = (state[3] + 1) % 9
    found = residuals_of_trace(changed(trace, "flows", dict(trace.flows.columns) | {"state": state}))
    assert found["flows_in_states"] > 1e-6


def test_not_a_number_breaks() -> None:
    """Proves: NaN is never within tolerance. Sensitivity: `nan > tolerance` is false."""
    with pytest.raises(BalanceBroken, match="mass"):
        check({"heat": 0.0, "mass": float("nan")})
