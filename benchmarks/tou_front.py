"""The whole front of an instance: the least energy cost within every makespan, one relaxation after another, whole numbers beside them.

The relaxations are a chain on one core. On the other each is turned into a schedule: rounded down and completed by a small
branch-and-bound; where that fails, over all columns that a schedule of the least possible cost can use (their reduced cost says which),
and the cost rises by one where there is none.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.tou_check import bound_of, recomputed
from benchmarks.tou_data import Instance, Point, Start
from benchmarks.tou_network import KEPT_COST, WHOLE, Chain, Network, Relaxed, network_of, part_of, starts_of
from twin.optimize.matrix import Floats, highs_of

CORES = 2
COMPLETION_S = 3.0
TREE_S = 10.0
LEFT_OVER_S = 0.5


@dataclass(frozen=True)
class Found:
    """The best schedule within ``horizon`` (none where there is none), the bound of every one, and how that was proved.

    ``how``: ``paths`` by cheapest paths, recomputed in whole numbers; ``tree`` by branch-and-bound too.
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
        """The chain and the schedules, side by side."""
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
        self._front.found[relaxed.horizon] = settled(self._network, relaxed, self._deadline)


def settled(network: Network, relaxed: Relaxed, deadline: float) -> Found:
    """The cheapest schedule within the relaxation's horizon, its cost recomputed, with a bound recomputed from the jobs' worths."""
    instance, horizon = network.instance, relaxed.horizon
    bound = bound_of(instance, horizon, relaxed.worth)
    counts, how = None, "paths"
    if relaxed.is_whole:
        counts = np.rint(relaxed.values)
    else:
        counts = whole(network, relaxed, bound, _limit(deadline, COMPLETION_S), rounded_down=True)[0]
    while counts is None and time.monotonic() < deadline and bound <= relaxed.value + KEPT_COST:
        counts, none = whole(network, relaxed, bound, _limit(deadline, TREE_S), rounded_down=False)
        if counts is None and not none:
            break
        bound, how = (bound, how) if counts is not None else (bound + 1, "tree")
    if counts is None:
        return Found(horizon, None, bound, (), how)
    starts = tuple(starts_of(network, relaxed.columns, counts))
    return Found(horizon, recomputed(instance, starts), bound, starts, how)


def _limit(deadline: float, most: float) -> float:
    return max(0.05, min(most, deadline - time.monotonic()))


def whole(
    network: Network, relaxed: Relaxed, cost: int, seconds: float, *, rounded_down: bool
) -> tuple[Floats | None, bool]:
    """Whole numbers of the relaxation's columns with this ``cost``, and whether it is proved that there are none.

    ``rounded_down``: on top of the relaxation's solution rounded down, which proves nothing.
    """
    usable: NDArray[np.int64] = np.flatnonzero(relaxed.reduced <= cost - relaxed.value + WHOLE)
    fixed = np.floor(relaxed.values[usable] + WHOLE) if rounded_down else np.zeros(len(usable))
    part = part_of(network, relaxed.columns[usable], fixed)
    solver = highs_of(part, mip_rel_gap=0.0, mip_abs_gap=0.5, objective_target=cost + 0.5, time_limit=seconds)
    solver.run()
    status, info = str(solver.getModelStatus()), solver.getInfo()
    if info.primal_solution_status == 2 and info.objective_function_value < cost + 0.5:
        counts = np.zeros(len(relaxed.columns))
        counts[usable] = np.rint(np.asarray(solver.getSolution().col_value)) + fixed
        return counts, False
    return None, not rounded_down and ("Infeasible" in status or "Optimal" in status)
