"""The plant's civil time → seconds since the horizon's start (t = 0 is run.start, 00:00 local). The tariff's calendar is another one.

A shift that crosses midnight belongs to the day it starts: it works or not by the kind of that day. Seconds are elapsed seconds, so
a zone with summer time has days of 23 and 25 hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from twin.scenario.schema import Calendar, Day, ScenarioSpec, Shift

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_S = 86400.0
DayKind = Literal["working", "first_after_rest", "rest", "holiday", "shutdown"]
Window = tuple[float, float]


class HasSpec(Protocol):
    """A scenario, as far as civil time is concerned."""

    @property
    def spec(self) -> ScenarioSpec:
        """What the user wrote, typed."""


@dataclass(frozen=True)
class ShiftInstance:
    """One shift on one day: its start and end and the break in it, in seconds; ``date`` is the day it belongs to."""

    shift: str
    date: dt.date
    start_s: float
    end_s: float
    pauses: tuple[Window, ...] = ()


def zone(scenario: HasSpec) -> ZoneInfo:
    """The plant's time zone."""
    return ZoneInfo(scenario.spec.site.timezone)


def origin(scenario: HasSpec) -> dt.datetime:
    """The civil time of t = 0."""
    return dt.datetime.combine(scenario.spec.run.start, dt.time(), zone(scenario))


def seconds(scenario: HasSpec, when: dt.datetime) -> float:
    """Seconds from t = 0 to ``when``; a time without a zone is the plant's."""
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone(scenario))
    return when.timestamp() - origin(scenario).timestamp()


def local_datetime(scenario: HasSpec, t_s: float) -> dt.datetime:
    """The plant's civil time at ``t_s``."""
    return dt.datetime.fromtimestamp(origin(scenario).timestamp() + t_s, zone(scenario))


def clock_s(text: str) -> float:
    """``"HH:MM"`` (00:00 to 24:00) as seconds of the day. Raises ValueError."""
    hours, _, minutes = text.partition(":")
    if not (len(hours) == 2 and len(minutes) == 2 and text.replace(":", "", 1).isdecimal() and text.isascii()):
        msg = f"{text!r} is not HH:MM"
        raise ValueError(msg)
    total = int(hours) * 3600.0 + int(minutes) * 60.0
    if int(minutes) > 59 or total > DAY_S:
        msg = f"{text!r} is not a time of day"
        raise ValueError(msg)
    return total


def at_clock(scenario: HasSpec, day: dt.date, clock: str) -> float:
    """Seconds of the time ``clock`` on ``day``; 24:00 is the next midnight."""
    return _at(scenario, day, clock_s(clock))


def _at(scenario: HasSpec, day: dt.date, of_day_s: float) -> float:
    days, rest = divmod(of_day_s, DAY_S)
    time = dt.time(int(rest // 3600), int(rest % 3600 // 60), int(rest % 60))
    return seconds(scenario, dt.datetime.combine(day + dt.timedelta(days=int(days)), time))


def dates(scenario: HasSpec, t_from_s: float, t_to_s: float) -> Iterator[dt.date]:
    """The civil days that [t_from, t_to) touches."""
    day = local_datetime(scenario, t_from_s).date()
    while _at(scenario, day, 0.0) < t_to_s:
        yield day
        day += dt.timedelta(days=1)


def closed_days(calendar: Calendar, first: dt.date, last: dt.date) -> dict[dt.date, str]:
    """The plant's holidays from ``first`` to ``last`` with their names; shutdowns are not among them."""
    from twin.reference.calendars import holidays_between

    extra, removed = calendar.extra_holidays, calendar.removed_holidays
    if calendar.holidays is None:
        return {day: "added" for day in sorted(set(extra) - set(removed)) if first <= day <= last}
    return holidays_between(calendar.holidays, first, last, extra=extra, removed=removed)


def _is_shut(calendar: Calendar, day: dt.date) -> bool:
    return any(shutdown.first <= day <= shutdown.last for shutdown in calendar.shutdowns)


def is_open(scenario: HasSpec, day: dt.date) -> bool:
    """Whether shifts that start on ``day`` take place: no shutdown, no holiday of the plant."""
    calendar = scenario.spec.calendar
    return not _is_shut(calendar, day) and day not in closed_days(calendar, day, day)


def _works(scenario: HasSpec, day: dt.date) -> bool:
    name = DAYS[day.weekday()]
    return any(name in shift.days for shift in scenario.spec.calendar.shifts.values()) and is_open(scenario, day)


def day_kind(scenario: HasSpec, day: dt.date) -> DayKind:
    """What kind of day it is for the plant; ``rest`` has no shift, ``first_after_rest`` works after a day on which no shift started."""
    calendar = scenario.spec.calendar
    if _is_shut(calendar, day):
        return "shutdown"
    if day in closed_days(calendar, day, day):
        return "holiday"
    if not _works(scenario, day):
        return "rest"
    return "working" if _works(scenario, day - dt.timedelta(days=1)) else "first_after_rest"


def shift_instances(scenario: HasSpec, names: Iterable[str], t_from_s: float, t_to_s: float) -> list[ShiftInstance]:
    """Every instance of the named shifts that overlaps [t_from, t_to), in order of start. Not cut at the ends."""
    shifts = scenario.spec.calendar.shifts
    wanted = [(name, shifts[name]) for name in dict.fromkeys(names)]
    days = list(dates(scenario, t_from_s - DAY_S, t_to_s))
    if not days:
        return []
    closed = closed_days(scenario.spec.calendar, days[0], days[-1])
    found = []
    for day in days:
        if day in closed or _is_shut(scenario.spec.calendar, day):
            continue
        weekday = DAYS[day.weekday()]
        found += [_instance(scenario, name, shift, day) for name, shift in wanted if weekday in shift.days]
    return sorted(
        (one for one in found if one.start_s < t_to_s and one.end_s > t_from_s),
        key=lambda one: (one.start_s, one.shift),
    )


def _instance(scenario: HasSpec, name: str, shift: Shift, day: dt.date) -> ShiftInstance:
    start, end = shift_span(shift)
    pauses = tuple((_at(scenario, day, p0), _at(scenario, day, p1)) for p0, p1 in pause_spans(shift))
    return ShiftInstance(name, day, _at(scenario, day, start), _at(scenario, day, end), pauses)


def shift_span(shift: Shift) -> Window:
    """Start and end in seconds of its first day; the end lies beyond 24 h where it crosses midnight."""
    start, end = clock_s(shift.start), clock_s(shift.end)
    return start, end if end > start else end + DAY_S


def pause_spans(shift: Shift) -> list[Window]:
    """The break in seconds of the shift's first day; none where there is no break."""
    if shift.pause is None:
        return []
    start, _ = shift_span(shift)
    first, last = (clock_s(clock) for clock in shift.pause)
    if first < start:
        first += DAY_S
    while last <= first:
        last += DAY_S
    return [(first, last)]


def shift_hours(shift: Shift) -> float:
    """Working hours of one instance, the break taken off."""
    start, end = shift_span(shift)
    return (end - start - sum(p1 - p0 for p0, p1 in pause_spans(shift))) / 3600.0


def windows(scenario: HasSpec, shift_names: Iterable[str], t_from_s: float, t_to_s: float) -> list[Window]:
    """Merged working windows of the named shifts within [t_from, t_to]: minus breaks, holidays and shutdowns, in order.

    A break of one shift counts as work where another of the named shifts works through it.
    """
    pieces: list[Window] = []
    for one in shift_instances(scenario, shift_names, t_from_s, t_to_s):
        begin = one.start_s
        for p0, p1 in one.pauses:
            pieces.append((begin, p0))
            begin = p1
        pieces.append((begin, one.end_s))
    cut = [(max(a, t_from_s), min(b, t_to_s)) for a, b in pieces]
    return _merged([(a, b) for a, b in cut if b > a])


def _merged(pieces: list[Window]) -> list[Window]:
    merged: list[Window] = []
    for start, end in sorted(pieces):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def startup_times(scenario: HasSpec, station: str, t_from_s: float, t_to_s: float) -> list[float]:
    """When ``station`` is switched on within [t_from, t_to): by ``calendar.startup`` on days that are open, and after shutdowns."""
    clocks = scenario.spec.calendar.startup.get(station, {})
    found = []
    for day in dates(scenario, t_from_s, t_to_s):
        clock = clocks.get(DAYS[day.weekday()])
        if clock is not None and is_open(scenario, day):
            found.append(at_clock(scenario, day, clock))
    for on, shift in _after_shutdowns(scenario, station, t_to_s):
        found = [t for t in found if not on - DAY_S < t <= shift] + [on]
    return sorted(t for t in found if t_from_s <= t < t_to_s)


def _after_shutdowns(scenario: HasSpec, station: str, t_to_s: float) -> Iterator[Window]:
    """When ``station`` is switched on after each shutdown that says so, and its first shift after it."""
    part = scenario.spec.stations.get(station)
    crew = scenario.spec.crews.get(part.get("crew", "")) if isinstance(part, dict) else None
    names = (part.get("shifts") if isinstance(part, dict) else None) or (crew.shifts if crew is not None else [])
    for shutdown in scenario.spec.calendar.shutdowns:
        lead_s = shutdown.startup_s.get(station)
        if lead_s is None:
            continue
        over = at_clock(scenario, shutdown.last, "24:00")
        first = next(iter(shift_instances(scenario, names, over, max(over, t_to_s) + 14 * DAY_S)), None)
        if first is not None:
            closed = at_clock(scenario, shutdown.first, "00:00")
            before = [one.end_s for one in shift_instances(scenario, names, closed - 14 * DAY_S, closed)]
            at_once = max([closed - 14 * DAY_S, *before])  # where the lead is longer than it is closed
            yield max(first.start_s - lead_s, at_once), first.start_s


class Shifts:
    """Name under which other parts know :func:`windows`."""

    windows = staticmethod(windows)
