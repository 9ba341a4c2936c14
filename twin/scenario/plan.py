"""A plan: what starts when and where, state commands, battery set points. And the state of a plant at one moment. Plain data."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NoReturn

from twin.core.canonical import canonical_json
from twin.core.faults import InputFault

Status = Literal["optimal", "feasible", "infeasible", "no_solution"]
StoppedBy = Literal["optimal", "iterations", "seconds"]


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """One batch on one equipment: a heat of a melting operation, the lot of a job at an operation of its route, or a ladle (``tap``: from
    the melting station ``equipment`` to the casting unit ``key``). Lots of one equipment with the same ``load`` are processed together.
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
    load: str = ""


@dataclass(frozen=True, slots=True)
class StateCommand:
    """Equipment goes to ``state`` (off, standby, holding …) at ``t_s`` and stays there until a batch or command needs another."""

    equipment: str
    t_s: float
    state: str


@dataclass(frozen=True)
class Plan:
    """A schedule with its certificate. ``battery_kw``: discharge positive, one value a slot, empty without a battery. ``later``: jobs that
    are not due in the horizon and are left to the plan that follows.
    """

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
    later: tuple[str, ...] = ()

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
                later=tuple(data.pop("later", ())),
                **data,
            )
        except (ValueError, TypeError, AttributeError) as error:
            msg = f"not a plan: {error}"
            raise InputFault(msg) from None

    def of(self, equipment: str) -> tuple[PlannedBatch, ...]:
        """The batches of one equipment in the order planned."""
        return tuple(batch for batch in self.batches if batch.equipment == equipment)


@dataclass(frozen=True, slots=True)
class StateJob:
    """A lot in the plant. Times are seconds from the moment of the state, the past negative; ``step`` counts operations from 0.

    ``station``: where it waits, behind so many lots ``ahead``; empty where a unit holds it.
    ``good_kg``, ``carbon_kg``: of good metal in it; ``cast_by``: where it was cast.
    """

    job: str
    order: str
    product: str
    pieces: float
    pieces_cast: float
    release_s: float
    due_s: float | None
    priority: int
    step: int
    queued_s: float
    station: str = ""
    poured_kg: float = 0.0
    good_kg: float = 0.0
    carbon_kg: float = 0.0
    cast_by: str = ""
    material: str = ""
    turn: int = 0
    ahead: int = 0


def _refuse(problem: str) -> NoReturn:
    raise ValueError(problem)


def _refuse_constant(word: str) -> NoReturn:
    _refuse(f"{word} is no number")


def _check_time(at: object) -> None:
    """Of which moment a state is. ValueError where that is not said, or not as a date and a time with its offset."""
    if at is None:
        _refuse("it does not say at which time (at)")
    try:
        offset = dt.datetime.fromisoformat(str(at)).utcoffset()
    except ValueError:
        offset = None
    if not isinstance(at, str) or offset is None:
        _refuse(f"at is no date and time with its offset: {at!r} (e.g. 2026-07-06T00:00:00+09:00)")


_TEXTS = tuple(name for name, kind in StateJob.__annotations__.items() if kind == "str")
_NUMBERS = tuple(name for name, kind in StateJob.__annotations__.items() if kind in ("float", "int"))


def _check_jobs(jobs: Sequence[StateJob]) -> None:
    """Raise ValueError for a lot that stands twice, or whose figures are none."""
    seen: set[str] = set()
    for job in jobs:
        if job.job in seen:
            _refuse(f"job {job.job} stands twice")
        seen.add(str(job.job))
        for name in _NUMBERS:
            value = getattr(job, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                _refuse(f"job {job.job}: {name} is no number")
        for name in _TEXTS:
            if not isinstance(getattr(job, name), str):
                _refuse(f"job {job.job}: {name} is no text")
        if job.due_s is not None and (isinstance(job.due_s, bool) or not isinstance(job.due_s, int | float)):
            _refuse(f"job {job.job}: due_s is no number")
        if job.pieces <= 0 or job.step < 0 or min(job.poured_kg, job.good_kg, job.carbon_kg) < 0.0:
            _refuse(f"job {job.job}: pieces, step or kg below zero")


@dataclass(frozen=True)
class PlantState:
    """A plant at one moment: lots waiting or under way, and what each unit is at, from which a run may begin instead of an empty plant.

    ``at``: civil time with its offset. ``units``: by name of the equipment, plain values (see :mod:`twin.models.plant_state`): the lots
    that it holds, when they are done, what it is set up for, how far its breakdowns are counted, what its walls hold.
    """

    at: str = ""
    jobs: tuple[StateJob, ...] = ()
    units: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    melting: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """by melting station: ladles on their way, the count of heats"""
    asking: tuple[str, ...] = ()
    """equipment that waits for people, cranes or tools, in the order of asking"""

    def to_json(self) -> str:
        """Canonical JSON."""
        return canonical_json(asdict(self))

    @staticmethod
    def from_json(text: str) -> PlantState:
        """The state that :meth:`to_json` wrote. Raises InputFault where it is not one."""
        try:
            data = json.loads(text, parse_constant=_refuse_constant)
            if not isinstance(data, dict):
                _refuse("no mapping of at, jobs and units")
            _check_time(data.get("at"))
            jobs = tuple(StateJob(**job) for job in data.pop("jobs", ()))
            _check_jobs(jobs)
            for word in ("units", "melting"):
                kept = data.get(word, {})
                if not isinstance(kept, dict) or not all(isinstance(one, dict) for one in kept.values()):
                    _refuse(f"{word} is no mapping of mappings")
            asking = data.pop("asking", [])
            if not isinstance(asking, list) or not all(isinstance(name, str) for name in asking):
                _refuse("asking is no list of names")
            return PlantState(jobs=jobs, asking=tuple(asking), **data)
        except (ValueError, TypeError, AttributeError) as error:
            msg = f"not the state of a plant: {error}"
            raise InputFault(msg) from None
