"""What one part of a scenario says about another: names that must exist, order in time, routes, dates, ids of reference data.

Checks read the plain tree, not the typed one, and step over what is malformed (the schema names that), so that all faults come at once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from twin.core.faults import Fault, did_you_mean
from twin.core.units import UnitFault, parse
from twin.scenario.calendar import DAYS, clock_s
from twin.scenario.nodes import Node, Path_, Where

_NAME = re.compile(r"^\w[\w-]*$")
NAMED = ("stations", "utilities", "products", "orders", "crews", "materials", "what_if")


FIRST_YEAR, LAST_YEAR = 1980, 2200
"""years that calendars, holidays and time zones are worked out for"""
MOST_LOST = 0.2
"""share of the contract power that a transformer may lose there; two per cent are usual"""


def child_of(holder: Any, part: str | int) -> Any:
    """The entry ``part`` of a mapping or list; None where there is none."""
    if isinstance(holder, dict):
        return holder.get(part)
    if isinstance(holder, list) and isinstance(part, int) and 0 <= part < len(holder):
        return holder[part]
    return None


class View:
    """The tree of a scenario under check; collects faults."""

    def __init__(self, tree: Mapping[str, Any], root: Node) -> None:
        self.tree, self.root = tree, root
        self.faults: list[Fault] = []

    def get(self, *path: str | int) -> Any:
        """The value at ``path``; None where there is none."""
        here: Any = self.tree
        for part in path:
            here = child_of(here, part)
            if here is None:
                return None
        return here

    def mapping(self, *path: str | int) -> dict[str, Any]:
        """The mapping at ``path``; empty where there is none."""
        found = self.get(*path)
        return found if isinstance(found, dict) else {}

    def parts(self, *path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Names and contents of the mappings in the mapping at ``path``."""
        return ((name, part) for name, part in self.mapping(*path).items() if isinstance(part, dict))

    def entries(self, *path: str | int) -> list[Any]:
        """The list at ``path``; empty where there is none."""
        found = self.get(*path)
        return found if isinstance(found, list) else []

    def texts(self, *path: str | int) -> list[tuple[int, str]]:
        """Positions and values of the texts in the list at ``path``."""
        return [(index, item) for index, item in enumerate(self.entries(*path)) if isinstance(item, str)]

    def quantity(self, unit: str, *path: str | int) -> float | None:
        """The quantity at ``path`` in ``unit``; None where absent or malformed."""
        found = self.get(*path)
        try:
            return parse(found, unit) if isinstance(found, str) else None
        except UnitFault:
            return None

    def date(self, *path: str | int) -> dt.date | None:
        """The date at ``path``; None where absent or malformed."""
        found = self.get(*path)
        try:
            return dt.date.fromisoformat(found) if isinstance(found, str) else None
        except ValueError:
            return None

    def where(self, path: Path_, *, key: bool = False) -> Where:
        """Where ``path`` stands, or the nearest that exists above it."""
        node = self.root
        for part in path:
            child = child_of(node.value, part)
            if child is None:
                return node.key_at or node.at
            node = child
        return (node.key_at or node.at) if key else node.at

    def fault(
        self,
        path: Path_,
        problem: str,
        fix: str = "",
        *,
        value: Any = None,
        key: bool = False,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Notes a fault at ``path``; the value shown is what stands there unless given."""
        shown = self.get(*path) if value is None else value
        text = "" if shown is None or isinstance(shown, dict | list) else str(shown)
        at = self.where(path, key=key)
        self.faults.append(
            Fault(at.file, at.line, at.column, ".".join(map(str, path)), problem, text[:60], fix, severity)
        )

    def must_exist(self, path: Path_, name: str, known: Iterable[str], what: str) -> None:
        """Notes a fault where ``name`` is not among ``known``."""
        names = list(known)
        if name not in names:
            self.fault(path, f"no such {what}", did_you_mean(name, names))


def check(tree: Mapping[str, Any], root: Node) -> list[Fault]:
    """All faults and warnings of the relations within a scenario."""
    view = View(tree, root)
    for one in CHECKS:
        one(view)
    return view.faults


def check_names(view: View) -> None:
    """Names are words, since dotted paths are made of them."""
    sections: list[Path_] = [(section,) for section in NAMED] + [("calendar", "shifts")]
    for section in sections:
        if section == ("orders",) and set(view.mapping("orders")) == {"file"}:
            continue
        for name in view.mapping(*section):
            if not _NAME.match(name):
                view.fault((*section, name), "not a name", "letters, digits, _ and - only", value=name, key=True)


def check_routes(view: View) -> None:
    """Routes go through stations that exist, through none of them twice."""
    stations = view.mapping("stations")
    for product, _ in view.parts("products"):
        seen: dict[str, int] = {}
        for index, station in view.texts("products", product, "route"):
            path = ("products", product, "route", index)
            view.must_exist(path, station, stations, "station")
            if station in seen:
                view.fault(
                    path,
                    "the route comes back to a station that it has passed",
                    "a second station of the same kind, or take it out",
                )
            seen[station] = index


def check_supplies(view: View) -> None:
    """Metal is supplied to stations that exist, and not in a circle."""
    stations = view.mapping("stations")
    graph = {
        name: [target for _, target in view.texts("stations", name, "supplies")] for name, _ in view.parts("stations")
    }
    for name, targets in graph.items():
        for index, target in enumerate(targets):
            path = ("stations", name, "supplies", index)
            view.must_exist(path, target, stations, "station")
            if target in targets[:index]:
                view.fault(path, "the station is supplied twice", "name it once")
            circle = _way(graph, target, name)
            if circle:
                view.fault(
                    path, "metal is supplied in a circle: " + " → ".join([name, *circle]), "take one of them out"
                )
                graph[name] = [other for other in targets if other != target]


def _way(graph: Mapping[str, list[str]], start: str, goal: str) -> list[str]:
    """A way from ``start`` to ``goal``, both included; empty where there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop()
        if way[-1] == goal:
            return way
        fresh = [name for name in graph.get(way[-1], []) if name not in seen]
        seen.update(fresh)
        ways += [[*way, name] for name in fresh]
    return []


def check_people(view: View) -> None:
    """Crews and shifts that are named must exist."""
    shifts, crews = view.mapping("calendar", "shifts"), view.mapping("crews")
    for section in ("crews", "stations"):
        for name in view.mapping(section):
            for index, shift in view.texts(section, name, "shifts"):
                view.must_exist((section, name, "shifts", index), shift, shifts, "shift")
    for name, station in view.parts("stations"):
        if isinstance(station.get("crew"), str):
            view.must_exist(("stations", name, "crew"), station["crew"], crews, "crew")


def check_references(view: View) -> None:
    """Products and stations that are named must exist."""
    stations = view.mapping("stations")
    for name, order in view.parts("orders"):
        if isinstance(order.get("product"), str):
            view.must_exist(("orders", name, "product"), order["product"], view.mapping("products"), "product")
    for name in view.mapping("calendar", "startup"):
        if name not in stations:
            view.fault(
                ("calendar", "startup", name), "no such station", did_you_mean(name, stations), value=name, key=True
            )
    for name in view.mapping("utilities"):
        for index, served in view.texts("utilities", name, "serves"):
            view.must_exist(("utilities", name, "serves", index), served, stations, "station")


def clock_at(view: View, path: Path_) -> float | None:
    """The seconds of the time of day at ``path``; None where absent, and a fault where it is none."""
    said = view.get(*path)
    if said is None:
        return None
    try:
        if isinstance(said, str):
            return clock_s(said)
    except ValueError:
        pass
    view.fault(path, "not a time of day", 'write "HH:MM" in quotes, from "00:00" to "24:00"')
    return None


def check_shifts(view: View) -> None:
    """Clocks are clocks, a shift has a length, its break lies within it."""
    for name, shift in view.parts("calendar", "shifts"):
        path: Path_ = ("calendar", "shifts", name)
        start, end = clock_at(view, (*path, "from")), clock_at(view, (*path, "to"))
        if start is not None and start == end:
            view.fault((*path, "to"), "the shift has no length", 'for a whole day write from: "00:00", to: "24:00"')
        pause = [clock_at(view, (*path, "break", index)) for index, _ in view.texts(*path, "break")]
        if start is None or end is None or start == end or len(pause) != 2 or pause[0] is None or pause[1] is None:
            continue
        length, day = (end - start) % 86400.0 or 86400.0, 86400.0
        first = (pause[0] - start) % day
        if pause[0] == pause[1] or first + (pause[1] - pause[0]) % day > length:
            view.fault(
                (*path, "break"),
                "the break does not lie within the shift",
                f"between {shift['from']} and {shift['to']}",
                value="–".join(shift["break"]),
            )
    for station, days in view.mapping("calendar", "startup").items():
        for day in days if isinstance(days, dict) else {}:
            clock_at(view, ("calendar", "startup", station, day))


def check_calendar(view: View) -> None:
    """Zone and country exist, shutdowns end after they begin, a holiday is not both added and removed."""
    check_zone(view)
    country = view.get("calendar", "holidays")
    if isinstance(country, str) and not re.fullmatch(r"[A-Z]{2}", country):
        view.fault(("calendar", "holidays"), "not a country", "a two-letter ISO code such as KR, or null")
    for index, _ in enumerate(view.entries("calendar", "shutdowns")):
        first, last = (view.date("calendar", "shutdowns", index, word) for word in ("from", "to"))
        if first and last and last < first:
            view.fault(("calendar", "shutdowns", index, "to"), "ends before it begins", f"not before {first}")
        for name in view.mapping("calendar", "shutdowns", index, "startup"):
            path = ("calendar", "shutdowns", index, "startup", name)
            view.must_exist(path, name, view.mapping("stations"), "station")
    removed = {item for _, item in view.texts("calendar", "removed_holidays")}
    for index, day in view.texts("calendar", "extra_holidays"):
        if day in removed:
            view.fault(("calendar", "extra_holidays", index), "both added and removed", "keep one")


def check_zone(view: View) -> None:
    """The time zone is one of the IANA database."""
    import zoneinfo

    name = view.get("site", "timezone")
    if not isinstance(name, str):
        return
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        view.fault(("site", "timezone"), "no such time zone", did_you_mean(name, zoneinfo.available_timezones()))


def check_orders(view: View) -> None:
    """An order is due after it is released."""
    for name, order in view.parts("orders"):
        release, due = (_moment(view, ("orders", name, word)) for word in ("release", "due"))
        if release is None or due is None:
            continue
        if order.get("every") == "day":
            release, due = release % 86400.0, due % 86400.0
        if due <= release:
            said = order["due"]
            view.fault(
                ("orders", name, "due"),
                "due before it is released",
                "later than its release",
                value=f"{said['day']} {said['at']}",
            )


def _moment(view: View, path: Path_) -> float | None:
    if not view.mapping(*path):
        return None
    clock, day = clock_at(view, (*path, "at")), view.get(*path, "day")
    return None if clock is None or day not in DAYS else DAYS.index(day) * 86400.0 + clock


def check_spans(view: View) -> None:
    """Whole weeks, whole slots, plans inside the run, years that begin with a month."""
    duration, horizon, slot = (
        view.quantity("s", *path) for path in (("run", "duration"), ("plan", "horizon"), ("plan", "slot"))
    )
    if duration is not None and duration > 0 and duration % 604800.0:
        view.fault(("run", "duration"), "not whole weeks", "e.g. '4 weeks'")
    if slot is not None and slot > 0 and (900.0 % slot and slot % 900.0):
        view.fault(("plan", "slot"), "neither a part nor a multiple of 15 minutes", "e.g. '15 min'")
    elif horizon is not None and horizon > 0 and horizon % (slot or 900.0):
        view.fault(("plan", "horizon"), "not a whole number of slots", "e.g. '1 week'")
    if view.mapping("run", "state") and view.quantity("s", "run", "warmup") != 0.0:
        view.fault(("run", "state"), "a run that begins from a state has no warm-up", "add warmup: 0 s", value="")
    for place in (("run", "start"), ("year", "start"), ("plan", "start")):
        begins = view.date(*place)
        if begins is not None and not FIRST_YEAR <= begins.year <= LAST_YEAR:
            view.fault(place, f"not between the years {FIRST_YEAR} and {LAST_YEAR}", "e.g. 2026-07-06")
    year = view.date("year", "start")
    if year is not None and year.day != 1:
        view.fault(("year", "start"), "not the first day of a month", f"write {year.replace(day=1)}")
    start, plan = view.date("run", "start"), view.date("plan", "start")
    if start and plan and duration and not start <= plan < start + dt.timedelta(seconds=duration):
        view.fault(
            ("plan", "start"), "outside of the run", f"between {start} and {start + dt.timedelta(seconds=duration - 1)}"
        )


def check_power(view: View) -> None:
    """The contract covers what is certain to be drawn; a cap above it never acts."""
    contract, base, cap = (view.quantity("kW", "site", word) for word in ("contract_power", "base_load", "power_cap"))
    if contract is None or contract <= 0:
        return
    if base is not None and base > contract:
        view.fault(
            ("site", "base_load"),
            f"above the contract power of {contract:g} kW",
            "raise site.contract_power, or check the unit",
        )
    if cap is not None and cap > contract:
        view.fault(
            ("site", "power_cap"),
            f"above the contract power of {contract:g} kW",
            "a lower cap, or none",
            severity="warning",
        )
    if base is not None and cap is not None and base >= cap:
        view.fault(("site", "power_cap"), f"not above the base load of {base:g} kW: nothing could run", "a higher cap")
    _check_transformer(view, contract)
    for index, text in view.texts("site", "demand_history"):
        past = view.quantity("kW", "site", "demand_history", index)
        if past is not None and past > 2 * contract:
            problem = f"more than twice the contract power of {contract:g} kW"
            view.fault(("site", "demand_history", index), problem, "check the unit", value=text, severity="warning")


def _check_transformer(view: View, contract_kw: float) -> None:
    """At the contract power a transformer loses a small share of it; one that is far too small would lose more than the plant draws."""
    rated_kva, loss_kw = (
        view.quantity(unit, "site", "transformer", word) for unit, word in (("kVA", "rated"), ("kW", "load_loss"))
    )
    units = view.get("site", "transformer", "units")
    units = units if isinstance(units, int) and units > 0 else 1
    if not rated_kva or rated_kva < 0.0 or loss_kw is None:
        return
    lost_kw = units * loss_kw * (contract_kw / (units * rated_kva)) ** 2
    if lost_kw > MOST_LOST * contract_kw:
        problem = f"at the contract power of {contract_kw:g} kW it would lose {lost_kw:,.0f} kW"
        view.fault(("site", "transformer", "rated"), problem, f"at least {contract_kw / units:.0f} kVA")


CHECKS: tuple[Callable[[View], None], ...] = (
    check_names,
    check_routes,
    check_supplies,
    check_people,
    check_references,
    check_shifts,
    check_calendar,
    check_orders,
    check_spans,
    check_power,
)
