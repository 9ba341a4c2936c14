"""Problem → Pyomo model. One function per constraint family, here and in the sibling modules; each docstring is its equation.

Indices: i task, r stock, t slot (0 … T−1), h the slot's length in hours. A change of ``amount`` a at offset d of task i enters the
balance of stock r at slot t as a·N[i,t−d]; what falls after the horizon is dropped.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from twin.optimize.formulation.network import (
    define_capacity_constraints,
    define_coupling_constraints,
    define_lapse_constraints,
    define_quota_constraints,
    define_stock_constraints,
    define_wait_constraints,
)
from twin.optimize.formulation.objective import define_objective
from twin.optimize.formulation.power import (
    define_battery_constraints,
    define_load_constraints,
    define_peak_constraints,
    define_power_cap_constraints,
)
from twin.optimize.formulation.service import (
    define_closing_constraints,
    define_emission_constraints,
    define_tardiness_constraints,
)
from twin.optimize.formulation.targets import (
    define_intensity_target_constraints,
    define_lateness_target_constraints,
    define_output_target_constraints,
    define_reduction_target_constraints,
)

if TYPE_CHECKING:
    from pyomo.core import ConcreteModel

    from twin.optimize.problem.network import Problem, Task


def build(problem: Problem, *, elastic: bool = False) -> ConcreteModel:
    """The model of ``problem``.

    With ``elastic`` every *requirement* (power cap, emission cap, targets, closing stock, required lots) may be missed by a slack
    ``short[requirement]`` in the requirement's unit, and the objective is the sum of the slacks; physics stays hard.
    """
    import pyomo.core as pyo

    model = pyo.ConcreteModel()
    model.elastic = elastic
    define_variables(model, problem)
    define_stock_constraints(model, problem)
    define_lapse_constraints(model, problem)
    define_wait_constraints(model, problem)
    define_coupling_constraints(model, problem)
    define_quota_constraints(model, problem)
    define_capacity_constraints(model, problem)
    define_load_constraints(model, problem)
    define_battery_constraints(model, problem)
    define_power_cap_constraints(model, problem)
    define_peak_constraints(model, problem)
    define_tardiness_constraints(model, problem)
    define_closing_constraints(model, problem)
    define_emission_constraints(model, problem)
    define_lateness_target_constraints(model, problem)
    define_output_target_constraints(model, problem)
    define_intensity_target_constraints(model, problem)
    define_reduction_target_constraints(model, problem)
    define_objective(model, problem)
    return model


def define_variables(model: Any, problem: Problem) -> None:
    """N[i,t] ∈ ℕ starts of task i in slot t (continuous where the task says so: cooling down is implied by the integers), no more than
    the stocks that it takes from could feed.

    level[r,t] ∈ [low, high] (tokens or kg), grid[t] ≥ 0 (kW at the meter).
    """
    import pyomo.core as pyo

    slots = range(problem.slots)
    starts = [(name, t) for name, task in problem.tasks.items() for t in problem.starts(task)]
    kinds = {
        name: pyo.NonNegativeReals if task.continuous else pyo.NonNegativeIntegers
        for name, task in problem.tasks.items()
    }
    most = {name: most_starts(problem, task) for name, task in problem.tasks.items()}
    model.start = pyo.Var(starts, domain=lambda _, i, _t: kinds[i], bounds=lambda _, i, _t: (0, most[i]))
    model.level = pyo.Var(
        [name for name, stock in problem.stocks.items() if not stock.lapses],
        slots,
        bounds=lambda _, r, t: (problem.stocks[r].low, _finite(problem.stocks[r].high_at(t))),
    )
    model.grid = pyo.Var(slots, domain=pyo.NonNegativeReals)
    model.inflow, model.outflow = _events(model, problem)


def most_starts(problem: Problem, task: Task) -> float | None:
    """The most starts in one slot that the stocks it takes from could ever feed; None where nothing limits them."""
    limits = [problem.stocks[change.stock].high / -change.amount for change in task.changes if change.amount < 0]
    limits = [limit for limit in limits if limit < float("inf")]
    if not limits:
        return None
    return min(limits) if task.continuous else float(int(min(limits) + 1e-6))


def _finite(value: float) -> float | None:
    return None if value == float("inf") else value


def _events(model: Any, problem: Problem) -> tuple[dict[tuple[str, int], list[Any]], dict[tuple[str, int], list[Any]]]:
    """(stock, slot) → [(amount, start variable)], what is added and what is taken, both with positive amounts."""
    added: dict[tuple[str, int], list[Any]] = defaultdict(list)
    taken: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for name, task in problem.tasks.items():
        for t in problem.starts(task):
            for change in task.changes:
                if t + change.offset < problem.slots:
                    side = added if change.amount > 0 else taken
                    side[change.stock, t + change.offset].append((abs(change.amount), model.start[name, t]))
    return dict(added), dict(taken)
