"""Durations as a user writes them, and their inverse transform: one uniform variate gives one duration."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator

from twin.models.phases import Draws, Stream
from twin.scenario.schema import Duration

_BLOCK = 1024
_NORMAL = NormalDist()


def _plain(value: Any) -> Any:
    """A plain quantity is a constant duration."""
    return {"constant": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else value


Time = Annotated[Duration, BeforeValidator(_plain)]


def mean_s(duration: Duration) -> float:
    """The mean, in seconds."""
    if duration.constant_s is not None:
        return duration.constant_s
    if duration.exponential is not None:
        return duration.exponential.mean_s
    if duration.lognormal is not None:
        return duration.lognormal.mean_s
    if duration.weibull is not None:
        return duration.weibull.mean_s
    msg = "a duration needs one of constant, exponential, lognormal, weibull"
    raise ValueError(msg)


def _lognormal(mean: float, sd: float) -> tuple[float, float]:
    """Location and scale of the normal variate whose exponential has this mean and standard deviation."""
    scale2 = math.log1p((sd / mean) ** 2)
    return math.log(mean) - scale2 / 2.0, math.sqrt(scale2)


def quantile_s(duration: Duration, uniform: float) -> float:
    """The duration in seconds at the quantile ``uniform`` in (0, 1)."""
    if duration.exponential is not None:
        return -duration.exponential.mean_s * math.log1p(-uniform)
    if duration.lognormal is not None:
        location, scale = _lognormal(duration.lognormal.mean_s, duration.lognormal.sd_s)
        return math.exp(location + scale * _NORMAL.inv_cdf(uniform)) if scale else duration.lognormal.mean_s
    if duration.weibull is not None:
        shape = duration.weibull.shape
        scale_s = duration.weibull.mean_s / math.gamma(1.0 + 1.0 / shape)
        return float(scale_s * (-math.log1p(-uniform)) ** (1.0 / shape))
    return mean_s(duration)


def quantiles_s(duration: Duration, uniforms: np.ndarray) -> np.ndarray:
    """:func:`quantile_s` of an array of variates."""
    if duration.exponential is not None:
        return np.asarray(-duration.exponential.mean_s * np.log1p(-uniforms))
    if duration.weibull is not None:
        shape = duration.weibull.shape
        return np.asarray(
            duration.weibull.mean_s / math.gamma(1.0 + 1.0 / shape) * (-np.log1p(-uniforms)) ** (1.0 / shape)
        )
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
