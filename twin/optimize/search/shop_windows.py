"""Which columns a shop's search frees in one turn: starts near where they are now, in one window of time, and all that follows from them.

Freeing every start of a day is too much for branch and bound within seconds; a start that may only move a few slots from where it is,
or to another group, is not (fix-and-optimise around the incumbent, as in Mucciarini et al., arXiv 2412.17055).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.optimize.formulation.matrix import Floats, Matrix
from twin.optimize.problem.network import Flags, Problem


@dataclass(frozen=True)
class Window:
    """Starts in slots first ≤ t < last may move by up to ``radius`` slots."""

    name: str
    first: int
    last: int
    radius: int


class Columns:
    """The columns of a shop's matrix by what they are.

    ``at`` (tasks of work, slots): the column of each start, −1 for none. ``kin`` gives each task's others that the same jobs could take;
    ``fed`` the load whose places it takes.
    """

    def __init__(self, problem: Problem, matrix: Matrix) -> None:
        self.problem, self.matrix = problem, matrix
        self.work = [name for name, task in problem.tasks.items() if task.role in ("lot", "heat")]
        number = {name: k for k, name in enumerate(self.work)}
        self.at = np.full((len(self.work), problem.slots), -1, dtype=np.int64)
        self.states = np.zeros(matrix.shape[1], dtype=bool)
        for (name, slot), column in matrix.start_column.items():
            if name in number:
                self.at[number[name], slot] = column
            else:
                self.states[column] = True
        lots = [k for k, name in enumerate(self.work) if problem.tasks[name].role == "lot"]
        taken = {k: _taken(problem, self.work[k], lapses=False) for k in lots}
        self.kin = {k: [j for j in lots if taken[j] & taken[k] & self._waits()] for k in lots}
        brought = {
            stock: k
            for k, name in enumerate(self.work)
            for stock in (c.stock for c in problem.tasks[name].changes if c.amount > 0)
            if problem.stocks[stock].lapses
        }
        self.fed = {k: brought[stock] for k in lots for stock in _taken(problem, self.work[k], lapses=True)}
        self.reach = max(
            [change.offset for task in problem.tasks.values() for change in task.changes]
            + [len(task.profile_kw) for task in problem.tasks.values()]
        )
        self.rest = ~matrix.integer & (matrix.slot < 0)

    def _waits(self) -> set[str]:
        return {name for name in self.problem.stocks if name.startswith("wait|")}

    def counts(self, values: Floats) -> Floats:
        """Starts by task of work and slot (tasks, slots) at a point."""
        return np.where(self.at >= 0, np.rint(values[np.maximum(self.at, 0)]), 0.0)

    def freed(self, window: Window, values: Floats) -> NDArray[np.int64]:
        """Columns that are free in a window around the point ``values``."""
        present = self.counts(values) > 0.5
        inside = np.zeros(self.problem.slots, dtype=bool)
        inside[max(0, window.first) : window.last] = True
        near = dilated(present & inside, window.radius)
        free = np.zeros_like(near)
        for k, kin in self.kin.items():
            for j in kin:
                free[j] |= near[k]
        for k, load in self.fed.items():
            free[load] |= free[k] | (near[load] & inside)
        starts = self.at[free]
        when = (self.matrix.slot >= window.first - window.radius) & (
            self.matrix.slot < window.last + window.radius + self.reach
        )
        chosen = self.rest | (when & (~self.matrix.integer | self.states))
        chosen[starts[starts >= 0]] = True
        return np.flatnonzero(chosen)

    def all_but_work(self) -> NDArray[np.int64]:
        """Everything but the starts of work: states, battery, levels, peak."""
        chosen = np.ones(self.matrix.shape[1], dtype=bool)
        chosen[self.at[self.at >= 0]] = False
        return np.flatnonzero(chosen)


def _taken(problem: Problem, name: str, *, lapses: bool) -> set[str]:
    changes = problem.tasks[name].changes
    return {c.stock for c in changes if c.amount < 0 and problem.stocks[c.stock].lapses == lapses}


def dilated(flags: NDArray[np.bool_], radius: int) -> Flags:
    """Flags (rows, slots) spread by ``radius`` slots to both sides."""
    spread = flags.copy()
    for shift in range(1, radius + 1):
        spread[:, shift:] |= flags[:, :-shift]
        spread[:, :-shift] |= flags[:, shift:]
    return spread
