"""Scenario (and plan) → trace: builds the plant, simulates warm-up and horizon, gathers the tables.

The order of equipment codes is the order of stations in the scenario, then dosing furnaces beside their cells, then utilities and the site.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.core.faults import InputFault
from twin.ledger.trace import NONE, Trace
from twin.models import expand
from twin.models.batches import BatchProcess
from twin.models.books import Books
from twin.models.cap import PowerCap, envelope
from twin.models.casting import Casting, DieCastingCell, MouldingLine, poured_kg
from twin.models.condense import condensed
from twin.models.dosing import DosingBath, DosingParameters
from twin.models.durations import mean_s, once_s, sampler
from twin.models.equipment import Batching, Delaying, Powered, Working
from twin.models.feed import Feed, Thermostat
from twin.models.forming import FormingPlace, FormingUnit
from twin.models.furnace import InductionFurnace
from twin.models.gather import gather
from twin.models.hearth import Hearth
from twin.models.melting import Attendance, Furnace, Ingredient, MeltShop
from twin.models.metal import MetalPlace, MetalUnit
from twin.models.metals import alloy as alloy_of
from twin.models.phases import Draws, binomial
from twin.models.station import Failing, Floor, Job, Place, Unit
from twin.models.together import BatchUnit, DelayUnit
from twin.models.utilities import Compressor, Fan
from twin.models.worktime import ALWAYS, Duty, WorkTime, attended, bridged
from twin.scenario.calendar import startup_times, windows
from twin.scenario.orders import jobs as job_specs

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import Duration, Station

_SLACK_S = 14 * 86400.0
_AMBIENT_C = 25.0


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

    def __init__(self, scenario: Scenario, draws: Draws, t_from: float, t_to: float, plan: Plan | None = None) -> None:
        self.scenario, self.draws, self.plan = scenario, draws, plan
        self.t_from, self.t_to = t_from, t_to
        self.floor = Floor(t_from)
        self.books = Books(t_to)
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
        self._build()
        self._orders()
        if plan is not None:
            self._follow(plan)

    def _follow(self, plan: Plan) -> None:
        """Let casting units and melt shops go by a plan."""
        from twin.models.following import Follower

        follower = Follower(self.floor, plan, self.scenario.spec.dispatch.patience_s, self.codes.equipment)
        for place in self.places.values():
            if isinstance(place, MetalPlace):
                place.follower = follower
                for unit in place.units:
                    if isinstance(unit, MetalUnit):
                        unit.follower = follower
        for shop in self.shops:
            shop.follower = follower

    # --- building

    def _build(self) -> None:
        melting: list[tuple[str, InductionFurnace]] = []
        for name, kind in self.scenario.stations.items():
            if isinstance(kind, InductionFurnace):
                melting.append((name, kind))
            else:
                self._place(name, kind)
        for name, furnace in melting:
            self._melt_shop(name, furnace)
        self.floor.finished = self._finished
        if self.scenario.spec.site.power_cap_kw is not None:
            self._cap(self.scenario.spec.site.power_cap_kw)

    def _cap(self, cap_kw: float) -> None:
        """Put the melt shops under the site's power cap."""
        constant_kw = self.scenario.spec.site.base_load_kw
        for utility in self.scenario.utilities.values():
            if isinstance(utility, Compressor):
                constant_kw += utility.rated_kw * utility.units
            elif isinstance(utility, Fan):
                constant_kw += utility.power_kw * utility.units
        cap = PowerCap(cap_kw, constant_kw, [envelope(machine.rates, machine.duties) for machine in self.machines])
        for feeds in self.feeds.values():
            cap.furnaces += [feed.reserved_kw for feed in feeds]
        cap.furnaces += [unit.reserved_kw for unit in self.formed]
        for shop in self.shops:
            shop.cap = cap
            cap.furnaces += [furnace.reserved_kw for furnace in shop.furnaces]

    def _windows(self, name: str, kind: Station) -> list[tuple[float, float]] | None:
        """Working windows of a station, or None where it always works."""
        crews = self.scenario.spec.crews
        shifts = kind.shifts if kind.shifts is not None else crews[kind.crew].shifts if kind.crew is not None else None
        return None if shifts is None else windows(self.scenario, shifts, self.t_from - _SLACK_S, self.t_to + _SLACK_S)

    def _switched_on(self, name: str) -> list[float]:
        return startup_times(self.scenario, name, self.t_from - _SLACK_S, self.t_to + _SLACK_S)

    def _place(self, name: str, kind: Station) -> None:
        """One station with its queue and units."""
        spans = self._windows(name, kind)
        worktime: WorkTime = ALWAYS
        duties: list[Duty] = []
        if spans is not None and isinstance(kind, Powered | BatchProcess):
            worktime, duties = attended(spans, kind.stay_on_s, kind.startup_s(), self._switched_on(name))
        room = math.inf if kind.buffer_before is None else float(kind.buffer_before)
        by_due = self.scenario.spec.dispatch.rule != "fifo"
        make = MetalPlace if isinstance(kind, Casting) else FormingPlace if isinstance(kind, BatchProcess) else Place
        place = make(self.floor, name, room, ALWAYS if isinstance(kind, Delaying) else worktime, by_due=by_due)
        self.places[name] = place
        for number in range(1, kind.units + 1):
            equipment = self.codes.add_equipment(f"{name}.{number}", name)
            self._unit(place, kind, equipment)
            if isinstance(kind, BatchProcess):
                self._forming(place, duties)
                continue
            rates = kind.rates() if isinstance(kind, Powered) else {}
            off_after_s = kind.off_after_s() if isinstance(kind, Powered) else math.inf
            together = isinstance(kind, Delaying)
            self.machines.append(expand.Machine(equipment, rates, duties, together, off_after_s, self.t_from))

    def _unit(self, place: Place, kind: Station, equipment: int) -> None:
        name = self.codes.equipment[equipment]
        if isinstance(kind, Casting):
            unit: Unit = self._casting_unit(place, kind, equipment)
        elif isinstance(kind, Working):
            unit = Unit(place, equipment, self._work(place.name, kind))
        elif isinstance(kind, Batching):
            unit = BatchUnit(place, equipment, self._cycles(place.name, kind), kind.batch)
            unit.overtime = self._overtime(kind)
        elif isinstance(kind, BatchProcess) and isinstance(place, FormingPlace):
            unit = FormingUnit(place, equipment, kind, self.books, self.draws)
            unit.overtime = self._overtime(kind)
        elif isinstance(kind, Delaying):
            unit = DelayUnit(place, equipment, self._delays(place.name, kind), kind.places or 10**9)
        else:
            msg = (
                f"station {place.name}: kind {kind.kind!r} is neither Working, Batching, BatchProcess, Delaying, Casting "
                "nor melting"
            )
            raise InputFault(msg)
        if isinstance(kind, Working) and kind.setup is not None:
            unit.setup_s = kind.setup.between_products_s
        if isinstance(kind, Powered):
            unit.off_after_s, unit.startup_s = kind.off_after_s(), kind.startup_s()
        if kind.failures is not None and not self.draws.mean_mode:
            unit.failing = Failing(
                sampler(kind.failures.every, self.draws, "failure", name),
                sampler(kind.failures.repair, self.draws, "repair", name),
            )

    def _forming(self, place: Place, duties: Sequence[Duty]) -> None:
        """What the newest unit of a place that forms batches needs to know."""
        unit, kind = place.units[-1], self.scenario.stations[place.name]
        if isinstance(place, FormingPlace) and isinstance(unit, FormingUnit) and isinstance(kind, BatchProcess):
            products = self.scenario.spec.products
            recipes = {name: product.recipe_at(place.name) for name, product in products.items()}
            place.load = kind.load
            place.recipe_of = lambda job: recipes[job.product]
            place.kg_of = lambda job: job.pieces * products[job.product].mass_kg
            unit.duties = duties
            self.formed.append(unit)

    def _work(self, station: str, kind: Working) -> Callable[[Job], float]:
        """Seconds of work on a lot: pieces times the time of one, drawn once a lot where it is random."""
        constant = {
            p: mean_s(kind.cycle_of(p))
            for p in self._made_at(station)
            if kind.cycle_of(p).constant_s is not None or self.draws.mean_mode
        }
        return lambda job: (
            (
                constant[job.product]
                if job.product in constant
                else self._drawn(kind.cycle_of(job.product), station, job)
            )
            * job.pieces
        )

    def _cycles(self, station: str, kind: Batching) -> Callable[[Job], float]:
        return lambda job: self._drawn(kind.cycle_of(job.product), station, job)

    def _delays(self, station: str, kind: Delaying) -> Callable[[Job], float]:
        return lambda job: self._drawn(kind.time_of(job.product), station, job)

    def _drawn(self, duration: Any, station: str, job: Job) -> float:
        """A duration keyed by job and operation: one variate of a stream of its own, so no block of variates is made for it."""
        return once_s(duration, self.draws, f"time/{station}", job.key)

    def _made_at(self, station: str) -> list[str]:
        return [name for name, product in self.scenario.spec.products.items() if station in product.route]

    def _overtime(self, kind: Powered | BatchProcess) -> Callable[[float, float], None] | None:
        crew = kind.crew
        if crew is None or not kind.operators:
            return None
        return lambda t0, t1: self.overtime.append((crew, t0, t1, kind.operators))

    # --- metal

    def _casting_unit(self, place: Place, kind: Casting, equipment: int) -> MetalUnit:
        name = self.codes.equipment[equipment]
        alloy = next((self.alloys[p] for p in self._made_at(place.name)), None)
        if alloy is None:
            msg = f"station {place.name} casts, but no product on it names its alloy"
            raise InputFault(msg)
        material = self.codes.material_code(alloy)
        if isinstance(kind, DieCastingCell):
            feed = self._dosing(kind, f"{name}.dosing_furnace", place, alloy, material)
        elif isinstance(kind, MouldingLine):
            feed = Feed(self.books, equipment, material, kind.pouring.capacity_kg, kind.pouring.window_s)
        else:
            msg = f"station {place.name}: kind {kind.kind!r} has no feed for metal"
            raise InputFault(msg)
        self.feeds.setdefault(place.name, []).append(feed)
        return MetalUnit(place, equipment, self._work(place.name, kind), feed, self._cast)

    def _dosing(self, kind: DieCastingCell, name: str, place: Place, alloy: str, material: int) -> Feed:
        furnace = kind.dosing_furnace
        equipment = self.codes.add_equipment(name, place.name)
        feed = Feed(self.books, equipment, material, furnace.capacity_kg)
        feed.residue_kg, feed.since = furnace.residue_kg, self.t_from
        liquid = alloy_of(alloy).bands[-1].capacity_kwh_per_kg_k
        parameters = DosingParameters(
            furnace.heating.electric_kw,
            furnace.heating.efficiency,
            furnace.conductance_w_per_k,
            furnace.opening_share,
            furnace.lining_kwh_per_k,
            liquid,
            _AMBIENT_C,
        )
        kg = (furnace.capacity_kg + furnace.residue_kg) / 2.0
        feed.metal.kg, feed.metal.temperature_c = kg, furnace.hold_c
        feed.metal.carbon_kg = kg * self._carbon_of_alloy(alloy)
        feed.bath = DosingBath(parameters, kg, furnace.hold_c)
        feed.thermostat = Thermostat(place.worktime, furnace.hold_c, furnace.setback_k)
        return feed

    def _carbon_of_alloy(self, alloy: str) -> float:
        return self.carbon_of.get(alloy, 0.0)

    def _melt_shop(self, name: str, kind: InductionFurnace) -> None:
        spans = self._windows(name, kind)
        crew = ALWAYS if spans is None else WorkTime(bridged(spans, 0.0, self._switched_on(name)))
        shift = ALWAYS if spans is None else WorkTime(bridged(spans, kind.stay_on_s, self._switched_on(name)))
        if spans is not None and kind.crew is not None:
            self._come_early(kind.crew, crew, WorkTime(spans))
        charge = [self._ingredient(material, share, "in") for material, share in kind.charge.make_up.items()]
        charge += [self._ingredient(material, share, "addition") for material, share in kind.charge.additions.items()]
        furnaces = []
        for number in range(1, kind.units + 1):
            label = f"{name}.{number}"
            equipment = self.codes.add_equipment(label, name)
            hearth = Hearth(kind, _AMBIENT_C)
            furnace = Furnace(
                self.floor,
                self.books,
                equipment,
                label,
                hearth,
                charge,
                self.codes.material_code(kind.alloy),
                self.draws,
            )
            furnace.attendance = Attendance(crew, shift)
            furnaces.append(furnace)
        feeds = [feed for station in kind.supplies for feed in self.feeds[station]]
        places = [self.places[station] for station in kind.supplies]
        self.shops.append(
            MeltShop(self.floor, furnaces, feeds, [place for place in places if isinstance(place, MetalPlace)])
        )

    def _come_early(self, crew: str, begun: WorkTime, shifts: WorkTime) -> None:
        """One person of the crew starts the furnaces ahead of the shift: overtime."""
        self.overtime += [
            (crew, start, shifts.next_open(start), 1)
            for start in begun.starts
            if not shifts.open(start) and shifts.next_open(start) < math.inf
        ]

    def _ingredient(self, material: str, share: float, role: str) -> Ingredient:
        return Ingredient(self.codes.material_code(material), share, self.carbon_of.get(material, 0.0), role)

    # --- orders

    def _orders(self) -> None:
        """Jobs, released at their time into the first station of their route."""
        products = self.scenario.spec.products
        releases: dict[float, list[Job]] = {}
        orders = list(self.scenario.spec.orders) if isinstance(self.scenario.spec.orders, dict) else []
        for code, spec in enumerate(job_specs(self.scenario, self.t_from, self.t_to, self._gaps)):
            product = products[spec.product]
            route = tuple(self.places[station] for station in product.route)
            job = Job(code, spec.job, spec.product, float(spec.pieces), spec.due_s, route)
            job.release, job.priority, job.order = spec.release_s, spec.priority, spec.order
            job.kg = poured_kg(product, spec.pieces) if product.alloy is not None else 0.0
            self.jobs.append(job)
            releases.setdefault(spec.release_s, []).append(job)
            if spec.order not in orders:
                orders.append(spec.order)
        self.orders = orders
        for time, released in releases.items():
            self.floor.after(time - self.t_from, partial(self._release, released))

    def _gaps(self, order: str, every: Duration) -> Callable[[int], float]:
        """Times between the arrivals of an order."""
        return sampler(every, self.draws, "arrival", order)

    def _release(self, released: Sequence[Job], event: Any = None) -> None:
        del event
        for job in released:
            job.route[0].put(job, self.floor.now)

    # --- what happens to pieces

    def _cast(self, unit: MetalUnit) -> None:
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
        """A lot has left its last station."""
        self.finished_at[job.code] = now
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
            for metal, feed in shop.transit:
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
) -> Trace:
    """Simulate one replication of a scenario; the trace covers exactly ``[0, t_to]`` (default: the run's duration).

    ``t_from`` (default: minus the warm-up) is when the plant begins, empty and cold but for half full dosing furnaces. Without ``records``
    the trace is condensed to what does not grow with the number of batches (:func:`twin.models.condense.condensed`).
    """
    run = scenario.spec.run
    begin = -run.warmup_s if t_from is None else t_from
    end = run.duration_s if t_to is None else t_to
    plant = Plant(scenario, draws, begin, end, plan)
    plant.run()
    trace = gather(plant, replication)
    return trace if records else condensed(trace)
