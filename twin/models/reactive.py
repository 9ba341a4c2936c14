"""Reactive power of equipment from its power factor by state, as rows beside those of its electricity.

Q = P tan(arccos f). What no power factor of its own is written for has the site's (``site.power_factor``), and none (unity) where that is
absent too. Rows are made only where a station or utility has a power factor of its own, or where there are capacitors; elsewhere the
ledger takes ``site.power_factor`` for the whole load.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.ledger.trace import CARRIER, STATE, STATES, Table
from twin.models.profile import Pieces

if TYPE_CHECKING:
    from twin.models.served import Surroundings
    from twin.scenario.scenario import Scenario

Factor = float | Mapping[Any, float] | None


def tangents(factor: Factor, otherwise: float | None) -> np.ndarray:
    """Reactive over active power by state, shape (states,), of a power factor (by state, or one), else of ``otherwise``."""
    rest = otherwise if factor is None or not isinstance(factor, float | int) else factor
    found = np.full(len(STATES), 0.0 if rest is None else math.tan(math.acos(rest)))
    if isinstance(factor, Mapping):
        for state, value in factor.items():
            found[STATE[state]] = math.tan(math.acos(value))
    return found


def is_booked(scenario: Scenario) -> bool:
    """Whether the run books reactive power: any power factor of its own, or capacitors."""
    own = [*scenario.stations.values(), *scenario.utilities.values()]
    return any(part.power_factor is not None or getattr(part, "compensates", False) for part in own)


def by_equipment(here: Surroundings) -> np.ndarray:
    """Reactive over active power, shape (states, equipment)."""
    site = here.scenario.spec.site.power_factor
    found = np.zeros((len(STATES), len(here.names)))
    for code, (name, station) in enumerate(zip(here.names, here.station_of, strict=True)):
        part = here.scenario.stations.get(station) or here.scenario.utilities.get(name.removeprefix("utility."))
        found[:, code] = tangents(None if part is None else part.power_factor, site)
    return found


def booked(here: Surroundings) -> dict[str, Pieces]:
    """Rows of reactive power for every row that draws electricity; what is supplied or spared brings none."""
    tan = by_equipment(here)
    flows, counters = here.tables["flows"], here.tables["counters"]
    drawing = flows["base"] + np.minimum(flows["amp"], 0.0) >= 0.0
    supplying = np.unique(flows["equipment"][~drawing & (flows["carrier"] == CARRIER["electricity"])])
    return {
        "flows": _scaled(flows, tan, supplying, ("base", "amp")),
        "counters": _scaled(counters, tan, supplying, ("kwh",)),
    }


def _scaled(table: Table, tan: np.ndarray, left_out: np.ndarray, columns: tuple[str, ...]) -> Pieces:
    """The rows of electricity as rows of lagging reactive power."""
    factor = tan[table["state"], table["equipment"]]
    mine = (table["carrier"] == CARRIER["electricity"]) & (factor != 0.0) & ~np.isin(table["equipment"], left_out)
    made = {name: column[mine].astype(np.float64) for name, column in table.columns.items()}
    for column in columns:
        made[column] = made[column] * factor[mine]
    made["carrier"] = np.full(int(mine.sum()), float(CARRIER["reactive_lag"]))
    return made
