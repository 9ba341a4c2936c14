"""tests/data/infeasible: each scenario has no plan, and why is said in words with the least that would have to give way."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support import ROOT
from twin.cli import app
from twin.core.faults import Infeasible
from twin.optimize.explain.causes import explain
from twin.optimize.explain.refuse import problem_of
from twin.optimize.problem.network import Problem
from twin.optimize.schedule import refuse_infeasible
from twin.optimize.search.greedy import candidates
from twin.scenario.scenario import read

FOLDER = ROOT / "tests" / "data" / "infeasible"
NAMES = {
    "due-date": ("lateness target short by", "with all due dates 1.25 h later"),
    "emission-cap": ("emission cap short by", "lots due in the horizon short by 4 lots; feasible with 1 lot"),
    "intensity": ("emissions per tonne short by", "kgCO2e/t"),
    "output": ("output target short by", "1 of the lots due in the horizon cannot be made"),
    "power-cap-of-a-heat": ("power cap short by", "heats are planned at full power"),
    "reduction": ("reduction against as operated short by", "% less than as operated"),
    "short-shift": ("lateness target short by", "0.75 h more working time at cast"),
    "small-furnace": (
        "lateness target short by",
        "more metal from melt in the same time: a larger furnace, or one more",
    ),
    "two-at-once": ("power cap short by", "lateness target short by", "together with the others named"),
}
"""file → what must be said. ``power-cap`` is a fault of a run, and tested at the shell"""


@cache
def problem(name: str) -> Problem:
    """The problem of a file."""
    return problem_of(read(FOLDER / f"{name}.yaml"))


def test_every_file_is_tried() -> None:
    """No file of the folder is left out here."""
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*NAMES, "power-cap"}


@pytest.mark.parametrize("name", NAMES)
def test_why_there_is_no_plan(name: str) -> None:
    """In English and Korean, and as data: what is short, its limit, and an amount that is more than nothing."""
    with pytest.raises(Infeasible) as refused:
        refuse_infeasible(problem(name), ())
    words, told = str(refused.value), refused.value.payload()
    assert all(part in words for part in NAMES[name]), words
    assert "부족" in refused.value.told("ko")
    assert refused.value.exit_status == 3
    assert told["status"] == "infeasible"
    assert all(one["whatever_else"] or one["alone"] for one in told["why"]["requirements"])
    json.dumps(told, allow_nan=False)


def test_the_amounts_are_tight() -> None:
    """Proves: with the cap that is named there is no shortfall any more, with a kilogram less there is one of a kilogram.

    Sensitivity: an amount that were only an estimate would leave a rest on one side.
    """
    capped = problem("emission-cap")
    found = next(one for one in explain(capped).shortfalls if one.requirement == "emission_cap")
    assert found.alone is not None
    enough = found.limit + found.alone
    given = explain(replace(capped, carbon=replace(capped.carbon, cap_kg=enough + 1e-3)))
    short = explain(replace(capped, carbon=replace(capped.carbon, cap_kg=enough - 1.0)))
    assert given.feasible
    assert [one.alone for one in short.shortfalls if one.requirement == "emission_cap"] == [
        pytest.approx(1.0, abs=1e-3)
    ]


def test_a_schedule_is_never_nearer_than_the_proof() -> None:
    """Proves: what the nearest schedule misses is at least the proven minimum, and it leaves out no lot."""
    tried = problem("two-at-once")
    found = explain(tried, candidates(tried), iterations=1)
    assert found.nearest
    assert found.nearest_lots == 0.0
    for one in found.shortfalls:
        assert one.found is not None
        assert one.found >= one.least - 1e-6


def test_at_the_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 3, JSON on stdout, words on stderr; a cap below the base load is answered too, though a run refuses it."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["optimize", str(FOLDER / "power-cap.yaml"), "--json", "-q"])
    assert done.exit_code == 3
    told = json.loads(done.stdout)
    assert told["why"]["requirements"][0]["requirement"] == "power_cap"
    assert told["why"]["requirements"][0]["alone"]["feasible_with"] > 400.0
    assert "not above the base load of 35 kW" in done.stderr
