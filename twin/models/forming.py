"""Batches formed of waiting lots, and the units that process them by the phases of their kind (:mod:`twin.models.batches`).

A batch is formed when a unit is free: lots of one recipe, in the order of dispatch, each that still fits by mass and by places. It is
started when it is filled to the minimum, when a lot of its recipe is left over because it no longer fits, when its first lot has waited
``max_wait``, or when the buffer is so full that a lot upstream is held back. Of several recipes that may start, that of the lot first in
dispatch goes. A unit writes its phases itself (:class:`twin.models.books.Books`), so that what a kind remembers between batches counts.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from twin.ledger.trace import NONE, STATES
from twin.models.batches import Batch, BatchLot, BatchProcess, Load
from twin.models.books import Books
from twin.models.dispatching import Holds, Restraint
from twin.models.jobs import pack_head, pack_tail
from twin.models.station import NOBODY, RIDER, Alarm, Floor, Job, Place, Unit, pack_row
from twin.models.together import LotsUnit
from twin.models.worktime import ALWAYS, Duty, WorkTime

if TYPE_CHECKING:
    from twin.models.cap import Batched, PowerCap
    from twin.models.following_loads import PlannedLoads
    from twin.models.phases import Draws, Phase
    from twin.models.releases import Releases
    from twin.models.tending import Tending

_EARLY_S = 1e-6
_FULL = 1.0 - 1e-9
_ENDLESS = 10**6
Alike = tuple[str, float, float]


class FormingPlace(Place):
    """A station before which lots wait to be put together; ``recipe_of`` and ``kg_of`` say what a lot is."""

    __slots__ = (
        "alike",
        "bell",
        "coming",
        "expired",
        "follower",
        "foreseen",
        "kg_of",
        "least",
        "limit_s",
        "load",
        "looker",
        "looking",
        "of_batches",
        "rank_of",
        "recipe_of",
        "restraint",
        "rings_at",
        "same",
        "short",
        "sums",
        "waiters",
    )
    direct: ClassVar[bool] = False

    def __init__(
        self, floor: Floor, name: str, room: float, worktime: WorkTime = ALWAYS, *, by_due: bool = False
    ) -> None:
        super().__init__(floor, name, room, worktime, by_due=by_due)
        self.waiters: list[Job] = []
        """the queue, by rank, equals as they came"""
        self.sums: dict[str, tuple[float, float]] = {}
        """kg and pieces that wait, by recipe"""
        self.load = Load(places=1)
        self.recipe_of: Callable[[Job], str] = lambda _: ""
        self.kg_of: Callable[[Job], float] = lambda _: 0.0
        self.rank_of: Callable[[Job], tuple[float, ...]] = Job.rank if by_due else lambda _: ()
        self.looking = False
        self.restraint: Holds | None = None
        self.follower: PlannedLoads | None = None
        self.limit_s = math.inf
        self.expired: Callable[[Job, Unit, float], None] | None = None
        """told of a lot that waited longer than ``limit_s`` and leaves the queue for it"""
        self.short = False
        """whether the batch formed last is below the minimum"""
        self.alike: Alike | None = None
        """recipe, kg and pieces of each lot that waits; None where they differ"""
        self.of_batches: dict[Alike, tuple[list[tuple[float, float]], int]] = {}
        """see :meth:`_of_alike`"""
        self.same: tuple[float, float] | None = None
        """kg and pieces of the batch formed last, where its lots are alike"""
        self.looker = Alarm(floor.env, self._look)
        self.coming: Releases | None = None
        self.foreseen: Alike | None = None
        """recipe, kg and pieces of each lot that is to come; None where they differ"""
        self.least = 0
        """how many of them fill a batch"""
        self.bell, self.rings_at = Alarm(floor.env, self._rung), math.inf

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
        recipe = self._queue(job)
        if self.load.max_wait_s is not None and self.load.minimum:
            self.floor.after(self.load.max_wait_s, self._wake)
        if self.free and (self.waiting or self.follower is not None or self.enough(recipe)):
            self.look()

    def _queue(self, job: Job) -> str:
        """Put a lot where it belongs in dispatch; returns its recipe."""
        recipe, one_kg = self.recipe_of(job), self.kg_of(job)
        alike = (recipe, one_kg, job.pieces)
        if not self.waiters:
            self.alike = alike
        elif alike != self.alike:
            self.alike = None
        self.held += job.pieces
        if self.waiters and self.rank_of(job) < self.rank_of(self.waiters[-1]):
            insort(self.waiters, job, key=self.rank_of)
        else:
            self.waiters.append(job)
        kg, pieces = self.sums.get(recipe, (0.0, 0.0))
        self.sums[recipe] = (kg + one_kg, pieces + job.pieces)
        return recipe

    # --- lots whose time of release is known ahead (:mod:`twin.models.releases`)

    def expect(self, coming: Releases) -> None:
        """Let these lots in when they are released. Nothing else ever comes here."""
        self.coming = coming
        if coming.alike:
            first = coming.jobs[0]
            alike = (self.recipe_of(first), self.kg_of(first), first.pieces)
            if alike[1] or alike[2]:
                self.foreseen, self.least = alike, self._of_alike(alike)[1]

    def arrive(self) -> None:
        """Queue the lots that have been released by now."""
        if self.coming is None:
            return
        jobs = self.coming.until(self.floor.now)
        if not jobs:
            return
        alike = self.foreseen
        if alike is None or self.heap is not None or (self.waiters and self.alike != alike):
            for job in jobs:
                self._queue(job)
            return
        self.alike = alike
        self.waiters += jobs
        self._count_alike(alike)

    def _count_alike(self, alike: Alike) -> None:
        """Count what waits, all of it alike."""
        recipe, kg, pieces = alike
        n = len(self.waiters)
        self.held = n * pieces
        self.sums[recipe] = (n * kg, self.held)

    def foresee(self) -> None:
        """Have the bell rung when the next batch can be formed of lots that are still to come, or has waited long enough."""
        coming = self.coming
        if coming is None or not self.free or self.rings_at < math.inf:
            return
        time_s, tick = self._next_s(coming)
        if time_s < math.inf:
            self.rings_at = time_s
            self.bell.at(time_s, tick)

    def _rung(self, event: Any) -> None:
        """A batch may have come together."""
        self.rings_at = math.inf
        self.look_now()

    def look_now(self) -> None:
        """:meth:`look`, as the last that is done in an event: at once where nothing else happens now."""
        clock = self.floor.env
        if not self.free or self.looking:
            return
        if clock.others_now():
            self.look()
        else:
            self.arrive()
            if self._too_few():
                self.foresee()
            else:
                self.call(clock.now)

    def _too_few(self) -> bool:
        """Whether it is plain that no batch can begin: lots that are all alike, not as many as a batch needs, and nothing that hurries."""
        if self.foreseen is None or self.load.max_wait_s is not None or len(self.waiters) >= self.least:
            return False
        return not self.waiters or self.alike == self.foreseen

    def _recipes(self) -> Iterable[str]:
        """The recipes that wait."""
        if not self.waiters:
            return ()
        return {self.recipe_of(job) for job in self.waiters} if self.alike is None else (self.alike[0],)

    def _next_s(self, coming: Releases) -> tuple[float, int]:
        """When a batch can begin that cannot yet, and the event's turn at that time; infinite where only working hours are missing."""
        wait_s = self.load.max_wait_s if self.load.minimum else None
        if wait_s is None and (alike := self.foreseen) is not None and (not self.waiters or self.alike == alike):
            waiting = len(self.waiters)
            if waiting and waiting >= self.least:
                return math.inf, 0
            k = coming.head + max(self.least - waiting, 1) - 1
            return (coming.times[k], coming.ticks[k]) if k < len(coming.times) else (math.inf, 0)
        if any(self.enough(recipe) for recipe in self._recipes()):
            return math.inf, 0
        late_s = math.inf
        if wait_s is not None:
            late_s = self._oldest() + wait_s
            if late_s - _EARLY_S <= self.floor.now:
                return math.inf, 0
        sums = dict(self.sums)
        for k in range(coming.head, len(coming.times)):
            time_s, job = coming.times[k], coming.jobs[k]
            if time_s > late_s:
                break
            recipe = self.recipe_of(job)
            kg, pieces = sums.get(recipe, (0.0, 0.0))
            sums[recipe] = (kg + self.kg_of(job), pieces + job.pieces)
            if self.load.fill(*sums[recipe]) >= self._threshold():
                return time_s, coming.ticks[k]
            if wait_s is not None:
                late_s = min(late_s, time_s + wait_s)
        return late_s, self.floor.env.tick()

    # --- when a batch may begin

    def _threshold(self) -> float:
        """The least fill of a batch, with what rounding may take."""
        return min(self.load.minimum, _FULL) - 1e-9

    def _of_alike(self, alike: Alike) -> tuple[list[tuple[float, float]], int]:
        """kg and pieces of none, one, two, … equal lots, up to the most that fit; and how many are enough for a batch (one more than
        fit, where these do not fill it to the minimum).
        """
        found = self.of_batches.get(alike)
        if found is None:
            _, kg, pieces = alike
            fill, sums, least = self.load.fill, [(0.0, 0.0), (kg, pieces)], self._threshold()
            while len(sums) < _ENDLESS and fill(sums[-1][0] + kg, sums[-1][1] + pieces) <= 1.0 + 1e-9:
                sums.append((sums[-1][0] + kg, sums[-1][1] + pieces))
            enough = next((n for n in range(1, len(sums)) if fill(*sums[n]) >= least), len(sums))
            found = self.of_batches[alike] = (sums, enough)
        return found

    def enough(self, recipe: str) -> bool:
        """Whether what waits of a recipe fills a batch to the minimum, or more than one batch."""
        return self.load.fill(*self.sums.get(recipe, (0.0, 0.0))) >= self._threshold()

    def _count(self, recipe: str) -> None:
        """Count anew what waits of a recipe, after lots have left."""
        left = [job for job in self.waiters if self.recipe_of(job) == recipe]
        self.sums[recipe] = (sum(self.kg_of(job) for job in left), sum(job.pieces for job in left))

    def wake_up(self, event: Any) -> None:
        """See whether a batch can start, when what kept it back may be over."""
        del event
        self.look()

    def look(self) -> None:
        """See whether a batch can start, after all that happens now: lots that come at the same time share it."""
        if self.free and not self.looking:
            self.looking = True
            self.looker.set(0.0)

    def _look(self, event: Any) -> None:
        self.looking = False
        self.arrive()
        self.call(self.floor.now)

    def _wake(self, event: Any) -> None:
        self.arrive()
        super()._wake(event)

    def take(self, unit: Unit | None = None) -> Job | None:
        """Lots are taken by the batch, see :meth:`form`."""
        return None

    def peek(self, unit: Unit | None = None) -> Job | None:
        """The lot first in dispatch."""
        return self.waiters[0] if self.waiters else None

    def jobs(self) -> Iterator[Job]:
        """The lots in the queue, in the order of dispatch."""
        self.arrive()
        return iter(self.waiters)

    def form(self, now: float) -> list[Job]:
        """The lots of the batch that may start now, taken from the queue; empty where none may."""
        if not self.waiters:
            return []
        if self.alike is not None and self.restraint is None and (self.alike[1] or self.alike[2]):
            return self._form_alike(self.alike, now)
        self.same = None
        tried: set[str] = set()
        for first in self.waiters:
            recipe = self.recipe_of(first)
            if recipe not in tried:
                self.short = False
                tried.add(recipe)
                lots = self._ready(recipe, now)
                if lots and not self._held_back(lots, now):
                    return self.take_out(lots)
        return []

    def take_out(self, lots: list[Job]) -> list[Job]:
        """Take these lots of one recipe out of the queue."""
        self.same = None
        chosen = {id(job) for job in lots}
        self.waiters = [job for job in self.waiters if id(job) not in chosen]
        self.held = sum(job.pieces for job in self.waiters)
        self._count(self.recipe_of(lots[0]))
        return lots

    def _form_alike(self, alike: Alike, now: float) -> list[Job]:
        """:meth:`form` of a queue whose lots are alike: the first so many."""
        self.short = False
        (sums, enough), waiters, load = self._of_alike(alike), self.waiters, self.load
        if len(waiters) < enough:
            late = load.max_wait_s is not None and now >= self._oldest() + load.max_wait_s - _EARLY_S
            if not late and not self.waiting:
                return []
            self.short = True
        n = min(len(sums) - 1, len(waiters))
        self.same = sums[n]
        lots = waiters[:n]
        del waiters[:n]
        self._count_alike(alike)
        return lots

    def _oldest(self) -> float:
        """When the lot came that waits longest."""
        return min((job.queued for job in self.waiters), default=math.inf)

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
        for job in [job for job in self.waiters if now - job.queued > self.limit_s + _EARLY_S]:
            self.waiters.remove(job)
            self.held -= job.pieces
            self._count(self.recipe_of(job))
            self.expired(job, unit, now)

    def call(self, now: float) -> None:
        """Try every free unit; one out of work does not keep the others from it."""
        for unit in list(self.free):
            if unit in self.free:
                self.free.remove(unit)
                unit.next(now)
        if not self.free:
            return
        hours = [unit.worktime or self.worktime for unit in self.free]
        wake = min((one.next_open(now) for one in hours if not one.open(now)), default=math.inf)
        if self.waiters and now < wake < self.armed:
            self.armed = wake
            self.floor.after(wake - now, self._wake)
        self.foresee()

    def _ready(self, recipe: str, now: float) -> list[Job]:
        """The lots of a batch of one recipe, empty where it does not start yet."""
        load, lots, kg, pieces = self.load, list[Job](), 0.0, 0.0
        if load.max_wait_s is None and not self.waiting and not self.enough(recipe):
            return lots
        fill, recipe_of, kg_of = load.fill, self.recipe_of, self.kg_of
        left_over, oldest = False, now
        for job in self.waiters:
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


class FormingUnit(LotsUnit):
    """A unit that processes batches by the phases of its kind, and writes what it does between them."""

    __slots__ = (
        "books",
        "cap",
        "counts",
        "draws",
        "duties",
        "each",
        "follower",
        "forming",
        "held",
        "kind",
        "last_end",
        "overtime",
        "phases",
        "repaired_at",
        "restraint",
        "shares",
        "since",
        "state",
        "tending",
    )

    def __init__(self, place: FormingPlace, equipment: int, kind: BatchProcess, books: Books, draws: Draws) -> None:
        super().__init__(place, equipment, lambda _: 0.0)
        self.forming = place
        self.kind, self.books, self.draws = kind, books, draws
        self.state = kind.start()
        self.duties: Sequence[Duty] = ()
        self.phases: Sequence[Phase] = ()
        self.since = self.floor.now
        self.last_end = self.repaired_at = -math.inf
        self.overtime: Callable[[float, float], None] | None = None
        self.restraint: Restraint | None = None
        self.cap: PowerCap | None = None
        self.follower: PlannedLoads | None = None
        self.held: Batched | None = None
        """what it reserves under the cap"""
        self.tending: Tending | None = None
        """asks for power to heat up with between batches, under the cap"""
        self.each = 0.0
        """share of each lot of the batch by mass, where they are alike"""
        self.shares: dict[int, float] = {}
        """share of each lot else, by its code: as they were put in, whatever is scrapped"""
        self.counts = f"batches/{place.name}"

    # --- what it does

    def next(self, now: float) -> None:
        """Start a batch if one is formed and the crew is there, else be free."""
        place = self.forming
        self.job = NOBODY
        if place.expired is not None:
            place.expire(self, now)
        hours = self.worktime or place.worktime
        able = now >= self.repaired_at - _EARLY_S and (hours is ALWAYS or hours.open(now))
        planned = self.follower is not None and self.follower.heed(self, now)
        lots = self._lots(now, planned=planned) if able and (self.cap is None or self._has_power(now)) else []
        if not lots:
            place.free.append(self)
            return
        self._start(place, lots, now)
        if place.waiting:
            place.admit(now)

    def _lots(self, now: float, *, planned: bool) -> list[Job]:
        """The lots of a batch that may start now: by the plan, else by the place's own rule."""
        if planned and self.follower is not None:
            return self.follower.next_load(self, self.forming, now)
        return self.forming.form(now)

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
        self.lots = list(jobs)
        first = self.job = jobs[0]
        self.queued, self.operation, self.started, self.ended = first.queued, first.step, now, math.inf
        self.batch, self.form = self.new_batch(), RIDER
        same = place.same
        name, kg_of = place.name, place.kg_of

        def made() -> tuple[BatchLot, ...]:
            return tuple([BatchLot(job.key, job.product, job.pieces, kg_of(job), now - job.queued) for job in jobs])

        uniform = None if self.draws.mean_mode else lambda: self.draws.uniform(f"batch/{name}", first.key, 0)
        cuts = tuple(self.books.cuts_after(now))
        lots = made() if same is None else made
        batch = Batch(lots, place.recipe_of(first), now, now - self.last_end, cuts, uniform, same)
        self.total = (batch.kg or batch.pieces) if same is None else (same[0] or same[1])
        self.take_shares(jobs, alike=same is not None)
        self.phases = self._worked(batch, now)
        self.done_at = self.books.phases(self.equipment, self.batch, now, self.phases)
        self.books.count(self.counts, 1.0, now)
        if place.short:
            self.books.count(f"part_filled/{place.name}", 1.0, now)
        if self.overtime is not None:
            closes = place.worktime.closes(now)
            if self.done_at > closes:
                self.overtime(closes, self.done_at)
        if self.held is not None:
            self.held.withdraw()
        self.alarm.set(self.done_at - now)

    def _worked(self, batch: Batch, now: float) -> Sequence[Phase]:
        """Phases of a batch, within what the power cap leaves it."""
        if self.cap is None or self.held is None:
            return self.kind.begin(batch, self.state)
        return self.kind.begin_within(batch, self.state, self.cap.granted_kw(self.held, now))

    def take_shares(self, jobs: Sequence[Job], *, alike: bool = False) -> None:
        """Note each lot's share of the batch by mass, as it goes in."""
        kg_of, total = self.forming.kg_of, self.total
        self.each = 0.0
        if alike and total:
            self.each = (kg_of(jobs[0]) or jobs[0].pieces) / total
        else:
            self.shares = {job.code: (kg_of(job) or job.pieces) / total if total else 0.0 for job in jobs}

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
        if self.tending is not None:
            self.tending.look_soon()
        if self._pass_on(now):
            self.forming.look_now()

    def repaired(self, event: Any) -> None:
        """The repair is done."""
        now = self.floor.now
        self.progress(now, "down")
        self.forming.look()

    def go_on(self, now: float) -> None:
        """See whether there is a batch to begin."""
        self.forming.look()

    def _pass_on(self, now: float) -> bool:
        """Pass lots on until one is blocked; whether the unit is free again."""
        if self.each:
            self._hand_over(now)
        if not super()._pass_on(now):
            return False
        self.progress(now, "blocked")
        self.job = NOBODY
        self.forming.free.append(self)
        return True

    def _hand_over(self, now: float) -> None:
        """Let the lots of a batch of equal ones go, up to one that goes further."""
        lots, finished, equipment = self.lots, self.floor.finished, self.equipment
        heads: list[bytes] = []
        add = heads.append
        for job in lots:
            step = job.step
            if step + 1 < len(job.route):
                break
            add(pack_head(job.code, equipment, step, job.queued))
        if not heads:
            return
        tail = pack_tail(self.started, self.ended, now, self.batch, RIDER, self.each)
        self.log(tail.join(heads) + tail)
        last = self.job = lots[len(heads) - 1]
        self.queued, self.operation = last.queued, last.step
        leaving, self.lots = lots[: len(heads)], lots[len(heads) :]
        if finished is not None:
            for job in leaving:
                finished(job, now)

    # --- what it writes

    def progress(self, now: float, word: str | None = None) -> None:
        """Write what happened since the last batch or look; ``word`` says it where the unit was held up, else its duties do."""
        t0 = self.since
        if word == "blocked" and now < self.repaired_at:
            word = "down"
        while t0 < now:
            stop, duty = self._told(t0, now)
            if self.held is not None:
                stop = min(stop, self.held.limit(t0)[0])
            for a, b in self.books.pieces(t0, stop):
                self.books.phases(self.equipment, NONE, a, self._rest(a, b, word or duty))
            t0 = stop
        self.since = max(self.since, now)

    def _rest(self, t0: float, t1: float, duty: str) -> Sequence[Phase]:
        """Phases between batches, within what the power cap leaves it."""
        if self.held is None:
            return self.kind.rest(t1 - t0, duty, self.state)
        return self.kind.rest_within(t1 - t0, duty, self.state, self.held.limit(t0)[1])

    def stretch(self, t: float) -> tuple[float, str]:
        """Until when and what it is to do from a time between batches on."""
        until, duty = self._told(t, math.inf)
        return until, "blocked" if self.lots and t >= self.repaired_at else duty

    def told(self, t: float) -> str:
        """What it is to do at a time between batches."""
        return self._told(t, math.inf)[1]

    def _told(self, t0: float, until: float) -> tuple[float, str]:
        """What it did from ``t0`` on, and up to when: what a plan told it, else its duties."""
        told = None if self.follower is None or t0 < self.repaired_at else self.follower.duty(self, t0, until)
        if told is not None:
            until, word = told
            if word:
                return until, word
        return self._duty(t0, until) if self.duties or t0 < self.repaired_at else (until, "starved")

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
        share = self.each or self.shares.get(job.code, 0.0) if self.total else float(not self.lots)
        times = (self.queued, self.started, self.ended, left)
        self.log(pack_row(job.code, self.equipment, self.operation, *times, self.batch, RIDER, share))

    def finish(self, end: float) -> None:
        """The run is over: write what is open."""
        if self.ended < math.inf or not self.lots:
            self.progress(end, "blocked" if self.lots else None)
