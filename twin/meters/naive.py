"""Predictors that know nothing of furnaces, from the training log alone: what a model must beat to be worth anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twin.meters.metrics import Scores, score
from twin.meters.reader import Load
from twin.meters.segments import Heat

POINTS = 200  # of the mean profile over a heat's relative time
CUT_COURSE = "mean_course_to_mean_length"
Paths = list[np.ndarray]


def minutes_of(heat: Heat, load: Load) -> slice:
    """The minutes of ``load`` that a heat covers."""
    first = int(np.floor((heat.t0_s - load.t0_s) / 60.0 + 1e-9))
    return slice(first, first + max(1, round(heat.minutes)))


def place(load: Load, heats: Sequence[Heat], paths: Paths, idle_kw: float = 0.0) -> np.ndarray:
    """The load of the whole log: each heat's path (kW by minute) from its start, cut where the next heat begins; ``idle_kw`` elsewhere."""
    power = np.full(len(load.power_kw), idle_kw)
    starts = [minutes_of(heat, load).start for heat in heats] + [len(power)]
    for start, following, path in zip(starts, starts[1:], paths, strict=False):
        n = min(len(path), following - start)
        power[start : start + n] = path[:n]
    return power


@dataclass(frozen=True)
class Naive:
    """The training log's mean energy, power, length, line ``a + b x length``, mean profile (kW over relative time) and mean course (kW of
    each minute since the start: of the heats that still run, ``running_kw``, and of all heats, the ended at nought, ``course_kw``).
    """

    mean_kwh: float
    mean_kw: float
    mean_minutes: float
    intercept_kwh: float
    slope_kwh_per_min: float
    profile_kw: np.ndarray
    running_kw: np.ndarray
    course_kw: np.ndarray

    @classmethod
    def fit(cls, load: Load, heats: Sequence[Heat]) -> Naive:
        """From a log's minutes and its heats (at least two)."""
        kwh = np.array([heat.energy_kwh for heat in heats])
        minutes = np.array([heat.minutes for heat in heats])
        spread = float(minutes.var())  # heats of one length have no slope
        slope = float(np.mean((minutes - minutes.mean()) * (kwh - kwh.mean()))) / spread if spread > 1e-9 else 0.0
        intercept = float(kwh.mean()) - slope * float(minutes.mean())
        at = (np.arange(POINTS) + 0.5) / POINTS
        profile = np.zeros(POINTS)
        paths = [load.power_kw[minutes_of(heat, load)] for heat in heats]
        total, count = np.zeros(max(map(len, paths))), np.zeros(max(map(len, paths)))
        for path in paths:
            profile += np.interp(at, (np.arange(len(path)) + 0.5) / len(path), path)
            total[: len(path)] += path
            count[: len(path)] += 1.0
        return cls(
            float(kwh.mean()),
            float(60.0 * kwh.sum() / minutes.sum()),
            float(minutes.mean()),
            float(intercept),
            float(slope),
            profile / len(heats),
            total / count,
            total / len(heats),
        )

    def paths(self) -> dict[str, Callable[[float], np.ndarray]]:
        """By name: the power of each minute (kW) of a heat of a given length in minutes."""
        return {
            "mean_kwh": lambda minutes: _flat(self.mean_kwh, minutes),
            "mean_kw_x_length": lambda minutes: _flat(self.mean_kw * minutes / 60.0, minutes),
            "a_plus_b_x_length": lambda minutes: _flat(self.intercept_kwh + self.slope_kwh_per_min * minutes, minutes),
            "mean_profile": self._stretched,
        }

    def predicted(self, heats: Sequence[Heat], *, taps: bool) -> dict[str, Paths]:
        """By name: the minute powers (kW) of every heat, given starts and taps, or starts only.

        With starts only every heat has the training's mean length and ends, at the latest, where the next begins; the mean course stands in
        full and cut at the mean length.
        """
        following = [*((b.t0_s - a.t0_s) / 60.0 for a, b in pairwise(heats)), math.inf]
        known = self.paths()
        if taps:
            found = {name: [path(heat.minutes) for heat in heats] for name, path in known.items()}
            return found | {"mean_course": [self._running(heat.minutes) for heat in heats]}
        mean = {name: path(self.mean_minutes) for name, path in known.items()}
        mean |= {"mean_course": self.course_kw, CUT_COURSE: self.course_kw[: max(1, round(self.mean_minutes))]}
        return {
            name: [path[: max(1, int(min(limit, len(path))))] for limit in following] for name, path in mean.items()
        }

    def scores(self, load: Load, heats: Sequence[Heat], *, taps: bool) -> dict[str, Scores]:
        """Each predictor's figures on a log, given starts and taps, or starts only."""
        kwh = [heat.energy_kwh for heat in heats]
        return {
            name: score(
                load.power_kw, place(load, heats, paths), load.t0_s, kwh, [float(p.sum()) / 60.0 for p in paths]
            )
            for name, paths in self.predicted(heats, taps=taps).items()
        }

    def _running(self, minutes: float) -> np.ndarray:
        n = max(1, round(minutes))
        last = len(self.running_kw) - 1
        path: np.ndarray = self.running_kw[np.minimum(np.arange(n), last)]
        return path

    def _stretched(self, minutes: float) -> np.ndarray:
        n = max(1, round(minutes))
        path: np.ndarray = np.interp((np.arange(n) + 0.5) / n, (np.arange(POINTS) + 0.5) / POINTS, self.profile_kw)
        return path


def _flat(kwh: float, minutes: float) -> np.ndarray:
    n = max(1, round(minutes))
    return np.full(n, 60.0 * kwh / n)
