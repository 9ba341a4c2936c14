"""Scenario → certified plan: derive, search, replay, derive again from what the replay told, price; for `optimize` and `resolve`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.core.faults import Infeasible
from twin.core.messages import t as text
from twin.core.progress import Progress, silent
from twin.optimize.decode import decode
from twin.optimize.derive import Derived, Feedback, derive
from twin.optimize.encode import plan_of
from twin.optimize.explain import explain
from twin.optimize.feedback import feedback_of
from twin.optimize.greedy import candidates
from twin.optimize.replay import replay
from twin.optimize.search import Solution, search
from twin.scenario.plan import Plan, Status

if TYPE_CHECKING:
    from twin.ledger.trace import Trace
    from twin.optimize.grid import Slots
    from twin.optimize.matrix import StartKey
    from twin.optimize.replay import Replay
    from twin.optimize.state import Snapshot
    from twin.scenario.scenario import Scenario

SHARES = (0.7, 0.3)
"""parts of the search limit before and after the first replay"""


@dataclass(frozen=True)
class Schedule:
    """A plan with the problem and solution that it comes from, its replay with randomness off, and the load of what is not scheduled."""

    plan: Plan
    derived: Derived
    solution: Solution
    replay: Replay
    feedback: Feedback
    build_s: float
    solve_s: float


@dataclass(frozen=True)
class Limit:
    """Iterations, seconds, or both."""

    iterations: int | None
    seconds: float | None

    def part(self, share: float) -> Limit:
        """A share of it, at least one iteration."""
        return Limit(
            None if self.iterations is None else max(1, round(self.iterations * share)),
            None if self.seconds is None else self.seconds * share,
        )


def schedule(
    scenario: Scenario,
    slots: Slots,
    state: Snapshot,
    seen: Trace,
    limit: Limit,
    *,
    before: Plan | None = None,
    progress: Progress = silent,
) -> Schedule:
    """The best plan found for the horizon. ``seen``: a trace of the plant by its own rule; ``before``: plans up to the horizon's start.

    Raises Infeasible, in words, where no plan can meet the caps.
    """
    begun = time.perf_counter()
    scheduled = derive(scenario, slots, state, blank(slots)).scheduled
    feedback = feedback_of(scenario, slots, seen, scheduled)
    derived = derive(scenario, slots, state, feedback)
    refuse_infeasible(derived)
    starts: Sequence[Mapping[StartKey, float]] = candidates(derived.problem)
    build_s, solve_s, used = time.perf_counter() - begun, 0.0, 0
    shown: Replay | None = None
    for share in SHARES:
        begun = time.perf_counter()
        part = limit.part(share)
        solution = search(
            derived.problem, starts, iterations=part.iterations, seconds=part.seconds, bound=False, progress=progress
        )
        solve_s, used = solve_s + time.perf_counter() - begun, used + solution.iterations
        begun = time.perf_counter()
        plan = planned(scenario, slots, derived, solution)
        shown = replay(scenario, slots.end_s, joined(before, plan))
        feedback = feedback_of(scenario, slots, shown.trace, derived.scheduled)
        derived = derive(scenario, slots, state, feedback)
        starts = [solution.starts]
        build_s += time.perf_counter() - begun
    priced = search(derived.problem, starts, iterations=0)
    solution = replace(
        priced,
        status=_status(priced, solution),
        stopped_by=solution.stopped_by,
        iterations=used,
        bound_krw=priced.bound_krw,
    )
    plan = planned(scenario, slots, derived, solution)
    assert shown is not None  # noqa: S101  # there is at least one share
    return Schedule(plan, derived, solution, shown, feedback, build_s, solve_s)


def _status(priced: Solution, searched: Solution) -> Status:
    return "optimal" if searched.status == "optimal" and priced.gap <= 1e-6 else priced.status


def blank(slots: Slots) -> Feedback:
    """No load, no tails: enough to learn what is scheduled."""
    import numpy as np

    return Feedback(np.zeros(slots.count))


def planned(scenario: Scenario, slots: Slots, derived: Derived, solution: Solution) -> Plan:
    """The plan of a solution. Raises Infeasible where there is none."""
    if not solution.starts:
        raise Infeasible(text("optimize.no_solution", limit=solution.stopped_by))
    events = decode(derived.problem, derived.roster, solution.starts, slots.slot_s, slots.start_s)
    return plan_of(scenario, slots, derived.problem, events, solution, derived.problem.notes)


def refuse_infeasible(derived: Derived) -> None:
    """Raise Infeasible, with what is short and what would be feasible, where the relaxation proves that the caps cannot be met."""
    if derived.problem.cap_kw is None and derived.problem.carbon.cap_kg is None:
        return
    found = explain(derived.problem)
    if not found.feasible:
        raise Infeasible(text("optimize.infeasible", why=found.words()))


def joined(first: Plan | None, second: Plan) -> Plan:
    """Two plans, one after the other, as one."""
    if first is None:
        return second
    return replace(
        second,
        start_s=first.start_s,
        horizon_s=second.start_s + second.horizon_s - first.start_s,
        batches=first.batches + second.batches,
        commands=first.commands + second.commands,
        battery_kw=first.battery_kw + second.battery_kw,
    )
