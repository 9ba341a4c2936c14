"""Replications of scenarios, one code path: in this process, in several, or on a Dask cluster; the same bytes whichever.

A case (scenario, plan, seed, replication) is all that a replication depends on; results are put back in the order of their index, and
replications are added in rounds that do not depend on the number of workers.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from twin.core.faults import InputFault
from twin.core.progress import Progress, silent
from twin.experiment.checkpoint import Checkpoint
from twin.experiment.compared import Compared, bare, compared
from twin.experiment.draws import AddressedDraws, MeanDraws
from twin.experiment.result import RunResult
from twin.experiment.statistics import Precision, round_sizes
from twin.ledger.digest import RepResult, digest

if TYPE_CHECKING:
    from twin.ledger.accounts import Accounts
    from twin.ledger.trace import Trace
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

MAX_REPLICATIONS = 10_000


@dataclass(frozen=True)
class Case:
    """What one replication depends on. ``scenario`` is :meth:`Scenario.payload`, ``plan`` canonical JSON or None.

    ``bill``: price electricity (the runs that a year is composed of are billed month by month afterwards). ``keep``: return the trace too.
    """

    scenario: str
    plan: str | None
    seed: int
    replication: int
    bill: bool = True
    keep: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a case gives: the small result, and trace and accounts where they were to be kept."""

    result: RepResult
    trace: Trace | None = None
    accounts: Accounts | None = None


@functools.lru_cache(maxsize=32)
def _scenario(payload: str) -> Scenario:
    from twin.scenario.scenario import Scenario

    return Scenario.from_payload(payload)


def simulate_case(case: Case) -> Outcome:
    """Simulate, account and check one case. Raises :class:`~twin.ledger.balance.BalanceBroken` where an invariant does not hold."""
    from twin.ledger.accounts import account
    from twin.ledger.balance import check
    from twin.ledger.expected import expected_residuals
    from twin.models.plant import simulate
    from twin.scenario.kind_faults import kinds_told
    from twin.scenario.plan import Plan

    scenario = _scenario(case.scenario)
    random = scenario.spec.run.randomness == "on"
    draws = AddressedDraws(case.seed, case.replication) if random else MeanDraws()
    plan = None if case.plan is None else Plan.from_json(case.plan)
    with kinds_told():
        trace = simulate(scenario, draws, plan=plan, replication=case.replication, records=True)
    accounts = account(scenario, trace, bill=case.bill)
    residuals = {**accounts.residuals, **expected_residuals(scenario, trace)}
    check(residuals)
    result = digest(trace, accounts.worked, accounts.kpis, residuals)
    result = RepResult(**{**result.__dict__, "seed": case.seed})
    return Outcome(result, trace, accounts) if case.keep else Outcome(result)


def _indexed(index: int, case: Case) -> tuple[int, Outcome]:
    return index, simulate_case(case)


def cluster_of(address: str | None) -> AbstractContextManager[Any]:
    """The backend that joblib is to use: processes of this machine, or the Dask scheduler at ``address``.

    Raises InputFault where Dask is not installed or no scheduler answers.
    """
    if address is None:
        return nullcontext()
    try:
        from distributed import Client
    except ImportError:
        msg = "--cluster needs Dask: install carbon-twin[cluster]"
        raise InputFault(msg) from None
    from joblib import parallel_config

    connect: Any = Client
    try:
        connect(address)
    except (OSError, ValueError) as error:
        msg = f"--cluster {address}: no Dask scheduler answers there: {error}"
        raise InputFault(msg) from None
    config: AbstractContextManager[Any] = parallel_config(backend="dask")
    return config


def unordered(cases: Sequence[Case], jobs: int = 1, cluster: str | None = None) -> Iterator[tuple[int, Outcome]]:
    """(index, outcome) of all cases in the order in which they finish."""
    from joblib import Parallel, delayed

    with cluster_of(cluster):
        workers = len(cases) if cluster else min(jobs, max(len(cases), 1))
        yield from Parallel(
            n_jobs=max(workers, 1), return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs"
        )(delayed(_indexed)(index, case) for index, case in enumerate(cases))


def map_cases(
    cases: Sequence[Case],
    *,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress = silent,
    checkpoint: Checkpoint | None = None,
    text: str = "",
) -> list[Outcome]:
    """Outcomes of all cases in their order. Equal cases are simulated once; finished ones are taken from ``checkpoint`` and added to it."""
    unique = list(dict.fromkeys(cases))
    done: dict[Case, Outcome] = {}
    if checkpoint is not None:
        for case in unique:
            found = None if case.keep else checkpoint.find(case)
            if found is not None:
                done[case] = Outcome(found)
    waiting = [case for case in unique if case not in done]
    progress(len(done), len(unique), text)
    for index, outcome in unordered(waiting, jobs, cluster):
        done[waiting[index]] = outcome
        if checkpoint is not None:
            checkpoint.add(waiting[index], outcome.result)
        progress(len(done), len(unique), text)
    return [done[case] for case in cases]


def cases_of(
    scenario: Scenario,
    *,
    plan: Plan | None = None,
    plans: Sequence[Plan] | None = None,
    seed: int | None = None,
    replications: Sequence[int] = (0,),
    bill: bool = True,
    keep_first: bool = False,
) -> list[Case]:
    """The cases of some replications of one scenario; ``plans`` gives each replication a plan of its own."""
    payload, chosen = scenario.payload(), scenario.spec.run.seed if seed is None else seed
    return [Case(payload, _plan_json(plan, plans, k), chosen, k, bill, keep_first and k == 0) for k in replications]


def _plan_json(plan: Plan | None, plans: Sequence[Plan] | None, replication: int) -> str | None:
    chosen = plans[replication % len(plans)] if plans else plan
    return None if chosen is None else chosen.to_json()


class Execution(TypedDict, total=False):
    """How replications are worked off, which changes no figure.

    ``jobs``: processes of this machine; ``cluster``: address of a Dask scheduler instead; ``progress``: called as they finish;
    ``checkpoint``: folder in which finished replications are kept, so that a killed run resumes; storing the result empties it.
    """

    jobs: int
    cluster: str | None
    progress: Progress
    checkpoint: Path | None


def run(
    scenario: Scenario,
    *,
    plan: Plan | None = None,
    plans: Sequence[Plan] | None = None,
    seed: int | None = None,
    replications: int | None = None,
    precision: float | Precision | None = None,
    keep_trace: bool = True,
    compare: bool = False,
    **how: Unpack[Execution],
) -> RunResult:
    """Simulate a scenario (under a plan, or none) and gather its figures.

    ``precision``: add replications in rounds until the half width of ``energy_kwh`` (or of the KPI that a :class:`Precision` names) is at
    most this share of its mean. ``how``: see :class:`Execution`. With randomness off one replication says all.
    ``compare``: where the scenario has a power cap or a battery, run it without them too. Raises BalanceBroken, InputFault.
    """
    begun = time.perf_counter()
    chosen = scenario.spec.run.seed if seed is None else seed
    count = scenario.spec.run.replications if replications is None else replications
    if scenario.spec.run.randomness == "off":
        count, precision = 1, None
    if not 1 <= count <= MAX_REPLICATIONS:
        msg = f"replications: {count} is not between 1 and {MAX_REPLICATIONS}"
        raise InputFault(msg)
    rule = Precision("energy_kwh", precision) if isinstance(precision, float | int) else precision
    folder, jobs, cluster = how.get("checkpoint"), how.get("jobs", 1), how.get("cluster")
    store = None if folder is None else Checkpoint(folder)
    outcomes: list[Outcome] = []
    for size in round_sizes(count, rule):
        cases = cases_of(
            scenario,
            plan=plan,
            plans=plans,
            seed=chosen,
            replications=range(len(outcomes), size),
            keep_first=keep_trace,
        )
        progress = how.get("progress", silent)
        outcomes += map_cases(
            cases, jobs=jobs, cluster=cluster, progress=progress, checkpoint=store, text="replications"
        )
        if rule is None or rule.reached([o.result.kpis[rule.kpi] for o in outcomes]):
            break
    first = outcomes[0]
    meta: dict[str, Any] = {"seconds": time.perf_counter() - begun, "jobs": jobs, "cluster": cluster or ""}
    if store is not None:
        meta["checkpoint"] = store
    used = tuple(plans or ()) or ((plan,) if plan is not None else ())
    reps = tuple(o.result for o in outcomes)
    beside = _beside(scenario, reps, chosen, store, how) if compare else None
    return RunResult(scenario, chosen, reps, first.trace, first.accounts, used, meta, compared=beside)


def _beside(
    scenario: Scenario, reps: Sequence[RepResult], seed: int, store: Checkpoint | None, how: Execution
) -> Compared | None:
    """The same replications without power cap and battery; None where there are neither."""
    without, left_out = bare(scenario)
    if not left_out:
        return None
    cases = cases_of(without, seed=seed, replications=range(len(reps)))
    outcomes = map_cases(
        cases,
        jobs=how.get("jobs", 1),
        cluster=how.get("cluster"),
        progress=how.get("progress", silent),
        checkpoint=store,
        text="replications",
    )
    return compared(left_out, reps, [outcome.result for outcome in outcomes])
