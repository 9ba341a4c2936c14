"""The station core itself, for models that a scenario cannot say: lots that are lost, lots that come round again.

The same places, units, log and tables as a plant has; only what feeds them is written here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from twin.experiment.draws import AddressedDraws
from twin.ledger.trace import CARRIER, STATE, STATES, Table
from twin.models.durations import sampler
from twin.models.expand import Log, Machine, tables
from twin.models.station import Floor, Job, Place, Unit
from twin.scenario.schema import Duration

Times = Callable[[int], float]


def times(draws: AddressedDraws, owner: str, distribution: Mapping[str, Any]) -> Times:
    """Function from serial number to seconds, of a distribution as a user writes it."""
    return sampler(Duration.model_validate(distribution), draws, "time", owner)


class Bench:
    """A floor with one or several places in a row; every lot takes the next variate of its station."""

    def __init__(self, draws: AddressedDraws) -> None:
        self.floor, self.draws = Floor(0.0), draws
        self.places: list[Place] = []
        self.units: list[Unit] = []
        self.codes = 0

    def place(self, name: str, room: float, units: int, work: Times) -> Place:
        """A place with ``units`` equal machines."""
        place = Place(self.floor, name, room)
        for _ in range(units):
            self.units.append(Unit(place, len(self.units), lambda job: work(job.serial)))
        self.places.append(place)
        return place

    def job(self) -> Job:
        """The next lot of one piece."""
        self.codes += 1
        return Job(self.codes - 1, "", "part", 1.0, math.inf, tuple(self.places))

    def seconds(self, begin_s: float, end_s: float) -> np.ndarray:
        """Seconds in each state by unit, shape (units, states), between two times; the run ends with this."""
        made = self.tables(begin_s, end_s)["states"]
        key = made["equipment"].astype(np.int64) * len(STATES) + made["state"]
        return np.bincount(key, made["t1"] - made["t0"], len(self.units) * len(STATES)).reshape(-1, len(STATES))

    def begun(self, operation: int, begin_s: float, end_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Waits and working times, s, of lots whose work at an operation began between two times; after :meth:`seconds`."""
        rows = Log.of(self.floor.log, self.floor.pieces).rows
        chosen = (rows["operation"] == operation) & (rows["started"] > begin_s) & (rows["started"] < end_s)
        queued, started, ended = (rows[name][chosen] for name in ("queued", "started", "ended"))
        return started - queued, ended - started

    def tables(self, begin_s: float, end_s: float) -> dict[str, Table]:
        """States, flows and counters between two times."""
        for unit in self.units:
            if unit.job.code >= 0:
                unit.note(math.inf)
        log = Log.of(self.floor.log, self.floor.pieces)
        return tables(log, [Machine(k, RATES) for k in range(len(self.units))], begin_s, end_s)


RATES = {STATE["processing"]: {CARRIER["electricity"]: 10.0}, STATE["starved"]: {CARRIER["electricity"]: 2.0}}


class Loss:
    """Lots come after random times; one that finds no room is lost."""

    def __init__(self, bench: Bench, gaps: Times) -> None:
        self.bench, self.gaps = bench, gaps
        self.offered, self.lost = 0, list[float]()
        self.came = list[float]()
        bench.floor.after(gaps(0), self.arrive)

    def arrive(self, event: Any) -> None:
        """A lot comes and is taken or lost."""
        floor = self.bench.floor
        self.offered += 1
        self.came.append(floor.now)
        if not self.bench.places[0].accept(self.bench.job(), floor.now):
            self.lost.append(floor.now)
        floor.after(self.gaps(self.offered), self.arrive)

    def since(self, begin_s: float) -> tuple[float, float]:
        """Lots that came after ``begin_s``, and those of them that were lost."""
        return float(sum(t >= begin_s for t in self.came)), float(sum(t >= begin_s for t in self.lost))


def working(seconds: np.ndarray, units: Sequence[int] | None = None) -> float:
    """Mean share of time that units work."""
    chosen = seconds if units is None else seconds[list(units)]
    return float(chosen[:, STATE["processing"]].sum() / chosen.sum())
