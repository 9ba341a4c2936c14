"""Simulate the models of theory and judge each figure: ``twin verify``."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.core.faults import InputFault, did_you_mean
from twin.core.progress import Progress, silent
from twin.verify.case import Case, Model, judged, seed_of, unjudged
from twin.verify.catalogue import FAMILIES, level, models

LEAST = 8
"""replications, however small the effort: three control variates leave four degrees of freedom"""
MOST = 3
"""times the replications that a model begins with, at most"""


@dataclass(frozen=True)
class Verification:
    """All cases with their verdicts, in the order of the catalogue."""

    cases: tuple[Case, ...]
    seed: int | None
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "verification"

    @property
    def failed(self) -> list[Case]:
        """Cases that theory does not agree with, or whose interval is too wide."""
        return [case for case in self.cases if not case.passed]

    def payload(self) -> dict[str, Any]:
        """As ``twin verify --json`` prints it."""
        import twin

        return {
            "cases": [case.payload() for case in self.cases],
            "families": {name: sum(case.family == name for case in self.cases) for name in FAMILIES},
            "failed": [case.name for case in self.failed],
            "provenance": {"version": twin.__version__, "seed": self.seed, "level": level()},
        }


def sampled(model: Model, seed: int | None, effort: float = 1.0) -> list[list[float]]:
    """Values of each figure by replication, and after them of each control variate; fewer replications with less ``effort``."""
    chance = any(figure.tolerance is None for figure in model.figures)
    count = max(LEAST, math.ceil(model.replications * effort)) if chance else 1
    return _columns([model.sample(seed_of(model.name, seed), replication) for replication in range(count)])


def _columns(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[float(row[k]) for row in rows] for k in range(len(rows[0]))]


def judge(model: Model, exact: Sequence[float], values: Sequence[Sequence[float]], at: float) -> list[Case]:
    """The cases of a model from what :func:`sampled` gives; ``at``: level of each interval."""
    controls = values[len(model.figures) :]
    return [judged(model, figure, exact[k], values[k], at, controls) for k, figure in enumerate(model.figures)]


def verified(name: str, seed: int | None, effort: float = 1.0) -> list[Case]:
    """The cases of one model; one task of a run.

    With full effort a quarter of the model's replications is added, again and again, while an interval is too wide, up to three times as
    many as it begins with. (The width does not look at theory, and it is seldom more than a round.)
    """
    from twin.ledger.balance import BalanceBroken

    model = models()[name]
    exact = [float(value) for value in model.exact()]
    try:
        values = sampled(model, seed, effort)
        cases, step = judge(model, exact, values, level()), math.ceil(model.replications / 4)
        while effort >= 1.0 and not all(case.precise for case in cases) and cases[0].n < MOST * model.replications:
            done = len(values[0])
            more = _columns([model.sample(seed_of(name, seed), done + k) for k in range(step)])
            values = [[*first, *then] for first, then in zip(values, more, strict=True)]
            cases = judge(model, exact, values, level())
    except BalanceBroken as broken:
        return [unjudged(model, figure, exact[k], str(broken)) for k, figure in enumerate(model.figures)]
    return cases


def _task(index: int, name: str, seed: int | None) -> tuple[int, list[Case]]:
    return index, verified(name, seed)


def chosen(family: str | None) -> list[Model]:
    """The models of a family, or all. Raises InputFault for a family that there is not."""
    if family is not None and family not in FAMILIES:
        msg = f"family {family!r}: {did_you_mean(family, FAMILIES)}"
        raise InputFault(msg)
    return [model for model in models().values() if family in (None, model.family)]


def verify(
    *, seed: int | None = None, family: str | None = None, jobs: int = 1, progress: Progress = silent
) -> Verification:
    """Simulate and judge all models, or those of one family, on ``jobs`` processes, the longest first.

    Without ``seed`` each model's seed is a hash of its name, so the verdicts are the same again. Raises InputFault.
    """
    begun, wanted = time.perf_counter(), chosen(family)
    order = sorted(range(len(wanted)), key=lambda k: -wanted[k].seconds)
    found: dict[int, list[Case]] = {}
    progress(0, len(wanted), "models")
    for index, cases in _unordered([(k, wanted[k].name, seed) for k in order], jobs):
        found[index] = cases
        progress(len(found), len(wanted), "models")
    cases = tuple(case for k in range(len(wanted)) for case in found[k])
    return Verification(cases, seed, {"seconds": time.perf_counter() - begun, "jobs": jobs})


def _unordered(tasks: Sequence[tuple[int, str, int | None]], jobs: int) -> Any:
    """Results in the order in which they finish."""
    if jobs == 1 or len(tasks) == 1:
        return (_task(*task) for task in tasks)
    from joblib import Parallel, delayed

    workers = min(jobs, len(tasks))
    parallel = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs")
    return parallel(delayed(_task)(*task) for task in tasks)
