"""Rules of metal: heats in the furnaces' own physics, ladles, what lots find beside them. Event by event, in seconds and kg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.models.durations import mean_s
from twin.optimize.check.melting import HeatEnergy, draw_s, given_up, heats_of, walk
from twin.optimize.check.types import Violation

if TYPE_CHECKING:
    from twin.optimize.check.site import Site
    from twin.scenario.plan import Plan, PlannedBatch

KG = 1e-3
SECOND = 1.0


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
    furnaces = site.melters_of(batch.equipment) or [name for name in (batch.equipment,) if name in site.melters]
    if batch.kind == "tap" and furnaces:
        capacity = site.melters[furnaces[0]].kind.ladle.capacity_kg
        if not 0.0 < batch.mass_kg <= capacity + KG:
            yield Violation(
                "ladle", batch.key, batch.not_before_s, f"{batch.mass_kg:.1f} kg; a ladle holds {capacity:.1f} kg"
            )


@dataclass
class _Feed:
    metal_kg: float
    coming_kg: float
    capacity_kg: float


class _Shop:
    """One melting station with its feeds, walked through in time. Every furnace has its own metal."""

    def __init__(self, plan: Plan, site: Site, station: str) -> None:
        self.plan, self.site, self.station = plan, site, station
        self.melters = {name: site.melters[name] for name in site.melters_of(station)}
        self.kind = next(iter(self.melters.values())).kind
        self.feeds = {
            name: _Feed(cell.state.usable_kg, 0.0, cell.capacity_kg)
            for name, cell in site.cells.items()
            if site.supplier_of.get(cell.station) == station
        }
        self.molten_kg = {
            name: melter.state.metal_kg if melter.state.ready_s <= plan.start_s else 0.0
            for name, melter in self.melters.items()
        }
        self.ready_s = {name: melter.state.ready_s for name, melter in self.melters.items()}
        lots = [batch.mass_kg for batch in plan.batches if batch.kind == "job" and batch.equipment in self.feeds]
        self.left_kg = {name: self._left_at_start(max(lots, default=0.0)) for name in self.melters}
        self.tapped_s = dict.fromkeys(self.melters, -float("inf"))
        walked = walk(plan, site, station).values()
        self.heats: dict[int, HeatEnergy] = {key: heat for one in walked for key, heat in one.heats.items()}
        self.full_s: dict[int, float] = {key: t for one in walked for key, t in one.full_s.items()}
        self.gone = {name: given_up(plan, name, melter) for name, melter in self.melters.items()}

    def _left_at_start(self, lot_kg: float) -> float:
        """Metal from before the plan that may be melted over: less than a lot, where metal is poured straight into moulds."""
        return lot_kg if any(self.site.cells[name].window_s < float("inf") for name in self.feeds) else 0.0

    def run(self) -> Iterator[Violation]:
        """All violations in order of time."""
        for t, _, name, batch in sorted(self._events(), key=lambda event: (event[0], event[1])):
            yield from getattr(self, f"_{name}")(t, batch)

    def _events(self) -> Iterator[tuple[float, int, str, Any]]:
        """(time, order at equal times, what, batch): what comes is there before what takes."""
        for batch in self.plan.batches:
            t = batch.not_before_s
            if batch.kind == "heat" and batch.equipment in self.melters:
                yield t, 3, "charge", batch
                yield self._ready_at(batch), 0, "ready", batch
            if batch.kind == "tap" and batch.key in self.feeds:
                yield from self._tap_events(batch)
            if batch.kind == "job" and batch.equipment in self.feeds:
                yield draw_s(self.plan, self.site, batch), 1, "draw", batch
        for name, times in self.gone.items():
            yield from ((t, 4, "leave", name) for t in times)
        for name, melter in self.melters.items():
            if melter.state.metal_kg and melter.state.ready_s > self.plan.start_s:
                yield melter.state.ready_s, 0, "given", name

    def _ready_at(self, batch: PlannedBatch) -> float:
        """A heat is ready when its time is over; metal for planned lots may be needed as soon as the furnace has it."""
        end_s = batch.not_before_s + batch.duration_s
        if not self.direct:
            return end_s
        heat = self.heats.get(id(batch))
        return end_s if heat is None else min(end_s, heat.ready_s)

    @property
    def direct(self) -> bool:
        """Whether its metal is poured straight into moulds."""
        return any(self.site.cells[name].window_s < float("inf") for name in self.feeds)

    def _tap_events(self, batch: PlannedBatch) -> Iterator[tuple[float, int, str, PlannedBatch]]:
        if batch.equipment in self.melters:
            yield batch.not_before_s, 2, "pour", batch
        elif batch.equipment == self.station:
            yield batch.not_before_s, 2, "tap", batch
            # a furnace fills one ladle at a time: the second of two that are planned at once comes later
            full_s = self.full_s.get(id(batch), batch.not_before_s + self.kind.ladle.tapping_s)
            yield max(batch.not_before_s, full_s) + self.kind.ladle.time_s, 1, "arrive", batch

    # --- heats

    def _charge(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        name, melter = batch.equipment, self.melters[batch.equipment]
        over_kg = self.molten_kg[name] - self.left_kg[name]
        if over_kg > KG:
            yield Violation("furnace_empty", name, t, f"{self.molten_kg[name]:.1f} kg are still in the furnace")
        if self.tapped_s[name] > t + SECOND:
            yield Violation(
                "furnace_empty", name, t, f"a ladle is being filled for {self.tapped_s[name] - t:.0f} s more"
            )
        heat = self.heats.get(id(batch))
        if heat is None:
            yield Violation("furnace_empty", name, t, "is never free and empty for this heat")
            return
        ready_s = max(heat.ready_s, t + heat.duration_s)
        first_s = min((b.not_before_s for b in self._own_taps(batch)), default=t + batch.duration_s)
        if max(t + batch.duration_s, first_s) < ready_s - SECOND:
            waits = (
                f", begun {ready_s - heat.duration_s - t:.0f} s later" if ready_s > t + heat.duration_s + SECOND else ""
            )
            yield Violation(
                "heat_long_enough", name, t, f"{batch.duration_s:.0f} s planned, {heat.duration_s:.0f} s needed{waits}"
            )
        if not melter.crew.open(t) or ready_s + self.kind.ladle.tapping_s > melter.shift.closes(t) + SECOND:
            yield Violation(
                "crew_present", name, t, "the furnace crew is not there to charge, or not to tap when it is ready"
            )

    def _own_taps(self, heat: PlannedBatch) -> list[PlannedBatch]:
        """Ladles that the plan fills from a heat's furnace after it is begun."""
        return [
            b
            for b in self.plan.batches
            if b.kind == "tap" and b.equipment == heat.equipment and b.not_before_s > heat.not_before_s
        ]

    def _ready(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        name = batch.equipment
        self.ready_s[name] = t
        gives_kg = max(0.0, batch.mass_kg * self.kind.recovery - (self.kind.heel_kg if self._cold(batch) else 0.0))
        if self.direct:
            # what was left over is part of what is charged; what the scales, or the smallest charge, give too much is left over again
            self.molten_kg[name] = max(self.molten_kg[name], gives_kg)
            self.left_kg[name] = self.kind.charge.spread * batch.mass_kg * self.kind.recovery
            if batch.mass_kg <= self.kind.charge.least_kg + KG:
                self.left_kg[name] = max(self.left_kg[name], self._surplus_kg(batch, gives_kg))
        else:
            self.molten_kg[name] += gives_kg
        yield from ()

    def _surplus_kg(self, heat: PlannedBatch, gives_kg: float) -> float:
        """What the least charge gives more than the lots poured from it; nothing where none is."""
        following = (b.not_before_s for b in heats_of(self.plan, heat.equipment) if b.not_before_s > heat.not_before_s)
        until_s = min(following, default=float("inf"))
        taken = sum(b.mass_kg for b in self._own_taps(heat) if b.not_before_s < until_s)
        return gives_kg - taken if taken else 0.0

    def _cold(self, batch: PlannedBatch) -> bool:
        """Whether the heel has been given up since the last heat: then a heat fills it again first."""
        if not self.kind.heel_kg:
            return False
        t, name = batch.not_before_s, batch.equipment
        earlier = [b.not_before_s for b in heats_of(self.plan, name) if b.not_before_s < t]
        if not earlier and not any(end < t for end in self.gone[name]):
            return self.melters[name].state.idle_s > 0.0 and self.melters[name].hearth.state.mass_kg <= KG
        return any(max(earlier, default=self.plan.start_s - 1.0) < end <= t for end in self.gone[name])

    def _given(self, t: float, name: str) -> Iterator[Violation]:
        del t
        self.molten_kg[name] += self.melters[name].state.metal_kg
        yield from ()

    def _leave(self, t: float, name: str) -> Iterator[Violation]:
        del t
        self.molten_kg[name] = 0.0
        yield from ()

    # --- ladles

    def _pour(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        """A ladle for a lot that is poured straight into moulds, from the furnace that the plan names."""
        name = batch.equipment
        if not self.melters[name].crew.open(t):
            yield Violation("crew_present", name, t, f"nobody is there to fill a ladle for {batch.job}")
        short_kg = batch.mass_kg - self.molten_kg[name]
        if short_kg > 1e-2:
            yield Violation("tap_metal", name, t, f"{short_kg:.1f} kg are poured for {batch.job} that it does not have")
        self.molten_kg[name] = max(0.0, self.molten_kg[name] - batch.mass_kg)
        self.tapped_s[name] = t + self.kind.ladle.tapping_s

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

    # --- lots

    def _draw(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        if self.site.cells[batch.equipment].window_s < float("inf"):
            yield from self._draw_ladle(t, batch)
            return
        feed = self.feeds[batch.equipment]
        short = batch.mass_kg - feed.metal_kg
        if short > 1e-2:
            yield Violation(
                "lot_metal", batch.key, t, f"{batch.equipment} is {short:.1f} kg short of {batch.mass_kg:.1f} kg"
            )
        feed.metal_kg = max(0.0, feed.metal_kg - batch.mass_kg)

    def _draw_ladle(self, t: float, batch: PlannedBatch) -> Iterator[Violation]:
        """A lot poured straight from furnaces: its ladles have come, are all of its metal, and are poured within their window."""
        cell = self.site.cells[batch.equipment]
        way_s = self.kind.ladle.tapping_s + self.kind.ladle.time_s
        ladles = [b for b in self.plan.batches if b.kind == "tap" and b.job == batch.job and b.key == batch.equipment]
        come = [b for b in ladles if b.not_before_s + way_s <= t + SECOND]
        short = batch.mass_kg - sum(b.mass_kg for b in come)
        if abs(short) > 1e-2:
            yield Violation("lot_metal", batch.key, t, f"its ladles are {short:.1f} kg short of {batch.mass_kg:.1f} kg")
        if batch.mass_kg > cell.capacity_kg + KG:
            yield Violation(
                "feed_room", batch.key, t, f"{batch.mass_kg:.1f} kg; the ladle holds {cell.capacity_kg:.1f} kg"
            )
        if come:
            end_s = t + batch.pieces * mean_s(cell.kind.cycle_of(batch.product))
            age_s = end_s - min(b.not_before_s for b in come) - way_s
            if age_s > cell.window_s + SECOND:
                yield Violation(
                    "pouring_window", batch.key, t, f"{age_s:.0f} s in the ladle; the window is {cell.window_s:.0f} s"
                )
