"""What the scenario says must be in a trace, counted from calendar and orders and not from the plant: hours of crews, jobs released."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.balance import relative
from twin.scenario.calendar import Window, shift_instances
from twin.scenario.orders import at_random, jobs

if TYPE_CHECKING:
    from twin.ledger.trace import Trace
    from twin.scenario.scenario import Scenario


def _overlap_s(first: Window, second: Window) -> float:
    return max(0.0, min(first[1], second[1]) - max(first[0], second[0]))


def crew_hours(scenario: Scenario, crew: str, duration_s: float) -> float | None:
    """Ordinary person-hours of a crew: its shifts less their breaks, times its people. None where its shifts overlap."""
    instances = shift_instances(scenario, scenario.spec.crews[crew].shifts, 0.0, duration_s)
    if any(b.start_s < a.end_s for a, b in itertools.pairwise(instances)):
        return None
    span = (0.0, duration_s)
    worked = 0.0
    for one in instances:
        worked += _overlap_s((one.start_s, one.end_s), span)
        worked -= sum(_overlap_s((max(p0, one.start_s), min(p1, one.end_s)), span) for p0, p1 in one.pauses)
    return worked / 3600.0 * scenario.spec.crews[crew].people


def expected_residuals(scenario: Scenario, trace: Trace) -> dict[str, float]:
    """Worst relative distance of ordinary crew hours, and of the number of jobs released within the trace.

    Lots that were sent back for rework count as released then (facts ``lots_back/<order>``); those that the plant's state already held are
    not released again (``lots_resumed``).
    """
    rows, worst = trace.crews, 0.0
    hours = rows["people"] * (rows["t1"] - rows["t0"]) / 3600.0
    for code, crew in enumerate(trace.names.crew):
        wanted = crew_hours(scenario, crew, trace.duration_s)
        if wanted is not None:
            worst = max(worst, relative(float(hours[(rows["crew"] == code) & (rows["overtime"] == 0)].sum()), wanted))
    released = (trace.jobs["release"] >= 0.0) & (trace.jobs["release"] < trace.duration_s)
    orders = scenario.spec.orders
    chance = {name for name, order in orders.items() if at_random(order)} if isinstance(orders, dict) else set()
    if chance:  # how often they come is for the laws of chance to say
        released &= ~np.isin(trace.jobs["order"], [trace.names.order.index(name) for name in chance])
    asked = sum(job.order not in chance for job in jobs(scenario, 0.0, trace.duration_s)) - trace.facts.get(
        "lots_resumed", 0.0
    )
    asked += sum(trace.facts.get(f"lots_back/{name}", 0.0) for name in trace.names.order if name not in chance)
    return {"expected.crew_hours": worst, "expected.jobs": relative(float(np.count_nonzero(released)), float(asked))}
