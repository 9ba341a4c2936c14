"""The nine plant instances solved within their limits, each plan read from its result file and costed by code that shares nothing with
the solver; the documented figures of a CP-SAT model and of a prototype stand beside them.

Solutions are limited by seconds, so the figures are those of the machine, which should have two cores to spare.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.plant_instances import run, shop_of_instance
from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.support import needs_data
from twin.optimize.check.shop_cost import check_shop_plan
from twin.optimize.problem.shop import OnTime, Placed, Shop, ShopPlan

LIMITS_S = {"small": 60.0, "medium": 75.0, "large": 120.0}
CERTIFIED_S = 300.0
"""In which the small instances' gap is to be closed to 3 %."""
SEEDS = (1, 2, 3)
CP_SAT_KRW = {"small-1": 2_559_000.0, "medium-1": 11_778_000.0, "large-1": 53_492_000.0}
"""CP-SAT (intervals, 8 workers) at 60, 300 and 300 s on the first seeds, after exact completion."""
PROTOTYPE_KRW = {
    "small-1": 2_516_000.0,
    "medium-1": 11_360_000.0,
    "medium-2": 13_485_000.0,
    "medium-3": 9_955_000.0,
    "large-1": 43_714_000.0,
    "large-2": 45_968_000.0,
    "large-3": 46_172_000.0,
}
"""The best that was known before (300 s, 72 s and 365 s on the first seeds, one run of 70 or 112 s on the others)."""
NEAR = 1.02
GAPS = {"small": 0.03, "large": 0.05}


def plan_in(shop: Shop, result: dict[str, Any]) -> ShopPlan:
    """The plan that a result file tells, from starts, on-intervals and battery alone."""
    placed = tuple(
        Placed(str(s["job"]), s["operation"], s["group"], s["unit"], s["start"], s["load"]) for s in result["starts"]
    )
    on = tuple(OnTime(o["group"], o["unit"], o["start"], o["end"]) for o in result["on"])
    return ShopPlan(placed, on, np.array(result["battery_kw"], dtype=float), result["objective_krw"])


def solved(name: str, seconds: float) -> dict[str, Any]:
    """One instance: cost, bound, gap, the rules that its result file breaks, and the distance to what was known."""
    path = needs_data("scheduling", "plant", f"{name}.json")
    result = run(path, seconds)
    shop = shop_of_instance(path)
    known = PROTOTYPE_KRW.get(name)
    return {
        "seconds": result["seconds"],
        "objective_krw": result["objective_krw"],
        "bound_krw": result["bound_krw"],
        "gap": 1.0 if result["gap"] is None else result["gap"],
        "broken": [f"{one.rule}: {one.where}" for one in check_shop_plan(shop, plan_in(shop, result))],
        "to_best_known": None if known is None else result["objective_krw"] / known,
    }


def bars(name: str, found: dict[str, Any]) -> list[Bar]:
    """What is claimed of an instance at its limit."""
    size = name.partition("-")[0]
    held = [Bar(f"{name}: rules that its result file breaks", float(len(found["broken"])), 0.0)]
    if name in CP_SAT_KRW:
        most = CP_SAT_KRW[name] * (0.9 if size == "large" else 1.0)
        held.append(Bar(f"{name}: KRW against CP-SAT, large less a tenth", found["objective_krw"], most))
    if size == "large":
        held.append(Bar(f"{name}: to the best known", found["to_best_known"], NEAR))
        held.append(Bar(f"{name}: certified gap", found["gap"], GAPS[size]))
    return held


def prove(replications: int, jobs: int) -> Proof:
    """``replications`` seeds of each size at its limit, and the small ones once more with the time to certify them."""
    held: list[Bar] = []
    figures: dict[str, Any] = {"jobs": jobs}
    for size, seconds in LIMITS_S.items():
        for seed in SEEDS[:replications]:
            name = f"{size}-{seed}"
            figures[name] = solved(name, seconds)
            held += bars(name, figures[name])
    for seed in SEEDS[:replications]:
        name = f"small-{seed}"
        figures[f"{name} at 300 s"] = found = solved(name, CERTIFIED_S)
        held.append(Bar(f"{name}: certified gap at 300 s", found["gap"], GAPS["small"]))
    return Proof(0, replications, tuple(held), figures)


CAMPAIGN = Campaign(
    "plant_schedules", "the nine plant instances are solved within their limits and recompute from their result files",
    ("benchmarks/plant_instances.py", "twin/optimize/problem/network.py", "twin/optimize/problem/shop.py", "twin/optimize/search/shop*.py",
     "twin/optimize/insertion/*.py", "twin/optimize/formulation/*.py"),
    prove, replications=3,
)  # fmt: skip
