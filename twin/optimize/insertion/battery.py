"""What power costs with a battery that shaves peaks and moves energy: a dynamic programme over its charge, on a grid.

Going backwards, ``V[s] = min over steps a of price · max(0, net + power(a)) + V[s + a]`` with what is bought held below a level; a few
levels between the lowest peak that the battery can hold and the peak without it are tried side by side. Every step is one that the
battery can take, so the price is one that can be reached.
"""

from __future__ import annotations

import numpy as np

from twin.optimize.insertion.facts import CAP_KRW_PER_KW, Facts
from twin.optimize.problem.network import BatteryData, Floats

STEPS = 8
MOST_LEVELS = 120
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


class Cells:
    """The grid: charge in steps of ``step_kwh`` from what is there at the start; power by step, from most discharge to most charge."""

    def __init__(self, battery: BatteryData, slot_h: float) -> None:
        most_in = battery.power_kw * slot_h * battery.one_way
        most_out = battery.power_kw * slot_h / battery.one_way
        self.step_kwh = max(most_in / STEPS, battery.energy_kwh / MOST_LEVELS)
        self.down = int(most_out / self.step_kwh + 1e-9)
        self.up = int(most_in / self.step_kwh + 1e-9)
        below = int(battery.initial_kwh / self.step_kwh + 1e-9)
        self.levels = below + int((battery.energy_kwh - battery.initial_kwh) / self.step_kwh + 1e-9) + 1
        self.start = below
        stored = self.step_kwh * np.arange(-self.down, self.up + 1)
        self.power_kw: Floats = np.where(stored > 0, stored / battery.one_way, stored * battery.one_way) / slot_h


def stored_krw(facts: Facts, net_kw: Floats, low_kw: tuple[float, ...]) -> float:
    """Energy with carbon price, demand charge and the penalty of a power cap, with the battery used as well as the grid allows.

    ``low_kw``: each month's lowest peak that the battery can hold. Infinite without a battery.
    """
    battery = facts.shop.battery
    if battery is None or battery.power_kw <= 0.0 or battery.energy_kwh <= 0.0:
        return np.inf
    cells = Cells(battery, facts.shop.slot_h)
    bought = net_kw[:, None] + cells.power_kw
    paid = facts.price[:, None] * np.maximum(bought, 0.0)
    if facts.cap_kw is not None:
        paid += CAP_KRW_PER_KW * np.maximum(bought - facts.cap_kw[:, None], 0.0)
    limits, demand = _limits(facts, net_kw, low_kw)
    cost = np.where(bought[:, :, None] <= limits[:, None, :] + 1e-6, paid[:, :, None], np.inf)[:, :, :, None]
    value = np.full((len(SHARES), cells.down + cells.levels + cells.up), np.inf)
    inside = value[:, cells.down : cells.down + cells.levels]
    inside[:, cells.start :] = 0.0
    ahead = np.lib.stride_tricks.sliding_window_view(value, cells.levels, axis=1).transpose(1, 0, 2)
    for slot in range(facts.slots - 1, -1, -1):
        inside[:] = (ahead + cost[slot]).min(axis=0)
    return float((inside[:, cells.start] + demand).min())


def _limits(facts: Facts, net_kw: Floats, low_kw: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Power that may be bought (slots, shares) and the demand charge (shares,) at levels between the lowest and the plain peaks."""
    limits = np.full((facts.slots, len(SHARES)), np.inf)
    demand, shares = np.zeros(len(SHARES)), np.array(SHARES)
    for month, low in zip(facts.months, low_kw, strict=True):
        high = max(float(net_kw[month.counts].max(initial=0.0)), month.floor_kw)
        peak = low + shares * (high - low)
        limits[month.counts] = np.minimum(limits[month.counts], peak)
        demand += month.rate_krw_per_kw * peak + month.carry_krw_per_kw * (peak - month.floor_kw)
    return limits, demand
