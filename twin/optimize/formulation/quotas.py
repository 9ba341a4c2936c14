"""How many loads a shop needs at least: cuts on whole loads that the relaxation, which fills fractions of them, does not know.

n jobs of a recipe that can go on groups G only, at most c_g in a load on g: Σ_g c_g L_g ≥ n. Divided by k and rounded up (Chvátal 1973),
Σ_g ⌈c_g/k⌉ L_g ≥ ⌈n/k⌉ for whole L_g; k = 2 … max c gives the facets of two groups that matter here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations

from twin.optimize.problem.network import Quota
from twin.optimize.problem.shop import Shop

MOST_TOGETHER = 12
"""Divisors up to this; loads of more jobs are nearly divisible."""
MOST_GROUPS = 4
ROUNDING = 1e-9


def quotas_of(shop: Shop, starts_of: Mapping[str, Mapping[str, tuple[str, ...]]]) -> tuple[Quota, ...]:
    """The cuts of each recipe; ``starts_of[recipe][group]``: the tasks that start its loads there."""
    return tuple(quota for recipe, starts in starts_of.items() for quota in _of_recipe(shop, recipe, starts))


def _of_recipe(shop: Shop, recipe: str, starts: Mapping[str, tuple[str, ...]]) -> list[Quota]:
    """For every set of groups: the operations that have no way but these."""
    most: dict[str, int] = dict.fromkeys(starts, 1)
    asked: dict[frozenset[str], int] = defaultdict(int)
    for family in shop.families.values():
        for step, operation in enumerate(family.operations):
            if operation.recipe != recipe:
                continue
            asked[frozenset(operation.ways)] += sum(job.family == family.name and job.step <= step for job in shop.jobs)
            for name, way in operation.ways.items():
                together = (
                    math.floor(shop.groups[name].room / way.room + ROUNDING) if way.room > 0 else MOST_TOGETHER + 1
                )
                most[name] = max(most[name], together)
    quotas = []
    for size in range(1, min(len(starts), MOST_GROUPS) + 1):
        for chosen in combinations(sorted(starts), size):
            jobs = sum(number for ways, number in asked.items() if ways <= set(chosen))
            for divisor in range(2, min(MOST_TOGETHER, max(most[name] for name in chosen)) + 1):
                weights = {task: math.ceil(most[name] / divisor) for name in chosen for task in starts[name]}
                if jobs:
                    label = f"{recipe} on {'+'.join(chosen)} by {divisor}"
                    quotas.append(Quota(label, weights, math.ceil(jobs / divisor)))
    return quotas
