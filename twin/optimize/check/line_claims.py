"""What the model of a plan of loads says of itself, against what the checker computes: energy, fuels, bill, carbon, lateness, caps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.factors import factors_of
from twin.ledger.power import load_of, second_route
from twin.models.heat_treatment import HeatedFurnace
from twin.optimize.check.line_walk import Bench, LoadPlan, walk_unit
from twin.optimize.check.targets import missed_targets
from twin.optimize.check.types import Violation
from twin.scenario.calendar import local_datetime

if TYPE_CHECKING:
    from twin.optimize.problem.shop_state import LineState
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

MONEY, ENERGY = 1e-4, 0.02


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
    yield from _money(scenario, plan, claim)
    yield from _lateness(plan, claim, state)
    cap_kw, cap_kg = scenario.spec.site.power_cap_kw, scenario.spec.plan.emission_cap_kg
    worst = int(np.argmax(claim.grid_kw))
    if cap_kw is not None and claim.grid_kw[worst] > cap_kw + 1e-3:
        at = plan.start_s + worst * plan.slot_s
        yield Violation("power_cap", "site", at, f"{claim.grid_kw[worst]:.1f} kW; the cap is {cap_kw:.1f} kW")
    if cap_kg is not None and claim.carbon_kg > cap_kg + 1e-3:
        yield Violation("emission_cap", "site", plan.start_s, f"{claim.carbon_kg:.1f} kg; the cap is {cap_kg:.1f} kg")
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


def _money(scenario: Scenario, plan: Plan, claim: LineClaim) -> Iterator[Violation]:
    """The bill by the ledger's second route; emissions of the load and of what is burnt."""
    per_slot = max(1, round(plan.slot_s / 900.0))
    quarters = np.repeat(claim.grid_kw, per_slot)
    if plan.slot_s < 900.0:
        quarters = claim.grid_kw.reshape(-1, round(900.0 / plan.slot_s)).mean(axis=1)
    start = local_datetime(scenario, plan.start_s)
    bill = second_route(scenario, load_of(scenario, start, quarters * 0.25))
    if abs(bill - claim.bill_krw) > MONEY * abs(bill):
        detail = f"{claim.bill_krw:.0f} KRW claimed, {bill:.0f} KRW by the second route"
        yield Violation("claimed_bill", "site", plan.start_s, detail)
    factors = factors_of(scenario, start, plan.horizon_s)
    carbon = sum(factors.fuel_kg_per_kwh.get(name, 0.0) * amount for name, amount in claim.others.items())
    edges = np.unique(np.concatenate([plan.slot_s * np.arange(len(claim.grid_kw) + 1), factors.grid.edges_s]))
    middles = (edges[:-1] + edges[1:]) / 2.0
    inside = middles < plan.horizon_s
    slot = np.minimum((middles // plan.slot_s).astype(int), len(claim.grid_kw) - 1)
    step = np.clip(np.searchsorted(factors.grid.edges_s, middles, "right") - 1, 0, len(factors.grid.values) - 1)
    hours = np.diff(edges) / 3600.0
    carbon += float(np.sum((claim.grid_kw[slot] * factors.grid.values[step] * hours)[inside]))
    if abs(carbon - claim.carbon_kg) > MONEY * max(carbon, 1.0):
        detail = f"{claim.carbon_kg:.1f} kg claimed, {carbon:.1f} kg from load, fuels and factors"
        yield Violation("claimed_carbon", "site", plan.start_s, detail)


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
