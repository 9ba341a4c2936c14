"""Ladles of a plan for furnaces that pour straight into moulds: which furnace fills which lot's ladle, and what a heat is charged for.

A lot is poured from the furnaces that the plan names. Where those have too little, others help; where they are late beyond patience, or
will have nothing, whichever has metal takes their place. A heat is charged for the lots that the plan draws from it, less what is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.models.melting import Furnace
    from twin.scenario.plan import Plan, PlannedBatch

_TINY_KG = 1e-6
_EARLY_S = 1e-6


class PlannedLadles:
    """The ladles of a plan that name their lot: by lot and by furnace, and those that have been filled."""

    def __init__(self, plan: Plan, patience_s: float) -> None:
        self.patience_s = patience_s
        self.of_lot: dict[str, list[PlannedBatch]] = {}
        self.of_furnace: dict[str, list[PlannedBatch]] = {}
        self.heats: dict[str, list[PlannedBatch]] = {}
        self.filled: set[str] = set()
        for batch in sorted(plan.batches, key=lambda one: one.not_before_s):
            if batch.kind == "tap" and batch.job is not None:
                self.of_lot.setdefault(batch.job, []).append(batch)
                self.of_furnace.setdefault(batch.equipment, []).append(batch)
            if batch.kind == "heat":
                self.heats.setdefault(batch.equipment, []).append(batch)

    def fill(self, job: str) -> None:
        """The ladles of a lot are filled."""
        self.filled.add(job)

    def sources(
        self, job: str, kg: float, furnaces: Sequence[Furnace], ready: Sequence[Furnace], now: float
    ) -> list[Furnace]:
        """Furnaces, of those that are ready, that a lot's ladle is filled from now, the first one first; none where it has to wait."""
        planned = self.of_lot.get(job)
        if planned is None:
            return list(ready)
        names = {batch.equipment for batch in planned}
        late = now > planned[0].not_before_s + self.patience_s - _EARLY_S
        coming = [f for f in furnaces if f.name in names and f not in ready and self._will_have(f, now)]
        if coming and not late:
            return []
        mine = [furnace for furnace in ready if furnace.name in names]
        if sum(furnace.available_kg() for furnace in mine) >= kg - _TINY_KG:
            return mine
        return mine + [furnace for furnace in ready if furnace not in mine]

    def _will_have(self, furnace: Furnace, now: float) -> bool:
        """Whether a furnace that is not ready is at work on metal, or about to be."""
        following = self.next_heat(furnace)
        begun = following is not None and following.not_before_s <= now + _EARLY_S
        return furnace.at_work or begun

    def names(self, furnace: Furnace) -> bool:
        """Whether the plan says which lots are poured from a furnace."""
        return furnace.name in self.of_furnace

    def next_heat(self, furnace: Furnace) -> PlannedBatch | None:
        """The heat of a furnace that is planned next."""
        return next(iter(self.heats.get(furnace.name, ())), None)

    def begun(self, furnace: Furnace) -> None:
        """The next planned heat of a furnace is begun, or is not needed any more."""
        del self.heats[furnace.name][0]

    def spent(self, furnace: Furnace) -> bool:
        """Whether no ladle is planned from a furnace any more before its next heat: what is left over may be melted over."""
        mine = self.of_furnace.get(furnace.name)
        if mine is None:
            return False
        following = self.next_heat(furnace)
        until_s = math.inf if following is None else following.not_before_s - _EARLY_S
        return not any(batch.not_before_s < until_s and batch.job not in self.filled for batch in mine)

    def charge_kg(self, furnace: Furnace, heat: PlannedBatch) -> float:
        """What a heat is charged with: enough, however the scales err, for the lots still to be poured from it and for the heel."""
        mine, kind = self.of_furnace.get(furnace.name), furnace.kind
        if mine is None:
            return heat.mass_kg
        later = [batch.not_before_s for batch in self.heats[furnace.name] if batch.not_before_s > heat.not_before_s]
        until_s = min(later, default=math.inf) - _EARLY_S
        wanted = [b.mass_kg for b in mine if b.not_before_s < until_s and b.job not in self.filled]
        spread = 0.0 if furnace.draws.mean_mode else kind.charge.spread
        missing = (sum(wanted) + kind.heel_kg - furnace.metal.kg) / kind.recovery / (1.0 - spread)
        return min(max(missing + _TINY_KG, kind.charge.least_kg), kind.charge.mass_kg) if wanted else 0.0
