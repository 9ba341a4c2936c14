"""Flows, phases and the binomial draw."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom

from twin.models.phases import Flow, Phase, binomial


@given(st.floats(-50.0, 50.0), st.floats(-50.0, 50.0), st.floats(10.0, 1e5), st.floats(1.0, 1e5))
def test_amount_is_the_integral_of_the_rate(base: float, amp: float, tau: float, span: float) -> None:
    """Proves: the closed form against quadrature. Sensitivity: a sign or a factor 3600 missing."""
    flow = Flow("electricity", base, ((amp, tau),))
    edges = [
        0.0,
        *(k * tau for k in (1, 5, 20) if k * tau < span),
        span,
    ]  # a fast decay in a long span is easily stepped over
    exact = (
        sum(quad(flow.at, a, b, epsabs=1e-9, epsrel=1e-11, limit=200)[0] for a, b in itertools.pairwise(edges)) / 3600.0
    )
    assert flow.amount(span) == pytest.approx(exact, rel=1e-8, abs=1e-8 * (abs(base) + abs(amp)) * span / 3600.0)


@pytest.mark.parametrize(
    "wrong", [{"state": "melting"}, {"flows": (Flow("aether", 1.0),)}, {"heat_kwh": {"radiation": 1.0}}]
)
def test_unknown_words_are_refused(wrong: dict) -> None:
    """Proves: states, carriers and terms are those of the trace. Sensitivity: a misspelt one would be lost in a sum."""
    with pytest.raises(ValueError, match="is none of"):
        Phase(1.0, **({"state": "holding"} | wrong))


@pytest.mark.parametrize(("n", "share"), [(40, 0.04), (100, 0.03), (7, 0.5), (500, 0.2)])
def test_binomial_is_the_inverse_of_its_distribution(n: int, share: float) -> None:
    """Proves: equal to scipy's quantile at many levels, none at share 0. Sensitivity: a sum off by one trial."""
    for u in (1e-6, 0.01, 0.2, 0.5, 0.77, 0.99, 0.99999):
        assert binomial(n, share, u) == int(binom.ppf(u, n, share))
    assert binomial(n, 0.0, 0.9) == 0


def test_rate_decays() -> None:
    """Proves: base + amp exp(-t/tau) at one time constant."""
    assert Flow("electricity", 10.0, ((5.0, 100.0),)).at(100.0) == pytest.approx(10.0 + 5.0 / math.e)
