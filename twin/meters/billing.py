"""A metered load from a file or a DataFrame, billed on a tariff: what ``twin bill`` does."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from twin.core.faults import Fault, InputFault, ScenarioFaults
from twin.ledger import tariff as tariffs

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("kw", "kwh", "kvarh_lag", "kvarh_lead")
MOST_FAULTS = 20
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class MeteredBill:
    """A bill and, where asked for, advice."""

    bill: tariffs.Bill
    advice: tariffs.Advice | None

    kind = "bill"

    def payload(self) -> dict[str, Any]:
        """Total, currency, lines, demand by month, advice, warnings."""
        bill = self.bill
        lines = [
            {
                "name": x.name,
                "month": x.month,
                "quantity": x.quantity,
                "unit": x.unit,
                "rate": x.rate,
                "amount": x.amount,
                "verified": x.verified,
                "source": x.source,
                "detail": x.detail,
            }
            for x in bill.lines
        ]
        return {
            "tariff": bill.tariff_id,
            "total": bill.total,
            "currency": bill.currency,
            "lines": lines,
            "demand_kw": dict(bill.demand_kw),
            "billing_demand_kw": dict(bill.quantities.billing_demand_kw),
            "warnings": list(bill.warnings),
            "counterfactual": bill.counterfactual,
            "advice": None if self.advice is None else asdict(self.advice),
        }


def bill_meter(
    load: pd.DataFrame | str | Path,
    tariff: str,
    *,
    contract_kw: float | None,
    interval_min: int | None,
    stamp: str,
    previous_peak_kw: Sequence[float],
    timezone: str,
    advise: bool,
) -> MeteredBill:
    """Bill a load. Raises InputFault for a load or tariff that cannot be billed, naming every bad line (at most twenty)."""
    if stamp not in ("start", "end"):
        message = f"--stamp {stamp!r}: write start or end"
        raise InputFault(message)
    plan = tariffs.parse_tariff_id(tariff)
    metered = meter_load(load, interval_min=interval_min, stamp_is_end=stamp == "end", timezone=timezone)
    terms = tariffs.SupplyTerms(contract_kw=contract_kw, demand_history_kw=tuple(previous_peak_kw))
    billed = tariffs.bill(metered, plan, terms)
    return MeteredBill(billed, tariffs.advise(metered, plan, terms) if advise else None)


def meter_load(
    load: pd.DataFrame | str | Path, *, interval_min: int | None, stamp_is_end: bool, timezone: str
) -> tariffs.MeterLoad:
    """A regular load from rows of ``timestamp`` and ``kw`` or ``kwh`` (optional ``kvarh_lag``, ``kvarh_lead``)."""
    zone = _zone(timezone)
    name, rows = _rows_of_file(Path(load), zone) if isinstance(load, str | Path) else _rows_of_frame(load, zone)
    if len(rows) < 2:
        message = f"{name}: fewer than two rows"
        raise InputFault(message)
    rows.sort(key=lambda row: row[0])
    stamps = np.array([row[0].timestamp() for row in rows])
    step_s = interval_min * 60.0 if interval_min else float(np.median(np.diff(stamps)))
    _refuse_gaps(name, rows, stamps, step_s)
    start = rows[0][0] - dt.timedelta(seconds=step_s if stamp_is_end else 0.0)
    columns = {column: np.array([row[1][column] for row in rows]) for column in COLUMNS if column in rows[0][1]}
    kwh = columns["kwh"] if "kwh" in columns else columns["kw"] * step_s / 3600.0
    return tariffs.MeterLoad(start, round(step_s), kwh, columns.get("kvarh_lag"), columns.get("kvarh_lead"))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        message = f"time zone {name!r} is not known; write e.g. Asia/Seoul"
        raise InputFault(message) from None


Row = tuple[dt.datetime, Mapping[str, float]]


def _rows_of_file(path: Path, zone: ZoneInfo) -> tuple[str, list[Row]]:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
        lines = list(csv.reader(text.splitlines()))
    except (OSError, UnicodeDecodeError, EOFError, zlib.error, csv.Error) as error:
        message = f"{path}: cannot be read: {error} (save it as CSV in UTF-8)"
        raise InputFault(message) from None
    header = [name.strip().lower() for name in lines[0]] if lines else []
    wanted = [name for name in COLUMNS if name in header]
    if "timestamp" not in header or not {"kw", "kwh"} & set(wanted):
        message = f"{path}: the first line must name timestamp and kw or kwh; found: {', '.join(header) or 'nothing'}"
        raise InputFault(message)
    if {"kw", "kwh"} <= set(wanted) or any(header.count(name) > 1 for name in ("timestamp", *wanted)):
        message = f"{path}: which column is to be billed? found: {', '.join(header)}; keep one of kw and kwh, each column once"
        raise InputFault(message)
    rows, faults = [], list[Fault]()
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            rows.append(_row(_named(header, cells), wanted, zone))
        except ValueError as error:
            faults.append(
                Fault(str(path), number, 1, "row", str(error), ",".join(cells)[:60], "mend or remove the row")
            )
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise ScenarioFaults(faults)
    return str(path), rows


def _named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(header):
        message = f"{len(cells)} cells where the header names {len(header)} (a decimal sign is a point)"
        raise ValueError(message)
    return dict(zip(header, cells, strict=True))


def _row(cells: Mapping[str, str], wanted: Sequence[str], zone: ZoneInfo) -> Row:
    try:
        stamp = dt.datetime.fromisoformat(cells["timestamp"].strip())
    except ValueError:
        message = f"{cells['timestamp']!r} is not a time; write e.g. 2026-07-01 00:15"
        raise ValueError(message) from None
    values = {}
    for name in wanted:
        try:
            number = float(cells[name].strip() or "nan")
        except ValueError:
            message = f"{name} is not a number"
            raise ValueError(message) from None
        if not math.isfinite(number):
            message = f"{name} is not a number"
            raise ValueError(message)
        values[name] = number
    if not FIRST_YEAR <= stamp.year <= LAST_YEAR:
        message = f"{cells['timestamp']!r} lies outside of {FIRST_YEAR} to {LAST_YEAR}"
        raise ValueError(message)
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(zone), values


def _rows_of_frame(frame: pd.DataFrame, zone: ZoneInfo) -> tuple[str, list[Row]]:
    named = frame.rename(columns=str.lower)
    if "timestamp" not in named.columns:
        named = named.rename_axis("timestamp").reset_index()
    wanted = [name for name in COLUMNS if name in named.columns]
    if not {"kw", "kwh"} & set(wanted):
        message = f"the load needs a column kw or kwh; it has: {', '.join(map(str, frame.columns))}"
        raise InputFault(message)
    rows = [
        _row({str(key): str(value) for key, value in record.items()}, wanted, zone)
        for record in named[["timestamp", *wanted]].to_dict("records")
    ]
    return "load", rows


def _refuse_gaps(name: str, rows: list[Row], stamps: np.ndarray, step_s: float) -> None:
    """A bill needs every interval: name the first that are missing or doubled."""
    steps = np.diff(stamps)
    wrong = np.flatnonzero(np.abs(steps - step_s) > 0.5)
    if not len(wrong):
        return
    shown = [
        Fault(
            name,
            int(i) + 2,
            1,
            "timestamp",
            "an interval is doubled" if steps[i] < step_s else "intervals are missing",
            f"{rows[i][0]:%Y-%m-%d %H:%M} is followed by {rows[i + 1][0]:%Y-%m-%d %H:%M}",
            f"one row every {step_s / 60:g} min is due",
        )
        for i in wrong[:MOST_FAULTS]
    ]
    raise ScenarioFaults(shown)
