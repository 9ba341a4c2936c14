"""The load of what was begun before the horizon and goes on in it: heats and lots under way, until a slot finds them done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.derive.heat_cycle import cycle_of, energy_until
from twin.optimize.derive.lots import power_kw

if TYPE_CHECKING:
    from twin.optimize.derive.cast import CastUnit
    from twin.optimize.derive.melt import MeltStation
    from twin.optimize.problem.grid import Slots, Window
    from twin.optimize.problem.network import Floats


def under_way_kw(units: Sequence[CastUnit], stations: Sequence[MeltStation], slots: Slots) -> Floats:
    """Mean power by slot (slots,), kW: nothing where the horizon finds every unit idle or loaded."""
    load = np.zeros(slots.count)
    for unit in units:
        load += _lot_kw(unit, slots)
    for station in stations:
        load += _heats_kw(station, slots)
    return load


def _lot_kw(unit: CastUnit, slots: Slots) -> Floats:
    """A lot until it is done, then standby until the next slot begins; in working time."""
    free_s = min(unit.state.free_s, slots.end_s)
    if free_s <= slots.start_s:
        return np.zeros(slots.count)
    next_s = slots.time(math.ceil((free_s - slots.start_s) / slots.slot_s - 1e-9))
    lot = slots.share(clipped(unit.windows, slots.start_s, free_s))
    after = slots.share(clipped(unit.windows, free_s, next_s))
    return np.asarray(power_kw(unit.kind, "processing") * lot + power_kw(unit.kind, "standby") * after)


def clipped(windows: Sequence[Window], t0: float, t1: float) -> list[Window]:
    """What of windows lies between two times."""
    return [(max(a, t0), min(b, t1)) for a, b in windows if max(a, t0) < min(b, t1)]


def _heats_kw(station: MeltStation, slots: Slots) -> Floats:
    """What is left of heats, then holding until the next slot begins."""
    edges = slots.start_s + slots.slot_s * np.arange(slots.count + 1)
    load = np.zeros(slots.count)
    for furnace in station.furnaces.values():
        if not furnace.under_way:
            continue
        kwh = np.array([energy_until(furnace.under_way, t - slots.start_s) for t in edges])
        next_s = slots.time(math.ceil((furnace.ready_s - slots.start_s) / slots.slot_s - 1e-9))
        load += np.diff(kwh) * 3600.0 / slots.slot_s
        load += cycle_of(station.kind).holding_kw() * slots.share([(furnace.ready_s, min(next_s, slots.end_s))])
    return load
