"""An explanation in words, English and Korean, and as it stands in ``--json``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from twin.core.messages import t as text
from twin.optimize.explain.relief import HOURS
from twin.optimize.formulation.elastic import LOTS, TOLERANCE

if TYPE_CHECKING:
    from twin.optimize.explain.causes import Explanation, Shortfall

UNITS = {
    "power_cap": "kW",
    "emission_cap": "kg",
    "reduction": "kg",
    "intensity": "kgCO2e/t",
    "lateness": "h",
    "output": "kg",
    "closing_stock": "kg",
    LOTS: "",
}
AT_LEAST = frozenset({LOTS, "closing_stock", "output"})
"""requirements that ask for so much at least: what is feasible is less, not more"""
SCALE = {"intensity": 1000.0}
"""kg per kg inside, kg per tonne for people"""
RESOURCE_UNITS = {HOURS: "h", "metal": "kg"}


def words(found: Explanation, lang: str) -> str:
    """Clauses joined by semicolons: requirements that mend all by themselves first (or all that must give way together), what else
    would do, lots that nothing can make, the nearest schedule.
    """
    alone = [one for one in found.shortfalls if one.alone is not None]
    kept = alone or [one for one in found.shortfalls if one.together > TOLERANCE or one.least > TOLERANCE]
    said = [_clause(found, one, lang, alone=bool(alone)) for one in kept]
    if found.full_power:
        said.append(text("optimize.full_power", lang))
    if found.later_h is not None:
        said.append(text("optimize.later", lang, hours=_number(found.later_h, "h")))
    said += [
        text(
            f"optimize.missing.{one.resource}",
            lang,
            station=one.station,
            amount=_number(one.amount, RESOURCE_UNITS[one.resource]),
            unit=RESOURCE_UNITS[one.resource],
        )
        for one in found.missing
    ]
    if found.lots > 0.0:
        said.append(text("optimize.never_made", lang, lots=f"{found.lots:,.0f}"))
    near = [one for one in found.shortfalls if one.found is not None and one.found > TOLERANCE]
    if near:
        said.append(text("optimize.nearest", lang, misses=_joined([_miss(one, lang) for one in near], lang)))
    return "; ".join(said)


def _clause(found: Explanation, one: Shortfall, lang: str, *, alone: bool) -> str:
    amount = (one.alone or 0.0) if alone else max(one.together, one.least)
    values = {
        "what": text(f"optimize.requirement.{one.requirement}", lang),
        "amount": _amount(one, amount, lang),
        "needed": _amount(one, _needed(one, amount), lang),
    }
    if one.requirement == "reduction" and found.as_operated_kg > 0.0:
        share = 100.0 * (1.0 - _needed(one, amount) / found.as_operated_kg)
        values["needed"] += f" ({text('optimize.less', lang, share=f'{share:,.1f}')})"
    return text("optimize.short_alone" if alone else "optimize.short_together", lang, **values)


def _needed(one: Shortfall, amount: float) -> float:
    return one.limit - amount if one.requirement in AT_LEAST else one.limit + amount


def _amount(one: Shortfall, value: float, lang: str) -> str:
    if math.isinf(value):
        return text("optimize.no_amount", lang)
    if one.requirement == LOTS:
        return f"{value:,.0f} {text('optimize.lot' if value == 1.0 else 'optimize.lots', lang)}"
    unit = UNITS[one.requirement]
    return f"{_number(value * SCALE.get(one.requirement, 1.0), unit)} {unit}"


def _number(value: float, unit: str) -> str:
    return f"{value:,.{2 if unit == 'h' else 1}f}"


def _miss(one: Shortfall, lang: str) -> str:
    return f"{text(f'optimize.requirement.{one.requirement}', lang)} {_amount(one, one.found or 0.0, lang)}"


def _joined(parts: list[str], lang: str) -> str:
    return (", " if lang == "ko" else " and ").join(parts)


def payload(found: Explanation) -> dict[str, Any]:
    """Requirements with their proven least relaxation, what else would do, the nearest schedule's misses; figures in the units named."""
    return {
        "words": {lang: words(found, lang) for lang in ("en", "ko")},
        "requirements": [_requirement(one) for one in found.shortfalls],
        "due_dates_later_h": found.later_h,
        "instead": [
            {
                "resource": one.resource,
                "station": one.station,
                "amount": one.amount,
                "unit": RESOURCE_UNITS[one.resource],
            }
            for one in found.missing
        ],
        "lots_never_made": found.lots,
        "nearest": {
            "found": bool(found.nearest),
            "missed": {one.requirement: _scaled(one, one.found) for one in found.shortfalls if one.found is not None},
            "lots_left_out": found.nearest_lots,
        },
    }


def _requirement(one: Shortfall) -> dict[str, Any]:
    def way(amount: float | None, *, proven: bool = True) -> dict[str, Any] | None:
        if amount is None or math.isinf(amount):
            return None
        return {"short_by": _scaled(one, amount), "feasible_with": _scaled(one, _needed(one, amount)), "proven": proven}

    return {
        "requirement": one.requirement,
        "unit": UNITS[one.requirement] or "lots",
        "limit": _scaled(one, one.limit),
        "alone": way(one.alone),
        "whatever_else": way(one.least),
        "together": way(one.together, proven=False),
    }


def _scaled(one: Shortfall, value: float | None) -> float | None:
    if value is None or math.isinf(value):
        return None
    return value * SCALE.get(one.requirement, 1.0)
