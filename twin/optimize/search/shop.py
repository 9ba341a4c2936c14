"""A schedule of a shop and a certificate of how good it is: dispatch → insertion → exact completion → windows of shifts with HiGHS.

Under a limit of seconds a second process builds the matrix, bounds the cost from below and, where the shop is small, branches
(:mod:`twin.optimize.search.shop_worker`), while this one inserts for most of the time; what is left goes to windows or to further
insertion around the best plan, whichever lately gained more per second (:mod:`twin.optimize.search.shop_ways`). Under a limit of
iterations everything happens here, one after another, and the same iterations and seed give the same plan. Never worse than the dispatch
that it starts from.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.core.progress import silent
from twin.optimize.formulation.bound import dual_bound_krw, interior_duals, lagrangian_krw, relative_gap
from twin.optimize.formulation.bound_rows import BoundRows
from twin.optimize.formulation.matrix import Matrix, highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.formulation.shop import problem_of
from twin.optimize.insertion.search import dispatch_shop, insert
from twin.optimize.plan.decode_shop import starts_of
from twin.optimize.search.anytime import OPTIMAL_GAP, Status, StoppedBy
from twin.optimize.search.shop_again import AGAIN_SHARE, insert_again
from twin.optimize.search.shop_turns import ShopSearch
from twin.optimize.search.shop_ways import Ways
from twin.optimize.search.shop_worker import FEW_INTEGERS, INSERTION_SHARE, Asked, Worker

if TYPE_CHECKING:
    from twin.core.progress import Progress
    from twin.optimize.problem.network import Problem
    from twin.optimize.problem.shop import Placed, Shop, ShopPlan

INSERTION_S_PER_START = 0.004
"""Of insertion at most so many seconds for each start that could be chosen; a small shop is left to HiGHS sooner."""
INSERTION_PER_ITERATION = 50
"""Insertion moves to one iteration, which is one turn of HiGHS."""
WAITING_HEAT = 0.2
"""First temperature of insertion that waits for the matrix, of that of the first."""
FIRST_SHARE = 0.05
"""Of the seconds, at most, for completing the dispatch beside what insertion made of it."""
TURN_S = 5.0
"""The longest turn of HiGHS."""
OTHER_SEED = 1000
"""Between the seeds of two processes."""
MEMORY_SHARE = 0.05
"""Of the seconds, over which the gain per second of windows and insertion is remembered."""
LAST_S = 1.0
"""Kept back for reading the plan."""


@dataclass(frozen=True)
class ShopSolution:
    """A plan (None: none was found), its cost, a lower bound on the cost of every plan, and how the search ended; the shop's ``matrix``,
    for the next search of the same shop.
    """

    plan: ShopPlan | None
    objective_krw: float
    bound_krw: float
    status: Status
    stopped_by: StoppedBy
    start_krw: float
    iterations: int
    matrix: Matrix | None = field(default=None, repr=False, compare=False)

    @property
    def gap(self) -> float:
        """Relative gap between objective and bound."""
        return relative_gap(self.objective_krw, self.bound_krw)


def solve_shop(
    shop: Shop,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    start: tuple[Placed, ...] = (),
    bound: bool = True,
    matrix: Matrix | None = None,
    progress: Progress = silent,
) -> ShopSolution:
    """The best plan found within ``seconds`` (building included) or ``iterations`` turns of HiGHS, not worse than ``start`` or dispatch.

    ``bound``: certify it too. ``matrix``: the shop's own, where it is known (under a limit of seconds it is built anyway). Raises
    ValueError without a limit. Status ``no_solution`` where not even the dispatch places every job, ``infeasible`` only where that is
    proved.
    """
    if seconds is None and iterations is None:
        msg = "a search needs a limit: iterations or seconds"
        raise ValueError(msg)
    run = Run(shop, seconds, iterations, seed, progress)
    if seconds is None:
        return run.alone(start, matrix, bound=bound)
    with Worker(shop, Asked(time.time() + run.left_s, seconds, seed + OTHER_SEED, bound)) as worker:
        return run.beside(worker, start)


class Run:
    """One solution under way."""

    def __init__(
        self, shop: Shop, seconds: float | None, iterations: int | None, seed: int, progress: Progress
    ) -> None:
        self.shop, self.iterations, self.seed, self.progress = shop, iterations, seed, progress
        self.seconds = math.inf if seconds is None else seconds
        self.begun = time.monotonic()
        self.problem: Problem = problem_of(shop)
        self.bound_krw = -math.inf
        self.infeasible = False
        self.start_krw = math.inf
        self.used = self.agains = 0
        self.offered_krw = math.inf
        self.bounding: Matrix | None = None

    @property
    def left_s(self) -> float:
        """Seconds left for searching."""
        return self.seconds - LAST_S - (time.monotonic() - self.begun)

    def alone(self, start: tuple[Placed, ...], matrix: Matrix | None, *, bound: bool) -> ShopSolution:
        """All in this process, by iterations."""
        turns = self.iterations or 0
        search = ShopSearch(self.shop, self.problem, matrix_for(self.problem) if matrix is None else matrix)
        first = start or dispatch_shop(self.shop)
        better = (
            insert(self.shop, first, iterations=INSERTION_PER_ITERATION * turns, seed=self.seed) if turns else first
        )
        self.take_starts(search, first, better, None)
        if search.values is None:
            self.look_for_one(search, None)
        if bound:
            self.bound_krw = max(self.bound_krw, relaxation_krw(self.shop, search.matrix, search.cost_krw))
        while search.values is not None and self.used < turns and not self.proved(search):
            self.used += 1
            self.tell(search, search.turn(None))
        return self.solution(search, "iterations")

    def beside(self, worker: Worker, start: tuple[Placed, ...]) -> ShopSolution:
        """Search here, matrix and bound in ``worker``."""
        first = start or dispatch_shop(self.shop)
        better = self.inserted(first)
        matrix = worker.matrix()
        while matrix is None and self.left_s > 0 and not worker.ended:
            better = insert(self.shop, better, seconds=min(2.0, self.left_s), seed=self.seed + 1, heat=WAITING_HEAT)
            matrix = worker.matrix()
        search = ShopSearch(self.shop, self.problem, matrix_for(self.problem) if matrix is None else matrix)
        self.take_starts(search, first, better, self.left_s)
        if search.values is None:
            self.look_for_one(search, self.left_s)
        self.listen(worker, search)
        ways = Ways(
            {"windows": lambda: search.turn(min(TURN_S, self.left_s)), "insertion": lambda: self.again(search)},
            lambda: search.cost_krw,
            MEMORY_SHARE * self.seconds,
        )
        while self.left_s > 0 and not self.proved(search) and search.values is not None:
            if self.iterations is not None and self.used >= self.iterations:
                return self.solution(search, "iterations")
            self.used += 1
            self.tell(search, ways.go())
            self.listen(worker, search)
        return self.solution(search, "seconds")

    def inserted(self, first: tuple[Placed, ...]) -> tuple[Placed, ...]:
        """The first insertion, from ``first``."""
        choices = sum(len(self.problem.starts(task)) for task in self.problem.tasks.values())
        share_s = min(INSERTION_SHARE * self.seconds, INSERTION_S_PER_START * choices, self.left_s)
        return insert(self.shop, first, seconds=max(0.0, share_s), seed=self.seed, progress=self.progress)

    def again(self, search: ShopSearch) -> str:
        """Insertion from the best plan, and its completion; a window where too little time is left for both."""
        left_s = self.left_s - 2.0 * search.completion_s
        seconds = min(AGAIN_SHARE * self.seconds, left_s)
        if search.plan is None or seconds < AGAIN_SHARE * self.seconds / 2.0:
            return search.turn(min(TURN_S, self.left_s))
        placed, told = insert_again(self.shop, search.plan.placed, self.agains, seconds=seconds, seed=self.seed + 1)
        self.agains += 1
        if placed != search.plan.placed:
            search.complete(starts_of(self.shop, placed), self.left_s)
        return told

    def take_starts(
        self, search: ShopSearch, first: tuple[Placed, ...], better: tuple[Placed, ...], left_s: float | None
    ) -> None:
        """Complete what insertion found and what it began with: its price of placements is not quite that of plans."""
        if better != first:
            search.complete(starts_of(self.shop, better), left_s)
        if left_s is not None and search.values is not None:
            left_s = max(0.0, min(self.left_s, FIRST_SHARE * self.seconds))
        self.start_krw = search.complete(starts_of(self.shop, first), left_s)
        self.tell(search, "completed")

    def look_for_one(self, search: ShopSearch, left_s: float | None) -> None:
        """HiGHS on the whole where insertion did not place every job."""
        limit = {"mip_max_nodes": 2000} if left_s is None else {"time_limit": max(0.1, left_s)}
        solver = highs_of(search.matrix, mip_rel_gap=0.05, **limit)
        solver.run()
        self.infeasible = "Infeasible" in str(solver.getModelStatus())
        if solver.getSolution().value_valid and solver.getInfo().primal_solution_status == 2:
            search.offer(np.asarray(solver.getSolution().col_value))

    def listen(self, worker: Worker, search: ShopSearch) -> None:
        """What the other process has found by now."""
        duals, tree_krw, incumbent, placed = (
            worker.duals(),
            worker.tree_bound_krw(),
            worker.incumbent(),
            worker.placed(),
        )
        if incumbent is not None:
            search.offer(incumbent)
        if placed is not None:
            search.complete(starts_of(self.shop, placed), max(0.0, self.left_s))
        if duals is not None:
            if self.bounding is None:
                self.bounding = BoundRows(self.shop, search.matrix).plain()
            self.bound_krw = max(self.bound_krw, lagrangian_krw(self.bounding, duals, search.cost_krw))
        if tree_krw is not None:
            self.bound_krw = max(self.bound_krw, tree_krw)
        if search.values is not None and search.cost_krw < self.offered_krw:
            self.offered_krw = search.cost_krw
            worker.offer(search.values, () if search.plan is None else search.plan.placed)

    def proved(self, search: ShopSearch) -> bool:
        """Whether nothing is left to be gained."""
        return relative_gap(search.cost_krw, self.bound_krw) <= OPTIMAL_GAP

    def tell(self, search: ShopSearch, what: str) -> None:
        """The progress line."""
        gap = relative_gap(search.cost_krw, self.bound_krw)
        told = f", gap {gap:.1%}" if math.isfinite(gap) else ""
        self.progress(self.used, self.iterations or 0, f"{what}: {search.cost_krw:,.0f} KRW{told}")

    def solution(self, search: ShopSearch, ended: StoppedBy) -> ShopSolution:
        """The incumbent with its certificate."""
        if search.plan is None:
            status: Status = "infeasible" if self.infeasible else "no_solution"
            return ShopSolution(None, math.inf, self.bound_krw, status, ended, math.inf, self.used, search.matrix)
        optimal = self.proved(search)
        return ShopSolution(
            search.plan,
            search.cost_krw,
            min(self.bound_krw, search.cost_krw),
            "optimal" if optimal else "feasible",
            "optimal" if optimal else ended,
            self.start_krw,
            self.used,
            search.matrix,
        )


def relaxation_krw(shop: Shop, matrix: Matrix, incumbent_krw: float) -> float:
    """Bound by the multipliers of the relaxation (KRW), at a vertex where it is small, else by interior points; −∞ without any."""
    rows = BoundRows(shop, matrix)
    if matrix.integer.sum() <= FEW_INTEGERS:
        return dual_bound_krw(rows.plain(), incumbent_krw)
    duals = interior_duals(rows.summed())
    return -math.inf if duals is None else lagrangian_krw(rows.plain(), rows.plain_duals(duals), incumbent_krw)
