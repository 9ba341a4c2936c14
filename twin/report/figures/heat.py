"""Where energy goes: the flow from carriers over stations to metal and losses, and each furnace's heat balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from twin.core.messages import t
from twin.ledger.energy import row_amounts
from twin.ledger.losses import USEFUL, LossFactor
from twin.ledger.materials import material_sums
from twin.ledger.trace import CARRIER_UNITS, CARRIERS, TERMS, Trace
from twin.report.figures.style import INK, PALETTE, TERM_COLOURS, axis, figure
from twin.report.traces import first, group_names
from twin.report.words import esc, group_of, label, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from twin.experiment.result import RunResult

STORAGE = ("wall_storage", "bath_storage")
Links = dict[tuple[str, str], float]


def losses(data: RunResult, lang: str = "en") -> go.Figure:
    """Heat balance of every furnace as shares of its thermal input, terms in one order and colour."""
    import plotly.graph_objects as go

    _, accounts = first(data)
    factors = accounts.losses
    furnaces = list(dict.fromkeys(factor.equipment for factor in factors))[::-1]
    made = figure(t("report.fig.losses", lang), height=230 + 44 * len(furnaces), barmode="relative")
    found: Mapping[tuple[str, str], LossFactor] = {(f.equipment, f.term): f for f in factors}
    for term in TERMS:
        rows = [found.get((furnace, term)) for furnace in furnaces]
        if not any(rows):
            continue
        word = label("term", term, lang)
        made.add_trace(
            go.Bar(
                y=[esc(name) for name in furnaces],
                x=[0.0 if row is None else row.share * 100.0 for row in rows],
                orientation="h",
                name=word,
                marker={"color": TERM_COLOURS[term], "line": {"color": "#ffffff", "width": 1}},
                text=["" if row is None or abs(row.share) < 0.04 else f"{row.share * 100.0:.0f} %" for row in rows],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                constraintext="none",
                textfont={"color": "#ffffff"},
                customdata=[0.0 if row is None else row.kwh for row in rows],
                hovertemplate=f"%{{y}}, {word}: %{{x:.1f}} %, %{{customdata:,.0f}} kWh<extra></extra>",
            )
        )
    made.update_xaxes(**axis(t("report.axis.share", lang), tickformat=",.0f"))
    made.update_yaxes(**axis(showgrid=False))
    made.update_layout(legend={"y": -0.75 / (1.0 + 0.25 * len(furnaces)), "traceorder": "normal"})
    return made


def sankey(data: RunResult, lang: str = "en") -> go.Figure:
    """Carriers → stations → heat in metal, losses, drives → what became of the metal. kWh of the first replication."""
    import plotly.graph_objects as go

    trace, _ = first(data)
    links = energy_links(trace)
    names = list(dict.fromkeys(end for pair in links for end in pair))
    shown = [_node_text(name, lang) for name in names]
    total = sum(value for (source, _), value in links.items() if source.startswith("carrier:"))
    position = {name: k for k, name in enumerate(names)}
    made = figure(t("report.fig.sankey", lang), height=520, margin={"l": 20, "r": 20, "t": 56, "b": 20})
    flows = {name: max(_sum(links, 0, name), _sum(links, 1, name)) for name in names}
    made.add_trace(
        go.Sankey(
            arrangement="snap",
            valueformat=",.0f",
            valuesuffix=" kWh",
            textfont={"color": INK, "size": 12},
            node={
                "label": [f"{text}  {number(flows[name], 0)} kWh" for name, text in zip(names, shown, strict=True)],
                "pad": 14,
                "thickness": 16,
                "color": [_node_colour(name) for name in names],
                "line": {"width": 0},
                "customdata": [flows[name] / total * 100.0 if total else 0.0 for name in names],
                "hovertemplate": "%{label}<br>%{customdata:.1f} %<extra></extra>",
            },
            link={
                "source": [position[a] for a, _ in links],
                "target": [position[b] for _, b in links],
                "value": [round(v, 2) for v in links.values()],
                "color": ["rgba(97,110,124,0.22)"] * len(links),
                "hovertemplate": "%{source.label} → %{target.label}: %{value}<extra></extra>",
            },
        )
    )
    return made


def energy_links(trace: Trace) -> Links:
    """kWh between nodes: ``carrier:…``, ``group:…``, ``term:…``, ``metal:…``. Flows into a group equal flows out of it."""
    links: Links = {}
    groups = group_names(trace)
    supplied = _carriers(trace, groups, links)
    heat = _heat(trace)
    inputs: dict[str, float] = {}
    for (source, target), value in links.items():
        if source.startswith("carrier:"):
            inputs[target] = inputs.get(target, 0.0) + value
    for equipment, terms in heat.items():
        _split(links, f"group:{groups[equipment]}", terms, inputs)
    for group, kwh in inputs.items():
        if kwh > 1e-6 and group != "hub":
            links[group, "drives"] = links.get((group, "drives"), 0.0) + kwh
    _metal(trace, links)
    return {pair: value for pair, value in links.items() if value > max(1e-6, supplied * 1e-5)}


def _carriers(trace: Trace, groups: Mapping[str, str], links: Links) -> float:
    """Carriers into groups; electricity supplied on site takes its share of each group beside the grid. Returns the total."""
    rows = trace.flows
    key = rows["equipment"].astype(np.int64) * len(CARRIERS) + rows["carrier"]
    size = len(trace.names.equipment) * len(CARRIERS)
    kwh = np.bincount(key, row_amounts(rows), size).reshape(-1, len(CARRIERS))
    supply: dict[str, float] = {}
    drawn: dict[tuple[str, str], float] = {}
    for e, name in enumerate(trace.names.equipment):
        for c, carrier in enumerate(CARRIERS):
            if CARRIER_UNITS[carrier] != "kW" or not kwh[e, c]:
                continue
            if kwh[e, c] < 0.0:
                supply[f"supply:{groups[name]}"] = supply.get(f"supply:{groups[name]}", 0.0) - float(kwh[e, c])
            else:
                pair = (carrier, groups[name])
                drawn[pair] = drawn.get(pair, 0.0) + float(kwh[e, c])
    electric = sum(value for (carrier, _), value in drawn.items() if carrier == "electricity")
    grid = electric - sum(supply.values())
    sources = {"carrier:grid": grid, **{f"carrier:{name}": value for name, value in supply.items()}}
    for (carrier, group), value in drawn.items():
        parts = sources if carrier == "electricity" else {f"carrier:{carrier}": 1.0}
        whole = sum(parts.values())
        for source, part in parts.items():
            links[source, f"group:{group}"] = links.get((source, f"group:{group}"), 0.0) + value * part / whole
    return sum(drawn.values())


def _heat(trace: Trace) -> dict[str, dict[str, float]]:
    rows, names = trace.heat, trace.names.equipment
    kwh = np.bincount(
        rows["equipment"].astype(np.int64) * len(TERMS) + rows["term"], rows["kwh"], len(names) * len(TERMS)
    )
    table = kwh.reshape(len(names), len(TERMS))
    return {
        name: {TERMS[k]: float(table[e, k]) for k in np.flatnonzero(table[e]).tolist()}
        for e, name in enumerate(names)
        if table[e].any()
    }


def _split(links: Links, group: str, terms: Mapping[str, float], inputs: dict[str, float]) -> None:
    """A furnace's heat terms out of its group; heat given back by lining or bath comes in as a source."""
    for term, kwh in terms.items():
        if kwh < 0.0:
            links["storage", group] = links.get(("storage", group), 0.0) - kwh
        else:
            target = "metal" if term in USEFUL else f"term:{term}"
            links[group, target] = links.get((group, target), 0.0) + kwh
        inputs[group] = inputs.get(group, 0.0) - kwh


def _metal(trace: Trace, links: Links) -> None:
    """Heat in the metal over what became of the metal, by mass."""
    heat = sum(value for (_, target), value in links.items() if target == "metal")
    kg: dict[str, float] = {}
    for (_, role), mass in material_sums(trace).items():
        kind = {
            "good": "metal:good",
            "scrap": "metal:returns",
            "returns": "metal:returns",
            "melt_loss": "metal:lost_metal",
            "slag": "metal:lost_metal",
        }
        if role in kind:
            kg[kind[role]] = kg.get(kind[role], 0.0) + mass
    whole = sum(kg.values())
    for node, mass in kg.items():
        links["metal", node] = heat * mass / whole if whole else 0.0


def _sum(links: Links, end: int, name: str) -> float:
    return sum(value for pair, value in links.items() if pair[end] == name)


def _node_text(node: str, lang: str) -> str:
    kind, _, rest = node.partition(":")
    if kind == "carrier" and rest.startswith("supply:"):
        return group_of(rest.removeprefix("supply:"), lang)
    if kind == "carrier":
        return t("report.sankey.grid", lang) if rest == "grid" else label("carrier", rest, lang)
    if kind == "group":
        return group_of(rest, lang)
    if kind == "term":
        return t("report.sankey.storage_in", lang) if rest in STORAGE else label("term", rest, lang)
    return t(f"report.sankey.{rest or node}", lang)


def _node_colour(node: str) -> str:
    kind, _, rest = node.partition(":")
    if kind == "term":
        return TERM_COLOURS[rest]
    return (
        {"carrier": PALETTE[1], "group": PALETTE[8], "metal": "#0072b2", "drives": "#8c8c8c", "storage": "#cc79a7"}.get(
            kind, INK
        )
        if rest != "good"
        else "#009e73"
    )
