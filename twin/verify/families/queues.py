"""Single queues: lots come at random to one station and wait for a free machine. Mean service one minute unless said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twin.verify.case import Figure, Model
from twin.verify.plants import exponential, machine, per_hour, share, traced, tree, wait_min, waiting_over
from twin.verify.theory import queues as theory

WAIT, BUSY, RATE = (
    Figure("wait", "waiting", "min"),
    Figure("utilisation", "utilisation", "1"),
    Figure("throughput", "throughput", "1/h"),
)
BOOK = "Gross, Shortle, Thompson & Harris, Fundamentals of Queueing Theory (2008)"


def station(
    name: str, plant: dict[str, Any], wait: float, size: tuple[int, float], *, load: float | None = None
) -> Model:
    """A model of one queue: its mean wait, and its utilisation where a ``load`` is given. ``size``: replications and seconds."""

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [wait_min(trace, "work"), *([share(trace, "work")] if load is not None else [])]

    figures, exact = ((WAIT,), [wait]) if load is None else ((WAIT, BUSY), [wait, load])
    return Model(name, "queues", BOOK, figures, lambda: exact, sample, *size)


def first_come(arrival: float, long_min: float, size: tuple[int, float]) -> Model:
    """M/M/1 of mean service 1 min in order of arrival: also the share of lots that waits longer than a time."""
    plant = tree({"work": machine(exponential(1.0))}, exponential(1.0 / arrival))
    figures = (
        WAIT,
        BUSY,
        Figure("throughput", "throughput", "1/h"),
        Figure(f"share that waits over {long_min:g} min", "share", "1"),
    )
    exact = [theory.mmc_wait(arrival, 1.0, 1), arrival, 60.0 * arrival, theory.mm1_longer(arrival, 1.0, long_min)]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [wait_min(trace, "work"), share(trace, "work"), per_hour(trace), waiting_over(trace, "work", long_min)]

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
    return tree({"work": machine(exponential(1.0))}, "once", **parts)


def _priorities(rates: tuple[float, float], size: tuple[int, float]) -> Model:
    plant = _classes(rates)

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [wait_min(trace, "work", name) for name in ("urgent", "patient")]

    figures = (Figure("wait of the urgent", "waiting", "min"), Figure("wait of the others", "waiting", "min"))
    cobham = "Cobham, Operations Research 2 (1954) 70"
    return Model(
        "M/M/1 with priorities", "queues", cobham, figures, lambda: theory.priority_waits(rates, 1.0), sample, *size
    )


LOGNORMAL = {"lognormal": {"mean": "1 min", "sd": "0.8 min"}}
THREES = {"parts": {"product": "part", "quantity": 3, "every": exponential(6.0)}}
MODELS = (
    first_come(0.6, 1.0, (38, 20.0)),
    station(
        "M/M/3",
        tree({"work": machine(exponential(3.0), units=3)}, exponential(1.0 / 0.7)),
        theory.mmc_wait(0.7, 1.0 / 3.0, 3),
        (18, 10.0),
    ),
    station(
        "M/D/1",
        tree({"work": machine(1.0)}, exponential(1.0 / 0.7)),
        theory.mg1_wait(0.7, 1.0, 0.0),
        (22, 10.0),
        load=0.7,
    ),
    station(
        "M/G/1, lognormal",
        tree({"work": machine(LOGNORMAL)}, exponential(2.0)),
        theory.mg1_wait(0.5, 1.0, 0.64),
        (32, 15.0),
    ),
    station(
        "D/M/1",
        tree({"work": machine(exponential(1.0))}, f"{1 / 0.7!r} min"),
        theory.dm1_wait(1.0 / 0.7, 1.0),
        (27, 13.0),
        load=0.7,
    ),
    station(
        "M[3]/M/1",
        tree({"work": machine(exponential(1.0))}, "once", orders=THREES),
        theory.bulk_arrival_wait(1.0 / 6.0, 1.0, 3),
        (38, 11.0),
    ),
    _priorities((0.3, 0.3), (34, 18.0)),
)
