"""A schedule of a line → Plan: which lots share a load when, and when furnaces are switched on and off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

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
    batches = [_batch(slots, line, state, one) for one in schedule.placed]
    batches.sort(key=lambda batch: (batch.not_before_s, batch.equipment, batch.key))
    battery = () if line.shop.battery is None else tuple(float(-kw) for kw in schedule.battery_kw)
    return Plan(
        slots.start_s,
        slots.count * slots.slot_s,
        slots.slot_s,
        tuple(batches),
        tuple(commands(slots, line, schedule)) if switch else (),
        battery,
        solution.status,
        solution.objective_krw,
        solution.bound_krw if math.isfinite(solution.bound_krw) else None,
        solution.gap if math.isfinite(solution.gap) else None,
        solution.stopped_by,
        tuple(notes),
    )


def _batch(slots: Slots, line: Line, state: LineState, one: Placed) -> PlannedBatch:
    lot = state.lots[one.job]
    family = line.shop.families[line.family_of[one.job]]
    way = family.operations[one.step].ways[one.group]
    unit = f"{one.group}.{one.unit + 1}"
    begins_s, length_s = slots.time(one.start), way.slots * slots.slot_s
    load = f"{unit}/{one.start}"
    return PlannedBatch(unit, "job", one.job, lot.product, one.job, begins_s, length_s, lot.kg, lot.pieces, load)


def commands(slots: Slots, line: Line, schedule: ShopPlan) -> Iterator[StateCommand]:
    """Each furnace off where it is not to be on, and its start-ups."""
    for name in line.switched:
        group = line.shop.groups[name]
        for unit in range(group.units):
            spans = sorted((on.start, on.end) for on in schedule.on if (on.group, on.unit) == (name, unit))
            equipment = f"{name}.{unit + 1}"
            if not spans or spans[0][0] >= 0:
                yield StateCommand(equipment, slots.start_s, "off")
            for start, end in spans:
                if start >= 0:
                    yield StateCommand(equipment, slots.time(start), "startup")
                if end < slots.count:
                    yield StateCommand(equipment, slots.time(end), "off")
