"""Words of production that not every kind of equipment heeds: a word that would be ignored is a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.scenario.part import Problem
    from twin.scenario.schema import Station

FEATURES = {
    "needs.lot": "resources for a whole lot",
    "needs.setup": "resources for a set-up",
    "needs.transfer": "resources for a transfer",
    "needs.loading": "resources for loading",
    "needs.unloading": "resources for unloading",
    "quality": "scrap and rework",
    "max_wait.scrap": "lots scrapped for waiting",
    "max_wait.rework": "lots sent back for waiting",
    "max_wait.reheat": "lots heated again for waiting",
    "failures.repair_crew": "repairs that wait for people",
    "failures": "breakdowns",
    "failures.calendar": "breakdowns by the calendar",
    "maintenance": "preventive maintenance",
    "dispatch.shortest_processing_time": "the shortest time first",
    "dispatch.setup_avoiding": "set-ups avoided",
    "dispatch.power_aware": "big loads held back",
    "dispatch": "a rule of dispatch of its own",
}
"""word: what it means, in a sentence that says that a kind has none of it"""
WORKING = frozenset(FEATURES) - {"needs.loading", "needs.unloading"}
BATCHING = WORKING - {"needs.setup", "needs.transfer", "failures.repair_crew", "dispatch.setup_avoiding"}
BATCH_PROCESS = (BATCHING | {"needs.loading", "needs.unloading"}) - {
    "max_wait.reheat",
    "dispatch.shortest_processing_time",
}
MELTING = frozenset({"needs.loading", "needs.unloading"})
CASTING = frozenset(
    {
        "needs.lot",
        "failures",
        "failures.calendar",
        "maintenance",
        "dispatch",
        "dispatch.setup_avoiding",
        "dispatch.shortest_processing_time",
    }
)
DELAYING = frozenset({"dispatch", "dispatch.shortest_processing_time", "max_wait.scrap", "max_wait.rework"})


def words(station: Station) -> Iterator[tuple[str, str]]:
    """Words of :data:`FEATURES` that a station uses, and the key where each stands."""
    for name, need in station.needs.items():
        yield f"needs.{need.during}", f"needs.{name}"
    if station.quality is not None:
        yield "quality", "quality"
    if station.max_wait is not None:
        yield f"max_wait.{station.max_wait.consequence}", "max_wait"
    if station.failures is not None:
        yield "failures", "failures"
        if station.failures.repair_crew is not None:
            yield "failures.repair_crew", "failures.repair_crew"
        if station.failures.clock == "calendar":
            yield "failures.calendar", "failures.clock"
    if station.maintenance:
        yield "maintenance", "maintenance"
    if station.dispatch is not None:
        yield "dispatch", "dispatch"
        if f"dispatch.{station.dispatch}" in FEATURES:
            yield f"dispatch.{station.dispatch}", "dispatch"


def unheeded(station: Station) -> Iterator[Problem]:
    """Faults for words that the station's kind does not heed."""
    told: set[str] = set()
    for word, place in words(station):
        if word not in station.features and place not in told:
            told.add(place)
            yield place, f"{station.kind} has no {FEATURES[word]}", "take it out, or use another kind of equipment"
