"""Several ways to improve an incumbent; the one that lately gained most per second goes next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

Clock = Callable[[], float]
SHORTEST_S = 1e-3
NOTHING = 1e-5
"""Of the cost in a second: a way that gains less gains nothing, and others have their turn."""


class Ways:
    """``ways``: name → what it does once, telling in words what that was; ``cost_krw`` reads the incumbent's cost.

    A way's rate (KRW/s) is that of its last ``memory_s`` seconds, older ones fading. A way that was not tried yet goes first, in the order
    given. The first way works around the incumbent: wherever another one has moved that, it is worth as much as the other again.
    """

    def __init__(
        self,
        ways: Mapping[str, Callable[[], str]],
        cost_krw: Callable[[], float],
        memory_s: float,
        clock: Clock = time.monotonic,
    ) -> None:
        self.ways, self.cost_krw, self.memory_s, self.clock = dict(ways), cost_krw, memory_s, clock
        self.local = next(iter(self.ways))
        self.rate = dict.fromkeys(self.ways, math.inf)
        self.recent = dict.fromkeys(self.ways, (0.0, 0.0))
        """What each way gained, in how many seconds, both fading."""
        self.spent_s = dict.fromkeys(self.ways, 0.0)

    def next(self) -> str:
        """The way of the highest rate; where none gains anything, or of equal ones, the way that has had least time."""
        least = NOTHING * abs(self.cost_krw())
        return max(self.ways, key=lambda n: (self.rate[n] if self.rate[n] > least else 0.0, -self.spent_s[n]))

    def go(self) -> str:
        """One step of the next way; what it did."""
        name, before_krw, begun = self.next(), self.cost_krw(), self.clock()
        told = self.ways[name]()
        self.learn(name, before_krw - self.cost_krw(), max(self.clock() - begun, SHORTEST_S))
        return told

    def learn(self, name: str, gained_krw: float, spent_s: float) -> None:
        """What a step gained in how long."""
        self.spent_s[name] += spent_s
        gained_krw = gained_krw if math.isfinite(gained_krw) else 0.0
        self._now(name, gained_krw, spent_s, math.exp(-spent_s / self.memory_s))
        rate = gained_krw / spent_s
        if name != self.local and gained_krw > 0.0 and rate > self.rate[self.local]:
            self._now(self.local, rate * self.memory_s, self.memory_s, 0.0)

    def _now(self, name: str, gained_krw: float, spent_s: float, fading: float) -> None:
        """The rate of a way after a step, from what is left of those before: one quick success does not outweigh long failure."""
        before_krw, before_s = self.recent[name]
        self.recent[name] = (fading * before_krw + gained_krw, fading * before_s + spent_s)
        self.rate[name] = self.recent[name][0] / self.recent[name][1]
