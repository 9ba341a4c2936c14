"""Condensing a log while a plant runs, so that memory does not grow with the number of batches: quarter-hour energy and time by state.

A chunk of the log holds whole rows; an equipment's time up to the ``left`` of its last row is settled, the rest waits for the next chunk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twin.ledger.energy import QUARTER_S, integrate, quarter_edges_s, quarter_hour_kwh, sums_by
from twin.ledger.trace import CARRIERS, COLUMNS, NONE, STATES, Table, Trace, empty_table, typed
from twin.models.expand import Columns, Log, Machine, flows, timeline
from twin.models.station import Floor

EVENTS = 4096
CHUNK_BYTES = 2_000_000


class Condenser:
    """Sums over the horizon ``[0, end_s]``: ``amount`` by (equipment, carrier) in quarter-hours, ``state_s`` by equipment, rows logged.

    An infinite ``end_s`` lets the quarter-hours grow with the time simulated.
    """

    def __init__(self, floor: Floor, machines: Sequence[Machine], end_s: float) -> None:
        self.floor, self.end_s = floor, end_s
        self.machines = {machine.equipment: machine for machine in machines}
        self.settled = dict.fromkeys(self.machines, 0.0)
        self.amount: dict[tuple[int, int], np.ndarray] = {}
        self.state_s = {equipment: np.zeros(len(STATES)) for equipment in self.machines}
        self.rows = 0

    def run(self) -> float:
        """Simulate until nothing more happens, condensing on the way; returns the time when the last lot left."""
        going = True
        while going:
            going = self.floor.steps(EVENTS)
            if going and len(self.floor.log) > CHUNK_BYTES:
                self.chunk()
        end = self._last_left(self.floor.now)
        self.chunk(end)
        return end

    def _last_left(self, default: float) -> float:
        """When the last lot left."""
        left = Log.of(self.floor.log, bytearray()).rows["left"]
        return float(left.max()) if len(left) else default

    def chunk(self, upto_s: float | None = None) -> None:
        """Take the floor's log in and empty it; ``upto_s``: settle everything up to there (the end of the run)."""
        log = Log.of(self.floor.log, self.floor.pieces)
        del self.floor.log[:]
        self.rows += len(log.rows["job"])
        kept = bytearray()
        logs = log.by_equipment(list(self.machines))
        for equipment, machine in self.machines.items():
            mine = logs[equipment]
            left = mine.rows["left"]
            begin = self.settled[equipment]
            end = upto_s if upto_s is not None else float(left.max()) if len(left) else begin
            end = min(end, self.end_s)
            if end > begin:
                self._settle(machine, mine, begin, end)
                self.settled[equipment] = end
        # pieces of lots that are still at work come before their rows: they wait
        if upto_s is None and self.floor.pieces:
            size = 28
            for k in range(0, len(self.floor.pieces), size):
                batch = int.from_bytes(self.floor.pieces[k + 4 : k + 8], "little", signed=True)
                if batch not in log.rows["batch"]:
                    kept += self.floor.pieces[k : k + size]
        self.floor.pieces[:] = kept

    def _settle(self, machine: Machine, log: Log, begin: float, end: float) -> None:
        states = timeline(log, replace(machine, since_s=begin), begin, end)
        seconds = states["t1"] - states["t0"]
        self.state_s[machine.equipment] += np.bincount(
            states["state"].astype(np.int64), weights=seconds, minlength=len(STATES)
        )
        for rows in flows(states, machine):
            if len(rows["carrier"]):
                self._add(machine.equipment, int(rows["carrier"][0]), rows, begin, end)

    def _add(self, equipment: int, carrier: int, rows: Columns, begin: float, end: float) -> None:
        first, last = math.floor(begin / QUARTER_S), math.ceil(end / QUARTER_S)
        edges = QUARTER_S * np.arange(first, last + 1)
        table = typed("flows", [rows | {"equipment": np.full(len(rows["t0"]), equipment)}])
        amounts = integrate(table, edges)[0]
        held = self.amount.get((equipment, carrier), np.zeros(0))
        if len(held) < last:
            held = np.concatenate([held, np.zeros(max(last, 2 * len(held)) - len(held))])
        held[first:last] += amounts
        self.amount[equipment, carrier] = held


def condensed(trace: Trace) -> Trace:
    """A trace reduced to what does not grow with the number of batches.

    Flows become means of quarter-hours by equipment and carrier (state and batch: none), material becomes sums by equipment, material and
    role at the end, time by state the facts ``state_s/<equipment>/<state>``. Jobs and crews stay; every other table is empty.
    """
    end, flows_of = trace.duration_s, trace.flows
    parts: list[Columns] = []
    for code in np.unique(flows_of["carrier"]).tolist():
        by_equipment = quarter_hour_kwh(flows_of, CARRIERS[code], 0.0, end, by="equipment")
        if isinstance(by_equipment, dict):
            parts += [_quarters(equipment, code, amounts, end) for equipment, amounts in by_equipment.items()]
    seconds = sums_by([trace.states["equipment"], trace.states["state"]], trace.states["t1"] - trace.states["t0"])
    facts = {f"state_s/{trace.names.equipment[e]}/{STATES[s]}": value for (e, s), value in seconds.items()}
    kept = {"jobs": trace.jobs, "crews": trace.crews, "flows": typed("flows", parts), "material": _material(trace)}
    return replace(
        trace, tables={name: kept.get(name) or empty_table(name) for name in COLUMNS}, facts={**trace.facts, **facts}
    )


def _quarters(equipment: int, carrier: int, amounts: np.ndarray, end_s: float) -> Columns:
    edges = quarter_edges_s(0.0, end_s)
    n = len(amounts)
    codes = {"equipment": equipment, "state": NONE, "carrier": carrier, "batch": NONE}
    rates = amounts * 3600.0 / np.diff(edges)
    zero_amp = {"amp": np.zeros(n), "tau": np.ones(n)}
    return (
        {name: np.full(n, code) for name, code in codes.items()}
        | {"t0": edges[:-1], "t1": edges[1:], "base": rates}
        | zero_amp
    )


def _material(trace: Trace) -> Table:
    rows = trace.material
    keys = [rows["equipment"], rows["material"], rows["role"]]
    kg, carbon = sums_by(keys, rows["kg"]), sums_by(keys, rows["carbon_kg"])
    found = np.array([(trace.duration_s, e, NONE, m, r, kg[e, m, r], carbon[e, m, r]) for e, m, r in kg]).reshape(
        -1, len(COLUMNS["material"])
    )
    return typed("material", [{name: found[:, k] for k, name in enumerate(COLUMNS["material"])}])
