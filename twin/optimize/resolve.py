"""``dispatch.rule: optimized`` → plans for the whole run, horizon by horizon, limited by iterations so that they are reproducible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.core.progress import Progress, silent
from twin.optimize.limit import Limit
from twin.optimize.problem.grid import Slots, slots_of
from twin.optimize.replay import replay
from twin.optimize.rolling import roll
from twin.scenario.plan import Plan

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

ITERATIONS = 40


def resolve(scenario: Scenario, *, iterations: int = ITERATIONS, progress: Progress = silent) -> Plan:
    """One plan for ``[0, run.duration]``: each horizon starts where the one before it left the plant, every duration at its mean.

    ``iterations`` limits the search of each horizon. Raises Infeasible.
    """
    first = slots_of(scenario)
    slots = Slots(0.0, first.slot_s, round(scenario.spec.run.duration_s / first.slot_s))
    by_rule = replay(scenario, scenario.spec.run.duration_s, None).trace
    return roll(scenario, slots, by_rule, Limit(iterations, None), progress=progress).plan
