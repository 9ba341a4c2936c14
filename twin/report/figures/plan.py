"""A plan: the schedule over the hours of the tariff, and how it compares with its replay, today's dispatching and a hand rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.messages import t
from twin.ledger.energy import QUARTER_S
from twin.ledger.power import tariff_of
from twin.report.clock import horizon_start, instant, local_ms
from twin.report.figures.load import ROW_PX, add_bands
from twin.report.figures.style import FAINT, GRID, axis, colour, figure
from twin.report.figures.tasks import interval_bars
from twin.report.traces import Band, bands
from twin.report.words import esc, label, mean_of, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

CASES = ("plan", "replay.deterministic", "replay.stochastic", "as_operated", "hand_rule", "earlier_plan")
MEASURES = ("cash_krw", "carbon_kg", "peak_kw", "lateness_h")


def cases_of(payload: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The ways of dispatching that a payload holds; ``replay.stochastic`` may be one key or a table in a table."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in CASES:
        outer, _, inner = name.partition(".")
        case = payload.get(name)
        if case is None and inner and isinstance(payload.get(outer), Mapping):
            case = payload[outer].get(inner)
        if isinstance(case, Mapping):
            found[name] = case
    return found


def cases(data: Any, lang: str = "en") -> go.Figure:
    """Cash, carbon, peak and lateness of plan, replays, as operated and hand rule, side by side, each on its own scale; 95 % intervals."""
    import plotly.graph_objects as go

    found = cases_of(data.payload())
    shown = [name for name in MEASURES if any(mean_of(case.get(name)) is not None for case in found.values())]
    made = figure(t("report.fig.cases", lang), height=200 + 46 * len(found), showlegend=False)
    rows = [label("case", name, lang) for name in found]
    width = 1.0 / max(len(shown), 1)
    for position, name in enumerate(shown):
        figures = [_interval(case.get(name)) for case in found.values()]
        made.add_trace(
            go.Scatter(
                x=[f["mean"] for f in figures],
                y=rows,
                xaxis=_axis_name("x", position),
                mode="markers+text",
                marker={"size": 12, "symbol": "square", "color": [colour(k) for k in range(len(rows))]},
                error_x=interval_bars([f if f["mean"] is not None else {"mean": 0.0} for f in figures], FAINT),
                text=[number(f["mean"], 1 if name == "lateness_h" else 0) for f in figures],
                textposition="top center",
                textfont={"size": 11},
                cliponaxis=False,
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        )
        place = [position * width, (position + 1) * width - 0.03]
        made.update_layout(
            {
                _axis_name("xaxis", position): axis(
                    label("col", name, lang),
                    domain=place,
                    anchor="y",
                    tickformat=",.4~s",
                    nticks=4,
                    range=_range(figures),
                )
            }
        )
    made.update_yaxes(**axis(autorange="reversed", gridcolor=GRID))
    return made


def _axis_name(letter: str, position: int) -> str:
    """plotly's name of the n-th axis."""
    return letter if position == 0 else f"{letter}{position + 1}"


def _interval(value: Any) -> dict[str, Any]:
    """A figure of a payload, interval or plain number, as an interval."""
    return dict(value) if isinstance(value, Mapping) else {"mean": value, "low": None, "high": None}


def _range(figures: list[dict[str, Any]]) -> list[float]:
    """Both ends of all intervals, with room for the text."""
    ends = [float(f[end]) for f in figures for end in ("mean", "low", "high") if f.get(end) is not None]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = 0.22 * (high - low) or max(0.1 * abs(high), 1.0)
    return [low - room, high + room]


def plan_gantt(data: Any, lang: str = "en") -> go.Figure:
    """Batches of the plan by equipment over tariff hours, coloured by product (heats: by the metal they melt)."""
    import plotly.graph_objects as go

    plan, start = data.plan, horizon_start(data.scenario)
    batches = [batch for batch in plan.batches if batch.duration_s > 0.0]
    machines = sorted({batch.equipment for batch in batches})
    row = {name: float(k) for k, name in enumerate(machines)}
    made = figure(t("report.fig.plan_gantt", lang), height=200 + (ROW_PX + 8) * max(len(machines), 2))
    begin = instant(start, plan.start_s)
    n = max(1, round(plan.horizon_s / QUARTER_S))
    names = bands(tariff_of(data.scenario), begin, n)
    add_bands(
        made,
        [Band(name, plan.start_s + k * QUARTER_S, plan.start_s + (k + 1) * QUARTER_S) for k, name in enumerate(names)],
        start,
        lang,
    )
    for position, product in enumerate(dict.fromkeys(batch.product for batch in batches)):
        mine = [batch for batch in batches if batch.product == product]
        edges = np.array([(b.not_before_s, b.not_before_s + b.duration_s, np.nan) for b in mine]).ravel()
        y = np.array([(row[b.equipment], row[b.equipment], np.nan) for b in mine]).ravel()
        text = [esc(f"{b.key}: {b.mass_kg:,.0f} kg") for b in mine for _ in range(3)]
        made.add_trace(
            go.Scatter(
                x=local_ms(start, edges),
                y=y,
                yaxis="y2",
                mode="lines",
                name=esc(product) or t("report.legend.heat", lang),
                line={"width": 18, "color": colour(position)},
                text=text,
                hovertemplate="%{text}<br>%{x|%Y-%m-%d %H:%M}<extra></extra>",
            )
        )
    made.update_layout(
        xaxis=axis(type="date", showgrid=False, tickformat="%H:%M\n%m-%d", anchor="y2"),
        legend={"y": -55.0 / (40.0 + (ROW_PX + 8) * max(len(machines), 2)), "traceorder": "normal"},
        yaxis=axis(range=[0, 1], visible=False, fixedrange=True),
        yaxis2=axis(
            overlaying="y",
            tickmode="array",
            tickvals=list(range(len(machines))),
            ticktext=[esc(name) for name in machines],
            range=[len(machines) - 0.4, -0.6],
            showgrid=False,
            zeroline=False,
            fixedrange=True,
        ),
    )
    return made
