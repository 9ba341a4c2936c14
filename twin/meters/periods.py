"""Practice differs from one period to another, and the next start says when a heat was over: what is known of a heat of unknown length.

**Periods.** The log of one month shows the pace of one month. Weighed heats of another period, dated outside of the log and with their own
power program, show another. A heat of yet another period is drawn from neither alone: the periods are weighed as the random-effects mean
does, ``weight ~ 1 / (between + within / n)``, where the variance *between* periods is that of their mean paces less what chance alone gives
(DerSimonian and Laird 1986, the method of moments). With no variance between them they count by their heats.

**Rests.** Between a tap and the next start lies the time to empty, clean and charge. Its spread in the training log (log-normal) weighs
the lengths that a heat may have had once the next start is known; a heat cannot end after it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from twin.meters.calibration import ChargedHeat
from twin.meters.practice import Practice, full_power_kw, hold_start, pace_of
from twin.meters.segments import Heat

LEAST_TRACED = 3  # heats with a program of their own; fewer say nothing of a period
LEAST_PACE_SD = 0.05  # a fixed program is not kept to better than that


@dataclass(frozen=True)
class Period:
    """How the operators melted in one period: pace and hold of each heat, and what the period counts (weights sum to 1).

    ``heats`` are the names of weighed heats.
    """

    name: str
    paces: np.ndarray
    holds_min: np.ndarray
    weight: float = 1.0
    heats: tuple[str, ...] = ()

    @property
    def pace_sd(self) -> float:
        """Spread of the pace within the period, not below that of a fixed program."""
        return max(float(self.paces.std()), LEAST_PACE_SD)

    @property
    def mean_hold_min(self) -> float:
        """The mean hold before the tap, not below a tenth of a minute."""
        return max(float(self.holds_min.mean()), 0.1)


@dataclass(frozen=True)
class Rest:
    """Log-normal minutes between a tap and the next start: mean and standard deviation of their logarithm."""

    log_mean: float
    log_sd: float

    @classmethod
    def of(cls, heats: Sequence[Heat]) -> Rest:
        """From a log's heats (at least three)."""
        minutes = np.array([(b.t0_s - a.t1_s) / 60.0 for a, b in pairwise(heats)])
        logs = np.log(np.maximum(minutes, 1.0))
        return cls(float(logs.mean()), max(float(logs.std()), 0.1))

    def density(self, minutes: np.ndarray) -> np.ndarray:
        """Density up to a constant factor; nought where nothing is left between the tap and the next start."""
        left = np.maximum(minutes, 1e-9)
        off_sd = (np.log(left) - self.log_mean) / self.log_sd
        found: np.ndarray = np.where(minutes > 0.0, np.exp(-0.5 * off_sd**2) / left, 0.0)
        return found


def periods_of(practice: Practice, charged: Sequence[ChargedHeat], first: dt.date, last: dt.date) -> tuple[Period, ...]:
    """The log's own period (``first`` to ``last``) and, where at least three weighed heats with a program of their own are dated outside of
    it, theirs.
    """
    own = Period("log", practice.paces, practice.holds_min)
    apart = [heat for heat in charged if heat.traced and heat.date is not None and not first <= heat.date <= last]
    if len(apart) < LEAST_TRACED:
        return (own,)
    paces = np.array([pace_of(heat.power_kw, practice.step_kw, practice.full_kw) for heat in apart])
    holds = [len(heat.power_kw) - hold_start(heat.power_kw, full_power_kw(heat.power_kw)) for heat in apart]
    names = tuple(heat.name for heat in apart)
    return weighed((own, Period("weighed heats", paces, np.array(holds, dtype=float), heats=names)))


def without(periods: Sequence[Period], heat: str) -> tuple[Period, ...]:
    """The periods as they would be without one weighed heat."""
    kept = []
    for period in periods:
        stay = np.array([name != heat for name in period.heats], dtype=bool)
        if stay.all():
            kept.append(period)
        elif stay.sum() >= LEAST_TRACED:
            names = tuple(name for name in period.heats if name != heat)
            kept.append(replace(period, paces=period.paces[stay], holds_min=period.holds_min[stay], heats=names))
    return weighed(kept)


def weighed(periods: Sequence[Period]) -> tuple[Period, ...]:
    """The periods with their weights in the random-effects mean of the pace."""
    means = np.array([period.paces.mean() for period in periods])
    chance = np.array([period.pace_sd**2 / len(period.paces) for period in periods])
    between = max(0.0, float(means.var(ddof=1) - chance.mean())) if len(periods) > 1 else 0.0
    weights = 1.0 / (between + chance)
    return tuple(
        replace(period, weight=float(weight)) for period, weight in zip(periods, weights / weights.sum(), strict=True)
    )
