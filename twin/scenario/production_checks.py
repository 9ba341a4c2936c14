"""What the words of production say about one another: resources and crews that are named, stations to go back to, set-ups, alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.core.faults import Fault, did_you_mean
from twin.scenario.checks import View, clock_at
from twin.scenario.nodes import Node, Path_
from twin.scenario.start import check_start


def _people_and_tools(view: View) -> dict[str, int | None]:
    """Units of each resource and people of each crew; None where that is malformed."""
    found: dict[str, int | None] = {}
    for section, word in (("resources", "units"), ("crews", "people")):
        for name, part in view.parts(section):
            units = part.get(word, 1)
            found[name] = units if isinstance(units, int) and not isinstance(units, bool) else None
    return found


def check_resources(view: View) -> None:
    """Resources and crews that stations need exist, are not of the same name, and are enough."""
    known = _people_and_tools(view)
    for name in view.mapping("resources"):
        if name in view.mapping("crews"):
            view.fault(("resources", name), "a crew has the same name", "another name", value=name, key=True)
    for station, part in view.parts("stations"):
        for name, need in view.mapping("stations", station, "needs").items():
            units = need.get("units", 1) if isinstance(need, Mapping) else need
            _enough(view, ("stations", station, "needs", name), name, units, known, key=True)
        crew = part.get("failures", {}).get("repair_crew") if isinstance(part.get("failures"), dict) else None
        if isinstance(crew, str):
            people = part["failures"].get("people", 1)
            _enough(view, ("stations", station, "failures", "repair_crew"), crew, people, known, key=False)


def _enough(view: View, path: Path_, name: str, units: Any, known: Mapping[str, int | None], *, key: bool) -> None:
    if name not in known:
        view.fault(path, "no such resource or crew", did_you_mean(name, known), value=name, key=key)
        return
    there = known[name]
    if isinstance(units, int) and there is not None and units > there:
        view.fault(path, f"asks for {units} of {name}, and there are {there}", f"at most {there}", value=units)


def _routes_through(view: View, station: str) -> Iterator[tuple[str, list[str]]]:
    """Products that pass a station, and the stations of their route up to it; alternatives count as the station they stand for."""
    for product, part in view.parts("products"):
        route = [name for _, name in view.texts("products", product, "route")]
        for k, own in enumerate(route):
            if station == own or station in _others(part, own):
                yield product, route[: k + 1]


def _others(product: Mapping[str, Any], own: str) -> list[str]:
    rule = product.get("alternatives", {}).get(own) if isinstance(product.get("alternatives"), dict) else None
    names = rule.get("stations") if isinstance(rule, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def check_ways_back(view: View) -> None:
    """Pieces that go back find the station on their route, at or before the one that sends them."""
    for station, _ in view.parts("stations"):
        for path, least in ((("quality", "rework", "to"), 0), (("max_wait", "to"), 1)):
            to = view.get("stations", station, *path)
            for product, passed in _routes_through(view, station) if isinstance(to, str) else ():
                if to not in passed[: len(passed) - least]:
                    where = "before it" if least else "at or before it"
                    problem = f"the route of {product} does not pass {to!r} {where}"
                    view.fault(
                        ("stations", station, *path), problem, did_you_mean(str(to), passed[: len(passed) - least])
                    )
                    break
        wait = view.mapping("stations", station, "max_wait")
        if wait:
            for product, passed in _routes_through(view, station):
                if len(passed) == 1 and wait.get("consequence") == "rework" and "to" not in wait:
                    path_ = ("stations", station, "max_wait")
                    view.fault(
                        path_,
                        f"{station} is the first station of {product}: nothing to go back to",
                        "another consequence",
                    )


def check_alternatives(view: View) -> None:
    """Alternatives are of stations on the route, exist, and are not on it themselves."""
    stations = view.mapping("stations")
    for product, _ in view.parts("products"):
        route = [name for _, name in view.texts("products", product, "route")]
        seen = set(route)
        for own in view.mapping("products", product, "alternatives"):
            path: Path_ = ("products", product, "alternatives", own)
            if own not in route:
                view.fault(path, "not on the route", did_you_mean(own, route), value=own, key=True)
            for index, name in view.texts(*path, "stations"):
                place = (*path, "stations", index)
                view.must_exist(place, name, stations, "station")
                if name in seen:
                    view.fault(place, "the route passes that station anyway", "another station")
                seen.add(name)
                if isinstance(stations.get(name), dict) and _melts(stations[name]):
                    view.fault(place, "a furnace melts, no piece passes it", "leave it out")


def _melts(station: Mapping[str, Any]) -> bool:
    return "supplies" in station


def check_setups(view: View) -> None:
    """A matrix of set-ups names products or families, and no set-up from one to itself."""
    products = view.mapping("products")
    families = {str(part.get("family", name)) for name, part in view.parts("products")}
    for station, _ in view.parts("stations"):
        known = families if view.get("stations", station, "setup", "by") == "family" else set(products)
        word = "family" if known is families else "product"
        for before, times in view.mapping("stations", station, "setup", "matrix").items():
            path: Path_ = ("stations", station, "setup", "matrix", before)
            if before not in known:
                view.fault(path, f"no such {word}", did_you_mean(before, known), value=before, key=True)
                continue
            for after in times if isinstance(times, dict) else ():
                if after not in known:
                    view.fault((*path, after), f"no such {word}", did_you_mean(after, known), value=after, key=True)
                elif after == before:
                    view.fault((*path, after), "no set-up is between a thing and itself", "leave it out")


def check_upkeep(view: View) -> None:
    """Weekly maintenance begins at a time of day."""
    for station, _ in view.parts("stations"):
        for k, _entry in enumerate(view.entries("stations", station, "maintenance")):
            for j, _due in enumerate(view.entries("stations", station, "maintenance", k, "at")):
                clock_at(view, ("stations", station, "maintenance", k, "at", j, "at"))


def check_production(tree: Mapping[str, Any], root: Node) -> list[Fault]:
    """All faults of the words of production."""
    view = View(tree, root)
    for one in CHECKS:
        one(view)
    return view.faults


CHECKS = (check_start, check_resources, check_ways_back, check_alternatives, check_setups, check_upkeep)
