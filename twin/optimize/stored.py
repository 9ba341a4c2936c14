"""Plans, fronts and plans under several tariffs as JSON and columns, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.experiment.stored import StoredResult, trace_json, trace_of
from twin.ledger.accounts import account
from twin.optimize.check.types import Violation
from twin.optimize.front.epsilon import Front, FrontPoint
from twin.optimize.plan.figures import PlanFigures, bill_of_slots
from twin.optimize.problem.grid import Slots
from twin.optimize.replay import Replay
from twin.scenario.plan import Plan
from twin.scenario.scenario import Scenario

if TYPE_CHECKING:
    from twin.optimize.optimize import PlanResult
    from twin.optimize.trade_off import FrontResult, TariffsResult

POINT = ("limit", "value", "cost_krw", "bound_krw")
LOADS = ("grid_kw", "scheduled_kw", "other_kw", "pv_kw")


def plan_to_store(result: PlanResult) -> StoredResult:
    """Scenario, plan, figures of all replications, the plan's loads, and the trace of its replay with randomness off."""
    trace = result.deterministic.trace
    content = {
        "scenario": result.scenario.payload(),
        "plan": result.plan.to_json(),
        "own": dict(result.own.figures),
        "violations": [violation.payload() for violation in result.violations],
        "runs": {name: [dict(one) for one in runs] for name, runs in result.runs.items()},
        "off": {name: dict(figures) for name, figures in result.off.items()},
        "seed": result.seed,
        "reproducible": result.reproducible,
        "trace": trace_json(trace),
    }
    tables = {"loads": {name: getattr(result.own, name) for name in LOADS}}
    return StoredResult(content, tables | {f"trace_{name}": table.columns for name, table in trace.tables.items()})


def plan_from_store(stored: StoredResult) -> PlanResult:
    """The result that :func:`plan_to_store` gave; bill and accounts are computed again. Raises InputFault where it is none."""
    from twin.optimize.optimize import PlanResult

    try:
        content = stored.json
        scenario, plan = Scenario.from_payload(content["scenario"]), Plan.from_json(content["plan"])
        loads = {name: np.asarray(stored.tables["loads"][name], float) for name in LOADS}
        trace = trace_of(content["trace"], stored.tables)
        slots = Slots(plan.start_s, plan.slot_s, round(plan.horizon_s / plan.slot_s))
        own = PlanFigures(
            **loads, bill=bill_of_slots(scenario, slots, loads["grid_kw"]), figures=_floats(content["own"])
        )
        return PlanResult(
            scenario=scenario,
            plan=plan,
            own=own,
            violations=tuple(Violation(**one) for one in content["violations"]),
            deterministic=Replay(trace, account(scenario, trace)),
            runs={name: [_floats(one) for one in runs] for name, runs in content["runs"].items()},
            off={name: _floats(figures) for name, figures in content["off"].items()},
            seed=content["seed"],
            reproducible=content["reproducible"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"not a stored plan: {error}"
        raise InputFault(msg) from None


def _floats(numbers: dict[str, float]) -> dict[str, float]:
    """Canonical JSON writes whole floats as integers: floats again."""
    return {name: float(value) for name, value in numbers.items()}


def front_to_store(result: FrontResult) -> StoredResult:
    """The points without their schedules."""
    points = [
        {name: _finite(getattr(point, name)) for name in POINT}
        | {"shadow_krw": point.shadow_krw, "marginal_krw": point.marginal_krw}
        for point in result.found.points
    ]
    content = {
        "scenario": result.scenario.payload(),
        "axis": result.axis,
        "points": points,
        "least": _finite(result.found.least),
        "constant_factor": result.constant_factor,
        "reproducible": result.reproducible,
    }
    return StoredResult(content)


def front_from_store(stored: StoredResult) -> FrontResult:
    """The front that :func:`front_to_store` gave. Raises InputFault where it is none."""
    from twin.optimize.trade_off import FrontResult, known_axis

    try:
        content = stored.json
        points = tuple(
            FrontPoint(
                **{name: -math.inf if one[name] is None else float(one[name]) for name in POINT},
                shadow_krw=one["shadow_krw"],
                marginal_krw=one["marginal_krw"],
                starts={},
            )
            for one in content["points"]
        )
        least = -math.inf if content["least"] is None else float(content["least"])
        return FrontResult(
            Scenario.from_payload(content["scenario"]),
            Front(known_axis(content["axis"]), points, least),
            content["constant_factor"],
            content["reproducible"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"not a stored front: {error}"
        raise InputFault(msg) from None


def tariffs_to_store(result: TariffsResult) -> StoredResult:
    """Every plan with its tariff."""
    stored = {name: plan_to_store(plan) for name, plan in result.plans.items()}
    tables = {
        f"tariff{k}_{table}": columns for k, one in enumerate(stored.values()) for table, columns in one.tables.items()
    }
    plans = [{"tariff": name, "plan": dict(one.json)} for name, one in stored.items()]
    return StoredResult({"scenario": result.scenario.payload(), "plans": plans}, tables)


def tariffs_from_store(stored: StoredResult) -> TariffsResult:
    """The plans that :func:`tariffs_to_store` gave. Raises InputFault where they are none."""
    from twin.optimize.trade_off import TariffsResult

    try:
        plans = {}
        for k, one in enumerate(stored.json["plans"]):
            own = f"tariff{k}_"
            tables = {name.removeprefix(own): table for name, table in stored.tables.items() if name.startswith(own)}
            plans[one["tariff"]] = plan_from_store(StoredResult(one["plan"], tables))
        return TariffsResult(Scenario.from_payload(stored.json["scenario"]), plans)
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"not stored plans under tariffs: {error}"
        raise InputFault(msg) from None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
