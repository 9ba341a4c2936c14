"""Rows that only the bound's matrix has: by hand, kept by every schedule, and never above the optimum."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.optimize.line import line, random_shop, way
from tests.optimize.shops import best, little_shop
from twin.optimize.formulation.bound import dual_bound_krw, interior_duals, lagrangian_krw
from twin.optimize.formulation.bound_rows import BoundRows, LoadRow, load_rows, thinned
from twin.optimize.formulation.matrix import Matrix
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.formulation.shop import due_of, problem_of
from twin.optimize.insertion.search import dispatch_shop
from twin.optimize.plan.decode_shop import starts_of
from twin.optimize.problem.shop import Family, Group, Operation, Placed, Shop, ShopJob

GOLDEN = Path(__file__).parent / "golden" / "load_rows.txt"


def oven(jobs: list[tuple[int, int | None]], slots: int = 6, late_krw: float = 1e6, room: float = 2.0) -> Shop:
    """Jobs (release, due) of one recipe in an oven of ``room`` places; a load draws 100 kW for one slot of an hour at 1 KRW/kWh."""
    groups = [Group("oven", 2, np.ones(slots, dtype=bool), room)]
    heat = Operation("h", {"oven": way(1, 100)}, recipe="r")
    return line([1.0] * slots, jobs, [heat], groups=groups, late_krw=late_krw)


def bounds_krw(shop: Shop) -> tuple[float, float]:
    """Bound of the relaxation without and with the rows."""
    matrix = matrix_for(replace(problem_of(shop), quotas=()))
    return dual_bound_krw(matrix, 1e4), dual_bound_krw(BoundRows(shop, matrix).plain(), 1e4)


def test_three_jobs_need_two_loads_of_two() -> None:
    """Proves: three jobs, two in a load: the relaxation pays one load and a half, with the rows two, which is the optimum.

    Sensitivity: four jobs need two loads either way.
    """
    three, four = [(0, None)] * 3, [(0, None)] * 4
    assert bounds_krw(oven(three)) == pytest.approx((150.0, 200.0))
    assert best(oven(three)).cost_krw == pytest.approx(200.0)
    assert bounds_krw(oven(four)) == pytest.approx((200.0, 200.0))


def test_jobs_that_cannot_meet_need_loads_of_their_own() -> None:
    """Proves: one job due before the other is released: two loads, though one would hold both.

    Sensitivity: where being late costs 20 KRW a slot, waiting two slots for the other job costs 40 instead of a load of 100.
    """
    apart = [(0, 1), (2, 3)]
    assert bounds_krw(oven(apart)) == pytest.approx((100.0, 200.0))
    patient = oven(apart, late_krw=20.0)
    assert best(patient).cost_krw == pytest.approx(140.0)
    assert bounds_krw(patient)[1] <= 140.0 + 1e-6


def two_furnaces() -> Shop:
    """Family f (2 jobs) in furnace a (3 places) or b (2), family g (1 job, one slot of work before) in b alone."""
    there = np.ones(8, dtype=bool)
    groups = [Group("a", 1, there, 3.0), Group("b", 1, there, 2.0), Group("m", 1, there)]
    either = Operation("h", {"a": way(2, 100), "b": way(3, 60)}, recipe="r")
    before = Operation("m", {"m": way(1, 10)})
    only = Operation("h", {"b": way(3, 60)}, lag_slots=1, recipe="r")
    shop = line([1.0] * 8, [], [either], groups=groups)
    families = {"f": Family("f", (either,), 5.0), "g": Family("g", (before, only), 5.0)}
    jobs = (ShopJob("0", "f", 0, 5), ShopJob("1", "f", 0, 6), ShopJob("2", "g", 1, 7))
    return replace(shop, families=families, jobs=jobs)


def told(row: LoadRow) -> str:
    """A row in one line."""
    loads = [f"{weight} ({' + '.join(tasks)})[{first}..{last}]" for tasks, weight, first, last in row.loads]
    return " + ".join([*loads, *(f"late({stock})[{slot}]" for stock, slot in row.late)]) + f" >= {row.least}"


def test_rows_are_the_golden_file() -> None:
    """Proves: windows, weights, late jobs and least numbers of two families in two furnaces, checked by hand in golden/load_rows.txt.

    By hand: family g is there at 1, melts one slot, cools one, so reaches furnace b in slot 3; done by 7 its load begins by 4.
    """
    assert [told(row) for row in load_rows(two_furnaces())] == GOLDEN.read_text(encoding="utf-8").splitlines()


def late_jobs(shop: Shop, placed: tuple[Placed, ...]) -> dict[tuple[str, int], float]:
    """(stock, slot) → jobs due and not done, as the problem counts them."""
    family = {job.name: shop.families[job.family] for job in shop.jobs}
    late = {}
    for name, one in shop.families.items():
        due = due_of(shop, one)
        last = len(one.operations) - 1
        mine = [p for p in placed if family[p.job].name == name and p.step == last]
        ends = np.array([p.start + one.operations[last].ways[p.group].slots for p in mine])
        for t in range(shop.slots if due is not None else 0):
            late[f"done|{name}", t] = max(0.0, float(due.cumulative[t]) - float((ends <= t).sum()))  # type: ignore[union-attr]
    return late


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_every_schedule_keeps_the_rows(seed: int) -> None:
    """Proves: whatever a dispatch makes of a random line (kg, kinds of loads, jobs under way, waits, shifts) keeps every row."""
    shop = random_shop(seed)
    placed = dispatch_shop(shop)
    asked = {
        (job.name, step) for job in shop.jobs for step in range(job.step, len(shop.families[job.family].operations))
    }
    if {(p.job, p.step) for p in placed} != asked:
        return
    starts, late = starts_of(shop, placed), late_jobs(shop, placed)
    for row in load_rows(shop):
        begun = sum(
            w * starts.get((task, t), 0.0) for tasks, w, a, b in row.loads for task in tasks for t in range(a, b + 1)
        )
        assert begun + sum(late[one] for one in row.late) >= row.least, told(row)


def random_multipliers(matrix: Matrix, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 50.0, matrix.shape[0])


@settings(max_examples=3, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_no_bound_exceeds_the_optimum(seed: int) -> None:
    """Proves: on little shops the bound with the rows, by any method or of any multipliers, is at most the proven optimum and at
    least the bound without them.
    """
    shop = little_shop(seed)
    optimum = best(shop).cost_krw
    matrix = matrix_for(replace(problem_of(shop), quotas=()))
    rows = BoundRows(shop, matrix)
    vertex, bare = dual_bound_krw(rows.plain(), optimum), dual_bound_krw(matrix, optimum)
    assert bare - 1e-3 <= vertex <= optimum + 1e-3
    duals = interior_duals(rows.summed())
    assert duals is not None
    assert lagrangian_krw(rows.plain(), rows.plain_duals(duals), optimum) <= optimum + 1e-3
    assert lagrangian_krw(rows.plain(), random_multipliers(rows.plain(), seed), optimum) <= optimum + 1e-3


def test_many_moments_are_thinned_evenly() -> None:
    """Proves: forty releases and due dates give windows between twelve of each, the first and the last among them.

    Sensitivity: all forty would give some eleven times as many rows.
    """
    rows = load_rows(oven([(k, k + 30) for k in range(40)], slots=200))
    assert {first for row in rows for _, _, first, _ in row.loads} <= set(thinned(set(range(40))))
    assert len(thinned(set(range(40)))) == 12
    assert thinned({7, 3, 5}) == [3, 5, 7]
    assert thinned(set(range(40)))[::11] == [0, 39]
