"""Published time-of-use instances: least energy costs reached and proved, whole fronts against the published ones, 60 s each.

Conducted on an idle machine with two cores: each instance has its seconds of wall time, both cores at work.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from benchmarks.tou import run
from benchmarks.tou_data import published
from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.support import needs_data

SECONDS = 60.0
SIZES = {"small": range(1, 31, 2), "medium": range(31, 61, 2), "large": range(61, 91, 2)}


def row(number: int, seconds: float) -> dict[str, Any]:
    """One instance: what was found and how it compares."""
    folder = needs_data("scheduling", "anghinolfi_tou")
    found = run(folder, number, seconds)
    theirs = {name: min(cost for _, cost in points) for name, points in published(folder, number).items()}
    kept = ("energy_cost", "makespan", "bound", "complete", "by_tree", "published", "seconds")
    return {
        **{name: found[name] for name in kept},
        "points": len(found["front"]),
        "proven": sum(found["proven"]),
        "published_least": min(theirs.values()),
    }


def reaches(row: dict[str, Any]) -> bool:
    """Whether every point of every published front is reached."""
    return all(one["reached"] == one["points"] for one in row["published"].values())


def counts(rows: Iterable[dict[str, Any]]) -> dict[str, int]:
    """The table of the page, for one size."""
    rows = list(rows)
    fronts = [one for row in rows for one in row["published"].values()]
    return {
        "instances": len(rows),
        "least_cost_reached": sum((row["energy_cost"] or math.inf) <= row["published_least"] for row in rows),
        "least_cost_proven": sum(row["energy_cost"] == row["bound"] for row in rows),
        "fronts_complete": sum(row["complete"] for row in rows),
        "fronts_reached": sum(reaches(row) for row in rows),
        "points": sum(row["points"] for row in rows),
        "points_proven": sum(row["proven"] for row in rows),
        "published_points": sum(one["points"] for one in fronts),
        "published_points_reached": sum(one["reached"] for one in fronts),
        "published_points_bettered": sum(one["bettered"] for one in fronts),
    }


def prove(replications: int, jobs: int) -> Proof:
    """All sizes. ``jobs`` is not used: an instance takes both cores."""
    rows = {size: {n: row(n, SECONDS) for n in numbers} for size, numbers in SIZES.items()}
    figures = {size: counts(found.values()) for size, found in rows.items()}
    small = figures["small"]
    bars = [Bar(f"{size}: instances whose least cost is not reached", float(one["instances"] - one["least_cost_reached"]), 0.0)
            for size, one in figures.items()]  # fmt: skip
    bars += [Bar(f"{size}: instances whose least cost is not proved", float(one["instances"] - one["least_cost_proven"]), 0.0)
             for size, one in figures.items()]  # fmt: skip
    bars += [
        Bar("small: fronts not complete and proved", float(small["instances"] - small["fronts_complete"]), 0.0),
        Bar(
            "small: instances with a published point not reached",
            float(small["instances"] - small["fronts_reached"]),
            0.0,
        ),
    ]
    return Proof(0, replications, tuple(bars), {"seconds": SECONDS, **figures, "rows": rows})


CAMPAIGN = Campaign(
    "tou_fronts", "least energy costs and fronts of the published time-of-use instances are reached and proved",
    ("benchmarks/tou*.py", "twin/optimize/formulation/matrix.py"), prove, replications=1,
)  # fmt: skip
