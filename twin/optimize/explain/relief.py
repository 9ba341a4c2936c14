"""What would make a plan possible besides giving up a requirement: more working time at a station, more metal from a furnace.

Stated as further tasks of the same problem, so that nothing of the formulation knows of them: twins of all tasks that may start outside
of their hours, and ladles that come from nowhere. How much of either is used is counted in hours of one machine and in kg.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from twin.optimize.formulation.matrix import StartKey
from twin.optimize.problem.network import Flags, Problem, Task

OUTSIDE = " outside its hours"
GIVEN = " given "
HOURS, METAL = "hours", "metal"
Resource = tuple[str, str]


@dataclass(frozen=True)
class Relieved:
    """``problem`` with the further tasks; ``uses``: (``hours`` or ``metal``, station) → what one start of each counts, h or kg."""

    problem: Problem
    uses: Mapping[Resource, Mapping[StartKey, float]]


def relieved(problem: Problem) -> Relieved:
    """The problem in which working time and metal may be had beyond what there is."""
    tasks: dict[str, Task] = dict(problem.tasks)
    uses: dict[Resource, dict[StartKey, float]] = {}
    for task in problem.tasks.values():
        if task.role in ("lot", "heat") and not task.allowed.all():
            twin = replace(task, name=task.name + OUTSIDE, allowed=~task.allowed)
            tasks[twin.name] = twin
            counted = uses.setdefault((HOURS, station_of(task)), {})
            counted.update({(twin.name, t): hours for t, hours in _hours(problem, task)})
    for given, station in _given(problem):
        tasks[given.name] = given
        counted = uses.setdefault((METAL, station), {})
        counted.update({(given.name, t): 1.0 for t in problem.starts(given)})
    return Relieved(replace(problem, tasks=tasks), uses)


def station_of(task: Task) -> str:
    """The station of a task's group: a unit is called after it."""
    return task.group.partition(".")[0]


def open_slots(problem: Problem, group: str) -> Flags:
    """Slots in which the tasks of a group can be at work as the hours are (slots,)."""
    found = np.zeros(problem.slots, dtype=bool)
    for task in problem.tasks.values():
        if task.group == group and task.role in ("lot", "heat"):
            for t in problem.starts(task):
                found[t : t + max(1, task.slots)] = True
    return found


def _hours(problem: Problem, task: Task) -> Iterator[tuple[int, float]]:
    """Hours outside of the group's hours of a start in each slot in which the task may not start as it is."""
    closed = np.concatenate([[0], np.cumsum(~open_slots(problem, task.group))])
    for t in np.flatnonzero(~task.allowed):
        end = int(t) + max(1, task.slots)
        if end <= problem.slots:
            yield int(t), float(closed[end] - closed[int(t)]) * problem.slot_h


def _given(problem: Problem) -> Iterator[tuple[Task, str]]:
    """A kg that comes to each feed that ladles fill, from no furnace."""
    always, seen = np.ones(problem.slots, dtype=bool), set()
    for tap in problem.tasks.values():
        taken = [c for c in tap.changes if c.amount < 0]
        added = [c for c in tap.changes if c.amount > 0]
        if tap.role != "tap" or len(taken) != 1 or not added or not taken[0].stock.startswith("metal."):
            continue
        kg, stocks = -taken[0].amount, tuple(sorted(c.stock for c in added))
        if stocks in seen or any(abs(c.amount - kg) > 1e-9 for c in added):
            continue
        seen.add(stocks)
        changes = tuple(replace(c, offset=0, amount=1.0) for c in added)
        name = f"{tap.group}{GIVEN}{added[0].stock}"
        yield (Task(name, "tap", tap.group, 0, np.zeros(0), always, changes, continuous=True), station_of(tap))
