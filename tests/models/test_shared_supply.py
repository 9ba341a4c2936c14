"""One power supply for two crucibles: one melts, the other holds."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from tests.support import ROOT
from twin.core.faults import ScenarioFaults
from twin.experiment.draws import MeanDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.trace import CARRIER, STATE, Trace
from twin.models.cap import lowest
from twin.models.plant import simulate
from twin.scenario.scenario import Scenario, read


@cache
def _foundry() -> Scenario:
    return read(ROOT / "scenarios" / "iron-foundry.yaml").changed({"site.power_cap": None})


@cache
def _week(shared: bool) -> Trace:
    scenario = _foundry().changed({"stations.melt.power.shared": shared})
    return simulate(scenario, MeanDraws(), t_from=-3 * 86_400.0, t_to=5 * 86_400.0)


def _most_kw(trace: Trace) -> float:
    """The highest power that both furnaces draw at one instant, at the beginnings and ends of all their flows."""
    melt = [k for k, name in enumerate(trace.names.equipment) if name.startswith("melt.")]
    flows = trace.flows.where(
        (trace.flows["carrier"] == CARRIER["electricity"]) & np.isin(trace.flows["equipment"], melt)
    )
    times = np.unique(np.concatenate([flows["t0"] + 1e-3, flows["t1"] - 1e-3]))
    most = 0.0
    for t in times.tolist():
        on = flows.where((flows["t0"] <= t) & (t < flows["t1"]))
        most = max(most, float((on["base"] + on["amp"] * np.exp(-(t - on["t0"]) / on["tau"])).sum()))
    return most


def _melting_at_once(trace: Trace) -> float:
    """Seconds in which both furnaces melt."""
    states = trace.states
    spans = []
    for name in ("melt.1", "melt.2"):
        own = (states["equipment"] == trace.names.equipment.index(name)) & np.isin(
            states["state"], [STATE["processing"], STATE["startup"], STATE["setup"]]
        )
        spans.append(list(zip(states["t0"][own].tolist(), states["t1"][own].tolist(), strict=True)))
    return sum(max(0.0, min(b, d) - max(a, c)) for a, b in spans[0] for c, d in spans[1])


def test_the_supply_is_never_asked_for_more_than_it_has() -> None:
    """Proves: two furnaces on one supply of 900 kW draw at most 900 kW and their auxiliaries together, and never melt at once.

    Sensitivity: without `shared` they melt at once and draw nearly 1,800 kW.
    """
    power = _foundry().stations["melt"].power  # type: ignore[attr-defined]
    assert _most_kw(_week(True)) <= power.rated_kw + 2 * power.auxiliaries_kw + 1e-6
    assert _melting_at_once(_week(True)) <= 1e-6
    assert _most_kw(_week(False)) > 1.5 * power.rated_kw
    assert _melting_at_once(_week(False)) > 3600.0


def test_every_invariant_holds_with_one_supply() -> None:
    """Proves: energy, heat and mass to 1e-9; iron is still made. Sensitivity: power that is cut without the heat that it was to give."""
    trace = _week(True)
    assert {name: r for name, r in residuals_of_trace(trace).items() if not r <= 1e-9} == {}
    assert trace.facts["tapped_kg"] > 20_000.0


def test_the_least_of_two_limits_counts() -> None:
    """Proves: 900 then 500 kW against 700 kW: 700 up to 60 s, 500 after; nothing where one grants nothing."""
    assert lowest([[(60.0, 900.0), (math.inf, 500.0)], [(math.inf, 700.0)]]) == [(60.0, 700.0), (math.inf, 500.0)]
    assert lowest([[(math.inf, 900.0)], []]) == []


def test_one_furnace_shares_with_nobody() -> None:
    """Proves: a fault with its place."""
    with pytest.raises(ScenarioFaults, match=r"stations\.melt\.power\.shared"):
        _foundry().changed({"stations.melt.power.shared": True, "stations.melt.units": 1})
