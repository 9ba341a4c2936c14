"""Sums of exponentials in time: when such a function first leaves a range.

A function is given by its start value and the rates of its modes: ``v(t) = start + sum_i rate_i (1 - exp(-decay_i t))
/ decay_i`` (a decay of 0 is the linear mode ``rate_i t``). Written so, nothing cancels when a mode is slow. The
search is exact: an interval is passed only when bounds prove that the function stays inside it, and a crossing is
solved only where the function is proved monotone.
"""

from __future__ import annotations

from math import expm1

SPLIT = 0.25  # an undecided interval is split near its start, where the fast modes live
MAX_NEWTON = 200


def risen(decay: float, t: float) -> float:
    """``(1 - exp(-decay t)) / decay``, s."""
    return -expm1(-decay * t) / decay if decay > 0.0 else t


def value_and_slope(start: float, rates: list[float], decays: list[float], t: float) -> tuple[float, float]:
    """The function and its first derivative (per s) at ``t`` s."""
    total, steep = start, 0.0
    for rate, decay in zip(rates, decays, strict=True):
        if decay > 0.0:
            fallen = expm1(-decay * t)
            total -= rate * fallen / decay
            steep += rate * (1.0 + fallen)
        else:
            total += rate * t
            steep += rate
    return total, steep


def first_exit(
    start: float, rates: list[float], decays: list[float], low: float, high: float, horizon_s: float, tolerance: float
) -> tuple[float, int]:
    """First time at which the function leaves ``[low, high]`` by more than ``tolerance``, and through which end.

    Returns ``(t, +1)`` or ``(t, -1)`` with v(t) on the bound, or ``(horizon_s, 0)`` when it stays inside. A start
    outside by less than the tolerance counts as on the bound.
    """
    s, pending, smallest = 0.0, [horizon_s], 1e-13 * horizon_s
    while pending:
        e = pending[-1]
        verdict, at_s, slope_s, at_e = _judge(start, rates, decays, s, e, low - tolerance, high + tolerance)
        if verdict == "undecided" and e - s > smallest:
            pending.append(s + SPLIT * (e - s))
            continue
        if verdict != "inside":
            if at_e > high + tolerance:
                return _crossing(start - high, rates, decays, (s, at_s - high, slope_s), (e, at_e - high)), 1
            if at_e < low - tolerance:
                return _crossing(start - low, rates, decays, (s, at_s - low, slope_s), (e, at_e - low)), -1
        s = pending.pop()
    return horizon_s, 0


def _judge(
    start: float, rates: list[float], decays: list[float], s: float, e: float, low: float, high: float
) -> tuple[str, float, float, float]:
    """``inside`` (bounds prove it), ``monotone`` or ``undecided`` for [s, e]; value and slope at s; value at e.

    Every mode, its slope and its curvature are monotone in time, so their ends bound them; near the start a Taylor
    bound about s is the sharper one.
    """
    at_s = at_e = slope_s = slope_e = 0.0
    most = least = steepest = flattest = bend_up = bend_down = 0.0
    for rate, decay in zip(rates, decays, strict=True):
        fallen_s = expm1(-decay * s) if s else 0.0
        fallen_e = expm1(-decay * e)
        first, last = (-rate * fallen_s / decay, -rate * fallen_e / decay) if decay > 0.0 else (rate * s, rate * e)
        slope_first, slope_last = rate * (1.0 + fallen_s), rate * (1.0 + fallen_e)
        at_s, at_e, slope_s, slope_e = at_s + first, at_e + last, slope_s + slope_first, slope_e + slope_last
        if rate > 0.0:
            most, least, steepest, flattest = most + last, least + first, steepest + slope_first, flattest + slope_last
            bend_up, bend_down = bend_up - decay * slope_last, bend_down - decay * slope_first
        else:
            most, least, steepest, flattest = most + first, least + last, steepest + slope_last, flattest + slope_first
            bend_up, bend_down = bend_up - decay * slope_first, bend_down - decay * slope_last
    w = e - s
    bend_up, bend_down = max(0.0, bend_up), min(0.0, bend_down)
    top = start + min(most, at_s + (max(0.0, slope_s) + bend_up * w / 2) * w)
    bottom = start + max(least, at_s + (min(0.0, slope_s) + bend_down * w / 2) * w)
    if top <= high and bottom >= low:
        return "inside", start + at_s, slope_s, start + at_e
    falling = steepest <= 0.0 or slope_s + bend_up * w <= 0.0 or slope_e - bend_down * w <= 0.0
    rising = flattest >= 0.0 or slope_s + bend_down * w >= 0.0 or slope_e - bend_up * w >= 0.0
    return ("monotone" if falling or rising else "undecided"), start + at_s, slope_s, start + at_e


def _crossing(
    offset: float, rates: list[float], decays: list[float], begin: tuple[float, float, float], end: tuple[float, float]
) -> float:
    """Zero of ``offset + sum rate_i risen_i`` from (t, value, slope) to (t, value), where it is monotone: Newton in a
    shrinking bracket.
    """
    (low, at_low, slope_low), (high, at_high) = begin, end
    if at_low * at_high >= 0.0:  # the start already lies on the bound, within the tolerance
        return low
    t = low - at_low / slope_low if slope_low != 0.0 else high
    if not low < t < high:
        t = low + (high - low) * at_low / (at_low - at_high)
    for _ in range(MAX_NEWTON):
        f, steep = value_and_slope(offset, rates, decays, t)
        if f == 0.0:
            break
        if (f > 0.0) == (at_high > 0.0):
            high = t
        else:
            low = t
        new = t - f / steep if steep != 0.0 else low
        newton = low < new < high
        if not newton:
            new = 0.5 * (low + high)
        # Newton converges quadratically: after a step this small the next one would be below rounding
        done = abs(new - t) <= (1e-10 if newton else 4e-16) * t
        t = new
        if done:
            break
    return t
