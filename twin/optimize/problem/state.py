"""The plant when a plan begins: metal at the feeds, furnaces, set-ups, lots not yet cast. Read from the plant itself, randomness off."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.experiment.draws import MeanDraws
from twin.models.melting import HEATING
from twin.models.metal import MetalPlace, MetalUnit
from twin.models.phases import Flow, Phase
from twin.models.plant import Plant
from twin.models.station import NOBODY
from twin.models.worktime import ALWAYS

if TYPE_CHECKING:
    from twin.models.hearth import Hearth
    from twin.models.melting import Furnace
    from twin.models.station import Unit
    from twin.scenario.plan import Plan, PlannedBatch
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class FurnaceState:
    """``ready_s``: when its heat is or was ready; ``metal_kg`` above the heel; ``idle_s``: how long it has been empty (0: it is not);
    ``hearth``: bath and lining as they are then, or will be when the heat is ready; ``under_way``: what of that heat is still to come.
    """

    metal_kg: float
    ready_s: float
    idle_s: float
    hearth: Hearth
    under_way: tuple[Phase, ...] = ()


@dataclass(frozen=True)
class CellState:
    """``free_s``: when its lot is done; ``product``: what it is set up for (None: nothing yet); ``usable_kg``: metal beside it."""

    free_s: float
    product: str | None
    usable_kg: float


@dataclass(frozen=True)
class Snapshot:
    """By equipment name; ``begun``: keys of the jobs whose casting has begun or is done, which a plan leaves alone; ``left``: batches
    of the plan followed so far that are not begun.
    """

    t_s: float
    furnaces: Mapping[str, FurnaceState]
    cells: Mapping[str, CellState]
    begun: frozenset[str]
    left: frozenset[PlannedBatch] = frozenset()


def snapshot(scenario: Scenario, t_s: float, plan: Plan | None = None) -> Snapshot:
    """State at ``t_s`` after the warm-up and what came since, by the scenario's rule or ``plan``, every duration at its mean.

    What ``plan`` does not name is left for the plan that begins then.
    """
    plant = Plant(scenario, MeanDraws(), -scenario.spec.run.warmup_s, max(t_s, 1.0), plan)
    if plant.follower is not None:
        plant.follower.spares = False
    plant.begin()
    if t_s > plant.t_from:
        plant.floor.run(t_s)
    casting = [place for place in plant.places.values() if isinstance(place, MetalPlace)]
    units = [unit for place in casting for unit in place.units if isinstance(unit, MetalUnit)]
    waiting = {
        job.key
        for place in plant.places.values()
        for job in place.jobs()
        if any(p in casting for p in job.route[job.step :])
    }
    stuck = {unit.pending.key for unit in units if unit.pending is not None}
    waiting |= stuck
    left = frozenset() if plant.follower is None else plant.follower.left()
    return Snapshot(
        t_s,
        {f.name: _furnace(f, t_s) for shop in plant.shops for f in shop.furnaces},
        {plant.codes.equipment[unit.equipment]: _cell(unit, t_s) for unit in units},
        frozenset(job.key for job in plant.jobs if job.release < t_s and job.key not in waiting),
        left | {batch for batch in (plan.batches if plan else ()) if batch.kind == "job" and batch.job in stuck},
    )


def _furnace(furnace: Furnace, t_s: float) -> FurnaceState:
    metal, since = furnace.expected_kg(), furnace.since
    if furnace.state == HEATING:
        return FurnaceState(
            metal, furnace.ready_at, 0.0, furnace.hearth, tuple(_after(furnace.phases, t_s - furnace.begun))
        )
    furnace.progress(max(t_s, since))
    return FurnaceState(metal, furnace.ready_at, 0.0 if metal > 1e-6 else max(0.0, t_s - since), furnace.hearth)


def _after(phases: Sequence[Phase], passed_s: float) -> Iterator[Phase]:
    """What is left of phases when ``passed_s`` of them have passed."""
    for phase in phases:
        if passed_s <= 0.0:
            yield phase
        elif passed_s < phase.duration_s:
            flows = tuple(_flow_after(flow, passed_s) for flow in phase.flows)
            yield Phase(phase.duration_s - passed_s, phase.state, flows)
        passed_s -= phase.duration_s


def _flow_after(flow: Flow, passed_s: float) -> Flow:
    return Flow(flow.carrier, flow.base, tuple((amp * math.exp(-passed_s / tau), tau) for amp, tau in flow.terms))


def _cell(unit: MetalUnit, t_s: float) -> CellState:
    return CellState(_free_at(unit, t_s), unit.tool, max(0.0, unit.feed.usable_kg))


def _free_at(unit: Unit, t_s: float) -> float:
    """When the lot at work will be done: its work spread over working time from its start."""
    if unit.job is NOBODY or getattr(unit, "pending", None) is not None:
        return t_s
    if unit.ended < float("inf"):
        return t_s
    work_s = unit.durations(unit.job)
    return max(t_s, (unit.worktime or ALWAYS).spread(unit.started, work_s)[-1][1])
