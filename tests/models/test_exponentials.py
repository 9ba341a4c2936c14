"""First exit of a sum of exponentials from a range, against a dense grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.models.exponentials import first_exit, value_and_slope


def test_single_exponential() -> None:
    """Proves: 1 - exp(-t) passes 0.5 at ln 2, and never passes 1.5."""
    assert first_exit(0.0, [1.0], [1.0], -1.0, 0.5, 10.0, 1e-12) == (pytest.approx(np.log(2.0), rel=1e-14), 1)
    assert first_exit(0.0, [1.0], [1.0], -1.0, 1.5, 1e6, 1e-12) == (1e6, 0)


def test_a_short_excursion_is_not_missed() -> None:
    """Proves: a fast dip below the floor, over within 0.1 % of the horizon, is found; so is the second of two bounds
    when the first is only touched. Sensitivity: looking at the ends alone (both inside) would find nothing."""
    rates, decays = [-100.0, 10.05], [10.0, 1.0]
    end, _ = value_and_slope(0.0, rates, decays, 1e4)
    assert -1.0 < end < 1.0
    t, way = first_exit(0.0, rates, decays, -1.0, 20.0, 1e4, 1e-12)
    assert way == -1
    assert value_and_slope(0.0, rates, decays, t)[0] == pytest.approx(-1.0, abs=1e-12)


def test_starting_on_a_bound() -> None:
    """Proves: a start on a bound leaves at once when it moves out, and is free when it moves in."""
    assert first_exit(1.0, [1.0], [1.0], 0.0, 1.0, 5.0, 1e-12) == (0.0, 1)
    assert first_exit(1.0, [-0.5], [1.0], 0.0, 1.0, 5.0, 1e-12) == (5.0, 0)
    assert first_exit(1.0, [0.0], [0.0], 0.0, 1.0, 5.0, 1e-12) == (5.0, 0)


@settings(max_examples=150, deadline=None)
@given(
    rates=st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=5),
    decays=st.lists(st.sampled_from([0.0, 1e-4, 0.01, 0.3, 1.0, 7.0, 50.0]), min_size=5, max_size=5),
    low=st.floats(-3.0, -0.01),
    high=st.floats(0.01, 3.0),
)
def test_agrees_with_a_dense_grid(rates: list[float], decays: list[float], low: float, high: float) -> None:
    """Proves: no point of a dense grid lies outside before the reported exit, and at the exit the function is on the
    reported bound."""
    decays = decays[: len(rates)]
    t, way = first_exit(0.0, rates, decays, low, high, 100.0, 1e-11)
    grid = t * np.concatenate((np.linspace(0.0, 1.0, 400), np.geomspace(1e-6, 1.0, 200)))[:, None]
    lam = np.array(decays)
    risen = np.where(lam > 0.0, -np.expm1(-lam * grid) / np.where(lam > 0.0, lam, 1.0), grid)
    values = risen @ np.array(rates)
    assert values.max() <= high + 1e-8
    assert values.min() >= low - 1e-8
    if way:
        assert value_and_slope(0.0, rates, decays, t)[0] == pytest.approx(high if way > 0 else low, abs=1e-9)
