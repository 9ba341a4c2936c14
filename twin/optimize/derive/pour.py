"""Furnaces that pour straight into a moulding line, as tokens by what they hold: whole lots of one product, never kilograms.

A heat is charged for whole lots, so a loaded furnace *is* the number of lots that it still has metal for. Each lot takes one furnace
from "metal for j lots" to "metal for j−1", the last one gives the furnace back. No metal of one furnace can stand in for that of another,
and equal furnaces in equal condition are still one pool: any furnace of a pool can do what the count says, so the counts are exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.derive.heat_cycle import Cycle, Gap, cycle_of, gaps_of
from twin.optimize.derive.melt import add_idle_stocks, heat_profile_kw, heat_slots, kept_share
from twin.optimize.derive.portions import Portion, Pouring, mean_charge_kg, planned_kg, tappable_kg
from twin.optimize.problem.grid import Slots
from twin.optimize.problem.network import Change, Stock, Task

if TYPE_CHECKING:
    from twin.optimize.derive.cast import Parts


def add_pouring(parts: Parts, pouring: Pouring, slots: Slots) -> None:
    """Tokens and tasks of a station whose furnaces pour straight into moulding lines."""
    station, cycle = pouring.station, cycle_of(pouring.station.kind)
    given = _at_start(pouring, slots)
    add_idle_stocks(parts, station, slots, cycle.idle_kw(), given.get(pouring.loaded("", 0), ()))
    _add_loaded(parts, pouring, given, slots)
    for portion in pouring.portions.values():
        for gap in gaps_of(station.kind):
            for j in range(1, portion.most + 1):
                _add_heat(parts, pouring, cycle, gap, portion, j, slots)
    if station.kind.heel_kg:
        _add_switching_off(parts, pouring, slots)


def _add_loaded(parts: Parts, pouring: Pouring, given: Mapping[str, Sequence[tuple[int, str]]], slots: Slots) -> None:
    """Furnaces by what they hold, with what they hold at the start, and giving up what is left when the crew leaves."""
    initial_kg = 0.0
    for portion in pouring.portions.values():
        for j in range(1, portion.most + 1):
            name = pouring.loaded(portion.product, j)
            here = tuple(given.get(name, ()))
            initial_kg += j * portion.kg * len(here)
            parts.add_stock(_loaded_stock(pouring, portion, j, here, slots))
            parts.at_start[name] = here
            parts.add_task(_pig_task(pouring, name, j * portion.kg, slots))
    parts.add_stock(Stock(pouring.station.metal, initial_kg))


def _loaded_stock(
    pouring: Pouring, portion: Portion, portions: int, here: Sequence[tuple[int, str]], slots: Slots
) -> Stock:
    """Furnaces that hold so many portions: they draw what holding takes, and are none when people have left."""
    count, arrivals = float(len(pouring.station.furnaces)), np.zeros(slots.count)
    for slot, _ in here:
        if 0 < slot < slots.count:
            arrivals[slot] += 1.0
    return Stock(
        pouring.loaded(portion.product, portions),
        float(sum(1 for slot, _ in here if not slot)),
        high=count,
        hold_kw=pouring.hold_kw,
        arrivals=arrivals,
        ceiling=count * kept_share(pouring.station, slots),
        product=portion.product,
        lots=portions * portion.lots,
    )


def _pig_task(pouring: Pouring, name: str, kg: float, slots: Slots) -> Task:
    """Metal that nobody has poured when people leave is cast into ingots."""
    station, kept = pouring.station, kept_share(pouring.station, slots)
    leaves = (kept < 0.5) & (np.concatenate([[1.0], kept[:-1]]) > 0.5)
    emptied = (Change(name, 0, -1.0), Change(pouring.loaded("", 0), 0, 1.0), Change(station.metal, 0, -kg))
    cost_krw = station.pig_krw_per_kg * kg
    return Task(f"{name}.pig", "pig", station.name, 0, np.zeros(0), leaves, emptied, cost_krw=cost_krw)


def _at_start(pouring: Pouring, slots: Slots) -> dict[str, list[tuple[int, str]]]:
    """Furnaces that hold or melt metal when the plan begins, by stock: counted for the product that their line is set up for."""
    station = pouring.station
    wanted = next((feed.state.product for feed in station.feeds if feed.state.product in pouring.portions), None)
    portion = pouring.portions[wanted or next(iter(pouring.portions))] if pouring.portions else None
    found: dict[str, list[tuple[int, str]]] = {}
    for name, furnace in station.furnaces.items():
        if furnace.metal_kg > 1e-6:
            whole = 0 if portion is None else min(portion.most, math.floor(furnace.metal_kg / portion.kg + 1e-9))
            slot = max(0, math.ceil((furnace.ready_s - slots.start_s - pouring.fill_s) / slots.slot_s - 1e-9))
            found.setdefault(pouring.loaded("" if portion is None else portion.product, whole), []).append((slot, name))
    return found


def _add_heat(
    parts: Parts, pouring: Pouring, cycle: Cycle, gap: Gap, portion: Portion, portions: int, slots: Slots
) -> None:
    """A heat for so many portions after a gap: as long as the longest, with the energy of the typical one; none where it does not fit."""
    station = pouring.station
    cold = bool(station.kind.heel_kg) and gap is not gaps_of(station.kind)[0]
    out_kg = portions * portion.kg
    if out_kg > tappable_kg(station, cold=cold) + 1e-6:
        return
    mean_kg, most_kg = (kg(station, out_kg, cold=cold) for kg in (mean_charge_kg, planned_kg))
    # a heat that gives more than its lots and what the scales may err by would leave metal behind
    over_kg = (
        mean_kg * station.kind.recovery * (1.0 - station.spread) - out_kg - (station.kind.heel_kg if cold else 0.0)
    )
    if over_kg > 1e-6:
        return
    longest_s = max(cycle.heat(gap_s, most_kg).duration_s for gap_s in (gap.typical_s, min(gap.longest_s, 3 * 86400.0)))
    typical = cycle.heat(gap.typical_s, mean_kg)
    length = slots.whole(longest_s - pouring.fill_s)
    correction = station.correction_kwh.get(gap.name, 0.0) * mean_kg / station.kind.charge.mass_kg
    heel_krw = station.kind.heel_kg * station.heel_krw_per_kg if cold else 0.0
    parts.add_task(
        Task(
            f"{station.name}.heat.{portion.product}.{portions}.{gap.name}",
            "heat",
            station.name,
            length,
            heat_profile_kw(typical, length, pouring.hold_kw, correction, slots),
            heat_slots(station, length, slots),
            (
                Change(f"{station.name}.{gap.name}", 0, -1.0),
                Change(pouring.loaded(portion.product, portions), length, 1.0),
                Change(station.metal, length, out_kg),
            ),
            product=portion.product,
            mass_kg=mean_kg,
            cost_krw=mean_kg * (1.0 - station.kind.recovery) * station.metal_krw_per_kg + heel_krw,
        )
    )


def _add_switching_off(parts: Parts, pouring: Pouring, slots: Slots) -> None:
    """Giving up the heel of a furnace while people are there, with what else it holds, so that nothing is held for no lot; the next heat
    is a cold one.
    """
    station = pouring.station
    cold = f"{station.name}.{gaps_of(station.kind)[-1].name}"
    here = slots.fitting(station.crew, 1) & (kept_share(replace(station, slack_s=0.0), slots) > 0.5)
    held = {pouring.loaded("", 0): 0.0}
    for portion in pouring.portions.values():
        held |= {pouring.loaded(portion.product, j): j * portion.kg for j in range(1, portion.most + 1)}
    for name, kg in held.items():
        lost = (Change(station.metal, 0, -kg),) if kg else ()
        changes = (Change(name, 0, -1.0), Change(cold, 0, 1.0), *lost)
        parts.add_task(
            Task(
                f"{name}.off",
                "shutdown",
                station.name,
                0,
                np.zeros(0),
                here,
                changes,
                cost_krw=kg * station.pig_krw_per_kg,
            )
        )
