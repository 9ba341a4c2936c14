"""Figures of an effect: the mean paired difference with its interval, and how it spreads over the task's uncertain parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twin.experiment.statistics import Interval, paired


@dataclass(frozen=True)
class Figure:
    """``mean``, ``low``, ``high``: 95 % interval of the plant's randomness at central parameters.

    ``p10``, ``p50``, ``p90``: over parameter draws.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    level: float
    p10: float | None = None
    p50: float | None = None
    p90: float | None = None

    def payload(self) -> dict[str, float | int | None]:
        """As it stands in ``--json``."""
        return {
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "level": self.level,
            "p10": self.p10,
            "p50": self.p50,
            "p90": self.p90,
        }

    @property
    def below_zero(self) -> bool:
        """Whether the whole interval lies below zero: a saving that randomness does not explain."""
        return self.high is not None and self.high < 0.0

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above zero."""
        return self.low is not None and self.low > 0.0


def quantile(values: Sequence[float], share: float) -> float | None:
    """Empirical quantile by linear interpolation between order statistics (Hyndman & Fan type 7); None without values."""
    data = sorted(values)
    if not data:
        return None
    place = share * (len(data) - 1)
    below = int(place)
    above = min(below + 1, len(data) - 1)
    return data[below] + (place - below) * (data[above] - data[below])


def effect(
    with_task: Sequence[float],
    without: Sequence[float],
    drawn: Sequence[float] = (),
    drawn_without: Sequence[float] = (),
) -> Figure:
    """Paired effect *with − without*; ``drawn`` are the same at drawn parameters, paired with ``drawn_without``."""
    found = paired(with_task, without)
    spread = [a - b for a, b in zip(drawn, drawn_without, strict=True)]
    return of(found, spread)


def of(found: Interval, spread: Sequence[float] = ()) -> Figure:
    """A figure from an interval and the values over parameter draws."""
    return Figure(
        found.mean,
        found.low,
        found.high,
        found.n,
        found.level,
        quantile(spread, 0.1),
        quantile(spread, 0.5),
        quantile(spread, 0.9),
    )


def mapped(figure: Figure, function: Callable[[float], float | None], spread: Sequence[float] = ()) -> Figure:
    """A monotone function of a figure: its interval's ends are the function's values there; ``spread`` are its values over draws."""
    ends = [None if end is None else function(end) for end in (figure.low, figure.high)]
    known = sorted(end for end in ends if end is not None)
    mean = None if figure.mean is None else function(figure.mean)
    low, high = (known[0], known[1]) if len(known) == 2 else (None, None)
    return Figure(
        mean, low, high, figure.n, figure.level, quantile(spread, 0.1), quantile(spread, 0.5), quantile(spread, 0.9)
    )


def scaled(figure: Figure, factor: float, offset: float = 0.0) -> Figure:
    """``offset + factor · figure``."""

    def move(value: float | None) -> float | None:
        return None if value is None else offset + factor * value

    low, high = (move(figure.low), move(figure.high)) if factor >= 0 else (move(figure.high), move(figure.low))
    p10, p90 = (move(figure.p10), move(figure.p90)) if factor >= 0 else (move(figure.p90), move(figure.p10))
    return Figure(move(figure.mean), low, high, figure.n, figure.level, p10, move(figure.p50), p90)
