"""Emission factors of Korean grid electricity by approval."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from .facts import Provenance, pick, provenance, read_yaml

_FILE = "grid_factors.yaml"


@dataclass(frozen=True)
class GridFactor:
    """One approval, consumption side (소비단); constant in time."""

    id: str
    kgco2e_per_kwh: float
    statistics: str
    published: str
    used_for: str
    provenance: Provenance


@functools.cache
def grid_factors() -> Mapping[str, GridFactor]:
    """All approvals by id."""
    return {
        entry["id"]: GridFactor(
            entry["id"],
            entry["value"],
            entry["statistics"],
            str(entry["published"]),
            entry["used_for"],
            provenance(entry),
        )
        for entry in read_yaml(_FILE)["factors"]
    }


def grid_factor(factor_id: str) -> GridFactor:
    """The approval ``factor_id``, e.g. ``kr/gir-2025-single-year``. Raises :class:`UnknownId`."""
    return grid_factors()[pick("grid factor", factor_id, grid_factors())]


def default_grid_factor(purpose: str = "corporate") -> GridFactor:
    """The approval to use by default for ``corporate`` reporting or ``k_ets``."""
    defaults = read_yaml(_FILE)["default"]
    return grid_factor(defaults[pick("purpose", purpose, defaults)])
