"""The rule of thumb for a line of loads: electric furnaces work off-peak where due dates allow, everything as early as it then can be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.insertion.search import dispatch_shop

if TYPE_CHECKING:
    from twin.optimize.problem.network import Flags
    from twin.optimize.problem.shop import Group, Placed, Shop, ShopJob


def hand_rule_shop(shop: Shop) -> tuple[Placed, ...]:
    """Placements of a forward dispatch that keeps furnaces, the hungriest first, to the cheapest hours for which nothing is later."""
    best = dispatch_shop(shop)
    least = _late_slots(shop, best)
    for name in sorted(_electric_kwh(shop), key=lambda one: -_electric_kwh(shop)[one]):
        for level in sorted(set(np.round(shop.price_krw_per_kwh, 6)))[:-1]:
            cheap = _restricted(shop, name, shop.price_krw_per_kwh <= level + 1e-6)
            tried = dispatch_shop(cheap)
            late = _late_slots(shop, tried)
            if late is not None and least is not None and late <= least:
                shop, best, least = cheap, tried, late
                break
    return best


def _electric_kwh(shop: Shop) -> dict[str, float]:
    """Electricity of a full load by furnace, where it is what its heat comes from: what else it burns costs less."""
    found: dict[str, float] = {}
    price = float(shop.price_krw_per_kwh.mean())
    for family in shop.families.values():
        for operation in family.operations:
            for name, way in operation.ways.items():
                if shop.groups[name].states is None:
                    continue
                jobs = max(1, int(shop.groups[name].room / way.room + 1e-9))
                own = 0.0 if way.job_kw is None else float(way.job_kw.sum())
                kwh = (float(way.load_kw.sum()) + jobs * own) * shop.slot_h
                if kwh * price > way.load_krw + jobs * way.job_krw:
                    found[name] = max(found.get(name, 0.0), kwh)
    return found


def _restricted(shop: Shop, name: str, when: Flags) -> Shop:
    """The shop with one group's loads begun only in the slots ``when``."""
    group: Group = shop.groups[name]
    begins = when if group.begins is None else group.begins & when
    if any(job.family == f"at work {name}.{k + 1}" for job in shop.jobs for k in range(group.units)):
        begins = begins.copy()
        begins[0] = True
    return replace(shop, groups={**shop.groups, name: replace(group, begins=begins)})


def _late_slots(shop: Shop, placed: tuple[Placed, ...]) -> int | None:
    """Slots that all jobs together are late; None where one has no place."""
    jobs: dict[str, ShopJob] = {job.name: job for job in shop.jobs}
    ends: dict[str, int] = {}
    for one in placed:
        operations = shop.families[jobs[one.job].family].operations
        if one.step == len(operations) - 1:
            ends[one.job] = one.start + operations[one.step].ways[one.group].slots
    if len(ends) < len(jobs):
        return None
    return sum(max(0, end - due) for name, end in ends.items() if (due := jobs[name].due) is not None)
