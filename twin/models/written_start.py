"""A plant that begins as a person wrote it: liquid metal in furnaces and ladles, units under repair with the people who repair them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from twin.models.feed import Feed, Metal
from twin.models.melting import HEATING, READY, Furnace
from twin.models.resources import Desk, Request
from twin.models.worktime import ALWAYS, Window, WorkTime
from twin.scenario.calendar import windows

if TYPE_CHECKING:
    from twin.models.plant import Plant
    from twin.scenario.scenario import Scenario
    from twin.scenario.start import HeldMetal, PlantStart

_NEARLY_K = 0.5


# --- units that are down


@dataclass(frozen=True)
class Repair:
    """One unit under repair. ``people``: of which crew how many; empty where nobody is counted."""

    station: str
    unit: int
    work_s: float
    people: Mapping[str, float]
    hours: WorkTime
    waiting: bool

    def end_s(self, start_s: float) -> float:
        """When it is done if somebody begins then: the work goes on in the crew's hours only."""
        return self.hours.spread(start_s, self.work_s)[-1][1]


def repairs(scenario: Scenario, t_from: float, t_to: float) -> Iterator[Repair]:
    """The repairs that are written in ``run.state.down``, those under way first, each kind in the order written."""
    start = scenario.spec.run.state
    written = [] if start is None else [(name, one) for name, units in start.down.items() for one in units]
    for name, down in sorted(written, key=lambda entry: entry[1].waiting):
        failures = scenario.stations[name].failures
        crew = down.crew or (None if failures is None else failures.repair_crew)
        count = failures.people if failures is not None and failures.repair_crew == crew else 1
        hours = ALWAYS
        if crew in scenario.spec.crews:
            hours = WorkTime(windows(scenario, scenario.spec.crews[crew].shifts, t_from, t_to))
        people = {} if crew is None else {crew: float(count)}
        yield Repair(name, down.unit, down.repair_s, people, hours, down.waiting)


def down_windows(plant: Plant, total: Mapping[str, float], t_to: float) -> dict[tuple[str, int], Window]:
    """From when to when each unit is down that is so when the run begins, by station and unit.

    Who waits gets people as they become free, in the order written: nobody else can have asked before.
    """
    t0, found = plant.t_from, dict[tuple[str, int], Window]()
    ends: dict[str, list[float]] = {}
    for repair in repairs(plant.scenario, t0, t_to):
        start = t0
        for crew, people in repair.people.items():
            busy = ends.setdefault(crew, [t0] * round(total[crew]))
            busy.sort()
            start = max(start, busy[round(people) - 1])
        end = repair.end_s(start)
        for crew, people in repair.people.items():
            ends[crew][: round(people)] = [end] * round(people)
        found[repair.station, repair.unit] = (t0, end)
    return found


def occupy(plant: Plant, desk: Desk, t_to: float) -> None:
    """Let crews be busy with the repairs under way, and let the others wait for them."""

    def begin(repair: Repair, now: float) -> None:
        done_s = repair.end_s(now) - now
        plant.floor.after(done_s, lambda _event: desk.release(repair.people, plant.floor.now))

    for repair in repairs(plant.scenario, plant.t_from, t_to):
        if repair.people and desk.claim(Request(repair.people, partial(begin, repair)), plant.t_from):
            begin(repair, plant.t_from)


# --- metal


def pour_in(plant: Plant, start: PlantStart) -> None:
    """Lay the metal in that is written in ``run.state.metal``."""
    furnaces = {furnace.name: furnace for shop in plant.shops for furnace in shop.furnaces}
    for station, entries in start.metal.items():
        for held in entries:
            name = f"{station}.{held.unit}"
            if name in furnaces:
                _into_furnace(plant, furnaces[name], held)
            else:
                _into_feed(plant, plant.feeds[station][held.unit - 1], held)


def _metal(plant: Plant, material: int, held: HeldMetal) -> Metal:
    carbon = plant.carbon_of.get(plant.codes.material[material], 0.0)
    return Metal(held.mass_kg, held.mass_kg * carbon, held.temperature_c)


def _into_furnace(plant: Plant, furnace: Furnace, held: HeldMetal) -> None:
    """The walls are as if the bath had long been so hot. More than a heel is ready to tap, or is brought to tapping temperature first."""
    now, hearth = plant.t_from, furnace.hearth
    furnace.metal = _metal(plant, furnace.alloy, held)
    hearth.state = hearth.furnace.soaked(hearth.alloy, held.temperature_c, held.mass_kg)
    if held.mass_kg <= furnace.kind.heel_kg:
        return
    furnace.batch, furnace.begun = furnace.floor.batch(), now
    if held.temperature_c >= furnace.kind.tap_c - _NEARLY_K:
        furnace.state = READY
        return
    furnace.state, furnace.phases = HEATING, hearth.warm(furnace.books.cuts_after(now))
    furnace.ready_at = furnace.books.phases(furnace.equipment, furnace.batch, now, furnace.phases)
    furnace.floor.after(furnace.ready_at - now, furnace.ready)


def _into_feed(plant: Plant, feed: Feed, held: HeldMetal) -> None:
    now = plant.t_from
    feed.metal = _metal(plant, feed.material, held)
    if feed.bath is not None:
        feed.bath.kg, feed.bath.temperature_c = held.mass_kg, held.temperature_c
    if feed.window_s < math.inf and held.mass_kg:
        left_s = feed.window_s if held.window_left_s is None else min(held.window_left_s, feed.window_s)
        feed.expires = now + left_s
        plant.floor.after(left_s, feed.expire)
