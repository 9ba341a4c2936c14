"""Theory cases under fresh seeds: how often theory lies in the interval, of all figures together and of each alone.

An interval holds what it says at any number of replications: it is wider where they are few. So every model takes eight a seed here, the
least that ``twin verify`` ever takes, of the same plants over the same weeks, and a hundred seeds are affordable (25 min of one core);
few replications are also the harder test of an interval. Its width is proven elsewhere: a figure of ``twin verify`` passes only if its
interval is narrow, and all of them are conducted once here at their fixed seeds and full length (``fixed``).

What is hashed is what makes a figure and its interval: theory cases, draws, statistics, the station core and the ledger's sums. Kinds of
equipment, the wiring of plants and the reading of scenarios are proven by the cases themselves (campaign ``verify_bugs``, which hashes
all of them) and by the sample of this campaign in the ordinary suite.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from joblib import Parallel, delayed

from tests.campaigns.evidence import Bar, Campaign, Proof
from twin.verify.catalogue import level, models
from twin.verify.verify import judge, sampled, verified

EFFORT, LEAST, ALONE = 0.01, 0.98, 0.99
"""Share of the replications of ``twin verify`` (never fewer than its least), the bar, the level of an interval taken alone."""
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


CORE = (
    "station",
    "floor",
    "jobs",
    "failing",
    "worktime",
    "durations",
    "releases",
    "together",
    "mending",
    "forming",
    "expand",
)
CAMPAIGN = Campaign(
    "verify_coverage", "intervals of theory cases hold theory as often as they say, under fresh seeds",
    ("twin/verify/**/*.py", *(f"twin/models/{name}.py" for name in CORE), "twin/ledger/energy.py", "twin/ledger/laws.py",
     "twin/experiment/draws.py", "twin/experiment/statistics.py"),
    prove, replications=100,
)  # fmt: skip
