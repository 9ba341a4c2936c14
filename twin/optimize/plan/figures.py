"""The plan's own figures, from its own model: load by slot, bill of that load, labour of the roster, metal, carbon, lateness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.ledger.materials import material_cost_of
from twin.ledger.power import bill_of, load_of
from twin.ledger.trace import COLUMNS, Names, Trace, empty_table
from twin.ledger.wages import labour_cost
from twin.optimize.problem.grid import Slots, zoned_start
from twin.optimize.problem.network import Floats, Problem
from twin.optimize.search.anytime import Solution
from twin.scenario.calendar import windows

if TYPE_CHECKING:
    from twin.ledger.labour import LabourCost
    from twin.ledger.tariff_types import Bill
    from twin.scenario.scenario import Scenario

QUARTER_S = 900.0


@dataclass(frozen=True)
class PlanFigures:
    """Mean power by slot (slots,), kW, at the meter, of what is scheduled, of the rest; the bill; the figures to compare plans by."""

    grid_kw: Floats
    scheduled_kw: Floats
    other_kw: Floats
    pv_kw: Floats
    bill: Bill
    figures: Mapping[str, float]


def plan_figures(
    scenario: Scenario, slots: Slots, problem: Problem, solution: Solution, other_kw: Floats, fuel_krw: float = 0.0
) -> PlanFigures:
    """Figures of a solution. ``other_kw`` (slots,) is the load of what is not scheduled; ``fuel_krw`` what its fuels cost."""
    grid = np.array([solution.values["grid", t] for t in range(problem.slots)])
    pv = (
        np.array([solution.values["pv", t] for t in range(problem.slots)])
        if problem.pv_kw is not None
        else np.zeros(problem.slots)
    )
    battery = np.zeros(problem.slots)
    if problem.battery is not None:
        battery = np.array(
            [solution.values["discharge", t] - solution.values["charge", t] for t in range(problem.slots)]
        )
    bill = bill_of_slots(scenario, slots, grid)
    labour = roster_cost(scenario, slots)
    carbon_kg = (
        float(np.sum(grid * problem.slot_h * problem.carbon.intensity_kg_per_kwh))
        + problem.carbon.fixed_kg
        + sum(problem.tasks[name].carbon_kg * count for (name, _), count in solution.starts.items())
    )
    price = scenario.spec.site.carbon_price
    paid = price is not None and price.role == "cash"
    carbon_krw = carbon_kg * (price.value_krw_per_kg if price is not None else 0.0)
    late_slots = sum(value for (name, _), value in solution.values.items() if name == "late")
    figures = {
        "cash_krw": bill.total
        + labour.total_krw
        + fuel_krw
        + metal_krw(scenario, problem, solution)
        + (carbon_krw if paid else 0.0),
        "labour_premium_krw": labour.premium_krw,
        "shadow_carbon_krw": 0.0 if paid else carbon_krw,
        "energy_kwh": float(grid.sum()) * problem.slot_h,
        "carbon_kg": carbon_kg,
        "peak_kw": float(grid.max()),
        "lateness_h": late_slots * problem.slot_h,
    }
    return PlanFigures(grid, grid + pv + battery - other_kw, other_kw, pv, bill, figures)


def bill_of_slots(scenario: Scenario, slots: Slots, grid_kw: Floats) -> Bill:
    """The bill of a load at the meter given by slot (slots,), kW."""
    return bill_of(scenario, load_of(scenario, zoned_start(scenario, slots), quarters_kwh(grid_kw, slots)))


def quarters_kwh(power_kw: Floats, slots: Slots) -> Floats:
    """Energy of each quarter-hour from the mean power of slots (quarter-hours,)."""
    edges = QUARTER_S * np.arange(round(slots.count * slots.slot_s / QUARTER_S) + 1)
    total = np.concatenate([[0.0], np.cumsum(power_kw) * slots.slot_s / 3600.0])
    return np.diff(np.interp(edges, slots.slot_s * np.arange(slots.count + 1), total))


def roster_cost(
    scenario: Scenario, slots: Slots, overtime: Sequence[tuple[str, float, float, float]] = ()
) -> LabourCost:
    """Wages with premia of the rostered shifts of the horizon, which are paid whatever is planned, and of ``overtime``: crew, from, to (s),
    people.
    """
    crews = list(scenario.spec.crews)
    rows: list[tuple[Any, ...]] = []
    for code, name in enumerate(crews):
        crew = scenario.spec.crews[name]
        spans = windows(scenario, crew.shifts, slots.start_s, slots.end_s)
        rows += [(code, t0 - slots.start_s, t1 - slots.start_s, crew.people, 0) for t0, t1 in spans]
    rows += [
        (crews.index(name), t0 - slots.start_s, t1 - slots.start_s, people, 1) for name, t0, t1, people in overtime
    ]
    tables = {name: empty_table(name) for name in COLUMNS}
    columns = {
        c: np.array([row[k] for row in rows], dtype=np.int32 if kind == "i" else np.float64)
        for k, (c, kind) in enumerate(COLUMNS["crews"].items())
    }
    tables["crews"] = type(tables["crews"])(columns)
    names = Names((), (), (), crew=tuple(crews))
    return labour_cost(scenario, Trace(zoned_start(scenario, slots), slots.count * slots.slot_s, names, tables))


def metal_krw(scenario: Scenario, problem: Problem, solution: Solution) -> float:
    """Metal charged at its prices, the plan's own returns and scrap set against the returns charged, the change of the stock valued."""
    sums: dict[tuple[str, str], float] = {}
    last = problem.slots - 1
    for name, kind in scenario.stations.items():
        charge = getattr(kind, "charge", None)
        if charge is None or f"metal.{name}" not in problem.stocks:
            continue
        charged = sum(
            count * problem.tasks[task].mass_kg
            for (task, _), count in solution.starts.items()
            if problem.tasks[task].role == "heat" and problem.tasks[task].group == name
        )
        for material, share in {**charge.make_up, **charge.additions}.items():
            sums[material, "in"] = sums.get((material, "in"), 0.0) + share * charged
    feeds = {stock for stock in problem.stocks if stock.startswith("metal.")}
    sums["metal", "stock_open"] = sum(problem.stocks[stock].initial for stock in feeds)
    sums["metal", "stock_close"] = sum(solution.values["level", (stock, last)] for stock in feeds)
    sums["metal", "returns"] = returned_kg(scenario, problem, solution)
    prices = {name: material.price_krw_per_kg for name, material in scenario.spec.materials.items()}
    return material_cost_of(sums, {}, prices).total_krw


def returned_kg(scenario: Scenario, problem: Problem, solution: Solution) -> float:
    """Gates and scrap of the planned lots, what is pigged, and heels: what a heat gives beyond its lots is given up in the end."""
    total = 0.0
    for (name, _), count in solution.starts.items():
        task = problem.tasks[name]
        metal_kg = sum(change.amount for change in task.changes if change.stock.startswith("metal."))
        if task.role == "lot" and task.product is not None:
            product = scenario.spec.products[task.product]
            total -= count * metal_kg * (1.0 - product.yield_fraction * (1.0 - product.scrap_fraction))
        elif task.role == "heat":
            recovery = float(getattr(scenario.stations[task.group], "recovery", 1.0))
            total += count * max(0.0, task.mass_kg * recovery - metal_kg)
        elif task.role in ("pig", "shutdown"):
            total -= count * metal_kg
    return total
