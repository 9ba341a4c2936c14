"""Constraint families of a plan's targets: lateness, output, emissions per output, emissions against as operated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem


def define_lateness_target_constraints(model: Any, problem: Problem) -> None:
    """h·Σ_(p,t) late[p,t] ≤ lateness (hours, summed over the lots); elastic: + short_lateness (h)."""
    import pyomo.core as pyo

    limit_h = problem.targets.lateness_h
    if limit_h is None or not len(model.late):
        return
    slack = _slack(model, "short_lateness")
    late_h = problem.slot_h * sum(model.late.values())
    model.lateness_target = pyo.Constraint(expr=late_h <= limit_h + slack)


def define_output_target_constraints(model: Any, problem: Problem) -> None:
    """Σ_p good[p]·done[p,T−1] ≥ output (kg of good castings); elastic: − short_output (kg)."""
    import pyomo.core as pyo

    least_kg = problem.targets.output_kg
    if least_kg is None:
        return
    slack = _slack(model, "short_output")
    model.output_target = pyo.Constraint(expr=output_kg(model, problem) + slack >= least_kg)


def define_intensity_target_constraints(model: Any, problem: Problem) -> None:
    """emissions ≤ intensity · Σ_p good[p]·done[p,T−1]  (kg CO2e ≤ kg CO2e per kg · kg); elastic: + short_intensity (kg CO2e)."""
    import pyomo.core as pyo

    limit = problem.targets.intensity_kg_per_kg
    if limit is None:
        return
    slack = _slack(model, "short_intensity")
    allowed_kg = limit * output_kg(model, problem)
    model.intensity_target = pyo.Constraint(expr=model.emissions_kg <= allowed_kg + slack)


def define_reduction_target_constraints(model: Any, problem: Problem) -> None:
    """emissions ≤ (1 − reduction) · emissions as operated  (kg CO2e in the horizon); elastic: + short_reduction (kg CO2e)."""
    import pyomo.core as pyo

    limit_kg = problem.targets.reduced_kg
    if limit_kg is None:
        return
    slack = _slack(model, "short_reduction")
    model.reduction_target = pyo.Constraint(expr=model.emissions_kg <= limit_kg + slack)


def output_kg(model: Any, problem: Problem) -> Any:
    """Σ_p good[p]·done[p,T−1]: kg of good castings by the horizon's end."""
    last = problem.slots - 1
    return sum(kg * model.level[name, last] for name, kg in problem.goods_kg.items())


def _slack(model: Any, name: str) -> Any:
    """The slack of an elastic model, nothing otherwise."""
    import pyomo.core as pyo

    if not model.elastic:
        return 0.0
    slack = pyo.Var(domain=pyo.NonNegativeReals)
    model.add_component(name, slack)
    return slack
