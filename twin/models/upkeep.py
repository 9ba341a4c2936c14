"""What takes a unit out of work: breakdowns and maintenance by operating hours or cycles, outages by the calendar.

Operating hours and cycles are counted by :class:`~twin.models.station.Failing` and its kin here, which say before a lot begins how far it
comes. Outages by the calendar do not depend on what the unit does: they are laid out before the run, as hours in which it cannot work.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.ledger.trace import STATE
from twin.models.durations import sampler
from twin.models.station import Failing
from twin.models.worktime import ALWAYS, Duty, Window, WorkTime

if TYPE_CHECKING:
    from twin.models.phases import Draws
    from twin.scenario.schema import Station

_DOWN = STATE["down"]
_SHORT_S = 1e-9


class FailingByCycles(Failing):
    """Breakdowns of one unit by cycles; ``every`` gives cycles. Within a lot cycles follow one another evenly."""

    __slots__ = ("cycle_s", "left")

    def __init__(self, every: Callable[[int], float], repair: Callable[[int], float]) -> None:
        super().__init__(every, repair)
        self.left, self.cycle_s, self.left_s = self.left_s, 0.0, math.inf

    def lot(self, work_s: float, cycles: float) -> None:
        """A lot of so many cycles in ``work_s`` seconds begins."""
        self.cycle_s = work_s / cycles if cycles else 0.0
        self.left_s = self.left * self.cycle_s if self.cycle_s else math.inf

    def worked(self, seconds: float) -> float:
        """Count operating time; returns the seconds of repair that are due now, or 0."""
        if not self.cycle_s:
            return 0.0
        self.left_s -= seconds
        self.left = self.left_s / self.cycle_s
        if self.left_s > _SHORT_S:
            return 0.0
        repair_s = self.repair(self.serial)
        self.serial += 1
        self.left = self.every(self.serial)
        self.left_s = self.left * self.cycle_s
        return repair_s


class Several(Failing):
    """Several reasons to stop; what falls due at the same time is done one after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Failing]) -> None:
        self.parts, self.serial = list(parts), 0
        self.left_s = min(part.left_s for part in parts)

    def lot(self, work_s: float, cycles: float) -> None:
        """A lot begins."""
        for part in self.parts:
            part.lot(work_s, cycles)
        self.left_s = min(part.left_s for part in self.parts)

    def next_repair_s(self) -> float:
        """The stop that comes next."""
        return sum(part.next_repair_s() for part in self.parts if part.left_s <= self.left_s + _SHORT_S)

    def worked(self, seconds: float) -> float:
        """Count operating time; returns the seconds of stop that are due now, or 0."""
        stop_s = sum(part.worked(seconds) for part in self.parts)
        self.left_s = min(part.left_s for part in self.parts)
        return stop_s


def failing_of(kind: Station, draws: Draws, equipment: str) -> Failing | None:
    """What stops one unit by its operating hours or cycles; None where nothing does. With randomness off nothing breaks down."""
    parts: list[Failing] = []
    failures = kind.failures
    if failures is not None and not draws.mean_mode:
        repair = sampler(failures.repair, draws, "repair", equipment)
        if failures.every_cycles is not None:
            parts.append(
                FailingByCycles(sampler(failures.every_cycles.as_duration(), draws, "failure", equipment), repair)
            )
        elif failures.every is not None and failures.clock == "operating":
            parts.append(Failing(sampler(failures.every, draws, "failure", equipment), repair))
    for upkeep in kind.maintenance:
        if upkeep.every_s is not None:
            parts.append(Failing(_always(upkeep.every_s), _always(upkeep.duration_s)))
        elif upkeep.every_cycles is not None:
            parts.append(FailingByCycles(_always(upkeep.every_cycles), _always(upkeep.duration_s)))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Several(parts)


def _always(value: float) -> Callable[[int], float]:
    return lambda _: value


@dataclass(frozen=True)
class CalendarClock:
    """Breakdowns of one unit that run day and night: number ``serial`` is counted from ``from_s``, each further one from the end of the
    repair before it.
    """

    every: Callable[[int], float]
    repair: Callable[[int], float]
    from_s: float
    serial: int = 0

    def breakdowns(self, until_s: float) -> Iterator[tuple[int, float, float, float]]:
        """Number, from when it is counted, begin and end of the breakdowns that are counted from before ``until_s``."""
        at, serial = self.from_s, self.serial
        while at < until_s:
            start = at + self.every(serial)
            end = start + self.repair(serial)
            if end <= at:
                return  # breakdowns that follow one another without time between them
            yield serial, at, start, end
            at, serial = end, serial + 1

    def at(self, now: float) -> dict[str, float]:
        """How far it is counted: the first breakdown that is not over by ``now``; plain values, times from ``now``."""
        for serial, counted, _, end in self.breakdowns(math.inf):
            if end > now:
                return {"serial": serial, "from_s": counted - now}
        return {"serial": self.serial, "from_s": self.from_s - now}


def calendar_clock(
    kind: Station, draws: Draws, equipment: str, t_from: float, kept: Mapping[str, float] | None = None
) -> CalendarClock | None:
    """The breakdowns by the calendar of one unit, counted from ``t_from``, or as ``kept`` says, whose times are from there; None where
    there are none.
    """
    failures = kind.failures
    if failures is None or failures.clock != "calendar" or failures.every is None or draws.mean_mode:
        return None
    every = sampler(failures.every, draws, "failure", equipment)
    repair = sampler(failures.repair, draws, "repair", equipment)
    if kept is None:
        return CalendarClock(every, repair, t_from)
    return CalendarClock(every, repair, t_from + kept["from_s"], int(kept["serial"]))


def outages_of(
    kind: Station,
    clock: CalendarClock | None,
    weekly: Callable[[str, str], Sequence[float]],
    t_to: float,
    known: Sequence[Window] = (),
) -> list[Window]:
    """Times at which the calendar takes one unit out of work up to ``t_to``, and those that are ``known``, merged. ``weekly``: the times
    of a weekday and clock.
    """
    windows = [
        (start, start + upkeep.duration_s)
        for upkeep in kind.maintenance
        for due in upkeep.at or ()
        for start in weekly(due.day, due.at)
    ]
    if clock is not None:
        windows += [(start, end) for _, _, start, end in clock.breakdowns(t_to)]
    return _merged([*windows, *known])


def _merged(windows: Sequence[Window]) -> list[Window]:
    merged: list[Window] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return merged


def without(worktime: WorkTime, outages: Sequence[Window]) -> WorkTime:
    """Working time with the outages taken out."""
    pieces: list[Window] = []
    windows = [(-math.inf, math.inf)] if worktime is ALWAYS else list(zip(worktime.starts, worktime.ends, strict=True))
    for start, end in windows:
        at = start
        for a, b in outages:
            if b <= at or a >= end:
                continue
            if a > at:
                pieces.append((at, a))
            at = b
        if at < end:
            pieces.append((at, end))
    return WorkTime(pieces)


def with_outages(duties: Sequence[Duty], outages: Sequence[Window]) -> list[Duty]:
    """Duties in which the outages are spent ``down``, whatever else was to be done then."""
    kept: list[Duty] = []
    for start, end, state in duties:
        at = start
        for a, b in outages:
            if b <= at or a >= end:
                continue
            if a > at:
                kept.append((at, a, state))
            at = b
        if at < end:
            kept.append((at, end, state))
    return sorted([*kept, *((a, b, _DOWN) for a, b in outages)])
