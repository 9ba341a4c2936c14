"""Events → Plan: what people and the plant follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from twin.models.casting import poured_kg
from twin.models.furnace import InductionFurnace
from twin.optimize.plan.certificate import certified_plan
from twin.optimize.plan.decode import Event
from twin.scenario.plan import Plan, PlannedBatch, StateCommand

GRAM = 1e-3

if TYPE_CHECKING:
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.network import Problem
    from twin.optimize.search.anytime import Solution
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
    drawn = drawn_from(scenario, events)
    batches = [batch for event in events for batch in batches_of(scenario, slots, event, drawn)]
    battery = (
        ()
        if problem.battery is None
        else tuple(solution.values["discharge", t] - solution.values["charge", t] for t in range(problem.slots))
    )
    return certified_plan(slots, solution, batches, commands_of(slots, events), battery, notes)


def drawn_from(scenario: Scenario, events: Sequence[Event]) -> dict[tuple[str, int], float]:
    """(furnace, slot in which its heat is begun) → metal that the lots take which are poured from it."""
    begun: dict[str, int] = {}
    found: dict[tuple[str, int], float] = {}
    for event in events:
        if event.task.role == "heat" and event.unit is not None:
            begun[event.unit] = event.slot
        for k, furnace in enumerate(event.furnaces):
            if furnace in begun:
                key = (furnace, begun[furnace])
                found[key] = found.get(key, 0.0) + drawn_kg(scenario, event, k)
    return found


def drawn_kg(scenario: Scenario, event: Event, furnace: int) -> float:
    """Metal that the lots of a start take from the furnace at a place in its list."""
    if event.pour is None:
        return 0.0
    return sum(
        poured_kg(scenario.spec.products[job.product], job.pieces) / len(draws)
        for job, draws in zip(event.jobs, event.pour.draws, strict=True)
        if furnace in draws
    )


def commands_of(slots: Slots, events: Sequence[Event]) -> tuple[StateCommand, ...]:
    """Furnaces whose heel is given up before the crew leaves."""
    return tuple(
        StateCommand(event.unit, slots.time(event.slot), "standby")
        for event in events
        if event.task.role == "shutdown" and event.unit is not None
    )


def batches_of(
    scenario: Scenario, slots: Slots, event: Event, drawn: Mapping[tuple[str, int], float]
) -> list[PlannedBatch]:
    """Planned batches of one start: a heat, a ladle, a lot, or the lots of a bundle one after the other, with their ladles."""
    task, begins_s, unit = event.task, slots.time(event.slot), event.unit or ""
    if task.role == "heat":
        length_s = task.slots * slots.slot_s
        mass_kg = charge_kg(scenario, event, drawn.get((unit, event.slot)))
        return [PlannedBatch(unit, "heat", f"{unit}/{event.slot}", "", None, begins_s, length_s, mass_kg)]
    if task.role == "tap":
        kg, metal = event.count * task.mass_kg, _metal(scenario, task.group)
        return [PlannedBatch(task.group, "tap", task.target or "", metal, None, begins_s, 0.0, kg)]
    if task.role != "lot":
        return []
    length_s = task.slots * slots.slot_s / len(event.jobs)
    begun = [begins_s + k * length_s for k in range(len(event.jobs))]
    if event.pour is not None:
        fills = event.pour.fills_s
        begun = [begins_s + event.pour.delay_s + fill_s - fills[0] for fill_s in fills]
        length_s = length_s if len(fills) == 1 else fills[1] - fills[0]
    lots = [
        PlannedBatch(unit, "job", job.job, job.product, job.job, t, length_s, kg, job.pieces)
        for t, job in zip(begun, event.jobs, strict=True)
        for kg in [poured_kg(scenario.spec.products[job.product], job.pieces)]
    ]
    return [*lots, *(ladle for k, lot in enumerate(lots) for ladle in ladles_of(slots, event, k, lot))]


def charge_kg(scenario: Scenario, event: Event, drawn_kg: float | None) -> float:
    """What is charged: where the metal is poured straight into moulds so much that it is enough for its lots however the scales err."""
    kind, task = scenario.stations[event.task.group], event.task
    if not isinstance(kind, InductionFurnace) or drawn_kg is None:
        return task.mass_kg
    spread = kind.charge.spread if scenario.spec.run.randomness == "on" else 0.0
    given_kg = sum(change.amount for change in task.changes if change.amount > 0 and change.stock.startswith("metal."))
    heel_kg = kind.heel_kg if task.mass_kg * kind.recovery >= given_kg + kind.heel_kg - GRAM else 0.0
    enough_kg = (drawn_kg + heel_kg) / kind.recovery / (1.0 - spread)
    return min(kind.charge.mass_kg, max(enough_kg, kind.charge.least_kg))


def ladles_of(slots: Slots, event: Event, place: int, lot: PlannedBatch) -> list[PlannedBatch]:
    """The ladles of the lot at a place in a start, each from one furnace: key is the unit that it goes to."""
    if event.pour is None:
        return []
    begins_s, draws = slots.time(event.slot) + event.pour.fills_s[place], event.pour.draws[place]
    return [
        PlannedBatch(name, "tap", lot.equipment, lot.product, lot.job, begins_s, 0.0, lot.mass_kg / len(draws))
        for name in (event.furnaces[k] for k in draws)
    ]


def _metal(scenario: Scenario, station: str) -> str:
    """What a melting station taps."""
    return str(getattr(scenario.stations[station], "alloy", ""))
