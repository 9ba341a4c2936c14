"""A power cap that leaves nothing can run is a fault of a run; asked for a plan, the answer is by how much it is too low."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import Fault, Infeasible, ScenarioFaults
from twin.core.messages import t as text
from twin.core.units import UnitFault, parse
from twin.optimize.derive.feedback import emitted_kg, feedback_of
from twin.optimize.derive.foundry import Feedback, derive
from twin.optimize.explain.causes import explain
from twin.optimize.explain.words import payload
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.state import snapshot
from twin.optimize.replay import replay
from twin.optimize.search.greedy import candidates
from twin.scenario.scenario import read

if TYPE_CHECKING:
    from twin.optimize.explain.causes import Explanation
    from twin.optimize.problem.network import Problem
    from twin.scenario.scenario import Scenario

PLACE = "site.power_cap"


def only_the_cap(faults: ScenarioFaults) -> Fault | None:
    """The fault of the power cap where it is all that is wrong, and the cap is one: of 0 kW, or of apples, a reader says enough."""
    errors = [fault for fault in faults.faults if fault.severity == "error"]
    return errors[0] if errors and all(fault.place == PLACE and _is_power(fault.value) for fault in errors) else None


def _is_power(value: str) -> bool:
    try:
        return parse(value, "kW") > 0.0
    except UnitFault:
        return False


def cap_too_low(path: Path, sets: Mapping[str, str], fault: Fault) -> Infeasible:
    """What to answer when a plan is asked for under a cap below which something can never run."""
    said = {lang: fault.told(lang) for lang in ("en", "ko")}
    found = explained(path, sets, fault)
    if not found.feasible:
        said = {lang: f"{words}; {found.words(lang)}" for lang, words in said.items()}
    told = {lang: text("optimize.infeasible", lang, why=words) for lang, words in said.items()}
    return Infeasible(told["en"], status="infeasible", why=payload(found), ko=told["ko"])


def explained(path: Path, sets: Mapping[str, str], fault: Fault) -> Explanation:
    """The explanation of the same scenario's problem under the cap."""
    cap_kw = parse(fault.value, "kW")
    scenario = read(path, {**sets, PLACE: "null"})
    problem = problem_of(scenario)
    capped = replace(problem, cap_kw=np.full(problem.slots, cap_kw))
    return explain(capped, candidates(problem))


def problem_of(scenario: Scenario) -> Problem:
    """The problem of a scenario's horizon as the first search meets it, with the load that the plant shows by its own rule."""
    slots = slots_of(scenario)
    state, seen = snapshot(scenario, slots.start_s), replay(scenario, slots.end_s, None).trace
    known = derive(scenario, slots, state, Feedback(np.zeros(slots.count)))
    emitted = emitted_kg(seen, slots, known.problem.carbon)
    return derive(scenario, slots, state, feedback_of(scenario, slots, seen, known.scheduled), emitted).problem
