"""What a plan of a line must reach: its targets, and the emissions that they and the cap leave it together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.experiment.draws import MeanDraws
from twin.ledger.accounts import account
from twin.models.plant import simulate
from twin.optimize.derive.site import targets
from twin.optimize.problem.network import Targets

if TYPE_CHECKING:
    from twin.ledger.trace import Trace
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.shop_state import LineState, OpenLot
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class LineTargets:
    """Targets with what they are measured by: kg of good pieces by lot."""

    asked: Targets
    good_kg: dict[str, float]

    def output_kg(self, later: Iterable[str] = ()) -> float:
        """Good pieces of all lots but those left for later."""
        left = set(later)
        return sum(kg for job, kg in self.good_kg.items() if job not in left)

    def cap_kg(self, cap_kg: float | None, later: Iterable[str] = ()) -> float | None:
        """Emissions at most, kg CO2e: every lot planned is done, so its output is known and each target is a cap."""
        per_output = None
        if self.asked.intensity_kg_per_kg is not None:
            per_output = self.asked.intensity_kg_per_kg * self.output_kg(later)
        return min((kg for kg in (cap_kg, self.asked.reduced_kg, per_output) if kg is not None), default=None)

    def spare(self, lots: Iterable[OpenLot]) -> set[str]:
        """Those of ``lots`` that the output asked for can do without: the ones due last."""
        missing_kg = self.asked.output_kg
        ranked = sorted(lots, key=lambda lot: (lot.due_s, lot.job))
        if missing_kg is None:
            return {lot.job for lot in ranked}
        rest_kg = self.output_kg([lot.job for lot in ranked])
        found: set[str] = set()
        for lot in ranked:
            if rest_kg >= missing_kg - 1e-6:
                found.add(lot.job)
            rest_kg += self.good_kg[lot.job]
        return found


def line_targets(scenario: Scenario, slots: Slots, state: LineState, seen: Trace) -> LineTargets:
    """Targets of a horizon. ``seen``: the plant by its own rule, up to the end of it or later."""
    asked, operated_kg = scenario.spec.plan.targets, None
    if asked.reduction is not None:
        before = simulate(scenario, MeanDraws(), t_to=slots.start_s) if slots.start_s > 0.0 else None
        here = seen if abs(seen.duration_s - slots.end_s) < 1.0 else simulate(scenario, MeanDraws(), t_to=slots.end_s)
        operated_kg = float(account(scenario, here).kpis["carbon_kg"])
        operated_kg -= 0.0 if before is None else float(account(scenario, before).kpis["carbon_kg"])
    products = scenario.spec.products
    good = {
        lot.job: lot.kg * (1.0 - products[lot.product].scrap_fraction)
        for lot in state.lots.values()
        if lot.ready_s < slots.end_s - 1e-6
    }
    return LineTargets(targets(scenario, operated_kg), good)
