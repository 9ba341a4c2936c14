"""The gamma quantile against scipy and closed forms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincinv

from twin.models.quantiles import gamma_quantile, gamma_share


@given(st.floats(0.2, 60.0), st.floats(1e-9, 1 - 1e-9))
def test_quantile_and_share_are_those_of_scipy(shape: float, uniform: float) -> None:
    """Proves: to 1e-9 over shapes of 0.2 to 60. Sensitivity: shape + 1 for shape would miss by far."""
    x = gamma_quantile(uniform, shape)
    assert gammainc(shape, x) == pytest.approx(uniform, rel=1e-9, abs=1e-14)
    assert gamma_share(x, shape) == pytest.approx(float(gammainc(shape, x)), rel=1e-10, abs=1e-14)
    assert x == pytest.approx(float(gammaincinv(shape, uniform)), rel=1e-6)


def test_shape_one_is_exponential() -> None:
    """Proves: -ln(1 - u). Sensitivity: a rate for a scale."""
    assert gamma_quantile(0.3, 1.0) == pytest.approx(-math.log(0.7), rel=1e-12)
