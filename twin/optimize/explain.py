"""Why a problem has no plan, in words, with figures that are proofs: each is the least that the relaxation needs.

Only requirements may give way (power cap, emission cap, closing stock, lots by the horizon's end); balances and capacities are physics.
The linear relaxation asks for no more than the whole-number problem, so "short by 2,050 kg" is a lower bound on what is really needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.core.messages import t as text
from twin.optimize.formulation import build
from twin.optimize.matrix import Matrix, highs_of, matrix_of

if TYPE_CHECKING:
    from twin.optimize.problem import Problem

TOLERANCE = 1e-4
PREFIXES = {
    "power_cap": "short_power",
    "emission_cap": "short_carbon",
    "closing_stock": "short_stock",
    "lots": "unfinished",
}
UNITS = {"power_cap": "kW", "emission_cap": "kg", "closing_stock": "kg", "lots": ""}


@dataclass(frozen=True)
class Shortfall:
    """A requirement and the least by which it must give way, in its unit; ``alone``: all others kept."""

    requirement: str
    amount: float
    alone: bool


@dataclass(frozen=True)
class Explanation:
    """``lots`` that cannot be finished in the horizon even without caps; ``shortfalls`` of the caps on top of that (empty: feasible)."""

    lots: float
    shortfalls: tuple[Shortfall, ...]
    limits: Mapping[str, float]

    @property
    def feasible(self) -> bool:
        """Whether the relaxation meets all requirements once the lots that cannot be made anyway are let go."""
        return not self.shortfalls

    def words(self, lang: str = "en") -> str:
        """One sentence a requirement: what it is short by and the value with which it would be feasible."""
        kept = [one for one in self.shortfalls if one.alone] or list(self.shortfalls)
        key = "optimize.short_alone" if kept and kept[0].alone else "optimize.short_together"
        said = []
        for one in kept:
            limit = self.limits[one.requirement]
            needed = limit - one.amount if one.requirement in {"lots", "closing_stock"} else limit + one.amount
            unit = text("optimize.lots", lang) if one.requirement == "lots" else UNITS[one.requirement]
            said.append(
                text(
                    key,
                    lang,
                    what=text(f"optimize.requirement.{one.requirement}", lang),
                    amount=f"{one.amount:,.1f}",
                    unit=unit,
                    needed=f"{needed:,.1f}",
                )
            )
        return "; ".join(said)


def explain(problem: Problem) -> Explanation:
    """Which requirements cannot be met, each alone and together, by linear programs on the elastic model."""
    matrix = matrix_of(build(problem, elastic=True))
    slack = {name: columns for name, prefix in PREFIXES.items() if (columns := _columns(matrix, prefix))}
    lots = _least(matrix, slack, wanted=("lots",), free=tuple(slack))
    lots = 0.0 if lots is None else lots
    hard = [name for name in slack if name != "lots"]
    if not hard or _least(matrix, slack, wanted=(), free=("lots",), lots=lots) is not None:
        return Explanation(lots, (), limits_of(problem))
    found = []
    for name in slack:
        amount = _least(matrix, slack, wanted=(name,), free=(name, "lots"), lots=None if name == "lots" else lots)
        if amount is not None and amount > TOLERANCE:
            found.append(Shortfall(name, amount, alone=True))
    if not found:
        found = _together(matrix, slack, hard, lots)
    return Explanation(lots, tuple(found), limits_of(problem))


def limits_of(problem: Problem) -> dict[str, float]:
    """The stated value of each requirement, in its unit."""
    caps = problem.cap_kw if problem.cap_kw is not None else np.array([np.inf])
    return {
        "power_cap": float(np.min(caps)),
        "emission_cap": problem.carbon.cap_kg if problem.carbon.cap_kg is not None else np.inf,
        "closing_stock": sum(closing.least for closing in problem.closings),
        "lots": sum(due.required for due in problem.dues),
    }


def _columns(matrix: Matrix, prefix: str) -> list[int]:
    return [j for (name, _), j in matrix.column.items() if name == prefix]


def _least(
    matrix: Matrix,
    slack: Mapping[str, list[int]],
    wanted: tuple[str, ...],
    free: tuple[str, ...],
    lots: float | None = None,
) -> float | None:
    """Least sum of the slacks ``wanted`` while only ``free`` ones may be used (lots up to ``lots``); None where that is infeasible."""
    values = _solve(matrix, slack, wanted, free, lots)
    return None if values is None else float(sum(values[j] for name in wanted for j in slack.get(name, ())))


def _solve(
    matrix: Matrix, slack: Mapping[str, list[int]], wanted: tuple[str, ...], free: tuple[str, ...], lots: float | None
) -> np.ndarray | None:
    solver = highs_of(matrix, relaxed=True)
    count = len(matrix.cost)
    cost, high = np.zeros(count), matrix.col_high.copy()
    for name, columns in slack.items():
        cost[columns] = 1.0 if name in wanted else 0.0
        high[columns] = high[columns] if name in free else 0.0
    solver.changeColsCost(count, np.arange(count, dtype=np.int32), cost)
    solver.changeColsBounds(count, np.arange(count, dtype=np.int32), matrix.col_low, high)
    if lots is not None and slack.get("lots"):
        missing = np.array(slack["lots"], dtype=np.int32)
        solver.addRow(-np.inf, lots + TOLERANCE, len(missing), missing, np.ones(len(missing)))
    solver.run()
    if solver.getInfo().primal_solution_status != 2:
        return None
    return np.asarray(solver.getSolution().col_value)


def _together(matrix: Matrix, slack: Mapping[str, list[int]], hard: list[str], lots: float) -> list[Shortfall]:
    """One way to let several give way at once: the least sum of all slacks, each in its own unit."""
    values = _solve(matrix, slack, tuple(hard), (*hard, "lots"), lots)
    if values is None:
        return []
    amounts = {name: float(sum(values[j] for j in slack[name])) for name in hard}
    return [Shortfall(name, amount, alone=False) for name, amount in amounts.items() if amount > TOLERANCE]
