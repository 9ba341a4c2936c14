"""Shops of a few slots drawn at random, and the optimum of a small one by branch and bound on the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.optimize.check.shop_cost import shop_figures
from twin.optimize.formulation.matrix import highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.formulation.shop import problem_of
from twin.optimize.plan.decode_shop import plan_of
from twin.optimize.problem.network import BatteryData, Capacity, Carbon, DemandMonth
from twin.optimize.problem.shop import Family, Group, Operation, Shop, ShopJob, ShopPlan, States, Way

SLOTS = 16


def best(shop: Shop) -> ShopPlan:
    """The optimal plan, its cost as the matrix states it."""
    matrix = matrix_for(problem_of(shop))
    solver = highs_of(matrix, mip_rel_gap=0.0)
    solver.run()
    assert "Optimal" in str(solver.getModelStatus())
    values = np.asarray(solver.getSolution().col_value)
    starts = {key: float(values[column]) for key, column in matrix.start_column.items()}
    battery_kw = None
    if shop.battery is not None:
        column = matrix.column
        battery_kw = np.array([values[column["charge", t]] - values[column["discharge", t]] for t in range(shop.slots)])
    return replace(plan_of(shop, starts, battery_kw), cost_krw=float(solver.getInfo().objective_function_value))


def checked(shop: Shop, plan: ShopPlan) -> float:
    """The plan's own cost, after it was found to break no rule."""
    figures = shop_figures(shop, plan)
    assert figures.broken == ()
    return figures.cost_krw


def little_shop(seed: int) -> Shop:
    """A furnace with states, a batch furnace for two, one bench with a crew; two families on routes of two, demand, PV, battery.

    Jobs of a family are released in the order of their due dates, so that counts tell their lateness exactly.
    """
    rng = np.random.default_rng(seed)
    there = np.ones(SLOTS, dtype=bool)
    there[7 + int(rng.integers(0, 3))] = False
    groups = {
        "melt": Group("melt", 1, np.ones(SLOTS, dtype=bool), states=States(20.0, 90.0, 1)),
        "oven": Group("oven", int(rng.integers(1, 3)), np.ones(SLOTS, dtype=bool), 2.0, States(10.0, 40.0, 1, 1)),
        "bench": Group("bench", 1, there),
    }
    families = {}
    for name in ("x", "y"):
        slots = int(rng.integers(1, 3))
        first = Operation("melt", {"melt": Way(slots, rng.integers(2, 6, slots) * 50.0)})
        ways = {"oven": Way(2, np.array([120.0, 60.0]), np.array([5.0, 5.0]), load_krw=100.0)}
        if rng.random() < 0.5:
            ways["bench"] = Way(1, np.array([30.0]), uses={"crew": 1.0}, job_krw=20.0)
        wait = int(rng.integers(0, 4)) if rng.random() < 0.6 else None
        second = Operation("heat", ways, int(rng.integers(0, 2)), wait, 15.0, "r")
        families[name] = Family(name, (first, second), 300.0)
    releases = sorted(int(r) for r in rng.integers(0, 5, 3))
    jobs = tuple(ShopJob(f"{k}", "xy"[k % 2], release, release + 6) for k, release in enumerate(releases))
    return Shop(
        slots=SLOTS,
        slot_h=0.25,
        groups=groups,
        families=families,
        jobs=jobs,
        base_kw=np.full(SLOTS, 30.0),
        price_krw_per_kwh=rng.choice([60.0, 110.0, 200.0], SLOTS),
        carbon=Carbon(rng.uniform(0.3, 0.6, SLOTS), 15.0),
        months=(DemandMonth("month", np.ones(SLOTS, dtype=bool), 40.0, 20.0, 5.0),),
        capacities={"crew": Capacity("crew", np.ones(SLOTS))},
        pv_kw=rng.uniform(0.0, 60.0, SLOTS),
        battery=BatteryData(40.0, 30.0, 0.95, 20.0),
    )
