"""KEPCO industrial tariffs as data: classes, dated rate versions, hour tables.

Rules beside the rates: :mod:`.kepco_rules`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .facts import Provenance, ReferenceFault, as_date, pick, provenance, read_rows, read_yaml, required_date

SEASONS = ("summer", "spring_autumn", "winter")
BANDS = ("off_peak", "mid_peak", "on_peak", "flat")
REGIONS = ("mainland", "jeju")
_FILE = "kepco/versions.yaml"


@dataclass(frozen=True)
class TariffClass:
    """A contract class such as ``industrial-b`` (산업용(을)).

    Contract power in kW from (included) to below (excluded, None: no limit).
    """

    id: str
    name_en: str
    name_ko: str
    contract_from_kw: float
    contract_below_kw: float | None
    time_of_use: bool


@dataclass(frozen=True)
class HourTable:
    """Band of each clock hour by season: ``bands[season][hour]`` is one of off_peak, mid_peak, on_peak."""

    id: str
    bands: Mapping[str, tuple[str, ...]]
    provenance: Provenance


@dataclass(frozen=True)
class WeekendDiscount:
    """Share taken off the energy charge on Saturdays, Sundays and public holidays.

    In some seasons only, hours [start, end).
    """

    seasons: tuple[str, ...]
    start_hour: int
    end_hour: int
    share: float
    until: dt.date
    provenance: Provenance


@dataclass(frozen=True)
class RateVersion:
    """Rates of one plan while one version is in force (``effective_to`` included, None: open).

    ``energy_krw_per_kwh[season][band]``; a plan without time of use has the one band ``flat``.
    """

    id: str
    effective_from: dt.date
    effective_to: dt.date | None
    base_krw_per_kw: float
    energy_krw_per_kwh: Mapping[str, Mapping[str, float]]
    hours: HourTable
    weekend_discount: WeekendDiscount | None
    provenance: Provenance

    def in_force(self, day: dt.date) -> bool:
        """Whether the version applies on ``day``."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


@functools.cache
def tariff_classes() -> Mapping[str, TariffClass]:
    """All classes by id."""
    return {
        key: TariffClass(
            key,
            entry["name"]["en"],
            entry["name"]["ko"],
            entry["contract_from_kw"],
            entry["contract_below_kw"],
            entry["time_of_use"],
        )
        for key, entry in read_yaml(_FILE)["classes"].items()
    }


def checked_on() -> dt.date:
    """The day the tariff data were last compared with public sources."""
    return required_date(read_yaml(_FILE)["checked"])


@functools.cache
def season_of_month() -> Mapping[int, str]:
    """Tariff season of each calendar month."""
    return {month: season for season, months in read_yaml(_FILE)["seasons"].items() for month in months}


def _hours(spans: Mapping[str, list[list[int]]]) -> tuple[str, ...]:
    bands: list[str | None] = [None] * 24
    for band, windows in spans.items():
        for start, end in windows:
            for hour in range(start, end if end > start else end + 24):
                if bands[hour % 24] is not None:
                    msg = f"hour {hour % 24} lies in two bands"
                    raise ReferenceFault(msg)
                bands[hour % 24] = band
    if None in bands:
        msg = f"hour {bands.index(None)} lies in no band"
        raise ReferenceFault(msg)
    return tuple(band for band in bands if band)


@functools.cache
def hour_tables() -> Mapping[str, HourTable]:
    """All hour tables by id."""
    return {
        entry["id"]: HourTable(
            entry["id"], {season: _hours(entry["bands"][season]) for season in SEASONS}, provenance(entry)
        )
        for entry in read_yaml(_FILE)["hour_tables"]
    }


@functools.cache
def plan_ids() -> tuple[str, ...]:
    """Every tariff id without a date, e.g. ``kepco/industrial-b/hv-a/2``."""
    plans = dict.fromkeys((row["tariff_class"], row["voltage"], row["option"]) for row in read_rows("kepco/rates.csv"))
    return tuple(sorted("/".join(part for part in ("kepco", *plan) if part) for plan in plans))


def _discount(entry: Mapping[str, Any] | None) -> WeekendDiscount | None:
    if entry is None:
        return None
    start_hour, end_hour = entry["hours"]
    return WeekendDiscount(
        tuple(entry["seasons"]), start_hour, end_hour, entry["share"], required_date(entry["until"]), provenance(entry)
    )


def _rates(version: str, plan: tuple[str, str, str]) -> tuple[float, Mapping[str, Mapping[str, float]]]:
    rows = [
        row
        for row in read_rows("kepco/rates.csv")
        if row["version"] == version and (row["tariff_class"], row["voltage"], row["option"]) == plan
    ]
    energy = {row["season"]: {band: float(row[band]) for band in BANDS if row[band]} for row in rows}
    return float(rows[0]["base_krw_per_kw"]), energy


@functools.cache
def rate_versions(plan_id: str, region: str = "mainland", *, deferred: bool = False) -> tuple[RateVersion, ...]:
    """Dated versions of one plan, oldest first.

    ``deferred``: the firm was granted the deferral of 2026 (old tariff to 2026-09-30). Raises :class:`UnknownId`.
    """
    pick("tariff", plan_id, plan_ids())
    pick("region", region, REGIONS)
    _, tariff_class, voltage, *option = plan_id.split("/")
    versions = []
    for entry in read_yaml(_FILE)["versions"]:
        dates = entry["effective"].get(tariff_class)
        if dates is None:
            continue
        start, end = dates["from"], dates["to"]
        if deferred:
            start, end = dates.get("from_if_deferred", start), dates.get("to_if_deferred", end)
        base, energy = _rates(entry["id"], (tariff_class, voltage, "".join(option)))
        versions.append(
            RateVersion(
                entry["id"],
                required_date(start),
                as_date(end),
                base,
                energy,
                hour_tables()[entry["hours"][region]],
                _discount(entry.get("weekend_discount")),
                provenance(entry),
            )
        )
    return tuple(sorted(versions, key=lambda version: version.effective_from))
