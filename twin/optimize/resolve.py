"""``dispatch.rule: optimized`` → plans for the whole run, horizon by horizon, limited by iterations so that they are reproducible."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twin.core.progress import Progress, silent
from twin.optimize.grid import Slots, slots_of
from twin.optimize.replay import replay
from twin.optimize.schedule import Limit, Schedule, joined, schedule
from twin.optimize.state import snapshot
from twin.scenario.plan import Plan

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

ITERATIONS = 40


def resolve(scenario: Scenario, *, iterations: int = ITERATIONS, progress: Progress = silent) -> Plan:
    """One plan for ``[0, run.duration]``: each horizon starts where the one before it left the plant, every duration at its mean.

    ``iterations`` limits the search of each horizon. Gap and bound are those of the worst horizon and the sum. Raises Infeasible.
    """
    first = slots_of(scenario)
    by_rule = replay(scenario, scenario.spec.run.duration_s, None).trace
    whole: Plan | None = None
    found: list[Schedule] = []
    start_s = 0.0
    while start_s < scenario.spec.run.duration_s - 1e-6:
        count = min(first.count, round((scenario.spec.run.duration_s - start_s) / first.slot_s))
        slots = Slots(start_s, first.slot_s, count)
        one = schedule(
            scenario,
            slots,
            snapshot(scenario, start_s, whole),
            by_rule,
            Limit(iterations, None),
            before=whole,
            progress=progress,
        )
        found.append(one)
        whole = joined(whole, one.plan)
        start_s = slots.end_s
    if whole is None:
        return Plan(0.0, 0.0, first.slot_s)
    objective = sum(one.solution.objective_krw for one in found)
    bound = sum(one.solution.bound_krw for one in found)
    optimal = all(one.solution.status == "optimal" for one in found)
    return replace(
        whole,
        status="optimal" if optimal else "feasible",
        stopped_by="optimal" if optimal else "iterations",
        objective_krw=objective,
        bound_krw=bound,
        gap=max(one.solution.gap for one in found),
    )
