"""A plant that follows a plan: lots in their planned order and not before their planned time, heats and ladles likewise.

Their time is the planned one, or some time before it, or only their order counts (``dispatch.follow``). A lot that is not there when
its time comes is waited for with patience, then the next ready one passes; breakdowns shift what follows to the right. Ladles keep
their planned order of feeds and are tapped as soon as the feed has room. Where the plan has nothing more to say, or its horizon is
over, the plant goes by its own rule again.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heapify
from typing import TYPE_CHECKING, Any, cast

from twin.models.following_ladles import PlannedLadles

if TYPE_CHECKING:
    from twin.models.feed import Feed
    from twin.models.melting import Furnace, MeltShop
    from twin.models.metal import MetalPlace, MetalUnit
    from twin.models.station import Floor, Job, Place
    from twin.scenario.plan import Plan, PlannedBatch
    from twin.scenario.production import Dispatch

_EARLY_S = 1e-6
_TINY_KG = 1e-6
LAST_LADLES = 1.5
"""lead times of a ladle before the crew leaves at which furnaces are emptied into whatever room there is"""
SCRAPS = 0.2
"""share of a ladle below which metal in a furnace is what a heavy charge left, not a planned ladle"""
Queue = deque["PlannedBatch"]


class Follower:
    """What the plan says next to each casting unit, furnace and melt shop."""

    def __init__(self, floor: Floor, plan: Plan, dispatch: Dispatch, names: Sequence[str]) -> None:
        self.floor, self.patience_s, self.names = floor, dispatch.patience_s, names
        self.ahead_s = dispatch.ahead_s
        self.start_s, self.end_s = plan.start_s, plan.start_s + plan.horizon_s
        self.slot_s = plan.slot_s
        self.lots: dict[str, Queue] = {}
        self.heats: dict[str, Queue] = {}
        self.taps: dict[str, Queue] = {}
        queues = {"job": self.lots, "heat": self.heats, "tap": self.taps}
        for batch in sorted((b for b in plan.batches if not b.load), key=lambda batch: batch.not_before_s):
            queues[batch.kind].setdefault(batch.equipment, deque()).append(batch)
        self.ladles = PlannedLadles(plan, dispatch.patience_s)
        self.commands = plan.commands
        self.planned = {batch.job for batch in plan.batches if batch.kind == "job" and not batch.load}
        self.started: set[str | None] = set()
        self.spares = True
        """whether units without a planned lot take one that the plan does not name; not where a later plan will name it"""
        self._armed: dict[int, float] = {}

    def rules(self, now: float) -> bool:
        """Whether the plan counts now; else the plant's own rule does."""
        return self.start_s - _EARLY_S <= now < self.end_s - _EARLY_S

    def alarm(self, owner: object, at_s: float, call: Callable[[Any], None]) -> None:
        """Call at ``at_s`` unless the owner is called earlier anyway."""
        now = self.floor.now
        armed = self._armed.get(id(owner), -math.inf)
        if armed <= now + _EARLY_S or at_s < armed - _EARLY_S:
            self._armed[id(owner)] = at_s
            self.floor.after(at_s - now, call)

    def left(self) -> frozenset[PlannedBatch]:
        """Batches of the plan that are not begun."""
        queues = [*self.lots.values(), *self.heats.values(), *self.taps.values()]
        filled = self.ladles.filled
        return frozenset(
            batch
            for queue in queues
            for batch in queue
            if not (batch.job in self.started if batch.kind == "job" else batch.kind == "tap" and batch.job in filled)
        )

    # --- lots

    def queue_of(self, unit: MetalUnit) -> Queue:
        """The lots still planned for a unit; those that another has taken are struck."""
        mine = self.lots.setdefault(self.names[unit.equipment], deque())
        while mine and mine[0].job in self.started:
            mine.popleft()
        return mine

    def next_lot(self, unit: MetalUnit, place: MetalPlace, now: float) -> Job | None:
        """The lot that ``unit`` begins now, taken from its place; None where it has to wait, and then it is called again."""
        waiting = {job.key: job for job in place.jobs()}
        mine = self.queue_of(unit)
        chosen = self._due(mine, waiting, now, early=self._stuck(unit, now)) if mine else self._spare(waiting, now)
        if chosen is None:
            self._wait(place, mine, now)
            return None
        self.started.add(chosen)
        return take(place, waiting[chosen])

    def _due(self, mine: Queue, waiting: dict[str, Job], now: float, *, early: bool) -> str | None:
        """The head of the queue when its time has come, or ``early``, and it is there; when patience ends, the next one that is."""
        head = mine[0]
        if head.not_before_s - self.ahead_s > now + _EARLY_S and not early:
            return None
        if head.job in waiting:
            return head.job
        if now < head.not_before_s + self.patience_s - _EARLY_S:
            return None
        return next((batch.job for batch in mine if batch.job in waiting and batch.job not in self.started), None)

    def _stuck(self, unit: MetalUnit, now: float) -> bool:
        """Whether metal is held in a furnace for more than a slot beyond its plan, and casting a lot here would make room for it."""
        if unit.supplier is None or unit.feed.window_s < math.inf:
            return False
        shop = cast("MeltShop", unit.supplier)
        taps = self._ladles(shop)
        late = bool(taps) and now > taps[0].not_before_s + self.slot_s
        return (
            late
            and unit.feed.room_kg < shop.kind.ladle.capacity_kg
            and any(f.available_kg() > _TINY_KG for f in shop.furnaces)
        )

    def _spare(self, waiting: dict[str, Job], now: float) -> str | None:
        """With none of its own left: a lot that the plan does not name, else one with which another unit is late beyond patience."""
        ranked = sorted(waiting.values(), key=lambda job: job.rank()) if self.spares else []
        free = next((job.key for job in ranked if job.key not in self.planned), None)
        if free is not None:
            return free
        late = [
            batch
            for queue in self.lots.values()
            for batch in list(queue)[1:]
            if batch.job in waiting and batch.job not in self.started and batch.not_before_s + self.patience_s < now
        ]
        return min(late, key=lambda batch: batch.not_before_s).job if late else None

    def _wait(self, place: MetalPlace, mine: Queue, now: float) -> None:
        ahead = [
            at
            for batch in list(mine)[:1]
            for at in (batch.not_before_s - self.ahead_s, batch.not_before_s + self.patience_s)
            if at > now + _EARLY_S
        ]
        if not mine and place.held:
            ahead = [now + self.patience_s]
        if ahead:
            self.alarm(mine, min(ahead), lambda _event: place.call(self.floor.now))

    def following(self, unit: MetalUnit, place: Place) -> Job | None:
        """The lot that a unit will begin next, for a ladle to be poured in time; None where it is not due yet."""
        now = self.floor.now
        mine = self.queue_of(unit) if self.rules(now) else deque()
        if not mine:
            return place.peek()
        lead_s = 0.0 if unit.supplier is None else unit.supplier.lead_s
        due_s = mine[0].not_before_s - self.ahead_s - lead_s
        if due_s > now + _EARLY_S:
            self.alarm(unit, due_s, lambda _event: unit.look())
            return None
        return next((job for job in place.jobs() if job.key == mine[0].job), None)

    # --- heats

    def begins_heat(self, shop: MeltShop, furnace: Furnace, now: float) -> float | None:
        """Metal (kg charged) of the heat that ``furnace`` begins now; None where it has to wait, or others have planned heats left; 0 where
        the plan has none left.
        """
        heats = self.heats.get(furnace.name)
        if not heats:
            return None if any(self.heats.get(other.name) for other in shop.furnaces) else 0.0
        head = heats[0]
        charge_kg = self.ladles.charge_kg(furnace, head)
        if not charge_kg or (not self.ladles.names(furnace) and shop.overflows(head.mass_kg)):
            self._strike(furnace)
            return self.begins_heat(shop, furnace, now)
        due_s = head.not_before_s - self.ahead_s
        if due_s > now + _EARLY_S and not self._starving(shop, now):
            self.alarm(furnace, due_s, lambda _event: shop.look())
            return None
        closes = furnace.attendance.shift.closes(now)
        if now + furnace.heat_s() + shop.kind.ladle.tapping_s > closes:
            return None
        if not (self._pourable(shop, furnace, charge_kg, now) or shop.finds_room(furnace, charge_kg, now)):
            return None
        self._strike(furnace)
        return charge_kg

    def _strike(self, furnace: Furnace) -> None:
        self.heats[furnace.name].popleft()
        self.ladles.begun(furnace)

    def _pourable(self, shop: MeltShop, furnace: Furnace, charge_kg: float, now: float) -> bool:
        """Whether what is charged for planned lots can be poured from when it is ready until the crew leaves."""
        t0, t1 = now + furnace.heat_s(), furnace.attendance.shift.closes(now)
        spare = 1.0 - 2.0 * shop.kind.charge.spread
        could_kg = sum(feed.unit.could_cast_kg(t0, t1) for feed in shop.feeds)
        return self.ladles.names(furnace) and could_kg >= charge_kg * shop.kind.recovery * spare

    def _starving(self, shop: MeltShop, now: float) -> bool:
        """Whether a unit has waited for metal beyond patience and none is melted or being melted."""
        if any(f.metal.kg > f.kind.heel_kg + _TINY_KG for f in shop.furnaces) or shop.transit:
            return False
        return any(
            f.unit.pending is not None and now > f.unit.started + self.patience_s and f.incoming_kg <= _TINY_KG
            for f in shop.feeds
        )

    # --- heels

    def switch_off(self, shops: Sequence[MeltShop]) -> None:
        """Arm the plan's commands: furnaces whose heel is given up before the crew leaves."""
        furnaces = {furnace.name: furnace for shop in shops for furnace in shop.furnaces}
        for command in self.commands:
            if command.equipment in furnaces and command.state == "standby" and command.t_s >= self.floor.now:
                call = partial(self._give_up, furnaces[command.equipment])
                self.floor.after(command.t_s - self.floor.now, call)

    def _give_up(self, furnace: Furnace, event: Any) -> None:
        """Pig the heel of a furnace whose ladles are filled; look again where they are not, unless its next heat comes first."""
        following = self.ladles.next_heat(furnace)
        if not furnace.at_work and self.ladles.spent(furnace):
            furnace.pig(heel=True)
        elif following is None or following.not_before_s > self.floor.now + self.slot_s:
            self.floor.after(self.slot_s, partial(self._give_up, furnace))

    # --- ladles

    def sources(self, shop: MeltShop, job: Job, kg: float, ready: Sequence[Furnace], now: float) -> list[Furnace]:
        """Furnaces that the pouring ladle of a lot is filled from now; none where it has to wait, and then it is called again."""
        found = self.ladles.sources(job.key, kg, shop.furnaces, ready, now)
        planned = self.ladles.of_lot.get(job.key)
        if not found and planned is not None:
            self.alarm(planned, max(now + 1.0, planned[0].not_before_s + self.patience_s), lambda _event: shop.look())
        return found

    def feed_order(self, shop: MeltShop, feeds: Sequence[Feed], now: float) -> list[Feed]:
        """Feeds that may be tapped for, in order: the next planned one, or whichever has room when that is more than a slot late; one that
        starves passes it when patience has ended.

        What little is left of a heavy heat goes wherever there is room, and so does all that is left when the crew leaves soon.
        """
        taps = self._ladles(shop)
        if self.last_call(shop, now):
            return list(feeds)
        left_kg = max((furnace.available_kg() for furnace in shop.furnaces), default=0.0)
        if not taps or left_kg < SCRAPS * shop.kind.ladle.capacity_kg:
            return list(feeds)
        head = taps[0]
        if now > head.not_before_s + self.slot_s:
            self.floor.after(0.0, lambda _event: _call_all(shop.places, self.floor.now))
            return list(feeds)
        if left_kg > _TINY_KG:
            self.alarm(taps, head.not_before_s + self.slot_s + 1.0, lambda _event: shop.look())
        first = [feed for feed in feeds if self.names[feed.unit.equipment] == head.key]
        starving = [
            feed
            for feed in feeds
            if feed not in first
            and feed.unit.pending is not None
            and now > feed.unit.started + self.patience_s
            and feed.usable_kg + feed.incoming_kg < feed.unit.pending.kg
        ]
        return first + starving

    def last_call(self, shop: MeltShop, now: float) -> bool:
        """Whether the furnace crew leaves so soon that what is still melted must go where there is room, in part of a ladle if need be."""
        if not self.rules(now) or not any(furnace.available_kg() > _TINY_KG for furnace in shop.furnaces):
            return False
        closes = shop.furnaces[0].attendance.shift.closes(now)
        last_s = closes - LAST_LADLES * shop.lead_s
        if now < last_s - _EARLY_S:
            self.alarm(shop, last_s, lambda _event: shop.look())
            return False
        return True

    def ladle_kg(self, shop: MeltShop, feed: Feed) -> float:
        """Metal of the next ladle planned for ``feed``; infinite where none is."""
        name = self.names[feed.unit.equipment]
        planned = next((batch.mass_kg for batch in self._ladles(shop) if batch.key == name), math.inf)
        return planned if planned < shop.kind.ladle.capacity_kg - 1.0 else math.inf

    def _ladles(self, shop: MeltShop) -> Queue:
        return self.taps.setdefault(self.names[shop.furnaces[0].equipment].rpartition(".")[0], deque())

    def tapped(self, shop: MeltShop, feed: Feed, kg: float) -> None:
        """A ladle of ``kg`` was filled for ``feed``: strike its next planned one, unless it was a rest."""
        if not self.rules(self.floor.now):
            return
        taps, name = self._ladles(shop), self.names[feed.unit.equipment]
        for batch in taps:
            if batch.key == name:
                if kg >= batch.mass_kg / 2.0:
                    taps.remove(batch)
                return


def _call_all(places: Sequence[MetalPlace], now: float) -> None:
    """Let units that wait for their time see whether they may begin early."""
    for place in places:
        if place.free:
            place.call(now)


def take(place: MetalPlace, job: Job) -> Job:
    """Take one lot out of a place's queue, wherever it stands."""
    if place.heap is not None:
        place.heap.remove((job.rank(), job))
        heapify(place.heap)
    else:
        place.queue.remove(job)
    place.held -= job.pieces
    place.queued_kg -= job.kg
    return job
