"""URDB charges: rates on quantities, line by line, unrounded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .tariff_clock import month_seconds
from .tariff_types import Bill, BillLine, BillQuantities

if TYPE_CHECKING:
    from .tariff_urdb import UrdbTariff


def charges(tariff: UrdbTariff, quantities: BillQuantities) -> Bill:
    """The bill of ``quantities``: fixed, demand, energy, and what is missing to the minimum charge, month by month."""
    lines: list[BillLine] = []
    for month, share in quantities.months.items():
        of_month = [
            *_fixed_lines(tariff, month, share),
            *_demand_lines(tariff, quantities, month),
            *_energy_lines(tariff, quantities, month),
        ]
        lines += [*of_month, *_minimum_lines(tariff, month, share, math.fsum(line.amount for line in of_month))]
    unapproved = () if tariff.approved else (f"unverified: {tariff.id} is not approved in the rate database",)
    return Bill(
        tariff.id,
        tariff.currency,
        tuple(lines),
        quantities,
        (*quantities.warnings, *unapproved),
        quantities.counterfactual,
    )


def _line(tariff: UrdbTariff, name: str, month: str, quantity: float, unit: str, rate: float) -> BillLine:
    return BillLine(name, month, quantity, unit, rate, quantity * rate, tariff.approved, tariff.source, tariff.name)


def _calendar_month(month: str) -> int:
    return int(month[5:]) - 1


def _fixed_lines(tariff: UrdbTariff, month: str, share: float) -> list[BillLine]:
    if tariff.fixed_per_day:
        days = share * month_seconds(int(month[:4]) * 12 + _calendar_month(month)) / 86_400
        return [_line(tariff, "fixed_charge", month, days, "day", tariff.fixed_per_day)]
    return (
        [_line(tariff, "fixed_charge", month, share, "month", tariff.fixed_per_month)] if tariff.fixed_per_month else []
    )


def _demand_lines(tariff: UrdbTariff, quantities: BillQuantities, month: str) -> list[BillLine]:
    lines = []
    for use in quantities.demand:
        if use.month != month:
            continue
        if tariff.demand is None or use.kind == "flat":
            rate = tariff.flat_demand[_calendar_month(month)]
        else:
            rate = tariff.demand.rates[int(use.kind.removeprefix("period_"))]
        lines.append(_line(tariff, f"demand_{use.kind}", month, use.kw * use.share_of_month, "kW·month", rate))
    return lines


def _energy_lines(tariff: UrdbTariff, quantities: BillQuantities, month: str) -> list[BillLine]:
    lines = [
        _line(
            tariff,
            f"energy_{use.band}",
            month,
            use.kwh,
            "kWh",
            tariff.energy.rates[int(use.band.removeprefix("period_"))],
        )
        for use in quantities.energy
        if use.month == month
    ]
    adjustment = tariff.fuel_adjustment_by_month[_calendar_month(month)]
    return (
        [*lines, _line(tariff, "fuel_adjustment", month, quantities.kwh(month), "kWh", adjustment)]
        if adjustment
        else lines
    )


def _minimum_lines(tariff: UrdbTariff, month: str, share: float, sum_of_month: float) -> list[BillLine]:
    missing = tariff.minimum_per_month * share - sum_of_month
    return [_line(tariff, "minimum_charge", month, missing, "currency", 1.0)] if missing > 0 else []
