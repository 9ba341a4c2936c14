"""Durations as a user writes them, and their inverse transform: one uniform variate gives one duration."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator

from twin.models.phases import Draws, Stream
from twin.models.quantiles import gamma_quantile
from twin.scenario.distributions import Lognormal, Normal, Triangular, Weibull, mean_s
from twin.scenario.schema import Duration

__all__ = ["Time", "Variates", "mean_s", "once_s", "quantile_s", "quantiles_s", "sampler"]

_BLOCK = 1024
_NORMAL = NormalDist()


def _plain(value: Any) -> Any:
    """A plain quantity is a constant duration."""
    return {"constant": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else value


Time = Annotated[Duration, BeforeValidator(_plain)]


def quantile_s(duration: Duration, uniform: float) -> float:
    """The duration in seconds at the quantile ``uniform`` in (0, 1)."""
    if duration.exponential is not None:
        return -duration.exponential.mean_s * math.log1p(-uniform)
    if duration.lognormal is not None:
        return _lognormal_s(duration.lognormal, uniform)
    if duration.weibull is not None:
        return _weibull_s(duration.weibull, uniform)
    if duration.gamma is not None:
        return gamma_quantile(uniform, duration.gamma.shape) * duration.gamma.mean_s / duration.gamma.shape
    if duration.normal is not None:
        return _cut_normal_s(duration.normal, uniform)
    return mean_s(duration) if duration.constant_s is not None else _bounded_s(duration, uniform)


def _bounded_s(duration: Duration, uniform: float) -> float:
    """Of the distributions between two values."""
    if duration.uniform is not None:
        return duration.uniform.low_s + uniform * (duration.uniform.high_s - duration.uniform.low_s)
    if duration.triangular is not None:
        return _triangular_s(duration.triangular, uniform)
    if duration.empirical is not None and duration.empirical.values_s:
        values = sorted(duration.empirical.values_s)
        return values[min(int(uniform * len(values)), len(values) - 1)]
    return mean_s(duration)


def _lognormal_s(lognormal: Lognormal, uniform: float) -> float:
    """By location and scale of the normal variate whose exponential has this mean and standard deviation."""
    scale2 = math.log1p((lognormal.sd_s / lognormal.mean_s) ** 2)
    location, scale = math.log(lognormal.mean_s) - scale2 / 2.0, math.sqrt(scale2)
    return math.exp(location + scale * _NORMAL.inv_cdf(uniform)) if scale else lognormal.mean_s


def _weibull_s(weibull: Weibull, uniform: float) -> float:
    scale_s = weibull.mean_s / math.gamma(1.0 + 1.0 / weibull.shape)
    return float(scale_s * (-math.log1p(-uniform)) ** (1.0 / weibull.shape))


def _triangular_s(triangular: Triangular, uniform: float) -> float:
    low, mode, high = triangular.low_s, triangular.mode_s, triangular.high_s
    if high == low:
        return low
    if uniform < (mode - low) / (high - low):
        return low + math.sqrt(uniform * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - uniform) * (high - low) * (high - mode))


def _cut_normal_s(normal: Normal, uniform: float) -> float:
    """The quantile among the variates above zero, from above where zero lies far below the mean."""
    if not normal.sd_s:
        return normal.mean_s
    below = _NORMAL.cdf(-normal.mean_s / normal.sd_s)
    return max(0.0, normal.mean_s - normal.sd_s * _NORMAL.inv_cdf(max((1.0 - uniform) * (1.0 - below), 5e-324)))


def quantiles_s(duration: Duration, uniforms: np.ndarray) -> np.ndarray:
    """:func:`quantile_s` of an array of variates."""
    if duration.exponential is not None:
        return np.asarray(-duration.exponential.mean_s * np.log1p(-uniforms))
    if duration.weibull is not None:
        shape = duration.weibull.shape
        return np.asarray(
            duration.weibull.mean_s / math.gamma(1.0 + 1.0 / shape) * (-np.log1p(-uniforms)) ** (1.0 / shape)
        )
    if duration.uniform is not None:
        return np.asarray(duration.uniform.low_s + uniforms * (duration.uniform.high_s - duration.uniform.low_s))
    if duration.empirical is not None and duration.empirical.values_s:
        values = np.sort(duration.empirical.values_s)
        return np.asarray(values[np.minimum((uniforms * len(values)).astype(np.int64), len(values) - 1)])
    return np.array([quantile_s(duration, float(u)) for u in uniforms])


class Variates:
    """Durations of one distribution by serial number, computed in blocks because serials mostly come in order."""

    __slots__ = ("_duration", "_first", "_stream", "_values")

    def __init__(self, duration: Duration, stream: Stream) -> None:
        self._duration, self._stream = duration, stream
        self._first, self._values = -1, [0.0]

    def __call__(self, serial: int) -> float:
        """The duration in seconds with this serial."""
        offset = serial - self._first
        if self._first < 0 or not 0 <= offset < _BLOCK:
            self._first = serial - serial % _BLOCK
            self._values = quantiles_s(self._duration, self._stream.block(self._first, _BLOCK)).tolist()
            offset = serial - self._first
        value: float = self._values[offset]
        return value


def sampler(duration: Duration, draws: Draws, source: str, owner: str) -> Callable[[int], float]:
    """A function from serial number to duration in seconds: the constant, the mean in mean mode, else the addressed variate."""
    if draws.mean_mode or duration.constant_s is not None:
        value = mean_s(duration)
        return lambda _: value
    return Variates(duration, draws.stream(source, owner))


def once_s(duration: Duration, draws: Draws, source: str, owner: str) -> float:
    """The first duration of a source and owner, in seconds; equal to ``sampler(…)(0)``."""
    if draws.mean_mode or duration.constant_s is not None:
        return mean_s(duration)
    return quantile_s(duration, draws.uniform(source, owner, 0))
