"""Rules of any plan's money, emissions and caps, from the load at the meter that it claims: foundries and lines of loads alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from twin.ledger.factors import factors_of
from twin.ledger.power import load_of, second_route
from twin.optimize.check.types import Violation
from twin.scenario.calendar import local_datetime

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

MONEY = 1e-4
"""relative, of the bill and of emissions"""


class Metered(Protocol):
    """Load at the meter by slot (slots,), kW; bill and emissions of the horizon."""

    @property
    def grid_kw(self) -> np.ndarray:
        """Load at the meter."""

    @property
    def bill_krw(self) -> float:
        """The bill."""

    @property
    def carbon_kg(self) -> float:
        """Emissions."""


def money_violations(
    scenario: Scenario, plan: Plan, claim: Metered, burnt: Mapping[str, float] | None = None
) -> Iterator[Violation]:
    """The bill by the ledger's second route; emissions of the load and of what is ``burnt`` (kWh by carrier)."""
    start = local_datetime(scenario, plan.start_s)
    bill = second_route(scenario, load_of(scenario, start, _quarters_kw(plan, claim.grid_kw) * 0.25))
    if abs(bill - claim.bill_krw) > MONEY * abs(bill):
        detail = f"{claim.bill_krw:.0f} KRW claimed, {bill:.0f} KRW by the second route"
        yield Violation("claimed_bill", "site", plan.start_s, detail)
    factors = factors_of(scenario, start, plan.horizon_s)
    edges = np.unique(np.concatenate([plan.slot_s * np.arange(len(claim.grid_kw) + 1), factors.grid.edges_s]))
    middles, hours = (edges[:-1] + edges[1:]) / 2.0, np.diff(edges) / 3600.0
    inside = middles < plan.horizon_s
    slot = np.minimum((middles // plan.slot_s).astype(int), len(claim.grid_kw) - 1)
    step = np.clip(np.searchsorted(factors.grid.edges_s, middles, "right") - 1, 0, len(factors.grid.values) - 1)
    carbon = float(np.sum((claim.grid_kw[slot] * factors.grid.values[step] * hours)[inside]))
    carbon += sum(factors.fuel_kg_per_kwh.get(name, 0.0) * amount for name, amount in (burnt or {}).items())
    if abs(carbon - claim.carbon_kg) > MONEY * max(carbon, 1.0):
        detail = f"{claim.carbon_kg:.1f} kg claimed, {carbon:.1f} kg from load, fuels and factors"
        yield Violation("claimed_carbon", "site", plan.start_s, detail)


def _quarters_kw(plan: Plan, grid_kw: np.ndarray) -> np.ndarray:
    if plan.slot_s < 900.0:
        return np.asarray(grid_kw.reshape(-1, round(900.0 / plan.slot_s)).mean(axis=1))
    return np.repeat(grid_kw, round(plan.slot_s / 900.0))


def cap_violations(scenario: Scenario, plan: Plan, claim: Metered) -> Iterator[Violation]:
    """The power cap in every slot; the emission cap over the horizon."""
    cap_kw, cap_kg = scenario.spec.site.power_cap_kw, scenario.spec.plan.emission_cap_kg
    worst = int(np.argmax(claim.grid_kw))
    if cap_kw is not None and claim.grid_kw[worst] > cap_kw + 1e-3:
        at = plan.start_s + worst * plan.slot_s
        yield Violation("power_cap", "site", at, f"{claim.grid_kw[worst]:.1f} kW; the cap is {cap_kw:.1f} kW")
    if cap_kg is not None and claim.carbon_kg > cap_kg + 1e-3:
        yield Violation("emission_cap", "site", plan.start_s, f"{claim.carbon_kg:.1f} kg; the cap is {cap_kg:.1f} kg")
