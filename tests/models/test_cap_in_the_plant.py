"""The power cap in whole plants: batches held back, heats slowed, dosing furnaces set down, never above the cap; what it costs is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import week, workshop
from twin.core.faults import ScenarioFaults
from twin.experiment.draws import AddressedDraws
from twin.experiment.runner import run
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.trace import Trace
from twin.models.plant import simulate
from twin.scenario.scenario import Scenario, read

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def _ovens(cap_kw: float | None, units: int = 2, base_kw: float = 10.0) -> Scenario:
    oven: dict[str, Any] = {
        "kind": "batch_machine",
        "units": units,
        "cycle": "1 h",
        "power": {"processing": "50 kW", "standby": "2 kW"},
        "load": {"places": 4},
    }
    made = workshop(
        {"oven": oven}, {"part": {"lot": 1, "route": ["oven"]}}, {"parts": {"product": "part", "quantity": 8 * units}}
    )
    changes: dict[str, Any] = {"site.base_load": f"{base_kw!r} kW"}
    if cap_kw is not None:
        changes["site.power_cap"] = f"{cap_kw!r} kW"
    return made.changed(changes)


def _peak_kw(trace: Trace) -> float:
    return float(quarter_hour_kwh(trace.flows, "electricity", 0.0, trace.duration_s).max()) * 4.0


def test_batches_wait_for_power() -> None:
    """Proves: two ovens of 50 kW under 80 kW work one after the other: 62 kW, all parts made, an hour or more later.

    Sensitivity: without holding back both start at once: 110 kW.
    """
    free, capped = week(_ovens(None)), week(_ovens(80.0))
    assert _peak_kw(free) == pytest.approx(110.0)
    assert _peak_kw(capped) == pytest.approx(62.0)
    assert capped.facts["good_pieces"] == free.facts["good_pieces"] == 16.0
    assert capped.facts["cap_excess_kw"] == 0.0
    assert capped.moves["ended"].max() == pytest.approx(4 * 3600.0)
    assert free.moves["ended"].max() == pytest.approx(2 * 3600.0)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.floats(62.0, 260.0), st.floats(0.5, 2.0))
def test_ovens_never_exceed_the_cap(units: int, cap_kw: float, base_kw: float) -> None:
    """Proves: whatever the cap above what one oven needs, it is kept and everything is made. Sensitivity: a batch that does not ask."""
    trace = week(_ovens(cap_kw + 2.0 * units, units, base_kw))
    assert _peak_kw(trace) <= cap_kw + 2.0 * units + 1e-9
    assert trace.facts["good_pieces"] == 8.0 * units


def test_a_cap_below_one_batch_is_a_fault_with_its_sum() -> None:
    """Proves: 55 kW less 10 kW of base load are too little for an oven of 50 kW beside one at rest, told where the cap stands.

    Sensitivity: silence.
    """
    with pytest.raises(ScenarioFaults) as caught:
        _ovens(55.0)
    (fault,) = caught.value.faults
    assert fault.place == "site.power_cap"
    assert "leaves 45 kW, oven needs 52 kW" in fault.problem


def test_a_furnace_that_supplies_nobody_is_a_fault() -> None:
    """Proves: it is named at its place. Sensitivity: a plant that never melts, silently."""
    with pytest.raises(ScenarioFaults) as caught:
        read(SCENARIOS / "iron-foundry.yaml", {"stations.melt.supplies": "[]"})
    assert "stations.melt.supplies" in [fault.place for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("kw", "severity", "said"),
    [(300, "error", "leaves 121 kW, melt needs 380 kW"), (700, "warning", "while the machines work")],
)
def test_a_cap_below_what_melting_needs(kw: int, severity: str, said: str) -> None:
    """Proves: what can never melt is a fault, what melts only while machines rest a warning, both with the sum. Sensitivity: silence."""
    try:
        found = read(SCENARIOS / "iron-foundry.yaml", {"site.power_cap": f"{kw} kW"}).warnings
    except ScenarioFaults as faults:
        found = tuple(faults.faults)
    (one,) = [fault for fault in found if fault.place == "site.power_cap"]
    assert one.severity == severity
    assert said in one.problem


def test_heats_melt_slower_instead_of_waiting() -> None:
    """Proves: at 85 % of its peak the iron foundry keeps the cap and makes as much, some heats with less than rated power.

    Sensitivity: waiting for rated power loses an eighth of the output.
    """
    week_only = {"run.duration": "1 weeks", "run.warmup": "0 h"}
    free = read(SCENARIOS / "iron-foundry.yaml").changed(week_only)
    open_ = simulate(free, AddressedDraws(3, 0))
    cap_kw = 0.85 * _peak_kw(open_)
    capped = simulate(free.changed({"site.power_cap": f"{cap_kw!r} kW"}), AddressedDraws(3, 0))
    assert _peak_kw(capped) <= cap_kw
    assert capped.facts["cap_slowed"] > 0
    assert capped.facts["good_pieces"] >= 0.97 * open_.facts["good_pieces"]


def test_a_run_tells_what_cap_and_battery_cost() -> None:
    """Proves: the run beside it is without both, on the same draws; the cap's verdict stands in the payload. Sensitivity: other draws."""
    scn = _ovens(80.0).changed(
        {"site.battery": {"energy": "20 kWh", "power": "10 kW", "control": {"shave_above": "60 kW"}}}
    )
    result = run(scn, replications=1, compare=True)
    payload = result.payload()
    assert payload["compared"]["left_out"] == ["site.power_cap", "site.battery"]
    assert payload["compared"]["reference"]["peak_kw"]["mean"] == pytest.approx(110.0)
    assert payload["compared"]["difference"]["peak_kw"]["mean"] == pytest.approx(-50.0)
    assert payload["power_cap"]["quarter_hours_above"] == 0
    from twin.experiment.result import RunResult

    assert RunResult.from_store(result.to_store()).compared == result.compared
