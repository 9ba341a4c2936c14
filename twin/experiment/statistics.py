"""Intervals for means of replications, paired differences, and how many replications a precision needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Interval:
    """A mean with its two-sided confidence interval. ``low`` and ``high`` are None where one replication says nothing of spread."""

    mean: float
    low: float | None
    high: float | None
    n: int
    level: float
    sd: float | None

    @property
    def half_width(self) -> float | None:
        """Half the interval's length."""
        return None if self.high is None or self.low is None else (self.high - self.low) / 2.0

    def payload(self) -> dict[str, float | int | None]:
        """As it stands in ``--json``."""
        return {"mean": self.mean, "low": self.low, "high": self.high, "n": self.n, "level": self.level}


def t_quantile(level: float, degrees: int) -> float:
    """Two-sided Student quantile: t with P(|T| <= t) = ``level``."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + level / 2.0))


def interval(values: Sequence[float] | np.ndarray, level: float = 0.95) -> Interval:
    """t interval of the mean of independent replications. Sums run in index order (math.fsum), so no worker count changes a digit."""
    data = [float(value) for value in values]
    n = len(data)
    if n == 0:
        msg = "an interval needs at least one replication"
        raise ValueError(msg)
    mean = math.fsum(data) / n
    if n == 1:
        return Interval(mean, None, None, 1, level, None)
    if min(data) == max(data):
        return Interval(data[0], data[0], data[0], n, level, 0.0)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in data) / (n - 1))
    half = t_quantile(level, n - 1) * sd / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n, level, sd)


def differences(with_change: Sequence[float], without: Sequence[float]) -> list[float]:
    """Paired differences *with - without*, replication by replication. Raises ValueError on unequal lengths."""
    return [float(a) - float(b) for a, b in zip(with_change, without, strict=True)]


def paired(with_change: Sequence[float], without: Sequence[float], level: float = 0.95) -> Interval:
    """Paired t interval of the mean of *with - without* (Law & Kelton, Simulation Modeling and Analysis, section 10.2)."""
    return interval(differences(with_change, without), level)


def variance_reduction(with_change: Sequence[float], without: Sequence[float]) -> float | None:
    """Variance of an unpaired difference over that of the paired one: (var A + var B) / var(A - B).

    Infinite where the differences do not vary but the values do; None with fewer than two replications or where nothing varies.
    """
    if len(with_change) < 2:
        return None

    def spread(data: Sequence[float]) -> float:
        return interval(data).sd or 0.0

    unpaired = spread(with_change) ** 2 + spread(without) ** 2
    remaining = spread(differences(with_change, without)) ** 2
    if remaining == 0.0:
        return math.inf if unpaired else None
    return unpaired / remaining


@dataclass(frozen=True)
class Precision:
    """Add replications in rounds of ``step`` until the half width of ``kpi`` is at most ``relative`` of its mean, or ``limit`` is reached.

    Rounds do not depend on the number of workers, so neither does the result.
    """

    kpi: str
    relative: float
    step: int = 10
    limit: int = 200
    level: float = 0.95

    def reached(self, values: Sequence[float]) -> bool:
        """Whether these replications are enough."""
        if len(values) < 2:
            return False
        found = interval(values, self.level)
        return found.half_width is not None and found.half_width <= self.relative * abs(found.mean)


def round_sizes(first: int, precision: Precision | None) -> tuple[int, ...]:
    """Cumulated numbers of replications after each round: ``first``, then steps up to the limit."""
    if precision is None:
        return (first,)
    sizes = [min(first, precision.limit)]
    while sizes[-1] < precision.limit:
        sizes.append(min(sizes[-1] + precision.step, precision.limit))
    return tuple(sizes)


@dataclass(frozen=True)
class Truncation:
    """Where a stationary study should begin to count. ``observations``: how many at the beginning are left out; ``mean``: of the rest.

    ``sure``: False where the best cut lies at the end of what was searched (half of the run): the run is too short to say.
    """

    observations: int
    mean: float
    sure: bool


def mser5(values: Sequence[float] | np.ndarray, batch: int = 5) -> Truncation:
    """How much of a run's beginning to leave out, by the marginal standard error rule over means of five observations, MSER-5.

    The cut d, in batches, makes the sum of squares about the mean of what is kept over the square of its number least; cuts beyond half
    of the run are not considered. A run begun as a prelude (``run.warmup``) needs none; this is for studies of a stationary plant.

    Source: White, Simulation 69 (1997) 323-334; White, Cobb & Spratt, Proc. Winter Simulation Conference 2000, 755-760. Raises
    ValueError with fewer than four batches.
    """
    data = np.asarray(values, dtype=np.float64)
    count = len(data) // batch
    if count < 4:
        msg = f"{len(data)} observations are too few for MSER: at least {4 * batch}"
        raise ValueError(msg)
    means = data[: count * batch].reshape(count, batch).mean(axis=1)
    kept = np.arange(count, 0, -1)
    shifted = means - means.mean()
    sums, squares = np.cumsum(shifted[::-1])[::-1], np.cumsum((shifted**2)[::-1])[::-1]
    searched = count // 2 + 1
    errors = (squares - sums**2 / kept)[:searched] / kept[:searched] ** 2
    cut = int(np.argmin(errors))
    return Truncation(cut * batch, float(data[cut * batch :].mean()), cut < searched - 1)
