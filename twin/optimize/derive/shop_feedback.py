"""What a replay tells a line's next problem: loads, start-ups and waiting of furnaces as they were, and the load of all the rest.

Walls remember, so a load after a weekend takes more and one after another less; the loop is closed by replaying the plan and deriving
the problem again from what was seen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.energy import QUARTER_S, quarter_hour_kwh, row_amounts
from twin.ledger.factors import FUELS
from twin.ledger.materials import GASES
from twin.ledger.trace import CARRIER, NONE, STATE, Table, Trace
from twin.optimize.derive.site import resampled
from twin.optimize.problem.grid import Slots
from twin.optimize.problem.network import Floats

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

SUPPLY = ("site.pv", "site.battery")
STARTUP = (STATE["startup"],)
WAITING = tuple(STATE[name] for name in ("holding", "standby", "starved", "blocked"))
ALL = (*FUELS, *GASES)
LEAST_H = 0.5
"""less of a kind of rest than this tells nothing"""


@dataclass(frozen=True)
class SeenLoads:
    """The loads of one station and recipe: how many, seconds of the longest and of the mean, mean power from their start on by slot (kW),
    mean fuels (kWh) and gases (kg), and kg by product of all together.
    """

    count: int
    longest_s: float
    mean_s: float
    power_kw: Floats
    others: Mapping[str, float]
    lots: Mapping[str, float]


@dataclass(frozen=True)
class SeenRest:
    """A station's units in one kind of rest: hours in all, mean power (kW), fuels (kW) and gases (kg/h) by carrier."""

    hours: float
    power_kw: float
    others: Mapping[str, float]


@dataclass(frozen=True)
class LineFeedback:
    """By station and recipe, by station, and power by slot (slots,) of all that is not a load, start-up or waiting of what is scheduled."""

    other_kw: Floats
    loads: Mapping[tuple[str, str], SeenLoads] = field(default_factory=dict)
    startups: Mapping[str, SeenRest] = field(default_factory=dict)
    waiting: Mapping[str, SeenRest] = field(default_factory=dict)
    other_others: Mapping[str, float] = field(default_factory=dict)
    """fuels (kWh) and gases (kg) in the horizon of all the rest"""


def line_feedback(
    scenario: Scenario, slots: Slots, trace: Trace, stations: Collection[str], switched: Collection[str]
) -> LineFeedback:
    """All that the next problem takes from a trace. ``stations``: those whose loads are scheduled; ``switched``: those of them whose
    furnaces are switched on and off by the plan.
    """
    batches = _batches(scenario, trace, stations, slots)
    flows, station_of = since(trace.flows, slots.start_s), np.array(trace.names.station_of, dtype=np.int64)
    names = np.array([*trace.names.station, ""])
    where = names[station_of[flows["equipment"]]]
    mine = np.isin(flows["batch"], list(batches)) & (flows["batch"] != NONE)
    bare = np.isin(where, list(switched)) & (flows["batch"] == NONE)
    startups, waiting = (bare & np.isin(flows["state"], states) for states in (STARTUP, WAITING))
    supply = np.isin(flows["equipment"], [k for k, name in enumerate(trace.names.equipment) if name in SUPPLY])
    rest = ~(mine | startups | waiting | supply)
    return LineFeedback(
        _by_slot(flows.where(rest), trace.duration_s, slots),
        _seen_loads(trace, flows.where(mine), batches, slots),
        _rests(flows, where, startups, switched),
        _rests(flows, where, waiting, switched),
        _others(flows.where(rest)),
    )


def since(rows: Table, t_s: float) -> Table:
    """Flows from a time on: what went on then begins there at the rate that it had reached."""
    left = rows.where(rows["t1"] > t_s + 1e-6)
    t0, tau = left["t0"], left["tau"]
    passed_s = np.maximum(0.0, t_s - t0)
    curved = (left["amp"] != 0.0) & (passed_s > 0.0)
    amp = left["amp"].copy()
    amp[curved] *= np.exp(-passed_s[curved] / tau[curved])
    return Table({**left.columns, "t0": t0 + passed_s, "amp": amp})


@dataclass
class _Load:
    station: str
    recipe: str
    t0: float
    t1: float
    kg: dict[str, float] = field(default_factory=dict)


def _batches(scenario: Scenario, trace: Trace, stations: Collection[str], slots: Slots) -> dict[int, _Load]:
    """Loads begun in the horizon, by batch."""
    found: dict[int, _Load] = {}
    rows, names = trace.batches, trace.names
    columns = [rows[name] for name in ("batch", "equipment", "t0", "t1", "product", "mass_kg")]
    for batch, equipment, t0, t1, product, kg in zip(*columns, strict=True):
        code = names.station_of[int(equipment)]
        station = names.station[code] if code != NONE else ""
        if station not in stations or t0 < slots.start_s - 1e-6:
            continue
        made = names.product[int(product)]
        load = found.setdefault(
            int(batch), _Load(station, scenario.spec.products[made].recipe_at(station), float(t0), float(t1))
        )
        load.kg[made] = load.kg.get(made, 0.0) + float(kg)
    return found


def _by_slot(rows: Table, duration_s: float, slots: Slots) -> Floats:
    kwh = quarter_hour_kwh(rows, "electricity", 0.0, duration_s)
    return resampled(np.asarray(kwh) * 3600.0 / QUARTER_S, QUARTER_S, slots)


def _others(rows: Table, per: float = 1.0) -> dict[str, float]:
    """Fuels (kWh) and gases (kg) of rows, over ``per``."""
    amounts, found = row_amounts(rows), dict[str, float]()
    for name in ALL:
        total = float(amounts[rows["carrier"] == CARRIER[name]].sum()) * (3600.0 if name in GASES else 1.0)
        if total:
            found[name] = total / per
    return found


def _seen_loads(
    trace: Trace, rows: Table, batches: Mapping[int, _Load], slots: Slots
) -> dict[tuple[str, str], SeenLoads]:
    """Mean of the whole loads of each station and recipe; those that the trace's end cuts are left out."""
    whole = {k: load for k, load in batches.items() if load.t1 < trace.duration_s - 1e-6}
    begun = np.zeros(max(batches, default=0) + 1)
    for k, load in batches.items():
        begun[k] = load.t0
    found = {}
    for key in sorted({(load.station, load.recipe) for load in whole.values()}):
        mine = {k: load for k, load in whole.items() if (load.station, load.recipe) == key}
        own = rows.where(np.isin(rows["batch"], list(mine)))
        since = begun[own["batch"]]
        own = Table({**own.columns, "t0": own["t0"] - since, "t1": own["t1"] - since})
        longest_s = max(load.t1 - load.t0 for load in mine.values())
        span = Slots(0.0, slots.slot_s, slots.whole(longest_s))
        power_kw = _by_slot(own, max(span.end_s, QUARTER_S), span) / len(mine)
        kg: dict[str, float] = {}
        for load in mine.values():
            for product, amount in load.kg.items():
                kg[product] = kg.get(product, 0.0) + amount
        mean_s = sum(load.t1 - load.t0 for load in mine.values()) / len(mine)
        found[key] = SeenLoads(len(mine), longest_s, mean_s, power_kw, _others(own, len(mine)), kg)
    return found


def _rests(flows: Table, where: np.ndarray, chosen: np.ndarray, stations: Collection[str]) -> dict[str, SeenRest]:
    """Hours of a kind of rest outside of loads, and what was drawn in it."""
    found = {}
    for station in sorted(stations):
        own = flows.where(chosen & (where == station))
        columns = [own[name].tolist() for name in ("equipment", "t0", "t1")]
        hours = sum(t1 - t0 for _, t0, t1 in set(zip(*columns, strict=True))) / 3600.0
        kwh = float(row_amounts(own)[own["carrier"] == CARRIER["electricity"]].sum())
        if hours >= LEAST_H:
            found[station] = SeenRest(hours, kwh / hours, _others(own, hours))
    return found
