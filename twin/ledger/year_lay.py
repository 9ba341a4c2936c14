"""Simulated days laid on a calendar: which day stands for which, and how long what was left undone takes to make up.

A week with closed days leaves a backlog: what its orders asked for beyond what it made. The week after it is laid as simulated; in the
weeks that follow, as long as some backlog is left, a share of the *recovery week* (the last week of the run, after the largest closure, in
which the plant works at capacity) takes the place of the base week: the share that makes up the rest, at most one. Shares are continuous,
so two scenarios on the same draws differ only by what differs in them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger.digest import RepResult, SeriesKey
from twin.ledger.year_layout import (
    AFTER,
    BASE,
    CLOSED,
    FULL,
    WEEK,
    Representative,
    Weeks,
    monday,
    season_of,
    shifts_of,
    week_types,
)
from twin.scenario.calendar import at_clock
from twin.scenario.orders import jobs

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

QUARTERS = 96
_LEAST_GAIN = 0.005


@dataclass(frozen=True)
class Spot:
    """A simulated day: which representative run, which of its days. Arrays (days,)."""

    which: np.ndarray
    day: np.ndarray


@dataclass(frozen=True)
class Laid:
    """For each day of the span the simulated day that stands for it, and the one that stands in where its share is below one.

    ``week`` (days,) numbers the weeks; ``types``, ``simulated`` (representative, week of the run) and ``demand`` (orders released over
    those of a base week) are by week; ``recovery`` is the recovery week of the first representative, or None.
    """

    first: dt.date
    names: tuple[str, ...]
    main: Spot
    other: Spot
    week: np.ndarray
    types: tuple[str, ...]
    simulated: tuple[tuple[int, int], ...]
    demand: np.ndarray
    recovery: int | None


@dataclass(frozen=True)
class Blend:
    """One replication of every representative laid on the span; ``share`` (days,) of the main day, the rest of the other."""

    laid: Laid
    reps: Mapping[str, RepResult]
    share: np.ndarray

    def _days(self, spot: Spot, k: int, values: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mine = np.flatnonzero((spot.which == k) & (share > 0.0))
        return mine, values[spot.day[mine]] * share[mine]

    def sums(self, kind: str) -> dict[SeriesKey, np.ndarray]:
        """Every daily series of a kind laid on the span; each of shape (days,)."""
        found: dict[SeriesKey, np.ndarray] = {}
        for k, name in enumerate(self.laid.names):
            for key, values in self.reps[name].of_kind(kind).items():
                out = found.setdefault(key, np.zeros(len(self.share)))
                for spot, share in ((self.laid.main, self.share), (self.laid.other, 1.0 - self.share)):
                    mine, amount = self._days(spot, k, values, share)
                    out[mine] += amount
        return dict(sorted(found.items()))

    def by_run(self, kind: str) -> dict[str, dict[SeriesKey, float]]:
        """Sums over the span of every daily series of a kind, by representative run."""
        found: dict[str, dict[SeriesKey, float]] = {}
        for k, name in enumerate(self.laid.names):
            found[name] = {
                key: float(
                    sum(
                        self._days(spot, k, values, share)[1].sum()
                        for spot, share in ((self.laid.main, self.share), (self.laid.other, 1.0 - self.share))
                    )
                )
                for key, values in self.reps[name].of_kind(kind).items()
            }
        return found

    def quarters(self, day: np.ndarray, slot: np.ndarray, carrier: str) -> np.ndarray:
        """Quarter-hours of a carrier: each takes the same clock time of its simulated day (days of 23 or 25 hours come out right).

        ``day`` and ``slot`` give the day of the span and the quarter-hour of the day of each.
        """
        out, of_day = np.zeros(len(day)), self.share[day]
        for k, name in enumerate(self.laid.names):
            if ("quarter", carrier) not in self.reps[name].series:
                continue
            series = self.reps[name].quarter_kwh(carrier)
            for spot, share in ((self.laid.main, of_day), (self.laid.other, 1.0 - of_day)):
                mine = np.flatnonzero((spot.which[day] == k) & (share > 0.0))
                at = np.minimum(spot.day[day[mine]] * QUARTERS + slot[mine], len(series) - 1)
                out[mine] += series[at] * share[mine]
        return out


def position(day: dt.date, closed: tuple[int, ...], shown: tuple[int, ...], shifts: Mapping[int, str]) -> int:
    """Weekday of the simulated week that stands for ``day``.

    Among days of the same shifts, closed days stand for closed and open for open, in order; rest days for themselves.
    """
    k = day.weekday()
    if closed == shown or k not in shifts:
        return k
    same = [d for d in shifts if shifts[d] == shifts[k] and (d in closed) == (k in closed)]
    to = [d for d in shifts if shifts[d] == shifts[k] and (d in shown) == (k in closed)]
    return to[min(same.index(k), len(to) - 1)] if to else k


def week_demand(scenario: Scenario, mondays: Sequence[dt.date], weeks: Weeks) -> np.ndarray:
    """Weight of the good pieces that each week's orders ask for, over that of a week without closed days (median). Shape (weeks,)."""
    edges = np.array([at_clock(scenario, day, "00:00") for day in (*mondays, mondays[-1] + WEEK)])
    asked = np.zeros(len(mondays))
    products = scenario.spec.products
    for job in jobs(scenario, float(edges[0]), float(edges[-1])):
        product = products[job.product]
        week = int(np.searchsorted(edges, job.release_s, "right")) - 1
        asked[min(max(week, 0), len(asked) - 1)] += job.pieces * (1.0 - product.scrap_fraction) * product.mass_kg
    plain = [asked[k] for k, day in enumerate(mondays) if not weeks[day][1]]
    usual = float(np.median(plain)) if plain else 0.0
    return asked / usual if usual else np.ones(len(mondays))


def lay(scenario: Scenario, chosen: tuple[Representative, ...], first: dt.date, days: int) -> Laid:
    """Which simulated days stand for each of ``days`` days from ``first``."""
    dates = [first + dt.timedelta(days=k) for k in range(days)]
    names = tuple(one.name for one in chosen)
    if names == (FULL,):
        origin = chosen[0].scenario.spec.run.start
        spot = Spot(np.zeros(days, int), np.array([(date - origin).days for date in dates]))
        return Laid(first, names, spot, spot, np.zeros(days, int), (FULL,), ((0, 0),), np.ones(1), None)
    weeks, shifts = week_types(scenario, first, days), shifts_of(scenario)
    mondays = list(weeks)
    simulated = tuple(_stand_in(scenario, chosen, day, weeks[day][0]) for day in mondays)
    recovery = chosen[0].layout.recovery
    main, other = (Spot(np.zeros(days, int), np.zeros(days, int)) for _ in range(2))
    number = np.array([(monday(date) - mondays[0]).days // 7 for date in dates])
    for k, date in enumerate(dates):
        kind, closed = weeks[mondays[number[k]]]
        r, week = simulated[number[k]]
        day = 7 * week + position(date, closed, chosen[r].layout.closed[week], shifts)
        other.which[k], other.day[k] = r, day
        full = kind == BASE and recovery is not None
        main.which[k], main.day[k] = (0, 7 * (recovery or 0) + date.weekday()) if full else (r, day)
    types = tuple(weeks[day][0] for day in mondays)
    return Laid(first, names, main, other, number, types, simulated, week_demand(scenario, mondays, weeks), recovery)


def _stand_in(scenario: Scenario, chosen: tuple[Representative, ...], week: dt.date, kind: str) -> tuple[int, int]:
    """Representative and week of its run for a week of the year: of its season, else of the first, which has every type."""
    r = next((k for k, one in enumerate(chosen) if season_of(scenario, week) in one.seasons), 0)
    if kind not in chosen[r].layout.types and kind in chosen[0].layout.types:
        r = 0
    return r, chosen[r].layout.week_of(kind, week.toordinal() // 7)


def _output_by_week(rep: RepResult) -> np.ndarray:
    """Good output of each whole week of a run, kg; metal booked as good, else pieces by weight."""
    metal = [values for key, values in rep.of_kind("material").items() if key[1] == "good"]
    pieces = [values for key, values in rep.of_kind("good").items() if key[1] == "kg"]
    total = sum(metal or pieces, np.zeros(len(rep.days)))
    whole = len(total) // 7
    return np.asarray(total[: 7 * whole].reshape(whole, 7).sum(axis=1))


def blend(laid: Laid, reps: Mapping[str, RepResult]) -> Blend:
    """One replication laid on the span, with the share of recovery in each week that its own output calls for."""
    if laid.recovery is None:
        return Blend(laid, reps, np.ones(len(laid.week)) if laid.names == (FULL,) else np.zeros(len(laid.week)))
    output = [_output_by_week(reps[name]) for name in laid.names]
    usual = float(
        np.mean([output[r][w] for kind, (r, w) in zip(laid.types, laid.simulated, strict=True) if kind == BASE])
    )
    gain = float(output[0][laid.recovery]) - usual
    share, backlog = np.zeros(len(laid.types)), 0.0
    for k, (kind, (r, w)) in enumerate(zip(laid.types, laid.simulated, strict=True)):
        if kind.startswith((CLOSED, AFTER)):
            backlog += laid.demand[k] * usual - float(output[r][w])
        elif gain > _LEAST_GAIN * usual and backlog > 0.0:
            share[k] = min(backlog / gain, 1.0)
            backlog -= share[k] * gain
    return Blend(laid, reps, share[laid.week])
