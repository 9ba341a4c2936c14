"""A site battery under its rule: it sees the net load of quarter-hours and the clock only, and runs after the plant.

It discharges what exceeds ``shave_above`` and charges while the net load is below it, both within its power. Round-trip losses are split
evenly between charging and discharging (efficiency sqrt(round trip) each way); power is at the AC side. Under a plan it follows the plan's
set points within its charge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twin.scenario.schema import Battery

START_SHARE = 0.5
"""state of charge when the horizon begins (assumed)"""


def follow(battery: Battery, wanted_kw: Sequence[float] | np.ndarray, step_h: float) -> tuple[np.ndarray, np.ndarray]:
    """AC power that the battery really gives (discharge positive) and its energy after each step, for wished powers of equal steps.

    Both shapes (steps,). Power is limited by rating, charge and room.
    """
    one_way = math.sqrt(battery.round_trip)
    held = START_SHARE * battery.energy_kwh
    given, energy = np.zeros(len(wanted_kw)), np.zeros(len(wanted_kw))
    for k, wish in enumerate(wanted_kw):
        power = float(np.clip(wish, -battery.power_kw, battery.power_kw))
        if power > 0.0:
            power = min(power, held * one_way / step_h)
            held -= power / one_way * step_h
        else:
            power = max(power, -(battery.energy_kwh - held) / one_way / step_h)
            held -= power * one_way * step_h
        held = min(max(held, 0.0), battery.energy_kwh)
        given[k], energy[k] = power, held
    return given, energy


def shaving_kw(battery: Battery, net_load_kw: np.ndarray) -> np.ndarray:
    """Wished power of the rule at each quarter-hour (discharge positive), shape as given; all zero without a rule."""
    if battery.control is None:
        return np.zeros(len(net_load_kw))
    return net_load_kw - battery.control.shave_above_kw
