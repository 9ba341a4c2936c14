"""Moves of the insertion search: which jobs leave, and how they come back. Their weights follow how well they did."""

from __future__ import annotations

import numpy as np

from twin.optimize.insertion.facts import Facts
from twin.optimize.insertion.loads import Loads
from twin.optimize.insertion.route import Manner, Route
from twin.optimize.insertion.schedule import Schedule

FORGETTING = 0.02
LEAST_WEIGHT = 0.1
BIAS = 3.0
TRIED = 3
NOISES = (0.0, 0.05, 0.3)
CARBON_KRW_PER_KG = (0.0, 100.0, 500.0, 2_000.0)


class Moves:
    """The moves, drawn by weight."""

    def __init__(self, facts: Facts, rng: np.random.Generator) -> None:
        self.facts, self.rng = facts, rng
        self.removals = (self.at_random, self.in_window, self.around_peak, self.of_load, self.of_family)
        self.loads = Loads(facts, rng)
        self.rebuilt = (self.loads.retime, self.loads.merge, self.loads.reshuffle) if self.loads.recipes else ()
        self.weights = np.ones(len(self.removals) + len(self.rebuilt))

    def draw(self) -> int:
        """Number of a move."""
        shares = np.cumsum(self.weights)
        return int(np.searchsorted(shares, self.rng.random() * shares[-1], side="right"))

    def learn(self, move: int, score: float) -> None:
        """Let a move's weight follow its score."""
        self.weights[move] = max((1 - FORGETTING) * self.weights[move] + FORGETTING * score, LEAST_WEIGHT)

    def make(self, move: int, trial: Schedule, before: Schedule) -> bool:
        """Change ``trial``; false where the move came to nothing."""
        manner = self._manner(before)
        if move >= len(self.removals):
            return self.rebuilt[move - len(self.removals)](trial, manner)
        most = min(10, max(2, len(self.facts.jobs) // 2))
        count = 1 + int(most * self.rng.random() ** BIAS)
        jobs = self.removals[move](trial, count)
        left_out = trial.missing()
        if left_out:
            left_out = self.rng.permutation(left_out)[:TRIED].tolist()
        jobs = sorted({*jobs, *left_out})
        if not jobs:
            return False
        for job in jobs:
            trial.remove(job)
        for job in self.rng.permutation(jobs).tolist():
            found = Route(trial, manner).best(job)
            if found is None:
                if before.routes[job] is not None:
                    return False
                continue
            trial.place(job, found[1])
        return True

    def _manner(self, before: Schedule) -> Manner:
        """How dear a new load and a higher peak are this time."""
        level = float(self.rng.choice([-1.0, 0.0, 0.5, 1.0]))
        net = before.net_kw()
        low, high = before.peaks_kw, [float(net[m.counts].max(initial=0.0)) for m in self.facts.months]
        free = tuple(a + level * (b - a) if level >= 0.0 else 0.0 for a, b in zip(low, high, strict=True))
        share = float(self.rng.uniform(0.35, 1.0))
        noise = None
        if NOISES[at := int(self.rng.integers(len(NOISES)))]:
            noise = 1.0 + NOISES[at] * self.rng.random(self.facts.slots)
        carbon_krw = 0.0 if self.facts.cap_kg is None else float(self.rng.choice(CARBON_KRW_PER_KG))
        return Manner(share=share, free_kw=free, noise=noise, carbon_krw_per_kg=carbon_krw)

    # --- which jobs leave

    def _placed(self, schedule: Schedule) -> list[int]:
        return [job for job, route in enumerate(schedule.routes) if route]

    def at_random(self, schedule: Schedule, count: int) -> list[int]:
        """Any jobs."""
        jobs = self._placed(schedule)
        return self.rng.permutation(jobs)[:count].tolist() if jobs else []

    def in_window(self, schedule: Schedule, count: int) -> list[int]:
        """Jobs that work near a moment."""
        jobs = self._placed(schedule)
        if not jobs:
            return []
        centre = int(self.rng.integers(self.facts.slots))
        near = [min(abs(start - centre) for start in schedule.starts_of(job)) for job in jobs]
        order = np.argsort(np.array(near) + self.rng.random(len(jobs)), kind="stable")
        return [jobs[at] for at in order[:count]]

    def around_peak(self, schedule: Schedule, count: int) -> list[int]:
        """Jobs at work in one of the slots of highest power."""
        net = schedule.net_kw()
        if self.facts.months:
            counted = np.logical_or.reduce([month.counts for month in self.facts.months])
            net = np.where(counted, net, -np.inf)
        highest = np.argsort(-net, kind="stable")[: int(self.rng.integers(1, 9))]
        slot = int(self.rng.choice(highest))
        jobs = [
            job
            for load in schedule.loads.values()
            if load.start <= slot < load.start + self.facts.kinds[load.kind].slots
            for job, _ in load.members
        ]
        picked = self.rng.permutation(sorted(set(jobs)))[:count].tolist() if jobs else []
        return picked or self.at_random(schedule, count)

    def of_load(self, schedule: Schedule, count: int) -> list[int]:
        """All jobs of some shared loads of one kind."""
        kinds = [kind for kind, loads in schedule.open.items() if loads]
        if not kinds:
            return self.at_random(schedule, count)
        loads = schedule.open[int(self.rng.choice(kinds))]
        jobs: list[int] = []
        for load in self.rng.permutation(loads).tolist():
            jobs += [job for job, _ in schedule.loads[load].members]
            if len(jobs) >= count:
                break
        return jobs[: max(count, 4)]

    def of_family(self, schedule: Schedule, count: int) -> list[int]:
        """Jobs of one family."""
        jobs = self._placed(schedule)
        if not jobs:
            return []
        family = self.facts.jobs[int(self.rng.choice(jobs))].family
        alike = [job for job in jobs if self.facts.jobs[job].family == family]
        return [int(job) for job in self.rng.permutation(alike)[:count]]
