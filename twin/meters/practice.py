"""What the operators do, from the meter alone: a stepped power ramp at a varying pace, full power, sometimes a hold before the tap.

Time within the ramp is scaled: at pace ``s`` a step of the program lasts ``s`` times as long as at pace 1 (the median). The scaling is
found
by alternating least squares on cumulated energy: the program's steps given every heat's pace, every heat's pace given the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STEP_MIN = 4.0
FULL_SHARE = 0.93  # of a heat's own 95th percentile: readings above it are full power
PACES = np.linspace(0.02, 3.0, 150)
ROUNDS = 8
LATEST_RAMP_MIN = 70
LEAST_FULL_MIN = 20  # the last minutes of a heat are full power or hold, never ramp


@dataclass(frozen=True)
class Practice:
    """The fitted program. ``step_kw[i]`` is the meter's power in step i, each ``STEP_MIN`` minutes at pace 1; then ``full_kw``.

    ``paces`` and ``holds_min`` hold one value a training heat; ``hold_kw`` is the mean power of holds,
    ``hold_sd_kw`` its standard error over heats; ``full_sd_kw`` is the spread of full
    power between heats.
    """

    step_kw: np.ndarray
    full_kw: float
    full_sd_kw: float
    hold_kw: float
    hold_sd_kw: float
    paces: np.ndarray
    holds_min: np.ndarray

    @property
    def ramp_min(self) -> float:
        """Length of the ramp at pace 1."""
        return STEP_MIN * len(self.step_kw)

    @property
    def ramp_deficit_kwh(self) -> float:
        """Energy by which the ramp at pace 1 falls short of full power."""
        return float((self.full_kw - self.step_kw).sum()) * STEP_MIN / 60.0

    @property
    def pace_sd(self) -> float:
        """Spread of the pace about 1."""
        return float(self.paces.std())

    def power_kw(self, pace: float, minutes: int) -> np.ndarray:
        """Mean power of each of the first ``minutes`` minutes, (minutes,) in kW."""
        edges = np.arange(minutes + 1.0)
        return np.diff(np.interp(edges, *self._energy(pace, float(minutes))))

    def steps(self, pace: float) -> list[tuple[float, float]]:
        """The program as (minutes, kW) pairs, without the full power that follows."""
        return [(pace * STEP_MIN, float(kw)) for kw in self.step_kw]

    def _energy(self, pace: float, minutes: float) -> tuple[np.ndarray, np.ndarray]:
        """Break points (min) and cumulated energy there (kW min)."""
        times = np.concatenate((STEP_MIN * pace * np.arange(len(self.step_kw) + 1), [1e4 + minutes]))
        energy = np.concatenate(([0.0], np.cumsum(np.diff(times) * np.append(self.step_kw, self.full_kw))))
        return times, energy


def fit_practice(paths: Sequence[np.ndarray]) -> Practice:
    """From the minute powers (kW) of training heats, each (minutes,)."""
    tops = np.array([full_power_kw(path) for path in paths])
    full_kw = float(tops.mean())
    reach = [int(np.argmax(path >= FULL_SHARE * top)) for path, top in zip(paths, tops, strict=True)]
    steps = max(1, int(np.ceil(np.quantile(reach, 0.8) / STEP_MIN)))
    paces = np.ones(len(paths))
    step_kw = np.full(steps, full_kw)
    melts = [path[: hold_start(path, top)] for path, top in zip(paths, tops, strict=True)]
    for _ in range(ROUNDS):
        step_kw, full_kw = _steps(melts, paces, steps)
        found = np.array([pace_of(path, step_kw, full_kw) for path in paths])
        paces = found / np.median(found)
    tails = [path[hold_start(path, top) :] for path, top in zip(paths, tops, strict=True)]
    holds = [tail[:-1] for tail in tails if len(tail) > 2] or [np.array([0.0])]
    held = np.concatenate(holds)
    hold_sd = float(np.std([hold.mean() for hold in holds])) / len(holds) ** 0.5
    return Practice(
        step_kw,
        full_kw,
        float(tops.std()),
        float(held.mean()),
        hold_sd,
        paces,
        np.array([float(len(tail)) for tail in tails]),
    )


def full_power_kw(path: np.ndarray) -> float:
    """Full power of one heat: the mean of its readings near its 95th percentile."""
    top = float(np.quantile(path, 0.95))
    return float(path[path >= FULL_SHARE * top].mean())


def hold_start(path: np.ndarray, full_kw: float) -> int:
    """The minute at which full power ends for good: what follows is a hold before the tap."""
    return int(np.flatnonzero(path >= FULL_SHARE * full_kw)[-1]) + 1


def _steps(melts: Sequence[np.ndarray], paces: np.ndarray, steps: int) -> tuple[np.ndarray, float]:
    """Mean power by step over all heats, given each one's pace, and mean power after the ramp (short stops to add metal included)."""
    total, count = np.zeros(steps + 1), np.zeros(steps + 1)
    for path, pace in zip(melts, paces, strict=True):
        step = np.minimum(((np.arange(len(path)) + 0.5) / (pace * STEP_MIN)).astype(int), steps)
        np.add.at(total, step, path)
        np.add.at(count, step, 1.0)
    mean = total / np.maximum(count, 1.0)
    return np.where(count[:-1] > 0, mean[:-1], mean[-1]), float(mean[-1])


def pace_of(path: np.ndarray, step_kw: np.ndarray, full_kw: float) -> float:
    """The pace whose cumulated energy over the ramp comes closest to that of one heat."""
    n = max(1, min(len(path) - LEAST_FULL_MIN, LATEST_RAMP_MIN))
    actual = np.cumsum(path[:n])
    edges = STEP_MIN * np.arange(len(step_kw) + 1)
    ramp = np.concatenate(([0.0], np.cumsum(step_kw * STEP_MIN)))
    at = np.arange(1, n + 1)[None, :] / PACES[:, None]
    energy = (
        np.where(at < edges[-1], np.interp(at, edges, ramp), ramp[-1] + full_kw * (at - edges[-1])) * PACES[:, None]
    )
    return float(PACES[int(np.argmin(((energy - actual) ** 2).mean(axis=1)))])
