"""Scenario → certified plan of a line of loads: derive, search, replay, derive again from what the replay told, price."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import Infeasible
from twin.core.messages import t as text
from twin.core.progress import Progress, silent
from twin.optimize.check.shop_cost import shop_figures
from twin.optimize.derive.line_targets import line_targets
from twin.optimize.derive.shop import CALM, Caution, derive_shop
from twin.optimize.derive.shop_feedback import LineFeedback, line_feedback
from twin.optimize.explain.line import refuse_line
from twin.optimize.insertion.search import insert
from twin.optimize.plan.encode_shop import line_plan
from twin.optimize.plan.figures_shop import line_figures
from twin.optimize.plan.least_fill import filled
from twin.optimize.problem.shop import Placed, ShopPlan
from twin.optimize.replay import replay
from twin.optimize.schedule import joined
from twin.optimize.search.shop import ShopSolution, solve_shop
from twin.optimize.slack import guarded
from twin.optimize.works import as_derived

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.ledger.trace import Trace
    from twin.optimize.derive.shop import Line, Recipe
    from twin.optimize.formulation.matrix import Matrix
    from twin.optimize.limit import Limit
    from twin.optimize.plan.figures import PlanFigures
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.shop import Shop
    from twin.optimize.problem.shop_state import LineState
    from twin.optimize.replay import Replay
    from twin.optimize.works import Adjust
    from twin.scenario.plan import Plan, StoppedBy
    from twin.scenario.scenario import Scenario

SHARES = (0.4, 0.6)
"""parts of the search limit before and after the first replay"""
TRIES = 2
"""times that a plan is derived anew because its replay disagrees with it"""
NEAR = 0.005
MOVES = 50
"""moves of insertion to an iteration before the first replay"""
FIRST_SHARE = 0.6
"""of the seconds for the plan without slack, where the plant is random"""
REPAIRS = 3
"""further turns at most where a plan misses its targets or its cap"""
REPAIR_SHARE = 0.3
DEARER = 5.0
"""lateness costs so many times more in each of them, where it is the lateness that is missed"""
MARGIN_KG = 1.0
SEED = 1
"""of the search's own draws"""


@dataclass(frozen=True)
class LineSchedule:
    """A plan with the shop and solution that it comes from, the state that it begins with, and its replay with randomness off."""

    plan: Plan
    line: Line
    solution: ShopSolution
    replay: Replay
    build_s: float
    solve_s: float
    state: LineState
    feedback: LineFeedback
    caution: Caution

    @property
    def schedule(self) -> ShopPlan:
        """The schedule. Raises Infeasible where there is none."""
        if self.solution.plan is None:
            raise Infeasible(text("optimize.no_solution", limit=self.solution.stopped_by))
        return self.solution.plan


def schedule_line(
    scenario: Scenario,
    slots: Slots,
    state: LineState,
    seen: Trace,
    limit: Limit,
    *,
    before: Plan | None = None,
    adjust: Adjust = as_derived,
    progress: Progress = silent,
) -> LineSchedule:
    """The best plan found for the horizon. ``seen``: a trace of the plant by its own rule; ``before``: plans up to the horizon's start;
    ``adjust``: what earlier windows leave of the problem (peaks so far, emissions left).

    Raises Infeasible where lots have no place in the horizon, or targets are out of reach.
    """
    loop = LineLoop(scenario, slots, state, seen, before, adjust, progress)
    if scenario.spec.run.randomness == "off":
        loop.searched_whole(limit)
        return loop.schedule()
    loop.searched_whole(limit if limit.seconds is None else limit.part(FIRST_SHARE))
    return guarded(loop, limit).schedule()


def idle(shop: Shop) -> ShopSolution:
    """The only schedule where there is nothing to do."""
    nothing = ShopPlan((), (), np.zeros(shop.slots), 0.0)
    cost_krw = shop_figures(shop, nothing).cost_krw
    plan = replace(nothing, cost_krw=cost_krw)
    return ShopSolution(plan, cost_krw, cost_krw, "optimal", "optimal", cost_krw, 0)


class LineLoop:
    """Derive, search, replay, learn: one turn after another."""

    def __init__(
        self,
        scenario: Scenario,
        slots: Slots,
        state: LineState,
        seen: Trace,
        before: Plan | None,
        adjust: Adjust,
        progress: Progress,
    ) -> None:
        self.scenario, self.slots, self.state, self.before = scenario, slots, state, before
        self.adjust, self.progress = adjust, progress
        self.build_s = self.solve_s = self.margin_kg = 0.0
        self.used = 0
        self.stopped_by: StoppedBy = "iterations"
        self.lengths: Mapping[Recipe, int] | None = None
        self.caution, self.later = CALM, frozenset[str]()
        self.told_of_slack: tuple[str, ...] = ()
        self.targets = line_targets(scenario, slots, state, seen)
        self.starts: tuple[Placed, ...] = ()
        self.shown: Replay
        self.plan: Plan
        self.known: tuple[Shop, Matrix | None] | None = None
        self.told = LineFeedback(np.zeros(slots.count))
        self.line: Line = self.derived()
        self.learn(seen)

    # --- what is searched

    def derived(self) -> Line:
        """The line as it is known by now, its emissions capped by all that is asked for."""
        line = derive_shop(
            self.scenario, self.slots, self.state, self.told, self.lengths, caution=self.caution, later=self.later
        )
        shop = self.adjust(line.shop)
        own_cap_kg = shop.carbon.cap_kg
        cap_kg = self.targets.cap_kg(own_cap_kg, self.later)
        if cap_kg is not None:
            shop = replace(shop, carbon=replace(shop.carbon, cap_kg=max(0.0, cap_kg - self.margin_kg)))
        return replace(line, shop=shop, own_cap_kg=own_cap_kg)

    def learn(self, trace: Trace) -> None:
        """Derive the shop from what a trace tells; loads keep the length that the plant's own rule showed."""
        begun = time.perf_counter()
        shop = self.line.shop
        self.told = line_feedback(self.scenario, self.slots, trace, tuple(shop.groups), self.line.switched)
        self.line = self.derived()
        self.lengths = self.line.lengths
        self.build_s += time.perf_counter() - begun

    def optional(self) -> set[str]:
        """Lots that need not be done in this horizon: due after it, and not needed for the output asked for."""
        jobs = {job.name for job in self.line.shop.jobs}
        after = [lot for lot in self.state.lots.values() if lot.due_s > self.slots.end_s + 1e-6 and lot.job in jobs]
        return self.targets.spare(after)

    def leave_the_rest(self) -> None:
        """Lots that found no place and are due after the horizon are left to the plan that follows."""
        placed = {one.job for one in self.starts}
        left = {lot for lot in self.optional() if lot not in placed}
        if left:
            self.later |= left
            self.line = self.derived()

    # --- turns

    def searched_whole(self, limit: Limit) -> None:
        """From nothing to a plan that meets what is asked for, as far as that can be found."""
        self.inserted(limit.part(SHARES[0]))
        self.turn()
        self.searched(limit.part(SHARES[1]))
        self.turn()
        self.mended(limit)

    def searched_again(self, limit: Limit) -> None:
        """On from what is known, with more caution."""
        self.line = self.derived()
        self.inserted(limit.part(SHARES[0]))
        self.searched(limit.part(SHARES[1]))
        self.turn()
        self.mended(limit)

    def inserted(self, limit: Limit) -> None:
        """Starts by dispatch and insertion alone."""
        if not self.line.shop.jobs:
            return
        begun = time.perf_counter()
        first = self.starts or refuse_line(self.line, self.targets, self.optional())
        moves = None if limit.iterations is None else MOVES * limit.iterations
        self.starts = insert(
            self.line.shop, first, seconds=limit.seconds, iterations=moves, seed=SEED, progress=self.progress
        )
        self.leave_the_rest()
        self.solve_s += time.perf_counter() - begun

    def searched(self, limit: Limit) -> None:
        """Better starts by the whole search; those known where its seconds were too few to build the problem."""
        if not self.line.shop.jobs:
            return
        begun = time.perf_counter()
        solution = self.solved(seconds=limit.seconds, iterations=limit.iterations, bound=False, progress=self.progress)
        self.solve_s, self.used = self.solve_s + time.perf_counter() - begun, self.used + solution.iterations
        self.stopped_by = solution.stopped_by
        if solution.plan is not None:
            self.starts = solution.plan.placed

    def solved(self, **how: Any) -> ShopSolution:
        """:func:`solve_shop` from the starts known, with the matrix of the search before where the shop is still the same."""
        shop = self.line.shop
        matrix = self.known[1] if self.known is not None and self.known[0] is shop else None
        solution = solve_shop(shop, seed=SEED, start=self.starts, matrix=matrix, **how)
        self.known = shop, solution.matrix
        return solution

    def mended(self, limit: Limit) -> None:
        """Search on while the plan misses its lateness target or its emissions, with lateness dearer or less to emit."""
        if self.targets.asked.lateness_h is None and self.line.shop.carbon.cap_kg is None:
            return  # nothing can be missed, and to price the plan for that takes a matrix of the whole horizon
        for _ in range(REPAIRS):
            own = self.own(self.priced(bound=False))
            late_h, over_kg = self.missed(own)
            if late_h <= 0.0 and over_kg <= 0.0:
                return
            if late_h > 0.0:
                self.caution = replace(self.caution, dear=DEARER * self.caution.dear)
            if over_kg > 0.0:
                self.margin_kg += 1.2 * over_kg + MARGIN_KG
            self.line = self.derived()
            self.searched(limit.part(REPAIR_SHARE))
            self.turn()

    def missed(self, own: PlanFigures) -> tuple[float, float]:
        """Hours late and kg CO2e beyond what the targets and the cap of the horizon allow."""
        latest_h = self.targets.asked.lateness_h
        late_h = 0.0 if latest_h is None else own.figures["lateness_h"] - latest_h
        cap_kg = self.line.shop.carbon.cap_kg
        over_kg = 0.0 if cap_kg is None else own.figures["carbon_kg"] - (cap_kg + self.margin_kg)
        return max(0.0, late_h - 1e-6), max(0.0, over_kg - 1e-6)

    def priced(self, *, bound: bool) -> ShopSolution:
        """The starts known with states and battery as good as they can be, bounded too with ``bound``. Raises Infeasible."""
        if not self.line.shop.jobs:
            return idle(self.line.shop)
        begun = time.perf_counter()
        self.starts = filled(self.scenario, self.slots, self.line, self.starts)
        solution = self.solved(iterations=0, bound=bound)
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
        self.plan = line_plan(self.slots, self.line, self.state, solution, self.notes())
        self.shown = replay(self.scenario, self.slots.end_s, joined(self.before, self.plan))
        return self.plan

    def notes(self) -> tuple[str, ...]:
        """What a reader of the plan has to know."""
        later = text("optimize.line_later", count=len(self.line.later)) if self.line.later else ""
        return (*self.told_of_slack, later) if later else self.told_of_slack

    def own(self, solution: ShopSolution) -> PlanFigures:
        """Figures of a solution by its own model."""
        if solution.plan is None:
            raise Infeasible(text("optimize.no_solution", limit=self.stopped_by))
        return line_figures(self.scenario, self.slots, self.line, self.state, solution.plan)

    def schedule(self) -> LineSchedule:
        """The last plan, priced and bounded under what a replay told that it agrees with. Raises Infeasible where it misses a target."""
        for _ in range(TRIES):
            schedule = self.priced(bound=False)
            self.show(schedule)
            if self.agrees(schedule):
                break
            self.learn(self.shown.trace)
        self.refuse_missed()
        priced = self.priced(bound=True)
        solution = replace(
            priced, stopped_by="optimal" if priced.status == "optimal" else self.stopped_by, iterations=self.used
        )
        plan = self.show(solution)
        return LineSchedule(
            plan, self.line, solution, self.shown, self.build_s, self.solve_s, self.state, self.told, self.caution
        )

    def refuse_missed(self) -> None:
        """Raise Infeasible where a target is still missed: the search found no plan that meets it, which is no proof."""
        if not self.targets.asked.any:
            return
        late_h, over_kg = self.missed(self.own(self.priced(bound=False)))
        if late_h > 0.0 or over_kg > 0.0:
            said = {
                lang: text("optimize.line_missed", lang, late=f"{late_h:,.2f}", over=f"{over_kg:,.1f}")
                for lang in ("en", "ko")
            }
            raise Infeasible(said["en"], ko=said["ko"])

    def agrees(self, solution: ShopSolution) -> bool:
        """Whether the plan's own energy and bill are near those of its replay."""
        if solution.plan is None:
            return False
        own, span = self.own(solution), self.slots
        seen = self.shown.figures["energy_kwh"], self.shown.accounts.kpis["bill_krw"]
        if self.before is not None:
            mine = self.shown.accounts.load.kwh[math.floor(span.start_s / self.shown.accounts.load.interval_s) :]
            kwh = float(mine.sum())
            return abs(float(own.grid_kw.sum()) * span.hours - kwh) <= NEAR * kwh
        return all(
            abs(here - there) <= NEAR * there
            for here, there in zip((own.figures["energy_kwh"], own.bill.total), seen, strict=True)
        )
