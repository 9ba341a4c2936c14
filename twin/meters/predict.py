"""The load that the fitted furnace and its operators' practice lead one to expect, given starts, or starts and taps.

**Starts and taps.** A heat's length is the pace of the ramp, the charge and a hold before the tap added up: ``length = melt(pace, mass) +
hold``. Which of them made a heat long or short is not seen; each way is weighed with the spreads of pace and hold in the periods that are
known (:mod:`twin.meters.periods`) and the prior of the charge, and the expected power path is their weighted mean.

**Starts only.** The expected path of a heat over the same paces, holds and charges, on the lining that the heats before have left: not the
path of a mean heat, whose end is as sharp as if it were known, but the mean of the paths of all heats that it may be, which has the least
squared error. Where the next start is known, each way is weighed with the density of the rest that it would leave, and ends before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from twin.meters.melt import Curve, Melter, linings_before, melt_until
from twin.meters.metrics import Scores, score
from twin.meters.naive import minutes_of, place
from twin.meters.periods import Period, Rest
from twin.meters.practice import Practice
from twin.meters.reader import Load
from twin.meters.segments import Heat

PACE_POINTS = np.linspace(0.02, 2.6, 44)
MASS_POINTS_SD = np.array([-3.0, 0.0, 3.0])
HOLD_POINTS_MIN = np.arange(0.0, 21.0)
LONGEST_MIN = 300
PACE_QUANTILES, MASS_QUANTILES, HOLD_QUANTILES = 9, 5, 5


@dataclass(frozen=True)
class Expected:
    """What is expected of one heat: mean power of each minute (minutes,) in kW, its length (min), and the lining after it (nodes,)."""

    power_kw: np.ndarray
    minutes: float
    lining_c: np.ndarray


@dataclass(frozen=True)
class Model:
    """Everything that a prediction rests on. ``furnaces`` take the heats in turn; ``periods`` show how practice varies; ``rest`` is the
    time between a tap and the next start.
    """

    melter: Melter
    curve: Curve
    practice: Practice
    charge_kg: float
    charge_sd_kg: float
    tap_c: float
    furnaces: int
    periods: tuple[Period, ...]
    rest: Rest

    def usual(self, lining_c: np.ndarray, next_start_min: float | None = None) -> Expected:
        """A heat of unknown length on a lining (nodes,), with the next start so many minutes after its own where that is known."""
        paces = np.concatenate([np.quantile(period.paces, _middles(PACE_QUANTILES)) for period in self.periods])
        holds = np.concatenate([np.quantile(period.holds_min, _middles(HOLD_QUANTILES)) for period in self.periods])
        masses = np.array([NormalDist(self.charge_kg, self.charge_sd_kg).inv_cdf(q) for q in _middles(MASS_QUANTILES)])
        melt_min, linings = self._melts(paces, masses, lining_c)
        many = len(self.periods)
        melts = melt_min.reshape(many, PACE_QUANTILES, MASS_QUANTILES, 1)
        hold_min = np.broadcast_to(
            holds.reshape(many, 1, 1, HOLD_QUANTILES), (many, PACE_QUANTILES, MASS_QUANTILES, HOLD_QUANTILES)
        )
        weight = np.array([period.weight for period in self.periods]).reshape(many, 1, 1, 1) * np.ones(hold_min.shape)
        if next_start_min is not None:
            seen = weight * self.rest.density(next_start_min - melts - hold_min)
            weight = seen if seen.sum() > 0.0 else weight
        weight = weight / weight.sum()
        programs = np.stack([self.practice.power_kw(float(pace), LONGEST_MIN) for pace in paces])
        path = np.zeros(LONGEST_MIN)
        for pace, (row, rows_min, rows_hold) in enumerate(
            zip(
                weight.reshape(len(paces), -1),
                np.broadcast_to(melts, hold_min.shape).reshape(len(paces), -1),
                hold_min.reshape(len(paces), -1),
                strict=True,
            )
        ):
            path += row @ self._paths(programs[pace], rows_min, rows_hold)
        left = np.tensordot(weight.sum(axis=3), linings.reshape(many, PACE_QUANTILES, MASS_QUANTILES, -1), 3)
        length = float((weight * (melts + hold_min)).sum())
        end = int(np.flatnonzero(path > 1e-9)[-1]) + 1
        if next_start_min is not None:
            end = min(end, max(1, int(next_start_min)))
        return Expected(path[:end], min(length, float(end)), left)

    def given_length(self, minutes: float, lining_c: np.ndarray) -> Expected:
        """A heat of known length."""
        n = max(1, round(minutes))
        masses = self.charge_kg + self.charge_sd_kg * MASS_POINTS_SD
        melt_min, linings = self._melts(PACE_POINTS, masses, lining_c)
        weight = self._weights(melt_min, minutes)
        weight = np.where(weight > 1e-6 * weight.max(), weight, 0.0)
        weight /= weight.sum()
        path = np.zeros(n)
        for pace in np.flatnonzero(weight.any(axis=1)):
            program = self.practice.power_kw(float(PACE_POINTS[pace]), LONGEST_MIN)
            held = np.flatnonzero(weight[pace])
            paths = self._paths(program, minutes - HOLD_POINTS_MIN[held], HOLD_POINTS_MIN[held])
            path += (weight[pace, held] @ paths)[:n]
        return Expected(path, minutes, linings[int(np.argmax(weight.sum(axis=1))), 1])

    def _melts(self, paces: np.ndarray, masses_kg: np.ndarray, lining_c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Melting times (paces, masses) in minutes, and the linings after them (paces, masses, nodes)."""
        programs = np.stack([self.practice.power_kw(float(pace), LONGEST_MIN) for pace in paces])
        melted = melt_until(
            self.melter,
            self.curve,
            np.repeat(programs, len(masses_kg), axis=0),
            np.tile(masses_kg, len(paces)),
            lining_c,
            self.curve.at(self.tap_c),
        )
        shape = (len(paces), len(masses_kg))
        return melted.minutes.reshape(shape), melted.lining_c.reshape(*shape, -1)

    def _weights(self, melt_min: np.ndarray, minutes: float) -> np.ndarray:
        """Weight of each (pace, hold), (paces, holds): the charge is what makes the melt end when it must. ``melt_min`` is (paces,
        masses).
        """
        slope = (melt_min[:, -1] - melt_min[:, 0]) / (
            MASS_POINTS_SD[-1] - MASS_POINTS_SD[0]
        )  # minutes per sd of the charge
        off_sd = (minutes - HOLD_POINTS_MIN[None, :] - melt_min[:, 1:2]) / slope[:, None]
        log = -0.5 * off_sd**2 - np.log(slope)[:, None]
        log[:, minutes - HOLD_POINTS_MIN < 1.0] = -np.inf
        weight: np.ndarray = np.exp(log - log.max()) * sum(_practice_density(period) for period in self.periods)
        return weight

    def _paths(self, program_kw: np.ndarray, melt_min: np.ndarray, hold_min: np.ndarray) -> np.ndarray:
        """The program until each melt ends, then its hold, (melts, minutes) in kW; partial minutes bear their share."""
        edges = np.arange(LONGEST_MIN + 1.0)
        energy = np.concatenate(([0.0], np.cumsum(program_kw)))
        melted = np.minimum(energy[None, :], np.interp(melt_min, edges, energy)[:, None])
        held = self.practice.hold_kw * np.clip(edges[None, :] - melt_min[:, None], 0.0, hold_min[:, None])
        return np.diff(melted + held, axis=1)

    def paths(self, heats: Sequence[Heat], *, taps: bool) -> list[np.ndarray]:
        """Minute powers of every heat, from starts and taps or from starts alone."""
        turns = linings_before(self.melter, np.full(len(heats), np.nan), self.furnaces)
        ends: list[float] = []
        found = []
        for i, heat in enumerate(heats):
            if i >= self.furnaces:
                turns.gaps_min[i] = max(0.0, (heat.t0_s - ends[i - self.furnaces]) / 60.0)
            following = (heats[i + 1].t0_s - heat.t0_s) / 60.0 if i + 1 < len(heats) else None
            lining = turns.before(i)
            heat_to_be = self.given_length(heat.minutes, lining) if taps else self.usual(lining, following)
            turns.after(i, heat_to_be.lining_c)
            ends.append(heat.t1_s if taps else heat.t0_s + 60.0 * heat_to_be.minutes)
            found.append(heat_to_be.power_kw)
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


def _practice_density(period: Period) -> np.ndarray:
    """Density of each (pace, hold), (paces, holds), in one period times what the period counts: normal pace, exponential hold."""
    pace = np.exp(-0.5 * ((PACE_POINTS - period.paces.mean()) / period.pace_sd) ** 2) / period.pace_sd
    hold = np.exp(-HOLD_POINTS_MIN / period.mean_hold_min)
    density: np.ndarray = period.weight * np.outer(pace, hold / hold.sum())
    return density


def _middles(count: int) -> np.ndarray:
    """The middles of ``count`` equal shares of probability."""
    return (np.arange(count) + 0.5) / count


def metered_paths(load: Load, heats: Sequence[Heat]) -> list[np.ndarray]:
    """The minute powers of every heat as metered."""
    return [load.power_kw[minutes_of(heat, load)] for heat in heats]
