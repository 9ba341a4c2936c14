"""The matrix of a problem from that of one that differs only in its load: what a replay tells anew need not be built anew.

Between two turns of the loop the load of what is not scheduled changes, and the energy of heats. Both stand in the rows of the power
balance alone: the base load on the right-hand side, the profiles of tasks as coefficients of their starts.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.optimize.formulation.linear_rows import uncollected
from twin.optimize.formulation.matrix import Matrix, matrix_of
from twin.optimize.formulation.model import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.optimize.problem.network import Problem, Task


def matrix_for(problem: Problem, known: tuple[Problem, Matrix] | None = None) -> Matrix:
    """The matrix of ``problem``: that of the ``known`` one with new figures where only the load differs, else built."""
    if known is not None and differs_in_load_only(known[0], problem):
        return refigured(known[1], known[0], problem)
    with uncollected():
        return matrix_of(build(problem))


def differs_in_load_only(one: Problem, other: Problem) -> bool:
    """Whether two problems are equal but for ``base_kw`` and the values of ``profile_kw``."""
    shown = [f.name for f in fields(one) if f.name not in ("base_kw", "tasks", "notes")]
    if not all(same(getattr(one, name), getattr(other, name)) for name in shown):
        return False
    return list(one.tasks) == list(other.tasks) and all(
        _same_task(task, other.tasks[name]) for name, task in one.tasks.items()
    )


def _same_task(one: Task, other: Task) -> bool:
    return len(one.profile_kw) == len(other.profile_kw) and same(replace(one, profile_kw=other.profile_kw), other)


def same(one: Any, other: Any) -> bool:
    """Equality of plain data with arrays in it."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    if is_dataclass(one) and type(one) is type(other):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def refigured(matrix: Matrix, one: Problem, other: Problem) -> Matrix:
    """The matrix of ``other`` from that of ``one``. The sign of a row is read from its own coefficient of the power bought."""
    import scipy.sparse

    rows = matrix.load_row
    grid = [matrix.column["grid", t] for t in range(one.slots)]
    sign = np.asarray(matrix.by_row[rows, grid]).ravel()
    moved = sign * (other.base_kw - one.base_kw)
    low, high = matrix.row_low.copy(), matrix.row_high.copy()
    low[rows] += moved
    high[rows] += moved
    at, columns, values = _profile_changes(matrix.start_column, one, other)
    change = scipy.sparse.coo_matrix((-sign[at] * values, (rows[at], columns)), shape=matrix.shape)
    total = (matrix.by_row + change.tocsr()).tocsr()
    return replace(
        matrix,
        indptr=total.indptr.astype(np.int32),
        indices=total.indices.astype(np.int32),
        values=total.data,
        row_low=low,
        row_high=high,
    )


def _profile_changes(
    start_column: Mapping[tuple[str, int], int], one: Problem, other: Problem
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slot, column and change of power of each start whose task draws otherwise than before, slot by slot."""
    found: list[tuple[int, int, float]] = []
    for name, task in other.tasks.items():
        change = task.profile_kw - one.tasks[name].profile_kw
        drawn = [(int(q), float(change[q])) for q in np.flatnonzero(change)]
        for t in other.starts(task) if drawn else ():
            column = start_column[name, t]
            found += [(t + q, column, power) for q, power in drawn if t + q < other.slots]
    slots, columns, powers = zip(*found, strict=True) if found else ((), (), ())
    return np.array(slots, dtype=np.int64), np.array(columns, dtype=np.int64), np.array(powers, dtype=float)
