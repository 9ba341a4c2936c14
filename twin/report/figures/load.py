"""The load curve over the hours of the tariff, above what every machine does, on one time axis; and the load duration curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.messages import t
from twin.ledger.energy import QUARTER_S, quarter_edges_s
from twin.ledger.trace import STATES
from twin.report.clock import local_ms
from twin.report.figures.style import BAND_COLOURS, INK, STATE_COLOURS, axis, colour, figure
from twin.report.traces import Band, band_spans, first, power_by_group_kw
from twin.report.words import esc, group_of, label, state_text

if TYPE_CHECKING:
    import datetime as dt

    import plotly.graph_objects as go

    from twin.experiment.result import RunResult
    from twin.ledger.accounts import Accounts
    from twin.ledger.trace import Trace

WEEK_MS = 7 * 86_400_000.0
ROW_PX, CURVE_PX, GAP_PX = 26, 430, 18
"""height of a machine's row, of the curve above the rows, and of the gap between them"""
_DRAWN = ("off", "standby", "starved", "blocked", "setup", "startup", "holding", "processing", "down")


def load_curve(data: RunResult, lang: str = "en") -> go.Figure:
    """Load by station over tariff hours, limits and billing demand; below it the states of all machines. First replication."""
    trace, accounts = first(data)
    drawn = machines(trace)
    height = CURVE_PX + ROW_PX * len(drawn) + 120
    split = (ROW_PX * len(drawn)) / (CURVE_PX + ROW_PX * len(drawn))
    top = split + GAP_PX / (CURVE_PX + ROW_PX * len(drawn))
    made = figure(t("report.fig.load_curve", lang), height=height)
    add_bands(made, band_spans(data, trace), trace.start, lang)
    _add_power(made, trace, lang)
    _add_limits(made, data, accounts, trace, lang)
    _add_states(made, trace, drawn, lang)
    begin = float(local_ms(trace.start, np.array([0.0]))[0])
    end = float(local_ms(trace.start, np.array([trace.duration_s]))[0])
    made.update_layout(
        hovermode="closest",
        legend={"orientation": "h", "y": -0.09, "yanchor": "top", "x": 0, "traceorder": "normal"},
        xaxis=axis(
            type="date",
            anchor="y3",
            range=[begin, min(end, begin + WEEK_MS)],
            showgrid=False,
            tickformatstops=_ticks(),
            rangeselector=_ranges(lang, end - begin),
        ),
        yaxis=axis(domain=[top, 1.0], range=[0, 1], visible=False, fixedrange=True),
        yaxis2=axis(
            t("report.axis.power_kw", lang),
            domain=[top, 1.0],
            overlaying="y",
            tickmode="auto",
            tickformat=",.0f",
            rangemode="tozero",
        ),
        yaxis3=axis(
            domain=[0.0, split],
            tickvals=list(range(len(drawn))),
            ticktext=[esc(name) for name in drawn],
            range=[len(drawn) - 0.4, -0.6],
            showgrid=False,
            zeroline=False,
            fixedrange=True,
            ticks="",
        ),
    )
    return made


def machines(trace: Trace) -> list[str]:
    """Equipment that has states of its own, in the order of its stations, utilities last; parts of the site always run and are left out."""
    seen = {trace.names.equipment[code] for code in np.unique(trace.states["equipment"]).tolist()}
    return [name for name in trace.names.equipment if name in seen and not name.startswith("site.")]


def _ticks() -> list[dict[str, Any]]:
    """Dates as numbers, which read alike in both languages."""
    return [
        {"dtickrange": [None, 3_600_000 * 12], "value": "%H:%M\n%m-%d"},
        {"dtickrange": [3_600_000 * 12, None], "value": "%m-%d\n%Y"},
    ]


def _ranges(lang: str, span_ms: float) -> dict[str, Any]:
    words = {"en": ("1 day", "1 week", "all"), "ko": ("1일", "1주", "전체")}["ko" if lang == "ko" else "en"]
    steps: list[dict[str, Any]] = [{"count": 1, "step": "day", "label": words[0]}]
    if span_ms > WEEK_MS:
        steps.append({"count": 7, "step": "day", "label": words[1]})
    steps.append({"step": "all", "label": words[2]})
    return {
        "buttons": steps,
        "x": 0.0,
        "xanchor": "left",
        "y": 1.01,
        "yanchor": "bottom",
        "bgcolor": "#f4f6f8",
        "activecolor": "#c9d6e2",
    }


def add_bands(made: go.Figure, spans: Sequence[Band], start: dt.datetime, lang: str, yaxis: str = "y") -> None:
    """Rectangles of every band of the tariff, one trace a band, over the whole height (0 to 1) of ``yaxis``."""
    import plotly.graph_objects as go

    for name in dict.fromkeys(sorted((span.name for span in spans), key=list(BAND_COLOURS).index)):
        edges = np.array([(s.t0, s.t0, s.t1, s.t1, np.nan) for s in spans if s.name == name]).ravel()
        made.add_trace(
            go.Scatter(
                x=local_ms(start, edges),
                y=np.tile([0.0, 1.0, 1.0, 0.0, np.nan], len(edges) // 5),
                yaxis=yaxis,
                mode="lines",
                fill="toself",
                fillcolor=BAND_COLOURS[name],
                line={"width": 0, "color": BAND_COLOURS[name]},
                hoverinfo="skip",
                name=t("report.legend.band", lang, band=label("band", name, lang)),
                legendgroup="bands",
            )
        )


def _add_power(made: go.Figure, trace: Trace, lang: str) -> None:
    """Stacked power of each group, what supplies on site below zero, and the line at the meter."""
    import plotly.graph_objects as go

    x = local_ms(trace.start, quarter_edges_s(0.0, trace.duration_s)[:-1])
    groups = power_by_group_kw(trace)
    for position, (group, kw) in enumerate(groups.items()):
        supplies = float(kw.min()) < 0.0
        name = group_of(group, lang)
        made.add_trace(
            go.Scatter(
                x=x,
                y=np.round(kw, 3),
                yaxis="y2",
                mode="lines",
                stackgroup="supply" if supplies else "load",
                name=name,
                line={"width": 0.6, "shape": "hv", "color": colour(position)},
                hovertemplate=f"{name}: %{{y:,.1f}} kW<br>%{{x|%Y-%m-%d %H:%M}}<extra></extra>",
            )
        )
    net = np.round(np.sum(list(groups.values()), axis=0), 3)
    name = t("report.legend.meter", lang)
    made.add_trace(
        go.Scatter(
            x=x,
            y=net,
            yaxis="y2",
            mode="lines",
            name=name,
            line={"width": 1.4, "shape": "hv", "color": INK},
            hovertemplate=f"{name}: %{{y:,.1f}} kW<br>%{{x|%Y-%m-%d %H:%M}}<extra></extra>",
        )
    )


def _add_limits(made: go.Figure, data: RunResult, accounts: Accounts, trace: Trace, lang: str) -> None:
    """Contract power, power cap, and the billing demand of each month."""
    site = data.scenario.spec.site
    span = local_ms(trace.start, np.array([0.0, trace.duration_s]))
    _limit(made, span, [site.contract_power_kw] * 2, t("report.legend.contract", lang), "#b00020", "dash")
    if site.power_cap_kw is not None:
        _limit(made, span, [site.power_cap_kw] * 2, t("report.legend.power_cap", lang), "#7b5ea7", "dot")
    if accounts.bill is not None:
        x, y = _monthly(trace, accounts.bill.quantities.billing_demand_kw)
        _limit(made, x, y, t("report.legend.billing_demand", lang), "#d55e00", "dashdot")


def _monthly(trace: Trace, demand_kw: Mapping[str, float]) -> tuple[np.ndarray, list[float]]:
    """A step line of one value a month over the trace."""
    edges = quarter_edges_s(0.0, trace.duration_s)
    x = local_ms(trace.start, edges)
    months = (x[:-1].astype("datetime64[ms]")).astype("datetime64[M]").astype(str)
    first_of = [0, *(np.flatnonzero(months[1:] != months[:-1]) + 1).tolist()]
    values = [demand_kw.get(str(months[k]), float("nan")) for k in first_of]
    stamps = np.repeat([*x[first_of], x[-1]], 2)[1:-1]
    return stamps, [value for value in values for _ in range(2)]


def _limit(made: go.Figure, x: np.ndarray, y: Iterable[float], name: str, line: str, dash: str) -> None:
    import plotly.graph_objects as go

    made.add_trace(
        go.Scatter(
            x=x,
            y=list(y),
            yaxis="y2",
            mode="lines",
            name=name,
            line={"color": line, "width": 1.6, "dash": dash},
            hovertemplate=f"{name}: %{{y:,.0f}} kW<extra></extra>",
        )
    )


def _add_states(made: go.Figure, trace: Trace, drawn: Sequence[str], lang: str) -> None:
    """One thick line a state, broken between its rows; times and state in the hover of both ends."""
    import plotly.graph_objects as go

    row = {name: k for k, name in enumerate(drawn)}
    rows = np.array([row.get(name, -1) for name in trace.names.equipment])
    states = trace.states
    for state in _DRAWN:
        here = states.where(states["state"] == STATES.index(state))
        if not len(here):
            continue
        edges = np.stack([here["t0"], here["t1"], np.full(len(here), np.nan)], axis=1).ravel()
        y = np.repeat(rows[here["equipment"]].astype(float), 3)
        y[2::3] = np.nan
        word = state_text(state, lang)
        made.add_trace(
            go.Scatter(
                x=local_ms(trace.start, edges),
                y=y,
                yaxis="y3",
                mode="lines",
                name=word,
                connectgaps=False,
                line={"color": STATE_COLOURS[state], "width": 15},
                hovertemplate=f"{word}<br>%{{x|%Y-%m-%d %H:%M:%S}}<extra></extra>",
            )
        )


def load_duration(data: RunResult, lang: str = "en") -> go.Figure:
    """Quarter-hour load at the meter of every replication, sorted; the first one dark, the others behind it."""
    import plotly.graph_objects as go

    made = figure(t("report.fig.load_duration", lang), height=380)
    for rep in reversed(data.replications[:20]):
        kw = np.sort(rep.quarter_kwh())[::-1] * (3600.0 / QUARTER_S)
        main = rep is data.replications[0]
        made.add_trace(
            go.Scatter(
                x=(np.arange(len(kw)) + 0.5) * QUARTER_S / 3600.0,
                y=np.round(kw, 2),
                mode="lines",
                showlegend=False,
                line={"width": 2.2 if main else 0.8, "color": "#0072b2" if main else "#b7cfe3"},
                hovertemplate="%{y:,.1f} kW, %{x:,.1f} h<extra></extra>",
            )
        )
    contract = data.scenario.spec.site.contract_power_kw
    made.add_hline(
        y=contract,
        line={"color": "#b00020", "dash": "dash", "width": 1.4},
        annotation_text=t("report.legend.contract", lang),
        annotation_position="bottom right",
    )
    made.update_xaxes(**axis(t("report.axis.hours", lang), tickformat=",.0f", rangemode="tozero"))
    made.update_yaxes(**axis(t("report.axis.power_kw", lang), tickformat=",.0f", rangemode="tozero"))
    return made
