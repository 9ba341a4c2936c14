"""The whole front of an instance: the least energy cost within every makespan, one relaxation after another, whole numbers beside them.

The relaxations are a chain on one core. On the other each is turned into a schedule: by a small branch-and-bound near its fractions; where
that fails, over all columns that a schedule of the least possible cost can use (their reduced cost says which), and the cost rises by one
where there is none.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from queue import Empty, PriorityQueue
from threading import Event

import numpy as np
from numpy.typing import NDArray

from benchmarks.tou_check import bound_of, recomputed
from benchmarks.tou_data import Instance, Point, Start
from benchmarks.tou_network import KEPT_COST, WHOLE, Chain, Network, Relaxed, network_of, part_of, starts_of
from twin.optimize.formulation.matrix import Floats, highs_of

NEAR_S = 1.5
NEAR_SLOTS = (12, 40)
"""how far around fractions the first attempts reach"""
TREE_S = 10.0
IDLE_S = 0.02
SHORTER = 8
"""how many shorter horizons are looked at for a schedule that is as cheap"""
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


@dataclass(order=True)
class Asked:
    """A relaxation to be turned into a schedule: what is tried first, the longest horizon first."""

    attempt: int
    order: int
    relaxed: Relaxed = field(compare=False)


class Walk:
    """One front: the chain of relaxations and what turns them into schedules.

    Every horizon is tried near its relaxation's fractions before any gets a tree of its own; but the whole horizon, whose schedule is the
    cheapest of all, gets its tree at once.
    """

    def __init__(self, instance: Instance, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds - LEFT_OVER_S
        self._network: Network = network_of(instance)
        self._front = Front(instance)
        self._asked: PriorityQueue[Asked] = PriorityQueue()
        self._chained = Event()

    @property
    def _left_s(self) -> float:
        return self._deadline - time.monotonic()

    def _limit(self, most_s: float) -> float:
        return max(0.05, min(most_s, self._left_s))

    def run(self) -> Front:
        """The chain and the schedules, side by side, after a schedule by hand: something is there whatever the time."""
        slots = self._network.instance.slots
        starts = tuple(greedy(self._network))
        if starts:
            self._front.found[slots] = Found(slots, recomputed(self._network.instance, starts), 0, starts, "greedy")
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._settle)
            try:
                ended = self._chain()
            finally:
                self._chained.set()
            self._settle()
            beside.result()
        self._front.complete = ended and all(one.proven for one in self._front.found.values())
        return self._front

    def _chain(self) -> bool:
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
            self._asked.put(Asked(0, -horizon, relaxed))
        self._front.found[0] = Found(0, None, math.inf)
        return True

    def _settle(self) -> None:
        """Turn what is asked into schedules until the chain has ended and nothing is left."""
        while self._left_s > 0:
            try:
                asked = self._asked.get(timeout=IDLE_S)
            except Empty:
                if self._chained.is_set():
                    return
                continue
            if not self._one(asked):
                self._asked.put(replace(asked, attempt=asked.attempt + 1))

    def _one(self, asked: Asked) -> bool:
        """The best schedule within a horizon: another one's if that is as good, else near the relaxation, else from its tree.

        Returns whether it is done with.
        """
        relaxed, first = asked.relaxed, asked.relaxed.horizon == self._network.instance.slots
        bound = bound_of(self._network.instance, relaxed.horizon, relaxed.worth)
        patience, last = FIRST_PATIENCE if first else 1.0, first or asked.attempt == len(NEAR_SLOTS)
        found = self._another(relaxed.horizon, bound)
        if found is None and asked.attempt < len(NEAR_SLOTS):
            limit_s = self._limit(NEAR_S * patience)
            found = nearby(relaxed, bound, limit_s, NEAR_SLOTS[asked.attempt])
        if found is None and last:
            found = by_tree(relaxed, bound, self._deadline, TREE_S * patience)
        found = found or Found(relaxed.horizon, None, bound)
        kept = self._front.found.get(relaxed.horizon)
        if found.point is None and kept is not None:
            found = replace(kept, bound=found.bound)
        self._front.found[relaxed.horizon] = found
        return last or found.proven

    def _another(self, horizon: int, bound: float) -> Found | None:
        """What is found for the next longer horizon if it ends in time, or for a shorter one if it is as cheap as any can be."""
        longer = self._front.found.get(horizon + 1)
        if longer is not None and longer.proven and longer.point is not None and longer.point[0] <= horizon:
            return replace(longer, horizon=horizon)
        for shorter in range(horizon - 1, max(horizon - SHORTER, 0), -1):
            one = self._front.found.get(shorter)
            if one is not None and one.point is not None and one.point[1] <= bound:
                return replace(one, horizon=horizon, bound=bound)
        return None


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


def nearby(relaxed: Relaxed, bound: int, seconds: float, slots: int) -> Found | None:
    """The relaxation's own schedule if it is one, else one as cheap as the ``bound`` that differs within ``slots`` of its fractions."""
    counts = np.rint(relaxed.values) if relaxed.is_whole else None
    if counts is None:
        counts = whole(relaxed, bound, seconds, near=slots)[0]
    return None if counts is None else _found(relaxed, bound, counts)


def by_tree(relaxed: Relaxed, bound: int, deadline: float, patience_s: float) -> Found:
    """The cheapest schedule within the relaxation's horizon, by trees of at most ``patience_s`` over all columns that it can use.

    The bound rises by one where there is none of its cost. No schedule where the time was too short.
    """
    how = "paths"
    while time.monotonic() < deadline and bound <= relaxed.value + KEPT_COST:
        counts, none = whole(relaxed, bound, min(patience_s, deadline - time.monotonic()))
        if counts is not None:
            return _found(relaxed, bound, counts, how)
        if not none:
            break
        bound, how = bound + 1, "tree"
    return Found(relaxed.horizon, None, bound, (), how)


def _found(relaxed: Relaxed, bound: int, counts: Floats, how: str = "paths") -> Found:
    starts = tuple(starts_of(relaxed.network, relaxed.columns, counts))
    return Found(relaxed.horizon, recomputed(relaxed.network.instance, starts), bound, starts, how)


def whole(relaxed: Relaxed, cost: int, seconds: float, *, near: int | None = None) -> tuple[Floats | None, bool]:
    """Whole numbers of the relaxation's columns with this ``cost``, and whether it is proved that there are none.

    ``near``: only what lies within so many slots of the relaxation's fractions may change, which proves nothing.
    """
    usable: NDArray[np.int64] = np.flatnonzero(relaxed.reduced <= cost - relaxed.value + WHOLE)
    counts = np.zeros(len(relaxed.columns))
    counts[usable] = np.rint(relaxed.values[usable])
    free = usable if near is None else usable[near_fractions(relaxed, usable, near)]
    counts[free] = 0.0
    part = part_of(relaxed.network, relaxed.columns[free], relaxed.columns, counts)
    options = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.5, "objective_target": cost + 0.5, "time_limit": seconds}
    solver = highs_of(part, mip_heuristic_run_feasibility_jump=False, **options)
    solver.run()
    status, info = str(solver.getModelStatus()), solver.getInfo()
    if info.primal_solution_status == 2 and info.objective_function_value < cost + 0.5:
        counts[free] = np.rint(np.asarray(solver.getSolution().col_value))
        return counts, False
    return None, near is None and ("Infeasible" in status or "Optimal" in status)


def near_fractions(relaxed: Relaxed, usable: NDArray[np.int64], slots: int) -> NDArray[np.bool_]:
    """Which of the ``usable`` columns are arcs of a rate with fractions, within ``slots`` of the first and the last of them."""
    network, columns, values = relaxed.network, relaxed.columns[usable], relaxed.values[usable]
    rate, start = network.rate[columns], network.start[columns]
    end = start + np.maximum(network.length[columns], 1)
    broken = np.abs(values - np.rint(values)) > WHOLE
    found = np.zeros(len(usable), dtype=bool)
    for one in set(rate[broken].tolist()):
        mine = broken & (rate == one)
        first, last = start[mine].min() - slots, end[mine].max() + slots
        found |= (rate == one) & (end > first) & (start < last)
    return found
