"""Heats in a meter's log, by one stated rule: power above 30 kW, stretches at most 3 minutes apart joined, more than 300 kWh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.meters.reader import Meter


@dataclass(frozen=True)
class Rule:
    """``threshold_kw``: power above it counts as melting; ``join_s``: the longest time between two such readings within one heat;
    ``least_kwh``: a stretch with less is no heat (an aborted start, a melt torn apart by missing readings).
    """

    threshold_kw: float = 30.0
    join_s: float = 180.0
    least_kwh: float = 300.0


@dataclass(frozen=True)
class Heat:
    """One heat: from its first reading above the threshold to the end of its last, and the integral of power between."""

    t0_s: float
    t1_s: float
    energy_kwh: float

    @property
    def minutes(self) -> float:
        """Its length in minutes."""
        return (self.t1_s - self.t0_s) / 60.0


def find_heats(meter: Meter, rule: Rule | None = None) -> tuple[Heat, ...]:
    """The heats of a log in time order; empty where power never passes the threshold."""
    wanted = rule or Rule()
    return tuple(heat for heat in stretches(meter, wanted) if heat.energy_kwh > wanted.least_kwh)


def stretches(meter: Meter, rule: Rule) -> tuple[Heat, ...]:
    """Every joined stretch above the threshold, however small."""
    on = np.flatnonzero(meter.power_kw > rule.threshold_kw)
    if not on.size:
        return ()
    cuts = np.flatnonzero(np.diff(meter.t_s[on]) > rule.join_s)
    first = on[np.concatenate(([0], cuts + 1))]
    last = on[np.concatenate((cuts, [on.size - 1]))]
    kwh = np.concatenate(([0.0], np.cumsum(meter.power_kw))) * meter.interval_s / 3600.0
    return tuple(
        Heat(float(meter.t_s[a]), float(meter.t_s[b] + meter.interval_s), float(kwh[b + 1] - kwh[a]))
        for a, b in zip(first, last, strict=True)
    )


def own_gap_s(heats: Sequence[Heat], furnaces: int) -> np.ndarray:
    """Seconds that the furnace of each heat has stood empty, where ``furnaces`` take the heats in turn; NaN for each one's first."""
    gaps = np.full(len(heats), np.nan)
    for i in range(furnaces, len(heats)):
        gaps[i] = heats[i].t0_s - heats[i - furnaces].t1_s
    return gaps
