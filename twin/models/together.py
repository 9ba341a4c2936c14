"""Units that hold several lots at a time: batches that share a cycle, and places where lots only spend time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from twin.models.station import IN_PIECES, PLAIN, RIDER, Job, Place, Unit, pack_piece, pack_row
from twin.models.worktime import ALWAYS


class LotsUnit(Unit):
    """A unit that holds several lots at a time and, when it is done, passes them on one by one."""

    __slots__ = ("lots", "total")

    def __init__(self, place: Place, equipment: int, durations: Callable[[Job], float]) -> None:
        super().__init__(place, equipment, durations)
        self.lots: list[Job] = []
        """those that have not left yet; the first is ``job``, and since when it was queued stands in ``queued``"""
        self.total = 0.0

    def leave(self, now: float) -> None:
        """The lot that was blocked has left; go on with the others."""
        self.note_lot(self.lots.pop(0), now)
        if self._pass_on(now):
            self.go_on(now)

    def go_on(self, now: float) -> None:
        """What the unit does when its last lot has left."""
        raise NotImplementedError

    def note_lot(self, job: Job, left: float) -> None:
        """Log one lot of the batch."""
        raise NotImplementedError

    def _pass_on(self, now: float) -> bool:
        """Pass lots on until one is blocked; whether all have left."""
        while self.lots:
            job = self.job = self.lots[0]
            self.queued, self.operation = job.queued, job.step
            step = job.step + 1
            if step < len(job.route):
                job.step = step
                if not job.route[step].accept(job, now):
                    job.route[step].waiting.append(self)
                    return False
            elif self.floor.finished is not None:
                self.floor.finished(job, now)
            self.lots.pop(0)
            self.note_lot(job, now)
        return True

    def note(self, left: float) -> None:
        """Log the lots that are still here when the run ends."""
        blocked = self.ended < math.inf
        while self.lots:
            job = self.lots.pop(0)
            self.queued = job.queued
            if not blocked:
                self.operation = job.step
            blocked = False
            self.note_lot(job, left)


class BatchUnit(LotsUnit):
    """A unit that takes several lots together, up to ``batch`` pieces; a larger lot takes several cycles. A cycle begun is finished."""

    __slots__ = ("overtime", "size")

    def __init__(self, place: Place, equipment: int, durations: Callable[[Job], float], size: int) -> None:
        super().__init__(place, equipment, durations)
        self.size = size
        self.overtime: Callable[[float, float], None] | None = None

    def begin(self, job: Job, now: float) -> None:
        """Start a batch with this lot and the next ones that fit."""
        floor = self.floor
        self.lots, self.total = [job], job.pieces
        while (following := self.place.peek(self)) is not None and self.total + following.pieces <= self.size:
            taken = self.place.take(self)
            if taken is None:
                break
            self.lots.append(taken)
            self.total += taken.pieces
        self.job, self.queued, self.operation, self.started, self.ended = job, job.queued, job.step, now, math.inf
        self.batch = self.new_batch()
        work_s = self.durations(job) * math.ceil(self.total / self.size)
        end = now + work_s
        self.form = PLAIN
        pieces = self.starting(now)
        if self.failing is not None:
            self.failing.lot(work_s, self.cycles)
        if pieces or self.failing is not None:
            pieces += self._working(pieces[-1][2] if pieces else now, work_s, ALWAYS)
            end, self.form = pieces[-1][2], PLAIN if len(pieces) == 1 else IN_PIECES
            if self.form == IN_PIECES:
                for state, a, b in pieces:
                    floor.pieces.extend(pack_piece(self.equipment, self.batch, state, a, b))
        end = self.done_at = now + (end - now)
        closes = self.place.worktime.closes(now)
        if self.overtime is not None and end > closes:
            self.overtime(closes, end)
        self.alarm.set(end - now)

    @property
    def cycles(self) -> float:
        """Cycles of the batch at work."""
        return math.ceil(self.total / self.size)

    def end(self, event: Any) -> None:
        """The batch is done: pass its lots on one by one."""
        self.ended = self.done_at
        if self._pass_on(self.ended):
            self.next(self.ended)

    def go_on(self, now: float) -> None:
        """Take the next lots."""
        self.next(now)

    def note_lot(self, job: Job, left: float) -> None:
        """Log one lot of the batch; the last to leave stands for the unit's time."""
        form = RIDER if self.lots else self.form
        share = job.pieces / self.total if self.total else float(not self.lots)  # lots of which no piece is left
        times = (self.queued, self.started, self.ended, left)
        self.log(pack_row(job.code, self.equipment, self.operation, *times, self.batch, form, share))


class DelayUnit(Unit):
    """A place where lots spend time side by side, up to ``places`` of them."""

    __slots__ = ("inside", "places")

    def __init__(self, place: Place, equipment: int, durations: Callable[[Job], float], places: int) -> None:
        super().__init__(place, equipment, durations)
        self.places = places
        self.inside: dict[int, Delayed] = {}

    def begin(self, job: Job, now: float) -> None:
        """A lot comes in."""
        lot = Delayed(self, job, now)
        self.inside[lot.batch] = lot
        work_s = self.durations(job)
        lot.done_at = now + work_s
        self.floor.after(work_s, lot.end)
        if len(self.inside) < self.places:
            self.next(now)

    def out(self, lot: Delayed, now: float) -> None:
        """A lot has left."""
        full = len(self.inside) == self.places
        del self.inside[lot.batch]
        if full:
            self.next(now)

    def note(self, left: float) -> None:
        """Log the lots that are still here when the run ends."""
        for lot in self.inside.values():
            lot.note(left)


class Delayed:
    """One lot in a :class:`DelayUnit`; blocked, it waits there like a unit."""

    __slots__ = ("batch", "done_at", "ended", "job", "operation", "queued", "started", "unit")

    def __init__(self, unit: DelayUnit, job: Job, now: float) -> None:
        self.unit, self.job, self.queued, self.operation = unit, job, job.queued, job.step
        self.batch, self.started, self.ended, self.done_at = unit.floor.batch(), now, math.inf, math.inf

    def end(self, event: Any) -> None:
        """Its time is over: pass it on, or keep its place."""
        job, floor = self.job, self.unit.floor
        now = self.ended = floor.now
        step = job.step + 1
        if step < len(job.route):
            job.step = step
            if not job.route[step].accept(job, now):
                job.route[step].waiting.append(self)
                return
        elif floor.finished is not None:
            floor.finished(job, now)
        self.leave(now)

    def leave(self, now: float) -> None:
        """The lot has left."""
        self.note(now)
        self.unit.out(self, now)

    def note(self, left: float) -> None:
        """Log the lot."""
        times = (self.queued, self.started, self.ended, left)
        self.unit.log(pack_row(self.job.code, self.unit.equipment, self.operation, *times, self.batch, PLAIN, 1.0))
