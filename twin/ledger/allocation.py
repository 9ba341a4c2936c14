"""The electricity bill spread over batches and products by a stated rule; what is allocated sums to the bill.

Every line of the bill belongs to one pool: energy (rates and surcharges per kWh) or demand (base, excess, power factor, fixed); VAT and
fund follow the two in proportion. The energy pool goes to flows by kWh x price of their quarter-hour, so a batch melted off-peak is cheap.
What was drawn for a batch is its own; idle, holding and utility energy and the demand pool go to batches by the rule:

- ``time``: by the batches' time on the equipment (idle, holding), or on any (utility, demand)
- ``mass``: by the batches' mass, likewise
- ``causal``: idle and holding to the batch that ended the wait on that equipment (the last one bears the rest); utility by the energy that
  batches drew; demand by the energy that they drew in the quarter-hours of the highest load of each month

A melting heat's cost follows its metal to the products cast from that alloy, by mass poured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.ledger.energy import QUARTER_S, cut, of_carrier, quarter_edges_s
from twin.ledger.tariff_clock import wall_clock
from twin.ledger.tariff_types import Bill
from twin.ledger.trace import NONE, STATE, Trace

Rule = Literal["time", "mass", "causal"]
RULES: tuple[Rule, ...] = ("time", "mass", "causal")
POOLS = ("direct", "idle", "holding", "utility", "demand")
_ENERGY_LINES = ("energy", "climate_charge", "fuel_adjustment")
_ON_TOP = ("vat", "fund")
_SHARED_TAG = "."


@dataclass(frozen=True)
class Allocation:
    """``batch_krw`` (pools, batches) in the order of POOLS and ``batches``; ``unallocated_krw`` where there is nothing to bear a pool."""

    rule: Rule
    batches: np.ndarray
    batch_krw: np.ndarray
    pool_krw: Mapping[str, float]
    by_product_krw: Mapping[str, float]
    unallocated_krw: float

    @property
    def total_krw(self) -> float:
        """What was allocated, with what nothing could bear."""
        return math.fsum(self.batch_krw.ravel().tolist()) + self.unallocated_krw


def bill_pools(bill: Bill) -> tuple[float, float]:
    """(energy, demand) pools of a bill, VAT and fund included in proportion."""
    energy = math.fsum(x.amount for x in bill.lines if x.name.startswith(_ENERGY_LINES))
    on_top = math.fsum(x.amount for x in bill.lines if x.name in _ON_TOP)
    demand = math.fsum(x.amount for x in bill.lines if x.name not in _ON_TOP and not x.name.startswith(_ENERGY_LINES))
    base = energy + demand
    factor = (base + on_top) / base if base else 1.0
    return energy * factor, demand * factor


@dataclass(frozen=True)
class _Bearers:
    """Distinct batches with what rules weigh them by."""

    code: np.ndarray
    equipment: np.ndarray
    t0: np.ndarray
    time_s: np.ndarray
    mass_kg: np.ndarray
    drawn: np.ndarray

    @classmethod
    def of(cls, trace: Trace) -> _Bearers:
        rows = trace.batches
        code, first, inverse = np.unique(rows["batch"], return_index=True, return_inverse=True)
        n = len(code)
        start, end = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(start, inverse, rows["t0"])
        np.maximum.at(end, inverse, rows["t1"])
        return cls(
            code, rows["equipment"][first], start, end - start, np.bincount(inverse, rows["mass_kg"], n), np.zeros(n)
        )

    def weights(self, rule: Rule, mine: np.ndarray) -> np.ndarray:
        """Weights of the batches in ``mine`` (indices) under a rule; time where the rule's own measure is all zero."""
        chosen = {"time": self.time_s, "mass": self.mass_kg, "causal": self.drawn}[rule][mine]
        if not chosen.sum() > 0.0:
            chosen = self.time_s[mine]
        return chosen / chosen.sum() if chosen.sum() > 0.0 else np.zeros(len(mine))


@dataclass(frozen=True)
class _Pieces:
    """Electricity cut at quarter-hours: equipment, state, bearer index (or -1), bin, kWh, money."""

    equipment: np.ndarray
    state: np.ndarray
    bearer: np.ndarray
    t0: np.ndarray
    bin: np.ndarray
    kwh: np.ndarray
    krw: np.ndarray


def _priced(trace: Trace, price: np.ndarray, energy_krw: float, bearers: _Bearers) -> _Pieces:
    flows = of_carrier(trace.flows, "electricity")
    pieces = cut(flows, quarter_edges_s(0.0, trace.duration_s))
    row, weight = pieces.row, pieces.amount * price[pieces.bin]
    total = weight.sum()
    krw = weight * (energy_krw / total) if total else weight
    batch = flows["batch"][row]
    found = np.clip(np.searchsorted(bearers.code, batch), 0, max(len(bearers.code) - 1, 0))
    known = (batch != NONE) & (bearers.code[found] == batch) if len(bearers.code) else np.zeros(len(batch), bool)
    return _Pieces(
        flows["equipment"][row],
        flows["state"][row],
        np.where(known, found, -1),
        flows["t0"][row],
        pieces.bin,
        pieces.amount,
        krw,
    )


def _parents(trace: Trace) -> dict[int, int]:
    """Equipment that is a part of another (``cast.1.dosing_furnace`` of ``cast.1``)."""
    code = {name: k for k, name in enumerate(trace.names.equipment)}
    return {
        k: code[name.rpartition(_SHARED_TAG)[0]] for name, k in code.items() if name.rpartition(_SHARED_TAG)[0] in code
    }


def _waits(pieces: _Pieces, rows: np.ndarray, bearers: _Bearers, mine: np.ndarray) -> np.ndarray:
    """Causal rule: each piece of waiting goes to the next batch on the equipment, after the last to the last."""
    order = mine[np.argsort(bearers.t0[mine], kind="stable")]
    after = np.searchsorted(bearers.t0[order], pieces.t0[rows] + 1e-6)
    return np.bincount(order[np.minimum(after, len(order) - 1)], pieces.krw[rows], len(bearers.code))


def _share_waiting(
    trace: Trace, pieces: _Pieces, bearers: _Bearers, rule: Rule, rows: np.ndarray
) -> tuple[np.ndarray, float]:
    """Money of idle or holding ``rows`` by batch, equipment by equipment; what no batch can bear."""
    out, left, parents = np.zeros(len(bearers.code)), 0.0, _parents(trace)
    station = np.array(trace.names.station_of)
    for equipment in np.unique(pieces.equipment[rows]).tolist():
        here = rows[pieces.equipment[rows] == equipment]
        mine = np.flatnonzero(bearers.equipment == equipment)
        if not len(mine):
            mine = np.flatnonzero(bearers.equipment == parents.get(equipment, NONE))
        if not len(mine):
            mine = np.flatnonzero(station[bearers.equipment] == station[equipment]) if len(bearers.code) else mine
        if not len(mine):
            left += float(pieces.krw[here].sum())
        elif rule == "causal":
            out += _waits(pieces, here, bearers, mine)
        else:
            out[mine] += float(pieces.krw[here].sum()) * bearers.weights(rule, mine)
    return out, left


def _peak_weights(trace: Trace, pieces: _Pieces, bearers: _Bearers, counts: np.ndarray) -> np.ndarray:
    """Energy of each batch in the quarter-hours of each month's highest load, over those that count for demand."""
    n = len(counts)
    load = np.bincount(pieces.bin, pieces.kwh, n)
    month = wall_clock(trace.start, n, int(QUARTER_S)).month
    weights = np.zeros(len(bearers.code))
    for one in np.unique(month):
        allowed = np.flatnonzero((month == one) & counts)
        if len(allowed):
            peak = allowed[np.argmax(load[allowed])]
            here = (pieces.bin == peak) & (pieces.bearer >= 0)
            weights += np.bincount(pieces.bearer[here], np.maximum(pieces.kwh[here], 0.0), len(weights))
    return weights


def allocate(
    trace: Trace, bill: Bill, price_krw_per_kwh: np.ndarray, demand_counts: np.ndarray, rule: Rule = "causal"
) -> Allocation:
    """Spread ``bill`` over the batches of ``trace``.

    ``price_krw_per_kwh`` and ``demand_counts`` (bool): one value a quarter-hour of the trace.
    """
    energy_krw, demand_krw = bill_pools(bill)
    bearers = _Bearers.of(trace)
    n = len(bearers.code)
    pieces = _priced(trace, price_krw_per_kwh, energy_krw, bearers)
    out = np.zeros((len(POOLS), n))
    own = pieces.bearer >= 0
    out[0] = np.bincount(pieces.bearer[own], pieces.krw[own], n)
    drawn = np.maximum(np.bincount(pieces.bearer[own], pieces.kwh[own], n), 0.0)
    bearers = _Bearers(bearers.code, bearers.equipment, bearers.t0, bearers.time_s, bearers.mass_kg, drawn)
    of_station = np.array(trace.names.station_of)[pieces.equipment] != NONE
    holding = pieces.state == STATE["holding"]
    left = 0.0
    for pool, rows in ((1, ~own & of_station & ~holding), (2, ~own & of_station & holding)):
        out[pool], rest = _share_waiting(trace, pieces, bearers, rule, np.flatnonzero(rows))
        left += rest
    everyone = np.arange(n)
    if n:
        out[3] = float(pieces.krw[~own & ~of_station].sum()) * bearers.weights(rule, everyone)
        peak = _peak_weights(trace, pieces, bearers, demand_counts) if rule == "causal" else np.zeros(n)
        out[4] = demand_krw * (peak / peak.sum() if peak.sum() > 0.0 else bearers.weights(rule, everyone))
    else:
        left += float(pieces.krw[~own & ~of_station].sum()) + demand_krw
    sums = {name: float(out[k].sum()) for k, name in enumerate(POOLS)}
    return Allocation(rule, bearers.code, out, sums, product_sums(trace, bearers.code, out.sum(axis=0)), left)


def product_sums(trace: Trace, codes: np.ndarray, amounts: np.ndarray) -> dict[str, float]:
    """Amounts by batch summed by product; a heat's amount follows its metal to the products cast from it, by mass poured.

    What belongs to no product (a heat whose metal nothing drew) stands under "".
    """
    rows, names = trace.batches, trace.names.product
    share_of = amounts[np.searchsorted(codes, rows["batch"])] * rows["share"] if len(rows) else np.zeros(0)
    direct = rows["product"] != NONE
    sums = np.bincount(rows["product"][direct], share_of[direct], len(names)) if direct.any() else np.zeros(len(names))
    rest = 0.0
    for stock in np.unique(rows["stock"][~direct]).tolist():
        amount = float(share_of[~direct & (rows["stock"] == stock)].sum())
        drew = direct & (rows["stock"] == stock) if stock != NONE else np.zeros(len(rows), bool)
        drew = drew if drew.any() else direct & np.isin(rows["equipment"], _casting(trace))
        mass = (
            np.bincount(rows["product"][drew], rows["mass_kg"][drew], len(names))
            if drew.any()
            else np.zeros(len(names))
        )
        if mass.sum() > 0.0:
            sums = sums + amount * mass / mass.sum()
        else:
            rest += amount
    result = {name: float(krw) for name, krw in zip(names, sums, strict=True)}
    return result | ({"": rest} if rest else {})


def _casting(trace: Trace) -> np.ndarray:
    """Equipment at which pieces came to be: where scrap, returns or good pieces are booked."""
    return np.unique(trace.material["equipment"])
