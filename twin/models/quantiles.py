"""Quantiles that the standard library does not have, without scipy: equipment kinds load it not even through others."""

from __future__ import annotations

import math

_TINY, _CLOSE = 1e-300, 1e-15


def gamma_share(x: float, shape: float) -> float:
    """Regularised lower incomplete gamma function P(shape, x).

    Series below shape + 1, continued fraction by Lentz's method above (Press et al., Numerical Recipes, 3rd ed. 2007, 6.2).
    """
    if x <= 0.0:
        return 0.0
    front = math.exp(-x + shape * math.log(x) - math.lgamma(shape))
    if x < shape + 1.0:
        term = total = 1.0 / shape
        k = shape
        while abs(term) > abs(total) * 1e-17:
            k += 1.0
            term *= x / k
            total += term
        return min(1.0, total * front)
    return 1.0 - front * _fraction(x, shape)


def _fraction(x: float, shape: float) -> float:
    b = x + 1.0 - shape
    c, d = 1.0 / _TINY, 1.0 / b
    h, i, delta = d, 0, 0.0
    while abs(delta - 1.0) > _CLOSE and i < 10_000:
        i += 1
        a = -i * (i - shape)
        b += 2.0
        d = 1.0 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        delta = d * c
        h *= delta
    return h


def gamma_quantile(uniform: float, shape: float) -> float:
    """x with P(shape, x) = ``uniform``: the gamma distribution of unit scale.

    Newton's steps within a bracket, halved where they leave it.
    """
    low, high = 0.0, max(1.0, shape)
    while gamma_share(high, shape) < uniform:
        low, high = high, 2.0 * high
    x = (low + high) / 2.0
    for _ in range(200):
        missed = gamma_share(x, shape) - uniform
        low, high = (low, x) if missed > 0.0 else (x, high)
        slope = math.exp((shape - 1.0) * math.log(x) - x - math.lgamma(shape)) if x > 0.0 else 0.0
        step = x - missed / slope if slope > _TINY else low
        new = step if low < step < high else (low + high) / 2.0
        if abs(new - x) <= 1e-14 * new:
            return new
        x = new
    return x
