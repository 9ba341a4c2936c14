"""A shop's problem, on cases that are solved by hand: slots of an hour, prices in KRW/kWh, power in kW."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.optimize.line import line, way
from tests.optimize.shops import best, checked
from twin.optimize.formulation.matrix import highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.formulation.shop import load_kinds, load_quotas, problem_of, start_windows
from twin.optimize.plan.decode_shop import NotDecoded, clean_battery, packed, plan_of, starts_of, states_of
from twin.optimize.problem.network import BatteryData, Capacity
from twin.optimize.problem.shop import Family, Group, Operation, Shop, ShopJob, States


def always(slots: int) -> np.ndarray:
    return np.ones(slots, dtype=bool)


def test_a_unit_does_one_job_at_a_time() -> None:
    """Proves: two jobs of one slot take the two cheapest slots, 100 · (1 + 2) KRW.

    Sensitivity: without the unit's token both would lie in the cheapest, 200 KRW.
    """
    shop = line([9, 1, 5, 2], [(0, None)] * 2, [Operation("a", {"m": way(1, 100)})])
    plan = best(shop)
    assert plan.cost_krw == pytest.approx(300.0)
    assert checked(shop, plan) == pytest.approx(300.0)
    assert sorted(one.start for one in plan.placed) == [1, 3]


def oven(prices: list[float], recipes: tuple[str | None, ...], room: float = 2.0) -> Shop:
    """Jobs 0, 1, … whose single operation has these recipes, in one oven of ``room`` places; a load draws 100 kW, each job in it 10."""
    groups = [Group("oven", 1, always(len(prices)), room)]
    operations = [Operation("h", {"oven": way(1, 100, job_kw=np.array([10.0]))}, recipe=recipe) for recipe in recipes]
    shop = line(prices, [], operations[:1], groups=groups)
    return replace(
        shop,
        families={str(k): Family(str(k), (one,), 0.0) for k, one in enumerate(operations)},
        jobs=tuple(ShopJob(str(k), str(k), 0) for k in range(len(operations))),
    )


@pytest.mark.parametrize(
    ("recipes", "room", "krw"),
    [
        (("r", "r"), 2.0, 120.0),
        (("r", "s"), 2.0, 330.0),
        (("r", "r", "r"), 2.0, 120.0 + 220.0),
        ((None, None), 2.0, 330.0),
    ],
)
def test_jobs_of_one_recipe_share_a_load(recipes: tuple[str | None, ...], room: float, krw: float) -> None:
    """Proves: a load's power is drawn once, a job's once each; places and recipes bound what is together (prices 1, 2, 9).

    Sensitivity: with recipes told apart by nothing, two jobs would always cost 120 KRW; without places three would cost 130.
    """
    shop = oven([1, 2, 9], recipes, room)
    plan = best(shop)
    assert plan.cost_krw == pytest.approx(krw)
    assert checked(shop, plan) == pytest.approx(krw)


def test_one_recipe_may_have_several_kinds_of_load() -> None:
    """Proves: operations of one recipe whose loads differ in length do not share a load."""
    shop = oven([1, 1, 1, 1], ("r", "r"))
    longer = Operation("h", {"oven": way(2, 50)}, recipe="r")
    shop = replace(shop, families={**shop.families, "1": Family("1", (longer,), 0.0)})
    assert {kind for kind, _ in load_kinds(shop).values()} == {"r", "r#1"}
    plan = best(shop)
    assert checked(shop, plan) == pytest.approx(plan.cost_krw) == pytest.approx(210.0)


def test_wait_lag_and_hold() -> None:
    """Proves: the second step starts one slot of lag after the first, waits one slot at most, and draws 10 kW while it does.

    By hand, prices 1, 9, 9, 2, 1: first step in slot 1 at 9, wait one slot, second at 2 costs 900 + 10·9 + 200; in slot 0 the second
    has to start in slot 2 or 3: 100 + 10·9 + 200 = 390. Sensitivity: with any wait the second goes to slot 4: 100 + 10·(9 + 2) + 100.
    """
    steps = [Operation("a", {"m": way(1, 100)}), Operation("b", {"n": way(1, 100)}, 1, 1, 10.0)]
    groups = [Group("m", 1, always(5)), Group("n", 1, always(5))]
    shop = line([1, 9, 9, 2, 1], [(0, None)], steps, groups=groups)
    plan = best(shop)
    assert plan.cost_krw == pytest.approx(390.0)
    assert [one.start for one in plan.placed] == [0, 3]
    assert checked(shop, plan) == pytest.approx(390.0)
    free = [steps[0], replace(steps[1], longest_wait_slots=None)]
    assert best(line([1, 9, 9, 2, 1], [(0, None)], free, groups=groups)).cost_krw == pytest.approx(310.0)


@pytest.mark.parametrize(("idle_kw", "krw", "intervals"), [(10.0, 50 + 200 + 20, 1), (40.0, 50 + 200 + 50, 2)])
def test_a_unit_idles_or_goes_off_between_two_jobs(idle_kw: float, krw: float, intervals: int) -> None:
    """Proves: over two slots between jobs at fixed times idling costs 2 · idle, going off a start-up of 50; the cheaper is chosen.

    Sensitivity: without states both would cost 200 KRW.
    """
    groups = [Group("m", 1, np.array([True, True, False, False, True]), states=States(idle_kw, 50.0, 1))]
    shop = line([1, 1, 1, 1, 1], [(1, None), (4, None)], [Operation("a", {"m": way(1, 100)})], groups=groups)
    plan = best(shop)
    assert len(plan.on) == intervals
    assert plan.cost_krw == pytest.approx(krw)
    assert checked(shop, plan) == pytest.approx(krw)


def test_units_on_at_the_start_need_no_start_up() -> None:
    """Proves: a unit that is on works in slot 0 at once; one that is off starts up first and works in slot 1."""
    for on, krw in ((1, 100.0), (0, 50.0 + 200.0)):
        groups = [Group("m", 1, always(2), states=States(10.0, 50.0, 1, on))]
        shop = line([1, 2], [(0, None)], [Operation("a", {"m": way(1, 100)})], groups=groups)
        plan = best(shop)
        assert checked(shop, plan) == pytest.approx(plan.cost_krw) == pytest.approx(krw)


def test_lateness_is_counted_by_the_slot() -> None:
    """Proves: a job due at 1 that ends at 3 pays two slots; worth it where the price falls by more.

    By hand: slot 0 at 9: 900; slot 2 at 1 and two slots late at 30: 160. Sensitivity: at 500 a slot it goes to slot 0.
    """
    for late_krw, krw in ((30.0, 160.0), (500.0, 900.0)):
        shop = line([9, 9, 1], [(0, 1)], [Operation("a", {"m": way(1, 100)})], late_krw=late_krw)
        plan = best(shop)
        assert checked(shop, plan) == pytest.approx(plan.cost_krw) == pytest.approx(krw)


def test_late_to_the_last_slot() -> None:
    """Proves: a job that ends with the horizon is done, and late by every slot since it was due."""
    shop = line([9, 9, 1], [(2, 0)], [Operation("a", {"m": way(1, 100)})], late_krw=30.0)
    plan = best(shop)
    assert checked(shop, plan) == pytest.approx(plan.cost_krw) == pytest.approx(100.0 + 3 * 30.0)


def test_people_are_held_by_a_load() -> None:
    """Proves: one person serves one load at a time, on two machines; overtime costs its premium.

    Sensitivity: without the crew both jobs lie in slot 0, 200 KRW.
    """
    groups = [Group("m", 2, always(2))]
    steps = [Operation("a", {"m": way(1, 100, uses={"crew": 1.0})})]
    for premium, krw in ((1000.0, 100.0 + 300.0), (50.0, 200.0 + 50.0)):
        crew = Capacity("crew", np.ones(2), np.ones(2), np.full(2, premium))
        shop = line([1, 3], [(0, None)] * 2, steps, groups=groups, capacities={"crew": crew})
        plan = best(shop)
        assert checked(shop, plan) == pytest.approx(plan.cost_krw) == pytest.approx(krw)


def test_windows_leave_time_for_what_comes_before_and_after() -> None:
    """Proves: heads and tails by hand, with a bench that is away in slot 3."""
    bench = Group("n", 1, np.array([True, True, True, False, True, True]))
    steps = [Operation("a", {"m": way(2, 1)}), Operation("b", {"n": way(1, 1)}, 1)]
    shop = line([1] * 6, [(0, None)], steps, groups=[Group("m", 1, always(6)), bench])
    first, second = start_windows(shop, shop.families["f"])
    assert (first.first, first.last) == (0, 2)
    assert (second.first, second.last) == (3, 5)
    assert "wait|f|1" in problem_of(shop).stocks


def test_counts_and_plans_are_the_same_thing() -> None:
    """Proves: a plan told as counts and read back has the same starts, loads and on-intervals."""
    groups = [Group("m", 1, always(5), 2.0, States(10.0, 50.0, 1))]
    steps = [Operation("a", {"m": way(1, 100)}, recipe="r")]
    shop = line([3, 1, 1, 1, 9], [(0, None)] * 3, steps, groups=groups)
    plan = best(shop)
    again = plan_of(shop, {**starts_of(shop, plan.placed), **states_of(shop, plan.on)})
    assert again.placed == plan.placed
    assert again.on == plan.on


def test_first_in_first_out_where_waits_are_limited_else_first_due() -> None:
    """Proves: of two waiting jobs the one released first goes where waits are limited, else the one that is due first."""
    for wait, first in ((5, "0"), (None, "1")):
        shop = line([1, 1, 1, 1], [(0, 4), (1, 2)], [Operation("a", {"m": way(1, 1)}, 0, wait)])
        plan = plan_of(shop, {("job|f|0|m", 1): 1.0, ("job|f|0|m", 2): 1.0})
        assert plan.placed[0].job == first


def test_counts_that_nobody_can_carry_out_are_refused() -> None:
    """Proves: more starts than units, and loads into which unequal jobs do not fit, are told."""
    shop = line([1, 1], [(0, None)] * 2, [Operation("a", {"m": way(1, 1)})])
    with pytest.raises(NotDecoded, match="no unit is ready"):
        plan_of(shop, {("job|f|0|m", 0): 2.0})
    with pytest.raises(NotDecoded, match="no job of f waits"):
        plan_of(shop, {("job|f|0|m", 0): 1.0, ("job|f|0|m", 1): 2.0})
    assert packed([6.0, 6.0, 4.0], 10.0, 1) is None
    assert packed([4.0, 4.0, 3.0, 3.0, 3.0, 3.0], 10.0, 2) == [[0, 2, 3], [1, 4, 5]]


def test_a_battery_is_cleaned_of_last_digits() -> None:
    """Proves: power beyond the limits is cut, charge stays within the battery, and it ends as full as it began."""
    shop = line([1, 1, 1], [], [Operation("a", {"m": way(1, 1)})], battery=BatteryData(10.0, 5.0, 1.0, 5.0))
    power = clean_battery(shop, np.array([7.0, -9.0, 3.0]))
    assert power == pytest.approx([5.0, -5.0, 3.0])
    assert clean_battery(shop, np.array([-5.0, 0.0, 0.0])).sum() == pytest.approx(0.0)


def test_whole_loads_are_counted() -> None:
    """Proves: three jobs in an oven for two need two loads, and the relaxation knows it: 2 · 100 + 3 · 10 KRW at a price of 1.

    Sensitivity: without the cut one and a half loads would do, 180 KRW.
    """
    shop = oven([1, 1, 1], ("r", "r", "r"))
    (quota,) = load_quotas(shop)
    assert (dict(quota.weights), quota.least) == ({"load|oven|r": 1}, 2)
    problem = problem_of(shop)
    for cuts, krw in ((problem.quotas, 230.0), ((), 180.0)):
        solver = highs_of(matrix_for(replace(problem, quotas=cuts)), relaxed=True)
        solver.run()
        assert solver.getInfo().objective_function_value == pytest.approx(krw)
