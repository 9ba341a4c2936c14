"""The matrix with new figures is the matrix that would have been built, and a slice of it is the same problem with the rest held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.optimize.workshop import workshop
from twin.optimize.formulation.matrix import Matrix, highs_of, matrix_of
from twin.optimize.formulation.model import build
from twin.optimize.formulation.refigured import differs_in_load_only, matrix_for, refigured
from twin.optimize.problem.network import Problem
from twin.optimize.search.anytime import Budget, Search, silent
from twin.optimize.search.greedy import dispatch
from twin.optimize.search.neighbourhood import Neighbourhood

DAY = workshop(1, lots=(3, 2))
BUILT = matrix_of(build(DAY))


def with_load(problem: Problem, base_kw: float, factor: float) -> Problem:
    """Another base load, and heats that draw otherwise."""
    tasks = {
        name: replace(task, profile_kw=task.profile_kw * factor) if task.role == "heat" else task
        for name, task in problem.tasks.items()
    }
    return replace(problem, base_kw=problem.base_kw + base_kw, tasks=tasks)


def dense(matrix: Matrix) -> np.ndarray:
    """A as a whole table."""
    return np.asarray(matrix.by_row.todense())


@settings(max_examples=8, deadline=None)
@given(st.floats(-20.0, 50.0), st.floats(0.5, 1.5))
def test_new_figures_give_the_matrix_that_would_be_built(base_kw: float, factor: float) -> None:
    """Proves: refiguring equals building, row by row and bound by bound, whatever the load.

    Sensitivity: with a wrong sign or slot a coefficient of the power balance would differ by kilowatts.
    """
    other = with_load(DAY, base_kw, factor)
    fresh, quick = matrix_of(build(other)), refigured(BUILT, DAY, other)
    for one, other_one in (
        (dense(quick), dense(fresh)),
        (quick.row_low, fresh.row_low),
        (quick.row_high, fresh.row_high),
    ):
        assert np.allclose(one, other_one, rtol=0.0, atol=1e-9)
    assert np.array_equal(quick.cost, fresh.cost)


def test_only_a_change_of_load_is_refigured() -> None:
    """A price, a due date or a task more is no change of load; the matrix is built again then, with the new price in it."""
    dearer = replace(DAY, price_krw_per_kwh=DAY.price_krw_per_kwh * 2.0)
    earlier = replace(DAY, dues=tuple(replace(due, required=due.required - 1.0) for due in DAY.dues))
    fewer = replace(DAY, tasks=dict(list(DAY.tasks.items())[:-1]))
    assert differs_in_load_only(DAY, with_load(DAY, 5.0, 0.9))
    assert not any(differs_in_load_only(DAY, other) for other in (dearer, earlier, fewer))
    grid = BUILT.column["grid", 3]
    dearer_krw = matrix_for(dearer, (DAY, BUILT)).cost[grid] - BUILT.cost[grid]
    assert dearer_krw == pytest.approx(DAY.slot_h * DAY.price_krw_per_kwh[3])


def test_a_slice_costs_what_the_whole_does_with_the_rest_held() -> None:
    """Proves: the optimum of some columns, the others held, is that of the whole with the others' bounds drawn together.

    Sensitivity: without what the held columns give to a row, the slice's optimum would be another one (or none).
    """
    search = Search(DAY, Budget(5, None), silent)
    assert search.complete(dispatch(DAY))
    assert search.values is not None
    values = search.values
    columns = np.flatnonzero((BUILT.slot >= 10) & (BUILT.slot < 40))
    part = highs_of(BUILT.restricted(columns, BUILT.col_low, BUILT.col_high, values))
    held = replace(BUILT, col_low=values.copy(), col_high=values.copy())
    held.col_low[columns], held.col_high[columns] = BUILT.col_low[columns], BUILT.col_high[columns]
    whole = highs_of(held)
    part.run()
    whole.run()
    assert part.getInfo().objective_function_value == pytest.approx(whole.getInfo().objective_function_value, rel=1e-6)
    assert part.getInfo().objective_function_value <= search.objective_krw + 1e-6


def test_a_window_keeps_what_lies_outside_it() -> None:
    """Starts before and after the window stay as they were, and the point remains feasible for every row of the whole."""
    search = Search(DAY, Budget(5, None), silent)
    search.complete(dispatch(DAY))
    before = search.values
    search.improve(Neighbourhood("window", 20, 60))
    after = search.values
    assert before is not None
    assert after is not None
    outside = [j for (_, slot), j in BUILT.start_column.items() if BUILT.integer[j] and not 20 <= slot < 60]
    assert np.array_equal(before[outside], after[outside])
    rows = BUILT.product(after)
    assert np.all(rows >= BUILT.row_low - 1e-5)
    assert np.all(rows <= BUILT.row_high + 1e-5)
