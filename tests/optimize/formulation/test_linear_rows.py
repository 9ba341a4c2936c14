"""Rows read from Pyomo models without its general walker."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from tests.optimize.shops import little_shop
from twin.optimize.formulation.linear_rows import linear_rows
from twin.optimize.formulation.model import build
from twin.optimize.formulation.shop import problem_of


def test_rows_are_those_of_pyomos_compiler() -> None:
    """Proves: on a whole shop (states, loads, battery, PV, months, dues) matrix, costs and column order are Pyomo's own.

    Sensitivity: a sign, factor or constant lost in any kind of expression changes a coefficient or a side.
    """
    model = build(problem_of(little_shop(1)))
    rows, form = linear_rows(model), LinearStandardFormCompiler().write(model, mixed_form=True)
    theirs = form.A.tocsr()
    theirs.sort_indices()
    assert [id(one) for one in rows.variables] == [id(one) for one in form.columns]
    assert np.array_equal(rows.indptr, theirs.indptr)
    assert np.array_equal(rows.indices, theirs.indices)
    assert rows.values == pytest.approx(theirs.data)
    assert rows.cost == pytest.approx(np.asarray(form.c.todense()).ravel())
    kinds = np.array([row.bound_type for row in form.rows])
    sides = np.array(form.rhs, dtype=float)
    assert rows.low[kinds <= 0] == pytest.approx(sides[kinds <= 0])
    assert rows.high[kinds >= 0] == pytest.approx(sides[kinds >= 0])


def test_what_is_not_linear_is_refused() -> None:
    """Proves: a square is told by its kind, a row without columns that cannot hold by its name, and two objectives by their number."""
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 1))
    model.objective = pyo.Objective(expr=model.x**2)
    with pytest.raises(TypeError, match="not linear"):
        linear_rows(model)
    model.objective.set_value(3 * (model.x + 1) / 2)
    assert linear_rows(model).cost.tolist() == [1.5]
    assert linear_rows(model).offset == 1.5
    model.never = pyo.Constraint(expr=0 * model.x >= 1)
    with pytest.raises(ValueError, match="never cannot hold"):
        linear_rows(model)
    model.other = pyo.Objective(expr=model.x)
    with pytest.raises(ValueError, match="2 objectives"):
        linear_rows(model)
