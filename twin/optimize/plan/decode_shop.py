"""Start counts of a shop's problem → who starts where (a :class:`~twin.optimize.problem.shop.ShopPlan`), and placements → start counts.

Jobs: where an operation has a longest wait, first in, first out; elsewhere the waiting job that is due first. Units: a walk over the
slots that takes a ready unit for each start, so that a group of equal units is coloured without overlap.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from twin.optimize.formulation.matrix import StartKey
from twin.optimize.formulation.shop import job_task, load_kinds, load_task, off_task, on_task
from twin.optimize.problem.network import BatteryData, Floats
from twin.optimize.problem.shop import OnTime, Placed, Shop, ShopJob, ShopPlan

ROOM = 1e-9


class NotDecoded(ValueError):
    """Counts that no jobs and units can carry out: loads of unequal jobs into which these cannot be packed."""


@dataclass
class Units:
    """The units of one group while the slots go by: on since when, free from when, which load is next."""

    on_since: list[int | None]
    free_from: list[int]
    loads: list[int]
    intervals: list[OnTime] = field(default_factory=list)

    def take(self, slot: int, until: int) -> tuple[int, int]:
        """A unit that is ready in ``slot``, busy from now ``until``; and the number of its load. Raises NotDecoded where there is none."""
        for unit, free in enumerate(self.free_from):
            if self.on_since[unit] is not None and free <= slot:
                self.free_from[unit] = until
                self.loads[unit] += 1
                return unit, self.loads[unit] - 1
        msg = f"no unit is ready at slot {slot}"
        raise NotDecoded(msg)


def plan_of(shop: Shop, starts: Mapping[StartKey, float], battery_kw: Floats | None = None) -> ShopPlan:
    """The plan that carries out ``starts``; its cost is not told yet (NaN). Raises NotDecoded where none does."""
    return Decoding(shop, starts).plan(np.zeros(shop.slots) if battery_kw is None else battery_kw)


class Decoding:
    """One walk over the slots."""

    def __init__(self, shop: Shop, starts: Mapping[StartKey, float]) -> None:
        self.shop = shop
        self.count = {key: round(number) for key, number in starts.items() if number > 0.5}
        self.slots = sorted({slot for _, slot in self.count})
        self.kinds = load_kinds(shop)
        self.units = {name: _units(shop, name) for name in shop.groups}
        self.waiting: dict[tuple[str, int], list[tuple[int, ShopJob]]] = defaultdict(list)
        for job in shop.jobs:
            if job.step < len(shop.families[job.family].operations):
                self.waiting[job.family, job.step].append((job.release, job))
        self.placed: list[Placed] = []

    def plan(self, battery_kw: Floats) -> ShopPlan:
        """Slot by slot: off, on, starts; then who is still on goes off at the end."""
        for slot in self.slots:
            for name in self.shop.groups:
                self.switch(name, slot)
            self.start_jobs(slot)
        on = [interval for name in self.shop.groups for interval in self.closed(name)]
        return ShopPlan(tuple(self.placed), tuple(on), clean_battery(self.shop, battery_kw), math.nan)

    def switch(self, name: str, slot: int) -> None:
        """Units of a group that go off or on in a slot."""
        units, states = self.units[name], self.shop.groups[name].states
        if states is None:
            return
        for _ in range(self.count.get((off_task(name), slot), 0)):
            ready = [u for u, on in enumerate(units.on_since) if on is not None and units.free_from[u] <= slot]
            if not ready:
                msg = f"no unit of {name} to switch off at slot {slot}"
                raise NotDecoded(msg)
            unit = min(ready, key=lambda u: (units.free_from[u], u))
            units.intervals.append(OnTime(name, unit, units.on_since[unit] or 0, slot))
            units.on_since[unit] = None
        for _ in range(self.count.get((on_task(name), slot), 0)):
            off = [unit for unit, on in enumerate(units.on_since) if on is None]
            if not off:
                msg = f"no unit of {name} to switch on at slot {slot}"
                raise NotDecoded(msg)
            units.on_since[off[0]], units.free_from[off[0]] = slot, slot + states.startup_slots

    def closed(self, name: str) -> list[OnTime]:
        """The on-intervals of a group; a unit that is on at the end stays on to the end."""
        units = self.units[name]
        if self.shop.groups[name].states is None:
            return []
        last = [OnTime(name, u, on, self.shop.slots) for u, on in enumerate(units.on_since) if on is not None]
        return sorted([*units.intervals, *last], key=lambda one: (one.unit, one.start))

    def start_jobs(self, slot: int) -> None:
        """The operations that start in a slot: those with a unit of their own at once, those of one recipe packed into its loads."""
        together: dict[tuple[str, str], list[tuple[ShopJob, int]]] = defaultdict(list)
        for family in self.shop.families.values():
            for step, operation in enumerate(family.operations):
                for name, way in operation.ways.items():
                    for _ in range(self.count.get((job_task(family.name, step, name), slot), 0)):
                        job = self.next_job(family.name, step, slot)
                        self.pass_on(job, step, slot + way.slots)
                        kind = self.kinds.get((family.name, step, name))
                        if kind is not None:
                            together[name, kind[0]].append((job, step))
                        else:
                            unit, load = self.units[name].take(slot, slot + way.slots)
                            self.placed.append(Placed(job.name, step, name, unit, slot, load))
        for (name, label), jobs in together.items():
            self.pack(name, label, slot, jobs)

    def next_job(self, family: str, step: int, slot: int) -> ShopJob:
        """Takes the waiting job whose turn it is."""
        queue = self.waiting[family, step]
        limited = self.shop.families[family].operations[step].longest_wait_slots is not None
        there = [(since, job) for since, job in queue if since <= slot]
        if not there:
            msg = f"no job of {family} waits for operation {step} at slot {slot}"
            raise NotDecoded(msg)

        def turn(one: tuple[int, ShopJob]) -> tuple[float, float, str]:
            since, job = one
            due = math.inf if job.due is None else job.due
            return (since, due, job.name) if limited else (due, since, job.name)

        chosen = min(there, key=turn)
        queue.remove(chosen)
        return chosen[1]

    def pass_on(self, job: ShopJob, step: int, end: int) -> None:
        """The job waits for its next operation from its end and the lag on."""
        operations = self.shop.families[job.family].operations
        if step + 1 < len(operations):
            self.waiting[job.family, step + 1].append((end + operations[step + 1].lag_slots, job))

    def pack(self, name: str, kind: str, slot: int, jobs: list[tuple[ShopJob, int]]) -> None:
        """Into the loads that start now; loads that stay empty are not made. Raises NotDecoded where they do not fit."""
        room, most = self.shop.groups[name].room, self.count.get((load_task(name, kind), slot), 0)
        ways = [self.shop.families[job.family].operations[step].ways[name] for job, step in jobs]
        inside = packed([way.room for way in ways], room, most)
        if inside is None:
            msg = f"{len(jobs)} jobs of {kind} do not fit into {most} loads of {name} at slot {slot}"
            raise NotDecoded(msg)
        for members in inside:
            unit, load = self.units[name].take(slot, slot + ways[members[0]].slots)
            for k in members:
                job, step = jobs[k]
                self.placed.append(Placed(job.name, step, name, unit, slot, load))


def packed(needs: list[float], room: float, most: int) -> list[list[int]] | None:
    """What goes together into at most ``most`` loads of ``room``: the largest first, each where it fits first, else by trying; None: never.

    >>> packed([5.0, 4.0, 3.0, 2.0], 7.0, 2)
    [[0, 3], [1, 2]]
    """
    order = sorted(range(len(needs)), key=lambda k: -needs[k])
    left: list[float] = []
    inside: list[list[int]] = []

    def placed_from(at: int) -> bool:
        if at == len(order):
            return True
        need, tried = needs[order[at]], set()
        for k, free in enumerate(left):
            if free >= need - ROOM and free not in tried:
                tried.add(free)
                left[k] -= need
                inside[k].append(order[at])
                if placed_from(at + 1):
                    return True
                left[k] = free
                inside[k].pop()
        if len(left) < most and need <= room + ROOM:
            left.append(room - need)
            inside.append([order[at]])
            if placed_from(at + 1):
                return True
            left.pop()
            inside.pop()
        return False

    return inside if placed_from(0) else None


def _units(shop: Shop, name: str) -> Units:
    """The units of a group before the first slot; with states, those on at the start were switched on before it."""
    group = shop.groups[name]
    free, loads = [0] * group.units, [0] * group.units
    if group.states is None:
        return Units([0] * group.units, free, loads)
    on = -group.states.startup_slots
    return Units([on if unit < group.states.on_at_start else None for unit in range(group.units)], free, loads)


def clean_battery(shop: Shop, battery_kw: Floats) -> Floats:
    """The battery's power (slots,) without the solver's last digits: within its limits, never over- or underfull, full enough at the end.

    Where a solver charges and discharges at once the net power stores more than it told; what then does not fit is not charged.
    """
    battery: BatteryData | None = shop.battery
    if battery is None:
        return np.zeros(shop.slots)
    eta, hours = battery.one_way, shop.slot_h
    power = np.clip(np.where(np.abs(battery_kw) < 1e-6, 0.0, battery_kw), -battery.power_kw, battery.power_kw)
    charge = battery.initial_kwh
    for t, kw in enumerate(power):
        room = battery.energy_kwh - charge
        power[t] = min(kw, room / (eta * hours)) if kw > 0 else max(kw, -charge * eta / hours)
        charge += hours * (eta * power[t] if power[t] > 0 else power[t] / eta)
    missing = battery.initial_kwh - charge
    for t in range(shop.slots - 1, -1, -1):
        if missing <= 0:
            break
        if power[t] < 0:
            less = min(-power[t], missing * eta / hours)
            power[t], missing = power[t] + less, missing - less * hours / eta
        else:
            more = min(battery.power_kw - power[t], missing / (eta * hours))
            power[t], missing = power[t] + more, missing - more * hours * eta
    return np.asarray(power)


def starts_of(shop: Shop, placed: Iterable[Placed]) -> dict[StartKey, float]:
    """Start counts of jobs and of the loads that they are in; states are not told."""
    jobs, kinds = {job.name: job for job in shop.jobs}, load_kinds(shop)
    count: Counter[StartKey] = Counter()
    loads: dict[tuple[str, int, int], StartKey] = {}
    for one in placed:
        family = jobs[one.job].family
        count[job_task(family, one.step, one.group), one.start] += 1
        kind = kinds.get((family, one.step, one.group))
        if kind is not None:
            loads[one.group, one.unit, one.load] = (load_task(one.group, kind[0]), one.start)
    count.update(loads.values())
    return {key: float(number) for key, number in count.items()}


def states_of(shop: Shop, on: Iterable[OnTime]) -> dict[StartKey, float]:
    """Start counts of switching on and off."""
    count: Counter[StartKey] = Counter()
    for one in on:
        if one.start >= 0:
            count[on_task(one.group), one.start] += 1
        if one.end < shop.slots:
            count[off_task(one.group), one.end] += 1
    return {key: float(number) for key, number in count.items()}
