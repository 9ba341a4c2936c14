"""What a furnace that pours straight into moulds is counted in: portions of whole lots, when ladles are filled, which lot draws from which.

Ladles are filled ``fill_s`` after a slot's beginning and poured ``lead_s`` later; ``fill_s`` is chosen so that heats round up least.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.models.durations import mean_s
from twin.optimize.derive.heat_cycle import Cycle, cycle_of, gaps_of
from twin.optimize.derive.melt import MeltStation
from twin.optimize.plan.decode import Pour
from twin.optimize.problem.grid import Slots
from twin.optimize.problem.network import Change, Flags, Floats, Task

if TYPE_CHECKING:
    from twin.optimize.derive.cast import LotClass
    from twin.optimize.derive.lots import LotTask

MOST_PORTIONS = 4
"""a full furnace is counted in at most so many portions (each of several lots where lots are small)"""
LATEST_FILL_S = 300
"""how late after a slot's beginning ladles may be filled"""


@dataclass(frozen=True)
class Portion:
    """What furnaces are counted in for one product: ``kg`` of metal, enough for ``lots`` lots; a full furnace holds ``most`` of them. Where
    a lot is more than a furnace gives, it takes a portion from each of ``furnaces`` furnaces.
    """

    product: str
    kg: float
    lots: int
    most: int
    furnaces: int


@dataclass(frozen=True)
class Pouring:
    """How a station's furnaces feed its lines: portions by product, when ladles are filled and poured, power of a furnace that waits."""

    station: MeltStation
    portions: Mapping[str, Portion]
    fill_s: float
    hold_kw: float

    @property
    def lead_s(self) -> float:
        """From the beginning of filling a ladle to its arrival at the line."""
        return self.station.kind.ladle.tapping_s + self.station.kind.ladle.time_s

    @property
    def delay_s(self) -> float:
        """From a slot's beginning to that of the lots planned in it."""
        return self.fill_s + self.lead_s

    def loaded(self, product: str, portions: int) -> str:
        """Name of the stock of furnaces that hold metal for so many portions; of the emptied ones for none."""
        if not portions:
            return f"{self.station.name}.{gaps_of(self.station.kind)[0].name}"
        return f"{self.station.name}.{product}.{portions}"

    def ways(self, lot: LotTask, slots: Slots) -> Iterator[tuple[Task, Pour]]:
        """A lot task for each way of taking its metal from furnaces: from one, or the rest of one and then another."""
        task, portion = lot.task, self.portions[lot.task.product or ""]
        needed = math.ceil(lot.count / portion.lots - 1e-9)
        fills = [self.fill_s + lot.setup_s + k * lot.pace_s for k in range(lot.count)]
        begun = replace(task, allowed=task.allowed & _crew_there(self, fills, slots))
        for held in _sources(portion, needed):
            yield _poured_from(begun, held, needed, fills, self, portion, slots)


def tappable_kg(station: MeltStation, *, cold: bool) -> float:
    """Metal above the heel that the largest charge gives for sure, however the scales err."""
    kind = station.kind
    most_kg = kind.charge.mass_kg * kind.recovery * (1.0 - station.spread)
    return most_kg - (kind.heel_kg if cold else 0.0)


def portion_of(station: MeltStation, product: str, lot_kg: float) -> Portion:
    """How metal for lots of at most ``lot_kg`` is counted."""
    whole = math.floor(tappable_kg(station, cold=False) / lot_kg + 1e-9)
    if not whole:
        furnaces = math.ceil(lot_kg / tappable_kg(station, cold=True) - 1e-9)
        return Portion(product, lot_kg / furnaces, 1, 1, furnaces)
    lots = math.ceil(whole / MOST_PORTIONS)
    return Portion(product, lots * lot_kg, lots, whole // lots, 1)


def pouring_of(station: MeltStation, classes: Sequence[LotClass], slots: Slots) -> Pouring:
    """How the station's furnaces are counted, for the lots that its lines may cast."""
    largest: dict[str, LotClass] = {}
    for lots in classes:
        if lots.product not in largest or lots.kg > largest[lots.product].kg:
            largest[lots.product] = lots
    portions = {name: portion_of(station, name, lots.kg) for name, lots in largest.items()}
    cycle = cycle_of(station.kind)
    pouring = Pouring(station, portions, 0.0, cycle.holding_kw())
    pace_s = {name: lots.pieces * mean_s(station.feeds[0].kind.cycle_of(name)) for name, lots in largest.items()}
    lateness = range(0, LATEST_FILL_S + 1, 60)
    return replace(
        pouring, fill_s=float(min(lateness, key=lambda s: (_turn_slots(pouring, cycle, pace_s, s, slots), s)))
    )


def _turn_slots(pouring: Pouring, cycle: Cycle, pace_s: Mapping[str, float], fill_s: float, slots: Slots) -> float:
    """Slots of a furnace per lot, over all products, from one hot heat to the next where ladles are filled ``fill_s`` late."""
    total, kind = 0.0, pouring.station.kind
    for name, portion in pouring.portions.items():
        turns = []
        for j in range(1, portion.most + 1):
            heat = cycle.heat(gaps_of(kind)[0].typical_s, planned_kg(pouring.station, j * portion.kg, cold=False))
            last_s = (j * portion.lots - 1) * pace_s[name] + kind.ladle.tapping_s
            turns.append((slots.whole(heat.duration_s - fill_s) + slots.whole(fill_s + last_s)) / (j * portion.lots))
        total += min(turns)
    return round(total, 9)


def mean_charge_kg(station: MeltStation, out_kg: float, *, cold: bool) -> float:
    """Charge that gives ``out_kg`` above the heel on average: what the scales give too much is left for the next heat."""
    kind = station.kind
    return max((out_kg + (kind.heel_kg if cold else 0.0)) / kind.recovery, kind.charge.least_kg)


def planned_kg(station: MeltStation, out_kg: float, *, cold: bool) -> float:
    """Charge that gives ``out_kg`` for sure."""
    kind = station.kind
    sure_kg = (out_kg + (kind.heel_kg if cold else 0.0)) / kind.recovery / (1.0 - station.spread)
    return max(sure_kg, kind.charge.least_kg)


def _sources(portion: Portion, needed: int) -> Iterator[tuple[int, ...]]:
    """Portions that the furnaces hold which a start takes its metal from, in the order in which they are emptied: one furnace, or the rest
    of one and then another that is full or nearly so (lots from other pairs are begun one by one).
    """
    if portion.furnaces > 1:
        yield (1,) * portion.furnaces * needed
        return
    for first in range(1, portion.most + 1):
        if first >= needed:
            yield (first,)
        else:
            yield from ((first, second) for second in range(max(needed - first, portion.most - 1), portion.most + 1))


def _poured_from(
    task: Task,
    held: tuple[int, ...],
    needed: int,
    fills: Sequence[float],
    pouring: Pouring,
    portion: Portion,
    slots: Slots,
) -> tuple[Task, Pour]:
    ends = [_portions_before(held, k, needed, portion) for k in range(len(held) + 1)]
    changes, gives, extra_kw = list(task.changes), [], np.zeros(0)
    for k, holds in enumerate(held):
        left = holds - (ends[k + 1] - ends[k])
        last = k // portion.furnaces if portion.furnaces > 1 else min(len(fills), ends[k + 1] * portion.lots) - 1
        # one of two furnaces comes back when it has poured: else what it comes back as would be counted as the other
        alone = left and len(held) == 1
        back = 0 if alone else slots.whole(fills[last] + pouring.station.kind.ladle.tapping_s)
        taken, given = pouring.loaded(portion.product, holds), pouring.loaded(portion.product, left)
        changes += [Change(taken, 0, -1.0), Change(given, back, 1.0)]
        gives.append((taken, given, back))
        extra_kw = _sum(extra_kw, np.full(back, pouring.hold_kw))
    changes.append(Change(pouring.station.metal, 0, -needed * portion.kg * portion.furnaces))
    draws = tuple(_furnaces_of(k, held, ends, portion) for k in range(len(fills)))
    name = f"{task.name}.from." + "+".join(str(holds) for holds in held)
    made = replace(task, name=name, changes=tuple(changes), profile_kw=_sum(task.profile_kw, extra_kw))
    return made, Pour(tuple(gives), draws, tuple(fills), pouring.delay_s)


def _portions_before(held: tuple[int, ...], k: int, needed: int, portion: Portion) -> int:
    """Portions that the first ``k`` furnaces give."""
    return k if portion.furnaces > 1 else min(needed, sum(held[:k]))


def _furnaces_of(lot: int, held: tuple[int, ...], ends: Sequence[int], portion: Portion) -> tuple[int, ...]:
    """Which of the furnaces a lot's metal comes from, by their place in the order of emptying."""
    if portion.furnaces > 1:
        return tuple(range(lot * portion.furnaces, (lot + 1) * portion.furnaces))
    return (next(k for k in range(len(held)) if lot // portion.lots < ends[k + 1]),)


def _crew_there(pouring: Pouring, fills: Sequence[float], slots: Slots) -> Flags:
    """Slots in which somebody is there from the first ladle to the last (slots,)."""
    tail_s = fills[-1] + pouring.station.kind.ladle.tapping_s
    return slots.fitting(pouring.station.crew, 0, lead_s=-fills[0], tail_s=tail_s)


def _sum(first: Floats, second: Floats) -> Floats:
    """Two profiles added up, the shorter one filled with nothing."""
    total = np.zeros(max(len(first), len(second)))
    total[: len(first)] += first
    total[: len(second)] += second
    return total
