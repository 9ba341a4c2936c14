"""A front: cost against what is limited, with the bound below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.core.messages import t
from twin.report.figures.style import FAINT, axis, colour, figure
from twin.report.words import label

if TYPE_CHECKING:
    import plotly.graph_objects as go


def front(data: Any, lang: str = "en") -> go.Figure:
    """Cost of the best schedule found within each limit, and the bound that none can undercut; between them is what is not known."""
    import plotly.graph_objects as go

    rows = data.payload()["front"]
    key = next(iter(rows[0]))
    made = figure(t(f"report.title.front_{data.axis}", lang), height=420)
    for k, (name, dash) in enumerate((("cost_krw", "solid"), ("bound_krw", "dot"))):
        made.add_trace(
            go.Scatter(
                x=[row[key] for row in rows],
                y=[row[name] for row in rows],
                mode="lines+markers",
                name=label("col", name, lang),
                line={"dash": dash, "color": FAINT if k else colour(0)},
            )
        )
    made.update_xaxes(**axis(label("col", key, lang)))
    made.update_yaxes(**axis(label("col", "cost_krw", lang)))
    return made
