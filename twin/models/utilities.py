"""Utilities computed after the run: compressed air and dust extraction. Pure functions on the trace's tables."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.ledger.trace import CARRIER, NONE, STATE, Table, typed
from twin.scenario.schema import Utility

Pieces = dict[str, np.ndarray]


class Compressor(Utility):
    """A compressor under load/unload control: delivers its rated flow while loaded, idles unloaded for the rest of the time."""

    kind: Literal["compressor"]
    control: Literal["load_unload"] = "load_unload"
    rated_kw: Annotated[float, Q("kW")] = Field(alias="rated", gt=0, description="electric power while loaded")
    delivers_nm3_per_s: Annotated[float, Q("Nm3/s")] = Field(alias="delivers", gt=0, description="flow while loaded")
    leaks: Fraction = Field(
        0.0, ge=0, lt=1, description="leakage as a share of what it can deliver, while the net is under pressure"
    )
    pressure_bar: Annotated[float, Q("bar")] = Field(
        7.0, alias="pressure", gt=0, description="of the net, gauge; stated, not modelled"
    )
    unloaded_share: Fraction = Field(0.3, ge=0, le=1, description="power unloaded over power loaded")

    def power_kw(self, demand_nm3_per_s: np.ndarray) -> np.ndarray:
        """Mean power at a demand of the equipment, leaks added. Shape as given."""
        full = self.delivers_nm3_per_s * self.units
        load = np.minimum((demand_nm3_per_s + self.leaks * full) / full, 1.0)
        return np.asarray(self.units * self.rated_kw * (self.unloaded_share + (1.0 - self.unloaded_share) * load))


class Fan(Utility):
    """Dust extraction for the stations that it serves."""

    kind: Literal["fan"]
    power_kw: Annotated[float, Q("kW")] = Field(alias="power", gt=0, description="electric power at full flow")
    control: Literal["fixed", "demand"] = Field(
        "fixed", description="demand: flow follows the share of its equipment that works"
    )
    serves: list[str] = Field(min_length=1, description="stations")
    exponent: float = Field(2.5, gt=1, le=3, description="power over flow under demand control")
    least_flow: Fraction = Field(0.3, ge=0, le=1, description="smallest share of the flow under demand control")

    def drawn_kw(self, share: np.ndarray) -> np.ndarray:
        """Power where a share of its equipment works. Shape as given."""
        if self.control == "fixed":
            return np.full(share.shape, self.power_kw * self.units)
        return np.asarray(self.power_kw * self.units * np.maximum(share, self.least_flow) ** self.exponent)


def steps(t0: np.ndarray, t1: np.ndarray, rate: np.ndarray, end_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Sum of constant rates over time: edges (n + 1,) from 0 to ``end_s`` and levels (n,) between them."""
    edges = np.unique(np.concatenate([[0.0, end_s], t0, t1]))
    change = np.zeros(len(edges))
    np.add.at(change, np.searchsorted(edges, t0), rate)
    np.add.at(change, np.searchsorted(edges, t1), -rate)
    return edges, np.cumsum(change)[:-1]


def _attended(states: Table, equipment: np.ndarray, end_s: float, edges: np.ndarray) -> np.ndarray:
    """For each piece between ``edges``: how many of ``equipment`` are not off."""
    on = np.isin(states["equipment"], equipment) & (states["state"] != STATE["off"])
    at, level = steps(states["t0"][on], states["t1"][on], np.ones(int(on.sum())), end_s)
    return level[np.searchsorted(at, edges[:-1], side="right") - 1]


def _rows(equipment: int, edges: np.ndarray, power_kw: np.ndarray, working: np.ndarray) -> dict[str, Pieces]:
    """States, flows and counters of a utility: processing while something works with it, else off."""
    state = np.where(working, float(STATE["processing"]), float(STATE["off"]))
    power_kw = np.where(working, power_kw, 0.0)
    new = np.concatenate([[True], (state[1:] != state[:-1]) | (power_kw[1:] != power_kw[:-1])])
    t0 = edges[:-1][new]
    t1 = np.append(t0[1:], edges[-1])
    n = len(t0)
    base: Pieces = {"equipment": np.full(n, float(equipment)), "state": state[new], "t0": t0, "t1": t1}
    flows = base | {
        "carrier": np.full(n, float(CARRIER["electricity"])),
        "batch": np.full(n, float(NONE)),
        "base": power_kw[new],
        "amp": np.zeros(n),
        "tau": np.ones(n),
    }
    keep = flows["base"] != 0.0
    kwh = float(np.sum(power_kw * np.diff(edges)) / 3600.0)
    one = {
        "state": STATE["processing"],
        "carrier": CARRIER["electricity"],
        "batch": NONE,
        "equipment": equipment,
        "kwh": kwh,
    }
    return {
        "states": base,
        "flows": {name: column[keep] for name, column in flows.items()},
        "counters": {name: np.array([value], dtype=np.float64) for name, value in one.items()},
    }


def air(
    compressor: Compressor, equipment: int, tables: dict[str, Table], served: np.ndarray, end_s: float
) -> dict[str, Pieces]:
    """Rows of a compressor: under pressure while any equipment that uses air is not off; exact, since demand is piecewise constant."""
    flows = tables["flows"].where(tables["flows"]["carrier"] == CARRIER["compressed_air"])
    states = tables["states"]
    mine = np.isin(states["equipment"], served)
    spans = np.concatenate([states["t0"][mine], states["t1"][mine]])
    edges, demand = steps(
        np.concatenate([flows["t0"], spans]),
        np.concatenate([flows["t1"], spans]),
        np.concatenate([flows["base"], np.zeros(len(spans))]),
        end_s,
    )
    return _rows(
        equipment, edges, compressor.power_kw(np.maximum(demand, 0.0)), _attended(states, served, end_s, edges) > 0
    )


def dust(fan: Fan, equipment: int, tables: dict[str, Table], served: np.ndarray, end_s: float) -> dict[str, Pieces]:
    """Rows of a fan: it runs while any equipment that it serves is not off."""
    states = tables["states"]
    mine = np.isin(states["equipment"], served)
    working = mine & (states["state"] == STATE["processing"])
    spans = np.concatenate([states["t0"][mine], states["t1"][mine]])
    edges, count = steps(
        np.concatenate([states["t0"][working], spans]),
        np.concatenate([states["t1"][working], spans]),
        np.concatenate([np.ones(int(working.sum())), np.zeros(len(spans))]),
        end_s,
    )
    on = _attended(states, served, end_s, edges) > 0
    return _rows(equipment, edges, fan.drawn_kw(np.clip(count / max(len(served), 1), 0.0, 1.0)), on)


def merged(tables: dict[str, Table], added: dict[str, Pieces]) -> dict[str, Table]:
    """Tables with rows added."""
    return tables | {name: typed(name, [tables[name].columns, columns]) for name, columns in added.items()}
