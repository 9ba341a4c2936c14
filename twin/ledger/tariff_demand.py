"""KEPCO billing demand: monthly maxima, the ratchet over the peak months, the floor, and what exceeds the contract."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from twin.reference.kepco_rules import DemandRule

from .tariff_clock import month_label
from .tariff_types import DemandUse, SupplyTerms


def monthly_maxima_kw(month: np.ndarray, kw: np.ndarray, counted: np.ndarray) -> dict[int, float]:
    """Highest counted demand of each month index; 0 where nothing counts. Arrays are (windows,)."""
    result = {}
    for index in np.unique(month):
        mask = (month == index) & counted
        result[int(index)] = float(kw[mask].max()) if mask.any() else 0.0
    return result


def billing_demand_kw(maxima: Mapping[int, float], terms: SupplyTerms, rule: DemandRule) -> dict[int, float]:
    """Billing demand of each month, kW.

    The month's own maximum; the maxima of December, January, February, July, August, September among the last twelve
    months, this one included; 30 % of the contract: the highest counts (terms of supply, clause 68).
    """
    first = min(maxima)
    history = terms.demand_history_kw
    known = {first - len(history) + place: kw for place, kw in enumerate(history)} | dict(maxima)
    floor = rule.floor_share_of_contract * (terms.contract_kw or 0.0)
    return {month: max(own, floor, ratchet_kw(known, month, rule)) for month, own in maxima.items()}


def ratchet_kw(known: Mapping[int, float], month: int, rule: DemandRule) -> float:
    """Highest known demand of the ratchet's months within the lookback that ends with ``month``.

    0 where none is known.
    """
    window = range(month - rule.lookback_months + 1, month + 1)
    return max((known[m] for m in window if m in known and m % 12 + 1 in rule.ratchet_months), default=0.0)


def excess_multiplier(ratio: float, rule: DemandRule) -> float:
    """Multiplier of the base rate for an excess of ``ratio`` of the contract power (clause 67-3)."""
    for below, multiplier in rule.excess_bands:
        if below is None or ratio < below:
            return multiplier
    msg = "the last band is open"
    raise AssertionError(msg)


def excess_uses(
    maxima: Mapping[int, float], shares: Mapping[tuple[int, str], float], terms: SupplyTerms, rule: DemandRule
) -> list[DemandUse]:
    """Demand above the contract power by month and version.

    The first month is notice only unless notice was given before.
    """
    uses: list[DemandUse] = []
    noticed = terms.excess_noticed
    for month in sorted(maxima):
        excess = maxima[month] - (terms.contract_kw or math.inf)
        if excess <= 0 or terms.contract_kw is None:
            continue
        multiplier = excess_multiplier(excess / terms.contract_kw, rule) if noticed else 0.0
        noticed = True
        uses += [
            DemandUse(month_label(month), version, "excess", excess, share, multiplier)
            for (of_month, version), share in shares.items()
            if of_month == month
        ]
    return uses
