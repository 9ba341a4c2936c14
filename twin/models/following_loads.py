"""Units that form loads, going by a plan: the lots of each planned load together, in the planned order and not before the planned time.

A load of which a lot is missing when its time comes is waited for with patience, then the next one that is complete passes; a load that
stays incomplete is begun as the plant's own rule would: filled to the minimum, or its first lot has waited long enough. Lots that no
load still to come names (their load has gone without them) join the next load of their recipe with room, or are put together by the
plant's own rule where a unit has time for it.

State commands: ``off`` is heeded when all that was planned before it is done, and only by units of a plan that commands them;
``startup`` switches on again, and the unit is ready after its start-up. A load that is due in a unit that is off switches it on.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.models.forming import FormingPlace, FormingUnit
    from twin.models.station import Floor, Job
    from twin.scenario.plan import Plan, PlannedBatch, StateCommand
    from twin.scenario.production import Dispatch

_EARLY_S = 1e-6


@dataclass
class PlannedLoad:
    """Lots that one unit processes together, not before a time; ``kg`` and ``pieces`` as planned."""

    not_before_s: float
    duration_s: float
    lots: list[str] = field(default_factory=list)


@dataclass
class Switch:
    """What a unit's commands came to: off since when, what it did in the past, when it is ready after a start-up."""

    commands: deque[StateCommand]
    off_since: float = math.inf
    past: list[tuple[float, float, str]] = field(default_factory=list)
    ready_s: float = -math.inf

    def duty(self, t0: float, until: float) -> tuple[float, str] | None:
        """Up to when and what it was told from ``t0`` on; an empty word up to the next command; None where commands say nothing."""
        for a, b, word in self.past:
            if a - _EARLY_S <= t0 < b - _EARLY_S:
                return min(b, until), word
            if a > t0:
                return min(a, until), ""
        if t0 >= self.off_since - _EARLY_S:
            return until, "off"
        return (self.off_since, "") if self.off_since < until else None


class PlannedLoads:
    """What the plan says next to each unit that forms loads."""

    def __init__(self, floor: Floor, plan: Plan, dispatch: Dispatch, names: Sequence[str]) -> None:
        self.floor, self.patience_s, self.names = floor, dispatch.patience_s, names
        self.ahead_s = dispatch.ahead_s
        self.start_s, self.end_s = plan.start_s, plan.start_s + plan.horizon_s
        self.queues: dict[str, deque[PlannedLoad]] = {}
        loads: dict[tuple[str, str], PlannedLoad] = {}
        for batch in sorted((b for b in plan.batches if b.load), key=lambda one: one.not_before_s):
            key = (batch.equipment, batch.load)
            if key not in loads:
                loads[key] = PlannedLoad(batch.not_before_s, batch.duration_s)
                self.queues.setdefault(batch.equipment, deque()).append(loads[key])
            loads[key].lots.append(_job(batch))
        self.later = frozenset(plan.later)
        self.longest_s = {name: max(load.duration_s for load in queue) for name, queue in self.queues.items()}
        self.switches = {
            name: Switch(deque(sorted((c for c in plan.commands if c.equipment == name), key=lambda c: c.t_s)))
            for name in {command.equipment for command in plan.commands} & set(names)
        }
        self.jobs: Sequence[Job] = ()
        self.done: Container[int] = ()
        self._known: dict[str, Job] = {}
        self._armed: set[tuple[int, float]] = set()

    @property
    def empty(self) -> bool:
        """Whether the plan says nothing to units that form loads."""
        return not self.queues

    def rules(self, now: float) -> bool:
        """Whether the plan counts now; else the plant's own rule does."""
        return self.start_s - _EARLY_S <= now < self.end_s - _EARLY_S

    def arm(self, units: Sequence[FormingUnit], jobs: Sequence[Job], done: Container[int]) -> None:
        """Have units go by the plan, and look at it when it begins, when it ends, and at their commands."""
        self.jobs, self.done = jobs, done
        for unit in units:
            unit.follower = unit.forming.follower = self
            switch = self.switches.get(self.names[unit.equipment])
            for command in () if switch is None else switch.commands:
                self.floor.after(max(0.0, command.t_s - self.floor.now), partial(self._command, unit))
            self._alarm(unit.forming, self.start_s)
            self._alarm(unit.forming, self.end_s)

    def _command(self, unit: FormingUnit, event: Any) -> None:
        del event
        if unit in unit.forming.free:
            self.heed(unit, self.floor.now)
            unit.forming.look()

    def _alarm(self, place: FormingPlace, at_s: float) -> None:
        key = (id(place), at_s)
        if at_s >= self.floor.now - _EARLY_S and at_s < math.inf and key not in self._armed:
            self._armed.add(key)
            self.floor.after(max(0.0, at_s - self.floor.now), lambda _event: self._look(place))

    @staticmethod
    def _look(place: FormingPlace) -> None:
        place.look()

    # --- loads

    def next_load(self, unit: FormingUnit, place: FormingPlace, now: float) -> list[Job]:
        """The lots of the load that ``unit`` begins now, taken from its place; empty where it has to wait, and then it is asked again."""
        waiting = {job.key: job for job in place.jobs()}
        queue = self._queue(unit)
        chosen = self._chosen(queue, waiting, place, now)
        if chosen is None:
            return self._spare(unit, place, waiting, queue, now)
        if not self._ready(unit, now):
            return []
        queue.remove(chosen)
        lots = [waiting[key] for key in chosen.lots if key in waiting]
        lots += self._joining(place, lots, waiting)
        place.short = False
        return place.take_out(lots)

    def _queue(self, unit: FormingUnit) -> deque[PlannedLoad]:
        return self.queues.setdefault(self.names[unit.equipment], deque())

    def _chosen(
        self, queue: deque[PlannedLoad], waiting: dict[str, Job], place: FormingPlace, now: float
    ) -> PlannedLoad | None:
        """The head of the queue when its time has come and it is there; when patience ends, the next one that is, else what is there."""
        if not queue:
            return None
        head = queue[0]
        if head.not_before_s - self.ahead_s > now + _EARLY_S:
            self._alarm(place, head.not_before_s - self.ahead_s)
            return None
        if all(key in waiting for key in head.lots):
            return head
        late_s = head.not_before_s + self.patience_s
        if now < late_s - _EARLY_S:
            self._alarm(place, late_s)
            return None
        return self._after_patience(queue, waiting, place, now)

    def _after_patience(
        self, queue: deque[PlannedLoad], waiting: dict[str, Job], place: FormingPlace, now: float
    ) -> PlannedLoad | None:
        """The next load that is complete, else the head with what is there; what will never come is struck."""
        head = queue[0]
        complete = (load for load in queue if all(key in waiting for key in load.lots))
        passing = next(complete, None)
        if passing is not None:
            return passing
        there = [waiting[key] for key in head.lots if key in waiting]
        gone = not any(self._comes_yet(key, place) for key in head.lots if key not in waiting)
        if there:
            return head if gone or self._may_begin(place, there, now) else None
        if not gone:
            return None
        queue.popleft()
        return self._chosen(queue, waiting, place, now)

    def _comes_yet(self, key: str, place: FormingPlace) -> bool:
        """Whether a lot may still come to a place."""
        if len(self._known) < len(self.jobs):
            self._known |= {job.key: job for job in self.jobs}
        job = self._known.get(key)
        if job is None or job.code in self.done:
            return False
        return any(place in getattr(one, "places", (one,)) for one in job.route[job.step :])

    def _may_begin(self, place: FormingPlace, lots: Sequence[Job], now: float) -> bool:
        """Whether the plant's own rule would begin with these lots."""
        load = place.load
        fill = load.fill(sum(place.kg_of(job) for job in lots), sum(job.pieces for job in lots))
        if fill >= min(load.minimum, 1.0) - 1e-9:
            return True
        if load.max_wait_s is None:
            return False
        ready_s = min(job.queued for job in lots) + load.max_wait_s
        if now < ready_s - _EARLY_S:
            self._alarm(place, ready_s)
            return False
        return True

    def _free_lots(self, place: FormingPlace, waiting: dict[str, Job]) -> Iterator[Job]:
        """Lots at a place that no load still to come there names, and that are not left to the plan that follows."""
        names = {self.names[unit.equipment] for unit in place.units}
        named = {key for name in names for load in self.queues.get(name, ()) for key in load.lots}
        return (job for key, job in waiting.items() if key not in named and key not in self.later)

    def _joining(self, place: FormingPlace, lots: Sequence[Job], waiting: dict[str, Job]) -> list[Job]:
        """Lots left over from other loads that still fit in."""
        recipe = place.recipe_of(lots[0])
        kg, pieces = sum(place.kg_of(job) for job in lots), sum(job.pieces for job in lots)
        taken = {job.key for job in lots}
        joining: list[Job] = []
        for job in self._free_lots(place, waiting):
            more = kg + place.kg_of(job), pieces + job.pieces
            if job.key not in taken and place.recipe_of(job) == recipe and place.load.fill(*more) <= 1.0 + 1e-9:
                kg, pieces = more
                joining.append(job)
        return joining

    def _spare(
        self, unit: FormingUnit, place: FormingPlace, waiting: dict[str, Job], queue: deque[PlannedLoad], now: float
    ) -> list[Job]:
        """A load of lots that the plan no longer names, by the plant's own rule, where there is time for it before what is planned."""
        longest_s = self.longest_s.get(self.names[unit.equipment], 0.0)
        switch = self.switches.get(self.names[unit.equipment])
        is_off = switch is not None and switch.off_since < math.inf
        if queue and (is_off or queue[0].not_before_s < now + longest_s):
            return []
        recipes: dict[str, list[Job]] = {}
        for job in self._free_lots(place, waiting):
            mine = recipes.setdefault(place.recipe_of(job), [])
            kg = sum(place.kg_of(one) for one in mine) + place.kg_of(job)
            if not mine or place.load.fill(kg, sum(one.pieces for one in mine) + job.pieces) <= 1.0 + 1e-9:
                mine.append(job)
        for lots in recipes.values():
            if self._may_begin(place, lots, now):
                return place.take_out(lots) if self._ready(unit, now) else []
        return []

    # --- states

    def heed(self, unit: FormingUnit, now: float) -> bool:
        """Do what a unit that is free was told up to now; whether the plan counts."""
        if not self.rules(now):
            return False
        switch = self.switches.get(self.names[unit.equipment])
        while switch is not None and switch.commands and switch.commands[0].t_s <= now + _EARLY_S:
            if switch.commands[0].state != "off":
                self._switch_on(unit, switch, now)
            elif self._before(self._queue(unit), switch.commands[0].t_s) and not self._passed(switch, now):
                break
            elif switch.off_since == math.inf and now >= switch.ready_s - _EARLY_S and not self._passed(switch, now):
                switch.off_since = now
            switch.commands.popleft()
        return True

    @staticmethod
    def _passed(switch: Switch, now: float) -> bool:
        """Whether the next command after the first is due as well."""
        return len(switch.commands) > 1 and switch.commands[1].t_s <= now + _EARLY_S

    def _ready(self, unit: FormingUnit, now: float) -> bool:
        """Whether a unit that has a load to begin is ready for it; one that is off is switched on."""
        switch = self.switches.get(self.names[unit.equipment])
        if switch is None:
            return True
        self._switch_on(unit, switch, now)
        if now < switch.ready_s - _EARLY_S:
            self._alarm(unit.forming, switch.ready_s)
            return False
        return True

    @staticmethod
    def _before(queue: deque[PlannedLoad], t_s: float) -> bool:
        """Whether something that was planned before a time is still to be done."""
        return bool(queue) and queue[0].not_before_s < t_s - _EARLY_S

    def _switch_on(self, unit: FormingUnit, switch: Switch, now: float) -> None:
        if switch.off_since == math.inf:
            return
        switch.past.append((switch.off_since, now, "off"))
        startup_s = unit.kind.startup_s()
        if startup_s:
            switch.past.append((now, now + startup_s, "startup"))
        switch.off_since, switch.ready_s = math.inf, now + startup_s

    def duty(self, unit: FormingUnit, t0: float, until: float) -> tuple[float, str] | None:
        """What a unit was told to do from ``t0`` on and up to when; None where the plan has told it nothing then."""
        if not self.rules(t0):
            return None
        switch = self.switches.get(self.names[unit.equipment])
        return None if switch is None else switch.duty(t0, min(until, self.end_s))


def _job(batch: PlannedBatch) -> str:
    return batch.key if batch.job is None else batch.job
