"""Which start counts a search frees in one iteration, in a fixed order: no random numbers, so equal limits give equal plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.optimize.formulation.matrix import StartKey
from twin.optimize.problem.network import Problem

STATE_ROLES = frozenset({"startup", "shutdown", "cool", "tap", "empty", "pig", "setup"})
FIRST_WINDOW_H = 6.0
FIRST_LONGEST_H = 12.0
FIRST_COUNTS = 350
"""start counts that the first windows free, measured on weeks of both foundries: windows of 12 h, in which heats change between day and
night, where that is few counts (aluminium); where it is many (iron) such windows are not solved to their end, and 6 h gain more"""
SHORTEST_H = 2.0
LONGEST_H = 48.0
GROWTH = 1.5


@dataclass(frozen=True)
class Neighbourhood:
    """The starts that may change: those of ``roles`` (all when empty) in slots first ≤ t < last."""

    name: str
    first: int
    last: int
    roles: frozenset[str] = frozenset()

    def frees(self, problem: Problem, key: StartKey) -> bool:
        """Whether the start count ``key`` = (task, slot) may change."""
        task, slot = key
        return self.first <= slot < self.last and (not self.roles or problem.tasks[task].role in self.roles)


def states(problem: Problem) -> Neighbourhood:
    """What furnaces and units do between heats and lots, and ladles, over the whole horizon."""
    return Neighbourhood("states", 0, problem.slots, STATE_ROLES)


def first_window_h(problem: Problem) -> float:
    """Hours of the first windows: as long as frees :data:`FIRST_COUNTS` start counts, within the limits."""
    counts = sum(len(problem.starts(task)) for task in problem.tasks.values() if not task.continuous)
    hours = FIRST_COUNTS * problem.slots * problem.slot_h / max(counts, 1)
    return min(max(hours, FIRST_WINDOW_H), FIRST_LONGEST_H)


class Neighbourhoods:
    """An endless sequence: windows that walk over the horizon by half their length, then state changes over all of it; each round with
    longer windows, a little shorter where one was too hard.
    """

    def __init__(self, problem: Problem, first_h: float | None = None) -> None:
        self._problem = problem
        self._window_h = first_window_h(problem) if first_h is None else first_h
        self._begun = np.zeros(problem.slots, dtype=bool)
        for task in problem.tasks.values():
            if task.role in {"heat", "lot"}:
                self._begun |= task.allowed

    def __iter__(self) -> Iterator[Neighbourhood]:
        horizon = self._problem.slots
        while True:
            first = 0
            while first < horizon:
                length = self.length_slots
                if self._begun[first : first + length].any():
                    yield Neighbourhood(f"window {first}+{length}", first, min(first + length, horizon))
                first += max(1, length // 2)
            yield states(self._problem)
            self._window_h = min(self._window_h * GROWTH, LONGEST_H)

    @property
    def length_slots(self) -> int:
        """Slots of the next window."""
        return max(2, round(self._window_h / self._problem.slot_h))

    def learn(self, neighbourhood: Neighbourhood, *, solved: bool) -> None:
        """After a window that hit its limit the next ones are shorter."""
        if not solved and not neighbourhood.roles:
            self._window_h = max(self._window_h * 0.9, SHORTEST_H)
