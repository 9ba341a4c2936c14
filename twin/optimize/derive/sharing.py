"""Cranes, tools and people that stations share, as capacities: a lot, or a load, holds what it needs from its first slot to its last.

What is needed for loading, unloading, set-ups and transfers alone, for minutes of a slot, is not planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.problem.network import Capacity

if TYPE_CHECKING:
    from twin.optimize.problem.grid import Slots
    from twin.scenario.scenario import Scenario

SHARED = "shared."


def held_by(scenario: Scenario, station: str) -> dict[str, float]:
    """What one lot or load of a station holds all along: units by the capacity's name."""
    needs = scenario.stations[station].needs
    return {SHARED + name: float(need.units) for name, need in needs.items() if need.during == "lot"}


def shared(scenario: Scenario, slots: Slots, busy_until_s: Mapping[str, float]) -> dict[str, Capacity]:
    """All that lots of any station hold, by slot as many units as there are, less what is held at the plan's beginning.

    ``busy_until_s``: by unit (``station.k``) that is busy with a lot then, until when (s). As in the plant, people count whatever the
    hour: stations have their own working time.
    """
    asked = dict.fromkeys(name for station in scenario.stations for name in held_by(scenario, station))
    free = {name: np.full(slots.count, _units(scenario, name)) for name in asked}
    for unit, until_s in busy_until_s.items():
        busy = max(0, slots.whole(until_s - slots.start_s))
        for name, units in held_by(scenario, unit.rpartition(".")[0]).items():
            free[name][:busy] = np.maximum(0.0, free[name][:busy] - units)
    return {name: Capacity(name, available) for name, available in free.items()}


def _units(scenario: Scenario, name: str) -> float:
    spec, asked = scenario.spec, name.removeprefix(SHARED)
    return float(spec.resources[asked].units if asked in spec.resources else spec.crews[asked].people)


def unplanned(scenario: Scenario, kind: type) -> list[str]:
    """Stations that need something shared of which a plan knows nothing, where lots of stations of this ``kind`` are planned."""
    return [
        name
        for name, station in scenario.stations.items()
        if any(need.during != "lot" or not isinstance(station, kind) for need in station.needs.values())
    ]
