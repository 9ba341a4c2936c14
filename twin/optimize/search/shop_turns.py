"""The incumbent of a shop's search and the turns of HiGHS that improve it: exact completion, windows of shifts, offered points.

A point is kept only if the plan that it stands for, read back and costed on its own (:mod:`twin.optimize.check.shop_cost`), breaks no rule
and costs less: the matrix proposes, the plan decides.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.optimize.check.shop_cost import shop_figures
from twin.optimize.formulation.matrix import Floats, Matrix, StartKey, highs_of
from twin.optimize.plan.decode_shop import NotDecoded, plan_of
from twin.optimize.search.shop_windows import Columns, Window

if TYPE_CHECKING:
    import highspy

    from twin.optimize.problem.network import Problem
    from twin.optimize.problem.shop import Shop, ShopPlan

FIRST_RADIUS = 3
LARGEST_RADIUS = 16
SMALLEST_RADIUS = 2
FIRST_H = 12.0
SHORTEST_H = 4.0
LONGEST_H = 48.0
NODES = 60
COMPLETION_NODES = 2000
BETTER_KRW = 1e-6


class ShopSearch:
    """Incumbent, matrix, and turns. ``seconds`` of :meth:`turn` stops a turn; without it nodes do, and everything is deterministic."""

    def __init__(self, shop: Shop, problem: Problem, matrix: Matrix) -> None:
        self.shop, self.matrix = shop, matrix
        self.columns = Columns(problem, matrix)
        self.values: Floats | None = None
        self.plan: ShopPlan | None = None
        self.cost_krw = math.inf
        self.radius = FIRST_RADIUS
        self.length = max(4, round(FIRST_H / shop.slot_h))
        self.turns = 0
        self.completion_s = 0.0
        """How long the last completion took."""
        self._windows = self._sequence()

    def complete(self, starts: Mapping[StartKey, float], seconds: float | None) -> float:
        """Fix the starts of work, let states, battery and peak be best; what that costs (KRW), infinite where nothing allowed was found."""
        matrix, point = self.matrix, np.zeros(self.matrix.shape[1])
        for key, number in starts.items():
            if key not in matrix.start_column:
                return math.inf
            point[matrix.start_column[key]] = number
        columns = self.columns.all_but_work()
        part = matrix.restricted(columns, matrix.col_low, matrix.col_high, point)
        solver = highs_of(part, mip_rel_gap=1e-5)
        begun = time.monotonic()
        self._run(solver, seconds, COMPLETION_NODES)
        self.completion_s = time.monotonic() - begun
        return self._take(solver, columns, point)

    def offer(self, values: Floats) -> float:
        """A whole point from elsewhere, kept if it is better; its cost (KRW)."""
        return self._keep(np.where(self.matrix.integer, np.rint(values), values))

    def turn(self, seconds: float | None) -> str:
        """One window around the incumbent; says which. Raises ValueError without an incumbent."""
        if self.values is None:
            msg = "no incumbent to improve"
            raise ValueError(msg)
        window = next(self._windows)
        columns = self.columns.freed(window, self.values)
        part = self.matrix.restricted(columns, self.matrix.col_low, self.matrix.col_high, self.values)
        solver = highs_of(part, mip_rel_gap=1e-5)
        solver.setSolution(len(columns), np.arange(len(columns), dtype=np.int32), self.values[columns])
        self._run(solver, seconds)
        self._take(solver, columns, self.values)
        solved = "Optimal" in str(solver.getModelStatus())
        self._learn(solved=solved, quick=solver.getInfo().mip_node_count <= NODES / 4)
        return f"{window.name} ±{window.radius}"

    def _learn(self, *, solved: bool, quick: bool) -> None:
        """Farther moves in longer windows after one that was easy, nearer and shorter ones after one that was too hard."""
        if not solved and self.radius > SMALLEST_RADIUS:
            self.radius -= 1
        elif not solved:
            self.length = max(round(SHORTEST_H / self.shop.slot_h), round(self.length * 0.8), 2)
        elif quick and self.radius < LARGEST_RADIUS:
            self.radius += 1
        if solved and quick:
            longest = min(self.shop.slots, round(LONGEST_H / self.shop.slot_h))
            self.length = max(self.length, min(longest, round(self.length * 1.15)))

    def _sequence(self) -> Iterator[Window]:
        """Windows that walk over the horizon by half their length; every third lies around the slot of the highest import."""
        first = 0
        while True:
            for _ in range(2):
                yield Window(f"window {first}", first, first + self.length, self.radius)
                first += max(1, self.length // 2)
                if first >= self.shop.slots - self.length // 4:
                    first = 0
            peak = self._peak_slot() - self.length // 2
            yield Window(f"peak {peak}", peak, peak + self.length, self.radius)

    def _peak_slot(self) -> int:
        if self.values is None:
            return 0
        grid = [self.values[self.matrix.column["grid", t]] for t in range(self.shop.slots)]
        return int(np.argmax(grid))

    def _run(self, solver: highspy.Highs, seconds: float | None, nodes: int = NODES) -> None:
        self.turns += 1
        if seconds is None:
            solver.setOptionValue("mip_max_nodes", nodes)
        else:
            solver.setOptionValue("time_limit", max(0.2, seconds))
        solver.run()

    def _take(self, solver: highspy.Highs, columns: NDArray[np.int64], around: Floats) -> float:
        solution = solver.getSolution()
        if not solution.value_valid or solver.getInfo().primal_solution_status != 2:
            return math.inf
        values = around.copy()
        values[columns] = np.asarray(solution.col_value)
        return self._keep(np.where(self.matrix.integer, np.rint(values), values))

    def _keep(self, values: Floats) -> float:
        """Keep a point if its plan is allowed and better. Its cost, infinite where it is not allowed (KRW)."""
        try:
            plan = plan_of(self.shop, self.starts(values), self.battery_kw(values))
        except NotDecoded:
            return math.inf
        figures = shop_figures(self.shop, plan)
        if figures.broken:
            return math.inf
        if figures.cost_krw < self.cost_krw - BETTER_KRW:
            self.values, self.cost_krw = values, figures.cost_krw
            self.plan = replace(plan, cost_krw=figures.cost_krw)
        return figures.cost_krw

    def starts(self, values: Floats) -> dict[StartKey, float]:
        """Start counts at a point."""
        return {key: values[column] for key, column in self.matrix.start_column.items() if values[column] > 0.5}

    def battery_kw(self, values: Floats) -> Floats | None:
        """Net charging power at a point (slots,)."""
        if self.shop.battery is None:
            return None
        column = self.matrix.column
        return np.array([values[column["charge", t]] - values[column["discharge", t]] for t in range(self.shop.slots)])
