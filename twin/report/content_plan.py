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
    bill_warnings,
    inputs_table,
    say,
    subject_of,
    validity_note,
    word,
)
from twin.report.figures import names_for
from twin.report.figures.plan import cases_of
from twin.report.words import mean_of, number

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
        *(Both(str(note), str(note)) for note in payload.get("notes", ())),
        *bill_warnings(bill),
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
        tables=[cases_table(payload), bill_table(bill), inputs_table(unverified_inputs(data))],
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
    found = cases_of(payload)
    cash = {name: mean_of(case.get("cash_krw")) for name, case in found.items()}
    replay, today, hand = cash.get("replay.stochastic"), cash.get("as_operated"), cash.get("hand_rule")
    if replay is not None and today is not None and replay <= today:
        said.append(
            say(
                "short.plan_saves",
                krw=number(today - replay, 0),
                hand=number(None if hand is None else hand - replay, 0),
            )
        )
    elif replay is not None and today is not None:
        said.append(say("short.plan_costs", krw=number(replay - today, 0)))
    return said


def cases_table(payload: Mapping[str, Any]) -> Table:
    """Plan, replays, as operated and hand rule side by side."""
    hidden = ("shadow_carbon_krw", "labour_premium_krw")
    columns = [
        Column(say("col.case")),
        *(Column(say(f"col.{name}"), "interval", 0, in_terminal=name not in hidden) for name in COLUMNS),
    ]
    rows = [[word("case", name), *(case.get(column) for column in COLUMNS)] for name, case in cases_of(payload).items()]
    return Table("cases", say("head.cases"), columns, rows)
