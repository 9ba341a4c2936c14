"""Machines that are switched on and off, priced exactly for equal units: level by level.

Units are alike, so the slots in which at least ``k`` of them work form level ``k``, and each gap of a level is bridged the cheaper way:
the unit stays on and idles, or it goes off and is started again just before. Levels are nested, so that this is a schedule of units
(the one that ended last goes on first) and no other choice of gaps is cheaper at the same prices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.optimize.problem.network import Flags, Floats
from twin.optimize.problem.shop import States

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
        np.subtract(change, self.gap_krw[last], out=change, where=self.gap[:starts] != self.gap[last])
        return change


class Gaps(NamedTuple):
    """Gaps of all levels, one level after another: places of begin and end, whether going off bridges it, its cost.

    A place is a slot of a level: ``level · (slots + 1) + slot``. ``begin`` (levels · (slots + 1),) marks where gaps begin.
    """

    begins: Ints
    ends: Ints
    off: Flags
    krw: Floats
    begin: NDArray[np.bool_]


class Bridge:
    """Costs of bridging gaps of one group at given prices: ``price_sum`` (slots + 1,) is KRW for 1 kW up to each slot.

    Every level has a gap before its first work (from the start on, or never on before) and one after its last (off for good).
    """

    def __init__(self, states: States, price_sum: Floats, units: int) -> None:
        self.states, self.slots, self.units = states, len(price_sum) - 1, units
        n, s = self.slots, min(states.startup_slots, self.slots + 1)
        self.idle_krw: Floats = states.idle_kw * price_sum + states.idle_krw * np.arange(n + 1)
        self.start_krw: Floats = np.full(n + 1, np.inf)
        self.start_krw[s:] = states.startup_kw * (price_sum[s:] - price_sum[: n + 1 - s]) + states.startup_krw
        self.first = (n + 1) * np.arange(units)
        self.last = self.first + n
        self.begun_krw, self.ended_krw = np.tile(self.idle_krw, units), np.tile(self.idle_krw, units)
        self.begun_krw[self.first[states.on_at_start :]] = -np.inf
        self.ended_krw[self.last] = np.inf
        self.started_krw, self.needed = np.tile(self.start_krw, units), np.full(units * (n + 1), s)
        self.started_krw[self.last], self.needed[self.last] = 0.0, 0
        self.final = np.zeros(units * (n + 1), dtype=np.bool_)
        self.final[self.last] = True
        self.each = np.arange(n)
        self.levels = np.arange(1, units + 1)[:, None]

    def gaps(self, working: Ints) -> Gaps:
        """All gaps of a group with ``working`` units at work in each slot."""
        on = np.zeros(self.units * (self.slots + 1) + 1, dtype=np.int8)
        np.greater_equal(working, self.levels, out=on[1:].reshape(self.units, -1)[:, :-1], casting="unsafe")
        edge = on[1:] - on[:-1]
        begin, end = edge < 0, edge > 0
        begin[self.first] = end[self.last] = True
        begins, ends = begin.nonzero()[0], end.nonzero()[0]
        idle = self.ended_krw[ends] - self.begun_krw[begins]
        restart = self.started_krw[ends]
        restart[ends - begins < self.needed[ends]] = np.inf
        off = restart < idle
        return Gaps(begins, ends, off, np.where(off, restart, idle), begin)

    def deltas(self, working: Ints, gaps: Gaps) -> Deltas:
        """Costs of one more unit at work, with ``working`` units there already."""
        n = self.slots
        gap = gaps.begin.cumsum()
        gap -= 1
        gap = gap.take(np.minimum(working, self.units - 1) * (n + 1) + self.each) if self.units > 1 else gap[:n]
        begun, ended = self.begun_krw[gaps.begins], self.ended_krw[gaps.ends]
        return Deltas(
            np.minimum(self.idle_krw[:n] - begun.take(gap), self.start_krw[:n]),
            np.minimum(ended.take(gap) - self.idle_krw[1:], self.started_krw[gaps.ends].take(gap)),
            gaps.krw.take(gap),
            gap,
        )

    def draw(self, gaps: Gaps) -> tuple[Floats, float]:
        """Power of all gaps by slot, and what they cost beside electricity."""
        kw_steps, paid_krw, states = np.zeros(self.units * (self.slots + 1)), 0.0, self.states
        kept = ~gaps.off
        begins, ends = gaps.begins[kept], gaps.ends[kept]
        kw_steps[begins] += states.idle_kw
        kw_steps[ends] -= states.idle_kw
        started = gaps.ends[gaps.off & ~self.final[gaps.ends]]
        kw_steps[started - states.startup_slots] += states.startup_kw
        kw_steps[started] -= states.startup_kw
        if states.idle_krw or states.startup_krw:
            paid_krw = states.idle_krw * float((ends - begins).sum()) + states.startup_krw * len(started)
        by_slot = kw_steps if self.units == 1 else kw_steps.reshape(self.units, -1).sum(axis=0)
        return by_slot[: self.slots].cumsum(), paid_krw


class GroupView:
    """What a group looks like between its loads.

    ``blocked`` (slots + 1,) counts the slots without a free unit; ``state_kw`` is what idling and starting draw, ``paid_krw`` what they
    cost beside electricity.
    """

    def __init__(self, working: Ints, room_for: Ints, bridge: Bridge | None) -> None:
        self.blocked = np.zeros(len(working) + 1, dtype=np.int64)
        (working >= room_for).cumsum(out=self.blocked[1:])
        self.working, self.bridge = working.copy(), bridge
        self.state_kw: Floats | None = None
        self.paid_krw = 0.0
        self._deltas: Deltas | None = None
        if bridge is not None:
            self.gaps = bridge.gaps(working)
            self.state_kw, self.paid_krw = bridge.draw(self.gaps)

    def switch_krw(self, slots: int, starts: int) -> Floats | None:
        """Change in the cost of states by work of ``slots`` slots, by start; None without states."""
        if self.bridge is None:
            return None
        if self._deltas is None:
            self._deltas = self.bridge.deltas(self.working, self.gaps)
        return self._deltas.switch_krw(slots, starts)
