"""Prices, billing demand, sun, cap, battery and carbon of a scenario on the plan's slots."""

from __future__ import annotations

import calendar as civil
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.ledger.factors import factors_of
from twin.ledger.power import tariff_of, terms_of
from twin.ledger.tariff import billing_demand_rule, demand_window_mask, price_series_krw_per_kwh
from twin.models.site import pv_quarters_kw
from twin.optimize.problem.grid import Slots, zoned_start
from twin.optimize.problem.network import BatteryData, Carbon, DemandMonth, Flags, Floats, Targets
from twin.scenario.calendar import local_datetime

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

QUARTER_S = 900.0
INITIAL_CHARGE = 0.5
"""share of a battery's energy that it holds when a plan begins (assumed; it must hold as much at the end)"""


def site_parts(scenario: Scenario, slots: Slots) -> dict[str, Any]:
    """Fields of :class:`~twin.optimize.problem.network.Problem` that the site gives."""
    site = scenario.spec.site
    parts: dict[str, Any] = {
        "price_krw_per_kwh": prices(scenario, slots),
        "months": demand_months(scenario, slots),
        "carbon": carbon(scenario, slots),
    }
    if site.pv is not None:
        parts["pv_kw"] = pv_kw(scenario, slots)
    if site.power_cap_kw is not None:
        parts["cap_kw"] = np.full(slots.count, site.power_cap_kw)
    if site.battery is not None:
        one_way = float(np.sqrt(site.battery.round_trip))
        parts["battery"] = BatteryData(
            site.battery.energy_kwh, site.battery.power_kw, one_way, INITIAL_CHARGE * site.battery.energy_kwh
        )
    return parts


def prices(scenario: Scenario, slots: Slots) -> Floats:
    """Price of one more kWh in each slot, with all levies (slots,): the mean of its quarter-hours where slots are longer."""
    per_slot = max(1, round(slots.slot_s / QUARTER_S))
    interval = int(min(slots.slot_s, QUARTER_S))
    series = price_series_krw_per_kwh(
        tariff_of(scenario), zoned_start(scenario, slots), slots.count * per_slot, interval
    )
    return np.asarray(series.reshape(slots.count, per_slot).mean(axis=1))


def counted(scenario: Scenario, slots: Slots) -> Flags:
    """Whether demand in a slot counts for the demand charge (slots,)."""
    per_slot = max(1, round(slots.slot_s / QUARTER_S))
    interval = int(min(slots.slot_s, QUARTER_S))
    mask = demand_window_mask(tariff_of(scenario), zoned_start(scenario, slots), slots.count * per_slot, interval)
    return np.asarray(mask.reshape(slots.count, per_slot).any(axis=1))


def demand_months(scenario: Scenario, slots: Slots) -> tuple[DemandMonth, ...]:
    """The billing months that the horizon touches, each with its share of the month's charge.

    A peak above the floor in a month of the ratchet is billed in later months too; the horizon carries its share of that, as if the
    month's other weeks did alike: share × rate × later months in the lookback. It is priced in the objective, not in cash.
    """
    mask, tariff, terms = counted(scenario, slots), tariff_of(scenario), terms_of(scenario)
    days = [local_datetime(scenario, slots.time(k)).date().replace(day=1) for k in range(slots.count)]
    found = []
    for first in sorted(set(days)):
        inside = np.array([day == first for day in days])
        rule = billing_demand_rule(tariff, first, terms)
        share = float(inside.sum()) * slots.slot_s / (civil.monthrange(first.year, first.month)[1] * 86400.0)
        rate = rule.rate_per_kw_month * rule.gross_factor * share
        later = rule.lookback_months - 1 if rule.binds_later else 0
        found.append(DemandMonth(f"{first:%Y-%m}", mask & inside, rule.floor_kw, rate, rate * later))
    return tuple(found)


def pv_kw(scenario: Scenario, slots: Slots) -> Floats:
    """Sun available in each slot, kW (slots,)."""
    pv = scenario.spec.site.pv
    if pv is None:
        return np.zeros(slots.count)
    quarters = pv_quarters_kw(scenario, pv, np.ceil(slots.end_s / QUARTER_S) * QUARTER_S)
    return resampled(quarters, QUARTER_S, slots)


def resampled(values: Floats, interval_s: float, slots: Slots) -> Floats:
    """Means over the slots (slots,) of a series of means over ``interval_s`` from t = 0 on."""
    edges = interval_s * np.arange(len(values) + 1)
    total = np.concatenate([[0.0], np.cumsum(values) * interval_s])
    return np.asarray(np.diff(np.interp(slots.edges(), edges, total)) / slots.slot_s)


def carbon(scenario: Scenario, slots: Slots) -> Carbon:
    """Grid intensity by slot, price and cap; fuels are added by what burns them."""
    factors = factors_of(scenario, zoned_start(scenario, slots), slots.count * slots.slot_s)
    edges, values = factors.grid.edges_s, factors.grid.values
    total = np.concatenate([[0.0], np.cumsum(values * np.diff(edges))])
    means = np.diff(np.interp(slots.edges() - slots.start_s, edges, total)) / slots.slot_s
    price = scenario.spec.site.carbon_price
    return Carbon(means, 0.0 if price is None else price.value_krw_per_kg, scenario.spec.plan.emission_cap_kg)


def targets(scenario: Scenario, as_operated_kg: float | None) -> Targets:
    """The plan's targets. ``as_operated_kg``: emissions of the same horizon as operated; without them there is no reduction to ask for."""
    asked = scenario.spec.plan.targets
    return Targets(
        lateness_h=None if asked.lateness_s is None else asked.lateness_s / 3600.0,
        output_kg=asked.output_kg,
        intensity_kg_per_kg=asked.intensity_kg_per_kg,
        reduction=None if as_operated_kg is None else asked.reduction,
        as_operated_kg=as_operated_kg or 0.0,
    )
