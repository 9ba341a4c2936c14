"""A simulated plant → its trace: expands the log, adds utilities and site, writes jobs, batches, moves and crews."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.trace import CARRIER, COLUMNS, NONE, OUTCOMES, Names, Table, Trace, typed
from twin.models import battery, expand, site, utilities
from twin.models.station import NOBODY
from twin.models.together import DelayUnit
from twin.scenario.calendar import origin, windows

if TYPE_CHECKING:
    from twin.models.plant import Plant
    from twin.scenario.schema import Battery

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
    for name, start, stop, people in plant.overtime:
        t0, t1 = max(start, 0.0), min(stop, plant.t_to)
        if t1 > t0:
            rows.append((names.crew.index(name), t0, t1, people, 1))
    columns = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return _table("crews", {name: columns[:, k] for k, name in enumerate(COLUMNS["crews"])})


def _joined(own: dict[str, Table], booked: dict[str, Table], batches: Pieces) -> dict[str, Table]:
    """Expanded tables and those that furnaces and feeds wrote themselves, in one."""
    tables = dict(booked)
    for name in ("states", "flows", "counters"):
        tables[name] = typed(name, [own[name].columns, booked[name].columns])
    tables["batches"] = typed("batches", [batches, booked["batches"].columns])
    return tables


def _surroundings(plant: Plant, tables: dict[str, Table]) -> dict[str, Table]:
    """Utilities, base load and PV, each from what is before it."""
    scenario, end = plant.scenario, plant.t_to
    stations = plant.codes.station
    of = np.array(plant.codes.station_of)
    air_users = np.unique(tables["flows"]["equipment"][tables["flows"]["carrier"] == CARRIER["compressed_air"]])
    for name, utility in scenario.utilities.items():
        equipment = plant.codes.add_equipment(f"utility.{name}", None)
        if isinstance(utility, utilities.Compressor):
            tables = utilities.merged(tables, utilities.air(utility, equipment, tables, air_users, end))
        elif isinstance(utility, utilities.Fan):
            codes = [stations.index(s) for s in utility.serves]
            served = np.flatnonzero(np.isin(of, codes))
            tables = utilities.merged(tables, utilities.dust(utility, equipment, tables, served, end))
    if scenario.spec.site.base_load_kw:
        equipment = plant.codes.add_equipment("site.base_load", None)
        tables = utilities.merged(tables, site.base_load(equipment, scenario.spec.site.base_load_kw, end))
    pv = scenario.spec.site.pv
    if pv is not None and pv.peak_kw:
        load = quarter_hour_kwh(tables["flows"], "electricity", 0.0, end)
        equipment = plant.codes.add_equipment("site.pv", None)
        made = site.photovoltaics(equipment, site.pv_quarters_kw(scenario, pv, end), np.asarray(load) * 4.0, end)
        tables = utilities.merged(tables, made)
    if scenario.spec.site.battery is not None:
        tables = _with_battery(plant, scenario.spec.site.battery, tables)
    _check_cap(plant, tables)
    return tables


def _with_battery(plant: Plant, unit: Battery, tables: dict[str, Table]) -> dict[str, Table]:
    """The battery under its rule, or under the plan where there is one."""
    end = plant.t_to
    net_kw = np.asarray(quarter_hour_kwh(tables["flows"], "electricity", 0.0, end)) * 4.0
    wanted = battery.shaving_kw(unit, net_kw)
    plan = plant.plan
    if plan is not None and plan.battery_kw:
        times = (np.arange(len(net_kw)) + 0.5) * site.QUARTER_S - plan.start_s
        slot = np.floor(times / plan.slot_s).astype(np.int64)
        told = (slot >= 0) & (slot < len(plan.battery_kw))
        wanted[told] = np.array(plan.battery_kw)[slot[told]]
    wanted = np.maximum(np.minimum(wanted, np.maximum(net_kw, 0.0)), -unit.power_kw)
    given, energy = battery.follow(unit, wanted, site.QUARTER_S / 3600.0)
    plant.books.facts["battery_change_kwh"] = (
        float(energy[-1] - battery.START_SHARE * unit.energy_kwh) if len(energy) else 0.0
    )
    equipment = plant.codes.add_equipment("site.battery", None)
    return utilities.merged(tables, site.battery_rows(equipment, given, end))


def _check_cap(plant: Plant, tables: dict[str, Table]) -> None:
    """How far the exact quarter-hour load exceeded the cap, as a fact."""
    cap_kw = plant.scenario.spec.site.power_cap_kw
    if cap_kw is not None:
        load_kw = np.asarray(quarter_hour_kwh(tables["flows"], "electricity", 0.0, plant.t_to)) * 4.0
        plant.books.facts["cap_excess_kw"] = float(np.maximum(load_kw - cap_kw, 0.0).max(initial=0.0))


def gather(plant: Plant, replication: int) -> Trace:
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
