"""A plan of a shop, read: what is placed where, in which loads, since when it could have started. Shares no code with the formulation."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from twin.optimize.problem.network import Floats
from twin.optimize.problem.shop import OnTime, Operation, Placed, Shop, ShopPlan, Way

LoadOf = tuple[str, int, int]
"""Group, unit, load."""
Worked = tuple[Placed, Way]
"""What is placed, and the way that it goes."""


class Reading:
    """A plan beside its shop. ``worked``: what is placed in a way that the shop knows, within the horizon."""

    def __init__(self, shop: Shop, plan: ShopPlan) -> None:
        self.shop = shop
        self.plan = plan
        self.jobs = {job.name: job for job in shop.jobs}
        self.at = {(one.job, one.step): one for one in plan.placed}
        ways = [(one, self.way(one)) for one in plan.placed]
        self.worked: list[Worked] = [(one, way) for one, way in ways if way is not None and self.within(one, way)]
        self.loads: dict[LoadOf, list[Worked]] = defaultdict(list)
        for one, way in self.worked:
            self.loads[one.group, one.unit, one.load].append((one, way))

    def within(self, one: Placed, way: Way) -> bool:
        """Whether it begins and ends within the horizon."""
        return 0 <= one.start <= self.shop.slots - way.slots

    def operation(self, one: Placed) -> Operation | None:
        """The operation that was placed; None where the shop has no such job or step."""
        job = self.jobs.get(one.job)
        steps = () if job is None else self.shop.families[job.family].operations
        return steps[one.step] if 0 <= one.step < len(steps) else None

    def way(self, one: Placed) -> Way | None:
        """The way that was chosen; None where that is none of the operation's."""
        operation = self.operation(one)
        return None if operation is None else operation.ways.get(one.group)

    def since(self, one: Placed) -> int | None:
        """The first slot in which it could start: release, or the end of the step before and its lag; None where that is missing."""
        job, operation = self.jobs[one.job], self.operation(one)
        if one.step <= job.step:
            return job.release
        before = self.at.get((one.job, one.step - 1))
        way = None if before is None else self.way(before)
        if before is None or way is None or operation is None:
            return None
        return max(job.release, before.start + way.slots + operation.lag_slots)

    def idle(self) -> list[tuple[OnTime, Floats]]:
        """Each on-interval of a group with states, and 1 in the slots in which the unit waits ready (slots,)."""
        busy: dict[tuple[str, int], Floats] = defaultdict(lambda: np.zeros(self.shop.slots))
        for one, way in self.worked:
            busy[one.group, one.unit][one.start : one.start + way.slots] = 1.0
        found = []
        for on in self.plan.on:
            group = self.shop.groups.get(on.group)
            if group is not None and group.states is not None:
                ready = np.zeros(self.shop.slots)
                ready[max(0, on.start + group.states.startup_slots) : max(0, on.end)] = 1.0
                found.append((on, ready * (1.0 - busy[on.group, on.unit])))
        return found

    def used(self) -> dict[str, Floats]:
        """What loads hold of each capacity by slot."""
        used = {name: np.zeros(self.shop.slots) for name in self.shop.capacities}
        for inside in self.loads.values():
            one, way = inside[0]
            for name, amount in way.uses.items():
                used[name][one.start : one.start + way.slots] += amount
        return used
