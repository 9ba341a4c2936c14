"""One look for all figures: colours that colour-blind people can tell apart, Korean and Latin fonts, thousands separators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = '"Pretendard","Noto Sans KR","NanumGothic","Malgun Gothic","Apple SD Gothic Neo",system-ui,sans-serif'
INK, FAINT, GRID = "#1f2933", "#616e7c", "#e4e7eb"
# Okabe & Ito (2008), "Color Universal Design", with two lighter and two darker companions.
PALETTE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#8c8c8c",
    "#f0e442",
    "#44546a",
    "#7fc8a9",
    "#b08968",
    "#5b4b8a",
)
STATE_COLOURS = {
    "processing": "#0072b2",
    "holding": "#e69f00",
    "setup": "#cc79a7",
    "startup": "#d55e00",
    "standby": "#a9cce3",
    "blocked": "#7b5ea7",
    "starved": "#d9d2b0",
    "down": "#111111",
    "off": "#eef1f4",
}
BAND_COLOURS = {
    "off_peak": "#e7f4ee",
    "mid_peak": "#fdf3d8",
    "on_peak": "#fbe0d6",
    "flat": "#f4f6f8",
    "level1": "#e7f4ee",
    "level2": "#fdf3d8",
    "level3": "#fbe0d6",
}
USEFUL_COLOURS = {
    "charge_sensible": "#00507d",
    "charge_latent": "#0072b2",
    "charge_superheat": "#56b4e9",
    "addition": "#9ad0f0",
}
LOSS_COLOURS = {
    "wall_conduction": "#d55e00",
    "opening": "#e69f00",
    "cooling_water": "#009e73",
    "auxiliary": "#8c8c8c",
    "slag": "#8a6d3b",
    "wall_storage": "#cc79a7",
    "bath_storage": "#7b5ea7",
    "convection": "#f0b27a",
    "flue": "#566573",
    "atmosphere": "#a3b18a",
    "fixture": "#b5838d",
    "leakage": "#6b705c",
}
TERM_COLOURS = {**USEFUL_COLOURS, **LOSS_COLOURS}
VERDICT_COLOURS = {
    "saves": "#009e73",
    "costs": "#d55e00",
    "not_demonstrated": "#8c8c8c",
    "not_applicable": "#c5ccd3",
    "service_broken": "#7b5ea7",
    "identical": "#8c8c8c",
}


def figure(title: str, **layout: Any) -> go.Figure:
    """An empty figure in the house style. ``layout`` goes to plotly's layout."""
    import plotly.graph_objects as go

    made = go.Figure()
    separators = ".,"
    made.update_layout(
        template="none",
        title={"text": title, "x": 0.0, "xref": "container", "xanchor": "left", "pad": {"l": 12}, "font": {"size": 17}},
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        separators=separators,
        margin={"l": 80, "r": 24, "t": 56, "b": 56},
        colorway=list(PALETTE),
        hoverlabel={"font": {"family": FONT}},
        legend={"orientation": "h", "y": -0.16, "x": 0.0, "yanchor": "top", "font": {"size": 12}},
        bargap=0.35,
    )
    made.update_xaxes(**AXIS)
    made.update_yaxes(**AXIS)
    made.update_layout(**layout)
    return made


AXIS: dict[str, Any] = {
    "gridcolor": GRID,
    "linecolor": "#9aa5b1",
    "zerolinecolor": "#7b8794",
    "ticks": "outside",
    "tickcolor": "#9aa5b1",
    "tickfont": {"color": INK},
    "title": {"font": {"size": 13, "color": FAINT}, "standoff": 10},
    "automargin": True,
    "showline": False,
}


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """An axis in the house style with a title."""
    return {**AXIS, "title": {**AXIS["title"], "text": title}, **more}


def colour(position: int) -> str:
    """The colour of the n-th series."""
    return PALETTE[position % len(PALETTE)]
