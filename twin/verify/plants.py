"""Small plants for theory, written as a user would, and what is read from their traces through the ledger."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.experiment.draws import AddressedDraws
from twin.ledger.trace import OUTCOMES, Trace
from twin.models.plant import simulate
from twin.scenario.scenario import Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

SITE = {"contract_power": "1000 kW", "tariff": "kepco/industrial-b/hv-a/2@2026-06-01"}
DAY = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "08:00", "to": "17:00"}
RUN = {"start": "2026-06-01", "duration": "1 week", "warmup": "1 d"}
MINUTE, HOUR, WEEK = 60.0, 3600.0, 604800.0
WEEK_MIN = WEEK / MINUTE
_DONE = OUTCOMES.index("done")


def exponential(mean_min: float) -> dict[str, Any]:
    """An exponential time as a user writes it."""
    return {"exponential": {"mean": f"{mean_min!r} min"}}


def machine(cycle: Any, **keys: Any) -> dict[str, Any]:
    """A station of one machine (or ``units``); ``cycle`` in minutes, or as a user writes a distribution."""
    return {"kind": "machine", "cycle": f"{cycle!r} min" if isinstance(cycle, float | int) else cycle} | keys


def tree(stations: Mapping[str, Any], every: Any, **keys: Any) -> dict[str, Any]:
    """A scenario: one product through all ``stations`` in lots of one piece, one order ``every`` so often; ``keys`` replace whole parts."""
    product = {"mass": "1 kg", "lot": 1, "route": list(stations)}
    order = {"product": "part", "quantity": 1, "every": every}
    return {
        "schema": 1, "name": "theory", "site": SITE, "calendar": {"holidays": None, "shifts": {"day": DAY}},
        "products": {"part": product}, "orders": {"parts": order}, "dispatch": {"rule": "fifo"}, "stations": dict(stations), "run": RUN,
    } | keys  # fmt: skip


def saturated(stations: Mapping[str, Any], per_week: float, **keys: Any) -> dict[str, Any]:
    """The same with more orders at the beginning than can be made: the first machine is never starved."""
    ample = int(1.3 * per_week * 8.0 / 7.0) + 200
    return tree(stations, "once", orders={"parts": {"product": "part", "quantity": ample, "every": "once"}}, **keys)


@functools.lru_cache(maxsize=8)
def _read(text: str) -> Scenario:
    return Scenario.from_tree(json.loads(text))


def scenario(plant: Mapping[str, Any]) -> Scenario:
    """The plant, validated; kept for the replications that follow."""
    return _read(json.dumps(plant))


def traced(plant: Mapping[str, Any], seed: int, replication: int) -> Trace:
    """One replication. The first is also accounted and checked as any run is: balances and operational laws hold to 1e-9."""
    read = scenario(plant)
    trace = simulate(read, AddressedDraws(seed, replication), replication=replication)
    if replication == 0:
        from twin.ledger.accounts import account
        from twin.ledger.balance import check

        check(account(read, trace).residuals)
    return trace


# --- what is read from a trace


def visits(trace: Trace, station: str | None = None, product: str | None = None) -> NDArray[np.bool_]:
    """Moves at a station (at the last operation, when None), of a product or all."""
    moves = trace.moves
    if station is None:
        chosen = moves["operation"] == moves["operation"].max()
    else:
        equipment = [k for k, name in enumerate(trace.names.equipment) if name.rpartition(".")[0] == station]
        chosen = np.isin(moves["equipment"], equipment)
    if product is not None:
        codes = trace.jobs["job"][trace.jobs["product"] == trace.names.product.index(product)]
        chosen &= np.isin(moves["job"], codes)
    return np.asarray(chosen)


def waits_min(trace: Trace, station: str, product: str | None = None) -> NDArray[np.float64]:
    """Times in the queue of a station, of lots whose work began within the horizon."""
    moves = trace.moves
    began = visits(trace, station, product) & (moves["started"] > 0.0)
    return np.asarray((moves["started"] - moves["queued"])[began]) / MINUTE


def wait_min(trace: Trace, station: str, product: str | None = None) -> float:
    """Mean time in the queue of a station."""
    return float(waits_min(trace, station, product).mean())


def waiting_over(trace: Trace, station: str, minutes: float) -> float:
    """Share of the lots that wait longer."""
    return float((waits_min(trace, station) > minutes).mean())


def arrivals_off(trace: Trace, per_min: float, groups_of: int = 1) -> float:
    """Control variate: arrivals of the horizon over their expectation, less 1. Zero on average for a Poisson stream."""
    release = trace.jobs["release"]
    came = float(((release >= 0.0) & (release < trace.duration_s)).sum()) / groups_of
    return came / (per_min * trace.duration_s / MINUTE) - 1.0


def work_off(trace: Trace, means_min: Mapping[str, float]) -> float:
    """Control variate: working times drawn, less their means, over the horizon's length.

    Of lots begun at the stations within the horizon but its last six hours (so that none is cut). Whether a lot is among them does not
    depend on its own time: zero on average (Wald).
    """
    moves, late, total = trace.moves, trace.duration_s - 6.0 * HOUR, 0.0
    for station, mean in means_min.items():
        begun = visits(trace, station) & (moves["started"] > 0.0) & (moves["started"] < late)
        total += float((moves["ended"] - moves["started"])[begun].sum()) - mean * MINUTE * float(begun.sum())
    return total / late


def finished(trace: Trace) -> NDArray[np.bool_]:
    """Moves by which a lot left the plant within the horizon."""
    moves = trace.moves
    return np.asarray(visits(trace) & (moves["left"] > 0.0) & (moves["outcome"] == _DONE))


def per_hour(trace: Trace) -> float:
    """Lots that left the plant, per hour."""
    return float(finished(trace).sum()) / (trace.duration_s / HOUR)


def flow_time_min(trace: Trace) -> float:
    """Mean time from release to leaving, of lots that left within the horizon."""
    release = np.zeros(int(trace.jobs["job"].max()) + 1)
    release[trace.jobs["job"].astype(np.int64)] = trace.jobs["release"]
    left = finished(trace)
    return float((trace.moves["left"][left] - release[trace.moves["job"][left].astype(np.int64)]).mean()) / MINUTE


def stay_min(trace: Trace) -> float:
    """Mean time in the plant by Little's law: all time in queues and at stations over the lots that left (also of lots that went back)."""
    moves = trace.moves
    spent = np.maximum(moves["left"], 0.0) - np.maximum(moves["queued"], 0.0)
    return float(spent.sum() / finished(trace).sum()) / MINUTE


def share(trace: Trace, station: str, states: Sequence[str] = ("processing",)) -> float:
    """Share of the horizon that the units of a station spend in some states, from the ledger's hours by state."""
    from twin.ledger.laws import state_hours

    units = [by for name, by in state_hours(trace).items() if name.rpartition(".")[0] == station]
    return sum(by.get(state, 0.0) for by in units for state in states) * HOUR / (trace.duration_s * len(units))


def power_kw(trace: Trace, station: str | None = None) -> float:
    """Mean electric power over the horizon, of a station or of the plant, from the ledger."""
    from twin.ledger.energy import energy_kwh

    kwh = energy_kwh(trace, "electricity", by=("equipment",))
    mine = [value for (name,), value in kwh.items() if station is None or str(name).rpartition(".")[0] == station]
    return sum(mine) / (trace.duration_s / HOUR)


def kwh_per_lot(trace: Trace, theory: float, lots_per_h: float) -> float:
    """Electricity of the plant over lots that left it, as ``theory`` plus (kW - theory x lots/h) / expected lots/h.

    Where theory holds the deviation is zero on average and linear in what chance moves; a quotient of two chance figures is neither.
    """
    return theory + (power_kw(trace) - theory * per_hour(trace)) / lots_per_h
