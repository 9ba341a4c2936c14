"""Serial lines with finite buffers and blocking after service, first machine never starved, last never blocked.

Sources: J. Buzacott and J. Shanthikumar, Stochastic Models of Manufacturing Systems (1993), chapters 5 and 6; S. Gershwin, Manufacturing
Systems Engineering (1994), chapter 3. A line of exponential machines is a chain on x = (x_1, ..., x_(m-1)), where x_k counts the parts
finished at machine k that have not left machine k+1; at x_k = buffer + 2 machine k is blocked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twin.verify.theory.chains import stationary


def two_machine_throughput(first: float, second: float, places: int) -> float:
    """Closed form for two exponential machines with these rates: mu2 r (1 - r^N) / (1 - r^(N+1)), r = mu1/mu2, N = places + 2."""
    ratio, n = first / second, places + 2
    if ratio == 1.0:
        return first * n / (n + 1)
    return second * ratio * (1.0 - ratio**n) / (1.0 - ratio ** (n + 1))


@dataclass(frozen=True)
class LineTheory:
    """Parts per unit of time, and the shares of time that each machine works and is blocked (else it is starved)."""

    throughput: float
    working: tuple[float, ...]
    blocked: tuple[float, ...]


def exponential_line(rates: Sequence[float], places: Sequence[int]) -> LineTheory:
    """Exact solution of a line of exponential machines with ``places[k]`` buffer places before machine k + 1."""
    full = [count + 2 for count in places]
    last = len(rates) - 1

    def moves(state: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], float]]:
        for k, rate in enumerate(rates):
            if (k == 0 or state[k - 1] > 0) and (k == last or state[k] < full[k]):
                yield _completed(state, k, full), rate

    found = stationary((0,) * last, moves)
    states = np.array(list(found))
    weights = np.array(list(found.values()))
    starved = [np.zeros(len(weights), bool) if k == 0 else states[:, k - 1] == 0 for k in range(last + 1)]
    blocked = [states[:, k] == full[k] if k < last else np.zeros(len(weights), bool) for k in range(last + 1)]
    working = tuple(float(weights[~(s | b)].sum()) for s, b in zip(starved, blocked, strict=True))
    return LineTheory(working[-1] * rates[-1], working, tuple(float(weights[b].sum()) for b in blocked))


def _completed(state: tuple[int, ...], k: int, full: Sequence[int]) -> tuple[int, ...]:
    """The state after machine ``k`` completes a part: it passes it on, or stays blocked with it."""
    after = list(state)
    if k < len(after):
        after[k] += 1
        if after[k] == full[k]:
            return tuple(after)
    while k > 0:  # a part leaves machine k: one blocked upstream takes the room that it makes
        k -= 1
        after[k] -= 1
        if after[k] != full[k] - 1:
            break
    return tuple(after)


@dataclass(frozen=True)
class Unreliable:
    """A machine: parts per unit of working time, failures per unit of working time, repairs per unit of time down."""

    rate: float
    failure: float
    repair: float

    @property
    def alone(self) -> float:
        """Parts per unit of time where it is never starved or blocked."""
        return self.rate * self.repair / (self.repair + self.failure)


def unreliable_exponential(first: Unreliable, second: Unreliable, places: int) -> dict[str, float]:
    """Two machines with exponential working times, times to failure (while working) and repairs.

    The model of S. Gershwin and O. Berman (AIIE Transactions 13 (1981) 2), solved as the chain on (parts, first up, second up) that it is.
    Keys: throughput, working_1, working_2, down_1, down_2.
    """
    full = places + 2

    def moves(state: tuple[int, bool, bool]) -> Iterator[tuple[tuple[int, bool, bool], float]]:
        n, up1, up2 = state
        if not up1:
            yield (n, True, up2), first.repair
        elif n < full:
            yield (n + 1, True, up2), first.rate
            yield (n, False, up2), first.failure
        if not up2:
            yield (n, up1, True), second.repair
        elif n > 0:
            yield (n - 1, up1, True), second.rate
            yield (n, up1, False), second.failure

    found = stationary((0, True, True), moves)
    works1 = sum(p for (n, up1, _), p in found.items() if up1 and n < full)
    works2 = sum(p for (n, _, up2), p in found.items() if up2 and n > 0)
    return {
        "throughput": works2 * second.rate,
        "working_1": works1,
        "working_2": works2,
        "down_1": sum(p for (_, up1, _), p in found.items() if not up1),
        "down_2": sum(p for (_, _, up2), p in found.items() if not up2),
    }


def slotted_line(fail: tuple[float, float], repair: tuple[float, float], places: int) -> float:
    """Parts per slot of two machines: one slot a part, failure with probability ``fail`` in a slot of work, repair with ``repair``.

    The synchronous transfer line of J. Buzacott (1967) and S. Gershwin and I. Schick (Operations Research 31 (1983) 354), as the chain on
    (parts between, first machine, second machine) of a line whose part stays on its machine while that is repaired: the slots that a part
    takes are 1 + B G, B Bernoulli(fail), G geometric(repair), whichever way round failure and work are told.
    """
    full = places + 2
    found = stationary((0, 0, 0), lambda state: _slot(state, fail, repair, full))
    return sum(p * _leaves(state, repair, fail) for state, p in found.items())


def _hold(busy: int, fail: float, repair: float) -> Iterator[tuple[int, float]]:
    """What a machine is after a slot (0: done with its part, 2: under repair), by what it was."""
    if busy == 2:
        yield 0, repair
        yield 2, 1.0 - repair
    else:
        yield 0, 1.0 - fail
        yield 2, fail


def _leaves(state: tuple[int, int, int], repair: tuple[float, float], fail: tuple[float, float]) -> float:
    """Probability that a part leaves the line at the end of this slot."""
    n, _, second = state
    if n == 0:
        return 0.0
    return repair[1] if second == 2 else 1.0 - fail[1]


def _slot(
    state: tuple[int, int, int], fail: tuple[float, float], repair: tuple[float, float], full: int
) -> Iterator[tuple[tuple[int, int, int], float]]:
    """One slot. n parts are between (on the second machine, in the buffer, blocked on the first); machines: 0 fresh, 2 under repair."""
    n, first, second = state
    ones = [(0, 1.0)] if n == full else list(_hold(first, fail[0], repair[0]))
    twos = [(0, 1.0)] if n == 0 else list(_hold(second, fail[1], repair[1]))
    for one, p in ones:
        for two, q in twos:
            made = n < full and one == 0
            gone = n > 0 and two == 0
            yield (n + made - gone, one, two), p * q


def slotted_line_closed(fail: tuple[float, float], repair: tuple[float, float], size: int) -> float:
    """The published closed form of that line, parts per slot; ``size`` = places + 2 (Gershwin & Schick 1983; Gershwin 1994, chapter 3)."""
    (p1, p2), (r1, r2) = fail, repair
    up, down = r1 + r2 - r1 * r2, p1 + p2 - p1 * p2
    y1, y2 = (up - r1 * p2) / (down - p1 * r2), (up - p1 * r2) / (down - r1 * p2)
    x = y2 / y1
    weights = {(n, a, b): x**n * y1**a * y2**b for n in range(2, size - 1) for a in (0, 1) for b in (0, 1)}
    weights |= {
        (0, 0, 1): x * (up - r1 * p2) / (r1 * p2),
        (1, 0, 0): x,
        (1, 0, 1): x * y2,
        (1, 1, 1): x / p2 * (up - r1 * p2) / (down - r1 * p2),
        (size - 1, 0, 0): x ** (size - 1),
        (size - 1, 1, 0): x ** (size - 1) * y1,
        (size - 1, 1, 1): x ** (size - 1) / p1 * (up - p1 * r2) / (down - p1 * r2),
        (size, 1, 0): x ** (size - 1) * (up - p1 * r2) / (p1 * r2),
    }
    return sum(w for (n, _, b), w in weights.items() if b == 1 and n > 0) / sum(weights.values())
