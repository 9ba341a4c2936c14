"""Lots that come to a place at times known ahead. The place lets them in by the many when it looks at its queue, not by an event each.

Each time of release keeps the place in SimPy's queue that its event would have had (:attr:`Releases.ticks`), so that what happens at the
same time happens in the same order: the trace is the same, to the last bit.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from twin.models.forming import FormingPlace, FormingUnit

if TYPE_CHECKING:
    from twin.models.jobs import Job
    from twin.models.plant import Plant

__all__ = ["Releases", "foreseen"]


class Releases:
    """Lots in order of time; ``head`` is the first that is still to come. Lots of one time bear the same tick.

    ``alike``: whether all are of one product and as many pieces.
    """

    __slots__ = ("alike", "head", "jobs", "ticks", "times")

    def __init__(self, times: Sequence[float], ticks: Sequence[int], jobs: Sequence[Job]) -> None:
        self.times, self.ticks, self.jobs, self.head = times, ticks, jobs, 0
        self.alike = len(set(map(attrgetter("product", "pieces"), jobs))) == 1
        for job, time_s in zip(jobs, times, strict=True):
            job.queued = time_s

    def until(self, now: float) -> Sequence[Job]:
        """The lots that have come by now and were not let in yet."""
        head = self.head
        if head == len(self.times) or self.times[head] > now:
            return ()
        self.head = bisect_right(self.times, now, head)
        return self.jobs[head : self.head]


def foreseen(plant: Plant, releases: Iterable[Sequence[Job]]) -> list[FormingPlace]:
    """The places of a plant whose lots may be let in by the many, because nothing but their releases ever comes there.

    They form batches, have room without limit, and nothing but hours, breakdowns and their own batches says when one may begin: no
    power cap or power-aware rule, no lots that leave because they waited too long. What is released at one time goes to one place.
    """
    shared: set[int] = set()
    for released in releases:
        places = {id(job.route[0]) for job in released}
        if len(places) > 1:
            shared |= places
    forming = [place for place in plant.places.values() if isinstance(place, FormingPlace) and id(place) not in shared]
    return [place for place in forming if _qualifies(plant, place)]


def _qualifies(plant: Plant, place: FormingPlace) -> bool:
    if place.room < math.inf:
        return False
    if place.restraint is not None or place.expired is not None:
        return False
    units = [unit for unit in place.units if isinstance(unit, FormingUnit)]
    if plant.scenario.stations[place.name].needs or any(
        unit.cap is not None or unit.restraint is not None for unit in units
    ):
        return False
    return not _comes_otherwise(plant, place.name)


def _comes_otherwise(plant: Plant, name: str) -> bool:
    """Whether lots may come to a station from other stations."""
    for product in plant.scenario.spec.products.values():
        others = {station for choice in product.alternatives.values() for station in choice.stations}
        if name in product.route[1:] or name in others or name in product.alternatives:
            return True
    for kind in plant.scenario.stations.values():
        rework = kind.quality.rework if kind.quality is not None else None
        wait = kind.max_wait if kind.max_wait is not None and kind.max_wait.consequence == "rework" else None
        if any(rule is not None and rule.to in (None, name) for rule in (rework, wait)):
            return True
    return False
