"""Defects planted in the code that simulates and accounts, each with the case of theory that must tell it."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Patched = tuple[str, str, Callable[[Any], Any]]


@dataclass(frozen=True)
class Bug:
    """``patches``: module, dotted name in it, and the function from what is there to what stands there instead. ``told``: by this case."""

    name: str
    told: str
    patches: tuple[Patched, ...]

    @contextlib.contextmanager
    def planted(self) -> Iterator[None]:
        """The defect is there inside of the block."""
        with contextlib.ExitStack() as undo:
            for module, dotted, change in self.patches:
                owner: Any = importlib.import_module(module)
                *path, last = dotted.split(".")
                for part in path:
                    owner = getattr(owner, part)
                kept = owner.__dict__[last] if isinstance(owner, type) else getattr(owner, last)
                setattr(owner, last, change(kept))
                undo.callback(setattr, owner, last, kept)
            yield


def _last_come(put: Any) -> Any:
    """A queue that puts the lot that comes last first."""

    def wrong(self: Any, job: Any, now: float) -> None:
        put(self, job, now)
        if len(self.queue) > 1 and self.queue[-1] is job:
            self.queue.rotate(1)

    return wrong


def _one_more(accept: Any) -> Any:
    """A buffer that lets one lot more in."""

    def wrong(self: Any, job: Any, now: float) -> bool:
        self.room += 1.0
        try:
            return bool(accept(self, job, now))
        finally:
            self.room -= 1.0

    return wrong


def _half_mended(worked: Any) -> Any:
    """Half of every repair is lost."""
    return lambda self, seconds: 0.5 * worked(self, seconds)


def _counted_twice(row_amounts: Any) -> Any:
    """Energy of idle stretches longer than half an hour is counted twice."""

    def wrong(flows: Any) -> np.ndarray:
        amounts = row_amounts(flows)
        return np.where((flows["t1"] - flows["t0"] > 1800.0) & (flows["batch"] < 0), 2.0 * amounts, amounts)

    return wrong


def _slot_late(windows: Any) -> Any:
    """Working hours end one quarter-hour late."""
    return lambda *args: [(start, end + 900.0) for start, end in windows(*args)]


def _same_stream(key: Any) -> Any:
    """Draws do not depend on their source: a lot takes the same variate at every station."""
    return lambda self, source, owner: key(self, "", owner)


def _heavier(wall: Any) -> Any:
    """Walls hold a tenth more heat than they are made of."""
    return property(lambda self: 1.1 * wall.func(self))


def _fixed(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


BUGS = (
    Bug("last come first served", "M/M/1: share that waits over a mean service", (("twin.models.station", "Place.put", _last_come),)),
    Bug("due dates ignored", "earliest due date first: mean completion",
        (("twin.models.station", "Job.rank", _fixed(lambda self: (float(self.serial),))),)),
    Bug("blocking released too early", "two machines, 4 places: throughput", (("twin.models.station", "Place.accept", _one_more),)),
    Bug("blocked counted as at work", "power of a blocked line: power of s1",
        (("twin.models.expand", "_BLOCKED", lambda _: importlib.import_module("twin.models.expand")._PROCESSING),)),
    Bug("repair time lost", "one machine that fails: throughput", (("twin.models.station", "Failing.worked", _half_mended),)),
    Bug("energy counted twice", "Jackson tandem of two: energy of a lot", (("twin.ledger.energy", "row_amounts", _counted_twice),)),
    Bug("shift off by one slot", "a week of shifts with breaks: energy of a week", (("twin.models.building", "windows", _slot_late),)),
    Bug("minimum fill ignored", "furnace from half full, M/D(4,8)/1: wait",
        (("twin.models.batches", "Load.fill", _fixed(lambda *_: 1.0)),)),
    Bug("thermal time constant wrong", "two nodes cooling: chamber", (("twin.models.network", "Network.wall_kj_per_k", _heavier),)),
    Bug("correlated draws", "three machines, 2 places: throughput", (("twin.experiment.draws", "AddressedDraws._key", _same_stream),)),
    Bug("set-up skipped", "set-ups between products: makespan", (("twin.models.station", "Unit.change_s", _fixed(lambda *_: 0.0)),)),
    Bug("start-up skipped", "switch-off after some time: mean power", (("twin.models.station", "Unit.starting", _fixed(lambda *_: [])),)),
)  # fmt: skip
