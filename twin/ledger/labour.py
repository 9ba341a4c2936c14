"""Wages with night, overtime and holiday premia, from the rows of ``crews``.

Korean Labour Standards Act, Article 56: work at night (22:00 to 06:00) and overtime each add 50 % of the ordinary wage; work on a holiday
adds 50 % within eight hours and 100 % beyond. Premia add up, but work beyond eight hours on a holiday is not paid as overtime on top
(paragraph 2 as amended on 2018-03-20). A shift belongs to the day on which it starts. Holidays are public holidays and the weekly rest
day, taken as Sunday unless the crew has shifts that start on Sunday (assumed: rest days then rotate).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.ledger.civil import days_of, seconds
from twin.ledger.trace import Table, Trace
from twin.reference.labour import LabourPremia

_NEAR_S = 6 * 3600.0
LEGAL_DAY_H = 8.0
Span = tuple[dt.date, float, float]


@dataclass(frozen=True)
class WorkedHours:
    """Person-hours by crew and working day; all arrays (crews, days). ``beyond_h`` are those past eight hours of one person and shift."""

    crews: tuple[str, ...]
    days: tuple[dt.date, ...]
    person_h: np.ndarray
    night_h: np.ndarray
    overtime_h: np.ndarray
    beyond_h: np.ndarray


@dataclass(frozen=True)
class LabourCost:
    """Wages in KRW: ordinary pay, each premium, their total; ``hours`` in person-hours by band."""

    base_krw: float
    night_krw: float
    overtime_krw: float
    holiday_krw: float
    total_krw: float
    hours: Mapping[str, float]
    premia_id: str

    @property
    def premium_krw(self) -> float:
        """All premia together."""
        return self.night_krw + self.overtime_krw + self.holiday_krw


def night_edges_s(start: dt.datetime, duration_s: float, premia: LabourPremia) -> np.ndarray:
    """Beginnings and ends of the nights, in turn, from the one before the span's first midnight. Shape (2 * nights,)."""
    days, _ = days_of(start, duration_s)
    before = days[0] - dt.timedelta(days=1)
    nights = [
        (seconds(start, day, premia.night_from_hour), seconds(start, day, 24 + premia.night_to_hour))
        for day in (before, *days)
    ]
    return np.array(nights).ravel()


def _shift_of(middle: float, day: dt.date, spans: Sequence[Span], starts: np.ndarray) -> tuple[dt.date, int]:
    """Working day and number of the shift that a piece of work belongs to: the one it lies in or is next to, else its own civil day."""
    k = int(np.searchsorted(starts, middle, "right")) - 1
    if k >= 0 and middle <= spans[k][2] + _NEAR_S:
        return spans[k][0], k
    if k + 1 < len(spans) and spans[k + 1][1] - middle <= _NEAR_S:
        return spans[k + 1][0], k + 1
    return day, -1 - day.toordinal()


def _cut_rows(rows: Table, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows cut at sorted edges: index of the row, t0, t1 of each piece."""
    index, t0s, t1s = [], [], []
    for k in range(len(rows)):
        t0, t1 = float(rows["t0"][k]), float(rows["t1"][k])
        inner = edges[(edges > t0) & (edges < t1)]
        points = np.concatenate([[t0], inner, [t1]])
        index.append(np.full(len(points) - 1, k))
        t0s.append(points[:-1])
        t1s.append(points[1:])
    if not index:
        return np.zeros(0, int), np.zeros(0), np.zeros(0)
    return np.concatenate(index), np.concatenate(t0s), np.concatenate(t1s)


def worked_hours(trace: Trace, premia: LabourPremia, spans: Mapping[str, Sequence[Span]] | None = None) -> WorkedHours:
    """Person-hours by crew and working day. ``spans`` gives each crew's shifts; a crew without counts by civil day."""
    days, edges = days_of(trace.start, trace.duration_s)
    nights = night_edges_s(trace.start, trace.duration_s, premia)
    crews = trace.names.crew
    sums = np.zeros((4, len(crews), len(days)))
    for code, crew in enumerate(crews):
        rows = trace.crews.where(trace.crews["crew"] == code)
        own = list((spans or {}).get(crew, ()))
        _add_crew(sums[:, code, :], rows, own, days, edges, nights)
    return WorkedHours(crews, tuple(days), sums[0], sums[1], sums[2], sums[3])


def _add_crew(
    sums: np.ndarray, rows: Table, spans: list[Span], days: list[dt.date], edges: np.ndarray, nights: np.ndarray
) -> None:
    """Add the rows of one crew to ``sums``, shape (person, night, overtime, beyond; days)."""
    starts = np.array([span[1] for span in spans])
    index, t0, t1 = _cut_rows(rows, np.unique(np.concatenate([nights, edges, starts])))
    shifts: dict[tuple[int, int], list[float]] = {}
    for k, a, b in zip(index.tolist(), t0.tolist(), t1.tolist(), strict=True):
        middle, people, hours = (a + b) / 2.0, float(rows["people"][k]), (b - a) / 3600.0
        civil = min(max(int(np.searchsorted(edges, middle, "right")) - 1, 0), len(days) - 1)
        day, shift = _shift_of(middle, days[civil], spans, starts)
        d = min(max((day - days[0]).days, 0), len(days) - 1)
        sums[0, d] += people * hours
        if int(np.searchsorted(nights, middle, "right")) % 2:
            sums[1, d] += people * hours
        if rows["overtime"][k]:
            sums[2, d] += people * hours
        entry = shifts.setdefault((d, shift), [0.0, 0.0])
        entry[0] += people * hours
        entry[1] = max(entry[1], people)
    for (d, _), (person_h, people) in shifts.items():
        if people:
            sums[3, d] += people * max(0.0, person_h / people - LEGAL_DAY_H)


def labour_cost_of(
    worked: WorkedHours,
    wages_krw_per_h: Mapping[str, float],
    premia: LabourPremia,
    holidays: Mapping[str, Collection[dt.date]],
) -> LabourCost:
    """Cost of worked hours. ``holidays`` gives each crew's days with holiday pay (public holidays and its weekly rest days)."""
    rest = np.array([[day in holidays.get(crew, ()) for day in worked.days] for crew in worked.crews]).reshape(
        worked.person_h.shape
    )
    wage = np.array([wages_krw_per_h[crew] for crew in worked.crews])
    overtime = np.where(rest, 0.0, worked.overtime_h)
    within, beyond = np.where(rest, worked.person_h - worked.beyond_h, 0.0), np.where(rest, worked.beyond_h, 0.0)
    base = _paid(wage, worked.person_h)
    pay = [
        _paid(wage, hours) * share
        for hours, share in (
            (worked.night_h, premia.night_share),
            (overtime, premia.overtime_share),
            (within, premia.holiday_share_within_8_h),
            (beyond, premia.holiday_share_beyond_8_h),
        )
    ]
    bands = {"person": worked.person_h, "night": worked.night_h, "overtime": overtime, "holiday": within + beyond}
    return LabourCost(
        base,
        pay[0],
        pay[1],
        pay[2] + pay[3],
        base + sum(pay),
        {name: float(hours.sum()) for name, hours in bands.items()},
        premia.id,
    )


def _paid(wage_krw_per_h: np.ndarray, hours: np.ndarray) -> float:
    """Ordinary pay of hours (crews, days)."""
    return float((wage_krw_per_h[:, None] * hours).sum())
