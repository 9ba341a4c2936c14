"""A schedule under way in the insertion search: loads, jobs on them, and what they draw, changed job by job."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.optimize.insertion.battery import stored_krw
from twin.optimize.insertion.facts import CAP_KRW_PER_KW, CARBON_CAP_KRW_PER_KG, Facts
from twin.optimize.insertion.peak import shaved_kw
from twin.optimize.insertion.states import Bridge, GroupView
from twin.optimize.problem.network import Floats
from twin.optimize.problem.shop import Placed

ROOM_TOLERANCE = 1e-9


class Load(NamedTuple):
    """A load: its kind, start slot, jobs (job, step of its route) and the room that they take."""

    kind: int
    start: int
    members: tuple[tuple[int, int], ...]
    room: float


class Pick(NamedTuple):
    """Where an operation goes: which of its ways, when, and which load it joins (None: a new one)."""

    way: int
    start: int
    load: int | None


class Taken(NamedTuple):
    """Where an operation is: which of its ways, and its load."""

    way: int
    load: int


class Schedule:
    """Loads by number and, for each job, where its operations are. Copies are cheap: what is shared is never changed in place."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        groups = len(facts.groups)
        self.working = np.zeros((groups, facts.slots), dtype=np.int64)
        self.used: Floats = np.zeros((len(facts.most), facts.slots))
        self.work_kw: Floats = np.zeros(facts.slots)
        self.loads: dict[int, Load] = {}
        self.open: dict[int, tuple[int, ...]] = {}
        self.routes: list[tuple[Taken, ...] | None] = [None] * len(facts.jobs)
        self.ends = np.full(len(facts.jobs), -1, dtype=np.int64)
        self.views: list[GroupView | None] = [None] * groups
        self.next = 0
        self.paid_krw = self.paid_kg = 0.0
        self.peaks_kw: tuple[float, ...] = ()  # of each month when last priced, after what a battery takes off
        self.bridges = [None if g.states is None else Bridge(g.states, facts.price_sum, g.units) for g in facts.groups]

    def copy(self) -> Schedule:
        """The same schedule, to be changed on its own."""
        twin = Schedule.__new__(Schedule)
        twin.facts, twin.bridges, twin.next = self.facts, self.bridges, self.next
        twin.peaks_kw = ()
        twin.paid_krw, twin.paid_kg = self.paid_krw, self.paid_kg
        twin.working, twin.used, twin.work_kw = self.working.copy(), self.used.copy(), self.work_kw.copy()
        twin.loads, twin.open = self.loads.copy(), self.open.copy()
        twin.routes, twin.ends, twin.views = self.routes.copy(), self.ends.copy(), self.views.copy()
        return twin

    def missing(self) -> list[int]:
        """Jobs that have no place yet."""
        return [job for job, route in enumerate(self.routes) if route is None]

    def starts_of(self, job: int) -> list[int]:
        """Start slots of a placed job's operations."""
        return [self.loads[taken.load].start for taken in self.routes[job] or ()]

    # --- jobs in and out

    def place(self, job: int, picks: tuple[Pick, ...]) -> None:
        """Put a job where ``picks`` says; the caller knows that there is room."""
        route = []
        for at, pick in enumerate(picks):
            way = self.facts.jobs[job].steps[at].ways[pick.way]
            load = self._open(way.kind, pick.start) if pick.load is None else pick.load
            self._join(load, job, at, way.room)
            self._pay(way.job_krw, way.job_carbon_kg, 1.0)
            if way.job_kw is not None:
                self.work_kw[pick.start : pick.start + way.slots] += way.job_kw
            route.append(Taken(pick.way, load))
        self.routes[job] = tuple(route)
        self._hold(job, 1.0)
        facts = self.facts.jobs[job]
        self.ends[job] = picks[-1].start + facts.steps[-1].ways[picks[-1].way].slots if picks else facts.release

    def remove(self, job: int) -> None:
        """Take a job out; a load without jobs goes with it."""
        route = self.routes[job]
        if route is None:
            return
        self._hold(job, -1.0)
        for at, taken in enumerate(route):
            way = self.facts.jobs[job].steps[at].ways[taken.way]
            start = self.loads[taken.load].start
            self._pay(way.job_krw, way.job_carbon_kg, -1.0)
            if way.job_kw is not None:
                self.work_kw[start : start + way.slots] -= way.job_kw
            self._leave(taken.load, job, at, way.room)
        self.routes[job], self.ends[job] = None, -1

    def _open(self, kind: int, start: int) -> int:
        load, self.next = self.next, self.next + 1
        self.loads[load] = Load(kind, start, (), 0.0)
        if self.facts.kinds[kind].shared:
            self.open[kind] = (*self.open.get(kind, ()), load)
        self._run(kind, start, 1)
        return load

    def _join(self, load: int, job: int, at: int, room: float) -> None:
        was = self.loads[load]
        self.loads[load] = Load(was.kind, was.start, (*was.members, (job, at)), was.room + room)

    def _leave(self, load: int, job: int, at: int, room: float) -> None:
        was = self.loads[load]
        members = tuple(member for member in was.members if member != (job, at))
        if members:
            self.loads[load] = Load(was.kind, was.start, members, was.room - room)
            return
        del self.loads[load]
        if self.facts.kinds[was.kind].shared:
            self.open[was.kind] = tuple(other for other in self.open[was.kind] if other != load)
        self._run(was.kind, was.start, -1)

    def _run(self, kind: int, start: int, sign: int) -> None:
        facts = self.facts.kinds[kind]
        end = start + facts.slots
        self.working[facts.group, start:end] += sign
        self.work_kw[start:end] += sign * facts.load_kw
        self._pay(facts.krw, facts.carbon_kg, float(sign))
        for capacity, amount in facts.uses:
            self.used[capacity, start:end] += sign * amount
        self.views[facts.group] = None

    def _pay(self, krw: float, carbon_kg: float, sign: float) -> None:
        """What is not electricity."""
        self.paid_krw += sign * krw
        self.paid_kg += sign * carbon_kg

    def _hold(self, job: int, sign: float) -> None:
        """What a job draws while it waits before an operation."""
        facts, ready = self.facts.jobs[job], self.facts.jobs[job].release
        for at, taken in enumerate(self.routes[job] or ()):
            step, start = facts.steps[at], self.loads[taken.load].start
            if at > 0:
                ready += step.lag
            if step.hold_kw and start > ready:
                self.work_kw[ready:start] += sign * step.hold_kw
            ready = start + step.ways[taken.way].slots

    # --- what it draws and costs

    def view(self, group: int) -> GroupView:
        """The group between its loads, refreshed where they changed."""
        view = self.views[group]
        if view is None:
            view = GroupView(self.working[group], self.facts.room_for[group], self.bridges[group])
            self.views[group] = view
        return view

    def net_kw(self) -> Floats:
        """Power by slot after PV, below 0 where PV is left over (slots,)."""
        net = self.facts.net_kw + self.work_kw
        for group, bridge in enumerate(self.bridges):
            state_kw = None if bridge is None else self.view(group).state_kw
            if state_kw is not None:
                net += state_kw
        return net

    def service_krw(self) -> float:
        """Lateness, jobs left out, overtime, and what loads, jobs and states cost beside electricity."""
        facts, done = self.facts, self.ends >= 0
        late = self.paid_krw + sum(
            self.view(group).paid_krw for group, bridge in enumerate(self.bridges) if bridge is not None
        )
        late += float((np.maximum(self.ends - facts.due, 0) * facts.late_krw)[done].sum())
        late += facts.missing_krw * float(len(done) - np.count_nonzero(done))
        if len(self.used):
            late += float((np.maximum(self.used - facts.ordinary, 0.0) * facts.overtime_krw).sum())
        return late

    def power_krw(self, net_kw: Floats) -> float:
        """Energy and carbon price, demand charge, and the penalties of a power cap or an emission cap that is not kept."""
        facts = self.facts
        bought = np.maximum(net_kw, 0.0)
        cost = float(facts.price @ bought)
        self.peaks_kw = shaved_kw(net_kw, facts.months, facts.shop.battery, facts.shop.slot_h)
        for month, peak in zip(facts.months, self.peaks_kw, strict=True):
            cost += month.rate_krw_per_kw * peak + month.carry_krw_per_kw * (peak - month.floor_kw)
        if facts.cap_kw is not None:
            cost += CAP_KRW_PER_KW * float(np.maximum(bought - facts.cap_kw, 0.0).sum())
        return cost + self._emitted_krw(bought)

    def _emitted_krw(self, bought_kw: Floats) -> float:
        """The penalty of an emission cap that is not kept."""
        facts = self.facts
        if facts.cap_kg is None:
            return 0.0
        over = float(facts.carbon_kg @ bought_kw) + self.paid_kg - facts.cap_kg
        return CARBON_CAP_KRW_PER_KG * max(over, 0.0)

    def cost_krw(self) -> float:
        """What the schedule costs, with a battery that does nothing but lower peaks: quick, and what the search is led by."""
        return self.power_krw(self.net_kw()) + self.service_krw()

    def stored_krw(self) -> float:
        """What the schedule costs with a battery that moves energy too; the same as :meth:`cost_krw` without one."""
        net_kw = self.net_kw()
        plain = self.power_krw(net_kw)
        stored = stored_krw(self.facts, net_kw, self.peaks_kw)
        if np.isfinite(stored):
            plain = stored + self._emitted_krw(np.maximum(net_kw, 0.0))
        return plain + self.service_krw()

    # --- from and to placements

    def placed(self) -> tuple[Placed, ...]:
        """Every operation with its unit (the one that ended last of those free) and the number of its load on that unit."""
        units, of_unit = self._units()
        out = []
        for job, route in enumerate(self.routes):
            facts = self.facts.jobs[job]
            for at, taken in enumerate(route or ()):
                load, name = self.loads[taken.load], facts.steps[at].ways[taken.way].name
                out.append(
                    Placed(facts.name, facts.first + at, name, units[taken.load], load.start, of_unit[taken.load])
                )
        return tuple(out)

    def _units(self) -> tuple[dict[int, int], dict[int, int]]:
        units: dict[int, int] = {}
        of_unit: dict[int, int] = {}
        free = [[0] * group.units for group in self.facts.groups]
        count = [[0] * group.units for group in self.facts.groups]
        for number, load in sorted(self.loads.items(), key=lambda pair: (pair[1].start, pair[0])):
            kind = self.facts.kinds[load.kind]
            ends = free[kind.group]
            unit = max((u for u in range(len(ends)) if ends[u] <= load.start), key=lambda u: (ends[u], -u))
            units[number], of_unit[number] = unit, count[kind.group][unit]
            ends[unit], count[kind.group][unit] = load.start + kind.slots, count[kind.group][unit] + 1
        return units, of_unit

    @classmethod
    def of(cls, facts: Facts, placed: tuple[Placed, ...]) -> Schedule:
        """The schedule that placements describe. Raises KeyError for a job, group or way that the shop does not have."""
        schedule = cls(facts)
        of_job: dict[int, list[Placed]] = {}
        for one in placed:
            of_job.setdefault(facts.job_at[one.job], []).append(one)
        numbers: dict[tuple[str, int, int, int], int] = {}
        for job, ones in sorted(of_job.items()):
            steps = facts.jobs[job].steps
            ones.sort(key=lambda one: one.step)
            if len(ones) != len(steps):
                continue
            picks = []
            for at, one in enumerate(ones):
                way = [way.name for way in steps[at].ways].index(one.group)
                kind = steps[at].ways[way].kind
                key = (one.group, one.unit, one.start, kind)
                shared = facts.kinds[kind].shared
                picks.append((Pick(way, one.start, numbers.get(key) if shared else None), key))
            schedule.place(job, tuple(pick for pick, _ in picks))
            numbers |= {key: taken.load for (_, key), taken in zip(picks, schedule.routes[job] or (), strict=True)}
        return schedule
