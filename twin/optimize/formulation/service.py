"""Constraint families of what is asked for: due dates, closing stocks, the emission cap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem


def define_tardiness_constraints(model: Any, problem: Problem) -> None:
    """Late lots of class p: late[p,t] ≥ due[p,t] − done[p,t] (lots at the end of slot t), late ≥ 0; Σ_t late is the sum of the jobs'
    tardiness in slots when lots are matched to due dates in order. unfinished[p] ≥ required[p] − done[p,T−1] (lots), which is a
    priced miss, and the slack of the requirement where the model is elastic.
    """
    import pyomo.core as pyo

    dues = {due.done: due for due in problem.dues}
    owed = [(name, t) for name, due in dues.items() for t in range(problem.slots) if due.cumulative[t] > 0]
    model.late = pyo.Var(owed, domain=pyo.NonNegativeReals)
    model.unfinished = pyo.Var(list(dues), domain=pyo.NonNegativeReals)
    model.tardiness = pyo.Constraint(
        owed, rule=lambda _, p, t: model.late[p, t] >= float(dues[p].cumulative[t]) - model.level[p, t]
    )
    model.required = pyo.Constraint(
        list(dues), rule=lambda _, p: model.unfinished[p] >= dues[p].required - model.level[p, problem.slots - 1]
    )


def define_closing_constraints(model: Any, problem: Problem) -> None:
    """Σ_(r in closing c) level[r,T−1] + short_stock[c] ≥ least[c] (tokens or kg): the horizon does not live off its stocks. What is short
    is priced, and the slack of the requirement where the model is elastic.
    """
    import pyomo.core as pyo

    closings = {closing.name: closing for closing in problem.closings}
    model.short_stock = pyo.Var(list(closings), domain=pyo.NonNegativeReals)

    def closes(_: Any, name: str) -> Any:
        held = sum(model.level[stock, problem.slots - 1] for stock in closings[name].stocks)
        return held + model.short_stock[name] >= closings[name].least

    model.closing_stock = pyo.Constraint(list(closings), rule=closes)


def define_emission_constraints(model: Any, problem: Problem) -> None:
    """Σ_t h·intensity[t]·grid[t] + Σ_i carbon[i]·Σ_t N[i,t] + fixed ≤ cap (kg CO2e in the horizon); elastic: + short_carbon."""
    import pyomo.core as pyo

    carbon = problem.carbon
    bought = sum(problem.slot_h * float(carbon.intensity_kg_per_kwh[t]) * model.grid[t] for t in range(problem.slots))
    burnt = sum(problem.tasks[i].carbon_kg * model.start[i, t] for i, t in model.start if problem.tasks[i].carbon_kg)
    model.emissions_kg = pyo.Expression(expr=bought + burnt + carbon.fixed_kg)
    if carbon.cap_kg is None:
        return
    if model.elastic:
        model.short_carbon = pyo.Var(domain=pyo.NonNegativeReals)
    slack = model.short_carbon if model.elastic else 0.0
    model.emission_cap = pyo.Constraint(expr=model.emissions_kg <= carbon.cap_kg + slack)
