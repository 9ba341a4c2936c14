"""The three machines' records as spans of time in one state, with energy and items.

Traps of the data, found in the rows themselves. ``ts`` is the *end* of a row's span: a row after a gap bears the items of
the whole gap. ``power_avg`` grows with the span (twice as much after ten minutes as after five), so a row's energy is
``power_avg`` times five minutes whatever its span; and it is a whole number. The state is that at the end of the span;
``status_time`` (at most 60 s) says since when, where a row comes off the five-minute grid. Times in which the machine is
idle have no rows.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

ZONE = ZoneInfo("Europe/Rome")
"""The record begins at 00:00 of this zone, and its machines stop at six on Saturday: three shifts from 06:00, 14:00, 22:00."""
GRID_S, DAY_S = 300.0, 86400.0
LONGEST_S = 1200.0
"""a longer span without rows is time without a record: the machine is switched off"""
MANUAL, AUTOMATIC, ALARM = 1, 2, 3
SHIFT_S = (6 * 3600.0, 14 * 3600.0, 22 * 3600.0)


@dataclass(frozen=True)
class Record:
    """One machine. Spans ``t0``, ``t1`` in seconds since the first day's midnight, and the state of each.

    Rows by their end ``at``: kWh, items, product, state.
    """

    machine: int
    first: dt.date
    n_days: int
    t0: np.ndarray
    t1: np.ndarray
    state: np.ndarray
    at: np.ndarray
    kwh: np.ndarray
    items: np.ndarray
    product: np.ndarray
    row_state: np.ndarray

    def days(self, begin: int, end: int) -> Record:
        """The days ``begin`` to ``end - 1``, their own midnight being 0."""
        low, high = begin * DAY_S, end * DAY_S
        t0, t1 = np.clip(self.t0, low, high), np.clip(self.t1, low, high)
        span, row = t1 > t0, (self.at > low) & (self.at <= high)
        first = self.first + dt.timedelta(days=begin)
        return Record(
            self.machine,
            first,
            end - begin,
            t0[span] - low,
            t1[span] - low,
            self.state[span],
            self.at[row] - low,
            self.kwh[row],
            self.items[row],
            self.product[row],
            self.row_state[row],
        )

    def shift_edges_s(self) -> np.ndarray:
        """Midnight, then every change of shift, then midnight."""
        inside = [day * DAY_S + clock for day in range(self.n_days) for clock in SHIFT_S]
        return np.array([0.0, *inside, self.n_days * DAY_S])

    def by_shift(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """kWh and items of the rows that end in each shift."""
        place = np.searchsorted(edges, self.at, side="left") - 1
        n = len(edges) - 1
        return np.bincount(place, self.kwh, n), np.bincount(place, self.items, n)

    def seconds_in(self, state: int, edges: np.ndarray) -> np.ndarray:
        """Seconds in a state between neighbouring edges."""
        mine = self.state == state
        low, high = self.t0[mine][:, None], self.t1[mine][:, None]
        inside = np.minimum(high, edges[None, 1:]) - np.maximum(low, edges[None, :-1])
        return np.asarray(np.maximum(inside, 0.0).sum(axis=0))

    def windows(self, *states: int) -> list[tuple[float, float]]:
        """Merged spans in any of these states."""
        merged: list[tuple[float, float]] = []
        for t0, t1 in zip(
            *(column[np.isin(self.state, states)].tolist() for column in (self.t0, self.t1)), strict=True
        ):
            if merged and t0 <= merged[-1][1] + 1.0:
                merged[-1] = (merged[-1][0], t1)
            else:
                merged.append((t0, t1))
        return merged


def records(folder: Path) -> list[Record]:
    """Every machine of the file, the days after the last whole one left out."""
    with gzip.open(folder / "company_A_labelled_to_0911.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = [dt.datetime.fromisoformat(row["ts"]).astimezone(ZONE) for row in rows]
    midnight = dt.datetime.combine(min(times).date(), dt.time(), ZONE)
    days = (max(times).date() - midnight.date()).days
    by_machine: dict[int, list[tuple[float, dict[str, str]]]] = {}
    for when, row in zip(times, rows, strict=True):
        by_machine.setdefault(int(row["asset"]), []).append(((when - midnight).total_seconds(), row))
    return [_record(machine, midnight.date(), days, mine) for machine, mine in sorted(by_machine.items())]


def _record(machine: int, first: dt.date, days: int, rows: list[tuple[float, dict[str, str]]]) -> Record:
    rows.sort(key=lambda entry: entry[0])
    spans: list[tuple[float, float, int]] = []
    before, state_before = rows[0][0] - GRID_S, int(float(rows[0][1]["status"]))
    for at, row in rows:
        state = int(float(row["status"]))
        span = at - before
        if span > LONGEST_S:
            spans.append((at - GRID_S, at, state))
        elif at % GRID_S and state != state_before:
            since = max(before, at - float(row["status_time"]))
            spans += [(before, since, state_before), (since, at, state)]
        else:
            spans.append((before, at, state))
        before, state_before = at, state
    t0, t1, states = (np.array(column, dtype=np.float64) for column in zip(*spans, strict=True))
    numbers = {
        key: np.array([float(row[key]) for _, row in rows]) for key in ("power_avg", "items", "product", "status")
    }
    at_s = np.array([at for at, _ in rows])
    kwh = numbers["power_avg"] * GRID_S / 3600.0
    return Record(
        machine,
        first,
        days,
        t0,
        t1,
        states.astype(int),
        at_s,
        kwh,
        numbers["items"],
        numbers["product"],
        numbers["status"],
    )
