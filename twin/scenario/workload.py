"""Does the work of a week fit into the hours of the stations? Told with the arithmetic, as warnings: overtime may be meant."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from twin.core.faults import Fault, RunFailed
from twin.scenario.calendar import shift_hours
from twin.scenario.checks import View
from twin.scenario.distributions import mean_s
from twin.scenario.orders import pieces_to_cast
from twin.scenario.schema import Product, ScenarioSpec, Station

WEEK_H = 168.0
MAX_JOBS = 1_000_000
"""Jobs of one run beyond which it would not fit into memory."""
MAX_UPSETS = 100_000
"""Breakdowns, or maintenance, of one unit in one run beyond which they are taken for a slip."""


def size_faults(spec: ScenarioSpec, tables: Mapping[str, Any], view: View) -> list[Fault]:
    """A fault where the orders of the run make more jobs than can be simulated."""
    weeks = (spec.run.duration_s + spec.run.warmup_s) / 604800.0
    per_week = _lots_per_week(spec, tables)
    total = weeks * sum(per_week.values())
    if total <= MAX_JOBS:
        return []
    largest = max(per_week, key=lambda name: per_week[name])
    before = len(view.faults)
    problem = f"the orders of {weeks:g} weeks make {total:,.0f} jobs, more than {MAX_JOBS:,}"
    view.fault(("products", largest, "lot"), problem, "larger lots, smaller orders, or a shorter run")
    return view.faults[before:]


def upset_faults(spec: ScenarioSpec, stations: Mapping[str, Station], view: View) -> list[Fault]:
    """Faults where breakdowns or maintenance come so often that the run would never end."""
    span_s, before = spec.run.duration_s + spec.run.warmup_s, len(view.faults)
    for name, station in stations.items():
        failures = station.failures
        apart_s = {
            ("maintenance", k): upkeep.every_s + upkeep.duration_s
            for k, upkeep in enumerate(station.maintenance)
            if upkeep.every_s is not None
        } | (
            {("failures",): mean_s(failures.every) + mean_s(failures.repair)}
            if failures is not None and failures.every is not None
            else {}
        )
        for place, seconds in apart_s.items():
            if span_s > MAX_UPSETS * seconds:
                problem = f"one every {seconds:.3g} s makes more than {MAX_UPSETS:,} in the run"
                view.fault(("stations", name, *place, "every"), problem, "a longer time between two")
    return view.faults[before:]


def workload_warnings(
    spec: ScenarioSpec, stations: Mapping[str, Station], tables: Mapping[str, Any], view: View
) -> list[Fault]:
    """A warning for each station whose work in a normal week exceeds the hours of its shifts; a fault where it can never be done."""
    before = len(view.faults)
    pieces = pieces_per_week(spec, tables)
    metal_kg = _metal_per_week(spec, pieces)
    for name, station in stations.items():
        try:
            terms = _terms(name, station, spec, pieces, metal_kg)
        except RunFailed as failed:
            place = "load" if "load" in view.mapping("stations", name) else "kind"
            view.fault(("stations", name, place), str(failed), "more power, a smaller load, or a lower temperature")
            continue
        _pouring_warnings(view, name, station, spec)
        hours, crew = station_hours(spec, station)
        needed = sum(work for _, work in terms) / station.units
        if needed > hours * (1 + 1e-9):
            sums = " + ".join(text for text, _ in terms) + (f", ÷ {station.units} units" if station.units > 1 else "")
            place = "units" if "units" in view.mapping("stations", name) else "kind"
            view.fault(
                ("stations", name, place),
                f"a normal week asks for {needed:.1f} h of work of each unit but its {crew} give {hours:.1f} h: {sums}",
                "more units, longer shifts, or a smaller order",
                severity="warning",
                value="",
            )
    return view.faults[before:]


def _pouring_warnings(view: View, name: str, station: Station, spec: ScenarioSpec) -> None:
    """A warning where a lot takes longer to pour than its metal stays pourable: nothing of it is ever cast."""
    window_s = getattr(getattr(station, "pouring", None), "window_s", math.inf)
    for label, product in spec.products.items():
        piece_s = _work_s(station, label, product) if name in product.route else None
        if piece_s is not None and product.lot * piece_s > window_s:
            view.fault(
                ("stations", name, "pouring", "window"),
                f"a lot of {label} takes {product.lot * piece_s / 60.0:.1f} min to pour, and its metal is pigged before",
                f"a longer window, or products.{label}.lot of at most {int(window_s / piece_s)}",
                severity="warning",
            )


def station_hours(spec: ScenarioSpec, station: Station) -> tuple[float, str]:
    """Working hours of a week without holidays, and in words whose shifts they are."""
    shifts, words = station.shifts, "shifts"
    if shifts is None and station.crew is not None:
        shifts, words = spec.crews[station.crew].shifts, f"shifts (crew {station.crew})"
    if shifts is None:
        return WEEK_H, "168 hours"
    return min(
        WEEK_H,
        sum(shift_hours(spec.calendar.shifts[name]) * len(set(spec.calendar.shifts[name].days)) for name in shifts),
    ), words


def _lots_per_week(spec: ScenarioSpec, tables: Mapping[str, Any]) -> dict[str, float]:
    """Lots of a week, by product: each arrival of an order makes one at least."""
    found: dict[str, float] = defaultdict(float)
    for product, pieces, times in _calls_per_week(spec, tables):
        found[product] += math.ceil(pieces / spec.products[product].lot) * times
    return dict(found)


def pieces_per_week(spec: ScenarioSpec, tables: Mapping[str, Any]) -> dict[str, float]:
    """Pieces cast in a week, by product; orders of a table or ``once`` spread over the run."""
    found: dict[str, float] = defaultdict(float)
    for product, pieces, times in _calls_per_week(spec, tables):
        found[product] += pieces * times
    return dict(found)


def _calls_per_week(spec: ScenarioSpec, tables: Mapping[str, Any]) -> Iterator[tuple[str, int, float]]:
    """Each order: its product, the pieces cast for it, how often it comes in a week."""
    weeks = max(spec.run.duration_s / 604800.0, 1.0)
    days = len({day for shift in spec.calendar.shifts.values() for day in shift.days})
    if isinstance(spec.orders, dict):
        factors = {"week": 1.0, "day": float(days), "once": 1.0 / weeks}
        for order in spec.orders.values():
            times = factors[order.every] if isinstance(order.every, str) else WEEK_H * 3600.0 / mean_s(order.every)
            scrap = spec.products[order.product].scrap_fraction
            yield order.product, pieces_to_cast(order.quantity, scrap), times
    else:
        for row in tables.get("orders", ()):
            scrap = spec.products[row["product"]].scrap_fraction
            yield row["product"], pieces_to_cast(row["quantity"], scrap), 1.0 / weeks


def _metal_per_week(spec: ScenarioSpec, pieces: Mapping[str, float]) -> dict[str, float]:
    """kg poured in a week at each station where a route begins."""
    found: dict[str, float] = defaultdict(float)
    for name, count in pieces.items():
        product = spec.products[name]
        if product.alloy is not None:
            found[product.route[0]] += count * product.mass_kg / product.yield_fraction
    return dict(found)


def _terms(
    name: str, station: Station, spec: ScenarioSpec, pieces: Mapping[str, float], metal_kg: Mapping[str, float]
) -> list[tuple[str, float]]:
    """What a week asks of the station: text and hours of each term."""
    terms = []
    for product_name, count in sorted(pieces.items()):
        product: Product = spec.products[product_name]
        work = _work_s(station, product_name, product) if name in product.route else None
        if work:
            terms.append((f"{count:,.0f} {product_name} × {work:.4g} s", count * work / 3600.0))
    per_kg = station.work_s_per_kg()
    if per_kg:
        supplied = [target for target in getattr(station, "supplies", None) or [] if target in metal_kg]
        kg = sum(metal_kg[target] for target in supplied)
        terms.append((f"{kg:,.0f} kg × {per_kg:.4g} s/kg", kg * per_kg / 3600.0))
    return terms


def _work_s(station: Station, product_name: str, product: Product) -> float | None:
    try:
        return station.work_s(product_name, product)
    except KeyError:
        return None
