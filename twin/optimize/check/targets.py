"""Rules of a plan's targets, from its batches and what it claims: lateness, output, emissions per output, emissions against as operated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from twin.experiment.draws import MeanDraws
from twin.ledger.accounts import account
from twin.models.plant import simulate
from twin.optimize.check.types import Violation

if TYPE_CHECKING:
    from twin.optimize.check.claims import Claim
    from twin.optimize.check.site import Site
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

SHARE = 1e-3
"""emissions as operated come from another route than the plan's (the ledger's, with what melting itself gives off)"""
SECOND_H = 1.0 / 3600.0


def target_violations(scenario: Scenario, plan: Plan, claim: Claim, site: Site) -> Iterator[Violation]:
    """Every target of ``plan.targets`` that the plan of a foundry misses."""
    yield from missed_targets(scenario, plan, claim.lateness_h, claim.carbon_kg, good_kg(plan, site))


def missed_targets(
    scenario: Scenario, plan: Plan, lateness_h: float, carbon_kg: float, output_kg: float
) -> Iterator[Violation]:
    """Every target of ``plan.targets`` that is missed with such lateness, emissions and good output."""
    asked = scenario.spec.plan.targets
    if asked.lateness_s is not None and lateness_h > asked.lateness_s / 3600.0 + SECOND_H:
        yield _missed(
            plan, "lateness_target", f"{lateness_h:.2f} h late; the target is {asked.lateness_s / 3600.0:.2f} h"
        )
    if asked.output_kg is not None and output_kg < asked.output_kg - 1e-3:
        yield _missed(
            plan, "output_target", f"{output_kg:.1f} kg of good output; the target is {asked.output_kg:.1f} kg"
        )
    limit = asked.intensity_kg_per_kg
    if limit is not None and carbon_kg > limit * output_kg + 1e-3:
        shown = 1000.0 * carbon_kg / output_kg if output_kg else float("inf")
        yield _missed(plan, "intensity_target", f"{shown:.1f} kg CO2e per tonne; the target is {1000.0 * limit:.1f}")
    if asked.reduction is not None:
        operated_kg = as_operated_kg(scenario, plan)
        most_kg = (1.0 - asked.reduction) * operated_kg
        if carbon_kg > most_kg + SHARE * operated_kg:
            yield _missed(
                plan,
                "reduction_target",
                f"{carbon_kg:.1f} kg; at most {most_kg:.1f} kg of {operated_kg:.1f} kg as operated",
            )


def _missed(plan: Plan, rule: str, detail: str) -> Violation:
    return Violation(rule, "site", plan.start_s, detail)


def good_kg(plan: Plan, site: Site) -> float:
    """Good castings of the lots that are over within the plan, each job once, kg."""
    end_s = plan.start_s + plan.horizon_s + 1.0
    done = {str(b.job): b for b in plan.batches if b.kind == "job" and b.not_before_s + b.duration_s <= end_s}
    total = 0.0
    for batch in done.values():
        product = site.products.get(batch.product)
        if product is not None:
            total += batch.pieces * product.mass_kg * (1.0 - product.scrap_fraction)
    return total


def as_operated_kg(scenario: Scenario, plan: Plan) -> float:
    """Emissions of the plan's horizon by the plant's own rule with randomness off, by the ledger, kg CO2e."""
    end_s = plan.start_s + plan.horizon_s
    before = 0.0
    if plan.start_s > 0.0:
        before = float(account(scenario, simulate(scenario, MeanDraws(), t_to=plan.start_s)).kpis["carbon_kg"])
    return float(account(scenario, simulate(scenario, MeanDraws(), t_to=end_s)).kpis["carbon_kg"]) - before
