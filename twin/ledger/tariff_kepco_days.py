"""KEPCO's calendar as tables: for every civil day the rate version, the season and the band of each clock hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.reference.calendars import kepco_holidays
from twin.reference.facts import NotInForce
from twin.reference.kepco import BANDS, SEASONS, RateVersion, season_of_month
from twin.reference.kepco_rules import demand_rule

OFF_PEAK, MID_PEAK, ON_PEAK, FLAT = range(len(BANDS))
WORKDAY, SATURDAY, REST_DAY = range(3)


@dataclass(frozen=True)
class DayTable:
    """Rows are civil days from the ordinal ``first``.

    ``version`` and ``season`` (days,) are codes, ``band`` (days, 24) a code of BANDS, ``discounted`` (days, 24) marks
    the weekend discount.
    """

    first: int
    version: np.ndarray
    season: np.ndarray
    band: np.ndarray
    discounted: np.ndarray


def version_on(versions: Sequence[RateVersion], day: dt.date, plan_id: str) -> int:
    """Position of the version in force on ``day``. Raises :class:`NotInForce` with the dates that are covered."""
    for position, version in enumerate(versions):
        if version.in_force(day):
            return position
    msg = (
        f"no version of tariff {plan_id} is in force on {day}; known from {versions[0].effective_from} on; "
        f"pin one with {plan_id}@{versions[-1].effective_from} to bill these dates at its rates"
    )
    raise NotInForce(msg)


def day_kind(day: dt.date, holidays: frozenset[dt.date]) -> int:
    """WORKDAY, SATURDAY (on-peak counts as mid-peak) or REST_DAY (Sunday or public holiday: all off-peak)."""
    if day.weekday() == 6 or day in holidays:
        return REST_DAY
    return SATURDAY if day.weekday() == 5 else WORKDAY


def band_codes(version: RateVersion, season: str, kind: int) -> list[int]:
    """Band code of each of the 24 hours of a day."""
    if "flat" in version.energy_krw_per_kwh[season]:
        return [FLAT] * 24
    if kind == REST_DAY:
        return [OFF_PEAK] * 24
    codes = [BANDS.index(band) for band in version.hours.bands[season]]
    return [MID_PEAK if kind == SATURDAY and code == ON_PEAK else code for code in codes]


def _discounted(version: RateVersion, season: str, kind: int, day: dt.date) -> list[bool]:
    discount = version.weekend_discount
    if discount is None or kind == WORKDAY or season not in discount.seasons or day > discount.until:
        return [False] * 24
    return [discount.start_hour <= hour < discount.end_hour for hour in range(24)]


def day_table(versions: Sequence[RateVersion], pinned: int | None, first: int, last: int, plan_id: str) -> DayTable:
    """Table of the days with ordinals ``first`` to ``last`` (included).

    ``pinned`` is the version to use whatever the date.
    """
    days = [dt.date.fromordinal(ordinal) for ordinal in range(first, last + 1)]
    holidays = kepco_holidays(days[0], days[-1])
    seasons = season_of_month()
    rows: list[tuple[int, int, list[int], list[bool]]] = []
    for day in days:
        position = version_on(versions, day, plan_id) if pinned is None else pinned
        season, kind = seasons[day.month], day_kind(day, holidays)
        rows.append(
            (
                position,
                SEASONS.index(season),
                band_codes(versions[position], season, kind),
                _discounted(versions[position], season, kind, day),
            )
        )
    version, season_codes, bands, discounted = zip(*rows, strict=True)
    return DayTable(first, np.array(version), np.array(season_codes), np.array(bands), np.array(discounted))


def energy_rates(versions: Sequence[RateVersion]) -> np.ndarray:
    """(versions, seasons, bands, 2) KRW/kWh; the last axis is without and with the weekend discount.

    NaN where a plan has no band.
    """
    rates = np.full((len(versions), len(SEASONS), len(BANDS), 2), np.nan)
    for position, version in enumerate(versions):
        kept = 1.0 - (version.weekend_discount.share if version.weekend_discount else 0.0)
        for season, by_band in version.energy_krw_per_kwh.items():
            for band, rate in by_band.items():
                rates[position, SEASONS.index(season), BANDS.index(band)] = (rate, rate * kept)
    return rates


def counted_bands() -> np.ndarray:
    """(bands,) bool: whether demand in a band counts; without time of use every hour does."""
    names = (*demand_rule().counted_bands, "flat")
    return np.array([band in names for band in BANDS])
