"""What becomes of pieces that are not good: scrapped, or sent back along the route as a lot of their own.

A lot sent back is a new job (``order/period/lot/r1``) with the pieces, the metal and the due date of its share; how often pieces have been
back is counted by job. A lot of which no piece is left goes no further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twin.ledger.trace import NONE
from twin.models.phases import binomial
from twin.models.station import RIDER, Floor, Job, Unit, pack_row

if TYPE_CHECKING:
    from twin.models.books import Books
    from twin.models.phases import Draws
    from twin.scenario.production import MaxWait, Quality

_NOTHING = 1e-9


class Inspector:
    """Takes pieces out of lots and books what happens to them."""

    def __init__(self, floor: Floor, books: Books, draws: Draws, jobs: list[Job]) -> None:
        self.floor, self.books, self.draws, self.jobs = floor, books, draws, jobs
        self.ended: dict[tuple[int, int], str] = {}
        """outcome of the last operation of lots of which nothing is left, by job and operation"""
        self.gone: set[int] = set()
        self.numbers: dict[str, int] = {}
        self.turns: dict[int, int] = {}
        """how often the pieces of a job have been back"""

    def scrap(self, job: Job, pieces: float, unit: Unit, now: float) -> None:
        """Take pieces out of a lot for good."""
        if pieces <= 0.0:
            return
        kg, carbon_kg = self._share(job, pieces)
        _, material = job.cast_at
        if material != NONE:
            self.books.material(now, unit.equipment, NONE, material, "scrap", kg, carbon_kg)
        self._less(job, pieces, kg, carbon_kg)
        self.books.count(f"scrapped_pieces/{job.product}", pieces, now)

    def send_back(self, job: Job, pieces: float, to: str, now: float) -> None:
        """Take pieces out of a lot and let them queue again at the station ``to`` of its route."""
        if pieces <= 0.0:
            return
        kg, carbon_kg = self._share(job, pieces)
        turn = self.turns.get(job.code, 0) + 1
        root = job.key.rsplit("/r", 1)[0] if turn > 1 else job.key
        child = Job(len(self.jobs), f"{root}/r{self._number(root)}", job.product, pieces, job.due, job.route)
        child.order, child.release, child.priority, child.serial = job.order, now, job.priority, child.code
        child.good_kg, child.carbon_kg, child.cast_at, child.kg = kg, carbon_kg, job.cast_at, 0.0
        child.step = next(k for k, place in enumerate(job.route) if to in names_of(place))
        self.jobs.append(child)
        self.turns[child.code] = turn
        self._less(job, pieces, kg, carbon_kg)
        self.books.count(f"reworked_pieces/{job.product}", pieces, now)
        self.books.count(f"lots_back/{job.order}", 1.0, now)
        self.floor.after(0.0, lambda _event: child.route[child.step].put(child, self.floor.now))

    def _number(self, root: str) -> int:
        """The next number of a lot that comes back of one that was ordered."""
        self.numbers[root] = self.numbers.get(root, 0) + 1
        return self.numbers[root]

    def _share(self, job: Job, pieces: float) -> tuple[float, float]:
        """Metal and carbon of some pieces of a lot."""
        part = pieces / job.pieces
        return job.good_kg * part, job.carbon_kg * part

    def _less(self, job: Job, pieces: float, kg: float, carbon_kg: float) -> None:
        if job.pieces - pieces < _NOTHING:
            job.pieces = job.good_kg = job.carbon_kg = 0.0
        else:
            job.pieces, job.good_kg, job.carbon_kg = job.pieces - pieces, job.good_kg - kg, job.carbon_kg - carbon_kg

    def inspect(self, job: Job, rule: Quality, unit: Unit, now: float) -> str:
        """Judge a lot that is done at a unit. Returns its outcome: done, or scrapped or reworked where nothing of it goes on."""
        station = unit.place.name
        self.scrap(job, self._some(job, rule.scrap, f"quality/{station}"), unit, now)
        if rule.rework is not None and job.pieces > 0.0:
            bad = self._some(job, rule.rework.share, f"rework/{station}")
            if self.turns.get(job.code, 0) < rule.rework.at_most:
                self.send_back(job, bad, rule.rework.to, now)
                if job.pieces <= 0.0:
                    return "reworked"
            else:
                self.scrap(job, bad, unit, now)
        return "done" if job.pieces > 0.0 else "scrapped"

    def _some(self, job: Job, share: float, source: str) -> float:
        if self.draws.mean_mode:
            return job.pieces * share
        if share >= 1.0:
            return job.pieces
        return float(binomial(round(job.pieces), share, self.draws.uniform(source, job.key, 0)))

    def end(self, job: Job, outcome: str) -> None:
        """A lot goes no further than its operation of now."""
        self.ended[job.code, job.step] = outcome
        self.gone.add(job.code)
        job.route = ()

    def late(self, rule: MaxWait, before: Callable[[Job], str]) -> Callable[[Job, Unit, float], None]:
        """What to do with a lot that waited too long to begin at a unit: it is scrapped or goes back. ``before``: to where by default."""

        def handle(job: Job, unit: Unit, now: float) -> None:
            self.books.count(f"late_waits/{unit.place.name}", 1.0, now)
            times = (job.queued, now, now, now)
            batch = self.floor.batch()
            self.floor.log.extend(pack_row(job.code, unit.equipment, job.step, *times, batch, RIDER, 1.0))
            if rule.consequence == "scrap":
                self.scrap(job, job.pieces, unit, now)
                self.end(job, "scrapped")
            else:
                self.send_back(job, job.pieces, rule.to or before(job), now)
                self.end(job, "reworked")

        return handle


def names_of(place: Any) -> tuple[str, ...]:
    """The stations that an operation of a route may be done at."""
    found: tuple[str, ...] = getattr(place, "names", (place.name,))
    return found


class Inspecting(Unit):
    """A unit that judges lots when they are done."""

    inspector: Inspector
    rule: Quality

    def end(self, event: Any) -> None:
        """The work is done: what is left of the lots goes on."""
        lots: Sequence[Job] = getattr(self, "lots", (self.job,))
        for job in lots:
            outcome = self.inspector.inspect(job, self.rule, self, self.done_at)
            if outcome != "done":
                self.inspector.end(job, outcome)
        super().end(event)
