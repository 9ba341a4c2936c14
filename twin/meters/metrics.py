"""How far a predicted load is from the metered one. All figures in per cent; a positive bias means that more was metered than predicted.

Definitions (assessment practice of ASHRAE Guideline 14, with n where the guideline writes n - p: the model was fitted to another log, so
no degree of freedom of this one was spent):

* ``total_error_pct`` = 100 (sum of predicted heats / sum of metered heats - 1), kWh, over the heats that the rule finds;
* ``batch_mape_pct`` = 100 mean |predicted - metered| / metered, over the heats;
* ``cvrmse_15min_pct``, ``cvrmse_hourly_pct`` = 100 sqrt(mean (metered - predicted)^2) / mean metered, over all whole clock intervals of
the log,
  idle ones included;
* ``nmbe_hourly_pct`` = 100 sum (metered - predicted) / sum metered, over the same hours;
* ``daily_peak_error_pct`` = 100 mean |predicted - metered| / metered of the highest 15-minute mean of each day on which a heat was metered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

DAY_S = 86400.0


@dataclass(frozen=True)
class Scores:
    """The six figures of a prediction, in per cent."""

    total_error_pct: float
    batch_mape_pct: float
    cvrmse_15min_pct: float
    cvrmse_hourly_pct: float
    nmbe_hourly_pct: float
    daily_peak_error_pct: float

    def payload(self) -> dict[str, float]:
        """As they stand in ``--json``."""
        return asdict(self)


def interval_means(
    power_kw: np.ndarray, t0_s: float, interval_s: float, step_s: float = 60.0
) -> tuple[np.ndarray, float]:
    """Means over whole clock intervals of a load given by steps of ``step_s`` from ``t0_s``, and when the first of them begins.

    Intervals that the load covers only in part are left out.
    """
    each = round(interval_s / step_s)
    skip = math.ceil(t0_s / interval_s - 1e-9) * each - round(t0_s / step_s)
    whole = max(0, (len(power_kw) - skip) // each)
    means = power_kw[skip : skip + whole * each].reshape(whole, each).mean(axis=1)
    return means, t0_s + skip * step_s


def total_error_pct(metered_kwh: np.ndarray, predicted_kwh: np.ndarray) -> float:
    """Signed error of the sum."""
    return 100.0 * (float(np.sum(predicted_kwh)) / float(np.sum(metered_kwh)) - 1.0)


def batch_mape_pct(metered_kwh: np.ndarray, predicted_kwh: np.ndarray) -> float:
    """Mean absolute relative error of a batch."""
    return 100.0 * float(np.mean(np.abs(predicted_kwh - metered_kwh) / metered_kwh))


def cvrmse_pct(metered: np.ndarray, predicted: np.ndarray, parameters: int = 0) -> float:
    """Root mean square error over the mean, with ``n - parameters`` in the mean square."""
    residual = metered - predicted
    return 100.0 * math.sqrt(float(residual @ residual) / (len(residual) - parameters)) / float(metered.mean())


def nmbe_pct(metered: np.ndarray, predicted: np.ndarray, parameters: int = 0) -> float:
    """Mean bias over the mean; positive where the prediction is too low."""
    return 100.0 * float((metered - predicted).sum()) / ((len(metered) - parameters) * float(metered.mean()))


def daily_peak_error_pct(metered_kw: np.ndarray, predicted_kw: np.ndarray, t0_s: float, *, least_kw: float) -> float:
    """Mean absolute relative error of each day's highest 15-minute mean; days whose peak stays below ``least_kw`` are idle and left out."""
    day = np.floor((t0_s + 900.0 * np.arange(len(metered_kw))) / DAY_S).astype(int)
    errors = []
    for number in np.unique(day):
        peak = float(metered_kw[day == number].max())
        if peak >= least_kw:
            errors.append(abs(float(predicted_kw[day == number].max()) - peak) / peak)
    return 100.0 * float(np.mean(errors)) if errors else math.nan


def score(
    metered_kw: np.ndarray,
    predicted_kw: np.ndarray,
    t0_s: float,
    metered_kwh: Sequence[float],
    predicted_kwh: Sequence[float],
    *,
    least_peak_kw: float = 100.0,
) -> Scores:
    """All six figures of minute loads ``metered_kw`` and ``predicted_kw`` (equal length, from ``t0_s``) and of the heats' energies."""
    batches, predicted_batches = np.asarray(metered_kwh, dtype=float), np.asarray(predicted_kwh, dtype=float)
    quarter, first = interval_means(metered_kw, t0_s, 900.0)
    predicted_quarter, _ = interval_means(predicted_kw, t0_s, 900.0)
    hour, _ = interval_means(metered_kw, t0_s, 3600.0)
    predicted_hour, _ = interval_means(predicted_kw, t0_s, 3600.0)
    return Scores(
        total_error_pct(batches, predicted_batches),
        batch_mape_pct(batches, predicted_batches),
        cvrmse_pct(quarter, predicted_quarter),
        cvrmse_pct(hour, predicted_hour),
        nmbe_pct(hour, predicted_hour),
        daily_peak_error_pct(quarter, predicted_quarter, first, least_kw=least_peak_kw),
    )
