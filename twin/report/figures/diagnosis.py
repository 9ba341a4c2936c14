"""A diagnosis: what losses cost, and what one step of change is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.core.messages import t
from twin.report.figures.style import TERM_COLOURS, axis, colour, figure
from twin.report.figures.tasks import wrapped
from twin.report.words import esc, label, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_STEPS = 15


def loss_terms(data: Any, lang: str = "en") -> go.Figure:
    """Cost of each loss a year, stacked by equipment; heat that leaves with the metal is left out."""
    import plotly.graph_objects as go

    losses = [loss for loss in data.payload()["losses"] if not loss.get("useful")]
    equipment = list(dict.fromkeys(loss["equipment"] for loss in losses))
    made = figure(t("report.fig.loss_terms", lang), height=240 + 46 * len(equipment), barmode="relative")
    found = {(loss["equipment"], loss["term"]): loss for loss in losses}
    for term in dict.fromkeys(loss["term"] for loss in losses):
        rows = [found.get((name, term)) for name in equipment]
        word = label("term", term, lang, esc(term))
        made.add_trace(
            go.Bar(
                y=[esc(name) for name in equipment],
                x=[0.0 if row is None else row["krw"] for row in rows],
                orientation="h",
                name=word,
                marker={"color": TERM_COLOURS.get(term, colour(0)), "line": {"color": "#ffffff", "width": 1}},
                customdata=[0.0 if row is None else row["kwh"] for row in rows],
                hovertemplate=f"%{{y}}, {word}: %{{x:,.0f}} KRW, %{{customdata:,.0f}} kWh<extra></extra>",
            )
        )
    made.update_xaxes(**axis(f"{t('report.unit.KRW/year', lang)}", tickformat=",.3~s"))
    made.update_yaxes(**axis(autorange="reversed", showgrid=False))
    made.update_layout(legend={"y": -0.75 / (1.0 + 0.25 * len(equipment))})
    return made


def steps(data: Any, lang: str = "en") -> go.Figure:
    """What one step changes a year in cash, with its interval, best first."""
    import plotly.graph_objects as go

    rows = sorted(data.payload()["steps"], key=lambda step: step["krw"])[:MOST_STEPS]
    made = figure(t("report.fig.steps", lang), height=170 + 46 * max(len(rows), 2), showlegend=False)
    arms = [(step.get("intervals") or {}).get("krw") or {} for step in rows]

    def arm(k: int, end: str) -> float:
        value = arms[k].get(end)
        return 0.0 if value is None else abs(value - rows[k]["krw"])

    made.add_trace(
        go.Bar(
            x=[step["krw"] for step in rows],
            y=[step_text(step, lang) for step in rows],
            orientation="h",
            marker={"color": ["#009e73" if step["krw"] < 0.0 else "#d55e00" for step in rows]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [arm(k, "high") for k in range(len(rows))],
                "arrayminus": [arm(k, "low") for k in range(len(rows))],
                "color": "#1f2933",
                "thickness": 1.6,
            },
            customdata=[[number(step["kwh"], 0), number(step["kg"], 0)] for step in rows],
            hovertemplate="%{y}: %{x:,.0f} KRW, %{customdata[0]} kWh, %{customdata[1]} kgCO2e<extra></extra>",
        )
    )
    made.update_xaxes(**axis(t("report.axis.cost_year", lang), tickformat=",.3~s", zeroline=True))
    made.update_yaxes(**axis(autorange="reversed", showgrid=False))
    return made


def step_text(step: Any, lang: str) -> str:
    """``tap 20 K cooler (melt)``."""
    place = label("place", step["place"], lang, step["place"])
    return wrapped(f"{label('step', step['step'], lang)} ({place})", 40)
