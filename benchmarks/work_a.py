"""Work A: a serial line of six stations with five buffers of five places, blocking after service, source never empty.

Exponential times of mean 1 s. Ours, with states, flows and a quarter-hour load, against idiomatic SimPy (one Store a
buffer, no energy), in the same run.

Exact long-run throughput: 0.7836087 parts/s (stationary distribution of the Markov chain with 30,744 states).
Run: ``python -m benchmarks --only work_a``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import simpy

from benchmarks.measure import Row, in_turns
from twin.experiment.draws import AddressedDraws
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.trace import CARRIER, STATE
from twin.models.condense import Condenser
from twin.models.durations import Variates, quantiles_s
from twin.models.expand import Log, Machine, tables
from twin.models.floor import seldom_collecting
from twin.models.station import Floor, Job, Place, Unit
from twin.scenario.schema import Duration

STATIONS, BUFFER, EXACT, PARTS = 6, 5.0, 0.7836087, 100_000
RATES = {
    STATE["processing"]: {CARRIER["electricity"]: 12.0},
    STATE["starved"]: {CARRIER["electricity"]: 3.0},
    STATE["blocked"]: {CARRIER["electricity"]: 3.0},
}


def reference(parts: int) -> float:
    """Idiomatic SimPy: a process a machine, a Store a buffer. Returns the simulated time."""
    env = simpy.Environment()
    buffers = [simpy.Store(env, capacity=int(BUFFER)) for _ in range(STATIONS - 1)]
    done = env.event()
    rng = np.random.default_rng(1)

    def times() -> Iterator[float]:
        while True:
            yield from rng.exponential(1.0, 1024).tolist()

    def first() -> Generator[simpy.Event, Any, None]:
        draw = times()
        for part in range(parts):
            yield env.timeout(next(draw))
            yield buffers[0].put(part)

    def middle(k: int) -> Generator[simpy.Event, Any, None]:
        draw = times()
        while True:
            part = yield buffers[k - 1].get()
            yield env.timeout(next(draw))
            yield buffers[k].put(part)

    def last() -> Generator[simpy.Event, Any, None]:
        draw = times()
        for _ in range(parts):
            yield buffers[-1].get()
            yield env.timeout(next(draw))
        done.succeed()

    env.process(first())
    for k in range(1, STATIONS - 1):
        env.process(middle(k))
    env.process(last())
    env.run(until=done)
    return float(env.now)


def line(parts: int, seed: int = 1, *, bulk: bool = False) -> tuple[Floor, list[Machine]]:
    """The line on our station core, times addressed by part; ``bulk``: all drawn at once instead of in blocks."""
    floor = Floor(0.0)
    places = [Place(floor, f"s{k}", room=BUFFER if k else math.inf) for k in range(STATIONS)]
    draws = AddressedDraws(seed, 0)
    second = Duration.model_validate({"exponential": {"mean": "1 s"}})
    route = tuple(places)
    for k, place in enumerate(places):
        stream = draws.stream("time", f"s{k}")
        drawn: Callable[[int], float] = Variates(second, stream)
        if bulk:
            drawn = quantiles_s(second, stream.block(0, parts)).tolist().__getitem__

        def work_s(job: Job, times: Callable[[int], float] = drawn) -> float:
            return times(job.serial)

        Unit(place, k, work_s)
    places[0].source = (Job(n, "", "part", 1.0, math.inf, route) for n in range(parts))
    places[0].call(0.0)
    return floor, [Machine(k, RATES) for k in range(STATIONS)]


@seldom_collecting()
def ours(parts: int) -> tuple[float, float]:
    """Everything recorded: states, flows, counters, quarter-hour load. Returns simulated time and kWh."""
    floor, machines = line(parts, bulk=True)
    floor.env.run()
    end = floor.now
    made = tables(Log.of(floor.log, floor.pieces), machines, 0.0, end)
    return end, float(np.sum(quarter_hour_kwh(made["flows"], "electricity", 0.0, end)))


@seldom_collecting()
def condensed(parts: int) -> tuple[float, float]:
    """Nothing recorded: the log is condensed in chunks. Returns simulated time and kWh."""
    floor, machines = line(parts)
    sums = Condenser(floor, machines, math.inf)
    end = sums.run()
    return end, float(sum(a.sum() for a in sums.amount.values()))


def check(recorded: tuple[float, float], flat: tuple[float, float], parts: int) -> None:
    """What is timed is also right: the same energy by both ways, the chain's throughput. Raises AssertionError."""
    assert abs(recorded[1] / flat[1] - 1.0) < 1e-9, "records on and off disagree"
    assert abs(parts / recorded[0] / EXACT - 1.0) < 0.02, "throughput is not that of the line"


def rows(parts: int = PARTS) -> list[Row]:
    """Parts per second, the rivals in turns."""
    check(ours(parts), condensed(parts), parts)
    best = in_turns(
        {"simpy": lambda: reference(parts), "ours": lambda: ours(parts), "flat": lambda: condensed(parts)}, 5
    )
    beside = f"SimPy {parts / best['simpy']:,.0f} parts/s"
    return [
        Row("work_a", f"work A, {parts:,} parts, ledger on", parts / best["ours"], "parts/s"),
        Row(
            "work_a",
            "work A, ledger on, against SimPy with a Store a buffer",
            best["simpy"] / best["ours"],
            "x",
            2.5,
            "at_least",
            beside,
        ),
        Row(
            "work_a",
            "work A, records off, against the same",
            best["simpy"] / best["flat"],
            "x",
            2.0,
            "at_least",
            f"{parts / best['flat']:,.0f} parts/s",
        ),
    ]
