"""KEPCO rules beside the rates: billing demand, excess over contract, power factor, levies by date."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .facts import Fact, NotInForce, Provenance, ReferenceFault, as_date, pick, provenance, read_yaml

_FILE = "kepco/rules.yaml"
TIMEZONE = "Asia/Seoul"


@dataclass(frozen=True)
class DemandRule:
    """Billing demand: highest mean over ``window_s`` in the counted bands; ratchet; floor; excess.

    ``excess_bands``: (ratio of excess to contract below which it applies, None: no limit; multiplier of the base rate).
    """

    window_s: int
    counted_bands: tuple[str, ...]
    ratchet_months: tuple[int, ...]
    lookback_months: int
    floor_share_of_contract: float
    excess_bands: tuple[tuple[float | None, float], ...]
    provenance: Provenance
    excess_provenance: Provenance


@dataclass(frozen=True)
class PowerFactorClause:
    """Power-factor terms of one era; percentages in %, hours [start, end) may wrap midnight."""

    effective_from: dt.date | None
    effective_to: dt.date | None
    lagging_hours: tuple[int, int]
    lagging_standard_pct: float
    lagging_floor_pct: float
    rebate_cap_pct: float
    leading_hours: tuple[int, int]
    leading_standard_pct: float
    leading_floor_pct: float
    deemed_pct: float
    share_per_percent: float
    reading_s: int
    low_voltage_from_kw: float
    provenance: Provenance


def _covers(start: dt.date | None, end: dt.date | None, day: dt.date) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)


@functools.cache
def demand_rule() -> DemandRule:
    """Clauses 6(10), 68 and 67-3 of KEPCO's terms of supply."""
    entry = read_yaml(_FILE)["demand"]
    excess = entry["excess_over_contract"]
    return DemandRule(
        window_s=entry["window_s"],
        counted_bands=tuple(entry["counted_bands"]),
        ratchet_months=tuple(entry["ratchet_months"]),
        lookback_months=entry["lookback_months"],
        floor_share_of_contract=entry["floor_share_of_contract"],
        excess_bands=tuple((band["ratio_below"], band["multiplier"]) for band in excess["bands"]),
        provenance=provenance(entry),
        excess_provenance=provenance(excess),
    )


@functools.cache
def power_factor_clauses() -> tuple[PowerFactorClause, ...]:
    """Both eras of clauses 41-43, oldest first."""
    block = read_yaml(_FILE)["power_factor"]
    return tuple(
        PowerFactorClause(
            effective_from=as_date(entry["from"]),
            effective_to=as_date(entry["to"]),
            lagging_hours=(entry["lagging"]["hours"][0], entry["lagging"]["hours"][1]),
            lagging_standard_pct=entry["lagging"]["standard_pct"],
            lagging_floor_pct=entry["lagging"]["floor_pct"],
            rebate_cap_pct=entry["lagging"]["rebate_cap_pct"],
            leading_hours=(entry["leading"]["hours"][0], entry["leading"]["hours"][1]),
            leading_standard_pct=entry["leading"]["standard_pct"],
            leading_floor_pct=entry["leading"]["floor_pct"],
            deemed_pct=entry["deemed_pct"],
            share_per_percent=block["share_of_base_per_percent"],
            reading_s=block["reading_s"],
            low_voltage_from_kw=block["low_voltage_from_kw"],
            provenance=provenance(entry),
        )
        for entry in block["clauses"]
    )


def power_factor_clause(day: dt.date) -> PowerFactorClause:
    """The power-factor clause in force on ``day``."""
    for clause in power_factor_clauses():
        if _covers(clause.effective_from, clause.effective_to, day):
            return clause
    msg = f"no power-factor clause in force on {day}"
    raise NotInForce(msg)


@functools.cache
def _levy_entries(name: str) -> tuple[tuple[dt.date | None, dt.date | None, Fact], ...]:
    block: Mapping[str, Any] = read_yaml(_FILE)["levies"]
    levy = block[pick("levy", name, block)]
    entries = tuple(
        (as_date(entry["from"]), as_date(entry["to"]), Fact(float(entry["value"]), levy["unit"], provenance(entry)))
        for entry in levy["entries"]
    )
    for start, _, _ in entries:
        if start is not None and start.day != 1:
            msg = f"{name}: levies are billed by month, so they start on the first of a month, not {start}"
            raise ReferenceFault(msg)
    return entries


def levy(name: str, day: dt.date) -> Fact | None:
    """Levy ``climate_charge``, ``fuel_adjustment`` (KRW/kWh), ``fund`` or ``vat`` (shares) on ``day``.

    None where none is known.
    """
    for start, end, fact in _levy_entries(name):
        if _covers(start, end, day):
            return fact
    return None


def fund_step_krw() -> float:
    """The fund is rounded down to this many won."""
    return float(read_yaml(_FILE)["levies"]["fund"]["round_down_to_krw"])
