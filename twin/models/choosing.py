"""An operation that may be done at one of several stations: which of them a lot goes to.

``first_with_room``: in the order of priority the first with a free unit that works now and no lot before it; else the first whose
buffer has room. ``shortest_queue``: of those with room the one with the fewest pieces in queue and at work, the first among equals.
Where none has room the lot waits where it is for whichever has room first.
"""

from __future__ import annotations

from collections.abc import Sequence

from twin.models.station import NOBODY, Blockable, Job, Place
from twin.models.worktime import ALWAYS


class Fork:
    """Stands in a route for several places; lots pass it without stopping."""

    plain = False

    def __init__(self, places: Sequence[Place], *, shortest: bool) -> None:
        self.places, self.shortest = list(places), shortest
        self.names = tuple(place.name for place in self.places)
        self.name = self.names[0]
        self.waiting = Queue(self)

    def accept(self, job: Job, now: float) -> bool:
        """Pass a lot on to one of the places that takes it."""
        return any(place.accept(job, now) for place in self._in_order(now))

    def put(self, job: Job, now: float) -> None:
        """Pass on a lot that is released: buffers do not hold it back."""
        if not self.accept(job, now):
            self._in_order(now)[0].put(job, now)

    def _in_order(self, now: float) -> list[Place]:
        if self.shortest:
            return sorted(self.places, key=in_sight)
        return sorted(self.places, key=lambda place: not _ready(place, now))


def in_sight(place: Place) -> float:
    """Pieces in queue and at work at a place."""
    return place.held + sum(unit.job.pieces for unit in place.units if unit.job is not NOBODY)


def _ready(place: Place, now: float) -> bool:
    works = place.worktime is ALWAYS or place.worktime.open(now)
    return bool(place.free) and not place.held and works


class Queue:
    """Where units upstream wait for room at a :class:`Fork`: in all its places at once."""

    def __init__(self, fork: Fork) -> None:
        self.fork = fork

    def append(self, unit: Blockable) -> None:
        """Wait for the first place with room."""
        turn = Turn(unit, self.fork)
        for place in self.fork.places:
            place.waiting.append(turn)


class Turn:
    """A blocked unit in the waiting lines of several places; once one takes its lot it leaves them all."""

    def __init__(self, unit: Blockable, fork: Fork) -> None:
        self.unit, self.fork = unit, fork
        self.job = unit.job

    def leave(self, now: float) -> None:
        """The lot was accepted by one of the places."""
        for place in self.fork.places:
            if self in place.waiting:
                place.waiting.remove(self)
        self.unit.leave(now)
