"""Stations that process several lots together, fed by a Poisson stream. Times in one unit, rates in its inverse."""

from __future__ import annotations

import math
from collections.abc import Iterator

from twin.verify.theory.chains import stationary

TAIL = 1e-14
LONGEST = 400
"""queue that a chain is cut at"""


def full_batch_wait(arrival: float, size: int, cycle: float) -> float:
    """Mean wait for a furnace that starts only when full: (k - 1) / (2 lambda) for the batch to form, plus the batch's wait in E_k/D/1.

    The latter by F. Spitzer's sum (Trans. Amer. Math. Soc. 82 (1956) 323): sum over n of E[max(0, n D - Gamma(n k, lambda))] / n.
    """
    from scipy.special import gammainc

    waiting, n = 0.0, 0
    while True:
        n += 1
        stages, time = n * size, n * cycle
        term = (
            time * float(gammainc(stages, arrival * time))
            - stages / arrival * float(gammainc(stages + 1, arrival * time))
        ) / n
        waiting += term
        if term < TAIL * waiting and n > 10:
            return (size - 1) / (2.0 * arrival) + waiting


def _poisson(mean: float) -> list[float]:
    """Probabilities of 0, 1, … arrivals, until nothing is left."""
    found, k = [math.exp(-mean)], 0
    while sum(found) < 1.0 - TAIL and k < 100_000:
        k += 1
        found.append(found[-1] * mean / k)
        if found[-1] < 1e-300:
            break
    return found


def threshold_batches(arrival: float, least: int, most: int, cycle: float) -> dict[str, float]:
    """A furnace that starts with what waits, at most ``most``, once at least ``least`` do (M/D(a,b)/1).

    M. Neuts, Annals of Mathematical Statistics 38 (1967) 759: the queue left at the end of a cycle is a Markov chain; time averages are
    means of a cycle over its mean length. Keys: wait, working (share of time), batch (mean size).
    """
    more = _poisson(arrival * cycle)

    def loaded(queue: int) -> int:
        return min(max(queue, least), most)

    def moves(queue: int) -> Iterator[tuple[int, float]]:
        left = max(queue, least) - loaded(queue)
        for new, p in enumerate(more):
            if p > TAIL:
                yield min(left + new, LONGEST), p

    found = stationary(0, moves)
    length = area = batch = 0.0
    for queue, p in found.items():
        left = max(queue, least) - loaded(queue)
        length += p * (max(least - queue, 0) / arrival + cycle)
        area += p * (sum(range(queue, least)) / arrival + left * cycle + arrival * cycle**2 / 2.0)
        batch += p * loaded(queue)
    return {"wait": area / length / arrival, "working": cycle / length, "batch": batch}


def timed_batches(arrival: float, most: int, patience: float) -> dict[str, float]:
    """Furnaces without end, each started when ``most`` lots wait or the oldest has waited ``patience``. Keys: wait, batch (mean size).

    A batch begins to form with a lot; j more have come after t with probability Poisson(lambda t). The lots' waiting is the integral of
    their number until the start (renewal argument; Ross, Introduction to Probability Models, chapter 7).
    """
    from scipy.special import gammainc

    mean = arrival * patience
    area = sum((j + 1) * float(gammainc(j + 1, mean)) for j in range(most - 1)) / arrival
    batch = 1.0 + sum(float(gammainc(j, mean)) for j in range(1, most))
    return {"wait": area / batch, "batch": batch}
