"""Casting units and stations at run time: a lot is begun when its metal is there, and waits (starved) while it is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from twin.ledger.trace import STATE
from twin.models.feed import TINY_KG, Feed, Metal
from twin.models.station import IN_PIECES, NOBODY, PLAIN, Job, Place, Unit, pack_piece
from twin.models.worktime import ALWAYS

if TYPE_CHECKING:
    from twin.models.following import Follower

_SETUP, _PROCESSING, _DOWN = STATE["setup"], STATE["processing"], STATE["down"]


class Supplier(Protocol):
    """The melt shop, as feeds and casting units see it. ``lead_s``: from the call for a ladle to its arrival."""

    lead_s: float

    def look(self) -> None:
        """Something changed that may call for metal."""
        ...


class MetalUnit(Unit):
    """A casting unit: takes the metal of a lot from its feed when it begins it, and waits (starved) while there is not enough."""

    __slots__ = (
        "cast",
        "drawn",
        "feed",
        "follower",
        "pending",
        "prepared",
        "rate_kg_per_s",
        "ready_at",
        "rest",
        "supplier",
        "wakes",
    )

    def __init__(
        self,
        place: Place,
        equipment: int,
        durations: Callable[[Job], float],
        feed: Feed,
        cast: Callable[[MetalUnit], None],
    ) -> None:
        super().__init__(place, equipment, durations)
        self.feed, self.cast = feed, cast
        feed.unit = self
        self.drawn = Metal()
        self.pending: Job | None = None
        self.done_at = self.ready_at = -math.inf
        self.prepared, self.rest = False, 1.0
        self.rate_kg_per_s = 1e-9
        """of the last lot"""
        self.wakes: list[float] = []
        """when the waiting lot is looked at again; times gone by among them"""
        self.supplier: Supplier | None = None
        self.follower: Follower | None = None

    def next(self, now: float) -> None:
        """Take the next lot, that of the plan where one is followed; else be free."""
        place = self.place
        if (
            self.follower is None
            or not self.follower.rules(now)
            or not (self.worktime or ALWAYS).open(now)
            or not isinstance(place, MetalPlace)
        ):
            super().next(now)
            return
        job = self.follower.next_lot(self, place, now)
        if job is None:
            self.job = NOBODY
            place.free.append(self)
            return
        self.begin(job, now)
        if place.waiting:
            place.admit(now)

    def look(self) -> None:
        """Tell the melt shop that something changed."""
        if self.supplier is not None:
            self.supplier.look()

    def begin(self, job: Job, now: float) -> None:
        """Take a lot: set up for it, then begin it when its metal is there."""
        self.job = self.pending = job
        self.queued, self.operation, self.started, self.ended = job.queued, job.step, now, math.inf
        self.batch, self.prepared, self.ready_at, self.rest = self.new_batch(), False, now, 1.0
        change_s = self.change_s(job) if self.setup_s else 0.0
        if change_s:
            self.prepared = True
            self.form = IN_PIECES
            for t0, t1 in (self.worktime or ALWAYS).spread(now, change_s):
                self.floor.pieces.extend(pack_piece(self.equipment, self.batch, _SETUP, t0, t1))
                self.ready_at = t1
            self.wake_at(self.ready_at)
        self.tool = self.tool_of(job)
        self.metal_came()
        if self.pending is not None:
            self.look()

    def fits(self, job: Job, start: float, expires: float = math.inf) -> bool:
        """Whether a lot begun at ``start`` is poured before its metal is too late and before the crew leaves; always where metal keeps."""
        if self.feed.window_s == math.inf:
            return True
        return (
            start + self.durations(job) * self.share_of(job)
            <= min(expires, (self.worktime or ALWAYS).closes(start)) + 1e-6
        )

    def metal_came(self, event: Any = None) -> None:
        """Metal arrived, the set-up is done or working time began: begin the waiting lot if it can be."""
        now, worktime, job = self.floor.now, self.worktime or ALWAYS, self.pending
        if job is None or now < self.ready_at - 1e-6:
            return
        if not worktime.open(now):
            self.wake_at(worktime.next_open(now))
        elif not self.fits(job, now):
            self.wake_at(worktime.next_open(worktime.closes(now)))
        elif self.feed.usable_kg >= self.needs_kg(job) - TINY_KG and self.fits(job, now, self.feed.expires):
            self._pour(job, now)
        elif event is not None:
            self.look()

    def wake_at(self, time_s: float) -> None:
        """Look at the waiting lot then."""
        now = self.floor.now
        self.wakes = [*(time for time in self.wakes if time > now), time_s]
        self.floor.after(time_s - now, self.metal_came)

    def share_of(self, job: Job) -> float:
        """The part of a lot that is still to be cast: less than all after a breakdown in the middle of pouring."""
        return self.rest if job is self.pending else 1.0

    @property
    def cycles(self) -> float:
        """Pieces that are still to be cast."""
        return self.job.pieces * self.rest

    def needs_kg(self, job: Job) -> float:
        """Metal that a lot still takes."""
        return job.kg * self.share_of(job)

    def _pour(self, job: Job, now: float) -> None:
        """Begin the lot now, or go on with it, with its metal."""
        work_s = self.durations(job) * self.rest
        if not self.prepared:
            self.started = now
        if self.failing is not None:
            self.failing.lot(work_s, self.cycles)
        if self._breaks(now, work_s):
            self._pour_part(job, now, work_s)
            return
        self.pending = None
        self.drawn.add(self.feed.draw(job.kg * self.rest, now))
        end = self.lay_out(now, work_s)
        if self.form == PLAIN and self.prepared:
            self.form = IN_PIECES
            self.floor.pieces.extend(pack_piece(self.equipment, self.batch, _PROCESSING, now, end))
        self.done_at = now + (end - now)
        if end < math.inf:
            self.alarm.set(end - now)
        if self.supplier is not None and self.feed.window_s < math.inf:
            self.floor.after(max(0.0, self.done_at - self.supplier.lead_s - now), self.look_ahead)
        self.look()

    def _breaks(self, now: float, work_s: float) -> bool:
        """Whether a breakdown keeps some of the metal past its pouring window."""
        failing = self.failing
        if failing is None or self.feed.window_s == math.inf or failing.left_s >= work_s:
            return False
        return now + work_s + failing.next_repair_s() > self.feed.expires

    def _pour_part(self, job: Job, now: float, work_s: float) -> None:
        """Pour up to the breakdown; the rest waits for the repair and for fresh metal (what is in the ladle will be too late)."""
        failing = self.failing
        if failing is None:
            return
        run_s = failing.left_s
        self.drawn.add(self.feed.draw(job.kg * self.rest * run_s / work_s, now))
        self.rest *= 1.0 - run_s / work_s
        self.prepared, self.form = True, IN_PIECES
        down_at = now + run_s
        self.ready_at = down_at + failing.worked(run_s)
        for state, t0, t1 in ((_PROCESSING, now, down_at), (_DOWN, down_at, self.ready_at)):
            self.floor.pieces.extend(pack_piece(self.equipment, self.batch, state, t0, t1))
        self.wake_at(self.ready_at)

    def look_ahead(self, event: Any) -> None:
        """A ladle called for now arrives when the lot is poured."""
        self.look()

    def note(self, left: float) -> None:
        """Log the lot; one that still waits for metal has not begun, unless the unit was set up for it."""
        if self.pending is not None:
            self.done_at = math.inf
        if self.pending is None or self.prepared:
            super().note(left)

    @property
    def next_job(self) -> Job | None:
        """The lot that waits for metal, or the one that comes next without a set-up."""
        if self.pending is not None:
            return self.pending
        job = self.place.peek(self) if self.follower is None else self.follower.following(self, self.place)
        return job if job is not None and (not self.setup_s or not self.change_s(job)) else None

    def end(self, event: Any) -> None:
        """The lot is cast."""
        self.cast(self)
        self.drawn = Metal()
        super().end(event)

    @property
    def kg_per_s(self) -> float:
        """Metal that it casts per second of work, of the lot that waits or comes next, else of the last one."""
        job = self.pending or self.place.peek(self) or (self.job if self.job is not NOBODY else None)
        if job is not None:
            work_s = self.durations(job)
            self.rate_kg_per_s = job.kg / work_s if work_s else math.inf
        return self.rate_kg_per_s

    def could_cast_kg(self, t0: float, t1: float) -> float:
        """Metal that it could take for further lots between two times: its rate times the working time left after the lot at work."""
        start = max(t0, self.done_at)
        return 0.0 if start >= t1 else self.kg_per_s * (self.worktime or ALWAYS).seconds(start, t1)


class MetalPlace(Place):
    """A casting station: knows how much metal the lots in its queue will take."""

    __slots__ = ("follower", "queued_kg", "supplier")
    direct: ClassVar[bool] = False

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.queued_kg = 0.0
        self.supplier: Supplier | None = None
        self.follower: Follower | None = None

    def accept(self, job: Job, now: float) -> bool:
        """Take a lot from upstream; under a plan it is queued first, because the plan says which unit casts it."""
        if self.follower is None or not self.follower.rules(now):
            return super().accept(job, now)
        if self.held + job.pieces > self.room and (self.held or not self.room):
            return False
        self.put(job, now)
        return True

    def call(self, now: float) -> None:
        """Put free units to work; under a plan one that waits for its time does not keep the others from theirs."""
        if self.follower is None or not self.follower.rules(now) or self.worktime.next_open(now) > now:
            super().call(now)
            return
        for unit in list(self.free):
            if unit in self.free:
                self.free.remove(unit)
                unit.next(now)

    def put(self, job: Job, now: float) -> None:
        """Queue a lot; the melt shop hears of its metal."""
        self.queued_kg += job.kg
        super().put(job, now)
        if self.supplier is not None:
            self.supplier.look()

    def take(self, unit: Unit | None = None) -> Job | None:
        """The next lot, or none."""
        job = super().take(unit)
        if job is not None:
            self.queued_kg -= job.kg
        return job
