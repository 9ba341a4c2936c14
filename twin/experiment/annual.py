"""Years of one or several scenarios, paired draw by draw: representative runs of all of them in one go, then composed.

Runs that are equal (a task that changes only the tariff, the PV or a price) are simulated once.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.core.progress import Progress, silent
from twin.experiment.checkpoint import Checkpoint
from twin.experiment.runner import Case, cases_of, map_cases
from twin.experiment.statistics import Interval, interval, paired, variance_reduction
from twin.ledger.year import YearAccounts, YearFrame, compose, frame
from twin.ledger.year_layout import FULL, Layout, Representative, full_year

if TYPE_CHECKING:
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

Plans = Mapping[str, Sequence["Plan"]]
"""name of a representative run: its plan, or one a replication"""


@dataclass(frozen=True)
class AnnualResult:
    """The composed year of a scenario: one account a replication, in order."""

    scenario: Scenario
    seed: int
    years: tuple[YearAccounts, ...]
    frame: YearFrame
    meta: Mapping[str, Any] = field(default_factory=dict)

    def values(self, kpi: str) -> list[float]:
        """One KPI by replication. Raises KeyError with the names that there are."""
        try:
            return [year.kpis[kpi] for year in self.years]
        except KeyError:
            msg = f"no KPI {kpi!r}; there are: {', '.join(self.years[0].kpis)}"
            raise KeyError(msg) from None

    @functools.cached_property
    def kpis(self) -> dict[str, Interval]:
        """Every KPI of the year with its interval."""
        names = [name for name in self.years[0].kpis if all(name in year.kpis for year in self.years)]
        return {name: interval(self.values(name)) for name in names}


def effect(with_change: AnnualResult, without: AnnualResult, kpi: str) -> Interval:
    """Paired difference *with - without* of a KPI; one that a scenario does not have counts as 0 there."""
    a = [year.kpis.get(kpi, 0.0) for year in with_change.years]
    b = [year.kpis.get(kpi, 0.0) for year in without.years]
    return paired(a, b)


def reduction(with_change: AnnualResult, without: AnnualResult, kpi: str) -> float | None:
    """Variance-reduction factor of pairing for a KPI; see :func:`~twin.experiment.statistics.variance_reduction`."""
    return variance_reduction(
        [year.kpis.get(kpi, 0.0) for year in with_change.years], [year.kpis.get(kpi, 0.0) for year in without.years]
    )


@dataclass(frozen=True)
class AnnualRequest:
    """A scenario whose year is wanted, with plans for its representative runs where it is dispatched by plan.

    ``replications``: which ones; None for as many as the call asks for, from 0.
    """

    scenario: Scenario
    plans: Plans = field(default_factory=dict)
    full: bool = False
    replications: tuple[int, ...] | None = None


def _frame(request: AnnualRequest) -> YearFrame:
    if not request.full:
        return frame(request.scenario)
    run = Representative(FULL, full_year(request.scenario), Layout((FULL,), ((),)), ())
    return frame(request.scenario, chosen=(run,))


def annual_many(
    requests: Sequence[AnnualRequest],
    *,
    seed: int | None = None,
    replications: int | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress = silent,
    checkpoint: Path | Checkpoint | None = None,
) -> list[AnnualResult]:
    """The years of several scenarios on the same draws, in the order of ``requests``. Raises BalanceBroken, InputFault."""
    begun = time.perf_counter()
    spec = requests[0].scenario.spec.run
    chosen = spec.seed if seed is None else seed
    count = spec.replications if replications is None else replications
    if all(request.scenario.spec.run.randomness == "off" for request in requests):
        count = 1
    frames = [_frame(request) for request in requests]
    wanted = [tuple(range(count)) if request.replications is None else request.replications for request in requests]
    cases: list[Case] = []
    for request, laid, which in zip(requests, frames, wanted, strict=True):
        for one in laid.chosen:
            plans = request.plans.get(one.name)
            cases += cases_of(one.scenario, plans=plans, seed=chosen, replications=which, bill=False)
    store = Checkpoint(checkpoint) if isinstance(checkpoint, Path) else checkpoint
    outcomes = iter(
        map_cases(cases, jobs=jobs, cluster=cluster, progress=progress, checkpoint=store, text="replications")
    )
    meta = {"seconds": time.perf_counter() - begun, "jobs": jobs, "checkpoint": store}
    found = []
    for request, laid, which in zip(requests, frames, wanted, strict=True):
        runs = {one.name: [next(outcomes).result for _ in which] for one in laid.chosen}
        years = tuple(
            compose(request.scenario, {name: reps[k] for name, reps in runs.items()}, laid) for k in range(len(which))
        )
        found.append(AnnualResult(request.scenario, chosen, years, laid, meta))
    return found


def annual(
    scenario: Scenario,
    *,
    plans: Plans | None = None,
    seed: int | None = None,
    replications: int | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress = silent,
) -> AnnualResult:
    """The composed year of one scenario."""
    request = AnnualRequest(scenario, plans or {})
    return annual_many([request], seed=seed, replications=replications, jobs=jobs, cluster=cluster, progress=progress)[
        0
    ]


def simulated_year(
    scenario: Scenario,
    *,
    seed: int | None = None,
    replications: int | None = None,
    jobs: int = 1,
    progress: Progress = silent,
) -> AnnualResult:
    """The whole year simulated day by day, accounted like the composed one: what :func:`annual` is tested by."""
    return annual_many(
        [AnnualRequest(scenario, full=True)], seed=seed, replications=replications, jobs=jobs, progress=progress
    )[0]
