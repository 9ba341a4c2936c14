"""Constraint families of the resource-task network: stock balances, longest waits, couplings, capacities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem


def define_stock_constraints(model: Any, problem: Problem) -> None:
    """Balance of each stock r (tokens, lots or kg), t = 0 … T−1.

    level[r,t] = level[r,t−1] + arrivals[r,t] + Σ_(i,d: a>0) a·N[i,t−d] − Σ_(i,d: a<0) |a|·N[i,t−d],  level[r,−1] = initial[r];
    low ≤ level ≤ high are the variable's bounds: room in a furnace, units of a group, never less than nothing.
    """
    import pyomo.core as pyo

    def balance(_: Any, name: str, t: int) -> Any:
        stock = problem.stocks[name]
        before = model.level[name, t - 1] if t else stock.initial
        arrivals = 0.0 if stock.arrivals is None else float(stock.arrivals[t])
        added = sum(amount * start for amount, start in model.inflow.get((name, t), ()))
        taken = sum(amount * start for amount, start in model.outflow.get((name, t), ()))
        return model.level[name, t] == before + arrivals + added - taken

    kept = [name for name, stock in problem.stocks.items() if not stock.lapses]
    model.stock_balance = pyo.Constraint(kept, range(problem.slots), rule=balance)


def define_lapse_constraints(model: Any, problem: Problem) -> None:
    """What lapses in stock r is taken in the slot in which it is added or never: jobs in a furnace load take places that it brings.

    Σ_(i,d: a<0) |a|·N[i,t−d] ≤ arrivals[r,t] + Σ_(i,d: a>0) a·N[i,t−d]   (tokens, places or kg).
    """
    import pyomo.core as pyo

    def within(_: Any, name: str, t: int) -> Any:
        arrivals = problem.stocks[name].arrivals
        added = sum(amount * start for amount, start in model.inflow.get((name, t), ()))
        taken = sum(amount * start for amount, start in model.outflow[name, t])
        return taken <= added + (0.0 if arrivals is None else float(arrivals[t]))

    lapsing = [(name, t) for name, t in model.outflow if problem.stocks[name].lapses]
    model.lapse = pyo.Constraint(lapsing, rule=within)


def define_wait_constraints(model: Any, problem: Problem) -> None:
    """What waits in stock r must have been taken within w slots (first in, first out): metal in a ladle, heat in a lining.

    Σ_(s=t+1…t+w) taken[r,s] ≥ level[r,t]   for t + w < T   (tokens or kg).
    """
    import pyomo.core as pyo

    def wait(_: Any, name: str, t: int) -> Any:
        longest = problem.stocks[name].longest_wait_slots or 0
        taken = [term for s in range(t + 1, t + longest + 1) for term in model.outflow.get((name, s), ())]
        return sum(amount * start for amount, start in taken) >= model.level[name, t]

    limited = [
        (s.name, t)
        for s in problem.stocks.values()
        if s.longest_wait_slots is not None
        for t in range(problem.slots - s.longest_wait_slots)
    ]
    model.longest_wait = pyo.Constraint(limited, rule=wait)


def define_coupling_constraints(model: Any, problem: Problem) -> None:
    """level[stock,t] ≤ factor · level[per,t]  (kg ≤ kg per token · tokens): metal lies only in furnaces that are loaded."""
    import pyomo.core as pyo

    def within(_: Any, pair: int, t: int) -> Any:
        coupling = problem.couplings[pair]
        return model.level[coupling.stock, t] <= coupling.factor * model.level[coupling.per, t]

    model.coupling = pyo.Constraint(range(len(problem.couplings)), range(problem.slots), rule=within)


def define_quota_constraints(model: Any, problem: Problem) -> None:
    """Σ_i weight[q,i]·Σ_t N[i,t] ≥ least[q]  (starts): true of whole starts anyway, it keeps the relaxation from counting parts of them."""
    import pyomo.core as pyo

    def reaches(_: Any, number: int) -> Any:
        quota = problem.quotas[number]
        counted = [
            weight * model.start[name, t]
            for name, weight in quota.weights.items()
            for t in problem.starts(problem.tasks[name])
        ]
        return sum(counted) >= quota.least if counted else pyo.Constraint.Skip

    model.quota = pyo.Constraint(range(len(problem.quotas)), rule=reaches)


def define_capacity_constraints(model: Any, problem: Problem) -> None:
    """Capacity c (people of a crew, units within their shifts) in slot t; overtime[c,t] ∈ [0, limit] is bought at its premium.

    Σ_i uses[i,c] · Σ_(q=0…slots_i−1) N[i,t−q] ≤ available[c,t] + overtime[c,t]   (people or units).
    """
    import pyomo.core as pyo

    most = {
        (c.name, t): float(c.overtime[t])
        for c in problem.capacities.values()
        if c.overtime is not None
        for t in range(problem.slots)
    }
    model.overtime = pyo.Var(list(most), bounds=lambda _, c, t: (0.0, most[c, t]))
    in_use: dict[tuple[str, int], list[Any]] = {}
    for name, task in problem.tasks.items():
        for t in problem.starts(task) if task.uses else ():
            for capacity, amount in task.uses.items():
                for q in range(task.slots):
                    in_use.setdefault((capacity, t + q), []).append(amount * model.start[name, t])

    def within(_: Any, name: str, t: int) -> Any:
        extra = model.overtime[name, t] if (name, t) in most else 0.0  # a Var has no get
        return sum(in_use[name, t]) <= float(problem.capacities[name].available[t]) + extra

    model.capacity = pyo.Constraint(sorted(in_use), rule=within)
