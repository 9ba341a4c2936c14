"""Small synthetic traces whose every balance closes by construction: used by the ledger's tests."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np

from twin.ledger.trace import CARRIER, COLUMNS, NONE, OUTCOMES, ROLE, STATE, TERM, Names, Recorder, Table, Trace

SEOUL = ZoneInfo("Asia/Seoul")
MONDAY = dt.datetime(2026, 7, 6, tzinfo=SEOUL)
NAMES = Names(
    equipment=("melt.1", "cast.1", "site"),
    station=("melt", "cast"),
    station_of=(0, 1, NONE),
    product=("housing",),
    order=("weekly",),
    crew=("furnace",),
    material=("ingot", "silicon", "ADC12", "housing"),
)
MELT, CAST, SITE = 0, 1, 2


def flow(
    r: Recorder, where: tuple[int, str, int], span: tuple[float, float], base: float, amp: float = 0.0, tau: float = 1.0
) -> float:
    """One electric flow row of (equipment, state, batch) and its counter, closed by the antiderivative; returns the kWh."""
    (equipment, state, batch), (t0, t1) = where, span
    r.add("flows", equipment, STATE[state], CARRIER["electricity"], batch, t0, t1, base, amp, tau)
    kwh = (base * (t1 - t0) + amp * tau * (1.0 - math.exp(-(t1 - t0) / tau))) / 3600.0
    r.add("counters", equipment, STATE[state], CARRIER["electricity"], batch, kwh)
    return kwh


def heats(r: Recorder, rng: np.random.Generator, end: float) -> int:
    """Heats of the furnace and its holding between them, which decays; returns the next batch number."""
    t, batch = 0.0, 0
    while t < end:
        melting, holding = float(rng.uniform(1800, 5400)), float(rng.uniform(300, 4000))
        t1 = min(t + melting, end)
        kg, kw = float(rng.uniform(300, 500)), float(rng.uniform(200, 400))
        kwh = flow(r, (MELT, "processing", batch), (t, t1), kw)
        r.add("states", MELT, STATE["processing"], t, t1)
        r.add("heat", MELT, STATE["processing"], batch, TERM["charge_sensible"], t, t1, 0.7 * kwh)
        r.add("heat", MELT, STATE["processing"], batch, TERM["wall_conduction"], t, t1, 0.3 * kwh)
        r.add("batches", batch, MELT, t, t1, NONE, 2, NONE, kg, 1.0)
        r.add("material", t, MELT, batch, 0, ROLE["in"], 0.9 * kg, 0.009 * kg)
        r.add("material", t, MELT, batch, 1, ROLE["addition"], 0.1 * kg, 0.0)
        r.add("material", t1, MELT, batch, 2, ROLE["melt_loss"], 0.02 * kg, 0.001 * kg)
        t2 = min(t1 + holding, end)
        if t2 > t1:
            kwh = flow(r, (MELT, "holding", NONE), (t1, t2), 20.0, 15.0, 900.0)
            r.add("states", MELT, STATE["holding"], t1, t2)
            r.add("heat", MELT, STATE["holding"], NONE, TERM["wall_conduction"], t1, t2, 0.8 * kwh)
            r.add("heat", MELT, STATE["holding"], NONE, TERM["opening"], t1, t2, 0.2 * kwh)
        t, batch = t2, batch + 1
    return batch


def lots(r: Recorder, rng: np.random.Generator, end: float, batch: int) -> int:
    """Lots of the cell, and what it waits between them; returns their number."""
    t, job = 0.0, 0
    while t < end:
        t1 = min(t + float(rng.uniform(1200, 4800)), end)
        flow(r, (CAST, "processing", batch), (t, t1), 48.0)
        r.add("states", CAST, STATE["processing"], t, t1)
        r.add("jobs", job, 0, 0, 40, 3.2, 0.0, end * 0.7, 0)
        r.add("batches", batch, CAST, t, t1, job, NONE, 0, 128.0, 1.0)
        r.add("moves", job, 0, CAST, 0.0, t, t1, t1, OUTCOMES.index("done"))
        r.add("material", t1, CAST, batch, 3, ROLE["good"], 128.0, 1.0)
        r.add("material", t1, CAST, batch, 3, ROLE["scrap"], 6.0, 0.05)
        job, batch = job + 1, batch + 1
        t = min(t1 + float(rng.uniform(0, 1500)), end)
        if t1 < t:
            flow(r, (CAST, "starved", NONE), (t1, t), 14.0)
            r.add("states", CAST, STATE["starved"], t1, t)
    return job


def crew(r: Recorder, end: float) -> float:
    """Two people from 08:00 to 17:00 with a break, every day; returns the person-hours."""
    hours = 0.0
    for day in range(math.ceil(end / 86400.0)):
        for first, last in ((8.0, 12.0), (13.0, 17.0)):
            t0, t1 = day * 86400.0 + first * 3600.0, min(day * 86400.0 + last * 3600.0, end)
            if t0 < t1:
                r.add("crews", 0, t0, t1, 2, 0)
                hours += 2 * (t1 - t0) / 3600.0
    return hours


def plant(hours: float = 24.0, seed: int = 1, start: dt.datetime = MONDAY) -> Trace:
    """A furnace feeding a cell over ``hours``, with one crew and a base load; every invariant holds."""
    rng, r, end = np.random.default_rng(seed), Recorder(), hours * 3600.0
    made = lots(r, rng, end, heats(r, rng, end))
    r.add("states", SITE, STATE["processing"], 0.0, end)
    flow(r, (SITE, "processing", NONE), (0.0, end), 35.0)
    _close_stock(r, end)
    facts = {"crew_person_h": crew(r, end), "jobs": float(made), "moves": float(made)}
    return Trace(start, end, NAMES, r.tables(), facts=facts)


def _close_stock(r: Recorder, end: float) -> None:
    """Opening and closing stock so that what was cast came from what was melted; carbon likewise."""
    rows = r.tables()["material"]
    kg, carbon = (np.bincount(rows["role"], rows[c], len(ROLE)) for c in ("kg", "carbon_kg"))
    into, out = [ROLE["in"], ROLE["addition"]], [ROLE["good"], ROLE["scrap"], ROLE["melt_loss"]]
    opening, opening_c = 5000.0, 60.0
    r.add("material", 0.0, MELT, NONE, 2, ROLE["stock_open"], opening, opening_c)
    left, left_c = kg[into].sum() - kg[out].sum(), carbon[into].sum() - carbon[out].sum()
    r.add("material", end, MELT, NONE, 2, ROLE["stock_close"], opening + left, opening_c + left_c)


def changed(trace: Trace, table: str, columns: Mapping[str, np.ndarray]) -> Trace:
    """The trace with another table."""
    tables = dict(trace.tables) | {table: Table(columns)}
    return Trace(trace.start, trace.duration_s, trace.names, tables, trace.replication, trace.seed, trace.facts)


def dropped(trace: Trace, table: str, row: int) -> Trace:
    """The trace without one row."""
    return changed(trace, table, {c: np.delete(v, row) for c, v in trace.tables[table].columns.items()})


def doubled(trace: Trace, table: str, row: int) -> Trace:
    """The trace with one row twice."""
    return changed(trace, table, {c: np.append(v, v[row]) for c, v in trace.tables[table].columns.items()})


def table(name: str, rows: list[tuple[float, ...]]) -> Table:
    """A table from rows in the order of COLUMNS."""
    kinds = {"i": np.int32, "d": np.float64}
    data = list(zip(*rows, strict=True)) if rows else [[] for _ in COLUMNS[name]]
    return Table({c: np.array(v, kinds[k]) for (c, k), v in zip(COLUMNS[name].items(), data, strict=True)})
