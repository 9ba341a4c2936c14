"""The nine plant instances solved within their limits, each plan read from its result file and costed by code that shares nothing with
the solver; figures of CP-SAT and the best that is known stand beside them.

Solutions are limited by seconds, so the figures are those of the machine, which should have two cores to spare. With the interpreter of an
environment that has ortools in the variable CPSAT_PYTHON, CP-SAT solves the small instances here too (benchmarks/yardstick_cpsat.py).
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import yardstick_cpsat
from benchmarks.plant_instances import run, shop_of_instance
from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.support import needs_data
from twin.optimize.check.shop_cost import check_shop_plan
from twin.optimize.formulation.matrix import highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.formulation.shop import problem_of
from twin.optimize.problem.shop import OnTime, Placed, Shop, ShopPlan

LIMITS_S = {"small": 60.0, "medium": 75.0, "large": 120.0}
CERTIFIED_S = 300.0
"""In which the small instances' gap is to be closed to 3 %; tried with these seconds only where 60 s did not do it."""
INSTANCES = (1, 2, 3)
SEEDS = (1, 2, 3)
"""Of the search; the campaign takes as many of them as its replications."""
CP_SAT_S = 60.0
CP_SAT_KRW = {
    "small-1": 2_559_000.0,
    "medium-1": 11_778_000.0,
    "medium-2": 15_859_000.0,
    "medium-3": 11_513_000.0,
    "large-1": 53_492_000.0,
    "large-2": 56_233_000.0,
    "large-3": 57_072_000.0,
}
"""CP-SAT (intervals) at 60 s on the small one and at 300 s, after exact completion; 8 workers on small-1, medium-1 and large-1, else 2."""
BEST_KNOWN_KRW = {
    "small-1": 2_516_000.0,
    "medium-1": 11_098_000.0,
    "medium-2": 13_485_000.0,
    "medium-3": 9_947_000.0,
    "large-1": 43_714_000.0,
    "large-2": 45_839_000.0,
    "large-3": 46_172_000.0,
}
"""The best of all runs before this one, of up to 365 s."""
NEAR = 1.02
GAPS = {"small": 0.03, "large": 0.05}
HANDED_OVER_S = 10.0


def plan_in(shop: Shop, result: dict[str, Any]) -> ShopPlan:
    """The plan that a result file tells, from starts, on-intervals and battery alone."""
    placed = tuple(
        Placed(str(s["job"]), s["operation"], s["group"], s["unit"], s["start"], s["load"]) for s in result["starts"]
    )
    on = tuple(OnTime(o["group"], o["unit"], o["start"], o["end"]) for o in result["on"])
    return ShopPlan(placed, on, np.array(result["battery_kw"], dtype=float), result["objective_krw"])


def instance(name: str) -> Path:
    """The instance's file."""
    return needs_data("scheduling", "plant", f"{name}.json")


def solved(name: str, seconds: float, seed: int) -> dict[str, Any]:
    """One run: cost, bound, gap, and the rules that its result file breaks."""
    result = run(instance(name), seconds, seed=seed)
    shop = shop_of_instance(instance(name))
    return {
        "seed": seed,
        "seconds": result["seconds"],
        "objective_krw": result["objective_krw"],
        "bound_krw": result["bound_krw"],
        "gap": 1.0 if result["gap"] is None else result["gap"],
        "broken": [f"{one.rule}: {one.where}" for one in check_shop_plan(shop, plan_in(shop, result))],
    }


def seeds_of(name: str, seconds: float, seeds: tuple[int, ...]) -> dict[str, Any]:
    """All runs of an instance at its limit, their median and worst."""
    runs = [solved(name, seconds, seed) for seed in seeds]
    costs, gaps = [one["objective_krw"] for one in runs], [one["gap"] for one in runs]
    return {
        "limit_s": seconds,
        "median_krw": statistics.median(costs),
        "worst_krw": max(costs),
        "best_bound_krw": max((one["bound_krw"] for one in runs if one["bound_krw"] is not None), default=None),
        "median_gap": statistics.median(gaps),
        "worst_gap": max(gaps),
        "runs": runs,
    }


def cp_sat_krw(name: str) -> float | None:
    """CP-SAT's cost of an instance: of a run of 60 s here where it is small and there is an environment for it, else as documented."""
    python = os.environ.get("CPSAT_PYTHON")
    if python is None or not name.startswith("small"):
        return CP_SAT_KRW.get(name)
    found = yardstick_cpsat.solve(instance(name), CP_SAT_S, python)["objective_krw"]
    return None if found is None else float(found)


def handed_over_s(name: str) -> float:
    """Seconds from the instance's file to HiGHS that holds its matrix."""
    begun = time.perf_counter()
    highs_of(matrix_for(problem_of(shop_of_instance(instance(name)))))
    return time.perf_counter() - begun


def bars(name: str, found: dict[str, Any]) -> list[Bar]:
    """What is claimed of an instance at its limit, of the median of its runs."""
    size = name.partition("-")[0]
    held = [Bar(f"{name}: rules that result files break", float(sum(len(one["broken"]) for one in found["runs"])), 0.0)]
    if found["cp_sat_krw"] is not None:
        most = found["cp_sat_krw"] * (0.9 if size == "large" else 1.0)
        held.append(Bar(f"{name}: KRW against CP-SAT, large less a tenth", found["median_krw"], most))
    if size == "large":
        best = min(BEST_KNOWN_KRW[name], *(one["objective_krw"] for one in found["runs"]))
        held.append(Bar(f"{name}: to the best known", found["median_krw"] / best, NEAR))
        held.append(Bar(f"{name}: certified gap", found["median_gap"], GAPS[size]))
        held.append(Bar(f"{name}: build and hand-over, s", found["handed_over_s"], HANDED_OVER_S))
    return held


def certified(name: str, found: dict[str, Any]) -> Bar:
    """The small instance's gap within 300 s; a run of that length where the first ones did not close it, noted in ``found``."""
    gap = found["worst_gap"]
    if gap > GAPS["small"]:
        found["at_300_s"] = longer = solved(name, CERTIFIED_S, SEEDS[0])
        gap = longer["gap"]
    return Bar(f"{name}: certified gap within 300 s", gap, GAPS["small"])


def prove(replications: int, jobs: int) -> Proof:
    """``replications`` seeds of each of the nine instances at its limit; the small ones are certified."""
    held: list[Bar] = []
    figures: dict[str, Any] = {"jobs": jobs}
    for size, seconds in LIMITS_S.items():
        for number in INSTANCES:
            name = f"{size}-{number}"
            figures[name] = found = seeds_of(name, seconds, SEEDS[:replications])
            found["cp_sat_krw"], found["best_known_krw"] = cp_sat_krw(name), BEST_KNOWN_KRW.get(name)
            if size == "large":
                found["handed_over_s"] = handed_over_s(name)
            held += bars(name, found)
            if size == "small":
                held.append(certified(name, found))
    return Proof(0, replications, tuple(held), figures)


CAMPAIGN = Campaign(
    "plant_schedules", "the nine plant instances are solved within their limits and recompute from their result files",
    ("benchmarks/plant_instances.py", "twin/optimize/problem/network.py", "twin/optimize/problem/shop.py", "twin/optimize/search/shop*.py",
     "twin/optimize/insertion/*.py", "twin/optimize/formulation/[!e]*.py"),
    prove, replications=3,
)  # fmt: skip
