"""The composed years of many variants of a scenario at once, with plans for the weeks of those that the optimiser dispatches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.core.progress import Progress, silent
from twin.experiment.annual import AnnualRequest, annual_many
from twin.experiment.checkpoint import Checkpoint
from twin.ledger.year import YearAccounts
from twin.ledger.year_layout import representative_scenarios

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

PLAN_ITERATIONS = 40
"""Limit of the search for each week's plan where a variant is dispatched by the optimiser; iterations, so that results are reproducible.
Three quarters come before the first replay: one walk of six-hour windows over a week of two shifts. Fewer leave its last days unimproved.
"""
PLANNED = "2 weeks"
"""How much of a representative run is planned: its base fortnight; the weeks around closed days run by due date."""


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
    variants: Sequence[Variant],
    *,
    seed: int,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress = silent,
    checkpoint: Checkpoint | None = None,
) -> list[Years]:
    """The composed year of every variant and replication, paired by the same draws. Raises BalanceBroken, InputFault, Infeasible."""
    if not variants:
        return []
    plans = _plans([variant.scenario for variant in variants], jobs, progress)
    requests = [
        AnnualRequest(
            variant.scenario, {name: (plan,) for name, plan in mine.items()}, replications=variant.replications
        )
        for variant, mine in zip(variants, plans, strict=True)
    ]
    found = annual_many(requests, seed=seed, jobs=jobs, cluster=cluster, progress=progress, checkpoint=checkpoint)
    return [Years(variant, one.years, mine) for variant, one, mine in zip(variants, found, plans, strict=True)]


def _plans(scenarios: Sequence[Scenario], jobs: int, progress: Progress) -> list[dict[str, Plan]]:
    """For each scenario the plans of its representative runs, by name; none where the dispatch is not the optimiser's.

    Equal runs are planned once. The weeks are simulated without PV and battery, which are laid on afterwards; the plan knows of them.
    """
    wanted = [_planned(scenario) if scenario.spec.dispatch.rule == "optimized" else {} for scenario in scenarios]
    unique = list(dict.fromkeys(payload for one in wanted for payload in one.values()))
    if not unique:
        return [{} for _ in scenarios]
    from joblib import Parallel, delayed

    from twin.scenario.plan import Plan

    made: dict[str, Plan] = {}
    progress(0, len(unique), "plans of the year's weeks")
    for payload, plan in Parallel(n_jobs=min(jobs, len(unique)), return_as="generator_unordered")(
        delayed(_resolved)(one) for one in unique
    ):
        made[payload] = Plan.from_json(plan)
        progress(len(made), len(unique), "plans of the year's weeks")
    return [{name: made[payload] for name, payload in one.items()} for one in wanted]


def _planned(scenario: Scenario) -> dict[str, str]:
    """What is planned of each representative run, as payloads by name."""
    site = scenario.tree["site"]
    laid_on = {f"site.{key}": site[key] for key in ("pv", "battery") if site.get(key) is not None}
    return {
        name: part.changed({**laid_on, "run.duration": PLANNED}).payload()
        for name, part in representative_scenarios(scenario).items()
    }


def _resolved(payload: str) -> tuple[str, str]:
    """A payload and the plan of its scenario, as JSON."""
    from twin.optimize.resolve import resolve
    from twin.scenario.scenario import Scenario

    return payload, resolve(Scenario.from_payload(payload), iterations=PLAN_ITERATIONS).to_json()


def kept_by(checkpoint: Checkpoint | None) -> dict[str, Any]:
    """What a result carries so that storing it clears the replications kept for it."""
    return {} if checkpoint is None else {"checkpoint": checkpoint}
