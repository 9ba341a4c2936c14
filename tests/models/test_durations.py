"""Durations: quantiles against means, standard deviations and medians known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter

from twin.experiment.draws import AddressedDraws, MeanDraws
from twin.models.durations import Time, Variates, mean_s, quantile_s, quantiles_s, sampler

READ = TypeAdapter(Time)
WRITTEN = {
    "exponential": {"exponential": {"mean": "2 h"}},
    "weibull": {"weibull": {"mean": "2 h", "shape": 1.7}},
    "lognormal": {"lognormal": {"mean": "2 h", "sd": "1 h"}},
    "constant": "120 min",
    "gamma": {"gamma": {"mean": "2 h", "shape": 3}},
    "uniform": {"uniform": {"low": "90 min", "high": "150 min"}},
    "triangular": {"triangular": {"low": "1 h", "mode": "2 h", "high": "3 h"}},
    "empirical": {"empirical": {"values": ["1 h", "90 min", "210 min"]}},
}


@pytest.mark.parametrize("name", WRITTEN)
def test_quantiles_have_the_mean_that_was_written(name: str) -> None:
    """Proves: the mean of 20,000 midpoint quantiles is 2 h within 0.2 %. Sensitivity: a rate taken for a mean would give another."""
    duration = READ.validate_python(WRITTEN[name])
    u = (np.arange(20_000) + 0.5) / 20_000
    drawn = quantiles_s(duration, u)
    assert mean_s(duration) == 7200.0
    assert drawn.mean() == pytest.approx(7200.0, rel=2e-3)
    assert quantile_s(duration, 0.3) == pytest.approx(float(quantiles_s(duration, np.array([0.3]))[0]), rel=1e-12)


def test_median_of_the_exponential_and_sd_of_the_lognormal() -> None:
    """Proves: closed forms m ln 2 and sd. Sensitivity: scale and location of the logarithm exchanged would miss both."""
    assert quantile_s(READ.validate_python(WRITTEN["exponential"]), 0.5) == pytest.approx(7200.0 * math.log(2.0))
    u = (np.arange(200_000) + 0.5) / 200_000
    assert quantiles_s(READ.validate_python(WRITTEN["lognormal"]), u).std() == pytest.approx(3600.0, rel=1e-2)


def test_variates_are_addressed_not_consumed() -> None:
    """Proves: any order of asking gives the same variate. Sensitivity: a running generator would not."""
    duration = READ.validate_python(WRITTEN["exponential"])
    stream = AddressedDraws(3, 1).stream("time", "s")
    first, second = Variates(duration, stream), Variates(duration, stream)
    forward = [first(n) for n in (0, 1, 5000, 2)]
    assert [second(n) for n in (2, 5000, 1, 0)] == forward[::-1]
    assert forward[0] == pytest.approx(quantile_s(duration, stream.at(0)), rel=1e-12)


def test_mean_mode_gives_means() -> None:
    """Proves: randomness off. Sensitivity: the median of a lognormal is 10 % below its mean."""
    assert sampler(READ.validate_python(WRITTEN["lognormal"]), MeanDraws(), "repair", "x")(4) == 7200.0


@pytest.mark.parametrize(("mean", "sd"), [(100.0, 20.0), (100.0, 80.0), (10.0, 50.0)])
def test_a_normal_duration_is_cut_off_at_zero(mean: float, sd: float) -> None:
    """Proves: no draw below zero, and their mean is that of the normal distribution above zero as scipy has it.

    Sensitivity: negative draws set to zero would pile up there: 4 % lower at sd = 80 % of the mean.
    """
    from scipy.stats import truncnorm

    duration = READ.validate_python({"normal": {"mean": f"{mean} s", "sd": f"{sd} s"}})
    u = (np.arange(20_000) + 0.5) / 20_000
    drawn = quantiles_s(duration, u)
    exact = truncnorm(-mean / sd, np.inf, loc=mean, scale=sd)
    assert drawn.min() >= 0.0
    assert mean_s(duration) == pytest.approx(float(exact.mean()), rel=1e-9)
    assert drawn == pytest.approx(exact.ppf(u), rel=1e-7, abs=1e-7)


def test_erlang_and_triangular_have_the_spread_that_textbooks_give() -> None:
    """Proves: variance mean^2 / k of a gamma time, (a2+b2+c2-ab-ac-bc)/18 of a triangular one. Sensitivity: mean / k."""
    u = (np.arange(200_000) + 0.5) / 200_000
    assert quantiles_s(READ.validate_python(WRITTEN["gamma"]), u[::10]).var() == pytest.approx(7200.0**2 / 3, rel=5e-3)
    drawn = quantiles_s(READ.validate_python({"triangular": {"low": "1 s", "mode": "2 s", "high": "6 s"}}), u)
    assert drawn.var() == pytest.approx((1 + 4 + 36 - 2 - 6 - 12) / 18, rel=1e-3)


def test_observed_durations_come_back_each_as_often() -> None:
    """Proves: a third of the draws each. Sensitivity: interpolation would give values never observed."""
    drawn = quantiles_s(READ.validate_python(WRITTEN["empirical"]), (np.arange(300) + 0.5) / 300)
    assert dict(zip(*np.unique(drawn, return_counts=True), strict=True)) == {3600.0: 100, 5400.0: 100, 12600.0: 100}
