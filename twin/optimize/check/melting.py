"""The furnaces of a melting station through a plan, in their own physics: heats with the lining as it is then, ladles, holding, idling.

The checker's own walk from event to event, in seconds and kg. What a plan says is done as the plant does it: heats when their time has
come and the furnace is free and empty; ladles for dosing furnaces in their planned order, each as soon as there is metal for it and room
where it goes; ladles for moulds at their planned time. A furnace fills one ladle at a time, its lid open.
"""

from __future__ import annotations

import copy
import heapq
import itertools
import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.models.phases import Phase
    from twin.optimize.check.site import Melter, Site
    from twin.scenario.plan import Plan, PlannedBatch

TINY_KG = 1e-6
TINY_S = 1e-6
FULL_KG = 1.0
"""a ladle planned with less metal than a full one by more than this is filled with that and no more"""


@dataclass(frozen=True)
class HeatEnergy:
    """Electric energy of one planned heat, the time that it takes, and when its metal is ready."""

    kwh: float
    duration_s: float
    ready_s: float


@dataclass
class Walked:
    """What came of a furnace's plan: heats, and when ladles are full, by ``id`` of their batches; electricity by state (kWh)."""

    heats: dict[int, HeatEnergy] = field(default_factory=dict)
    full_s: dict[int, float] = field(default_factory=dict)
    kwh_in: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def kwh(self) -> float:
        """Electricity of the whole horizon."""
        return sum(self.kwh_in.values())


def walk(plan: Plan, site: Site, station: str, power_share: float = 1.0) -> dict[str, Walked]:
    """The furnaces of a station, by name, from the plan's start to its end; heats at this share of rated power."""
    return _Walk(plan, site, station, power_share).run()


def heats_of(plan: Plan, name: str) -> list[PlannedBatch]:
    """The planned heats of a furnace in their order."""
    return sorted((batch for batch in plan.of(name) if batch.kind == "heat"), key=lambda one: one.not_before_s)


def given_up(plan: Plan, name: str, melter: Melter) -> list[float]:
    """When a furnace is emptied, heel and all: people leave for longer than metal is held, or the plan commands it."""
    commands = [c.t_s for c in plan.commands if c.equipment == name and c.state == "standby"]
    return sorted([*_leaving(plan, melter), *commands])


def draw_s(plan: Plan, site: Site, lot: PlannedBatch) -> float:
    """When a lot draws its metal: when its set-up, if it has one, is over."""
    cell = site.cells[lot.equipment]
    earlier = [b for b in plan.of(lot.equipment) if b.kind == "job" and b.not_before_s < lot.not_before_s]
    product = max(earlier, key=lambda b: b.not_before_s).product if earlier else cell.state.product
    changes = cell.kind.setup is not None and product not in (None, lot.product)
    return lot.not_before_s + (cell.kind.setup.between_products_s if changes and cell.kind.setup is not None else 0.0)


def electric_kwh(phases: Iterable[Phase]) -> float:
    """Electric energy of phases."""
    return sum(
        flow.amount(phase.duration_s) for phase in phases for flow in phase.flows if flow.carrier == "electricity"
    )


def _leaving(plan: Plan, melter: Melter) -> list[float]:
    end_s, shift = plan.start_s + plan.horizon_s, melter.shift
    gaps = zip(shift.ends, [*shift.starts[1:], math.inf], strict=True)
    return [end for end, start in gaps if start - end > melter.kind.hold_through_s and plan.start_s <= end <= end_s]


class _Furnace:
    """One furnace: what it has done up to ``clock``; busy with a heat or a ladle until ``busy_s``."""

    def __init__(self, plan: Plan, name: str, melter: Melter, power_share: float) -> None:
        self.name, self.melter, self.kind = name, melter, melter.kind
        self.limits = [] if power_share >= 1.0 else [(math.inf, power_share * melter.kind.power.rated_kw)]
        self.hearth = copy.deepcopy(melter.hearth)
        self.heats = deque(heats_of(plan, name))
        self.clock = plan.start_s
        self.busy_s = self.ready_s = melter.state.ready_s
        self.filling: tuple[PlannedBatch, float] | None = None
        self.melting_kg = 0.0
        self.found = Walked()
        if self.busy_s > plan.start_s:
            self.clock = self.busy_s
            self._count(melter.state.under_way)

    @property
    def spare_kg(self) -> float:
        """Metal above the heel."""
        return max(0.0, self.hearth.state.mass_kg - self.kind.heel_kg)

    def busy(self, t: float) -> bool:
        """Whether it melts or fills a ladle."""
        return t < self.busy_s - TINY_S

    def progress(self, t: float, lid: str = "holding") -> None:
        """Up to ``t``: hold what is in it; empty, auxiliaries run while people are there."""
        if t <= self.clock:
            return
        if self.hearth.state.mass_kg > TINY_KG:
            self._count(self.hearth.hold(t - self.clock, lid))
        else:
            self._cool(t)
        self.clock = t

    def _cool(self, until_s: float) -> None:
        shift, t = self.melter.shift, self.clock
        while t < until_s - TINY_S:
            here = shift.open(t)
            stop = min(until_s, shift.closes(t) if here else shift.next_open(t))
            self._count(self.hearth.rest(stop - t, "standby" if here else "off"))
            t = stop

    def charge(self, batch: PlannedBatch, t: float, charge_kg: float) -> float:
        """Begin a heat; when its metal is ready."""
        self.progress(t)
        phases = self.hearth.heat(charge_kg, (), self.limits)
        duration_s = sum(phase.duration_s for phase in phases)
        self.clock = self.busy_s = self.ready_s = t + duration_s
        self.melting_kg = charge_kg
        self.found.heats[id(batch)] = HeatEnergy(self._count(phases), duration_s, self.ready_s)
        return self.ready_s

    def ready(self) -> None:
        """What melts off and slag have left."""
        self.hearth.set_mass(self.hearth.state.mass_kg - self.melting_kg * (1.0 - self.kind.recovery))
        self.melting_kg = 0.0

    def fill(self, batch: PlannedBatch, t: float, kg: float) -> float:
        """Begin to fill a ladle; when it is full."""
        self.progress(t)
        self.filling, self.busy_s = (batch, kg), t + self.kind.ladle.tapping_s
        self.found.full_s[id(batch)] = self.busy_s
        return self.busy_s

    def full(self, t: float) -> None:
        """The ladle is full: its metal has left."""
        if self.filling is not None:
            self.progress(t, "tapping")
            self.hearth.set_mass(self.hearth.state.mass_kg - self.filling[1])
            self.filling = None

    def empty(self, t: float) -> None:
        """Cast what is left into ingots, heel and all."""
        self.progress(t)
        self.hearth.set_mass(0.0)

    def _count(self, phases: Iterable[Phase]) -> float:
        total = 0.0
        for phase in phases:
            kwh = electric_kwh([phase])
            self.found.kwh_in[phase.state] += kwh
            total += kwh
        return total


class _Walk:
    """All furnaces of a station together, because the ladles of a pool come from whichever was ready first."""

    def __init__(self, plan: Plan, site: Site, station: str, power_share: float) -> None:
        self.plan, self.site, self.station = plan, site, station
        self.end_s = plan.start_s + plan.horizon_s
        self.furnaces = {
            name: _Furnace(plan, name, site.melters[name], power_share) for name in site.melters_of(station)
        }
        first = next(iter(self.furnaces.values()))
        self.kind, self.crew = first.kind, first.melter.crew
        feeds = {name: c for name, c in site.cells.items() if site.supplier_of.get(c.station) == station}
        self.direct = any(cell.window_s < math.inf for cell in feeds.values())
        self.room_kg = {name: cell.capacity_kg - cell.state.usable_kg for name, cell in feeds.items()}
        taps = sorted((b for b in plan.batches if b.kind == "tap" and b.key in feeds), key=lambda b: b.not_before_s)
        self.pooled = deque(b for b in taps if b.equipment == station)
        self.named = {name: deque(b for b in taps if b.equipment == name) for name in self.furnaces}
        self.events: list[tuple[float, bool, int, str, object]] = []
        self.serial = itertools.count()

    def run(self) -> dict[str, Walked]:
        """From event to event; at each, after all that happens then, ladles are filled and heats begun."""
        self._plan_events()
        while self.events and self.events[0][0] <= self.end_s + TINY_S:
            t = self.events[0][0]
            while self.events and self.events[0][0] <= t + TINY_S:
                _, _, _, what, about = heapq.heappop(self.events)
                getattr(self, f"_{what}")(t, about)
            self._look(t)
        for furnace in self.furnaces.values():
            furnace.progress(self.end_s)
        return {name: furnace.found for name, furnace in self.furnaces.items()}

    def _at(self, t: float, what: str, about: object = None) -> None:
        heapq.heappush(self.events, (t, what in ("leave", "command"), next(self.serial), what, about))

    def _plan_events(self) -> None:
        for batch in self.plan.batches:
            self._plan_batch(batch)
        for name, furnace in self.furnaces.items():
            if furnace.melter.state.metal_kg > TINY_KG:
                self._at(max(self.plan.start_s, furnace.ready_s), "given", name)
            for t in _leaving(self.plan, furnace.melter):
                self._at(t, "leave", name)
        for command in self.plan.commands:
            if command.equipment in self.furnaces and command.state == "standby":
                self._at(command.t_s, "command", command.equipment)
        for t in self.crew.starts:
            if self.plan.start_s <= t < self.end_s:
                self._at(t, "wake")
        self._at(self.plan.start_s, "wake")

    def _plan_batch(self, batch: PlannedBatch) -> None:
        if batch.kind == "job" and batch.equipment in self.room_kg:
            self._at(draw_s(self.plan, self.site, batch), "draw", batch)
        elif batch.kind != "job":
            self._at(batch.not_before_s, "wake")

    # --- what happens

    def _wake(self, t: float, about: object) -> None:
        """Only look again."""

    def _draw(self, t: float, lot: PlannedBatch) -> None:
        del t
        self.room_kg[lot.equipment] += lot.mass_kg

    def _given(self, t: float, name: str) -> None:
        """Metal from before the plan is ready."""
        del t
        furnace = self.furnaces[name]
        furnace.hearth.set_mass(furnace.kind.heel_kg + furnace.melter.state.metal_kg)

    def _ready(self, t: float, name: str) -> None:
        del t
        self.furnaces[name].ready()

    def _full(self, t: float, name: str) -> None:
        self.furnaces[name].full(t)

    def _leave(self, t: float, name: str) -> None:
        if not self.furnaces[name].busy(t):
            self.furnaces[name].empty(t)

    def _command(self, t: float, name: str) -> None:
        """A heel is given up when the ladles before the next heat are filled; where they are not, a slot later."""
        furnace = self.furnaces[name]
        following = furnace.heats[0].not_before_s if furnace.heats else math.inf
        if not furnace.busy(t) and not any(b.not_before_s < following for b in self.named[name]):
            furnace.empty(t)
        elif following > t + self.plan.slot_s:
            self._at(t + self.plan.slot_s, "command", name)

    # --- what is begun

    def _look(self, t: float) -> None:
        if self.crew.open(t):
            for name, queue in self.named.items():
                self._pour(t, self.furnaces[name], queue)
            while self.pooled and self._tap(t):
                self.pooled.popleft()
        for furnace in self.furnaces.values():
            self._heat(t, furnace)

    def _pour(self, t: float, furnace: _Furnace, queue: deque[PlannedBatch]) -> None:
        """A lot's ladle, at its time, from the furnace that is named."""
        if queue and t >= queue[0].not_before_s - TINY_S and not furnace.busy(t) and furnace.spare_kg > TINY_KG:
            batch = queue.popleft()
            self._at(furnace.fill(batch, t, min(batch.mass_kg, furnace.spare_kg)), "full", furnace.name)

    def _tap(self, t: float) -> bool:
        """The next ladle of the pool, from the furnace that was ready first, if it has room where it goes."""
        batch = self.pooled[0]
        ready = [f for f in self.furnaces.values() if not f.busy(t) and f.spare_kg > TINY_KG]
        if not ready:
            return False
        furnace = min(ready, key=lambda f: f.ready_s)
        kg = min(self.kind.ladle.capacity_kg, furnace.spare_kg)
        if batch.mass_kg < self.kind.ladle.capacity_kg - FULL_KG:
            kg = min(kg, batch.mass_kg)
        if self.room_kg[batch.key] < kg - TINY_KG:
            return False
        self.room_kg[batch.key] -= kg
        self._at(furnace.fill(batch, t, kg), "full", furnace.name)
        return True

    def _heat(self, t: float, furnace: _Furnace) -> None:
        """The next heat, when its time has come and the furnace is free; over a rest where metal is poured straight into moulds."""
        if not furnace.heats or t < furnace.heats[0].not_before_s - TINY_S or furnace.busy(t):
            return
        over = self.direct or not self.pooled
        if furnace.spare_kg > TINY_KG and not over:
            return
        batch = furnace.heats.popleft()
        furnace.progress(t)
        if not self.direct:
            furnace.hearth.set_mass(min(furnace.hearth.state.mass_kg, furnace.kind.heel_kg))
        self._at(furnace.charge(batch, t, self._charge_kg(furnace, batch)), "ready", furnace.name)

    def _charge_kg(self, furnace: _Furnace, batch: PlannedBatch) -> float:
        """As planned; for planned lots as much as these and the heel still need, which is less where something was left over."""
        following = furnace.heats[0].not_before_s if furnace.heats else math.inf
        wanted = [b.mass_kg for b in self.named[furnace.name] if b.not_before_s < following]
        if not wanted:
            return max(batch.mass_kg, 1.0)
        kind = furnace.kind
        missing_kg = (sum(wanted) + kind.heel_kg - furnace.hearth.state.mass_kg) / kind.recovery
        return max(1.0, min(max(missing_kg, kind.charge.least_kg), kind.charge.mass_kg))
