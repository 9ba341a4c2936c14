"""What the plan of a :class:`Schedule` says of itself, as tests of the checker take it."""

from __future__ import annotations

from twin.optimize.check.claims import Claim
from twin.optimize.plan.figures import PlanFigures, plan_figures
from twin.optimize.problem.grid import Slots
from twin.optimize.schedule import Schedule
from twin.scenario.scenario import Scenario


def own_figures(scenario: Scenario, slots: Slots, found: Schedule) -> PlanFigures:
    """Figures of the plan from its own model."""
    return plan_figures(scenario, slots, found.derived.problem, found.solution, found.feedback.other_kw)


def claim_of(own: PlanFigures) -> Claim:
    """The same, as the checker takes it."""
    figures = own.figures
    return Claim(
        own.grid_kw,
        own.scheduled_kw,
        figures["energy_kwh"],
        own.bill.total,
        figures["carbon_kg"],
        figures["lateness_h"],
    )
