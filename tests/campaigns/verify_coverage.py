"""Theory cases under fresh seeds: how often theory lies in the interval, of all figures together and of each alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from joblib import Parallel, delayed

from tests.campaigns.evidence import Bar, Campaign, Proof
from twin.verify.catalogue import level, models
from twin.verify.verify import judge, sampled, verified

EFFORT, LEAST, ALONE = 0.15, 0.98, 0.99
"""Share of the replications of ``twin verify``: intervals are wider, and their coverage is what is proven here."""
FIRST_SEED = 1


def of_chance() -> list[str]:
    """Models with chance in them, the longest first."""
    found = [model for model in models().values() if any(figure.tolerance is None for figure in model.figures)]
    return [model.name for model in sorted(found, key=lambda model: -model.seconds)]


def judged_at(seed: int, name: str, effort: float) -> tuple[int, str, list[bool], list[bool]]:
    """Of each figure of a model: whether theory lies in the simultaneous interval, and in the one at 99 % alone."""
    model = models()[name]
    values, exact = sampled(model, seed, effort), [float(value) for value in model.exact()]

    def covered(at: float) -> list[bool]:
        return [case.covered for case in judge(model, exact, values, at)]

    return seed, name, covered(level()), covered(ALONE)


def found(seeds: int, jobs: int, effort: float = EFFORT, names: Sequence[str] = ()) -> dict[str, Any]:
    """Coverage over fresh seeds: of all figures together by seed, of each alone; of the models ``names``, or of all."""
    tasks = [(seed, name) for seed in range(FIRST_SEED, FIRST_SEED + seeds) for name in names or of_chance()]
    rows = Parallel(n_jobs=jobs)(delayed(judged_at)(seed, name, effort) for seed, name in tasks)
    together: dict[int, bool] = defaultdict(lambda: True)
    alone: dict[str, list[bool]] = defaultdict(list)
    for seed, name, all_of, each in rows:
        together[seed] &= all(all_of)
        for case, inside in zip(models()[name].cases, each, strict=True):
            alone[case].append(inside)
    flat = [inside for case in alone.values() for inside in case]
    return {
        "seeds": seeds,
        "effort": effort,
        "figures": len(alone),
        "together": sum(together.values()) / seeds,
        "alone": sum(flat) / len(flat),
        "by_figure": {case: sum(inside) / len(inside) for case, inside in alone.items()},
        "seeds_not_covered": sorted(seed for seed, inside in together.items() if not inside),
    }


def fixed(jobs: int) -> dict[str, Any]:
    """The verb itself, at its fixed seeds and full length: how many figures, and which failed."""
    rows = Parallel(n_jobs=jobs)(delayed(verified)(name, None) for name in models())
    cases = [case for row in rows for case in row]
    return {"cases": len(cases), "failed": [case.name for case in cases if not case.passed]}


def prove(replications: int, jobs: int) -> Proof:
    """``replications`` fresh seeds."""
    fresh, once = found(replications, jobs), fixed(jobs)
    bars = (
        Bar(
            "share of seeds for which theory lies in all simultaneous 99 % intervals",
            fresh["together"],
            LEAST,
            "at_least",
        ),
        Bar("share of single 99 % intervals that hold theory", fresh["alone"], LEAST, "at_least"),
        Bar("figures that fail at the fixed seeds", float(len(once["failed"])), 0.0),
        Bar("figures", float(once["cases"]), 40.0, "at_least"),
    )
    return Proof(FIRST_SEED, replications, bars, fresh | {"fixed": once})


CAMPAIGN = Campaign(
    "verify_coverage", "intervals of theory cases hold theory as often as they say, under fresh seeds",
    ("twin/verify/**/*.py", "twin/models/**/*.py", "twin/scenario/*.py", "twin/ledger/energy.py", "twin/ledger/laws.py",
     "twin/experiment/draws.py", "twin/experiment/statistics.py"),
    prove, replications=100,
)  # fmt: skip
