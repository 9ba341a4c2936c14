"""Everything that the ledger knows of one replication: energy, bill, labour, material, carbon, output, allocation, balances, KPIs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger import tariff
from twin.ledger.allocation import Allocation, Rule, allocate, bill_pools
from twin.ledger.balance import relative, residuals_of_trace
from twin.ledger.carbon import Emissions, emissions
from twin.ledger.energy import Key, energy_kwh, row_amounts
from twin.ledger.factors import FUELS
from twin.ledger.kpis import money_kpis
from twin.ledger.labour import LabourCost, WorkedHours
from twin.ledger.laws import laws
from twin.ledger.losses import LossFactor, Melting, loss_factors, melting
from twin.ledger.materials import MaterialCost, PricedFlow, fuel_cost, material_cost
from twin.ledger.power import bill_of, meter_load, second_route, series, tariff_of
from twin.ledger.service import Service, service
from twin.ledger.site_money import SiteMoney, site_money
from twin.ledger.tariff_types import Bill, MeterLoad
from twin.ledger.trace import CARRIER_UNITS, CARRIERS, Trace
from twin.ledger.wages import cost_of_hours, hours_of

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario


ROUNDED_KRW = 10.0
SHOWN = ("cap_excess_kw", "cap_wait_h", "cap_slowed", "battery_discharged_kwh")
"""facts of a trace that are shown as figures where it has them"""


@dataclass(frozen=True)
class Accounts:
    """Accounts of one replication over its whole trace; amounts per horizon, not per year."""

    duration_s: float
    energy_kwh: Mapping[str, float]
    by_equipment_kwh: Mapping[Key, float]
    load: MeterLoad
    bill: Bill | None
    fuels: tuple[PricedFlow, ...]
    materials: MaterialCost
    worked: WorkedHours
    labour: LabourCost
    emissions: Emissions
    service: Service
    melting: Melting | None
    losses: tuple[LossFactor, ...]
    allocation: Allocation | None
    residuals: Mapping[str, float]
    kpis: Mapping[str, float]

    @property
    def cash_krw(self) -> float:
        """Bill, fuels, material and wages with premia; a carbon price only where the firm pays it."""
        return self.kpis["cash_krw"]


def carrier_kwh(trace: Trace) -> dict[str, float]:
    """Net amount of each carrier that occurs, in rate unit x hours (kWh for energy)."""
    codes = trace.flows["carrier"].astype(np.int64)
    sums = np.bincount(codes, row_amounts(trace.flows), len(CARRIERS))
    seen = np.bincount(codes, minlength=len(CARRIERS)) > 0
    return {name: float(sums[k]) for k, name in enumerate(CARRIERS) if seen[k]} | (
        {} if seen[0] else {"electricity": float(sums[0])}
    )


def account(scenario: Scenario, trace: Trace, *, bill: bool = True, rule: Rule = "causal") -> Accounts:
    """All accounts of a trace. Without ``bill`` electricity is not priced, and cash leaves it out.

    Raises input faults of the tariff, the factors and fuel prices. Balances are computed, not judged:
    :func:`twin.ledger.balance.check` judges.
    """
    load = meter_load(scenario, trace)
    billed = bill_of(scenario, load) if bill else None
    residuals = residuals_of_trace(trace) | laws(trace)
    allocation = None
    if billed is not None:
        allocation = allocated(scenario, trace, billed, load, rule)
        residuals |= money_residuals(scenario, billed, load, allocation)
    energy, costs = carrier_kwh(trace), material_cost(scenario, trace)
    fuels, gases, worked = fuel_cost(scenario, trace), emissions(scenario, trace), hours_of(scenario, trace)
    labour, delivered, melted = cost_of_hours(scenario, worked), service(trace), melting(trace)
    kpis = kpis_of(energy, delivered, melted, load) | money_kpis(
        billed.total if billed else 0.0, fuels, costs, labour, gases, own_money(scenario, trace, billed, load)
    )
    kpis |= {name: trace.facts[name] for name in SHOWN if name in trace.facts}
    return Accounts(
        trace.duration_s,
        energy,
        energy_kwh(trace, None, ("equipment", "state", "carrier")),
        load,
        billed,
        fuels,
        costs,
        worked,
        labour,
        gases,
        delivered,
        melted,
        loss_factors(trace),
        allocation,
        residuals,
        dict(sorted(kpis.items())),
    )


def own_money(scenario: Scenario, trace: Trace, bill: Bill | None, load: MeterLoad) -> SiteMoney:
    """Sale, wear and change of charge of the site's own supply over a trace."""
    used = float(load.kwh.sum())
    price = bill_pools(bill)[0] / used if bill is not None and used else 0.0
    discharged, change = (trace.facts.get(f"battery_{name}_kwh", 0.0) for name in ("discharged", "change"))
    return site_money(scenario, trace.start, series(trace, "electricity_sold"), discharged, change, price)


def allocated(scenario: Scenario, trace: Trace, bill: Bill, load: MeterLoad, rule: Rule) -> Allocation:
    """The bill spread over batches at the tariff's own prices by quarter-hour."""
    plan, n = tariff_of(scenario), len(load.kwh)
    price = tariff.price_series(plan, load.start, n)
    return allocate(trace, bill, price, tariff.demand_window_mask(plan, load.start, n), rule)


def money_residuals(
    scenario: Scenario, bill: Bill, load: MeterLoad, allocation: Allocation | None = None
) -> dict[str, float]:
    """Lines against the total, the second route against the first, allocated cost against the bill."""
    found = {
        "money.lines": max(relative(math.fsum(line.amount for line in bill.lines), bill.total), _unexplained(bill)),
        "money.second_route": relative(second_route(scenario, load), bill.total),
    }
    if allocation is not None:
        found["money.allocated"] = relative(allocation.total_krw, bill.total)
    return found


def _unexplained(bill: Bill) -> float:
    """Largest distance of a line's amount from quantity x rate, over the bill; VAT and fund may be rounded to 10 KRW."""
    worst = 0.0
    for line in bill.lines:
        rounding = ROUNDED_KRW if line.name in ("vat", "fund") else 0.0
        worst = max(worst, abs(line.amount - line.quantity * line.rate) - rounding)
    return max(0.0, worst) / abs(bill.total) if bill.total else 0.0


def kpis_of(
    energy: Mapping[str, float], delivered: Service, melted: Melting | None, load: MeterLoad
) -> dict[str, float]:
    """Physical KPIs by name. Figures per tonne are left out where there is no tonne."""
    electricity = energy["electricity"]
    fuel = sum(energy.get(carrier, 0.0) for carrier in FUELS)
    kpis = {
        "electricity_kwh": electricity,
        "fuel_kwh": fuel,
        "energy_kwh": electricity + fuel,
        "output_kg": delivered.output_kg,
        "output_pieces": delivered.output_pieces,
        "jobs_done": float(delivered.jobs_done),
        "jobs_late": float(delivered.jobs_late),
        "lateness_h": delivered.lateness_h,
        "peak_kw": float(np.max(load.demand_kw())),
    }
    if delivered.output_kg:
        tonnes = delivered.output_kg / 1000.0
        kpis["electricity_kwh_per_t_good"] = electricity / tonnes
        kpis["fuel_kwh_per_t_good"] = fuel / tonnes
    if melted is not None and melted.tapped_kg:
        kpis["tapped_kg"] = melted.tapped_kg
        kpis["melting_kwh_per_t_tapped"] = melted.melting_kwh / melted.tapped_kg * 1000.0
        kpis["all_in_kwh_per_t_tapped"] = melted.all_kwh / melted.tapped_kg * 1000.0
    for carrier, amount in energy.items():
        if CARRIER_UNITS[carrier] == "kW" and carrier != "electricity":
            kpis[f"{carrier}_kwh"] = amount
    return kpis
