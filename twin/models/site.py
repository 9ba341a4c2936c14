"""The site around the equipment: base load, rooftop PV. Pure functions that add rows to the tables of the trace."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.trace import CARRIER, NONE, STATE
from twin.ledger.year import pv_quarters_kwh
from twin.reference.pv import pv_profile
from twin.scenario.calendar import local_datetime

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import Photovoltaics

Pieces = dict[str, np.ndarray]
QUARTER_S = 900.0


def _constant(equipment: int, t0: np.ndarray, t1: np.ndarray, power_kw: np.ndarray, end_s: float) -> dict[str, Pieces]:
    """One state over the whole horizon, constant flows in it, one counter."""
    n = len(t0)
    whole = {"equipment": np.array([float(equipment)]), "state": np.array([float(STATE["processing"])])}
    flows: Pieces = {
        "equipment": np.full(n, float(equipment)),
        "state": np.full(n, float(STATE["processing"])),
        "batch": np.full(n, float(NONE)),
        "carrier": np.full(n, float(CARRIER["electricity"])),
        "t0": t0,
        "t1": t1,
        "base": power_kw,
        "amp": np.zeros(n),
        "tau": np.ones(n),
    }
    kwh = np.array([float(np.sum(power_kw * (t1 - t0)) / 3600.0)])
    closed = whole | {
        "carrier": np.array([float(CARRIER["electricity"])]),
        "batch": np.array([float(NONE)]),
        "kwh": kwh,
    }
    return {"states": whole | {"t0": np.array([0.0]), "t1": np.array([end_s])}, "flows": flows, "counters": closed}


def base_load(equipment: int, power_kw: float, end_s: float) -> dict[str, Pieces]:
    """A constant load."""
    return _constant(equipment, np.array([0.0]), np.array([end_s]), np.array([power_kw]), end_s)


def pv_quarters_kw(scenario: Scenario, pv: Photovoltaics, end_s: float) -> np.ndarray:
    """Power of the modules in each quarter-hour by date, shape (quarters,), before curtailment."""
    quarters = round(end_s / QUARTER_S)
    if not isinstance(pv.profile, str):
        return pv_quarters_kwh(scenario, local_datetime(scenario, 0.0), quarters) * (3600.0 / QUARTER_S)
    profile = pv_profile(pv.profile)
    days: dict[dt.date, np.ndarray] = {}
    out = np.empty(quarters)
    for k in range(quarters):
        when = local_datetime(scenario, k * QUARTER_S)
        day = when.date()
        if day not in days:
            days[day] = profile.hourly_kw_per_kwp(day, pv.tilt_deg)
        out[k] = pv.peak_kw * days[day][when.hour]
    return out


def photovoltaics(equipment: int, available_kw: np.ndarray, net_load_kw: np.ndarray, end_s: float) -> dict[str, Pieces]:
    """Supply of rooftop PV, curtailed where it exceeds the quarter-hour's load. Both arrays: shape (quarters,)."""
    used = np.minimum(available_kw, np.maximum(net_load_kw, 0.0))
    edges = np.linspace(0.0, end_s, len(used) + 1)
    on = used > 0.0
    return _constant(equipment, edges[:-1][on], edges[1:][on], -used[on], end_s)


def battery_rows(equipment: int, given_kw: np.ndarray, end_s: float) -> dict[str, Pieces]:
    """Flows of a battery from its AC power in each quarter-hour (discharge positive, which is supply)."""
    edges = np.linspace(0.0, end_s, len(given_kw) + 1)
    on = given_kw != 0.0
    return _constant(equipment, edges[:-1][on], edges[1:][on], -given_kw[on], end_s)
