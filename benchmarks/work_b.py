"""Work B: a batch furnace. Parts arrive one by one (Poisson, rate 1); full loads of ten take eight time units.

Ours (a station that forms batches, states, flows and counters recorded) against idiomatic SimPy (a ``Store`` before the furnace, no
energy), in the same run. Exact mean wait of a part by Spitzer's sum for M/D^[10]/1: 5.378622 time units.
Run: ``python -m benchmarks --only work_b``.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import simpy

from benchmarks.measure import Row, in_turns
from twin.experiment.draws import AddressedDraws
from twin.models.books import Books
from twin.models.expand import Log
from twin.models.floor import seldom_collecting
from twin.models.forming import FormingPlace, FormingUnit
from twin.models.machine import BatchMachine
from twin.models.releases import Releases
from twin.models.station import Floor, Job

PARTS, LOAD, CYCLE_S, EXACT_WAIT = 100_000, 10, 8.0, 5.378622
KIND = {
    "kind": "batch_machine",
    "cycle": "8 s",
    "load": {"places": LOAD, "minimum": "100 %"},
    "power": {"processing": "80 kW", "standby": "20 kW"},
}


def gaps_of(parts: int) -> np.ndarray:
    """Times between arrivals, s. Shape (parts,)."""
    return np.asarray(-np.log1p(-AddressedDraws(1, 0).stream("arrival", "parts").block(0, parts)))


def gaps(parts: int) -> Iterator[float]:
    """The same one by one, drawn in blocks."""
    stream = AddressedDraws(1, 0).stream("arrival", "parts")
    for first in range(0, parts, 1024):
        yield from (-np.log1p(-stream.block(first, 1024))).tolist()


def reference(parts: int) -> float:
    """Idiomatic SimPy. Returns the mean wait of a part."""
    env = simpy.Environment()
    store = simpy.Store(env)
    waits: list[float] = []

    def arrivals() -> Generator[simpy.Event, Any, None]:
        draw = gaps(parts)
        for _ in range(parts):
            yield env.timeout(next(draw))
            yield store.put(env.now)

    def furnace() -> Generator[simpy.Event, Any, None]:
        for _ in range(parts // LOAD):
            load: list[float] = []
            for _ in range(LOAD):
                came = yield store.get()
                load.append(came)
            waits.extend([env.now - came for came in load])
            yield env.timeout(CYCLE_S)

    env.process(arrivals())
    env.run(until=env.process(furnace()))
    return float(np.mean(waits))


@seldom_collecting()
def ours(parts: int) -> tuple[float, float]:
    """Everything recorded, Python's collector as in :func:`twin.models.plant.simulate`. Returns the mean wait and kWh."""
    floor, draws = Floor(0.0), AddressedDraws(1, 0)
    place = FormingPlace(floor, "furnace", math.inf)
    kind = BatchMachine.model_validate(KIND)
    books = Books(math.inf)
    place.load = kind.load
    unit = FormingUnit(place, 0, kind, books, draws)
    route = (place,)
    times = np.cumsum(gaps_of(parts)).tolist()
    jobs = [Job(n, "", "part", 1.0, math.inf, route) for n in range(parts)]
    place.expect(Releases(times, floor.env.ticks(parts), jobs))
    place.call(0.0)
    floor.env.run()
    unit.finish(floor.now)
    rows = Log.of(floor.log, floor.pieces).rows
    kwh = float(books.recorder.tables()["counters"]["kwh"].sum())
    return float(np.mean(rows["started"] - rows["queued"])), kwh


def rows(parts: int = PARTS) -> list[Row]:
    """Parts a second, the rivals in turns; what is timed is also right."""
    wait, kwh = ours(parts)
    assert abs(wait - reference(parts)) < 1e-6, "the two furnaces disagree"
    assert abs(wait / EXACT_WAIT - 1.0) < 0.05, "the wait is not that of the theory"
    assert kwh > parts / LOAD * CYCLE_S * 80.0 / 3600.0, "energy is missing"
    best = in_turns({"simpy": lambda: reference(parts), "ours": lambda: ours(parts)}, 5)
    beside = f"SimPy {parts / best['simpy']:,.0f} parts/s"
    return [
        Row("work_b", f"work B, {parts:,} parts, ledger on", parts / best["ours"], "parts/s"),
        Row(
            "work_b",
            "work B, ledger on, against SimPy with a Store",
            best["simpy"] / best["ours"],
            "x",
            2.0,
            "at_least",
            beside,
        ),
    ]
