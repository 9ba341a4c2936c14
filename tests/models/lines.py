"""Small lines on the station core, for tests: places in series, constant times, rates, tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from twin.ledger.trace import CARRIER, STATE, STATES, Table
from twin.models.expand import Log, Machine, tables
from twin.models.station import Floor, Job, Place, Unit
from twin.models.worktime import ALWAYS, WorkTime

ELECTRICITY = CARRIER["electricity"]
RATES = {
    STATE["processing"]: {ELECTRICITY: 10.0},
    STATE["starved"]: {ELECTRICITY: 2.0},
    STATE["blocked"]: {ELECTRICITY: 3.0},
    STATE["setup"]: {ELECTRICITY: 5.0},
    STATE["standby"]: {ELECTRICITY: 1.0},
}


class Line:
    """Stations in series, one unit each; ``times[k]`` seconds a lot at station k, ``rooms[k]`` places before station k + 1."""

    def __init__(
        self, times: Sequence[float | Callable[[Job], float]], rooms: Sequence[float] = (), worktime: WorkTime = ALWAYS
    ) -> None:
        self.floor = Floor(0.0)
        self.places = [
            Place(self.floor, f"s{k}", rooms[k - 1] if k and rooms else math.inf, worktime) for k in range(len(times))
        ]
        self.units = []
        for k, (place, time) in enumerate(zip(self.places, times, strict=True)):
            self.units.append(Unit(place, k, time if callable(time) else (lambda _, time=time: time)))
        self.route = tuple(self.places)
        self.done: list[tuple[int, float]] = []
        self.floor.finished = lambda job, now: self.done.append((job.code, now))

    def job(self, code: int, product: str = "p", due: float = math.inf, pieces: float = 1.0) -> Job:
        return Job(code, f"order/0/{code}", product, pieces, due, self.route)

    def feed(self, count: int) -> None:
        """A source that is never empty until ``count`` lots are made."""
        self.places[0].source = (self.job(n) for n in range(count))
        self.places[0].call(0.0)

    def run(self, until: float | None = None) -> None:
        if until is None:
            self.floor.env.run()
        else:
            self.floor.run(until)

    def tables(self, end: float, duties: Sequence[tuple[float, float, int]] = ()) -> dict[str, Table]:
        machines = [Machine(k, RATES, duties) for k in range(len(self.places))]
        return tables(Log.of(self.floor.log, self.floor.pieces), machines, 0.0, end)

    def log(self) -> Log:
        return Log.of(self.floor.log, self.floor.pieces)


def hours_in(states: Table, equipment: int) -> dict[str, float]:
    """Seconds that one equipment spent in each state."""
    mine = states["equipment"] == equipment
    seconds = np.bincount(states["state"][mine], (states["t1"] - states["t0"])[mine], len(STATES))
    return {name: float(s) for name, s in zip(STATES, seconds, strict=True) if s}


def covers(states: Table, equipment: int, end: float) -> bool:
    """Whether the states of one equipment cover [0, end] without gap or overlap."""
    mine = states["equipment"] == equipment
    t0, t1 = np.sort(states["t0"][mine]), np.sort(states["t1"][mine])
    return bool(t0[0] == 0.0 and t1[-1] == end and np.array_equal(t0[1:], t1[:-1]))
