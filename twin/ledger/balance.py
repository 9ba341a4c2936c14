"""The invariants of a trace: energy, heat, states, mass, carbon, references and money, each side by a route of its own.

No term is the remainder of another. Energy: counters that the stations closed from their phases' closed forms, against the quarter-hour
integrals of the flows. Heat: flows against terms computed from temperatures. A residual is relative to what is balanced; for a single
equipment, state and batch it is relative to that key's own amount, but not to less than 1e-4 of the equipment's total, so that the
resolution of a clock in seconds does not count as a fault, and not to less than 1 kWh where the equipment's total is below that: of a
cold furnace that nobody starts nothing is left to balance but the rounding of its temperatures.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.core.faults import RunFailed
from twin.ledger.energy import cut, quarter_edges_s, quarter_hour_kwh, unique_rows
from twin.ledger.trace import CARRIER, CARRIER_UNITS, CARRIERS, NONE, ROLE, Table, Trace

TOLERANCE = 1e-9
CLOCK_S = 1e-6
ENERGY_CARRIERS = tuple(c for c, unit in CARRIER_UNITS.items() if unit == "kW")
SOURCES = ("in", "addition", "stock_open")
SINKS = ("good", "scrap", "returns", "melt_loss", "slag", "stock_close")
_FLOOR = 1e-4
_LEAST = 1.0
_KEY = ("equipment", "state", "carrier", "batch")


class BalanceBroken(RunFailed):
    """A run broke an invariant; ``name`` says which, ``residual`` by how much (relative)."""

    def __init__(self, name: str, residual: float) -> None:
        self.name, self.residual = name, residual
        super().__init__(f"invariant {name} is broken: relative residual {residual:.3g}, allowed {TOLERANCE:g}")


def relative(first: float, second: float) -> float:
    """Distance of two amounts over the larger of them; 0 where both are 0."""
    scale = max(abs(first), abs(second))
    return abs(first - second) / scale if scale else 0.0


def _worst_key(keys: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Worst relative distance over keys, shape (keys, columns) with the equipment in column 0; see the module's text for the scale."""
    if not len(keys):
        return 0.0
    size = np.maximum(np.abs(first), np.abs(second))
    equipment = keys[:, 0] - keys[:, 0].min()
    total = np.bincount(equipment, size)[equipment]
    scale = np.where(total < _LEAST, _LEAST, np.maximum(size, _FLOOR * total))
    return float(np.max(np.abs(first - second) / scale))


def _two_routes(first: tuple[list[np.ndarray], np.ndarray], second: tuple[list[np.ndarray], np.ndarray]) -> float:
    """Worst relative distance of two lists of (key columns, amounts), summed by key."""
    n = len(first[1])
    keys, inverse = unique_rows([np.concatenate([a, b]) for a, b in zip(first[0], second[0], strict=True)])
    sums = [np.bincount(inverse[:n], first[1], len(keys)), np.bincount(inverse[n:], second[1], len(keys))]
    return _worst_key(keys, *sums)


def energy_by_key(trace: Trace) -> float:
    """Counters against flows cut at the quarter-hours, by equipment, state, carrier and batch (or none)."""
    flows, counters = trace.flows, trace.counters
    pieces = cut(flows, quarter_edges_s(0.0, trace.duration_s))
    return _two_routes(
        ([counters[c] for c in _KEY], counters["kwh"]), ([flows[c][pieces.row] for c in _KEY], pieces.amount)
    )


def energy_of_carrier(trace: Trace, carrier: str) -> float:
    """Counters of a carrier against its quarter-hour load, the series that is billed; relative to all that flowed either way."""
    load = quarter_hour_kwh(trace.flows, carrier, 0.0, trace.duration_s)
    closed = trace.counters["kwh"][trace.counters["carrier"] == CARRIER[carrier]]
    scale = float(np.abs(closed).sum())
    return abs(float(np.sum(load)) - float(closed.sum())) / scale if scale else relative(float(np.sum(load)), 0.0)


def heat(trace: Trace) -> float:
    """Thermal input from flows (electricity and fuels) against the sum of heat terms, by equipment, state and batch, where heat is kept."""
    flows, terms = trace.flows, trace.heat
    thermal = np.isin(flows["carrier"], [CARRIER[c] for c in ENERGY_CARRIERS]) & np.isin(
        flows["equipment"], terms["equipment"]
    )
    rows = np.flatnonzero(thermal)
    pieces = cut(flows, quarter_edges_s(0.0, trace.duration_s), rows)
    key = ("equipment", "state", "batch")
    return _two_routes(([terms[c] for c in key], terms["kwh"]), ([flows[c][pieces.row] for c in key], pieces.amount))


def _spells(states: Table) -> Table:
    """States in order of equipment and time, neighbours of the same equipment and state joined."""
    order = np.lexsort((states["t0"], states["equipment"]))
    e, s, t0, t1 = (states[c][order] for c in ("equipment", "state", "t0", "t1"))
    if not len(e):
        return Table({"equipment": e, "state": s, "t0": t0, "t1": t1})
    new = np.concatenate([[True], (e[1:] != e[:-1]) | (s[1:] != s[:-1]) | (np.abs(t0[1:] - t1[:-1]) > CLOCK_S)])
    last = np.append(np.flatnonzero(new)[1:] - 1, len(e) - 1)
    return Table({"equipment": e[new], "state": s[new], "t0": t0[new], "t1": t1[last]})


def flows_in_states(trace: Trace) -> float:
    """Seconds of the worst flow row that lie outside of a state row of its equipment and state, over the horizon."""
    flows, spells = trace.flows, _spells(trace.states)
    if not len(flows):
        return 0.0
    if not len(spells):
        return 1.0
    span = 4.0 * trace.duration_s + 4.0
    at = flows["equipment"] * span + flows["t0"] + CLOCK_S
    k = np.maximum(np.searchsorted(spells["equipment"] * span + spells["t0"], at, "right") - 1, 0)
    same = (spells["equipment"][k] == flows["equipment"]) & (spells["state"][k] == flows["state"])
    inside = np.minimum(flows["t1"], spells["t1"][k]) - np.maximum(flows["t0"], spells["t0"][k])
    outside = (flows["t1"] - flows["t0"]) - np.where(same, np.maximum(inside, 0.0), 0.0)
    worst = float(outside.max())
    return worst / trace.duration_s if worst > 2 * CLOCK_S else 0.0


def states_cover(trace: Trace) -> float:
    """States of each equipment neither overlap nor leave a gap: worst of both in seconds, over the horizon."""
    states = trace.states
    order = np.lexsort((states["t0"], states["equipment"]))
    e, t0, t1 = (states[c][order] for c in ("equipment", "t0", "t1"))
    if not len(e):
        return 0.0
    same = e[1:] == e[:-1]
    joints = np.abs(t0[1:] - t1[:-1])[same]
    first, last = np.concatenate([[True], ~same]), np.concatenate([~same, [True]])
    ends = np.concatenate([np.abs(t0[first]), np.abs(t1[last] - trace.duration_s), joints])
    worst = float(ends.max())
    return worst / trace.duration_s if worst > CLOCK_S else 0.0


def _sources_and_sinks(trace: Trace, column: str) -> float:
    rows = trace.material
    sums = np.bincount(rows["role"], rows[column], len(ROLE))
    into = float(sum(sums[ROLE[role]] for role in SOURCES))
    out = float(sum(sums[ROLE[role]] for role in SINKS))
    return relative(into, out)


def mass(trace: Trace) -> float:
    """Metal in + additions + opening stock against good + scrap + returns + melt loss + slag + closing stock."""
    return _sources_and_sinks(trace, "kg")


def carbon(trace: Trace) -> float:
    """The same for the carbon in it."""
    return _sources_and_sinks(trace, "carbon_kg")


def shares(trace: Trace) -> float:
    """Shares of the rows of one batch sum to one."""
    batches = trace.batches
    if not len(batches):
        return 0.0
    _, inverse = np.unique(batches["batch"], return_inverse=True)
    return float(np.max(np.abs(np.bincount(inverse, batches["share"]) - 1.0)))


def _unknown(codes: np.ndarray, known: np.ndarray) -> float:
    """Share of distinct codes (other than none) that are not known."""
    wanted = np.unique(codes[codes != NONE])
    return float(np.mean(~np.isin(wanted, known))) if len(wanted) else 0.0


def _repeated(*columns: np.ndarray) -> float:
    """Share of rows that repeat another in these columns."""
    if not len(columns[0]):
        return 0.0
    return 1.0 - len(unique_rows(columns)[0]) / len(columns[0])


def references(trace: Trace) -> dict[str, float]:
    """Every batch and job that is named has its row, once; every operation of a job has its move and its batch."""
    batches, moves, jobs = trace.batches, trace.moves, trace.jobs
    named = np.concatenate(
        [trace.counters["batch"], trace.flows["batch"], trace.heat["batch"], trace.material["batch"]]
    )
    of_jobs = batches["job"] != NONE
    pairs = [np.concatenate([batches[c][of_jobs], moves[c]]) for c in ("job", "equipment")]
    keys, inverse = unique_rows(pairs)
    n = int(of_jobs.sum())
    begun = moves["started"] < trace.duration_s
    in_batches = np.bincount(inverse[:n], minlength=len(keys)) > 0
    in_moves = np.bincount(inverse[n:][begun], minlength=len(keys)) > 0
    with_batches = np.isin(keys[:, 1], batches["equipment"]) if len(keys) else np.zeros(0, bool)
    apart = (in_batches & ~in_moves) | (in_moves & ~in_batches & with_batches)
    return {
        "references.batches": _unknown(named, batches["batch"]),
        "references.jobs": max(
            _unknown(moves["job"], jobs["job"]), _unknown(batches["job"], jobs["job"]), _repeated(jobs["job"])
        ),
        "references.moves": max(
            _repeated(moves["job"], moves["operation"]), float(apart.mean()) if len(apart) else 0.0
        ),
    }


def crews_apart(trace: Trace) -> float:
    """Rows of one crew do not repeat one another."""
    return _repeated(
        trace.crews["crew"], np.round(trace.crews["t0"] / CLOCK_S).astype(np.int64), trace.crews["overtime"]
    )


def counted(trace: Trace) -> dict[str, float]:
    """Rows against what the plant counted while it ran, where the trace says so: facts ``jobs``, ``moves`` and ``crew_person_h``."""
    found = {"jobs": float(len(trace.jobs)), "moves": float(len(trace.moves))}
    crews = trace.crews
    found["crew_person_h"] = float((crews["people"] * (crews["t1"] - crews["t0"])).sum()) / 3600.0
    return {
        f"counted.{name}": relative(value, trace.facts[name]) for name, value in found.items() if name in trace.facts
    }


def residuals_of_trace(trace: Trace) -> dict[str, float]:
    """Worst relative residual of each invariant that the trace alone can show."""
    carriers = np.unique(np.concatenate([trace.flows["carrier"], trace.counters["carrier"]]))
    found = {"energy.by_key": energy_by_key(trace)}
    found.update({f"energy.{CARRIERS[c]}": energy_of_carrier(trace, CARRIERS[c]) for c in carriers.tolist()})
    found.update(
        {
            "heat": heat(trace),
            "flows_in_states": flows_in_states(trace),
            "states_cover": states_cover(trace),
            "mass": mass(trace),
            "carbon": carbon(trace),
            "shares": shares(trace),
            "crews_apart": crews_apart(trace),
        }
    )
    found.update(references(trace))
    found.update(counted(trace))
    return found


def check(residuals: Mapping[str, float], tolerance: float = TOLERANCE) -> None:
    """Raise :class:`BalanceBroken` for the worst residual above ``tolerance`` (or not a number)."""
    worst = max(residuals.items(), key=lambda item: np.inf if np.isnan(item[1]) else item[1], default=None)
    if worst is not None and not worst[1] <= tolerance:
        raise BalanceBroken(*worst)
