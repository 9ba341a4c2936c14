"""The report of a simulated scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.core.messages import known
from twin.ledger.balance import TOLERANCE
from twin.ledger.losses import USEFUL
from twin.reference.benchmarks import sector_benchmark
from twin.report.cards import run_cards, unverified_inputs
from twin.report.content import (
    Both,
    Column,
    Content,
    Table,
    bill_table,
    inputs_table,
    period_of,
    say,
    subject_of,
    validity_note,
    word,
)
from twin.report.figures import names_for
from twin.report.notes import translated
from twin.report.words import number, unit_of

if TYPE_CHECKING:
    from twin.experiment.result import RunResult

FUEL_FREE = 0.01
"""Share of fuel in all energy below which a plant counts as all-electric, as in the ledger's own sentence"""
FEW_LATE = 0.05
"""Share of late jobs up to which nothing is said of capacity"""
_BALANCES = ("energy", "heat", "mass", "carbon", "money", "laws")


def run_content(data: RunResult) -> Content:
    """Sentences, cards, figures and tables of a run."""
    payload = data.payload()
    rep = data.replications[0]
    balance = balances(payload["balance"])
    notes = [
        validity_note(payload["provenance"]),
        balance_note(payload["balance"]),
        *translated(payload["bill"].get("warnings", ())),
    ]
    return Content(
        "run",
        say("title.run"),
        subject_of(data),
        period_of(rep.start, rep.duration_s / 86_400.0),
        payload["provenance"],
        short=_short(data, payload),
        cards=run_cards(data),
        figures=names_for(data),
        tables=[
            kpi_table(payload["kpis"]),
            compared_table(payload.get("compared")),
            bill_table(payload["bill"]),
            benchmark_table(payload["benchmark"]),
            balance,
            inputs_table(unverified_inputs(data)),
        ],
        notes=notes,
    )


def kpi_table(kpis: Mapping[str, Any]) -> Table:
    """All figures with their intervals."""
    rows = [
        [word("kpi", name), figure, word("unit", unit_of(name), unit_of(name)), figure.get("n")]
        for name, figure in kpis.items()
    ]
    columns = [
        Column(say("col.name")),
        Column(say("col.value"), "interval"),
        Column(say("col.unit")),
        Column(say("col.n"), "number", 0),
    ]
    return Table("kpis", say("head.kpis"), columns, rows)


def compared_table(compared: Mapping[str, Any] | None) -> Table:
    """What a power cap or a battery changes: the same draws without it, and the difference; no row without either."""
    found = compared or {"left_out": [], "reference": {}, "difference": {}}
    rows = [
        [word("kpi", name), reference, found["difference"][name], word("unit", unit_of(name), unit_of(name))]
        for name, reference in found["reference"].items()
    ]
    columns = [
        Column(say("col.name")),
        Column(say("col.without_it"), "interval"),
        Column(say("col.change"), "interval"),
        Column(say("col.unit")),
    ]
    return Table("compared", say("head.compared", what=", ".join(found["left_out"])), columns, rows)


def cap_sentence(cap: Mapping[str, Any]) -> Both:
    """Whether the 15-minute mean kept below the cap."""
    above = cap["quarter_hours_above"]
    key = "short.cap_broken" if above else "short.cap_kept"
    return say(key, cap=number(cap["cap_kw"], 0), highest=number(cap["highest_kw"], 0), above=above)


def benchmark_table(placings: Any) -> Table:
    """Place among real plants of the sector, carrier by carrier, and why."""
    rows = [
        [word("carrier", p["carrier"]), p["value"], word("unit", p["unit"], p["unit"]), _quantile(p), why(p, placings)]
        for p in placings
    ]
    columns = [
        Column(say("col.carrier")),
        Column(say("col.value"), "number", 0),
        Column(say("col.unit")),
        Column(say("col.quantile")),
        Column(say("col.why")),
    ]
    source = Both(placings[0]["source"], placings[0]["source"]) if placings else None
    return Table("benchmark", say("head.benchmark"), columns, rows, source)


def why(place: Mapping[str, Any], placings: Sequence[Mapping[str, Any]]) -> Both:
    """What the place means: the ledger's sentence in English, the same facts in Korean."""
    row = sector_benchmark(place["sector"])
    values = {other["carrier"]: other["value"] for other in placings}
    median = {carrier: _median(known) for carrier, known in row.kwh_per_t.items()}
    key = "mixed"
    if values.get("fuel", 0.0) < FUEL_FREE * values.get("total", 0.0):
        key = "electric" if place["carrier"] == "electricity" else "fuel_free"
    korean = say(
        f"why.{key}",
        value=number(place["value"], 0),
        median=number(median[place["carrier"]], 0),
        plants=row.plants,
        fuel=number(median["fuel"], 0),
    ).ko
    return Both(place["why"], korean)


def _median(values: Sequence[float]) -> float:
    """The middle of the known quantiles, which are symmetric about the median."""
    return values[len(values) // 2]


def _quantile(place: Mapping[str, Any]) -> str:
    low, high = place["bounds"]
    return f"{place['quantile']:.2f}  ({low:g}–{high:g})"


def balances(residuals: Mapping[str, float]) -> Table:
    """Worst residual of each family of balances."""
    worst: dict[str, float] = {}
    for name, residual in residuals.items():
        family = name.partition(".")[0]
        family = family if family in _BALANCES else "other"
        worst[family] = max(worst.get(family, 0.0), abs(residual))
    rows = [[word("balance", family), residual] for family, residual in worst.items()]
    return Table(
        "balance",
        say("head.balances"),
        [Column(say("col.balance")), Column(say("col.residual"), "small")],
        rows,
        in_terminal=False,
    )


def balance_note(residuals: Mapping[str, float]) -> Both:
    """Whether every balance closes."""
    worst = max((abs(value) for value in residuals.values()), default=0.0)
    return say("page.balances_ok" if worst <= TOLERANCE else "page.balances_bad", residual=f"{worst:.1e}")


def _short(data: RunResult, payload: Mapping[str, Any]) -> list[Both]:
    kpis = {name: figure["mean"] for name, figure in payload["kpis"].items()}
    days = data.replications[0].duration_s / 86_400.0
    said = []
    if "electricity_kwh_per_t_good" in kpis:
        said.append(
            say(
                "short.run",
                days=f"{days:g}",
                goods=goods(data.scenario.spec.industry),
                output=number(kpis["output_kg"] / 1000.0),
                electricity=number(kpis["electricity_kwh"], 0),
                specific=number(kpis["electricity_kwh_per_t_good"], 0),
            )
        )
    said.append(say("short.carbon", carbon=number(kpis["carbon_kg"] / 1000.0), bill=number(kpis["bill_krw"], 0)))
    said += _money_sentences(data, payload, kpis)
    if "power_cap" in payload:
        said.append(cap_sentence(payload["power_cap"]))
    said += _loss_sentence(data)
    if kpis.get("jobs_late", 0.0) > 0.0:
        said.append(
            say(
                "short.late" if kpis["jobs_late"] > FEW_LATE * kpis.get("jobs_done", 0.0) else "short.few_late",
                late=number(kpis["jobs_late"]),
                jobs=number(max(kpis["jobs_done"], kpis["jobs_late"])),
                hours=number(kpis["lateness_h"]),
            )
        )
    else:
        said.append(say("short.on_time"))
    return said


def goods(industry: str) -> Both:
    """What an industry calls its output."""
    return word("goods", industry) if f"report.goods.{industry}" in known("en") else word("goods", "other")


def _money_sentences(data: RunResult, payload: Mapping[str, Any], kpis: Mapping[str, float]) -> list[Both]:
    lines = payload["bill"].get("lines", [])
    total = math.fsum(line["amount"] for line in lines)
    if not total:
        return []
    demand = math.fsum(line["amount"] for line in lines if line["name"].startswith("demand"))
    kwh = {
        name: math.fsum(x["quantity"] for x in lines if x["name"] == name)
        for name in {x["name"] for x in lines}
        if name.startswith("energy_")
    }
    said = [
        say(
            "short.peak",
            peak=number(kpis["peak_kw"], 0),
            contract=number(data.scenario.spec.site.contract_power_kw, 0),
            share=number(demand / total * 100.0, 0),
        )
    ]
    if kwh.get("energy_on_peak"):
        said.append(say("short.on_peak", share=number(kwh["energy_on_peak"] / sum(kwh.values()) * 100.0, 0)))
    return said


def _loss_sentence(data: RunResult) -> list[Both]:
    if data.accounts0 is None:
        return []
    found = [loss for loss in data.accounts0.losses if loss.term not in USEFUL and loss.kwh > 0.0]
    if not found:
        return []
    worst = max(found, key=lambda loss: loss.kwh)
    return [
        say(
            "short.loss",
            term=word("term", worst.term),
            equipment=worst.equipment,
            kwh=number(worst.kwh, 0),
            share=number(worst.share * 100.0, 0),
        )
    ]
