"""One self-contained page of a result: plotly inlined once, both languages, no outside request, every figure with its card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from twin.core.cards import FigureCard
from twin.core.messages import LANGUAGES, t
from twin.report.content import Both, Column, Content, Table, cell_text, content_of, say, word
from twin.report.figures import figure_of, heading_of
from twin.report.words import number, spread, unit_text

if TYPE_CHECKING:
    import jinja2

VERDICTS = ("saves", "costs", "not_demonstrated", "not_applicable", "service_broken", "identical")


def write(data: Any, path: Path, lang: str = "en") -> Path:
    """Write the page of a result to ``path`` (folders are made); it opens in ``lang`` and switches to the other. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(data, lang), encoding="utf-8")
    return path


def page(data: Any, lang: str = "en") -> str:
    """The page as text."""
    from plotly.offline import get_plotlyjs

    content = content_of(data)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            lang=lang if lang in LANGUAGES else "en",
            content=content,
            plotly=Markup(get_plotlyjs()),  # noqa: S704 (plotly's own source)
            figures=[_figure(data, name) for name in content.figures],
        )
    )


def _environment() -> jinja2.Environment:
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("twin.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        say=lambda key, **values: both(say(key, **values)),
        both=both,
        cell=cell,
        value_of=card_value,
        rows_of=card_rows,
        label_of=lambda card: both(word("kpi", card.name)),
        numeric=numeric,
    )
    return made


def both(text: Both) -> Markup:
    """A text in both languages; the page shows one of them."""
    if text.en == text.ko:
        return escape(text.en)
    return Markup('<span class="en" lang="en">{}</span><span class="ko" lang="ko">{}</span>').format(text.en, text.ko)


def numeric(column: Column) -> bool:
    """Whether a column is set flush right."""
    return column.kind in ("number", "interval", "small")


def cell(column: Column, value: Any) -> Markup:
    """A cell of a table in both languages."""
    text = Both(cell_text(column, value, "en"), cell_text(column, value, "ko"))
    if column.kind == "verdict":
        return Markup('<span class="verdict {}">{}</span>').format(value if value in VERDICTS else "other", both(text))
    return both(text)


def card_value(card: FigureCard) -> Markup:
    """``1,234 ± 56 kWh`` of a card, the unit in both languages."""
    half = None if card.low is None or card.high is None else (card.high - card.low) / 2.0
    digits = 0 if card.unit == "KRW" else None
    shown = spread(card.value, half, digits)
    beside = Markup('<span class="pm">{}</span>').format(shown) if shown else ""
    unit = both(Both(unit_text(card.unit, "en"), unit_text(card.unit, "ko")))
    return Markup('<span class="num">{}</span>{} <span class="unit">{}</span>').format(
        number(card.value, digits), beside, unit
    )


def card_rows(card: FigureCard) -> list[tuple[Markup, Markup]]:
    """What stands behind a figure: pairs of a name and a value."""
    ends = both(say("card.exact")) if card.low is None else escape(f"{number(card.low)} … {number(card.high)}")
    data_class = Both(t(f"core.data_class.{card.data_class}", "en"), t(f"core.data_class.{card.data_class}", "ko"))
    pairs: Sequence[tuple[str, Any]] = (
        ("interval", ends),
        ("n", "–" if card.n is None else card.n),
        ("unit", both(Both(unit_text(card.unit, "en"), unit_text(card.unit, "ko")))),
        ("seed", "–" if card.seed is None else card.seed),
        ("scenario", card.scenario_sha256[:16]),
        ("version", card.version),
        ("factors", ", ".join(card.factors) or "–"),
        ("data_class", both(data_class)),
        ("verified", both(say("yes" if card.verified else "no"))),
    )
    return [(both(say(f"card.{name}")), escape(value)) for name, value in pairs]


def _figure(data: Any, name: str) -> Mapping[str, Any]:
    """A figure for the page: the English one whole, the Korean one as the leaves that differ."""
    build = figure_of(data, name)
    english, korean = (json.loads(build(lang=lang).to_json()) for lang in LANGUAGES)
    for made in (english, korean):
        made["layout"].get("title", {}).pop("text", None)
        made["layout"].setdefault("margin", {})["t"] = 40 if name in ("load_curve", "bill") else 24
    return {
        "name": name,
        "title": say(f"fig.{heading_of(data, name)}"),
        "note": say(f"fig.{heading_of(data, name)}.note"),
        "height": english["layout"].get("height", 420),
        "json": inert_json({"en": english, "ko": differences(english, korean)}),
    }


def differences(first: Any, second: Any, path: tuple[str | int, ...] = ()) -> list[list[Any]]:
    """``[path, value]`` of every leaf of ``second`` that differs from ``first``; a list of another length is one leaf."""
    if isinstance(first, dict) and isinstance(second, dict) and first.keys() == second.keys():
        return [found for key in first for found in differences(first[key], second[key], (*path, key))]
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [found for k in range(len(first)) for found in differences(first[k], second[k], (*path, k))]
    return [] if first == second else [[list(path), second]]


def inert_json(value: Any) -> Markup:
    """JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = (
        text.replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
    return Markup(safe)  # noqa: S704 (no character is left that HTML would read)


def table_shown(table: Table) -> bool:
    """Whether a table has anything to show."""
    return bool(table.rows or table.note)


__all__ = ["Content", "page", "write"]
