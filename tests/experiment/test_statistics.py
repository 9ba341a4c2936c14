"""Intervals against published and closed-form cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.experiment.draws import AddressedDraws, normal_quantile
from twin.experiment.statistics import Precision, interval, paired, round_sizes, t_quantile, variance_reduction

POLICY_1 = [126.97, 124.31, 126.68, 122.66, 127.23]
POLICY_2 = [118.21, 120.22, 122.45, 122.68, 119.40]


def test_law_and_kelton_paired() -> None:
    """Proves: the inventory policies of Law & Kelton (Simulation Modeling and Analysis, ch. 10): 4.98, 90 % interval 1.65 to 8.31.

    Sensitivity: Welch's unpaired interval is 2.66 to 7.30 there (negative correlation).
    """
    found = paired(POLICY_1, POLICY_2, level=0.90)
    assert found.mean == pytest.approx(4.98, abs=0.005)
    assert found.low == pytest.approx(1.65, abs=0.01)
    assert found.high == pytest.approx(8.31, abs=0.01)


def test_variance_reduction_of_that_case() -> None:
    """Proves: (var A + var B) / var(A - B) on the same data, by numpy. Sensitivity: below 1 where pairing hurts, as here."""
    a, b = np.array(POLICY_1), np.array(POLICY_2)
    expected = (a.var(ddof=1) + b.var(ddof=1)) / (a - b).var(ddof=1)
    assert variance_reduction(POLICY_1, POLICY_2) == pytest.approx(expected)
    assert expected < 1.0


def test_t_quantiles() -> None:
    """Proves: tabulated values: t(0.975; 4) = 2.776, t(0.95; 4) = 2.132, t(0.975; 19) = 2.093."""
    assert t_quantile(0.95, 4) == pytest.approx(2.7764, abs=1e-4)
    assert t_quantile(0.90, 4) == pytest.approx(2.1318, abs=1e-4)
    assert t_quantile(0.95, 19) == pytest.approx(2.0930, abs=1e-4)


def test_an_empty_change_is_exactly_zero() -> None:
    """Proves: equal draws give a difference of exactly 0 with a width of 0. Sensitivity: no tolerance hides a rounding."""
    found = paired(POLICY_1, POLICY_1)
    assert (found.mean, found.low, found.high, found.sd) == (0.0, 0.0, 0.0, 0.0)
    assert variance_reduction(POLICY_1, POLICY_1) == math.inf
    assert variance_reduction([1.0, 1.0], [1.0, 1.0]) is None


def test_one_replication_has_no_width() -> None:
    """Proves: a single run claims no interval; none at all is an error."""
    assert interval([3.0]).low is None
    assert interval([3.0]).half_width is None
    with pytest.raises(ValueError, match="at least one"):
        interval([])


def test_coverage() -> None:
    """Proves: of 2,000 intervals of ten normal values 95 % hold the mean, within 4 standard errors of that share."""
    stream = AddressedDraws(3, 0).stream("coverage", "normal")
    data = 50.0 + 8.0 * normal_quantile(stream.block(0, 20_000).reshape(2000, 10))
    held = sum(1 for row in data if (i := interval(row)).low <= 50.0 <= i.high)
    assert abs(held / 2000 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 2000)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.floats(-1e6, 1e6))
def test_shifting_both_leaves_the_difference(values: list[float], shift: float) -> None:
    """Proves: what is common to both sides cancels; the interval holds its mean."""
    found = paired([v + shift for v in values], values)
    assert found.mean == pytest.approx(shift, abs=1e-6)
    assert found.low <= found.mean <= found.high


def test_rounds_do_not_know_of_workers() -> None:
    """Proves: rounds grow by the stated step up to the limit. Sensitivity: by worker count two machines would stop at different n."""
    rule = Precision("energy_kwh", 0.01, step=10, limit=35)
    assert round_sizes(20, rule) == (20, 30, 35)
    assert round_sizes(20, None) == (20,)
    assert rule.reached([100.0, 100.1, 99.9, 100.0])
    assert not rule.reached([100.0, 150.0])
    assert not rule.reached([100.0])
