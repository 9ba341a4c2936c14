"""Utilities and site around the equipment: everything that is added to a trace after the run, stage by stage, each from what is before it.

Order: what stations state of steam and cooling, base load; air and dust; cooling; steam and space heating; heat recovery; reactive power;
capacitors; PV, battery, transformer (:mod:`twin.models.site`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.trace import STATE, STATES
from twin.models import reactive, site
from twin.models.compressor import Compressor
from twin.models.fan import Fan
from twin.models.profile import Pieces, Profile, by_quarter, constant, merged, rows
from twin.models.served import CAPACITORS, Served, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.scenario.plan import Plan

__all__ = [
    "Compressor",
    "Fan",
    "Pieces",
    "Profile",
    "Served",
    "Surroundings",
    "by_quarter",
    "constant",
    "merged",
    "rows",
    "surround",
]


def surround(here: Surroundings, code_of: Callable[[str], int], plan: Plan | None) -> None:
    """Adds all utilities and the site to ``here``; ``code_of`` gives the code of a new equipment and must extend ``here.names``."""
    _stated(here)
    ordered = sorted(
        ((name, part) for name, part in here.scenario.utilities.items() if isinstance(part, Served)),
        key=lambda item: item[1].stage,
    )
    for name, utility in ordered:
        if utility.stage < CAPACITORS:
            here.add(utility.made(code_of(f"utility.{name}"), here))
    if here.scenario.spec.site.base_load_kw:
        here.add(site.base_load(code_of("site.base_load"), here.scenario.spec.site.base_load_kw, here.end_s))
    if reactive.is_booked(here.scenario):
        here.add(reactive.booked(here))
    for name, utility in ordered:
        if utility.stage >= CAPACITORS:
            here.add(utility.made(code_of(f"utility.{name}"), here))
    site.supplied(here, code_of, plan)


def _stated(here: Surroundings) -> None:
    """Rows of the steam and the cooling that stations state by state."""
    for carrier in ("steam", "cooling"):
        for code, station in enumerate(here.station_of):
            stated = getattr(here.scenario.stations.get(station), carrier, None)
            if stated:
                here.add(_by_state(here, code, carrier, stated))


def _by_state(here: Surroundings, equipment: int, carrier: str, stated: dict[str, float]) -> dict[str, Pieces]:
    """Flows and counters of one equipment that draws a constant rate in each state."""
    rate_of = np.zeros(len(STATES))
    for state, value in stated.items():
        rate_of[STATE[state]] = value
    states = here.tables["states"]
    mine = (states["equipment"] == equipment) & (rate_of[states["state"]] != 0.0)
    found = {name: column[mine].astype(np.float64) for name, column in states.columns.items()}
    rate = rate_of[states["state"][mine]]
    made = constant(equipment, found["t0"], found["t1"], rate, here.end_s, carrier)
    made["flows"]["state"] = found["state"]
    spent_s = np.bincount(states["state"][mine], found["t1"] - found["t0"], len(STATES))
    drawn = np.flatnonzero(spent_s)
    counter = made["counters"]
    made["counters"] = {name: np.full(len(drawn), column[0]) for name, column in counter.items()} | {
        "state": drawn.astype(np.float64),
        "kwh": spent_s[drawn] / 3600.0 * rate_of[drawn],
    }
    return {name: made[name] for name in ("flows", "counters")}
