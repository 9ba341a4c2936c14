"""What a report says, whether a page, a workbook or a terminal shows it: sentences, cards, figures, tables, in both languages."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from twin.core.cards import FigureCard
from twin.core.messages import LANGUAGES, local, t
from twin.core.sentences import said
from twin.report.figures import kind_of
from twin.report.words import label, number, with_interval

Kind = Literal["text", "number", "interval", "flag", "verdict", "small"]


@dataclass(frozen=True)
class Both:
    """One text in both languages."""

    en: str
    ko: str

    def of(self, lang: str) -> str:
        """The text in a language."""
        return self.ko if lang == "ko" else self.en


def say(key: str, **values: Any) -> Both:
    """The catalogue's text ``report.<key>`` with values filled in; a value may itself be :class:`Both`."""
    texts = [
        t(
            f"report.{key}",
            lang,
            **{name: value.of(lang) if isinstance(value, Both) else value for name, value in values.items()},
        )
        for lang in LANGUAGES
    ]
    return Both(texts[0], texts[1])


def word(group: str, name: str, default: str | None = None) -> Both:
    """The catalogue's word for a name, as :func:`twin.report.words.label`."""
    return Both(label(group, name, "en", default), label(group, name, "ko", default))


def own(text: str | Mapping[str, str]) -> Both:
    """A text that a user wrote in one language or both."""
    return Both(local(text, "en"), local(text, "ko"))


@dataclass(frozen=True)
class Column:
    """A column: its title, what its cells are, and digits of numbers (None: as many as matter)."""

    title: Both
    kind: Kind = "text"
    digits: int | None = None
    in_terminal: bool = True


@dataclass(frozen=True)
class Table:
    """Rows of raw cells: text or :class:`Both`, numbers, intervals as in payloads, flags, verdicts. ``name`` is the sheet's."""

    name: str
    title: Both
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    note: Both | None = None
    in_terminal: bool = True


@dataclass(frozen=True)
class Content:
    """A whole report. ``short`` are the sentences up front; ``head`` names them."""

    kind: str
    title: Both
    subject: Both
    period: Both | None
    provenance: Mapping[str, Any]
    head: Both = field(default_factory=lambda: say("head.short"))
    short: Sequence[Both] = ()
    cards: Sequence[FigureCard] = ()
    figures: Sequence[str] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[Both] = ()


BUILDERS = {
    "run": "content_run:run_content",
    "bill": "content_bill:bill_content",
    "study": "content_study:study_content",
    "plan": "content_plan:plan_content",
    "diagnosis": "content_diagnosis:diagnosis_content",
    "calibration": "content_fit:calibration_content",
    "verification": "content_verify:verification_content",
    "front": "content_front:front_content",
    "tariffs": "content_front:tariffs_content",
}
"""kind of the result: module and function below twin.report"""


def content_of(data: Any) -> Content:
    """The report of a result by its ``kind``. Raises KeyError for a kind that is not reported."""
    module, _, function = BUILDERS[kind_of(data)].partition(":")
    build: Callable[[Any], Content] = getattr(importlib.import_module(f"twin.report.{module}"), function)
    return build(data)


def cell_text(column: Column, cell: Any, lang: str) -> str:
    """A cell as text."""
    if isinstance(cell, Both):
        return cell.of(lang)
    if column.kind == "verdict":
        return label("verdict", str(cell), lang)
    if column.kind == "flag":
        return "–" if cell is None else t("report.yes" if cell else "report.no", lang)
    if column.kind == "interval":
        return with_interval(cell, "", lang, digits=column.digits)
    if column.kind in ("number", "small"):
        return f"{cell:.1e}" if column.kind == "small" and cell else number(cell, column.digits)
    return "" if cell is None else str(cell)


def subject_of(data: Any) -> Both:
    """The name of the plant that a result is about."""
    return own(data.scenario.spec.name)


def period_of(start: Any, days: float) -> Both:
    """``2026-07-06 to 2026-08-02 (28 days)``."""
    import datetime as dt

    end = start + dt.timedelta(days=days) - dt.timedelta(seconds=1)
    return say("page.period", start=f"{start:%Y-%m-%d}", end=f"{end:%Y-%m-%d}", days=f"{days:g}")


def validity_note(provenance: Mapping[str, Any]) -> Both:
    """What the figures prove and what not, by the worst class of their inputs."""
    metered = provenance.get("data_class") in ("metered", "fitted")
    return say("page.note.metered" if metered else "page.note.plausible")


def inputs_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Inputs and lines without a verified source."""
    columns = [
        Column(say("col.input")),
        Column(say("col.value"), "number"),
        Column(say("col.unit")),
        Column(say("col.low"), "number"),
        Column(say("col.high"), "number"),
        Column(say("col.data_class")),
        Column(say("col.source")),
    ]
    cells = [
        [
            row["place"],
            row["value"],
            row["unit"],
            row["low"],
            row["high"],
            Both(t(f"core.data_class.{row['data_class']}", "en"), t(f"core.data_class.{row['data_class']}", "ko")),
            row["source"],
        ]
        for row in rows
    ]
    note = None if rows else say("page.inputs_none")
    return Table("inputs", say("head.inputs"), columns, cells, note, in_terminal=False)


def bill_table(bill: Mapping[str, Any]) -> Table:
    """The lines of a bill and their total."""
    columns = [
        Column(say("col.line")),
        Column(say("col.month")),
        Column(say("col.quantity"), "number"),
        Column(say("col.unit")),
        Column(say("col.rate"), "number"),
        Column(say("col.amount"), "number", 0),
        Column(say("col.verified"), "flag"),
        Column(say("col.detail")),
    ]
    rows: list[list[Any]] = [
        [
            word("line", x["name"]),
            x["month"],
            x["quantity"],
            word("unit", x["unit"], x["unit"]),
            x["rate"],
            x["amount"],
            x["verified"],
            Both(x["detail"], said(x["detail"], "ko")),
        ]
        for x in bill.get("lines", ())
    ]
    if rows:
        rows.append(
            [
                say("line.total"),
                "",
                None,
                str(bill.get("currency", "KRW")),
                None,
                sum(x["amount"] for x in bill["lines"]),
                None,
                str(bill["tariff"]),
            ]
        )
    return Table("bill", say("head.bill"), columns, rows, in_terminal=False)
