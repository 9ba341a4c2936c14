"""From the compact log of the units to states, flows and counters, with numpy, cut to the horizon.

A unit's log says when it worked on what; between those times its duties (off, start-up, standby outside of working hours) say what it did,
and where they say nothing it was blocked or starved. Flows are the constant rates of those states; counters are closed from the log itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from twin.ledger.trace import NONE, STATE, Table, typed
from twin.models.equipment import Rates
from twin.models.station import LOG, PIECES, PLAIN, RIDER
from twin.models.worktime import Duty

_OFF, _PROCESSING, _BLOCKED, _STARVED = (STATE[name] for name in ("off", "processing", "blocked", "starved"))
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Machine:
    """What expansion needs to know of one equipment."""

    equipment: int
    rates: Rates
    duties: Sequence[Duty] = ()
    together: bool = False
    """lots overlap in it (a place to cool): it is processing while any is inside"""
    off_after_s: float = inf
    """it goes off after so long without a lot"""
    since_s: float = 0.0
    """when the log begins"""


@dataclass(frozen=True)
class Log:
    """The rows of all units as columns."""

    rows: Columns
    pieces: Columns

    @classmethod
    def of(cls, log: bytearray, pieces: bytearray) -> Log:
        """Columns of the rows that the floor collected (copied)."""
        rows, parts = np.frombuffer(log, dtype=list(LOG)), np.frombuffer(pieces, dtype=list(PIECES))
        return cls({name: rows[name].copy() for name, _ in LOG}, {name: parts[name].copy() for name, _ in PIECES})

    def by_equipment(self, equipment: Sequence[int]) -> dict[int, Log]:
        """The rows of each equipment, in the order in which they were logged."""
        rows, parts = _grouped(self.rows, equipment), _grouped(self.pieces, equipment)
        return {code: Log(rows[code], parts[code]) for code in equipment}


def _grouped(columns: Columns, equipment: Sequence[int]) -> dict[int, Columns]:
    """Columns cut by equipment (one sort for all)."""
    order = np.argsort(columns["equipment"], kind="stable")
    ordered = {name: column[order] for name, column in columns.items()}
    found = {}
    for code in equipment:
        a, b = np.searchsorted(ordered["equipment"], [code, code + 1])
        found[code] = {name: column[a:b] for name, column in ordered.items()}
    return found


def _cut(columns: Columns, t0: float, t1: float) -> Columns:
    """Rows clipped to [t0, t1]; those that are left without length are dropped."""
    columns = dict(columns)
    columns["t0"], columns["t1"] = np.clip(columns["t0"], t0, t1), np.clip(columns["t1"], t0, t1)
    keep = columns["t1"] > columns["t0"]
    return {name: column[keep] for name, column in columns.items()}


def busy(log: Log) -> Columns:
    """Pieces of work of one equipment in order of time: state, batch, t0, t1."""
    plain = log.rows["form"] == PLAIN
    if not len(log.pieces["t0"]) and plain.all():
        rows = log.rows
        return {
            "state": np.full(len(plain), _PROCESSING),
            "batch": rows["batch"],
            "t0": rows["started"],
            "t1": rows["ended"],
        }
    columns = {
        "state": np.concatenate([np.full(int(plain.sum()), _PROCESSING), log.pieces["state"]]),
        "batch": np.concatenate([log.rows["batch"][plain], log.pieces["batch"]]),
        "t0": np.concatenate([log.rows["started"][plain], log.pieces["t0"]]),
        "t1": np.concatenate([log.rows["ended"][plain], log.pieces["t1"]]),
    }
    order = np.argsort(columns["t0"], kind="stable")
    return {name: column[order] for name, column in columns.items()}


def _own(log: Log) -> Columns:
    """Rows that stand for the unit's time: of a batch of several lots only the last to leave."""
    own = log.rows["form"] != RIDER
    if own.all():
        return log.rows
    return {name: column[own] for name, column in log.rows.items()}


def _together(log: Log, t0: float, t1: float) -> Columns:
    """States of a place where lots overlap: processing while any is inside, else starved."""
    starts, ends = np.sort(log.rows["started"]), np.sort(log.rows["left"])
    edges = np.unique(np.clip(np.concatenate([starts, ends, [t0, t1]]), t0, t1))
    middle = (edges[1:] + edges[:-1]) / 2.0
    inside = np.searchsorted(starts, middle, side="right") > np.searchsorted(ends, middle, side="right")
    state = np.where(inside, _PROCESSING, _STARVED)
    first = np.concatenate([[True], state[1:] != state[:-1]])
    begin = edges[:-1][first]
    return {"state": state[first], "batch": np.full(len(begin), NONE), "t0": begin, "t1": np.append(begin[1:], t1)}


def _always_on(log: Log, t0: float, t1: float) -> Columns:
    """States of an equipment that always works: starved, processing, blocked in turn."""
    rows = _own(log)
    n = len(rows["job"])
    edges = np.empty(3 * n + 2)
    edges[0], edges[-1] = t0, t1
    edges[1:-1:3], edges[2:-1:3], edges[3:-1:3] = rows["started"], rows["ended"], rows["left"]
    state = np.tile(np.array([_STARVED, _PROCESSING, _BLOCKED], dtype=np.int32), n + 1)[: 3 * n + 1]
    batch = np.full(3 * n + 1, NONE, dtype=np.int32)
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
    state, batch = np.full(len(middle), _STARVED), np.full(len(middle), NONE)
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
    if machine.off_after_s != inf:
        begin = min(t0, machine.since_s)
        return _cut(_switched_off(_occupied(log, machine, begin, t1), machine.off_after_s), t0, t1)
    return _occupied(log, machine, t0, t1)


def _switched_off(states: Columns, after_s: float) -> Columns:
    """States in which every starved stretch longer than ``after_s`` ends in being off."""
    long = np.flatnonzero((states["state"] == _STARVED) & (states["t1"] - states["t0"] > after_s))
    off = {name: column[long] for name, column in states.items()}
    off["state"], off["t0"] = np.full(len(long), _OFF), off["t0"] + after_s
    ends = states["t1"].copy()
    ends[long] = off["t0"]
    return {name: np.insert(ends if name == "t1" else states[name], long + 1, off[name]) for name in states}


def _occupied(log: Log, machine: Machine, t0: float, t1: float) -> Columns:
    """States by duties and log alone."""
    if not machine.duties and not len(log.pieces["t0"]):
        return _always_on(log, t0, t1)
    return _with_duties(log, machine.duties, t0, t1)


def _rate_of(machine: Machine) -> dict[int, np.ndarray]:
    """For each carrier the rate by state code."""
    found: dict[int, np.ndarray] = {}
    for state, rates in machine.rates.items():
        for carrier, rate in rates.items():
            found.setdefault(carrier, np.zeros(len(STATE)))[state] = rate
    return found


def flows(states: Columns, machine: Machine) -> list[Columns]:
    """Constant flows of one equipment, one row a state and carrier; a part for each carrier."""
    parts = []
    for carrier, rate in _rate_of(machine).items():
        base = rate[states["state"]]
        drawn = base != 0.0
        rows = states if drawn.all() else {name: column[drawn] for name, column in states.items()}
        n = len(rows["t0"])
        constant = {"carrier": np.full(n, carrier), "amp": np.zeros(n), "tau": np.ones(n)}
        parts.append(rows | constant | {"base": base if n == len(base) else base[drawn]})
    return parts


def counters(log: Log, states: Columns, machine: Machine, t0: float, t1: float) -> list[Columns]:
    """Closed counters of one equipment: work by batch from the log, everything else by state from the time spent in it."""
    work = _cut(busy(log), t0, t1)
    hours = (work["t1"] - work["t0"]) / 3600.0
    idle = states["batch"] == NONE
    idle_s = np.bincount(states["state"][idle], weights=(states["t1"] - states["t0"])[idle], minlength=len(STATE))
    rested = np.flatnonzero(idle_s)
    parts = []
    for carrier, rate in _rate_of(machine).items():
        kwh = hours * rate[work["state"]]
        state = np.concatenate([work["state"], rested])
        batch = np.concatenate([work["batch"], np.full(len(rested), NONE)])
        closed = np.concatenate([kwh, idle_s[rested] / 3600.0 * rate[rested]])
        drawn = closed != 0.0
        parts.append(
            {
                "state": state[drawn],
                "batch": batch[drawn],
                "kwh": closed[drawn],
                "carrier": np.full(int(drawn.sum()), carrier),
            }
        )
    return parts


def tables(log: Log, machines: Sequence[Machine], t0: float, t1: float) -> dict[str, Table]:
    """Tables ``states``, ``flows`` and ``counters`` of all equipment in ``machines``."""
    parts: dict[str, list[Columns]] = {"states": [], "flows": [], "counters": []}
    logs = log.by_equipment([machine.equipment for machine in machines])
    for machine in machines:
        mine = logs[machine.equipment]
        states = timeline(mine, machine, t0, t1)
        for name, made in (
            ("states", [states]),
            ("flows", flows(states, machine)),
            ("counters", counters(mine, states, machine, t0, t1)),
        ):
            parts[name] += [
                columns | {"equipment": np.full(len(columns["state"]), machine.equipment)} for columns in made
            ]
    return {name: typed(name, columns) for name, columns in parts.items()}
