"""Results as JSON and plain columns, and back: what a store writes, without knowing how it writes.

Every result type gives a :class:`StoredResult` (``to_store``) and is made again from one (``from_store``).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from twin.core.faults import InputFault
from twin.experiment.compared import Compared
from twin.ledger.digest import RepResult, SeriesKey
from twin.ledger.trace import COLUMNS, Names, Table, Trace

if TYPE_CHECKING:
    from twin.experiment.result import RunResult

Columns = Mapping[str, Any]
"""column name: array or list of equal length (numbers or text)"""
_REPLICATIONS = "replications"
_TRACE = "trace_"


@dataclass(frozen=True)
class StoredResult:
    """A result in two parts: ``json`` (plain, no NaN) and ``tables`` of columns."""

    json: Mapping[str, Any]
    tables: Mapping[str, Columns] = field(default_factory=dict)


def rep_json(rep: RepResult) -> dict[str, Any]:
    """The scalars of a small result."""
    return {
        "replication": rep.replication,
        "seed": rep.seed,
        "start": rep.start.isoformat(),
        "zone": rep.zone,
        "duration_s": rep.duration_s,
        "kpis": dict(rep.kpis),
        "residuals": dict(rep.residuals),
        "facts": dict(rep.facts),
    }


def rep_columns(reps: Sequence[RepResult]) -> dict[str, Any]:
    """The arrays of small results in one long table: replication, key (JSON list of names), index, value."""
    parts = [
        (rep.replication, json.dumps(key, ensure_ascii=False), values)
        for rep in reps
        for key, values in rep.series.items()
    ]
    sizes = [len(values) for _, _, values in parts]
    return {
        "replication": np.repeat(np.array([rep for rep, _, _ in parts], np.int32), sizes),
        "key": np.repeat(np.array([key for _, key, _ in parts], object), sizes),
        "index": np.concatenate([np.arange(n, dtype=np.int32) for n in sizes]) if sizes else np.zeros(0, np.int32),
        "value": np.concatenate([values for _, _, values in parts]) if parts else np.zeros(0),
    }


def reps_of(scalars: Sequence[Mapping[str, Any]], columns: Columns) -> tuple[RepResult, ...]:
    """The small results that :func:`rep_json` and :func:`rep_columns` gave."""
    replication, index = np.asarray(columns["replication"]), np.asarray(columns["index"])
    keys, values = list(columns["key"]), np.asarray(columns["value"], float)
    series: dict[int, dict[SeriesKey, np.ndarray]] = {}
    begins = np.append(np.flatnonzero(index == 0), len(index))
    for a, b in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
        series.setdefault(int(replication[a]), {})[tuple(json.loads(keys[a]))] = values[a:b]
    return tuple(
        RepResult(
            one["replication"],
            one["seed"],
            dt.datetime.fromisoformat(one["start"]).astimezone(ZoneInfo(one["zone"])),
            one["zone"],
            float(one["duration_s"]),
            _floats(one["kpis"]),
            _floats(one["residuals"]),
            _floats(one["facts"]),
            series.get(one["replication"], {}),
        )
        for one in scalars
    )


def _floats(numbers: Mapping[str, Any]) -> dict[str, float]:
    """Canonical JSON writes whole floats as integers: floats again."""
    return {name: float(value) for name, value in numbers.items()}


def trace_json(trace: Trace) -> dict[str, Any]:
    """What a trace holds beside its tables."""
    names = trace.names
    return {
        "start": trace.start.isoformat(),
        "zone": str(getattr(trace.start.tzinfo, "key", "UTC")),
        "duration_s": trace.duration_s,
        "replication": trace.replication,
        "seed": trace.seed,
        "facts": dict(trace.facts),
        "names": {
            "equipment": list(names.equipment),
            "station": list(names.station),
            "station_of": list(names.station_of),
            "product": list(names.product),
            "order": list(names.order),
            "crew": list(names.crew),
            "material": list(names.material),
        },
    }


def trace_of(scalars: Mapping[str, Any], tables: Mapping[str, Columns]) -> Trace:
    """The trace that :func:`trace_json` and its tables gave."""
    kinds = {"i": np.int32, "d": np.float64}
    columns = {
        name: Table({c: np.asarray(tables[_TRACE + name][c], kinds[kind]) for c, kind in types.items()})
        for name, types in COLUMNS.items()
    }
    names = Names(**{name: tuple(values) for name, values in scalars["names"].items()})
    start = dt.datetime.fromisoformat(scalars["start"]).astimezone(ZoneInfo(scalars["zone"]))
    return Trace(
        start,
        float(scalars["duration_s"]),
        names,
        columns,
        scalars["replication"],
        scalars["seed"],
        _floats(scalars["facts"]),
    )


def run_to_store(run: RunResult) -> StoredResult:
    """A run: scenario, plans, small results, and the trace of the first replication where it was kept."""
    tables: dict[str, Columns] = {_REPLICATIONS: rep_columns(run.replications)}
    content: dict[str, Any] = {
        "scenario": run.scenario.payload(),
        "seed": run.seed,
        "replications": [rep_json(rep) for rep in run.replications],
        "plans": [plan.to_json() for plan in run.plans],
        "trace": None,
        "compared": None if run.compared is None else dataclasses.asdict(run.compared),
    }
    if run.trace0 is not None:
        content["trace"] = trace_json(run.trace0)
        tables |= {_TRACE + name: table.columns for name, table in run.trace0.tables.items()}
    return StoredResult(content, tables)


def run_from_store(stored: StoredResult) -> RunResult:
    """The run that :func:`run_to_store` gave; the first replication is accounted again from its trace. Raises InputFault."""
    from twin.experiment.result import RunResult
    from twin.ledger.accounts import account
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

    try:
        content = stored.json
        scenario = Scenario.from_payload(content["scenario"])
        reps = reps_of(content["replications"], stored.tables[_REPLICATIONS])
        plans = tuple(Plan.from_json(text) for text in content["plans"])
        trace = None if content["trace"] is None else trace_of(content["trace"], stored.tables)
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"not a stored run: {error}"
        raise InputFault(msg) from None
    accounts = None if trace is None else account(scenario, trace)
    return RunResult(scenario, content["seed"], reps, trace, accounts, plans, compared=_compared(content))


def _compared(content: Mapping[str, Any]) -> Compared | None:
    found = content.get("compared")
    if found is None:
        return None
    sides = [{name: tuple(values) for name, values in found[side].items()} for side in ("with_it", "without")]
    return Compared(tuple(found["left_out"]), *sides)
