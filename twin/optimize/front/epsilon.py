"""Fronts of a problem by ε-constraint: the least cost within every limit of emissions, lateness or peak, with a bound at each point.

The measure is one more column M of the matrix, held from below by the schedule (emissions, hours late, highest mean of a slot) and from
above by the limit ε (Haimes, Lasdon & Wismer 1971). So the matrix is built once, and a point differs from the next by one bound. A
schedule within a limit is one within every looser limit too: each search starts from its tighter neighbour, and no looser point is dearer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from twin.core.progress import Progress, silent
from twin.optimize.formulation.bound import lagrangian_krw, relative_gap
from twin.optimize.formulation.matrix import Matrix, StartKey, highs_of
from twin.optimize.formulation.refigured import matrix_for
from twin.optimize.front.measure import MEASURE, MEASURES, Axis, Measure, measured
from twin.optimize.search.anytime import Solution, search

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem

ITERATIONS = 20
"""limit of the search of one point where the user names none"""
END_SHARE = 0.2
"""part of the seconds that each end of the front gets"""
SAME = 1e-6
ROOM = 1e-7
"""by how much a limit is widened so that rounding does not shut out the schedule that it came from, relative"""


@dataclass(frozen=True)
class FrontPoint:
    """The cheapest schedule found with the measure within ``limit``; ``value`` is its measure, ``bound_krw`` what none can undercut.

    ``shadow_krw`` is what the limit's last unit costs by the relaxation (its dual), ``marginal_krw`` what each unit between this point and
    its looser neighbour cost (none at the loose end).
    """

    limit: float
    value: float
    cost_krw: float
    bound_krw: float
    shadow_krw: float | None
    marginal_krw: float | None
    starts: Mapping[StartKey, float]

    @property
    def gap(self) -> float:
        """Relative gap between cost and bound."""
        return relative_gap(self.cost_krw, self.bound_krw)


@dataclass(frozen=True)
class Front:
    """Points from the tightest limit to the loosest, none dominated by another; ``least``: no schedule that does all that is asked for has
    a measure below it (−∞: not known).
    """

    axis: Axis
    points: tuple[FrontPoint, ...]
    least: float


@dataclass(frozen=True)
class PointLimit:
    """Limit of the search of one point."""

    iterations: int | None
    seconds: float | None

    def share(self, part: float) -> PointLimit:
        """The iterations, and a part of the seconds."""
        return PointLimit(self.iterations, None if self.seconds is None else max(0.1, self.seconds * part))


def limit_of(iterations: int | None, seconds: float | None) -> PointLimit:
    """The limit of a front; as many iterations a point as usual where none is given."""
    return PointLimit(ITERATIONS if iterations is None and seconds is None else iterations, seconds)


def front_of(
    problem: Problem,
    axis: Axis,
    starts: Sequence[Mapping[StartKey, float]] = (),
    *,
    points: int = 7,
    iterations: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Front:
    """The front cost–``axis`` of a problem, as ``points`` limits spread evenly between its ends.

    ``starts``: schedules to begin with. ``iterations`` limit the search of each point (default 20), ``seconds`` all of them together. What
    the problem itself charges for the measure (carbon price, price of lateness) is left out of the cost, which would count it twice.
    Empty where no schedule is found. Raises ValueError for fewer than two points.
    """
    if points < 2:
        msg = f"a front has two ends: points is {points}, at least 2 are needed"
        raise ValueError(msg)
    return Walk(problem, axis, points, limit_of(iterations, seconds), progress).run(starts)


class Walk:
    """One front: both ends, then the limits between them from the tightest on."""

    def __init__(self, problem: Problem, axis: Axis, points: int, limit: PointLimit, progress: Progress) -> None:
        self.measure: Measure = MEASURES[axis]
        self.problem = self.measure.unpriced(problem)
        self.matrix = measured(matrix_for(self.problem), self.problem, self.measure)
        self.column = self.matrix.column[MEASURE]
        self.points, self.limit, self.progress = points, limit, progress

    def run(self, starts: Sequence[Mapping[StartKey, float]]) -> Front:
        """The front."""
        cheapest = self.search(self.matrix, starts, END_SHARE)
        if not cheapest.values:
            return Front(self.measure.axis, (), -math.inf)
        least_matrix = self.least_matrix()
        tightest = self.search(least_matrix, [cheapest.starts], END_SHARE)
        least = max(tightest.bound_krw, self.relaxed(least_matrix, tightest.objective_krw)[0])
        low, high = self.value(tightest), self.value(cheapest)
        limits = np.linspace(low, high, self.points) if high - low > SAME * max(1.0, abs(high)) else np.array([high])
        found: list[FrontPoint] = []
        for k, limit in enumerate(limits):
            known = [found[-1].starts] if found else [tightest.starts]
            known += [cheapest.starts] if k == len(limits) - 1 else []
            self.progress(k, len(limits), f"{self.measure.axis} ≤ {limit:,.1f} {self.measure.unit}")
            found.append(self.point(float(limit), known, (1.0 - 2.0 * END_SHARE) / len(limits)))
        return Front(self.measure.axis, tuple(related(found)), min(low, least))

    def search(self, matrix: Matrix, starts: Sequence[Mapping[StartKey, float]], share: float) -> Solution:
        """One search with a part of the seconds."""
        limit = self.limit.share(share)
        return search(
            self.problem, starts, iterations=limit.iterations, seconds=limit.seconds, bound=False, matrix=matrix
        )

    def least_matrix(self) -> Matrix:
        """The measure alone as cost, and what asked-for work costs that is not done: idleness is no way to emit less."""
        cost = np.zeros_like(self.matrix.cost)
        missed = [j for (name, _), j in self.matrix.column.items() if name in ("unfinished", "short_stock")]
        cost[missed] = self.matrix.cost[missed]
        cost[self.column] = 1.0
        return replace(self.matrix, cost=cost, offset=0.0)

    def value(self, solution: Solution) -> float:
        """The measure of a solution, from its schedule and not from the column that only bounds it."""
        return self.measure.value(self.problem, solution)

    def point(self, limit: float, starts: Sequence[Mapping[StartKey, float]], share: float) -> FrontPoint:
        """The cheapest schedule within a limit, its bound and the limit's dual."""
        high = self.matrix.col_high.copy()
        high[self.column] = limit + ROOM * max(1.0, abs(limit))
        matrix = replace(self.matrix, col_high=high)
        found = self.search(matrix, starts, share)
        bound_krw, shadow_krw = self.relaxed(matrix, found.objective_krw)
        bound_krw = min(max(bound_krw, found.bound_krw), found.objective_krw)
        return FrontPoint(limit, self.value(found), found.objective_krw, bound_krw, shadow_krw, None, found.starts)

    def relaxed(self, matrix: Matrix, incumbent_krw: float) -> tuple[float, float | None]:
        """Bound of every schedule within the limit, and what one unit less of it costs, from one solution of the relaxation."""
        solver = highs_of(matrix, relaxed=True, solver="ipm")
        solver.run()
        solution = solver.getSolution()
        if not solution.dual_valid:
            return -math.inf, None
        bound_krw = lagrangian_krw(matrix, np.asarray(solution.row_dual), incumbent_krw)
        return bound_krw, max(0.0, -float(solution.col_dual[self.column])) + 0.0


def related(found: Sequence[FrontPoint]) -> list[FrontPoint]:
    """Points in relation: what bounds a loose limit bounds a tighter one too; dominated ones fall out; marginal costs."""
    lifted: list[FrontPoint] = []
    for point in reversed(found):
        bound_krw = max(point.bound_krw, lifted[-1].bound_krw) if lifted else point.bound_krw
        lifted.append(replace(point, bound_krw=min(bound_krw, point.cost_krw)))
    kept: list[FrontPoint] = []
    for point in reversed(lifted):
        if not kept or point.cost_krw < kept[-1].cost_krw - SAME * abs(kept[-1].cost_krw):
            kept.append(point)
    return [
        replace(one, marginal_krw=(one.cost_krw - looser.cost_krw) / (looser.value - one.value))
        for one, looser in pairwise(kept)
    ] + kept[-1:]
