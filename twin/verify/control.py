"""Intervals with control variates: what is known to be zero on average takes part of the chance out of a mean.

A replication's arrivals less their expectation, or the work that its lots drew less theirs, are zero on average whatever the plant does
with them, and go with waits, utilisation and throughput. The mean is corrected by regression on them; under joint normality the interval is
exact (S. Lavenberg & P. Welch, Management Science 27 (1981) 322; Law & Kelton, Simulation Modeling and Analysis, section 11.4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from twin.experiment.statistics import Interval, interval, t_quantile


def controlled(values: Sequence[float], controls: Sequence[Sequence[float]], level: float) -> Interval:
    """Interval of the mean of ``values``; ``controls``: series of the same length, each of expectation zero. Without any: the t interval.

    With q controls and n values: n - q - 1 degrees of freedom, variance s2 (1/n + c' S^-1 c), c the controls' means, S their scatter.
    """
    n, q = len(values), len(controls)
    if q == 0 or n < q + 3:
        return interval(values, level)
    y, c = np.array(values, float), np.array(controls, float).T
    means = c.mean(axis=0)
    scatter = (c - means).T @ (c - means)
    if np.linalg.matrix_rank(scatter) < q:
        return interval(values, level)
    slope = np.linalg.solve(scatter, (c - means).T @ (y - y.mean()))
    mean = float(y.mean() - slope @ means)
    rest = y - y.mean() - (c - means) @ slope
    degrees = n - q - 1
    variance = float(rest @ rest) / degrees * (1.0 / n + float(means @ np.linalg.solve(scatter, means)))
    half = t_quantile(level, degrees) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half, n, level, math.sqrt(variance * n))
