"""What the model of a plan of loads says of itself, against what the checker computes: energy, fuels, bill, carbon, lateness, caps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.heat_treatment import HeatedFurnace
from twin.optimize.check.line_walk import Bench, LoadPlan, walk_unit
from twin.optimize.check.money import cap_violations, money_violations
from twin.optimize.check.targets import missed_targets
from twin.optimize.check.types import Violation

if TYPE_CHECKING:
    from twin.optimize.problem.shop_state import LineState
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

ENERGY = 0.02


@dataclass(frozen=True)
class LineClaim:
    """Load at the meter and of loads, start-ups and waiting furnaces by slot (slots,), kW; fuels (kWh) and gases (kg); bill, emissions
    and lateness of the horizon.
    """

    grid_kw: np.ndarray
    scheduled_kw: np.ndarray
    others: Mapping[str, float]
    bill_krw: float
    carbon_kg: float
    lateness_h: float


def line_claim_violations(
    scenario: Scenario,
    plan: Plan,
    claim: LineClaim,
    state: LineState,
    benches: Mapping[str, Bench],
    loads: Mapping[str, list[LoadPlan]],
) -> Iterator[Violation]:
    """All rules about figures."""
    yield from _energy(scenario, plan, claim, state, benches, loads)
    yield from money_violations(scenario, plan, claim, claim.others)
    yield from _lateness(plan, claim, state)
    yield from cap_violations(scenario, plan, claim)
    yield from missed_targets(scenario, plan, claim.lateness_h, claim.carbon_kg, good_kg(scenario, plan, state))


def good_kg(scenario: Scenario, plan: Plan, state: LineState) -> float:
    """Good pieces of the lots whose last load is over within the plan, kg."""
    end_s, total = plan.start_s + plan.horizon_s + 1.0, 0.0
    for job in {str(batch.job) for batch in plan.batches}:
        lot = state.lots.get(job)
        mine = [batch for batch in plan.batches if batch.job == job]
        if lot is not None and all(batch.not_before_s + batch.duration_s <= end_s for batch in mine):
            total += lot.kg * (1.0 - scenario.spec.products[lot.product].scrap_fraction)
    return total


def _energy(
    scenario: Scenario,
    plan: Plan,
    claim: LineClaim,
    state: LineState,
    benches: Mapping[str, Bench],
    loads: Mapping[str, list[LoadPlan]],
) -> Iterator[Violation]:
    """Electricity, fuels and gases: furnaces are counted in whole, of machines that are not switched their loads. What was begun before
    the plan burns on in it; its electricity is not scheduled.
    """
    found: dict[str, float] = {}
    for name, bench in benches.items():
        walked = walk_unit(scenario, plan, bench, loads.get(name, []))
        parts = [walked.loads, *([walked.between] if isinstance(bench.kind, HeatedFurnace) else [])]
        for part in parts:
            for carrier, amount in part.items():
                found[carrier] = found.get(carrier, 0.0) + amount
    own = float(claim.scheduled_kw.sum()) * plan.slot_s / 3600.0
    kwh = found.pop("electricity", 0.0)
    for unit in state.units.values():
        for carrier, amount in unit.rest.items():
            if carrier != "electricity":
                found[carrier] = found.get(carrier, 0.0) + amount
    if abs(own - kwh) > ENERGY * max(kwh, 1.0):
        detail = f"{own:.0f} kWh claimed, {kwh:.0f} kWh by the equipment's own physics"
        yield Violation("claimed_scheduled_kwh", "site", plan.start_s, detail)
    for carrier in sorted({*found, *claim.others} - {"compressed_air"}):
        here, said = found.get(carrier, 0.0), claim.others.get(carrier, 0.0)
        if abs(here - said) > ENERGY * max(here, 1.0):
            detail = f"{carrier}: {said:.1f} claimed, {here:.1f} by the equipment's own physics"
            yield Violation("claimed_fuels", "site", plan.start_s, detail)


def _lateness(plan: Plan, claim: LineClaim, state: LineState) -> Iterator[Violation]:
    """What the last loads alone are late, within a slot a lot."""
    ends: dict[str, float] = {}
    for batch in plan.batches:
        ends[str(batch.job)] = max(ends.get(str(batch.job), 0.0), batch.not_before_s + batch.duration_s)
    lots = state.lots
    late = sum(max(0.0, end - lots[job].due_s) for job, end in ends.items() if job in lots) / 3600.0
    if claim.lateness_h < late - plan.slot_s / 3600.0 * len(ends):
        detail = f"{claim.lateness_h:.2f} h claimed, {late:.2f} h by the loads"
        yield Violation("claimed_lateness", "site", plan.start_s, detail)
