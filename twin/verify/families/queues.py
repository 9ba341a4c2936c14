"""Single queues: lots come at random to one station and wait for a free machine. Mean service one step unless said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twin.ledger.trace import Trace
from twin.verify.case import Figure, Model
from twin.verify.plants import (
    PER_HOUR,
    STEP_MIN,
    arrivals_off,
    exponential,
    flow_time_min,
    machine,
    per_hour,
    share,
    steps,
    traced,
    tree,
    wait_min,
    waiting_over,
    work_off,
)
from twin.verify.theory import queues as theory

WAIT, STAY = Figure("wait", "waiting", "min"), Figure("time from release to end", "waiting", "min")
BUSY, RATE = Figure("utilisation", "utilisation", "1"), Figure("throughput", "throughput", "1/h")
BOOK = "Gross, Shortle, Thompson & Harris, Fundamentals of Queueing Theory (2008)"


def station(
    name: str,
    plant: dict[str, Any],
    wait: float,
    size: tuple[int, float],
    *,
    load: float,
    rate: float,
    chance: dict[str, Any],
    whole: bool = False,
) -> Model:
    """A model of one queue: its mean wait (``whole``: the time from release to end, ``wait`` and a mean service) and its utilisation.

    ``wait`` in steps; ``rate``: lots a step; ``size``: replications and seconds; ``chance``: its control variates, :func:`controlled`.
    """
    exact = [STEP_MIN * wait, load]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        spent = flow_time_min(trace, exact[0], rate) if whole else wait_min(trace, "work", exact[0], rate)
        return [spent, share(trace, "work"), *controlled(trace, **chance)]

    return Model(name, "queues", BOOK, (STAY if whole else WAIT, BUSY), lambda: exact, sample, *size)


def controlled(
    trace: Trace, arrival: float | None = None, groups_of: int = 1, work: float | None = None
) -> list[float]:
    """Control variates: a Poisson stream of ``arrival`` groups a step, random work of a mean of ``work`` steps."""
    stream = [] if arrival is None else [arrivals_off(trace, arrival, groups_of)]
    return stream if work is None else [*stream, work_off(trace, {"work": work})]


def first_come(arrival: float, size: tuple[int, float]) -> Model:
    """M/M/1 in order of arrival: also the share of lots that waits longer than a mean service."""
    plant = tree({"work": machine(exponential(1.0))}, exponential(1.0 / arrival))
    figures = (WAIT, BUSY, Figure("share that waits over a mean service", "share", "1"))
    exact = [STEP_MIN * theory.mmc_wait(arrival, 1.0, 1), arrival, theory.mm1_longer(arrival, 1.0, 1.0)]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        over = waiting_over(trace, "work", STEP_MIN, exact[2], arrival)
        found = [wait_min(trace, "work", exact[0], arrival), share(trace, "work"), over]
        return [*found, *controlled(trace, arrival, work=1.0)]

    return Model("M/M/1", "queues", BOOK, figures, lambda: exact, sample, *size)


def _classes(rates: Sequence[float]) -> dict[str, Any]:
    """Two products of one machine, the first before the second."""
    made = {"mass": "1 kg", "lot": 1, "route": ["work"]}
    names = ("urgent", "patient")
    orders = {
        name: {"product": name, "quantity": 1, "every": exponential(1.0 / rate), "priority": 1 - k}
        for k, (name, rate) in enumerate(zip(names, rates, strict=True))
    }
    parts = {"products": dict.fromkeys(names, made), "orders": orders, "dispatch": {"rule": "earliest_due_date"}}
    return tree({"work": machine(1.0)}, "once", **parts)


def _priorities(rates: tuple[float, float], size: tuple[int, float]) -> Model:
    plant = _classes(rates)

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [
            *(wait_min(trace, "work", exact[k], rates[k], name) for k, name in enumerate(("urgent", "patient"))),
            per_hour(trace),
            *controlled(trace, sum(rates)),
        ]

    figures = (Figure("wait of the urgent", "waiting", "min"), Figure("wait of the others", "waiting", "min"), RATE)
    exact = [*(STEP_MIN * wait for wait in theory.priority_waits(rates, 1.0, 0.0)), PER_HOUR * sum(rates)]
    cobham = "Cobham, Operations Research 2 (1954) 70"
    return Model("M/D/1 with priorities", "queues", cobham, figures, lambda: exact, sample, *size)


LOGNORMAL = {"lognormal": {"mean": steps(1.0), "sd": steps(0.8)}}
THREES = {"parts": {"product": "part", "quantity": 3, "every": exponential(1.0 / 0.14)}}
GROUPS = tree({"work": machine(exponential(1.0))}, "once", orders=THREES)
MODELS = (
    first_come(0.5, (160, 6.0)),
    station(
        "M/M/2",
        tree({"work": machine(exponential(2.0), units=2)}, exponential(1.0 / 0.65)),
        theory.mmc_wait(0.65, 0.5, 2) + 2.0,
        (50, 3.0),
        whole=True,
        load=0.65,
        rate=0.65,
        chance={"arrival": 0.65, "work": 2.0},
    ),
    station(
        "M/D/1",
        tree({"work": machine(1.0)}, exponential(2.0)),
        theory.mg1_wait(0.5, 1.0, 0.0),
        (100, 3.0),
        load=0.5,
        rate=0.5,
        chance={"arrival": 0.5},
    ),
    station(
        "M/G/1, lognormal",
        tree({"work": machine(LOGNORMAL)}, exponential(2.0)),
        theory.mg1_wait(0.5, 1.0, 0.64),
        (155, 6.0),
        load=0.5,
        rate=0.5,
        chance={"arrival": 0.5, "work": 1.0},
    ),
    station(
        "D/M/1",
        tree({"work": machine(exponential(1.0))}, steps(1.0 / 0.6)),
        theory.dm1_wait(1.0 / 0.6, 1.0),
        (85, 4.0),
        load=0.6,
        rate=0.6,
        chance={"work": 1.0},
    ),
    station(
        "M[3]/M/1",
        GROUPS,
        theory.bulk_arrival_wait(0.14, 1.0, 3),
        (170, 5.0),
        load=0.42,
        rate=0.42,
        chance={"arrival": 0.14, "groups_of": 3, "work": 1.0},
    ),
    _priorities((0.28, 0.22), (150, 4.0)),
)
