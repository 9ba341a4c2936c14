"""Tasks: the ranking with intervals, money over the years, what pairing gained, tasks together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.core.messages import t
from twin.report.effects import Task, evaluated, tied, title
from twin.report.figures.style import FAINT, GRID, INK, VERDICT_COLOURS, axis, colour, figure
from twin.report.words import esc, label, mean_of, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_YEARS = 15
MOST_TIMES = 1000.0


def ranking(data: Any, lang: str = "en") -> go.Figure:
    """Forest plot: yearly cash cost and carbon of every task with 95 % intervals, verdicts by colour, tied groups by letter."""
    import plotly.graph_objects as go

    tasks = evaluated(data.payload())
    letters = tied(tasks)
    rows = [
        f"{wrapped(title(task, tasks).of(lang))}  <b>{letter}</b>" for task, letter in zip(tasks, letters, strict=True)
    ]
    made = figure(t("report.fig.ranking", lang), height=190 + 58 * max(len(tasks), 2))
    panels = (
        ("cost_krw_per_year", "x", 0.0, 0.48, "axis.cost_year"),
        ("carbon_kg_per_year", "x2", 0.53, 1.0, "axis.carbon_year"),
    )
    for key, xaxis, *_ in panels:
        for verdict in dict.fromkeys(task["verdict"] for task in tasks):
            here = [k for k, task in enumerate(tasks) if task["verdict"] == verdict]
            word = label("verdict", verdict, lang)
            made.add_trace(
                go.Scatter(
                    x=[mean_of(tasks[k][key]) for k in here],
                    y=here,
                    xaxis=xaxis,
                    mode="markers",
                    name=word,
                    legendgroup=verdict,
                    showlegend=xaxis == "x",
                    marker={"size": 12, "color": VERDICT_COLOURS[verdict], "symbol": "square"},
                    error_x=interval_bars([tasks[k][key] for k in here], VERDICT_COLOURS[verdict]),
                    customdata=[_span(tasks[k][key]) for k in here],
                    hovertemplate=f"%{{x:,.0f}} (%{{customdata}})<br>{word}<extra></extra>",
                )
            )
    zero = {"zeroline": True, "zerolinewidth": 1.6, "tickformat": ",.3~s"}
    made.update_layout(
        xaxis=axis(t("report.axis.cost_year", lang), domain=[0.0, 0.47], **zero),
        xaxis2=axis(t("report.axis.carbon_year", lang), domain=[0.53, 1.0], anchor="y", **zero),
        yaxis=axis(
            tickvals=list(range(len(rows))),
            ticktext=rows,
            range=[len(rows) - 0.5, -0.5],
            zeroline=False,
            gridcolor=GRID,
        ),
        legend={"y": -0.9 / (1.0 + 0.45 * max(len(rows), 2))},
    )
    return made


def wrapped(text: str, width: int = 34) -> str:
    """An escaped label in lines of about ``width`` characters."""
    lines = [""]
    for part in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {part}".strip()
    return "<br>".join(esc(line) for line in lines)


def interval_bars(figures: Sequence[Mapping[str, Any]], ink: str) -> dict[str, Any]:
    """Error bars of intervals, for plotly's ``error_x``; none where an end is missing."""

    def arm(found: Mapping[str, Any], end: str) -> float:
        value = found.get(end)
        return 0.0 if value is None else abs(float(value) - float(found["mean"]))

    return {
        "type": "data",
        "symmetric": False,
        "array": [arm(f, "high") for f in figures],
        "arrayminus": [arm(f, "low") for f in figures],
        "color": ink,
        "thickness": 2,
        "width": 6,
    }


def _span(found: Mapping[str, Any]) -> str:
    return f"{number(found.get('low'), 0)} … {number(found.get('high'), 0)}"


def payback(data: Any, lang: str = "en") -> go.Figure:
    """Payback of every task that saves cash, without and with support: point and 10th to 90th percentile over uncertain parameters."""
    import plotly.graph_objects as go

    tasks = [task for task in evaluated(data.payload()) if mean_of(task["payback_years"]) is not None]
    made = figure(t("report.fig.payback", lang), height=210 + 52 * max(len(tasks), 2))
    rows = [wrapped(title(task, tasks).of(lang)) for task in tasks]
    for position, (name, shift) in enumerate((("without_support", -0.14), ("with_support", 0.14))):
        figures = [_money(task, name)["payback_years"] for task in tasks]
        word = t(f"report.{name}", lang)
        made.add_trace(
            go.Scatter(
                x=[mean_of(found) for found in figures],
                y=[k + shift for k in range(len(tasks))],
                mode="markers",
                name=word,
                marker={"size": 12, "color": colour(position), "symbol": "circle" if position == 0 else "diamond"},
                error_x=_percentiles(figures, colour(position)),
                hovertemplate=f"{word}: %{{x:.1f}}<extra></extra>",
            )
        )
    made.update_xaxes(**axis(t("report.axis.payback", lang), rangemode="tozero", tickformat=",.1f"))
    made.update_yaxes(
        **axis(tickvals=list(range(len(rows))), ticktext=rows, range=[max(len(rows), 1) - 0.5, -0.5], zeroline=False)
    )
    made.update_layout(legend={"y": -0.8 / (1.0 + 0.4 * max(len(rows), 2))})
    return made


def _money(task: Task, which: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = task["with_support"] if which == "with_support" else task
    return found


def _percentiles(figures: Sequence[Mapping[str, Any]], ink: str) -> dict[str, Any]:
    def arm(found: Mapping[str, Any], end: str) -> float:
        value, mean = found.get(end), mean_of(found)
        return 0.0 if value is None or mean is None else max(0.0, (value - mean) if end == "p90" else (mean - value))

    return {
        "type": "data",
        "symmetric": False,
        "array": [arm(f, "p90") for f in figures],
        "arrayminus": [arm(f, "p10") for f in figures],
        "color": ink,
        "thickness": 2,
        "width": 6,
    }


def cash_flow(data: Any, lang: str = "en") -> go.Figure:
    """Cumulated cash of every task that pays back: investment, then its yearly net saving, without and with support."""
    import plotly.graph_objects as go

    tasks = [task for task in evaluated(data.payload()) if mean_of(task["payback_years"]) and task["capex_krw"]]
    made = figure(t("report.fig.cash_flow", lang), height=430)
    longest = max((mean_of(task["payback_years"]) or 0.0 for task in tasks), default=1.0)
    years = list(range(min(MOST_YEARS, max(3, math.ceil(longest * 1.6))) + 1))
    for position, task in enumerate(tasks):
        saving = task["capex_krw"] / (mean_of(task["payback_years"]) or math.inf)
        for which, dash in (("without_support", "solid"), ("with_support", "dash")):
            paid = _money(task, which)["capex_krw"]
            word = f"{esc(title(task, tasks).of(lang))}, {t(f'report.{which}', lang)}"
            made.add_trace(
                go.Scatter(
                    x=years,
                    y=[saving * year - paid for year in years],
                    mode="lines",
                    name=word,
                    legendgroup=task["id"],
                    showlegend=dash == "solid",
                    line={"color": colour(position), "dash": dash, "width": 2.2},
                    hovertemplate=f"{word}: %{{y:,.0f}} KRW<extra></extra>",
                )
            )
    made.update_xaxes(**axis(t("report.axis.years", lang), dtick=1, showgrid=False))
    made.update_yaxes(**axis(t("report.axis.cash", lang), tickformat=",.3~s", zeroline=True, zerolinewidth=1.6))
    return made


def variance_reduction(data: Any, lang: str = "en") -> go.Figure:
    """Tasks by KPI: how many times fewer replications pairing needs; on a logarithmic scale of colour, the figure in the cell."""
    import plotly.graph_objects as go

    tasks = [task for task in evaluated(data.payload()) if task["variance_reduction"]]
    names = list(dict.fromkeys(name for task in tasks for name in task["variance_reduction"]))
    cells = [[factor(task["variance_reduction"].get(name)) for name in names] for task in tasks]
    made = figure(t("report.fig.variance_reduction", lang), height=190 + 46 * max(len(tasks), 2))
    made.add_trace(
        go.Heatmap(
            z=[[None if value is None else math.log10(min(max(value, 0.1), 1e6)) for value in row] for row in cells],
            x=[wrapped(label("kpi", name, lang), 9 if lang == "ko" else 16) for name in names],
            y=[wrapped(title(task, tasks).of(lang)) for task in tasks],
            text=[["–" if value is None else _times(value) for value in row] for row in cells],
            texttemplate="%{text}",
            textfont={"color": INK, "size": 13},
            xgap=2,
            ygap=2,
            zmin=-0.3,
            zmax=2.0,
            showscale=False,
            colorscale=[[0.0, "#f6cfc0"], [0.3, "#fdf3d8"], [0.43, "#d8efe5"], [1.0, "#62b898"]],
            hovertemplate="%{y}<br>%{x}: %{text}<extra></extra>",
        )
    )
    made.update_xaxes(**axis(showgrid=False, side="top", ticks="", tickangle=0))
    made.update_yaxes(**axis(showgrid=False, autorange="reversed", ticks=""))
    made.update_layout(margin={"t": 90})
    return made


def _times(value: float) -> str:
    """A factor, cut where it says no more than "very many"."""
    return f"> {number(MOST_TIMES, 0)}" if value > MOST_TIMES else number(value, 1 if value < 100.0 else 0)


def factor(value: Any) -> float | None:
    """A variance reduction of a payload, where infinity is written as text."""
    return math.inf if value == "infinite" else None if value is None else float(value)


def bundle(data: Any, lang: str = "en") -> go.Figure:
    """Shapley shares of a bundle in cash and carbon, and the combined effect."""
    import plotly.graph_objects as go

    payload = data.payload()
    found, names = payload["bundle"], {task["id"]: title(task, [task]).of(lang) for task in payload["tasks"]}
    members = found["members"]
    made = figure(t("report.fig.bundle", lang), height=190 + 46 * (len(members) + 1), showlegend=False)
    rows = [wrapped(names.get(member, member)) for member in members] + [f"<b>{t('report.line.total', lang)}</b>"]
    for key, xaxis, position in (("cash_krw", "x", 0), ("carbon_kg", "x2", 2)):
        values = [found["shapley"][member][key] for member in members] + [mean_of(found["combined"][key])]
        made.add_trace(
            go.Bar(
                x=values,
                y=rows,
                xaxis=xaxis,
                orientation="h",
                marker={"color": [colour(position)] * len(members) + [FAINT]},
                text=[number(value, 0) for value in values],
                textposition="auto",
                hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
            )
        )
    made.update_layout(
        xaxis=axis(t("report.axis.cost_year", lang), domain=[0.0, 0.47], tickformat=",.3~s"),
        xaxis2=axis(t("report.axis.carbon_year", lang), domain=[0.53, 1.0], anchor="y", tickformat=",.3~s"),
        yaxis=axis(autorange="reversed", showgrid=False),
    )
    return made
