"""The report of a study: what to change on Monday, and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.report.cards import card_of, inputs_verified, unverified_inputs
from twin.report.content import Both, Column, Content, Table, inputs_table, say, subject_of, validity_note, word
from twin.report.content_run import kpi_table
from twin.report.effects import Task, evaluated, title
from twin.report.figures import names_for
from twin.report.figures.tasks import factor
from twin.report.words import mean_of, number

if TYPE_CHECKING:
    from twin.core.cards import FigureCard
    from twin.tasks.study import Study

BASELINE = (
    "electricity_kwh",
    "electricity_kwh_per_t_good",
    "carbon_kg",
    "bill_krw",
    "cash_krw",
    "peak_kw",
    "output_kg",
    "lateness_h",
)


def study_content(data: Study) -> Content:
    """Sentences, cards, figures and tables of a study."""
    payload = data.payload()
    tasks = evaluated(payload)
    notes = [
        validity_note(payload["provenance"]),
        *(say(f"note.{note}") for note in payload["study"]["notes"]),
        say("note.support"),
        *_lost(tasks),
    ]
    return Content(
        "study",
        say("title.study"),
        subject_of(data),
        say("page.year", start=str(payload["study"]["year_from"])[:10]),
        payload["provenance"],
        head=say("head.monday"),
        short=short(tasks),
        cards=_cards(data, payload),
        figures=names_for(data),
        tables=[
            task_table(payload, tasks),
            support_table(tasks),
            parts_table(tasks),
            variance_table(tasks),
            bundle_table(payload),
            _baseline(payload),
            inputs_table(unverified_inputs(data)),
        ],
        notes=notes,
    )


def short(tasks: Sequence[Task]) -> list[Both]:
    """The savings that hold, dearest saving first; what breaks the service; what is not shown."""
    good = sorted(
        (task for task in tasks if task["verdict"] == "saves"),
        key=lambda task: mean_of(task["cost_krw_per_year"]) or 0.0,
    )
    said = [_sentence(task, tasks) for task in good] or [say("short.no_task")]
    for verdict, key in (("service_broken", "short.broken"), ("not_demonstrated", "short.unproven")):
        names = [title(task, tasks) for task in tasks if task["verdict"] == verdict]
        if names:
            said.append(say(key, tasks=Both("; ".join(n.en for n in names), "; ".join(n.ko for n in names))))
    return said


def _sentence(task: Task, tasks: Sequence[Task]) -> Both:
    krw, kg = mean_of(task["cost_krw_per_year"]) or 0.0, mean_of(task["carbon_kg_per_year"]) or 0.0
    years, supported = mean_of(task["payback_years"]), mean_of(task["with_support"]["payback_years"])
    name = title(task, tasks)
    if not task["capex_krw"] and krw <= 0.0:
        return say("short.task_free", task=name, krw=number(-krw, 0), kg=number(-kg, 0))
    if years is None or krw > 0.0:
        return say("short.task_no_payback", task=name, krw=number(krw, 0, sign=True), kg=number(kg, 0, sign=True))
    return say(
        "short.task",
        task=name,
        krw=number(-krw, 0),
        kg=number(-kg, 0),
        years=number(years, 1),
        supported=number(supported, 1),
    )


def _cards(data: Study, payload: Mapping[str, Any]) -> list[FigureCard]:
    verified = inputs_verified(data)
    found = [
        card_of(name, payload["baseline"].get(name), payload["provenance"], verified=verified) for name in BASELINE
    ]
    return [card for card in found if card is not None]


def task_table(payload: Mapping[str, Any], tasks: Sequence[Task]) -> Table:
    """Effects a year, money and verdict of every task; those that do not apply at the end."""
    columns = [
        Column(say("col.task")),
        Column(say("col.verdict"), "verdict"),
        Column(say("col.carbon"), "interval", 0),
        Column(say("col.cost"), "interval", 0),
        Column(say("col.energy"), "interval", 0, in_terminal=False),
        Column(say("col.payback"), "number", 1),
        Column(say("col.payback_support"), "number", 1),
        Column(say("col.output"), "interval", 2, in_terminal=False),
        Column(say("col.lateness"), "interval", 1, in_terminal=False),
        Column(say("col.data_class"), in_terminal=False),
    ]
    rows: list[list[Any]] = [
        [
            title(task, tasks),
            task["verdict"],
            task["carbon_kg_per_year"],
            task["cost_krw_per_year"],
            task["energy_kwh_per_year"].get("total"),
            mean_of(task["payback_years"]),
            mean_of(task["with_support"]["payback_years"]),
            task["output_pct"],
            task["lateness_h"],
            _data_class(task),
        ]
        for task in tasks
    ]
    idle = [task for task in payload["tasks"] if "carbon_kg_per_year" not in task]
    rows += [
        [title(task, tasks), task["verdict"], None, None, None, None, None, None, None, _data_class(task)]
        for task in idle
    ]
    return Table("tasks", say("head.tasks"), columns, rows)


def _data_class(task: Task) -> Both:
    from twin.core.messages import t

    return Both(*(t(f"core.data_class.{task['data_class']}", lang) for lang in ("en", "ko")))


def support_table(tasks: Sequence[Task]) -> Table:
    """Investment, payback, present value and internal rate, without and with support, over the range of the cost."""
    columns = [
        Column(say("col.task")),
        Column(Both("", "")),
        Column(say("col.capex"), "number", 0),
        Column(say("col.grant"), "number", 0),
        Column(say("col.payback"), "number", 1),
        Column(say("col.payback_low_high")),
        Column(say("col.npv"), "interval", 0),
        Column(say("col.irr"), "number", 1),
    ]
    rows: list[list[Any]] = []
    for task in tasks:
        for which, money in (("without_support", task), ("with_support", task["with_support"])):
            rate = mean_of(money["irr"])
            span = " … ".join(number(value, 1) for value in money["payback_range_years"])
            rows.append(
                [
                    title(task, tasks),
                    say(which),
                    money["capex_krw"],
                    money.get("grant_krw", 0.0),
                    mean_of(money["payback_years"]),
                    span,
                    money["npv_krw"],
                    None if rate is None else rate * 100.0,
                ]
            )
    return Table("support", say("head.support"), columns, rows, in_terminal=False)


def parts_table(tasks: Sequence[Task]) -> Table:
    """What the electricity effect of each task consists of: processing, holding, idle, start-up, utilities, PV used."""
    columns = [Column(say("col.task")), Column(say("col.part")), Column(say("col.electricity"), "interval", 0)]
    rows = [
        [title(task, tasks), word("part", name), figure]
        for task in tasks
        for name, figure in task.get("parts_kwh_per_year", {}).items()
        if mean_of(figure)
    ]
    return Table("parts", say("head.parts"), columns, rows, in_terminal=False)


def variance_table(tasks: Sequence[Task]) -> Table:
    """Variance reduction by task and KPI, and the stream at which the two runs part where there is little."""
    names = list(dict.fromkeys(name for task in tasks for name in task["variance_reduction"]))
    columns = [
        Column(say("col.task")),
        *(Column(word("kpi", name), "number") for name in names),
        Column(say("col.lost_stream")),
    ]
    rows = [
        [
            title(task, tasks),
            *(factor(task["variance_reduction"].get(name)) for name in names),
            task.get("lost_stream") or "",
        ]
        for task in tasks
    ]
    return Table(
        "variance_reduction", say("head.variance_reduction"), columns, rows if names else [], in_terminal=False
    )


def bundle_table(payload: Mapping[str, Any]) -> Table:
    """Shapley shares of a bundle; they sum to the combined effect."""
    found = payload.get("bundle")
    columns = [
        Column(say("col.task")),
        Column(say("col.shapley_krw"), "number", 0),
        Column(say("col.shapley_kg"), "number", 0),
    ]
    rows: list[list[Any]] = []
    if found:
        names = {task["id"]: title(task, [task]) for task in payload["tasks"]}
        rows = [
            [names.get(m, m), found["shapley"][m]["cash_krw"], found["shapley"][m]["carbon_kg"]]
            for m in found["members"]
        ]
        rows.append(
            [say("line.total"), mean_of(found["combined"]["cash_krw"]), mean_of(found["combined"]["carbon_kg"])]
        )
    return Table("bundle", say("head.bundle"), columns, rows)


def _baseline(payload: Mapping[str, Any]) -> Table:
    made = kpi_table(payload["baseline"])
    return Table("kpis", say("head.baseline"), made.columns, made.rows, in_terminal=False)


def _lost(tasks: Sequence[Task]) -> list[Both]:
    return [
        say("note.lost_stream", task=title(task, tasks), stream=task["lost_stream"])
        for task in tasks
        if task.get("lost_stream")
    ]
