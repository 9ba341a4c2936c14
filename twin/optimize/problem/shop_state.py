"""A line of loads when a plan begins: lots still to be done with the operation that comes next, units at work, what their walls hold."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.experiment.draws import MeanDraws
from twin.ledger.materials import GASES
from twin.models.forming import FormingUnit
from twin.models.plant import Plant, given_state
from twin.models.station import NOBODY
from twin.scenario.orders import jobs as job_specs

if TYPE_CHECKING:
    from twin.models.phases import Phase
    from twin.scenario.plan import Plan, PlannedBatch, StateCommand
    from twin.scenario.scenario import Scenario

JUST_S = 1e-3


@dataclass(frozen=True)
class OpenLot:
    """A lot that a plan may move: ``step`` of its route comes next, from ``ready_s`` on."""

    job: str
    product: str
    pieces: int
    kg: float
    step: int
    ready_s: float
    due_s: float


@dataclass(frozen=True)
class LoadUnit:
    """A unit when the plan begins: when it is free (a load or its start-up is done), whether it is on, its state then (copied; furnaces
    remember their walls), by carrier what it takes until then, kWh and kg, and whether it is a load that it is free of then.
    """

    free_s: float
    on: bool
    state: Any
    rest: Mapping[str, float] = field(default_factory=dict)
    loaded: bool = False


@dataclass(frozen=True)
class LineState:
    """Lots and units by name; of a plan followed so far the batches that are ``left``, not begun, and the commands not heeded."""

    t_s: float
    lots: Mapping[str, OpenLot]
    units: Mapping[str, LoadUnit]
    left: frozenset[PlannedBatch] = frozenset()
    unheeded: frozenset[StateCommand] = frozenset()


def line_state(scenario: Scenario, start_s: float, end_s: float, plan: Plan | None = None) -> LineState:
    """State at the plan's start after the warm-up (or ``run.state``) and what came since, by the scenario's rule or ``plan``, every
    duration at its mean; and the lots released within the horizon.
    """
    t_s, began = start_s, given_state(scenario)
    begin_s = -scenario.spec.run.warmup_s if began is None else 0.0
    plant = Plant(scenario, MeanDraws(), begin_s, max(t_s, 1.0), plan, began)
    plant.begin()
    if t_s > plant.t_from:
        plant.floor.run(t_s)
    lots = _lots_inside(plant, t_s) | _lots_to_come(scenario, start_s, end_s)
    units = {plant.codes.equipment[unit.equipment]: _unit(unit, t_s) for unit in plant.formed}
    if plan is None:
        return LineState(t_s, lots, units)
    follower = next((unit.follower for unit in plant.formed if unit.follower is not None), None)
    queues, switches = ({}, {}) if follower is None else (follower.queues, follower.switches)
    due = {(name, load.not_before_s, key) for name, queue in queues.items() for load in queue for key in load.lots}
    left = frozenset(b for b in plan.batches if (b.equipment, b.not_before_s, b.key if b.job is None else b.job) in due)
    return LineState(t_s, lots, units, left, frozenset(one for switch in switches.values() for one in switch.commands))


def _lots_inside(plant: Plant, t_s: float) -> dict[str, OpenLot]:
    """Lots released before and not finished: in queues, and at units when these are done."""
    ready: dict[int, tuple[int, float]] = {}
    for place in plant.places.values():
        for unit in place.units:
            held = unit.lots if isinstance(unit, FormingUnit) else [unit.job]
            ready |= {job.code: (job.step + 1, max(t_s, unit.done_at)) for job in held if job is not NOBODY}
    found: dict[str, OpenLot] = {}
    for job in plant.jobs:
        if job.release >= t_s or job.code in plant.finished_at:
            continue
        step, at_s = ready.get(job.code, (job.step, t_s))
        if step < len(job.route) and at_s < math.inf:
            kg = job.pieces * plant.scenario.spec.products[job.product].mass_kg
            found[job.key] = OpenLot(job.key, job.product, round(job.pieces), kg, step, at_s, job.due)
    return found


def _lots_to_come(scenario: Scenario, start_s: float, end_s: float) -> dict[str, OpenLot]:
    products = scenario.spec.products
    return {
        job.job: OpenLot(
            job.job, job.product, job.pieces, job.pieces * products[job.product].mass_kg, 0, job.release_s, job.due_s
        )
        for job in job_specs(scenario, start_s, end_s)
    }


def _unit(unit: FormingUnit, t_s: float) -> LoadUnit:
    # what it was doing up to now: a plan that ends now has told it until then
    ready_s, word = _duty(unit, t_s if unit.follower is None else t_s - JUST_S)
    if (
        unit.job is not NOBODY and t_s < unit.done_at < math.inf
    ):  # for ever: its load waits for a crane, and is not begun
        rest = _amounts(unit.phases, t_s - unit.started)
        return LoadUnit(unit.done_at, on=True, state=copy.deepcopy(unit.state), rest=rest, loaded=True)
    unit.progress(t_s)
    state = copy.deepcopy(unit.state)
    if word == "startup" and t_s < ready_s < math.inf:
        rest = _amounts(unit.kind.rest(ready_s - t_s, word, state), 0.0)
        return LoadUnit(ready_s, on=True, state=state, rest=rest)
    return LoadUnit(t_s, word not in ("off", "startup"), state)


def _amounts(phases: Iterable[Phase], passed_s: float) -> dict[str, float]:
    """What phases draw from ``passed_s`` after their beginning on, by carrier, kWh and kg."""
    found: dict[str, float] = {}
    for phase in phases:
        gone_s = min(max(0.0, passed_s), phase.duration_s)
        for flow in phase.flows:
            amount = flow.amount(phase.duration_s) - flow.amount(gone_s)
            found[flow.carrier] = found.get(flow.carrier, 0.0) + amount * (3600.0 if flow.carrier in GASES else 1.0)
        passed_s -= phase.duration_s
    return found


def _duty(unit: FormingUnit, t_s: float) -> tuple[float, str]:
    """What a unit does between loads at a time, and up to when."""
    told = None if unit.follower is None else unit.follower.duty(unit, t_s, math.inf)
    if told is not None and told[1]:
        return told
    ends = (b for a, b, _ in unit.duties if a <= t_s < b)
    return next(ends, math.inf), unit.told(t_s)
