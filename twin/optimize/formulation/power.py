"""Constraint families of power: load at the meter, photovoltaics, battery, power cap, billing demand."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem


def define_load_constraints(model: Any, problem: Problem) -> None:
    """Power balance at the meter in slot t (kW, mean of the slot).

    grid[t] + pv[t] + discharge[t] − charge[t] = base[t] + Σ_i Σ_q profile[i,q]·N[i,t−q] + Σ_r hold[r,t]·level[r,t].
    """
    import pyomo.core as pyo

    define_supply_variables(model, problem)
    drawn: dict[int, list[Any]] = defaultdict(list)
    for name, task in problem.tasks.items():
        for t in problem.starts(task):
            for q, power in enumerate(task.profile_kw):
                if power and t + q < problem.slots:
                    drawn[t + q].append(float(power) * model.start[name, t])
    held = [stock for stock in problem.stocks.values() if stock.hold_kw]

    def balance(_: Any, t: int) -> Any:
        supply = model.grid[t]
        if problem.pv_kw is not None:
            supply += model.pv[t]
        if problem.battery is not None:
            supply += model.discharge[t] - model.charge[t]
        holding = sum(stock.hold_kw_at(t) * model.level[stock.name, t] for stock in held)
        return supply == float(problem.base_kw[t]) + sum(drawn[t]) + holding

    model.load_balance = pyo.Constraint(range(problem.slots), rule=balance)


def define_supply_variables(model: Any, problem: Problem) -> None:
    """pv[t] ∈ [0, available] kW (the rest is curtailed), charge[t], discharge[t] ∈ [0, power] kW, soc[t] ∈ [0, energy] kWh."""
    import pyomo.core as pyo

    slots = range(problem.slots)
    if problem.pv_kw is not None:
        available = problem.pv_kw
        model.pv = pyo.Var(slots, bounds=lambda _, t: (0.0, float(available[t])))
    if problem.battery is not None:
        model.charge = pyo.Var(slots, bounds=(0.0, problem.battery.power_kw))
        model.discharge = pyo.Var(slots, bounds=(0.0, problem.battery.power_kw))
        model.soc = pyo.Var(slots, bounds=(0.0, problem.battery.energy_kwh))


def define_battery_constraints(model: Any, problem: Problem) -> None:
    """soc[t] = soc[t−1] + h·(η·charge[t] − discharge[t]/η)  (kWh),  soc[T−1] ≥ soc[−1] = initial, η = √round trip.

    Where power costs less than nothing, doing both at once would pay: charge[t] ≤ power·b[t], discharge[t] ≤ power·(1 − b[t]), b ∈ {0, 1}.
    """
    import pyomo.core as pyo

    battery = problem.battery
    if battery is None:
        return

    def balance(_: Any, t: int) -> Any:
        before = model.soc[t - 1] if t else battery.initial_kwh
        gained = battery.one_way * model.charge[t] - model.discharge[t] / battery.one_way
        return model.soc[t] == before + problem.slot_h * gained

    model.battery_balance = pyo.Constraint(range(problem.slots), rule=balance)
    model.battery_end = pyo.Constraint(expr=model.soc[problem.slots - 1] >= battery.initial_kwh)
    marginal = problem.price_krw_per_kwh + problem.carbon.price_krw_per_kg * problem.carbon.intensity_kg_per_kwh
    paid = [t for t in range(problem.slots) if marginal[t] < 0.0]
    power_kw = battery.power_kw
    model.charging = pyo.Var(paid, domain=pyo.Binary)
    model.charge_only = pyo.Constraint(paid, rule=lambda m, t: m.charge[t] <= power_kw * m.charging[t])
    model.discharge_only = pyo.Constraint(paid, rule=lambda m, t: m.discharge[t] <= power_kw - power_kw * m.charging[t])


def define_power_cap_constraints(model: Any, problem: Problem) -> None:
    """grid[t] ≤ cap[t] (kW, 15-minute mean at the meter); elastic: + short_power[t]."""
    import pyomo.core as pyo

    if problem.cap_kw is None:
        return
    cap = problem.cap_kw
    capped = [t for t in range(problem.slots) if cap[t] < float("inf")]
    if model.elastic:
        model.short_power = pyo.Var(domain=pyo.NonNegativeReals)
    slack = model.short_power if model.elastic else 0.0
    model.power_cap = pyo.Constraint(capped, rule=lambda _, t: model.grid[t] <= float(cap[t]) + slack)


def define_peak_constraints(model: Any, problem: Problem) -> None:
    """Billing demand of month m (kW): billed[m] = floor[m] + above[m], grid[t] ≤ billed[m] where the tariff counts demand.

    The floor is the ratchet (the highest of the past months that it looks at, or the share of contract power): below it a peak
    costs nothing. Only mid- and on-peak slots are in ``counts``.
    """
    import pyomo.core as pyo

    months = {month.name: month for month in problem.months}
    model.above = pyo.Var(list(months), domain=pyo.NonNegativeReals)
    counted = [(name, t) for name, month in months.items() for t in range(problem.slots) if month.counts[t]]
    model.peak = pyo.Constraint(
        counted, rule=lambda _, name, t: model.grid[t] <= months[name].floor_kw + model.above[name]
    )
