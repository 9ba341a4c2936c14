"""The report of a metered load billed on a tariff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.report.content import Both, Column, Content, Table, bill_table, own, say
from twin.report.figures import names_for
from twin.report.notes import translated
from twin.report.words import number

if TYPE_CHECKING:
    from twin.meters.billing import MeteredBill


def bill_content(data: MeteredBill) -> Content:
    """Sentences, figures and tables of a bill."""
    import twin

    payload = data.payload()
    table = bill_table(payload)
    shown = Table(table.name, table.title, [_narrow(column) for column in table.columns], table.rows)
    return Content(
        "bill",
        say("title.bill"),
        own(payload["tariff"]),
        None,
        {"version": twin.__version__, "factors": [payload["tariff"]]},
        short=_short(payload),
        figures=names_for(data),
        tables=[shown, demand_table(payload), advice_table(payload)],
        notes=translated(payload.get("warnings", ())),
    )


def _narrow(column: Column) -> Column:
    """The source's detail is for pages only."""
    return Column(column.title, column.kind, column.digits, in_terminal=column.title != say("col.detail"))


def _short(payload: Mapping[str, Any]) -> list[Both]:
    said = [
        say("short.bill", total=number(payload["total"], 0), currency=payload["currency"], tariff=payload["tariff"])
    ]
    advice = payload.get("advice") or {}
    options = advice.get("options") or ()
    if options and advice["krw_per_year"] - options[0]["krw_per_year"] > 1.0:
        said.append(
            say(
                "short.option",
                option=options[0]["tariff_id"],
                krw=number(advice["krw_per_year"] - options[0]["krw_per_year"], 0),
            )
        )
    return said


def demand_table(payload: Mapping[str, Any]) -> Table:
    """Metered and billed demand by month."""
    columns = [
        Column(say("col.month")),
        Column(say("col.peak_kw"), "number", 1),
        Column(say("legend.billing_demand"), "number", 1),
    ]
    billed = payload.get("billing_demand_kw", {})
    return Table(
        "demand",
        say("legend.billing_demand"),
        columns,
        [[month, kw, billed.get(month)] for month, kw in payload["demand_kw"].items()],
    )


def advice_table(payload: Mapping[str, Any]) -> Table:
    """Options by cost a year, and what else the advice holds, as it stands in the payload."""
    from twin.report.frames import flat

    advice = payload.get("advice") or {}
    rows: list[list[Any]] = [[option["tariff_id"], option["krw_per_year"]] for option in advice.get("options", ())]
    for part in ("contract", "power_factor"):
        rows += [
            [f"{part}: {name.replace('_', ' ')}", value]
            for name, value in flat(advice.get(part) or {}).items()
            if isinstance(value, int | float)
        ]
    return Table("advice", say("head.advice"), [Column(say("col.name")), Column(say("unit.KRW/year"), "number")], rows)
