"""Prices found: emission allowances (KAU), CBAM certificates, wholesale city gas."""

from __future__ import annotations

import datetime as dt
import functools

from .facts import Fact, NotInForce, Provenance, ReferenceFault, as_date, pick, provenance, read_yaml

_FILE = "prices.yaml"


@functools.cache
def kau_prices() -> tuple[tuple[dt.date, Fact], ...]:
    """Allowance prices by date of the quotation, oldest first, KRW/tCO2e."""
    block = read_yaml(_FILE)["kau"]
    found = [
        (as_date(e["date"]), Fact(float(e["value"]), block["unit"], provenance(e, block))) for e in block["entries"]
    ]
    return tuple(sorted(((day, fact) for day, fact in found if day), key=lambda pair: pair[0]))


def kau_price(day: dt.date) -> Fact:
    """Last quotation found on or before ``day``; unverified once it is older than half a year.

    Raises :class:`NotInForce`.
    """
    past = [(date, fact) for date, fact in kau_prices() if date <= day]
    if not past:
        msg = f"no allowance price found on or before {day}"
        raise NotInForce(msg)
    date, fact = past[-1]
    if (day - date).days <= 183:
        return fact
    stale = f"last quotation found, {(day - date).days} days old; scenario band {read_yaml(_FILE)['kau']['scenario_band']} KRW/t"
    return Fact(fact.value, fact.unit, Provenance(fact.source, str(date), verified=False, basis=stale))


def cbam_certificate_price(quarter: str) -> Fact:
    """CBAM certificate price of a quarter such as ``2026Q1``, EUR/tCO2e. Raises when the value was not found."""
    block = read_yaml(_FILE)["cbam_certificate"]
    by_quarter = {entry["quarter"]: entry for entry in block["entries"]}
    entry = by_quarter[pick("quarter", quarter, by_quarter)]
    if entry["value"] is None:
        msg = f"CBAM price of {quarter} not found (publication due {entry['published']}): give one"
        raise ReferenceFault(msg)
    return Fact(float(entry["value"]), block["unit"], provenance(entry))


def city_gas_wholesale(day: dt.date) -> Fact:
    """Industrial wholesale city gas on ``day``, KRW per GROSS MJ without VAT and retail margin.

    The last entry found on or before ``day``; unverified once it is older than a year.
    """
    block = read_yaml(_FILE)["city_gas_wholesale_industrial"]
    season = next(name for name, months in block["seasons"].items() if day.month in months)
    dated = sorted(
        ((as_date(entry["date"]) or dt.date.min, entry) for entry in block["entries"]), key=lambda pair: pair[0]
    )
    past = [(date, entry) for date, entry in dated if date <= day]
    if not past:
        msg = f"no city gas price found on or before {day}"
        raise NotInForce(msg)
    date, entry = past[-1]
    origin = provenance(entry)
    if (day - date).days > 366:
        stale = f"carried on from {date}; scenario band {block['scenario_band']}"
        origin = Provenance(origin.source, origin.as_of, verified=False, basis=stale)
    return Fact(float(entry.get("value", entry.get(season))), block["unit"], origin)


def city_gas_retail_margin() -> Fact:
    """Distributor's margin on top of the wholesale price, KRW per gross MJ (not verified)."""
    block = read_yaml(_FILE)["city_gas_wholesale_industrial"]
    return Fact(block["retail_margin"]["value"], block["unit"], provenance(block["retail_margin"]))
