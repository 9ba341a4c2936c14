"""The trace of one simulated replication: columnar tables, the only thing that the ledger reads.

Times are seconds since the horizon's start (t = 0 is ``start``). Names are integer codes into :class:`Names`; code -1 means "none".
A flow's rate is ``base + amp * exp(-(t - t0) / tau)`` in the carrier's unit (electricity and fuels kW on NCV, air Nm3/s, gases kg/s,
reactive power kvar); several exponentials are several rows; supply is negative. ``counters.kwh`` is the integral in rate unit x hours
(kWh for kW). ``jobs.mass_kg`` is the mass of one good piece, ``jobs.pieces`` what is cast.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct

import numpy as np

NONE = -1
STATES = ("off", "startup", "standby", "setup", "processing", "holding", "blocked", "starved", "down")
STATE = {name: code for code, name in enumerate(STATES)}
CARRIER_UNITS: Mapping[str, str] = {
    "electricity": "kW",
    "natural_gas": "kW",
    "lpg": "kW",
    "diesel": "kW",
    "coke": "kW",
    "reactive_lag": "kvar",
    "reactive_lead": "kvar",
    "compressed_air": "Nm3/s",
    "dust_air": "Nm3/s",
    "shielding_gas": "kg/s",
    "steam": "kg/s",
    "cooling": "kWth",
    "water": "kg/s",
    "electricity_sold": "kW_sold",
}
CARRIERS = tuple(CARRIER_UNITS)
CARRIER = {name: code for code, name in enumerate(CARRIERS)}
ROLES = ("in", "addition", "good", "scrap", "returns", "melt_loss", "slag", "stock_open", "stock_close")
ROLE = {name: code for code, name in enumerate(ROLES)}
TERMS = (
    "charge_sensible",
    "charge_latent",
    "charge_superheat",
    "addition",
    "fixture",
    "wall_conduction",
    "wall_storage",
    "opening",
    "convection",
    "atmosphere",
    "flue",
    "slag",
    "cooling_water",
    "auxiliary",
    "bath_storage",
    "leakage",
)
TERM = {name: code for code, name in enumerate(TERMS)}
OUTCOMES = ("done", "scrapped", "unfinished", "reworked")

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "jobs": {
        "job": "i",
        "order": "i",
        "product": "i",
        "pieces": "d",
        "mass_kg": "d",
        "release": "d",
        "due": "d",
        "priority": "i",
    },
    "states": {"equipment": "i", "state": "i", "t0": "d", "t1": "d"},
    "flows": {
        "equipment": "i",
        "state": "i",
        "carrier": "i",
        "batch": "i",
        "t0": "d",
        "t1": "d",
        "base": "d",
        "amp": "d",
        "tau": "d",
    },
    "counters": {"equipment": "i", "state": "i", "carrier": "i", "batch": "i", "kwh": "d"},
    "heat": {"equipment": "i", "state": "i", "batch": "i", "term": "i", "t0": "d", "t1": "d", "kwh": "d"},
    "material": {"t": "d", "equipment": "i", "batch": "i", "material": "i", "role": "i", "kg": "d", "carbon_kg": "d"},
    "batches": {
        "batch": "i",
        "equipment": "i",
        "t0": "d",
        "t1": "d",
        "job": "i",
        "stock": "i",
        "product": "i",
        "mass_kg": "d",
        "share": "d",
    },
    "moves": {
        "job": "i",
        "operation": "i",
        "equipment": "i",
        "queued": "d",
        "started": "d",
        "ended": "d",
        "left": "d",
        "outcome": "i",
    },
    "crews": {"crew": "i", "t0": "d", "t1": "d", "people": "d", "overtime": "i"},
}


@dataclass(frozen=True)
class Table:
    """Columns of equal length."""

    columns: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def where(self, mask: np.ndarray) -> Table:
        """Rows for which the boolean ``mask`` (one per row) is true."""
        return Table({name: column[mask] for name, column in self.columns.items()})


@dataclass(frozen=True)
class Names:
    """What the integer codes mean. ``station_of[e]`` is the station code of equipment ``e`` (NONE for utilities and the site)."""

    equipment: tuple[str, ...]
    station: tuple[str, ...]
    station_of: tuple[int, ...]
    product: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    crew: tuple[str, ...] = ()
    material: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """One replication. Every table named in COLUMNS is present, possibly empty."""

    start: dt.datetime
    duration_s: float
    names: Names
    tables: Mapping[str, Table]
    replication: int = 0
    seed: int = 0
    facts: Mapping[str, float] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Table:
        tables: Mapping[str, Table] = self.__dict__.get("tables", {})
        if name not in tables:
            raise AttributeError(name)
        return tables[name]


PACK = {table: Struct("<" + "".join(columns.values())).pack for table, columns in COLUMNS.items()}
"""Packs one row of a table, values in the order of COLUMNS: a packed row costs a quarter of as many appended numbers."""


class Recorder:
    """Collects rows while a plant runs. ``add("states", e, s, t0, t1)`` appends one row in the order of COLUMNS.

    Who writes many rows calls ``recorder.rows["states"].extend(PACK["states"](…))`` itself.
    """

    def __init__(self) -> None:
        self.rows = {table: bytearray() for table in COLUMNS}

    def add(self, table: str, *values: float) -> None:
        """Append one row."""
        self.rows[table].extend(PACK[table](*values))

    def clear(self) -> None:
        """Forget all rows (the warm-up is never counted)."""
        for rows in self.rows.values():
            del rows[:]

    def tables(self) -> dict[str, Table]:
        """The rows so far as typed numpy columns (copied)."""
        return {table: _unpacked(table, rows) for table, rows in self.rows.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)


def _unpacked(table: str, rows: bytearray) -> Table:
    types = {"i": "<i4", "d": "<f8"}
    packed = np.frombuffer(rows, dtype=[(name, types[code]) for name, code in COLUMNS[table].items()])
    return Table({name: np.ascontiguousarray(packed[name]).copy() for name in COLUMNS[table]})


def empty_table(name: str) -> Table:
    """An empty table with the columns of ``name``."""
    return Table({c: np.array([], dtype=np.int32 if code == "i" else np.float64) for c, code in COLUMNS[name].items()})


def typed(name: str, parts: Sequence[Mapping[str, np.ndarray]]) -> Table:
    """One table of the trace from parts with at least its columns, in its types."""
    types = {"i": np.int32, "d": np.float64}
    found: dict[str, np.ndarray] = {}
    for column, code in COLUMNS[name].items():
        joined = np.concatenate([part[column] for part in parts]) if parts else np.empty(0)
        found[column] = joined.astype(types[code], copy=False)
    return Table(found)
