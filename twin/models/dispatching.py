"""Places whose queue goes by a rule that looks at the lot or the unit, whose units have hours of their own, where lots may not wait long.

The rules, all with priority first: ``earliest_due_date`` (due date, then release), ``fifo`` (order of arrival here),
``shortest_processing_time`` (time of work here, then arrival), ``setup_avoiding`` (the lot with the shortest set-up of the unit that asks;
among equals by due date), ``power_aware`` (by due date, but see :class:`Restraint`).
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, ClassVar, Protocol

from twin.models.metal import MetalPlace
from twin.models.station import Floor, Job, Place, Unit
from twin.models.worktime import ALWAYS, Window, WorkTime

Rank = tuple[float, ...]
_EARLY_S = 1e-6


class Holds(Protocol):
    """What keeps lots back at a place for a while."""

    def holds(self, place: str, job: Job, now: float) -> bool:
        """Whether a lot may not begin now."""
        ...

    def next_change(self, now: float) -> float:
        """When that may be otherwise without anything happening."""
        ...


class RuledPlace(Place):
    """A place that is asked for every lot: nothing passes it without standing in its queue, be it for no time."""

    direct: ClassVar[bool] = False

    def __init__(
        self, floor: Floor, name: str, room: float, worktime: WorkTime = ALWAYS, *, by_due: bool = True
    ) -> None:
        super().__init__(floor, name, room, worktime, by_due=True)
        self.rank_of: Callable[[Job], Rank] = Job.rank if by_due else lambda _: ()
        self.by_setup = False
        self.number = count().__next__
        self.restraint: Holds | None = None
        self.limit_s = math.inf
        self.expired: Callable[[Job, Unit, float], None] | None = None
        """told of a lot that waited longer than ``limit_s`` and leaves the queue for it"""

    # --- the queue

    def accept(self, job: Job, now: float) -> bool:
        """Take a lot from upstream if a unit begins it at once or the buffer has room."""
        if self.held + job.pieces > self.room and (self.held or not self.room):
            free = (unit for unit in self.free if self._open(unit, now))
            if self.held or next(free, None) is None or self._holds(job, now):
                return False
        self.put(job, now)
        return True

    def put(self, job: Job, now: float) -> None:
        """Queue a lot and see that somebody comes to work on it."""
        job.queued = now
        self.held += job.pieces
        insort(self.lots, ((*self.rank_of(job), self.number()), job), key=lambda entry: entry[0])
        if self.free:
            self.call(now)

    @property
    def lots(self) -> list[tuple[Rank, Job]]:
        """Ranks and lots of the queue, in order."""
        return self.heap if self.heap is not None else []

    def take(self, unit: Unit | None = None) -> Job | None:
        """The next lot for a unit, or none; lots that waited too long leave."""
        self._expire(unit)
        if not self.lots and self.source is not None:
            return next(self.source, None)
        k = self._choice(unit)
        if k is None:
            self._call_again()
            return None
        job = self.lots.pop(k)[1]
        self.held -= job.pieces
        return job

    def peek(self, unit: Unit | None = None) -> Job | None:
        """The lot that :meth:`take` would give."""
        k = self._choice(unit)
        return None if k is None else self.lots[k][1]

    def _choice(self, unit: Unit | None) -> int | None:
        now, best, least = self.floor.now, None, math.inf
        for k, (_, job) in enumerate(self.lots):
            if self._holds(job, now):
                continue
            if not self.by_setup or unit is None:
                return k
            change_s = unit.change_s(job)
            if change_s < least:
                best, least = k, change_s
        return best

    def _holds(self, job: Job, now: float) -> bool:
        return self.restraint is not None and self.restraint.holds(self.name, job, now)

    def _expire(self, unit: Unit | None) -> None:
        """Let lots go that have waited too long."""
        if self.expired is None or unit is None:
            return
        now = self.floor.now
        for entry in [entry for entry in self.lots if now - entry[1].queued > self.limit_s + _EARLY_S]:
            self.lots.remove(entry)
            self.held -= entry[1].pieces
            self.expired(entry[1], unit, now)

    # --- units

    def call(self, now: float) -> None:
        """Put free units to work that can begin now; see to it that the others are called when they can."""
        for unit in self._in_order():
            if unit in self.free and self._open(unit, now):
                self.free.remove(unit)
                unit.next(now)
        if self.free and (self.lots or self.source is not None):
            self._call_again()

    def _call_again(self) -> None:
        """See to it that units are called when one has hours again, or when lots are held back no longer."""
        now = self.floor.now
        closed = [self._hours(unit) for unit in self.free if not self._open(unit, now)]
        wake = min((hours.next_open(now) for hours in closed), default=math.inf)
        if self.restraint is not None and self.lots:
            wake = min(wake, self.restraint.next_change(now))
        if now < wake < self.armed:
            self.armed = wake
            self.floor.after(wake - now, self._wake)

    def _in_order(self) -> Sequence[Unit]:
        """Free units; the one with the shortest set-up first where set-ups are to be avoided."""
        if not self.by_setup or len(self.free) < 2:
            return list(self.free)
        first = {id(unit): self.peek(unit) for unit in self.free}
        return sorted(self.free, key=lambda unit: 0.0 if (job := first[id(unit)]) is None else unit.change_s(job))

    def _hours(self, unit: Unit) -> WorkTime:
        return self.worktime if unit.worktime is None else unit.worktime

    def _open(self, unit: Unit, now: float) -> bool:
        hours = self._hours(unit)
        return hours is ALWAYS or hours.open(now)


class RuledMetalPlace(MetalPlace, RuledPlace):
    """A casting station that goes by a rule of its own."""


class Restraint:
    """The rule ``power_aware``: stations whose processing takes at least ``big_load`` are held back.

    They begin no lot

    - in an on-peak hour, unless the lot is due within ``slack`` from now (or was due already): an hour whose energy price is the highest
      of its month, where the month has more than one price;
    - while the big loads at work, its own power included, would exceed ``level``, unless none is at work.
    """

    def __init__(self, on_peak: WorkTime, slack_s: float, level_kw: float | None) -> None:
        self.on_peak, self.slack_s, self.level_kw = on_peak, slack_s, level_kw
        self.power_kw: dict[str, float] = {}
        """of the stations held back, by name"""
        self.at_work: dict[Unit, float] = {}
        self.places: list[Place] = []
        self.held_back = 0

    def holds(self, place: str, job: Job, now: float) -> bool:
        """Whether a lot may not begin now."""
        kw = self.power_kw.get(place)
        if kw is None:
            return False
        if self.on_peak.open(now) and job.due - now > self.slack_s:
            return True
        drawn = sum(self.at_work.values())
        return self.level_kw is not None and bool(self.at_work) and drawn + kw > self.level_kw + 1e-9

    def next_change(self, now: float) -> float:
        """The end of the on-peak hours."""
        return self.on_peak.closes(now) if self.on_peak.open(now) else math.inf

    def begins(self, unit: Unit) -> None:
        """A unit begins a lot."""
        self.at_work[unit] = self.power_kw[unit.place.name]

    def ends(self, unit: Unit, now: float) -> None:
        """A unit has done its lot: others may begin."""
        self.at_work.pop(unit, None)
        if self.level_kw is not None:
            unit.floor.after(0.0, lambda _event: self._call())

    def _call(self) -> None:
        for place in self.places:
            if place.free and place.held:
                place.call(place.floor.now)


class Restrained(Unit):
    """A unit whose power counts under a :class:`Restraint`."""

    restraint: Restraint

    def begin(self, job: Job, now: float) -> None:
        """Start work on a lot; it is counted."""
        self.restraint.begins(self)
        super().begin(job, now)

    def end(self, event: Any) -> None:
        """The work is done; it is no longer counted."""
        self.restraint.ends(self, self.floor.now)
        super().end(event)


def spans(mask: Sequence[bool], t0: float, step_s: float) -> list[Window]:
    """Stretches of time in which a mask of equal steps from ``t0`` on is true."""
    found: list[Window] = []
    for k, on in enumerate(mask):
        if on:
            start = t0 + k * step_s
            if found and abs(found[-1][1] - start) < step_s / 2:
                found[-1] = (found[-1][0], start + step_s)
            else:
                found.append((start, start + step_s))
    return found
