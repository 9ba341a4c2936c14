"""Start counts → what each unit does when, and which job each lot is: first in, first out within a class, so counts lose nothing.

The clustered form is exact for equal units and lots of one class; this is the constructive half of that claim: every count finds a
unit in the condition that it needs, or :class:`Undecodable` says which does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.optimize.matrix import StartKey

if TYPE_CHECKING:
    from twin.optimize.problem import Problem, Task
    from twin.scenario.orders import JobSpec


class Undecodable(RuntimeError):
    """Counts that no assignment to units realises: the problem broke a condition of the clustered form."""


@dataclass(frozen=True)
class Roster:
    """Names behind the tokens. ``at_start``: unit-token stock → (slot, unit) of the units that come into it by themselves, slot 0 being
    the start. ``pool_of``: stocks that differ only by how long a unit has been idle are one pool. ``jobs``: done stock → its jobs,
    earliest due first.
    """

    at_start: Mapping[str, tuple[tuple[int, str], ...]]
    pool_of: Mapping[str, str]
    jobs: Mapping[str, tuple[JobSpec, ...]]

    def pool(self, stock: str) -> str:
        """The pool that a stock's units wait in."""
        return self.pool_of.get(stock, stock)


@dataclass(frozen=True)
class Event:
    """One start: the task, its slot, the unit that does it (None: no unit needed), the jobs that it makes; ``count`` is 1 but for
    tasks that are amounts (kg of a part of a ladle).
    """

    task: Task
    slot: int
    unit: str | None
    jobs: tuple[JobSpec, ...]
    count: float = 1.0


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
            elif not task.continuous:
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

    def _needs(self, task: Task) -> str | None:
        return next((self.roster.pool(c.stock) for c in task.changes if c.amount < 0 and c.stock in self.tokens), None)

    def _able(self, task: Task) -> bool:
        need = self._needs(task)
        return need is None or bool(self.idle[need])

    def _start(self, task: Task, slot: int) -> Event:
        need = self._needs(task)
        unit = None
        if need is not None:
            waiting = sorted(self.idle[need])
            # the most recently used unit is the hot one; a cold start takes the one that has rested longest
            since, unit = waiting[-1] if ".hot" in task.name else waiting[0]
            self.idle[need].remove((since, unit))
            for change in task.changes:
                if change.amount > 0 and change.stock in self.tokens:
                    self.coming[slot + change.offset].append((self.roster.pool(change.stock), unit))
        return Event(task, slot, unit, self._jobs(task, slot))

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
