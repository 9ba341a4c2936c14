"""Machines that are switched on and off, priced exactly for equal units: level by level.

Units are alike, so the slots in which at least ``k`` of them work form level ``k``, and each gap of a level is bridged the cheaper way:
the unit stays on and idles, or it goes off and is started again just before. Levels are nested, so that this is a schedule of units
(the one that ended last goes on first) and no other choice of gaps is cheaper at the same prices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.optimize.problem import Floats
from twin.optimize.shop import States

Ints = NDArray[np.int64]


class GroupView(NamedTuple):
    """What a group looks like between its loads.

    ``blocked`` (slots + 1,) counts the slots without a free unit; ``state_kw`` is what idling and starting draw,
    ``paid_krw`` what they cost beside electricity. For one more unit at
    work in slot ``t``: ``before_krw`` bridges from the work before it, ``after_krw`` to the work after it, ``gap_krw`` is what the gap
    costs now, ``gap`` which one it is; None without states.
    """

    blocked: Ints
    state_kw: Floats | None = None
    paid_krw: float = 0.0
    before_krw: Floats | None = None
    after_krw: Floats | None = None
    gap_krw: Floats | None = None
    gap: Ints | None = None

    def switch_krw(self, slots: int, starts: int) -> Floats | None:
        """Change in the cost of states by work of ``slots`` slots, by start; exact where it lies within one gap."""
        if self.before_krw is None or self.after_krw is None or self.gap_krw is None or self.gap is None:
            return None
        last = slice(slots - 1, slots - 1 + starts)
        apart = self.gap[:starts] != self.gap[last]
        change: Floats = self.before_krw[:starts] + self.after_krw[last] - self.gap_krw[:starts]
        return change - self.gap_krw[last] * apart


class Bridge:
    """Costs of bridging gaps of one group at given prices: ``price_sum`` (slots + 1,) is KRW for 1 kW up to each slot."""

    def __init__(self, states: States, price_sum: Floats) -> None:
        self.states, self.slots = states, len(price_sum) - 1
        self.idle_krw: Floats = states.idle_kw * price_sum + states.idle_krw * np.arange(self.slots + 1)
        s = states.startup_slots
        self.start_krw: Floats = np.full(self.slots + 1, np.inf)
        self.start_krw[s:] = states.startup_kw * (price_sum[s:] - price_sum[: self.slots + 1 - s]) + states.startup_krw

    def cost_krw(self, begins: Ints, ends: Ints) -> Floats:
        """The cheaper of idling and restarting over gaps; a begin of −1 is off from before, an end of ``slots`` is for ever."""
        fits = ends - begins >= self.states.startup_slots
        restart = np.where(fits | (begins < 0), self.start_krw[ends], np.inf)
        idle = np.where(begins < 0, np.inf, self.idle_krw[ends] - self.idle_krw[begins])
        return np.where(ends == self.slots, np.minimum(0.0, idle), np.minimum(idle, restart))

    def restarts(self, begins: Ints, ends: Ints) -> NDArray[np.bool_]:
        """Whether a gap is bridged by a restart (or by staying off for good)."""
        idle = np.where(begins < 0, np.inf, self.idle_krw[ends] - self.idle_krw[begins])
        fits = (ends - begins >= self.states.startup_slots) | (begins < 0)
        restart = np.where(ends == self.slots, 0.0, np.where(fits, self.start_krw[ends], np.inf))
        chosen: NDArray[np.bool_] = restart < idle
        return chosen

    def view(self, working: Ints, blocked: Ints, units: int) -> GroupView:
        """All of it for a group with ``working`` units at work in each slot."""
        n = self.slots
        kw_steps, paid_krw = np.zeros(n + 1), 0.0
        begin, end, which = (np.empty((units + 1, n), dtype=np.int64) for _ in range(3))
        for level in range(1, units + 1):
            begins, ends, index = self._gaps(working, level)
            paid_krw += self._draw(kw_steps, begins, ends)
            begin[level - 1], end[level - 1], which[level - 1] = begins[index], ends[index], index + level * n
        begin[units], end[units], which[units] = 0, 0, 0
        each = np.arange(n)
        if units == 1:
            a, b, gap = begin[0], end[0], which[0]
        else:
            a, b, gap = begin[working, each], end[working, each], which[working, each]
        b, a = np.maximum(b, each), np.minimum(a, each)
        return GroupView(
            blocked,
            np.cumsum(kw_steps)[:n],
            paid_krw,
            self.cost_krw(a, each),
            self.cost_krw(each + 1, np.maximum(b, each + 1)),
            self.cost_krw(a, b),
            gap,
        )

    def _gaps(self, working: Ints, level: int) -> tuple[Ints, Ints, Ints]:
        """Begins and ends of a level's gaps, first and last included, and for each slot the gap that it lies in or after."""
        on = np.zeros(self.slots + 2, dtype=np.int64)
        on[1:-1] = working >= level
        edge = on[1:] - on[:-1]
        first = 0 if level <= self.states.on_at_start else -1
        begins = np.concatenate([[first], np.flatnonzero(edge < 0)])
        ends = np.concatenate([np.flatnonzero(edge > 0), [self.slots]])
        return begins, ends, np.cumsum(edge < 0)[: self.slots]

    def _draw(self, kw_steps: Floats, begins: Ints, ends: Ints) -> float:
        """Add the power of a level's gaps as steps; returns what they cost beside electricity."""
        restart = self.restarts(begins, ends)
        kw_steps[begins[~restart]] += self.states.idle_kw
        kw_steps[ends[~restart]] -= self.states.idle_kw
        started = ends[restart & (ends < self.slots)]
        kw_steps[started - self.states.startup_slots] += self.states.startup_kw
        kw_steps[started] -= self.states.startup_kw
        waited = int((ends - begins)[~restart].sum())
        return self.states.idle_krw * waited + self.states.startup_krw * len(started)
