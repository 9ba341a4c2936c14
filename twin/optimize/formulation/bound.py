"""A lower bound on the cost of every schedule of a problem, valid whatever the solver's tolerance."""

from __future__ import annotations

import numpy as np

from twin.optimize.formulation.matrix import Floats, Matrix, highs_of

INTERIOR = 1e-4
"""Relative tolerance at which a bound loses less than a hundredth of a percent."""


def dual_bound_krw(matrix: Matrix, incumbent_krw: float, *, method: str = "ipm", seconds: float | None = None) -> float:
    """Bound (KRW) from the row duals of the linear relaxation, recomputed by :func:`lagrangian_krw`; −∞ where there are no duals.

    ``incumbent_krw`` is the cost of any feasible schedule. An inexact dual solution only loosens the bound; the interior-point method
    is followed by crossover because without it HiGHS now and then ends these models with useless duals.
    """
    options: dict[str, float | int | str | bool] = {"solver": method}
    if seconds is not None:
        options["time_limit"] = seconds
    solver = highs_of(matrix, relaxed=True, **options)
    solver.run()
    solution = solver.getSolution()
    if not solution.dual_valid:
        return -np.inf
    return lagrangian_krw(matrix, np.asarray(solution.row_dual), incumbent_krw)


def interior_duals(matrix: Matrix, tolerance: float = INTERIOR) -> Floats | None:
    """Row multipliers (rows,) of the linear relaxation by interior points, no nearer to the optimum than ``tolerance`` and without the long
    way to a vertex; any multipliers give a bound. None where there are none.
    """
    solver = highs_of(matrix, relaxed=True, solver="ipm", run_crossover="off", ipm_optimality_tolerance=tolerance)
    solver.run()
    duals = np.asarray(solver.getSolution().row_dual)
    return duals if duals.shape == matrix.row_low.shape and np.isfinite(duals).all() else None


def lagrangian_krw(matrix: Matrix, duals: Floats, incumbent_krw: float) -> float:
    """Lagrangian value of the row multipliers ``duals`` (rows,): b·y + Σ_j min over the box of (c − Aᵀy)_j x_j + offset, KRW.

    A lower bound for any y whose sign fits its row (weak duality).
    """
    y = np.where(np.isneginf(matrix.row_low), np.minimum(duals, 0.0), duals)
    y = np.where(np.isposinf(matrix.row_high), np.maximum(y, 0.0), y)
    right = np.where(y > 0, matrix.row_low, matrix.row_high)
    reduced = matrix.cost - matrix.transposed_product(y)
    at = np.where(reduced > 0, matrix.col_low, box_top(matrix, incumbent_krw))
    used, priced = y != 0, reduced != 0
    return float(np.sum(y[used] * right[used]) + np.sum(reduced[priced] * at[priced]) + matrix.offset)


def box_top(matrix: Matrix, incumbent_krw: float) -> Floats:
    """Upper ends of the columns' box (columns,). A column without one cannot exceed incumbent ÷ its cost in any better schedule,
    because no cost is negative; a free column without cost (none that a derived problem has) is bounded by the rows' total size.
    """
    sides = np.concatenate([matrix.row_low[np.isfinite(matrix.row_low)], matrix.row_high[np.isfinite(matrix.row_high)]])
    free = float(np.abs(sides).sum()) + 1.0
    by_cost = np.divide(
        max(incumbent_krw, 0.0), matrix.cost, out=np.full(len(matrix.cost), free), where=matrix.cost > 0
    )
    return np.where(np.isposinf(matrix.col_high), by_cost, matrix.col_high)


def relative_gap(objective_krw: float, bound_krw: float) -> float:
    """(objective − bound) ÷ |objective|, never negative; infinite without a bound."""
    if not np.isfinite(bound_krw):
        return float("inf")
    return max(0.0, objective_krw - bound_krw) / max(abs(objective_krw), 1e-9)
