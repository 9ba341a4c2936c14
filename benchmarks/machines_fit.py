"""A machine's scenario from its first days, and the naive predictors that it is measured against."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.machines_data import ALARM, AUTOMATIC, DAY_S, MANUAL, Record
from twin.experiment.draws import AddressedDraws
from twin.ledger.energy import quarter_hour_kwh
from twin.models.plant import simulate
from twin.scenario.calendar import DAYS
from twin.scenario.scenario import Scenario

STATES = (MANUAL, AUTOMATIC, ALARM)
STAY_ON_H = (0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0)
Window = tuple[float, float]


@dataclass(frozen=True)
class Fitted:
    """What eight days tell of a machine: power kW, seconds an item, time between stops and each stop s, hours on by kind of day.

    Kinds of day: 0 working, 1 Saturday, 2 Sunday.
    """

    processing_kw: float
    standby_kw: float
    stay_on_s: float
    cycle_s: float
    between_stops_s: float
    stops_s: tuple[float, ...]
    hours: dict[int, list[int]]


def fit(train: Record) -> Fitted:
    """Fit one machine on its training days only; cycle and power are those of the product made last."""
    product = train.product[-1]
    begin = float(train.at[np.flatnonzero(train.product != product)[-1]]) if np.any(train.product != product) else 0.0
    edges = np.array([begin, train.n_days * DAY_S])
    automatic_s = float(train.seconds_in(AUTOMATIC, edges)[0])
    rows = (train.at > begin) & (train.row_state == AUTOMATIC)
    items, kwh = float(train.items[train.at > begin].sum()), float(train.kwh[rows].sum())
    stay_on_s, standby_kw = _standby(train)
    hours = _hours(train)
    between_s, stops_s = _stops(train, hours)
    return Fitted(kwh * 3600.0 / automatic_s, standby_kw, stay_on_s, automatic_s / items, between_s, stops_s, hours)


def _standby(train: Record) -> tuple[float, float]:
    """How long a machine stays on while it does not produce, and its power then: the pair with the least squared error over its pauses."""
    automatic = train.windows(AUTOMATIC)
    gaps = [(a[1], b[0]) for a, b in pairwise(automatic)]
    lengths = np.array([t1 - t0 for t0, t1 in gaps])
    used = np.array(
        [train.kwh[(train.at > t0) & (train.at <= t1) & (train.row_state != AUTOMATIC)].sum() for t0, t1 in gaps]
    )
    best = (np.inf, 0.0, 0.0)
    for hours in STAY_ON_H:
        short = lengths <= hours * 3600.0
        kw = float(used[short].sum() * 3600.0 / lengths[short].sum()) if short.any() else 0.0
        told = np.where(short, kw * lengths / 3600.0, 0.0)
        best = min(best, (float(np.sum((told - used) ** 2)), hours * 3600.0, kw))
    return best[1], best[2]


def _kind(day: dt.date) -> int:
    return max(0, day.weekday() - 4)


def _hours(train: Record) -> dict[int, list[int]]:
    """The hours of a working day, a Saturday and a Sunday in which the machine is in automatic production half of the time or more."""
    edges = np.arange(train.n_days * 24 + 1) * 3600.0
    share = train.seconds_in(AUTOMATIC, edges).reshape(train.n_days, 24) / 3600.0
    kinds = [_kind(train.first + dt.timedelta(days=k)) for k in range(train.n_days)]
    found = {}
    for kind in range(3):
        mean = np.mean([share[k] for k in range(train.n_days) if kinds[k] == kind], axis=0)
        found[kind] = np.flatnonzero(mean >= 0.5).tolist()
    return found


def _on(hours: dict[int, list[int]], record: Record) -> list[Window]:
    """The hours on, as merged windows of the record's days."""
    found: list[Window] = []
    for day in range(record.n_days):
        for hour in hours[_kind(record.first + dt.timedelta(days=day))]:
            start = day * DAY_S + hour * 3600.0
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], start + 3600.0)
            else:
                found.append((start, start + 3600.0))
    return found


def _stops(train: Record, hours: dict[int, list[int]]) -> tuple[float, tuple[float, ...]]:
    """Mean automatic time between stops, and the length of each stop, within the hours on."""
    automatic_s, stops = 0.0, list[float]()
    automatic = train.windows(AUTOMATIC)
    for t0, t1 in _on(hours, train):
        inside = [(max(a, t0), min(b, t1)) for a, b in automatic if a < t1 and b > t0]
        automatic_s += sum(b - a for a, b in inside)
        edges = [t0, *(edge for window in inside for edge in window), t1]
        stops += [b - a for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]
    return (automatic_s / len(stops) if stops else np.inf), tuple(stops)


# --- scenarios


def told_scenario(fitted: Fitted, test: Record) -> Scenario:
    """The machine works in the windows in which it was in automatic production."""
    return _scenario(fitted, test, test.windows(AUTOMATIC), stops=False)


def forecast_scenario(fitted: Fitted, test: Record) -> Scenario:
    """The machine works in the hours on of its first days, and stops as it did then."""
    return _scenario(fitted, test, _on(fitted.hours, test), stops=True)


def _scenario(fitted: Fitted, test: Record, windows: list[Window], *, stops: bool) -> Scenario:
    start = test.first - dt.timedelta(days=test.first.weekday())
    shifts = {f"s{k}": shift for k, shift in enumerate(_shifts(test, windows))}
    machine: dict[str, Any] = {
        "kind": "machine",
        "cycle": f"{fitted.cycle_s!r} s",
        "power": {"processing": f"{fitted.processing_kw!r} kW", "standby": f"{fitted.standby_kw!r} kW"},
        "stay_on": f"{fitted.stay_on_s!r} s",
        "shifts": list(shifts),
    }
    if stops and np.isfinite(fitted.between_stops_s):
        every = {"exponential": {"mean": f"{fitted.between_stops_s!r} s"}}
        machine["failures"] = {
            "every": every,
            "repair": {"empirical": {"values": [f"{s!r} s" for s in fitted.stops_s]}},
        }
    pieces = int(7 * DAY_S / fitted.cycle_s) + 1
    tree = {
        "schema": 1,
        "name": f"Machine {test.machine}",
        "site": {
            "country": "KR",
            "timezone": "Europe/Rome",
            "contract_power": "100 kW",
            "tariff": "kepco/industrial-a2/hv-a/2@2026-04-16",
        },
        "calendar": {"holidays": None, "shifts": shifts},
        "products": {"item": {"mass": "1 kg", "lot": 1, "route": ["machine"]}},
        "orders": {"items": {"product": "item", "quantity": pieces, "every": "once"}},
        "stations": {"machine": machine},
        "run": {"start": start.isoformat(), "duration": "1 week", "warmup": "0 s", "replications": 1},
    }
    return Scenario.from_tree(tree, None)


def _shifts(test: Record, windows: list[Window]) -> list[dict[str, Any]]:
    """Windows to the minute as shifts of one day each, cut at midnight."""
    found = []
    for t0, t1 in windows:
        a, b = round(t0 / 60.0), round(t1 / 60.0)
        while a < b:
            day = a // 1440
            stop = min(b, (day + 1) * 1440)
            name = DAYS[(test.first + dt.timedelta(days=day)).weekday()]
            clocks = [f"{m // 60:02d}:{m % 60:02d}" for m in (a - day * 1440, stop - day * 1440)]
            found.append({"days": [name], "from": clocks[0], "to": clocks[1]})
            a = stop
    return found


def simulated(scenario: Scenario, test: Record, edges: np.ndarray, replications: int) -> tuple[np.ndarray, np.ndarray]:
    """Median over the replications of kWh and of items of each shift of the test days.

    The median, because errors are absolute: no other figure of a distribution has a smaller expected absolute error (T. Gneiting, J. Am.
    Stat. Assoc. 106 (2011) 746). Long stops are rare: a mean takes a part of one from every shift.
    """
    offset = test.first.weekday() * DAY_S
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for replication in range(replications):
        trace = simulate(scenario, AddressedDraws(1, replication), replication=replication)
        quarters = np.asarray(quarter_hour_kwh(trace.flows, "electricity", 0.0, trace.duration_s))
        ended = trace.moves["ended"][trace.moves["ended"] < trace.duration_s]
        place = ((edges + offset) / 900.0).astype(int)
        found[0].append(np.add.reduceat(np.append(quarters, 0.0), place)[:-1])
        found[1].append(np.histogram(ended, edges + offset)[0])
    return np.median(found[0], axis=0), np.median(found[1], axis=0)


# --- naive predictors


def _means(train: Record) -> tuple[dict[int, float], dict[int, float]]:
    """Mean kW and items per second of each state."""
    everything = np.array([0.0, train.n_days * DAY_S])
    seconds = {state: float(train.seconds_in(state, everything)[0]) for state in STATES}
    known = [state for state in STATES if seconds[state]]
    kw = {s: float(train.kwh[train.row_state == s].sum()) * 3600.0 / seconds[s] for s in known}
    rate = {s: float(train.items[train.row_state == s].sum()) / seconds[s] for s in known}
    return kw, rate


def naive_told(train: Record, test: Record, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hours in each state times the state's mean power and item rate."""
    kw, rate = _means(train)
    seconds = {state: test.seconds_in(state, edges) for state in kw}
    zero = np.zeros(len(edges) - 1)
    return sum((kw[s] * seconds[s] / 3600.0 for s in kw), zero), sum((rate[s] * seconds[s] for s in kw), zero)


def naive_forecast(train: Record, test: Record, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each stretch of a working day, Saturday or Sunday gets the mean of the same stretch of such days.

    That is: mean seconds in each state times the state's mean power and item rate.
    """
    kw, rate = _means(train)
    kinds = [_kind(train.first + dt.timedelta(days=k)) for k in range(train.n_days)]
    found = []
    for mean, per in ((kw, 3600.0), (rate, 1.0)):
        shares = np.zeros(len(edges) - 1)
        for k, (a, b) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
            begin, length = a % DAY_S, b - a
            kind = _kind(test.first + dt.timedelta(days=int(a // DAY_S)))
            days = [day for day, of in enumerate(kinds) if of == kind]
            for state, value in mean.items():
                got = [_seconds(train, state, day * DAY_S + begin, length) for day in days]
                shares[k] += value / per * float(np.mean([g for g in got if g is not None]))
        found.append(shares)
    return found[0], found[1]


def _seconds(train: Record, state: int, begin: float, length: float) -> float | None:
    """Seconds in a state in one stretch; None where it is not within the record."""
    if begin + length > train.n_days * DAY_S:
        return None
    return float(train.seconds_in(state, np.array([begin, begin + length]))[0])
