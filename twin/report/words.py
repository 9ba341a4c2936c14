"""Names and numbers as a person reads them, in English or Korean."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from twin.core.messages import known, t

_SUFFIXES = (
    ("_kwh_per_t_good", "kWh/t good"),
    ("_kwh_per_t_tapped", "kWh/t tapped"),
    ("_kwh_per_year", "kWh/year"),
    ("toe_per_year", "toe/year"),
    ("carbon_kg_per_year", "kgCO2e/year"),
    ("_krw_per_year", "KRW/year"),
    ("_krw", "KRW"),
    ("_kwh", "kWh"),
    ("_kw", "kW"),
    ("_h", "h"),
    ("_pieces", "pieces"),
    ("_pct", "%"),
    ("_years", "years"),
)
_DUST = 1e-12
"""Relative half-width below which an interval is rounding"""
_CARBON = ("carbon_kg", "scope1_kg", "scope2_location_kg", "scope2_marginal_kg")


def unit_of(name: str) -> str:
    """Unit of a quantity from its name (``peak_kw`` is kW; ``carbon_kg`` is kgCO2e); empty for a bare number."""
    if name in _CARBON:
        return "kgCO2e"
    if name == "toe":
        return "toe"
    if name.startswith("jobs_"):
        return "jobs"
    for suffix, unit in _SUFFIXES:
        if name.endswith(suffix):
            return unit
    return "kg" if name.endswith("_kg") else ""


def unit_text(unit: str, lang: str) -> str:
    """A unit as it is written in a language."""
    return label("unit", unit, lang, unit)


def label(group: str, name: str, lang: str, default: str | None = None) -> str:
    """The catalogue's word for ``name`` in a group (kpi, term, line …); else ``default``, else the name without underscores."""
    key = f"report.{group}.{name}"
    if key in known("en"):
        return t(key, lang)
    return name.replace("_", " ") if default is None else default


def state_text(state: str, lang: str) -> str:
    """A state of equipment."""
    return t(f"core.state.{state}", lang)


def esc(text: object) -> str:
    """A user's text made inert for plotly, whose labels accept pseudo-HTML."""
    return html.escape(str(text), quote=False)


def number(value: float | None, digits: int | None = None, *, sign: bool = False) -> str:
    """``12,345`` · ``123.4`` · ``0.0123``: thousands separators, three to four significant digits below a thousand; ``–`` for none."""
    if value is None or not math.isfinite(value):
        return "–" if value is None or math.isnan(value) else ("∞" if value > 0 else "−∞")
    if digits is None:
        size = abs(value)
        digits = 0 if size >= 1000 or value == round(value) else 1 if size >= 100 else 2 if size >= 1 else 3
        if 0.0 < size < 0.001 or size >= 1e15:
            return f"{value:.1e}".replace("-", "−")
    text = f"{value:{'+' if sign else ''},.{digits}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def half_width(interval: Mapping[str, Any]) -> float | None:
    """Half the length of an interval; None where there is none."""
    low, high = interval.get("low"), interval.get("high")
    return None if low is None or high is None else (float(high) - float(low)) / 2.0


def with_interval(
    interval: Mapping[str, Any] | float | None,
    unit: str = "",
    lang: str = "en",
    *,
    digits: int | None = None,
    sign: bool = False,
) -> str:
    """``1,234 ± 56 kWh``; without an interval the mean alone."""
    if interval is None:
        return "–"
    if not isinstance(interval, Mapping):
        interval = {"mean": interval}
    half, mean = half_width(interval), interval.get("mean")
    shown = number(mean, digits, sign=sign) + spread(mean, half, digits)
    return f"{shown} {unit_text(unit, lang)}".strip()


def spread(mean: float | None, half: float | None, digits: int | None = None) -> str:
    """`` ± 56`` with the decimals of the mean beside it; empty where there is none, or only rounding."""
    if not half or mean is None or half <= _DUST * abs(mean):
        return ""
    decimals = len(number(mean, digits).partition(".")[2]) if digits is None else digits
    shown = number(half, decimals)
    return f" ± {number(half) if not any(c in '123456789' for c in shown) else shown}"


def mean_of(figure: Mapping[str, Any] | float | None) -> float | None:
    """The central value of a figure that may be an interval or a plain number."""
    found = figure.get("mean") if isinstance(figure, Mapping) else figure
    return None if found is None else float(found)


def group_of(equipment: str, lang: str = "en") -> str:
    """The word for a utility or a part of the site; a station's own id otherwise (escaped for labels)."""
    default = equipment.removeprefix("utility.").removeprefix("site.")
    return label("group", equipment, lang, esc(default))
