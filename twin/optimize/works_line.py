"""A line of loads as planning sees it: furnaces and machines that put lots together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.check.line import LineClaim, check_line
from twin.optimize.check.shop_cost import shop_figures
from twin.optimize.derive.shop import derive_shop
from twin.optimize.insertion.hand_rule import hand_rule_shop
from twin.optimize.plan.encode_shop import line_plan
from twin.optimize.plan.figures_shop import burnt, line_figures
from twin.optimize.problem.shop import ShopPlan
from twin.optimize.problem.shop_state import LineState, line_state
from twin.optimize.schedule_shop import LineSchedule, schedule_line
from twin.optimize.search.shop import ShopSolution
from twin.scenario.plan import Plan, StateCommand

if TYPE_CHECKING:
    from twin.core.progress import Progress
    from twin.ledger.trace import Trace
    from twin.optimize.check.types import Violation
    from twin.optimize.derive.shop import Line
    from twin.optimize.limit import Limit
    from twin.optimize.plan.figures import PlanFigures
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.network import Floats
    from twin.optimize.problem.shop import Placed
    from twin.optimize.works import Adjust, Part
    from twin.scenario.plan import PlannedBatch
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class LineWorks:
    """See :class:`twin.optimize.works.Works`."""

    scenario: Scenario
    slots: Slots

    def state(self, t_s: float, plan: Plan | None = None) -> LineState:
        """The plant at a time, and the lots still to come in the whole horizon."""
        return line_state(self.scenario, t_s, self.slots.end_s, plan)

    def left(self, state: LineState) -> tuple[frozenset[PlannedBatch], frozenset[StateCommand]]:
        """Loads not begun, commands not heeded."""
        return state.left, state.unheeded

    def schedule(
        self,
        span: Slots,
        state: LineState,
        seen: Trace,
        limit: Limit,
        *,
        before: Plan | None,
        adjust: Adjust,
        progress: Progress,
    ) -> LineSchedule:
        """The best plan found."""
        return schedule_line(self.scenario, span, state, seen, limit, before=before, adjust=adjust, progress=progress)

    def grid_kw(self, found: LineSchedule) -> Floats:
        """Load at the meter (slots,)."""
        return shop_figures(found.line.shop, found.schedule).import_kw

    def emitted_kg(self, found: LineSchedule) -> float:
        """Emissions, those of what is burnt besides electricity among them."""
        return shop_figures(found.line.shop, found.schedule).carbon_kg

    def figures(self, part: Part) -> PlanFigures:
        """Figures of a window."""
        found: LineSchedule = part.schedule
        return line_figures(self.scenario, part.slots, found.line, found.state, found.schedule)

    def beside_krw(self, last: LineSchedule) -> float:
        """Nothing: fuels and gases are in each window's figures."""
        del last
        return 0.0

    def told(self, parts: Sequence[Part]) -> dict[str, float]:
        """The slack before due dates, the largest of all windows."""
        return {"slack_h": max((part.schedule.caution.slack_s for part in parts), default=0.0) / 3600.0}

    def thumb(self, part: Part, state: LineState, before: Plan | None) -> Plan:
        """Electric furnaces off-peak where due dates allow; furnaces are on by the roster, as without a plan. Where that finds no place for
        all lots the plant's own rule goes on.
        """
        found: LineSchedule = part.schedule
        line = derive_shop(
            self.scenario,
            part.slots,
            state,
            found.feedback,
            found.line.lengths,
            caution=found.caution,
            later=found.line.later,
        )
        placed = hand_rule_shop(line.shop) if line.shop.jobs else ()
        left = self._left_out(line, placed, part.slots, state)
        if left is None:
            return Plan(part.slots.start_s, part.slots.count * part.slots.slot_s, part.slots.slot_s)
        if left:
            line = replace(line, later=(*line.later, *left))
        schedule = ShopPlan(placed, (), np.zeros(line.shop.slots), 0.0)
        solution = ShopSolution(schedule, 0.0, 0.0, "feasible", "iterations", 0.0, 0)
        plan = line_plan(part.slots, line, state, solution, switch=False)
        off = [] if before is None else [name for name in line.switched for name in off_units(state, name)]
        return replace(plan, commands=tuple(StateCommand(name, part.slots.start_s, "startup") for name in off))

    def _left_out(self, line: Line, placed: Sequence[Placed], span: Slots, state: LineState) -> list[str] | None:
        """Lots without a place that may be left to a later plan; None where others are without one too."""
        there = {one.job for one in placed}
        left = [job.name for job in line.shop.jobs if job.name not in there]
        early = [name for name in left if name not in state.lots or state.lots[name].due_s <= span.end_s + 1e-6]
        return None if early else left

    def check(self, plan: Plan, state: LineState | None, parts: Sequence[Part], own: PlanFigures) -> list[Violation]:
        """What the checker says."""
        others: dict[str, float] = {}
        for part in parts:
            for name, amount in burnt(part.schedule.line, part.schedule.schedule).items():
                others[name] = others.get(name, 0.0) + amount
        figures = own.figures
        claim = LineClaim(
            own.grid_kw, own.scheduled_kw, others, own.bill.total, figures["carbon_kg"], figures["lateness_h"]
        )
        return check_line(self.scenario, plan, claim, state=state)


def off_units(state: LineState, station: str) -> list[str]:
    """Units of a station that are switched off."""
    return [name for name, unit in state.units.items() if name.rpartition(".")[0] == station and not unit.on]
