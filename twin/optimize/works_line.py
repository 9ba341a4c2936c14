"""The verb for a line of loads: schedule, check, replay, compare with the plant's own rule and with a rule of thumb."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.optimize.check.line import LineClaim, check_line
from twin.optimize.insertion.hand_rule import hand_rule_shop
from twin.optimize.plan.encode_shop import line_plan
from twin.optimize.plan.figures_shop import burnt, line_figures
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.shop import ShopPlan
from twin.optimize.problem.shop_state import line_state
from twin.optimize.replay import replay
from twin.optimize.schedule_shop import LineSchedule, schedule_line
from twin.optimize.search.shop import ShopSolution

if TYPE_CHECKING:
    from twin.core.progress import Progress
    from twin.optimize.optimize import PlanResult
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.shop_state import LineState
    from twin.optimize.schedule import Limit
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario


def optimize_line(
    scenario: Scenario,
    limit: Limit,
    *,
    replications: int,
    seed: int,
    jobs: int,
    progress: Progress,
    again: bool = False,
) -> PlanResult:
    """As :func:`twin.optimize.optimize.optimize` for a line of loads; ``scenario`` begins where the plan does.

    Raises InputFault for what is asked for and only foundries have: ``again`` (an earlier plan that stands), targets.
    """
    from twin.optimize.optimize import PlanResult, replicate

    refuse_more(scenario, again=again)
    begun = time.perf_counter()
    slots = slots_of(scenario)
    by_rule, state = replay(scenario, slots.end_s, None), line_state(scenario, slots.start_s, slots.end_s)
    found = schedule_line(scenario, slots, state, by_rule.trace, limit, progress=progress)
    schedule = found.solution.plan
    if schedule is None:
        msg = "a plan without a schedule"
        raise InputFault(msg)
    own = line_figures(scenario, slots, found.line, state, schedule)
    claim = LineClaim(
        own.grid_kw,
        own.scheduled_kw,
        burnt(found.line, schedule),
        own.bill.total,
        own.figures["carbon_kg"],
        own.figures["lateness_h"],
    )
    violations = check_line(scenario, found.plan, claim)
    thumb = thumb_plan(slots, found, state)
    runs = replicate(
        scenario,
        slots,
        {"plan": found.plan, "as_operated": None, "hand_rule": thumb},
        seed,
        replications,
        jobs,
        progress,
    )
    return PlanResult(
        scenario=scenario,
        plan=found.plan,
        own=own,
        violations=tuple(violations),
        deterministic=found.replay,
        runs=runs,
        off={"as_operated": by_rule.figures, "hand_rule": replay(scenario, slots.end_s, thumb).figures},
        seed=seed,
        reproducible=limit.seconds is None,
        meta={
            "build_s": found.build_s,
            "solve_s": found.solve_s,
            "all_s": time.perf_counter() - begun,
            "iterations": found.solution.iterations,
        },
    )


def refuse_more(scenario: Scenario, *, again: bool) -> None:
    """Raise InputFault for what plans of loads cannot do yet."""
    if again:
        msg = "a line of loads cannot be planned again from an earlier plan yet; begin the run there: run.state, run.start"
        raise InputFault(msg)
    if scenario.spec.plan.targets != type(scenario.spec.plan.targets)():
        msg = "plan.targets: a line of loads has none yet; use site.power_cap, plan.emission_cap and due dates"
        raise InputFault(msg)


def thumb_plan(slots: Slots, found: LineSchedule, state: LineState) -> Plan:
    """The rule of thumb as a plan; its furnaces are on by the roster, as without a plan."""
    shop = found.line.shop
    placed = hand_rule_shop(shop)
    if len({one.job for one in placed}) < len(shop.jobs):
        msg = "the rule of thumb finds no schedule for this scenario"
        raise InputFault(msg)
    schedule = ShopPlan(placed, (), np.zeros(shop.slots), 0.0)
    solution = ShopSolution(schedule, 0.0, 0.0, "feasible", "iterations", 0.0, 0)
    return line_plan(slots, found.line, state, solution, switch=False)
