"""What is kept of a replication once its trace is gone: quarter-hours, days, sums, KPIs, residuals. Small, plain arrays.

Keys of ``series`` are tuples of names, first the kind:

==================================== ===================================================================================
("quarter", carrier)                 (quarter-hours,) net amount of the carrier, rate unit x hours
("quarter", "supplied")              (quarter-hours,) kWh of electricity supplied on site (PV, battery)
("day", equipment, state, carrier)   (days,) amount
("heat", equipment, term)            (days,) kWh, booked on the day the phase began
("material", material, role)         (days,) kg; stocks are at the ends: first and last day
("material", "", "burnt_co2")        (days,) kg CO2 of carbon burnt in melting
("work", crew, band)                 (days,) person-hours; band person, night, overtime, beyond
("jobs", what)                       (days,) done (by the day finished); late, lateness_h (by the day due)
("good", product, "pieces" or "kg")  (days,) by the day finished
==================================== ===================================================================================
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from twin.ledger.carbon import CO2_PER_CARBON
from twin.ledger.civil import days_of
from twin.ledger.energy import integrate, name_of, of_carrier, quarter_edges_s, quarter_hour_kwh, unique_rows
from twin.ledger.labour import WorkedHours
from twin.ledger.service import finished_s, lateness_s
from twin.ledger.trace import CARRIERS, ROLE, ROLES, TERMS, Trace

SeriesKey = tuple[str, ...]
BANDS = ("person", "night", "overtime", "beyond")


@dataclass(frozen=True)
class RepResult:
    """One replication in small. ``start`` is zone-aware; ``zone`` the plant's time zone."""

    replication: int
    seed: int
    start: dt.datetime
    zone: str
    duration_s: float
    kpis: Mapping[str, float]
    residuals: Mapping[str, float]
    facts: Mapping[str, float]
    series: Mapping[SeriesKey, np.ndarray]

    def quarter_kwh(self, carrier: str = "electricity") -> np.ndarray:
        """Net amount of a carrier by quarter-hour; zeros where it never occurs. Shape (quarter-hours,)."""
        n = len(quarter_edges_s(0.0, self.duration_s)) - 1
        return np.asarray(self.series.get(("quarter", carrier), np.zeros(n)))

    def of_kind(self, kind: str) -> dict[SeriesKey, np.ndarray]:
        """All series of one kind, the kind taken off the key."""
        return {key[1:]: values for key, values in self.series.items() if key[0] == kind}

    @property
    def days(self) -> list[dt.date]:
        """The civil days that the replication covers."""
        return days_of(self.start.astimezone(ZoneInfo(self.zone)), self.duration_s)[0]


def digest(trace: Trace, worked: WorkedHours, kpis: Mapping[str, float], residuals: Mapping[str, float]) -> RepResult:
    """The small result of a trace. ``worked`` are its person-hours (they need the scenario's shifts)."""
    zone = str(getattr(trace.start.tzinfo, "key", "UTC"))
    series: dict[SeriesKey, np.ndarray] = {}
    days, edges = days_of(trace.start, trace.duration_s)
    series.update(_quarters(trace))
    series.update(_energy_days(trace, edges))
    series.update(_sums_by_day(trace, edges))
    for code, crew in enumerate(worked.crews):
        arrays = (worked.person_h, worked.night_h, worked.overtime_h, worked.beyond_h)
        series.update({("work", crew, band): hours[code] for band, hours in zip(BANDS, arrays, strict=True)})
    series.update(_service_days(trace, edges, len(days)))
    return RepResult(
        trace.replication,
        trace.seed,
        trace.start,
        zone,
        trace.duration_s,
        dict(kpis),
        dict(residuals),
        dict(sorted(trace.facts.items())),
        dict(sorted(series.items())),
    )


def _quarters(trace: Trace) -> dict[SeriesKey, np.ndarray]:
    flows = trace.flows
    found: dict[SeriesKey, np.ndarray] = {}
    for code in np.unique(flows["carrier"]).tolist():
        found[("quarter", CARRIERS[code])] = quarter_hour_kwh(flows, CARRIERS[code], 0.0, trace.duration_s)
    supply = of_carrier(flows, "electricity")
    supply = supply.where(supply["base"] < 0.0)
    if len(supply):
        found[("quarter", "supplied")] = -integrate(supply, quarter_edges_s(0.0, trace.duration_s))[0]
    return found


def _energy_days(trace: Trace, edges: np.ndarray) -> dict[SeriesKey, np.ndarray]:
    flows = trace.flows
    columns = ("equipment", "state", "carrier")
    keys, group = unique_rows([flows[c] for c in columns])
    if not len(keys):
        return {}
    sums = integrate(flows, edges, group, len(keys))
    return {
        ("day", *(str(name_of(trace.names, c, code)) for c, code in zip(columns, key, strict=True))): sums[k]
        for k, key in enumerate(keys.tolist())
    }


def _by_day(codes: np.ndarray, at_s: np.ndarray, amounts: np.ndarray, edges: np.ndarray) -> dict[int, np.ndarray]:
    """Amounts by code and day, each code's shape (days,)."""
    n = len(edges) - 1
    day = np.clip(np.searchsorted(edges, at_s, "right") - 1, 0, n - 1)
    known, index = np.unique(codes, return_inverse=True)
    sums = np.bincount(index * n + day, amounts, len(known) * n).reshape(-1, n) if len(known) else np.zeros((0, n))
    return {int(code): sums[k] for k, code in enumerate(known)}


def _sums_by_day(trace: Trace, edges: np.ndarray) -> dict[SeriesKey, np.ndarray]:
    found: dict[SeriesKey, np.ndarray] = {}
    heat, names = trace.heat, trace.names
    for code, kwh in _by_day(
        heat["equipment"].astype(np.int64) * len(TERMS) + heat["term"], heat["t0"], heat["kwh"], edges
    ).items():
        found[("heat", names.equipment[code // len(TERMS)], TERMS[code % len(TERMS)])] = kwh
    rows = trace.material
    for code, kg in _by_day(
        rows["material"].astype(np.int64) * len(ROLES) + rows["role"], rows["t"], rows["kg"], edges
    ).items():
        found[("material", names.material[code // len(ROLES)], ROLES[code % len(ROLES)])] = kg
    burnt = rows.where(rows["role"] == ROLE["melt_loss"])
    for kg in _by_day(np.zeros(len(burnt), np.int64), burnt["t"], burnt["carbon_kg"], edges).values():
        found[("material", "", "burnt_co2")] = kg * CO2_PER_CARBON
    return found


def _service_days(trace: Trace, edges: np.ndarray, n_days: int) -> dict[SeriesKey, np.ndarray]:
    jobs, end = trace.jobs, finished_s(trace)
    done = end <= trace.duration_s
    late = lateness_s(trace)
    zero = np.zeros(n_days)
    one = np.zeros(len(jobs), np.int64)
    lateness = _by_day(one, np.clip(jobs["due"], 0.0, trace.duration_s), late / 3600.0, edges).get(0, zero)
    count = _by_day(one, np.clip(jobs["due"], 0.0, trace.duration_s), (late > 0.0).astype(float), edges).get(0, zero)
    finished = _by_day(one[done], end[done], np.ones(int(done.sum())), edges).get(0, zero)
    found: dict[SeriesKey, np.ndarray] = {
        ("jobs", "done"): finished,
        ("jobs", "late"): count,
        ("jobs", "lateness_h"): lateness,
    }
    for what, each in (("pieces", np.ones(len(jobs))), ("kg", jobs["mass_kg"])):
        for code, amount in _by_day(jobs["product"][done], end[done], (jobs["pieces"] * each)[done], edges).items():
            name = trace.names.product[code]
            total = trace.facts.get(f"good_{what}/{name}")
            scale = total / amount.sum() if total is not None and amount.sum() else 1.0
            found[("good", name, what)] = amount * scale
    return found
