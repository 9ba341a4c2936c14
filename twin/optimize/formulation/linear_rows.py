"""The rows of a linear Pyomo model, read without Pyomo's general walker: several times faster on models of 10⁵ rows.

Every expression that a linear formulation makes is a sum of constants, variables, constants times variables, and such sums under a sign,
a factor, a divisor or a name. Anything else is refused.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import scipy.sparse
    from pyomo.core import ConcreteModel

INFEASIBLE = 1e-9


@dataclass(frozen=True)
class LinearRows:
    """Rows in compressed form over ``variables``; ``row`` tells the number of a constraint by its id; cost is the objective's."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    cost: NDArray[np.float64]
    offset: float
    variables: list[Any]
    names: list[tuple[str, Any]]
    row: dict[int, int]


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for reference cycles, which finds none in a growing model but walks over all of it again and again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class Reader:
    """Terms of expressions; columns in the order in which their components first appear, the objective's first."""

    def __init__(self) -> None:
        from pyomo.core import SortComponents
        from pyomo.core.expr import numeric_expr as kinds

        self.order = SortComponents.ORDERED_INDICES
        self.column: dict[int, int] = {}
        self.variables: list[Any] = []
        self.names: list[tuple[str, Any]] = []
        self.monomial = kinds.MonomialTermExpression
        self.sums = (kinds.LinearExpression, kinds.SumExpression)
        self.negation = kinds.NegationExpression
        self.product = kinds.ProductExpression
        self.division = kinds.DivisionExpression

    def column_of(self, variable: Any) -> int:
        """The column of a variable; its whole component gets columns when the first of it appears."""
        found = self.column.get(id(variable))
        if found is not None:
            return found
        component = variable.parent_component()
        for index, one in component.items(self.order):
            self.column[id(one)] = len(self.variables)
            self.variables.append(one)
            self.names.append((component.local_name, index))
        return self.column[id(variable)]

    def terms(self, expression: Any) -> tuple[dict[int, float], float]:
        """Coefficients by column, and the constant. Raises TypeError where the expression is not linear as described above."""
        found: dict[int, float] = {}
        constant = self.add(found, 1.0, expression)
        if 0.0 in found.values():
            found = {column: factor for column, factor in found.items() if factor}
        return found, constant

    def add(self, found: dict[int, float], scale: float, node: Any) -> float:
        """Adds ``scale`` times the terms of a node in their order, and returns the constant among them."""
        kind = node.__class__
        if kind in self.sums:
            constant, column, monomial = 0.0, self.column, self.monomial
            for argument in node.args:
                if argument.__class__ is monomial:
                    factor, variable = argument._args_
                    at = column.get(id(variable))
                    at = self.column_of(variable) if at is None else at
                    found[at] = found.get(at, 0.0) + scale * factor
                else:
                    constant += self.add(found, scale, argument)
            return constant
        if kind is float or kind is int or not hasattr(node, "is_expression_type"):
            return scale * float(node)
        if kind is self.monomial:
            factor, variable = node.args
            at = self.column_of(variable)
            found[at] = found.get(at, 0.0) + scale * factor
            return 0.0
        if node.is_variable_type():
            at = self.column_of(node)
            found[at] = found.get(at, 0.0) + scale
            return 0.0
        factor, part = self.part(node)
        return self.add(found, scale * factor, part)

    def part(self, node: Any) -> tuple[float, Any]:
        """What a sign, factor, divisor or name stands before, and that as a factor. Raises TypeError for anything else."""
        kind = node.__class__
        if node.is_named_expression_type():
            return 1.0, node.expr
        if kind is self.negation:
            return -1.0, node.args[0]
        if kind is self.product and isinstance(node.args[0], float | int):
            return float(node.args[0]), node.args[1]
        if kind is self.product and isinstance(node.args[1], float | int):
            return float(node.args[1]), node.args[0]
        if kind is self.division and isinstance(node.args[1], float | int):
            return 1.0 / float(node.args[1]), node.args[0]
        msg = f"{kind.__name__} is not linear: {node}"
        raise TypeError(msg)


def linear_rows(model: ConcreteModel) -> LinearRows:
    """The rows, columns and objective of a linear model without duplicate columns; rows without any column fall out.

    Raises TypeError where an expression is not linear, ValueError where a row without columns cannot hold, or there is not one objective.
    """
    import pyomo.core as pyo
    import scipy.sparse

    reader = Reader()
    objectives = list(model.component_data_objects(pyo.Objective, active=True))
    if len(objectives) != 1:
        msg = f"{len(objectives)} objectives, not one"
        raise ValueError(msg)
    cost_of, offset = reader.terms(objectives[0].expr)
    row: dict[int, int] = {}
    columns: list[int] = []
    values: list[float] = []
    low: list[float] = []
    high: list[float] = []
    ends = [0]
    for constraint in model.component_data_objects(pyo.Constraint, active=True, sort=reader.order):
        least, body, most = constraint.to_bounded_expression(evaluate_bounds=True)
        terms, constant = reader.terms(body)
        below = -np.inf if least is None else least - constant
        above = np.inf if most is None else most - constant
        if not terms:
            if below > INFEASIBLE or above < -INFEASIBLE:
                msg = f"{constraint.name} cannot hold: {below:g} ≤ 0 ≤ {above:g}"
                raise ValueError(msg)
            continue
        row[id(constraint)] = len(low)
        columns += terms
        values += terms.values()
        ends.append(len(columns))
        low.append(below)
        high.append(above)
    table = scipy.sparse.csr_matrix((values, columns, ends), shape=(len(low), len(reader.variables)))
    table.sort_indices()
    cost = np.zeros(len(reader.variables))
    cost[list(cost_of)] = list(cost_of.values())
    keep, indices = used_columns(table, cost_of)
    return LinearRows(
        indptr=table.indptr.astype(np.int32),
        indices=indices,
        values=np.asarray(table.data, dtype=float),
        low=np.array(low, dtype=float),
        high=np.array(high, dtype=float),
        cost=cost[keep],
        offset=offset,
        variables=[reader.variables[k] for k in keep],
        names=[reader.names[k] for k in keep],
        row=row,
    )


def used_columns(
    table: scipy.sparse.csr_matrix, cost_of: dict[int, float]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Columns that stand in some row or in the objective, and the table's column indices counted among these."""
    used = np.zeros(table.shape[1], dtype=bool)
    used[table.indices] = True
    used[list(cost_of)] = True
    return np.flatnonzero(used), (np.cumsum(used) - 1)[table.indices].astype(np.int32)
