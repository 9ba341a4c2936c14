"""The plan's slots: where they lie in time, and working time on them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.optimize.problem.network import Flags, Floats
from twin.scenario.calendar import local_datetime, seconds

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

Window = tuple[float, float]


@dataclass(frozen=True)
class Slots:
    """``count`` slots of ``slot_s`` from ``start_s`` on (seconds since the run's start)."""

    start_s: float
    slot_s: float
    count: int

    @property
    def end_s(self) -> float:
        """End of the last slot."""
        return self.start_s + self.count * self.slot_s

    @property
    def hours(self) -> float:
        """Length of a slot in hours."""
        return self.slot_s / 3600.0

    def time(self, slot: int) -> float:
        """Start of a slot in seconds."""
        return self.start_s + slot * self.slot_s

    def edges(self) -> Floats:
        """Starts of all slots and the end of the last (count + 1,)."""
        return np.asarray(self.start_s + self.slot_s * np.arange(self.count + 1), dtype=float)

    def whole(self, duration_s: float) -> int:
        """A duration rounded up to slots, proof against the last bit."""
        return max(0, math.ceil(duration_s / self.slot_s - 1e-9))

    def share(self, windows: Iterable[Window]) -> Floats:
        """Share of each slot that lies in the windows (count,)."""
        covered, edges = np.zeros(self.count), self.edges()
        for a, b in windows:
            covered += np.maximum(0.0, np.minimum(edges[1:], b) - np.maximum(edges[:-1], a))
        return covered / self.slot_s

    def fitting(self, windows: Iterable[Window], slots: int, lead_s: float = 0.0, tail_s: float = 0.0) -> Flags:
        """Slots from which ``slots`` whole slots, ``lead_s`` before and ``tail_s`` after them lie inside one window (count,)."""
        starts = self.edges()[:-1]
        allowed = np.zeros(self.count, dtype=bool)
        for a, b in windows:
            allowed |= (starts - lead_s >= a - 1e-6) & (starts + slots * self.slot_s + tail_s <= b + 1e-6)
        return allowed


LONGEST_S = 366.0 * 86_400.0
"""of a horizon: planned window by window, a year takes hours"""


def slots_of(scenario: Scenario) -> Slots:
    """The slots of ``plan``: its start (default: the run's), horizon and slot. Raises InputFault where they do not fit."""
    plan = scenario.spec.plan
    start_s = 0.0 if plan.start is None else seconds(scenario, dt.datetime.combine(plan.start, dt.time()))
    if plan.horizon_s > LONGEST_S:
        msg = f"plan.horizon: {plan.horizon_s / 604_800.0:.6g} weeks is more than a plan can look ahead; write at most 1 year"
        raise InputFault(msg)
    count = round(plan.horizon_s / plan.slot_s)
    if count < 1 or abs(count * plan.slot_s - plan.horizon_s) > 1e-6:
        msg = f"plan.horizon: {plan.horizon_s:g} s is no whole number of slots of {plan.slot_s:g} s; write e.g. 1 week, 15 min"
        raise InputFault(msg)
    if 900.0 % plan.slot_s and plan.slot_s % 900.0:
        msg = f"plan.slot: {plan.slot_s:g} s neither divides a quarter-hour nor is a multiple of one; write 15 min"
        raise InputFault(msg)
    return Slots(start_s, plan.slot_s, count)


def zoned_start(scenario: Scenario, slots: Slots) -> dt.datetime:
    """Zone-aware civil time of the first slot's start."""
    return local_datetime(scenario, slots.start_s)
