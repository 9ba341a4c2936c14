"""A schedule of a line → Plan: which lots share a load when, and when furnaces are switched on and off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from twin.optimize.derive.line_at_work import unit_at_work
from twin.optimize.plan.certificate import certified_plan
from twin.optimize.search.shop import ShopSolution
from twin.scenario.plan import Plan, PlannedBatch, StateCommand

if TYPE_CHECKING:
    from twin.optimize.derive.shop import Line
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.shop import Placed, ShopPlan
    from twin.optimize.problem.shop_state import LineState


def line_plan(
    slots: Slots,
    line: Line,
    state: LineState,
    solution: ShopSolution,
    notes: Iterable[str] = (),
    *,
    switch: bool = True,
) -> Plan:
    """The plan of a solution with its certificate; with ``switch`` its furnaces are switched, else they go by the roster."""
    schedule = solution.plan
    if schedule is None:
        return Plan(slots.start_s, slots.count * slots.slot_s, slots.slot_s, status=solution.status)
    names = equipment_of(line, state, schedule)
    batches = [_batch(slots, line, state, one, names) for one in schedule.placed if unit_at_work(one.job) is None]
    battery = () if line.shop.battery is None else tuple(float(-kw) for kw in schedule.battery_kw)
    told = commands(slots, line, schedule, names) if switch else ()
    return certified_plan(slots, solution, batches, told, battery, notes, line.later)


def equipment_of(line: Line, state: LineState, schedule: ShopPlan) -> dict[tuple[str, int], str]:
    """Which equipment each unit of a group is: those at work when the plan begins are the ones that are, those on are on."""
    found: dict[tuple[str, int], str] = {}
    for one in schedule.placed:
        unit = unit_at_work(one.job)
        if unit is not None:
            found[one.group, one.unit] = unit
    on = {(one.group, one.unit) for one in schedule.on if one.start < 0}
    for name, group in line.shop.groups.items():
        left = [f"{name}.{k + 1}" for k in range(group.units) if f"{name}.{k + 1}" not in found.values()]
        units = [(name, k) for k in range(group.units) if (name, k) not in found]
        if group.states is not None and schedule.on:
            left.sort(key=lambda unit: not state.units[unit].on)
            units.sort(key=lambda unit: unit not in on)
        found |= dict(zip(units, left, strict=True))
    return found


def _batch(
    slots: Slots, line: Line, state: LineState, one: Placed, names: Mapping[tuple[str, int], str]
) -> PlannedBatch:
    lot, unit = state.lots[one.job], names[one.group, one.unit]
    way = line.shop.families[line.family_of[one.job]].operations[one.step].ways[one.group]
    begins_s, length_s = slots.time(one.start), way.slots * slots.slot_s
    load = f"{unit}/{round(begins_s / slots.slot_s)}"
    return PlannedBatch(unit, "job", one.job, lot.product, one.job, begins_s, length_s, lot.kg, lot.pieces, load)


def commands(
    slots: Slots, line: Line, schedule: ShopPlan, names: Mapping[tuple[str, int], str]
) -> Iterator[StateCommand]:
    """Each furnace off where it is not to be on, and its start-ups."""
    for name in line.switched:
        group = line.shop.groups[name]
        for unit in range(group.units):
            spans = sorted((on.start, on.end) for on in schedule.on if (on.group, on.unit) == (name, unit))
            equipment = names[name, unit]
            if not spans or spans[0][0] >= 0:
                yield StateCommand(equipment, slots.start_s, "off")
            for start, end in spans:
                if start >= 0:
                    yield StateCommand(equipment, slots.time(start), "startup")
                if end < slots.count:
                    yield StateCommand(equipment, slots.time(end), "off")
