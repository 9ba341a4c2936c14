"""A verification: how far each simulated figure lies from theory, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.core.messages import t
from twin.report.figures.style import axis, colour, figure
from twin.report.words import esc, label, number

if TYPE_CHECKING:
    import plotly.graph_objects as go


def cases(data: Any, lang: str = "en") -> go.Figure:
    """Deviation of each case from theory in percent, with the simultaneous interval; cases that fail stand out."""
    import plotly.graph_objects as go

    rows = data.payload()["cases"]
    made = figure(t("report.fig.cases_of_theory", lang), height=140 + 17 * max(len(rows), 4))
    for passed in (True, False):
        here = [(k, row) for k, row in enumerate(rows) if row["pass"] == passed]
        if not here:
            continue
        made.add_trace(
            go.Scatter(
                x=[100.0 * (row["mean"] / row["exact"] - 1.0) for _, row in here],
                y=[k for k, _ in here],
                mode="markers",
                name=label("verdict", "agrees" if passed else "differs", lang),
                marker={"size": 7, "color": colour(0) if passed else "#d55e00", "symbol": "circle" if passed else "x"},
                error_x={
                    "type": "data",
                    "symmetric": True,
                    "array": [100.0 * (row["high"] - row["low"]) / 2.0 / abs(row["exact"]) for _, row in here],
                },
                text=[
                    f"{esc(row['name'])}<br>{number(row['exact'])} | {number(row['mean'])} {esc(row['unit'])}"
                    for _, row in here
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    made.add_vline(x=0.0, line_width=1)
    made.update_xaxes(**axis(t("report.axis.deviation_pct", lang), ticksuffix=" %"))
    made.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[esc(row["name"]) for row in rows],
        autorange="reversed",
        tickfont={"size": 9},
    )
    return made
