"""A line of jobs on routes as data: the insertion search works on it; :mod:`twin.optimize.formulation.shop` makes a problem of it.

Jobs of one family are alike but for release and due date; units of one group are alike. Operation ``k`` of a job starts ``lag_slots``
or later after the end of ``k − 1``, on one unit of a group among its ways, without interruption, in slots in which the group is there.
Jobs of the same recipe that start together on one unit with ``room`` for several are one load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.optimize.problem.network import BatteryData, Capacity, Carbon, DemandMonth, Flags, Floats


@dataclass(frozen=True)
class States:
    """A group that is switched on and off: ``startup_slots`` at ``startup_kw``, then ready at ``idle_kw`` until it works or goes off.

    ``on_at_start`` units are ready in the first slot, the others off. Switching off is free. What is not electricity (gas, protective gas)
    costs ``idle_krw`` a slot of waiting ready and ``startup_krw`` a start-up.
    """

    idle_kw: float
    startup_kw: float
    startup_slots: int
    on_at_start: int = 0
    idle_krw: float = 0.0
    startup_krw: float = 0.0


@dataclass(frozen=True)
class Group:
    """``units`` equal units, each with ``room`` for one load (places or kg), there in the slots that ``available`` marks (slots,).

    ``begins`` (slots,): slots in which work may be begun, where that takes people who need not stay (None: in all that are available).
    """

    name: str
    units: int
    available: Flags
    room: float = 1.0
    states: States | None = None
    begins: Flags | None = None


@dataclass(frozen=True)
class Way:
    """An operation on one group: ``load_kw`` (slots of the work,) is drawn once a load, ``job_kw`` (same length or empty) once a job.

    A job takes ``room`` of the unit's; ``uses`` people or other capacities are held all along, once a load. What is not electricity costs
    ``load_krw`` a load and ``job_krw`` a job, and emits ``load_carbon_kg`` and ``job_carbon_kg``.
    """

    slots: int
    load_kw: Floats
    job_kw: Floats | None = None
    room: float = 1.0
    uses: Mapping[str, float] = field(default_factory=dict)
    load_krw: float = 0.0
    job_krw: float = 0.0
    load_carbon_kg: float = 0.0
    job_carbon_kg: float = 0.0


@dataclass(frozen=True)
class Operation:
    """One step of a route: its ways by group, the longest wait for it (None: any) and the power drawn per job while it waits.

    Only operations of the same ``recipe`` share a load; None: one job, one load.
    """

    name: str
    ways: Mapping[str, Way]
    lag_slots: int = 0
    longest_wait_slots: int | None = None
    hold_kw: float = 0.0
    recipe: str | None = None


@dataclass(frozen=True)
class Family:
    """Jobs that take the same route; ``late_krw`` for each slot that one ends after its due date."""

    name: str
    operations: tuple[Operation, ...]
    late_krw: float


@dataclass(frozen=True)
class ShopJob:
    """A job: it may start in slot ``release`` and is late by the slots in which it is not done at or after slot ``due`` (None: never).

    ``step``: the first operation still to be done (a job under way when the horizon begins).
    """

    name: str
    family: str
    release: int
    due: int | None = None
    step: int = 0


@dataclass(frozen=True)
class Shop:
    """A line, its jobs, and what power costs. All arrays have ``slots`` elements; power in kW as mean of the slot."""

    slots: int
    slot_h: float
    groups: Mapping[str, Group]
    families: Mapping[str, Family]
    jobs: tuple[ShopJob, ...]
    base_kw: Floats
    price_krw_per_kwh: Floats
    carbon: Carbon
    months: tuple[DemandMonth, ...] = ()
    capacities: Mapping[str, Capacity] = field(default_factory=dict)
    pv_kw: Floats | None = None
    cap_kw: Floats | None = None
    battery: BatteryData | None = None


@dataclass(frozen=True)
class Placed:
    """One operation of one job: where and when, and which load of the unit it is part of (loads of a unit count from 0)."""

    job: str
    step: int
    group: str
    unit: int
    start: int
    load: int


@dataclass(frozen=True)
class OnTime:
    """A unit is switched on from its first start-up slot ``start`` to ``end`` (exclusive)."""

    group: str
    unit: int
    start: int
    end: int


@dataclass(frozen=True)
class ShopPlan:
    """A whole schedule: every operation, the on-intervals of units with states, battery power by slot (charge positive, kW), its cost."""

    placed: tuple[Placed, ...]
    on: tuple[OnTime, ...]
    battery_kw: Floats
    cost_krw: float
