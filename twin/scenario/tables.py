"""Tables beside a scenario, CSV or Parquet, as rows: mappings of column to value. Numbers are numbers, every other cell is text."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from pathlib import Path
from typing import Any

from twin.core.faults import Fault

MAX_BYTES = 50_000_000
MAX_ROWS = 2_000_000
Rows = tuple[dict[str, Any], ...]


class TableFault(ValueError):
    """A table that cannot be read; ``line`` is 0 where the whole file is meant."""

    def __init__(self, problem: str, value: str = "", fix: str = "", line: int = 0) -> None:
        super().__init__(problem)
        self.problem, self.value, self.fix, self.line = problem, value, fix, line


def read_table(path: Path) -> Rows:
    """The rows of a CSV or Parquet file. Raises TableFault."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    if path.suffix.lower() not in (".csv", ".txt"):
        msg = "neither CSV nor Parquet"
        raise TableFault(msg, path.suffix, "name it .csv or .parquet")
    if path.stat().st_size > MAX_BYTES:
        msg = "larger than 50 MB"
        raise TableFault(msg, f"{path.stat().st_size} bytes", "write it as Parquet, or split it")
    try:
        return _csv(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        msg = "not UTF-8 text"
        raise TableFault(msg, f"byte {error.start}", "save it as UTF-8") from None
    except csv.Error as error:
        msg = "not a CSV file"
        raise TableFault(msg, str(error), "separate cells by commas") from None


def _csv(text: str) -> Rows:
    if "\0" in text:
        msg = "not a text file"
        raise TableFault(msg, "NUL character", "save it as CSV")
    lines = csv.reader(io.StringIO(text, newline=""))
    header = next(lines, None)
    if not header or any(not name.strip() for name in header):
        msg = "the first line must name every column"
        raise TableFault(msg, ",".join(header or [])[:60], "write the names of the columns, with commas between", 1)
    names = [name.strip() for name in header]
    if len(set(names)) < len(names):
        msg = "a column is named twice"
        raise TableFault(msg, ",".join(names)[:60], "give each its own name", 1)
    rows = []
    for cells in lines:
        if not cells:
            continue
        if len(cells) != len(names):
            msg = f"{len(cells)} cells where the header names {len(names)}"
            raise TableFault(msg, ",".join(cells)[:60], "quote cells with a comma", lines.line_num)
        rows.append({name: cell_value(cell) for name, cell in zip(names, cells, strict=True)})
        if len(rows) > MAX_ROWS:
            msg = f"more than {MAX_ROWS} rows"
            raise TableFault(msg, "", "split the table")
    return tuple(rows)


def cell_value(cell: str) -> Any:
    """A number where the cell is one (point as decimal sign, no NaN), else its text without blanks around it; None where empty."""
    cell = cell.strip()
    if not cell:
        return None
    if cell[0] in "+-.0123456789" and "_" not in cell:
        try:
            return int(cell)
        except ValueError:
            pass
        try:
            number = float(cell)
        except ValueError:
            return cell
        return number if math.isfinite(number) else cell
    return cell


def _parquet(path: Path) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        msg = "not a Parquet file"
        raise TableFault(msg, str(error).splitlines()[0][:80], "write it with pyarrow or pandas") from None
    if table.num_rows > MAX_ROWS:
        msg = f"more than {MAX_ROWS} rows"
        raise TableFault(msg, str(table.num_rows), "split the table")
    return tuple({name: _stored(value) for name, value in row.items()} for row in table.to_pylist())


def _stored(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def order_faults(rows: Rows, file: str, products: set[str]) -> list[Fault]:
    """What is wrong in a table of orders: columns ``order, product, quantity`` and perhaps ``release, due, priority`` (civil times)."""
    from twin.core.faults import did_you_mean

    needed = {"order", "product", "quantity"}
    known = needed | {"release", "due", "priority"}
    columns = set(rows[0]) if rows else set()
    faults = [
        Fault(file, 1, 0, f"orders.{name}", "the column is missing", "", f"add a column {name!r}")
        for name in sorted(needed - columns)
        if rows
    ]
    faults += [
        Fault(file, 1, 0, f"orders.{name}", "unknown column", name, did_you_mean(name, known))
        for name in sorted(columns - known)
    ]
    if not rows:
        return [Fault(file, 1, 0, "orders", "no rows", "", "write one line an order")]
    if faults:
        return faults
    seen: set[str] = set()
    for index, row in enumerate(rows):
        faults += _row_faults(row, file, index + 2, products, did_you_mean, seen)
        seen.add(str(row["order"]))
    return faults


def _row_faults(
    row: dict[str, Any], file: str, line: int, products: set[str], near: Any, seen: set[str]
) -> list[Fault]:
    found = []
    if row["order"] is None or str(row["order"]) in seen:
        found.append(("order", "an order needs a name of its own", row["order"], "name each order once"))
    if str(row["product"]) not in products:
        found.append(("product", "no such product", row["product"], near(str(row["product"]), products)))
    if not isinstance(row["quantity"], int) or row["quantity"] <= 0:
        found.append(("quantity", "not a whole number above 0", row["quantity"], "write good pieces, e.g. 2000"))
    times = {}
    for name in ("release", "due"):
        if row.get(name) is not None:
            try:
                times[name] = dt.datetime.fromisoformat(str(row[name]))
            except ValueError:
                found.append((name, "not a time", row[name], "write 2026-07-10T17:00"))
    if len(times) == 2 and times["due"].replace(tzinfo=None) <= times["release"].replace(tzinfo=None):
        found.append(("due", "due before it is released", row["due"], f"later than {row['release']}"))
    if row.get("priority") is not None and not isinstance(row["priority"], int):
        found.append(("priority", "not a whole number", row["priority"], "write e.g. 1"))
    return [
        Fault(file, line, 0, f"orders.{name}", problem, "" if value is None else str(value), fix)
        for name, problem, value, fix in found
    ]


SERIES = {
    "site.grid_factor": "kgco2e_per_kwh",
    "site.marginal_factor": "kgco2e_per_kwh",
    "site.pv.profile": "kw_per_kwp",
    "site.pv.surplus.sell": "krw_per_kwh",
}
"""place: column of an hourly series"""
MOST_KW_PER_KWP = 2.0
"""above what any module gives: nameplate power is that at 1 kW/m2; clouds' edges and snow raise the sun to some 1.6 kW/m2 (assumed)"""


def series_faults(rows: Rows, file: str, place: str) -> list[Fault]:
    """What is wrong in an hourly series: its column, its length, its numbers (the first that is none)."""
    column = SERIES[place]
    if not rows or column not in rows[0]:
        found = ", ".join(rows[0]) if rows else "no rows"
        return [Fault(file, 1, 0, place, f"no column {column}", found, "name it in the first line")]
    dated = "timestamp" in rows[0] and not place.startswith("site.pv.")
    lengths = (8760,) if place == "site.pv.profile" else (24, 8760)
    if not dated and len(rows) not in lengths:
        fix = " or ".join(map(str, lengths)) + " rows"
        return [Fault(file, 0, 0, place, "not as many rows as hours", str(len(rows)), fix)]
    for number, row in enumerate(rows, 2):
        value = row[column]
        if not isinstance(value, int | float) or value < 0:
            return [Fault(file, number, 0, place, "not a number from 0 on", str(value), f"a number of {column}")]
        if place == "site.pv.profile" and value > MOST_KW_PER_KWP:
            fix = "kW for each kW of nameplate power, e.g. 0.62"
            return [Fault(file, number, 0, place, "more than modules can give", str(value), fix)]
    return []
