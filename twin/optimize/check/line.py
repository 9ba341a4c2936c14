"""The independent checker of plans of loads: plan and scenario in, broken rules out. Shares no code with the formulation or any search.

It works on times in seconds and on single loads. Durations and energy come from the equipment itself, unit by unit through the whole
horizon in the order planned, with the walls that this order leaves (:mod:`twin.optimize.check.line_walk`).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.models.batches import BatchProcess
from twin.optimize.check.claims import battery_violations
from twin.optimize.check.line_claims import LineClaim, line_claim_violations
from twin.optimize.check.line_walk import Bench, LoadPlan, benches, walk_unit
from twin.optimize.check.sharing import Work, shared_violations
from twin.optimize.check.types import Violation
from twin.optimize.problem.shop_state import LineState, line_state

if TYPE_CHECKING:
    from twin.optimize.problem.shop_state import OpenLot
    from twin.scenario.plan import Plan, PlannedBatch
    from twin.scenario.scenario import Scenario

__all__ = ["LineClaim", "check_line"]
SECOND, GRAM = 1.0, 1e-3
LATE_S = 60.0
"""what a load may take beyond its slots: the next one is begun so much later"""


@dataclass(frozen=True)
class _Context:
    scenario: Scenario
    plan: Plan
    state: LineState
    benches: Mapping[str, Bench]
    loads: Mapping[str, list[LoadPlan]]


def check_line(
    scenario: Scenario, plan: Plan, claim: LineClaim | None = None, *, state: LineState | None = None
) -> list[Violation]:
    """Every rule that the plan breaks; empty for a good plan. ``claim``: what its model says of itself, checked too where given."""
    here = line_state(scenario, plan.start_s, plan.start_s + plan.horizon_s) if state is None else state
    units = benches(scenario, plan, here)
    loads = {name: _loads(plan, name) for name in {batch.equipment for batch in plan.batches}}
    return list(_all(_Context(scenario, plan, here, units, loads), claim))


def _loads(plan: Plan, name: str) -> list[LoadPlan]:
    found: dict[str, list[PlannedBatch]] = {}
    for batch in plan.of(name):
        found.setdefault(batch.load or batch.key, []).append(batch)
    return sorted((LoadPlan(tuple(lots)) for lots in found.values()), key=lambda load: load.begins_s)


def _all(here: _Context, claim: LineClaim | None) -> Iterator[Violation]:
    for batch in here.plan.batches:
        yield from _batch(batch, here)
    yield from _lots(here)
    yield from _commands(here)
    for name, loads in here.loads.items():
        bench = here.benches.get(name)
        if bench is None:
            continue
        for load in loads:
            yield from _load(load, bench, here)
        yield from _sequence(loads, bench, here)
    yield from shared_violations(here.scenario, _works(here))
    yield from battery_violations(here.scenario, here.plan)
    if claim is not None:
        yield from line_claim_violations(here.scenario, here.plan, claim, here.state, here.benches, here.loads)


def _works(here: _Context) -> Iterator[Work]:
    """Loads planned, and those under way when the plan begins."""
    for name, unit in here.state.units.items():
        if unit.loaded:
            yield Work(name, here.state.t_s, unit.free_s)
    for name, loads in here.loads.items():
        yield from (Work(name, load.begins_s, load.begins_s + load.duration_s) for load in loads)


def _batch(batch: PlannedBatch, here: _Context) -> Iterator[Violation]:
    """Equipment, horizon, slot, lot."""
    at, plan = batch.not_before_s, here.plan
    bench, lot = here.benches.get(batch.equipment), here.state.lots.get(str(batch.job))
    if bench is None:
        yield Violation("known_equipment", batch.equipment, at, f"no load can be done there ({batch.key})")
    offset = at - plan.start_s
    if offset < -SECOND or offset + batch.duration_s > plan.horizon_s + SECOND:
        yield Violation("inside_horizon", batch.equipment, at, f"{batch.key} ends {offset + batch.duration_s:.0f} s in")
    if min(offset % plan.slot_s, -offset % plan.slot_s) > SECOND:
        yield Violation("on_slot", batch.equipment, at, f"{batch.key} begins between slots")
    if lot is None:
        yield Violation("known_job", batch.key, at, "is not among the lots still to be done")
    elif batch.product != lot.product or batch.pieces != lot.pieces or abs(batch.mass_kg - lot.kg) > GRAM:
        said = f"{batch.pieces} of {batch.product}, {batch.mass_kg:.3f} kg"
        yield Violation("pieces", batch.key, at, f"{said}; the lot is {lot.pieces} of {lot.product}, {lot.kg:.3f} kg")


def _lots(here: _Context) -> Iterator[Violation]:
    """Every lot: its operations once each, in order, none before it is released, none missing."""
    ends_s = here.plan.start_s + here.plan.horizon_s
    for name, lot in here.state.lots.items():
        mine = sorted((b for b in here.plan.batches if b.job == name), key=lambda b: b.not_before_s)
        steps = _steps(here.scenario, lot)
        if not mine:
            if lot.due_s <= ends_s and steps:
                yield Violation("missing", name, lot.due_s, "is due in the horizon and not done")
            continue
        counts = Counter(b.equipment.rpartition(".")[0] for b in mine)
        if any(count > 1 for count in counts.values()):
            yield Violation("once", name, mine[0].not_before_s, f"{dict(counts)}")
        if mine[0].not_before_s < lot.ready_s - SECOND:
            late_s = lot.ready_s - mine[0].not_before_s
            yield Violation("released", name, mine[0].not_before_s, f"there {late_s:.0f} s later")
        if len(mine) != len(steps) or any(
            b.equipment.rpartition(".")[0] not in step for b, step in zip(mine, steps, strict=False)
        ):
            stations = ", ".join(b.equipment for b in mine)
            yield Violation("operations", name, mine[0].not_before_s, f"{stations}; the route is {steps}")
        for first, second in itertools.pairwise(mine):
            over_s = first.not_before_s + first.duration_s - second.not_before_s
            if over_s > SECOND:
                detail = f"{second.equipment} begins {over_s:.0f} s before {first.equipment} is done"
                yield Violation("operations", name, second.not_before_s, detail)


def _steps(scenario: Scenario, lot: OpenLot) -> list[tuple[str, ...]]:
    """Stations that may do each load still before a lot."""
    product, found = scenario.spec.products[lot.product], []
    for own in list(product.route)[lot.step :]:
        other = product.alternatives.get(own)
        names = (own, *(() if other is None else other.stations))
        forming = tuple(name for name in names if isinstance(scenario.stations.get(name), BatchProcess))
        if forming:
            found.append(forming)
    return found


def _commands(here: _Context) -> Iterator[Violation]:
    for one in here.plan.commands:
        inside = 0.0 <= one.t_s - here.plan.start_s <= here.plan.horizon_s
        if one.equipment not in here.benches or one.state not in ("off", "startup") or not inside:
            yield Violation("command", one.equipment, one.t_s, f"state {one.state!r}")


def _load(load: LoadPlan, bench: Bench, here: _Context) -> Iterator[Violation]:
    """One load: its lots, its fill, who is there."""
    at, rule, first = load.begins_s, bench.kind.load, load.lots[0]
    if any(abs(b.not_before_s - at) > SECOND or abs(b.duration_s - load.duration_s) > SECOND for b in load.lots):
        yield Violation("load_together", first.equipment, at, f"load {first.load}")
    products = here.scenario.spec.products
    recipes = {products[b.product].recipe_at(bench.station) for b in load.lots if b.product in products}
    if len(recipes) > 1:
        yield Violation("load_recipe", first.equipment, at, f"{', '.join(sorted(map(str, recipes)))} in one load")
    fill = rule.fill(sum(b.mass_kg for b in load.lots), sum(b.pieces for b in load.lots))
    if fill > 1.0 + 1e-6:
        yield Violation("load_room", first.equipment, at, f"{fill:.1%} of what it takes")
    if fill < rule.minimum - 1e-6 and not _waited(load, bench, here):
        wait = "without limit" if rule.max_wait_s is None else f"{rule.max_wait_s / 3600.0:g} h"
        yield Violation(
            "minimum_fill", first.equipment, at, f"{fill:.0%} of {rule.minimum:.0%}; lots wait {wait} first"
        )
    if not bench.worktime.open(at + SECOND / 2):
        yield Violation("crew_present", first.equipment, at, "begun while nobody is there")
    if at + load.duration_s > bench.attended.closes(at + SECOND / 2) + SECOND:
        yield Violation("working_time", first.equipment, at, "not done when people leave")


def _waited(load: LoadPlan, bench: Bench, here: _Context) -> bool:
    """Whether the first lot of a load has waited as long as the station wants, or no further lot of its recipe is to come."""
    limit_s = bench.kind.load.max_wait_s
    since = []
    for batch in load.lots:
        before = [b for b in here.plan.batches if b.job == batch.job and b.not_before_s < batch.not_before_s]
        lot = here.state.lots.get(str(batch.job))
        ready_s = here.plan.start_s if lot is None else lot.ready_s
        since.append(max([ready_s, *(b.not_before_s + b.duration_s for b in before)]))
    return limit_s is not None and load.begins_s >= min(since) + limit_s - SECOND


def _sequence(loads: list[LoadPlan], bench: Bench, here: _Context) -> Iterator[Violation]:
    """One load at a time, each long enough, in equipment that is on."""
    if loads and loads[0].begins_s < bench.free_s - SECOND:
        yield Violation("one_at_a_time", bench.name, loads[0].begins_s, f"busy up to {bench.free_s:.0f} s")
    for first, second in itertools.pairwise(loads):
        over_s = first.begins_s + first.duration_s - second.begins_s
        if over_s > SECOND:
            detail = f"{second.lots[0].load} begins {over_s:.0f} s before {first.lots[0].load} is over"
            yield Violation("one_at_a_time", bench.name, second.begins_s, detail)
    walked = walk_unit(here.scenario, here.plan, bench, loads)
    for load, duration_s in zip(loads, walked.durations_s, strict=True):
        if duration_s > load.duration_s + LATE_S:
            detail = f"{load.duration_s:.0f} s planned, {duration_s:.0f} s needed"
            yield Violation("load_long_enough", bench.name, load.begins_s, detail)
        if not bench.ready(here.plan, load.begins_s):
            yield Violation("started_up", bench.name, load.begins_s, "switched off, or still starting up")
