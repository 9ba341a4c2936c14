"""The rules of a shop, each by name: which of them a plan breaks, and where. Shares no code with the formulation or with any search."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from twin.optimize.check.shop_reading import Reading
from twin.optimize.problem.network import Floats
from twin.optimize.problem.shop import OnTime, Shop

Rule = Literal[
    "job",
    "once",
    "group",
    "unit",
    "horizon",
    "release",
    "precedence",
    "lag",
    "wait",
    "available",
    "overlap",
    "load",
    "recipe",
    "room",
    "states",
    "battery",
    "export",
    "capacity",
    "cap",
    "carbon",
    "cost",
]
KW = 1e-5
"""What a sum of powers may be off by, kW; energy and carbon likewise in kWh and kg."""
KRW = 1.0
"""What a stated cost may be off by."""


@dataclass(frozen=True)
class Broken:
    """A rule that a plan breaks, and where."""

    rule: Rule
    where: str


def broken_rules(reading: Reading, *, net_kw: Floats, import_kw: Floats, carbon_kg: float) -> Iterator[Broken]:
    """Every rule that the plan breaks except its stated cost; ``net_kw`` (slots,) is the load with the battery before PV."""
    yield from placing_faults(reading)
    yield from order_faults(reading)
    yield from available_faults(reading)
    yield from load_faults(reading)
    yield from overlap_faults(reading)
    yield from states_faults(reading)
    yield from battery_faults(reading, net_kw)
    yield from capacity_faults(reading)
    yield from limit_faults(reading.shop, import_kw, carbon_kg)


def cost_fault(stated_krw: float, cost_krw: float) -> Broken | None:
    """A plan states its cost to one KRW."""
    if abs(stated_krw - cost_krw) <= KRW:  # not so for NaN, the cost of a plan that nobody told yet
        return None
    return Broken("cost", f"{stated_krw:,.0f} KRW stated, {cost_krw:,.0f} KRW")


def placing_faults(reading: Reading) -> Iterator[Broken]:
    """Each operation of each job is placed once, on a unit of one of its ways, within the horizon."""
    shop = reading.shop
    count = Counter((one.job, one.step) for one in reading.plan.placed)
    for job in shop.jobs:
        for step in range(job.step, len(shop.families[job.family].operations)):
            if count[job.name, step] != 1:
                yield Broken("once", f"job {job.name} operation {step}: placed {count[job.name, step]} times")
    for one in reading.plan.placed:
        where = f"job {one.job} operation {one.step}"
        job_known, way = reading.jobs.get(one.job), reading.way(one)
        if job_known is None or reading.operation(one) is None or one.step < job_known.step:
            yield Broken("job", where)
        elif way is None:
            yield Broken("group", f"{where}: {one.group}")
        else:
            if not 0 <= one.unit < shop.groups[one.group].units:
                yield Broken("unit", f"{where}: {one.group} {one.unit}")
            if not reading.within(one, way):
                yield Broken("horizon", f"{where}: slot {one.start}")


def order_faults(reading: Reading) -> Iterator[Broken]:
    """Not before the release, not before the operation before has ended, nor its lag, nor after the longest wait."""
    for one, _ in reading.worked:
        operation, since, where = reading.operation(one), reading.since(one), f"job {one.job} operation {one.step}"
        if operation is None or since is None:
            continue
        if one.start < reading.jobs[one.job].release:
            yield Broken("release", where)
        if one.step > reading.jobs[one.job].step and one.start < since:
            yield Broken("precedence" if one.start < since - operation.lag_slots else "lag", where)
        if operation.longest_wait_slots is not None and one.start > since + operation.longest_wait_slots:
            yield Broken("wait", f"{where}: {one.start - since} slots")


def available_faults(reading: Reading) -> Iterator[Broken]:
    """Work lies wholly in slots in which its group is there, and is begun in one in which it may be."""
    for one, way in reading.worked:
        group = reading.shop.groups[one.group]
        inside = group.available[one.start : one.start + way.slots].all()
        if not inside or (group.begins is not None and not group.begins[one.start]):
            yield Broken("available", f"job {one.job} operation {one.step}: {one.group} at slot {one.start}")


def load_faults(reading: Reading) -> Iterator[Broken]:
    """What is in one load starts together, is of one recipe and one way, and fits; only a recipe shares."""
    for (group, unit, load), inside in reading.loads.items():
        where, (first, way) = f"{group} {unit} load {load}", inside[0]
        if len({one.start for one, _ in inside}) > 1:
            yield Broken("load", where)
        operations = [reading.operation(one) for one, _ in inside]
        recipes = {operation.recipe for operation in operations if operation is not None}
        same = all(
            np.array_equal(other.load_kw, way.load_kw)
            and (other.slots, other.uses, other.load_krw) == (way.slots, way.uses, way.load_krw)
            for _, other in inside
        )
        if len(inside) > 1 and (len(recipes) > 1 or None in recipes or not same):
            yield Broken("recipe", where)
        room = reading.shop.groups[group].room
        alone = len(inside) == 1 and operations[0] is not None and (operations[0].recipe is None or room <= 1)
        if not alone and sum(way.room for _, way in inside) > room + KW:
            yield Broken("room", f"{where}: {len(inside)} jobs at slot {first.start}")


def overlap_faults(reading: Reading) -> Iterator[Broken]:
    """A unit works on one load at a time."""
    spans: dict[tuple[str, int], list[tuple[int, int, int]]] = defaultdict(list)
    for (group, unit, load), inside in reading.loads.items():
        for start, slots in {(one.start, way.slots) for one, way in inside}:
            spans[group, unit].append((start, start + slots, load))
    for (group, unit), found in spans.items():
        for (_, end, load), (start, _, other) in pairwise(sorted(found)):
            if start < end and load != other:
                yield Broken("overlap", f"{group} {unit}: loads {load} and {other} at slot {start}")


def states_faults(reading: Reading) -> Iterator[Broken]:
    """Work of a group with states lies within an on-interval after its start-up; intervals of a unit do not overlap."""
    shop, spans = reading.shop, defaultdict(list)
    for on in reading.plan.on:
        where, fault = f"{on.group} {on.unit} on from {on.start} to {on.end}", on_fault(shop, on)
        if fault:
            yield Broken("states", f"{where}: {fault}")
        else:
            spans[on.group, on.unit].append(on)
    for (group, unit), found in spans.items():
        for one, other in pairwise(sorted(found, key=lambda on: on.start)):
            if other.start < one.end:
                yield Broken("states", f"{group} {unit}: on twice at slot {other.start}")
    for one_placed, way in reading.worked:
        states = shop.groups[one_placed.group].states
        if states is not None and not any(
            on.start + states.startup_slots <= one_placed.start and one_placed.start + way.slots <= on.end
            for on in spans[one_placed.group, one_placed.unit]
        ):
            yield Broken("states", f"{one_placed.group} {one_placed.unit} is not on at slot {one_placed.start}")


def on_fault(shop: Shop, on: OnTime) -> str:
    """What is wrong with one interval in itself; empty: nothing. Only units on at the start were started up before it."""
    group = shop.groups.get(on.group)
    if group is None or group.states is None or not 0 <= on.unit < group.units:
        return "no such unit with states"
    before = on.start == -group.states.startup_slots and on.unit < group.states.on_at_start
    if on.start < 0 and not before:
        return "started before the horizon"
    if on.end > shop.slots or on.end < on.start + group.states.startup_slots:
        return "ends before it is started up or after the horizon"
    return ""


def battery_faults(reading: Reading, net_kw: Floats) -> Iterator[Broken]:
    """Power and charge within their limits, at least as full at the end as at the start, nothing fed into the grid."""
    shop, power_kw = reading.shop, reading.plan.battery_kw
    if power_kw.shape != (shop.slots,):
        yield Broken("battery", f"{power_kw.shape} values, not {shop.slots}")
        return
    if shop.battery is None:
        if np.abs(power_kw).max(initial=0.0) > KW:
            yield Broken("battery", "there is none")
        return
    battery, eta = shop.battery, shop.battery.one_way
    stored = np.where(power_kw > 0, eta * power_kw, power_kw / eta)
    charge_kwh = battery.initial_kwh + shop.slot_h * np.cumsum(stored)
    if np.abs(power_kw).max(initial=0.0) > battery.power_kw + KW:
        yield Broken("battery", f"{np.abs(power_kw).max():.3f} kW")
    if charge_kwh.min() < -KW or charge_kwh.max() > battery.energy_kwh + KW:
        yield Broken("battery", f"charge between {charge_kwh.min():.3f} and {charge_kwh.max():.3f} kWh")
    if charge_kwh[-1] < battery.initial_kwh - KW:
        yield Broken("battery", f"ends at {charge_kwh[-1]:.3f} kWh")
    if (np.minimum(power_kw, 0.0) < 0).any() and net_kw.min() < -KW:
        yield Broken("export", f"{net_kw.min():.3f} kW at slot {int(net_kw.argmin())}")


def capacity_faults(reading: Reading) -> Iterator[Broken]:
    """No more people or other capacities than there are, overtime included."""
    for name, used in reading.used().items():
        capacity = reading.shop.capacities[name]
        most = capacity.available + (0.0 if capacity.overtime is None else capacity.overtime)
        if (used > most + KW).any():
            slot = int((used - most).argmax())
            yield Broken("capacity", f"{name}: {used[slot]:g} of {most[slot]:g} at slot {slot}")


def limit_faults(shop: Shop, import_kw: Floats, carbon_kg: float) -> Iterator[Broken]:
    """Power cap and emission cap."""
    if shop.cap_kw is not None and (import_kw > shop.cap_kw + KW).any():
        slot = int((import_kw - shop.cap_kw).argmax())
        yield Broken("cap", f"{import_kw[slot]:.3f} of {shop.cap_kw[slot]:.3f} kW at slot {slot}")
    if shop.carbon.cap_kg is not None and carbon_kg > shop.carbon.cap_kg + KW:
        yield Broken("carbon", f"{carbon_kg:.3f} of {shop.carbon.cap_kg:.3f} kg")
