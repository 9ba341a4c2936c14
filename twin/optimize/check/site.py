"""What the checker reads from a scenario, by its own way: who may do what when, jobs, metal at the start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from twin.models.casting import Casting, DieCastingCell
from twin.models.furnace import InductionFurnace
from twin.models.hearth import Hearth
from twin.models.worktime import ALWAYS, WorkTime, attended, bridged
from twin.scenario.calendar import startup_times, windows
from twin.scenario.orders import jobs

if TYPE_CHECKING:
    from twin.models.casting import MouldingLine
    from twin.optimize.problem.state import CellState, FurnaceState, Snapshot
    from twin.scenario.orders import JobSpec
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import Product, Station

AROUND_S = 14 * 86400.0
AMBIENT_C = 25.0


@dataclass(frozen=True)
class Cell:
    """A casting unit: its station, kind, working time less start-up, room beside it (kg; infinite pouring time or a window), state."""

    station: str
    kind: Casting
    worktime: WorkTime
    capacity_kg: float
    window_s: float
    state: CellState


@dataclass(frozen=True)
class Melter:
    """A furnace: its station, kind, presence of its crew (without and with short breaks), state, and its physics as they are at the start
    (copied before use).
    """

    station: str
    kind: InductionFurnace
    crew: WorkTime
    shift: WorkTime
    state: FurnaceState
    hearth: Hearth


@dataclass(frozen=True)
class Site:
    """Everything by name."""

    cells: Mapping[str, Cell]
    melters: Mapping[str, Melter]
    supplier_of: Mapping[str, str]
    jobs: Mapping[str, JobSpec]
    products: Mapping[str, Product]

    def melters_of(self, station: str) -> list[str]:
        """Furnaces of a melting station."""
        return [name for name, melter in self.melters.items() if melter.station == station]


def site_of(scenario: Scenario, plan: Plan, state: Snapshot) -> Site:
    """Read the scenario for the plan's horizon."""
    end_s = plan.start_s + plan.horizon_s
    cells: dict[str, Cell] = {}
    melters: dict[str, Melter] = {}
    supplier: dict[str, str] = {}
    for name, kind in scenario.stations.items():
        units = [f"{name}.{k + 1}" for k in range(kind.units)]
        if isinstance(kind, Casting):
            cells |= {
                unit: _cell(scenario, plan, name, kind, state.cells[unit]) for unit in units if unit in state.cells
            }
        elif isinstance(kind, InductionFurnace):
            melters |= {unit: _melter(scenario, plan, name, kind, state.furnaces[unit]) for unit in units}
            supplier |= dict.fromkeys(kind.supplies, name)
    wanted = {job.job: job for job in jobs(scenario, -scenario.spec.run.warmup_s, end_s) if job.job not in state.begun}
    return Site(cells, melters, supplier, wanted, scenario.spec.products)


def _spans(scenario: Scenario, kind: Station, plan: Plan) -> list[tuple[float, float]] | None:
    shifts = (
        kind.shifts
        if kind.shifts is not None
        else scenario.spec.crews[kind.crew].shifts
        if kind.crew is not None
        else None
    )
    return (
        None
        if shifts is None
        else windows(scenario, shifts, plan.start_s - AROUND_S, plan.start_s + plan.horizon_s + AROUND_S)
    )


def _switched_on(scenario: Scenario, name: str, plan: Plan) -> list[float]:
    return startup_times(scenario, name, plan.start_s - AROUND_S, plan.start_s + plan.horizon_s + AROUND_S)


def _cell(scenario: Scenario, plan: Plan, name: str, kind: Casting, state: CellState) -> Cell:
    spans = _spans(scenario, kind, plan)
    worktime = (
        ALWAYS
        if spans is None
        else attended(spans, kind.stay_on_s, kind.startup_s(), _switched_on(scenario, name, plan))[0]
    )
    if isinstance(kind, DieCastingCell):
        dosing = kind.dosing_furnace
        return Cell(name, kind, worktime, dosing.capacity_kg - dosing.residue_kg, math.inf, state)
    pouring = cast("MouldingLine", kind).pouring
    return Cell(name, kind, worktime, pouring.capacity_kg, pouring.window_s, state)


def _melter(scenario: Scenario, plan: Plan, name: str, kind: InductionFurnace, state: FurnaceState) -> Melter:
    spans = _spans(scenario, kind, plan)
    if spans is None:
        return Melter(name, kind, ALWAYS, ALWAYS, state, state.hearth)
    on = _switched_on(scenario, name, plan)
    return Melter(
        name, kind, WorkTime(bridged(spans, 0.0, on)), WorkTime(bridged(spans, kind.stay_on_s, on)), state, state.hearth
    )
