"""Furnaces that take several lots together: full loads, a least fill, a longest wait, what waits at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twin.verify.case import Figure, Model
from twin.verify.plants import (
    PER_HOUR,
    STEP_MIN,
    arrivals_off,
    exponential,
    kwh_per_lot,
    power_kw,
    share,
    steps,
    traced,
    tree,
    wait_min,
)
from twin.verify.theory.batches import full_batch_wait, threshold_batches, timed_batches

WAIT, BUSY = Figure("wait", "waiting", "min"), Figure("utilisation", "utilisation", "1")
SPITZER = "E_k/D/1 by Spitzer's sum, Trans. Amer. Math. Soc. 82 (1956) 323, plus the forming of the batch"
NEUTS = "embedded chain of the general bulk service rule: Neuts, Annals of Mathematical Statistics 38 (1967) 759"
ARRIVAL = 1.0
"""lots a step, of all models"""
POWER = {"processing": "40 kW", "standby": "8 kW"}


def furnace(cycle: float, load: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    """A station that forms batches by ``load``."""
    return {"kind": "batch_machine", "cycle": steps(cycle), "load": dict(load), "power": POWER} | keys


def model(
    name: str,
    source: str,
    plant: dict[str, Any],
    exact: Callable[[], Sequence[float]],
    figures: tuple[Figure, ...],
    size: tuple[int, float],
) -> Model:
    """``figures`` among wait, utilisation, mean power, energy of a lot; ``size``: replications and seconds."""
    read: dict[str, Callable[[Any], float]] = {
        "wait": lambda trace: wait_min(trace, "heat", exact()[0], ARRIVAL),
        "utilisation": lambda trace: share(trace, "heat"),
        "mean power": power_kw,
        "energy of a lot": lambda trace: kwh_per_lot(trace, exact()[1], PER_HOUR * ARRIVAL),
    }

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [*(read[figure.name](trace) for figure in figures), arrivals_off(trace, ARRIVAL)]

    return Model(name, "batches", source, figures, exact, sample, *size)


def full(name: str, places: int, cycle: float, size: tuple[int, float], *, utilised: bool = False) -> Model:
    """Starts only when full; lots come one a step."""
    plant = tree({"heat": furnace(cycle, {"places": places, "minimum": "100 %"})}, exponential(1.0 / ARRIVAL))
    busy = ARRIVAL * cycle / places
    kw = 8.0 + 32.0 * busy
    figures = (WAIT, Figure("energy of a lot", "energy", "kWh"), BUSY)

    def exact() -> list[float]:
        return [STEP_MIN * full_batch_wait(ARRIVAL, places, cycle), kw / (PER_HOUR * ARRIVAL), busy]

    return model(name, SPITZER, plant, exact, figures if utilised else figures[:2], size)


def least(name: str, share_: float, places: int, cycle: float, size: tuple[int, float]) -> Model:
    """Starts with at least a share of its places filled."""
    plant = tree(
        {"heat": furnace(cycle, {"places": places, "minimum": f"{100 * share_:g} %"})}, exponential(1.0 / ARRIVAL)
    )

    def exact() -> list[float]:
        found = threshold_batches(ARRIVAL, round(share_ * places), places, cycle)
        return [STEP_MIN * found["wait"], 8.0 + 32.0 * found["working"]]

    return model(name, NEUTS, plant, exact, (WAIT, Figure("mean power", "power", "kW")), size)


def timed(name: str, places: int, wait: float, size: tuple[int, float]) -> Model:
    """Furnaces enough for all; a batch starts full or when its first lot has waited ``wait`` steps; cycles of two steps, six of them."""
    load = {"places": places, "minimum": "100 %", "max_wait": steps(wait)}
    plant = tree({"heat": furnace(2.0, load, units=6)}, exponential(1.0 / ARRIVAL))

    def exact() -> list[float]:
        found = timed_batches(ARRIVAL, places, wait)
        return [STEP_MIN * found["wait"]]

    source = "renewal argument over the forming of a batch (Ross, Introduction to Probability Models, chapter 7)"
    return model(name, source, plant, exact, (WAIT,), size)


MODELS = (
    full("full furnace M/D[10]/1", 10, 8.0, (24, 2.0)),
    full("full furnace M/D[4]/1", 4, 2.4, (14, 1.0), utilised=True),
    least("furnace from half full, M/D(4,8)/1", 0.5, 8, 5.0, (18, 1.5)),
    least("furnace with what waits, M/D(1,6)/1", 0.1, 6, 4.0, (20, 2.0)),
    timed("furnaces with a longest wait", 5, 3.0, (12, 1.5)),
)
