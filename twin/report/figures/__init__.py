"""Figures of results: one function a figure, ``(data, lang="en") -> plotly Figure``, found by the kind of the result and a name."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

FIGURES: dict[str, dict[str, str]] = {
    "run": {
        "load_curve": "load:load_curve",
        "sankey": "heat:sankey",
        "losses": "heat:losses",
        "bill": "bill:bill",
        "bill_months": "bill:bill_months",
        "load_duration": "load:load_duration",
    },
    "study": {
        "ranking": "tasks:ranking",
        "payback": "tasks:payback",
        "cash_flow": "tasks:cash_flow",
        "bundle": "tasks:bundle",
        "load_curve": "load:load_curve",
        "sankey": "heat:sankey",
        "losses": "heat:losses",
        "bill": "bill:bill",
        "variance_reduction": "tasks:variance_reduction",
    },
    "plan": {"cases": "plan:cases", "plan_gantt": "plan:plan_gantt", "bill": "bill:bill"},
    "diagnosis": {"steps": "diagnosis:steps", "loss_terms": "diagnosis:loss_terms"},
    "bill": {"bill": "bill:bill", "bill_months": "bill:bill_months"},
    "verification": {"cases": "verify:cases"},
    "front": {"front": "front:front"},
    "calibration": {"errors": "fit:errors", "parameters": "fit:parameters", "measured": "fit:measured"},
}
"""kind of the result: name of the figure: module and function below twin.report.figures"""

NEEDS = {
    ("run", "load_curve"): "trace0",
    ("run", "sankey"): "trace0",
    ("run", "losses"): "trace0",
    ("run", "bill"): "accounts0.bill",
    ("run", "bill_months"): "accounts0.bill",
    ("study", "bundle"): "bundle",
    ("study", "load_curve"): "run.trace0",
    ("study", "sankey"): "run.trace0",
    ("study", "losses"): "run.trace0",
    ("study", "bill"): "run.accounts0.bill",
    ("plan", "plan_gantt"): "plan",
    ("plan", "bill"): "payload.bill.lines",
    ("calibration", "measured"): "training",
    ("front", "front"): "payload.front",
}
"""What a result must hold for a figure to be drawn: a dotted path (attributes, methods, keys) to something that is there"""


OF_RUN = frozenset({("study", "load_curve"), ("study", "sankey"), ("study", "losses"), ("study", "bill")})
"""Figures that show the run of the plant as it is, which the result carries as ``run``"""


HEADINGS = {("verification", "cases"): "cases_of_theory"}
"""Where figures of two kinds share a name and a page's heading must not"""


def heading_of(data: Any, name: str) -> str:
    """The catalogue's name for the heading of a figure and its note: ``report.fig.<heading>``."""
    return HEADINGS.get((kind_of(data), name), name)


def kind_of(data: Any) -> str:
    """The kind of a result: its ``kind``, else the name of its class in lower case, without "result"."""
    return str(getattr(data, "kind", None) or type(data).__name__.lower().removesuffix("result"))


def names_for(data: Any) -> tuple[str, ...]:
    """Names of the figures that a result has."""
    kind = kind_of(data)
    return tuple(name for name in FIGURES.get(kind, {}) if _has(data, NEEDS.get((kind, name), "")))


def _has(data: Any, dotted: str) -> bool:
    for name in filter(None, dotted.split(".")):
        data = data.get(name) if isinstance(data, Mapping) else getattr(data, name, None)
        data = data() if callable(data) else data
        if data is None or data == []:
            return False
    return True


def figure_of(data: Any, name: str) -> Callable[..., Any]:
    """The figure called ``name`` of a result, a function of ``lang``. Raises AttributeError with the names that there are."""
    known = names_for(data)
    if name not in known:
        message = f"no figure {name!r}; there are: {', '.join(known) or 'none'}"
        raise AttributeError(message)
    module, _, function = FIGURES[kind_of(data)][name].partition(":")
    shown = data.run if (kind_of(data), name) in OF_RUN else data
    return functools.partial(getattr(importlib.import_module(f"twin.report.figures.{module}"), function), shown)
