"""The linear relaxation of a problem whose requirements may give way: how much, at least, each must."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.explain.relief import Relieved, Resource, relieved
from twin.optimize.formulation.linear_rows import uncollected
from twin.optimize.formulation.matrix import Floats, Matrix, highs_of, matrix_of
from twin.optimize.formulation.model import build
from twin.optimize.solvers import load_sparse

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem

TOLERANCE = 1e-4
SLACK_OF = {
    "power_cap": "short_power",
    "emission_cap": "short_carbon",
    "reduction": "short_reduction",
    "intensity": "short_intensity",
    "lateness": "short_lateness",
    "output": "short_output",
    "closing_stock": "short_stock",
    "lots": "unfinished",
}
"""requirement → its slack in the elastic model, in the order in which they are told"""
LOTS = "lots"


class Elastic:
    """One solver for all questions: only costs and bounds of columns change from one to the next.

    ``slack``: requirement → columns; ``relief``: resource → columns and what a unit of each counts, where asked for with ``reliefs``.
    """

    def __init__(self, problem: Problem, *, reliefs: bool = False) -> None:
        load_sparse()
        further = relieved(problem) if reliefs else Relieved(problem, {})
        self.problem = further.problem
        with uncollected():
            self.matrix = matrix_of(build(self.problem, elastic=True))
        self.slack = {name: found for name, prefix in SLACK_OF.items() if (found := _columns(self.matrix, prefix))}
        self.relief: dict[Resource, dict[int, float]] = {
            resource: {self.matrix.start_column[key]: amount for key, amount in uses.items()}
            for resource, uses in further.uses.items()
        }
        self._solver = highs_of(self.matrix, relaxed=True)
        self._all = np.arange(len(self.matrix.cost), dtype=np.int32)
        self._lots_row = -1
        if LOTS in self.slack:
            missing = np.array(self.slack[LOTS], dtype=np.int32)
            self._lots_row = self.matrix.shape[0]
            self._solver.addRow(-np.inf, np.inf, len(missing), missing, np.ones(len(missing)))

    @property
    def hard(self) -> list[str]:
        """Requirements besides lots."""
        return [name for name in self.slack if name != LOTS]

    def limit_lots(self, most: float) -> None:
        """No more lots than these may be left out from now on."""
        if self._lots_row >= 0:
            self._solver.changeRowBounds(self._lots_row, -np.inf, most + TOLERANCE)

    def least(
        self, wanted: Mapping[str, float], free: Sequence[str], reliefs: Mapping[Resource, float] | None = None
    ) -> Floats | None:
        """The point with the least weighted sum of the slacks ``wanted`` while only ``free`` ones, and of the resources only ``reliefs``
        (with their weights), may be used; None where there is none.
        """
        cost = np.zeros(len(self._all))
        for name, weight in wanted.items():
            cost[self.slack[name]] = weight
        for resource, weight in (reliefs or {}).items():
            for column, amount in self.relief[resource].items():
                cost[column] = weight * amount
        return self.solve(cost, free, tuple(reliefs or ()))

    def solve(
        self, cost: Floats, free: Sequence[str], reliefs: Sequence[Resource] = (), low: Floats | None = None
    ) -> Floats | None:
        """The point (columns,) of least ``cost``, or None. ``low``: other lower bounds than the matrix's."""
        self._solver.changeColsCost(len(cost), self._all, cost)
        low = self.matrix.col_low if low is None else low
        self._solver.changeColsBounds(len(cost), self._all, low, self.highs(free, reliefs))
        self._solver.clearSolver()  # presolve of a fresh start is faster here than the basis of another question
        self._solver.run()
        if self._solver.getInfo().primal_solution_status != 2:
            return None
        return np.asarray(self._solver.getSolution().col_value)

    def highs(self, free: Sequence[str], reliefs: Sequence[Resource] = ()) -> Floats:
        """Upper bounds of the columns where only these slacks and reliefs may be used."""
        high = self.matrix.col_high.copy()
        for name, columns in self.slack.items():
            if name not in free:
                high[columns] = 0.0
        for resource, uses in self.relief.items():
            if resource not in reliefs:
                high[list(uses)] = 0.0
        return high

    def missed(self, values: Floats) -> dict[str, float]:
        """By how much a point misses each requirement, in its unit (kW, kg, h, lots; kg per kg for the intensity)."""
        found = {name: float(values[columns].sum()) for name, columns in self.slack.items()}
        limit = self.problem.targets.intensity_kg_per_kg
        if limit is not None:
            emitted, constant = self.emissions()
            output = float(self.output() @ values)
            ratio = (float(emitted @ values) + constant) / output if output > TOLERANCE else math.inf
            found["intensity"] = max(0.0, ratio - limit)
        return found

    def used(self, values: Floats, resource: Resource) -> float:
        """How much of a resource a point uses, h or kg."""
        return float(sum(values[column] * amount for column, amount in self.relief[resource].items()))

    def certain(self, role: str) -> bool:
        """Whether every schedule begins something of ``role``: the relaxation begins some even where all else gives way."""
        cost = np.zeros(len(self._all))
        mine = [
            column for (name, _), column in self.matrix.start_column.items() if self.problem.tasks[name].role == role
        ]
        cost[mine] = 1.0
        values = self.solve(cost, tuple(self.slack)) if mine else None
        return values is not None and float(values[mine].sum()) > TOLERANCE

    def emissions(self) -> tuple[Floats, float]:
        """Emissions as coefficients of the columns (columns,) and a constant, kg."""
        problem, found = self.problem, np.zeros(len(self._all))
        for t in range(problem.slots):
            found[self.matrix.column["grid", t]] = problem.slot_h * problem.carbon.intensity_kg_per_kwh[t]
        for (name, t), column in self.matrix.start_column.items():
            found[column] += problem.tasks[name].carbon_kg if t >= 0 else 0.0
        return found, problem.carbon.fixed_kg

    def output(self) -> Floats:
        """Good output as coefficients of the columns (columns,), kg."""
        found, last = np.zeros(len(self._all)), self.problem.slots - 1
        for stock, kg in self.problem.goods_kg.items():
            found[self.matrix.column["level", (stock, last)]] = kg
        return found


def _columns(matrix: Matrix, prefix: str) -> list[int]:
    return [j for (name, _), j in matrix.column.items() if name == prefix]
