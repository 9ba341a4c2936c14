"""Events → Plan: what people and the plant follow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from twin.models.casting import poured_kg
from twin.optimize.decode import Event
from twin.scenario.plan import Plan, PlannedBatch

if TYPE_CHECKING:
    from twin.optimize.grid import Slots
    from twin.optimize.problem import Problem
    from twin.optimize.search import Solution
    from twin.scenario.scenario import Scenario


def plan_of(
    scenario: Scenario,
    slots: Slots,
    problem: Problem,
    events: Sequence[Event],
    solution: Solution,
    notes: Iterable[str] = (),
) -> Plan:
    """The plan of a solution, with its certificate. Batches by start, then equipment."""
    batches = [batch for event in events for batch in batches_of(scenario, slots, event)]
    batches.sort(key=lambda batch: (batch.not_before_s, batch.equipment, batch.key))
    battery = (
        ()
        if problem.battery is None
        else tuple(solution.values["discharge", t] - solution.values["charge", t] for t in range(problem.slots))
    )
    return Plan(
        slots.start_s,
        slots.count * slots.slot_s,
        slots.slot_s,
        tuple(batches),
        (),
        battery,
        solution.status,
        solution.objective_krw,
        solution.bound_krw if math.isfinite(solution.bound_krw) else None,
        solution.gap if math.isfinite(solution.gap) else None,
        solution.stopped_by,
        tuple(notes),
    )


def batches_of(scenario: Scenario, slots: Slots, event: Event) -> list[PlannedBatch]:
    """Planned batches of one start: a heat, a ladle, a lot, or the lots of a bundle one after the other."""
    task, begins_s, unit = event.task, slots.time(event.slot), event.unit or ""
    if task.role == "heat":
        return [
            PlannedBatch(
                unit, "heat", f"{unit}/{event.slot}", "", None, begins_s, task.slots * slots.slot_s, task.mass_kg
            )
        ]
    if task.role == "tap":
        return [
            PlannedBatch(
                task.group,
                "tap",
                task.target or "",
                _metal(scenario, task.group),
                None,
                begins_s,
                0.0,
                event.count * task.mass_kg,
            )
        ]
    if task.role != "lot":
        return []
    length_s = task.slots * slots.slot_s / len(event.jobs)
    return [
        PlannedBatch(
            unit,
            "job",
            job.job,
            job.product,
            job.job,
            begins_s + k * length_s,
            length_s,
            poured_kg(scenario.spec.products[job.product], job.pieces),
            job.pieces,
        )
        for k, job in enumerate(event.jobs)
    ]


def _metal(scenario: Scenario, station: str) -> str:
    """What a melting station taps."""
    return str(getattr(scenario.stations[station], "alloy", ""))
