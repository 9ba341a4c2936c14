"""The whole front of an instance: the least energy cost within every makespan, one relaxation after another, whole numbers beside them.

The relaxations are a chain on one core. On the other each is turned into a schedule: by a small branch-and-bound near its fractions; where
that fails, over all columns that a schedule of the least possible cost can use (their reduced cost says which), and the cost rises by one
where there is none.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.tou_check import bound_of, recomputed
from benchmarks.tou_data import Instance, Point, Start
from benchmarks.tou_network import KEPT_COST, WHOLE, Chain, Network, Relaxed, network_of, part_of, starts_of
from twin.optimize.formulation.matrix import Floats, highs_of

CORES = 2
NEAR_S = 1.5
NEAR_SLOTS = 12
TREE_S = 10.0
FIRST_PATIENCE = 12.0
"""how much longer the whole horizon may take than another: the least energy cost of all is its"""
LEFT_OVER_S = 0.5


@dataclass(frozen=True)
class Found:
    """The best schedule within ``horizon`` (none where there is none), the bound of every one, and how that was proved.

    ``how``: ``paths`` by cheapest paths, recomputed in whole numbers; ``tree`` by branch-and-bound too; ``greedy`` not at all.
    """

    horizon: int
    point: Point | None
    bound: float
    starts: tuple[Start, ...] = ()
    how: str = "paths"

    @property
    def proven(self) -> bool:
        """Whether no schedule within the horizon is cheaper (or there is none at all)."""
        return self.bound == math.inf if self.point is None else self.bound >= self.point[1]


@dataclass
class Front:
    """Every horizon looked at, the longest first, and whether all were."""

    instance: Instance
    found: dict[int, Found] = field(default_factory=dict)
    complete: bool = False

    def points(self) -> list[tuple[Point, bool]]:
        """The points that no other one dominates, the longest makespan first; proven where no schedule is as good in one respect and
        better in the other.
        """
        best: dict[Point, Found] = {}
        for one in self.found.values():
            if one.point is not None:
                best.setdefault(one.point, one)
        kept: list[Point] = []
        for point in sorted(best):
            if not kept or point[1] < kept[-1][1]:
                kept.append(point)
        return [(point, self._proven(point)) for point in reversed(kept)]

    def _proven(self, point: Point) -> bool:
        shorter = self.found.get(point[0] - 1)
        cheapest = any(
            one.proven and one.point is not None and one.point[1] == point[1] for one in self._at_least(point[0])
        )
        return cheapest and shorter is not None and shorter.bound > point[1]

    def _at_least(self, makespan: int) -> list[Found]:
        return [one for horizon, one in self.found.items() if horizon >= makespan]


def front_of(instance: Instance, seconds: float) -> Front:
    """The front of an instance, as much of it as ``seconds`` allow, from the longest makespan down."""
    return Walk(instance, seconds).run()


class Walk:
    """One front: the chain of relaxations and what turns them into schedules."""

    def __init__(self, instance: Instance, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds - LEFT_OVER_S
        self._network: Network = network_of(instance)
        self._front = Front(instance)
        self._pending: list[Future[None]] = []

    @property
    def _left_s(self) -> float:
        return self._deadline - time.monotonic()

    def run(self) -> Front:
        """The chain and the schedules, side by side, after a schedule by hand: something is there whatever the time."""
        slots = self._network.instance.slots
        starts = tuple(greedy(self._network))
        if starts:
            self._front.found[slots] = Found(slots, recomputed(self._network.instance, starts), 0, starts, "greedy")
        with ThreadPoolExecutor(CORES) as pool:
            ended = pool.submit(self._chain, pool).result()
            for one in self._pending:
                one.result()
        self._front.complete = ended and all(one.proven for one in self._front.found.values())
        return self._front

    def _chain(self, pool: ThreadPoolExecutor) -> bool:
        """Relaxations from the longest horizon down until there is none. Returns whether the end was reached."""
        chain = Chain(self._network)
        for horizon in range(self._network.instance.slots, 0, -1):
            if self._left_s <= 0:
                return False
            try:
                relaxed = chain.within(horizon, self._left_s)
            except TimeoutError:
                return False
            if relaxed is None:
                self._front.found[horizon] = Found(horizon, None, math.inf)
                return True
            self._pending.append(pool.submit(self._settle, relaxed))
        self._front.found[0] = Found(0, None, math.inf)
        return True

    def _settle(self, relaxed: Relaxed) -> None:
        """The best schedule within a horizon: that of a longer one if it ends in time, else from the relaxation."""
        if self._left_s <= 0:
            return
        known = self._front.found.get(relaxed.horizon + 1)
        if known is not None and known.proven and known.point is not None and known.point[0] <= relaxed.horizon:
            self._front.found[relaxed.horizon] = Found(
                relaxed.horizon, known.point, known.bound, known.starts, known.how
            )
            return
        patience = FIRST_PATIENCE if relaxed.horizon == self._network.instance.slots else 1.0
        found, greedily = (
            settled(self._network, relaxed, self._deadline, patience),
            self._front.found.get(relaxed.horizon),
        )
        if found.point is None and greedily is not None:
            found = replace(greedily, bound=found.bound)
        self._front.found[relaxed.horizon] = found


def greedy(network: Network) -> list[Start]:
    """The longest jobs first, each where it is cheapest among what is left; empty where one finds no room."""
    instance = network.instance
    energy = np.concatenate([[0], np.cumsum(instance.prices)])
    used = np.zeros((len(network.rates), instance.slots), dtype=np.int64)
    counts = np.zeros(len(network.rate))
    for length in np.sort(instance.lengths)[::-1]:
        first = np.flatnonzero(network.length == length)
        rate, start = network.rate[first], network.start[first]
        most = np.max([used[rate, start + q] for q in range(length)], axis=0)
        cost = np.where(
            most < network.machines[rate], network.rates[rate] * (energy[start + length] - energy[start]), np.inf
        )
        at = int(np.argmin(cost))
        if np.isinf(cost[at]):
            return []
        used[rate[at], start[at] : start[at] + length] += 1
        counts[first[at]] += 1
    return starts_of(network, np.arange(len(counts)), counts)


def settled(network: Network, relaxed: Relaxed, deadline: float, patience: float = 1.0) -> Found:
    """The cheapest schedule within the relaxation's horizon, its cost recomputed, with a bound recomputed from the jobs' worths.

    Each attempt may take ``patience`` times as long as usual.
    """
    instance, horizon = network.instance, relaxed.horizon
    bound = bound_of(instance, horizon, relaxed.worth)
    counts, how = np.rint(relaxed.values) if relaxed.is_whole else None, "paths"
    if counts is None:
        counts = whole(network, relaxed, bound, _limit(deadline, NEAR_S * patience), near=True)[0]
    while counts is None and time.monotonic() < deadline and bound <= relaxed.value + KEPT_COST:
        counts, none = whole(network, relaxed, bound, _limit(deadline, TREE_S * patience), near=False)
        if counts is None and not none:
            break
        bound, how = (bound, how) if counts is not None else (bound + 1, "tree")
    if counts is None:
        return Found(horizon, None, bound, (), how)
    starts = tuple(starts_of(network, relaxed.columns, counts))
    return Found(horizon, recomputed(instance, starts), bound, starts, how)


def _limit(deadline: float, most: float) -> float:
    return max(0.05, min(most, deadline - time.monotonic()))


def whole(network: Network, relaxed: Relaxed, cost: int, seconds: float, *, near: bool) -> tuple[Floats | None, bool]:
    """Whole numbers of the relaxation's columns with this ``cost``, and whether it is proved that there are none.

    ``near``: only what lies near the relaxation's fractions may change, which proves nothing.
    """
    usable: NDArray[np.int64] = np.flatnonzero(relaxed.reduced <= cost - relaxed.value + WHOLE)
    counts = np.zeros(len(relaxed.columns))
    counts[usable] = np.rint(relaxed.values[usable])
    free = usable[near_fractions(network, relaxed, usable)] if near else usable
    counts[free] = 0.0
    part = part_of(network, relaxed.columns[free], relaxed.columns, counts)
    options = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.5, "objective_target": cost + 0.5, "time_limit": seconds}
    solver = highs_of(part, mip_heuristic_run_feasibility_jump=False, **options)
    solver.run()
    status, info = str(solver.getModelStatus()), solver.getInfo()
    if info.primal_solution_status == 2 and info.objective_function_value < cost + 0.5:
        counts[free] = np.rint(np.asarray(solver.getSolution().col_value))
        return counts, False
    return None, not near and ("Infeasible" in status or "Optimal" in status)


def near_fractions(network: Network, relaxed: Relaxed, usable: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the ``usable`` columns are arcs of a rate with fractions, within ``NEAR_SLOTS`` of the first and the last of them."""
    columns, values = relaxed.columns[usable], relaxed.values[usable]
    rate, start = network.rate[columns], network.start[columns]
    end = start + np.maximum(network.length[columns], 1)
    broken = np.abs(values - np.rint(values)) > WHOLE
    found = np.zeros(len(usable), dtype=bool)
    for one in set(rate[broken].tolist()):
        mine = broken & (rate == one)
        first, last = start[mine].min() - NEAR_SLOTS, end[mine].max() + NEAR_SLOTS
        found |= (rate == one) & (end > first) & (start < last)
    return found
