"""One reading of a metered load, a file or a DataFrame: rows with their moments, their numbers and the lines that they stand on.

A file is CSV (comma, semicolon or tab), packed by gzip or not, in UTF-8 (with or without a byte-order mark), in cp949 as a Korean Excel
saves it, or in UTF-16. Lines before the one that names the columns (a title, the customer's number) are passed over. Every bad cell is
named with its line and column, at most twenty of them.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from twin.core.faults import Fault, InputFault, ScenarioFaults
from twin.meters.columns import Layout, layout
from twin.meters.stamps import StampFault, moment

if TYPE_CHECKING:
    import pandas as pd

MOST_FAULTS = 20
TITLE_LINES = 10  # so many lines may stand before the one that names the columns
_BLANK = ("", "nan", "null", "na", "n/a", "-")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+")
_CELL = "a plain number, or nothing where the reading is missing"


@dataclass(frozen=True)
class Table:
    """Rows as they stand: ``stamps`` aware in the zone asked for, ``values`` by quantity (NaN where blank), ``lines`` counted from 1."""

    name: str
    stamps: tuple[dt.datetime, ...]
    values: Mapping[str, np.ndarray]
    lines: tuple[int, ...]

    def refuse_blanks(self, quantities: Sequence[str]) -> None:
        """Raise ScenarioFaults where a reading is missing."""
        faults = [
            Fault(
                self.name,
                self.lines[row],
                1,
                name,
                "the reading is missing",
                f"{self.stamps[row]:%Y-%m-%d %H:%M}",
                "a number",
            )
            for name in quantities
            for row in np.flatnonzero(np.isnan(self.values[name]))[:MOST_FAULTS]
        ]
        if faults:
            raise ScenarioFaults(faults[:MOST_FAULTS])


def zone_of(name: str) -> ZoneInfo:
    """A time zone. Raises InputFault where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        message = f"unknown time zone {name!r} (write one such as Asia/Seoul)"
        raise InputFault(message) from None


def read_table(source: pd.DataFrame | str | Path, zone: ZoneInfo) -> Table:
    """Read a metered load. Raises InputFault for what cannot be read, ScenarioFaults naming every bad line."""
    if isinstance(source, str | Path):
        return _read_file(Path(source), zone)
    return _read_frame(source, zone)


def _read_file(path: Path, zone: ZoneInfo) -> Table:
    text = text_of(path)
    try:
        lines = list(_lines(text))
    except csv.Error as error:
        message = f"{path}: cannot be read: {error} (save it as CSV in UTF-8)"
        raise InputFault(message) from None
    at, columns = _header(path, lines)
    return _rows(str(path), columns, lines[at][1], lines[at + 1 :], zone)


def text_of(path: Path) -> str:
    """The text of a file in any of the encodings above, packed or not. Raises InputFault where it cannot be read."""
    try:
        return _decoded(path.read_bytes())
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        message = f"{path}: cannot be read: {error} (save it as CSV in UTF-8)"
        raise InputFault(message) from None


def _decoded(data: bytes) -> str:
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp949")  # as Excel saves CSV on a Korean machine


Line = tuple[int, list[str]]


def _lines(text: str) -> Iterator[Line]:
    """Rows that hold something, each with the line on which it ends."""
    head = "\n".join(text.splitlines()[:TITLE_LINES])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _header(path: Path, lines: Sequence[Line]) -> tuple[int, Layout]:
    """The line that names the columns, and where they stand."""
    for at, (_, cells) in enumerate(lines[:TITLE_LINES]):
        columns = layout(cells)
        if columns.stamp and columns.quantities:
            return at, columns
    number, cells = lines[0] if lines else (1, [])
    missing = "kW or kWh" if layout(cells).stamp else "timestamp"
    fix = "the first line names the columns: timestamp (일시) and kw (전력) or kwh (전력량)"
    shown = ", ".join(cell.strip() for cell in cells)[:120] or "empty file"
    raise ScenarioFaults([Fault(str(path), number, 1, "header", f"no column {missing!r}", shown, fix)])


def _rows(name: str, columns: Layout, header: Sequence[str], lines: Sequence[Line], zone: ZoneInfo) -> Table:
    _refuse_doubled(name, columns, header)
    stamps, numbers, kept, faults = [], [], [], list[Fault]()
    for line, cells in lines:
        try:
            stamp, row = _row(cells, columns, len(header), zone)
        except _BadCell as bad:
            place = header[bad.column].strip() if bad.column < len(header) else "row"
            faults.append(Fault(name, line, bad.column + 1, place, bad.problem, repr(bad.value[:60]), bad.fix))
            if len(faults) >= MOST_FAULTS:
                break
        else:
            stamps.append(stamp)
            numbers.append(row)
            kept.append(line)
    if faults:
        raise ScenarioFaults(faults)
    values = np.array(numbers, dtype=float).reshape(len(numbers), len(columns.quantities))
    by_name = {quantity: values[:, k] for k, (quantity, _) in enumerate(columns.quantities)}
    return Table(name, tuple(stamps), by_name, tuple(kept))


class _BadCell(Exception):
    def __init__(self, column: int, problem: str, value: str, fix: str) -> None:
        super().__init__(problem)
        self.column, self.problem, self.value, self.fix = column, problem, value, fix


def _row(cells: Sequence[str], columns: Layout, width: int, zone: ZoneInfo) -> tuple[dt.datetime, list[float]]:
    due = 1 + max(*columns.stamp, *(column for _, column in columns.quantities))
    if len(cells) < due or any(cell.strip() for cell in cells[width:]):
        problem = f"the row has {len(cells)} cells where the header names {width}"
        raise _BadCell(0, problem, ",".join(cells), "as many as the header names; a decimal sign is a point")
    stamp = " ".join(cells[column].strip() for column in columns.stamp)
    try:
        when = moment(stamp, zone)
    except StampFault as fault:
        raise _BadCell(columns.stamp[0], fault.problem, stamp, fault.fix) from None
    return when, [_number(cells[column], column) for _, column in columns.quantities]


def _number(cell: str, column: int) -> float:
    text = cell.strip()
    if text.lower() in _BLANK:
        return math.nan
    try:
        value = float(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)
    except ValueError:
        raise _BadCell(column, "not a number", cell, _CELL) from None
    if not math.isfinite(value):
        raise _BadCell(column, "not a finite number", cell, _CELL)
    return value


def _refuse_doubled(name: str, columns: Layout, header: Sequence[str]) -> None:
    if columns.doubled:
        shown = ", ".join(cell.strip() for cell in header)
        message = f"{name}: which column is meant? found: {shown}; keep each quantity once"
        raise InputFault(message)


def _read_frame(frame: pd.DataFrame, zone: ZoneInfo) -> Table:
    """A DataFrame with the columns of a file, the stamps in a column or in the index."""
    names = [str(name) for name in frame.columns]
    if not layout(names).stamp:
        frame = frame.rename_axis("timestamp").reset_index()
        names = [str(name) for name in frame.columns]
    columns = layout(names)
    if not columns.quantities:
        message = f"the load needs a column kw or kwh; it has: {', '.join(names)}"
        raise InputFault(message)
    if len(columns.stamp) == 1:
        stamps = frame.iloc[:, columns.stamp[0]]
        texts = [_frame_stamp(value) for value in stamps]
        frame = frame.assign(**{frame.columns[columns.stamp[0]]: texts})
    cells = [[str(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return _rows("load", columns, names, list(enumerate(cells, 1)), zone)


def _frame_stamp(value: object) -> str:
    return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else str(value)
