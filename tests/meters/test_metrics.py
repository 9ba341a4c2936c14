"""Measures of error, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from twin.meters.metrics import (
    batch_mape_pct,
    cvrmse_pct,
    daily_peak_error_pct,
    interval_means,
    nmbe_pct,
    score,
    total_error_pct,
)


def test_by_hand() -> None:
    """Proves: each measure as defined on numbers that can be checked in the head. Sensitivity: a root over n - 1 would give 50 /
    sqrt(3).
    """
    metered, predicted = np.array([100.0, 200.0, 100.0, 200.0]), np.array([110.0, 180.0, 110.0, 180.0])
    assert total_error_pct(metered, predicted) == pytest.approx(100.0 * (580.0 / 600.0 - 1.0))
    assert batch_mape_pct(metered, predicted) == pytest.approx(10.0)
    assert cvrmse_pct(metered, predicted) == pytest.approx(100.0 * math.sqrt(250.0) / 150.0)
    assert cvrmse_pct(metered, predicted, parameters=2) == pytest.approx(100.0 * math.sqrt(500.0) / 150.0)
    assert nmbe_pct(metered, predicted) == pytest.approx(100.0 * 20.0 / 600.0)


def test_intervals_lie_on_the_clock() -> None:
    """Proves: a log that begins at 00:07 has its first quarter-hour at 00:15, and a last part is left out. Sensitivity: blocks counted from
    the log's first minute would begin at 00:07.
    """
    power = np.arange(7.0, 50.0)
    means, first = interval_means(power, 7 * 60.0, 900.0)
    assert first == 900.0
    assert means.tolist() == [np.mean(np.arange(15.0, 30.0)), np.mean(np.arange(30.0, 45.0))]


def test_daily_peak_by_hand() -> None:
    """Proves: the peak is each day's own, an idle day does not count. Sensitivity: with the idle day the mean would be 70 %."""
    metered = np.zeros(3 * 96)
    predicted = np.zeros(3 * 96)
    metered[[10, 96 + 20, 192 + 5]] = 400.0, 200.0, 3.0
    predicted[[50, 96 + 20]] = 440.0, 180.0
    assert daily_peak_error_pct(metered, predicted, 0.0, least_kw=100.0) == pytest.approx(10.0)


def test_a_perfect_prediction_scores_nought() -> None:
    """Proves: nothing is wrong where nothing differs. Sensitivity: shifted by one minute, the quarter-hours differ."""
    power = np.tile(np.concatenate([np.full(50, 400.0), np.zeros(40)]), 40)
    assert set(score(power, power, 0.0, [333.3], [333.3]).payload().values()) == {0.0}
    assert score(power, np.roll(power, 1), 0.0, [333.3], [333.3]).cvrmse_15min_pct > 0.0
