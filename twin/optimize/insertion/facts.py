"""A shop made ready for the insertion search: indices instead of names, powers as steps, prices as sums over slots."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twin.optimize.problem.network import Floats
from twin.optimize.problem.shop import Group, Operation, Shop, ShopJob, Way

CAP_KRW_PER_KW = 20_000.0
CARBON_CAP_KRW_PER_KG = 2_000.0


@dataclass(frozen=True)
class Kind:
    """What a load can be: ``slots`` on a group with power ``load_kw``; jobs of the same kind may be ``shared`` in one load up to ``room``.

    ``krw`` (with the price of ``carbon_kg``) is what a load costs beside electricity.
    """

    group: int
    slots: int
    load_kw: Floats
    shared: bool
    room: float
    uses: tuple[tuple[int, float], ...]
    krw: float = 0.0
    carbon_kg: float = 0.0


@dataclass(frozen=True)
class WayFacts:
    """One way of an operation: its kind of load, what a job adds, and the energy of a new load by start slot at plain prices, KRW.

    ``pieces`` are (first slot, end, kW) of a load with this job in it; ``job_pieces`` of the job alone. ``job_krw`` (with its carbon's
    price) and ``job_carbon_kg`` are what the job adds beside electricity. ``new_kg`` is the grid carbon of a new load by
    start, asked for only where there is an emission cap.
    """

    kind: int
    name: str
    slots: int
    room: float
    job_kw: Floats | None
    pieces: tuple[tuple[int, int, float], ...]
    job_pieces: tuple[tuple[int, int, float], ...]
    new_krw: Floats
    join_krw: Floats
    job_krw: float = 0.0
    job_carbon_kg: float = 0.0
    new_kg: Floats | None = None


@dataclass(frozen=True)
class StepFacts:
    """One operation: its ways, the lag before it, the longest wait (slots; −1 any) and the power while it is waited for."""

    ways: tuple[WayFacts, ...]
    lag: int
    wait: int
    hold_kw: float


@dataclass(frozen=True)
class JobFacts:
    """One job: its steps still to be done, the number of the first, when it may start, when it is due (``slots`` or later: never)."""

    name: str
    family: str
    steps: tuple[StepFacts, ...]
    first: int
    release: int
    due: int
    late_krw: float


class Facts:
    """The shop by index. ``net_kw`` is what is drawn without any job; a slot's import is its net power above 0."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.slots, self.months = shop, shop.slots, tuple(shop.months)
        self.groups: tuple[Group, ...] = tuple(shop.groups.values())
        self.group_at = {name: at for at, name in enumerate(shop.groups)}
        carbon = shop.carbon
        self.carbon_krw = carbon.price_krw_per_kg
        self.carbon_kg = carbon.intensity_kg_per_kwh * shop.slot_h
        self.price = shop.price_krw_per_kwh * shop.slot_h + carbon.price_krw_per_kg * self.carbon_kg
        self.price_sum = np.concatenate([[0.0], np.cumsum(self.price)])
        self.carbon_sum = np.concatenate([[0.0], np.cumsum(self.carbon_kg)])
        pv_kw = np.zeros(shop.slots) if shop.pv_kw is None else shop.pv_kw
        self.free_kw: Floats = np.where(
            self.price >= 0.0, pv_kw, 0.0
        )  # where power is paid for taking it, PV is curtailed
        self.net_kw: Floats = shop.base_kw - self.free_kw
        self.cap_kw = shop.cap_kw
        self.cap_kg = None if carbon.cap_kg is None else carbon.cap_kg - carbon.fixed_kg
        self._capacities(shop)
        self.room_for = np.array([_units(group, shop.slots) for group in self.groups]).reshape(-1, shop.slots)
        self.kinds: list[Kind] = []
        self._kind_at: dict[object, int] = {}
        steps = {
            family.name: tuple(self._step(operation) for operation in family.operations)
            for family in shop.families.values()
        }
        self.jobs = tuple(self._job(job, steps[job.family]) for job in shop.jobs)
        self.job_at = {job.name: at for at, job in enumerate(self.jobs)}
        self.due = np.array([job.due for job in self.jobs], dtype=np.int64)
        self.late_krw = np.array([job.late_krw for job in self.jobs], dtype=np.float64)
        self.missing_krw = self._missing()

    def _capacities(self, shop: Shop) -> None:
        self.capacity_at = {name: at for at, name in enumerate(shop.capacities)}
        rows, none = list(shop.capacities.values()), np.zeros(shop.slots)
        shape = (len(rows), shop.slots)
        self.ordinary: Floats = np.array([row.available for row in rows], dtype=np.float64).reshape(shape)
        overtime = [none if row.overtime is None else row.overtime for row in rows]
        self.most: Floats = self.ordinary + np.array(overtime, dtype=np.float64).reshape(shape)
        paid = [none if row.overtime_krw is None else row.overtime_krw for row in rows]
        self.overtime_krw: Floats = np.array(paid, dtype=np.float64).reshape(shape)

    def _kind(self, operation: Operation, group: str, way: Way) -> int:
        at = self.group_at[group]
        uses = tuple(sorted((self.capacity_at[name], float(amount)) for name, amount in way.uses.items() if amount))
        key = (operation.recipe, at, way.slots, way.load_kw.tobytes(), uses, way.load_krw, way.load_carbon_kg)
        if key not in self._kind_at:
            self._kind_at[key] = len(self.kinds)
            load_kw = np.asarray(way.load_kw, dtype=np.float64)
            shared = operation.recipe is not None
            krw = way.load_krw + self.carbon_krw * way.load_carbon_kg
            room = self.groups[at].room
            self.kinds.append(Kind(at, way.slots, load_kw, shared, room, uses, krw, way.load_carbon_kg))
        return self._kind_at[key]

    def _way(self, operation: Operation, group: str, way: Way) -> WayFacts:
        load_kw = np.asarray(way.load_kw, dtype=np.float64)
        job_kw = None if way.job_kw is None or not np.any(way.job_kw) else np.asarray(way.job_kw, dtype=np.float64)
        whole = load_kw if job_kw is None else load_kw + job_kw
        alone = () if job_kw is None else _pieces(job_kw)
        kind, starts = self._kind(operation, group, way), max(self.slots - way.slots + 1, 0)
        job_krw = way.job_krw + self.carbon_krw * way.job_carbon_kg
        join_krw = _summed(alone, self.price_sum, starts) + job_krw
        new_krw = _summed(_pieces(whole), self.price_sum, starts) + self.kinds[kind].krw + job_krw
        begins = self.groups[self.group_at[group]].begins
        if begins is not None:
            new_krw[~begins[:starts]] = np.inf
        return WayFacts(
            *(kind, group, way.slots, way.room, job_kw, _pieces(whole), alone, new_krw, join_krw),
            job_krw=job_krw,
            job_carbon_kg=way.job_carbon_kg,
            new_kg=None if self.cap_kg is None else _summed(_pieces(whole), self.carbon_sum, starts),
        )

    def _step(self, operation: Operation) -> StepFacts:
        ways = [self._way(operation, group, way) for group, way in operation.ways.items()]
        roomy = tuple(way for way in ways if self._fits(way))
        wait = -1 if operation.longest_wait_slots is None else operation.longest_wait_slots
        return StepFacts(roomy, operation.lag_slots, wait, operation.hold_kw)

    def _fits(self, way: WayFacts) -> bool:
        """Whether a job has room alone; where no load is shared, room is not looked at."""
        kind = self.kinds[way.kind]
        return not kind.shared or kind.room <= 1.0 or way.room <= kind.room + 1e-9

    def _job(self, job: ShopJob, steps: tuple[StepFacts, ...]) -> JobFacts:
        late = self.shop.families[job.family].late_krw
        due = 2 * self.slots if job.due is None else job.due
        return JobFacts(job.name, job.family, steps[job.step :], job.step, job.release, due, late)

    def _missing(self) -> float:
        """More than any job can cost: what a job left out is counted with."""
        rate = sum(month.rate_krw_per_kw + month.carry_krw_per_kw for month in self.months)
        dear = float(np.abs(self.price).max(initial=0.0))
        most = 0.0
        for job in self.jobs:
            kw = [
                max((float(piece[2]) for way in step.ways for piece in way.pieces), default=0.0) for step in job.steps
            ]
            slots = [max((way.slots for way in step.ways), default=0) for step in job.steps]
            held = sum(step.hold_kw for step in job.steps) * self.slots
            work = sum(p * s for p, s in zip(kw, slots, strict=True))
            extra = sum(
                max((way.job_krw + self.kinds[way.kind].krw for way in step.ways), default=0.0) for step in job.steps
            )
            most = max(most, extra + 2 * job.late_krw * self.slots + rate * max(kw, default=0.0) + dear * (held + work))
        started = [s.startup_kw * s.startup_slots + s.idle_kw * self.slots for g in self.groups if (s := g.states)]
        paid = [s.startup_krw + s.idle_krw * self.slots for g in self.groups if (s := g.states)]
        return 3.0 * (most + dear * sum(started) + sum(paid)) + 1e6


def _units(group: Group, slots: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Units that may work in each slot; those that are off at the start cannot before they have been switched on."""
    units = np.where(group.available, group.units, 0)
    if group.states is not None:
        early = min(group.states.startup_slots, slots)
        units[:early] = np.minimum(units[:early], group.states.on_at_start)
    return units


def _summed(pieces: tuple[tuple[int, int, float], ...], each: Floats, starts: int) -> Floats:
    """Power times a summed series (slots + 1,) over the slots of the work, by start."""
    total = np.zeros(starts)
    for first, end, kw in pieces:
        total += kw * (each[end : end + starts] - each[first : first + starts])
    return total


def _pieces(profile_kw: Floats) -> tuple[tuple[int, int, float], ...]:
    """A power profile as pieces of equal power (first slot, end, kW)."""
    if not len(profile_kw):
        return ()
    edges = [0, *(np.flatnonzero(np.diff(profile_kw)) + 1).tolist(), len(profile_kw)]
    return tuple((a, b, float(profile_kw[a])) for a, b in pairwise(edges))
