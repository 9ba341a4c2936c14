"""Results in a terminal: what matters, in a hundred columns; and a progress bar on stderr. NO_COLOR is honoured."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from twin.core.progress import Progress, silent
from twin.report.content import Column, Content, Table, cell_text, content_of, say
from twin.report.words import label, number, spread, unit_text

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

WIDTH = 100
MOST_ROWS = 16
LONG_HEADING = 9
VERDICT_STYLES = {
    "saves": "bold green",
    "costs": "red",
    "service_broken": "magenta",
    "not_demonstrated": "yellow",
    "not_applicable": "dim",
    "agrees": "green",
    "differs": "bold red",
    "too_wide": "yellow",
}


def show(data: Any, lang: str = "en") -> None:
    """Print a result on stdout: the sentences, the headline figures with ± half-widths, the tables that matter."""
    render(content_of(data), lang, console())


class Told(Console):
    """A console that says when nobody reads it any more; rich itself would end the program, and with it what is still to be stored."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError, as plain printing does."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console(*, stderr: bool = False) -> Console:
    """A console of at most a hundred columns; rich itself honours NO_COLOR and plain pipes."""
    made = Told(stderr=stderr, highlight=False)
    made.width = min(made.width, WIDTH) if made.is_terminal else WIDTH
    return made


def render(content: Content, lang: str, out: Console) -> None:
    """A report on a console."""
    head = " · ".join(text.of(lang) for text in (content.subject, content.period) if text is not None and text.of(lang))
    out.print(Text(content.title.of(lang), style="bold"))
    out.print(Text(head, style="cyan"))
    if content.cards:
        out.print(_cards(content, lang))
    for table in content.tables:
        if table.in_terminal and table.rows and not (content.cards and table.name == "kpis"):
            out.print(_table(table, lang))
    if content.short:
        out.print(Text(content.head.of(lang), style="bold"))
        out.print(_points("·", [sentence.of(lang) for sentence in content.short]))
    if content.notes:
        out.print(_points("!", [note.of(lang) for note in content.notes], style="yellow"))


def _points(mark: str, texts: Sequence[str], style: str = "") -> RichTable:
    """A list whose lines hang beside their mark."""
    made = RichTable.grid(padding=(0, 1))
    made.add_column()
    made.add_column(overflow="fold")
    for text in texts:
        made.add_row(f"  {mark}", Text(text, style=style))
    return made


def _cards(content: Content, lang: str) -> RichTable:
    made = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for title, justify in (("name", "left"), ("value", "right"), ("interval", "right"), ("unit", "left")):
        text = label("card", title, lang) if title == "interval" else label("col", title, lang)
        made.add_column(text, justify=justify)  # type: ignore[arg-type]
    for card in content.cards:
        digits = 0 if card.unit == "KRW" else None
        half = (
            ""
            if card.low is None or card.high is None
            else spread(card.value, (card.high - card.low) / 2.0, digits).strip()
        )
        made.add_row(label("kpi", card.name, lang), number(card.value, digits), half, unit_text(card.unit, lang))
    return made


def _table(table: Table, lang: str) -> RichTable:
    made = RichTable(
        title=table.title.of(lang),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    shown = [k for k, column in enumerate(table.columns) if column.in_terminal]
    for column in (table.columns[k] for k in shown):
        right = column.kind in ("number", "interval", "small")
        made.add_column(
            _heading(column.title.of(lang)),
            justify="right" if right else "left",
            no_wrap=right,
            overflow="fold",
            min_width={"text": 8, "verdict": 12}.get(column.kind),
        )
    for row in table.rows[:MOST_ROWS]:
        made.add_row(*(_cell(table.columns[k], row[k], lang) for k in shown))
    if len(table.rows) > MOST_ROWS:
        made.caption = say("page.more", n=len(table.rows) - MOST_ROWS).of(lang)
    return made


def _heading(text: str) -> str:
    """A heading in short lines, its unit below it."""
    return (
        text.replace(" (", "\n(") if " (" in text else "\n".join(text.split(" ")) if len(text) > LONG_HEADING else text
    )


def _cell(column: Column, cell: Any, lang: str) -> Text:
    style = VERDICT_STYLES.get(str(cell), "") if column.kind == "verdict" else ""
    return Text(cell_text(column, cell, lang), style=style)


class Bar:
    """``with Bar(enabled=True) as progress``: a progress bar on stderr; silent where not enabled."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Progress:
        if not self._enabled:
            return silent
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("…", total=None)
        return self._progress

    def _progress(self, done: int, total: int, text: str) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total or None, description=text or "…")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
