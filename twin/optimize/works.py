"""What planning asks of a plant, whatever it makes: foundries and lines of loads answer each in their own way, the verbs ask once.

:mod:`twin.optimize.works_foundry` and :mod:`twin.optimize.works_line` answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from twin.optimize.derive.lines import is_line
from twin.optimize.problem.network import Problem
from twin.optimize.problem.shop import Shop
from twin.optimize.solvers import load_sparse

if TYPE_CHECKING:
    from twin.core.progress import Progress
    from twin.ledger.trace import Trace
    from twin.optimize.check.types import Violation
    from twin.optimize.limit import Limit
    from twin.optimize.plan.certificate import Certificate
    from twin.optimize.plan.figures import PlanFigures
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.network import Floats
    from twin.optimize.replay import Replay
    from twin.scenario.plan import Plan, PlannedBatch, StateCommand
    from twin.scenario.scenario import Scenario

Posed = TypeVar("Posed", Problem, Shop)
"""what is searched: both have months and carbon"""


class Adjust(Protocol):
    """What earlier windows leave of what is searched: peaks so far, emissions left."""

    def __call__(self, posed: Posed, /) -> Posed:
        """As it is after them."""


def as_derived(posed: Posed) -> Posed:
    """Nothing came before."""
    return posed


class Scheduled(Protocol):
    """A plan found for one window, with its replay (randomness off) and how long building and searching took."""

    @property
    def plan(self) -> Plan:
        """The plan."""

    @property
    def solution(self) -> Certificate:
        """How good it is."""

    @property
    def replay(self) -> Replay:
        """It, replayed after all that came before."""

    @property
    def build_s(self) -> float:
        """Seconds of deriving."""

    @property
    def solve_s(self) -> float:
        """Seconds of searching."""


@dataclass(frozen=True)
class Part:
    """One window with its schedule."""

    slots: Slots
    schedule: Any


@dataclass(frozen=True)
class Begun:
    """What stands when planning begins: the begun part of an earlier plan, if there is one, and the state of the plant."""

    plan: Plan | None
    state: Any


class Works(Protocol):
    """A scenario's plant as planning sees it. States of the plant are its own: nobody else looks into them."""

    def state(self, t_s: float, plan: Plan | None = None) -> Any:
        """The plant at ``t_s`` by its own rule or ``plan``, every duration at its mean."""

    def left(self, state: Any) -> tuple[frozenset[PlannedBatch], frozenset[StateCommand]]:
        """What of the plan followed so far is not begun, and not heeded, in that state."""

    def schedule(
        self,
        span: Slots,
        state: Any,
        seen: Trace,
        limit: Limit,
        *,
        before: Plan | None,
        adjust: Adjust,
        progress: Progress,
    ) -> Scheduled:
        """The best plan found for ``span``. Raises Infeasible."""

    def grid_kw(self, found: Any) -> Floats:
        """Load at the meter (slots,) by the plan's own model."""

    def emitted_kg(self, found: Any) -> float:
        """Emissions of a window by the plan's own model."""

    def figures(self, part: Part) -> PlanFigures:
        """Figures of a window from its own model."""

    def beside_krw(self, last: Any) -> float:
        """Cash of all windows together that is in no window's figures."""

    def told(self, parts: Sequence[Part]) -> dict[str, float]:
        """What else is to be known of how the windows were planned, by name with its unit."""

    def thumb(self, part: Part, state: Any, before: Plan | None) -> Plan:
        """The rule of thumb in a window, from the state in which it itself left the plant."""

    def check(self, plan: Plan, state: Any, parts: Sequence[Part], own: PlanFigures) -> list[Violation]:
        """What the checker says of a plan; ``state``: where the plant is when it begins (None: as the scenario alone says)."""


def works_of(scenario: Scenario, slots: Slots) -> Works:
    """The scenario's plant, planned over ``slots``."""
    load_sparse()
    if is_line(scenario):
        from twin.optimize.works_line import LineWorks

        return LineWorks(scenario, slots)
    from twin.optimize.works_foundry import FoundryWorks

    return FoundryWorks(scenario, slots)
