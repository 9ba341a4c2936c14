"""Pyomo model → sparse matrix → HiGHS, and back. Everything that is solved repeatedly works on the matrix.

Pyomo states the model once; its rows read directly (:mod:`twin.optimize.formulation.linear_rows`) and ``passModel`` hand it over much
faster than Pyomo's own HiGHS interfaces, and bounds can then be changed in place.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.optimize.formulation.linear_rows import linear_rows

if TYPE_CHECKING:
    import highspy
    import scipy.sparse
    from pyomo.core import ConcreteModel

Floats = NDArray[np.float64]
StartKey = tuple[str, int]


@dataclass(frozen=True)
class Matrix:
    """min c·x + offset over row_low ≤ A x ≤ row_high, col_low ≤ x ≤ col_high; A in compressed rows.

    ``start_column`` gives the column of each start count (task, slot), ``column`` that of any variable by (name, index); ``slot`` the slot
    that a column belongs to, −1 for none. ``load_row`` is the row of the power balance of each slot.
    """

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: Floats
    row_low: Floats
    row_high: Floats
    col_low: Floats
    col_high: Floats
    cost: Floats
    offset: float
    integer: NDArray[np.bool_]
    start_column: Mapping[StartKey, int]
    column: Mapping[tuple[str, Any], int]
    slot: NDArray[np.int64]
    load_row: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return len(self.row_low), len(self.cost)

    def product(self, x: Floats) -> Floats:
        """A x."""
        return np.asarray(self.by_row @ x)

    def transposed_product(self, y: Floats) -> Floats:
        """Aᵀ y."""
        return np.asarray(self.by_row.T @ y)

    @functools.cached_property
    def by_row(self) -> scipy.sparse.csr_matrix:
        """A in compressed rows."""
        import scipy.sparse

        return scipy.sparse.csr_matrix((self.values, self.indices, self.indptr), shape=self.shape)

    @functools.cached_property
    def by_column(self) -> scipy.sparse.csc_matrix:
        """A in compressed columns."""
        return self.by_row.tocsc()

    def restricted(self, columns: NDArray[np.int64], low: Floats, high: Floats, point: Floats) -> Matrix:
        """The problem of some ``columns`` between new bounds (columns of the whole,), all others as they are at ``point``.

        Rows that hold none of them fall out; its objective is that of the whole. It has no names.
        """
        mine = self.by_column[:, columns].tocsr()
        rows = np.flatnonzero(np.diff(mine.indptr))
        kept, rest = mine[rows], point.copy()
        rest[columns] = 0.0
        moved = self.product(rest)[rows]
        return replace(
            self,
            indptr=kept.indptr.astype(np.int32),
            indices=kept.indices.astype(np.int32),
            values=kept.data,
            row_low=self.row_low[rows] - moved,
            row_high=self.row_high[rows] - moved,
            col_low=low[columns],
            col_high=high[columns],
            cost=self.cost[columns],
            offset=self.offset + float(self.cost @ rest),
            integer=self.integer[columns],
            start_column={},
            column={},
            slot=self.slot[columns],
            load_row=np.zeros(0, dtype=np.int64),
        )


def matrix_of(model: ConcreteModel) -> Matrix:
    """The standard form of a model built by :func:`twin.optimize.formulation.model.build`."""
    form = linear_rows(model)
    variables, names = form.variables, form.names
    bounds = [variable.bounds for variable in variables]
    rows = [form.row[id(row)] for row in model.load_balance.values()]
    return Matrix(
        indptr=form.indptr,
        indices=form.indices,
        values=form.values,
        row_low=form.low,
        row_high=form.high,
        col_low=np.array([-np.inf if low is None else low for low, _ in bounds], dtype=float),
        col_high=np.array([np.inf if high is None else high for _, high in bounds], dtype=float),
        cost=form.cost,
        offset=form.offset,
        integer=np.array([variable.is_integer() for variable in variables]),
        start_column={index: j for j, (name, index) in enumerate(names) if name == "start"},
        column={name: j for j, name in enumerate(names)},
        slot=np.array([_slot(index) for _, index in names], dtype=np.int64),
        load_row=np.array(rows, dtype=np.int64),
    )


def _slot(index: Any) -> int:
    """The slot that ends a variable's index; −1 where none does."""
    last = index[-1] if isinstance(index, tuple) else index
    return last if isinstance(last, int) else -1


def highs_of(matrix: Matrix, *, relaxed: bool = False, **options: float | str | bool) -> highspy.Highs:
    """A silent, single-threaded HiGHS holding ``matrix``; ``relaxed`` drops integrality."""
    import highspy

    lp = highspy.HighsLp()
    rows, columns = matrix.shape
    lp.num_row_, lp.num_col_ = rows, columns
    lp.col_cost_, lp.offset_ = matrix.cost, matrix.offset
    lp.col_lower_, lp.col_upper_ = matrix.col_low, matrix.col_high
    lp.row_lower_, lp.row_upper_ = matrix.row_low, matrix.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.values
    if not relaxed:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[bool(flag)] for flag in matrix.integer]
    make: Any = highspy.Highs
    solver: highspy.Highs = make()
    for name, value in {"output_flag": False, "threads": 1, "random_seed": 0, **options}.items():
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    return solver
