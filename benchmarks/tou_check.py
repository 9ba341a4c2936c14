"""What a schedule costs and what no schedule can beat, from the instance alone: nothing here knows the network or its solver."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from benchmarks.tou_data import Instance, Ints, Point, Start

SCALE = 2**20
"""worths of jobs are rounded to this part of one, so that the bound is computed in whole numbers"""


def recomputed(instance: Instance, starts: Sequence[Start]) -> Point:
    """Makespan and energy cost of a schedule. Raises ValueError where a job is missing or twice, or two overlap, or one ends too late."""
    if sorted(one.job for one in starts) != list(range(len(instance.lengths))):
        msg = "not every job is there exactly once"
        raise ValueError(msg)
    busy = np.zeros((len(instance.rates), instance.slots), dtype=np.int64)
    makespan = 0
    for one in starts:
        end = one.start + int(instance.lengths[one.job])
        if one.start < 0 or end > instance.slots:
            msg = f"job {one.job} does not lie within the horizon"
            raise ValueError(msg)
        busy[one.machine, one.start : end] += 1
        makespan = max(makespan, end)
    if busy.max(initial=0) > 1:
        msg = f"two jobs at once on machine {int(np.argmax(busy.max(axis=1)))}"
        raise ValueError(msg)
    return makespan, int(instance.rates @ busy @ instance.prices)


def bound_of(instance: Instance, horizon: int, worth: dict[int, float]) -> int:
    """The least energy cost that any schedule within ``horizon`` slots can have, given what a job of each length is ``worth``.

    Lagrangian bound: Σ jobs' worths + Σ machines' cheapest path, where a path waits or does a job of any length for its energy less its
    worth; valid for any worths. In whole numbers (worths are rounded to 2⁻²⁰), hence exact; energy costs are whole, so it is rounded up.
    """
    lengths, counts = np.unique(instance.lengths, return_counts=True)
    rates, machines = np.unique(instance.rates, return_counts=True)
    whole = np.array([round(worth[int(length)] * SCALE) for length in lengths], dtype=np.int64)
    cheapest = cheapest_paths(instance.prices[:horizon], rates, lengths, whole)
    total = int(whole @ counts) + int(cheapest @ machines)
    return -int(-Fraction(total, SCALE) // 1)


def cheapest_paths(prices: Ints, rates: Ints, lengths: Ints, worth: Ints) -> Ints:
    """Cheapest path (rates,) over the slots for one machine of each rate, times ``SCALE``, by forward recursion."""
    slots = len(prices)
    energy = np.concatenate([[0], np.cumsum(prices)]) * SCALE
    least = np.zeros((slots + 1, len(rates)), dtype=np.int64)
    for end in range(1, slots + 1):
        fits = lengths <= end
        begun = end - lengths[fits]
        done = least[begun] + np.outer(energy[end] - energy[begun], rates) - worth[fits, None]
        least[end] = np.minimum(least[end - 1], done.min(axis=0)) if len(begun) else least[end - 1]
    return least[slots]
