"""Tables of results: zone-aware, units in names, sums as in the accounts."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import twin
from tests.report import results
from tests.support import ROOT
from twin.core.faults import InputFault
from twin.report import frames


def test_load(run: Any) -> None:
    """Proves: quarter-hours are zone-aware starts, their energy is the metered one, equipment adds up to the meter."""
    load = run.load
    assert load.index.name == "start"
    assert str(load.index.tz) == "Asia/Seoul"
    assert load.index[0] == pd.Timestamp("2026-07-06", tz="Asia/Seoul")
    assert (load.index[1:] - load.index[:-1] == pd.Timedelta("15min")).all()
    assert load["power_kw"].sum() / 4.0 == pytest.approx(run.data.accounts0.load.kwh.sum())
    parts = [name for name in load.columns if name.endswith("_kw") and name != "power_kw"]
    assert load[parts].sum(axis=1).to_numpy() == pytest.approx(load["power_kw"].to_numpy(), abs=1e-6)


def test_batches_bear_the_whole_bill(run: Any) -> None:
    """Proves: allocated cost sums to the bill, allocated electricity to the meter's, carbon to scope 2. Sensitivity: a row
    counted twice breaks all three."""
    batches, accounts = run.batches, run.data.accounts0
    assert batches["cost_krw"].sum() == pytest.approx(accounts.bill.total, rel=1e-9)
    assert batches["allocated_kwh"].sum() == pytest.approx(accounts.energy_kwh["electricity"], rel=1e-9)
    assert batches["allocated_carbon_kg"].sum() == pytest.approx(accounts.emissions.scope2_location_kg, rel=1e-9)
    assert (batches["end"] >= batches["start"]).all()
    assert batches["energy_kwh"].sum() < batches["allocated_kwh"].sum()


def test_states_fill_the_week(run: Any) -> None:
    """Proves: every equipment has a state in every moment of the week."""
    assert run.states.groupby("equipment")["duration_h"].sum().to_numpy() == pytest.approx(168.0)


def test_kpis_and_bill(run: Any) -> None:
    """Proves: tables hold the payload's figures; the bill's lines sum to its total."""
    assert run.kpis.loc["carbon_kg", "mean"] == run.payload()["kpis"]["carbon_kg"]["mean"]
    assert run.kpis.loc["carbon_kg", "unit"] == "kgCO2e"
    assert run.bill["amount"].sum() == pytest.approx(run.data.accounts0.bill.total)


def test_an_empty_change_is_exactly_nothing(aluminium: Any) -> None:
    """Proves: a run compared with itself differs by exactly 0; other draws are refused with what to do."""
    assert (twin.compare(aluminium, aluminium)["mean"] == 0.0).all()
    other = twin.load(
        ROOT / "scenarios" / "aluminium-foundry.yaml",
        {"run.duration": "1 week", "run.warmup": "0 h", "run.randomness": "off"},
    ).run(seed=9)
    with pytest.raises(InputFault, match="same seed"):
        twin.compare(aluminium, other)


def test_tables_of_other_kinds(aluminium: Any) -> None:
    """Proves: intervals become columns beside their mean, units stand in the names, plan times are zone-aware."""
    scenario = aluminium.data.scenario
    tasks = frames.tasks(results.study(scenario))
    assert {"carbon_kg_per_year", "carbon_kg_per_year_low", "with_support_npv_krw_high"} <= set(tasks.columns)
    assert frames.losses(results.diagnosis(scenario)).columns.tolist()[:4] == [
        "equipment",
        "term",
        "energy_kwh",
        "cost_krw",
    ]
    assert frames.steps(results.diagnosis(scenario)).loc[0, "cost_krw_low"] == -51.0
    schedule = frames.schedule(results.plan(scenario))
    assert str(schedule["start"].dt.tz) == "Asia/Seoul"
    assert schedule["duration_h"].tolist() == [2.0, 1.0]
    assert frames.parameters(results.calibration())["identified"].tolist() == [True, False]
