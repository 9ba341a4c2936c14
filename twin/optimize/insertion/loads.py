"""Shared loads built anew: the jobs of a load or two leave, are split or merged, and each new load gets the moment that suits all its jobs.

For a load of several jobs the cost of a start ``t`` is that of the load itself plus, for every job, the cheapest way to be there in time
(a forward dynamic programme over the operations before) and the cheapest way on from there (the backward one of
:mod:`twin.optimize.insertion.route`); each job is then routed exactly with its place in the load nailed down.
"""

from __future__ import annotations

import numpy as np

from twin.optimize.insertion.facts import Facts
from twin.optimize.insertion.route import Manner, Option, Route, window_min
from twin.optimize.insertion.schedule import ROOM_TOLERANCE, Load, Schedule
from twin.optimize.problem.network import Floats

Members = list[tuple[int, int]]  # (job, step)
NEAR = 1.02
TRIED = 8


class Loads:
    """Merges, splits and moves of shared loads."""

    def __init__(self, facts: Facts, rng: np.random.Generator) -> None:
        self.facts, self.rng = facts, rng
        self.recipes: dict[int, tuple[int, ...]] = {}
        for job in facts.jobs:
            for step in job.steps:
                kinds = tuple(way.kind for way in step.ways if facts.kinds[way.kind].shared)
                for kind in kinds:
                    self.recipes[kind] = tuple(sorted({*self.recipes.get(kind, ()), *kinds}))
        self.largest = {kind: max(facts.kinds[k].room for k in alike) for kind, alike in self.recipes.items()}

    def retime(self, trial: Schedule, manner: Manner) -> bool:
        """Move a load with all its jobs; false where one of them then has no place."""
        numbers = [number for of_kind in trial.open.values() for number in of_kind]
        if not numbers:
            return False
        return self._anew(trial, manner, [int(self.rng.choice(numbers))], cuts=0.0)

    def merge(self, trial: Schedule, manner: Manner) -> bool:
        """Make one load of two that fit into one; false where there are none or a job then has no place."""
        numbers = [number for of_kind in trial.open.values() for number in of_kind]
        for one in self.rng.permutation(numbers).tolist()[:TRIED]:
            load = trial.loads[one]
            fit = [
                number
                for kind in self.recipes[load.kind]
                for number in trial.open.get(kind, ())
                if number != one and load.room + trial.loads[number].room <= self.largest[load.kind] + ROOM_TOLERANCE
            ]
            if fit:
                far = [abs(trial.loads[number].start - load.start) for number in fit]
                near = int(np.argsort(far, kind="stable")[int(len(fit) * self.rng.random() ** 2)])
                return self._anew(trial, manner, [one, fit[near]], cuts=0.0)
        return self.reshuffle(trial, manner)

    def reshuffle(self, trial: Schedule, manner: Manner) -> bool:
        """Put the jobs of two or three loads of one recipe together in another way."""
        numbers = [number for of_kind in trial.open.values() for number in of_kind]
        if not numbers:
            return False
        first = int(self.rng.choice(numbers))
        kind, start = trial.loads[first].kind, trial.loads[first].start
        alike = [n for other in self.recipes[kind] for n in trial.open.get(other, ()) if n != first]
        far = [abs(trial.loads[n].start - start) * float(self.rng.uniform(0.3, 1.0)) for n in alike]
        order = np.argsort(far, kind="stable")[: int(self.rng.integers(1, 3))]
        return self._anew(trial, manner, [first, *(alike[at] for at in order)], cuts=0.15)

    def _anew(self, trial: Schedule, manner: Manner, numbers: list[int], cuts: float) -> bool:
        members = {job: step for number in numbers for job, step in trial.loads[number].members}
        for job in members:
            trial.remove(job)
        parties = self._parties(list(members.items()), cuts)
        return all(self.together(trial, manner, party) for party in parties)

    def _parties(self, members: Members, cuts: float) -> list[Members]:
        """Jobs in random or due order, cut into parties that fit the largest furnace, a share ``cuts`` of jobs opening one more."""
        order = self.rng.permutation(len(members)).tolist()
        if self.rng.random() < 0.5:
            order.sort(key=lambda at: self.facts.jobs[members[at][0]].due)
        parties: list[Members] = []
        room = fullest = 0.0
        for at in order:
            job, step = members[at]
            ways = self.facts.jobs[job].steps[step].ways
            need = min(way.room for way in ways)
            fullest = max(self.facts.kinds[way.kind].room for way in ways)
            if not parties or room + need > fullest + ROOM_TOLERANCE or self.rng.random() < cuts:
                parties.append([])
                room = 0.0
            parties[-1].append((job, step))
            room += need
        return parties

    def together(self, trial: Schedule, manner: Manner, party: Members) -> bool:
        """One load for all of a party at its best start; who cannot be there goes elsewhere."""
        route = Route(trial, manner)
        spot = self._spot(route, party)
        load: int | None = None
        for job, step in party:
            found = None
            if spot is not None:
                way = spot[0] if load is None else self._way_of(job, step, trial.loads[load])
                found = None if way is None else Route(trial, manner).best(job, {step: (way, spot[1], load)})
            if found is None:
                found = Route(trial, manner).best(job)
                if found is None:
                    return False
                trial.place(job, found[1])
                continue
            trial.place(job, found[1])
            taken = trial.routes[job]
            load = taken[step].load if taken is not None else load
        return True

    def _way_of(self, job: int, step: int, load: Load) -> int | None:
        """The way of a job that leads into a load with room for it."""
        for at, way in enumerate(self.facts.jobs[job].steps[step].ways):
            if way.kind == load.kind and load.room + way.room <= self.facts.kinds[load.kind].room + ROOM_TOLERANCE:
                return at
        return None

    def _spot(self, route: Route, party: Members) -> tuple[int, int] | None:
        """Way (of the party's first job) and start of a load for all of them: one of the cheapest."""
        job, step = party[0]
        totals: list[tuple[int, Floats]] = []
        sums = [self._around(route, one, at) for one, at in party]
        for way_at, way in enumerate(self.facts.jobs[job].steps[step].ways):
            total: Floats | None = route.option(way_at, way).krw.copy()
            for costs in sums:
                total = None if total is None or way.kind not in costs else total + costs[way.kind]
            if total is not None and self._fits(way.kind, party) and np.isfinite(total.min(initial=np.inf)):
                totals.append((way_at, total))
        if not totals:
            return None
        bests = [float(total.min()) for _, total in totals]
        way_at, total = totals[int(np.argmin(bests))]
        if len(totals) > 1 and self.rng.random() < 0.15:
            way_at, total = totals[int(self.rng.integers(len(totals)))]
        least = float(total.min())
        near = np.flatnonzero(total <= least + (NEAR - 1.0) * abs(least))
        start = int(self.rng.choice(near)) if self.rng.random() < 0.5 else int(np.argmin(total))
        return way_at, start

    def _fits(self, kind: int, party: Members) -> bool:
        """Whether a whole party has room in one load of a kind."""
        need = 0.0
        for job, step in party:
            need += next(way.room for way in self.facts.jobs[job].steps[step].ways if way.kind == kind)
        return need <= self.facts.kinds[kind].room + ROOM_TOLERANCE

    def _around(self, route: Route, job: int, step: int) -> dict[int, Floats]:
        """For each kind of load of a step: cost by start of all that a job does before and after it."""
        me = self.facts.jobs[job]
        options: list[list[Option]] = [
            [] if at == step else [route.option(way_at, way) for way_at, way in enumerate(one.ways)]
            for at, one in enumerate(me.steps)
        ]
        after = route.backward(job, options, step + 1)[0][0]
        arrive = forward(route, job, options, step)
        lag = me.steps[step + 1].lag if step + 1 < len(me.steps) else 0
        out = {}
        for way in me.steps[step].ways:
            starts, shift = self.facts.slots - way.slots + 1, way.slots + lag
            if starts <= 0:
                continue
            total = np.full(starts, np.inf)
            count = min(starts, self.facts.slots + 1 - shift)
            if count > 0:
                total[:count] = arrive[:count] + after[shift : shift + count]
                out[way.kind] = total
        return out


def forward(route: Route, job: int, options: list[list[Option]], step: int) -> Floats:
    """Cheapest cost of all before operation ``step`` and of holding for it, by the slot in which that starts, (slots + 1,)."""
    facts, me = route.facts, route.facts.jobs[job]
    n = facts.slots + 1
    ready = np.full(n, np.inf)
    if me.release < n:
        ready[me.release] = 0.0
    for at in range(step + 1):
        one = me.steps[at]
        hold = one.hold_kw * facts.price_sum if one.hold_kw else None
        reach = _since(ready if hold is None else ready - hold, one.wait)
        if hold is not None:
            reach = reach + hold
        if at == step:
            return reach
        ready = np.full(n, np.inf)
        for option in options[at]:
            shift = option.slots + me.steps[at + 1].lag
            count = min(len(option.krw), n - shift)
            if count > 0:
                into = ready[shift : shift + count]
                np.minimum(into, reach[:count] + option.krw[:count], out=into)
    return ready


def _since(ready: Floats, wait: int) -> Floats:
    """Least cost over the moments of being ready from which a start is not too late."""
    if wait < 0:
        return np.minimum.accumulate(ready)
    return window_min(ready[::-1], wait + 1)[::-1] if wait else ready
