"""Lines of loads under the verb: planned again from an earlier plan, window by window, with targets."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.optimize.shop_day import planned, two_furnaces
from twin.core.faults import Infeasible
from twin.optimize.check.line import LineClaim, check_line
from twin.optimize.derive.line_at_work import NAME, unit_at_work
from twin.optimize.derive.shop_feedback import since
from twin.optimize.explain.line import refuse_line
from twin.optimize.limit import Limit
from twin.optimize.optimize import planned_figures, violations, with_limits_told
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.shop_state import line_state
from twin.optimize.replay import replay
from twin.optimize.rolling import Rolled, ahead_of, begun_of, roll
from twin.optimize.schedule_shop import LineLoop
from twin.optimize.works import as_derived, works_of
from twin.scenario.plan import Plan
from twin.scenario.scenario import Scenario

NINE_H = 9.0 * 3600.0
MONDAY = {"day": "mon", "at": "22:00"}


@cache
def again() -> tuple[Scenario, Rolled]:
    """The plan of the day, planned again from 09:00 on, an hour into its first load."""
    scenario, _, found = planned()
    slots = slots_of(scenario)
    ahead = ahead_of(scenario, slots, found.plan, NINE_H)
    begun = begun_of(scenario, slots, found.plan, ahead.start_s)
    seen = replay(scenario, slots.end_s, None).trace
    return scenario, roll(scenario, ahead, seen, Limit(1, None), begun=begun)


def test_what_is_under_way_stands() -> None:
    """Proves: the load begun at 08:00 stays as it is, nothing is planned twice or lost, the furnace takes no other load until it is done.

    Sensitivity: a furnace counted as free at 09:00 would be given two loads at once.
    """
    _, rolled = again()
    _, _, found = planned()
    jobs = sorted((str(b.job), b.equipment) for b in rolled.plan.batches)
    assert jobs == sorted((str(b.job), b.equipment) for b in found.plan.batches)
    kept = [b for b in rolled.plan.batches if b.not_before_s < NINE_H]
    assert kept == [b for b in found.plan.batches if b.not_before_s < NINE_H] != []
    done = rolled.begun.state.units["harden.1"].free_s
    assert NINE_H < done <= kept[0].not_before_s + kept[0].duration_s
    assert min(b.not_before_s for b in rolled.plan.batches if b.not_before_s >= NINE_H) >= done
    assert all(unit_at_work(str(b.job)) is None for b in rolled.plan.batches)


def test_a_plan_made_again_is_checked_and_replayed() -> None:
    """Proves: no rule is broken from the state at 09:00 on, the rest of the load's gas counted; replayed, the energy from then on agrees
    within 2 % and nothing is later. Sensitivity: waiting furnaces counted twice in the first slots.
    """
    scenario, rolled = again()
    ahead = ahead_of(scenario, slots_of(scenario), rolled.plan, NINE_H)
    own = planned_figures(scenario, ahead, rolled)
    assert violations(scenario, ahead, rolled, own) == []
    seen = rolled.last.replay
    kwh = seen.accounts.load.kwh[round(NINE_H / 900.0) :].sum()
    assert kwh == pytest.approx(float(own.grid_kw.sum()) * 0.25, rel=0.02)
    assert seen.figures["lateness_h"] == 0.0


def test_flows_begin_where_the_plan_does() -> None:
    """Proves: a decaying flow cut at a time has the same energy from there on; one that ended before is gone."""
    scenario, _, _ = planned()
    flows = replay(scenario, 86400.0, None).trace.flows
    cut = since(flows, NINE_H)
    assert (cut["t0"] >= NINE_H).all()
    rates = [
        float(np.sum(rows["base"][on] + rows["amp"][on] * np.exp(-(NINE_H + 60.0 - rows["t0"][on]) / rows["tau"][on])))
        for rows in (flows, cut)
        for on in [(rows["t0"] <= NINE_H + 60.0) & (rows["t1"] > NINE_H + 60.0)]
    ]
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def test_lots_due_later_are_left_to_the_next_window() -> None:
    """Proves: of fourteen lots due on Tuesday a window of Monday takes eight, Tuesday's the rest; each once, no rule broken.

    Sensitivity: a window that had to do all would have no plan; a plant that went on with lots left to Tuesday would disagree.
    """
    scenario = two_furnaces(orders__pin__quantity=2800, plan__horizon="2 days", plan__window="24 h")
    slots = slots_of(scenario)
    seen = replay(scenario, slots.end_s, None).trace
    rolled = roll(scenario, slots, seen, Limit(1, None))
    first, second = rolled.parts
    assert len(first.schedule.plan.later) + len({b.job for b in first.schedule.plan.batches}) == 14
    assert first.schedule.plan.later
    assert second.schedule.plan.later == ()
    assert len({b.job for b in rolled.plan.batches}) == 14
    assert rolled.plan.bound_krw is None
    own = planned_figures(scenario, slots, rolled)
    assert violations(scenario, slots, rolled, own) == []
    assert rolled.last.replay.figures["energy_kwh"] == pytest.approx(own.figures["energy_kwh"], rel=0.02)
    assert rolled.last.replay.accounts.kpis["bill_krw"] == pytest.approx(own.bill.total, rel=0.01)
    assert works_of(scenario, slots).told(rolled.parts) == {"slack_h": 0.0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plan__targets__output": "1700 kg"}, "output target short by 100.0 kg; feasible with 1,600.0 kg"),
        ({"plan__targets__reduction": "30 %"}, r"reduction against as operated short by .* less than as operated"),
        ({"plan__targets__intensity": "200 kgCO2e/t"}, "emissions per tonne short by .* kgCO2e/t"),
        (
            {"plan__targets__lateness": "0 h", "orders__pin__due": {"day": "mon", "at": "14:00"}},
            r"lateness target short by .* all due dates \d",
        ),
    ],
)
def test_targets_out_of_reach_are_named(changes: dict[str, object], said: str) -> None:
    """Proves: what no plan can reach is said with its least relaxation, in English and Korean. Sensitivity: a search that gives up."""
    scenario = two_furnaces(**{"orders__pin__due": MONDAY, **changes})
    loop = _loop(scenario)
    with pytest.raises(Infeasible, match=said) as refused:
        refuse_line(loop.line, loop.targets, loop.optional())
    assert "부족" in refused.value.told("ko")
    assert refused.value.payload()["status"] == "infeasible"


def _loop(scenario: Scenario) -> LineLoop:
    slots = slots_of(scenario)
    state = line_state(scenario, slots.start_s, slots.end_s)
    seen = replay(scenario, slots.end_s, None).trace
    return LineLoop(scenario, slots, state, seen, None, as_derived, lambda *_: None)


def test_emissions_asked_for_are_a_cap() -> None:
    """Proves: the least of cap, reduction and intensity at the output of all lots is what the search keeps; lots left give none."""
    scenario = two_furnaces(plan__emission_cap="420 kgCO2e", plan__targets__intensity="250 kgCO2e/t")
    loop = _loop(scenario)
    assert loop.line.shop.carbon.cap_kg == pytest.approx(0.25 * 1600.0)
    assert loop.line.own_cap_kg == 420.0
    later = tuple(loop.state.lots)[:2]
    assert loop.targets.cap_kg(420.0, later) == pytest.approx(0.25 * 1200.0)


def test_output_asked_for_makes_lots_due_later_needed() -> None:
    """Proves: of eight lots due after the horizon three may be left where 1,000 kg are asked for. Sensitivity: all of them optional."""
    assert len(_loop(two_furnaces(plan__targets__output="1000 kg")).optional()) == 3
    assert len(_loop(two_furnaces()).optional()) == 8


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("lateness_target", {"plan__targets__lateness": "0 h", "orders__pin__due": {"day": "mon", "at": "12:00"}}),
        ("output_target", {"plan__targets__output": "1601 kg"}),
        ("intensity_target", {"plan__targets__intensity": "200 kgCO2e/t"}),
        ("reduction_target", {"plan__targets__reduction": "50 %"}),
    ],
)
def test_a_missed_target_is_named_by_the_checker(rule: str, changes: dict[str, object]) -> None:
    """Proves: the plan of the day, judged by a scenario that asks for more, breaks that target by name."""
    _, _, found = planned()
    scenario = two_furnaces(**changes)
    figures = found.replay.figures
    grid = np.zeros(96)
    claim = LineClaim(grid, grid, {}, 0.0, figures["carbon_kg"], 3.0 if rule == "lateness_target" else 0.0)
    state = line_state(scenario, 0.0, 86400.0)
    assert rule in {one.rule for one in check_line(scenario, found.plan, claim, state=state)}


def test_names() -> None:
    """Proves: what stands for a unit at work is told from lots."""
    assert unit_at_work(NAME + "harden.1") == "harden.1"
    assert unit_at_work("pin/once/1") is None
    plan = Plan(0.0, 1.0, 1.0, later=("a",))
    assert Plan.from_json(plan.to_json()) == plan


def test_a_window_without_lots() -> None:
    """Proves: where there is nothing to do the plan is empty and optimal. Sensitivity: an empty matrix."""
    scenario = two_furnaces()
    slots = slots_of(scenario)
    state = replace(line_state(scenario, slots.start_s, slots.end_s), lots={})
    loop = LineLoop(
        scenario, slots, state, replay(scenario, slots.end_s, None).trace, None, as_derived, lambda *_: None
    )
    loop.searched_whole(Limit(1, None))
    found = loop.schedule()
    assert found.plan.batches == ()
    assert (found.plan.status, found.solution.gap) == ("optimal", 0.0)


def test_what_is_not_planned_is_told() -> None:
    """Proves: a crane that loading needs is named in the plan's notes; without it there is no such note."""
    plan = Plan(0.0, 900.0, 900.0)
    needs = {"crane": {"during": "loading", "for": "5 min"}}
    crane = two_furnaces(resources={"crane": {"units": 1}}, stations__temper__needs=needs)
    (note,) = with_limits_told(crane, plan).notes
    assert "at temper (needs) is not planned" in note
    assert with_limits_told(two_furnaces(), plan).notes == ()
