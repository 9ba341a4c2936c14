"""Scenario → Problem: what is scheduled (melting furnaces and the casting units that they feed) and the load of all the rest.

Nothing is written by hand: working time, set-ups, powers and metal come from the plant as the simulator builds it, heats from the
furnace's physics, prices and demand from the tariff. What is not scheduled is a load: ``base_kw``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np

from twin.core.faults import InputFault
from twin.experiment.draws import MeanDraws
from twin.models.metal import MetalUnit
from twin.models.plant import Plant
from twin.models.worktime import ALWAYS, WorkTime
from twin.optimize.derive.cast import CastUnit, LotClass, Parts, add_classes, add_unit, duties_kw, lot_classes
from twin.optimize.derive.goes_on import under_way_kw
from twin.optimize.derive.melt import MeltStation, add_station
from twin.optimize.derive.portions import Pouring, pouring_of
from twin.optimize.derive.pour import add_pouring
from twin.optimize.derive.sharing import shared
from twin.optimize.derive.site import site_parts, targets
from twin.optimize.plan.decode import Roster
from twin.optimize.problem.grid import Slots, Window
from twin.optimize.problem.network import Closing, Coupling, Floats, Problem, Stock
from twin.scenario.orders import at_random
from twin.scenario.orders import jobs as job_specs

if TYPE_CHECKING:
    from twin.models.equipment import Working
    from twin.models.feed import Feed
    from twin.models.furnace import InductionFurnace
    from twin.optimize.problem.state import Snapshot
    from twin.scenario.orders import JobSpec
    from twin.scenario.scenario import Scenario

FOREVER_S = 10 * 365 * 86400.0
SLACK_S = 3600.0
"""furnaces are planned empty so long before their crew leaves where the plant is random (assumed: most of a cell's repair time)"""
POURED_SLACK_S = 1800.0
"""the same where metal is poured straight into moulds (assumed: a quarter of an hour for what the day was delayed, and as much again)"""
MOST_JOBS = 3000
"""lots in one horizon; far beyond what one station's week holds, and each is a batch to check and to replay"""
SHORT_FACTOR = 1.5
SHORT_KRW_PER_KG = 500.0
"""metal missing at the end costs one and a half times its price and this for melting it (assumed: so that it is made up for)"""


@dataclass(frozen=True)
class Feedback:
    """What a replay told: load of what is not scheduled by slot (slots,), seconds from cast to delivered in working time by product,
    and by melting station and gap class the energy of a heat, and of holding and ladles after it, beyond what was reckoned.
    """

    other_kw: Floats
    tail_s: Mapping[str, float] = field(default_factory=dict)
    correction_kwh: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    emptying_kwh: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Derived:
    """A problem with the names behind its counts."""

    problem: Problem
    roster: Roster
    scheduled: frozenset[str]
    classes: tuple[LotClass, ...]


def derive(
    scenario: Scenario, slots: Slots, snapshot: Snapshot, feedback: Feedback, as_operated_kg: float | None = None
) -> Derived:
    """The problem of the horizon. ``as_operated_kg``: emissions of the horizon as operated, for a target that asks for less.

    Raises InputFault where the scenario has nothing to schedule.
    """
    plant = Plant(scenario, MeanDraws(), slots.start_s, slots.end_s)
    units = cast_units(plant, snapshot)
    if not plant.shops:
        msg = "the scenario has no melting station: there is nothing here that a plan can move"
        raise InputFault(msg)
    jobs = open_jobs(scenario, slots, snapshot)
    due = {job.job: cast_due_s(plant, job, feedback.tail_s.get(job.product, 0.0)) for job in jobs}
    classes = lot_classes(scenario, jobs, due)
    parts = Parts()
    couplings: list[Coupling] = []
    pouring: dict[str, Pouring] = {}
    stations = melt_stations(plant, snapshot, units, feedback)
    for station in stations:
        if station.direct:
            pouring |= add_direct(parts, scenario, station, classes, slots)
        else:
            couplings += add_station(parts, station, slots)
    paces = {lots.name: pace(units, lots, slots) for lots in classes}
    delays_s = {lots.name: delay_s(scenario, units, lots, pouring) for lots in classes}
    add_classes(parts, classes, slots, paces, delays_s)
    for unit in units:
        if unit.own_metal:
            add_feed(parts, unit)
        add_unit(parts, scenario, unit, classes, slots, pouring.get(unit.name))
    base_kw = feedback.other_kw + under_way_kw(units, stations, slots)
    base_kw = base_kw + sum((duties_kw(unit, slots) for unit in units), start=np.zeros(slots.count))
    problem = Problem(
        slots=slots.count,
        slot_h=slots.hours,
        stocks=parts.stocks,
        tasks=parts.tasks,
        base_kw=base_kw,
        dues=tuple(parts.dues),
        couplings=tuple(couplings),
        closings=closings(plant, units),
        targets=targets(scenario, as_operated_kg),
        capacities=shared(scenario, slots, {unit.name: unit.state.free_s for unit in units if unit.own_metal}),
        goods_kg={f"done.{lots.name}": good_kg(scenario, lots) for lots in classes},
        **site_parts(scenario, slots),
    )
    scheduled = frozenset([unit.name for unit in units] + [f.name for shop in plant.shops for f in shop.furnaces])
    return Derived(problem, Roster(parts.at_start, parts.pool_of, parts.jobs, parts.pours), scheduled, tuple(classes))


def add_direct(
    parts: Parts, scenario: Scenario, station: MeltStation, classes: Sequence[LotClass], slots: Slots
) -> dict[str, Pouring]:
    """A station whose furnaces pour straight into moulds; how it feeds each of its units."""
    places = {unit.station for unit in station.feeds}
    mine = [lots for lots in classes if places & set(scenario.spec.products[lots.product].route)]
    pouring = pouring_of(station, mine, slots)
    add_pouring(parts, pouring, slots)
    return {unit.name: pouring for unit in station.feeds}


def delay_s(scenario: Scenario, units: Sequence[CastUnit], lots: LotClass, pouring: Mapping[str, Pouring]) -> float:
    """From a slot's beginning to that of a class's lots begun in it."""
    route = scenario.spec.products[lots.product].route
    return max((pouring[u.name].delay_s for u in units if u.name in pouring and u.station in route), default=0.0)


def cast_units(plant: Plant, snapshot: Snapshot) -> list[CastUnit]:
    """Casting units as the plant has them, with their state at the start."""
    duties = {machine.equipment: machine.duties for machine in plant.machines}
    found = []
    for shop in plant.shops:
        for feed in shop.feeds:
            unit: MetalUnit = feed.unit
            name = plant.codes.equipment[unit.equipment]
            found.append(
                CastUnit(
                    name=name,
                    station=unit.place.name,
                    kind=cast("Working", plant.scenario.stations[unit.place.name]),
                    metal=_metal_name(plant, feed, name),
                    windows=windows_of(unit.place.worktime),
                    duties=duties.get(unit.equipment, ()),
                    state=snapshot.cells[name],
                    capacity_kg=feed.capacity_kg - feed.residue_kg,
                    own_metal=math.isinf(feed.window_s),
                )
            )
    return found


def _metal_name(plant: Plant, feed: Feed, unit: str) -> str:
    """A dosing furnace has a stock of its own; a pouring line draws from its furnaces."""
    if math.isinf(feed.window_s):
        return f"metal.{unit}"
    shop = next(shop for shop in plant.shops if feed in shop.feeds)
    return f"metal.{plant.codes.station[plant.codes.station_of[shop.furnaces[0].equipment]]}"


def windows_of(worktime: WorkTime) -> list[Window]:
    """Working time as windows."""
    if worktime is ALWAYS:
        return [(-FOREVER_S, FOREVER_S)]
    return list(zip(worktime.starts, worktime.ends, strict=True))


def melt_stations(plant: Plant, snapshot: Snapshot, units: list[CastUnit], feedback: Feedback) -> list[MeltStation]:
    """Melting stations as the plant has them."""
    by_name = {unit.name: unit for unit in units}
    random = plant.scenario.spec.run.randomness == "on"
    found = []
    for shop in plant.shops:
        first = shop.furnaces[0]
        name = plant.codes.station[plant.codes.station_of[first.equipment]]
        feeds = [by_name[plant.codes.equipment[feed.unit.equipment]] for feed in shop.feeds]
        if len({unit.own_metal for unit in feeds}) > 1:
            msg = f"stations.{name}: plans are for dosing furnaces or for lines poured straight from furnaces, not for both at once"
            raise InputFault(msg)
        found.append(
            MeltStation(
                name,
                shop.kind,
                {f.name: snapshot.furnaces[f.name] for f in shop.furnaces},
                windows_of(first.attendance.crew),
                windows_of(first.attendance.shift),
                feeds,
                feedback.correction_kwh.get(name, {}),
                metal_price(plant, shop.kind),
                pig_price(plant, shop.kind),
                (SLACK_S if any(unit.own_metal for unit in feeds) else POURED_SLACK_S) if random else 0.0,
                shop.kind.charge.spread if random else 0.0,
                heel_price(plant, shop.kind),
                feedback.emptying_kwh.get(name, {}),
            )
        )
    return found


def metal_price(plant: Plant, kind: InductionFurnace) -> float:
    """Mean price of a kg charged; what has no price costs nothing."""
    prices = plant.scenario.spec.materials
    made = {**kind.charge.make_up, **kind.charge.additions}
    return sum(share * prices[name].price_krw_per_kg for name, share in made.items() if name in prices)


def pig_price(plant: Plant, kind: InductionFurnace) -> float:
    """What a kg cast into ingots instead of castings costs: its price less that of returns, and melting it again."""
    returns = plant.scenario.spec.materials.get("returns")
    credit = 0.0 if returns is None else returns.price_krw_per_kg
    return max(0.0, metal_price(plant, kind) - credit) + SHORT_KRW_PER_KG


def heel_price(plant: Plant, kind: InductionFurnace) -> float:
    """What a kg of heel costs that is given up: its price less that of returns; what melted it is in the heat's own energy."""
    return max(0.0, pig_price(plant, kind) - SHORT_KRW_PER_KG)


def add_feed(parts: Parts, unit: CastUnit) -> None:
    """The metal beside a casting unit, and with what is on the way to it."""
    now = min(unit.state.usable_kg, unit.capacity_kg)
    parts.add_stock(Stock(unit.metal, now, high=unit.capacity_kg))
    parts.add_stock(Stock(unit.booked, now, high=unit.capacity_kg))


def closings(plant: Plant, units: list[CastUnit]) -> tuple[Closing, ...]:
    """As much metal beside the units at the end as at the start; a kg that is missing costs more than melting it."""
    mine = [unit for unit in units if unit.own_metal]
    if not mine:
        return ()
    price = SHORT_FACTOR * max(metal_price(plant, shop.kind) for shop in plant.shops) + SHORT_KRW_PER_KG
    held = sum(min(unit.state.usable_kg, unit.capacity_kg) for unit in mine)
    return (Closing("metal beside the units", tuple(unit.metal for unit in mine), held, price),)


def open_jobs(scenario: Scenario, slots: Slots, snapshot: Snapshot) -> list[JobSpec]:
    """Jobs released before the horizon's end whose casting has not begun.

    Raises InputFault where orders come at random, or too many lots at once.
    """
    orders = scenario.spec.orders
    chance = [name for name, order in orders.items() if at_random(order)] if isinstance(orders, dict) else []
    if chance:
        msg = f"orders.{chance[0]}.every: a plan needs to know when orders come; this one comes at random"
        raise InputFault(msg)
    found = job_specs(scenario, -scenario.spec.run.warmup_s, slots.end_s)
    mine = [job for job in found if job.job not in snapshot.begun]
    if len(mine) > MOST_JOBS:
        msg = (
            f"plan.horizon: {len(mine):,} lots are to be planned, more than {MOST_JOBS:,} at once; "
            "make the horizon shorter, or products' lots larger"
        )
        raise InputFault(msg)
    return mine


def good_kg(scenario: Scenario, lots: LotClass) -> float:
    """Mass of the good castings of one lot."""
    product = scenario.spec.products[lots.product]
    return lots.pieces * product.mass_kg * (1.0 - product.scrap_fraction)


def cast_due_s(plant: Plant, job: JobSpec, tail_s: float) -> float:
    """By when casting must be over so that ``tail_s`` of the finishing stations' working time is left before the job is due."""
    route = plant.scenario.spec.products[job.product].route
    places = [plant.places[name] for name in route if name in plant.places]
    casting = next((k for k, place in enumerate(places) if isinstance(place.units[0], MetalUnit)), len(places) - 1)
    after = [place.worktime for place in places[casting + 1 :] if place.worktime is not ALWAYS]
    if not after or tail_s <= 0.0:
        return job.due_s - tail_s
    worktime = after[0]
    early, late = job.due_s - tail_s - 30 * 86400.0, job.due_s
    for _ in range(60):
        middle = (early + late) / 2.0
        if worktime.seconds(middle, job.due_s) >= tail_s:
            early = middle
        else:
            late = middle
    return early


def pace(units: list[CastUnit], lots: LotClass, slots: Slots) -> float:
    """Share of a class that the horizon must make: all that is due in it, and of later work as much as its share of the working time."""
    due = max(lots.cast_due_s, default=slots.end_s)
    if due <= slots.end_s:
        return 1.0
    worktime = WorkTime(units[0].windows)
    ahead = worktime.seconds(slots.start_s, due)
    return min(1.0, worktime.seconds(slots.start_s, slots.end_s) / ahead) if ahead else 1.0
