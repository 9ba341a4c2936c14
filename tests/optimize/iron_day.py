"""The shipped iron foundry with a day and a half of work: two furnaces that pour straight into one moulding line."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tests.optimize.planned import claim_of, own_figures
from twin.optimize.check.plan import Claim
from twin.optimize.limit import Limit
from twin.optimize.plan.figures import PlanFigures
from twin.optimize.problem.grid import Slots, slots_of
from twin.optimize.problem.state import snapshot
from twin.optimize.replay import replay
from twin.optimize.schedule import Schedule, schedule
from twin.scenario.scenario import Scenario, read

FOUNDRY = Path(__file__).parents[2] / "scenarios" / "iron-foundry.yaml"
DAY: dict[str, Any] = {
    "plan.horizon": "36 h",
    "run.duration": "1 week",
    "orders.pump_body_1.quantity": 200,
    "orders.pump_body_1.due": {"day": "tue", "at": "12:00"},
    "orders.bracket_1.quantity": 400,
    "orders.bracket_1.due": {"day": "tue", "at": "12:00"},
    "orders.pump_body_2": None,
    "orders.bracket_2": None,
}


@cache
def foundry() -> Scenario:
    """The scenario."""
    return read(FOUNDRY).changed(DAY)


@cache
def slots() -> Slots:
    """Its slots."""
    return slots_of(foundry())


@cache
def scheduled(iterations: int = 2) -> Schedule:
    """A plan of it."""
    seen = replay(foundry(), slots().end_s, None).trace
    return schedule(foundry(), slots(), snapshot(foundry(), 0.0), seen, Limit(iterations, None))


@cache
def own() -> PlanFigures:
    """What the plan's model says of itself."""
    return own_figures(foundry(), slots(), scheduled())


def claim() -> Claim:
    """The same, as the checker takes it."""
    return claim_of(own())
