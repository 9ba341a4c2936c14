"""What a front sets against cost: emissions, lateness, peak; each as rows on one more column of a problem's matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from twin.optimize.formulation.matrix import Floats, Matrix

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem
    from twin.optimize.search.anytime import Solution

Axis = Literal["carbon", "lateness", "peak"]
MEASURE: tuple[str, Any] = ("measure", None)
"""name of the added column"""


@dataclass(frozen=True)
class Measure:
    """``rows`` gives weights (rows, columns) and constants (rows,) with weights·x + constants ≤ M; ``value`` the measure of a solution in
    ``unit``; ``unpriced`` the problem that does not charge for it.
    """

    axis: Axis
    unit: str
    rows: Callable[[Matrix, Problem], tuple[Any, Floats]]
    value: Callable[[Problem, Solution], float]
    unpriced: Callable[[Problem], Problem]


def measured(matrix: Matrix, problem: Problem, measure: Measure) -> Matrix:
    """The matrix with one more column M ≥ 0 at no cost, and the rows that hold it from below; M's upper end is the limit to be set."""
    import scipy.sparse

    weights, constants = measure.rows(matrix, problem)
    rows, columns = matrix.shape
    count = len(constants)
    below = scipy.sparse.hstack([weights, scipy.sparse.csr_matrix(-np.ones((count, 1)))])
    whole = scipy.sparse.vstack(
        [scipy.sparse.hstack([matrix.by_row, scipy.sparse.csr_matrix((rows, 1))]), below]
    ).tocsr()
    return replace(
        matrix,
        indptr=whole.indptr.astype(np.int32),
        indices=whole.indices.astype(np.int32),
        values=whole.data.astype(float),
        row_low=np.concatenate([matrix.row_low, np.full(count, -np.inf)]),
        row_high=np.concatenate([matrix.row_high, -constants]),
        col_low=np.append(matrix.col_low, 0.0),
        col_high=np.append(matrix.col_high, np.inf),
        cost=np.append(matrix.cost, 0.0),
        integer=np.append(matrix.integer, False),
        column={**matrix.column, MEASURE: columns},
        slot=np.append(matrix.slot, -1),
    )


def carbon_rows(matrix: Matrix, problem: Problem) -> tuple[Any, Floats]:
    """Σ_t h·intensity[t]·grid[t] + Σ_i carbon[i]·Σ_t N[i,t] + fixed ≤ M  (kg CO2e in the horizon)."""
    weights = _nothing(matrix, 1)
    for t, intensity in enumerate(problem.carbon.intensity_kg_per_kwh):
        weights[0, matrix.column["grid", t]] = problem.slot_h * float(intensity)
    for (task, _), column in matrix.start_column.items():
        if problem.tasks[task].carbon_kg:
            weights[0, column] = problem.tasks[task].carbon_kg
    return weights.tocsr(), np.array([problem.carbon.fixed_kg])


def lateness_rows(matrix: Matrix, problem: Problem) -> tuple[Any, Floats]:
    """Σ_(p,t) h·late[p,t] ≤ M  (hours of lateness, summed over lots)."""
    weights = _nothing(matrix, 1)
    for (name, _), column in matrix.column.items():
        if name == "late":
            weights[0, column] = problem.slot_h
    return weights.tocsr(), np.zeros(1)


def peak_rows(matrix: Matrix, problem: Problem) -> tuple[Any, Floats]:
    """grid[t] ≤ M in every slot t  (kW, mean of the slot)."""
    weights = _nothing(matrix, problem.slots)
    for t in range(problem.slots):
        weights[t, matrix.column["grid", t]] = 1.0
    return weights.tocsr(), np.zeros(problem.slots)


def _nothing(matrix: Matrix, rows: int) -> Any:
    import scipy.sparse

    return scipy.sparse.lil_matrix((rows, matrix.shape[1]))


def carbon_kg(problem: Problem, solution: Solution) -> float:
    """Emissions of a solution in the horizon, kg CO2e."""
    grid = np.array([solution.values["grid", t] for t in range(problem.slots)])
    burnt = sum(problem.tasks[task].carbon_kg * count for (task, _), count in solution.starts.items())
    return float(grid @ problem.carbon.intensity_kg_per_kwh) * problem.slot_h + burnt + problem.carbon.fixed_kg


def lateness_h(problem: Problem, solution: Solution) -> float:
    """Hours of lateness, summed over lots: due by the end of a slot and not done then."""
    late = 0.0
    for due in problem.dues:
        done = np.array([solution.values["level", (due.done, t)] for t in range(problem.slots)])
        late += float(np.maximum(due.cumulative - done, 0.0).sum())
    return late * problem.slot_h


def peak_kw(problem: Problem, solution: Solution) -> float:
    """The highest mean of a slot at the meter, kW."""
    return max(solution.values["grid", t] for t in range(problem.slots))


def _no_carbon_price(problem: Problem) -> Problem:
    return replace(problem, carbon=replace(problem.carbon, price_krw_per_kg=0.0))


def _no_price_of_lateness(problem: Problem) -> Problem:
    return replace(problem, dues=tuple(replace(due, late_krw=0.0) for due in problem.dues))


def _as_it_is(problem: Problem) -> Problem:
    """Demand charges stay: a peak costs what the tariff says, and the front says what going below that costs more."""
    return problem


MEASURES: Mapping[Axis, Measure] = {
    "carbon": Measure("carbon", "kg", carbon_rows, carbon_kg, _no_carbon_price),
    "lateness": Measure("lateness", "h", lateness_rows, lateness_h, _no_price_of_lateness),
    "peak": Measure("peak", "kW", peak_rows, peak_kw, _as_it_is),
}
