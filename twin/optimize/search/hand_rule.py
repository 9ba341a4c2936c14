"""The rule of thumb that plans are compared with: melt and heat off-peak where due dates allow, cast as the metal comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.optimize.search.greedy import off_peak_dispatch

if TYPE_CHECKING:
    from twin.optimize.formulation.matrix import StartKey
    from twin.optimize.problem.network import Problem


def hand_rule(problem: Problem) -> dict[StartKey, float]:
    """Start counts of a forward dispatch that keeps heats to the cheapest hours for which nothing is later than without."""
    return off_peak_dispatch(problem, ("heat",))
