"""Melting furnaces as tokens and tasks: a furnace is hot, warm, cold or loaded; a heat loads it, ladles to dosing furnaces empty it.

Metal in the furnaces is one stock of kg that only loaded furnaces hold. Equal furnaces of a station are one pool of tokens. Furnaces that
pour straight into moulds are counted by what each holds: :mod:`twin.optimize.derive.pour`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.derive.heat_cycle import Cycle, Gap, Heat, cycle_of, gaps_of
from twin.optimize.problem.grid import Slots, Window
from twin.optimize.problem.network import Change, Coupling, Flags, Floats, Stock, Task

if TYPE_CHECKING:
    from twin.models.furnace import InductionFurnace
    from twin.optimize.derive.cast import CastUnit, Parts
    from twin.optimize.problem.state import FurnaceState


CHARGE_S = 60.0
"""a heat is not begun in the last minute before its crew leaves for a break"""
PART_KRW_PER_KG = 10.0
"""what a kg in a ladle that is not full costs in the objective (assumed: half an hour of one person for a trip with a quarter of a ton)"""


@dataclass(frozen=True)
class MeltStation:
    """One melting station: furnaces by name, the crew's presence without and with short breaks, the units it feeds.

    ``correction_kwh``: by gap class, measured minus computed energy of a full heat, from a replay (first: nothing).
    ``metal_krw_per_kg``: price of what is charged; the books lose it with what burns off. ``pig_krw_per_kg``: loss on what is cast into
    ingots, ``heel_krw_per_kg`` on a heel that is given up. ``spread``: half width of what the scales err by, as a share (nothing where
    the plan is for a plant without randomness). ``slack_s``: furnaces are planned to be empty so long before their crew leaves, because
    a breakdown of a cell then costs a heat. ``emptying_kwh``: as ``correction_kwh``, of what holding and ladles took after a heat.
    """

    name: str
    kind: InductionFurnace
    furnaces: Mapping[str, FurnaceState]
    crew: Sequence[Window]
    shift: Sequence[Window]
    feeds: Sequence[CastUnit]
    correction_kwh: Mapping[str, float]
    metal_krw_per_kg: float
    pig_krw_per_kg: float
    slack_s: float
    spread: float = 0.0
    heel_krw_per_kg: float = 0.0
    emptying_kwh: Mapping[str, float] = field(default_factory=dict)

    @property
    def direct(self) -> bool:
        """Whether all its metal is poured straight into moulds."""
        return bool(self.feeds) and not any(unit.own_metal for unit in self.feeds)

    @property
    def metal(self) -> str:
        """Name of the stock of metal in its furnaces."""
        return f"metal.{self.name}"

    @property
    def out_kg(self) -> float:
        """Metal that a full heat gives: whole ladles where a little less than the largest charge gives just that."""
        most = self.kind.charge.mass_kg * self.kind.recovery
        whole = math.floor(most / self.kind.ladle.capacity_kg + 1e-9) * self.kind.ladle.capacity_kg
        by_ladle = any(unit.own_metal for unit in self.feeds)
        return whole if by_ladle and most - whole <= 0.1 * self.kind.ladle.capacity_kg and whole > 0.0 else most


@dataclass(frozen=True)
class Size:
    """A size of heat: mass charged and metal that it gives."""

    name: str
    charge_kg: float
    out_kg: float


def sizes(station: MeltStation) -> list[Size]:
    """A full heat, and where dosing furnaces take ladles, one of a single ladle for what is left over."""
    kind = station.kind
    found = [Size("full", station.out_kg / kind.recovery, station.out_kg)]
    out_kg = ladles(station)[0][1]
    part = out_kg / kind.recovery
    if (
        any(unit.own_metal for unit in station.feeds)
        and max(kind.charge.least_kg, 1.0) <= part < kind.charge.mass_kg * 0.95
    ):
        found.append(Size("ladle", part, out_kg))
    return found


def add_station(parts: Parts, station: MeltStation, slots: Slots) -> list[Coupling]:
    """Tokens, heats, taps of one melting station; the coupling of its metal to its loaded furnaces."""
    cycle = cycle_of(station.kind)
    count = float(len(station.furnaces))
    kept = kept_share(station, slots)
    idle_kw, hold_kw = cycle.idle_kw(), cycle.holding_kw()
    add_idle_stocks(parts, station, slots, idle_kw)
    loaded = [(name, f) for name, f in station.furnaces.items() if f.metal_kg > 1e-6]
    arrivals, metal_arrivals = np.zeros(slots.count), np.zeros(slots.count)
    now_tokens, now_kg, starts = 0.0, 0.0, []
    for name, furnace in loaded:
        slot = max(0, math.ceil((furnace.ready_s - slots.start_s) / slots.slot_s - 1e-9))
        starts.append((slot, name))
        if slot == 0:
            now_tokens, now_kg = now_tokens + 1.0, now_kg + furnace.metal_kg
        elif slot < slots.count:
            arrivals[slot] += 1.0
            metal_arrivals[slot] += furnace.metal_kg
    parts.add_stock(
        Stock(
            f"{station.name}.loaded", now_tokens, high=count, hold_kw=hold_kw, arrivals=arrivals, ceiling=count * kept
        )
    )
    parts.at_start[f"{station.name}.loaded"] = tuple(starts)
    most = max([station.out_kg, *(f.metal_kg for f in station.furnaces.values())])
    parts.add_stock(
        Stock(station.metal, now_kg, high=most * count, arrivals=metal_arrivals, ceiling=most * count * kept)
    )
    add_heats(parts, station, cycle, hold_kw, slots)
    add_taps(parts, station, slots)
    return [Coupling(station.metal, f"{station.name}.loaded", most)]


def kept_share(station: MeltStation, slots: Slots) -> Floats:
    """1 in slots in which metal may be in a furnace: people are there, or come back before it is given up, less the slack (slots,)."""
    windows: list[Window] = []
    for a, b in sorted(station.shift):
        if windows and a - windows[-1][1] <= station.kind.hold_through_s:
            windows[-1] = (windows[-1][0], b)
        else:
            windows.append((a, b))
    return np.where(slots.share([(a, max(a, b - station.slack_s)) for a, b in windows]) > 1.0 - 1e-9, 1.0, 0.0)


def add_idle_stocks(
    parts: Parts, station: MeltStation, slots: Slots, idle_kw: float, coming: Sequence[tuple[int, str]] = ()
) -> None:
    """Furnaces between heats by how long ago they were tapped: tokens that cool from hot to warm to cold. ``coming``: furnaces that become
    empty (and hot) by themselves, and when.
    """
    gaps, inside = gaps_of(station.kind), slots.share(station.shift)
    names = [f"{station.name}.{gap.name}" for gap in gaps]
    here = kept_share(replace(station, slack_s=0.0), slots) > 0.5
    for gap, name in zip(gaps, names, strict=True):
        units = [
            unit for unit, f in station.furnaces.items() if f.metal_kg <= 1e-6 and gap_of(f.idle_s, gaps) == gap.name
        ]
        limited = np.isfinite(gap.longest_s) and not station.kind.heel_kg
        hot = gap is gaps[0]
        starts = [(0, unit) for unit in units] + (list(coming) if hot else [])
        arrivals = np.zeros(slots.count)
        for slot, _ in starts:
            if 0 < slot < slots.count:
                arrivals[slot] += 1.0
        stock = Stock(
            name,
            float(sum(1 for slot, _ in starts if not slot)),
            high=float(len(station.furnaces)),
            hold_kw=idle_kw,
            hold_when=inside,
            longest_wait_slots=max(1, math.floor(gap.longest_s / slots.slot_s)) if limited else None,
            arrivals=arrivals if arrivals.any() else None,
        )
        # a heel is held hot while people are there and given up when they leave for long: no furnace is hot then
        if station.kind.heel_kg and hot:
            stock = replace(stock, ceiling=np.where(here, float(len(station.furnaces)), 0.0))
        if station.kind.heel_kg and not hot:
            stock = replace(stock, hold_kw=station.kind.power.auxiliaries_kw)
        parts.add_stock(stock)
        parts.at_start[name] = tuple(starts)
        parts.pool_of[name] = name if station.kind.heel_kg else f"{station.name}.idle"
    cooling = ~here if station.kind.heel_kg else np.ones(slots.count, dtype=bool)
    for first, second in itertools.pairwise(names):
        changes = (Change(first, 0, -1.0), Change(second, 0, 1.0))
        parts.add_task(Task(f"{first}.cools", "cool", station.name, 0, np.zeros(0), cooling, changes, continuous=True))


def gap_of(idle_s: float, gaps: Sequence[Gap]) -> str:
    """The class of a gap."""
    return next((gap.name for gap in gaps if idle_s <= gap.longest_s), gaps[-1].name)


def add_heats(parts: Parts, station: MeltStation, cycle: Cycle, hold_kw: float, slots: Slots) -> None:
    """A task for each size of heat and gap before it; as long as after the longest gap of the class, with the energy of the typical one."""
    hot = f"{station.name}.loaded"
    for gap in gaps_of(station.kind):
        for size in sizes(station):
            longest = cycle.heat(min(gap.longest_s, 3 * 86400.0), size.charge_kg)
            typical = cycle.heat(gap.typical_s, size.charge_kg)
            length = slots.whole(max(longest.duration_s, _at_once_s(station, cycle, gap, size)))
            correction = station.correction_kwh.get(gap.name, 0.0) * size.charge_kg / station.kind.charge.mass_kg
            name = f"{station.name}.heat.{size.name}.{gap.name}"
            out = (
                size.out_kg
                if gap.name != "cold" or not station.kind.heel_kg
                else max(0.0, size.out_kg - station.kind.heel_kg)
            )
            if station.kind.heel_kg and gap.name == "cold" and out <= 0.0:
                continue
            parts.add_task(
                Task(
                    name,
                    "heat",
                    station.name,
                    length,
                    emptied_kw(
                        heat_profile_kw(typical, length, hold_kw, correction, slots),
                        station.emptying_kwh.get(gap.name, 0.0),
                        slots,
                    ),
                    heat_slots(station, length, slots),
                    (
                        Change(f"{station.name}.{gap.name}", 0, -1.0),
                        Change(hot, length, 1.0),
                        Change(station.metal, length, out),
                    ),
                    mass_kg=size.charge_kg,
                    cost_krw=(size.charge_kg - size.out_kg) * station.metal_krw_per_kg,
                )
            )


def _at_once_s(station: MeltStation, cycle: Cycle, gap: Gap, size: Size) -> float:
    """From the slot in which the ladles of the last heat are filled, one after the other, to the end of a heat that begins after them."""
    if gap is not gaps_of(station.kind)[0]:
        return 0.0
    count = math.ceil(station.out_kg / station.kind.ladle.capacity_kg - 1e-9)
    return cycle.heat(0.0, size.charge_kg).duration_s + count * station.kind.ladle.tapping_s


def heat_slots(station: MeltStation, length: int, slots: Slots) -> np.ndarray:
    """Slots in which a heat may begin: somebody is there to charge, and to tap when it is ready (slots,)."""
    begins = slots.fitting(station.crew, 0, tail_s=CHARGE_S)
    return begins & slots.fitting(station.shift, length, tail_s=station.kind.ladle.tapping_s)


def heat_profile_kw(heat: Heat, length: int, hold_kw: float, correction_kwh: float, slots: Slots) -> Floats:
    """Mean power by slot (slots of the heat,): the heat, then holding up to the end of slot ``length``; the correction is spread like the
    heat. What of a heat is longer than ``length`` slots takes the place of the holding that a loaded furnace is reckoned with.
    """
    power = heat.power_kw(slots.slot_s) * (1.0 + correction_kwh / heat.kwh)
    count = max(length, len(power))
    profile = np.zeros(count)
    profile[: len(power)] = power
    edges = slots.slot_s * np.arange(count + 1)
    end_s, ready_s = length * slots.slot_s, heat.duration_s
    held_s = np.clip(np.minimum(edges[1:], end_s) - np.maximum(edges[:-1], ready_s), 0.0, None)
    spilled_s = np.clip(np.minimum(edges[1:], ready_s) - np.maximum(edges[:-1], end_s), 0.0, None)
    return np.asarray(profile + hold_kw * (held_s - spilled_s) / slots.slot_s)


def emptied_kw(profile_kw: Floats, emptying_kwh: float, slots: Slots) -> Floats:
    """A heat's profile (slots of the heat,) with what emptying the furnace took beyond the reckoning in its last slots, not below zero."""
    found, rest_kw = profile_kw.copy(), emptying_kwh / slots.hours
    for slot in reversed(range(len(found))):
        changed = max(0.0, found[slot] + rest_kw)
        rest_kw -= changed - found[slot]
        found[slot] = changed
    return found


def add_taps(parts: Parts, station: MeltStation, slots: Slots) -> None:
    """Ladles from the furnaces to each dosing furnace, and what empties furnaces without any."""
    crew = slots.fitting(station.crew, 1)
    for unit in station.feeds:
        if unit.own_metal:
            _add_ladles(parts, station, unit, crew, slots)
    _add_emptying(parts, station, crew, slots)


def _add_ladles(parts: Parts, station: MeltStation, unit: CastUnit, crew: Flags, slots: Slots) -> None:
    """Full ladles, the last one of a heat being what is left, and parts of one.

    A ladle is filled only when the feed has room for it: metal there or on its way is booked. A part of a ladle (1 kg a start) tops up a
    feed that has too little for a lot and no room for a ladle; it costs a trip. What is tapped in a slot is at the feed after tapping and
    way, rounded up.
    """
    lag = slots.whole(station.kind.ladle.tapping_s + station.kind.ladle.time_s)
    for name, kg in [*ladles(station), ("part", 1.0)]:
        part = name == "part"
        parts.add_task(
            Task(
                f"{station.name}.tap.{name}.{unit.name}",
                "tap",
                station.name,
                0,
                np.zeros(0),
                crew,
                (Change(station.metal, 0, -kg), Change(unit.metal, lag, kg), Change(unit.booked, 0, kg)),
                mass_kg=kg,
                target=unit.name,
                cost_krw=PART_KRW_PER_KG if part else 0.0,
                continuous=part,
            )
        )


def _add_emptying(parts: Parts, station: MeltStation, crew: Flags, slots: Slots) -> None:
    """An emptied furnace is hot; metal that nobody casts is cast into ingots."""
    hot = f"{station.name}.{gaps_of(station.kind)[0].name}"
    emptied = (Change(f"{station.name}.loaded", 0, -1.0), Change(hot, 0, 1.0))
    parts.add_task(Task(f"{station.name}.emptied", "empty", station.name, 0, np.zeros(0), crew, emptied))
    parts.add_task(
        Task(
            f"{station.name}.pig",
            "pig",
            station.name,
            0,
            np.zeros(0),
            np.ones(slots.count, dtype=bool),
            (Change(station.metal, 0, -1.0),),
            cost_krw=station.pig_krw_per_kg,
            continuous=True,
        )
    )


def ladles(station: MeltStation) -> list[tuple[str, float]]:
    """Sizes of ladle: full ones, and what a full heat leaves in the last."""
    capacity, out = station.kind.ladle.capacity_kg, station.out_kg
    rest = out - math.floor(out / capacity + 1e-9) * capacity
    return [("full", min(capacity, out))] + ([("rest", rest)] if 1e-6 < rest < out else [])
