"""Small plants for theory, written as a user would, and what is read from their traces through the ledger."""

from __future__ import annotations

import functools
import json
import math
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
STEP_MIN = 6.0
"""minutes of a plant for one unit of theory's time (a mean service, as a rule)

A week has 1,680 of them, after a warm-up of 240: by then the slowest of the plants, six machines with five places, makes what it makes
for ever to 5e-5, and over the week to 1e-6. Many such weeks say more than few long ones for the same work, because Student's t is wide
where replications are few.
"""
WEEK_STEPS = WEEK / MINUTE / STEP_MIN
PER_HOUR = 60.0 / STEP_MIN
"""steps in an hour"""
_DONE = OUTCOMES.index("done")


def steps(many: float) -> str:
    """A time of so many steps as a user writes it."""
    return f"{many * STEP_MIN!r} min"


def exponential(mean: float) -> dict[str, Any]:
    """An exponential time of a mean in steps, as a user writes it."""
    return {"exponential": {"mean": steps(mean)}}


def machine(cycle: Any, **keys: Any) -> dict[str, Any]:
    """A station of one machine (or ``units``); ``cycle`` as a user writes a duration or a distribution, or a number of steps."""
    return {"kind": "machine", "cycle": steps(cycle) if isinstance(cycle, float | int) else cycle} | keys


def tree(stations: Mapping[str, Any], every: Any, **keys: Any) -> dict[str, Any]:
    """A scenario: one product through all ``stations`` in lots of one piece, one order ``every`` so often; ``keys`` replace whole parts."""
    product = {"mass": "1 kg", "lot": 1, "route": list(stations)}
    order = {"product": "part", "quantity": 1, "every": every}
    return {
        "schema": 1, "name": "theory", "site": SITE, "calendar": {"holidays": None, "shifts": {"day": DAY}},
        "products": {"part": product}, "orders": {"parts": order}, "dispatch": {"rule": "fifo"}, "stations": dict(stations), "run": RUN,
    } | keys  # fmt: skip


def saturated(stations: Mapping[str, Any], per_week: float, **keys: Any) -> dict[str, Any]:
    """The same with more orders, every midnight from that of the warm-up on, than can be made in a day: the first machine is never starved.

    (Orders that come ``once`` come at the start, after the warm-up: the line would begin it empty, and the week lack what fills it.)
    """
    ample = math.ceil(1.25 * per_week / 7.0) + 30
    return tree(stations, "day", orders={"parts": {"product": "part", "quantity": ample, "every": "day"}}, **keys)


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


def per_lot(theory: float, total: float, lots: float, expected: float) -> float:
    """A mean of lots as ``theory`` plus (total - theory x lots) / expected lots.

    Where theory holds the deviation is zero on average and linear in what chance moves. A quotient of two chance figures is neither: it is
    off by about (1 + d ln mean / d ln arrivals) / lots, which an interval over many replications tells from theory.
    """
    return theory + (total - theory * lots) / expected


def expected_lots(trace: Trace, per_step: float) -> float:
    """Lots of the horizon at a rate a step."""
    return per_step * trace.duration_s / (STEP_MIN * MINUTE)


def wait_min(trace: Trace, station: str, theory_min: float, per_step: float, product: str | None = None) -> float:
    """Mean time in the queue of a station at which ``per_step`` lots come, :func:`per_lot`."""
    waits = waits_min(trace, station, product)
    return per_lot(theory_min, float(waits.sum()), len(waits), expected_lots(trace, per_step))


def waiting_over(trace: Trace, station: str, minutes: float, theory: float, per_step: float) -> float:
    """Share of the lots that wait longer, :func:`per_lot`."""
    waits = waits_min(trace, station)
    return per_lot(theory, float((waits > minutes).sum()), len(waits), expected_lots(trace, per_step))


def arrivals_off(trace: Trace, per_step: float, groups_of: int = 1) -> float:
    """Control variate: arrivals of the horizon over their expectation, less 1. Zero on average for a Poisson stream."""
    release = trace.jobs["release"]
    came = float(((release >= 0.0) & (release < trace.duration_s)).sum()) / groups_of
    return came / expected_lots(trace, per_step) - 1.0


def work_off(trace: Trace, means: Mapping[str, float]) -> float:
    """Control variate: working times drawn, less their means in steps, over the horizon's length.

    Of lots begun at the stations within the horizon but its last six hours (so that none is cut). Whether a lot is among them does not
    depend on its own time: zero on average (Wald).
    """
    moves, late, total = trace.moves, trace.duration_s - 6.0 * HOUR, 0.0
    for station, mean in means.items():
        begun = visits(trace, station) & (moves["started"] > 0.0) & (moves["started"] < late)
        drawn = float((moves["ended"] - moves["started"])[begun].sum())
        total += drawn - mean * STEP_MIN * MINUTE * float(begun.sum())
    return total / late


def pace_off(trace: Trace, means: Mapping[str, float]) -> float:
    """Control variate: time at work less the mean, in steps, of each lot ended in it, over the horizon's length.

    Of exponential working times: while a machine works, lots end at the rate 1 / mean, so the difference is zero on average whatever
    interrupts the work, and repairs have no part in it.
    """
    total = 0.0
    for station, mean in means.items():
        ended = trace.moves["ended"][visits(trace, station)]
        lots = float(((ended > 0.0) & (ended <= trace.duration_s)).sum())
        total += share(trace, station) - mean * STEP_MIN * MINUTE * lots / trace.duration_s
    return total


def finished(trace: Trace) -> NDArray[np.bool_]:
    """Moves by which a lot left the plant within the horizon."""
    moves = trace.moves
    return np.asarray(visits(trace) & (moves["left"] > 0.0) & (moves["outcome"] == _DONE))


def per_hour(trace: Trace) -> float:
    """Lots that left the plant, per hour."""
    return float(finished(trace).sum()) / (trace.duration_s / HOUR)


def flow_time_min(trace: Trace, theory_min: float, per_step: float) -> float:
    """Mean time from release to leaving, of lots that left within the horizon, :func:`per_lot`."""
    release = np.zeros(int(trace.jobs["job"].max()) + 1)
    release[trace.jobs["job"].astype(np.int64)] = trace.jobs["release"]
    left = finished(trace)
    spent = trace.moves["left"][left] - release[trace.moves["job"][left].astype(np.int64)]
    return per_lot(theory_min, float(spent.sum()) / MINUTE, float(left.sum()), expected_lots(trace, per_step))


def stay_min(trace: Trace, theory_min: float, per_step: float) -> float:
    """Mean time in the plant by Little's law: all time in queues and at stations (also of lots that went back), :func:`per_lot`."""
    moves = trace.moves
    spent = float((np.maximum(moves["left"], 0.0) - np.maximum(moves["queued"], 0.0)).sum()) / MINUTE
    return per_lot(theory_min, spent, float(finished(trace).sum()), expected_lots(trace, per_step))


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
    """Electricity of the plant over lots that left it, :func:`per_lot`."""
    return per_lot(theory, power_kw(trace), per_hour(trace), lots_per_h)
