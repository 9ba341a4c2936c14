"""Lots as tasks: a unit that is ready for a product casts one lot, or several one after the other, and comes back ready for its own.

A change of product is part of the lot that comes after it, as in the plant: set-up and lot are begun together, and the lot draws its
metal when the set-up is done. Lots start only where they end inside the same stretch of working time.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.trace import CARRIER, STATE
from twin.models.durations import mean_s, quantile_s
from twin.models.equipment import Working
from twin.optimize.derive.sharing import held_by
from twin.optimize.problem.grid import Slots
from twin.optimize.problem.network import Change, Floats, Task

if TYPE_CHECKING:
    from twin.optimize.derive.cast import CastUnit, LotClass
    from twin.scenario.scenario import Scenario

FRESH = "fresh"
"""what a unit is ready for that has not been set up since it was switched on: any product, without set-up"""


def ready(unit: CastUnit, product: str) -> str:
    """Name of the stock of a unit that is ready for a product."""
    return f"ready.{unit.name}.{product}"


@dataclass(frozen=True)
class LotTask:
    """A start of ``count`` lots, one every ``pace_s``, with a set-up of ``setup_s`` before the first."""

    task: Task
    count: int
    setup_s: float
    pace_s: float


def lot_s(scenario: Scenario, kind: Working, lots: LotClass) -> float:
    """Seconds of work on a lot: the plan's quantile of a random time, its mean where randomness is off."""
    duration = kind.cycle_of(lots.product)
    certain = duration.constant_s is not None or scenario.spec.run.randomness == "off"
    return lots.pieces * (
        mean_s(duration) if certain else max(mean_s(duration), quantile_s(duration, scenario.spec.plan.quantile))
    )


def lot_tasks(
    scenario: Scenario,
    unit: CastUnit,
    lots: LotClass,
    condition: str,
    slots: Slots,
    stocks: Container[str],
    delay_s: float = 0.0,
    *,
    remainder: bool,
) -> Iterator[LotTask]:
    """The lot (and a bundle of several, where one is much shorter than a slot) begun by a unit in ``condition``, ``delay_s`` after the
    slot's beginning. Where metal waits beside the unit a lot takes its metal from there.

    Nobody sets up for the ``remainder`` of an order alone: that follows a whole lot of its product.
    """
    work_s = lot_s(scenario, unit.kind, lots)
    fresh = condition == ready(unit, FRESH)
    same = fresh or condition == ready(unit, lots.product)
    if not same and remainder:
        return
    setup_s = 0.0 if same or unit.kind.setup is None else unit.kind.setup.between_products_s
    several = bundle(work_s, slots) if same else 1
    # where furnaces wait for their last lot two lots after one another may be better than three
    counts = range(1, several + 1) if delay_s else sorted({1, several})
    for count in [count for count in counts if count <= max(1, len(lots.jobs))]:
        length = slots.whole(setup_s + count * work_s)
        name = f"{unit.name}.lot.{lots.name}" + (f".{count}" if count > 1 else "")
        name += ("" if same else f".after.{condition.rsplit('.', 1)[-1]}") + (".first" if fresh else "")
        tail_s = delay_s + setup_s + count * work_s if delay_s else length * slots.slot_s
        task = Task(
            name,
            "lot",
            unit.name,
            length,
            profile_kw(unit.kind, setup_s, count * work_s, slots, delay_s),
            slots.fitting(unit.windows, 0, lead_s=-delay_s, tail_s=tail_s),
            lot_changes(unit, lots, condition, count, setup_s, work_s, stocks, slots),
            product=lots.product,
            uses=held_by(scenario, unit.station) if unit.own_metal else {},
        )
        pace_s = min(math.ceil(work_s / 60.0 - 1e-9) * 60.0, length * slots.slot_s / count)
        yield LotTask(task, count, setup_s, pace_s)


def lot_changes(
    unit: CastUnit,
    lots: LotClass,
    condition: str,
    count: int,
    setup_s: float,
    work_s: float,
    stocks: Container[str],
    slots: Slots,
) -> tuple[Change, ...]:
    """What a start of ``count`` lots takes and gives: the unit, lots to be begun and done, metal beside the unit."""
    length = slots.whole(setup_s + count * work_s)
    changes = [Change(condition, 0, -1.0), Change(ready(unit, lots.product), length, 1.0)]
    if f"todo.{lots.name}" in stocks:
        changes.append(Change(f"todo.{lots.name}", 0, -float(count)))
    for k in range(count):
        begun = math.floor((setup_s + k * work_s) / slots.slot_s + 1e-9)
        done = slots.whole(setup_s + (k + 1) * work_s) - 1
        changes.append(Change(f"done.{lots.name}", done, 1.0))
        if unit.own_metal:
            changes += [Change(unit.metal, begun, -lots.kg), Change(unit.booked, begun, -lots.kg)]
    return merged(changes)


def merged(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Changes of the same stock at the same offset added up; those that cancel are left out."""
    sums: dict[tuple[str, int], float] = {}
    for change in changes:
        sums[change.stock, change.offset] = sums.get((change.stock, change.offset), 0.0) + change.amount
    return tuple(Change(stock, offset, amount) for (stock, offset), amount in sums.items() if abs(amount) > 1e-12)


def bundle(work_s: float, slots: Slots) -> int:
    """Lots that are begun one after the other as one start, so that rounding up to slots wastes little; 1 for lots of a slot or more."""
    if work_s > 0.75 * slots.slot_s:
        return 1
    counts = [max(1, math.floor(k * slots.slot_s / work_s)) for k in (1, 2, 3, 4)]
    waste = [k * slots.slot_s - count * work_s for k, count in zip((1, 2, 3, 4), counts, strict=True)]
    return min(zip(waste, counts, strict=True), key=lambda pair: (pair[0] / pair[1], pair[1]))[1]


def profile_kw(kind: Working, setup_s: float, work_s: float, slots: Slots, delay_s: float = 0.0) -> Floats:
    """Mean power of each slot of a set-up and the work after it, begun ``delay_s`` after the first slot's beginning; what is left of the
    slots for which the unit is taken is standby. Work that runs on into one slot more is there without its standby, reckoned otherwise.
    """
    length = slots.whole(setup_s + work_s)
    edges = slots.slot_s * np.arange(length + 1 + slots.whole(delay_s))
    standby_kw = power_kw(kind, "standby")
    energy = standby_kw * np.minimum(edges, length * slots.slot_s)
    for state, t0, t1 in (
        ("setup", delay_s, delay_s + setup_s),
        ("processing", delay_s + setup_s, delay_s + setup_s + work_s),
    ):
        energy += (power_kw(kind, state) - standby_kw) * np.clip(edges - t0, 0.0, t1 - t0)
    return np.asarray(np.diff(energy) / slots.slot_s)


def power_kw(kind: Working, state: str) -> float:
    """Electric power of a state, by the kind itself."""
    return kind.rates().get(STATE[state], {}).get(CARRIER["electricity"], 0.0)
