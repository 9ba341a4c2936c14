"""What energy and carbon accounts need from the scenario and the published facts: factor series, prices, identifiers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.civil import days_of, seconds
from twin.ledger.trace import CARRIERS
from twin.reference.facts import UnknownId
from twin.reference.fuels import fuel_of_carrier, gwp, toe_per_kwh
from twin.reference.grid import grid_factor

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

FUELS = ("natural_gas", "lpg", "diesel", "coke")
GWP_ID = "ar5"
VALUE_COLUMN = "kgco2e_per_kwh"


@dataclass(frozen=True)
class StepSeries:
    """A piecewise constant series: ``values`` (n,) between ``edges_s`` (n + 1,), seconds since the trace's start."""

    edges_s: np.ndarray
    values: np.ndarray

    @staticmethod
    def constant(value: float, duration_s: float) -> StepSeries:
        """One value over the whole span."""
        return StepSeries(np.array([0.0, duration_s]), np.array([value]))


@dataclass(frozen=True)
class Factors:
    """Emission factors of one span. ``fuel_kg_per_kwh`` (net), ``fuel_ids`` and ``toe_per_kwh`` by carrier."""

    grid: StepSeries
    marginal: StepSeries | None
    fuel_kg_per_kwh: Mapping[str, float]
    toe_per_kwh: Mapping[str, float]
    grid_id: str
    fuel_ids: Mapping[str, str]
    verified: bool
    price_krw_per_kg: float = 0.0
    price_is_cash: bool = False


def series_from_rows(rows: Sequence[Mapping[str, Any]], start: dt.datetime, duration_s: float, name: str) -> StepSeries:
    """Hourly factors of a table onto the span. Column ``kgco2e_per_kwh``; 24 rows are hours of the day, 8,760 of a common year.

    With a column ``timestamp`` (interval starts, local where no offset is written) rows are taken as dated; the series holds until the
    next row and must begin before the span and end less than a day before its end. Raises InputFault.
    """
    try:
        values = np.array([float(row[VALUE_COLUMN]) for row in rows])
    except (KeyError, TypeError, ValueError):
        msg = f"{name}: a column '{VALUE_COLUMN}' of numbers is expected"
        raise InputFault(msg) from None
    if not len(values) or not np.all(np.isfinite(values)) or np.any(values < 0):
        msg = f"{name}: factors must be numbers of kgCO2e/kWh, not negative"
        raise InputFault(msg)
    if "timestamp" in rows[0]:
        return _dated(values, [str(row["timestamp"]) for row in rows], start, duration_s, name)
    if len(values) not in (24, 8760):
        msg = f"{name}: {len(values)} rows; 24 (hours of the day), 8760 (hours of the year) or a column 'timestamp' is expected"
        raise InputFault(msg)
    days, _ = days_of(start, duration_s)
    edges = np.array([seconds(start, day, hour) for day in days for hour in range(24)] + [duration_s])
    index = np.array([hour_of_year(day) % len(values) for day in days]).repeat(24) + np.tile(np.arange(24), len(days))
    return _clipped(edges, values[index % len(values)], duration_s)


def hour_of_year(day: dt.date) -> int:
    """First hour of a day in a common year; 29 February counts as the 28th."""
    shown = min(day.day, 28) if day.month == 2 else day.day
    return (dt.date(2025, day.month, shown).timetuple().tm_yday - 1) * 24


def _dated(values: np.ndarray, stamps: Sequence[str], start: dt.datetime, duration_s: float, name: str) -> StepSeries:
    moments = [dt.datetime.fromisoformat(stamp) for stamp in stamps]
    at = np.array(
        [(m if m.tzinfo else m.replace(tzinfo=start.tzinfo)).timestamp() - start.timestamp() for m in moments]
    )
    if np.any(np.diff(at) <= 0):
        msg = f"{name}: timestamps must ascend"
        raise InputFault(msg)
    if at[0] > 0 or at[-1] < duration_s - 86400.0:
        msg = f"{name}: {stamps[0]} … {stamps[-1]} does not cover {duration_s / 86400:g} days from {start.isoformat()}"
        raise InputFault(msg)
    return _clipped(np.append(at, max(duration_s, at[-1] + 1.0)), values, duration_s)


def _clipped(edges: np.ndarray, values: np.ndarray, duration_s: float) -> StepSeries:
    edges = np.clip(edges, 0.0, duration_s)
    keep = np.diff(edges) > 0
    return StepSeries(np.append(edges[:-1][keep], duration_s), values[keep])


def grid_series(scenario: Scenario, start: dt.datetime, duration_s: float) -> tuple[StepSeries, str, bool]:
    """The average grid factor of the span, its identifier, and whether it is verified."""
    wanted = scenario.spec.site.grid_factor
    if isinstance(wanted, str):
        found = grid_factor(wanted)
        return StepSeries.constant(found.kgco2e_per_kwh, duration_s), found.id, found.provenance.verified
    rows = scenario.tables["site.grid_factor"]
    return series_from_rows(rows, start, duration_s, "site.grid_factor"), wanted.file, False


def factors_of(scenario: Scenario, start: dt.datetime, duration_s: float) -> Factors:
    """All factors of a span that begins at the zone-aware ``start``. Raises UnknownId or InputFault."""
    site = scenario.spec.site
    grid, grid_id, verified = grid_series(scenario, start, duration_s)
    marginal = None
    if site.marginal_factor is not None:
        marginal = series_from_rows(scenario.tables["site.marginal_factor"], start, duration_s, "site.marginal_factor")
    fuels, toe, ids = {}, {"electricity": toe_per_kwh("electricity").value}, {}
    for carrier in (c for c in CARRIERS if c in FUELS):
        try:
            fuel = fuel_of_carrier(carrier)
        except UnknownId:
            continue
        fuels[carrier], toe[carrier] = fuel.co2e_kg_per_kwh(gwp(GWP_ID)), toe_per_kwh(carrier).value
        ids[carrier] = fuel.id
    price = site.carbon_price
    return Factors(
        grid,
        marginal,
        fuels,
        toe,
        grid_id,
        ids,
        verified,
        0.0 if price is None else price.value_krw_per_kg,
        price is not None and price.role == "cash",
    )
