"""Machines that are switched on and off, priced exactly for equal units: level by level.

Units are alike, so the slots in which at least ``k`` of them work form level ``k``, and each gap of a level is bridged the cheaper way:
the unit stays on and idles, or it goes off and is started again just before. Levels are nested, so that this is a schedule of units
(the one that ended last goes on first) and no other choice of gaps is cheaper at the same prices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.optimize.problem import Flags, Floats
from twin.optimize.shop import States

Ints = NDArray[np.int64]


class GroupView(NamedTuple):
    """What a group looks like between its loads.

    ``blocked`` (slots + 1,) counts the slots without a free unit; ``state_kw`` is what idling and starting draw, ``paid_krw`` what they
    cost beside electricity. For one more unit at work in slot ``t``: ``before_krw`` bridges from the work before it, ``after_krw`` to the
    work after it, ``gap_krw`` is what the gap costs now, ``gap`` which one it is; None without states.
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
        change: Floats = self.before_krw[:starts] + self.after_krw[last]
        change -= self.gap_krw[:starts]
        change -= self.gap_krw[last] * apart
        return change


class Gaps(NamedTuple):
    """Gaps of one level in order: begin, end, whether a restart (or staying off) bridges it, its cost; ``at`` (slots,) is the last one."""

    begins: Ints
    ends: Ints
    off: Flags
    krw: Floats
    at: Ints


class Bridge:
    """Costs of bridging gaps of one group at given prices: ``price_sum`` (slots + 1,) is KRW for 1 kW up to each slot."""

    def __init__(self, states: States, price_sum: Floats) -> None:
        self.states, self.slots = states, len(price_sum) - 1
        self.idle_krw: Floats = states.idle_kw * price_sum + states.idle_krw * np.arange(self.slots + 1)
        s = states.startup_slots
        self.start_krw: Floats = np.full(self.slots + 1, np.inf)
        self.start_krw[s:] = states.startup_kw * (price_sum[s:] - price_sum[: self.slots + 1 - s]) + states.startup_krw

    def view(self, working: Ints, blocked: Ints, units: int) -> GroupView:
        """All of it for a group with ``working`` units at work in each slot."""
        n = self.slots
        kw_steps, paid_krw = np.zeros(n + 1), 0.0
        levels = [self._gaps(working, level) for level in range(1, units + 1)]
        for gaps in levels:
            paid_krw += self._draw(kw_steps, gaps)
        gap, base = levels[0].at, len(levels[0].begins)
        for level, gaps in enumerate(levels[1:], start=1):
            gap = np.where(working >= level, gaps.at + base, gap)
            base += len(gaps.begins)
        begins, ends, krw = (np.concatenate([level[at] for level in levels]) for at in (0, 1, 3))
        begun = np.where(begins < 0, -np.inf, self.idle_krw[begins])
        ended = np.where(ends == n, np.inf, self.idle_krw[ends])
        started = np.where(ends == n, 0.0, self.start_krw[ends])
        return GroupView(
            blocked,
            np.cumsum(kw_steps[:n]),
            paid_krw,
            np.minimum(self.idle_krw[:n] - begun[gap], self.start_krw[:n]),
            np.minimum(ended[gap] - self.idle_krw[1:], started[gap]),
            krw[gap],
            gap,
        )

    def _gaps(self, working: Ints, level: int) -> Gaps:
        """A level's gaps, first and last included; a begin of -1 is off from before, an end of ``slots`` is for ever."""
        on = np.zeros(self.slots + 2, dtype=np.int8)
        np.greater_equal(working, level, out=on[1:-1], casting="unsafe")
        edge = on[1:] - on[:-1]
        first = 0 if level <= self.states.on_at_start else -1
        offs = (edge < 0).nonzero()[0]
        begins = np.concatenate([[first], offs])
        ends = np.concatenate([(edge > 0).nonzero()[0], [self.slots]])
        idle = self.idle_krw[ends] - self.idle_krw[begins]
        restart = np.where(ends - begins >= self.states.startup_slots, self.start_krw[ends], np.inf)
        if first < 0:
            idle[0], restart[0] = np.inf, self.start_krw[ends[0]]
        restart[-1] = 0.0
        return Gaps(begins, ends, restart < idle, np.minimum(restart, idle), _count(offs, self.slots))

    def _draw(self, kw_steps: Floats, gaps: Gaps) -> float:
        """Add the power of a level's gaps as steps; returns what they cost beside electricity."""
        begins, ends = gaps.begins[~gaps.off], gaps.ends[~gaps.off]
        kw_steps[begins] += self.states.idle_kw
        kw_steps[ends] -= self.states.idle_kw
        started = gaps.ends[gaps.off]
        started = started[started < self.slots]
        kw_steps[started - self.states.startup_slots] += self.states.startup_kw
        kw_steps[started] -= self.states.startup_kw
        return self.states.idle_krw * float((ends - begins).sum()) + self.states.startup_krw * len(started)


def _count(at: Ints, slots: int) -> Ints:
    """How many of the (different) slots ``at`` lie at or before each slot, (slots,)."""
    marks = np.zeros(slots + 1, dtype=np.int64)
    marks[at] = 1
    return np.cumsum(marks[:slots])
