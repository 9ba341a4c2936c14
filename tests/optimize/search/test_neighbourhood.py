"""Windows of the search: as long as the problem's size lets them be solved, walking over the whole horizon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.optimize.workshop import workshop
from twin.optimize.problem.network import Problem
from twin.optimize.search.neighbourhood import (
    FIRST_COUNTS,
    FIRST_LONGEST_H,
    FIRST_WINDOW_H,
    Neighbourhoods,
    first_window_h,
)

DAY = workshop(2, lots=(6, 4))


def crowded(problem: Problem, times: int) -> Problem:
    """The problem with every task ``times`` over, under other names."""
    tasks = {
        f"{name}.{k}": replace(task, name=f"{name}.{k}") for k in range(times) for name, task in problem.tasks.items()
    }
    return replace(problem, tasks=tasks)


def counts_per_hour(problem: Problem) -> float:
    """Integer start counts in an hour of the horizon."""
    counts = sum(len(problem.starts(task)) for task in problem.tasks.values() if not task.continuous)
    return counts / (problem.slots * problem.slot_h)


def test_first_windows_free_as_many_counts_as_can_be_solved() -> None:
    """Proves: the first window times counts per hour is what was set, within limits. Sensitivity: hours alone would not see the size."""
    lengths = []
    for times in (1, 2, 4, 8, 200):
        problem = crowded(DAY, times)
        wished = FIRST_COUNTS / counts_per_hour(problem)
        lengths.append(first_window_h(problem))
        assert lengths[-1] == min(max(wished, FIRST_WINDOW_H), FIRST_LONGEST_H)
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] == FIRST_WINDOW_H


def test_a_problem_without_tasks_has_windows_too() -> None:
    """Proves: no division by nothing."""
    empty = replace(DAY, tasks={}, dues=(), goods_kg={})
    assert first_window_h(empty) == FIRST_LONGEST_H


def test_a_round_frees_every_slot_in_which_something_may_begin() -> None:
    """Proves: the windows of one round together hold every slot in which a heat or lot may begin. Sensitivity: a step longer than the
    window would leave slots out.
    """
    begun = np.zeros(DAY.slots, dtype=bool)
    for task in DAY.tasks.values():
        if task.role in {"heat", "lot"}:
            begun |= task.allowed
    freed = np.zeros(DAY.slots, dtype=bool)
    for one in Neighbourhoods(DAY):
        if one.roles:
            break
        freed[one.first : one.last] = True
    assert not np.any(begun & ~freed)


def test_windows_begin_as_long_as_asked() -> None:
    """Proves: 3 h are twelve quarter-hours whatever the problem's size, which by itself asks for more."""
    assert Neighbourhoods(DAY, 3.0).length_slots == 12 < Neighbourhoods(DAY).length_slots
