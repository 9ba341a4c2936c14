"""What the plant delivered: output and lateness, from jobs, moves and material."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.ledger.trace import OUTCOMES, ROLE, Trace

_DONE = OUTCOMES.index("done")


@dataclass(frozen=True)
class Service:
    """Output and lateness of one span. ``lateness_h`` sums over jobs; a job still under way at the end is late by what has passed."""

    output_kg: float
    output_pieces: float
    by_product_pieces: Mapping[str, float]
    by_product_kg: Mapping[str, float]
    jobs_done: int
    jobs_late: int
    lateness_h: float


def finished_s(trace: Trace) -> np.ndarray:
    """When each row of ``jobs`` left the plant, in seconds; infinite for jobs still under way. Shape (jobs,)."""
    jobs, moves = trace.jobs, trace.moves
    result = np.full(len(jobs), np.inf)
    if not len(jobs) or not len(moves):
        return result
    order = np.argsort(jobs["job"], kind="stable")
    at = order[np.clip(np.searchsorted(jobs["job"][order], moves["job"]), 0, len(jobs) - 1)]
    known = jobs["job"][at] == moves["job"]
    last = np.full(len(jobs), -1)
    np.maximum.at(last, at[known], moves["operation"][known])
    final = known & (moves["operation"] == last[at]) & (moves["outcome"] == _DONE)
    length = route_lengths(trace)
    if length:
        wanted = np.array([length.get(name, 0) for name in trace.names.product])[jobs["product"]]
        final &= moves["operation"] + 1 >= wanted[at]
    result[at[final]] = moves["left"][final]
    return np.where(np.isnan(result), np.inf, result)


def route_lengths(trace: Trace) -> dict[str, int]:
    """Operations of each product's route, from the facts ``route/<product>``; empty where the trace does not say."""
    return {name: int(trace.facts[f"route/{name}"]) for name in trace.names.product if f"route/{name}" in trace.facts}


def lateness_s(trace: Trace) -> np.ndarray:
    """Seconds past due of each job, counted up to the end of the trace where it is still under way; 0 where in time. Shape (jobs,)."""
    due = trace.jobs["due"]
    late = np.minimum(finished_s(trace), trace.duration_s) - due
    return np.where(np.isfinite(due), np.maximum(late, 0.0), 0.0)


def service(trace: Trace) -> Service:
    """Output and lateness of a trace. Pieces: facts ``good_pieces`` and ``good_pieces/<product>``, else finished jobs' pieces.

    Output by weight is the metal booked as good; where a plant books no metal, the weight of its good pieces.
    """
    jobs, rows = trace.jobs, trace.material
    done = finished_s(trace) <= trace.duration_s
    late = lateness_s(trace)
    metal = rows["role"] == ROLE["good"]
    pieces, mass = {}, {}
    for code, name in enumerate(trace.names.product):
        mine = done & (jobs["product"] == code)
        pieces[name] = trace.facts.get(f"good_pieces/{name}", float(jobs["pieces"][mine].sum()))
        mass[name] = trace.facts.get(f"good_kg/{name}", float((jobs["pieces"] * jobs["mass_kg"])[mine].sum()))
    kg = float(rows["kg"][metal].sum()) if metal.any() else sum(mass.values())
    total = trace.facts.get("good_pieces", sum(pieces.values()))
    return Service(
        kg, total, pieces, mass, int(done.sum()), int(np.count_nonzero(late > 0.0)), float(late.sum()) / 3600.0
    )
