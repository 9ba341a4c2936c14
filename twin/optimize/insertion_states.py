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


class Deltas(NamedTuple):
    """Costs for one more unit at work, by slot: the bridge from the work before, to that after, the gap as it is; the gap's number."""

    before_krw: Floats
    after_krw: Floats
    gap_krw: Floats
    gap: Ints

    def switch_krw(self, slots: int, starts: int) -> Floats:
        """Change in the cost of states by work of ``slots`` slots, by start; exact where it lies within one gap."""
        last = slice(slots - 1, slots - 1 + starts)
        change: Floats = self.before_krw[:starts] + self.after_krw[last]
        change -= self.gap_krw[:starts]
        change -= self.gap_krw[last] * (self.gap[:starts] != self.gap[last])
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

    def gaps(self, working: Ints, level: int) -> Gaps:
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

    def deltas(self, working: Ints, levels: list[Gaps]) -> Deltas:
        """Costs of one more unit at work, with ``working`` units there already."""
        n = self.slots
        gap, base = levels[0].at, len(levels[0].begins)
        for level, gaps in enumerate(levels[1:], start=1):
            gap = np.where(working >= level, gaps.at + base, gap)
            base += len(gaps.begins)
        begins, ends, krw = levels[0].begins, levels[0].ends, levels[0].krw
        if len(levels) > 1:
            begins, ends, krw = (np.concatenate([level[at] for level in levels]) for at in (0, 1, 3))
        begun = np.where(begins < 0, -np.inf, self.idle_krw[begins])
        ended = np.where(ends == n, np.inf, self.idle_krw[ends])
        started = np.where(ends == n, 0.0, self.start_krw[ends])
        return Deltas(
            np.minimum(self.idle_krw[:n] - begun[gap], self.start_krw[:n]),
            np.minimum(ended[gap] - self.idle_krw[1:], started[gap]),
            krw[gap],
            gap,
        )

    def draw(self, levels: list[Gaps]) -> tuple[Floats, float]:
        """Power of all gaps by slot, and what they cost beside electricity."""
        kw_steps, paid_krw = np.zeros(self.slots + 1), 0.0
        for gaps in levels:
            on = ~gaps.off
            begins, ends = gaps.begins[on], gaps.ends[on]
            kw_steps[begins] += self.states.idle_kw
            kw_steps[ends] -= self.states.idle_kw
            started = gaps.ends[:-1][gaps.off[:-1]] if gaps.off[-1] else gaps.ends[gaps.off]
            kw_steps[started - self.states.startup_slots] += self.states.startup_kw
            kw_steps[started] -= self.states.startup_kw
            if self.states.idle_krw or self.states.startup_krw:
                paid_krw += self.states.idle_krw * float((ends - begins).sum()) + self.states.startup_krw * len(started)
        return kw_steps[: self.slots].cumsum(), paid_krw


def _count(at: Ints, slots: int) -> Ints:
    """How many of the (different) slots ``at`` lie at or before each slot, (slots,)."""
    marks = np.zeros(slots + 1, dtype=np.int64)
    marks[at] = 1
    return marks[:slots].cumsum()


class GroupView:
    """What a group looks like between its loads.

    ``blocked`` (slots + 1,) counts the slots without a free unit; ``state_kw`` is what idling and starting draw, ``paid_krw`` what they
    cost beside electricity.
    """

    def __init__(self, working: Ints, room_for: Ints, units: int, bridge: Bridge | None) -> None:
        self.blocked = np.zeros(len(working) + 1, dtype=np.int64)
        (working >= room_for).cumsum(out=self.blocked[1:])
        self.working, self.bridge = working.copy(), bridge
        self.state_kw: Floats | None = None
        self.paid_krw = 0.0
        self._deltas: Deltas | None = None
        if bridge is not None:
            self.levels = [bridge.gaps(working, level) for level in range(1, units + 1)]
            self.state_kw, self.paid_krw = bridge.draw(self.levels)

    def switch_krw(self, slots: int, starts: int) -> Floats | None:
        """Change in the cost of states by work of ``slots`` slots, by start; None without states."""
        if self.bridge is None:
            return None
        if self._deltas is None:
            self._deltas = self.bridge.deltas(self.working, self.levels)
        return self._deltas.switch_krw(slots, starts)
