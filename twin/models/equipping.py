"""What a station's words ask of its queue and units beyond plain work: dispatch, shared resources, quality, outages, repair crews."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.models.batches import BatchProcess
from twin.models.casting import Casting
from twin.models.dispatching import Restrained, Restraint, RuledMetalPlace, RuledPlace, spans
from twin.models.equipment import Powered, Working
from twin.models.forming import FormingPlace, FormingUnit
from twin.models.handling import ClaimingBatches, ClaimingMetal, Hands
from twin.models.mending import Mended
from twin.models.metal import MetalPlace, MetalUnit
from twin.models.quality import Inspecting, Inspector
from twin.models.resources import Claiming, Desk, Needs
from twin.models.station import Job, Place, Unit
from twin.models.upkeep import calendar_clock, failing_of, outages_of, with_outages, without
from twin.models.worktime import ALWAYS, Duty, WorkTime
from twin.models.written_start import down_windows, occupy
from twin.scenario.calendar import DAYS, at_clock, dates, local_datetime, windows

if TYPE_CHECKING:
    from twin.models.building import Hours
    from twin.models.plant import Plant
    from twin.scenario.production import MaxWait, Need
    from twin.scenario.schema import Station

QUARTER_S = 900.0
_CLASSES: dict[str, type[Unit]] = {}


def needs_of(needs: Mapping[str, Need]) -> Needs:
    """What lots at a station need, by when it is held."""
    held: dict[str, dict[str, float]] = {"lot": {}, "setup": {}, "transfer": {}, "loading": {}, "unloading": {}}
    longest_s = dict.fromkeys(held, 0.0)
    for name, need in needs.items():
        held[need.during][name] = float(need.units)
        longest_s[need.during] = max(longest_s[need.during], need.transfer_s or 0.0)
    return Needs(
        held["lot"],
        held["setup"],
        held["transfer"],
        longest_s["transfer"],
        held["loading"],
        longest_s["loading"],
        held["unloading"],
        longest_s["unloading"],
    )


def with_features(base: type[Unit], features: Sequence[type[Unit]]) -> type[Unit]:
    """A class of units that has all the features; the plain class where there are none."""
    if not features:
        return base
    name = "".join(one.__name__ for one in (*features, base))
    if name not in _CLASSES:
        _CLASSES[name] = type(name, (*features, base), {})
    return _CLASSES[name]


class Equipping:
    """Chooses classes of places and units for a plant's stations, and gives them what they need."""

    def __init__(self, plant: Plant, hours: Hours) -> None:
        self.plant, self.hours, self.scenario = plant, hours, plant.scenario
        spec = self.scenario.spec
        total = {name: float(resource.units) for name, resource in spec.resources.items()}
        total |= {name: float(crew.people) for name, crew in spec.crews.items()}
        self.desk = Desk(plant.floor, total)
        self.down = down_windows(plant, total, hours.t_to)
        occupy(plant, self.desk, hours.t_to)
        self.inspector = Inspector(plant.floor, plant.books, plant.draws, plant.jobs)
        self._restraint: Restraint | None = None

    # --- places

    def rule_of(self, kind: Station) -> str:
        """Who goes next at a station."""
        return kind.dispatch or self.scenario.spec.dispatch.rule

    def place(self, name: str, kind: Station, room: float, worktime: WorkTime, work_s: Callable[[Job], float]) -> Place:
        """The place of a station: a plain queue where that will do."""
        rule, floor = self.rule_of(kind), self.plant.floor
        by_due = rule != "fifo"
        if isinstance(kind, BatchProcess):
            forming = FormingPlace(floor, name, room, worktime, by_due=by_due)
            self._rules(forming, kind)
            return forming
        if not self._ruled(rule, kind) and not self.has_outages(name, kind):
            return (MetalPlace if isinstance(kind, Casting) else Place)(floor, name, room, worktime, by_due=by_due)
        make: type[RuledPlace] = RuledMetalPlace if isinstance(kind, Casting) else RuledPlace
        place = make(floor, name, room, worktime, by_due=by_due)
        place.by_setup = rule == "setup_avoiding"
        if rule == "shortest_processing_time":
            place.rank_of = lambda job: (-job.priority, work_s(job))
        self._rules(place, kind)
        return place

    def _ruled(self, rule: str, kind: Station) -> bool:
        leaves = kind.max_wait is not None and kind.max_wait.consequence != "reheat"
        big = rule == "power_aware" and self._big_kw(kind) is not None
        return rule in ("shortest_processing_time", "setup_avoiding") or leaves or big

    def _rules(self, place: RuledPlace | FormingPlace, kind: Station) -> None:
        """Waiting and power at a place that asks for them."""
        wait = kind.max_wait
        if wait is not None and wait.consequence != "reheat":
            place.limit_s = wait.time_s
            place.expired = self.inspector.late(wait, lambda job: job.route[job.step - 1].name)
        kw = self._big_kw(kind)
        if self.rule_of(kind) == "power_aware" and kw is not None:
            restraint = self.restraint()
            restraint.power_kw[place.name] = kw
            restraint.places.append(place)
            place.restraint = restraint

    def _big_kw(self, kind: Station) -> float | None:
        """Power of a big load while it works; None where it is none."""
        kw = 0.0
        if isinstance(kind, BatchProcess):
            kw = kind.reserved_kw()
        elif isinstance(kind, Powered) and kind.power is not None:
            kw = kind.power.processing_kw
        return kw if kw and kw >= self.scenario.spec.dispatch.big_load_kw else None

    def restraint(self) -> Restraint:
        """The plant's rule ``power_aware``."""
        if self._restraint is None:
            rule = self.scenario.spec.dispatch
            self._restraint = Restraint(self.on_peak(), rule.slack_s, rule.level_kw)
        return self._restraint

    def on_peak(self) -> WorkTime:
        """Hours whose energy price is the highest of their month, where the month has more than one."""
        from twin.ledger.power import tariff_of
        from twin.ledger.tariff import price_series

        first = math.floor(self.plant.t_from / QUARTER_S) * QUARTER_S
        n = math.ceil((self.plant.t_to - first) / QUARTER_S)
        start = local_datetime(self.scenario, first)
        prices = np.asarray(price_series(tariff_of(self.scenario), start, n))
        times = [start + dt.timedelta(seconds=QUARTER_S * k) for k in range(0, n, 96)]
        month = np.repeat([12 * time.year + time.month for time in times], 96)[:n]
        dear = np.zeros(n, dtype=bool)
        for one in np.unique(month):
            mine = month == one
            highest = prices[mine].max()
            dear |= mine & (prices >= highest - 1e-9) & (prices[mine].min() < highest - 1e-9)
        return WorkTime(spans(dear.tolist(), first, QUARTER_S))

    # --- units

    def unit_class(self, base: type[Unit], kind: Station) -> type[Unit]:
        """The class of a station's units."""
        features: list[type[Unit]] = []
        if kind.needs:
            features.append(
                ClaimingBatches if base is FormingUnit else ClaimingMetal if base is MetalUnit else Claiming
            )
        if self.rule_of(kind) == "power_aware" and self._big_kw(kind) is not None and base is not FormingUnit:
            features.append(Restrained)
        if kind.quality is not None:
            features.append(Inspecting)
        if kind.failures is not None and kind.failures.repair_crew is not None and not self.plant.draws.mean_mode:
            features.append(Mended)
        return with_features(base, features)

    def equip(self, unit: Unit, kind: Station, duties: list[Duty]) -> list[Duty]:
        """Give one unit what its station's words ask for; returns its own duties."""
        plant, name = self.plant, self.plant.codes.equipment[unit.equipment]
        if isinstance(kind, Working) and kind.setup is not None:
            self._setups(unit, kind)
        if isinstance(kind, Powered):
            unit.off_after_s, unit.startup_s = kind.off_after_s(), kind.startup_s()
        unit.failing = failing_of(kind, plant.draws, name)
        if isinstance(unit, Claiming):
            unit.desk, unit.needs = self.desk, needs_of(kind.needs)
            if unit.needs.transfer_s and unit.worktime is None:
                unit.worktime = ALWAYS  # its lots are laid out, the transfer first
        if isinstance(unit, ClaimingBatches | ClaimingMetal):
            unit.hands = Hands(self.desk, needs_of(kind.needs), unit.equipment)
        if isinstance(unit, Restrained | FormingUnit) and unit.place.name in getattr(self._restraint, "power_kw", ()):
            unit.restraint = self.restraint()
        if isinstance(unit, Inspecting) and kind.quality is not None:
            unit.inspector, unit.rule = self.inspector, kind.quality
        if isinstance(unit, Mended) and kind.failures is not None and kind.failures.repair_crew is not None:
            unit.crew, unit.people = self.desk, {kind.failures.repair_crew: float(kind.failures.people)}
            unit.crew_hours = self._hours_of(kind.failures.repair_crew)
        if kind.max_wait is not None and kind.max_wait.consequence == "reheat":
            self._reheat(unit, kind.max_wait)
        return self._outages(unit, kind, duties)

    def _setups(self, unit: Unit, kind: Working) -> None:
        """Set-up times between all pairs."""
        rule = kind.setup
        if rule is None:
            return
        products = self.scenario.spec.products
        if rule.by == "family":
            unit.families = {name: product.family or name for name, product in products.items()}
        unit.setup_s = rule.between_products_s
        if rule.matrix:
            tools = {unit.families.get(name, name) for name in products}
            unit.matrix = {
                (a, b): rule.matrix.get(a, {}).get(b, rule.between_products_s) for a in tools for b in tools if a != b
            }
            unit.setup_s = max(unit.matrix.values(), default=rule.between_products_s)

    def _hours_of(self, name: str) -> WorkTime:
        """When people of a crew are there; always for what is no crew."""
        crew = self.scenario.spec.crews.get(name)
        if crew is None:
            return ALWAYS
        return WorkTime(windows(self.scenario, crew.shifts, self.hours.t_from, self.hours.t_to))

    def _reheat(self, unit: Unit, rule: MaxWait) -> None:
        """Lots that waited too long take longer."""
        plain, floor, books = unit.durations, self.plant.floor, self.plant.books
        more_s = rule.reheat_s or 0.0
        counted: set[tuple[int, float]] = set()

        def durations(job: Job) -> float:
            if floor.now - job.queued <= rule.time_s + 1e-6:
                return plain(job)
            if (job.code, job.queued) not in counted:
                counted.add((job.code, job.queued))
                books.count(f"late_waits/{unit.place.name}", 1.0, floor.now)
            return plain(job) + more_s

        unit.durations = durations

    def has_outages(self, name: str, kind: Station) -> bool:
        """Whether the calendar takes units of a station out of work, or they are down when the run begins."""
        failures = kind.failures
        broken = failures is not None and failures.clock == "calendar" and not self.plant.draws.mean_mode
        return broken or any(upkeep.at for upkeep in kind.maintenance) or any(name == down for down, _ in self.down)

    def _outages(self, unit: Unit, kind: Station, duties: list[Duty]) -> list[Duty]:
        if not self.has_outages(unit.place.name, kind):
            return duties
        name = self.plant.codes.equipment[unit.equipment]
        plant, state = self.plant, self.plant.state
        kept = None if state is None else state.units.get(name, {}).get("calendar")
        begin = self.hours.t_from if kept is None else plant.t_from
        clock = calendar_clock(kind, plant.draws, name, begin, kept)
        if clock is not None:
            plant.calendar_clocks[unit.equipment] = clock
        down = self.down.get((unit.place.name, int(name.rsplit(".", 1)[1])))
        outages = outages_of(kind, clock, self._weekly, self.hours.t_to, () if down is None else (down,))
        unit.worktime = without(unit.place.worktime, outages)
        return with_outages(duties, outages)

    def _weekly(self, day: str, clock: str) -> list[float]:
        """The times of a weekday and clock, one a week."""
        days: Any = dates(self.scenario, self.hours.t_from, self.hours.t_to)
        return [at_clock(self.scenario, date, clock) for date in days if DAYS[date.weekday()] == day]
