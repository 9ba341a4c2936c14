"""The stations of a scenario → places and units of a plant: queue, hours, times, breakdowns, what each unit writes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twin.core.faults import InputFault
from twin.ledger.supply import cap_behind_kw
from twin.models import expand
from twin.models.batches import BatchProcess
from twin.models.cap import Batched, PowerCap, envelope
from twin.models.casting import Casting
from twin.models.durations import mean_s, once_s
from twin.models.equipment import Batching, Delaying, Powered, Working
from twin.models.equipping import Equipping
from twin.models.forming import FormingUnit
from twin.models.foundry import Foundry
from twin.models.furnace import InductionFurnace
from twin.models.served import most_of_utilities_kw
from twin.models.station import Job, Place, Unit
from twin.models.tending import Tending
from twin.models.together import BatchUnit, DelayUnit
from twin.models.worktime import ALWAYS, Duty, WorkTime, attended, common
from twin.scenario.calendar import startup_times, windows

if TYPE_CHECKING:
    from twin.models.phases import Draws
    from twin.models.plant import Plant
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import Station

_SLACK_S = 14 * 86400.0


class Hours:
    """When stations work, in seconds of the run."""

    def __init__(self, scenario: Scenario, t_from: float, t_to: float) -> None:
        self.scenario, self.t_from, self.t_to = scenario, t_from - _SLACK_S, t_to + _SLACK_S

    def windows(self, kind: Station) -> list[tuple[float, float]] | None:
        """Working windows of a station, when everybody is there whom its lots need; None where it always works."""
        crews = self.scenario.spec.crews
        shifts = kind.shifts if kind.shifts is not None else crews[kind.crew].shifts if kind.crew is not None else None
        spans = None if shifts is None else windows(self.scenario, shifts, self.t_from, self.t_to)
        for name in kind.needs:
            if name in crews:
                present = windows(self.scenario, crews[name].shifts, self.t_from, self.t_to)
                spans = present if spans is None else common(spans, present)
        return spans

    def switched_on(self, name: str) -> list[float]:
        """When a station is switched on by the calendar."""
        return startup_times(self.scenario, name, self.t_from, self.t_to)


class Times:
    """Seconds of work on lots. A random one is keyed by job and station: one variate of a stream of its own."""

    def __init__(self, scenario: Scenario, draws: Draws) -> None:
        self.scenario, self.draws = scenario, draws

    def work(self, station: str, kind: Working) -> Callable[[Job], float]:
        """Pieces times the time of one, drawn once a lot where it is random."""
        constant = {
            product: mean_s(kind.cycle_of(product))
            for product in self.made_at(station)
            if kind.cycle_of(product).constant_s is not None or self.draws.mean_mode
        }
        return lambda job: (
            (
                constant[job.product]
                if job.product in constant
                else self._drawn(kind.cycle_of(job.product), station, job)
            )
            * job.pieces
        )

    def cycles(self, station: str, kind: Batching) -> Callable[[Job], float]:
        """Time of the cycle that begins with a lot."""
        return lambda job: self._drawn(kind.cycle_of(job.product), station, job)

    def delays(self, station: str, kind: Delaying) -> Callable[[Job], float]:
        """Time that a lot spends."""
        return lambda job: self._drawn(kind.time_of(job.product), station, job)

    def of(self, station: str, kind: Station) -> Callable[[Job], float]:
        """Seconds of work on a lot at any station; 0 where the kind says it by the batch."""
        if isinstance(kind, Working):
            return self.work(station, kind)
        if isinstance(kind, Batching):
            return self.cycles(station, kind)
        return self.delays(station, kind) if isinstance(kind, Delaying) else lambda _: 0.0

    def made_at(self, station: str) -> list[str]:
        """Products that may pass a station."""
        return [name for name, product in self.scenario.spec.products.items() if station in product.stations]

    def _drawn(self, duration: Any, station: str, job: Job) -> float:
        return once_s(duration, self.draws, f"time/{station}", job.key)


class Building:
    """Puts stations into a plant, in the order of the scenario; furnaces that melt come last, because they supply others."""

    def __init__(self, plant: Plant) -> None:
        self.plant, self.scenario, self.draws = plant, plant.scenario, plant.draws
        self.hours = Hours(plant.scenario, plant.t_from, plant.t_to)
        self.times = Times(plant.scenario, plant.draws)
        self.equipping = Equipping(plant, self.hours)
        self.foundry = Foundry(plant, self.hours, self.times, self.equipping)

    def build(self) -> None:
        """All stations, then the power cap over them."""
        melting: list[tuple[str, InductionFurnace]] = []
        for name, kind in self.scenario.stations.items():
            if isinstance(kind, InductionFurnace):
                melting.append((name, kind))
            else:
                self._place(name, kind)
        for name, furnace in melting:
            self.foundry.melt_shop(name, furnace)
        if self.scenario.spec.site.power_cap_kw is not None:
            self._cap(cap_behind_kw(self.scenario))

    def _cap(self, cap_kw: float) -> None:
        """Put the melt shops under the site's power cap."""
        plant = self.plant
        constant_kw = self.scenario.spec.site.base_load_kw
        constant_kw += most_of_utilities_kw(self.scenario.utilities, self.scenario.stations)
        cap = PowerCap(cap_kw, constant_kw, [envelope(machine.rates, machine.duties) for machine in plant.machines])
        for feeds in plant.feeds.values():
            cap.furnaces += feeds
            cap.holders += [feed for feed in feeds if feed.set_down_k]
        for unit in plant.formed:
            kind = unit.kind
            held = Batched(unit, kind.reserved_kw(), kind.resting_kw(), kind.off_kw(), kind.slowest_kw())
            unit.cap, unit.held, unit.tending = cap, held, Tending(unit, cap, held)
            cap.furnaces.append(held)
            unit.tending.look_soon()
        for shop in plant.shops:
            shop.cap = cap
            cap.furnaces += shop.furnaces

    # --- one station

    def _place(self, name: str, kind: Station) -> None:
        """One station with its queue and units."""
        spans = self.hours.windows(kind)
        worktime: WorkTime = ALWAYS
        duties: list[Duty] = []
        if spans is not None and isinstance(kind, Powered | BatchProcess):
            cooldown_s = kind.cooldown_s() if isinstance(kind, Powered) else 0.0
            on = self.hours.switched_on(name)
            worktime, duties = attended(spans, kind.stay_on_s, kind.startup_s(), on, cooldown_s)
        room = math.inf if kind.buffer_before is None else float(kind.buffer_before)
        hours = ALWAYS if isinstance(kind, Delaying) else worktime
        place = self.equipping.place(name, kind, room, hours, self.times.of(name, kind))
        self.plant.places[name] = place
        for number in range(1, kind.units + 1):
            equipment = self.plant.codes.add_equipment(f"{name}.{number}", name)
            unit = self._unit(place, kind, equipment)
            own = self.equipping.equip(unit, kind, duties)
            if isinstance(unit, FormingUnit) and isinstance(kind, BatchProcess):
                self._forming(unit, kind, own)
            else:
                self._machine(kind, equipment, own)

    def _unit(self, place: Place, kind: Station, equipment: int) -> Unit:
        name, work_s = place.name, self.times.of(place.name, kind)
        if isinstance(kind, Casting):
            return self.foundry.casting_unit(place, kind, equipment)
        if isinstance(kind, Working):
            return self.equipping.unit_class(Unit, kind)(place, equipment, work_s)
        if isinstance(kind, Batching):
            batching: Any = self.equipping.unit_class(BatchUnit, kind)
            unit: BatchUnit = batching(place, equipment, work_s, kind.batch)
            unit.overtime = self._overtime(kind)
            return unit
        if isinstance(kind, BatchProcess):
            made: Any = self.equipping.unit_class(FormingUnit, kind)
            forming: FormingUnit = made(place, equipment, kind, self.plant.books, self.draws)
            forming.overtime = self._overtime(kind)
            return forming
        if isinstance(kind, Delaying):
            return DelayUnit(place, equipment, work_s, kind.places or 10**9)
        msg = f"station {name}: kind {kind.kind!r} is neither Working, Batching, BatchProcess, Delaying, Casting nor melting"
        raise InputFault(msg)

    def _machine(self, kind: Station, equipment: int, duties: Sequence[Duty]) -> None:
        """What the unit's log is expanded with."""
        rates = kind.rates() if isinstance(kind, Powered) else {}
        off_after_s = kind.off_after_s() if isinstance(kind, Powered) else math.inf
        together = isinstance(kind, Delaying)
        self.plant.machines.append(expand.Machine(equipment, rates, duties, together, off_after_s, self.plant.t_from))

    def _forming(self, unit: FormingUnit, kind: BatchProcess, duties: Sequence[Duty]) -> None:
        """What a unit that forms batches needs to know, and its place."""
        place, products = unit.forming, self.scenario.spec.products
        recipes = {name: product.recipe_at(place.name) for name, product in products.items()}
        place.load = kind.load
        place.recipe_of = lambda job: recipes[job.product]
        place.kg_of = lambda job: job.pieces * products[job.product].mass_kg
        unit.duties = duties
        self.plant.formed.append(unit)

    def _overtime(self, kind: Powered | BatchProcess) -> Callable[[float, float], None] | None:
        crew = kind.crew
        if crew is None or not kind.operators:
            return None
        return lambda t0, t1: self.plant.overtime.append((crew, t0, t1, kind.operators))
