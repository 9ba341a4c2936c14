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
WIDEST = 60.0
"""characters; longer texts are wrapped"""
COVER, LINE = 110, 15.0
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


def shown_width(text: str) -> float:
    """Width of a text in characters of a column: Korean ones take nearly two."""
    return sum(1.0 if character < "\u1100" else 1.85 for character in text)


def printable(sheet: Any) -> Any:
    """A sheet that prints on A4 across, all columns on one page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


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
        self.text = book.add_format({**font, "valign": "top", "indent": 1})
        self.wrap = book.add_format({**font, "valign": "top", "indent": 1, "text_wrap": True})
        self.title = book.add_format({**font, "bold": True, "font_size": 15})
        self.whole = book.add_format({**font, "num_format": "#,##0"})
        self.fine = book.add_format({**font, "num_format": "#,##0.00"})
        self.small = book.add_format({**font, "num_format": "0.0E+00"})
        self.time = book.add_format({**font, "num_format": "yyyy-mm-dd hh:mm"})
        self.names: dict[str, Any] = {}
        self.widths: dict[tuple[str, int], float] = {}

    def sheet(self, name: str) -> Any:
        """A new sheet with the catalogue's name."""
        self.names[name] = printable(self.book.add_worksheet(label("sheet", name, self.lang)[:31]))
        self.names[name].repeat_rows(0)
        return self.names[name]

    def fit(self, sheet: Any) -> None:
        """Columns as wide as what stands in them, within limits; what is longer is wrapped."""
        for (name, column), width in self.widths.items():
            if name == sheet.get_name():
                sheet.set_column(column, column, max(9.0, min(WIDEST, width + 2.0)))

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
        elif value is None:
            return
        else:
            text = neutral(str(value))
            sheet.write_string(row, column, text, kind or (self.wrap if shown_width(text) > WIDEST else self.text))
            self._widen(sheet, column, shown_width(text))
            if kind is None and shown_width(text) > WIDEST:
                sheet.set_row(row, LINE * math.ceil(shown_width(text) / WIDEST))
            return
        self._widen(sheet, column, 12.0)

    def _widen(self, sheet: Any, column: int, width: float) -> None:
        key = (sheet.get_name(), column)
        self.widths[key] = max(self.widths.get(key, 0.0), width)

    def header(self, sheet: Any, titles: Sequence[str]) -> None:
        """The first row, frozen, with filters."""
        for k, title in enumerate(titles):
            sheet.write_string(0, k, neutral(title), self.head)
            self._widen(sheet, k, shown_width(title) + 3.0)
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
        self.fit(sheet)

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
        self.widths[sheet.get_name(), 0] = 18.0
        self.fit(sheet)


def _plain(value: Any) -> Any:
    """A value of a DataFrame as a plain one; missing as None."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 (NaN is what differs from itself)


def _cover(sheets: _Sheets, content: Content) -> None:
    sheet = printable(sheets.book.add_worksheet(content.head.of(sheets.lang)[:31]))
    sheet.set_column(0, 0, COVER)
    lines = [content.subject, *([content.period] if content.period else []), *content.short, *content.notes]
    sheet.write_string(0, 0, neutral(content.title.of(sheets.lang)), sheets.title)
    for row, text in enumerate(lines, 1):
        sheets.put(sheet, row, 0, text, sheets.wrap)
        shown = text.of(sheets.lang)
        sheet.set_row(row, LINE * math.ceil(shown_width(shown) / COVER))


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
