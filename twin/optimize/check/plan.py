"""The independent checker: plan and scenario in, broken rules out, each by name. Shares no code with the formulation.

It works on times in seconds and on single batches, not on slots and counts; durations, metal and energy come from the kinds of equipment
themselves, furnace by furnace in the order planned, with the thermal history that this order has; money comes from the ledger's second
route. What the plan's own model claims about energy, bill, carbon and lateness is compared with what comes out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from twin.optimize.check.batches import batch_violations, job_violations
from twin.optimize.check.claims import Claim, battery_violations, claim_violations
from twin.optimize.check.metal import metal_violations
from twin.optimize.check.sharing import Work, shared_violations
from twin.optimize.check.site import Site, site_of
from twin.optimize.check.targets import target_violations
from twin.optimize.check.types import RULES, Violation
from twin.optimize.problem.state import snapshot

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

__all__ = ["RULES", "Claim", "Violation", "check"]


def check(scenario: Scenario, plan: Plan, claim: Claim | None = None, *, site: Site | None = None) -> list[Violation]:
    """Every rule that the plan breaks; empty for a good plan.

    ``claim``: what the plan's model says of itself, checked too where given. ``site``: what :func:`site_of` read from the scenario, to
    check several plans of one scenario.
    """
    here = site_of(scenario, plan, snapshot(scenario, plan.start_s)) if site is None else site
    return list(_all(scenario, plan, claim, here))


def _all(scenario: Scenario, plan: Plan, claim: Claim | None, site: Site) -> Iterator[Violation]:
    yield from batch_violations(plan, site)
    yield from job_violations(plan, site)
    yield from shared_violations(scenario, _works(plan, site))
    yield from metal_violations(plan, site)
    yield from battery_violations(scenario, plan)
    if claim is not None:
        yield from claim_violations(scenario, plan, claim, site)
        yield from target_violations(scenario, plan, claim, site)


def _works(plan: Plan, site: Site) -> Iterator[Work]:
    """Lots planned, and those under way when the plan begins, on units beside which metal waits: of the others a plan does not say it."""
    waits = {name: cell for name, cell in site.cells.items() if cell.window_s == math.inf}
    yield from (Work(name, plan.start_s, cell.state.free_s) for name, cell in waits.items())
    for batch in plan.batches:
        if batch.kind == "job" and batch.equipment in waits:
            yield Work(batch.equipment, batch.not_before_s, batch.not_before_s + batch.duration_s)
