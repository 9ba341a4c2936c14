"""Where a stationary study begins: MSER-5 on series whose beginning is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.experiment.statistics import mser5


def test_a_step_is_found_where_it_is() -> None:
    """Proves: 100 observations at 10, then 900 at 0 (both with the same small ripple): exactly the first 100 are left out.

    Sensitivity: one batch more or less gives a larger marginal error: a rule that divides by the number instead of its square cuts later.
    """
    ripple = np.tile([0.1, -0.1], 500)
    series = np.where(np.arange(1000) < 100, 10.0, 0.0) + ripple
    found = mser5(series)
    assert found.observations == 100
    assert found.mean == pytest.approx(0.0, abs=1e-12)
    assert found.sure


def test_the_rule_by_its_definition() -> None:
    """Proves: against the formula written as loops. Sensitivity: a sum that begins one batch too late."""
    rng = np.random.default_rng(4)
    series = 5.0 * np.exp(-np.arange(400) / 30.0) + rng.normal(0.0, 1.0, 400)
    means = series.reshape(-1, 5).mean(axis=1)
    errors = [((means[d:] - means[d:].mean()) ** 2).sum() / (len(means) - d) ** 2 for d in range(len(means) // 2 + 1)]
    assert mser5(series).observations == 5 * int(np.argmin(errors))


def test_a_run_that_still_drifts_is_not_sure() -> None:
    """Proves: a straight line has no stationary part. Sensitivity: a search to the very end would keep two batches and be content."""
    assert not mser5(np.arange(200.0)).sure


def test_a_slow_beginning_is_taken_out() -> None:
    """Proves: an autoregressive series (0.95) of mean 0 begun at 40: of 40 runs of 2,000 the mean kept is near 0, that of all is 0.4.

    Sensitivity: no cut.
    """
    rng = np.random.default_rng(9)
    raw, cut = [], []
    for _ in range(40):
        x, series = 40.0, []
        for noise in rng.normal(0.0, 1.0, 2000):
            x = 0.95 * x + noise
            series.append(x)
        raw.append(np.mean(series))
        cut.append(mser5(series).mean)
    assert np.mean(raw) == pytest.approx(40.0 * 0.95 / 0.05 / 2000, abs=0.2)
    assert abs(np.mean(cut)) < 0.2


@given(st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=200), st.floats(-1e3, 1e3))
def test_the_cut_does_not_depend_on_the_origin(values: list[float], shift: float) -> None:
    """Proves: the mean kept moves with the data, and at most half is left out. Sensitivity: squares not about the mean."""
    series = np.round(values, 3)
    found, moved = mser5(series), mser5(series + round(shift, 3))
    assert found.observations <= len(series) / 2 + 5
    if found.observations == moved.observations:
        assert moved.mean == pytest.approx(found.mean + round(shift, 3), abs=1e-6)


def test_too_little_data_is_refused() -> None:
    """Proves: nothing is said of 19 observations."""
    with pytest.raises(ValueError, match="too few"):
        mser5(np.zeros(19))
