"""Whatever stands where in a scenario, reading it gives a scenario or faults, never another exception."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenario.toy import TOY
from tests.support import ROOT
from twin.core.faults import Fault, ScenarioFaults
from twin.scenario.nodes import load, loads
from twin.scenario.orders import jobs
from twin.scenario.scenario import Scenario

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "5 kg",
            "-1 kW",
            "1e30 s",
            "08:00",
            "2026-07-06",
            "0001-01-01",
            "9999-12-31",
            "press",
            "../x",
            "a.csv",
            "62 %",
            "mon",
            "\0",
            "1,5 s",
        ]
    ),
    st.lists(st.sampled_from(["press", "day", "mon", 5, None, {}]), max_size=3),
    st.dictionaries(
        st.sampled_from(["value", "file", "range", "use", "kind", "constant", "from", "a.b", "", "station"]),
        st.sampled_from(["5 kg", 3, None, [], {}, "x"]),
        max_size=3,
    ),
)
TREES = {
    "toy": loads(TOY, "toy")[0].plain(),
    "foundry": load(ROOT / "scenarios/aluminium-foundry.yaml", "f")[0].plain(),
}
TREES["foundry"]["stations"].pop("melt")


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [found for key, value in entries for found in ((*path, key), *places(value, (*path, key)))]


def attempt(tree: Any) -> tuple[Scenario | None, tuple[Fault, ...]]:
    try:
        return Scenario.from_tree(tree), ()
    except ScenarioFaults as error:
        return None, error.faults


@pytest.mark.parametrize("name", sorted(TREES))
@settings(max_examples=100)
@given(data=st.data())
def test_odd_values_anywhere(name: str, data: st.DataObject) -> None:
    """Proves: one to three odd values anywhere are read, or told as faults with a place and a problem."""
    tree = copy.deepcopy(TREES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(places(tree)))
        here = tree
        for part in parents:
            here = here[part]
        here[last] = data.draw(ODD)
    scenario, faults = attempt(tree)
    assert all(fault.problem and fault.place for fault in faults)
    if scenario is None:
        return
    assert Scenario.from_payload(scenario.payload()).sha256 == scenario.sha256
    assert len(jobs(scenario, 0.0, min(scenario.spec.run.duration_s, 604800.0))) < 10**6


@pytest.mark.parametrize("name", sorted(TREES))
def test_any_key_may_be_missing(name: str) -> None:
    """Proves: with any one key or entry taken out, the rest is read or told as faults."""
    for path in places(TREES[name]):
        tree = copy.deepcopy(TREES[name])
        here = tree
        for part in path[:-1]:
            here = here[part]
        del here[path[-1]]
        scenario, faults = attempt(tree)
        assert (scenario is None) == bool(faults)
