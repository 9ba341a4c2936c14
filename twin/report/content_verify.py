"""The report of a verification: theory, simulation with its interval, verdict, one table a family."""

from __future__ import annotations

from typing import Any

from twin.report.content import Both, Column, Content, Table, say, word
from twin.report.figures import names_for


def verification_content(data: Any) -> Content:
    """Sentence, figure and tables of a verification."""
    payload = data.payload()
    cases, failed = payload["cases"], payload["failed"]
    short = [say("short.verification", agree=len(cases) - len(failed), all=len(cases))]
    if failed:
        short.append(say("short.verification_failed", names="; ".join(failed)))
    families = [name for name, count in payload["families"].items() if count]
    return Content(
        "verification",
        say("title.verification"),
        say("verification.subject", n=len(cases)),
        None,
        payload["provenance"],
        short=short,
        figures=names_for(data),
        tables=[_family(name, [case for case in cases if case["family"] == name]) for name in families],
        notes=[say("note.verification")],
    )


def _family(name: str, cases: list[dict[str, Any]]) -> Table:
    """The cases of one family."""
    columns = [
        Column(say("col.theory_case")),
        Column(say("col.theory"), "number"),
        Column(say("col.simulation"), "interval"),
        Column(say("col.unit")),
        Column(say("col.verdict"), "verdict"),
        Column(say("col.source"), in_terminal=False),
    ]
    rows = [
        [
            _name(case),
            case["exact"],
            _interval(case),
            "" if case["unit"] == "1" else case["unit"],
            verdict(case),
            case["source"],
        ]
        for case in cases
    ]
    return Table(name, word("family", name), columns, rows)


def _name(case: dict[str, Any]) -> Both:
    """A case's name; the figure's part in the reader's language where the catalogue has it."""
    model, _, figure = case["name"].partition(": ")
    found = word("figure", figure.replace(" ", "_"), figure)
    return Both(case["name"], f"{model}: {found.ko}")


def _interval(case: dict[str, Any]) -> dict[str, Any]:
    return {name: case[name] for name in ("mean", "low", "high", "n", "level")}


def verdict(case: dict[str, Any]) -> str:
    """``agrees``, ``differs``, or ``too_wide`` where the interval says too little."""
    if case["pass"]:
        return "agrees"
    return "differs" if not case["low"] <= case["exact"] <= case["high"] else "too_wide"
