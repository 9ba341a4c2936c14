"""Greenhouse gases and tonnes of oil equivalent: scope 1 by fuel and process, scope 2 by location at the factor's own breakpoints.

Load is integrated between the breakpoints of the factor series; never total x mean. A marginal factor is shown beside, never added.
Process emissions are carbon that leaves the metal as melt loss, taken as burnt to CO2 (44/12 kg per kg).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.energy import Key, cut, kwh_between, name_of, of_carrier, row_amounts, sums_by
from twin.ledger.factors import GWP_ID, Factors, StepSeries, factors_of
from twin.ledger.trace import CARRIER, ROLE, Names, Table, Trace

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

CO2_PER_CARBON = 44.0 / 12.0


@dataclass(frozen=True)
class Emissions:
    """kgCO2e of one span. ``scope1_by_kg`` by fuel and "process"; ``scope2_marginal_kg`` None without a marginal factor."""

    scope1_by_kg: Mapping[str, float]
    scope2_location_kg: float
    scope2_marginal_kg: float | None
    toe: float
    toe_by: Mapping[str, float]
    price_krw_per_kg: float
    price_is_cash: bool
    factor_ids: tuple[str, ...]
    verified: bool
    scope1_kg: float = field(init=False)
    total_kg: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scope1_kg", sum(self.scope1_by_kg.values()))
        object.__setattr__(self, "total_kg", self.scope1_kg + self.scope2_location_kg)

    @property
    def shadow_krw(self) -> float:
        """Price on all emissions where it is a shadow price, else 0."""
        return 0.0 if self.price_is_cash else self.total_kg * self.price_krw_per_kg

    @property
    def cash_krw(self) -> float:
        """Price on direct emissions that the firm surrenders allowances for (trading scheme), else 0."""
        return self.total_kg * self.price_krw_per_kg if self.price_is_cash else 0.0

    def payload(self) -> dict[str, object]:
        """As it stands in ``--json``."""
        return {
            "scope1_kg": self.scope1_kg,
            "scope1_by_kg": dict(self.scope1_by_kg),
            "scope2_location_kg": self.scope2_location_kg,
            "scope2_marginal_kg": self.scope2_marginal_kg,
            "total_kg": self.total_kg,
            "toe": self.toe,
            "toe_by": dict(self.toe_by),
            "shadow_krw": self.shadow_krw,
            "factors": list(self.factor_ids),
            "verified": self.verified,
        }


def weighed(flows: Table, carrier: str, series: StepSeries) -> float:
    """Integral of the carrier's flow times the series, between the series' own breakpoints."""
    return float((kwh_between(flows, carrier, series.edges_s) * series.values).sum())


def process_kg(material: Table) -> float:
    """kgCO2 of the carbon that left the metal as melt loss."""
    return float(material["carbon_kg"][material["role"] == ROLE["melt_loss"]].sum()) * CO2_PER_CARBON


def emissions_of(
    kwh: Mapping[str, float], scope2_kg: float, marginal_kg: float | None, burnt_kg: float, factors: Factors
) -> Emissions:
    """Emissions from amounts: ``kwh`` by carrier, grid emissions already integrated, ``burnt_kg`` CO2 of the process."""
    scope1 = {carrier: kwh[carrier] * factor for carrier, factor in factors.fuel_kg_per_kwh.items() if kwh.get(carrier)}
    if burnt_kg:
        scope1["process"] = burnt_kg
    ids = (
        factors.grid_id,
        *(factors.fuel_ids[c] for c in factors.fuel_kg_per_kwh if c in scope1),
        *((f"gwp/{GWP_ID}",) if scope1 else ()),
    )
    toe = {carrier: kwh[carrier] * per_kwh for carrier, per_kwh in factors.toe_per_kwh.items() if kwh.get(carrier)}
    return Emissions(
        scope1,
        scope2_kg,
        marginal_kg,
        sum(toe.values()),
        toe,
        factors.price_krw_per_kg,
        factors.price_is_cash,
        ids,
        factors.verified,
    )


def emissions(scenario: Scenario, trace: Trace, factors: Factors | None = None) -> Emissions:
    """Emissions of a trace with the scenario's factors."""
    factors = factors or factors_of(scenario, trace.start, trace.duration_s)
    kwh = {c: float(row_amounts(of_carrier(trace.flows, c)).sum()) for c in ("electricity", *factors.fuel_kg_per_kwh)}
    marginal = None if factors.marginal is None else weighed(trace.flows, "electricity", factors.marginal)
    return emissions_of(
        kwh, weighed(trace.flows, "electricity", factors.grid), marginal, process_kg(trace.material), factors
    )


def emissions_by(
    flows: Table, names: Names, factors: Factors, by: Sequence[str] = ("equipment", "state")
) -> dict[Key, float]:
    """kgCO2e of flows for each combination of columns, by name; on-site supply (PV) counts as negative draw from the grid."""
    electric = of_carrier(flows, "electricity")
    pieces = cut(electric, factors.grid.edges_s)
    columns = [[electric[c][pieces.row] for c in by]]
    amounts = [pieces.amount * factors.grid.values[pieces.bin]]
    for carrier, factor in factors.fuel_kg_per_kwh.items():
        burnt = flows.where(flows["carrier"] == CARRIER[carrier])
        columns.append([burnt[c] for c in by])
        amounts.append(row_amounts(burnt) * factor)
    joined = [np.concatenate([part[k] for part in columns]) for k in range(len(by))]
    sums = sums_by(joined, np.concatenate(amounts))
    return {tuple(name_of(names, c, code) for c, code in zip(by, key, strict=True)): kg for key, kg in sums.items()}
