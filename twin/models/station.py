"""The station core: places with queues, units that work, blocking, set-ups, breakdowns, shifts, as a state machine on SimPy timeouts.

No generator per unit and no polling: one timeout per lot and operation, and callbacks. Nothing interrupts a timeout, because all that
delays a lot is known when it begins: the working time of its crew, the operating hours left to the next failure, the repair. A unit writes
one row per lot into ``Floor.log`` (:data:`LOG`); only lots with pauses, set-ups or failures write their pieces into ``Floor.pieces``
(:data:`PIECES`). :mod:`twin.models.expand` makes tables of them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, ClassVar, Protocol

from simpy.events import NORMAL

from twin.ledger.trace import NONE, STATE
from twin.models.failing import Failing
from twin.models.floor import Alarm, Clock, Floor
from twin.models.jobs import IN_PIECES, LOG, NOBODY, PIECES, PLAIN, RIDER, Job, pack_piece, pack_row
from twin.models.worktime import ALWAYS, Window, WorkTime

__all__ = [
    "IN_PIECES",
    "LOG",
    "NOBODY",
    "PIECES",
    "PLAIN",
    "RIDER",
    "Alarm",
    "Blockable",
    "Clock",
    "Failing",
    "Floor",
    "Job",
    "Place",
    "Unit",
    "pack_piece",
    "pack_row",
]
_STARTUP, _SETUP, _PROCESSING, _DOWN = (STATE[name] for name in ("startup", "setup", "processing", "down"))


class Blockable(Protocol):
    """What holds a lot that the next place has no room for: a unit, or a lot's own place among others."""

    job: Job

    def leave(self, now: float) -> None:
        """The lot was accepted."""
        ...


class Place:
    """A station at run time: its queue, its units, and the units upstream that wait for room in it."""

    __slots__ = (
        "armed",
        "floor",
        "free",
        "heap",
        "held",
        "name",
        "plain",
        "queue",
        "room",
        "source",
        "units",
        "waiting",
        "worktime",
    )

    direct: ClassVar[bool] = True
    """a unit may take the head of ``queue`` itself; a place that counts what leaves wants to be asked with :meth:`take`"""

    def __init__(
        self, floor: Floor, name: str, room: float = math.inf, worktime: WorkTime = ALWAYS, *, by_due: bool = False
    ) -> None:
        self.floor, self.name, self.room, self.worktime = floor, name, room, worktime
        self.queue: deque[Job] = deque()
        self.heap: list[tuple[tuple[float, ...], Job]] | None = [] if by_due else None
        self.source: Iterator[Job] | None = None
        self.plain = type(self) is Place and not by_due
        """who comes first goes first, and nobody is told of a lot that comes while all units are at work"""
        self.held = 0.0
        self.free: list[Unit] = []
        self.units: list[Unit] = []
        self.waiting: deque[Blockable] = deque()
        self.armed = math.inf

    def accept(self, job: Job, now: float) -> bool:
        """Take a lot from upstream if a unit is free or the buffer has room (an empty buffer takes a lot larger than itself)."""
        if self.free and not self.held and (self.worktime is ALWAYS or self.worktime.open(now)):
            job.queued = now
            self.free.pop(0).begin(job, now)
            return True
        if self.held + job.pieces > self.room and (self.held or not self.room):
            return False
        self.put(job, now)
        return True

    def put(self, job: Job, now: float) -> None:
        """Queue a lot and see that somebody comes to work on it."""
        job.queued = now
        self.held += job.pieces
        if self.heap is None:
            self.queue.append(job)
        else:
            heappush(self.heap, (job.rank(), job))
        if self.free:
            self.call(now)

    def take(self, unit: Unit | None = None) -> Job | None:
        """The next lot (for ``unit``, where that matters), or none."""
        if self.heap is not None:
            if not self.heap:
                return None
            job = heappop(self.heap)[1]
        elif self.queue:
            job = self.queue.popleft()
        elif self.source is not None:
            return next(self.source, None)
        else:
            return None
        self.held -= job.pieces
        return job

    def peek(self, unit: Unit | None = None) -> Job | None:
        """The lot that :meth:`take` would give from the queue; it stays there."""
        if self.heap is not None:
            return self.heap[0][1] if self.heap else None
        return self.queue[0] if self.queue else None

    def jobs(self) -> Iterator[Job]:
        """The lots in the queue, in no particular order."""
        return iter(self.queue) if self.heap is None else (job for _, job in self.heap)

    def admit(self, now: float) -> None:
        """Let units upstream that are blocked pass their lots on while there is room."""
        while self.waiting and self.accept(self.waiting[0].job, now):
            self.waiting.popleft().leave(now)

    def call(self, now: float) -> None:
        """Put free units to work, now or when working time begins."""
        start = self.worktime.next_open(now)
        if start > now:
            if start < self.armed:
                self.armed = start
                self.floor.after(start - now, self._wake)
            return
        for _ in range(len(self.free)):
            unit = self.free.pop(0)
            unit.next(now)
            if unit in self.free:
                break

    def _wake(self, event: Any) -> None:
        self.armed = math.inf
        self.call(self.floor.now)


class Unit:
    """One machine. It is free, works on ``job``, or is blocked with it."""

    __slots__ = (
        "alarm",
        "batch",
        "done_at",
        "durations",
        "ended",
        "env",
        "equipment",
        "failing",
        "families",
        "floor",
        "form",
        "idle_since",
        "job",
        "log",
        "matrix",
        "new_batch",
        "off_after_s",
        "operation",
        "place",
        "push",
        "queued",
        "setup_s",
        "simple",
        "started",
        "startup_s",
        "tick",
        "tool",
        "worktime",
    )

    def __init__(self, place: Place, equipment: int, durations: Callable[[Job], float]) -> None:
        self.place, self.floor, self.equipment, self.durations = place, place.floor, equipment, durations
        self.env, self.new_batch = place.floor.env, place.floor.batch
        self.push, self.tick = self.env.push, self.env.tick
        self.worktime: WorkTime | None = None if place.worktime is ALWAYS else place.worktime
        self.failing: Failing | None = None
        self.setup_s = 0.0
        """set-up between different tools where ``matrix`` does not say; must not be 0 where there is a matrix"""
        self.matrix: Mapping[tuple[str, str], float] = {}
        self.families: Mapping[str, str] = {}
        self.off_after_s, self.startup_s, self.idle_since = math.inf, 0.0, place.floor.now
        self.tool: str | None = None
        self.simple: bool | None = None
        """a lot takes its working time and no more: no hours, failures, set-ups, start-ups; known when the first one begins"""
        self.job = NOBODY
        self.batch, self.operation = NONE, 0
        self.queued = self.started = self.ended = self.done_at = 0.0
        self.form = PLAIN
        self.log = self.floor.log.extend
        self.alarm = Alarm(self.env, self.end)
        place.units.append(self)
        place.free.append(self)

    def begin(self, job: Job, now: float) -> None:
        """Start work on a lot now."""
        self.job, self.queued, self.operation, self.started = job, job.queued, job.step, now
        self.batch = self.new_batch()
        work_s = self.durations(job)
        if not self.simple and not self.is_simple():
            work_s = self.lay_out(now, work_s) - now
            if work_s == math.inf:
                self.done_at = self.ended = math.inf
                return
        done_at = self.done_at = now + work_s
        alarm = self.alarm
        alarm.callbacks = alarm.calls
        self.push((done_at, NORMAL, self.tick(), alarm))

    def is_simple(self) -> bool:
        """Whether nothing is to be laid out; asked once, because a plant is built before its first lot begins."""
        if self.simple is None:
            delays = self.worktime is not None or self.failing is not None or self.setup_s
            self.simple = not delays and self.off_after_s == math.inf
        return self.simple

    def lay_out(self, now: float, work_s: float) -> float:
        """Write the pieces of a lot that is set up for, paused or broken down; returns the time when it is done."""
        if self.failing is not None:
            self.failing.lot(work_s, self.cycles)
        worktime = self.worktime or ALWAYS
        pieces = self.preparing(now)
        t = pieces[-1][2] if pieces else now
        if t != math.inf:
            pieces += self._working(t, work_s, worktime)
        plain = len(pieces) == 1 and pieces[0][0] == _PROCESSING and pieces[0][1] == now
        self.form = PLAIN if plain else IN_PIECES
        if not plain:
            for state, a, b in pieces:
                if a != math.inf:
                    self.floor.pieces.extend(pack_piece(self.equipment, self.batch, state, a, b))
        return pieces[-1][2] if pieces else t  # a lot of which no piece is left takes no time

    def preparing(self, now: float) -> list[tuple[int, float, float]]:
        """The pieces before the work on the lot at hand: start-up and set-up. The unit is set up for it from now on."""
        change = self.change_s(self.job) if self.setup_s else 0.0
        self.tool = self.tool_of(self.job)
        pieces = self.starting(now)
        t = pieces[-1][2] if pieces else now
        if change and t != math.inf:
            pieces += [(_SETUP, a, b) for a, b in (self.worktime or ALWAYS).spread(t, change)]
        return pieces

    def tool_of(self, job: Job) -> str:
        """What the unit is set up for with a lot: its product, or its family."""
        return self.families.get(job.product, job.product) if self.families else job.product

    def change_s(self, job: Job) -> float:
        """Set-up before a lot; none before the first."""
        tool = self.tool_of(job)
        if self.tool is None:
            return 0.0
        return self.matrix.get((self.tool, tool), self.setup_s if self.tool != tool else 0.0)

    @property
    def cycles(self) -> float:
        """Cycles that the lot at work takes, for breakdowns that are counted by cycles: its pieces."""
        return self.job.pieces

    def starting(self, now: float) -> list[tuple[int, float, float]]:
        """The pieces of a start-up from ``now``, where the unit went off after ``off_after_s`` without a lot."""
        if self.off_after_s == math.inf:
            return []
        worktime = self.worktime or ALWAYS
        if now - max(self.idle_since, worktime.opened(now)) <= self.off_after_s or not self.startup_s:
            return []
        return [(_STARTUP, a, b) for a, b in worktime.spread(now, self.startup_s)]

    def _working(self, t: float, work_s: float, worktime: WorkTime) -> list[tuple[int, float, float]]:
        """Processing and repairs from ``t`` on until ``work_s`` seconds of work are done."""
        pieces: list[tuple[int, float, float]] = []
        while True:
            run_s = work_s if self.failing is None else min(work_s, self.failing.left_s)
            worked: list[Window] = worktime.spread(t, run_s)
            pieces += [(_PROCESSING, a, b) for a, b in worked if b > a]
            t = worked[-1][1]
            if self.failing is None or t == math.inf:
                return pieces
            work_s -= run_s
            repair_s = self.failing.worked(run_s)
            if repair_s:
                pieces.append((_DOWN, t, t + repair_s))
                t += repair_s
            if work_s <= 0.0:
                return pieces

    def end(self, event: Any) -> None:
        """Work on the lot is done: pass it on, or stay blocked with it."""
        now = self.ended = self.done_at
        job = self.job
        step = self.operation + 1
        if step < len(job.route):
            place = job.route[step]
            job.step = step
            if place.plain and not place.free and place.held + job.pieces <= place.room:
                job.queued = now  # what accept would do, without its calls
                place.held += job.pieces
                place.queue.append(job)
            elif not place.accept(job, now):
                place.waiting.append(self)
                return
        elif self.floor.finished is not None:
            self.floor.finished(job, now)
        self.log(
            pack_row(
                job.code,
                self.equipment,
                self.operation,
                self.queued,
                self.started,
                now,
                now,
                self.batch,
                self.form,
                1.0,
            )
        )
        self.next(now)

    def leave(self, now: float) -> None:
        """The blocked lot has left: log it, take the next."""
        self.note(now)
        self.next(now)

    def note(self, left: float) -> None:
        """Log the lot; ``left`` is infinite where it has not left when the run ends."""
        times = (self.queued, self.started, self.done_at, left)
        self.log(pack_row(self.job.code, self.equipment, self.operation, *times, self.batch, self.form, 1.0))

    def next(self, now: float) -> None:
        """Take the next lot, else be free."""
        place = self.place
        if self.job is not NOBODY:  # a unit that was asked in vain has been idle for longer already
            self.idle_since = now
        if self.worktime is not None and not self.worktime.open(now):
            self.job = NOBODY
            place.free.append(self)
            if place.held or place.source is not None:
                place.call(now)
            return
        job: Job | None
        if place.queue and place.direct:
            head = job = place.queue.popleft()
            place.held -= head.pieces
        else:
            job = place.take(self)
        if job is None:
            self.job = NOBODY
            place.free.append(self)
        else:
            self.begin(job, now)
        if place.waiting:
            place.admit(now)
