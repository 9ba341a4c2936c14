"""What a replay tells the next problem: the load of what is not scheduled, the energy of heats as they were, time from cast to delivered.

The thermal history of a furnace and the work of the stations after casting are not linear in the plan; the loop is closed by replaying
the plan and deriving the problem again from what was seen.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.energy import QUARTER_S, of_carrier, quarter_hour_kwh
from twin.ledger.trace import CARRIER, ROLE, STATE, Trace
from twin.models.furnace import InductionFurnace
from twin.optimize.derive.foundry import Feedback
from twin.optimize.derive.heat_cycle import Gap, cycle_of, gaps_of
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
    return Feedback(
        other_kw(trace, slots, scheduled),
        tails_s(scenario, trace),
        corrections_kwh(scenario, trace),
        emptying_kwh(scenario, trace, slots.slot_s),
    )


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
    """By melting station and class of gap: mean energy of heats as they were, less what
    :class:`~twin.optimize.derive.heat_cycle.Cycle` reckons for their charge and the typical gap, for a full charge. A heat that the trace's
    end cuts short tells nothing.
    """
    found: dict[str, dict[str, float]] = {}
    for name, kind in scenario.stations.items():
        if isinstance(kind, InductionFurnace):
            found[name] = _corrections_of(trace, name, kind)
    return found


def _corrections_of(trace: Trace, station: str, kind: InductionFurnace) -> dict[str, float]:
    cycle, gaps = cycle_of(kind), gaps_of(kind)
    typical_s = {gap.name: gap.typical_s for gap in gaps}
    excess: dict[str, list[float]] = {gap.name: [] for gap in gaps}
    charged, melted = _by_batch(trace)

    @cache
    def reckoned_kwh(gap: str, charge_kg: float) -> float:
        return cycle.heat(typical_s[gap], charge_kg).kwh

    for code in _furnaces(trace, station):
        for gap, (_, emptied, batch) in _heats(trace, code, gaps):
            kg, whole = charged.get(batch, 0.0), emptied < trace.duration_s
            if whole and kg > 0.5 * kind.charge.mass_kg and melted.get(batch):
                beyond_kwh = melted[batch] - reckoned_kwh(gap, round(kg, 3))
                excess[gap].append(beyond_kwh * kind.charge.mass_kg / kg)
    return {gap: float(np.mean(values)) for gap, values in excess.items() if values}


def _furnaces(trace: Trace, station: str) -> Iterator[int]:
    """Codes of the furnaces of a station."""
    names = trace.names
    for code in range(len(names.equipment)):
        if names.station_of[code] >= 0 and names.station[names.station_of[code]] == station:
            yield code


def _heats(trace: Trace, code: int, gaps: Sequence[Gap]) -> Iterator[tuple[str, tuple[float, float, int]]]:
    """Class of the gap before, and begun, emptied (s), batch, of each heat of a furnace; of the first only where the trace itself shows
    that the gap before it is of the last class.
    """
    rows = trace.batches
    mine = np.flatnonzero(rows["equipment"] == code)
    spans = sorted({(float(rows["t0"][k]), float(rows["t1"][k]), int(rows["batch"][k])) for k in mine})
    if spans and spans[0][0] > max(gap.longest_s for gap in gaps[:-1]):
        yield gaps[-1].name, spans[0]
    for (_, emptied, _), span in itertools.pairwise(spans):
        yield next(gap.name for gap in gaps if span[0] - emptied <= gap.longest_s), span


def emptying_kwh(scenario: Scenario, trace: Trace, slot_s: float) -> dict[str, dict[str, float]]:
    """By melting station with dosing furnaces and class of gap: mean energy from a heat's end to the last ladle's, less what is reckoned
    for it: holding up to the slot in which that ladle is filled.

    The plant fills ladles as soon as there is room, which is less holding, with the lid open, which is more.
    """
    found: dict[str, dict[str, float]] = {}
    for name, kind in scenario.stations.items():
        if isinstance(kind, InductionFurnace) and not _direct(scenario, kind):
            found[name] = _emptying_of(trace, name, kind, slot_s)
    return found


def _direct(scenario: Scenario, kind: InductionFurnace) -> bool:
    """Whether a furnace pours straight into moulds."""
    return any(getattr(scenario.stations[name], "dosing_furnace", None) is None for name in kind.supplies)


def _emptying_of(trace: Trace, station: str, kind: InductionFurnace, slot_s: float) -> dict[str, float]:
    cycle, gaps = cycle_of(kind), gaps_of(kind)
    hold_kw, idle_kw, tapping_s = cycle.holding_kw(), cycle.idle_kw(), kind.ladle.tapping_s
    held, excess = _held_kwh(trace), {gap.name: list[float]() for gap in gaps}
    states = trace.states
    for code in _furnaces(trace, station):
        ends = np.sort(states["t1"][(states["equipment"] == code) & np.isin(states["state"], MELTING)])
        for gap, (begun, emptied, batch) in _heats(trace, code, gaps):
            inside = ends[(ends > begun) & (ends <= emptied)]
            if not len(inside) or emptied >= trace.duration_s:
                continue
            ready = float(inside[-1])
            slot = max(math.ceil(ready / slot_s - 1e-9), math.floor((emptied - tapping_s) / slot_s + 1e-9)) * slot_s
            took = held.get(batch, 0.0) + idle_kw * max(0.0, slot - emptied) / 3600.0
            reckoned = (hold_kw * (slot - ready) + idle_kw * max(0.0, emptied - slot)) / 3600.0
            excess[gap].append(took - reckoned)
    return {gap: float(np.mean(values)) for gap, values in excess.items() if values}


def _held_kwh(trace: Trace) -> Mapping[int, float]:
    """Electricity while holding, ladles included, by batch (kWh)."""
    return _counted(trace, (STATE["holding"],))


def _by_batch(trace: Trace) -> tuple[Mapping[int, float], Mapping[int, float]]:
    """Mass charged (kg) and electricity while melting (kWh) by batch."""
    charged: dict[int, float] = {}
    rows = trace.material
    for batch, role, kg in zip(rows["batch"], rows["role"], rows["kg"], strict=True):
        if int(role) in (ROLE["in"], ROLE["addition"]):
            charged[int(batch)] = charged.get(int(batch), 0.0) + float(kg)
    return charged, _counted(trace, MELTING)


def _counted(trace: Trace, states: Collection[int]) -> dict[int, float]:
    """Electricity in some states by batch (kWh)."""
    found: dict[int, float] = {}
    counters = trace.counters
    for batch, state, carrier, kwh in zip(
        counters["batch"], counters["state"], counters["carrier"], counters["kwh"], strict=True
    ):
        if int(carrier) == CARRIER["electricity"] and int(state) in states:
            found[int(batch)] = found.get(int(batch), 0.0) + float(kwh)
    return found
