"""The search: anytime, never worse than its start, the same plan each time when limited by iterations, bounds that bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.optimize.tiny import one_machine
from tests.optimize.workshop import workshop
from twin.optimize.formulation.bound import lagrangian_krw
from twin.optimize.formulation.matrix import matrix_of
from twin.optimize.formulation.model import build
from twin.optimize.search.anytime import search
from twin.optimize.search.greedy import dispatch, lateness_lot_slots, off_peak_dispatch

DAY = workshop(2, lots=(6, 4))


def test_never_worse_than_its_start_and_better_with_more_iterations() -> None:
    """Costs fall from the start through 2 to 20 iterations, and never below the bound."""
    start = dispatch(DAY)
    first = search(DAY, [start], iterations=0)
    few, more = search(DAY, [start], iterations=2), search(DAY, [start], iterations=20)
    assert first.objective_krw >= few.objective_krw >= more.objective_krw >= more.bound_krw
    assert more.objective_krw < first.objective_krw
    assert (first.stopped_by, first.iterations) == ("iterations", 0)


def test_limited_by_iterations_it_gives_the_same_plan_each_time() -> None:
    """Two searches with equal limits give equal starts, to the last count."""
    one, other = (search(DAY, [dispatch(DAY)], iterations=5) for _ in range(2))
    assert one.starts == other.starts
    assert one.objective_krw == other.objective_krw


def test_seconds_are_kept_and_said() -> None:
    """A search limited by seconds says so (or that it proved its optimum first)."""
    found = search(DAY, [dispatch(DAY)], seconds=2.0)
    assert found.stopped_by in {"seconds", "optimal", "iterations"}
    assert found.objective_krw < np.inf


def test_a_limit_is_needed() -> None:
    """Without iterations or seconds a search would not end."""
    with pytest.raises(ValueError, match="needs a limit"):
        search(DAY, [])


def test_dispatches_are_feasible_for_the_formulation() -> None:
    """What the forward passes give breaks no row: HiGHS completes it, and nothing is late."""
    for starts in (dispatch(DAY), off_peak_dispatch(DAY), off_peak_dispatch(DAY, ("heat", "lot"))):
        assert lateness_lot_slots(DAY, starts) == 0.0
        assert search(DAY, [starts], iterations=0, bound=False).status == "feasible"


def test_off_peak_moves_heats_out_of_dear_hours() -> None:
    """The rule of thumb starts no more heats in on-peak slots than plain dispatch does, at no more lateness."""

    def dear(starts: dict[tuple[str, int], float]) -> float:
        return sum(
            n
            for (task, slot), n in starts.items()
            if DAY.tasks[task].role == "heat" and DAY.price_krw_per_kwh[slot] > 200.0
        )

    plain, thumb = dispatch(DAY), off_peak_dispatch(DAY)
    assert dear(thumb) <= dear(plain)
    assert lateness_lot_slots(DAY, thumb) <= lateness_lot_slots(DAY, plain)


@settings(max_examples=25)
@given(st.lists(st.floats(-1e3, 1e3), min_size=40, max_size=40), st.lists(st.integers(1, 30), min_size=4, max_size=4))
def test_any_multipliers_bound_from_below(duals: list[float], prices: list[int]) -> None:
    """Weak duality: whatever the duals, the Lagrangian value is no higher than the optimum."""
    problem = one_machine(np.array(prices, dtype=float), lots=2)
    matrix = matrix_of(build(problem))
    best = search(problem, [], iterations=2)
    y = np.resize(np.array(duals), matrix.shape[0])
    assert lagrangian_krw(matrix, y, best.objective_krw) <= best.objective_krw + 1e-6
