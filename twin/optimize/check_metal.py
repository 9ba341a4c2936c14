"""Rules of metal: heats in the furnaces' own physics, ladles, what lots find beside them. Event by event, in seconds and kg."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.models.hearth import Hearth
from twin.optimize.check_types import Violation

if TYPE_CHECKING:
    from twin.models.phases import Phase
    from twin.optimize.check_site import Melter, Site
    from twin.scenario.plan import Plan, PlannedBatch

KG = 1e-3
SECOND = 1.0
BEFORE_S = 7 * 86400.0


def metal_violations(plan: Plan, site: Site) -> Iterator[Violation]:
    """Charges, ladles, crews, furnaces and feeds."""
    for batch in plan.batches:
        yield from _sizes(batch, site)
    for station in {melter.station for melter in site.melters.values()}:
        yield from _Shop(plan, site, station).run()


def _sizes(batch: PlannedBatch, site: Site) -> Iterator[Violation]:
    if batch.kind == "heat" and batch.equipment in site.melters:
        kind = site.melters[batch.equipment].kind
        if not 0.0 < batch.mass_kg <= kind.charge.mass_kg + KG:
            yield Violation(
                "charge",
                batch.equipment,
                batch.not_before_s,
                f"{batch.mass_kg:.1f} kg; a full charge is {kind.charge.mass_kg:.1f} kg",
            )
    if batch.kind == "tap" and site.melters_of(batch.equipment):
        capacity = site.melters[site.melters_of(batch.equipment)[0]].kind.ladle.capacity_kg
        if not 0.0 < batch.mass_kg <= capacity + KG:
            yield Violation(
                "ladle", batch.key, batch.not_before_s, f"{batch.mass_kg:.1f} kg; a ladle holds {capacity:.1f} kg"
            )


@dataclass
class _Feed:
    metal_kg: float
    coming_kg: float
    capacity_kg: float


@dataclass(frozen=True)
class HeatEnergy:
    """Electric energy of one planned heat and the time that it takes, in the order planned."""

    kwh: float
    duration_s: float


class _Shop:
    """One melting station with its feeds, walked through in time."""

    def __init__(self, plan: Plan, site: Site, station: str) -> None:
        self.plan, self.site, self.station = plan, site, station
        self.melters = {name: site.melters[name] for name in site.melters_of(station)}
        self.kind = next(iter(self.melters.values())).kind
        self.feeds = {
            name: _Feed(cell.state.usable_kg, 0.0, cell.capacity_kg)
            for name, cell in site.cells.items()
            if site.supplier_of.get(cell.station) == station
        }
        self.direct = all(site.cells[name].window_s < float("inf") for name in self.feeds)
        self.molten_kg = {
            name: melter.state.metal_kg if melter.state.ready_s <= plan.start_s else 0.0
            for name, melter in self.melters.items()
        }
        self.ready_s = {name: melter.state.ready_s for name, melter in self.melters.items()}
        self.heats = heat_energies(plan, self.melters)

    def run(self) -> Iterator[Violation]:
        """All violations in order of time."""
        for t, _, name, batch in sorted(self._events(), key=lambda event: (event[0], event[1])):
            yield from getattr(self, f"_{name}")(t, batch)

    def _events(self) -> Iterator[tuple[float, int, str, PlannedBatch | None]]:
        """(time, order at equal times, what, batch): what comes is there before what takes."""
        for batch in self.plan.batches:
            t = batch.not_before_s
            if batch.kind == "heat" and batch.equipment in self.melters:
                yield t, 3, "charge", batch
                yield t + batch.duration_s, 0, "ready", batch
            if batch.kind == "tap" and batch.equipment == self.station and batch.key in self.feeds:
                yield t, 2, "tap", batch
                yield t + self.kind.ladle.tapping_s + self.kind.ladle.time_s, 1, "arrive", batch
            if batch.kind == "job" and batch.equipment in self.feeds:
                yield self._draw_s(batch), 1, "draw", batch
        for t in self._leaving():
            yield t, 4, "leave", None
        for name, melter in self.melters.items():
            if melter.state.metal_kg and melter.state.ready_s > self.plan.start_s:
                yield melter.state.ready_s, 0, "given", _given(name, melter)

    def _draw_s(self, lot: PlannedBatch) -> float:
        """A lot draws its metal when its set-up, if it has one, is over: by its pieces' time before its slots' end at the latest."""
        cell = self.site.cells[lot.equipment]
        before = [
            b
            for b in self.plan.batches
            if b.equipment == lot.equipment and b.kind == "job" and b.not_before_s < lot.not_before_s
        ]
        product = max(before, key=lambda b: b.not_before_s).product if before else cell.state.product
        changes = cell.kind.setup is not None and product not in (None, lot.product)
        return lot.not_before_s + (
            cell.kind.setup.between_products_s if changes and cell.kind.setup is not None else 0.0
        )

    def _leaving(self) -> list[float]:
        """Times at which the crew leaves for longer than metal is held: what is left is pigged."""
        shift = next(iter(self.melters.values())).shift
        following = [*shift.starts[1:], float("inf")]
        return [
            end
            for end, start in zip(shift.ends, following, strict=True)
            if start - end > self.kind.hold_through_s
            and self.plan.start_s <= end <= self.plan.start_s + self.plan.horizon_s
        ]

    def _charge(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        melter = self.melters[batch.equipment]
        if self.molten_kg[batch.equipment] > KG:
            yield Violation(
                "furnace_empty",
                batch.equipment,
                t,
                f"{self.molten_kg[batch.equipment]:.1f} kg are still in the furnace",
            )
        need_s = self.heats[id(batch)].duration_s
        if batch.duration_s < need_s - SECOND:
            yield Violation(
                "heat_long_enough", batch.equipment, t, f"{batch.duration_s:.0f} s planned, {need_s:.0f} s needed"
            )
        if not melter.crew.open(t) or t + need_s + self.kind.ladle.tapping_s > melter.shift.closes(t) + SECOND:
            yield Violation(
                "crew_present",
                batch.equipment,
                t,
                "the furnace crew is not there to charge, or not to tap when it is ready",
            )

    def _ready(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        self.ready_s[batch.equipment] = t
        heel = self.kind.heel_kg if self._cold(batch) else 0.0
        self.molten_kg[batch.equipment] += max(0.0, batch.mass_kg * self.kind.recovery - heel)
        yield from ()

    def _cold(self, batch: PlannedBatch) -> bool:
        """Whether the heel has been given up since the last heat: then a heat fills it again first."""
        if not self.kind.heel_kg:
            return False
        earlier = [
            b.not_before_s
            for b in self.plan.batches
            if b.equipment == batch.equipment and b.not_before_s < batch.not_before_s
        ]
        since = max(earlier, default=self.plan.start_s - BEFORE_S)
        shift = self.melters[batch.equipment].shift
        gaps = zip(shift.ends, [*shift.starts[1:], float("inf")], strict=True)
        return any(since < end <= batch.not_before_s and start - end > self.kind.hold_through_s for end, start in gaps)

    def _given(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        del t
        self.molten_kg[batch.equipment] += batch.mass_kg
        yield from ()

    def _leave(self, t: float, batch: None) -> Iterator[Violation]:
        del t, batch
        self.molten_kg = dict.fromkeys(self.molten_kg, 0.0)
        yield from ()

    def _tap(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        feed = self.feeds[batch.key]
        if not next(iter(self.melters.values())).crew.open(t):
            yield Violation("crew_present", self.station, t, f"nobody is there to fill a ladle for {batch.key}")
        yield from self._pour_out(t, batch.key, batch.mass_kg)
        feed.coming_kg += batch.mass_kg
        over = feed.metal_kg + feed.coming_kg - feed.capacity_kg
        if over > 1e-2:
            yield Violation(
                "feed_room",
                batch.key,
                t,
                f"a ladle of {batch.mass_kg:.1f} kg is {over:.1f} kg more than there is room for",
            )

    def _pour_out(self, t: float, where: str, kg: float) -> Iterator[Violation]:
        """Take metal from the furnaces, the one that was ready first in front, as the plant does."""
        for name in sorted(self.molten_kg, key=lambda one: self.ready_s[one]):
            part = min(kg, self.molten_kg[name])
            self.molten_kg[name] -= part
            kg -= part
        if kg > 1e-2:
            yield Violation("tap_metal", where, t, f"{kg:.1f} kg are tapped that no furnace has")

    def _arrive(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        del t
        feed = self.feeds[batch.key]
        feed.coming_kg -= batch.mass_kg
        feed.metal_kg += batch.mass_kg
        yield from ()

    def _draw(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        if self.site.cells[batch.equipment].window_s < float("inf"):
            yield from self._pour_out(t, batch.key, batch.mass_kg)
            return
        feed = self.feeds[batch.equipment]
        short = batch.mass_kg - feed.metal_kg
        if short > 1e-2:
            yield Violation(
                "lot_metal", batch.key, t, f"{batch.equipment} is {short:.1f} kg short of {batch.mass_kg:.1f} kg"
            )
        feed.metal_kg = max(0.0, feed.metal_kg - batch.mass_kg)


def _given(name: str, melter: Melter) -> PlannedBatch:
    from twin.scenario.plan import PlannedBatch

    return PlannedBatch(name, "heat", "given", "", None, melter.state.ready_s, 0.0, melter.state.metal_kg)


def heat_energies(plan: Plan, melters: dict[str, Melter]) -> dict[int, HeatEnergy]:
    """Energy and time of every planned heat, by ``id`` of the batch: each furnace in its own physics through its heats in their order."""
    found: dict[int, HeatEnergy] = {}
    for name, melter in melters.items():
        hearth = copy.deepcopy(melter.hearth)
        clock = plan.start_s
        for batch in sorted(plan.of(name), key=lambda one: one.not_before_s):
            if batch.kind != "heat":
                continue
            taps = [b.not_before_s for b in plan.batches if b.kind == "tap" and b.equipment == melter.station]
            begun = max(batch.not_before_s, clock)
            _rest(hearth, melter, clock, begun)
            charge_kg = max(batch.mass_kg, 1.0)
            phases = hearth.heat(charge_kg, ())
            duration_s = sum(phase.duration_s for phase in phases)
            found[id(batch)] = HeatEnergy(electric_kwh(phases), duration_s)
            ready = begun + duration_s
            last = max(
                [
                    t
                    for t in taps
                    if ready - plan.slot_s <= t < ready + 12 * 3600.0 and not _between(plan, name, begun, t)
                ],
                default=ready,
            )
            hearth.set_mass(hearth.state.mass_kg - charge_kg * (1.0 - melter.kind.recovery))
            hearth.hold(max(last - ready, 0.0) + 2 * melter.kind.ladle.tapping_s, "holding")
            hearth.set_mass(melter.kind.heel_kg)
            clock = max(last, ready) + 2 * melter.kind.ladle.tapping_s
    return found


def _between(plan: Plan, name: str, begun: float, t: float) -> bool:
    """Whether another heat of the furnace is begun after ``begun`` and before ``t``."""
    return any(b.kind == "heat" and begun < b.not_before_s <= t for b in plan.of(name))


def _rest(hearth: Hearth, melter: Melter, t0: float, t1: float) -> None:
    """Idle between two heats: the heel is held while somebody is there and given up when they leave for long."""
    if t1 <= t0:
        return
    closes = melter.shift.closes(t0)
    if melter.kind.heel_kg and hearth.state.mass_kg > 0.0:
        held = min(t1, max(closes, t0))
        hearth.hold(held - t0, "holding")
        if held >= t1:
            return
        hearth.set_mass(0.0)
        t0 = held
    hearth.rest(t1 - t0, "standby")


def electric_kwh(phases: list[Phase]) -> float:
    """Electric energy of phases."""
    return sum(
        flow.amount(phase.duration_s) for phase in phases for flow in phase.flows if flow.carrier == "electricity"
    )
