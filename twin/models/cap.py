"""A power cap as a resource of the run: heats and batches wait, or melt slower, while what is reserved would exceed it.

Everything reserves the highest power that it may draw, as an instantaneous envelope, so that no 15-minute mean at the meter can exceed the
cap whatever happens: base load always; utilities at the highest use of all stations together; machines whatever they may draw in the states
that their hours allow; furnaces what their heat was granted, else what holding takes. A heat is granted a power that may change while it
lasts, because it is known when other heats end and machines come and go: :meth:`PowerCap.grants`. Dosing furnaces are set down first where
that lets a heat begin (``set_down`` says by how much, in the order of the stations). PV and battery are not counted on; the transformer's
losses are. The exact load is checked after the run; the excess is a fact of the trace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Protocol

from twin.ledger.trace import CARRIER, STATE
from twin.models.equipment import Rates
from twin.models.phases import Phase
from twin.models.worktime import Duty

_ELECTRICITY, _OFF = CARRIER["electricity"], STATE["off"]
LEAST_SHARE = 0.4
"""a furnace is not run below this share of its rated power because of a cap (assumed)"""
MARGIN = 1.3
"""work that a heat is looked ahead for, over that of a usual one"""
LOOK_AHEAD_S = 86_400.0
"""over which a batch's power must be free; longer than any batch is assumed to last"""
_SHORT_S = 1e-6

Grants = list[tuple[float, float]]
"""(until when in seconds, power in kW) in order; the last until infinity"""


@dataclass(frozen=True)
class Envelope:
    """The most that one equipment may draw over time: ``on_kw`` while people are there, the rates of its duties otherwise."""

    on_kw: float
    duties: Sequence[Duty]
    rates: Rates

    def most_kw(self, t0: float, t1: float) -> float:
        """The highest power between two times."""
        covered, most = 0.0, 0.0
        for a, b, state in self.duties:
            shared = min(b, t1) - max(a, t0)
            if shared > 0.0:
                covered += shared
                most = max(most, self.rates.get(state, {}).get(_ELECTRICITY, 0.0))
        return most if covered >= t1 - t0 - 1e-6 else max(most, self.on_kw)


def envelope(rates: Rates, duties: Sequence[Duty]) -> Envelope:
    """The envelope of a machine of constant rates."""
    return Envelope(max((drawn.get(_ELECTRICITY, 0.0) for drawn in rates.values()), default=0.0), duties, rates)


class Heating(Protocol):
    """A furnace under the cap: what it may draw over a time to come, and when that changes."""

    def reserved_kw(self, t0: float, t1: float) -> float:
        """The most that it may draw between two times, from now on, without asking again."""
        ...

    def changes(self, t: float) -> Sequence[float]:
        """Times after ``t`` at which that changes."""
        ...


class Holding(Protocol):
    """A holding furnace that can be set down: it draws nothing for a while, and asks to be heated again."""

    def can_spare_s(self, now: float) -> float:
        """For how long it may stay without power."""
        ...

    def set_down(self, until_s: float) -> None:
        """Draw nothing until then."""
        ...

    def reserved_kw(self, t0: float, t1: float) -> float:
        """As of a furnace."""
        ...


class Batching(Protocol):
    """A unit that processes batches: whether it is at work, until when, in which phases, and its duties between."""

    duties: Sequence[Duty]
    done_at: float
    phases: Sequence[Phase]
    lots: list[Any]
    follower: Any


def highest_kw(phases: Sequence[Phase], done_at: float, t0: float, t1: float) -> float:
    """A bound of the electric power of consecutive phases, the last of which ends at ``done_at``, between two times.

    Of a batch that was under way when the run began only the phases still to come are known: so they are laid out from the end.
    A term ``amp exp(-t / tau)`` is highest where the stretch begins if ``amp`` is positive, else where it ends.
    """
    most, start = 0.0, done_at - sum(phase.duration_s for phase in phases)
    for phase in phases:
        end = start + phase.duration_s
        a, b = max(start, t0) - start, min(end, t1) - start
        if b > a:
            drawn = 0.0
            for flow in phase.flows:
                if flow.carrier == "electricity":
                    drawn += flow.base
                    drawn += sum(amp * math.exp(-(a if amp > 0.0 else b) / tau) for amp, tau in flow.terms)
            most = max(most, drawn)
        start = end
    return most


@dataclass(eq=False)
class Batched:
    """What a unit that processes batches may draw, a batch under way what its phases say.

    ``working_kw``: in a batch that is still to begin, ``slowest_kw`` one worked as slowly as may be; ``resting_kw``: between batches;
    ``off_kw``: while its hours have it off.
    ``granted_kw``: what it may draw between batches up to ``granted_until_s``, because nobody else needs it
    (:mod:`twin.models.tending`).
    """

    unit: Batching
    working_kw: float
    resting_kw: float
    off_kw: float = 0.0
    slowest_kw: float = math.inf
    granted_kw: float = 0.0
    granted_until_s: float = -math.inf

    def grant(self, kw: float, until_s: float) -> None:
        """Let it draw more between batches for a while."""
        self.granted_kw, self.granted_until_s = kw, until_s

    def withdraw(self) -> None:
        """Let it draw no more between batches than it always may."""
        self.granted_kw, self.granted_until_s = 0.0, -math.inf

    def limit(self, t: float) -> tuple[float, float]:
        """Until when the limit of a time between batches holds, and the power, kW."""
        if t < self.granted_until_s:
            return self.granted_until_s, max(self.granted_kw, self.resting_kw)
        return math.inf, self.resting_kw

    def reserved_kw(self, t0: float, t1: float) -> float:
        """The most between two times."""
        unit = self.unit
        if unit.lots and t0 < unit.done_at:
            known = min(highest_kw(unit.phases, unit.done_at, t0, min(t1, unit.done_at)), self.working_kw)
            return known if t1 <= unit.done_at else max(known, self._between_kw(unit.done_at, t1))
        return self._between_kw(t0, t1)

    def _between_kw(self, t0: float, t1: float) -> float:
        granted_kw = self.granted_kw if t0 < self.granted_until_s else 0.0
        if self.unit.follower is None:
            duties = self.unit.duties
            off_s = sum(min(b, t1) - max(a, t0) for a, b, state in duties if state == _OFF and b > t0 and a < t1)
            if off_s >= t1 - t0 - _SHORT_S / 2.0:
                return max(self.off_kw, granted_kw)
        return max(self.resting_kw, granted_kw)

    def changes(self, t: float) -> Sequence[float]:
        """Ends of its batch, of its phases, of its duties and of what it was granted between batches."""
        unit = self.unit
        ends = [edge for duty in unit.duties for edge in duty[:2] if t < edge < math.inf]
        if t < self.granted_until_s:
            ends.append(self.granted_until_s)
        if unit.lots and unit.done_at > t:
            begin = unit.done_at - sum(phase.duration_s for phase in unit.phases)
            edges = accumulate((phase.duration_s for phase in unit.phases), initial=begin)
            ends += [unit.done_at, *(edge for edge in edges if t < edge < unit.done_at)]
        return ends

    def least_kw(self) -> float:
        """What a batch takes at least."""
        return min(self.slowest_kw, self.working_kw)

    def gives_way(self) -> bool:
        """Whether holding a batch back saves any power."""
        return self.resting_kw < self.working_kw


class PowerCap:
    """What is reserved under the cap."""

    def __init__(self, cap_kw: float, constant_kw: float, machines: Sequence[Envelope]) -> None:
        self.cap_kw, self.constant_kw, self.machines = cap_kw, constant_kw, list(machines)
        self.furnaces: list[Heating] = []
        self.holders: list[Holding] = []
        self._steps = sorted(
            {t for machine in machines for duty in machine.duties for t in duty[:2] if math.isfinite(t)}
        )

    def next_change(self, t: float) -> float:
        """The next time at which what is reserved changes."""
        return min((x for x in self._changes(t, math.inf)), default=math.inf)

    def _changes(self, t: float, until: float) -> list[float]:
        known = [x for x in self._steps if t < x < until]
        for furnace in self.furnaces:
            known += [x for x in furnace.changes(t) if t < x < until and x != math.inf]
        return sorted(set(known))

    def free_kw(self, t0: float, t1: float, own: Heating | None = None) -> float:
        """Power that nobody but ``own`` may draw from ``t0`` to ``t1``."""
        machines = sum(machine.most_kw(t0, t1) for machine in self.machines)
        others = sum(furnace.reserved_kw(t0, t1) for furnace in self.furnaces if furnace is not own)
        return self.cap_kw - self.constant_kw - machines - others

    def grants(self, own: Heating, rated_kw: float, now: float, lasts_s: float) -> Grants:
        """The power that a heat may draw from now on, by stretches of time; empty where it has to wait.

        It waits while any stretch in which it is expected to heat (with a margin) would leave less than the least share of its rated power.
        ``lasts_s``: time at rated power.
        """
        if self.free_kw(now, now + _SHORT_S, own) < rated_kw:
            self._set_down(now, lasts_s)
        ahead, work = now + 2.0 * lasts_s / LEAST_SHARE, MARGIN * rated_kw * lasts_s
        edges = [now, *self._changes(now, ahead), ahead]
        found: Grants = []
        for start, stop in pairwise(edges):
            kw = min(self.free_kw(start, stop, own), rated_kw)
            if kw < LEAST_SHARE * rated_kw and work > 0.0:
                return []
            work -= kw * (stop - start)
            found.append((stop, max(kw, 0.0)))
        found[-1] = (math.inf, max(found[-1][1], LEAST_SHARE * rated_kw))
        return found

    def admits(self, own: Batched, now: float) -> bool:
        """Whether a batch may begin now: its power is free whatever machines do, and whatever batches and heats under way still draw."""
        return not own.gives_way() or self.free_kw(now, now + LOOK_AHEAD_S, own) >= own.least_kw()

    def granted_kw(self, own: Batched, now: float) -> float:
        """The power with which a batch that may begin is worked."""
        if not own.gives_way():
            return own.working_kw
        return min(own.working_kw, max(own.least_kw(), self.free_kw(now, now + LOOK_AHEAD_S, own)))

    def _set_down(self, now: float, lasts_s: float) -> None:
        """Take the power of holding furnaces for as long as each can do without it."""
        for holder in self.holders:
            spare_s = min(holder.can_spare_s(now), lasts_s)
            if spare_s > 60.0:
                holder.set_down(now + spare_s)


def lowest(grants: Sequence[Grants]) -> Grants:
    """What several limits grant together: the least of each stretch of time; empty where one grants nothing."""
    if not all(grants):
        return []
    edges = sorted({until for one in grants for until, _ in one})
    return [(edge, min(next(kw for until, kw in one if until >= edge) for one in grants)) for edge in edges]


NO_CAP = PowerCap(math.inf, 0.0, ())
