"""KEPCO power factor.

The month's mean of 30-minute factors, lagging by day and leading by night, and what it adds to the base charge.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from twin.reference.kepco_rules import PowerFactorClause, power_factor_clause

from .tariff_clock import WallClock, month_label, month_start
from .tariff_types import MeterLoad, PowerFactor, SupplyTerms

DAY, NIGHT = "day_lagging", "night_leading"


def _in_window(hour: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    start, end = window
    if start < end:
        return np.asarray((hour >= start) & (hour < end))
    return np.asarray((hour >= start) | (hour < end))


def _readings(
    load: MeterLoad, clock: WallClock, reading_s: int
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Month, hour and the sums of each meter reading.

    A reading is ``reading_s`` long, or one interval where that is longer.
    """
    step = max(reading_s, load.interval_s)
    key = clock.day * 86_400 + clock.second // step * step
    change = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    registers = {"kwh": load.kwh, "lag": load.kvarh_lag, "lead": load.kvarh_lead}
    sums = {name: np.add.reduceat(values, change) for name, values in registers.items() if values is not None}
    return clock.month[change], clock.hour[change], sums


def mean_factor_pct(kwh: np.ndarray, kvarh: np.ndarray, floor_pct: float) -> float | None:
    """Mean of the readings' factors 100·kWh/√(kWh² + kvarh²), none below ``floor_pct``; empty readings are left out.

    None if all are.
    """
    apparent = np.hypot(kwh, kvarh)
    used = apparent > 0
    if not used.any():
        return None
    factors = np.maximum(100.0 * kwh[used] / apparent[used], floor_pct)
    return float(factors.mean())


def share_of_base(factor: PowerFactor, clause: PowerFactorClause) -> float:
    """Addition to the base charge as a fraction (a rebate is negative): 0.2 % for each per cent off the standard."""
    if factor.deemed:
        return 0.0
    if factor.window == NIGHT:
        return max(0.0, clause.leading_standard_pct - factor.percent) * clause.share_per_percent
    return (clause.lagging_standard_pct - min(factor.percent, clause.rebate_cap_pct)) * clause.share_per_percent


def power_factors(load: MeterLoad, clock: WallClock, terms: SupplyTerms) -> list[PowerFactor]:
    """Day and night factor of each month of the load.

    By day only the lagging register counts (leading counts as 100 %), by night only the leading one. Without a var
    meter the factor is deemed to be the standard. A month's first shortfall is notice only unless notice was given
    before; rebates are always paid.
    """
    reading_s = power_factor_clause(month_start(int(clock.month[0]))).reading_s
    month, hour, sums = _readings(load, clock, reading_s)
    noticed = {DAY: terms.power_factor_noticed, NIGHT: terms.power_factor_noticed}
    result = []
    for index in np.unique(month):
        clause = power_factor_clause(month_start(int(index)))
        windows = (
            (DAY, "lag", clause.lagging_hours, clause.lagging_floor_pct),
            (NIGHT, "lead", clause.leading_hours, clause.leading_floor_pct),
        )
        for window, register, hours, floor in windows:
            mask = (month == index) & _in_window(hour, hours)
            percent = mean_factor_pct(sums["kwh"][mask], sums[register][mask], floor) if register in sums else None
            shown = clause.deemed_pct if percent is None else percent
            found = PowerFactor(month_label(int(index)), window, shown, deemed=percent is None, charged=True)
            short = share_of_base(found, clause) > 0
            result.append(dataclasses.replace(found, charged=noticed[window] or not short))
            noticed[window] = noticed[window] or short
    return result
