"""Scenario → certified plan of a line of loads: derive, search, replay, derive again from what the replay told, price."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import Infeasible
from twin.core.messages import t as text
from twin.core.progress import Progress, silent
from twin.optimize.derive.shop import derive_shop
from twin.optimize.derive.shop_feedback import LineFeedback, line_feedback
from twin.optimize.explain.line import refuse_line
from twin.optimize.insertion.search import insert
from twin.optimize.plan.encode_shop import line_plan
from twin.optimize.plan.figures_shop import line_figures
from twin.optimize.plan.least_fill import filled
from twin.optimize.replay import replay
from twin.optimize.schedule import Limit, joined
from twin.optimize.search.shop import ShopSolution, solve_shop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.ledger.trace import Trace
    from twin.optimize.derive.shop import Line, Recipe
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.shop import Placed
    from twin.optimize.problem.shop_state import LineState
    from twin.optimize.replay import Replay
    from twin.scenario.plan import Plan, StoppedBy
    from twin.scenario.scenario import Scenario

SHARES = (0.4, 0.6)
"""parts of the search limit before and after the first replay"""
TRIES = 2
"""times that a plan is derived anew because its replay disagrees with it"""
NEAR = 0.005
MOVES = 50
"""moves of insertion to an iteration before the first replay"""


@dataclass(frozen=True)
class LineSchedule:
    """A plan with the shop and solution that it comes from and its replay with randomness off."""

    plan: Plan
    line: Line
    solution: ShopSolution
    replay: Replay
    build_s: float
    solve_s: float


def schedule_line(
    scenario: Scenario,
    slots: Slots,
    state: LineState,
    seen: Trace,
    limit: Limit,
    *,
    seed: int = 1,
    before: Plan | None = None,
    progress: Progress = silent,
) -> LineSchedule:
    """The best plan found for the horizon. ``seen``: a trace of the plant by its own rule; ``before``: plans up to the horizon's start.

    Raises Infeasible where lots have no place in the horizon.
    """
    loop = LineLoop(scenario, slots, state, before, seed, progress)
    loop.learn(seen)
    loop.inserted(limit.part(SHARES[0]))
    loop.turn()
    loop.searched(limit.part(SHARES[1]))
    loop.turn()
    return loop.schedule()


class LineLoop:
    """Derive, search, replay, learn: one turn after another."""

    def __init__(
        self, scenario: Scenario, slots: Slots, state: LineState, before: Plan | None, seed: int, progress: Progress
    ) -> None:
        self.scenario, self.slots, self.state, self.before = scenario, slots, state, before
        self.seed, self.progress = seed, progress
        self.build_s = self.solve_s = 0.0
        self.used = 0
        self.stopped_by: StoppedBy = "iterations"
        self.lengths: Mapping[Recipe, int] | None = None
        self.line = derive_shop(scenario, slots, state, LineFeedback(np.zeros(slots.count)))
        self.starts: tuple[Placed, ...] = ()
        self.shown: Replay

    def learn(self, trace: Trace) -> None:
        """Derive the shop from what a trace tells; loads keep the length that the plant's own rule showed."""
        begun = time.perf_counter()
        shop = self.line.shop
        told = line_feedback(self.scenario, self.slots, trace, tuple(shop.groups), self.line.switched)
        self.line = derive_shop(self.scenario, self.slots, self.state, told, self.lengths)
        self.lengths = self.line.lengths
        self.build_s += time.perf_counter() - begun

    def inserted(self, limit: Limit) -> None:
        """Starts by dispatch and insertion alone."""
        begun = time.perf_counter()
        first = self.starts or refuse_line(self.line)
        moves = None if limit.iterations is None else MOVES * limit.iterations
        self.starts = insert(
            self.line.shop, first, seconds=limit.seconds, iterations=moves, seed=self.seed, progress=self.progress
        )
        self.solve_s += time.perf_counter() - begun

    def searched(self, limit: Limit) -> None:
        """Better starts by the whole search; those known where its seconds were too few to build the problem."""
        begun = time.perf_counter()
        solution = solve_shop(
            self.line.shop,
            seconds=limit.seconds,
            iterations=limit.iterations,
            seed=self.seed,
            start=self.starts,
            bound=False,
            progress=self.progress,
        )
        self.solve_s, self.used = self.solve_s + time.perf_counter() - begun, self.used + solution.iterations
        self.stopped_by = solution.stopped_by
        if solution.plan is not None:
            self.starts = solution.plan.placed

    def priced(self, *, bound: bool) -> ShopSolution:
        """The starts known with states and battery as good as they can be, bounded too with ``bound``. Raises Infeasible."""
        begun = time.perf_counter()
        self.starts = filled(self.scenario, self.slots, self.line, self.starts)
        solution = solve_shop(self.line.shop, iterations=0, seed=self.seed, start=self.starts, bound=bound)
        self.solve_s += time.perf_counter() - begun
        if solution.plan is None:
            raise Infeasible(text("optimize.no_solution", limit=self.stopped_by))
        self.starts = solution.plan.placed
        return solution

    def turn(self) -> None:
        """Replay what was found, learn."""
        self.show(self.priced(bound=False))
        self.learn(self.shown.trace)

    def show(self, solution: ShopSolution) -> Plan:
        """The plan of a solution; it is replayed."""
        plan = line_plan(self.slots, self.line, self.state, solution)
        self.shown = replay(self.scenario, self.slots.end_s, joined(self.before, plan))
        return plan

    def schedule(self) -> LineSchedule:
        """The last plan, priced and bounded under what a replay told that it agrees with."""
        for _ in range(TRIES):
            schedule = self.priced(bound=False)
            self.show(schedule)
            if self.agrees(schedule):
                break
            self.learn(self.shown.trace)
        priced = self.priced(bound=True)
        solution = replace(
            priced, stopped_by="optimal" if priced.status == "optimal" else self.stopped_by, iterations=self.used
        )
        plan = self.show(solution)
        return LineSchedule(plan, self.line, solution, self.shown, self.build_s, self.solve_s)

    def agrees(self, solution: ShopSolution) -> bool:
        """Whether the plan's own energy and bill are near those of its replay."""
        if solution.plan is None:
            return False
        own = line_figures(self.scenario, self.slots, self.line, self.state, solution.plan)
        seen = self.shown.figures["energy_kwh"], self.shown.accounts.kpis["bill_krw"]
        return all(
            abs(here - there) <= NEAR * there
            for here, there in zip((own.figures["energy_kwh"], own.bill.total), seen, strict=True)
        )
