"""A workbook of a result: tables as shown, load and batches whole, provenance, one native chart. Formulas in texts are neutralised."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.core.messages import t
from twin.report.content import Both, Column, Content, Table, content_of
from twin.report.figures import kind_of
from twin.report.words import label, mean_of, number

if TYPE_CHECKING:
    import pandas as pd
    import xlsxwriter

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_ROWS = 1_000_000
FONTS = {"en": "Calibri", "ko": "맑은 고딕"}


def write(data: Any, path: Path, lang: str = "en") -> Path:
    """Write the workbook of a result to ``path`` (folders are made); returns the path."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    content = content_of(data)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheets = _Sheets(book, lang)
        _cover(sheets, content)
        for table in content.tables:
            if table.rows:
                sheets.table(table)
        for name, frame in _frames(data):
            sheets.frame(name, frame)
        _chart(sheets, content)
        _provenance(sheets, content)
    return path


def neutral(text: str) -> str:
    """A text that no spreadsheet reads as a formula: an apostrophe goes before ``= + - @`` and control characters."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


class _Sheets:
    """Writes sheets with one look."""

    def __init__(self, book: xlsxwriter.Workbook, lang: str) -> None:
        self.book, self.lang = book, lang
        font = {"font_name": FONTS.get(lang, FONTS["en"]), "font_size": 10}
        self.head = book.add_format(
            {
                **font,
                "bold": True,
                "bg_color": "#00507D",
                "font_color": "#FFFFFF",
                "text_wrap": True,
                "valign": "vcenter",
            }
        )
        self.text = book.add_format({**font, "valign": "top"})
        self.wrap = book.add_format({**font, "valign": "top", "text_wrap": True})
        self.title = book.add_format({**font, "bold": True, "font_size": 15})
        self.whole = book.add_format({**font, "num_format": "#,##0"})
        self.fine = book.add_format({**font, "num_format": "#,##0.00"})
        self.small = book.add_format({**font, "num_format": "0.0E+00"})
        self.time = book.add_format({**font, "num_format": "yyyy-mm-dd hh:mm"})
        self.names: dict[str, Any] = {}

    def sheet(self, name: str) -> Any:
        """A new sheet with the catalogue's name."""
        title = label("sheet", name, self.lang)
        self.names[name] = self.book.add_worksheet(title[:31])
        return self.names[name]

    def put(self, sheet: Any, row: int, column: int, value: Any, kind: Any = None) -> None:
        """One cell; texts neutralised, zone-aware times as local wall-clock times."""
        if isinstance(value, Both):
            value = value.of(self.lang)
        if isinstance(value, bool):
            sheet.write_string(row, column, t("report.yes" if value else "report.no", self.lang), self.text)
        elif isinstance(value, dt.datetime):
            sheet.write_datetime(row, column, value.replace(tzinfo=None), self.time)
        elif isinstance(value, float) and not math.isfinite(value):
            sheet.write_string(row, column, number(value), self.text)
        elif isinstance(value, int | float):
            sheet.write_number(
                row, column, value, kind or (self.whole if abs(value) >= 1000 or value == int(value) else self.fine)
            )
        elif value is not None:
            sheet.write_string(row, column, neutral(str(value)), kind or self.text)

    def header(self, sheet: Any, titles: Sequence[str]) -> None:
        """The first row, frozen, with filters."""
        for k, title in enumerate(titles):
            sheet.write_string(0, k, neutral(title), self.head)
            sheet.set_column(k, k, max(11, min(44, len(title) * 1.6 + 3)))
        sheet.freeze_panes(1, 0)

    def table(self, table: Table) -> None:
        """A table of the report; an interval takes three columns."""
        sheet = self.sheet(table.name)
        titles: list[str] = []
        for column in table.columns:
            title = column.title.of(self.lang)
            titles += (
                [title, label("col", "low", self.lang), label("col", "high", self.lang)]
                if column.kind == "interval"
                else [title]
            )
        self.header(sheet, titles)
        for r, row in enumerate(table.rows, 1):
            at = 0
            for column, cell in zip(table.columns, row, strict=True):
                at = self._cells(sheet, r, at, column, cell)
        sheet.autofilter(0, 0, len(table.rows), len(titles) - 1)
        sheet.set_column(0, 0, 34)

    def _cells(self, sheet: Any, row: int, at: int, column: Column, cell: Any) -> int:
        if column.kind == "interval":
            found: Mapping[str, Any] = cell if isinstance(cell, Mapping) else {}
            for k, value in enumerate((mean_of(cell), found.get("low"), found.get("high"))):
                self.put(sheet, row, at + k, value)
            return at + 3
        if column.kind == "verdict" and isinstance(cell, str):
            cell = label("verdict", cell, self.lang)
        self.put(sheet, row, at, cell, self.small if column.kind == "small" and isinstance(cell, float) else None)
        return at + 1

    def frame(self, name: str, frame: pd.DataFrame) -> None:
        """A DataFrame, its index with it."""
        sheet = self.sheet(name)
        shown = frame if frame.index.name is None else frame.reset_index()
        self.header(sheet, [label("col", str(column), self.lang, str(column)) for column in shown.columns])
        for r, row in enumerate(shown.iloc[:MOST_ROWS].itertuples(index=False), 1):
            for c, value in enumerate(row):
                self.put(
                    sheet, r, c, label("band", str(value), self.lang) if shown.columns[c] == "band" else _plain(value)
                )
        sheet.set_column(0, 0, 18)


def _plain(value: Any) -> Any:
    """A value of a DataFrame as a plain one; missing as None."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 (NaN is what differs from itself)


def _cover(sheets: _Sheets, content: Content) -> None:
    sheet = sheets.book.add_worksheet(content.head.of(sheets.lang)[:31])
    sheet.set_column(0, 0, 110)
    lines = [content.subject, *([content.period] if content.period else []), *content.short, *content.notes]
    sheet.write_string(0, 0, neutral(content.title.of(sheets.lang)), sheets.title)
    for row, text in enumerate(lines, 1):
        sheets.put(sheet, row, 0, text, sheets.wrap)


def _frames(data: Any) -> list[tuple[str, pd.DataFrame]]:
    """Whole tables beside those of the report, by kind."""
    from twin.report import frames

    kind = kind_of(data)
    if kind == "run" and data.trace0 is not None:
        return [("load", frames.load(data)), ("batches", frames.batches(data))]
    if kind == "plan" and getattr(data, "plan", None) is not None:
        return [("schedule", frames.schedule(data))]
    return []


def _chart(sheets: _Sheets, content: Content) -> None:
    """One native chart: the bill's lines as columns, or the tasks' carbon as bars."""
    table = next((table for table in content.tables if table.name in ("bill", "tasks", "losses") and table.rows), None)
    if table is None:
        return
    name = label("sheet", table.name, sheets.lang)
    column, rows = {"bill": (5, len(table.rows) - 1), "tasks": (2, len(table.rows)), "losses": (3, len(table.rows))}[
        table.name
    ]
    chart = sheets.book.add_chart({"type": "bar" if table.name != "bill" else "column"})
    chart.add_series(
        {
            "name": table.title.of(sheets.lang),
            "categories": [name, 1, 0, rows, 1 if table.name == "losses" else 0],
            "values": [name, 1, column, rows, column],
            "fill": {"color": "#0072B2"},
        }
    )
    chart.set_title({"name": table.title.of(sheets.lang), "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 900, "height": 380})
    chart.set_y_axis({"num_format": "#,##0", "reverse": table.name != "bill"})
    sheets.names[table.name].insert_chart(len(table.rows) + 2, 0, chart)


def _provenance(sheets: _Sheets, content: Content) -> None:
    sheet = sheets.sheet("provenance")
    sheets.header(sheet, [label("col", "name", sheets.lang), label("col", "value", sheets.lang)])
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    for row, (name, value) in enumerate(sorted(content.provenance.items()), 1):
        sheets.put(sheet, row, 0, name)
        sheets.put(sheet, row, 1, ", ".join(map(str, value)) if isinstance(value, list | tuple) else value)
