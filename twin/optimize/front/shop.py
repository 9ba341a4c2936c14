"""Fronts of a line of loads: its own search looks for the schedules, the matrix with the measure prices and bounds them.

A limit on emissions or on the peak is a cap of the line, which insertion and windows of shifts know; hours late are not, so that front is
walked by the general search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twin.core.progress import Progress, silent
from twin.optimize.formulation.shop import problem_of
from twin.optimize.front.epsilon import Front, PointLimit, Walk, front_of, limit_of
from twin.optimize.plan.decode_shop import NotDecoded, plan_of, starts_of, states_of
from twin.optimize.problem.network import DemandMonth
from twin.optimize.search.anytime import SMALL_INTEGERS, search
from twin.optimize.search.shop import solve_shop

if TYPE_CHECKING:
    from twin.optimize.formulation.matrix import Matrix, StartKey
    from twin.optimize.front.measure import Axis
    from twin.optimize.problem.shop import Placed, Shop
    from twin.optimize.search.anytime import Solution

DEAR_KRW_PER_KG, DEAR_KRW_PER_KW = 1e4, 1e5
"""prices at which nothing but the measure counts"""
SEED = 1
FEW_INTEGERS = SMALL_INTEGERS
"""so few are branched on whole by the general search, which proves them"""


def front_of_shop(
    shop: Shop,
    axis: Axis,
    starts: Mapping[StartKey, float],
    *,
    points: int = 7,
    iterations: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Front:
    """The front cost–``axis`` of a line, as :func:`twin.optimize.front.epsilon.front_of`, from a schedule's ``starts`` on."""
    limit = limit_of(iterations, seconds)
    if axis == "lateness":
        return front_of(
            problem_of(shop),
            axis,
            [starts],
            points=points,
            iterations=limit.iterations,
            seconds=seconds,
            progress=progress,
        )
    return ShopWalk(shop, axis, points, limit, progress).run([starts])


class ShopWalk(Walk):
    """One front of a line."""

    def __init__(self, shop: Shop, axis: Axis, points: int, limit: PointLimit, progress: Progress) -> None:
        super().__init__(problem_of(shop), axis, points, limit, progress)
        self.shop = shop
        if axis == "carbon":
            self.shop = replace(shop, carbon=replace(shop.carbon, price_krw_per_kg=0.0))

    def search(self, matrix: Matrix, starts: Sequence[Mapping[StartKey, float]], share: float) -> Solution:
        """The line's own search under the limit that the matrix has; its schedule and those known, completed and priced there."""
        if matrix.integer.sum() <= FEW_INTEGERS:
            return super().search(matrix, starts, share)
        shop = self.limited(matrix) if matrix.cost[self.column] == 0.0 else self.dear()
        limit = self.limit.share(share)
        found = solve_shop(
            shop, seconds=limit.seconds, iterations=limit.iterations, seed=SEED, start=self.placed(starts), bound=False
        )
        mine = [] if found.plan is None else [{**starts_of(shop, found.plan.placed), **states_of(shop, found.plan.on)}]
        return search(self.problem, [*mine, *starts], iterations=0, bound=False, matrix=matrix)

    def limited(self, matrix: Matrix) -> Shop:
        """The line with the matrix's limit as its cap."""
        high = float(matrix.col_high[self.column])
        if np.isinf(high):
            return self.shop
        if self.measure.axis == "carbon":
            cap_kg = min(high, np.inf if self.shop.carbon.cap_kg is None else self.shop.carbon.cap_kg)
            return replace(self.shop, carbon=replace(self.shop.carbon, cap_kg=cap_kg))
        cap_kw = np.full(self.shop.slots, high)
        return replace(self.shop, cap_kw=cap_kw if self.shop.cap_kw is None else np.minimum(cap_kw, self.shop.cap_kw))

    def dear(self) -> Shop:
        """The line where the measure costs more than all else."""
        if self.measure.axis == "carbon":
            return replace(self.shop, carbon=replace(self.shop.carbon, price_krw_per_kg=DEAR_KRW_PER_KG))
        every = np.ones(self.shop.slots, dtype=bool)
        return replace(self.shop, months=(DemandMonth("peak", every, 0.0, DEAR_KRW_PER_KW),))

    def placed(self, starts: Sequence[Mapping[StartKey, float]]) -> tuple[Placed, ...]:
        """Placements of the first schedule that can be read."""
        for known in starts:
            try:
                return plan_of(self.shop, known).placed
            except NotDecoded:
                continue
        return ()
