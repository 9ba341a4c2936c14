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
from twin.report.figures.style import axis, colour, figure
from twin.report.figures.tasks import interval_bars
from twin.report.traces import Band, bands
from twin.report.words import esc, label, mean_of, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

CASES = ("plan", "replay.deterministic", "replay.stochastic", "as_operated", "hand_rule")
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
    """Cash, carbon, peak and lateness of plan, replays, as operated and hand rule, side by side, each on its own scale."""
    import plotly.graph_objects as go

    found = cases_of(data.payload())
    shown = [name for name in MEASURES if any(mean_of(case.get(name)) is not None for case in found.values())]
    made = figure(t("report.fig.cases", lang), height=230 + 44 * len(found), showlegend=False)
    rows = [label("case", name, lang) for name in found]
    width = 1.0 / max(len(shown), 1)
    for position, name in enumerate(shown):
        figures = [case.get(name) for case in found.values()]
        as_intervals = [f if isinstance(f, Mapping) else {"mean": f} for f in figures]
        suffix = "" if position == 0 else str(position + 1)
        made.add_trace(
            go.Bar(
                x=[mean_of(f) for f in figures],
                y=rows,
                xaxis=f"x{suffix}",
                orientation="h",
                marker={"color": [colour(k) for k in range(len(rows))]},
                error_x=interval_bars(
                    [f if f.get("mean") is not None else {"mean": 0.0} for f in as_intervals], "#1f2933"
                ),
                text=[number(mean_of(f), 0) for f in figures],
                textposition="inside",
                insidetextanchor="start",
                hovertemplate="%{y}: %{x:,.1f}<extra></extra>",
            )
        )
        values = [value for f in figures if (value := mean_of(f)) is not None]
        made.update_layout(
            {
                f"xaxis{suffix}": axis(
                    label("col", name, lang),
                    domain=[position * width, (position + 1) * width - 0.03],
                    anchor="y",
                    tickformat=",.3~s",
                    nticks=4,
                    range=_range(values, from_zero=name != "cash_krw"),
                )
            }
        )
    made.update_yaxes(**axis(autorange="reversed", showgrid=False))
    return made


def _range(values: list[float], *, from_zero: bool) -> list[float]:
    """Cash differs by a few per cent: its axis begins where differences can be seen; the axis says so by its ticks."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if from_zero or high - low > 0.3 * abs(high):
        return [min(0.0, low) * 1.05, high * 1.08 if high > 0.0 else 1.0]
    spread = max(high - low, 0.01 * abs(high))
    return [low - 1.5 * spread, high + 0.7 * spread]


def plan_gantt(data: Any, lang: str = "en") -> go.Figure:
    """Batches of the plan by equipment over tariff hours, coloured by product (heats: by the metal they melt)."""
    import plotly.graph_objects as go

    plan, start = data.plan, horizon_start(data.scenario)
    machines = list(dict.fromkeys(sorted(batch.equipment for batch in plan.batches)))
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
    for position, product in enumerate(dict.fromkeys(batch.product for batch in plan.batches)):
        mine = [batch for batch in plan.batches if batch.product == product]
        edges = np.array([(b.not_before_s, b.not_before_s + b.duration_s, np.nan) for b in mine]).ravel()
        y = np.array([(row[b.equipment], row[b.equipment], np.nan) for b in mine]).ravel()
        text = [esc(f"{b.key}: {b.mass_kg:,.0f} kg") for b in mine for _ in range(3)]
        made.add_trace(
            go.Scatter(
                x=local_ms(start, edges),
                y=y,
                yaxis="y2",
                mode="lines",
                name=esc(product),
                line={"width": 18, "color": colour(position)},
                text=text,
                hovertemplate="%{text}<br>%{x|%Y-%m-%d %H:%M}<extra></extra>",
            )
        )
    made.update_layout(
        xaxis=axis(type="date", showgrid=False, tickformat="%H:%M\n%m-%d", anchor="y2"),
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
