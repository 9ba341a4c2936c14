"""Scenario (and plan) → trace: builds the plant, simulates warm-up and horizon, gathers the tables.

The order of equipment codes is the order of stations in the scenario, then dosing furnaces beside their cells, then utilities and the site.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.core.faults import InputFault
from twin.ledger.trace import NONE, Trace
from twin.models import expand
from twin.models.books import Books
from twin.models.building import Building
from twin.models.casting import poured_kg
from twin.models.choosing import Fork
from twin.models.condense import condensed
from twin.models.durations import sampler
from twin.models.feed import Feed
from twin.models.floor import seldom_collecting
from twin.models.forming import FormingPlace, FormingUnit
from twin.models.gather import gather
from twin.models.melting import MeltShop
from twin.models.metal import MetalPlace, MetalUnit
from twin.models.phases import Draws, binomial
from twin.models.plant_state import begin_from, check_state, jobs_of_state, state_of
from twin.models.releases import Releases, foreseen
from twin.models.station import Floor, Job, Place
from twin.models.upkeep import CalendarClock
from twin.models.written_start import pour_in
from twin.scenario.calendar import seconds
from twin.scenario.orders import jobs as job_specs

if TYPE_CHECKING:
    from twin.models.following import Follower
    from twin.scenario.plan import Plan, PlantState
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import Duration

_DAY_S = 86_400.0


@dataclass
class Codes:
    """Names that get codes in the order in which they come."""

    equipment: list[str] = field(default_factory=list)
    station: list[str] = field(default_factory=list)
    station_of: list[int] = field(default_factory=list)
    material: list[str] = field(default_factory=list)

    def add_equipment(self, name: str, station: str | None) -> int:
        """Code of a new equipment."""
        if station is not None and station not in self.station:
            self.station.append(station)
        self.equipment.append(name)
        self.station_of.append(NONE if station is None else self.station.index(station))
        return len(self.equipment) - 1

    def material_code(self, name: str) -> int:
        """Code of a material, new or known."""
        if name not in self.material:
            self.material.append(name)
        return self.material.index(name)


class Plant:
    """A scenario as places, units, furnaces and feeds, ready to run."""

    def __init__(
        self,
        scenario: Scenario,
        draws: Draws,
        t_from: float,
        t_to: float,
        plan: Plan | None = None,
        state: PlantState | None = None,
        later_cuts_s: Sequence[float] = (),
    ) -> None:
        self.scenario, self.draws, self.plan = scenario, draws, plan
        self.t_from, self.t_to = t_from, t_to
        self.floor = Floor(t_from)
        self.books = Books(t_to, later_cuts_s)
        self.codes = Codes()
        self.machines: list[expand.Machine] = []
        self.places: dict[str, Place] = {}
        self.shops: list[MeltShop] = []
        self.feeds: dict[str, list[Feed]] = {}
        self.formed: list[FormingUnit] = []
        self.jobs: list[Job] = []
        self.finished_at: dict[int, float] = {}
        self.alloys = {name: p.alloy for name, p in scenario.spec.products.items()}
        self.carbon_of = {name: m.carbon_fraction for name, m in scenario.spec.materials.items()}
        self.overtime: list[tuple[str, float, float, int]] = []
        self.state = state
        self.calendar_clocks: dict[int, CalendarClock] = {}
        building = Building(self)
        building.build()
        self.inspector, self.desk = building.equipping.inspector, building.equipping.desk
        self.floor.finished = self._finished
        if state is not None:
            check_state(self, state)
            self.jobs += jobs_of_state(self, state)
        self._orders()
        if state is not None:
            begin_from(self, state)
        elif scenario.spec.run.state is not None:
            pour_in(self, scenario.spec.run.state)
        self.follower: Follower | None = None
        if plan is not None:
            self._follow(plan)

    def _follow(self, plan: Plan) -> None:
        """Let casting units, melt shops and units that form loads go by a plan."""
        from twin.models.following import Follower
        from twin.models.following_loads import PlannedLoads

        dispatch = self.scenario.spec.dispatch
        loads = PlannedLoads(self.floor, plan, dispatch, self.codes.equipment)
        if not loads.empty:
            loads.arm(self.formed, self.jobs, self.finished_at)

        self.follower = follower = Follower(self.floor, plan, dispatch, self.codes.equipment)
        for place in self.places.values():
            if isinstance(place, MetalPlace):
                place.follower = follower
                for unit in place.units:
                    if isinstance(unit, MetalUnit):
                        unit.follower = follower
        for shop in self.shops:
            shop.follower = follower

    # --- orders

    def _orders(self) -> None:
        """Jobs, released at their time into the first station of their route."""
        products = self.scenario.spec.products
        releases: dict[float, list[Job]] = {}
        orders = list(self.scenario.spec.orders) if isinstance(self.scenario.spec.orders, dict) else []
        resumed = {job.key for job in self.jobs}
        orders += [order for order in dict.fromkeys(job.order for job in self.jobs) if order not in orders]
        for spec in job_specs(self.scenario, self.t_from, self.t_to, self._gaps):
            if spec.job in resumed:
                self.books.count("lots_resumed", 1.0, max(spec.release_s, 0.0))
                continue
            product, code = products[spec.product], len(self.jobs)
            job = Job(code, spec.job, spec.product, float(spec.pieces), spec.due_s, self.route_of(spec.product))
            job.release, job.priority, job.order = spec.release_s, spec.priority, spec.order
            job.kg = poured_kg(product, spec.pieces) if product.alloy is not None else 0.0
            self.jobs.append(job)
            releases.setdefault(spec.release_s, []).append(job)
            if spec.order not in orders:
                orders.append(spec.order)
        self.orders = orders
        for shop in self.shops:
            shop.releases = sorted(
                time for time, jobs in releases.items() if any(set(job.route).intersection(shop.places) for job in jobs)
            )
        self._expect(releases)

    def _expect(self, releases: dict[float, list[Job]]) -> None:
        """An event for each time of release; or the place lets its lots in by the many, where that is the same."""
        let_in: dict[Place, tuple[list[float], list[int], list[Job]]]
        by_the_many = foreseen(self, releases.values()) if self.plan is None else ()
        let_in = {place: ([], [], []) for place in by_the_many}
        for time, released in releases.items():
            mine = let_in.get(released[0].route[0])
            if mine is None:
                self.floor.after(time - self.t_from, partial(self._release, released))
                continue
            tick, at = self.floor.env.tick(), self.t_from + (time - self.t_from)  # as the event's own time is rounded
            mine[0].extend([at] * len(released))
            mine[1].extend([tick] * len(released))
            mine[2].extend(released)
        for place, (times, ticks, jobs) in let_in.items():
            if jobs and isinstance(place, FormingPlace):
                place.expect(Releases(times, ticks, jobs))

    def route_of(self, name: str) -> tuple[Any, ...]:
        """Places that a lot of a product passes, with a fork where it may take one of several."""
        route: list[Any] = []
        product = self.scenario.spec.products[name]
        for own in product.route:
            other = product.alternatives.get(own)
            if other is None:
                route.append(self.places[own])
            else:
                places = [self.places[name] for name in (own, *other.stations)]
                route.append(Fork(places, shortest=other.choose == "shortest_queue"))
        return tuple(route)

    def _gaps(self, order: str, every: Duration) -> Callable[[int], float]:
        """Times between the arrivals of an order."""
        return sampler(every, self.draws, "arrival", order)

    def _release(self, released: Sequence[Job], event: Any = None) -> None:
        del event
        for job in released:
            job.route[0].put(job, self.floor.now)

    # --- what happens to pieces

    def cast(self, unit: MetalUnit) -> None:
        """A lot is cast: gates and scrap leave as returns and scrap, good pieces go on."""
        job, now = unit.job, self.floor.now
        product = self.scenario.spec.products[job.product]
        poured = unit.drawn
        if self.draws.mean_mode:
            scrap = job.pieces * product.scrap_fraction
        else:
            scrap = float(binomial(int(job.pieces), product.scrap_fraction, self.draws.uniform("scrap", job.key, 0)))
        carbon = poured.carbon_kg / poured.kg
        for role, kg in (("returns", poured.kg - job.pieces * product.mass_kg), ("scrap", scrap * product.mass_kg)):
            self.books.material(now, unit.equipment, unit.batch, unit.feed.material, role, kg, kg * carbon)
        job.cast_at = (unit.equipment, unit.feed.material)
        job.pieces -= scrap
        job.good_kg = job.pieces * product.mass_kg
        job.carbon_kg = job.good_kg * carbon

    def _finished(self, job: Job, now: float) -> None:
        """A lot has left its last station, or goes no further."""
        self.finished_at[job.code] = now
        if job.code in self.inspector.gone:
            return
        if job.good_kg:
            equipment, material = job.cast_at
            self.books.material(now, equipment, NONE, material, "good", job.good_kg, job.carbon_kg)
        self.books.count("good_pieces", job.pieces, now)
        self.books.count(f"good_pieces/{job.product}", job.pieces, now)
        self.books.count(f"good_kg/{job.product}", job.pieces * self.scenario.spec.products[job.product].mass_kg, now)

    # --- running

    def begin(self) -> None:
        """Arm every station and melt shop; the clock stands at ``t_from``."""
        for place in self.places.values():
            place.call(self.t_from)
        for shop in self.shops:
            shop.open()

    def run(self) -> None:
        """Simulate from the warm-up's beginning to the end of the horizon."""
        self.begin()
        if self.t_from < 0.0:
            self.floor.run(0.0)
        self._stocks("stock_open")
        self.floor.run(self.t_to)
        for shop in self.shops:
            for furnace in shop.furnaces:
                furnace.finish(self.t_to)
        for unit in self.formed:
            unit.finish(self.t_to)
        for feeds in self.feeds.values():
            for feed in feeds:
                feed.progress(self.t_to)
        self._stocks("stock_close")

    def _stocks(self, role: str) -> None:
        """A snapshot of what every holder of metal holds now."""
        for shop in self.shops:
            for furnace in shop.furnaces:
                self.books.stock(role, furnace.equipment, furnace.alloy, furnace.metal.kg, furnace.metal.carbon_kg)
            for metal, feed, _ in shop.transit:
                self.books.stock(role, feed.equipment, feed.material, metal.kg, metal.carbon_kg)
        for feeds in self.feeds.values():
            for feed in feeds:
                self.books.stock(role, feed.equipment, feed.material, feed.metal.kg, feed.metal.carbon_kg)
                drawn = feed.unit.drawn
                self.books.stock(role, feed.unit.equipment, feed.material, drawn.kg, drawn.carbon_kg)
        under_way: dict[tuple[int, int], list[float]] = {}
        for job in self.jobs:
            if job.good_kg and job.code not in self.finished_at:
                held = under_way.setdefault(job.cast_at, [0.0, 0.0])
                held[0] += job.good_kg
                held[1] += job.carbon_kg
        for (equipment, material), (kg, carbon_kg) in under_way.items():
            self.books.stock(role, equipment, material, kg, carbon_kg)


def simulate(
    scenario: Scenario,
    draws: Draws,
    *,
    plan: Plan | None = None,
    replication: int = 0,
    records: bool = True,
    t_from: float | None = None,
    t_to: float | None = None,
    state: PlantState | None = None,
) -> Trace:
    """Simulate one replication of a scenario; the trace covers exactly ``[0, t_to]`` (default: the run's duration).

    ``t_from`` (default: :func:`begins_s`) is when the plant begins, empty and cold but for half full dosing furnaces; or as ``state`` says
    (default: the scenario's ``run.state``). Without ``records``
    the trace is condensed to what does not grow with the number of batches (:func:`twin.models.condense.condensed`).
    """
    run = scenario.spec.run
    began = given_state(scenario) if state is None else state
    begin = t_from if t_from is not None else begins_s(scenario, began)
    end = run.duration_s if t_to is None else t_to
    with seldom_collecting():
        plant = Plant(scenario, draws, begin, end, plan, began)
        plant.run()
        trace = gather(plant, replication)
    return trace if records else condensed(trace)


def begins_s(scenario: Scenario, state: PlantState | None) -> float:
    """When a run begins, in seconds of the run: with its warm-up; from a state when that was taken, where that is on the day before the
    run's start; else at its start.
    """
    if state is None:
        return -scenario.spec.run.warmup_s
    try:
        taken_s = seconds(scenario, dt.datetime.fromisoformat(state.at)) if state.at else 0.0
    except ValueError as error:
        msg = f"run.state: {state.at!r} is no moment"
        raise InputFault(msg) from error
    return taken_s if -_DAY_S < taken_s < 0.0 else 0.0


def given_state(scenario: Scenario) -> PlantState | None:
    """The state that the scenario names by ``run.state``; None where it begins empty. Raises InputFault."""
    from twin.scenario.plan import PlantState

    text = scenario.tables.get("run.state")
    return None if text is None else PlantState.from_json(text)


def simulate_to_state(
    scenario: Scenario, draws: Draws, *, state: PlantState | None = None, t_to: float | None = None
) -> tuple[Trace, PlantState]:
    """As :func:`simulate`, and the plant's state at the end of the run, from which another may begin that is counted from there or, where
    that is in the middle of a day, from the midnight after it. Raises InputFault.
    """
    run = scenario.spec.run
    began = given_state(scenario) if state is None else state
    end = run.duration_s if t_to is None else t_to
    midnight_s = math.ceil(end / _DAY_S) * _DAY_S
    plant = Plant(scenario, draws, begins_s(scenario, began), end, None, began, [midnight_s])
    plant.run()
    reached = state_of(plant)
    return gather(plant), reached
