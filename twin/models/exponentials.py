"""Sums of exponentials in time: when such a function first leaves a range.

A function is given by its start value and the rates of its modes: ``v(t) = start + sum_i rate_i (1 - exp(-decay_i t)) / decay_i`` (a decay of 0
is the linear mode ``rate_i t``). Written so, nothing cancels when a mode is slow. The search is exact: an interval is passed only when bounds
prove that the function stays inside it, and a crossing is solved only where the function is proved monotone.
"""

from __future__ import annotations

from math import exp, expm1

SPLIT = 0.25  # an undecided interval is split near its start, where the fast modes live
MAX_NEWTON = 200


def risen(decay: float, t: float) -> float:
    """``(1 - exp(-decay t)) / decay``, s."""
    return -expm1(-decay * t) / decay if decay > 0.0 else t


def value(start: float, rates: list[float], decays: list[float], t: float) -> float:
    """The function at ``t`` s."""
    return start + sum(rate * risen(decay, t) for rate, decay in zip(rates, decays, strict=True))


def slope(rates: list[float], decays: list[float], t: float) -> float:
    """Its first derivative at ``t`` s, per s."""
    return sum(rate * exp(-decay * t) for rate, decay in zip(rates, decays, strict=True))


def first_exit(
    start: float, rates: list[float], decays: list[float], low: float, high: float, horizon_s: float, tolerance: float
) -> tuple[float, int]:
    """First time at which the function leaves ``[low, high]`` by more than ``tolerance``, and through which end.

    Returns ``(t, +1)`` or ``(t, -1)`` with v(t) on the bound, or ``(horizon_s, 0)`` when it stays inside. A start outside by less than the
    tolerance counts as on the bound.
    """
    s, pending, smallest = 0.0, [horizon_s], 1e-13 * horizon_s
    while pending:
        e = pending[-1]
        verdict = _judge(start, rates, decays, s, e, low - tolerance, high + tolerance)
        if verdict == "undecided" and e - s > smallest:
            pending.append(s + SPLIT * (e - s))
            continue
        if verdict != "inside":
            end = value(start, rates, decays, e)
            if end > high + tolerance:
                return _crossing(start - high, rates, decays, s, e), 1
            if end < low - tolerance:
                return _crossing(start - low, rates, decays, s, e), -1
        s = pending.pop()
    return horizon_s, 0


def _judge(start: float, rates: list[float], decays: list[float], s: float, e: float, low: float, high: float) -> str:
    """``inside`` (bounds prove it), ``monotone`` or ``undecided`` for the interval [s, e].

    Every mode, its slope and its curvature are monotone in time, so their ends bound them; near the start a Taylor bound about s is the
    sharper one.
    """
    at_s = slope_s = 0.0
    most = least = steepest = flattest = bend_up = bend_down = 0.0
    for rate, decay in zip(rates, decays, strict=True):
        es, ee = exp(-decay * s), exp(-decay * e)
        ps, pe = risen(decay, s), risen(decay, e)
        at_s += rate * ps
        slope_s += rate * es
        bend = decay * rate
        if rate > 0.0:
            most, least = most + rate * pe, least + rate * ps
            steepest, flattest = steepest + rate * es, flattest + rate * ee
            bend_up, bend_down = bend_up - bend * ee, bend_down - bend * es
        else:
            most, least = most + rate * ps, least + rate * pe
            steepest, flattest = steepest + rate * ee, flattest + rate * es
            bend_up, bend_down = bend_up - bend * es, bend_down - bend * ee
    w = e - s
    top = min(most, at_s + max(0.0, slope_s) * w + max(0.0, bend_up) * w * w / 2)
    bottom = max(least, at_s + min(0.0, slope_s) * w + min(0.0, bend_down) * w * w / 2)
    if start + top <= high and start + bottom >= low:
        return "inside"
    falling = min(steepest, slope_s + max(0.0, bend_up) * w) <= 0.0
    rising = max(flattest, slope_s + min(0.0, bend_down) * w) >= 0.0
    return "monotone" if falling or rising else "undecided"


def _crossing(offset: float, rates: list[float], decays: list[float], s: float, e: float) -> float:
    """Zero of ``offset + sum rate_i risen_i`` on [s, e], where it is monotone: Newton steps kept inside a shrinking bracket."""
    at_end = value(offset, rates, decays, e)
    at_start = value(offset, rates, decays, s)
    if at_start * at_end >= 0.0:  # the start already lies on the bound, within the tolerance
        return s
    sign = 1.0 if at_end > 0.0 else -1.0
    low, high = s, e
    t = s + (e - s) * at_start / (at_start - at_end)
    for _ in range(MAX_NEWTON):
        f = value(offset, rates, decays, t)
        if f == 0.0:
            return t
        if sign * f > 0.0:
            high = t
        else:
            low = t
        df = slope(rates, decays, t)
        new = t - f / df if df != 0.0 else low
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - t) <= 4e-16 * t or not low < new < high:
            return new
        t = new
    return t
