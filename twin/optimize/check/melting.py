"""One furnace through a plan, in its own physics: every heat with the lining as it is then, holding, idling. For the checker."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.models.phases import Phase
    from twin.optimize.check.site import Melter
    from twin.scenario.plan import Plan, PlannedBatch

LATEST_TAP_S = 12 * 3600.0
TINY_KG = 1e-6


@dataclass(frozen=True)
class HeatEnergy:
    """Electric energy of one planned heat and the time that it takes, in the order planned."""

    kwh: float
    duration_s: float


@dataclass
class Walked:
    """What came of a furnace's plan: each heat, by ``id`` of its batch; electricity of the whole horizon, holding and idling included."""

    heats: dict[int, HeatEnergy] = field(default_factory=dict)
    kwh: float = 0.0


def walk(plan: Plan, name: str, melter: Melter) -> Walked:
    """The furnace from the plan's start to its end."""
    return _Walk(plan, name, melter).run()


def heats_of(plan: Plan, name: str) -> list[PlannedBatch]:
    """The planned heats of a furnace in their order."""
    return sorted((batch for batch in plan.of(name) if batch.kind == "heat"), key=lambda one: one.not_before_s)


def given_up(plan: Plan, name: str, melter: Melter) -> list[float]:
    """When a furnace is emptied, heel and all: people leave for longer than metal is held, or the plan commands it."""
    end_s, shift = plan.start_s + plan.horizon_s, melter.shift
    gaps = zip(shift.ends, [*shift.starts[1:], float("inf")], strict=True)
    leaving = [end for end, start in gaps if start - end > melter.kind.hold_through_s and plan.start_s <= end <= end_s]
    commands = [c.t_s for c in plan.commands if c.equipment == name and c.state == "standby"]
    return sorted([*leaving, *commands])


def taps_of(plan: Plan, name: str, melter: Melter) -> list[PlannedBatch]:
    """Ladles filled from this furnace, or from its station where the plan leaves open which furnace fills them."""
    return [b for b in plan.batches if b.kind == "tap" and b.equipment in (name, melter.station)]


class _Walk:
    def __init__(self, plan: Plan, name: str, melter: Melter) -> None:
        self.plan, self.name, self.melter, self.kind = plan, name, melter, melter.kind
        self.hearth = copy.deepcopy(melter.hearth)
        self.end_s = plan.start_s + plan.horizon_s
        self.clock, self.rest_kg = plan.start_s, 0.0
        self.taps, self.gone = taps_of(plan, name, melter), given_up(plan, name, melter)
        self.found = Walked()

    def run(self) -> Walked:
        """All heats, and what is between them."""
        heats = heats_of(self.plan, self.name)
        if self.melter.state.metal_kg > TINY_KG:
            self.hearth.set_mass(self.kind.heel_kg + self.melter.state.metal_kg)
            self._pour(self.plan.start_s, heats[0].not_before_s if heats else self.end_s, self.melter.state.metal_kg)
        for k, batch in enumerate(heats):
            self._idle(max(batch.not_before_s, self.clock))
            phases, given_kg = self._heat(batch)
            ready_s = self.clock + sum(phase.duration_s for phase in phases)
            self.found.heats[id(batch)] = HeatEnergy(self._count(phases), ready_s - self.clock)
            self.clock = ready_s
            self._pour(ready_s, heats[k + 1].not_before_s if k + 1 < len(heats) else float("inf"), given_kg)
        self._idle(self.end_s)
        return self.found

    def _heat(self, batch: PlannedBatch) -> tuple[list[Phase], float]:
        """Charge on top of what is left over, so much less; phases, and metal above the heel."""
        charge_kg = max(batch.mass_kg - self.rest_kg / self.kind.recovery, 1.0)
        phases = self.hearth.heat(charge_kg, ())
        self.hearth.set_mass(self.hearth.state.mass_kg - charge_kg * (1.0 - self.kind.recovery))
        return phases, max(0.0, self.hearth.state.mass_kg - self.kind.heel_kg)

    def _pour(self, ready_s: float, following_s: float, given_kg: float) -> None:
        """Hold the metal until the last ladle before the next heat is filled; what is left over stays."""
        own = [t for t in self.taps if t.equipment == self.name]
        mine = [
            tap
            for tap in self.taps
            if ready_s - self.plan.slot_s <= tap.not_before_s < min(ready_s + LATEST_TAP_S, following_s + 1.0)
        ]
        tapping_s = self.kind.ladle.tapping_s
        last_s = max([ready_s, *(tap.not_before_s for tap in mine)]) + (tapping_s if own else 2 * tapping_s)
        last_s = min(last_s, self.end_s)
        self._count(self.hearth.hold(max(0.0, last_s - self.clock), "holding"))
        self.clock = max(last_s, self.clock)
        self.rest_kg = max(0.0, given_kg - sum(tap.mass_kg for tap in mine)) if own else 0.0
        self.hearth.set_mass(self.kind.heel_kg + self.rest_kg if self.kind.heel_kg else 0.0)

    def _idle(self, until_s: float) -> None:
        """Hold the heel until it is given up, then rest; auxiliaries run while people are there."""
        while self.clock < until_s - 1e-6:
            ahead = [t for t in self.gone if t > self.clock + 1e-6]
            stop = min([until_s, *ahead])
            if self.hearth.state.mass_kg > TINY_KG:
                self._count(self.hearth.hold(stop - self.clock, "holding"))
            else:
                self._cool(stop)
            self.clock = stop
            if any(abs(stop - t) < 1e-6 for t in self.gone):
                self.hearth.set_mass(0.0)
                self.rest_kg = 0.0

    def _cool(self, until_s: float) -> None:
        shift, t = self.melter.shift, self.clock
        while t < until_s - 1e-6:
            here = shift.open(t)
            stop = min(until_s, shift.closes(t) if here else shift.next_open(t))
            self._count(self.hearth.rest(stop - t, "standby" if here else "off"))
            t = stop

    def _count(self, phases: Iterable[Phase]) -> float:
        kwh = electric_kwh(phases)
        self.found.kwh += kwh
        return kwh


def electric_kwh(phases: Iterable[Phase]) -> float:
    """Electric energy of phases."""
    return sum(
        flow.amount(phase.duration_s) for phase in phases for flow in phase.flows if flow.carrier == "electricity"
    )
