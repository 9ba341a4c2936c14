"""The checker of plans of loads: a good plan passes, a plan that breaks one rule is rejected by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.optimize.shop_day import planned
from twin.optimize.check.line import LineClaim, check_line
from twin.optimize.plan.figures_shop import burnt, line_figures
from twin.optimize.problem.grid import slots_of
from twin.scenario.plan import Plan, PlannedBatch, StateCommand

Change = Callable[[Plan], Plan]


def _claim() -> LineClaim:
    scenario, state, found = planned()
    schedule = found.solution.plan
    assert schedule is not None
    own = line_figures(scenario, slots_of(scenario), found.line, state, schedule)
    others = burnt(found.line, schedule)
    figures = own.figures
    return LineClaim(own.grid_kw, own.scheduled_kw, others, own.bill.total, figures["carbon_kg"], figures["lateness_h"])


def _rules(plan: Plan, claim: LineClaim | None = None) -> set[str]:
    scenario, state, _ = planned()
    return {violation.rule for violation in check_line(scenario, plan, claim, state=state)}


def test_the_plan_passes_and_its_replay_agrees() -> None:
    """Proves: no rule broken; replayed, energy within 2 %, bill within 1 %, nothing late. Sensitivity: waiting furnaces left out."""
    scenario, state, found = planned()
    assert check_line(scenario, found.plan, _claim(), state=state) == []
    schedule = found.solution.plan
    assert schedule is not None
    own = line_figures(scenario, slots_of(scenario), found.line, state, schedule)
    seen = found.replay
    assert seen.figures["energy_kwh"] == pytest.approx(own.figures["energy_kwh"], rel=0.02)
    assert seen.accounts.kpis["bill_krw"] == pytest.approx(own.bill.total, rel=0.01)
    assert seen.figures["lateness_h"] == own.figures["lateness_h"] == 0.0
    assert found.solution.bound_krw <= found.solution.objective_krw


def _every(plan: Plan, change: Callable[[PlannedBatch], PlannedBatch]) -> Plan:
    return replace(plan, batches=tuple(change(b) for b in plan.batches))


def _first_load(plan: Plan, **to: object) -> Plan:
    first = min((b for b in plan.batches if b.equipment == "harden.1"), key=lambda b: b.not_before_s)
    return _every(plan, lambda b: replace(b, **to) if b.load == first.load else b)  # type: ignore[arg-type]


def _one(plan: Plan, where: str, /, **to: object) -> Plan:
    chosen = next(b for b in plan.batches if b.equipment == where)
    return _every(plan, lambda b: replace(b, **to) if b is chosen else b)  # type: ignore[arg-type]


def _together(plan: Plan) -> Plan:
    """Two loads of the box furnace as one."""
    loads = sorted({(b.not_before_s, b.load) for b in plan.batches if b.equipment == "harden.1"})
    (at, name), (_, other) = loads[0], loads[1]
    return _every(plan, lambda b: replace(b, load=name, not_before_s=at) if b.load == other else b)


def _alone(plan: Plan) -> Plan:
    """A lot of the first load of the box furnace in a load of its own at the end."""
    last = max(b.not_before_s + b.duration_s for b in plan.batches if b.equipment == "harden.1")
    chosen = next(b for b in plan.batches if b.equipment == "harden.1")
    return _every(plan, lambda b: replace(b, load="harden.1/x", not_before_s=last) if b is chosen else b)


BROKEN: dict[str, Change] = {
    "known_equipment": lambda p: _one(p, "harden.1", equipment="harden.7"),
    "inside_horizon": lambda p: _first_load(p, not_before_s=86400.0 - 900.0),
    "on_slot": lambda p: _first_load(p, not_before_s=30_000.0 + 123.0),
    "known_job": lambda p: _one(p, "harden.1", job="pin/once/99", key="pin/once/99"),
    "pieces": lambda p: _one(p, "harden.1", pieces=7),
    "missing": lambda p: replace(p, horizon_s=2 * 86400.0, batches=p.batches[:0]),
    "once": lambda p: replace(p, batches=(*p.batches, replace(p.batches[0], load="again", not_before_s=75_600.0))),
    "operations": lambda p: replace(p, batches=tuple(b for b in p.batches if b.equipment != "temper.1")),
    "load_together": lambda p: _one(p, "harden.1", duration_s=8100.0),
    "load_room": _together,
    "minimum_fill": _alone,
    "one_at_a_time": lambda p: _every(p, lambda b: replace(b, not_before_s=43_200.0 - 900.0)),
    "crew_present": lambda p: _first_load(p, not_before_s=5.0 * 3600.0),
    "working_time": lambda p: _first_load(p, not_before_s=21.0 * 3600.0),
    "load_long_enough": lambda p: _first_load(p, duration_s=900.0),
    "started_up": lambda p: replace(p, commands=tuple(c for c in p.commands if c.state == "off")),
    "command": lambda p: replace(p, commands=(*p.commands, StateCommand("harden.1", 0.0, "sleeping"))),
    "battery": lambda p: replace(p, battery_kw=(1.0,)),
    "released": lambda p: replace(p, batches=tuple(replace(b, not_before_s=-900.0) for b in p.batches)),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named(rule: str) -> None:
    """Proves: the plan with one thing changed is rejected, that rule among those named. Sensitivity: a rule that sees nothing."""
    _, _, found = planned()
    assert rule in _rules(BROKEN[rule](found.plan))


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("claimed_scheduled_kwh", lambda c: replace(c, scheduled_kw=c.scheduled_kw * 1.05)),
        ("claimed_fuels", lambda c: replace(c, others={k: v * 1.05 for k, v in c.others.items()})),
        ("claimed_bill", lambda c: replace(c, bill_krw=c.bill_krw * 1.001)),
        ("claimed_carbon", lambda c: replace(c, carbon_kg=c.carbon_kg + 1.0)),
        ("claimed_lateness", lambda c: replace(c, lateness_h=-3.0)),
    ],
)
def test_a_wrong_claim_is_named(rule: str, change: Callable[[LineClaim], LineClaim]) -> None:
    """Proves: figures that the plan's model gets wrong are named. Sensitivity: claims taken on trust."""
    _, _, found = planned()
    assert _rules(found.plan, change(_claim())) == {rule}


def test_a_cap_is_checked() -> None:
    """Proves: a load above the cap is named. Sensitivity: a cap checked on energy."""
    scenario, state, found = planned()
    claim = _claim()
    capped = scenario.changed({"site.power_cap": f"{float(np.max(claim.grid_kw)) - 1.0:.3f} kW"})
    assert "power_cap" in {v.rule for v in check_line(capped, found.plan, claim, state=state)}
