"""What all units of a simulated plant share: SimPy's clock with a loop of its own, the log, alarms."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from heapq import heappop, heappush
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from simpy import Environment, Event, Timeout
from simpy.core import EmptySchedule
from simpy.events import NORMAL

if TYPE_CHECKING:
    from twin.models.jobs import Job


_COLLECT_AFTER = 50_000


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Let Python look for cycles of dead objects less often: a plant's lots live long, are many, and form none."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], _COLLECT_AFTER), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Clock(Environment):
    """SimPy's environment with a loop of its own: the same events in the same order, without a call for each of them."""

    def __init__(self, t_from: float) -> None:
        super().__init__(t_from)
        self.push = partial(heappush, self._queue)
        """put ``(time, NORMAL, tick(), event)`` on the queue"""
        self.tick: Callable[[], int] = self._eid.__next__

    @property
    def scheduled(self) -> int:
        """Events that were put on the queue so far."""
        return int(self._eid.__reduce__()[1][0])

    def ticks(self, many: int) -> list[int]:
        """The next so many turns."""
        return list(islice(self._eid, many))

    def others_now(self) -> bool:
        """Whether another event is still to come at this very time."""
        return bool(self._queue) and self._queue[0][0] <= self._now

    def run(self, until: Any = None) -> Any:
        """As SimPy's, up to a time (events at that very time are left for the next call) or until nothing more happens."""
        stop = math.inf if until is None else float(until)
        queue = self._queue
        while queue and queue[0][0] < stop:
            self._now, _, _, event = heappop(queue)
            calls = event.callbacks
            event.callbacks = None  # type: ignore[assignment]  # as SimPy marks an event that has happened
            for call in calls:
                call(event)
            if not event._ok and not hasattr(event, "_defused"):  # noqa: SLF001 - as SimPy does: a process that failed
                raise event._value  # noqa: SLF001
        if until is not None:
            self._now = stop


class Floor:
    """What all units of one simulated plant share: the clock, the log, batch numbers."""

    __slots__ = ("batch", "env", "finished", "log", "pieces")

    def __init__(self, t_from: float) -> None:
        self.env = Clock(t_from)
        self.log = bytearray()
        self.pieces = bytearray()
        self.batch: Callable[[], int] = count().__next__
        """gives the next batch number"""
        self.finished: Callable[[Job, float], None] | None = None

    @property
    def now(self) -> float:
        """Seconds since the horizon's start."""
        return self.env.now

    def after(self, delay_s: float, call: Callable[[Any], None]) -> None:
        """Call ``call(event)`` in ``delay_s`` seconds; an infinite delay never comes."""
        if delay_s != math.inf:
            Timeout(self.env, delay_s).callbacks.append(call)

    def steps(self, events: int) -> bool:
        """Simulate some events; False when there are no more."""
        step = self.env.step
        try:
            for _ in range(events):
                step()
        except EmptySchedule:
            return False
        return True

    def run(self, until: float) -> None:
        """Simulate up to ``until``; events at that very time are left for the next call."""
        self.env.run(until=until)


class Alarm(Event):
    """A timeout that its owner sets again and again, one at a time; a new :class:`simpy.Timeout` for each costs half as much again."""

    def __init__(self, env: Clock, call: Callable[[Any], None]) -> None:
        super().__init__(env)
        self.clock = env
        self._ok, self._value = True, None
        self.calls = [call]

    def at(self, time_s: float, tick: int) -> None:
        """Call at a time, in the turn ``tick`` among what happens then."""
        self.callbacks = self.calls
        self.clock.push((time_s, NORMAL, tick, self))

    def set(self, delay_s: float) -> None:
        """Call in ``delay_s`` seconds."""
        self.callbacks = self.calls
        clock = self.clock
        clock.push((clock.now + delay_s, NORMAL, clock.tick(), self))
