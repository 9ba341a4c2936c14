"""A published instance of parallel machines under time-of-use prices: its least energy cost and its front, each point proven or not."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.tou_data import compared, published, read
from benchmarks.tou_front import Front, front_of


def run(folder: Path, number: int | str, seconds: float) -> dict[str, Any]:
    """Front of instance ``number`` within ``seconds``.

    ``energy_cost`` and ``makespan`` are those of the cheapest schedule, ``bound`` the least that any can cost, ``front`` its points
    [makespan, energy cost], ``proven`` whether each is, ``complete`` whether all points were found and proven, ``starts`` the cheapest
    schedule as [job, machine, start]. ``published``: per source its points, how many are reached and how many bettered.
    """
    begun = time.monotonic()
    front = front_of(read(folder, number), seconds)
    points = front.points()
    (makespan, cost), _ = points[0] if points else ((None, None), False)
    return {
        "number": int(number),
        "energy_cost": cost,
        "makespan": makespan,
        "bound": max((one.bound for one in front.found.values() if one.horizon == front.instance.slots), default=None),
        "front": [list(point) for point, _ in points],
        "proven": [proven for _, proven in points],
        "complete": front.complete,
        "by_tree": sum(one.how == "tree" for one in front.found.values()),
        "starts": cheapest(front),
        "published": {
            source: compared([point for point, _ in points], theirs)
            for source, theirs in published(folder, int(number)).items()
        },
        "seconds": time.monotonic() - begun,
    }


def cheapest(front: Front) -> list[list[int]]:
    """The schedule of least cost, and of least makespan among those found."""
    with_point = [(one.point[1], one.point[0], one) for one in front.found.values() if one.point is not None]
    if not with_point:
        return []
    best = min(with_point, key=lambda item: item[:2])[2]
    return [[one.job, one.machine, one.start] for one in best.starts]
