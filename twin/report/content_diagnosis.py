"""The report of a diagnosis: what one step is worth, where the heat goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.report.cards import card_of, inputs_verified, unverified_inputs
from twin.report.content import Both, Column, Content, Table, inputs_table, say, subject_of, validity_note, word
from twin.report.content_study import BASELINE
from twin.report.figures import names_for
from twin.report.words import mean_of, number

if TYPE_CHECKING:
    from twin.tasks.diagnosis import Diagnosis

MOST = 4


def diagnosis_content(data: Diagnosis) -> Content:
    """Sentences, cards, figures and tables of a diagnosis."""
    payload = data.payload()
    verified = inputs_verified(data)
    cards = [
        card_of(name, payload["baseline"].get(name), payload["provenance"], verified=verified) for name in BASELINE
    ]
    return Content(
        "diagnosis",
        say("title.diagnosis"),
        subject_of(data),
        None,
        payload["provenance"],
        head=say("head.monday"),
        short=_short(payload),
        cards=[card for card in cards if card is not None],
        figures=names_for(data),
        tables=[steps_table(payload), losses_table(payload), inputs_table(unverified_inputs(data))],
        notes=[validity_note(payload["provenance"])],
    )


def step_name(step: Mapping[str, Any]) -> Both:
    """``tap 20 K cooler (melt)``."""
    what, where = word("step", step["step"]), word("place", step["place"], step["place"])
    return Both(f"{what.en} ({where.en})", f"{what.ko} ({where.ko})")


def _worth(step: Mapping[str, Any]) -> Both:
    """What a step is worth; energy and carbon only where their intervals show a saving too."""
    money = number(-step["krw"], 0)
    intervals = step.get("intervals", {})
    if any((intervals.get(name) or {}).get("high") is None or intervals[name]["high"] >= 0.0 for name in ("kwh", "kg")):
        return say("short.step_money", step=step_name(step), krw=money)
    return say("short.step", step=step_name(step), krw=money, kwh=number(-step["kwh"], 0), kg=number(-step["kg"], 0))


def _short(payload: Mapping[str, Any]) -> list[Both]:
    ranked = sorted((step for step in payload["steps"] if step["krw"] < 0.0), key=lambda step: step["krw"])
    steps = [step for step in ranked if _below_zero(step)][:MOST]
    unsure = [step_name(step) for step in ranked if not _below_zero(step)]
    said = [_worth(step) for step in steps]
    if unsure:
        said.append(say("short.unproven", tasks=Both("; ".join(n.en for n in unsure), "; ".join(n.ko for n in unsure))))
    losses = [loss for loss in payload["losses"] if not loss.get("useful")][:MOST]
    return said + [
        say(
            "short.diagnosis_loss",
            equipment=loss["equipment"],
            term=word("term", loss["term"]),
            krw=number(loss["krw"], 0),
        )
        for loss in losses
    ]


def _below_zero(step: Mapping[str, Any]) -> bool:
    """Whether the whole interval of the cash effect is a saving; the mean where there is no interval."""
    high = (step.get("intervals") or {}).get("krw", {}).get("high")
    return bool((step["krw"] if high is None else high) < 0.0)


def steps_table(payload: Mapping[str, Any]) -> Table:
    """What one step changes a year, with intervals; a saving is negative."""
    columns = [Column(say("col.step")), *(Column(say(f"col.{name}"), "interval", 0) for name in ("krw", "kwh", "kg"))]
    rows = [
        [step_name(step), *((step.get("intervals") or step)[name] for name in ("krw", "kwh", "kg"))]
        for step in sorted(payload["steps"], key=lambda step: mean_of(step["krw"]) or 0.0)
    ]
    return Table("steps", say("head.steps"), columns, rows)


def losses_table(payload: Mapping[str, Any]) -> Table:
    """Heat by equipment and term a year, priced, with the tasks that address it."""
    columns = [
        Column(say("col.equipment")),
        Column(say("col.term")),
        Column(say("col.kwh"), "number", 0),
        Column(say("col.krw"), "number", 0),
        Column(say("col.kg"), "number", 0),
        Column(say("col.useful"), "flag", in_terminal=False),
        Column(say("col.tasks")),
    ]
    rows = [
        [
            loss["equipment"],
            word("term", loss["term"]),
            loss["kwh"],
            loss["krw"],
            loss["kg"],
            loss.get("useful"),
            ", ".join(loss["tasks"]),
        ]
        for loss in payload["losses"]
    ]
    return Table("losses", say("head.losses"), columns, rows)
