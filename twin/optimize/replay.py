"""Plans (or the plant's own rule) in the simulated plant over the plan's horizon, randomness off and on: the same figures for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.core.progress import Progress, silent
from twin.experiment.draws import AddressedDraws, MeanDraws
from twin.experiment.statistics import Interval, differences, interval
from twin.ledger.accounts import account
from twin.models.plant import simulate
from twin.scenario.plan import Plan

if TYPE_CHECKING:
    from twin.ledger.accounts import Accounts
    from twin.ledger.trace import Trace
    from twin.scenario.scenario import Scenario

FIGURES = ("cash_krw", "labour_premium_krw", "shadow_carbon_krw", "energy_kwh", "carbon_kg", "peak_kw", "lateness_h")
REPLAYED = (*FIGURES, "output_kg")
"""and good kg of what was finished in the horizon, without which the cost of making less would pass for a saving"""


@dataclass(frozen=True)
class Replay:
    """One replay with everything off: trace and accounts."""

    trace: Trace
    accounts: Accounts

    @property
    def figures(self) -> dict[str, float]:
        """The figures that all replays are compared by."""
        return figures_of(self.accounts)


def figures_of(accounts: Accounts) -> dict[str, float]:
    """The figures that all replays are compared by, of one replication."""
    return {name: float(accounts.kpis[name]) for name in REPLAYED}


def replay(scenario: Scenario, end_s: float, plan: Plan | None) -> Replay:
    """The plant from its warm-up to ``end_s`` under ``plan`` (None: its own rule), every duration at its mean, nothing failing."""
    trace = simulate(scenario, MeanDraws(), plan=plan, t_to=end_s)
    return Replay(trace, account(scenario, trace))


def replication(scenario: Scenario, plan: Plan | None, seed: int, number: int, end_s: float) -> dict[str, float]:
    """Figures of one replication with the plant's randomness."""
    trace = simulate(scenario, AddressedDraws(seed, number), plan=plan, replication=number, t_to=end_s)
    return figures_of(account(scenario, trace))


def _one(payload: str, plan_json: str | None, seed: int, number: int, end_s: float) -> dict[str, float]:
    from twin.scenario.scenario import Scenario

    plan = None if plan_json is None else Plan.from_json(plan_json)
    return replication(Scenario.from_payload(payload), plan, seed, number, end_s)


def replications(
    scenario: Scenario,
    end_s: float,
    plan: Plan | None,
    *,
    seed: int,
    count: int,
    jobs: int = 1,
    progress: Progress = silent,
    text: str = "",
) -> list[dict[str, float]]:
    """Figures of ``count`` replications with the plant's randomness, in the order of their number whatever the workers."""
    arguments = [(scenario.payload(), None if plan is None else plan.to_json(), seed, k, end_s) for k in range(count)]
    if jobs <= 1:
        return [_told(_one(*given), k, count, progress, text) for k, given in enumerate(arguments)]
    from joblib import Parallel, delayed

    found: list[dict[str, float]] = Parallel(n_jobs=jobs)(delayed(_one)(*given) for given in arguments)
    progress(count, count, text)
    return found


def _told(figures: dict[str, float], done: int, total: int, progress: Progress, text: str) -> dict[str, float]:
    progress(done + 1, total, text)
    return figures


def intervals(runs: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """Mean and 95 % interval of each figure."""
    return {name: interval([one[name] for one in runs]) for name in REPLAYED if name in runs[0]}


def paired(runs: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """Mean and 95 % interval of the paired difference of each figure, ``runs`` minus ``other`` on the same draws."""
    names = [name for name in REPLAYED if name in runs[0] and name in other[0]]  # stored results of before have fewer
    return {name: interval(differences([a[name] for a in runs], [b[name] for b in other])) for name in names}
