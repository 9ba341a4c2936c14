"""The report of a plan: its certificate, and what it is worth in the stochastic plant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.report.cards import card_of, inputs_verified, unverified_inputs
from twin.report.content import (
    Both,
    Column,
    Content,
    Table,
    bill_table,
    inputs_table,
    say,
    subject_of,
    validity_note,
    word,
)
from twin.report.figures import names_for
from twin.report.figures.plan import cases_of
from twin.report.notes import translated
from twin.report.words import number, with_interval

COLUMNS = ("cash_krw", "labour_premium_krw", "shadow_carbon_krw", "energy_kwh", "carbon_kg", "peak_kw", "lateness_h")


def plan_content(data: Any) -> Content:
    """Sentences, cards, figures and tables of a plan."""
    payload = data.payload()
    provenance, bill = payload.get("provenance", {}), payload.get("bill") or {}
    verified = inputs_verified(data)
    cards = [
        card_of(name, _card_figure(payload, name), provenance, verified=verified)
        for name in ("objective_krw", "bound_krw", *COLUMNS)
    ]
    notes = [
        validity_note(provenance),
        say(
            "note.plan_status",
            status=word("status", payload["status"]),
            stopped=word("stopped", str(payload["stopped_by"])),
        ),
        *translated(map(str, payload.get("notes", ()))),
        *translated(bill.get("warnings", ())),
    ]
    return Content(
        "plan",
        say("title.plan"),
        subject_of(data),
        None,
        provenance,
        short=_short(payload),
        cards=[card for card in cards if card is not None],
        figures=names_for(data),
        tables=[
            violations_table(payload),
            cases_table(payload),
            bill_table(bill),
            inputs_table(unverified_inputs(data)),
        ],
        notes=notes,
    )


def _card_figure(payload: Mapping[str, Any], name: str) -> Any:
    if name in ("objective_krw", "bound_krw"):
        return payload.get(name)
    found = cases_of(payload)
    return (found.get("replay.stochastic") or found.get("plan") or {}).get(name)


def _short(payload: Mapping[str, Any]) -> list[Both]:
    violations = payload.get("violations")
    count = len(violations) if isinstance(violations, list | tuple) else violations
    gap = payload.get("gap")
    said = [
        say(
            "short.plan",
            plan=number(payload.get("objective_krw"), 0),
            bound=number(payload.get("bound_krw"), 0),
            gap=number(None if gap is None else gap * 100.0, 1),
            violations="–" if count is None else count,
        )
    ]
    agreement = payload.get("agreement")
    if agreement:
        said.append(
            say("short.agreement", energy=number(agreement["energy_pct"], 2), bill=number(agreement["bill_pct"], 2))
        )
    return said + _saved(payload.get("saved") or {})


def _saved(saved: Mapping[str, Any]) -> list[Both]:
    """What the plan is worth in the stochastic plant, paired draw by draw, beside today's dispatching and the hand rule."""
    beside = {"plan": saved.get("as_operated"), "hand": saved.get("hand_rule")}
    return [_worth(prefix, found["cash_krw"]) for prefix, found in beside.items() if found and found.get("cash_krw")]


def _worth(prefix: str, cash: Mapping[str, Any]) -> Both:
    """One difference in words: a saving only where the whole interval is one."""
    mean = float(cash["mean"])
    low, high = (mean if cash.get(end) is None else float(cash[end]) for end in ("low", "high"))
    if low <= 0.0 <= high:
        return say(f"short.{prefix}_unsure", krw=with_interval(cash, digits=0))
    ending = "saves" if high < 0.0 else "costs"
    return say(f"short.{prefix}_{ending}", krw=with_interval({**cash, "mean": abs(mean)}, digits=0))


def violations_table(payload: Mapping[str, Any]) -> Table:
    """What the independent checker found against the plan, as it stands in the payload."""
    found = payload.get("violations") or ()
    rows = [dict(row) for row in found if isinstance(row, Mapping)] if not isinstance(found, int) else []
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[None if row.get(name) is None else str(row[name]) for name in names] for row in rows]
    return Table("violations", say("head.violations"), [Column(word("col", name)) for name in names], cells)


def cases_table(payload: Mapping[str, Any]) -> Table:
    """Plan, replays, as operated and hand rule side by side."""
    hidden = ("shadow_carbon_krw", "labour_premium_krw")
    columns = [
        Column(say("col.case")),
        *(Column(say(f"col.{name}"), "interval", 0, in_terminal=name not in hidden) for name in COLUMNS),
    ]
    rows = [[word("case", name), *(case.get(column) for column in COLUMNS)] for name, case in cases_of(payload).items()]
    return Table("cases", say("head.cases"), columns, rows)
