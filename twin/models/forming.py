"""Batches formed of waiting lots, and the units that process them by the phases of their kind (:mod:`twin.models.batches`).

A batch is formed when a unit is free: lots of one recipe, in the order of dispatch, each that still fits by mass and by places. It is
started when it is filled to the minimum, when a lot of its recipe is left over because it no longer fits, when its first lot has waited
``max_wait``, or when the buffer is so full that a lot upstream is held back. Of several recipes that may start, that of the lot first in
dispatch goes. A unit writes its phases itself (:class:`twin.models.books.Books`), so that what a kind remembers between batches counts.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from twin.ledger.trace import NONE, STATES
from twin.models.batches import Batch, BatchLot, BatchProcess, Load
from twin.models.books import Books
from twin.models.dispatching import Holds, Restraint
from twin.models.station import NOBODY, RIDER, Floor, Job, Place, Unit, pack_row
from twin.models.worktime import ALWAYS, Duty, WorkTime

if TYPE_CHECKING:
    from twin.models.cap import Batched, PowerCap
    from twin.models.phases import Draws, Phase

_EARLY_S = 1e-6
_FULL = 1.0 - 1e-9


class FormingPlace(Place):
    """A station before which lots wait to be put together; ``recipe_of`` and ``kg_of`` say what a lot is."""

    __slots__ = (
        "expired",
        "kg_of",
        "limit_s",
        "load",
        "looking",
        "number",
        "rank_of",
        "recipe_of",
        "restraint",
        "short",
        "sums",
        "waiters",
    )
    direct: ClassVar[bool] = False

    def __init__(
        self, floor: Floor, name: str, room: float, worktime: WorkTime = ALWAYS, *, by_due: bool = False
    ) -> None:
        super().__init__(floor, name, room, worktime, by_due=by_due)
        self.waiters: list[tuple[tuple[float, ...], int, Job]] = []
        self.sums: dict[str, tuple[float, float]] = {}
        """kg and pieces that wait, by recipe"""
        self.load = Load(places=1)
        self.recipe_of: Callable[[Job], str] = lambda _: ""
        self.kg_of: Callable[[Job], float] = lambda _: 0.0
        self.rank_of: Callable[[Job], tuple[float, ...]] = Job.rank if by_due else lambda _: ()
        self.number = count().__next__
        self.looking = False
        self.restraint: Holds | None = None
        self.limit_s = math.inf
        self.expired: Callable[[Job, Unit, float], None] | None = None
        """told of a lot that waited longer than ``limit_s`` and leaves the queue for it"""
        self.short = False
        """whether the batch formed last is below the minimum"""

    def accept(self, job: Job, now: float) -> bool:
        """Take a lot from upstream if there is room for it; a lot that has to wait there lets a batch start as it is."""
        if self.held + job.pieces > self.room and (self.held or not self.room):
            self.look()
            return False
        self.put(job, now)
        return True

    def put(self, job: Job, now: float) -> None:
        """Queue a lot; it may complete a batch."""
        job.queued = now
        self.held += job.pieces
        entry = (self.rank_of(job), self.number(), job)
        if self.waiters and entry[0] < self.waiters[-1][0]:
            insort(self.waiters, entry, key=lambda one: one[:2])
        else:
            self.waiters.append(entry)
        recipe = self.recipe_of(job)
        kg, pieces = self.sums.get(recipe, (0.0, 0.0))
        self.sums[recipe] = (kg + self.kg_of(job), pieces + job.pieces)
        if self.load.max_wait_s is not None and self.load.minimum:
            self.floor.after(self.load.max_wait_s, self._wake)
        if self.free and (self.waiting or self.enough(recipe)):
            self.look()

    def enough(self, recipe: str) -> bool:
        """Whether what waits of a recipe fills a batch to the minimum, or more than one batch."""
        return self.load.fill(*self.sums.get(recipe, (0.0, 0.0))) >= min(self.load.minimum, _FULL) - 1e-9

    def _count(self, recipe: str) -> None:
        """Count anew what waits of a recipe, after lots have left."""
        left = [job for *_, job in self.waiters if self.recipe_of(job) == recipe]
        self.sums[recipe] = (sum(self.kg_of(job) for job in left), sum(job.pieces for job in left))

    def wake_up(self, event: Any) -> None:
        """See whether a batch can start, when what kept it back may be over."""
        del event
        self.look()

    def look(self) -> None:
        """See whether a batch can start, after all that happens now: lots that come at the same time share it."""
        if self.free and not self.looking:
            self.looking = True
            self.floor.after(0.0, self._look)

    def _look(self, event: Any) -> None:
        self.looking = False
        self.call(self.floor.now)

    def take(self, unit: Unit | None = None) -> Job | None:
        """Lots are taken by the batch, see :meth:`form`."""
        return None

    def peek(self, unit: Unit | None = None) -> Job | None:
        """The lot first in dispatch."""
        return self.waiters[0][2] if self.waiters else None

    def jobs(self) -> Iterator[Job]:
        """The lots in the queue, in the order of dispatch."""
        return (job for *_, job in self.waiters)

    def form(self, now: float) -> list[Job]:
        """The lots of the batch that may start now, taken from the queue; empty where none may."""
        tried: set[str] = set()
        for *_, first in self.waiters:
            recipe = self.recipe_of(first)
            if recipe not in tried:
                self.short = False
                tried.add(recipe)
                lots = self._ready(recipe, now)
                if lots and not self._held_back(lots, now):
                    chosen = {id(job) for job in lots}
                    self.waiters = [entry for entry in self.waiters if id(entry[2]) not in chosen]
                    self.held = sum(job.pieces for *_, job in self.waiters)
                    self._count(recipe)
                    return lots
        return []

    def _held_back(self, lots: Sequence[Job], now: float) -> bool:
        """Whether a batch may not begin now, because none of its lots may; it is looked at again when that changes."""
        restraint = self.restraint
        if restraint is None or not all(restraint.holds(self.name, job, now) for job in lots):
            return False
        wake = restraint.next_change(now)
        if now < wake < self.armed:
            self.armed = wake
            self.floor.after(wake - now, self._wake)
        return True

    def expire(self, unit: Unit, now: float) -> None:
        """Let lots go that have waited too long."""
        if self.expired is None:
            return
        for entry in [entry for entry in self.waiters if now - entry[2].queued > self.limit_s + _EARLY_S]:
            self.waiters.remove(entry)
            self.held -= entry[2].pieces
            self._count(self.recipe_of(entry[2]))
            self.expired(entry[2], unit, now)

    def call(self, now: float) -> None:
        """Try every free unit; one out of work does not keep the others from it."""
        for unit in list(self.free):
            if unit in self.free:
                self.free.remove(unit)
                unit.next(now)
        hours = [unit.worktime or self.worktime for unit in self.free]
        wake = min((one.next_open(now) for one in hours if not one.open(now)), default=math.inf)
        if self.waiters and now < wake < self.armed:
            self.armed = wake
            self.floor.after(wake - now, self._wake)

    def _ready(self, recipe: str, now: float) -> list[Job]:
        """The lots of a batch of one recipe, empty where it does not start yet."""
        load, lots, kg, pieces = self.load, list[Job](), 0.0, 0.0
        if load.max_wait_s is None and not self.waiting and not self.enough(recipe):
            return lots
        fill, recipe_of, kg_of = load.fill, self.recipe_of, self.kg_of
        left_over, oldest = False, now
        for *_, job in self.waiters:
            if recipe_of(job) != recipe:
                continue
            oldest = min(oldest, job.queued)
            more_kg, more = kg + kg_of(job), pieces + job.pieces
            if lots and fill(more_kg, more) > 1.0 + 1e-9:
                left_over = True
                continue
            lots.append(job)
            kg, pieces = more_kg, more
        if fill(kg, pieces) >= min(load.minimum, _FULL) - 1e-9 or left_over:
            return lots
        late = load.max_wait_s is not None and now >= oldest + load.max_wait_s - _EARLY_S
        if late or self.waiting:
            self.short = True
            return lots
        return []


class FormingUnit(Unit):
    """A unit that processes batches by the phases of its kind, and writes what it does between them."""

    __slots__ = (
        "books",
        "cap",
        "draws",
        "duties",
        "forming",
        "held",
        "kind",
        "last_end",
        "lots",
        "overtime",
        "phases",
        "repaired_at",
        "restraint",
        "since",
        "state",
        "total",
    )

    def __init__(self, place: FormingPlace, equipment: int, kind: BatchProcess, books: Books, draws: Draws) -> None:
        super().__init__(place, equipment, lambda _: 0.0)
        self.forming = place
        self.kind, self.books, self.draws = kind, books, draws
        self.state = kind.start()
        self.duties: Sequence[Duty] = ()
        self.lots: list[tuple[Job, float]] = []
        self.phases: Sequence[Phase] = ()
        self.total = 0.0
        self.since = self.floor.now
        self.last_end = self.repaired_at = -math.inf
        self.overtime: Callable[[float, float], None] | None = None
        self.restraint: Restraint | None = None
        self.cap: PowerCap | None = None
        self.held: Batched | None = None
        """what it reserves under the cap"""

    # --- what it does

    def next(self, now: float) -> None:
        """Start a batch if one is formed and the crew is there, else be free."""
        place = self.forming
        self.job = NOBODY
        place.expire(self, now)
        able = now >= self.repaired_at - _EARLY_S and (self.worktime or place.worktime).open(now)
        lots = place.form(now) if able and self._has_power(now) else []
        if not lots:
            place.free.append(self)
            return
        self._start(place, lots, now)
        place.admit(now)

    def _has_power(self, now: float) -> bool:
        """Whether the power cap lets a batch begin; where it does not, what is reserved is looked at again when it changes."""
        if self.cap is None or self.held is None or self.cap.admits(self.held, now):
            return True
        self.floor.after(self.cap.next_change(now) - now, self.forming.wake_up)
        return False

    def _start(self, place: FormingPlace, jobs: Sequence[Job], now: float) -> None:
        """Begin a batch with these lots."""
        self.progress(now)
        if self.restraint is not None:
            self.restraint.begins(self)
        self.lots = [(job, job.queued) for job in jobs]
        first = self.job = jobs[0]
        self.queued, self.operation, self.started, self.ended = first.queued, first.step, now, math.inf
        self.batch, self.form = self.new_batch(), RIDER
        made = [BatchLot(job.key, job.product, job.pieces, place.kg_of(job), now - job.queued) for job in jobs]
        uniform = None if self.draws.mean_mode else self.draws.uniform(f"batch/{place.name}", first.key, 0)
        cuts = tuple(self.books.cuts_after(now))
        batch = Batch(tuple(made), place.recipe_of(first), now, now - self.last_end, cuts, uniform)
        self.total = batch.kg or batch.pieces
        self.phases = self.kind.begin(batch, self.state)
        self.done_at = self.books.phases(self.equipment, self.batch, now, self.phases)
        self.books.count(f"batches/{place.name}", 1.0, now)
        if place.short:
            self.books.count(f"part_filled/{place.name}", 1.0, now)
        closes = place.worktime.closes(now)
        if self.overtime is not None and self.done_at > closes:
            self.overtime(closes, self.done_at)
        self.alarm.set(self.done_at - now)

    def end(self, event: Any) -> None:
        """The batch is done: pass its lots on one by one; a breakdown that came due in the cycle begins."""
        now = self.ended = self.since = self.last_end = self.done_at
        if self.restraint is not None:
            self.restraint.ends(self, now)
        if self.failing is not None:
            self.failing.lot(now - self.started, 1.0)
            repair_s = self.failing.worked(now - self.started)
            if repair_s:
                self.repaired_at = now + repair_s
                self.floor.after(repair_s, self.repaired)
        self._pass_on(now)

    def repaired(self, event: Any) -> None:
        """The repair is done."""
        now = self.floor.now
        self.progress(now, "down")
        self.forming.look()

    def leave(self, now: float) -> None:
        """The lot that was blocked has left; go on with the others."""
        job, _ = self.lots.pop(0)
        self.note_lot(job, now)
        self._pass_on(now)

    def _pass_on(self, now: float) -> None:
        """Pass lots on until one is blocked."""
        while self.lots:
            job, self.queued = self.lots[0]
            self.job, self.operation = job, job.step
            step = job.step + 1
            if step < len(job.route):
                job.step = step
                if not job.route[step].accept(job, now):
                    job.route[step].waiting.append(self)
                    return
            elif self.floor.finished is not None:
                self.floor.finished(job, now)
            self.lots.pop(0)
            self.note_lot(job, now)
        self.progress(now, "blocked")
        self.job = NOBODY
        self.forming.free.append(self)
        self.forming.look()

    # --- what it writes

    def progress(self, now: float, word: str | None = None) -> None:
        """Write what happened since the last batch or look; ``word`` says it where the unit was held up, else its duties do."""
        t0 = self.since
        if word == "blocked" and now < self.repaired_at:
            word = "down"
        while t0 < now:
            stop, duty = self._duty(t0, now)
            for a, b in self.books.pieces(t0, stop):
                self.books.phases(self.equipment, NONE, a, self.kind.rest(b - a, word or duty, self.state))
            t0 = stop
        self.since = max(self.since, now)

    def _duty(self, t0: float, until: float) -> tuple[float, str]:
        """What it is told to do from ``t0`` on, and up to when."""
        if t0 < self.repaired_at - _EARLY_S:
            return min(self.repaired_at, until), "down"
        for a, b, state in self.duties:
            if a <= t0 < b:
                return min(b, until), STATES[state]
            if a > t0:
                return min(a, until), "starved"
        return until, "starved"

    def note_lot(self, job: Job, left: float) -> None:
        """Log one lot of the batch; its share is by mass."""
        kg = self.forming.kg_of(job)
        share = (kg or job.pieces) / self.total if self.total else float(not self.lots)
        times = (self.queued, self.started, self.ended, left)
        self.log(pack_row(job.code, self.equipment, self.operation, *times, self.batch, RIDER, share))

    def note(self, left: float) -> None:
        """Log the lots that are still here when the run ends."""
        blocked = self.ended < math.inf
        while self.lots:
            job, self.queued = self.lots.pop(0)
            if not blocked:
                self.operation = job.step
            blocked = False
            self.note_lot(job, left)

    def finish(self, end: float) -> None:
        """The run is over: write what is open."""
        if self.ended < math.inf or not self.lots:
            self.progress(end, "blocked" if self.lots else None)
