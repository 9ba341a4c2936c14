"""Published instances: jobs on equal machines that differ in their energy rate, under a price a slot; least energy cost and makespan.

Anghinolfi, Paolucci & Ronco (EJOR 289, 2021) made the instances and CPLEX fronts; Gaggero, Paolucci & Ronco (2023) published the
fronts of an exact formulation (F2) and of two heuristics (EHS, SGS-ES) on the same instances, the small ones in another order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Point = tuple[int, int]
"""makespan (slots), energy cost"""
SOURCES = ("F2", "EHS", "SGS-ES")
SMALL = 30
SIX_JOBS_FROM = 25
"""instances 25 to 30 are the published fronts 1 to 6; instances 1 to 24 the fronts 7 to 30"""


@dataclass(frozen=True)
class Instance:
    """``lengths`` (jobs,) in slots, ``rates`` (machines,) energy a slot, ``prices`` (slots,) of energy; all whole numbers."""

    lengths: Ints
    rates: Ints
    prices: Ints

    @property
    def slots(self) -> int:
        """Slots of the horizon."""
        return len(self.prices)


@dataclass(frozen=True)
class Start:
    """Job ``job`` runs on ``machine`` from slot ``start`` on."""

    job: int
    machine: int
    start: int


def read(folder: Path, number: int | str) -> Instance:
    """Instance ``number`` of a folder with ``Data_p``, ``Data_e`` and ``Data_c`` files. Raises OSError, ValueError."""
    return Instance(*(_column(folder / f"Data_{kind}{number}.txt") for kind in "pec"))


def _column(path: Path) -> Ints:
    values = np.array(path.read_text(encoding="utf-8").split(), dtype=float)
    whole = np.rint(values).astype(np.int64)
    if np.any(whole != values):
        msg = f"{path}: whole numbers are expected, one a line"
        raise ValueError(msg)
    return whole


def published(folder: Path, number: int) -> dict[str, list[Point]]:
    """Published fronts of an instance by source, without rows that repeat or are dominated; absent where none was published."""
    found: dict[str, list[Point]] = {}
    cplex = folder / f"cplex_front_{number}.csv"
    if cplex.exists():
        found["CPLEX"] = _points(cplex, ";")
    for source in SOURCES:
        path = folder / "published_fronts" / source / f"res_{published_number(number)}.csv"
        if path.exists():
            found[source] = _points(path, None)
    return found


def published_number(number: int) -> int:
    """The number under which the front of an instance was published: the small ones were sorted by their jobs."""
    if number > SMALL:
        return number
    return number - SIX_JOBS_FROM + 1 if number >= SIX_JOBS_FROM else number + SMALL - SIX_JOBS_FROM + 1


def _points(path: Path, separator: str | None) -> list[Point]:
    rows = (line.split(separator) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return nondominated((round(float(makespan)), round(float(cost))) for makespan, cost in rows)


def nondominated(points: Iterable[Point]) -> list[Point]:
    """Points that no other one is as good as in both respects, the longest makespan first."""
    kept: list[Point] = []
    for makespan, cost in sorted(set(points)):
        if not kept or cost < kept[-1][1]:
            kept.append((makespan, cost))
    return kept[::-1]


def compared(front: Iterable[Point], other: Iterable[Point]) -> Mapping[str, int]:
    """How many points of the ``other`` front this one reaches (is as good in both respects), and how many it betters."""
    mine, theirs = list(front), list(other)
    reached = [point for point in theirs if any(m <= point[0] and c <= point[1] for m, c in mine)]
    bettered = [point for point in reached if point not in mine]
    return {"points": len(theirs), "reached": len(reached), "bettered": len(bettered)}
