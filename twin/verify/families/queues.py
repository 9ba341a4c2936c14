"""Single queues: lots come at random to one station and wait for a free machine. Mean service one minute unless said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twin.verify.case import Figure, Model
from twin.verify.plants import exponential, machine, per_hour, share, traced, tree, wait_min
from twin.verify.theory import queues as theory

WAIT, BUSY, RATE = (
    Figure("wait", "waiting", "min"),
    Figure("utilisation", "utilisation", "1"),
    Figure("throughput", "throughput", "1/h"),
)
BOOK = "Gross, Shortle, Thompson & Harris, Fundamentals of Queueing Theory (2008)"
POWER = {"processing": "10 kW", "standby": "2 kW"}


def station(
    name: str, plant: dict[str, Any], wait: float, load: float | None, *, rate: float | None = None, **keys: Any
) -> Model:
    """A model of one queue; ``load`` and ``rate`` (lots a minute) are figures where they are given."""
    figures = (WAIT, *((BUSY,) if load is not None else ()), *((RATE,) if rate is not None else ()))
    exact = [wait, *([load] if load is not None else []), *([60.0 * rate] if rate is not None else [])]

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        found = [wait_min(trace, "work")]
        if load is not None:
            found.append(share(trace, "work"))
        return [*found, per_hour(trace)] if rate is not None else found

    return Model(name, "queues", keys.pop("source", BOOK), figures, lambda: exact, sample, **keys)


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


def _priorities(replications: int, seconds: float) -> Model:
    rates = (0.3, 0.35)
    plant = _classes(rates)

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [wait_min(trace, "work", name) for name in ("urgent", "patient")]

    figures = (Figure("wait of the urgent", "waiting", "min"), Figure("wait of the others", "waiting", "min"))
    cobham = "Cobham, Operations Research 2 (1954) 70"
    return Model(
        "M/M/1 with priorities",
        "queues",
        cobham,
        figures,
        lambda: theory.priority_waits(rates, 1.0),
        sample,
        replications,
        seconds,
    )


MODELS = (
    station(
        "M/M/1", tree({"work": machine(exponential(1.0))}, exponential(1.0 / 0.6)), theory.mmc_wait(0.6, 1.0, 1), 0.6,
        rate=0.6, replications=48, seconds=10.0,
    ),
    station(
        "M/M/3", tree({"work": machine(exponential(3.0), units=3)}, exponential(1.0 / 0.7)), theory.mmc_wait(0.7, 1.0 / 3.0, 3), 0.7,
        replications=48, seconds=10.0,
    ),
    station("M/D/1", tree({"work": machine(1.0)}, exponential(1.0 / 0.7)), theory.mg1_wait(0.7, 1.0, 0.0), 0.7, replications=30, seconds=10.0),
    station(
        "M/G/1, lognormal", tree({"work": machine({"lognormal": {"mean": "1 min", "sd": "0.8 min"}})}, exponential(2.0)),
        theory.mg1_wait(0.5, 1.0, 0.64), 0.5, replications=40, seconds=10.0,
    ),
    station("D/M/1", tree({"work": machine(exponential(1.0))}, f"{1 / 0.7!r} min"), theory.dm1_wait(1.0 / 0.7, 1.0), 0.7, replications=30, seconds=10.0),
    station(
        "M[3]/M/1",
        tree({"work": machine(exponential(1.0))}, "once", orders={"parts": {"product": "part", "quantity": 3, "every": exponential(6.0)}}),
        theory.bulk_arrival_wait(1.0 / 6.0, 1.0, 3), 0.5, replications=48, seconds=10.0,
    ),
    _priorities(48, 10.0),
)  # fmt: skip
