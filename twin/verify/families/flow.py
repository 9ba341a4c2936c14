"""Plants without chance, reckoned by hand: flow lines, set-ups, due dates, shifts with breaks. Simulation and theory agree to rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from twin.ledger.trace import Trace
from twin.verify.case import Figure, Model
from twin.verify.plants import HOUR, MINUTE, finished, machine, per_hour, power_kw, share, traced, tree

HAND = "by hand"
RECURSION = "completion times of a flow shop, C(i,k) = max(C(i-1,k), C(i,k-1)) + p; with blocking as in Pinedo, Scheduling, section 6.2"
ROUNDING = 1e-9
NOON_TO_ONE = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "17:00", "break": ["12:00", "13:00"]}
NO_WARMUP = {"start": "2026-06-01", "duration": "1 week", "warmup": "0 s"}


def certain(
    name: str, source: str, plant: dict[str, Any], figures: Sequence[tuple[Figure, float, Callable[[Trace], float]]]
) -> Model:
    """A model without chance: figures, what they are by hand, how they are read."""

    def sample(seed: int, replication: int) -> list[float]:
        trace = traced(plant, seed, replication)
        return [read(trace) for _, _, read in figures]

    return Model(
        name,
        "flow",
        source,
        tuple(f for f, _, _ in figures),
        lambda: [exact for _, exact, _ in figures],
        sample,
        1,
        0.5,
    )


def exactly(name: str, kind: Any, unit: str) -> Figure:
    """A figure that must agree to rounding."""
    return Figure(name, kind, unit, ROUNDING)


def makespan_min(trace: Trace) -> float:
    """When the last lot leaves the plant, minutes from the beginning."""
    return float(trace.moves["left"][finished(trace)].max()) / MINUTE


def mean_completion_min(trace: Trace) -> float:
    """Mean time at which lots leave."""
    return float(trace.moves["left"][finished(trace)].mean()) / MINUTE


def evenly() -> Model:
    """D/D/1: a lot every 2 min, 1.5 min of work, 10 kW and 2 kW."""
    plant = tree({"work": machine("1.5 min", power={"processing": "10 kW", "standby": "2 kW"})}, "2 min")
    figures = [
        (exactly("utilisation", "utilisation", "1"), 0.75, lambda trace: share(trace, "work")),
        (exactly("mean power", "power", "kW"), 8.0, power_kw),
        (exactly("throughput", "throughput", "1/h"), 30.0, per_hour),
    ]
    return certain("D/D/1", HAND, plant, figures)


def ordered(
    products: dict[str, dict[str, Any]], orders: Sequence[tuple[str, int]], stations: dict[str, Any], rule: str = "fifo"
) -> dict[str, Any]:
    """A plant with orders that are all there at the beginning, in this order: product and number of lots of one piece."""
    return tree(
        stations,
        "once",
        products={name: {"mass": "1 kg", "lot": 1, "route": list(stations)} | made for name, made in products.items()},
        orders={
            f"{k:02d}": {"product": name, "quantity": count, "every": "once"} for k, (name, count) in enumerate(orders)
        },
        dispatch={"rule": rule},
        run=NO_WARMUP,
    )


TIMES = {"a": (2.0, 5.0, 1.0), "b": (4.0, 1.0, 3.0), "c": (1.0, 2.0, 6.0)}
SEQUENCE = [("a", 2), ("c", 3), ("b", 4), ("c", 1), ("a", 3), ("b", 1)]


def completion(sequence: Sequence[str], rooms: Sequence[float]) -> float:
    """Makespan of a flow line, blocked after service, with ``rooms`` places before machines 2, 3, … (infinite: no blocking).

    Lot i leaves machine k when it is done there and lot i - room - 1 has left machine k + 1.
    """
    left: list[list[float]] = []
    for i, name in enumerate(sequence):
        row: list[float] = []
        for k, work in enumerate(TIMES[name]):
            done = max(row[k - 1] if k else 0.0, left[i - 1][k] if i else 0.0) + work
            before = i - 1 - int(rooms[k]) if k < len(rooms) and rooms[k] != math.inf else -1
            row.append(max(done, left[before][k + 1]) if before >= 0 else done)
        left.append(row)
    return left[-1][-1]


def flow_shop(name: str, rooms: Sequence[float]) -> Model:
    """Three machines, three products with times of their own, fourteen lots in a fixed order; ``rooms``: places before machines 2 and 3."""
    stations: dict[str, Any] = {}
    for k in range(3):
        stations[f"s{k}"] = machine({p: f"{times[k]} min" for p, times in TIMES.items()})
        if k and rooms[k - 1] != math.inf:
            stations[f"s{k}"]["buffer_before"] = int(rooms[k - 1])
    sequence = [product for product, count in SEQUENCE for _ in range(count)]
    plant = ordered({p: {} for p in TIMES}, SEQUENCE, stations)
    return certain(
        name, RECURSION, plant, [(exactly("makespan", "time", "min"), completion(sequence, rooms), makespan_min)]
    )


def set_ups() -> Model:
    """One machine, lots in order of arrival, 7 min of set-up wherever a product follows another."""
    sequence = [product for product, count in SEQUENCE for _ in range(count)]
    changes = sum(a != b for a, b in pairwise(sequence))
    work = machine({p: f"{times[0]} min" for p, times in TIMES.items()}, setup={"between_products": "7 min"})
    work["power"] = {"processing": "10 kW", "setup": "4 kW", "standby": "0 kW"}
    worked = sum(TIMES[p][0] for p in sequence)
    plant = ordered({p: {} for p in TIMES}, SEQUENCE, {"work": work})
    figures = [
        (exactly("makespan", "time", "min"), worked + 7.0 * changes, makespan_min),
        (
            exactly("energy", "energy", "kWh"),
            (10.0 * worked + 4.0 * 7.0 * changes) / 60.0,
            lambda trace: power_kw(trace) * trace.duration_s / HOUR,
        ),
    ]
    return certain("set-ups between products", HAND, plant, figures)


DUE = {
    "a": ("fri", 3.0),
    "b": ("tue", 8.0),
    "c": ("sun", 2.0),
    "d": ("mon", 5.0),
    "e": ("thu", 9.0),
    "f": ("wed", 1.0),
    "g": ("sat", 4.0),
}
WEEK_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def due_dates() -> Model:
    """A machine is busy for an hour while seven lots of one piece come minute by minute; then they go in the order of their due dates."""
    work = machine({"first": "60 min"} | {name: f"{minutes} min" for name, (_, minutes) in DUE.items()})
    plant = ordered({name: {} for name in ("first", *DUE)}, [], {"work": work}, "earliest_due_date")
    released = {name: {"day": "mon", "at": f"00:{k:02d}"} for k, name in enumerate(("first", *DUE))}
    plant["orders"] = {
        name: {"product": name, "quantity": 1, "release": released[name], "due": {"day": day, "at": "17:00"}}
        for name, day in {"first": "sun", **{name: day for name, (day, _) in DUE.items()}}.items()
    }
    at, ends = 60.0, [60.0]
    for _, minutes in sorted(DUE.values(), key=lambda lot: WEEK_DAYS.index(lot[0])):
        at += minutes
        ends.append(at)
    figures = [(exactly("mean completion", "time", "min"), sum(ends) / len(ends), mean_completion_min)]
    return certain("earliest due date first", HAND, plant, figures)


def shifts() -> Model:
    """A machine never starved in a shift 8-17 with a break 12-13: 5 x 8 h of work at 10 kW, 5 x 1 h of standby at 2 kW, off at night."""
    work = machine("6 min", shifts=["day"], power={"processing": "10 kW", "standby": "2 kW"})
    plant = ordered({"p": {}}, [("p", 2000)], {"work": work})
    plant["calendar"] = {"holidays": None, "shifts": {"day": NOON_TO_ONE}}
    figures = [
        (exactly("output of a week", "throughput", "1"), 400.0, lambda trace: float(finished(trace).sum())),
        (exactly("energy of a week", "energy", "kWh"), 410.0, lambda trace: power_kw(trace) * trace.duration_s / HOUR),
        (exactly("share of time off", "share", "1"), 1.0 - 45.0 / 168.0, lambda trace: share(trace, "work", ("off",))),
    ]
    return certain("a week of shifts with breaks", HAND, plant, figures)


MODELS = (
    evenly(),
    flow_shop("flow line without limits", [math.inf, math.inf]),
    flow_shop("flow line without places between", [0, 0]),
    flow_shop("flow line with one place between", [1, 1]),
    set_ups(),
    due_dates(),
    shifts(),
)
