"""The load at the meter and its bill: from a trace and a scenario to the tariff's own types."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import RunFailed
from twin.ledger import tariff
from twin.ledger.energy import QUARTER_S, of_carrier, quarter_hour_kwh
from twin.ledger.tariff_check import bill_from_quarter_hours
from twin.ledger.tariff_types import Bill, MeterLoad, SupplyTerms, Tariff

if TYPE_CHECKING:
    from twin.ledger.trace import Trace
    from twin.scenario.scenario import Scenario

_DUST_KWH = 1e-6


def tariff_of(scenario: Scenario) -> Tariff:
    """The scenario's tariff, a published one or a file of rates beside it."""
    return tariff.parse_tariff_id(scenario.spec.site.tariff, scenario.root, content=scenario.tables.get("site.tariff"))


def terms_of(scenario: Scenario) -> SupplyTerms:
    """Contract power and past demands."""
    site = scenario.spec.site
    return supply_terms(site.contract_power_kw, site.demand_history_kw)


def supply_terms(contract_kw: float | None, past_demands_kw: Sequence[float]) -> SupplyTerms:
    """The terms of supply that a plant's own figures give: contract power and past monthly demands, oldest first."""
    return SupplyTerms(contract_kw=contract_kw, demand_history_kw=tuple(past_demands_kw))


def load_of(
    scenario: Scenario,
    start: dt.datetime,
    kwh: np.ndarray,
    lag: np.ndarray | None = None,
    lead: np.ndarray | None = None,
) -> MeterLoad:
    """A metered load from quarter-hours. Without reactive energy, ``site.power_factor`` stands for it (lagging), else it is not metered.

    Raises RunFailed where more was supplied on site than used: surplus is curtailed before the meter.
    """
    if np.any(kwh < -_DUST_KWH):
        worst = int(np.argmin(kwh))
        msg = f"the load at the meter is {kwh[worst]:.6g} kWh in quarter-hour {worst}: on-site supply was not curtailed"
        raise RunFailed(msg)
    kwh = np.maximum(kwh, 0.0)
    factor = scenario.spec.site.power_factor
    if lag is None and factor is not None:
        lag, lead = kwh * math.tan(math.acos(factor)), np.zeros(len(kwh))
    return MeterLoad(start, int(QUARTER_S), kwh, lag, lead)


def series(trace: Trace, carrier: str) -> np.ndarray:
    """Amount of a carrier by quarter-hour of the trace."""
    return quarter_hour_kwh(trace.flows, carrier, 0.0, trace.duration_s)


def meter_load(scenario: Scenario, trace: Trace) -> MeterLoad:
    """Electricity at the meter by quarter-hour, net of what is supplied on site; reactive energy where the trace has it."""
    lag = lead = None
    if len(of_carrier(trace.flows, "reactive_lag")) or len(of_carrier(trace.flows, "reactive_lead")):
        net = series(trace, "reactive_lag") - series(trace, "reactive_lead")
        lag, lead = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    return load_of(scenario, trace.start, series(trace, "electricity"), lag, lead)


def bill_of(scenario: Scenario, load: MeterLoad) -> Bill:
    """The bill of a load under the scenario's tariff and terms of supply."""
    return tariff.bill(load, tariff_of(scenario), terms_of(scenario))


def second_route(scenario: Scenario, load: MeterLoad) -> float:
    """Total of the same bill by the independent loop over quarter-hours."""
    return bill_from_quarter_hours(load, tariff_of(scenario), terms_of(scenario))


def bill_payload(bill: Bill) -> Mapping[str, object]:
    """A bill as it stands in ``--json``: total, currency, lines, demand."""
    lines = [
        {
            "name": x.name,
            "month": x.month,
            "quantity": x.quantity,
            "unit": x.unit,
            "rate": x.rate,
            "amount": x.amount,
            "verified": x.verified,
            "source": x.source,
            "detail": x.detail,
        }
        for x in bill.lines
    ]
    return {
        "tariff": bill.tariff_id,
        "total": bill.total,
        "currency": bill.currency,
        "lines": lines,
        "demand_kw": dict(bill.demand_kw),
        "counterfactual": bill.counterfactual,
        "warnings": list(bill.warnings),
    }
