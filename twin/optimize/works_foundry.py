"""A foundry as planning sees it: furnaces that melt, cells that cast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.optimize.check.claims import Claim
from twin.optimize.check.plan import check
from twin.optimize.check.site import site_of
from twin.optimize.derive.foundry import derive
from twin.optimize.plan.figures import PlanFigures, plan_figures
from twin.optimize.problem.state import Snapshot, snapshot
from twin.optimize.schedule import Schedule, planned, schedule
from twin.optimize.search.anytime import search
from twin.optimize.search.hand_rule import hand_rule

if TYPE_CHECKING:
    from twin.core.progress import Progress
    from twin.ledger.trace import Trace
    from twin.optimize.check.types import Violation
    from twin.optimize.limit import Limit
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.network import Floats
    from twin.optimize.works import Adjust, Part
    from twin.scenario.plan import Plan, PlannedBatch, StateCommand
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class FoundryWorks:
    """See :class:`twin.optimize.works.Works`."""

    scenario: Scenario
    slots: Slots

    def state(self, t_s: float, plan: Plan | None = None) -> Snapshot:
        """The plant at a time."""
        return snapshot(self.scenario, t_s, plan)

    def left(self, state: Snapshot) -> tuple[frozenset[PlannedBatch], frozenset[StateCommand]]:
        """Batches not begun; every command up to then was heeded."""
        return state.left, frozenset()

    def schedule(
        self,
        span: Slots,
        state: Snapshot,
        seen: Trace,
        limit: Limit,
        *,
        before: Plan | None,
        adjust: Adjust,
        progress: Progress,
    ) -> Schedule:
        """The best plan found."""
        return schedule(self.scenario, span, state, seen, limit, before=before, adjust=adjust, progress=progress)

    def grid_kw(self, found: Schedule) -> Floats:
        """Load at the meter (slots,)."""
        return np.array([found.solution.values["grid", t] for t in range(found.derived.problem.slots)])

    def emitted_kg(self, found: Schedule) -> float:
        """Emissions, fuels as fixed."""
        carbon = found.derived.problem.carbon
        return float(self.grid_kw(found) @ carbon.intensity_kg_per_kwh) * found.derived.problem.slot_h + carbon.fixed_kg

    def figures(self, part: Part) -> PlanFigures:
        """Figures of a window, but for fuels."""
        found: Schedule = part.schedule
        return plan_figures(self.scenario, part.slots, found.derived.problem, found.solution, found.feedback.other_kw)

    def beside_krw(self, last: Schedule) -> float:
        """Fuels, as the last replay tells them."""
        return float(last.replay.accounts.kpis["fuel_krw"])

    def told(self, parts: Sequence[Part]) -> dict[str, float]:
        """Nothing."""
        del parts
        return {}

    def thumb(self, part: Part, state: Snapshot, before: Plan | None) -> Plan:
        """Melting off-peak where due dates allow."""
        del before
        derived = derive(self.scenario, part.slots, state, part.schedule.feedback)
        solution = search(derived.problem, [hand_rule(derived.problem)], iterations=0, bound=False)
        if not solution.values:
            msg = "the rule of thumb finds no schedule for this scenario"
            raise InputFault(msg)
        return planned(self.scenario, part.slots, derived, solution)

    def check(self, plan: Plan, state: Snapshot | None, parts: Sequence[Part], own: PlanFigures) -> list[Violation]:
        """What the checker says."""
        del parts
        claim = Claim(
            own.grid_kw,
            own.scheduled_kw,
            own.figures["energy_kwh"],
            own.bill.total,
            own.figures["carbon_kg"],
            own.figures["lateness_h"],
        )
        site = None if state is None else site_of(self.scenario, plan, state)
        return check(self.scenario, plan, claim, site=site)
