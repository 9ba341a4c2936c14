"""A simulated plant → its trace: expands the log, adds utilities and site, writes jobs, batches, moves and crews."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.trace import COLUMNS, NONE, OUTCOMES, Names, Table, Trace, typed
from twin.models import expand
from twin.models.served import Surroundings
from twin.models.station import NOBODY
from twin.models.together import DelayUnit
from twin.models.utilities import surround
from twin.scenario.calendar import origin, windows

if TYPE_CHECKING:
    from twin.models.plant import Plant

_DONE, _UNFINISHED = OUTCOMES.index("done"), OUTCOMES.index("unfinished")
Pieces = dict[str, np.ndarray]


def close_log(plant: Plant) -> None:
    """Write the rows of lots that are still at work or blocked when the run ends, with infinite ends."""
    for place in plant.places.values():
        for unit in place.units:
            if unit.job is not NOBODY or isinstance(unit, DelayUnit):
                unit.note(math.inf)


def _table(name: str, rows: Pieces) -> Table:
    return typed(name, [rows])


def _moves_and_batches(plant: Plant, log: expand.Log, products: np.ndarray, mass: np.ndarray) -> tuple[Table, Pieces]:
    """Moves and batches of operations; rows that ended before t = 0 are left out, open ends are cut at the end."""
    end = plant.t_to
    counted = (log.rows["left"] > 0.0) & (log.rows["started"] < end)
    rows = {name: column[counted] for name, column in log.rows.items()}
    rows["share"] = _whole(rows, np.unique(log.rows["batch"][~counted]))
    open_ = ~np.isfinite(rows["left"])
    job = rows["job"].astype(np.int64)
    moves = {
        "job": rows["job"],
        "operation": rows["operation"],
        "equipment": rows["equipment"],
        "queued": rows["queued"],
        "started": rows["started"],
        "ended": np.minimum(rows["ended"], end),
        "left": np.minimum(rows["left"], end),
        "outcome": np.where(open_, float(_UNFINISHED), float(_DONE)),
    }
    for k, key in enumerate(
        zip(job.tolist(), rows["operation"].tolist(), strict=True) if plant.inspector.ended else ()
    ):
        if key in plant.inspector.ended:
            moves["outcome"][k] = OUTCOMES.index(plant.inspector.ended[key])
    stock_of = np.full(len(plant.codes.equipment), float(NONE))
    for feeds in plant.feeds.values():
        for feed in feeds:
            stock_of[feed.unit.equipment] = feed.equipment
    equipment = rows["equipment"].astype(np.int64)
    poured = np.array([j.kg for j in plant.jobs])
    casting = stock_of[equipment] != NONE
    batches = {
        "batch": rows["batch"],
        "equipment": rows["equipment"],
        "t0": np.maximum(rows["started"], 0.0),
        "t1": np.minimum(rows["ended"], end),
        "job": rows["job"],
        "stock": stock_of[equipment],
        "product": products[job].astype(np.float64),
        "mass_kg": np.where(casting, poured[job] if len(poured) else 0.0, mass[job]),
        "share": rows["share"],
    }
    batches["t1"] = np.maximum(batches["t1"], batches["t0"])
    return _table("moves", moves), batches


def _whole(rows: Pieces, cut: np.ndarray) -> np.ndarray:
    """Shares of batches; of one of which lots left before t = 0, those of the lots that are left."""
    share = rows["share"]
    partly = np.isin(rows["batch"], cut)
    if not partly.any():
        return share
    _, inverse = np.unique(rows["batch"], return_inverse=True)
    total = np.bincount(inverse, share)[inverse]
    return np.where(partly & (total > 0.0), share / np.where(total > 0.0, total, 1.0), share)


def _jobs(plant: Plant, named: np.ndarray, names: Names) -> Table:
    """Jobs that are named in the trace, or released within the horizon."""
    known = set(named.astype(int).tolist())
    kept = [
        j
        for j in plant.jobs
        if j.code in known or 0.0 <= j.release < plant.t_to or (j.release < 0.0 and j.code not in plant.finished_at)
    ]
    spec = plant.scenario.spec.products
    columns = {
        "job": [j.code for j in kept],
        "order": [names.order.index(j.order) for j in kept],
        "product": [names.product.index(j.product) for j in kept],
        "pieces": [j.pieces_cast for j in kept],
        "mass_kg": [spec[j.product].mass_kg for j in kept],
        "release": [j.release for j in kept],
        "due": [j.due for j in kept],
        "priority": [j.priority for j in kept],
    }
    return _table("jobs", {name: np.array(column, dtype=np.float64) for name, column in columns.items()})


def _crews(plant: Plant, names: Names) -> Table:
    """Presence of crews in the horizon, ordinary and overtime."""
    rows: list[tuple[float, ...]] = []
    for code, name in enumerate(names.crew):
        crew = plant.scenario.spec.crews[name]
        rows += [(code, t0, t1, crew.people, 0) for t0, t1 in windows(plant.scenario, crew.shifts, 0.0, plant.t_to)]
    for code, name in enumerate(names.crew):
        rostered = [(t0, t1) for row, t0, t1, *_ in rows if row == code]
        stays = [
            (max(a, 0.0), min(b, plant.t_to), people)
            for crew, t0, t1, people in plant.overtime
            if crew == name
            for a, b in _outside(t0, t1, rostered)
        ]
        rows += [(code, t0, t1, people, 1) for t0, t1, people in _at_once(stays)]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return _table("crews", {name: columns[:, k] for k, name in enumerate(COLUMNS["crews"])})


def _outside(t0: float, t1: float, windows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What of a stay lies outside of the crew's own hours: within them it is paid already."""
    found = []
    for a, b in windows:
        if a >= t1:
            break
        if t0 < a:
            found.append((t0, a))
        t0 = max(t0, b)
    return [*found, (t0, t1)] if t1 > t0 else found


def _at_once(stays: list[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """Stays of several people as rows that do not overlap, each with how many are there."""
    edges = sorted({edge for t0, t1, _ in stays if t1 > t0 for edge in (t0, t1)})
    rows = []
    for t0, t1 in itertools.pairwise(edges):
        people = sum(count for a, b, count in stays if a <= t0 and b >= t1)
        if people:
            rows.append((t0, t1, people))
    return rows


def _joined(own: dict[str, Table], booked: dict[str, Table], batches: Pieces) -> dict[str, Table]:
    """Expanded tables and those that furnaces and feeds wrote themselves, in one."""
    tables = dict(booked)
    for name in ("states", "flows", "counters"):
        tables[name] = typed(name, [own[name].columns, booked[name].columns])
    tables["batches"] = typed("batches", [batches, booked["batches"].columns])
    return tables


def _surroundings(plant: Plant, tables: dict[str, Table]) -> dict[str, Table]:
    """Utilities and site, each from what is before it."""
    codes = plant.codes
    station_of = [codes.station[code] if code != NONE else "" for code in codes.station_of]
    here = Surroundings(plant.scenario, codes.equipment, station_of, tables, plant.t_to)

    def code_of(name: str) -> int:
        station_of.append("")
        return codes.add_equipment(name, None)

    surround(here, code_of, plant.plan)
    plant.books.facts.update(here.facts)
    return here.tables


def gather(plant: Plant, replication: int = 0) -> Trace:
    """The trace of a plant that has run."""
    spec, end = plant.scenario.spec, plant.t_to
    close_log(plant)
    log = expand.Log.of(plant.floor.log, plant.floor.pieces)
    product = tuple(spec.products)
    products = np.array([product.index(j.product) for j in plant.jobs], dtype=np.float64)
    mass = np.array([j.pieces * spec.products[j.product].mass_kg for j in plant.jobs])
    moves, batches = _moves_and_batches(plant, log, products, mass)
    tables = _joined(expand.tables(log, plant.machines, 0.0, end), plant.books.recorder.tables(), batches)
    tables = _surroundings(plant, tables)
    codes = plant.codes
    names = Names(
        tuple(codes.equipment),
        tuple(codes.station),
        tuple(codes.station_of),
        product,
        tuple(plant.orders),
        tuple(spec.crews),
        tuple(codes.material),
    )
    tables |= {"moves": moves, "crews": _crews(plant, names)}
    for name in product:
        plant.books.facts[f"route/{name}"] = float(len(spec.products[name].route))
    tables["jobs"] = _jobs(plant, np.concatenate([moves["job"], tables["batches"]["job"]]), names)
    return Trace(origin(plant.scenario), end, names, tables, replication, spec.run.seed, dict(plant.books.facts))
