"""A metered load from a file or a DataFrame, billed on a tariff: what ``twin bill`` does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import Fault, InputFault, ScenarioFaults
from twin.ledger import tariff as tariffs
from twin.ledger.power import bill_payload, supply_terms
from twin.meters.table import MOST_FAULTS, Table, read_table, zone_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class MeteredBill:
    """A bill and, where asked for, advice."""

    bill: tariffs.Bill
    advice: tariffs.Advice | None

    kind = "bill"

    def payload(self) -> dict[str, Any]:
        """Total, currency, lines, demand by month, advice, warnings."""
        return {
            **bill_payload(self.bill),
            "billing_demand_kw": dict(self.bill.quantities.billing_demand_kw),
            "advice": None if self.advice is None else asdict(self.advice),
        }


def bill_meter(
    load: pd.DataFrame | str | Path,
    tariff: str,
    *,
    contract_kw: float | None,
    interval_min: int | None,
    stamp: str,
    previous_peak_kw: Sequence[float],
    timezone: str,
    advise: bool,
) -> MeteredBill:
    """Bill a load. Raises InputFault for a load or tariff that cannot be billed, naming every bad line (at most twenty)."""
    if stamp not in ("start", "end"):
        message = f"--stamp {stamp!r}: write start or end"
        raise InputFault(message)
    plan = tariffs.parse_tariff_id(tariff)
    metered = meter_load(load, interval_min=interval_min, stamp_is_end=stamp == "end", timezone=timezone)
    terms = supply_terms(contract_kw, previous_peak_kw)
    billed = tariffs.bill(metered, plan, terms)
    return MeteredBill(billed, tariffs.advise(metered, plan, terms) if advise else None)


def meter_load(
    load: pd.DataFrame | str | Path, *, interval_min: int | None, stamp_is_end: bool, timezone: str
) -> tariffs.MeterLoad:
    """A regular load from rows of a time stamp and ``kw`` or ``kwh``; ``kvarh_lag``, ``kvarh_lead`` (or ``kvar_lag``, ``kvar_lead``, mean
    powers) where the meter has them. Names as in :mod:`twin.meters.columns`, times as in :mod:`twin.meters.stamps`.

    Raises InputFault, or ScenarioFaults with the line of every missing reading, gap and doubled interval.
    """
    table = read_table(load, zone_of(timezone))
    energy = _billed(table)
    if len(table.stamps) < 2:
        message = f"{table.name}: fewer than two rows"
        raise InputFault(message)
    seconds = np.array([stamp.timestamp() for stamp in table.stamps])
    order = np.argsort(seconds, kind="stable")
    step_s = interval_min * 60.0 if interval_min else float(np.median(np.diff(seconds[order])))
    _refuse_gaps(table, order, seconds, step_s)
    hours = step_s / 3600.0
    values = {name: column[order] for name, column in table.values.items()}
    start = table.stamps[int(order[0])] - dt.timedelta(seconds=step_s if stamp_is_end else 0.0)
    kwh = values[energy] if energy == "kwh" else values["kw"] * hours
    lag, lead = (
        values.get(f"kvarh_{side}", values[f"kvar_{side}"] * hours if f"kvar_{side}" in values else None)
        for side in ("lag", "lead")
    )
    return tariffs.MeterLoad(start, round(step_s), kwh, lag, lead)


def _billed(table: Table) -> str:
    """Which quantity is billed, kw or kwh; every reading of it and of reactive energy is due."""
    found = [name for name in ("kw", "kwh") if name in table.values]
    if len(found) != 1:
        problem = "keep one of kw and kwh" if found else "a column kw or kwh is due"
        message = f"{table.name}: which column is to be billed? found: {', '.join(table.values)}; {problem}"
        raise InputFault(message)
    table.refuse_blanks(tuple(table.values))
    return found[0]


def _refuse_gaps(table: Table, order: np.ndarray, seconds: np.ndarray, step_s: float) -> None:
    """A bill needs every interval: name those that are missing or doubled, each on the line of the later row."""
    steps = np.diff(seconds[order])
    wrong = np.flatnonzero(np.abs(steps - step_s) > 0.5)[:MOST_FAULTS]
    faults = []
    for at in wrong:
        before, after = int(order[at]), int(order[at + 1])
        faults.append(
            Fault(
                table.name,
                table.lines[after],
                1,
                "timestamp",
                "an interval is doubled" if steps[at] < step_s else "intervals are missing",
                f"{table.stamps[before]:%Y-%m-%d %H:%M} (line {table.lines[before]}) is followed by "
                f"{table.stamps[after]:%Y-%m-%d %H:%M}",
                f"one row every {step_s / 60:g} min is due",
            )
        )
    if faults:
        raise ScenarioFaults(faults)
