"""Exponential lines: machines in series with few places between them, blocked after service; the first never starves."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from twin.verify.case import Figure, Model
from twin.verify.plants import (
    PER_HOUR,
    WEEK_STEPS,
    exponential,
    machine,
    per_hour,
    power_kw,
    saturated,
    share,
    traced,
    work_off,
)
from twin.verify.theory.lines import LineTheory, exponential_line, two_machine_throughput

BOOK = "Buzacott & Shanthikumar, Stochastic Models of Manufacturing Systems (1993), chapter 5; stationary chain"
CLOSED = "closed form of M/M/1/N with N = places + 2: Buzacott & Shanthikumar (1993), section 5.3"
WORK_KW, IDLE_KW = 10.0, 2.0


def line(
    name: str,
    means: Sequence[float],
    places: Sequence[int],
    replications: int,
    seconds: float,
    *,
    closed: bool = False,
    busy: bool = False,
) -> Model:
    """Machines of these mean steps with ``places`` between them. ``closed``: the throughput is that of the closed form."""
    names = [f"s{k}" for k in range(1, len(means) + 1)]
    power = {"processing": f"{WORK_KW} kW", "standby": f"{IDLE_KW} kW"}
    stations = {s: machine(exponential(mean), power=power) for s, mean in zip(names, means, strict=True)}
    for s, count in zip(names[1:], places, strict=True):
        stations[s]["buffer_before"] = count
    plant = saturated(stations, WEEK_STEPS / max(means))
    middle = len(means) // 2
    figures = (
        Figure("throughput", "throughput", "1/h"),
        Figure("mean power", "power", "kW"),
        *([Figure(f"share of time that {names[middle]} works", "utilisation", "1")] if busy else []),
    )
    solved = functools.cache(lambda: exponential_line([1.0 / mean for mean in means], places))

    def exact() -> list[float]:
        found: LineTheory = solved()
        rate = two_machine_throughput(1.0 / means[0], 1.0 / means[1], places[0]) if closed else found.throughput
        kw = sum(IDLE_KW + (WORK_KW - IDLE_KW) * work for work in found.working)
        return [PER_HOUR * rate, kw, *([found.working[middle]] if busy else [])]

    worked = [
        {s: mean} for s, mean in zip(names, means, strict=True)
    ]  # control variates: by machine where they are few
    if len(means) > 3:
        worked = [dict(zip(names, means, strict=True))]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        found = [per_hour(trace), power_kw(trace), *([share(trace, names[middle])] if busy else [])]
        return [*found, *(work_off(trace, some) for some in worked)]

    return Model(name, "lines", CLOSED if closed else BOOK, figures, exact, sample, replications, seconds)


MODELS = (
    line("two machines, 4 places", [1.0, 1.0], [4], 34, 3.0, closed=True, busy=True),
    line("two machines of unequal speed, no place", [1.0, 0.7], [0], 22, 2.0, closed=True, busy=True),
    line("three machines, 2 places", [1.0, 0.9, 1.1], [2, 2], 36, 4.0, busy=True),
    line("four machines, no place", [1.0] * 4, [0] * 3, 30, 3.0),
    line("five machines, 1 place", [1.0, 1.1, 0.9, 1.0, 0.8], [1] * 4, 40, 6.0),
    line("six machines, 5 places", [1.0] * 6, [5] * 5, 34, 7.0),
)
