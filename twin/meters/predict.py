"""The load that the fitted furnace and its operators' practice lead one to expect, given starts, or starts and taps.

**Starts and taps.** A heat's length is the pace of the ramp, the charge and a hold before the tap added up: ``length = melt(pace, mass) +
hold``.
Which of them made a heat long or short is not seen; each way is weighed with the spreads of the training log (pace, hold) and the prior of
the charge, and the expected power path is their weighted mean.

**Starts only.** The expected path of a heat over the paces of the training log and the prior of the charge, with the median hold (a hold
is a wait
for the caster, which no start tells of), on the lining that the heats before have left; it ends before the next heat starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from twin.meters.melt import Curve, Melter, linings_before, melt_until
from twin.meters.metrics import Scores, score
from twin.meters.naive import minutes_of, place
from twin.meters.practice import Practice
from twin.meters.reader import Load
from twin.meters.segments import Heat

PACE_POINTS = np.linspace(0.02, 2.6, 44)
MASS_POINTS_SD = np.array([-3.0, 0.0, 3.0])
HOLD_POINTS_MIN = np.arange(0.0, 21.0)
LONGEST_MIN = 300
PACE_QUANTILES, MASS_QUANTILES = 9, 5


@dataclass(frozen=True)
class Model:
    """Everything that a prediction rests on. ``furnaces`` take the heats in turn."""

    melter: Melter
    curve: Curve
    practice: Practice
    charge_kg: float
    charge_sd_kg: float
    tap_c: float
    furnaces: int

    def usual(self, lining_c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The expected minute powers of a heat of unknown length on a lining (nodes,), and the lining after it."""
        paces = np.quantile(self.practice.paces, _middles(PACE_QUANTILES))
        masses = np.array([NormalDist(self.charge_kg, self.charge_sd_kg).inv_cdf(q) for q in _middles(MASS_QUANTILES)])
        programs = np.stack([self.practice.power_kw(float(pace), LONGEST_MIN) for pace in paces])
        melted = melt_until(
            self.melter,
            self.curve,
            np.repeat(programs, len(masses), axis=0),
            np.tile(masses, len(paces)),
            lining_c,
            self.curve.at(self.tap_c),
        )
        hold = float(np.median(self.practice.holds_min))
        total = np.zeros(LONGEST_MIN)
        for i, minutes in enumerate(melted.minutes):
            path = self._path(programs[i // len(masses)], float(minutes), hold)
            total[: len(path)] += path
        mean = total / len(melted.minutes)
        return mean[: int(np.flatnonzero(mean)[-1]) + 1], melted.lining_c[len(melted.minutes) // 2]

    def given_length(self, minutes: float, lining_c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The expected minute powers of a heat of known length, and the lining after it."""
        n = max(1, round(minutes))
        programs = np.stack([self.practice.power_kw(float(pace), LONGEST_MIN) for pace in PACE_POINTS])
        masses = self.charge_kg + self.charge_sd_kg * MASS_POINTS_SD
        melted = melt_until(
            self.melter,
            self.curve,
            np.repeat(programs, len(masses), axis=0),
            np.tile(masses, len(PACE_POINTS)),
            lining_c,
            self.curve.at(self.tap_c),
        )
        weight = self._weights(melted.minutes.reshape(len(PACE_POINTS), len(masses)), minutes)
        path = np.zeros(n)
        for pace, hold in zip(*np.nonzero(weight > 1e-6 * weight.max()), strict=True):
            path += (
                weight[pace, hold]
                * self._path(programs[pace], minutes - HOLD_POINTS_MIN[hold], HOLD_POINTS_MIN[hold])[:n]
            )
        usual = melted.lining_c[int(np.argmax(weight.sum(axis=1))) * len(masses) + 1]
        return path / weight[weight > 1e-6 * weight.max()].sum(), usual

    def _weights(self, melt_min: np.ndarray, minutes: float) -> np.ndarray:
        """Weight of each (pace, hold), (paces, holds): the charge is what makes the melt end when it must. ``melt_min`` is (paces,
        masses).
        """
        slope = (melt_min[:, -1] - melt_min[:, 0]) / (
            MASS_POINTS_SD[-1] - MASS_POINTS_SD[0]
        )  # minutes per sd of the charge
        off_sd = (minutes - HOLD_POINTS_MIN[None, :] - melt_min[:, 1:2]) / slope[:, None]
        pace_sd = (PACE_POINTS - self.practice.paces.mean()) / self.practice.pace_sd
        mean_hold = max(float(self.practice.holds_min.mean()), 0.1)
        log = (
            -0.5 * off_sd**2
            - 0.5 * pace_sd[:, None] ** 2
            - HOLD_POINTS_MIN[None, :] / mean_hold
            - np.log(slope)[:, None]
        )
        log[:, minutes - HOLD_POINTS_MIN < 1.0] = -np.inf
        weight: np.ndarray = np.exp(log - log.max())
        return weight

    def _path(self, program_kw: np.ndarray, melt_min: float, hold_min: float) -> np.ndarray:
        """The program until the melt ends, then the hold; partial minutes bear their share."""
        edges = np.arange(LONGEST_MIN + 1.0)
        melted = np.interp(np.minimum(edges, melt_min), edges, np.concatenate(([0.0], np.cumsum(program_kw))))
        held = self.practice.hold_kw * np.clip(edges - melt_min, 0.0, hold_min)
        path: np.ndarray = np.diff(melted + held)[: max(1, int(np.ceil(melt_min + hold_min - 1e-9)))]
        return path

    def paths(self, heats: Sequence[Heat], *, taps: bool) -> list[np.ndarray]:
        """Minute powers of every heat, from starts and taps or from starts alone."""
        gaps = np.full(len(heats), np.nan)
        turns = linings_before(self.melter, gaps, self.furnaces)
        ends: list[float] = []
        found = []
        for i, heat in enumerate(heats):
            if i >= self.furnaces:
                turns.gaps_min[i] = max(0.0, (heat.t0_s - ends[i - self.furnaces]) / 60.0)
            lining = turns.before(i)
            path, left = self.given_length(heat.minutes, lining) if taps else self.usual(lining)
            if not taps and i + 1 < len(heats):
                path = path[: max(1, int((heats[i + 1].t0_s - heat.t0_s) / 60.0))]
            turns.after(i, left)
            ends.append(heat.t1_s if taps else heat.t0_s + 60.0 * len(path))
            found.append(path)
        return found

    def scores(self, load: Load, heats: Sequence[Heat], *, taps: bool) -> Scores:
        """How well a log is predicted."""
        paths = self.paths(heats, taps=taps)
        predicted = place(load, heats, paths)
        return score(
            load.power_kw,
            predicted,
            load.t0_s,
            [h.energy_kwh for h in heats],
            [float(path.sum()) / 60.0 for path in paths],
        )


def _middles(count: int) -> np.ndarray:
    """The middles of ``count`` equal shares of probability."""
    return (np.arange(count) + 0.5) / count


def metered_paths(load: Load, heats: Sequence[Heat]) -> list[np.ndarray]:
    """The minute powers of every heat as metered."""
    return [load.power_kw[minutes_of(heat, load)] for heat in heats]
