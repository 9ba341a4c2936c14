"""One unit that takes loads through a plan, in its own physics: every load with the walls as they are then, waiting, start-ups."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.ledger.materials import GASES
from twin.ledger.trace import STATES
from twin.models.batches import Batch, BatchLot, BatchProcess
from twin.models.worktime import ALWAYS, Duty, WorkTime, attended, bridged
from twin.scenario.calendar import startup_times, windows

if TYPE_CHECKING:
    from twin.models.phases import Phase
    from twin.optimize.problem.shop_state import LineState
    from twin.scenario.plan import Plan, PlannedBatch
    from twin.scenario.scenario import Scenario

AROUND_S = 14 * 86400.0
TINY_S = 1e-6


@dataclass(frozen=True)
class LoadPlan:
    """The lots that one unit is planned to process together."""

    lots: tuple[PlannedBatch, ...]

    @property
    def begins_s(self) -> float:
        """When it begins."""
        return self.lots[0].not_before_s

    @property
    def duration_s(self) -> float:
        """How long it is planned to take."""
        return self.lots[0].duration_s


@dataclass(frozen=True)
class Bench:
    """A unit: its station and kind, hours in which loads are begun, those with short breaks bridged, duties outside, state at the start."""

    name: str
    station: str
    kind: BatchProcess
    worktime: WorkTime
    attended: WorkTime
    duties: Sequence[Duty]
    free_s: float
    state: Any
    on: bool

    def switched(self, plan: Plan) -> list[tuple[float, str]]:
        """Its commands in order."""
        return sorted((c.t_s, c.state) for c in plan.commands if c.equipment == self.name)

    def ready(self, plan: Plan, t_s: float) -> bool:
        """Whether it is on and started up at a time, as far as the plan commands it."""
        before = [one for one in self.switched(plan) if one[0] <= t_s + TINY_S]
        if not before or before[-1][1] == "off":
            return not before
        return t_s >= before[-1][0] + self.kind.startup_s() - TINY_S


@dataclass
class WalkedUnit:
    """Seconds that each load needs; electricity (kWh), fuels (kWh) and gases (kg) of loads and of all that is between them."""

    durations_s: list[float] = field(default_factory=list)
    loads: dict[str, float] = field(default_factory=dict)
    between: dict[str, float] = field(default_factory=dict)


def benches(scenario: Scenario, plan: Plan, state: LineState) -> dict[str, Bench]:
    """All units that take loads, by name."""
    found = {}
    t0, t1 = plan.start_s - AROUND_S, plan.start_s + plan.horizon_s + AROUND_S
    for name, kind in scenario.stations.items():
        if not isinstance(kind, BatchProcess):
            continue
        shifts = kind.shifts or (scenario.spec.crews[kind.crew].shifts if kind.crew is not None else None)
        spans = None if shifts is None else windows(scenario, shifts, t0, t1)
        worktime, duties, together = ALWAYS, list[Duty](), ALWAYS
        if spans is not None:
            on = startup_times(scenario, name, t0, t1)
            worktime, duties = attended(spans, kind.stay_on_s, kind.startup_s(), on)
            together = WorkTime(bridged(list(zip(worktime.starts, worktime.ends, strict=True)), kind.stay_on_s, []))
        for k in range(kind.units):
            unit = f"{name}.{k + 1}"
            seen = state.units[unit]
            found[unit] = Bench(unit, name, kind, worktime, together, duties, seen.free_s, seen.state, seen.on)
    return found


def walk_unit(scenario: Scenario, plan: Plan, bench: Bench, loads: Sequence[LoadPlan]) -> WalkedUnit:
    """A unit from the plan's start to its end; a load that takes longer than planned delays those after it."""
    state, clock, found = copy.deepcopy(bench.state), max(plan.start_s, bench.free_s), WalkedUnit()
    ended, end_s = float("-inf"), plan.start_s + plan.horizon_s
    for load in loads:
        begins_s = max(clock, load.begins_s)
        _rest(plan, bench, state, (clock, begins_s), found)
        lots = tuple(BatchLot(b.key, b.product, b.pieces, b.mass_kg) for b in load.lots)
        recipe = scenario.spec.products[load.lots[0].product].recipe_at(bench.station)
        phases = bench.kind.begin(Batch(lots, recipe, begins_s, begins_s - ended), state)
        found.durations_s.append(_add(found.loads, phases))
        ended = clock = begins_s + found.durations_s[-1]
    _rest(plan, bench, state, (clock, end_s), found)
    return found


def _rest(plan: Plan, bench: Bench, state: Any, span: tuple[float, float], found: WalkedUnit) -> None:
    """What a unit does between loads: commands first, else its duties."""
    t, until = span
    while t < until - TINY_S:
        word, stop = _duty(plan, bench, t)
        stop = min(stop, until)
        _add(found.between, bench.kind.rest(stop - t, word, state))
        t = stop


def _duty(plan: Plan, bench: Bench, t: float) -> tuple[str, float]:
    """What a unit does from a time on, and up to when."""
    commands = bench.switched(plan)
    ahead = min((at for at, _ in commands if at > t + TINY_S), default=float("inf"))
    last = [one for one in commands if one[0] <= t + TINY_S]
    if last and last[-1][1] == "off":
        return "off", ahead
    if last and t < last[-1][0] + bench.kind.startup_s() - TINY_S:
        return "startup", min(ahead, last[-1][0] + bench.kind.startup_s())
    for a, b, code in bench.duties:
        if a - TINY_S <= t < b - TINY_S:
            return STATES[code], min(b, ahead)
        if a > t:
            return "starved", min(a, ahead)
    return "starved", ahead


def _add(total: dict[str, float], phases: Iterable[Phase]) -> float:
    """Count what phases draw; returns how long they are."""
    duration_s = 0.0
    for phase in phases:
        duration_s += phase.duration_s
        for flow in phase.flows:
            amount = flow.amount(phase.duration_s) * (3600.0 if flow.carrier in GASES else 1.0)
            total[flow.carrier] = total.get(flow.carrier, 0.0) + amount
    return duration_s
