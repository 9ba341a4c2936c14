"""The rule of cranes, tools and people that lots of several stations hold all along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.optimize.check.types import Violation

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

SECOND = 1.0


@dataclass(frozen=True)
class Work:
    """A lot, or a load, on a unit (``station.k``) from ``begins_s`` to ``ends_s``."""

    unit: str
    begins_s: float
    ends_s: float


def shared_violations(scenario: Scenario, works: Iterable[Work]) -> Iterator[Violation]:
    """One for each resource of which more is held at some time than there is: where it is held most."""
    changes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for work in works:
        for name, units in _needs(scenario, work.unit).items():
            if work.ends_s - work.begins_s > SECOND:
                changes[name] += [(work.begins_s, units), (work.ends_s - SECOND, -units)]
    for name, mine in changes.items():
        held, most, at_s = 0.0, 0.0, 0.0
        for t_s, units in sorted(mine):
            held += units
            if held > most:
                most, at_s = held, t_s
        there = _there(scenario, name)
        if most > there:
            yield Violation("shared", name, at_s, f"{most:g} held at once; there are {there:g}")


def _needs(scenario: Scenario, unit: str) -> Mapping[str, float]:
    station = scenario.stations.get(unit.rpartition(".")[0])
    needs = {} if station is None else station.needs
    return {name: float(need.units) for name, need in needs.items() if need.during == "lot"}


def _there(scenario: Scenario, name: str) -> float:
    resource = scenario.spec.resources.get(name)
    return float(scenario.spec.crews[name].people if resource is None else resource.units)
