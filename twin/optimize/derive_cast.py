"""Casting units as tokens and tasks: a unit is ready for a product; a lot takes it, draws its metal, and gives it back ready for its own.

A change of product is part of the lot that comes after it, as in the plant: set-up and lot are begun together, and the lot draws its
metal when the set-up is done. Lots start only where they end inside the same stretch of working time.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.trace import CARRIER, STATE
from twin.models.casting import poured_kg
from twin.models.durations import mean_s, quantile_s
from twin.models.equipment import Working
from twin.optimize.grid import Slots, Window
from twin.optimize.problem import Change, Due, Flags, Floats, Stock, Task

if TYPE_CHECKING:
    from twin.optimize.decode import Pour
    from twin.optimize.derive_pour import Pouring
    from twin.optimize.state import CellState
    from twin.scenario.orders import JobSpec
    from twin.scenario.scenario import Scenario

LATE_KRW_PER_H = 50_000.0
"""what an hour of lateness of one lot is worth in the objective (assumed: more than any shift of one lot can save)"""
UNFINISHED_H = 168.0
"""hours of lateness that a lot missing at the horizon's end counts besides (assumed)"""
FRESH = "fresh"
"""what a unit is ready for that has not been set up since it was switched on: any product, without set-up"""


@dataclass(frozen=True)
class LotClass:
    """Equal lots of one product: pieces, metal of one lot, and the jobs, earliest due first."""

    product: str
    pieces: int
    kg: float
    jobs: tuple[JobSpec, ...]
    cast_due_s: tuple[float, ...]

    @property
    def name(self) -> str:
        """Product and pieces."""
        return f"{self.product}x{self.pieces}"


@dataclass(frozen=True)
class CastUnit:
    """One casting unit: its metal stock, working windows less start-up, duties outside them, state at the start."""

    name: str
    station: str
    kind: Working
    metal: str
    windows: Sequence[Window]
    duties: Sequence[tuple[float, float, int]]
    state: CellState
    capacity_kg: float
    own_metal: bool

    @property
    def booked(self) -> str:
        """Name of the stock of metal that is in its feed or on the way there."""
        return f"booked.{self.name}"


@dataclass
class Parts:
    """Pieces of a problem and the names behind its tokens."""

    stocks: dict[str, Stock] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    dues: list[Due] = field(default_factory=list)
    at_start: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    pool_of: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, tuple[JobSpec, ...]] = field(default_factory=dict)
    pours: dict[str, Pour] = field(default_factory=dict)

    def add_stock(self, stock: Stock) -> None:
        """Add a stock once."""
        self.stocks[stock.name] = stock

    def add_task(self, task: Task) -> None:
        """Add a task that may start anywhere at all."""
        if task.allowed.any():
            self.tasks[task.name] = task


def add_classes(
    parts: Parts,
    classes: Sequence[LotClass],
    slots: Slots,
    paces: Mapping[str, float],
    delays_s: Mapping[str, float] | None = None,
) -> None:
    """Stocks of lots to be begun and done, and what is due when. ``paces``: class → share of its lots wanted within the horizon;
    ``delays_s``: class → how long after their slots' beginning its lots are begun.
    """
    delays_s = {} if delays_s is None else delays_s
    for lots in classes:
        released = np.zeros(slots.count)
        at_once = 0
        for job in lots.jobs:
            slot = math.ceil((job.release_s - slots.start_s) / slots.slot_s - 1e-9)
            if slot <= 0:
                at_once += 1
            elif slot < slots.count:
                released[slot] += 1.0
        due = np.zeros(slots.count)
        for cast_due_s in lots.cast_due_s:
            ahead_s = cast_due_s - delays_s.get(lots.name, 0.0) - slots.start_s
            last = max(0, math.floor(ahead_s / slots.slot_s + 1e-9) - 1)
            if last < slots.count:
                due[last:] += 1.0
        wanted = max(float(due[-1]), math.ceil(len(lots.jobs) * paces.get(lots.name, 1.0) - 1e-9))
        if released.any():
            parts.add_stock(Stock(f"todo.{lots.name}", float(at_once), high=float(len(lots.jobs)), arrivals=released))
        parts.add_stock(Stock(f"done.{lots.name}", 0.0, high=float(len(lots.jobs))))
        parts.dues.append(
            Due(f"done.{lots.name}", due, LATE_KRW_PER_H * slots.hours, float(wanted), LATE_KRW_PER_H * UNFINISHED_H)
        )
        parts.jobs[f"done.{lots.name}"] = lots.jobs


def lot_s(scenario: Scenario, kind: Working, lots: LotClass) -> float:
    """Seconds of work on a lot: the plan's quantile of a random time, its mean where randomness is off."""
    duration = kind.cycle_of(lots.product)
    certain = duration.constant_s is not None or scenario.spec.run.randomness == "off"
    return lots.pieces * (
        mean_s(duration) if certain else max(mean_s(duration), quantile_s(duration, scenario.spec.plan.quantile))
    )


def add_unit(
    parts: Parts,
    scenario: Scenario,
    unit: CastUnit,
    classes: Sequence[LotClass],
    slots: Slots,
    pouring: Pouring | None = None,
) -> None:
    """Tokens and lots of one casting unit; ``pouring`` where its metal comes straight from the furnaces."""
    made = [lots for lots in classes if unit.station in scenario.spec.products[lots.product].route]
    products = list(dict.fromkeys(lots.product for lots in made))
    working = slots.share(unit.windows)
    standby_kw = power_kw(unit.kind, "standby")
    for condition in (
        [FRESH, *products] if unit.state.product is None else list(dict.fromkeys([unit.state.product, *products]))
    ):
        name = ready(unit, condition)
        here = condition == (unit.state.product or FRESH)
        slot = max(0, math.ceil((unit.state.free_s - slots.start_s) / slots.slot_s - 1e-9))
        arrivals = np.zeros(slots.count)
        if here and 0 < slot < slots.count:
            arrivals[slot] = 1.0
        parts.add_stock(
            Stock(
                name,
                1.0 if here and slot == 0 else 0.0,
                high=1.0,
                hold_kw=standby_kw,
                hold_when=working,
                arrivals=arrivals,
            )
        )
        parts.at_start[name] = ((slot, unit.name),) if here else ()
    whole = {lots.product: max(one.pieces for one in made if one.product == lots.product) for lots in made}
    delay_s = 0.0 if pouring is None else pouring.delay_s
    for lots in made:
        for condition in [name for name in parts.at_start if name.startswith(ready(unit, ""))]:
            remainder = lots.pieces < whole[lots.product]
            for lot in lot_tasks(scenario, unit, lots, condition, slots, parts.stocks, delay_s, remainder=remainder):
                if pouring is None:
                    parts.add_task(lot.task)
                    continue
                for task, pour in pouring.ways(lot, slots):
                    parts.add_task(task)
                    parts.pours[task.name] = pour


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
    return np.diff(energy) / slots.slot_s


def power_kw(kind: Working, state: str) -> float:
    """Electric power of a state, by the kind itself."""
    return kind.rates().get(STATE[state], {}).get(CARRIER["electricity"], 0.0)


def duties_kw(unit: CastUnit, slots: Slots) -> Floats:
    """Mean power outside working time (standby in breaks, start-up before the first shift) by slot (slots,)."""
    states = {code: name for name, code in STATE.items()}
    load = np.zeros(slots.count)
    for t0, t1, code in unit.duties:
        power = power_kw(unit.kind, states[code])
        if power:
            load += power * slots.share([(t0, t1)])
    return load


def lot_classes(scenario: Scenario, jobs: Sequence[JobSpec], cast_due_s: Mapping[str, float]) -> list[LotClass]:
    """Jobs by product and pieces, each class earliest due first. ``cast_due_s``: by when a job's casting must be over, by job."""
    groups: dict[tuple[str, int], list[JobSpec]] = {}
    for job in jobs:
        groups.setdefault((job.product, job.pieces), []).append(job)
    classes = []
    for (product, pieces), members in groups.items():
        members.sort(key=lambda job: (-job.priority, cast_due_s[job.job], job.release_s, job.job))
        kg = poured_kg(scenario.spec.products[product], pieces)
        classes.append(LotClass(product, pieces, kg, tuple(members), tuple(cast_due_s[job.job] for job in members)))
    return classes


def open_slots(windows: Sequence[Window], slots: Slots) -> Flags:
    """Slots that lie wholly in working time (slots,)."""
    return slots.share(windows) > 1.0 - 1e-9
