"""The objective, term by term, all in KRW of the horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem


SLACKS = (
    "short_power",
    "short_stock",
    "short_carbon",
    "short_lateness",
    "short_output",
    "short_intensity",
    "short_reduction",
    "unfinished",
)
"""variables of an elastic model by which its requirements may be missed"""


def define_objective(model: Any, problem: Problem) -> None:
    """min energy + demand + carry + overtime + tasks + carbon + lateness + closing (KRW); elastic: the sum of the missed requirements."""
    import pyomo.core as pyo

    terms = {
        "energy": energy_krw(model, problem),
        "demand": demand_krw(model, problem),
        "carry": carry_krw(model, problem),
        "overtime": overtime_krw(model, problem),
        "tasks": tasks_krw(model, problem) + holding_krw(model, problem),
        "carbon": problem.carbon.price_krw_per_kg * model.emissions_kg,
        "lateness": lateness_krw(model, problem),
        "closing": sum(one.short_krw * model.short_stock[one.name] for one in problem.closings),
    }
    model.cost_krw = pyo.Expression(list(terms), rule=lambda _, name: terms[name])
    total = shortfall(model) if model.elastic else sum(terms.values()) + problem.fixed_krw
    model.objective = pyo.Objective(expr=total, sense=pyo.minimize)


def energy_krw(model: Any, problem: Problem) -> Any:
    """Σ_t h·price[t]·grid[t], at the tariff's own breakpoints."""
    return sum(problem.slot_h * float(problem.price_krw_per_kwh[t]) * model.grid[t] for t in range(problem.slots))


def demand_krw(model: Any, problem: Problem) -> Any:
    """Σ_m rate[m]·(floor[m] + above[m]): the horizon's share of each month's demand charge."""
    return sum(month.rate_krw_per_kw * (month.floor_kw + model.above[month.name]) for month in problem.months)


def carry_krw(model: Any, problem: Problem) -> Any:
    """Σ_m carry[m]·above[m]: what a new peak costs in the later months that the ratchet binds."""
    return sum(month.carry_krw_per_kw * model.above[month.name] for month in problem.months)


def overtime_krw(model: Any, problem: Problem) -> Any:
    """Σ_(c,t) overtime_krw[c,t]·overtime[c,t]; rostered hours are paid in any case and are no decision."""
    premium = {c.name: c.overtime_krw for c in problem.capacities.values() if c.overtime_krw is not None}
    return sum(float(premium[c][t]) * model.overtime[c, t] for c, t in model.overtime)


def tasks_krw(model: Any, problem: Problem) -> Any:
    """Σ_i cost[i]·Σ_t N[i,t]: what a start costs besides electricity and people (fuel, consumables)."""
    return sum(problem.tasks[i].cost_krw * model.start[i, t] for i, t in model.start if problem.tasks[i].cost_krw)


def holding_krw(model: Any, problem: Problem) -> Any:
    """Σ_(r,t) hold_krw[r]·level[r,t]: what being there costs besides electricity (gas of a furnace that waits)."""
    held = [stock for stock in problem.stocks.values() if stock.hold_krw]
    return sum(stock.hold_krw * model.level[stock.name, t] for stock in held for t in range(problem.slots))


def lateness_krw(model: Any, problem: Problem) -> Any:
    """Σ_p late_krw[p]·Σ_t late[p,t] + unfinished_krw[p]·unfinished[p]."""
    late = {due.done: due.late_krw for due in problem.dues}
    unfinished = sum(due.unfinished_krw * model.unfinished[due.done] for due in problem.dues)
    return sum(late[p] * model.late[p, t] for p, t in model.late) + unfinished


def shortfall(model: Any) -> Any:
    """Sum of the slacks of all requirements, each in its own unit (kW, kg, tokens, lots, hours)."""
    names = [name for name in SLACKS if hasattr(model, name)]
    return sum(variable for name in names for variable in getattr(model, name).values())
