"""Energy, carbon and cost of every batch, allocated by one rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.ledger import tariff
from twin.ledger.allocation import Allocation, allocate
from twin.ledger.energy import QUARTER_S, row_amounts
from twin.ledger.factors import FUELS, factors_of
from twin.ledger.power import tariff_of
from twin.ledger.tariff_types import Bill, BillLine
from twin.ledger.trace import CARRIER, Trace
from twin.report.traces import first

if TYPE_CHECKING:
    from twin.experiment.result import RunResult


@dataclass(frozen=True)
class PerBatch:
    """Amounts by batch: ``batch`` (n,) sorted, every column (n,)."""

    batch: np.ndarray
    columns: Mapping[str, np.ndarray]


def per_batch(data: RunResult) -> PerBatch:
    """``energy_kwh`` drawn, ``allocated_kwh``, ``allocated_carbon_kg``, ``cost_krw`` of each batch of the first replication.

    Electricity and its carbon are spread by the same rule as the bill: the bill is replaced by one energy line priced at 1 kWh or at the
    grid factor of each quarter-hour. Fuels are those the batch burnt itself.
    """
    trace, accounts = first(data)
    codes = np.unique(trace.batches["batch"])
    drawn, fuel_kwh, fuel_kg = _drawn(data, trace, codes)
    columns = {"energy_kwh": drawn}
    if accounts.bill is not None and len(codes):
        n = len(accounts.load.kwh)
        mask = tariff.demand_window_mask(tariff_of(data.scenario), accounts.load.start, n)
        grid = factors_of(data.scenario, trace.start, trace.duration_s).grid
        at = np.clip(np.searchsorted(grid.edges_s, np.arange(n) * QUARTER_S, "right") - 1, 0, len(grid.values) - 1)
        columns["allocated_kwh"] = (
            _spread(trace, accounts.bill, np.ones(n), mask, accounts.energy_kwh["electricity"]) + fuel_kwh
        )
        columns["allocated_carbon_kg"] = (
            _spread(trace, accounts.bill, grid.values[at], mask, accounts.emissions.scope2_location_kg) + fuel_kg
        )
        if accounts.allocation is not None:
            columns["cost_krw"] = accounts.allocation.batch_krw.sum(axis=0)
    return PerBatch(codes, columns)


def _spread(trace: Trace, bill: Bill, weight: np.ndarray, mask: np.ndarray, amount: float) -> np.ndarray:
    """``amount`` over batches as an energy charge of that amount would be."""
    line = BillLine("energy_flat", "", amount, "", 1.0, amount, verified=True, source="")
    found: Allocation = allocate(trace, replace(bill, lines=(line,)), weight, mask)
    return np.asarray(found.batch_krw.sum(axis=0))


def _drawn(data: RunResult, trace: Trace, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(energy of all carriers, fuels' energy, fuels' carbon) that each batch drew itself."""
    flows = trace.flows
    mine = flows["batch"] >= 0
    at = np.searchsorted(codes, flows["batch"][mine])
    amount, carrier = row_amounts(flows)[mine], flows["carrier"][mine]
    factors = factors_of(data.scenario, trace.start, trace.duration_s)
    total = np.bincount(at, np.where(carrier == CARRIER["electricity"], amount, 0.0), len(codes))
    fuel_kwh, fuel_kg = np.zeros(len(codes)), np.zeros(len(codes))
    for fuel in FUELS:
        kwh = np.bincount(at, np.where(carrier == CARRIER[fuel], amount, 0.0), len(codes))
        fuel_kwh += kwh
        fuel_kg += kwh * factors.fuel_kg_per_kwh.get(fuel, 0.0)
    return total + fuel_kwh, fuel_kwh, fuel_kg
