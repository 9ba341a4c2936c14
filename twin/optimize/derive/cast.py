"""Casting units as tokens, lots of one class by count, what is due when: a unit is ready for a product, and a lot takes it.

The lots themselves are tasks of :mod:`twin.optimize.derive.lots`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.trace import STATE
from twin.models.casting import poured_kg
from twin.models.equipment import Working
from twin.optimize.derive.lots import FRESH, lot_tasks, power_kw, ready
from twin.optimize.problem.grid import Slots, Window
from twin.optimize.problem.network import Due, Flags, Floats, Stock, Task

if TYPE_CHECKING:
    from twin.optimize.derive.portions import Pouring
    from twin.optimize.plan.decode import Pour
    from twin.optimize.problem.state import CellState
    from twin.scenario.orders import JobSpec
    from twin.scenario.scenario import Scenario

LATE_KRW_PER_H = 200_000.0
"""what an hour of lateness of one lot is worth in the objective (assumed: so that a quarter of it is more than moving one lot can save)"""
UNFINISHED_H = 168.0
"""hours of lateness that a lot missing at the horizon's end counts besides (assumed)"""


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
    _add_conditions(parts, unit, list(dict.fromkeys(lots.product for lots in made)), slots)
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


def _add_conditions(parts: Parts, unit: CastUnit, products: Sequence[str], slots: Slots) -> None:
    """What a unit may be ready for: a product, or any where it has not been set up yet; it draws standby power while it waits."""
    for condition in dict.fromkeys([unit.state.product or FRESH, *products]):
        here = condition == (unit.state.product or FRESH)
        slot = max(0, math.ceil((unit.state.free_s - slots.start_s) / slots.slot_s - 1e-9))
        arrivals = np.zeros(slots.count)
        if here and 0 < slot < slots.count:
            arrivals[slot] = 1.0
        name = ready(unit, condition)
        parts.add_stock(
            Stock(
                name,
                1.0 if here and slot == 0 else 0.0,
                high=1.0,
                hold_kw=power_kw(unit.kind, "standby"),
                hold_when=slots.share(unit.windows),
                arrivals=arrivals,
            )
        )
        parts.at_start[name] = ((slot, unit.name),) if here else ()


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
