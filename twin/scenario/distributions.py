"""Distributions of durations and of counts as a user writes them. Their inverse transforms: :mod:`twin.models.durations`."""

from __future__ import annotations

from statistics import NormalDist, fmean
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from twin.core.units import Q
from twin.scenario.part import Part, exactly_one, refuse

Seconds = Annotated[float, Q("s")]
_NORMAL = NormalDist()


class Exponential(Part):
    """Exponential distribution."""

    mean_s: Seconds = Field(alias="mean", gt=0)


class Lognormal(Part):
    """Lognormal distribution, by the mean and standard deviation of the duration itself."""

    mean_s: Seconds = Field(alias="mean", gt=0)
    sd_s: Seconds = Field(alias="sd", ge=0)


class Weibull(Part):
    """Weibull distribution, by its mean."""

    mean_s: Seconds = Field(alias="mean", gt=0)
    shape: float = Field(ge=0.05, le=1000)


class Gamma(Part):
    """Gamma distribution, by its mean; a whole shape k is the sum of k exponential times (Erlang)."""

    mean_s: Seconds = Field(alias="mean", gt=0)
    shape: float = Field(ge=0.05, le=1000)


class Uniform(Part):
    """Uniform distribution."""

    low_s: Seconds = Field(alias="low", ge=0)
    high_s: Seconds = Field(alias="high", ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.high_s < self.low_s:
            refuse("high is below low", "e.g. low: 8 min, high: 12 min")
        return self


class Triangular(Part):
    """Triangular distribution: least, most frequent and largest value."""

    low_s: Seconds = Field(alias="low", ge=0)
    mode_s: Seconds = Field(alias="mode", ge=0)
    high_s: Seconds = Field(alias="high", ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        if not self.low_s <= self.mode_s <= self.high_s:
            refuse("not in order", "e.g. low: 8 min, mode: 10 min, high: 15 min")
        return self


class Normal(Part):
    """Normal distribution, cut off at zero: ``mean`` and ``sd`` are those before the cut."""

    mean_s: Seconds = Field(alias="mean", gt=0)
    sd_s: Seconds = Field(alias="sd", ge=0)


class Empirical(Part):
    """Observed durations; each is as likely as the others. From the scenario, or from a table beside it."""

    values_s: tuple[Seconds, ...] = Field((), alias="values", description="observed durations")
    file: str | None = Field(
        None, description="CSV or Parquet with a column named seconds, minutes or hours; path relative to the scenario"
    )

    @model_validator(mode="after")
    def _some(self) -> Empirical:
        if not self.values_s and self.file is None:
            refuse("no observed durations", "e.g. values: [58 s, 61 s, 75 s], or file: times.csv")
        if any(value < 0.0 for value in self.values_s):
            refuse("a duration below zero", "durations of 0 s or more")
        return self


DISTRIBUTIONS = {
    "constant_s": "constant",
    "exponential": "exponential",
    "lognormal": "lognormal",
    "weibull": "weibull",
    "gamma": "gamma",
    "uniform": "uniform",
    "triangular": "triangular",
    "normal": "normal",
    "empirical": "empirical",
}
"""field of a :class:`Duration`: key"""


class Duration(Part):
    """A duration: exactly one of a constant or a distribution. Also written as a plain quantity, `62 s`."""

    shorthand: ClassVar[str | None] = "constant"

    constant_s: Seconds | None = Field(None, alias="constant", ge=0)
    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    weibull: Weibull | None = None
    gamma: Gamma | None = None
    uniform: Uniform | None = None
    triangular: Triangular | None = None
    normal: Normal | None = None
    empirical: Empirical | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Duration:
        exactly_one(self, DISTRIBUTIONS, "a duration", "e.g. '62 s' or {lognormal: {mean: 1.5 h, sd: 1 h}}")
        return self


def mean_s(duration: Duration) -> float:
    """The mean, in seconds."""
    if duration.constant_s is not None:
        return duration.constant_s
    for plain in (duration.exponential, duration.lognormal, duration.weibull, duration.gamma):
        if plain is not None:
            return plain.mean_s
    if duration.uniform is not None:
        return (duration.uniform.low_s + duration.uniform.high_s) / 2.0
    if duration.triangular is not None:
        return (duration.triangular.low_s + duration.triangular.mode_s + duration.triangular.high_s) / 3.0
    if duration.normal is not None:
        return _cut_normal_mean_s(duration.normal)
    if duration.empirical is not None and duration.empirical.values_s:
        return fmean(duration.empirical.values_s)
    msg = "a duration without a distribution, or with a table that was not read"
    raise ValueError(msg)


def _cut_normal_mean_s(normal: Normal) -> float:
    """mu + sd phi(a) / (1 - Phi(a)), a = -mu / sd: the mean of a normal variate above zero (Johnson, Kotz & Balakrishnan 1994, 10.1)."""
    if not normal.sd_s:
        return normal.mean_s
    a = -normal.mean_s / normal.sd_s
    return normal.mean_s + normal.sd_s * _NORMAL.pdf(a) / (1.0 - _NORMAL.cdf(a))


class CountWeibull(Part):
    """Weibull distribution of a count, by its mean."""

    mean: float = Field(ge=1)
    shape: float = Field(ge=0.05, le=1000)


class CountExponential(Part):
    """Exponential distribution of a count."""

    mean: float = Field(ge=1)


class CountUniform(Part):
    """Uniform distribution of a count."""

    low: float = Field(ge=0)
    high: float = Field(ge=1)


class Count(Part):
    """A number of cycles: constant or random. Also written as a plain number."""

    shorthand: ClassVar[str | None] = "constant"

    constant: float | None = Field(None, ge=1)
    exponential: CountExponential | None = None
    weibull: CountWeibull | None = None
    uniform: CountUniform | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Count:
        names = ("constant", "exponential", "weibull", "uniform")
        exactly_one(self, {name: name for name in names}, "a count", "e.g. 500 or {exponential: {mean: 500}}")
        return self

    def as_duration(self) -> Duration:
        """The same distribution with one second for one cycle."""
        written: dict[str, object] = {"constant": self.constant}
        if self.exponential is not None:
            written = {"exponential": {"mean": self.exponential.mean}}
        elif self.weibull is not None:
            written = {"weibull": {"mean": self.weibull.mean, "shape": self.weibull.shape}}
        elif self.uniform is not None:
            written = {"uniform": {"low": self.uniform.low, "high": self.uniform.high}}
        return Duration.model_validate(written, context={"canonical": True})
