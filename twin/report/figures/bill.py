"""What the electricity bill is made of: by line, and by month."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.core.messages import t
from twin.report.figures.style import FAINT, INK, axis, colour, figure
from twin.report.words import esc, label, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

Line = Mapping[str, Any]


def bill_of(data: Any) -> Mapping[str, Any]:
    """The bill in a payload: that of a run or plan, or of a metered load."""
    payload: Mapping[str, Any] = data.payload()
    found: Mapping[str, Any] = payload.get("bill") or payload
    return found


def line_text(name: str, lang: str) -> str:
    """The tariff's word for a line."""
    return label("line", name, lang, esc(name.replace("_", " ")))


def by_line(lines: Sequence[Line]) -> dict[str, tuple[float, bool]]:
    """(amount, verified) summed over months, in the order in which lines first occur."""
    sums: dict[str, tuple[float, bool]] = {}
    for line in lines:
        amount, verified = sums.get(line["name"], (0.0, True))
        sums[line["name"]] = (math.fsum((amount, line["amount"])), verified and bool(line["verified"]))
    return sums


def bill(data: Any, lang: str = "en") -> go.Figure:
    """Waterfall of the bill's lines over all months up to its total."""
    import plotly.graph_objects as go

    found = bill_of(data)
    sums, currency = by_line(found["lines"]), str(found.get("currency", "KRW"))
    names = [line_text(name, lang) + ("" if verified else " *") for name, (_, verified) in sums.items()]
    total = math.fsum(amount for amount, _ in sums.values())
    made = figure(t("report.fig.bill", lang), height=440, showlegend=False)
    made.add_trace(
        go.Waterfall(
            x=[*names, t("report.line.total", lang)],
            y=[*(amount for amount, _ in sums.values()), total],
            measure=["relative"] * len(names) + ["total"],
            text=[number(amount, 0) for amount, _ in sums.values()] + [number(total, 0)],
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": "#9aa5b1", "width": 1}},
            increasing={"marker": {"color": "#0072b2"}},
            decreasing={"marker": {"color": "#009e73"}},
            totals={"marker": {"color": "#44546a"}},
            textfont={"size": 11, "color": INK},
            hovertemplate="%{x}: %{text} " + esc(currency) + "<extra></extra>",
        )
    )
    made.update_xaxes(**axis(tickangle=-25, showgrid=False))
    made.update_yaxes(**axis(_money(currency, lang), tickformat=",.0f"))
    if any(not verified for _, verified in sums.values()):
        made.add_annotation(
            text=t("report.page.hatched", lang),
            xref="paper",
            yref="paper",
            x=1.0,
            y=1.06,
            showarrow=False,
            font={"size": 11, "color": FAINT},
        )
    return made


def bill_months(data: Any, lang: str = "en") -> go.Figure:
    """Stacked lines of every month."""
    import plotly.graph_objects as go

    found = bill_of(data)
    lines, currency = found["lines"], str(found.get("currency", "KRW"))
    months = sorted({line["month"] for line in lines})
    made = figure(t("report.fig.bill_months", lang), height=420, barmode="relative")
    for position, (name, (_, verified)) in enumerate(by_line(lines).items()):
        y = [
            math.fsum(line["amount"] for line in lines if line["month"] == month and line["name"] == name)
            for month in months
        ]
        word = line_text(name, lang)
        made.add_trace(
            go.Bar(
                x=months,
                y=y,
                name=word + ("" if verified else " *"),
                marker={"color": colour(position), "pattern": {"shape": "" if verified else "/"}},
                hovertemplate=f"{word}, %{{x}}: %{{y:,.0f}} {esc(currency)}<extra></extra>",
            )
        )
    made.update_xaxes(**axis(type="category", showgrid=False))
    made.update_yaxes(**axis(_money(currency, lang), tickformat=",.0f"))
    return made


def _money(currency: str, lang: str) -> str:
    return t("report.axis.krw", lang) if currency == "KRW" else esc(currency)
