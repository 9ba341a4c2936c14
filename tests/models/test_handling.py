"""Furnaces, casting units and melting furnaces that need people, cranes and tools: who waits for whom, and never more than there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import moves, seconds, week, workshop
from tests.support import ROOT
from twin.core.faults import ScenarioFaults
from twin.experiment.draws import AddressedDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.laws import laws
from twin.ledger.trace import Trace
from twin.models.gather import gather
from twin.models.plant import Plant
from twin.models.resources import Desk
from twin.scenario.scenario import Scenario, read

MIN_S = 60.0
OVEN = {
    "kind": "batch_machine",
    "cycle": "1 h",
    "load": {"places": 10},
    "power": {"processing": "60 kW", "standby": "9 kW"},
}
IRON = ROOT / "scenarios" / "iron-foundry.yaml"


def _ovens(needs: Mapping[str, Any], lots: int, units: int = 2, cranes: int = 1, **keys: Any) -> Scenario:
    return workshop(
        {"oven": OVEN | {"units": units, "needs": dict(needs)} | keys},
        {"a": {"lot": 10, "route": ["oven"]}},
        {"o": {"product": "a", "quantity": 10 * lots}},
        resources={"crane": {"units": cranes}},
    )


def _minutes(trace: Trace, unit: str) -> list[tuple[float, float, float]]:
    return [(a / MIN_S, b / MIN_S, c / MIN_S) for _, a, b, c in moves(trace, unit)]


def test_a_crane_loads_one_oven_after_the_other() -> None:
    """Proves: two ovens, one crane for the first 5 min of a batch: the second begins 5 min after the first, at 0 and 5 min; the crane is
    not needed in the middle, so both are at work together.

    Sensitivity: a crane for the whole batch would make the second begin at 60 min.
    """
    trace = week(_ovens({"crane": {"during": "loading", "for": "5 min"}}, 2))
    assert _minutes(trace, "oven.1") == [(0.0, 60.0, 60.0)]
    assert _minutes(trace, "oven.2") == [(5.0, 65.0, 65.0)]
    whole = week(_ovens({"crane": 1}, 2))
    assert _minutes(whole, "oven.2") == [(60.0, 120.0, 120.0)]


def test_a_load_stays_in_until_the_crane_takes_it_out() -> None:
    """Proves: three batches in two ovens without a crane for loading, 10 min of one crane for unloading: done at 60 and 60 min, out at
    70 and 80 min; the third begins at 70 min where it is free and is out at 140; a load that is not out blocks its oven.

    Sensitivity: without the crane the third would begin at 60 min.
    """
    trace = week(_ovens({"crane": {"during": "unloading", "for": "10 min"}}, 3))
    assert sorted(_minutes(trace, "oven.1") + _minutes(trace, "oven.2")) == [
        (0.0, 60.0, 70.0),
        (0.0, 60.0, 80.0),
        (70.0, 130.0, 140.0),
    ]
    assert seconds(trace, "oven.1")["blocked"] + seconds(trace, "oven.2")["blocked"] == pytest.approx(40 * MIN_S)


def test_unloading_waits_for_the_crew_of_the_day() -> None:
    """Proves: a batch of 9 h begun on Monday at 08:00 by people who go at 16:00 is done at 17:00 and stays in until they are back a week
    later, and for the 10 min that they take.

    Sensitivity: unloading at night would let it out at 17:10.
    """
    tree = _ovens({}, 1).tree | {"crews": {"people": {"people": 1, "shifts": ["day"], "wage": "15000 KRW/h"}}}
    needs = {"people": {"during": "unloading", "for": "10 min"}}
    tree["stations"]["oven"] |= {"crew": "people", "cycle": "9 h", "needs": needs}
    tree["run"] |= {"duration": "2 weeks"}
    trace = week(Scenario.from_tree(tree, None))
    assert _minutes(trace, "oven.1") == [(480.0, 1020.0, 7 * 1440.0 + 490.0)]


def _foundry(**changes: Any) -> Scenario:
    run = {"run.warmup": "0 s", "run.duration": "1 week", "resources": {"crane": {"units": 1}}}
    return read(IRON).changed(run | changes)


def _watched(
    scenario: Scenario, days: float, replication: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[Trace, dict[str, float]]:
    """The trace, and the most that was in use of each resource at any moment; the laws hold and nobody gives back what he has not."""
    most: dict[str, float] = {}
    take, release = Desk.take, Desk.release

    def taken(desk: Desk, amounts: Mapping[str, float]) -> None:
        take(desk, amounts)
        for name in amounts:
            most[name] = max(most.get(name, 0.0), desk.used[name])
            assert desk.used[name] <= desk.total[name] + 1e-9

    def released(desk: Desk, amounts: Mapping[str, float], now: float) -> None:
        assert all(desk.used[name] >= amount - 1e-9 for name, amount in amounts.items())
        release(desk, amounts, now)

    with monkeypatch.context() as patch:
        patch.setattr(Desk, "take", taken)
        patch.setattr(Desk, "release", released)
        plant = Plant(scenario, AddressedDraws(3, replication), 0.0, days * 86_400.0)
        plant.run()
        trace = gather(plant, replication)
    broken = {rule: r for rule, r in (residuals_of_trace(trace) | laws(trace)).items() if not r <= 1e-9}
    assert broken == {}
    return trace, most


def test_one_crane_charges_and_taps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: with one crane for charging and for ladles of two furnaces, heats are made and lots are cast, one at a time at the crane, and
    mass balances; with a crane of its own for each step the plant is as without cranes, lot by lot.

    Sensitivity: a crane that is kept while it waits for the other step would stop the plant.
    """
    needs = {"crane": {"during": "loading"}}
    trace, most = _watched(
        _foundry(**{"stations.melt.needs": needs, "stations.mould.needs": {"crane": 1}}), 1.0, 0, monkeypatch
    )
    assert most == {"crane": 1.0}
    assert trace.facts["heats"] > 5
    many = {"resources": {"crane": {"units": 9}, "hook": {"units": 9}}}
    both = {"crane": {"during": "loading"}, "hook": {"during": "unloading"}}
    easy, _ = _watched(
        _foundry(**many, **{"stations.melt.needs": both, "stations.mould.needs": {"crane": 1}}), 1.0, 0, monkeypatch
    )
    free, _ = _watched(_foundry(), 1.0, 0, monkeypatch)
    assert moves(easy, "mould.1") == moves(free, "mould.1")
    assert easy.facts["heats"] == free.facts["heats"] > trace.facts["heats"]


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["lot", "loading", "unloading"]),
    st.integers(1, 90),
    st.integers(0, 50),
)
@settings(max_examples=12, deadline=None)
def test_never_more_than_there_are_and_nothing_is_lost(
    cranes: int, units: int, during: str, minutes: int, replication: int
) -> None:
    """Proves: whatever is needed when and for how long, by ovens that break down and by presses after them that need the same cranes, at no
    moment more cranes are out than there are, all 120 pieces are made, and the laws hold.

    Sensitivity: a crane given back twice, or not at all.
    """
    need = {"during": during} | ({} if during == "lot" else {"for": f"{minutes} min"})
    failures = {"every": {"exponential": {"mean": "5 h"}}, "repair": "50 min"}
    scenario = workshop(
        {
            "oven": OVEN | {"units": units, "needs": {"crane": need}, "failures": failures},
            "press": {"kind": "machine", "cycle": "1 min", "needs": {"crane": 1}, "buffer_before": 10},
        },
        {"a": {"lot": 5, "route": ["oven", "press"]}},
        {"o": {"product": "a", "quantity": 120}},
        resources={"crane": {"units": cranes}},
    )
    with pytest.MonkeyPatch.context() as patch:
        trace, most = _watched(scenario, 7.0, replication, patch)
    assert most["crane"] <= cranes
    assert trace.facts["good_pieces"] == 120.0


def test_words_that_mean_nothing_are_faults() -> None:
    """Proves: a set-up crew at an oven, loading without its time, a time for charging, a crane for the lot of a melting furnace."""
    with pytest.raises(ScenarioFaults, match="has no resources for a set-up"):
        _ovens({"crane": {"during": "setup"}}, 1)
    with pytest.raises(ScenarioFaults, match="how long loading takes is missing"):
        _ovens({"crane": {"during": "loading"}}, 1)
    with pytest.raises(ScenarioFaults, match="charging and tapping have times of their own"):
        _foundry(**{"stations.melt.needs": {"crane": {"during": "loading", "for": "5 min"}}})
    with pytest.raises(ScenarioFaults, match="has no resources for a whole lot"):
        _foundry(**{"stations.melt.needs": {"crane": 1}})
