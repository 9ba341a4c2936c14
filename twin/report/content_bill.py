"""The report of a metered load billed on a tariff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.report.content import Both, Column, Content, Table, bill_table, own, say, word
from twin.report.figures import names_for
from twin.report.notes import translated
from twin.report.words import number, unit_of

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
        notes=[*translated(payload.get("warnings", ())), *translated((payload.get("advice") or {}).get("notes", ()))],
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
    contract, bank = advice.get("contract") or {}, advice.get("power_factor") or {}
    if contract.get("saving_krw_per_year", 0.0) > 1.0:
        kw, krw = number(contract["recommended_kw"], 0), number(contract["saving_krw_per_year"], 0)
        said.append(say("short.contract", kw=kw, krw=krw))
    if bank.get("saving_krw_per_year", 0.0) > 1.0:
        kvar, krw = number(bank["capacitor_kvar"], 0), number(bank["saving_krw_per_year"], 0)
        said.append(say("short.power_factor", kvar=kvar, krw=krw))
    return said


def demand_table(payload: Mapping[str, Any]) -> Table:
    """Metered and billed demand by month."""
    columns = [
        Column(say("col.month")),
        Column(say("col.peak_kw"), "number", 1),
        Column(Both(f"{say('legend.billing_demand').en} (kW)", f"{say('legend.billing_demand').ko} (kW)"), "number", 1),
    ]
    billed = payload.get("billing_demand_kw", {})
    return Table(
        "demand",
        say("legend.billing_demand"),
        columns,
        [[month, kw, billed.get(month)] for month, kw in payload["demand_kw"].items()],
    )


def advice_table(payload: Mapping[str, Any]) -> Table:
    """What a year costs under each option, and what contract power and capacitors would save."""
    advice = payload.get("advice") or {}
    rows: list[list[Any]] = [
        [say("advice.per_year", option=option["tariff_id"]), option["krw_per_year"], word("unit", "KRW/year")]
        for option in advice.get("options", ())
    ]
    for part in ("contract", "power_factor"):
        found = advice.get(part) or {}
        if found.get("saving_krw_per_year", 0.0) <= 1.0:
            continue
        for name, value in found.items():
            unit = _unit(name)
            rows.append([word("advice", f"{part}.{name}"), value, word("unit", unit, unit)])
    columns = [Column(say("col.name")), Column(say("col.value"), "number", 0), Column(say("col.unit"))]
    return Table("advice", say("head.advice"), columns, rows)


def _unit(name: str) -> str:
    """Unit of a figure of the advice."""
    return "kvar" if name.endswith("_kvar") else "%" if "percent" in name else unit_of(name)
