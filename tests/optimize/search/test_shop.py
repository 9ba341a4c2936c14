"""Whole solutions of small shops: allowed, costed exactly, certified, repeatable, never worse than where they began."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.optimize.line import line, random_shop, way
from tests.optimize.shops import best, checked, little_shop
from tests.support import needs_data
from twin.optimize.check.shop_cost import check_shop_plan
from twin.optimize.insertion.search import dispatch_shop
from twin.optimize.problem.shop import Operation
from twin.optimize.search.shop import solve_shop

SMALL_KRW = 1e-3


@settings(max_examples=3, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_solutions_are_allowed_and_cost_what_they_say(seed: int) -> None:
    """Proves: on random shops with states, loads, waits, crew, PV, battery and demand a solution breaks no rule, its stated cost is the
    recomputed one, no better than the bound, and no worse than the completed dispatch.
    """
    solution = solve_shop(little_shop(seed), iterations=1)
    assert solution.plan is not None
    assert check_shop_plan(little_shop(seed), solution.plan) == ()
    assert solution.bound_krw <= solution.objective_krw <= solution.start_krw + SMALL_KRW


@pytest.mark.parametrize("seed", range(3))
def test_matrix_and_plan_cost_the_same(seed: int) -> None:
    """Proves: the formulation's optimum, read back as a plan and costed by code that shares nothing with it, is equal to 1 KRW.

    Sensitivity: a wrong coefficient of any term (holding, idling, start-up, load, job, demand, carry, carbon, lateness) parts the two.
    """
    shop = replace(little_shop(seed), battery=None)
    plan = best(shop)
    assert checked(shop, plan) == pytest.approx(plan.cost_krw, abs=1.0)


def test_two_jobs_by_hand() -> None:
    """Proves: two jobs on one machine are put into the two cheapest slots and the optimum is proved.

    Sensitivity: the dispatch that it starts from takes the first two slots, 1,000 KRW.
    """
    shop = line([9, 1, 5, 2], [(0, None)] * 2, [Operation("a", {"m": way(1, 100)})])
    solution = solve_shop(shop, iterations=5)
    assert solution.objective_krw == pytest.approx(300.0)
    assert solution.start_krw == pytest.approx(1000.0)
    assert solution.status == "optimal"
    assert solution.gap <= 1e-6


def test_a_known_matrix_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: the matrix that a solution hands over gives the same plan to the next search, which builds none."""
    shop = little_shop(7)
    first = solve_shop(shop, iterations=1, seed=3, bound=False)
    monkeypatch.delattr("twin.optimize.search.shop.matrix_for")
    again = solve_shop(shop, iterations=1, seed=3, bound=False, matrix=first.matrix)
    assert (again.objective_krw, again.iterations) == (first.objective_krw, first.iterations)
    with pytest.raises(NameError, match="matrix_for"):
        solve_shop(shop, iterations=1)


def test_iterations_repeat() -> None:
    """Proves: the same iterations and seed give the same plan."""
    first, again = (solve_shop(little_shop(7), iterations=1, seed=3, bound=False) for _ in range(2))
    assert first.plan is not None
    assert again.plan is not None
    assert first.plan.placed == again.plan.placed
    assert first.objective_krw == again.objective_krw


def test_never_worse_than_its_start() -> None:
    """Proves: from a given start without any turn the solution is that start, completed."""
    shop = little_shop(11)
    start = dispatch_shop(shop)
    solution = solve_shop(shop, iterations=0, start=start, bound=False)
    assert solution.plan is not None
    assert sorted((p.job, p.step, p.start) for p in solution.plan.placed) == sorted(
        (p.job, p.step, p.start) for p in start
    )


def test_what_does_not_fit_is_told() -> None:
    """Proves: two jobs of two slots in a horizon of three have no solution, and that is proved."""
    shop = line([1, 1, 1], [(0, None)] * 2, [Operation("a", {"m": way(2, 100)})])
    solution = solve_shop(shop, iterations=1)
    assert solution.plan is None
    assert solution.status == "infeasible"


def test_a_search_needs_a_limit() -> None:
    """Proves: without iterations and seconds it refuses."""
    with pytest.raises(ValueError, match="needs a limit"):
        solve_shop(little_shop(1))


def test_beside_a_second_process() -> None:
    """Proves: under a limit of seconds the other process delivers a bound, and the plan is allowed."""
    shop = line([9, 1, 5, 2], [(0, None)] * 2, [Operation("a", {"m": way(1, 100)})])
    solution = solve_shop(shop, seconds=60.0)
    assert solution.objective_krw == pytest.approx(300.0)
    assert solution.status == "optimal"
    assert solution.plan is not None
    assert check_shop_plan(shop, solution.plan) == ()


def test_shops_of_every_feature_are_carried_out() -> None:
    """Proves: kg in a load, kinds of loads, jobs under way, unlike units: what dispatch places is completed to an allowed plan."""
    shop = random_shop(2, plain=True)
    solution = solve_shop(shop, iterations=0, bound=False)
    assert solution.plan is not None
    assert check_shop_plan(shop, solution.plan) == ()


def test_plant_instance_is_read_and_solved() -> None:
    """Proves: a small plant instance is read as documented; the completed dispatch alone costs the documented 2,926k or less."""
    from benchmarks.plant_instances import result_of, shop_of_instance

    shop = shop_of_instance(needs_data("scheduling", "plant", "small-1.json"))
    solution = solve_shop(shop, iterations=0, bound=False)
    assert solution.plan is not None
    assert check_shop_plan(shop, solution.plan) == ()
    assert solution.objective_krw <= 2_926_000
    result = result_of(solution, 1.0)
    assert len(result["starts"]) == 30
    assert len(result["battery_kw"]) == shop.slots
