"""Control variates: they narrow an interval and keep its coverage."""

from __future__ import annotations

import numpy as np
import pytest

from twin.experiment.statistics import interval
from twin.verify.control import controlled


def test_what_the_controls_explain_is_taken_out() -> None:
    """Proves: values that are 3 plus twice a control have no width left, and the control's chance is gone from the mean.

    Sensitivity: the plain interval is as wide as the control's spread.
    """
    control = [0.3, -0.1, 0.2, 0.05, -0.4, 0.1]
    values = [3.0 + 2.0 * c for c in control]
    found = controlled(values, [control], 0.99)
    assert found.mean == pytest.approx(3.0, abs=1e-12)
    assert found.high - found.low == pytest.approx(0.0, abs=1e-9)
    plain = interval(values, 0.99)
    assert plain.high - plain.low > 1.0


def test_without_controls_or_with_useless_ones_it_is_the_t_interval() -> None:
    """Proves: no controls, too few values for them, or controls that never vary: Student's interval."""
    values = [1.0, 1.2, 0.9, 1.1, 1.05]
    plain = interval(values, 0.95)
    assert controlled(values, [], 0.95) == plain
    assert controlled(values, [[0.0] * 5], 0.95) == plain
    assert controlled(values[:3], [[0.1, 0.2, -0.1]], 0.95) == interval(values[:3], 0.95)


def test_intervals_with_controls_cover_as_often_as_they_say() -> None:
    """Proves: over 4,000 samples of eight, two controls, the 90 % interval holds the mean in 90 % (± 1.5) of them.

    Sensitivity: n - 1 degrees of freedom instead of n - q - 1, or leaving c' S^-1 c out, gives 86 % and less.
    """
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(4000):
        controls = rng.normal(size=(2, 8))
        values = 5.0 + 0.8 * controls[0] - 0.5 * controls[1] + 0.6 * rng.normal(size=8)
        found = controlled(values.tolist(), controls.tolist(), 0.90)
        inside += found.low <= 5.0 <= found.high
    assert inside / 4000 == pytest.approx(0.90, abs=0.015)
