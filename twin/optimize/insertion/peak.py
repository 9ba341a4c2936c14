"""How far a battery can lower the peaks of a load: the lowest level that it can hold, found by bisection.

For a level, the battery discharges what lies above it and charges whenever there is room below it; that keeps the highest charge possible
at every moment, so the level can be held exactly if this never runs empty and ends as full as it began. With charge limited by the
capacity ``E`` the charge is ``s_t = C_t - max(0, max over u <= t of (C_u - E))``, ``C`` the sum of changes: no loop over slots.
"""

from __future__ import annotations

import numpy as np

from twin.optimize.problem.network import BatteryData, DemandMonth, Floats

RESOLUTION_KW = 1.0


def holds(net_kw: Floats, limit_kw: Floats, battery: BatteryData, slot_h: float) -> bool:
    """Whether the battery can keep the power (slots,) at or below ``limit_kw`` (slots,)."""
    below = limit_kw - net_kw
    if float(below.min()) < -battery.power_kw - 1e-9:
        return False
    change = np.minimum(below, battery.power_kw)
    change *= np.where(change > 0.0, slot_h * battery.one_way, slot_h / battery.one_way)
    charge = change.cumsum()
    charge += battery.initial_kwh
    spilled = np.maximum.accumulate(charge - battery.energy_kwh)
    charge -= np.maximum(spilled, 0.0)
    return bool(charge.min() >= -1e-9 and charge[-1] >= battery.initial_kwh - 1e-9)


def shaved_kw(
    net_kw: Floats, months: tuple[DemandMonth, ...], battery: BatteryData | None, slot_h: float
) -> tuple[float, ...]:
    """The peak of each month (never below its floor) after what the battery can take off, one month after another."""
    raw = [max(float(net_kw[month.counts].max(initial=0.0)), month.floor_kw, 0.0) for month in months]
    if battery is None or not battery.power_kw:
        return tuple(raw)
    limit = np.full(len(net_kw), max(float(net_kw.max()), 0.0) + battery.power_kw)
    for month, peak in zip(months, raw, strict=True):
        limit[month.counts] = np.minimum(limit[month.counts], peak)
    out = []
    for month, peak in zip(months, raw, strict=True):
        high, low = peak, max(peak - battery.power_kw, month.floor_kw)
        trial = limit.copy()
        trial[month.counts] = np.minimum(limit[month.counts], low)
        if holds(net_kw, trial, battery, slot_h):
            high = low
        while high - low > RESOLUTION_KW:
            middle = 0.5 * (high + low)
            trial[month.counts] = np.minimum(limit[month.counts], middle)
            if holds(net_kw, trial, battery, slot_h):
                high = middle
            else:
                low = middle
        limit[month.counts] = np.minimum(limit[month.counts], high)
        out.append(high)
    return tuple(out)
