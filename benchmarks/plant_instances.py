"""Plant instances (``plant-schedule/1``, JSON) as a :class:`~twin.optimize.problem.shop.Shop`; a solution as the result file asked for."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.optimize.problem.network import BatteryData, Carbon, DemandMonth
from twin.optimize.problem.shop import Family, Group, Operation, Shop, ShopJob, States, Way

if TYPE_CHECKING:
    from twin.core.progress import Progress
    from twin.optimize.search.shop import ShopSolution


def shop_of_instance(path: Path | str) -> Shop:
    """The instance in a file. Jobs are named by their number, families too, groups by their names.

    Raises OSError where there is no such file, ValueError where it is another schema.
    """
    data: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    if data.get("schema") != "plant-schedule/1":
        msg = f"{path}: schema {data.get('schema')!r}, not 'plant-schedule/1'"
        raise ValueError(msg)
    slots, battery = int(data["slots"]), data["battery"]
    shared = {group["name"] for group in data["groups"] if group["places"] > 1}
    families = {str(i): _family(str(i), family, shared) for i, family in enumerate(data["families"])}
    return Shop(
        slots=slots,
        slot_h=data["slot_minutes"] / 60,
        groups={group["name"]: _group(group) for group in data["groups"]},
        families=families,
        jobs=tuple(
            ShopJob(str(i), str(job["family"]), int(job["release"]), int(job["due"]))
            for i, job in enumerate(data["jobs"])
        ),
        base_kw=np.array(data["base_kw"], dtype=float),
        price_krw_per_kwh=np.array(data["price_krw_per_kwh"], dtype=float),
        carbon=Carbon(np.array(data["carbon_kg_per_kwh"], dtype=float), float(data["carbon_price_krw_per_kg"])),
        months=(DemandMonth("horizon", np.ones(slots, dtype=bool), 0.0, float(data["demand_rate_krw_per_kw"])),),
        pv_kw=np.array(data["pv_kw"], dtype=float),
        battery=BatteryData(
            battery["energy_kwh"], battery["power_kw"], battery["efficiency_each_way"], battery["soc0_kwh"]
        ),
    )


def _group(group: dict[str, Any]) -> Group:
    states = (
        States(float(group["idle_kw"]), float(group["startup_kw"]), int(group["startup_slots"]))
        if group["has_states"]
        else None
    )
    available = np.array(group["available"], dtype=bool)
    return Group(group["name"], int(group["units"]), available, float(group["places"]), states)


def _family(name: str, family: dict[str, Any], shared: set[str]) -> Family:
    """``shared``: groups with places for several jobs, the only ones on which a recipe says something."""
    operations = tuple(
        Operation(
            name=one["stage"],
            ways={
                group: Way(int(way["duration"]), np.array(way["power_kw"], dtype=float))
                for group, way in one["alternatives"].items()
            },
            lag_slots=int(one["lag_slots"]),
            longest_wait_slots=None if one["max_wait_slots"] is None else int(one["max_wait_slots"]),
            hold_kw=float(one["hold_kw"]),
            recipe=str(family["recipe"]) if shared.intersection(one["alternatives"]) else None,
        )
        for one in family["operations"]
    )
    return Family(name, operations, float(family["tardiness_krw_per_slot"]))


def run(path: Path | str, seconds: float, *, seed: int = 0, progress: Progress | None = None) -> dict[str, Any]:
    """Solve the instance within ``seconds`` of now and give the result file's content."""
    from twin.core.progress import silent
    from twin.optimize.search.shop import solve_shop

    begun = time.monotonic()
    shop = shop_of_instance(path)
    left_s = seconds - (time.monotonic() - begun)
    solution = solve_shop(shop, seconds=left_s, seed=seed, progress=progress or silent)
    return result_of(solution, time.monotonic() - begun)


def result_of(solution: ShopSolution, seconds: float) -> dict[str, Any]:
    """``{objective_krw, bound_krw, gap, seconds, starts, on, battery_kw}``; without a schedule the last three are empty."""
    plan = solution.plan
    return {
        "objective_krw": _number(solution.objective_krw),
        "bound_krw": _number(solution.bound_krw),
        "gap": _number(solution.gap),
        "seconds": round(seconds, 3),
        "status": solution.status,
        "starts": []
        if plan is None
        else [
            {"job": int(p.job), "operation": p.step, "group": p.group, "unit": p.unit, "start": p.start, "load": p.load}
            for p in plan.placed
        ],
        "on": []
        if plan is None
        else [{"group": o.group, "unit": o.unit, "start": o.start, "end": o.end} for o in plan.on],
        "battery_kw": [] if plan is None else [float(p) for p in plan.battery_kw],
    }


def _number(value: float) -> float | None:
    """JSON knows no infinity."""
    return value if math.isfinite(value) else None
