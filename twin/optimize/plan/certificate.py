"""What a search says of how good its plan is, and the plan that bears it: the same for foundries and for lines of loads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from twin.scenario.plan import Plan, PlannedBatch, StateCommand

if TYPE_CHECKING:
    from twin.optimize.problem.grid import Slots
    from twin.scenario.plan import Status, StoppedBy


class Certificate(Protocol):
    """How a search ended: KRW of the plan and below which no plan lies (−∞: not known), relative gap (infinite: not known)."""

    @property
    def status(self) -> Status:
        """optimal, feasible, infeasible or no_solution."""

    @property
    def stopped_by(self) -> StoppedBy:
        """What ended it."""

    @property
    def objective_krw(self) -> float:
        """Cost of the plan."""

    @property
    def bound_krw(self) -> float:
        """What no plan undercuts."""

    @property
    def gap(self) -> float:
        """Relative distance of the two."""

    @property
    def iterations(self) -> int:
        """Iterations used."""


def certified_plan(
    slots: Slots,
    found: Certificate,
    batches: Iterable[PlannedBatch],
    commands: Iterable[StateCommand] = (),
    battery_kw: Sequence[float] = (),
    notes: Iterable[str] = (),
    later: Iterable[str] = (),
) -> Plan:
    """The plan of a solution with its certificate; batches by start, then equipment."""
    return Plan(
        slots.start_s,
        slots.count * slots.slot_s,
        slots.slot_s,
        tuple(sorted(batches, key=lambda batch: (batch.not_before_s, batch.equipment, batch.key))),
        tuple(commands),
        tuple(battery_kw),
        found.status,
        found.objective_krw,
        found.bound_krw if math.isfinite(found.bound_krw) else None,
        found.gap if math.isfinite(found.gap) else None,
        found.stopped_by,
        tuple(notes),
        tuple(later),
    )
