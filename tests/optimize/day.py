"""The shipped aluminium foundry with a day and a half of work: small enough to be scheduled in seconds."""

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
from twin.optimize.replay import Replay, replay
from twin.optimize.schedule import Schedule, schedule
from twin.scenario.scenario import Scenario, read

FOUNDRY = Path(__file__).parents[2] / "scenarios" / "aluminium-foundry.yaml"
DAY: dict[str, Any] = {
    "plan.horizon": "36 h",
    "run.duration": "1 week",
    "run.replications": 2,
    "orders.weekly_housing.quantity": 200,
    "orders.weekly_housing.due": {"day": "tue", "at": "12:00"},
    "orders.weekly_bracket.quantity": 200,
    "orders.weekly_bracket.due": {"day": "tue", "at": "12:00"},
}


@cache
def foundry() -> Scenario:
    """The scenario."""
    return read(FOUNDRY).changed(DAY)


@cache
def by_rule() -> Replay:
    """The plant by its own rule."""
    return replay(foundry(), slots().end_s, None)


@cache
def slots() -> Slots:
    """Its slots."""
    return slots_of(foundry())


@cache
def scheduled(iterations: int = 12) -> Schedule:
    """A plan of it."""
    return schedule(foundry(), slots(), snapshot(foundry(), 0.0), by_rule().trace, Limit(iterations, None))


@cache
def own() -> PlanFigures:
    """What the plan's model says of itself."""
    return own_figures(foundry(), slots(), scheduled())


def claim() -> Claim:
    """The same, as the checker takes it."""
    return claim_of(own())
