"""Results as DataFrames: columns named ``quantity_unit``, times zone-aware, interval starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from twin.core.faults import InputFault
from twin.experiment.statistics import paired as paired_interval
from twin.experiment.statistics import variance_reduction
from twin.ledger.energy import QUARTER_S, quarter_edges_s
from twin.ledger.power import tariff_of
from twin.ledger.trace import NONE, STATES
from twin.report.clock import horizon_start
from twin.report.traces import bands, first, power_by_equipment_kw
from twin.report.words import unit_of

if TYPE_CHECKING:
    import datetime as dt

    from twin.experiment.result import RunResult
    from twin.ledger.trace import Trace

INTERVAL_KEYS = ("low", "high", "n", "level", "p10", "p50", "p90")


def kpis(data: RunResult) -> pd.DataFrame:
    """One row a KPI (index ``kpi``): mean, low, high, n, level, unit."""
    rows = [{"kpi": name, **found.payload(), "unit": unit_of(name)} for name, found in data.kpis.items()]
    return pd.DataFrame(rows).set_index("kpi")


def load(data: RunResult) -> pd.DataFrame:
    """Quarter-hours of the first replication, indexed by their start: ``power_kw`` at the meter, ``band``, ``<equipment>_kw``."""
    trace, accounts = first(data)
    n = len(accounts.load.kwh)
    index = _times(trace, quarter_edges_s(0.0, trace.duration_s)[:-1], "start")
    columns: dict[str, Any] = {
        "power_kw": accounts.load.kwh * (3600.0 / QUARTER_S),
        "band": bands(tariff_of(data.scenario), trace.start, n),
    }
    columns |= {f"{name}_kw": kw for name, kw in power_by_equipment_kw(trace).items()}
    return pd.DataFrame(columns, index=index)


def batches(data: RunResult) -> pd.DataFrame:
    """Batches of the first replication, a row for each job in a batch, with electricity, carbon and cost allocated by the causal rule.

    ``energy_kwh`` is what the batch drew itself (all carriers), ``allocated_kwh`` and ``allocated_carbon_kg`` electricity with its share of
    idle, holding and utilities, ``cost_krw`` its share of the whole bill.
    """
    from twin.report.allocated import per_batch

    trace, _ = first(data)
    rows, names = trace.batches, trace.names
    shares = per_batch(data)
    at = np.searchsorted(shares.batch, rows["batch"])
    frame = pd.DataFrame(
        {
            "batch": rows["batch"],
            "equipment": _named(names.equipment, rows["equipment"]),
            "product": _named(names.product, rows["product"]),
            "job": rows["job"],
            "start": _times(trace, rows["t0"]),
            "end": _times(trace, rows["t1"]),
            "duration_h": (rows["t1"] - rows["t0"]) / 3600.0,
            "mass_kg": rows["mass_kg"],
            "share": rows["share"],
        }
    )
    for column, values in shares.columns.items():
        frame[column] = values[at] * rows["share"]
    return frame.sort_values(["start", "batch"], kind="stable").reset_index(drop=True)


def states(data: RunResult) -> pd.DataFrame:
    """States of every equipment, first replication: equipment, state, start, end, duration_h."""
    trace, _ = first(data)
    rows = trace.states
    frame = pd.DataFrame(
        {
            "equipment": _named(trace.names.equipment, rows["equipment"]),
            "state": _named(STATES, rows["state"]),
            "start": _times(trace, rows["t0"]),
            "end": _times(trace, rows["t1"]),
            "duration_h": (rows["t1"] - rows["t0"]) / 3600.0,
        }
    )
    return frame.sort_values(["equipment", "start"], kind="stable").reset_index(drop=True)


def bill_lines(data: Any) -> pd.DataFrame:
    """The lines of the electricity bill: name, month, quantity, unit, rate, amount, verified, source, detail."""
    payload = data.payload()
    found = payload.get("bill") or payload
    return pd.DataFrame(
        found.get("lines", []),
        columns=["name", "month", "quantity", "unit", "rate", "amount", "verified", "source", "detail"],
    )


def schedule(data: Any) -> pd.DataFrame:
    """What starts when and where in a plan: equipment, kind, key, product, job, start, end, duration_h, mass_kg, pieces, load."""
    plan, start = data.plan, horizon_start(data.scenario)
    rows = [
        {
            "equipment": b.equipment,
            "kind": b.kind,
            "key": b.key,
            "product": b.product,
            "job": b.job,
            "start": _at(start, b.not_before_s),
            "end": _at(start, b.not_before_s + b.duration_s),
            "duration_h": b.duration_s / 3600.0,
            "mass_kg": b.mass_kg,
            "pieces": b.pieces,
            "load": b.load,
        }
        for b in sorted(plan.batches, key=lambda b: (b.not_before_s, b.equipment))
    ]
    columns = ["equipment", "kind", "key", "product", "job", "start", "end", "duration_h", "mass_kg", "pieces", "load"]
    return pd.DataFrame(rows, columns=columns)


def tasks(data: Any) -> pd.DataFrame:
    """One row a task and dispatch; a figure with an interval becomes ``name``, ``name_low``, ``name_high``."""
    return pd.DataFrame([flat(task) for task in data.payload()["tasks"]])


def losses(data: Any) -> pd.DataFrame:
    """One row an equipment and term of a diagnosis."""
    return _renamed(data.payload()["losses"])


def steps(data: Any) -> pd.DataFrame:
    """What one step of change is worth."""
    return _renamed([{**step, **(step.get("intervals") or {}), "intervals": {}} for step in data.payload()["steps"]])


def parameters(data: Any) -> pd.DataFrame:
    """One row a fitted parameter."""
    return pd.DataFrame([flat(row) for row in data.payload()["parameters"]])


def paired(base: RunResult, other: RunResult) -> pd.DataFrame:
    """Paired differences ``other − base`` of every KPI that both have (index ``kpi``): mean, low, high, n, level, variance_reduction, unit.

    Raises InputFault where the two were not run on the same draws (seed and replications).
    """
    if (base.seed, len(base.replications)) != (other.seed, len(other.replications)):
        message = (
            f"runs are compared draw by draw: seed {base.seed} with {len(base.replications)} replications against seed {other.seed} with "
            f"{len(other.replications)}; run both with the same seed and replications"
        )
        raise InputFault(message)
    rows = []
    for name in base.kpis:
        if name in other.kpis:
            a, b = other.values(name), base.values(name)
            rows.append(
                {
                    "kpi": name,
                    **paired_interval(a, b).payload(),
                    "variance_reduction": variance_reduction(a, b),
                    "unit": unit_of(name),
                }
            )
    return pd.DataFrame(rows).set_index("kpi")


def flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A row of a payload with intervals and sub-tables spread over columns: ``a``, ``a_low``, ``with_support_npv_krw``."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and "mean" in value:
            found[name] = value["mean"]
            found |= {f"{name}_{end}": value[end] for end in INTERVAL_KEYS if end in value}
        elif isinstance(value, Mapping):
            found |= flat(value, f"{name}_")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            found[name] = ", ".join(map(str, value))
        else:
            found[name] = value
    return found


def _renamed(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    units = {"kwh": "energy_kwh", "krw": "cost_krw", "kg": "carbon_kg"}

    def named(name: str) -> str:
        head, _, end = name.partition("_")
        return f"{units[head]}_{end}".rstrip("_") if head in units else name

    return pd.DataFrame([{named(name): value for name, value in flat(row).items()} for row in rows])


def _named(names: Sequence[str], codes: np.ndarray) -> np.ndarray:
    """Names of codes; empty for NONE."""
    return np.array([*names, ""], dtype=object)[np.where(codes == NONE, len(names), codes)]


def _times(trace: Trace, seconds: np.ndarray, name: str | None = None) -> pd.DatetimeIndex:
    """Zone-aware times, rounded to milliseconds."""
    begin = pd.Timestamp(trace.start).tz_convert("UTC")
    made = begin + pd.to_timedelta(np.round(np.asarray(seconds, float) * 1000.0), unit="ms")
    return pd.DatetimeIndex(made, name=name).tz_convert(trace.start.tzinfo)


def _at(start: dt.datetime, seconds: float) -> pd.Timestamp:
    begin = pd.Timestamp(start).tz_convert("UTC")
    return (begin + pd.to_timedelta(round(seconds * 1000.0), unit="ms")).tz_convert(start.tzinfo)


def theory_cases(data: Any) -> pd.DataFrame:
    """One row a theory case."""
    import pandas as pd

    return pd.DataFrame(data.payload()["cases"])


def front(data: Any) -> pd.DataFrame:
    """One row a point of a front, from the tightest limit to the loosest."""
    return pd.DataFrame(data.payload()["front"])


def tariffs(data: Any) -> pd.DataFrame:
    """One row a tariff and way of dispatching; a figure with an interval becomes ``name``, ``name_low``, ``name_high``."""
    from twin.report.figures.plan import cases_of

    rows = [
        {"tariff": tariff, "case": case, **flat(dict(figures))}
        for tariff, payload in data.payload()["tariffs"].items()
        for case, figures in cases_of(payload).items()
    ]
    return pd.DataFrame(rows)
