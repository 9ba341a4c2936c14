"""Reading a URDB JSON file into plain fields; unsupported charges are refused here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .facts import TariffFault

_REFUSED = ("coincidentratestructure", "demandratchetpercentage", "annualmincharge")
_MAX_BYTES = 5_000_000


class Clock(Protocol):
    """Wall-clock labels of intervals, arrays (n,): day as proleptic ordinal, hour 0 to 23, month as 12·year + month − 1."""

    @property
    def day(self) -> np.ndarray:
        """Proleptic ordinal."""
        ...

    @property
    def hour(self) -> np.ndarray:
        """0 to 23."""
        ...

    @property
    def month(self) -> np.ndarray:
        """12·year + month − 1."""
        ...


@dataclass(frozen=True)
class Schedule:
    """Rates by period, and the period of each hour: ``weekday`` and ``weekend`` are 12 × 24.

    ``first_tier_max`` None: one tier only.
    """

    rates: tuple[float, ...]
    first_tier_max: tuple[float | None, ...]
    weekday: tuple[tuple[int, ...], ...]
    weekend: tuple[tuple[int, ...], ...]

    def period(self, clock: Clock) -> np.ndarray:
        """Period number of each interval."""
        table = np.array([self.weekday, self.weekend])
        weekend = ((clock.day - 1) % 7 >= 5).astype(np.int64)  # ordinal 1 was a Monday
        return np.asarray(table[weekend, clock.month % 12, clock.hour])


@dataclass(frozen=True)
class Lookback:
    """Demand ratchet.

    ``share`` of the highest demand of the last ``range_months`` months, or of those ``calendar_months`` among them.
    """

    share: float
    range_months: int
    calendar_months: tuple[int, ...]

    def floor_kw(self, known: Mapping[int, float], month: int) -> float:
        """Billing demand that past months impose on month index ``month``."""
        window = range(month - self.range_months, month)
        return self.share * max(
            (known[m] for m in window if m in known and m % 12 + 1 in self.calendar_months), default=0.0
        )


def read_text(path: Path) -> str:
    """The text of a rate file. Raises :class:`TariffFault` where it is missing, too large or not UTF-8."""
    if not path.is_file():
        msg = f"tariff file {path} not found"
        raise TariffFault(msg)
    if path.stat().st_size > _MAX_BYTES:
        msg = f"tariff file {path} is larger than {_MAX_BYTES} bytes"
        raise TariffFault(msg)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        msg = f"tariff file {path} is not UTF-8 text: {fault}"
        raise TariffFault(msg) from fault


def _refuse_constant(name: str) -> float:
    msg = f"{name} is no number"
    raise ValueError(msg)


def _load(text: str, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as fault:
        msg = f"tariff file {name} is not JSON: {fault}"
        raise TariffFault(msg) from fault
    items = data.get("items") if isinstance(data, dict) else data
    if isinstance(items, list):
        if len(items) != 1:
            msg = f"tariff file {name} holds {len(items)} rates; give one"
            raise TariffFault(msg)
        data = items[0]
    if not isinstance(data, dict) or "energyratestructure" not in data:
        msg = f"tariff file {name} has no energyratestructure: not a URDB rate"
        raise TariffFault(msg)
    return data


def _tiers(
    name: str, key: str, structure: list[list[dict[str, Any]]]
) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
    rates, limits = [], []
    for period in structure:
        first = period[0]
        unit = str(first.get("unit", "")).lower()
        if unit not in ("", "kwh", "kw"):
            msg = f"tariff file {name}: {key} in unit '{first['unit']}' is not supported, only kWh and kW"
            raise TariffFault(msg)
        rates.append(float(first.get("rate", 0.0)) + float(first.get("adj", 0.0)))
        limits.append(float(first["max"]) if len(period) > 1 and "max" in first else None)
    return tuple(rates), tuple(limits)


def _schedule(name: str, data: Mapping[str, Any], prefix: str) -> Schedule:
    rates, limits = _tiers(name, f"{prefix}ratestructure", data[f"{prefix}ratestructure"])
    tables = []
    for part in ("weekday", "weekend"):
        key = f"{prefix}{part}schedule"
        table = tuple(tuple(int(period) for period in row) for row in data.get(key, ()))
        if len(table) != 12 or any(len(row) != 24 for row in table):
            msg = f"tariff file {name}: {key} must be 12 x 24"
            raise TariffFault(msg)
        if not all(0 <= period < len(rates) for row in table for period in row):
            msg = f"tariff file {name}: {key} names a period that {prefix}ratestructure does not have"
            raise TariffFault(msg)
        tables.append(table)
    return Schedule(rates, limits, tables[0], tables[1])


def _flat_demand(name: str, data: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
    structure = data.get("flatdemandstructure")
    if not structure:
        return (0.0,) * 12, (None,) * 12
    rates, limits = _tiers(name, "flatdemandstructure", structure)
    months = [int(month) for month in data.get("flatdemandmonths", [0] * 12)]
    if len(months) != 12 or not all(0 <= month < len(rates) for month in months):
        msg = f"tariff file {name}: flatdemandmonths must be 12 positions in flatdemandstructure"
        raise TariffFault(msg)
    return tuple(rates[month] for month in months), tuple(limits[month] for month in months)


def _get(data: Mapping[str, Any], *names: str, default: Any = None) -> Any:
    """First value found under one of the spellings that URDB files use."""
    lower = {key.lower(): value for key, value in data.items()}
    return next((lower[name] for name in names if lower.get(name) is not None), default)


def _fixed(name: str, data: Mapping[str, Any]) -> tuple[float, float]:
    amount = float(_get(data, "fixedchargefirstmeter", "fixedmonthlycharge", default=0.0))
    unit = str(_get(data, "fixedchargeunits", default="$/month"))
    if unit not in ("$/month", "$/day"):
        msg = f"tariff file {name}: fixed charge in {unit} is not supported, only $/month and $/day"
        raise TariffFault(msg)
    return (amount, 0.0) if unit == "$/month" else (0.0, amount)


def _lookback(data: Mapping[str, Any]) -> Lookback:
    share = float(_get(data, "lookbackpercent", default=0.0))
    months = _get(data, "lookbackmonths", default=[])
    named = tuple(number for number, flag in enumerate(months, start=1) if flag)
    reach = int(_get(data, "lookbackrange", default=0)) or 11
    return Lookback(share / 100 if share > 1 else share, reach, named or tuple(range(1, 13)))


def _date(data: Mapping[str, Any], key: str) -> dt.date | None:
    value = data.get(key)
    return dt.datetime.fromtimestamp(value, dt.UTC).date() if isinstance(value, int | float) else None


def _warnings(data: Mapping[str, Any], lookback: Lookback, demand: Schedule | None) -> tuple[str, ...]:
    found = []
    if float(data.get("demandreactivepowercharge") or 0.0):
        found.append(f"reactive power charge of {data['demandreactivepowercharge']} per kvar is not billed")
    if lookback.share and demand is not None and any(demand.rates):
        found.append("the lookback is applied to the flat demand charge only, not to demand by period")
    return tuple(found)


def _refuse_unsupported(name: str, data: Mapping[str, Any]) -> None:
    for key in _REFUSED:
        if np.any(np.asarray(_get(data, key, default=0), dtype=object) != 0):
            msg = f"tariff file {name}: charge '{key}' is not supported"
            raise TariffFault(msg)
    for keys, unit in (
        (("demandunits",), "kW"),
        (("flatdemandunit", "flatdemandunits"), "kW"),
        (("minchargeunits",), "$/month"),
    ):
        found = str(_get(data, *keys, default=unit))
        if found != unit:
            msg = f"tariff file {name}: {keys[0]} in {found} is not supported, {unit} only"
            raise TariffFault(msg)


def read_fields(text: str, tariff_id: str) -> dict[str, Any]:
    """Keyword fields of :class:`twin.ledger.tariff_urdb.UrdbTariff` from a file's text. Raises :class:`TariffFault`."""
    data = _load(text, tariff_id)
    _refuse_unsupported(tariff_id, data)
    try:
        return {"id": tariff_id, **_general(tariff_id, data), **_rates(tariff_id, data)}
    except TariffFault:
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as fault:
        msg = f"tariff file {tariff_id} is malformed: {type(fault).__name__} {fault}"
        raise TariffFault(msg) from fault


def _general(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    fixed_month, fixed_day = _fixed(name, data)
    return {
        "name": str(data.get("name", name)),
        "source": str(data.get("uri") or data.get("source") or name),
        "approved": bool(data.get("approved", False)),
        "currency": _currency(name, data),
        "effective_from": _date(data, "startdate"),
        "effective_to": _date(data, "enddate"),
        "fixed_per_month": fixed_month,
        "fixed_per_day": fixed_day,
        "minimum_per_month": float(_get(data, "mincharge", "minmonthlycharge", default=0.0)),
        "demand_window_s": int(float(_get(data, "demandwindow", default=15.0)) * 60),
    }


def _currency(name: str, data: Mapping[str, Any]) -> str:
    """ISO code of the rates: the database's own are in USD, a file of one's own may say ``currency``. Raises :class:`TariffFault`."""
    code = data.get("currency", "USD")
    if not (isinstance(code, str) and len(code) == 3 and code.isalpha() and code.isupper()):
        msg = f"tariff file {name}: currency {code!r} is no code of three letters; write e.g. KRW"
        raise TariffFault(msg)
    return code


def _rates(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    demand = _schedule(name, data, "demand") if data.get("demandratestructure") else None
    flat, flat_max = _flat_demand(name, data)
    lookback = _lookback(data)
    return {
        "energy": _schedule(name, data, "energy"),
        "demand": demand,
        "flat_demand": flat,
        "flat_demand_max_kw": flat_max,
        "fuel_adjustment_by_month": tuple(float(v) for v in _get(data, "fueladjustmentsmonthly", default=[0.0] * 12)),
        "lookback": lookback,
        "warnings": _warnings(data, lookback, demand),
    }
