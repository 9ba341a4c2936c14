"""Scenario → certified plan: derive, search, replay, derive again from what the replay told, price; for `optimize` and `resolve`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import Infeasible
from twin.core.messages import t as text
from twin.core.progress import Progress, silent
from twin.optimize.derive.feedback import emitted_kg, feedback_of
from twin.optimize.derive.foundry import Derived, Feedback, derive
from twin.optimize.explain.causes import explain
from twin.optimize.explain.words import payload
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.plan.decode import decode
from twin.optimize.plan.encode import plan_of
from twin.optimize.problem.network import Problem, Targets
from twin.optimize.replay import replay
from twin.optimize.search.anytime import Solution, search
from twin.optimize.search.greedy import candidates
from twin.optimize.works import as_derived
from twin.scenario.plan import Plan, Status

if TYPE_CHECKING:
    from twin.ledger.trace import Trace
    from twin.optimize.formulation.matrix import Matrix, StartKey
    from twin.optimize.limit import Limit
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.state import Snapshot
    from twin.optimize.replay import Replay
    from twin.optimize.works import Adjust
    from twin.scenario.scenario import Scenario

SHARES = (0.5, 0.25, 0.25)
"""parts of the search limit before the first replay, before the second, and after it"""
REPAIRS = 3
"""further turns at most where the load that a replay shows breaks a cap"""
MARGIN_KW = 3.0
"""further distance from a power cap with each repair"""


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


def schedule(
    scenario: Scenario,
    slots: Slots,
    state: Snapshot,
    seen: Trace,
    limit: Limit,
    *,
    before: Plan | None = None,
    adjust: Adjust = as_derived,
    progress: Progress = silent,
) -> Schedule:
    """The best plan found for the horizon. ``seen``: a trace of the plant by its own rule; ``before``: plans up to the horizon's start;
    ``adjust``: what earlier windows leave of the problem (peaks so far, emissions left).

    Raises Infeasible, in words, where no plan can meet the caps.
    """
    loop = _Loop(scenario, slots, state, before, adjust, progress)
    loop.as_operated(seen)
    loop.learn(seen)
    starts: Sequence[Mapping[StartKey, float]] = candidates(loop.derived.problem)
    if loop.derived.problem.required:
        starts = [*starts, *refuse_infeasible(loop.derived.problem, starts)]
    for share in SHARES:
        starts = loop.turn(starts, limit.part(share))
        loop.compare()
    loop.take_best()
    for _ in range(REPAIRS):
        if loop.keeps_caps():
            break
        loop.tighten()
        starts = loop.turn([*starts, *candidates(loop.derived.problem)], limit.part(SHARES[-1]))
    return loop.schedule()


class _Loop:
    """Derive, search, replay, learn: one turn after another."""

    def __init__(
        self, scenario: Scenario, slots: Slots, state: Snapshot, before: Plan | None, adjust: Adjust, progress: Progress
    ) -> None:
        self.scenario, self.slots, self.state, self.before, self.progress = scenario, slots, state, before, progress
        self.adjust = adjust
        self.build_s = self.solve_s = 0.0
        self.used = 0
        self.margin_kw = self.margin_kg = self.as_operated_kg = 0.0
        self.feedback = blank(slots)
        self.derived = derive(scenario, slots, state, self.feedback)
        self.solution: Solution
        self.shown: Replay
        self.known: tuple[Problem, Matrix] | None = None
        self.best: tuple[float, tuple[Solution, Replay, Feedback, Derived]] | None = None

    def as_operated(self, seen: Trace) -> None:
        """Remember what the plant emits by its own rule, for a target that asks for less."""
        self.as_operated_kg = emitted_kg(seen, self.slots, self.derived.problem.carbon)

    def learn(self, trace: Trace) -> None:
        """Derive the problem from what a trace tells."""
        self.feedback = feedback_of(self.scenario, self.slots, trace, self.derived.scheduled)
        derived = derive(self.scenario, self.slots, self.state, self.feedback, self.as_operated_kg)
        self.derived = replace(derived, problem=self.adjust(derived.problem))

    def turn(self, starts: Sequence[Mapping[StartKey, float]], limit: Limit) -> Sequence[Mapping[StartKey, float]]:
        """Search, replay, learn; the starts found are the next turn's start."""
        begun = time.perf_counter()
        self.solution = search(
            self.derived.problem,
            starts,
            iterations=limit.iterations,
            seconds=limit.seconds,
            bound=False,
            progress=self.progress,
            matrix=self.matrix(self.derived.problem),
        )
        self.solve_s, self.used = self.solve_s + time.perf_counter() - begun, self.used + self.solution.iterations
        begun = time.perf_counter()
        plan = planned(self.scenario, self.slots, self.derived, self.solution)
        self.shown = replay(self.scenario, self.slots.end_s, joined(self.before, plan))
        self.learn(self.shown.trace)
        self.build_s += time.perf_counter() - begun
        return [self.solution.starts]

    def compare(self) -> None:
        """Remember what was just found if it keeps the caps and is the cheapest so far under the load that its own replay showed: a replay
        may show that a heat comes too late for its lots, which no search sees.
        """
        priced = self.price(self.derived.problem)
        if priced.values and (self.best is None or priced.objective_krw < self.best[0]):
            self.best = priced.objective_krw, (self.solution, self.shown, self.feedback, self.derived)

    def take_best(self) -> None:
        """Be where the best turn ended."""
        if self.best is not None:
            self.solution, self.shown, self.feedback, self.derived = self.best[1]

    def matrix(self, problem: Problem) -> Matrix:
        """The matrix of a problem, from the last one where only the load differs."""
        self.known = problem, matrix_for(problem, self.known)
        return self.known[1]

    def price(self, problem: Problem, *, bound: bool = False) -> Solution:
        """The starts found, priced in ``problem``; certified too with ``bound``."""
        return search(problem, [self.solution.starts], iterations=0, bound=bound, matrix=self.matrix(problem))

    def keeps_caps(self) -> bool:
        """Whether the plan meets the caps under the load that its own replay showed."""
        problem = self.derived.problem
        return not problem.required or bool(self.price(problem).values)

    def tighten(self) -> None:
        """Keep further below the caps by what the plan exceeded them under the load that its replay showed, and a little more."""
        problem = self.derived.problem
        priced = self.price(uncapped(problem))
        grid = np.array([priced.values["grid", t] for t in range(problem.slots)])
        if problem.cap_kw is not None:
            self.margin_kw += max(0.0, float((grid - problem.cap_kw).max())) + MARGIN_KW
            problem = replace(problem, cap_kw=problem.cap_kw - self.margin_kw)
        emitted_kg = float(grid @ problem.carbon.intensity_kg_per_kwh) * problem.slot_h + problem.carbon.fixed_kg
        self.margin_kg += 1.5 * max(0.0, emitted_kg - emissions_at_most_kg(problem, priced))
        problem = keeping_below(problem, self.margin_kg, emitted_kg)
        self.derived = replace(self.derived, problem=problem)

    def schedule(self) -> Schedule:
        """The last plan, priced and bounded under the load that its own replay showed; caps that this breaks are the checker's to tell."""
        problem = self.derived.problem
        if not self.keeps_caps():
            problem = uncapped(problem)
        derived = replace(self.derived, problem=problem)
        priced = self.price(problem, bound=True)
        solution = replace(
            priced, status=_status(priced, self.solution), stopped_by=self.solution.stopped_by, iterations=self.used
        )
        plan = planned(self.scenario, self.slots, derived, solution)
        return Schedule(plan, derived, solution, self.shown, self.feedback, self.build_s, self.solve_s)


def emissions_at_most_kg(problem: Problem, priced: Solution) -> float:
    """The lowest of the limits of emissions: the cap, the reduction, the intensity at the output of a solution; infinite without any."""
    targets, last = problem.targets, problem.slots - 1
    output_kg = sum(kg * priced.values["level", (name, last)] for name, kg in problem.goods_kg.items())
    per_output = None if targets.intensity_kg_per_kg is None else targets.intensity_kg_per_kg * output_kg
    return min((kg for kg in (problem.carbon.cap_kg, targets.reduced_kg, per_output) if kg is not None), default=np.inf)


def keeping_below(problem: Problem, margin_kg: float, emitted_kg: float) -> Problem:
    """The problem with ``margin_kg`` less allowed by every limit of emissions; ``emitted_kg`` turns it into a share."""
    if not margin_kg:
        return problem
    cap_kg, targets, share = problem.carbon.cap_kg, problem.targets, margin_kg / max(emitted_kg, 1.0)
    if targets.reduction is not None:
        targets = replace(targets, reduction=targets.reduction + margin_kg / max(targets.as_operated_kg, 1.0))
    if targets.intensity_kg_per_kg is not None:
        targets = replace(targets, intensity_kg_per_kg=targets.intensity_kg_per_kg * (1.0 - share))
    carbon = problem.carbon if cap_kg is None else replace(problem.carbon, cap_kg=cap_kg - margin_kg)
    return replace(problem, carbon=carbon, targets=targets)


def uncapped(problem: Problem) -> Problem:
    """The problem without its caps and targets."""
    return replace(problem, cap_kw=None, carbon=replace(problem.carbon, cap_kg=None), targets=Targets())


def _status(priced: Solution, searched: Solution) -> Status:
    return "optimal" if searched.status == "optimal" and priced.gap <= 1e-6 else priced.status


def blank(slots: Slots) -> Feedback:
    """No load, no tails: enough to learn what is scheduled."""
    return Feedback(np.zeros(slots.count))


def planned(scenario: Scenario, slots: Slots, derived: Derived, solution: Solution) -> Plan:
    """The plan of a solution. Raises Infeasible where there is none."""
    if not solution.values:
        raise Infeasible(text("optimize.no_solution", limit=solution.stopped_by))
    events = decode(derived.problem, derived.roster, solution.starts, slots.slot_s, slots.start_s)
    return plan_of(scenario, slots, derived.problem, events, solution, derived.problem.notes)


def refuse_infeasible(
    problem: Problem, starts: Sequence[Mapping[StartKey, float]]
) -> Sequence[Mapping[StartKey, float]]:
    """Starts that meet the requirements better than ``starts`` where some are found.

    Raises Infeasible, with what is short and what would be feasible, where the relaxation proves that the requirements cannot be met.
    """
    found = explain(problem, starts)
    if not found.feasible:
        said = {lang: text("optimize.infeasible", lang, why=found.words(lang)) for lang in ("en", "ko")}
        raise Infeasible(said["en"], status="infeasible", why=payload(found), ko=said["ko"])
    return [found.nearest] if found.nearest else []


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
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
    )
