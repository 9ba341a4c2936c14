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
from twin.report.words import mean_of, number, with_interval

COLUMNS = ("cash_krw", "labour_premium_krw", "shadow_carbon_krw", "energy_kwh", "carbon_kg", "peak_kw", "lateness_h")
OUTPUT = "output_kg"
UNLIKE_OUTPUT = 0.01
"""of the output, from which on two ways to dispatch are not of like output"""


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
        *(
            [say("note.plan_breaks", count=_count(payload.get("violations")))]
            if _count(payload.get("violations"))
            else []
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


def _count(violations: Any) -> int | None:
    """How many they are, listed or counted; None where nobody looked."""
    return len(violations) if isinstance(violations, list | tuple) else violations


def _short(payload: Mapping[str, Any]) -> list[Both]:
    count = _count(payload.get("violations"))
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
    return said + _saved(payload.get("saved") or {}) + unlike_output(payload)


def _saved(saved: Mapping[str, Any]) -> list[Both]:
    """What the plan is worth in the stochastic plant, paired draw by draw, beside today's dispatching and the hand rule."""
    beside = {"plan": saved.get("as_operated"), "hand": saved.get("hand_rule"), "earlier": saved.get("earlier_plan")}
    return [_worth(prefix, found["cash_krw"]) for prefix, found in beside.items() if found and found.get("cash_krw")]


def unlike_output(payload: Mapping[str, Any]) -> list[Both]:
    """Against which other ways to dispatch the plan finishes more or less in the horizon, so that a difference in cost is no saving."""
    said = []
    for name, found in (payload.get("saved") or {}).items():
        difference = found.get(OUTPUT)
        more, other = mean_of(difference), mean_of((payload.get(name) or {}).get(OUTPUT))
        if more is None or other is None or _may_be_nothing(difference):
            continue
        if abs(more) > UNLIKE_OUTPUT * max(other, other + more):
            ending = "less" if more < 0.0 else "more"
            said.append(say(f"short.output_{ending}", kg=number(abs(more), 0), other=word("case", name)))
    return said


def _may_be_nothing(difference: Mapping[str, Any]) -> bool:
    """Whether the interval of a difference holds zero."""
    mean = float(difference["mean"])
    low, high = (mean if difference.get(end) is None else float(difference[end]) for end in ("low", "high"))
    return low <= 0.0 <= high


def _worth(prefix: str, cash: Mapping[str, Any]) -> Both:
    """One difference in words: a saving only where the whole interval is one."""
    mean = float(cash["mean"])
    if _may_be_nothing(cash):
        return say(f"short.{prefix}_unsure", krw=with_interval(cash, digits=0))
    ending = "saves" if mean < 0.0 else "costs"
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
    cases = cases_of(payload)
    shown = (*COLUMNS, OUTPUT) if any(OUTPUT in case for case in cases.values()) else COLUMNS
    columns = [
        Column(say("col.case")),
        *(Column(say(f"col.{name}"), "interval", 0, in_terminal=name not in hidden) for name in shown),
    ]
    rows = [[word("case", name), *(case.get(column) for column in shown)] for name, case in cases.items()]
    return Table("cases", say("head.cases"), columns, rows)
