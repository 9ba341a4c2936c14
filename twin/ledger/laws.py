"""Operational laws of a trace, from its own rows alone (Denning & Buzen, Computing Surveys 10 (1978) 225-261).

They hold for every run whatever was simulated: times in states add up, what went in is out or still there, Little's law, the utilisation
law. A residual above rounding means that the trace contradicts itself.
"""

from __future__ import annotations

import numpy as np

from twin.ledger.balance import CLOCK_S, relative
from twin.ledger.trace import NONE, STATE, STATES, Trace


def state_hours(trace: Trace) -> dict[str, dict[str, float]]:
    """Hours in each state by equipment."""
    states, n = trace.states, len(STATES)
    key = states["equipment"].astype(np.int64) * n + states["state"]
    hours = np.bincount(key, states["t1"] - states["t0"], len(trace.names.equipment) * n).reshape(-1, n) / 3600.0
    return {
        name: {state: float(hours[e, s]) for s, state in enumerate(STATES) if hours[e, s]}
        for e, name in enumerate(trace.names.equipment)
        if hours[e].any()
    }


def utilisation(trace: Trace) -> dict[str, float]:
    """Share of the horizon that each equipment spends processing."""
    return {
        name: hours.get("processing", 0.0) * 3600.0 / trace.duration_s for name, hours in state_hours(trace).items()
    }


def utilisation_law(trace: Trace) -> float:
    """U = X S: processing time from states against the union of batches at each equipment; the seconds by which batches exceed it.

    Batches may wait inside (set-up, repair, pauses), so only work booked to batches while the equipment was not processing counts:
    flows of batches in state processing that no processing time covers.
    """
    states, flows = trace.states, trace.flows
    worst = 0.0
    working = (flows["state"] == STATE["processing"]) & (flows["batch"] != NONE)
    for e in np.unique(flows["equipment"][working]).tolist():
        mine = working & (flows["equipment"] == e)
        busy = states["t1"] - states["t0"]
        processing_s = float(busy[(states["equipment"] == e) & (states["state"] == STATE["processing"])].sum())
        worst = max(
            worst, max(0.0, _union_s(flows["t0"][mine], flows["t1"][mine]) - processing_s - CLOCK_S) / trace.duration_s
        )
    return worst


def _union_s(start: np.ndarray, end: np.ndarray) -> float:
    """Length of the union of intervals, seconds."""
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    return float(reach[-1] - start[0] - np.maximum(start[1:] - reach[:-1], 0.0).sum())


def flow_conservation(trace: Trace) -> float:
    """What went in is out or still there: every operation of a job follows the one before it, in order and in time.

    Share of neighbouring moves of a job that skip an operation, go back, or begin to queue before the job left the one before.
    """
    moves = trace.moves
    order = np.lexsort((moves["operation"], moves["job"]))
    job, operation = moves["job"][order], moves["operation"][order]
    same = job[1:] == job[:-1]
    left = np.where(np.isnan(moves["left"]), np.inf, moves["left"])[order]
    steps = (operation[1:] != operation[:-1] + 1) | (moves["queued"][order][1:] < left[:-1] - CLOCK_S)
    return float(np.count_nonzero(same & steps)) / max(len(moves), 1)


def little(trace: Trace) -> float:
    """Little's law at every equipment, for the lots that wait for it, are worked on and wait to leave: L = lambda W over [0, duration].

    L is counted event by event (how many are present between one event and the next), lambda W is the sum of times, each relative to the
    larger; a lot that leaves before it begins, or begins before it queues, counts by the share of such rows.
    """
    moves, end = trace.moves, trace.duration_s
    queued, started, ended = (np.clip(moves[name], 0.0, end) for name in ("queued", "started", "ended"))
    left = np.clip(np.where(np.isnan(moves["left"]), end, moves["left"]), 0.0, end)
    stations = np.asarray(trace.names.station_of)[moves["equipment"]] if len(moves) else np.zeros(0, dtype=np.int64)
    worst = 0.0
    for station in np.unique(stations).tolist():
        mine = stations == station
        for arrive, leave in ((queued, started), (started, ended), (ended, left)):
            area = _area_s(arrive[mine], leave[mine])
            worst = max(worst, relative(area, float((leave - arrive)[mine].sum())))
    backwards = (started < queued - CLOCK_S) | (ended < started - CLOCK_S) | (left < ended - CLOCK_S)
    return max(worst, float(np.count_nonzero(backwards)) / max(len(moves), 1))


def _area_s(arrive: np.ndarray, leave: np.ndarray) -> float:
    """Number present, counted never below zero, integrated from event to event."""
    times = np.concatenate([arrive, leave])
    steps = np.concatenate([np.ones(len(arrive)), -np.ones(len(leave))])
    order = np.lexsort((-steps, times))
    present = np.maximum(np.cumsum(steps[order])[:-1], 0.0)
    return float((present * np.diff(times[order])).sum()) if len(times) else 0.0


def work_law(trace: Trace) -> float:
    """Time of lots at work at every equipment: from the table of batches and from that of moves, relative to the larger."""
    moves, batches, end = trace.moves, trace.batches, trace.duration_s
    own = batches["job"] != NONE
    at_work = moves["started"] < end
    begun = np.clip(moves["started"], 0.0, end)
    seconds = np.where(at_work, np.maximum(np.clip(moves["ended"], 0.0, end) - begun, 0.0), 0.0)
    n = len(trace.names.equipment)
    booked = np.bincount(batches["equipment"][own], (batches["t1"] - batches["t0"])[own], n)
    moved = np.bincount(moves["equipment"], seconds, n)
    with_batches = np.isin(np.arange(n), batches["equipment"][own])
    return max((relative(a, b) for a, b in zip(booked[with_batches], moved[with_batches], strict=True)), default=0.0)


def laws(trace: Trace) -> dict[str, float]:
    """Residuals of all laws; each is 0 up to rounding."""
    hours = state_hours(trace)
    sums = [relative(sum(by.values()) * 3600.0, trace.duration_s) for by in hours.values()]
    return {
        "laws.state_times": max(sums, default=0.0),
        "laws.flow_conservation": flow_conservation(trace),
        "laws.little": little(trace),
        "laws.utilisation": utilisation_law(trace),
        "laws.work": work_law(trace),
    }
