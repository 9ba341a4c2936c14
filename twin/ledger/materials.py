"""Metal, additions, gases, consumables and fuels as priced flows.

Bought metal counts when it is charged; a change of the stock in furnaces and ladles is valued at the mean price of the metal charged, so
that a run that ends with full furnaces does not look dear. The plant's own returns are not bought again: they are set against those it
charges, and what is over is sold. A material without a price costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.energy import of_carrier, row_amounts
from twin.ledger.factors import FUELS
from twin.ledger.trace import ROLES, Trace
from twin.reference.fuels import MJ_PER_KWH, fuel_of_carrier
from twin.reference.prices import city_gas_retail_margin, city_gas_wholesale

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

GASES = ("shielding_gas",)
RETURNS = "returns"
"""the material of a charge that the plant makes itself: gates, runners, scrapped pieces, pigs"""
DIESEL_MJ_PER_KG = 43.0
"""Net calorific value by mass, IPCC 2006 Guidelines vol. 2, table 1.2 (the Korean table gives it by litre)."""


@dataclass(frozen=True)
class PricedFlow:
    """One material or fuel: amount, unit, price per unit, cost."""

    name: str
    quantity: float
    unit: str
    price_krw: float
    amount_krw: float
    verified: bool = False
    source: str = "scenario"


@dataclass(frozen=True)
class MaterialCost:
    """Priced flows; ``melt_loss_krw`` is the part of the metal's cost that was lost in melting (a part, not on top)."""

    lines: tuple[PricedFlow, ...]
    total_krw: float
    melt_loss_krw: float

    def payload(self) -> list[dict[str, object]]:
        """Lines as they stand in ``--json``."""
        return [
            {
                "name": x.name,
                "quantity": x.quantity,
                "unit": x.unit,
                "rate": x.price_krw,
                "amount": x.amount_krw,
                "verified": x.verified,
            }
            for x in self.lines
        ]


def material_sums(trace: Trace) -> dict[tuple[str, str], float]:
    """kg by (material, role)."""
    rows = trace.material
    names = trace.names.material
    sums = np.bincount(
        rows["material"].astype(np.int64) * len(ROLES) + rows["role"], rows["kg"], len(names) * len(ROLES)
    )
    return {(names[code // len(ROLES)], ROLES[code % len(ROLES)]): float(kg) for code, kg in enumerate(sums) if kg}


def gas_sums_kg(trace: Trace) -> dict[str, float]:
    """kg of each gas drawn as a flow (kg/s)."""
    sums = {gas: float(row_amounts(of_carrier(trace.flows, gas)).sum()) * 3600.0 for gas in GASES}
    return {gas: kg for gas, kg in sums.items() if kg}


def material_cost_of(
    sums_kg: Mapping[tuple[str, str], float], gases_kg: Mapping[str, float], price_krw_per_kg: Mapping[str, float]
) -> MaterialCost:
    """Cost from sums by (material, role) and prices by material; what has no price costs nothing.

    The plant's own returns and scrap are set against the returns that it charges: only what is missing is bought, what is over is sold at
    the same price (a line with a negative amount).
    """
    bought: dict[str, float] = dict(gases_kg)
    for (name, role), kg in sums_kg.items():
        if role in ("in", "addition"):
            bought[name] = bought.get(name, 0.0) + kg
    own_kg = _of_role(sums_kg, "returns") + _of_role(sums_kg, "scrap")
    if RETURNS in bought or (own_kg and RETURNS in price_krw_per_kg):
        bought[RETURNS] = bought.get(RETURNS, 0.0) - own_kg
    lines = [
        PricedFlow(name, kg, "kg", price_krw_per_kg[name], kg * price_krw_per_kg[name])
        for name, kg in sorted(bought.items())
        if name in price_krw_per_kg
    ]
    charged = sum(kg for (_, role), kg in sums_kg.items() if role in ("in", "addition"))
    charged_krw = sum(
        kg * price_krw_per_kg.get(name, 0.0) for (name, role), kg in sums_kg.items() if role in ("in", "addition")
    )
    mean = charged_krw / charged if charged else 0.0
    change = _of_role(sums_kg, "stock_open") - _of_role(sums_kg, "stock_close")
    if mean and change:
        lines.append(PricedFlow("stock_change", change, "kg", mean, change * mean))
    return MaterialCost(tuple(lines), sum(line.amount_krw for line in lines), mean * _of_role(sums_kg, "melt_loss"))


def _of_role(sums_kg: Mapping[tuple[str, str], float], role: str) -> float:
    return sum(kg for (_, found), kg in sums_kg.items() if found == role)


def material_cost(scenario: Scenario, trace: Trace) -> MaterialCost:
    """Metal, additions, gases of a trace at the scenario's prices."""
    prices = {name: material.price_krw_per_kg for name, material in scenario.spec.materials.items()}
    return material_cost_of(material_sums(trace), gas_sums_kg(trace), prices)


def fuel_cost_of(
    scenario: Scenario, kwh: Mapping[str, float], gas_krw_per_mj: float | None = None
) -> tuple[PricedFlow, ...]:
    """Cost of fuels from net kWh by carrier. City gas is billed per gross MJ: ``site.gas_price``, or the published price given.

    Other fuels take the price of the material of their name, per kg. Raises InputFault where a fuel that is burnt has no price.
    """
    lines = []
    for carrier in FUELS:
        amount = kwh.get(carrier, 0.0)
        if not amount:
            continue
        fuel = fuel_of_carrier(carrier)
        if carrier == "natural_gas":
            price = (
                gas_krw_per_mj
                if scenario.spec.site.gas_price_krw_per_mj is None
                else scenario.spec.site.gas_price_krw_per_mj
            )
            if price is None:
                msg = "site.gas_price: natural gas is burnt and has no price; add e.g. 'gas_price: 21 KRW/MJ'"
                raise InputFault(msg)
            mj = amount * MJ_PER_KWH * (fuel.gross_mj_per_net_mj or 1.0)
            lines.append(PricedFlow(carrier, mj, "MJ (gross)", price, mj * price))
            continue
        material = scenario.spec.materials.get(carrier)
        if material is None:
            msg = f"materials.{carrier}: this fuel is burnt and has no price; add e.g. '{carrier}: {{price: 1500 KRW/kg}}'"
            raise InputFault(msg)
        mj_per_kg = fuel.ncv_mj_per_unit if fuel.activity_unit == "kg" else DIESEL_MJ_PER_KG
        kg = amount * MJ_PER_KWH / mj_per_kg
        lines.append(PricedFlow(carrier, kg, "kg", material.price_krw_per_kg, kg * material.price_krw_per_kg))
    return tuple(lines)


def fuel_cost(scenario: Scenario, trace: Trace) -> tuple[PricedFlow, ...]:
    """Cost of the fuels of a trace; city gas without a price in the scenario at the published wholesale price plus margin."""
    kwh = {c: float(row_amounts(of_carrier(trace.flows, c)).sum()) for c in FUELS}
    gas = None
    if kwh["natural_gas"] and scenario.spec.site.gas_price_krw_per_mj is None:
        gas = published_gas_krw_per_mj(trace)
    return fuel_cost_of(scenario, kwh, gas)


def published_gas_krw_per_mj(trace: Trace) -> float:
    """Wholesale city gas on the trace's first day plus the distributor's margin, KRW per gross MJ (not verified)."""
    return city_gas_wholesale(trace.start.date()).value + city_gas_retail_margin().value
