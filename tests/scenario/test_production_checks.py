"""Faults of the words of production: each with its place, and told in Korean."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.models.workshop import workshop
from twin.core.faults import ScenarioFaults
from twin.core.sentences import said

HANGUL = re.compile(r"[가-힣]")
MILL = {"kind": "machine", "cycle": "1 min"}
OVEN = {"kind": "batch_machine", "cycle": "1 h", "load": {"places": 4}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a crane that is not there": ({"b": MILL | {"needs": {"crain": 1}}}, {}, "stations.b.needs.crain"),
    "three cranes of two": ({"b": MILL | {"needs": {"crane": 3}}}, {}, "stations.b.needs.crane"),
    "a crew that repairs and is not there": (
        {"b": MILL | {"failures": {"every": "9 h", "repair": "1 h", "repair_crew": "fitter"}}},
        {},
        "stations.b.failures.repair_crew",
    ),
    "a calendar and a repair crew": (
        {"b": MILL | {"failures": {"every": "9 h", "repair": "1 h", "repair_crew": "crane", "clock": "calendar"}}},
        {},
        "stations.b.failures",
    ),
    "no way back": (
        {"b": MILL | {"quality": {"rework": {"share": "5 %", "to": "c"}}}, "c": MILL},
        {},
        "stations.b.quality.rework.to",
    ),
    "rework of an oven's set-up": (
        {"b": OVEN | {"needs": {"crane": {"during": "setup"}}}},
        {},
        "stations.b.needs.crane",
    ),
    "a lot that never fits": ({"b": OVEN | {"load": {"capacity": "1 kg"}}}, {"lot": 3}, "stations.b.load"),
    "no limits": ({"b": OVEN | {"load": {}}}, {}, "stations.b.load"),
    "an alternative on the route": (
        {},
        {"alternatives": {"b": {"stations": ["a"]}}},
        "products.part.alternatives.b.stations.0",
    ),
    "an alternative of nothing": ({}, {"alternatives": {"x": {"stations": ["a"]}}}, "products.part.alternatives.x"),
    "a set-up from a thing to itself": (
        {"b": MILL | {"setup": {"matrix": {"part": {"part": "5 min"}}}}},
        {},
        "stations.b.setup.matrix.part.part",
    ),
    "a normal without order": (
        {"b": MILL | {"cycle": {"triangular": {"low": "3 min", "mode": "1 min", "high": "2 min"}}}},
        {},
        "stations.b.cycle.triangular",
    ),
    "cooling that inspects": (
        {"b": {"kind": "cooling", "time": "1 h", "quality": {"scrap": "1 %"}}},
        {},
        "stations.b.quality",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_fault_names_its_place_in_both_languages(case: str) -> None:
    """Proves: the fault stands at the place written, and problem and fix are told in Korean. Sensitivity: a word that is ignored."""
    stations, product, place = CASES[case]
    made = {"part": {"lot": 1, "route": ["a", "b"]} | product}
    with pytest.raises(ScenarioFaults) as caught:
        workshop(
            {"a": MILL, "b": MILL} | stations,
            made,
            {"all": {"product": "part", "quantity": 3}},
            resources={"crane": {"units": 2}},
        )
    faults = [fault for fault in caught.value.faults if fault.place == place]
    assert faults, [fault.place for fault in caught.value.faults]
    for fault in faults:
        assert HANGUL.search(said(fault.problem, "ko")), fault.problem
        if "did you mean" not in fault.fix and not fault.fix.startswith(("e.g.", "{")):
            assert HANGUL.search(said(fault.fix, "ko")), fault.fix
