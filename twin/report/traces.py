"""What reports need of a run's first replication: power by station, tariff bands, names in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.energy import QUARTER_S, quarter_edges_s, quarter_hour_kwh
from twin.ledger.power import tariff_of
from twin.ledger.tariff import KepcoTariff, PriceParts, Tariff
from twin.ledger.tariff_clock import wall_clock
from twin.ledger.tariff_kepco import ZONE
from twin.ledger.trace import NONE
from twin.reference.kepco import BANDS

if TYPE_CHECKING:
    import datetime as dt

    from twin.experiment.result import RunResult
    from twin.ledger.accounts import Accounts
    from twin.ledger.trace import Trace

PER_HOUR = 3600.0 / QUARTER_S


def first(data: RunResult) -> tuple[Trace, Accounts]:
    """Trace and accounts of the first replication. Raises InputFault where they were not kept."""
    if data.trace0 is None or data.accounts0 is None:
        message = "the trace of the first replication was not kept; run again with keep_trace"
        raise InputFault(message)
    return data.trace0, data.accounts0


def power_by_equipment_kw(trace: Trace) -> dict[str, np.ndarray]:
    """Mean electric power of every quarter-hour, kW, by equipment; supply is negative."""
    found = quarter_hour_kwh(trace.flows, "electricity", 0.0, trace.duration_s, by="equipment")
    hours = np.diff(quarter_edges_s(0.0, trace.duration_s)) / 3600.0
    return {trace.names.equipment[code]: kwh / hours for code, kwh in found.items()}


def group_names(trace: Trace) -> dict[str, str]:
    """The group that an equipment is drawn in: its station, ``utility``, or the part of the site itself."""
    names = trace.names
    groups = {}
    for equipment, station in zip(names.equipment, names.station_of, strict=True):
        if station != NONE:
            groups[equipment] = names.station[station]
        else:
            groups[equipment] = "utility" if equipment.startswith("utility.") else equipment
    return groups


def power_by_group_kw(trace: Trace) -> dict[str, np.ndarray]:
    """As :func:`power_by_equipment_kw`, summed by group, largest first."""
    groups, sums = group_names(trace), dict[str, np.ndarray]()
    for equipment, kw in power_by_equipment_kw(trace).items():
        group = groups[equipment]
        sums[group] = sums[group] + kw if group in sums else kw
    return dict(sorted(sums.items(), key=lambda item: -abs(float(item[1].sum()))))


@dataclass(frozen=True)
class Band:
    """A stretch of time in one band of the tariff, seconds since the start; quarter-hours are whole."""

    name: str
    t0: float
    t1: float


def bands(tariff: Tariff, start: dt.datetime, n: int) -> list[str]:
    """Band of each of ``n`` quarter-hours from ``start``; a tariff without named bands by its price levels, lowest, middle, highest."""
    if isinstance(tariff, KepcoTariff):
        clock = wall_clock(start, n, int(QUARTER_S), ZONE)
        days = tariff.days(clock)
        codes = days.band[clock.day - days.first, clock.hour]
        return [BANDS[int(code)] for code in codes]
    price = tariff.price_series(start, n, int(QUARTER_S), PriceParts())
    known = np.unique(np.round(price, 9))
    if len(known) == 1:
        return ["flat"] * n
    third = np.searchsorted(known, np.round(price, 9)) * 3 // len(known)
    return [f"level{int(code) + 1}" for code in third]


def band_spans(data: RunResult, trace: Trace) -> list[Band]:
    """The bands of the scenario's tariff over the trace, joined where they go on."""
    edges = quarter_edges_s(0.0, trace.duration_s)
    names = bands(tariff_of(data.scenario), trace.start, len(edges) - 1)
    spans: list[Band] = []
    for k, name in enumerate(names):
        if spans and spans[-1].name == name:
            spans[-1] = Band(name, spans[-1].t0, float(edges[k + 1]))
        else:
            spans.append(Band(name, float(edges[k]), float(edges[k + 1])))
    return spans
