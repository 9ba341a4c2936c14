"""Pyomo model → sparse matrix → HiGHS, and back. Everything that is solved repeatedly works on the matrix.

Pyomo states the model once; ``LinearStandardFormCompiler`` and ``passModel`` hand it over about three times faster than Pyomo's own
HiGHS interfaces, and bounds can then be changed in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import highspy
    from pyomo.environ import ConcreteModel

Floats = NDArray[np.float64]
StartKey = tuple[str, int]


@dataclass(frozen=True)
class Matrix:
    """min c·x + offset over row_low ≤ A x ≤ row_high, col_low ≤ x ≤ col_high; A in compressed rows.

    ``start_column`` gives the column of each start count (task, slot), ``column`` that of any variable by (name, index).
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

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return len(self.row_low), len(self.cost)

    def product(self, x: Floats) -> Floats:
        """A x."""
        import scipy.sparse

        return np.asarray(scipy.sparse.csr_matrix((self.values, self.indices, self.indptr), shape=self.shape) @ x)

    def transposed_product(self, y: Floats) -> Floats:
        """Aᵀ y."""
        import scipy.sparse

        return np.asarray(scipy.sparse.csr_matrix((self.values, self.indices, self.indptr), shape=self.shape).T @ y)


def matrix_of(model: ConcreteModel) -> Matrix:
    """The standard form of a model built by :func:`twin.optimize.formulation.build`."""
    import pyomo.environ as pyo
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    a = form.A.tocsr()
    right = np.asarray(form.rhs, dtype=float)
    kinds = np.array([row.bound_type for row in form.rows])
    keys = {
        id(v): (component.local_name, index)
        for component in model.component_objects(pyo.Var)
        for index, v in component.items()
    }
    names = [keys[id(v)] for v in form.columns]
    lows = [-np.inf if v.lb is None else v.lb for v in form.columns]
    highs = [np.inf if v.ub is None else v.ub for v in form.columns]
    return Matrix(
        indptr=a.indptr.astype(np.int32),
        indices=a.indices.astype(np.int32),
        values=a.data.astype(float),
        row_low=np.where(kinds == 1, -np.inf, right),
        row_high=np.where(kinds == -1, np.inf, right),
        col_low=np.array(lows, dtype=float),
        col_high=np.array(highs, dtype=float),
        cost=np.asarray(form.c.todense()).ravel().astype(float),
        offset=float(np.ravel(form.c_offset)[0]),
        integer=np.array([v.is_integer() for v in form.columns]),
        start_column={index: j for j, (name, index) in enumerate(names) if name == "start"},
        column={name: j for j, name in enumerate(names)},
    )


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
