"""The own figures of a line's plan: load by slot, bill of that load, fuels and gases, labour of the roster, carbon, lateness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.factors import FUELS
from twin.optimize.check.shop_cost import shop_figures
from twin.optimize.check.shop_reading import Reading
from twin.optimize.derive.people import overtime_of
from twin.optimize.plan.figures import PlanFigures, bill_of_slots, roster_cost

if TYPE_CHECKING:
    from twin.optimize.derive.shop import Line
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.network import Floats
    from twin.optimize.problem.shop import ShopPlan
    from twin.optimize.problem.shop_state import LineState
    from twin.scenario.scenario import Scenario


def line_figures(scenario: Scenario, slots: Slots, line: Line, state: LineState, plan: ShopPlan) -> PlanFigures:
    """Figures of a schedule by its own model."""
    shop = line.shop
    grid_kw = shop_figures(shop, plan).import_kw
    bill = bill_of_slots(scenario, slots, grid_kw)
    labour = roster_cost(scenario, slots, overtime_of(Reading(shop, plan), slots))
    others = burnt(line, plan)
    fuel_kwh = sum(amount for name, amount in others.items() if name in FUELS)
    carbon_kg = float(np.sum(grid_kw * shop.slot_h * shop.carbon.intensity_kg_per_kwh)) + line.prices.carbon(others)
    price = scenario.spec.site.carbon_price
    carbon_krw = carbon_kg * (price.value_krw_per_kg if price is not None else 0.0)
    paid = price is not None and price.role == "cash"
    figures = {
        "cash_krw": bill.total + labour.total_krw + line.prices.cost_krw(others) + (carbon_krw if paid else 0.0),
        "labour_premium_krw": labour.premium_krw,
        "shadow_carbon_krw": 0.0 if paid else carbon_krw,
        "energy_kwh": float(grid_kw.sum()) * shop.slot_h + fuel_kwh,
        "carbon_kg": carbon_kg,
        "peak_kw": float(grid_kw.max()),
        "lateness_h": lateness_h(slots, line, state, plan),
    }
    battery_kw = plan.battery_kw if plan.battery_kw.shape == grid_kw.shape else np.zeros(shop.slots)
    pv_kw = _sun_used(shop.pv_kw, grid_kw)
    return PlanFigures(grid_kw, grid_kw + pv_kw - battery_kw - shop.base_kw, shop.base_kw, pv_kw, bill, figures)


def _sun_used(pv_kw: Floats | None, grid_kw: Floats) -> Floats:
    """Sun counted as used in whole: what the load does not take is not drawn from the grid either."""
    return np.zeros_like(grid_kw) if pv_kw is None else pv_kw


def burnt(line: Line, plan: ShopPlan) -> dict[str, float]:
    """Fuels (kWh) and gases (kg) of a schedule by carrier."""
    reading, total = Reading(line.shop, plan), dict(line.other_others)

    def add(others: Mapping[str, float], times: float) -> None:
        for name, amount in others.items():
            total[name] = total.get(name, 0.0) + amount * times

    for inside in reading.loads.values():
        for number, (one, _) in enumerate(inside):
            key = (line.family_of[one.job], one.group)
            add(line.lot_others.get(key, {}), 1.0)
            if number == 0:
                add(line.load_others.get(key, {}), 1.0)
    for on, idle in reading.idle():
        states = line.shop.groups[on.group].states
        add(line.waiting_others.get(on.group, {}), float(idle.sum()) * line.shop.slot_h)
        if states is not None and on.start >= 0:
            add(line.startup_others.get(on.group, {}), states.startup_slots * line.shop.slot_h)
    return total


def lateness_h(slots: Slots, line: Line, state: LineState, plan: ShopPlan) -> float:
    """Hours that lots are done after they are due."""
    ends: dict[str, float] = {}
    for one in plan.placed:
        family = line.family_of[one.job]
        operations = line.shop.families[family].operations
        if one.step == len(operations) - 1 and one.job in state.lots:
            end = one.start + operations[one.step].ways[one.group].slots
            ends[one.job] = slots.time(end) + line.tail_s[family]
    return sum(max(0.0, end_s - state.lots[job].due_s) for job, end_s in ends.items()) / 3600.0
