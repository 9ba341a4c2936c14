"""Cranes that lots hold all along, as capacities of a plan; what is left to the plant."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.optimize.day import foundry, scheduled, slots
from tests.optimize.shop_day import planned, two_furnaces
from twin.models.batches import BatchProcess
from twin.models.casting import DieCastingCell
from twin.optimize.check.line import check_line
from twin.optimize.check.plan import check
from twin.optimize.check.sharing import Work, shared_violations
from twin.optimize.derive.foundry import Feedback, derive
from twin.optimize.derive.sharing import held_by, shared, unplanned
from twin.optimize.derive.shop import derive_shop
from twin.optimize.derive.shop_feedback import LineFeedback
from twin.optimize.limit import Limit
from twin.optimize.problem.grid import Slots, slots_of
from twin.optimize.problem.shop_state import line_state
from twin.optimize.problem.state import snapshot
from twin.optimize.replay import replay
from twin.optimize.schedule_shop import LineSchedule, schedule_line
from twin.scenario.plan import Plan, PlannedBatch
from twin.scenario.scenario import Scenario

CRANE: dict[str, Any] = {"resources": {"crane": {"units": 1}}}


def _one_crane(**changes: Any) -> Scenario:
    """Both furnaces hold the one crane for the whole of a load."""
    needs = {"crane": {"units": 1}}
    return two_furnaces(**(CRANE | changes), stations__harden__needs=needs, stations__temper__needs=needs)


@cache
def _scheduled() -> tuple[Scenario, LineSchedule]:
    scenario = _one_crane()
    grid = slots_of(scenario)
    state = line_state(scenario, grid.start_s, grid.end_s)
    return scenario, schedule_line(scenario, grid, state, replay(scenario, grid.end_s, None).trace, Limit(1, None))


def test_what_is_held_and_what_is_left() -> None:
    """Proves: one crane in every slot; none while a load that was begun before goes on, for as many slots as it touches; never below none.

    Sensitivity: a crane that is free at the plan's beginning though a load under way holds it.
    """
    scenario = _one_crane()
    grid = slots_of(scenario)
    assert held_by(scenario, "harden") == {"shared.crane": 1.0}
    assert shared(scenario, grid, {})["shared.crane"].available.tolist() == [1.0] * grid.count
    busy = {"harden.1": grid.start_s + 1.2 * grid.slot_s, "temper.1": grid.start_s + 0.5 * grid.slot_s}
    found = shared(scenario, grid, busy)["shared.crane"]
    assert found.available.tolist() == [0.0, 0.0] + [1.0] * (grid.count - 2)
    assert found.overtime is None


def test_people_are_counted_as_the_plant_counts_them() -> None:
    """Proves: two of a crew of three leave one, whatever the hour. Sensitivity: none of a crew at night, so that nothing long begins."""
    heat = {"people": 2, "shifts": ["day"], "wage": "15000 KRW/h"}
    crews = {"heat": heat, "fitters": {**heat, "people": 3}}
    scenario = two_furnaces(crews=crews, stations__temper__needs={"fitters": {"units": 2}})
    grid = slots_of(scenario)
    assert set(shared(scenario, grid, {})["shared.fitters"].available) == {3.0}
    assert held_by(scenario, "temper") == {"shared.fitters": 2.0}


def test_a_plan_hands_the_crane_over() -> None:
    """Proves: with one crane no load of the box furnace overlaps one of the pit furnace, the checker finds nothing; the plan that
    knew of no crane is refused by the rule's name.

    Sensitivity: needs that reach the notes alone.
    """
    scenario, found = _scheduled()
    spans = sorted({(b.not_before_s, b.not_before_s + b.duration_s, b.equipment) for b in found.plan.batches})
    assert {name for _, _, name in spans} == {"harden.1", "temper.1"}
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert check_line(scenario, found.plan) == []
    assert {v.rule for v in check_line(scenario, planned()[2].plan)} == {"shared"}


def test_the_load_under_way_is_told_to_the_checker() -> None:
    """Proves: planned from ten in the morning, when a load is in the pit furnace and one for the box furnace waits for the crane, nobody
    has it until the first is done, and the lots of the second are open. Sensitivity: a load that waits would be done never.
    """
    scenario = _one_crane()
    day = slots_of(scenario)
    late = Slots(day.start_s + 10 * 3600.0, day.slot_s, day.count)
    state = line_state(scenario, late.start_s, late.end_s)
    (busy,) = [unit for unit in state.units.values() if unit.loaded]
    assert busy.free_s > late.start_s
    assert state.units["harden.1"].free_s == late.start_s
    assert state.lots["pin/once/2"].step == 0
    line = derive_shop(scenario, late, state, LineFeedback(np.zeros(late.count)))
    free = line.shop.capacities["shared.crane"].available
    assert free.sum() == late.count - late.whole(busy.free_s - late.start_s)
    plan = Plan(late.start_s, late.slot_s, late.slot_s * late.count)
    early = PlannedBatch("harden.1", "job", "pin/once/2", "pin", "pin/once/2", late.start_s, 7200.0, 200.0, 200)
    assert "shared" in {v.rule for v in check_line(scenario, replace(plan, batches=(early,)), state=state)}


@pytest.mark.parametrize(("units", "broken"), [(1, ["shared"]), (2, [])])
def test_held_at_once(units: int, broken: list[str]) -> None:
    """Proves: two loads an hour apart of two hours each hold two cranes for an hour; one after the other one is enough."""
    scenario = _one_crane(resources={"crane": {"units": units}})
    overlapping = [Work("harden.1", 0.0, 7200.0), Work("temper.1", 3600.0, 10800.0)]
    assert [v.rule for v in shared_violations(scenario, overlapping)] == broken
    after = [Work("harden.1", 0.0, 7200.0), Work("temper.1", 7200.0, 10800.0)]
    assert list(shared_violations(scenario, after)) == []


def test_cells_that_share_a_crane() -> None:
    """Proves: lots of die casting cells hold the crane in the problem of a foundry, and the checker refuses two at once.

    Sensitivity: capacities that only lines know.
    """
    scenario = foundry().changed({**CRANE, "stations.cast.needs": {"crane": {"units": 1}}})
    problem = derive(scenario, slots(), snapshot(scenario, 0.0), Feedback(np.zeros(slots().count))).problem
    lots = [task for task in problem.tasks.values() if task.role == "lot"]
    assert lots
    assert all(task.uses == {"shared.crane": 1.0} for task in lots)
    assert problem.capacities["shared.crane"].available.max() == 1.0
    assert "shared" in {v.rule for v in check(scenario, scheduled().plan)}
    assert check(scenario.changed({"resources.crane.units": 2}), scheduled().plan) == []


def test_what_is_not_planned() -> None:
    """Proves: what loading needs, and stations of a kind that is not scheduled, are named; what whole loads need is not."""
    loading = two_furnaces(**CRANE, stations__temper__needs={"crane": {"during": "loading", "for": "5 min"}})
    assert unplanned(loading, BatchProcess) == ["temper"]
    assert unplanned(_one_crane(), BatchProcess) == []
    assert unplanned(_one_crane(), DieCastingCell) == ["harden", "temper"]
