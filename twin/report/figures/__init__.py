"""Figures of results: one function a figure, ``(data, lang="en") -> plotly Figure``, found by the kind of the result and a name."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

FIGURES: dict[str, dict[str, str]] = {
    "run": {
        "load_curve": "load:load_curve", "sankey": "heat:sankey", "losses": "heat:losses", "bill": "bill:bill", "bill_months": "bill:bill_months",
        "load_duration": "load:load_duration",
    },
    "bill": {"bill": "bill:bill", "bill_months": "bill:bill_months"},
}
"""kind of the result: name of the figure: module and function below twin.report.figures"""


def names_for(data: Any) -> tuple[str, ...]:
    """Names of the figures that a result has: ``data`` has a ``kind``."""
    return tuple(FIGURES.get(getattr(data, "kind", ""), {}))


def figure_of(data: Any, name: str) -> Callable[..., Any]:
    """The figure called ``name`` of a result, a function of ``lang``. Raises AttributeError with the names that there are."""
    known = FIGURES.get(getattr(data, "kind", ""), {})
    if name not in known:
        message = f"no figure {name!r}; there are: {', '.join(known) or 'none'}"
        raise AttributeError(message)
    module, _, function = known[name].partition(":")
    return functools.partial(getattr(importlib.import_module(f"twin.report.figures.{module}"), function), data)
