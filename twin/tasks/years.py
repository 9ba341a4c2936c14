"""The composed years of many variants of a scenario at once, with plans for the weeks of those that the optimiser dispatches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.core.progress import Progress, silent
from twin.experiment.annual import AnnualRequest, annual_many
from twin.ledger.year import YearAccounts
from twin.ledger.year_layout import representative_scenarios

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

PLAN_ITERATIONS = 200
"""Limit of the search for each week's plan where a variant is dispatched by the optimiser; iterations, so that results are reproducible."""


@dataclass(frozen=True)
class Variant:
    """One scenario whose year is wanted, in these replications."""

    name: str
    scenario: Scenario
    replications: tuple[int, ...]


@dataclass(frozen=True)
class Years:
    """Years of one variant by replication, and the plans that its weeks followed."""

    variant: Variant
    years: tuple[YearAccounts, ...]
    plans: Mapping[str, Plan]


def simulate_years(
    variants: Sequence[Variant], *, seed: int, jobs: int = 1, cluster: str | None = None, progress: Progress = silent,
    checkpoint: Path | None = None,
) -> list[Years]:
    """The composed year of every variant and replication, paired by the same draws. Raises BalanceBroken, InputFault, Infeasible."""
    if not variants:
        return []
    plans = [_plans(variant.scenario, progress) for variant in variants]
    requests = [
        AnnualRequest(variant.scenario, {name: (plan,) for name, plan in mine.items()}, replications=variant.replications)
        for variant, mine in zip(variants, plans, strict=True)]
    found = annual_many(requests, seed=seed, jobs=jobs, cluster=cluster, progress=progress, checkpoint=checkpoint)
    return [Years(variant, one.years, mine) for variant, one, mine in zip(variants, found, plans, strict=True)]


def _plans(scenario: Scenario, progress: Progress) -> dict[str, Plan]:
    """Plans of the representative weeks where the dispatch is the optimiser's; none otherwise.

    The weeks are simulated without PV and battery, which are laid on afterwards; the plan knows of them.
    """
    if scenario.spec.dispatch.rule != "optimized":
        return {}
    from twin.optimize.resolve import resolve

    site = scenario.tree["site"]
    wanted = {
        name: part.changed({f"site.{key}": site[key] for key in ("pv", "battery") if site.get(key) is not None})
        for name, part in representative_scenarios(scenario).items()}
    plans = {}
    for done, (name, part) in enumerate(wanted.items()):
        progress(done, len(wanted), "plans of the year's weeks")
        plans[name] = resolve(part, iterations=PLAN_ITERATIONS)
    progress(len(wanted), len(wanted), "plans of the year's weeks")
    return plans
