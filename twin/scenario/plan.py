"""A plan: what starts when and where, state commands, battery set points. And the state of a plant at one moment. Plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from twin.core.canonical import canonical_json
from twin.core.faults import InputFault

Status = Literal["optimal", "feasible", "infeasible", "no_solution"]
StoppedBy = Literal["optimal", "iterations", "seconds"]


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """One batch on one equipment: a heat of a melting operation, the lot of a job at an operation of its route, or a ladle (``tap``: from
    the melting station ``equipment`` to the casting unit ``key``).
    """

    equipment: str
    kind: Literal["heat", "job", "tap"]
    key: str
    product: str
    job: str | None
    not_before_s: float
    duration_s: float
    mass_kg: float
    pieces: int = 0


@dataclass(frozen=True, slots=True)
class StateCommand:
    """Equipment goes to ``state`` (off, standby, holding …) at ``t_s`` and stays there until a batch or command needs another."""

    equipment: str
    t_s: float
    state: str


@dataclass(frozen=True)
class Plan:
    """A schedule with its certificate. ``battery_kw``: discharge positive, one value a slot, empty without a battery."""

    start_s: float
    horizon_s: float
    slot_s: float
    batches: tuple[PlannedBatch, ...] = ()
    commands: tuple[StateCommand, ...] = ()
    battery_kw: tuple[float, ...] = ()
    status: Status = "no_solution"
    objective_krw: float | None = None
    bound_krw: float | None = None
    gap: float | None = None
    stopped_by: StoppedBy = "optimal"
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Canonical JSON."""
        return canonical_json(asdict(self))

    @staticmethod
    def from_json(text: str) -> Plan:
        """The plan that :meth:`to_json` wrote. Raises InputFault where it is not one."""
        try:
            data: dict[str, Any] = json.loads(text)
            batches = tuple(PlannedBatch(**batch) for batch in data.pop("batches", ()))
            commands = tuple(StateCommand(**command) for command in data.pop("commands", ()))
            return Plan(
                batches=batches,
                commands=commands,
                battery_kw=tuple(data.pop("battery_kw", ())),
                notes=tuple(data.pop("notes", ())),
                **data,
            )
        except (ValueError, TypeError, AttributeError) as error:
            msg = f"not a plan: {error}"
            raise InputFault(msg) from None

    def of(self, equipment: str) -> tuple[PlannedBatch, ...]:
        """The batches of one equipment in the order planned."""
        return tuple(batch for batch in self.batches if batch.equipment == equipment)


@dataclass(frozen=True)
class PlantState:
    """A plant at ``t_s``: node temperatures by equipment, kg of metal by stock, jobs waiting or under way by equipment."""

    t_s: float = 0.0
    temperatures_degc: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    stocks_kg: Mapping[str, float] = field(default_factory=dict)
    queues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
