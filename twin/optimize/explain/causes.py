"""Why a problem has no plan: the least by which each requirement must give way, proved by the linear relaxation.

Only requirements may give way (power cap, emission cap, targets, closing stock, lots by the horizon's end); balances and capacities are
physics. The relaxation asks for no more than the whole-number problem, so "short by 2,050 kg" is a lower bound on what is really needed.
Beside it stand what more working time or metal would do instead, and a whole schedule that misses the requirements by little.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.explain.relief import HOURS, METAL
from twin.optimize.formulation.elastic import LOTS, TOLERANCE, Elastic
from twin.optimize.search.anytime import Budget, Search
from twin.optimize.search.greedy import candidates
from twin.optimize.search.neighbourhood import FIRST_WINDOW_H

if TYPE_CHECKING:
    from twin.optimize.formulation.matrix import StartKey
    from twin.optimize.problem.network import Problem, Task

KEEPING = "closing_stock"
TIME_REQUIREMENTS = frozenset({"lateness", "output"})
"""what more working time or metal can mend"""
NEAREST_ITERATIONS = 3
NEAREST_NODES = 5
"""of each window's tree: what is said is how near a schedule comes, not the nearest that there is"""
NEAREST_OPTIONS = {"mip_allow_restart": False}
"""of HiGHS: restarts at a window's root took more than half of the time and found nothing"""
LOT_WEIGHT = 100.0
"""a lot left out against a whole limit missed: the nearest schedule is looked for among those that make the lots"""
RATIO_STEPS = 12
TINY = {"intensity": 1e-9}


@dataclass(frozen=True)
class Shortfall:
    """A requirement and by how much it must give way, in its unit, each at least, as the relaxation proves.

    ``alone``: with all others kept (None: no amount is enough); ``least``: whatever else gives way; ``together``: in the smallest joint
    relaxation, each measured by its own limit. ``found``: what the nearest schedule misses it by (None: none was looked for, or found).
    """

    requirement: str
    limit: float
    alone: float | None
    least: float
    together: float
    found: float | None = None

    @property
    def must(self) -> bool:
        """Whether it must give way whatever else does, or can mend all by itself."""
        return self.alone is not None or max(self.least, self.together) > TOLERANCE


@dataclass(frozen=True)
class Missing:
    """Working time (h of one machine) or metal (kg) of a station that would do instead, at least; all requirements are then kept."""

    resource: str
    station: str
    amount: float


@dataclass(frozen=True)
class Explanation:
    """``lots`` that cannot be finished in the horizon even without caps and targets; ``shortfalls`` on top of that (empty: feasible).

    ``later_h``: by how much all due dates would have to be later, where they are what is short. ``nearest``: starts of a schedule that
    misses as little as was found. ``as_operated_kg``: emissions that a reduction is measured by. ``full_power``: the power cap is short
    because a whole heat or lot draws so much; heats are planned at full power, though a furnace gives way to a cap.
    """

    lots: float
    shortfalls: tuple[Shortfall, ...]
    missing: tuple[Missing, ...] = ()
    later_h: float | None = None
    nearest: Mapping[StartKey, float] = field(default_factory=dict)
    nearest_lots: float | None = None
    as_operated_kg: float = 0.0
    full_power: bool = False

    @property
    def feasible(self) -> bool:
        """Whether the relaxation meets all requirements once the lots that cannot be made anyway are let go."""
        return not self.shortfalls

    def words(self, lang: str = "en") -> str:
        """One clause a requirement: what it is short by and the value with which it would be feasible; then what else would do."""
        from twin.optimize.explain.words import words

        return words(self, lang)


def explain(
    problem: Problem, starts: Sequence[Mapping[StartKey, float]] = (), iterations: int = NEAREST_ITERATIONS
) -> Explanation:
    """Which requirements cannot be met, each alone and together. ``starts``: schedules from which the nearest one is looked for."""
    elastic, limits = Elastic(problem), limits_of(problem)
    most = elastic.least({LOTS: 1.0}, tuple(elastic.slack)) if LOTS in elastic.slack else None
    lots = 0.0 if most is None else _whole(elastic.missed(most)[LOTS])
    elastic.limit_lots(lots)
    joint = elastic.least({name: 1.0 / max(abs(limits[name]), 1.0) for name in elastic.hard}, tuple(elastic.slack))
    together = {} if joint is None else elastic.missed(joint)
    floor_kw = 0.0
    if "power_cap" in together:
        floor_kw = max(0.0, whole_start_kw(elastic) - limits["power_cap"])
        together["power_cap"] = max(together["power_cap"], floor_kw)
    short = [name for name in elastic.hard if together.get(name, 0.0) > TINY.get(name, TOLERANCE)]
    if not short:
        found = nearest(elastic, limits, starts, iterations, lots) if starts else None
        return Explanation(lots, (), nearest={} if found is None else found.solution(math.inf).starts)
    shortfalls = _shortfalls(elastic, limits, together, short, floor_kw)
    if LOTS in elastic.slack:
        shortfalls.append(_lots_let_go(elastic, lots, limits[LOTS]))
    shortfalls = [one for one in shortfalls if one.must]
    found = nearest(elastic, limits, starts, iterations, lots) if starts else None
    missed = {} if found is None or found.values is None else elastic.missed(found.values)
    return Explanation(
        lots,
        tuple(replace(one, found=missed.get(one.requirement)) for one in shortfalls),
        tuple(_missing(problem, lots)) if any(one.requirement in TIME_REQUIREMENTS for one in shortfalls) else (),
        _later_h(elastic) if any(one.requirement == "lateness" for one in shortfalls) else None,
        {} if found is None else found.solution(math.inf).starts,
        missed.get(LOTS),
        problem.targets.as_operated_kg,
        floor_kw > TOLERANCE,
    )


def limits_of(problem: Problem) -> dict[str, float]:
    """The stated value of each requirement, in its unit (kW, kg, h, kg per kg for the intensity)."""
    targets, inf = problem.targets, math.inf
    caps = problem.cap_kw if problem.cap_kw is not None else np.array([inf])
    return {
        "power_cap": float(np.min(caps)),
        "emission_cap": _or(problem.carbon.cap_kg, inf),
        "reduction": _or(targets.reduced_kg, inf),
        "intensity": _or(targets.intensity_kg_per_kg, inf),
        "lateness": _or(targets.lateness_h, inf),
        "output": _or(targets.output_kg, 0.0),
        KEEPING: sum(closing.least for closing in problem.closings),
        LOTS: sum(due.required for due in problem.dues),
    }


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _whole(lots: float) -> float:
    """Lots are whole: what the relaxation leaves out of one is all of it."""
    return float(math.ceil(lots - TOLERANCE))


def _shortfalls(
    elastic: Elastic, limits: Mapping[str, float], together: Mapping[str, float], short: Sequence[str], floor_kw: float
) -> list[Shortfall]:
    """Each requirement's amounts: all others kept (lots that can never be made are let go), and with all others free to give way.

    Where one alone is ``short`` in the joint relaxation its amount there is what it needs alone. ``floor_kw``: by how much whole heats or
    lots are above the power cap; nothing else can mend that.
    """
    found = []
    for name in elastic.hard:
        if name == KEEPING and name not in short:
            continue
        alone: float | None = together[name]
        if list(short) != [name]:
            alone = _least(elastic, name, limits[name], (name, LOTS))
        elif name == "intensity":
            alone = _ratio(elastic, limits[name], (name, LOTS))
        least = _least(elastic, name, limits[name], tuple(elastic.slack))
        if floor_kw > TOLERANCE:
            alone, least = _above(alone, least, floor_kw) if name == "power_cap" else (None, least)
        if alone is not None and alone <= TINY.get(name, TOLERANCE):
            alone = None
        found.append(Shortfall(name, limits[name], alone, least or 0.0, together[name]))
    return found


def _least(elastic: Elastic, name: str, limit: float, free: Sequence[str]) -> float | None:
    values = elastic.least({name: 1.0}, free)
    if values is None:
        return None
    return _ratio(elastic, limit, free) if name == "intensity" else elastic.missed(values)[name]


def _above(alone: float | None, least: float | None, floor: float) -> tuple[float | None, float]:
    """Both amounts, not below ``floor``."""
    return None if alone is None else max(alone, floor), max(least or 0.0, floor)


def whole_start_kw(elastic: Elastic) -> float:
    """A power that every schedule reaches because heats and lots are whole: of each that is certain to be begun, the lowest peak of any
    task in any slot that it may start in, on top of the load that is not decided. Zero where sun or a battery may serve it.
    """
    problem = elastic.problem
    if problem.battery is not None or problem.pv_kw is not None:
        return 0.0
    peaks = [0.0]
    for role in ("heat", "lot"):
        if elastic.certain(role):
            ways = [task for task in problem.tasks.values() if task.role == role]
            peaks.append(min(_peak_kw(problem, task, t) for task in ways for t in problem.starts(task)))
    return max(peaks)


def _peak_kw(problem: Problem, task: Task, slot: int) -> float:
    """The highest load while a task begun in ``slot`` draws power, with what is not decided and nothing else."""
    drawn = task.profile_kw[: problem.slots - slot]
    return float((drawn + problem.base_kw[slot : slot + len(drawn)]).max(initial=0.0))


def _lots_let_go(elastic: Elastic, lots: float, limit: float) -> Shortfall:
    """How many lots would have to be let go for all else to be kept: whole ones, because none is made in part."""
    elastic.limit_lots(math.inf)
    alone = _least(elastic, LOTS, limit, (LOTS,))
    elastic.limit_lots(lots)
    enough = (
        alone is not None and alone > lots + TOLERANCE
    )  # what is infeasible with whole heats only, lots cannot prove to mend
    return Shortfall(LOTS, limit, _whole(alone or 0.0) if enough else None, 0.0, 0.0)


def _ratio(elastic: Elastic, limit: float, free: Sequence[str]) -> float:
    """Least emissions per output less the limit, kg per kg, by Dinkelbach's (1967) steps: each minimises emissions − ratio · output."""
    emitted, constant = elastic.emissions()
    output, ratio = elastic.output(), limit
    for _ in range(RATIO_STEPS):
        values = elastic.solve(emitted - ratio * output, free)
        if values is None or output @ values <= TOLERANCE:
            return math.inf
        better = float((emitted @ values + constant) / (output @ values))
        if abs(better - ratio) <= 1e-9 * max(better, 1.0):
            break
        ratio = better
    return max(0.0, ratio - limit)


def _missing(problem: Problem, lots: float) -> list[Missing]:
    """What more of one resource would do, all requirements kept; resources that cannot do it are left out."""
    elastic, found = Elastic(problem, reliefs=True), []
    elastic.limit_lots(lots)
    for resource in sorted(elastic.relief, key=lambda one: ((METAL, HOURS).index(one[0]), one[1])):
        values = elastic.least({}, (LOTS,), {resource: 1.0})
        if values is not None:
            found.append(Missing(*resource, elastic.used(values, resource)))
    return found


def _later_h(elastic: Elastic) -> float | None:
    """By how much all due dates would have to be later, in whole slots, by bisection; the relaxation is infeasible with a slot less."""
    problem = elastic.problem
    base = elastic.matrix.col_low

    def feasible(slots: int) -> bool:
        low = base.copy()
        for due in problem.dues:
            for t in range(slots, problem.slots):
                if due.cumulative[t - slots] > 0:
                    column = elastic.matrix.column["level", (due.done, t)]
                    low[column] = max(low[column], due.cumulative[t - slots])
        return elastic.solve(np.zeros(len(base)), ("lateness", LOTS), low=low) is not None

    few, many = 0, problem.slots
    if not feasible(many):
        return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if feasible(middle) else (middle, many)
    return many * problem.slot_h


def nearest(
    elastic: Elastic,
    limits: Mapping[str, float],
    starts: Sequence[Mapping[StartKey, float]],
    iterations: int,
    lots: float,
) -> Search | None:
    """A whole schedule that misses the requirements by little, each measured by its own limit, searched from ``starts`` until only the
    ``lots`` are missing that can never be made; None: none found.
    """
    cost = np.zeros(len(elastic.matrix.cost))
    for name, columns in elastic.slack.items():
        cost[columns] = LOT_WEIGHT if name == LOTS else 1.0 / max(abs(limits[name]), 1.0)
    matrix = replace(elastic.matrix, cost=cost, col_high=elastic.highs(list(elastic.slack)), offset=0.0)
    search = Search(elastic.problem, Budget(iterations, None), lambda *_: None, matrix)
    uncapped = [] if elastic.problem.cap_kw is None else candidates(replace(elastic.problem, cap_kw=None))
    for start in [*starts, *uncapped]:
        search.complete(start)
    if search.values is None:
        return None
    search.bound_krw, search.nodes, search.options = LOT_WEIGHT * lots, NEAREST_NODES, NEAREST_OPTIONS
    search.first_h = FIRST_WINDOW_H  # a schedule near by is enough, and soon
    search.walk()
    return search
