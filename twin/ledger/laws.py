"""Operational laws of a trace, from its own rows alone (Denning & Buzen, Computing Surveys 10 (1978) 225-261).

They hold for every run whatever was simulated: times in states add up, what went in is out or still there, Little's law, the utilisation
law. A residual above rounding means that the trace contradicts itself.
"""

from __future__ import annotations

import numpy as np

from twin.ledger.balance import relative
from twin.ledger.trace import OUTCOMES, STATE, STATES, Trace

_UNFINISHED = OUTCOMES.index("unfinished")


def state_hours(trace: Trace) -> dict[str, dict[str, float]]:
    """Hours in each state by equipment."""
    states, n = trace.states, len(STATES)
    key = states["equipment"].astype(np.int64) * n + states["state"]
    hours = np.bincount(key, states["t1"] - states["t0"], len(trace.names.equipment) * n).reshape(-1, n) / 3600.0
    return {
        name: {state: float(hours[e, s]) for s, state in enumerate(STATES) if hours[e, s]}
        for e, name in enumerate(trace.names.equipment) if hours[e].any()
    }


def utilisation(trace: Trace) -> dict[str, float]:
    """Share of the horizon that each equipment spends processing."""
    return {name: hours.get("processing", 0.0) * 3600.0 / trace.duration_s for name, hours in state_hours(trace).items()}


def utilisation_law(trace: Trace) -> float:
    """U = X S by equipment whose work is booked by batch: processing time against the sum of its flow rows' union per batch."""
    states, flows = trace.states, trace.flows
    worst = 0.0
    for e in np.unique(flows["equipment"]).tolist():
        mine = (flows["equipment"] == e) & (flows["state"] == STATE["processing"])
        spans = np.unique(np.stack([flows["t0"][mine], flows["t1"][mine]]), axis=1)
        processing = (states["equipment"] == e) & (states["state"] == STATE["processing"])
        if not spans.shape[1] or not processing.any():
            continue
        order = np.argsort(spans[0], kind="stable")
        start, end = spans[0][order], np.maximum.accumulate(spans[1][order])
        covered = float(end[-1] - start[0] - np.maximum(start[1:] - end[:-1], 0.0).sum())
        busy = float((states["t1"] - states["t0"])[processing].sum())
        worst = max(worst, max(0.0, covered - busy) / trace.duration_s)
    return worst


def flow_conservation(trace: Trace) -> float:
    """Jobs that have moves = jobs whose last move is done or scrapped + jobs still on the way."""
    moves = trace.moves
    if not len(moves):
        return 0.0
    order = np.lexsort((moves["operation"], moves["job"]))
    job, operation = moves["job"][order], moves["operation"][order]
    last = np.append(job[1:] != job[:-1], True)
    ended = moves["outcome"][order][last] != _UNFINISHED
    broken = np.count_nonzero((job[1:] == job[:-1]) & (operation[1:] != operation[:-1] + 1))
    first = np.concatenate([[True], job[1:] != job[:-1]])
    started_late = np.count_nonzero(operation[first] < 0)
    return relative(float(len(np.unique(job))), float(np.count_nonzero(ended) + np.count_nonzero(~ended))) + broken + started_late


def little(trace: Trace) -> float:
    """L = lambda W over moves in [0, duration]: mean number in the plant, summed over events, against the sum of times in it."""
    moves, end = trace.moves, trace.duration_s
    arrive = np.clip(moves["queued"], 0.0, end)
    leave = np.clip(np.where(np.isnan(moves["left"]), end, moves["left"]), 0.0, end)
    times = np.concatenate([arrive, leave])
    steps = np.concatenate([np.ones(len(arrive)), -np.ones(len(leave))])
    order = np.argsort(times, kind="stable")
    present = np.cumsum(steps[order])[:-1]
    area = float(present @ np.diff(times[order])) if len(times) else 0.0
    return relative(area, float((leave - arrive).sum()))


def laws(trace: Trace) -> dict[str, float]:
    """Residuals of all laws; each is 0 up to rounding."""
    hours = state_hours(trace)
    sums = [relative(sum(by.values()) * 3600.0, trace.duration_s) for by in hours.values()]
    return {
        "laws.state_times": max(sums, default=0.0), "laws.flow_conservation": flow_conservation(trace), "laws.little": little(trace),
        "laws.utilisation": utilisation_law(trace),
    }
