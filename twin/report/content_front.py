"""The reports of a front (one row a point) and of plans under several tariffs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.report.content import Both, Column, Content, Table, own, say, subject_of, validity_note, word
from twin.report.content_plan import unlike_output
from twin.report.figures import names_for
from twin.report.figures.plan import cases_of
from twin.report.words import number

COMPARED = ("cash_krw", "energy_kwh", "carbon_kg", "peak_kw", "lateness_h", "output_kg")


def front_content(data: Any) -> Content:
    """Sentences, figure and table of a front."""
    payload = data.payload()
    rows = payload["front"]
    short = [say("short.front_none")]
    if rows:
        ends = say("short.front_single") if len(rows) == 1 else say(f"short.front_{data.axis}", **_ends(rows))
        short = [ends, say("short.front_gap" if len(rows) > 1 else "short.front_gap_one", **_gaps(rows))]
    notes = [say("note.front")]
    if data.axis == "carbon" and payload["constant_factor"]:
        notes.append(say("note.front_constant"))
    return Content(
        "front", say(f"title.front_{data.axis}"), subject_of(data), None, payload["provenance"],
        short=short, figures=names_for(data), tables=[_points(rows)], notes=notes,
    )  # fmt: skip


def _ends(rows: list[dict[str, Any]]) -> dict[str, str]:
    key = next(iter(rows[0]))
    tight, loose = rows[0], rows[-1]
    return {
        "tight": number(tight[key], 1),
        "loose": number(loose[key], 1),
        "more": number(tight["cost_krw"] - loose["cost_krw"], 0),
        "cheapest": number(loose["cost_krw"], 0),
    }


def _gaps(rows: list[dict[str, Any]]) -> dict[str, Any]:
    gaps = [row["gap"] for row in rows if row["gap"] is not None]
    worst = number(100.0 * max(gaps), 2) if gaps else "–"
    return {"points": len(rows), "proven": sum(row["proven"] for row in rows), "worst": worst}


def _points(rows: list[dict[str, Any]]) -> Table:
    """Every member of a row is a column; the limit is left out in the terminal."""
    names = list(rows[0]) if rows else []
    columns = [
        Column(
            say("col.gap_pct") if name == "gap" else word("col", name),
            "flag" if name == "proven" else "number",
            2 if name == "gap" else 0 if "krw" in name else 1,
            in_terminal=not name.startswith("limit_"),
        )
        for name in names
    ]
    cells = [[_cell(name, row[name]) for name in names] for row in rows]
    return Table("front", say("head.front"), columns, cells)


def _cell(name: str, value: Any) -> Any:
    return 100.0 * value if name == "gap" and value is not None else value


def _each(payloads: Mapping[str, Any]) -> list[Both]:
    """Under each tariff: how good the plan is and what it breaks, and where it does not finish as much as it is compared with."""
    said = []
    for tariff, payload in payloads.items():
        gap = payload.get("gap")
        broken = len(payload.get("violations") or ())
        told = number(None if gap is None else 100.0 * gap, 1)
        said.append(say("short.tariff_plan", tariff=own(tariff), gap=told, violations=broken))
        said += [say("short.of_tariff", tariff=own(tariff), what=one) for one in unlike_output(payload)]
    return said


def tariffs_content(data: Any) -> Content:
    """The same figures under each tariff, and what the plan saves against the plant's own rule."""
    payloads = data.payload()["tariffs"]
    columns = [Column(say("col.tariff")), Column(say("col.case"))]
    columns += [Column(say(f"col.{name}"), "interval", 0) for name in COMPARED]
    rows = [
        [tariff, word("case", case), *(figures.get(name) for name in COMPARED)]
        for tariff, payload in payloads.items()
        for case, figures in cases_of(payload).items()
        if case in ("replay.stochastic", "as_operated", "hand_rule")
    ]
    saved = [
        [tariff, word("case", rule), *(figures.get(name) for name in COMPARED)]
        for tariff, payload in payloads.items()
        for rule, figures in payload["saved"].items()
    ]
    return Content(
        "tariffs", say("title.tariffs"), subject_of(data), None, data.payload()["provenance"],
        short=[say("short.tariffs", tariffs=own(", ".join(payloads))), *_each(payloads)],
        notes=[validity_note(data.payload()["provenance"])],
        tables=[Table("tariffs", say("head.tariffs"), columns, rows), Table("saved", say("head.saved"), columns, saved)],
    )  # fmt: skip
