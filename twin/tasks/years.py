"""The composed year of many variants of a scenario at once: all replications of all of them are one list of cases, spread over the workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.core.progress import Progress, silent
from twin.experiment.checkpoint import Checkpoint
from twin.experiment.runner import Case, map_cases
from twin.ledger.year import YearAccounts, compose
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
    parts = [representative_scenarios(variant.scenario) for variant in variants]
    plans = [_plans(part, progress) for part in parts]
    cases: list[Case] = []
    for variant, part, plan in zip(variants, parts, plans, strict=True):
        for replication in variant.replications:
            cases += [
                Case(scenario.payload(), plan[name].to_json() if name in plan else None, seed, replication, bill=False)
                for name, scenario in part.items()]
    outcomes = iter(map_cases(
        cases, jobs=jobs, cluster=cluster, progress=progress, checkpoint=None if checkpoint is None else Checkpoint(checkpoint),
        text="weeks of the year"))
    found = []
    for variant, part, plan in zip(variants, parts, plans, strict=True):
        years = tuple(
            compose(variant.scenario, {name: next(outcomes).result for name in part}) for _ in variant.replications)
        found.append(Years(variant, years, plan))
    return found


def _plans(part: Mapping[str, Scenario], progress: Progress) -> dict[str, Plan]:
    """Plans of the representative weeks where the dispatch is the optimiser's; none otherwise."""
    wanted = {name: scenario for name, scenario in part.items() if scenario.spec.dispatch.rule == "optimized"}
    if not wanted:
        return {}
    from twin.optimize.resolve import resolve

    plans = {}
    for done, (name, scenario) in enumerate(wanted.items()):
        progress(done, len(wanted), "plans of the year's weeks")
        plans[name] = resolve(scenario, iterations=PLAN_ITERATIONS)
    progress(len(wanted), len(wanted), "plans of the year's weeks")
    return plans
