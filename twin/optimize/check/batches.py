"""Rules of single batches and of the order of batches on one equipment."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from twin.ledger.trace import STATES
from twin.models.casting import poured_kg
from twin.models.durations import mean_s
from twin.optimize.check.types import Violation

if TYPE_CHECKING:
    from twin.optimize.check.site import Cell, Site
    from twin.scenario.plan import Plan, PlannedBatch

SECOND = 1.0
GRAM = 1e-3


def batch_violations(plan: Plan, site: Site) -> Iterator[Violation]:
    """Equipment, horizon, slots, overlaps, presence."""
    for batch in plan.batches:
        yield from _place(batch, site)
        yield from _time(batch, plan)
    for command in plan.commands:
        known = command.equipment in site.cells or command.equipment in site.melters
        if not known or command.state not in STATES or not 0.0 <= command.t_s - plan.start_s <= plan.horizon_s:
            yield Violation("command", command.equipment, command.t_s, f"state {command.state!r}")
    for name in {batch.equipment for batch in plan.batches if batch.kind != "tap"}:
        yield from _overlaps([b for b in plan.batches if b.equipment == name and b.kind != "tap"])


def _place(batch: PlannedBatch, site: Site) -> Iterator[Violation]:
    if batch.kind == "heat":
        good = batch.equipment in site.melters
    elif batch.kind == "job":
        good = batch.equipment in site.cells
    else:
        supplier = site.supplier_of.get(site.cells[batch.key].station) if batch.key in site.cells else None
        named = site.melters.get(batch.equipment)
        direct = batch.key in site.cells and site.cells[batch.key].window_s < float("inf")
        good = supplier is not None and (
            named.station == supplier if named is not None and direct else batch.equipment == supplier
        )
    if not good:
        yield Violation(
            "known_equipment", batch.equipment, batch.not_before_s, f"no {batch.kind} can be done there ({batch.key})"
        )


def _time(batch: PlannedBatch, plan: Plan) -> Iterator[Violation]:
    offset = batch.not_before_s - plan.start_s
    if offset < -SECOND or offset + batch.duration_s > plan.horizon_s + SECOND:
        yield Violation(
            "inside_horizon",
            batch.equipment,
            batch.not_before_s,
            f"{batch.key} ends {offset + batch.duration_s:.0f} s after the start",
        )
    past = offset % plan.slot_s
    if min(past, plan.slot_s - past) <= SECOND:
        return
    # lots shorter than a slot begin on minutes; lots poured straight from furnaces whenever their ladles come
    short = batch.kind == "job" and batch.duration_s < plan.slot_s and min(past % 60.0, -past % 60.0) <= SECOND
    if not short and not _poured(batch, plan):
        yield Violation(
            "on_slot", batch.equipment, batch.not_before_s, f"{batch.key} begins {past:.0f} s after a slot's beginning"
        )


def _poured(batch: PlannedBatch, plan: Plan) -> bool:
    """Whether a lot has a ladle of its own, or a ladle is that of a lot."""
    return batch.job is not None and any(b.kind == "tap" and b.job == batch.job for b in plan.batches)


def _overlaps(batches: list[PlannedBatch]) -> Iterator[Violation]:
    ordered = sorted(batches, key=lambda batch: batch.not_before_s)
    for first, second in itertools.pairwise(ordered):
        over = first.not_before_s + first.duration_s - second.not_before_s
        if over > SECOND:
            yield Violation(
                "one_at_a_time",
                first.equipment,
                second.not_before_s,
                f"{second.key} begins {over:.0f} s before {first.key} is over",
            )


def job_violations(plan: Plan, site: Site) -> Iterator[Violation]:
    """Jobs: known, once, all, released, on their route, in working time, long enough, with their pieces."""
    lots = [batch for batch in plan.batches if batch.kind == "job"]
    counts = Counter(batch.job for batch in lots)
    for key, count in counts.items():
        if key not in site.jobs:
            yield Violation("known_job", str(key), plan.start_s, "is not among the jobs to be cast")
        if count > 1:
            yield Violation("once", str(key), plan.start_s, f"is cast {count} times")
    for name, job in site.jobs.items():
        if name not in counts and job.due_s <= plan.start_s + plan.horizon_s:
            yield Violation("missing", name, job.due_s, "is due in the horizon and not cast")
    for name, cell in site.cells.items():
        yield from _cell_violations(
            cell, sorted((b for b in lots if b.equipment == name), key=lambda b: b.not_before_s), site
        )


def _cell_violations(cell: Cell, lots: list[PlannedBatch], site: Site) -> Iterator[Violation]:
    product, free_s = cell.state.product, cell.state.free_s
    for lot in lots:
        job = site.jobs.get(str(lot.job))
        if job is None:
            continue
        if lot.not_before_s < job.release_s - SECOND:
            yield Violation(
                "released", lot.key, lot.not_before_s, f"released {job.release_s - lot.not_before_s:.0f} s later"
            )
        if cell.station not in site.products[job.product].route or lot.product != job.product:
            yield Violation(
                "route", lot.key, lot.not_before_s, f"{job.product} is not cast at {cell.station} as {lot.product}"
            )
            continue
        need_kg = poured_kg(site.products[job.product], job.pieces)
        if lot.pieces != job.pieces or abs(lot.mass_kg - need_kg) > GRAM:
            yield Violation(
                "pieces",
                lot.key,
                lot.not_before_s,
                f"{lot.pieces} pieces, {lot.mass_kg:.3f} kg; the job has {job.pieces}, {need_kg:.3f} kg",
            )
        setup_s = (
            0.0 if cell.kind.setup is None or product in (None, job.product) else cell.kind.setup.between_products_s
        )
        need_s = setup_s + job.pieces * mean_s(cell.kind.cycle_of(job.product))
        if lot.duration_s < need_s - SECOND:
            yield Violation(
                "long_enough", lot.key, lot.not_before_s, f"{lot.duration_s:.0f} s planned, {need_s:.0f} s needed"
            )
        if (
            not cell.worktime.open(lot.not_before_s)
            or lot.not_before_s + need_s > cell.worktime.closes(lot.not_before_s) + SECOND
        ):
            yield Violation(
                "working_time",
                lot.key,
                lot.not_before_s,
                f"{need_s:.0f} s from {lot.not_before_s:.0f} s on are not all working time",
            )
        if lot.not_before_s < free_s - SECOND:
            yield Violation(
                "one_at_a_time",
                lot.equipment,
                lot.not_before_s,
                f"{lot.key} begins while the unit is busy up to {free_s:.0f} s",
            )
        product = job.product
