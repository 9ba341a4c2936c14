"""Fronts of parallel machines under time-of-use prices: by hand, by brute force, against what was published."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.tou import run
from benchmarks.tou_check import bound_of, recomputed
from benchmarks.tou_data import Instance, Point, Start, compared, nondominated, published, published_number, read
from benchmarks.tou_front import front_of
from tests.optimize.tiny import series
from tests.support import needs_data
from twin.optimize.problem.network import Carbon, Change, Due, Problem, Stock, Task
from twin.optimize.search.anytime import search


def instance(lengths: list[int], rates: list[int], prices: list[int]) -> Instance:
    """An instance from lists."""
    return Instance(*(np.array(values, dtype=np.int64) for values in (lengths, rates, prices)))


BY_HAND = instance([2, 1], [1, 3], [4, 1, 1, 5, 0])


def brute_force(one: Instance) -> list[Point]:
    """The front from all schedules."""
    places = [
        [Start(job, machine, t) for machine in range(len(one.rates)) for t in range(one.slots - int(length) + 1)]
        for job, length in enumerate(one.lengths)
    ]
    points = []
    for starts in itertools.product(*places):
        try:
            points.append(recomputed(one, starts))
        except ValueError:  # two at once
            continue
    return nondominated(points)


def as_problem(one: Instance) -> Problem:
    """The same as the package's general problem: slots of an hour, rates in kW, prices in KRW/kWh."""
    horizon, lengths, rates = one.slots, *(np.unique(a, return_counts=True) for a in (one.lengths, one.rates))
    stocks = {f"idle {r}": Stock(f"idle {r}", float(n), float(n)) for r, n in zip(*rates, strict=True)}
    for length, n in zip(*lengths, strict=True):
        stocks[f"todo {length}"] = Stock(f"todo {length}", float(n), float(n))
        stocks[f"done {length}"] = Stock(f"done {length}", 0.0, float(n))
    tasks = {}
    for length, rate in itertools.product(lengths[0].tolist(), rates[0].tolist()):
        changes = (Change(f"todo {length}", 0, -1.0), Change(f"idle {rate}", 0, -1.0), Change(f"idle {rate}", length, 1.0),
                   Change(f"done {length}", length - 1, 1.0))  # fmt: skip
        name = f"{length} at {rate}"
        tasks[name] = Task(
            name, "lot", f"rate {rate}", length, np.full(length, float(rate)), np.ones(horizon, bool), changes
        )
    dues = tuple(Due(f"done {i}", np.zeros(horizon), 0.0, float(n), 1e4) for i, n in zip(*lengths, strict=True))
    return Problem(
        horizon, 1.0, stocks, tasks, np.zeros(horizon), series(*one.prices), Carbon(np.zeros(horizon)), dues=dues
    )


def test_front_by_hand() -> None:
    """Proves: the long job costs 2 in slots 1–2; the short one nothing in slot 4, 3 on the dear machine beside it; within two slots
    the long one costs 5. Sensitivity: forgetting the rate of 3 would give 3 and 6 instead of 5 and 8.
    """
    front = front_of(BY_HAND, 20.0)
    assert front.points() == [((5, 2), True), ((3, 5), True), ((2, 8), True)]
    assert front.complete


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.lists(st.integers(1, 3), min_size=1, max_size=2),
    st.lists(st.integers(0, 4), min_size=3, max_size=5),
)
def test_front_is_that_of_all_schedules(lengths: list[int], rates: list[int], prices: list[int]) -> None:
    """Proves: the front equals brute force, each point proven, and where nothing fits there is none."""
    one = instance(lengths, rates, prices)
    found = front_of(one, 20.0)
    assert [point for point, _ in found.points()] == brute_force(one)
    assert all(proven for _, proven in found.points())
    assert found.complete


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-3.0, 20.0), min_size=2, max_size=2), st.integers(2, 5))
def test_bound_holds_for_any_worths(worths: list[float], horizon: int) -> None:
    """Proves: whatever the jobs are said to be worth, no schedule within the horizon costs less than the bound."""
    least = min(cost for makespan, cost in [(5, 2), (3, 5), (2, 8)] if makespan <= horizon)
    assert bound_of(BY_HAND, horizon, {1: worths[0], 2: worths[1]}) <= least


@pytest.mark.parametrize(
    ("starts", "fault"),
    [
        ([Start(0, 0, 0)], "exactly once"),
        ([Start(0, 0, 0), Start(0, 1, 0)], "exactly once"),
        ([Start(0, 0, 0), Start(1, 0, 1)], "two jobs at once on machine 0"),
        ([Start(0, 0, 4), Start(1, 1, 0)], "job 0 does not lie"),
    ],
)
def test_a_wrong_schedule_is_told(starts: list[Start], fault: str) -> None:
    """Proves: a job missing, twice, overlapping or beyond the horizon is refused."""
    with pytest.raises(ValueError, match=fault):
        recomputed(BY_HAND, starts)


def test_something_is_there_whatever_the_time() -> None:
    """Proves: without a second to search the front holds the greedy schedule, and claims nothing of it."""
    front = front_of(BY_HAND, 0.0)
    assert front.points() == [((5, 2), False)]
    assert not front.complete


def test_published_fronts_are_numbered_otherwise() -> None:
    """Proves: the six-job instances come first in the published fronts, medium and large ones as they are."""
    assert [published_number(n) for n in (25, 29, 1, 23, 31, 89)] == [1, 5, 7, 29, 31, 89]


def test_dominated_points_are_dropped_and_counted() -> None:
    """Proves: rows that repeat or are dominated go; reaching is in both respects."""
    front = nondominated([(5, 7), (5, 6), (4, 7), (4, 7), (3, 9), (3, 10)])
    assert front == [(5, 6), (4, 7), (3, 9)]
    assert compared([(5, 6), (3, 8)], front) == {"points": 3, "reached": 2, "bettered": 1}


@pytest.mark.parametrize("number", [1, 3, 5])
def test_published_fronts_are_reached_and_proved(number: int) -> None:
    """Proves: the fronts of CPLEX and F2 are met point by point, those of the heuristics at least reached, each point proved."""
    folder = needs_data("scheduling", "anghinolfi_tou")
    found = run(folder, number, 60.0)
    theirs = published(folder, number)
    assert found["complete"]
    assert [tuple(point) for point in found["front"]] == theirs["CPLEX"] == theirs["F2"]
    assert all(one["reached"] == one["points"] for one in found["published"].values())
    assert len(found["published"]) == 4
    assert recomputed(read(folder, number), [Start(*row) for row in found["starts"]]) == tuple(found["front"][0])


def test_the_general_problem_has_the_same_least_cost() -> None:
    """Proves: the package's own problem, formulation and search find and prove the least cost of the instance by hand."""
    found = search(as_problem(BY_HAND), [], iterations=3)
    assert (found.status, round(found.objective_krw)) == ("optimal", 2)
