"""The insertion search: hand-sized lines, exact routes against enumeration, and random lines whose every schedule keeps all rules."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.optimize.line import line, random_shop, way, whole_plan
from twin.optimize.check.shop_cost import shop_figures
from twin.optimize.insertion.facts import Facts
from twin.optimize.insertion.peak import shaved_kw
from twin.optimize.insertion.route import Manner, Pick, Route, window_min
from twin.optimize.insertion.schedule import Schedule
from twin.optimize.insertion.search import Search, dispatch_shop, estimate_krw, insert
from twin.optimize.insertion.states import Bridge, GroupView
from twin.optimize.problem.network import BatteryData, Carbon, DemandMonth
from twin.optimize.problem.shop import Group, Operation, Shop, States


def always(slots: int):
    return np.ones(slots, dtype=bool)


def month(slots: int, rate: float) -> DemandMonth:
    return DemandMonth("m", always(slots), 0.0, rate)


def best_of(shop: Shop, iterations: int = 50):
    return insert(shop, dispatch_shop(shop), iterations=iterations, seed=1)


def starts(placed) -> dict[tuple[str, int], int]:
    return {(one.job, one.step): one.start for one in placed}


# --- by hand


def test_a_job_goes_where_power_is_cheap():
    """Proves: energy is priced slot by slot. Sensitivity: started at once it would cost 20,000 KRW."""
    shop = line([100, 100, 10, 10, 100], [(0, None)], [Operation("w", {"m": way(2, 100)})])
    placed = best_of(shop)
    assert starts(placed) == {("0", 0): 2}
    assert estimate_krw(shop, placed) == pytest.approx(2000.0)
    assert estimate_krw(shop, dispatch_shop(shop)) == pytest.approx(20_000.0)


def test_a_due_date_outweighs_cheap_power():
    """Proves: lateness is counted by slot. Sensitivity: with 8,000 KRW a slot it waits (2,000 + 2 · 8,000 < 20,000)."""
    work = [Operation("w", {"m": way(2, 100)})]
    dear = line([100, 100, 10, 10, 100], [(0, 2)], work, late_krw=10_000.0)
    cheap = line([100, 100, 10, 10, 100], [(0, 2)], work, late_krw=8_000.0)
    assert starts(best_of(dear)) == {("0", 0): 0}
    assert estimate_krw(cheap, best_of(cheap)) == pytest.approx(18_000.0)


def test_a_short_gap_is_idled_through_and_a_long_one_is_not():
    """Proves: a gap costs the cheaper of idling and restarting. Sensitivity: 10 kW idle against 50 kW start: break-even at 5 slots."""
    group = Group("m", 1, always(20), states=States(10.0, 50.0, 1))
    for gap, bridge_kwh in ((3, 30.0), (5, 50.0), (9, 50.0)):
        jobs = [(1, 2), (2 + gap, 3 + gap)]
        shop = line([1.0] * 20, jobs, [Operation("w", {"m": way(1, 100)})], groups=[group], late_krw=1e6)
        placed = best_of(shop)
        assert [one.start for one in placed] == [1, 2 + gap]
        assert estimate_krw(shop, placed) == pytest.approx(200.0 + 50.0 + bridge_kwh)


def test_a_unit_on_at_the_start_needs_no_start_up():
    """Proves: units on at the start may work at once. Sensitivity: off at the start the first slot is too early and a start costs 50."""
    for on, first, cost_krw in ((1, 0, 100.0), (0, 1, 150.0)):
        group = Group("m", 1, always(6), states=States(10.0, 50.0, 1, on))
        shop = line([1.0] * 6, [(0, 0)], [Operation("w", {"m": way(1, 100)})], groups=[group], late_krw=1e3)
        placed = best_of(shop)
        assert starts(placed) == {("0", 0): first}
        assert estimate_krw(shop, placed) == pytest.approx(cost_krw + 1e3 * (first + 1))


def test_jobs_of_one_recipe_are_melted_into_one_load():
    """Proves: a load draws its power once. Sensitivity: without a recipe the same two jobs cost twice as much."""
    group = Group("m", 1, always(8), room=2.0)
    for recipe, cost_krw in (("r", 200.0), (None, 400.0)):
        operation = Operation("w", {"m": way(2, 100)}, recipe=recipe)
        shop = line([1.0] * 8, [(0, None), (3, None)], [operation], groups=[group])
        placed = best_of(shop)
        assert estimate_krw(shop, placed) == pytest.approx(cost_krw)
        assert (len({one.start for one in placed}) == 1) == (recipe == "r")


def test_room_is_counted_in_kg():
    """Proves: a load holds no more than its room. Sensitivity: 600 + 400 kg fit into 1,000 kg, 600 + 500 kg do not."""
    group = Group("m", 1, always(8), room=1000.0)
    for other_kg, loads in ((400.0, 1), (500.0, 2)):
        operations = [Operation("w", {"m": way(2, 100, room=(600.0 + other_kg) / 2)}, recipe="r")]
        shop = line([1.0] * 8, [(0, None), (0, None)], operations, groups=[group])
        assert len({one.load for one in best_of(shop)}) == loads


def test_a_longest_wait_pulls_the_operation_before_along():
    """Proves: at most one slot between casting and what follows. Sensitivity: with any wait casting takes the cheap slot 0."""
    groups = [Group("m", 1, always(6)), Group("n", 1, np.array([0, 0, 0, 0, 1, 1], dtype=bool))]
    for wait, first in ((1, 2), (None, 0)):
        operations = [
            Operation("cast", {"m": way(1, 100)}),
            Operation("next", {"n": way(1, 10)}, longest_wait_slots=wait),
        ]
        shop = line([1, 2, 2, 2, 3, 3], [(0, None)], operations, groups=groups)
        assert starts(best_of(shop))["0", 0] == first


def test_what_is_held_draws_power():
    """Proves: holding is paid for by slot. Sensitivity: held from slot 1 to 4 at 20 kW it would cost 60 more than started late."""
    groups = [Group("m", 1, always(6)), Group("n", 1, np.array([0, 0, 0, 0, 1, 1], dtype=bool))]
    operations = [Operation("cast", {"m": way(1, 100)}), Operation("next", {"n": way(1, 10)}, hold_kw=20.0)]
    shop = line([1.0] * 6, [(0, None)], operations, groups=groups)
    placed = best_of(shop)
    assert starts(placed)["0", 1] - starts(placed)["0", 0] == 1
    assert estimate_krw(shop, placed) == pytest.approx(110.0)
    assert estimate_krw(shop, dispatch_shop(shop)) == pytest.approx(170.0)


def test_a_demand_charge_sets_work_one_after_another():
    """Proves: the peak is part of the search. Sensitivity: at once it would be 200 kW and 1,000 KRW dearer."""
    shop = line(
        [1, 1, 2, 2], [(0, None), (0, None)], [Operation("w", {"m": way(2, 100)})],
        groups=[Group("m", 2, always(4))], months=(month(4, 10.0),),
    )  # fmt: skip
    placed = best_of(shop)
    assert sorted(one.start for one in placed) == [0, 2]
    assert estimate_krw(shop, placed) == pytest.approx(200.0 + 400.0 + 1000.0)


def test_pv_makes_power_free_and_a_power_cap_is_kept():
    """Proves: PV lowers what is bought; no more than the cap is bought. Sensitivity: without the cap both jobs would take the PV slot."""
    shop = line(
        [10, 10, 10], [(0, None), (0, None)], [Operation("w", {"m": way(1, 100)})],
        groups=[Group("m", 2, always(3))], pv_kw=np.array([0.0, 150.0, 0.0]), cap_kw=np.full(3, 100.0),
    )  # fmt: skip
    assert estimate_krw(shop, best_of(shop)) == pytest.approx(500.0)


def test_an_emission_cap_is_kept():
    """Proves: a cap on carbon moves work to clean hours. Sensitivity: without the cap it goes where power is cheap, and emits 100 kg."""
    work = [Operation("w", {"m": way(1, 100)})]
    for cap_kg, at in ((50.0, 2), (None, 0)):
        carbon = Carbon(np.array([1.0, 1.0, 0.4]), 0.0, cap_kg)
        assert starts(best_of(line([10, 20, 30], [(0, None)], work, carbon=carbon))) == {("0", 0): at}


def test_without_heat_nothing_worse_is_accepted():
    """Proves: `heat=0` is a descent. Sensitivity: with heat some accepted schedule costs more than the one before."""
    shop = random_shop(3)
    facts = Facts(shop)
    for heat, worse in ((0.0, False), (20.0, True)):
        search, costs = Search(facts, Schedule.of(facts, dispatch_shop(shop)), 1, heat), []
        for _ in range(60):
            search.step(search.hot_krw)
            costs.append(search.now_krw)
        assert (max(np.diff(costs)) > 1e-6) == worse


def test_a_battery_lowers_a_peak_by_what_it_holds():
    """Proves: the level that a battery can hold. Sensitivity: 50 kW, 50 kWh: half; 20 kWh stored: 80 kW; none: 100 kW."""
    net_kw = np.array([0.0, 100.0, 0.0, 0.0])
    months = (month(4, 1.0),)
    for battery, level_kw in (
        (BatteryData(100.0, 50.0, 1.0, 50.0), 50.0),
        (BatteryData(20.0, 50.0, 1.0, 0.0), 80.0),
        (None, 100.0),
    ):
        assert shaved_kw(net_kw, months, battery, 1.0)[0] == pytest.approx(level_kw, abs=1.0)


def test_a_battery_buys_when_power_is_cheap():
    """Proves: energy is moved from dear to cheap slots. Sensitivity: without a battery 5,500 KRW; half of it charged 3,250 KRW."""
    for kwh, cost_krw in ((50.0, 1000.0), (25.0, 3250.0)):
        battery = BatteryData(kwh, 50.0, 1.0, 0.0)
        shop = line([10, 100], [], [Operation("w", {"m": way(1, 1)})], base_kw=np.full(2, 50.0), battery=battery)
        assert estimate_krw(shop, ()) == pytest.approx(cost_krw)


def least_krw(shop: Shop, net_kw) -> float:
    """What power costs at least with a battery, by linear programming: bought, charge, discharge by slot; peak."""
    n, battery, (month,) = shop.slots, shop.battery, shop.months
    each, none = np.eye(n), np.zeros((n, n))
    kept = np.tril(np.ones((n, n))) * shop.slot_h
    charge = np.hstack([none, kept * battery.one_way, -kept / battery.one_way, np.zeros((n, 1))])
    rows = [
        np.hstack([-each, each, -each, np.zeros((n, 1))]),  # bought covers load and charge
        np.hstack([each * month.counts[:, None], none, none, -month.counts[:, None].astype(float)]),
        charge,
        -charge,
    ]
    start = battery.initial_kwh
    low = np.full(n, start)
    low[-1] = 0.0
    right = [-net_kw, np.zeros(n), np.full(n, battery.energy_kwh - start), low]
    price = shop.price_krw_per_kwh * shop.slot_h
    cost = np.concatenate([price, np.zeros(2 * n), [month.rate_krw_per_kw]])
    bounds = [(0, None)] * n + [(0, battery.power_kw)] * (2 * n) + [(month.floor_kw, None)]
    return float(linprog(cost, np.vstack(rows), np.concatenate(right), bounds=bounds).fun)


@pytest.mark.parametrize("seed", range(5))
def test_the_price_with_a_battery_lies_just_above_the_least(seed: int):
    """Proves: the dynamic programme on a grid can be reached, and costs at most 3 % more. Sensitivity: 4 % without a battery."""
    rng = np.random.default_rng(seed)
    battery = BatteryData(200.0, 100.0, 0.95, 100.0)
    net_kw = rng.uniform(100, 300, 48) + np.where(rng.random(48) < 0.1, 150.0, 0.0)
    shop = line(
        np.repeat(rng.choice([60.0, 120.0, 240.0], 8), 6), [], [Operation("w", {"m": way(1, 1)})],
        base_kw=net_kw, battery=battery, months=(month(48, 300.0),),
    )  # fmt: skip
    least = least_krw(shop, net_kw)
    without = float(shop.price_krw_per_kwh @ net_kw) + 300.0 * net_kw.max()
    assert least - 1e-6 <= estimate_krw(shop, ()) <= 1.03 * least
    assert without > 1.04 * least


def test_dispatch_starts_the_earliest_due_first_as_soon_as_possible():
    """Proves: due order, no waiting. Sensitivity: by number the first job would go first."""
    shop = line([1, 9, 1, 1, 1], [(0, 5), (0, 2)], [Operation("w", {"m": way(2, 100)})])
    assert starts(dispatch_shop(shop)) == {("1", 0): 0, ("0", 0): 2}


def test_a_job_that_fits_nowhere_is_left_out_and_counts_dearly():
    """Proves: no schedule is made up. Sensitivity: with a horizon of four slots both jobs fit."""
    work = [Operation("w", {"m": way(2, 100)})]
    short, long = line([1] * 3, [(0, None)] * 2, work), line([1] * 4, [(0, None)] * 2, work)
    assert len(best_of(short)) == 1
    assert len(best_of(long)) == 2
    assert estimate_krw(short, best_of(short)) > 1e6


def test_work_begins_only_where_it_may():
    """Proves: `begins` bounds starts, not work. Sensitivity: free to begin anywhere it would start in slot 0."""
    group = Group("m", 1, always(5), begins=np.array([0, 1, 0, 0, 1], dtype=bool))
    shop = line([1, 2, 3, 4, 1], [(0, None)], [Operation("w", {"m": way(2, 100)})], groups=[group])
    assert starts(best_of(shop)) == {("0", 0): 1}
    assert starts(dispatch_shop(shop)) == {("0", 0): 1}


@pytest.mark.parametrize("startup", [0, 1, 5])
def test_a_horizon_of_one_slot(startup: int):
    """Proves: nothing reaches beyond the horizon. Sensitivity: only without a start-up is there time for the work."""
    group = Group("m", 1, always(1), states=States(10.0, 50.0, startup))
    shop = line([1.0], [(0, None), (0, None)], [Operation("w", {"m": way(1, 100)})], groups=[group])
    assert len(best_of(shop)) == (1 if startup == 0 else 0)


def test_no_job_is_no_plan():
    """Proves: a shop without jobs. Sensitivity: only the base load costs."""
    shop = line([1, 2], [], [Operation("w", {"m": way(1, 100)})], base_kw=np.array([10.0, 10.0]))
    assert best_of(shop) == ()
    assert estimate_krw(shop, ()) == pytest.approx(30.0)


# --- parts against enumeration


def test_window_minimum():
    """Proves: doubling gives the same as a loop. Sensitivity: widths that are no power of two."""
    values = np.random.default_rng(1).random(17)
    for width in range(1, 20):
        plain = [values[at : at + width].min() for at in range(17)]
        assert np.array_equal(window_min(values, width), plain)


@pytest.mark.parametrize("seed", range(6))
def test_a_gap_filled_changes_the_cost_of_states_by_what_is_said(seed: int):
    """Proves: `switch_krw` is the difference of two whole pricings wherever work lies within one gap. Sensitivity: costs differ by slot."""
    rng = np.random.default_rng(seed)
    slots, units, length = 30, int(rng.integers(1, 4)), 2
    price_sum = np.concatenate([[0.0], np.cumsum(rng.uniform(50, 200, slots))])
    states = States(20.0, 90.0, 2, int(rng.integers(0, units + 1)), 30.0, 400.0)
    bridge, room = Bridge(states, price_sum, units), np.full(slots, units)
    room[:2] = np.minimum(room[:2], states.on_at_start)
    working = np.minimum(np.repeat(rng.integers(0, units + 1, slots // 3), 3), room)

    def cost_krw(at_work) -> float:
        view = GroupView(at_work, room, bridge)
        return float(view.state_kw @ np.diff(price_sum)) + view.paid_krw

    view, seen = GroupView(working, room, bridge), 0
    change = view.switch_krw(length, slots - length + 1)
    for at in range(slots - length + 1):
        if (working[at : at + length] >= room[at : at + length]).any() or np.ptp(working[at : at + length]):
            continue
        more = working.copy()
        more[at : at + length] += 1
        assert change[at] == pytest.approx(cost_krw(more) - cost_krw(working), abs=1e-6)
        seen += 1
    assert seen


def every_route(schedule: Schedule, job: int):
    """All picks of a job that keep its own order and the free units."""
    facts, me = schedule.facts, schedule.facts.jobs[job]

    def further(at: int, ready: int, picks: tuple[Pick, ...]):
        if at == len(me.steps):
            yield picks
            return
        step = me.steps[at]
        ready += step.lag if at else 0
        last = facts.slots if step.wait < 0 else ready + step.wait
        for way_at, one in enumerate(step.ways):
            kind = facts.kinds[one.kind]
            free = schedule.working[kind.group] < facts.room_for[kind.group]
            for start in range(ready, min(last, facts.slots - one.slots) + 1):
                if free[start : start + one.slots].all():
                    yield from further(at + 1, start + one.slots, (*picks, Pick(way_at, start, None)))

    return further(0, me.release, ())


@pytest.mark.parametrize("seed", range(8))
def test_the_route_of_a_job_is_the_cheapest_of_all(seed: int):
    """Proves: the dynamic programme is exact where no peak binds and no power is free. Sensitivity: states, lags, waits, holding, ways."""
    rng = np.random.default_rng(seed)
    groups = [
        Group("m", 1, always(12), states=States(30.0, 80.0, 1, 1) if seed % 2 else None),
        Group("n", 1, always(12)),
        Group("o", 1, np.arange(12) % 6 != 5),
    ]
    operations = [
        Operation("one", {"m": way(2, 100)}),
        Operation("two", {"n": way(1, 60), "o": way(2, 20)}, 1, 3 if seed % 3 else None, 40.0),
    ]
    jobs = [(0, 5), (1, 6), (0, 9)]
    shop = line(rng.uniform(10, 100, 12), jobs, operations, groups=groups, late_krw=3000.0)
    facts = Facts(shop)
    schedule = Schedule(facts)
    for job in range(3):
        before, tried = schedule.cost_krw() - facts.missing_krw, []
        for picks in every_route(schedule, job):
            other = schedule.copy()
            other.place(job, picks)
            tried.append(other.cost_krw() - before)
        found = Route(schedule, Manner()).best(job)
        assert found is not None
        schedule.place(job, found[1])
        assert schedule.cost_krw() - before == pytest.approx(min(tried), abs=1e-6)
        assert found[0] == pytest.approx(min(tried), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_of_two_jobs_is_found(seed: int):
    """Proves: against all pairs of routes of two jobs. Sensitivity: prices are random, so that each seed has another optimum."""
    rng = np.random.default_rng(100 + seed)
    groups = [Group("m", 1, always(10), states=States(30.0, 80.0, 1)), Group("n", 1, always(10))]
    operations = [Operation("one", {"m": way(2, 100)}), Operation("two", {"n": way(2, 50)}, 0, 2, 20.0)]
    shop = line(rng.uniform(10, 100, 10), [(0, 6), (1, 7)], operations, groups=groups, late_krw=1500.0)
    facts, costs = Facts(shop), []
    for first in every_route(Schedule(facts), 0):
        one = Schedule(facts)
        one.place(0, first)
        for second in every_route(one, 1):
            both = one.copy()
            both.place(1, second)
            costs.append(both.cost_krw())
    assert estimate_krw(shop, best_of(shop, 150)) == pytest.approx(min(costs), abs=1e-6)


# --- random lines


RULES_OF_STARTS = {
    "job", "once", "group", "unit", "horizon", "release", "precedence", "lag", "wait", "available", "overlap", "load", "recipe", "room",
    "states", "capacity",
}  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_every_schedule_keeps_the_rules_and_costs_what_is_said(seed: int):
    """Proves: the checker, which shares no code with this search, finds no broken rule, and the same cost where no battery takes part.

    Sensitivity: each seed draws another line (units, states, room, recipes, waits, holding, crews, PV, months, negative prices).
    """
    shop = random_shop(seed)
    start = dispatch_shop(shop)
    placed = insert(shop, start, iterations=25, seed=seed)
    assert estimate_krw(shop, placed) <= estimate_krw(shop, start) + 1e-6
    figures = shop_figures(shop, whole_plan(shop, placed))
    complete = len(placed) == sum(len(shop.families[job.family].operations) - job.step for job in shop.jobs)
    broken = {one.rule for one in figures.broken} & RULES_OF_STARTS
    assert broken <= (set() if complete else {"once"})
    if complete and shop.battery is None and not (shop.price_krw_per_kwh < 0).any():
        assert estimate_krw(shop, placed) == pytest.approx(figures.cost_krw, abs=1.0)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_seed_gives_the_same_plan(seed: int):
    """Proves: iterations and seed decide. Sensitivity: over these lines some other seed gives another plan."""
    shop = random_shop(40 + seed)
    start = dispatch_shop(shop)
    assert insert(shop, start, iterations=30, seed=3) == insert(shop, start, iterations=30, seed=3)


def test_a_schedule_survives_being_written_and_read():
    """Proves: placements describe the whole schedule. Sensitivity: shared loads, so that a lost load would be paid for twice."""
    for seed in range(10):
        shop = random_shop(seed)
        facts = Facts(shop)
        schedule = Schedule.of(facts, dispatch_shop(shop))
        again = Schedule.of(facts, schedule.placed())
        assert again.placed() == schedule.placed()
        assert again.cost_krw() == pytest.approx(schedule.cost_krw())
        assert np.array_equal(again.working, schedule.working)


def test_a_caller_may_stop_it_and_is_told_how_far_it_is():
    """Proves: `stop` ends the search at once and progress is told. Sensitivity: without it 500 iterations would be done."""
    shop = random_shop(1)
    start, told = dispatch_shop(shop), []
    assert insert(shop, start, iterations=500, stop=lambda: True) == start
    insert(shop, start, iterations=200, progress=lambda done, total, text: told.append((done, total, text)))
    assert [(done, total) for done, total, _ in told] == [(100, 200), (200, 200)]


def test_orders_of_placements_do_not_matter():
    """Proves: placements are a set. Sensitivity: all orders of a small plan."""
    shop = random_shop(2)
    placed = dispatch_shop(shop)[:4]
    whole = dispatch_shop(shop)
    for order in itertools.permutations(placed):
        assert estimate_krw(shop, (*whole[4:], *order)) == pytest.approx(estimate_krw(shop, whole))
