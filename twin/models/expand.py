"""From the compact log of the units to states, flows and counters, with numpy, cut to the horizon.

A unit's log says when it worked on what; between those times its duties (off, start-up, standby outside of working hours) say what it did,
and where they say nothing it was blocked or starved. Flows are the constant rates of those states; counters are closed from the log itself.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.ledger.trace import NONE, STATE, Table
from twin.models.equipment import Rates
from twin.models.station import LOG, PIECES
from twin.models.worktime import Duty

_PROCESSING, _BLOCKED, _STARVED = STATE["processing"], STATE["blocked"], STATE["starved"]
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Machine:
    """What expansion needs to know of one equipment."""

    equipment: int
    rates: Rates
    duties: Sequence[Duty] = ()
    together: bool = False
    """lots overlap in it (a place to cool): it is processing while any is inside"""


@dataclass(frozen=True)
class Log:
    """The rows of all units as columns."""

    rows: Columns
    pieces: Columns

    @classmethod
    def of(cls, log: array[float], pieces: array[float]) -> Log:
        """Columns of the arrays that the floor collected."""
        rows = np.frombuffer(log, dtype=np.float64).reshape(-1, len(LOG)) if log else np.empty((0, len(LOG)))
        parts = np.frombuffer(pieces, dtype=np.float64).reshape(-1, len(PIECES)) if pieces else np.empty((0, len(PIECES)))
        return cls(
            {name: rows[:, k].copy() for k, name in enumerate(LOG)}, {name: parts[:, k].copy() for k, name in enumerate(PIECES)})

    def of_equipment(self, equipment: int) -> Log:
        """The rows of one equipment."""
        mine, parts = self.rows["equipment"] == equipment, self.pieces["equipment"] == equipment
        return Log({k: v[mine] for k, v in self.rows.items()}, {k: v[parts] for k, v in self.pieces.items()})


def _cut(columns: Columns, t0: float, t1: float) -> Columns:
    """Rows clipped to [t0, t1]; those that are left without length are dropped."""
    columns = dict(columns)
    columns["t0"], columns["t1"] = np.clip(columns["t0"], t0, t1), np.clip(columns["t1"], t0, t1)
    keep = columns["t1"] > columns["t0"]
    return {name: column[keep] for name, column in columns.items()}


def busy(log: Log) -> Columns:
    """Pieces of work of one equipment in order of time: state, batch, t0, t1."""
    plain = log.rows["plain"] == 1.0
    state = np.concatenate([np.full(int(plain.sum()), float(_PROCESSING)), log.pieces["state"]])
    columns = {
        "state": state,
        "batch": np.concatenate([log.rows["batch"][plain], log.pieces["batch"]]),
        "t0": np.concatenate([log.rows["started"][plain], log.pieces["t0"]]),
        "t1": np.concatenate([log.rows["ended"][plain], log.pieces["t1"]]),
    }
    order = np.argsort(columns["t0"], kind="stable")
    return {name: column[order] for name, column in columns.items()}


def _own(log: Log) -> Columns:
    """Rows that stand for the unit's time: of a batch of several lots only the last to leave."""
    own = log.rows["plain"] != 2.0
    return {name: column[own] for name, column in log.rows.items()}


def _together(log: Log, t0: float, t1: float) -> Columns:
    """States of a place where lots overlap: processing while any is inside, else starved."""
    starts, ends = np.sort(log.rows["started"]), np.sort(log.rows["left"])
    edges = np.unique(np.clip(np.concatenate([starts, ends, [t0, t1]]), t0, t1))
    middle = (edges[1:] + edges[:-1]) / 2.0
    inside = np.searchsorted(starts, middle, side="right") > np.searchsorted(ends, middle, side="right")
    state = np.where(inside, float(_PROCESSING), float(_STARVED))
    first = np.concatenate([[True], state[1:] != state[:-1]])
    begin = edges[:-1][first]
    return {"state": state[first], "batch": np.full(len(begin), float(NONE)), "t0": begin, "t1": np.append(begin[1:], t1)}


def _always_on(log: Log, t0: float, t1: float) -> Columns:
    """States of an equipment that always works: starved, processing, blocked in turn."""
    rows = _own(log)
    n = len(rows["job"])
    edges = np.empty(3 * n + 2)
    edges[0], edges[-1] = t0, t1
    edges[1:-1:3], edges[2:-1:3], edges[3:-1:3] = rows["started"], rows["ended"], rows["left"]
    state = np.tile(np.array([_STARVED, _PROCESSING, _BLOCKED], dtype=np.float64), n + 1)[: 3 * n + 1]
    batch = np.full(3 * n + 1, float(NONE))
    batch[1::3] = rows["batch"]
    return _cut({"state": state, "batch": batch, "t0": edges[:-1], "t1": edges[1:]}, t0, t1)


def _locate(starts: np.ndarray, ends: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the interval that holds each time, and whether one does. Intervals are sorted and do not overlap."""
    index = np.searchsorted(starts, at, side="right") - 1
    inside = index >= 0
    index = np.maximum(index, 0)
    if len(ends):
        inside &= at < ends[index]
    return index, inside


def _with_duties(log: Log, duties: Sequence[Duty], t0: float, t1: float) -> Columns:
    """States of an equipment that has working hours, set-ups or failures."""
    work, rows = busy(log), _own(log)
    duty = np.array(duties, dtype=np.float64).reshape(-1, 3)
    edges = np.concatenate([work["t0"], work["t1"], rows["ended"], rows["left"], duty[:, 0], duty[:, 1], [t0, t1]])
    edges = np.unique(edges[(edges >= t0) & (edges <= t1)])
    middle = (edges[1:] + edges[:-1]) / 2.0
    state, batch = np.full(len(middle), float(_STARVED)), np.full(len(middle), float(NONE))
    if len(rows["ended"]):
        _, blocked = _locate(rows["ended"], rows["left"], middle)
        state[blocked] = _BLOCKED
    if len(duty):
        k, inside = _locate(duty[:, 0], duty[:, 1], middle)
        state[inside] = duty[k[inside], 2]
    if len(work["t0"]):
        k, inside = _locate(work["t0"], work["t1"], middle)
        state[inside], batch[inside] = work["state"][k[inside]], work["batch"][k[inside]]
    first = np.concatenate([[True], (state[1:] != state[:-1]) | (batch[1:] != batch[:-1])])
    starts = edges[:-1][first]
    return {"state": state[first], "batch": batch[first], "t0": starts, "t1": np.append(starts[1:], t1)}


def timeline(log: Log, machine: Machine, t0: float, t1: float) -> Columns:
    """States of one equipment that cover [t0, t1] without gap or overlap: state, batch (or NONE), t0, t1."""
    if machine.together:
        return _together(log, t0, t1)
    if not machine.duties and not len(log.pieces["t0"]):
        return _always_on(log, t0, t1)
    return _with_duties(log, machine.duties, t0, t1)


def flows(states: Columns, machine: Machine) -> Columns:
    """Constant flows of one equipment, one row a state and carrier."""
    parts: list[Columns] = []
    for code, rates in machine.rates.items():
        mine = states["state"] == code
        for carrier, rate in rates.items():
            rows = {name: column[mine] for name, column in states.items()}
            n = len(rows["t0"])
            parts.append(rows | {"carrier": np.full(n, float(carrier)), "base": np.full(n, rate)})
    if not parts:
        return {name: np.empty(0) for name in ("state", "batch", "t0", "t1", "carrier", "base")}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def counters(log: Log, states: Columns, machine: Machine, t0: float, t1: float) -> Columns:
    """Closed counters of one equipment: work by batch from the log, everything else by state from the time spent in it."""
    out: dict[str, list[np.ndarray]] = {name: [] for name in ("state", "carrier", "batch", "kwh")}
    work = _cut(busy(log), t0, t1)
    idle_s = np.bincount(
        states["state"].astype(np.int64), weights=np.where(states["batch"] == NONE, states["t1"] - states["t0"], 0.0), minlength=len(STATE))
    for code, rates in machine.rates.items():
        mine = work["state"] == code
        batches, index = np.unique(work["batch"][mine], return_inverse=True)
        hours = np.bincount(index, weights=(work["t1"] - work["t0"])[mine], minlength=len(batches)) / 3600.0
        if idle_s[code]:
            batches, hours = np.append(batches, float(NONE)), np.append(hours, idle_s[code] / 3600.0)
        for carrier, rate in rates.items():
            for name, column in (
                ("state", np.full(len(batches), float(code))), ("carrier", np.full(len(batches), float(carrier))),
                ("batch", batches), ("kwh", hours * rate),
            ):
                out[name].append(column)
    return {name: np.concatenate(columns) if columns else np.empty(0) for name, columns in out.items()}


def tables(log: Log, machines: Sequence[Machine], t0: float, t1: float) -> dict[str, Table]:
    """Tables ``states``, ``flows`` and ``counters`` of all equipment in ``machines``."""
    parts: dict[str, list[Columns]] = {"states": [], "flows": [], "counters": []}
    for machine in machines:
        mine = log.of_equipment(machine.equipment)
        states = timeline(mine, machine, t0, t1)
        rates, closed = flows(states, machine), counters(mine, states, machine, t0, t1)
        rates["amp"], rates["tau"] = np.zeros(len(rates["t0"])), np.ones(len(rates["t0"]))
        for name, columns in (("states", states), ("flows", rates), ("counters", closed)):
            columns["equipment"] = np.full(len(columns["state"]), float(machine.equipment))
            parts[name].append(columns)
    return {name: typed(name, columns) for name, columns in parts.items()}


def typed(name: str, parts: Sequence[Mapping[str, np.ndarray]]) -> Table:
    """One table of the trace from parts with at least its columns, in its types."""
    from twin.ledger.trace import COLUMNS

    types = {"i": np.int32, "d": np.float64}
    return Table({
        column: np.concatenate([part[column] for part in parts]).astype(types[code]) if parts else np.empty(0, types[code])
        for column, code in COLUMNS[name].items()})
