"""A power meter's log, read as found: gaps, doubled or unsorted stamps, blank readings, a cumulative counter beside the power."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from twin.core.faults import InputFault
from twin.meters.table import Table, read_table, zone_of

MINUTE_S = 60.0
SHORT_GAP_S = 180.0  # up to here a straight line between readings errs less than the counter's last digit


@dataclass(frozen=True)
class Gap:
    """A stretch without readings. ``energy_kwh`` from the counter's difference, None where the log has no counter."""

    t0_s: float
    t1_s: float
    energy_kwh: float | None


@dataclass(frozen=True)
class Quality:
    """What the log is worth. Energies in kWh over the whole span; ``counter_kwh`` is None without a counter."""

    rows: int
    blank_rows: int
    doubled_rows: int
    unsorted_rows: int
    counter_resets: int
    missing_minutes: int
    longest_gap_s: float
    integral_kwh: float
    gap_kwh: float
    counter_kwh: float | None

    @property
    def counter_minus_integral_pct(self) -> float | None:
        """How far the counter is above the integral of power with its gaps filled, per cent of the counter."""
        if not self.counter_kwh:
            return None
        return 100.0 * (self.counter_kwh - self.integral_kwh - self.gap_kwh) / self.counter_kwh


@dataclass(frozen=True)
class Load:
    """Mean power of every minute: ``power_kw[i]`` holds from ``t0_s + 60 i``; ``measured[i]`` is false where it was filled."""

    t0_s: float
    power_kw: np.ndarray
    measured: np.ndarray

    @property
    def energy_kwh(self) -> float:
        """The whole energy."""
        return float(self.power_kw.sum() / 60.0)


@dataclass(frozen=True)
class Meter:
    """One log. ``t_s`` counts seconds from ``start``, midnight (local) of the first day; a reading holds for ``interval_s`` from its
    ``t_s``.

    ``power_kw`` and ``counter_kwh`` (empty without a counter) are arrays as long as ``t_s``, sorted by time, without blank power readings.
    """

    name: str
    zone: str
    start: dt.datetime
    interval_s: float
    t_s: np.ndarray
    power_kw: np.ndarray
    counter_kwh: np.ndarray
    gaps: tuple[Gap, ...]
    quality: Quality

    def local(self, t_s: float) -> dt.datetime:
        """The civil time of a second of the log."""
        return self.start + dt.timedelta(seconds=float(t_s))

    def seconds(self, when: dt.datetime) -> float:
        """The second of the log of a civil time (naive: the meter's own zone)."""
        aware = when if when.tzinfo else when.replace(tzinfo=self.start.tzinfo)
        return (aware - self.start).total_seconds()

    def minutes(self) -> Load:
        """The log on a grid of whole minutes; long gaps bear the counter's energy evenly, short ones a straight line."""
        first = math.floor(self.t_s[0] / MINUTE_S)
        slot = np.floor(self.t_s / MINUTE_S + 1e-9).astype(int) - first
        n = int(slot[-1]) + max(1, round(self.interval_s / MINUTE_S))
        total, count = np.zeros(n), np.zeros(n)
        np.add.at(total, slot, self.power_kw)
        np.add.at(count, slot, 1.0)
        measured = count > 0
        at = np.arange(n)
        power = np.where(measured, total / np.maximum(count, 1.0), 0.0)
        power[~measured] = np.interp(at[~measured], at[measured], power[measured])
        for gap in self.gaps:
            if gap.t1_s - gap.t0_s > SHORT_GAP_S:
                inside = slice(
                    math.floor(gap.t0_s / MINUTE_S + 1e-9) - first, math.floor(gap.t1_s / MINUTE_S + 1e-9) - first
                )
                hours = (inside.stop - inside.start) / 60.0
                power[inside] = 0.0 if gap.energy_kwh is None else gap.energy_kwh / hours
        return Load(first * MINUTE_S, power, measured)


def read_meter(
    path: str | Path,
    *,
    zone: str = "Asia/Seoul",
    stamp: Literal["start", "end"] = "start",
    interval_s: float = MINUTE_S,
) -> Meter:
    """Read a CSV (or .csv.gz) with the columns ``timestamp`` and ``kW``, and if there is one a cumulative ``kWh``; names and encodings as
    in :mod:`twin.meters.table`.

    ``stamp`` says whether a time stamp names the start or the end of the interval that its reading stands for. Stamps without an offset
    are civil time of ``zone``. Raises InputFault that names every bad line (at most twenty), a zone that does not exist, or a
    span over which the zone's clock changes (stamps are then ambiguous).
    """
    source = Path(path)
    tz = zone_of(zone)
    rows, blank = _readings(read_table(source, tz))
    if len(rows) < 2:
        msg = f"{source}: fewer than two readings of power"
        raise InputFault(msg)
    stamps = [row[0] for row in rows]
    unsorted = sum(1 for a, b in pairwise(stamps) if b < a)
    unique = {row[0]: row for row in rows}  # the last reading of a doubled stamp counts
    ordered = [unique[key] for key in sorted(unique)]
    start = dt.datetime.combine(ordered[0][0].date(), dt.time(), tzinfo=tz)
    _refuse_clock_change(source, zone, start, ordered[-1][0])
    shift = interval_s if stamp == "end" else 0.0
    t_s = np.array([(row[0] - start).total_seconds() - shift for row in ordered])
    power = np.array([row[1] for row in ordered])
    counter = np.array([row[2] for row in ordered])
    counter, resets = _steady_counter(counter)
    gaps = tuple(_gaps(t_s, power, counter, interval_s))
    gaps_s = [gap.t1_s - gap.t0_s for gap in gaps]
    quality = Quality(
        rows=len(rows) + blank,
        blank_rows=blank,
        doubled_rows=len(rows) - len(ordered),
        unsorted_rows=unsorted,
        counter_resets=resets,
        missing_minutes=round(sum(gaps_s) / MINUTE_S),
        longest_gap_s=max(gaps_s, default=0.0),
        integral_kwh=float(power.sum() * interval_s / 3600.0),
        gap_kwh=sum(g.energy_kwh or 0.0 for g in gaps),
        counter_kwh=float(counter[-1] - counter[0]) if counter.size else None,
    )
    return Meter(source.name, zone, start, interval_s, t_s, power, counter, gaps, quality)


Row = tuple[dt.datetime, float, float]


def _readings(table: Table) -> tuple[list[Row], int]:
    """The rows with a power reading (stamp, kW, counter or NaN), and how many had a blank power. Raises InputFault without power."""
    if "kw" not in table.values:
        msg = f"{table.name}: no column 'kW' (or 전력); found: {', '.join(table.values)}"
        raise InputFault(msg)
    power = table.values["kw"]
    counter = table.values.get("kwh", np.full(len(power), np.nan))
    rows = [
        (stamp, float(kw), float(kwh))
        for stamp, kw, kwh in zip(table.stamps, power, counter, strict=True)
        if not math.isnan(kw)
    ]
    return rows, len(power) - len(rows)


def _refuse_clock_change(source: Path, zone: str, start: dt.datetime, last: dt.datetime) -> None:
    days = (last.date() - start.date()).days + 1
    offsets = {(start + dt.timedelta(days=day)).utcoffset() for day in range(days + 1)}
    if len(offsets) > 1:
        msg = f"{source}: the clock of {zone} changes within the log, so its stamps are ambiguous (split the log at the change)"
        raise InputFault(msg)


def _steady_counter(counter: np.ndarray) -> tuple[np.ndarray, int]:
    """The counter without its resets (a fall counts as a restart from the fallen value), blanks carried forward; empty without one."""
    known = ~np.isnan(counter)
    if not known.any():
        return np.array([]), 0
    filled = np.interp(np.arange(len(counter)), np.flatnonzero(known), counter[known])
    steps = np.diff(filled)
    falls = steps < 0
    restart = np.where(falls, np.maximum(filled[1:], 0.0), steps)
    return filled[0] + np.concatenate(([0.0], np.cumsum(restart))), int(falls.sum())


def _gaps(t_s: np.ndarray, power_kw: np.ndarray, counter_kwh: np.ndarray, interval_s: float) -> Iterator[Gap]:
    """Stretches of at least half an interval that no reading covers; each with the counter's rise less that of the reading before it."""
    apart = np.diff(t_s) - interval_s
    for i in np.flatnonzero(apart > 0.5 * interval_s):
        energy = None
        if counter_kwh.size:
            before_kwh = power_kw[i] * interval_s / 3600.0
            energy = max(0.0, float(counter_kwh[i + 1] - counter_kwh[i]) - float(before_kwh))
        yield Gap(float(t_s[i] + interval_s), float(t_s[i + 1]), energy)
