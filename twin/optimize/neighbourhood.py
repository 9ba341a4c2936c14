"""Which start counts a search frees in one iteration, in a fixed order: no random numbers, so equal limits give equal plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from twin.optimize.matrix import StartKey
from twin.optimize.problem import Problem

STATE_ROLES = frozenset({"startup", "shutdown", "cool", "tap", "empty", "pig", "setup"})
FIRST_WINDOW_H = 12.0
SHORTEST_H = 3.0
LONGEST_H = 48.0


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


class Neighbourhoods:
    """An endless sequence: state changes over the whole horizon, then windows that walk over it, longer where they were easy."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._window_h = FIRST_WINDOW_H

    def __iter__(self) -> Iterator[Neighbourhood]:
        horizon = self._problem.slots
        while True:
            yield Neighbourhood("states", 0, horizon, STATE_ROLES)
            first = 0
            while first < horizon:
                length = self.length_slots
                yield Neighbourhood(f"window {first}+{length}", first, min(first + length, horizon))
                first += max(1, length // 2)

    @property
    def length_slots(self) -> int:
        """Slots of the next window."""
        return max(2, round(self._window_h / self._problem.slot_h))

    def learn(self, neighbourhood: Neighbourhood, *, solved: bool) -> None:
        """A window that was solved to its end may be longer next time, one that hit its limit shorter."""
        if neighbourhood.roles:
            return
        self._window_h = min(self._window_h * 1.2, LONGEST_H) if solved else max(self._window_h * 0.7, SHORTEST_H)
