"""KEPCO charges: rates on quantities, line by line, with the tariff's own rounding."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from twin.reference.facts import Fact
from twin.reference.kepco_rules import demand_rule, fund_step_krw, power_factor_clause

from .tariff_power_factor import NIGHT, share_of_base
from .tariff_types import Bill, BillLine, BillQuantities, DemandUse, EnergyUse

if TYPE_CHECKING:
    from .tariff_kepco import KepcoTariff

_ROUNDING_GUARD = 4  # decimals kept before rounding, so that 0.1 * 25 does not depend on the last bit


def round_half_up(amount_krw: float) -> float:
    """To whole won, 5 up (VAT)."""
    return float(math.floor(round(amount_krw, _ROUNDING_GUARD) + 0.5))


def truncate(amount_krw: float, step_krw: float) -> float:
    """Down to a multiple of ``step_krw`` (fund)."""
    return float(math.floor(round(amount_krw, _ROUNDING_GUARD) / step_krw) * step_krw)


def charges(tariff: KepcoTariff, quantities: BillQuantities) -> Bill:
    """The bill of ``quantities``: base, power factor, excess, energy, climate, fuel.

    Then VAT and fund on their sum, month by month.
    """
    lines: list[BillLine] = []
    for month in quantities.months:
        before_tax = [
            *_base_lines(tariff, quantities, month),
            *_excess_lines(tariff, quantities, month),
            *_energy_lines(tariff, quantities, month),
            *_surcharge_lines(tariff, quantities, month),
        ]
        lines += [*before_tax, *_tax_lines(tariff, month, math.fsum(line.amount for line in before_tax))]
    unverified = dict.fromkeys(f"unverified: {line.name} ({line.source})" for line in lines if not line.verified)
    warnings = (*quantities.warnings, *_notices(quantities), *unverified)
    return Bill(tariff.id, tariff.currency, tuple(lines), quantities, warnings, quantities.counterfactual)


def _first_day(month: str) -> dt.date:
    return dt.date.fromisoformat(month + "-01")


def _demand_line(tariff: KepcoTariff, use: DemandUse, name: str) -> BillLine:
    version = tariff.version(use.version)
    rate = version.base_krw_per_kw * use.multiplier
    quantity = use.kw * use.share_of_month
    if use.kind == "excess":
        origin = demand_rule().excess_provenance
        detail = f"{use.kw:g} kW over contract, " + (f"x {use.multiplier:g}" if use.multiplier else "notice only")
    else:
        origin = version.provenance
        detail = f"{use.kw:g} kW, version {use.version}" + (
            f", {use.share_of_month:.1%} of the month" if use.share_of_month < 1 else ""
        )
    return BillLine(
        name, use.month, quantity, "kW·month", rate, quantity * rate, origin.verified, origin.source, detail
    )


def _base_lines(tariff: KepcoTariff, quantities: BillQuantities, month: str) -> list[BillLine]:
    lines = [
        _demand_line(tariff, use, "demand_charge")
        for use in quantities.demand
        if use.month == month and use.kind == "billing"
    ]
    base = math.fsum(line.amount for line in lines)
    clause = power_factor_clause(_first_day(month))
    for factor in quantities.power_factor:
        share = share_of_base(factor, clause)
        if factor.month != month or share == 0.0:
            continue
        rate = share if factor.charged else 0.0
        name = "power_factor_night" if factor.window == NIGHT else "power_factor_day"
        detail = f"{factor.percent:.2f} %" + ("" if factor.charged else ", notice only")
        lines.append(
            BillLine(
                name,
                month,
                base,
                "KRW",
                rate,
                base * rate,
                clause.provenance.verified,
                clause.provenance.source,
                detail,
            )
        )
    return lines


def _excess_lines(tariff: KepcoTariff, quantities: BillQuantities, month: str) -> list[BillLine]:
    return [
        _demand_line(tariff, use, "excess_demand")
        for use in quantities.demand
        if use.month == month and use.kind == "excess"
    ]


def _energy_line(tariff: KepcoTariff, use: EnergyUse) -> BillLine:
    version = tariff.version(use.version)
    rate, name, origin = version.energy_krw_per_kwh[use.season][use.band], f"energy_{use.band}", version.provenance
    detail = f"{use.season}, version {use.version}"
    if use.discounted and version.weekend_discount is not None:
        rate, name = rate * (1.0 - version.weekend_discount.share), name + "_weekend_discount"
        origin, detail = version.weekend_discount.provenance, detail + ", " + version.weekend_discount.provenance.basis
    return BillLine(name, use.month, use.kwh, "kWh", rate, use.kwh * rate, origin.verified, origin.source, detail)


def _energy_lines(tariff: KepcoTariff, quantities: BillQuantities, month: str) -> list[BillLine]:
    return [_energy_line(tariff, use) for use in quantities.energy if use.month == month]


def _surcharge_lines(tariff: KepcoTariff, quantities: BillQuantities, month: str) -> list[BillLine]:
    kwh = quantities.kwh(month)
    lines = []
    for name in ("climate_charge", "fuel_adjustment"):
        fact = tariff.levy(name, _first_day(month))
        lines.append(_levy_line(name, month, kwh, "kWh", fact, kwh * fact.value))
    return lines


def _tax_lines(tariff: KepcoTariff, month: str, sum_krw: float) -> list[BillLine]:
    vat, fund = (tariff.levy(name, _first_day(month)) for name in ("vat", "fund"))
    return [
        _levy_line("vat", month, sum_krw, "KRW", vat, round_half_up(sum_krw * vat.value)),
        _levy_line("fund", month, sum_krw, "KRW", fund, truncate(sum_krw * fund.value, fund_step_krw())),
    ]


def _levy_line(name: str, month: str, quantity: float, unit: str, fact: Fact, amount: float) -> BillLine:
    return BillLine(name, month, quantity, unit, fact.value, amount, fact.verified, fact.source, fact.provenance.basis)


def _notices(quantities: BillQuantities) -> list[str]:
    found = [
        f"{use.month}: {use.kw:g} kW over the contract power: first month, notice only"
        for use in quantities.demand
        if use.kind == "excess" and use.multiplier == 0
    ]
    found += [
        f"{factor.month}: {factor.window} power factor {factor.percent:.2f} %: first month, notice only"
        for factor in quantities.power_factor
        if not factor.charged
    ]
    return list(dict.fromkeys(found))
