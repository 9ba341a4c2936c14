"""A line of loads when a plan begins: lots still to be done with the operation that comes next, units at work, what their walls hold."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.experiment.draws import MeanDraws
from twin.models.forming import FormingUnit
from twin.models.plant import Plant
from twin.models.station import NOBODY
from twin.scenario.orders import jobs as job_specs

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario


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
    """A unit when the plan begins: when it is free, whether it is switched on, its state (copied; furnaces remember their walls)."""

    free_s: float
    on: bool
    state: Any


@dataclass(frozen=True)
class LineState:
    """Lots and units by name."""

    t_s: float
    lots: Mapping[str, OpenLot]
    units: Mapping[str, LoadUnit]


def line_state(scenario: Scenario, start_s: float, end_s: float, plan: Plan | None = None) -> LineState:
    """State at the plan's start after the warm-up and what came since, by the scenario's rule or ``plan``, every duration at its mean;
    and the lots released within the horizon.
    """
    t_s = start_s
    plant = Plant(scenario, MeanDraws(), -scenario.spec.run.warmup_s, max(t_s, 1.0), plan)
    plant.begin()
    if t_s > plant.t_from:
        plant.floor.run(t_s)
    lots = _lots_inside(plant, t_s) | _lots_to_come(scenario, start_s, end_s)
    units = {plant.codes.equipment[unit.equipment]: _unit(unit, t_s) for unit in plant.formed}
    return LineState(t_s, lots, units)


def _lots_inside(plant: Plant, t_s: float) -> dict[str, OpenLot]:
    """Lots released before and not finished: in queues, and at units when these are done."""
    ready: dict[int, tuple[int, float]] = {}
    for place in plant.places.values():
        for unit in place.units:
            held = [job for job, _ in unit.lots] if isinstance(unit, FormingUnit) else [unit.job]
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
    busy = unit.job is not NOBODY and unit.done_at > t_s
    on = busy or unit.told(t_s) not in ("off", "startup")
    if not busy:
        unit.progress(t_s)
    return LoadUnit(unit.done_at if busy else t_s, on, copy.deepcopy(unit.state))
