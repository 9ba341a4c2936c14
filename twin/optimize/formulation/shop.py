"""A shop as a problem: classes of equal jobs and pools of equal units on the resource-task network of :mod:`twin.optimize.problem.network`.

Jobs of one family are tokens that pass the stocks before its operations; a unit is a token that is off or ready. Starting an operation
takes a waiting job and a ready unit; where a unit takes several jobs, starting a *load* takes the unit and brings places, and jobs that
start in the same slot take them. Lateness is counted: jobs due less jobs done, which is the sum of the jobs' tardiness when jobs are done
in the order of their due dates. Where a job that is due earlier is released later than another of its family, that order may be out of
reach; the problem is then a relaxation (its bound still holds) and :mod:`twin.optimize.plan.decode_shop` tells the true cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from twin.optimize.formulation.quotas import quotas_of
from twin.optimize.problem.network import Change, Due, Flags, Floats, Problem, Quota, Stock, Task
from twin.optimize.problem.shop import Family, Group, Shop, Way

FEW_STARTS = 4_000
"""Up to so many starts to be chosen a problem has cuts on whole loads: they raise its relaxation by one to three percent, but interior
points without crossover, which bound larger ones, return useless multipliers with such long rows."""
LoadKey = tuple[str, str]
"""Group and kind of load."""
Asked = tuple[str, int, str]
"""Family, step, group."""


@dataclass(frozen=True)
class StartWindow:
    """An operation of a family starts in slots ``first`` ≤ t ≤ ``last``: not before its jobs can be there, early enough to finish all."""

    first: int
    last: int


def job_task(family: str, step: int, group: str) -> str:
    """Name of the task that starts jobs of a family on a group."""
    return f"job|{family}|{step}|{group}"


def load_task(group: str, kind: str) -> str:
    """Name of the task that starts a load."""
    return f"load|{group}|{kind}"


def on_task(group: str) -> str:
    """Name of the task that switches a unit on."""
    return f"on|{group}"


def off_task(group: str) -> str:
    """Name of the task that switches a unit off."""
    return f"off|{group}"


def waiting_stock(family: str, step: int) -> str:
    """Name of the stock of jobs that wait for an operation."""
    return f"wait|{family}|{step}"


def done_stock(family: str) -> str:
    """Name of the stock of jobs that are done."""
    return f"done|{family}"


def shares_loads(group: Group, recipe: str | None) -> bool:
    """Whether several jobs of a recipe may start together on one unit of a group."""
    return recipe is not None and group.room > 1


def problem_of(shop: Shop) -> Problem:
    """The shop's problem."""
    stocks: dict[str, Stock] = {}
    tasks: dict[str, Task] = {}
    for group in shop.groups.values():
        stocks |= {s.name: s for s in unit_stocks(group)}
        tasks |= {t.name: t for t in state_tasks(shop, group)}
    kinds = load_kinds(shop)
    loads = {(asked[2], kind): way for asked, (kind, way) in kinds.items()}
    for (name, kind), way in loads.items():
        group = shop.groups[name]
        places = places_stock(name, kind)
        stocks[places] = Stock(places, 0.0, high=group.room * group.units, lapses=True)
        tasks[load_task(name, kind)] = _load(group, kind, way)
    dues = []
    for family in shop.families.values():
        windows = start_windows(shop, family)
        stocks |= {s.name: s for s in job_stocks(shop, family, windows)}
        tasks |= {t.name: t for t in job_tasks(shop, family, windows, kinds)}
        due = due_of(shop, family)
        dues += [] if due is None else [due]
    for key in loads:
        tasks[load_task(*key)] = _only_when_asked(tasks, load_task(*key), places_stock(*key))
    starts = sum(int(task.allowed.sum()) for task in tasks.values())
    return Problem(
        slots=shop.slots,
        slot_h=shop.slot_h,
        stocks=stocks,
        tasks=tasks,
        base_kw=shop.base_kw,
        price_krw_per_kwh=shop.price_krw_per_kwh,
        carbon=shop.carbon,
        capacities=dict(shop.capacities),
        quotas=load_quotas(shop) if starts <= FEW_STARTS else (),
        dues=tuple(dues),
        months=shop.months,
        pv_kw=shop.pv_kw,
        cap_kw=shop.cap_kw,
        battery=shop.battery,
    )


def places_stock(group: str, kind: str) -> str:
    """Name of the stock of places that loads starting now bring."""
    return f"places|{group}|{kind}"


def ready_stock(group: str) -> str:
    """Name of the stock of units that could start work."""
    return f"ready|{group}"


def off_stock(group: str) -> str:
    """Name of the stock of units that are switched off."""
    return f"off|{group}"


def unit_stocks(group: Group) -> list[Stock]:
    """Units that are ready (they idle), and those that are off where the group has states."""
    units, ready = float(group.units), ready_stock(group.name)
    if group.states is None:
        return [Stock(ready, units, high=units)]
    on = float(group.states.on_at_start)
    return [
        Stock(ready, on, high=units, hold_kw=group.states.idle_kw, hold_krw=group.states.idle_krw),
        Stock(off_stock(group.name), units - on, high=units),
    ]


def state_tasks(shop: Shop, group: Group) -> list[Task]:
    """Switching on (off → ready, after the start-up) and off (ready → off)."""
    states, anywhen = group.states, np.ones(shop.slots, dtype=bool)
    if states is None:
        return []
    ready, off = ready_stock(group.name), off_stock(group.name)
    on = (Change(off, 0, -1.0), Change(ready, states.startup_slots, 1.0))
    power = np.full(states.startup_slots, states.startup_kw)
    return [
        Task(
            on_task(group.name),
            "startup",
            group.name,
            states.startup_slots,
            power,
            anywhen,
            on,
            cost_krw=states.startup_krw,
        ),
        Task(
            off_task(group.name),
            "shutdown",
            group.name,
            0,
            np.zeros(0),
            anywhen,
            (Change(ready, 0, -1.0), Change(off, 0, 1.0)),
        ),
    ]


def load_kinds(shop: Shop) -> dict[Asked, tuple[str, Way]]:
    """The kind of load in which each operation goes on each group that shares loads, and what such a load does.

    A kind is a recipe; where operations of one recipe differ in what their load does on a group, each is a kind of its own.
    """
    found: dict[Asked, tuple[str, Way]] = {}
    known: dict[LoadKey, list[Way]] = defaultdict(list)
    for family in shop.families.values():
        for step, operation in enumerate(family.operations):
            for name, way in operation.ways.items():
                if operation.recipe is None or not shares_loads(shop.groups[name], operation.recipe):
                    continue
                ways = known[name, operation.recipe]
                number = next((k for k, other in enumerate(ways) if same_load(way, other)), len(ways))
                if number == len(ways):
                    ways.append(way)
                kind = operation.recipe if number == 0 else f"{operation.recipe}#{number}"
                found[family.name, step, name] = (kind, ways[number])
    return found


def load_starts(shop: Shop) -> dict[str, dict[str, tuple[str, ...]]]:
    """For each recipe and group the tasks that start its loads there; where a group takes one job at a time, a job's start is a load."""
    kinds = load_kinds(shop)
    starts: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for family in shop.families.values():
        for step, operation in enumerate(family.operations):
            for name in operation.ways if operation.recipe is not None else ():
                kind = kinds.get((family.name, step, name))
                task = job_task(family.name, step, name) if kind is None else load_task(name, kind[0])
                known = starts[operation.recipe or ""].get(name, ())
                starts[operation.recipe or ""][name] = known if task in known else (*known, task)
    return starts


def load_quotas(shop: Shop) -> tuple[Quota, ...]:
    """Least numbers of loads by recipe."""
    return quotas_of(shop, load_starts(shop))


def same_load(one: Way, other: Way) -> bool:
    """Whether two ways may be in one load: equal in all that a load does once."""
    alike = (one.slots, one.uses, one.load_krw, one.load_carbon_kg) == (
        other.slots,
        other.uses,
        other.load_krw,
        other.load_carbon_kg,
    )
    return alike and np.array_equal(one.load_kw, other.load_kw)


def _load(group: Group, kind: str, way: Way) -> Task:
    ready = ready_stock(group.name)
    changes = (
        Change(ready, 0, -1.0),
        Change(ready, way.slots, 1.0),
        Change(places_stock(group.name, kind), 0, group.room),
    )
    allowed = begun(group, way.slots)
    return Task(
        load_task(group.name, kind),
        "heat",
        group.name,
        way.slots,
        way.load_kw,
        allowed,
        changes,
        uses=way.uses,
        cost_krw=way.load_krw,
        carbon_kg=way.load_carbon_kg,
    )


def _only_when_asked(tasks: dict[str, Task], name: str, places: str) -> Task:
    """A load only where some job that could be in it may start."""
    asked = [t.allowed for t in tasks.values() if any(c.stock == places and c.amount < 0 for c in t.changes)]
    return replace(tasks[name], allowed=tasks[name].allowed & np.any(asked, axis=0))


def fits(available: Flags, slots: int) -> Flags:
    """(slots,) in which work of ``slots`` slots may start: wholly available, ended by the horizon's end."""
    ahead = np.concatenate([[0], np.cumsum(available)])
    allowed = np.zeros(len(available), dtype=bool)
    last = len(available) - slots
    if last >= 0:
        allowed[: last + 1] = ahead[slots:] - ahead[: len(available) - slots + 1] == slots
    return allowed


def begun(group: Group, slots: int) -> Flags:
    """(slots,) in which a group may begin work of ``slots`` slots."""
    allowed = fits(group.available, slots)
    return allowed if group.begins is None else allowed & group.begins


def start_windows(shop: Shop, family: Family) -> list[StartWindow]:
    """When each operation of a family may start, forwards from its jobs' releases and backwards from the horizon's end."""
    jobs = [job for job in shop.jobs if job.family == family.name]
    last_step = len(family.operations) - 1
    starts = [
        {g: np.flatnonzero(begun(shop.groups[g], w.slots)) for g, w in operation.ways.items()}
        for operation in family.operations
    ]
    first: list[int] = []
    ready = shop.slots
    for step, operation in enumerate(family.operations):
        ready = min([ready, *(job.release for job in jobs if job.step == step)])
        first.append(ready)
        ends = [s[s >= ready][0] + operation.ways[g].slots for g, s in starts[step].items() if (s >= ready).any()]
        lag = family.operations[step + 1].lag_slots if step < last_step else 0
        ready = min([shop.slots, *(int(end) + lag for end in ends)])
    last: list[int] = []
    latest_end = shop.slots
    for step in range(last_step, -1, -1):
        ways = family.operations[step].ways
        fit = {g: s[s + ways[g].slots <= latest_end] for g, s in starts[step].items()}
        last.insert(0, max([-1, *(int(s[-1]) for s in fit.values() if len(s))]))
        latest_end = last[0] - family.operations[step].lag_slots
    return [StartWindow(f, b) for f, b in zip(first, last, strict=True)]


def job_stocks(shop: Shop, family: Family, windows: list[StartWindow]) -> list[Stock]:
    """Jobs before each operation, from the first moment at which they could start it, and jobs that are done.

    Nobody waits after the last slot in which the operation may start, so every job is done within the horizon.
    """
    jobs = [job for job in shop.jobs if job.family == family.name]
    many, when = float(len(jobs)), np.arange(shop.slots)
    stocks = []
    for step, (operation, window) in enumerate(zip(family.operations, windows, strict=True)):
        arrivals = np.zeros(shop.slots)
        np.add.at(arrivals, [job.release for job in jobs if job.step == step], 1.0)
        may_wait = (when >= window.first) & (when < window.last) & (operation.longest_wait_slots != 0)
        stocks.append(
            Stock(
                waiting_stock(family.name, step),
                0.0,
                high=many,
                hold_kw=operation.hold_kw,
                longest_wait_slots=operation.longest_wait_slots,
                arrivals=arrivals,
                ceiling=np.where(may_wait, many, 0.0),
            )
        )
    return [*stocks, Stock(done_stock(family.name), 0.0, high=many)] if due_of(shop, family) else stocks


def job_tasks(
    shop: Shop, family: Family, windows: list[StartWindow], kinds: Mapping[Asked, tuple[str, Way]]
) -> list[Task]:
    """Starts of jobs by operation and group: one job from what waits to what comes next, in a unit of its own or in places of a load."""
    counted = due_of(shop, family) is not None
    when, tasks = np.arange(shop.slots), []
    for step, (operation, window) in enumerate(zip(family.operations, windows, strict=True)):
        for name, way in operation.ways.items():
            group = shop.groups[name]
            changes = [Change(waiting_stock(family.name, step), 0, -1.0)]
            shared = (family.name, step, name) in kinds
            if shared:
                places = places_stock(name, kinds[family.name, step, name][0])
                changes.append(Change(places, 0, -way.room))
            else:
                changes += [Change(ready_stock(name), 0, -1.0), Change(ready_stock(name), way.slots, 1.0)]
            if step + 1 < len(family.operations):
                lag = family.operations[step + 1].lag_slots
                changes.append(Change(waiting_stock(family.name, step + 1), way.slots + lag, 1.0))
            elif counted:
                changes.append(Change(done_stock(family.name), way.slots, 1.0))
            tasks.append(
                Task(
                    job_task(family.name, step, name),
                    "lot",
                    name,
                    way.slots,
                    job_profile_kw(way, shared=shared),
                    begun(group, way.slots) & (when >= window.first) & (when <= window.last),
                    tuple(changes),
                    uses={} if shared else way.uses,
                    product=family.name,
                    cost_krw=way.job_krw + (0.0 if shared else way.load_krw),
                    carbon_kg=way.job_carbon_kg + (0.0 if shared else way.load_carbon_kg),
                )
            )
    return tasks


def job_profile_kw(way: Way, *, shared: bool) -> Floats:
    """What one start of a job draws (slots of the work,), its load's power included where it has the unit for itself."""
    own = way.job_kw if way.job_kw is not None and len(way.job_kw) else np.zeros(way.slots)
    return own if shared else own + way.load_kw


def due_of(shop: Shop, family: Family) -> Due | None:
    """Jobs of a family that are due by each slot; None where none is, or lateness costs nothing."""
    dues: dict[int, int] = defaultdict(int)
    for job in shop.jobs:
        if job.family == family.name and job.due is not None:
            dues[job.due] += 1
    if not dues or not family.late_krw:
        return None
    cumulative = np.array([sum(n for due, n in dues.items() if due <= t) for t in range(shop.slots)], dtype=float)
    if not cumulative.any():
        return None
    return Due(done_stock(family.name), cumulative, family.late_krw, 0.0, 0.0)
