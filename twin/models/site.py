"""The site around the equipment: base load, then rooftop PV, battery and transformer by quarter-hour. Pure functions that add rows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.supply import QUARTER_H, Supply, net_reactive_kvar, supply
from twin.ledger.year import pv_quarters_kwh
from twin.models.profile import Pieces, by_quarter, constant
from twin.reference.pv import pv_profile
from twin.scenario.calendar import local_datetime

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.models.served import Surroundings
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import Photovoltaics

QUARTER_S = 900.0


def base_load(equipment: int, power_kw: float, end_s: float) -> dict[str, Pieces]:
    """A constant load."""
    return constant(equipment, np.array([0.0]), np.array([end_s]), np.array([power_kw]), end_s)


def pv_quarters_kw(scenario: Scenario, pv: Photovoltaics, end_s: float) -> np.ndarray:
    """Power of the modules in each quarter-hour by date, shape (quarters,), before curtailment."""
    quarters = round(end_s / QUARTER_S)
    if not isinstance(pv.profile, str):
        return pv_quarters_kwh(scenario, local_datetime(scenario, 0.0), quarters) * (3600.0 / QUARTER_S)
    profile = pv_profile(pv.profile)
    days: dict[dt.date, np.ndarray] = {}
    out = np.empty(quarters)
    for k in range(quarters):
        when = local_datetime(scenario, k * QUARTER_S)
        day = when.date()
        if day not in days:
            days[day] = profile.hourly_kw_per_kwp(day, pv.tilt_deg)
        out[k] = pv.peak_kw * days[day][when.hour]
    return out


def supplied(here: Surroundings, code_of: Callable[[str], int], plan: Plan | None) -> None:
    """Adds PV, battery and transformer, and how far a power cap was exceeded, to ``here``."""
    scenario, end = here.scenario, here.end_s
    part = scenario.spec.site
    flows = here.tables["flows"]
    load = quarter_hour_kwh(flows, "electricity", 0.0, end) / QUARTER_H
    lag = quarter_hour_kwh(flows, "reactive_lag", 0.0, end) / QUARTER_H
    lead = quarter_hour_kwh(flows, "reactive_lead", 0.0, end) / QUARTER_H
    made = supply(
        part,
        load,
        net_reactive_kvar(part.power_factor, load, lag - lead, booked=bool(lag.any() or lead.any())),
        pv_quarters_kw(scenario, part.pv, end) if part.pv is not None else np.zeros(len(load)),
        hours_of_day(scenario, len(load)) if part.battery is not None else np.zeros(len(load)),
        _planned(scenario, plan, len(load)),
    )
    _rows(here, code_of, made, booked=bool(lag.any() or lead.any()))
    if part.power_cap_kw is not None:
        here.facts["cap_excess_kw"] = float(np.maximum(made.meter_kw - part.power_cap_kw, 0.0).max(initial=0.0))


def hours_of_day(scenario: Scenario, quarters: int) -> np.ndarray:
    """Local hour of the day at the beginning of each quarter-hour, shape (quarters,)."""
    found = np.empty(quarters)
    for k in range(quarters):
        when = local_datetime(scenario, k * QUARTER_S)
        found[k] = when.hour + when.minute / 60.0
    return found


def _planned(scenario: Scenario, plan: Plan | None, quarters: int) -> np.ndarray | None:
    """The battery's power under a plan by quarter-hour, not a number where the plan says nothing; None without a plan."""
    if scenario.spec.site.battery is None or plan is None or not plan.battery_kw:
        return None
    slot = np.floor(((np.arange(quarters) + 0.5) * QUARTER_S - plan.start_s) / plan.slot_s).astype(np.int64)
    told = (slot >= 0) & (slot < len(plan.battery_kw))
    wanted = np.full(quarters, np.nan)
    wanted[told] = np.array(plan.battery_kw)[slot[told]]
    return wanted


def _rows(here: Surroundings, code_of: Callable[[str], int], made: Supply, *, booked: bool) -> None:
    site, end = here.scenario.spec.site, here.end_s
    if site.pv is not None and site.pv.peak_kw:
        rates = {"electricity": -made.used_kw} | ({"electricity_sold": made.sold_kw} if made.sold_kw.any() else {})
        here.add(by_quarter(code_of("site.pv"), rates, end))
    if site.battery is not None:
        here.facts["battery_change_kwh"] = made.change_kwh
        here.facts["battery_discharged_kwh"] = made.discharged_kwh
        here.add(by_quarter(code_of("site.battery"), {"electricity": site.battery.standby_kw - made.battery_kw}, end))
    if site.transformer is not None:
        rates = {"electricity": made.transformer_kw}
        if booked:
            rates["reactive_lag"] = made.transformer_kvar
        here.add(by_quarter(code_of("site.transformer"), rates, end))
