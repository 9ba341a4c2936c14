"""Which simulated weeks stand for which weeks of the year: week types, their layout in a short run, and that run's scenario.

A week (Monday to Sunday) is typed by the days on which the plant would work but is closed, by holiday or shutdown: "base" (none);
"closed:" and the shifts that fall out, day by day ("closed:day|day+night" is a Friday and another day of a plant without a night shift on
Fridays); and "after:" likewise for the week that follows, in which what was left undone is made up and the first start is after a longer
rest. For each type that occurs, the most frequent set of weekdays is simulated, followed by the week after it. A base fortnight is
simulated for each tariff season, or once where the simulation does not depend on the tariff (which a hash proves).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.core.canonical import sha256
from twin.ledger.supply import cap_behind_kw
from twin.reference.kepco import season_of_month
from twin.scenario.calendar import DAYS, day_kind

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

BASE, CLOSED, AFTER = "base", "closed", "after"
FULL = "full"
WEEK = dt.timedelta(days=7)
Weeks = Mapping[dt.date, tuple[str, tuple[int, ...]]]
"""Monday: type of the week, and the weekdays closed in it"""
_AFTERWARDS = (
    "tariff",
    "demand_history_kw",
    "grid_factor",
    "marginal_factor",
    "carbon_price",
    "contract_power_kw",
    "power_factor",
    "gas_price_krw_per_mj",
    "pv",
)
"""fields of the site that only accounts read"""


@dataclass(frozen=True)
class Layout:
    """Weeks of one representative run, in order, and the weekdays (0 = Monday) closed in each."""

    types: tuple[str, ...]
    closed: tuple[tuple[int, ...], ...]

    @property
    def recovery(self) -> int | None:
        """The week after the largest closure for which orders came in all the same, in which most is to be made up; the last of the run."""
        return len(self.types) - 1 if self.types[-1].startswith(AFTER) else None

    def week_of(self, week_type: str, parity: int) -> int:
        """Which simulated week stands for a week of this type; base weeks alternate. The base where the type is not simulated."""
        same = [k for k, one in enumerate(self.types) if one == week_type] or [
            k for k, one in enumerate(self.types) if one == BASE
        ]
        return same[parity % len(same)]


@dataclass(frozen=True)
class Representative:
    """A run that stands for the weeks of ``seasons``."""

    name: str
    scenario: Scenario
    layout: Layout
    seasons: tuple[str, ...]


def year_start(scenario: Scenario) -> dt.date:
    """First day of the reference year: ``year.start``, else the run's start."""
    year = scenario.spec.year
    return scenario.spec.run.start if year is None else year.start


def year_days(start: dt.date) -> int:
    """Days of the twelve months from ``start``."""
    try:
        after = start.replace(year=start.year + 1)
    except ValueError:
        after = dt.date(start.year + 1, 3, 1)
    return (after - start).days


def monday(day: dt.date) -> dt.date:
    """The Monday of a day's week."""
    return day - dt.timedelta(days=day.weekday())


def working_weekdays(scenario: Scenario) -> frozenset[int]:
    """Weekdays (0 = Monday) on which some shift starts."""
    return frozenset(DAYS.index(day) for shift in scenario.spec.calendar.shifts.values() for day in shift.days)


def closed_weekdays(scenario: Scenario, week: dt.date) -> tuple[int, ...]:
    """Working weekdays of the week from Monday ``week`` on which the plant is closed."""
    working = working_weekdays(scenario)
    return tuple(
        k for k in sorted(working) if day_kind(scenario, week + dt.timedelta(days=k)) in ("holiday", "shutdown")
    )


def shifts_of(scenario: Scenario) -> dict[int, str]:
    """The shifts that start on each working weekday, as text ("day+night")."""
    shifts = scenario.spec.calendar.shifts
    return {
        k: "+".join(sorted(name for name, shift in shifts.items() if DAYS[k] in shift.days))
        for k in sorted(working_weekdays(scenario))
    }


def signature(scenario: Scenario, closed: tuple[int, ...]) -> str:
    """What falls out on closed weekdays, whichever days they are; "" for none."""
    shifts = shifts_of(scenario)
    return "|".join(sorted(shifts[k] for k in closed))


def week_types(scenario: Scenario, first: dt.date, days: int) -> Weeks:
    """Type and closed weekdays of every week (by its Monday) that the span touches."""
    week = monday(first)
    found: dict[dt.date, tuple[str, tuple[int, ...]]] = {}
    before = signature(scenario, closed_weekdays(scenario, week - WEEK))
    while week < first + dt.timedelta(days=days):
        closed = closed_weekdays(scenario, week)
        out = signature(scenario, closed)
        found[week] = (f"{CLOSED}:{out}" if out else f"{AFTER}:{before}" if before else BASE, closed)
        before, week = out, week + WEEK
    return found


def day_types(scenario: Scenario) -> list[tuple[dt.date, str]]:
    """Every day of the reference year with its type: the type of its week and what the plant does on it."""
    first = year_start(scenario)
    days = year_days(first)
    weeks = week_types(scenario, first, days)
    dates = [first + dt.timedelta(days=k) for k in range(days)]
    return [(day, f"{weeks[monday(day)][0]}/{day_kind(scenario, day)}") for day in dates]


def _shifts_lost(out: str) -> int:
    return out.replace("|", "+").count("+") + 1


def special_patterns(scenario: Scenario, first: dt.date, days: int) -> dict[str, tuple[int, ...]]:
    """For each signature of closed days that occurs, the most frequent set of weekdays (of equals the first in the year).

    Whole weeks come first (no orders come in them, so nothing is left undone for the next), then small closures before large ones.
    """
    counts: Counter[tuple[int, ...]] = Counter(
        closed for _, closed in week_types(scenario, first, days).values() if closed
    )
    found: dict[str, tuple[int, ...]] = {}
    for pattern, _ in counts.most_common():
        found.setdefault(signature(scenario, pattern), pattern)
    whole = len(working_weekdays(scenario))
    return dict(sorted(found.items(), key=lambda item: (len(item[1]) < whole, _shifts_lost(item[0]), item[1])))


def season_of(scenario: Scenario, day: dt.date) -> str:
    """The tariff's season of a day; "all" where the tariff is not one of the published ones."""
    return season_of_month()[day.month] if scenario.spec.site.tariff.startswith("kepco/") else "all"


def dated_orders(scenario: Scenario) -> bool:
    """Whether orders are bound to dates, so that no week can stand for another."""
    orders = scenario.spec.orders
    return not isinstance(orders, dict) or any(order.every == "once" for order in orders.values())


def simulation_sha256(scenario: Scenario) -> str:
    """Hash of what a simulation depends on; what only the accounts read (tariff, factors, prices, PV, the date itself) is left out.

    Under ``dispatch.rule: optimized`` the tariff and the date count too.
    """
    content: dict[str, Any] = scenario.canonical()
    run, calendar = content["run"], content["calendar"]
    for key in ("seed", "replications"):
        run.pop(key, None)
    for key in ("name", "description", "sector", "year", "schema_version"):
        content.pop(key, None)
    if scenario.spec.dispatch.rule == "optimized":
        return sha256(content)
    for key in _AFTERWARDS:
        content["site"].pop(key, None)
    for group, key in (("materials", "price_krw_per_kg"), ("crews", "wage_krw_per_h")):
        for entry in content[group].values():
            entry.pop(key, None)
    content.pop("plan", None)
    start = dt.date.fromisoformat(run.pop("start"))
    closed = calendar.get("extra_holidays", [])
    if calendar.get("holidays") is None:
        calendar["extra_holidays"] = [(dt.date.fromisoformat(day) - start).days for day in closed]
    else:
        content["start"] = start.isoformat()
    return sha256(content)


def _clean_monday(scenario: Scenario, season: str, weeks: Weeks) -> dt.date:
    """The first Monday in a season whose fortnight has no closed day; the season's first Monday where there is none."""
    mondays = [week for week in weeks if season_of(scenario, week) == season]
    for week in mondays:
        if (
            weeks[week][0] == BASE
            and weeks.get(week + WEEK, (BASE,))[0] == BASE
            and season_of(scenario, week + WEEK) == season
        ):
            return week
    return mondays[0]


def _run_changes(scenario: Scenario, start: dt.date, layout: Layout) -> dict[str, Any]:
    """Changes that make a scenario the run of a layout: its own closed days, nothing laid on afterwards."""
    extra = [
        (start + dt.timedelta(days=7 * k + weekday)).isoformat()
        for k, closed in enumerate(layout.closed)
        for weekday in closed
    ]
    return {
        "run.start": start.isoformat(),
        "run.duration": f"{len(layout.types)} weeks",
        "calendar.holidays": None,
        "calendar.extra_holidays": extra,
        "calendar.removed_holidays": [],
        "calendar.shutdowns": [],
        **_laid_on_afterwards(scenario),
    }


def _laid_on_afterwards(scenario: Scenario) -> dict[str, Any]:
    """Changes that take PV, battery and transformer out of a run. A power cap at the meter becomes the cap behind the transformer."""
    site = scenario.spec.site
    found: dict[str, Any] = {"site.pv": None, "site.battery": None, "site.transformer": None}
    if site.power_cap_kw is not None and site.transformer is not None:
        found["site.power_cap"] = f"{cap_behind_kw(scenario)!r} kW"
    return found


def _representative(scenario: Scenario, season: str, layout: Layout, weeks: Weeks) -> Representative:
    start = _clean_monday(scenario, season, weeks)
    return Representative(season, scenario.changed(_run_changes(scenario, start, layout)), layout, (season,))


def representatives(scenario: Scenario) -> tuple[Representative, ...]:
    """The runs that together stand for the reference year; one with all seasons where the simulation does not depend on the season.

    The first also holds the weeks with closed days. Dated orders give one run of the whole year (layout "full").
    """
    first = year_start(scenario)
    days = year_days(first)
    if dated_orders(scenario):
        return (Representative(FULL, full_year(scenario), Layout((FULL,), ((),)), ()),)
    weeks = week_types(scenario, first, days)
    seasons: Sequence[str] = list(dict.fromkeys(season_of(scenario, week) for week in weeks))
    fortnight = Layout((BASE, BASE), ((), ()))
    specials = special_patterns(scenario, first, days)
    types: list[str] = [BASE, BASE]
    closed: list[tuple[int, ...]] = [(), ()]
    for out, pattern in specials.items():
        types += [f"{CLOSED}:{out}", f"{AFTER}:{out}"]
        closed += [pattern, ()]
    whole = Layout(tuple(types), tuple(closed))
    plain = [_representative(scenario, season, fortnight, weeks) for season in seasons]
    leading = _representative(scenario, seasons[0], whole, weeks)
    if len({simulation_sha256(one.scenario) for one in plain}) == 1:
        return (Representative("all", leading.scenario, whole, tuple(seasons)),)
    return (leading, *plain[1:])


def representative_scenarios(scenario: Scenario) -> dict[str, Scenario]:
    """Scenario of each representative run by name ("all", or a season)."""
    return {one.name: one.scenario for one in representatives(scenario)}


def full_year(scenario: Scenario) -> Scenario:
    """The whole reference year as one run of 53 weeks, PV, battery, transformer left to be laid on: what a composed year is tested by."""
    first = year_start(scenario)
    weeks = -(-year_days(first) // 7)
    return scenario.changed(
        {"run.start": first.isoformat(), "run.duration": f"{weeks} weeks", **_laid_on_afterwards(scenario)}
    )
