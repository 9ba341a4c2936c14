"""Start counts → what each unit does when, and which job each lot is: first in, first out within a class, so counts lose nothing.

The clustered form is exact for equal units and lots of one class; this is the constructive half of that claim: every count finds a
unit in the condition that it needs, or :class:`Undecodable` says which does not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.optimize.formulation.matrix import StartKey

if TYPE_CHECKING:
    from twin.optimize.problem.network import Problem, Task
    from twin.scenario.orders import JobSpec


class Undecodable(RuntimeError):
    """Counts that no assignment to units realises: the problem broke a condition of the clustered form."""


@dataclass(frozen=True)
class Pour:
    """How the lots of one start get their metal straight from furnaces.

    ``furnaces``: for each furnace the stock that it is taken from, the one that it goes to, and after how many slots; ``draws``: for each
    lot the furnaces (by their place in that list) that its ladles are filled from, in equal parts; ``fills_s``: when, after the start's
    slot begins; ``delay_s``: from there to the first lot or its set-up.
    """

    furnaces: tuple[tuple[str, str, int], ...]
    draws: tuple[tuple[int, ...], ...]
    fills_s: tuple[float, ...]
    delay_s: float


@dataclass(frozen=True)
class Roster:
    """Names behind the tokens. ``at_start``: unit-token stock → (slot, unit) of the units that come into it by themselves, slot 0 being
    the start. ``pool_of``: stocks that differ only by how long a unit has been idle are one pool. ``jobs``: done stock → its jobs,
    earliest due first. ``pours``: lot task → how its metal comes straight from furnaces.
    """

    at_start: Mapping[str, tuple[tuple[int, str], ...]]
    pool_of: Mapping[str, str]
    jobs: Mapping[str, tuple[JobSpec, ...]]
    pours: Mapping[str, Pour] = field(default_factory=dict)

    def pool(self, stock: str) -> str:
        """The pool that a stock's units wait in."""
        return self.pool_of.get(stock, stock)


@dataclass(frozen=True)
class Event:
    """One start: the task, its slot, the unit that does it (None: no unit needed), the jobs that it makes; ``count`` is 1 but for
    tasks that are amounts (kg of a part of a ladle). ``pour`` with its ``furnaces`` where lots are poured straight from them.
    """

    task: Task
    slot: int
    unit: str | None
    jobs: tuple[JobSpec, ...]
    count: float = 1.0
    pour: Pour | None = None
    furnaces: tuple[str, ...] = ()


def decode(
    problem: Problem, roster: Roster, starts: Mapping[StartKey, float], slot_s: float, start_s: float = 0.0
) -> list[Event]:
    """Events in order of slot and task. Raises :class:`Undecodable`."""
    return _Decoder(problem, roster, slot_s, start_s).run(starts)


class _Decoder:
    def __init__(self, problem: Problem, roster: Roster, slot_s: float, start_s: float) -> None:
        self.problem, self.roster, self.slot_s, self.start_s = problem, roster, slot_s, start_s
        self.idle: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self.coming: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for stock, arrivals in roster.at_start.items():
            for slot, unit in arrivals:
                self.coming[slot].append((roster.pool(stock), unit))
        self.tokens = {stock for stock in problem.stocks if stock in roster.at_start or stock in roster.pool_of}
        self.jobs = {stock: list(jobs) for stock, jobs in roster.jobs.items()}

    def run(self, starts: Mapping[StartKey, float]) -> list[Event]:
        """All events."""
        by_slot: dict[int, list[Task]] = defaultdict(list)
        amounts: dict[int, list[Event]] = defaultdict(list)
        for (name, slot), count in starts.items():
            task = self.problem.tasks[name]
            if task.continuous and task.role != "cool":
                amounts[slot].append(Event(task, slot, None, (), count))
            elif not task.continuous or self._changes_pool(task):
                by_slot[slot] += [task] * round(count)
        events: list[Event] = []
        for slot in range(self.problem.slots):
            self._return(slot)
            events += amounts.get(slot, ())
            events += self._slot(slot, sorted(by_slot.get(slot, ()), key=lambda task: (task.slots, task.name)))
        return events

    def _slot(self, slot: int, tasks: list[Task]) -> list[Event]:
        """Start what can start until all have; a task of no length may free the unit that another of the same slot takes."""
        events: list[Event] = []
        while tasks:
            able = next((task for task in tasks if self._able(task)), None)
            if able is None:
                msg = f"slot {slot}: no unit in the right condition for {', '.join(t.name for t in tasks)}"
                raise Undecodable(msg)
            tasks.remove(able)
            events.append(self._start(able, slot))
            self._return(slot)
        return events

    def _changes_pool(self, task: Task) -> bool:
        """Whether units that cool down are another pool then: furnaces whose heel is given up are; those that cool by and by are not."""
        return len({self.roster.pool(change.stock) for change in task.changes}) > 1

    def _needs(self, task: Task) -> Counter[str]:
        """Units that a start takes, by pool."""
        return Counter(
            {
                pool: sum(round(-c.amount) for c in task.changes if c.amount < 0 and self._pool(c.stock) == pool)
                for pool in {self._pool(c.stock) for c in task.changes if c.amount < 0} - {""}
            }
        )

    def _pool(self, stock: str) -> str:
        """The pool of a stock of units; nothing for other stocks."""
        return self.roster.pool(stock) if stock in self.tokens else ""

    def _able(self, task: Task) -> bool:
        return all(len(self.idle[pool]) >= count for pool, count in self._needs(task).items())

    def _start(self, task: Task, slot: int) -> Event:
        """Take the units, and say when and as what each comes back: furnaces as the pour says, the other one as the changes say."""
        pour = self.roster.pours.get(task.name)
        listed = () if pour is None else pour.furnaces
        furnaces = [self._move(taken, given, slot + back) for taken, given, back in listed]
        mine = {name for taken, given, _ in listed for name in (taken, given)}
        needed = next(
            (c.stock for c in task.changes if c.amount < 0 and self._pool(c.stock) and c.stock not in mine), None
        )
        unit = None
        if needed is not None:
            unit = self._take(needed, hot=".hot" in task.name)
            for change in task.changes:
                if change.amount > 0 and self._pool(change.stock) and change.stock not in mine:
                    self.coming[slot + change.offset].append((self._pool(change.stock), unit))
        return Event(task, slot, unit, self._jobs(task, slot), 1.0, pour, tuple(furnaces))

    def _move(self, taken: str, given: str, slot: int) -> str:
        unit = self._take(taken, hot=False)
        self.coming[slot].append((self._pool(given), unit))
        return unit

    def _take(self, stock: str, *, hot: bool) -> str:
        """The most recently used unit of a pool is the hot one; otherwise the one that has waited longest."""
        waiting = sorted(self.idle[self._pool(stock)])
        since, unit = waiting[-1] if hot else waiting[0]
        self.idle[self._pool(stock)].remove((since, unit))
        return unit

    def _jobs(self, task: Task, slot: int) -> tuple[JobSpec, ...]:
        """The released jobs of the class that are due first, as many as the task makes."""
        stock = next((c.stock for c in task.changes if c.stock in self.jobs), None)
        if stock is None:
            return ()
        count = round(sum(c.amount for c in task.changes if c.stock == stock))
        now = self.start_s + slot * self.slot_s
        ready = [job for job in self.jobs[stock] if job.release_s <= now + 1e-6][:count]
        if len(ready) < count:
            msg = f"slot {slot}: {task.name} makes a lot that is not released"
            raise Undecodable(msg)
        for job in ready:
            self.jobs[stock].remove(job)
        return tuple(ready)

    def _return(self, slot: int) -> None:
        for pool, unit in self.coming.pop(slot, ()):
            self.idle[pool].append((slot, unit))
