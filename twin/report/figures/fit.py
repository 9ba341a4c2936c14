"""A calibration: meter and model on one day, parameters with intervals, errors beside naive predictors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.messages import t
from twin.report.clock import local_ms
from twin.report.figures.style import INK, axis, colour, figure
from twin.report.words import esc, label, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

DAY_S = 86_400.0
METRICS = ("total_error_pct", "batch_mape_pct", "cvrmse_15min_pct", "cvrmse_hourly_pct", "daily_peak_error_pct")


def measured(data: Any, lang: str = "en") -> go.Figure:
    """Minute power as metered and as modelled (given starts and taps) on the day of the log with most heats."""
    import plotly.graph_objects as go

    from twin.meters.naive import place

    log = data.test or data.training
    predicted = place(log.load, log.heats, data.model.paths(log.heats, taps=True))
    days = [int(heat.t0_s // DAY_S) for heat in log.heats]
    day = max(sorted(set(days)), key=days.count)
    times = log.load.t0_s + 60.0 * np.arange(len(log.load.power_kw))
    here = (times >= day * DAY_S) & (times < (day + 1) * DAY_S)
    x = local_ms(log.meter.start, times[here])
    made = figure(t("report.fig.measured", lang), height=400)
    for name, kw, ink, width in (("measured", log.load.power_kw, INK, 1.2), ("model", predicted, "#d55e00", 2.0)):
        word = t(f"report.legend.{name}", lang)
        made.add_trace(
            go.Scatter(
                x=x,
                y=np.round(kw[here], 2),
                mode="lines",
                name=word,
                line={"color": ink, "width": width, "shape": "hv"},
                hovertemplate=f"{word}: %{{y:,.1f}} kW<br>%{{x|%Y-%m-%d %H:%M}}<extra></extra>",
            )
        )
    made.update_xaxes(**axis(t("report.axis.time", lang), type="date", tickformat="%H:%M\n%Y-%m-%d", showgrid=False))
    made.update_yaxes(**axis(t("report.axis.power_kw", lang), rangemode="tozero", tickformat=",.0f"))
    return made


def parameters(data: Any, lang: str = "en") -> go.Figure:
    """Each parameter's interval relative to its value; hollow where the data do not identify it."""
    import plotly.graph_objects as go

    rows = [row for row in data.payload()["parameters"] if row["value"]]
    made = figure(t("report.fig.parameters", lang), height=170 + 34 * max(len(rows), 2))
    names = [
        f"{esc(label('parameter', row['name'], lang, row['name']))} = {number(row['value'])} "
        f"{'' if row['unit'] == '1' else esc(row['unit'])}"
        for row in rows
    ]
    for identified in (True, False):
        here = [k for k, row in enumerate(rows) if bool(row["identified"]) == identified]
        if not here:
            continue
        made.add_trace(
            go.Scatter(
                x=[1.0] * len(here),
                y=here,
                mode="markers",
                name=t(f"report.legend.{'identified' if identified else 'prior'}", lang),
                marker={
                    "size": 11,
                    "color": colour(0),
                    "symbol": "circle" if identified else "circle-open",
                    "line": {"width": 2},
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "color": colour(0),
                    "thickness": 2,
                    "array": [max(0.0, _ratio(rows[k], "high") - 1.0) for k in here],
                    "arrayminus": [max(0.0, 1.0 - _ratio(rows[k], "low")) for k in here],
                },
                hovertext=[f"{names[k]} ({number(rows[k]['low'])} … {number(rows[k]['high'])})" for k in here],
                hoverinfo="text",
            )
        )
    made.update_xaxes(**axis(t("report.axis.ratio", lang), tickformat=".2f"))
    made.update_yaxes(
        **axis(tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5], zeroline=False)
    )
    made.update_layout(legend={"y": -2.2 / max(len(rows), 2)})
    return made


def _ratio(row: Any, end: str) -> float:
    """An end of the interval over the value; the smaller and the larger ratio for negative values too."""
    ratios = sorted((row["low"] / row["value"], row["high"] / row["value"]))
    return float(ratios[0] if end == "low" else ratios[1])


def errors(data: Any, lang: str = "en") -> go.Figure:
    """Absolute errors of the twin beside every naive predictor, a panel for what was given: one row a measure, one mark a predictor."""
    import plotly.graph_objects as go

    payload = data.payload()
    judged = payload.get("out_of_sample") or payload["in_sample"]
    made = figure(t("report.fig.errors", lang), height=620)
    shown = [label("metric", name, lang) for name in METRICS]
    named: set[str] = set()
    for panel, given in enumerate(("starts_and_taps", "starts_only")):
        predictors = {**payload["naive"].get(given, {}), "model": judged[given]}
        for name, scores in predictors.items():
            word = esc(label("predictor", name, lang))
            values = [abs(scores[metric]) for metric in METRICS]
            twin = name == "model"
            made.add_trace(
                go.Scatter(
                    x=values,
                    y=shown,
                    xaxis="x",
                    yaxis="y" if panel == 0 else "y2",
                    mode="markers+text" if twin else "markers",
                    name=word,
                    legendgroup=name,
                    showlegend=name not in named,
                    text=[f"<b>{number(value, 1)}</b>" for value in values] if twin else None,
                    textposition="top center",
                    textfont={"size": 12, "color": colour(0)},
                    cliponaxis=False,
                    marker=_mark(name),
                    hovertemplate=f"{word}, %{{y}}: %{{x:.2f}} %<extra></extra>",
                )
            )
            named.add(name)
    made.update_xaxes(**axis(t("report.axis.error", lang), rangemode="tozero", anchor="y2"))
    rows: dict[str, Any] = {"range": [len(METRICS) - 0.5, -0.7], "showgrid": True, "zeroline": False}
    made.update_layout(
        yaxis=axis(domain=[0.55, 0.96], **rows),
        yaxis2=axis(domain=[0.0, 0.41], **rows),
        annotations=[
            {
                "text": f"<b>{esc(label('given', given, lang))}</b>",
                "x": 0.0,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
            for given, top in (("starts_and_taps", 0.965), ("starts_only", 0.415))
        ],
        legend={"y": -0.13, "traceorder": "reversed"},
    )
    return made


_NAIVE_MARKS = {
    "mean_kwh": ("diamond", "#8c8c8c"),
    "mean_kw_x_length": ("square", "#b08968"),
    "a_plus_b_x_length": ("triangle-up", "#cc79a7"),
    "mean_profile": ("x", "#44546a"),
    "mean_course": ("triangle-down", "#009e73"),
    "mean_course_to_mean_length": ("star-triangle-down", "#e69f00"),
}


def _mark(name: str) -> dict[str, Any]:
    """The twin's mark is large and full; each naive predictor has its own shape and colour."""
    if name == "model":
        return {"size": 13, "color": colour(0), "symbol": "circle"}
    symbol, ink = _NAIVE_MARKS.get(name, ("cross", "#8c8c8c"))
    return {"size": 9, "color": ink, "symbol": symbol}
