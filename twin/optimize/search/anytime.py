"""Anytime search: a start, then HiGHS on one neighbourhood after another, never worse than the start.

A horizon of a week has too many integers for one branch-and-bound within a minute, so each iteration frees the starts of one
neighbourhood, keeps the others, and hands HiGHS the incumbent (fix-and-optimise). Small problems are handed over whole first and are
then often proved optimal. Limited by iterations every step is deterministic (node limits); limited by seconds it is not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.core.progress import silent
from twin.optimize.formulation.bound import dual_bound_krw, relative_gap
from twin.optimize.formulation.matrix import Floats, Matrix, StartKey, highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.search.neighbourhood import Neighbourhood, Neighbourhoods, states

if TYPE_CHECKING:
    import highspy

    from twin.core.progress import Progress
    from twin.optimize.problem.network import Problem

Status = Literal["optimal", "feasible", "infeasible", "no_solution"]
StoppedBy = Literal["optimal", "iterations", "seconds"]
SMALL_INTEGERS = 600
NODES_WHOLE = 300
NODES_WINDOW = 150
SLICE_S = 4.0
TIDY_S = 1.0
OPTIMAL_GAP = 1e-6
QUIET_ROUNDS = 2
MISSING = frozenset({"late", "unfinished", "short_stock"})
MISSED = 1e-6


@dataclass(frozen=True)
class Solution:
    """Start counts (task, slot) → number, every column's value, and the certificate of how good that is."""

    starts: Mapping[StartKey, float]
    values: Mapping[tuple[str, Any], float]
    status: Status
    stopped_by: StoppedBy
    objective_krw: float
    bound_krw: float
    start_krw: float
    iterations: int

    @property
    def gap(self) -> float:
        """Relative gap between objective and bound."""
        return relative_gap(self.objective_krw, self.bound_krw)


@dataclass
class Budget:
    """Iterations or seconds, whichever is given; both: whichever ends first."""

    iterations: int | None
    seconds: float | None
    used: int = 0

    def __post_init__(self) -> None:
        self._begun = time.monotonic()

    @property
    def left_s(self) -> float:
        """Seconds left, infinite when time is no limit."""
        return math.inf if self.seconds is None else self.seconds - (time.monotonic() - self._begun)

    @property
    def ended_by(self) -> StoppedBy | None:
        """What ended the search, if anything."""
        if self.iterations is not None and self.used >= self.iterations:
            return "iterations"
        return "seconds" if self.left_s <= 0 else None


def search(
    problem: Problem,
    starts: Sequence[Mapping[StartKey, float]],
    *,
    iterations: int | None = None,
    seconds: float | None = None,
    bound: bool = True,
    progress: Progress = silent,
    matrix: Matrix | None = None,
) -> Solution:
    """Improve the best of ``starts`` (none: HiGHS looks for one) until the limit; no iterations only price it. ``bound``: certify it too.

    ``matrix``: that of the problem where it is there already. Raises ValueError without a limit.
    Status ``infeasible`` only where that is proved.
    """
    if iterations is None and seconds is None:
        msg = "a search needs a limit: iterations or seconds"
        raise ValueError(msg)
    budget = Budget(iterations, seconds)
    return Search(problem, budget, progress, matrix).run(starts, bound=bound)


class Search:
    """One search: the matrix, the incumbent and the bound."""

    def __init__(self, problem: Problem, budget: Budget, progress: Progress, matrix: Matrix | None = None) -> None:
        self.problem = problem
        self.budget = budget
        self.progress = progress
        self.matrix: Matrix = matrix_for(problem) if matrix is None else matrix
        self.missing = [j for (name, _), j in self.matrix.column.items() if name in MISSING]
        self.afterwards = 2 * max((task.slots for task in problem.tasks.values()), default=1)
        self.values: Floats | None = None
        self.objective_krw = math.inf
        self.bound_krw = -math.inf
        self.proved_infeasible = False
        self.nodes = NODES_WINDOW
        self.options: Mapping[str, Any] = {}  # of HiGHS, in each window
        self.first_h: float | None = None  # length of the first windows; None: by the problem's size

    def run(self, starts: Sequence[Mapping[StartKey, float]], *, bound: bool = True) -> Solution:
        """Best start, bound, whole model where small, neighbourhoods."""
        for start in starts:
            self.complete(start)
        first_krw = self.objective_krw
        if not self.budget.ended_by and (self.matrix.integer.sum() <= SMALL_INTEGERS or self.values is None):
            self.solve_whole()
        if self.values is not None and bound and self.gap > OPTIMAL_GAP:
            self.bound_krw = max(self.bound_krw, dual_bound_krw(self.matrix, self.objective_krw))
        if self.values is not None and self.gap > OPTIMAL_GAP:
            self.walk()
            self.tidy()
        return self.solution(first_krw)

    @property
    def gap(self) -> float:
        """Relative gap of the incumbent."""
        return relative_gap(self.objective_krw, self.bound_krw)

    def complete(self, start: Mapping[StartKey, float]) -> bool:
        """Fix the integer starts, let the linear rest be optimal, keep it if it is better. False where the start breaks a row."""
        low, high = self.matrix.col_low.copy(), self.matrix.col_high.copy()
        for key, column in self.matrix.start_column.items():
            if self.matrix.integer[column]:
                low[column] = high[column] = start.get(key, 0)
        solver = self._solver(low, high)
        solver.run()
        return self._take(solver)

    def solve_whole(self) -> None:
        """Hand the whole model over once, with the incumbent."""
        solver = self._solver(self.matrix.col_low, self.matrix.col_high, nodes=NODES_WHOLE)
        self._run(solver)
        self._take(solver)
        self.proved_infeasible = "Infeasible" in str(solver.getModelStatus())
        self.bound_krw = max(self.bound_krw, float(solver.getInfo().mip_dual_bound))

    def walk(self) -> None:
        """Neighbourhoods until the limit, or until two whole rounds gained nothing at the longest windows."""
        neighbourhoods = Neighbourhoods(self.problem, self.first_h)
        quiet, last_round_krw = 0, self.objective_krw
        for neighbourhood in neighbourhoods:
            if self.budget.ended_by or self.gap <= OPTIMAL_GAP or quiet >= QUIET_ROUNDS:
                return
            if neighbourhood.roles:
                quiet = quiet + 1 if self.objective_krw >= last_round_krw - 1e-6 * abs(last_round_krw) else 0
                last_round_krw = self.objective_krw
            neighbourhoods.learn(neighbourhood, solved=self.improve(neighbourhood))

    def tidy(self) -> None:
        """A walk cut short may leave ladles waiting where windows met: states and ladles once more over the whole horizon."""
        if self.values is None or self.budget.iterations == 0 or self.gap <= OPTIMAL_GAP:
            return
        columns = self._freed(states(self.problem))
        part = self.matrix.restricted(columns, self.matrix.col_low, self.matrix.col_high, self.values)
        solver = highs_of(part, mip_max_nodes=NODES_WINDOW, mip_rel_gap=1e-5)
        if self.budget.seconds is not None:
            solver.setOptionValue("time_limit", TIDY_S)
        solver.setSolution(len(columns), np.arange(len(columns), dtype=np.int32), self.values[columns])
        solver.run()
        self._take(solver, columns)

    def improve(self, neighbourhood: Neighbourhood) -> bool:
        """Free one neighbourhood. Returns whether HiGHS solved it to its end."""
        if self.values is None:
            return False
        columns = self._freed(neighbourhood)
        part = self.matrix.restricted(columns, self.matrix.col_low, self.matrix.col_high, self.values)
        solver = highs_of(part, mip_max_nodes=self.nodes, mip_rel_gap=1e-5, **self.options)
        solver.setSolution(len(columns), np.arange(len(columns), dtype=np.int32), self.values[columns])
        self._run(solver)
        self._take(solver, columns)
        total = self.budget.iterations or 0
        self.progress(
            self.budget.used, total, f"{neighbourhood.name}: {self.objective_krw:,.0f} KRW, gap {self.gap:.1%}"
        )
        return "Optimal" in str(solver.getModelStatus())

    def _freed(self, neighbourhood: Neighbourhood) -> NDArray[np.int64]:
        """Columns of a neighbourhood: its starts, all that is continuous from its first slot to a while after its last, what has no slot.

        Where something is missing or late all that is continuous is free, so that what is made good in one window counts to the end.
        """
        matrix = self.matrix
        inside = (matrix.slot >= neighbourhood.first) & (matrix.slot < neighbourhood.last + self.afterwards)
        counts = np.zeros(len(matrix.integer), dtype=bool)
        counts[[j for j in matrix.start_column.values() if matrix.integer[j]]] = True
        free = (inside | (matrix.slot < 0) | self._misses()) & ~counts
        starts = [j for key, j in matrix.start_column.items() if neighbourhood.frees(self.problem, key)]
        free[starts] = True
        return np.flatnonzero(free)

    def _misses(self) -> bool:
        """Whether the incumbent is late or lacks something that is asked for."""
        values = self.values
        return values is not None and bool(np.any(values[self.missing] > MISSED))

    def _solver(self, low: Floats, high: Floats, nodes: int | None = None) -> highspy.Highs:
        solver = highs_of(self.matrix)
        count = len(low)
        solver.changeColsBounds(count, np.arange(count, dtype=np.int32), low, high)
        if nodes is not None:
            solver.setOptionValue("mip_max_nodes", nodes)
            solver.setOptionValue("mip_rel_gap", 1e-5)
        if self.values is not None:
            solver.setSolution(count, np.arange(count, dtype=np.int32), self.values)
        return solver

    def _run(self, solver: highspy.Highs) -> None:
        if self.budget.seconds is not None:
            solver.setOptionValue("time_limit", max(0.1, min(SLICE_S, self.budget.left_s)))
        self.budget.used += 1
        solver.run()

    def _take(self, solver: highspy.Highs, columns: NDArray[np.int64] | None = None) -> bool:
        """Keep the solver's point (of some ``columns``) if it is feasible and better."""
        solution = solver.getSolution()
        if not solution.value_valid or solver.getInfo().primal_solution_status != 2:
            return False
        objective = float(solver.getInfo().objective_function_value)
        if objective < self.objective_krw - 1e-9 * max(1.0, abs(self.objective_krw)) or self.values is None:
            values = np.asarray(solution.col_value)
            if columns is not None and self.values is not None:
                whole = self.values.copy()
                whole[columns] = values
                values = whole
            self.values = np.where(self.matrix.integer, np.rint(values), values)
            self.objective_krw = objective
        return True

    def solution(self, start_krw: float) -> Solution:
        """The incumbent with its certificate."""
        ended = self.budget.ended_by or "iterations"
        if self.values is None:
            status: Status = "infeasible" if self.proved_infeasible else "no_solution"
            return Solution({}, {}, status, ended, math.inf, self.bound_krw, start_krw, self.budget.used)
        optimal = self.gap <= OPTIMAL_GAP
        starts = {
            key: float(round(self.values[j])) if self.matrix.integer[j] else float(self.values[j])
            for key, j in self.matrix.start_column.items()
            if self.values[j] > (0.5 if self.matrix.integer[j] else 1e-6)
        }
        values = {name: float(self.values[j]) for name, j in self.matrix.column.items()}
        return Solution(
            starts,
            values,
            "optimal" if optimal else "feasible",
            "optimal" if optimal else ended,
            self.objective_krw,
            min(self.bound_krw, self.objective_krw),
            start_krw,
            self.budget.used,
        )
