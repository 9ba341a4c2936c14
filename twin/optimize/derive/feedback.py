"""What a replay tells the next problem: the load of what is not scheduled, the energy of heats as they were, time from cast to delivered.

The thermal history of a furnace and the work of the stations after casting are not linear in the plan; the loop is closed by replaying
the plan and deriving the problem again from what was seen.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.energy import QUARTER_S, of_carrier, quarter_hour_kwh
from twin.ledger.trace import CARRIER, ROLE, STATE, Trace
from twin.models.furnace import InductionFurnace
from twin.optimize.derive.foundry import Feedback
from twin.optimize.derive.heat_cycle import Cycle, gaps_of
from twin.optimize.derive.site import resampled
from twin.optimize.problem.grid import Slots
from twin.optimize.problem.network import Carbon, Floats
from twin.scenario.calendar import windows

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

SUPPLY = ("site.pv", "site.battery")
TAIL_QUANTILE = 0.95
MELTING = tuple(STATE[name] for name in ("setup", "processing", "startup"))


def feedback_of(scenario: Scenario, slots: Slots, trace: Trace, scheduled: Collection[str]) -> Feedback:
    """All that the next problem takes from ``trace``, whose equipment ``scheduled`` the problem itself decides."""
    return Feedback(other_kw(trace, slots, scheduled), tails_s(scenario, trace), corrections_kwh(scenario, trace))


def other_kw(trace: Trace, slots: Slots, scheduled: Collection[str]) -> Floats:
    """Mean electric power by slot (slots,) of all that is neither scheduled nor supply on site."""
    left_out = [code for code, name in enumerate(trace.names.equipment) if name in scheduled or name in SUPPLY]
    flows = of_carrier(trace.flows, "electricity")
    rows = flows.where(~np.isin(flows["equipment"], left_out))
    kwh = quarter_hour_kwh(rows, "electricity", 0.0, trace.duration_s)
    return resampled(np.asarray(kwh) * 3600.0 / QUARTER_S, QUARTER_S, slots)


def emitted_kg(trace: Trace, slots: Slots, carbon: Carbon) -> float:
    """Emissions of what the site bought in the horizon under ``trace``, at the plan's own factors, kg CO2e."""
    kwh = quarter_hour_kwh(of_carrier(trace.flows, "electricity"), "electricity", 0.0, trace.duration_s)
    bought_kw = resampled(np.maximum(np.asarray(kwh), 0.0) * 3600.0 / QUARTER_S, QUARTER_S, slots)
    return float(bought_kw @ carbon.intensity_kg_per_kwh) * slots.hours


def tails_s(scenario: Scenario, trace: Trace) -> dict[str, float]:
    """By product, the working time of the station after casting that passed from the end of casting to delivery (95 % quantile)."""
    products = scenario.spec.products
    casting = {name for name, kind in scenario.stations.items() if getattr(type(kind), "metal", False)}
    jobs = {int(code): int(product) for code, product in zip(trace.jobs["job"], trace.jobs["product"], strict=True)}
    cast_end: dict[int, float] = {}
    left: dict[int, tuple[int, float]] = {}
    moves = trace.moves
    for job, operation, end, gone in zip(moves["job"], moves["operation"], moves["ended"], moves["left"], strict=True):
        if int(job) not in jobs:
            continue
        route = products[trace.names.product[jobs[int(job)]]].route
        if route[int(operation)] in casting:
            cast_end[int(job)] = float(end)
        if int(operation) == len(route) - 1:
            left[int(job)] = (jobs[int(job)], float(gone))
    found: dict[str, list[float]] = {}
    for job, (product, gone) in left.items():
        if job in cast_end and gone < trace.duration_s:
            name = trace.names.product[product]
            found.setdefault(name, []).append(_worked_s(scenario, name, casting, cast_end[job], gone))
    return {name: float(np.quantile(values, TAIL_QUANTILE)) for name, values in found.items()}


def _worked_s(scenario: Scenario, product: str, casting: Collection[str], t0: float, t1: float) -> float:
    """Working seconds between two times of the first station after casting that has working hours: pieces cool at night as well."""
    route = list(scenario.spec.products[product].route)
    casting_at = max((k for k, name in enumerate(route) if name in casting), default=-1)
    for name in route[casting_at + 1 :]:
        station = scenario.stations[name]
        crew = None if station.crew is None else scenario.spec.crews[station.crew].shifts
        shifts = crew if station.shifts is None else station.shifts
        if shifts is not None:
            return sum(min(b, t1) - max(a, t0) for a, b in windows(scenario, shifts, t0, t1))
    return t1 - t0


def corrections_kwh(scenario: Scenario, trace: Trace) -> dict[str, dict[str, float]]:
    """By melting station and class of gap: mean energy of a full heat as it was, less what :class:`Cycle` reckons for the typical gap."""
    found: dict[str, dict[str, float]] = {}
    for name, kind in scenario.stations.items():
        if isinstance(kind, InductionFurnace):
            found[name] = _corrections_of(trace, name, kind)
    return found


def _corrections_of(trace: Trace, station: str, kind: InductionFurnace) -> dict[str, float]:
    cycle = Cycle(kind)
    gaps = gaps_of(kind)
    excess: dict[str, list[float]] = {gap.name: [] for gap in gaps}
    reckoned = {gap.name: cycle.heat(gap.typical_s).kwh for gap in gaps}
    charged, melted = _by_batch(trace)
    for code in range(len(trace.names.equipment)):
        if trace.names.station_of[code] < 0 or trace.names.station[trace.names.station_of[code]] != station:
            continue
        spans = sorted(
            {
                (float(a), float(b), int(batch))
                for a, b, batch, e in zip(
                    trace.batches["t0"],
                    trace.batches["t1"],
                    trace.batches["batch"],
                    trace.batches["equipment"],
                    strict=True,
                )
                if int(e) == code
            }
        )
        for (_, emptied, _), (begun, _, batch) in itertools.pairwise(spans):
            gap = next(gap.name for gap in gaps if begun - emptied <= gap.longest_s)
            if charged.get(batch, 0.0) > 0.5 * kind.charge.mass_kg and melted.get(batch):
                excess[gap].append(melted[batch] * kind.charge.mass_kg / charged[batch] - reckoned[gap])
    return {gap: float(np.mean(values)) for gap, values in excess.items() if values}


def _by_batch(trace: Trace) -> tuple[Mapping[int, float], Mapping[int, float]]:
    """Mass charged (kg) and electricity while melting (kWh) by batch."""
    charged: dict[int, float] = {}
    rows = trace.material
    for batch, role, kg in zip(rows["batch"], rows["role"], rows["kg"], strict=True):
        if int(role) in (ROLE["in"], ROLE["addition"]):
            charged[int(batch)] = charged.get(int(batch), 0.0) + float(kg)
    melted: dict[int, float] = {}
    counters = trace.counters
    for batch, state, carrier, kwh in zip(
        counters["batch"], counters["state"], counters["carrier"], counters["kwh"], strict=True
    ):
        if int(carrier) == CARRIER["electricity"] and int(state) in MELTING:
            melted[int(batch)] = melted.get(int(batch), 0.0) + float(kwh)
    return charged, melted
