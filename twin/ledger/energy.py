"""Energy from flows: exact integrals over quarter-hours and over any other breakpoints, and sums by equipment, state, batch, carrier.

A flow row's rate is ``base + amp * exp(-(t - t0) / tau)``. Its integral between two times is closed form, so nothing here steps through
time. Amounts are in rate unit x hours: kWh for rates in kW, kvarh for kvar; for Nm3/s and kg/s multiply by 3,600 for Nm3 and kg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, overload

import numpy as np

from twin.ledger.trace import CARRIER, CARRIERS, NONE, STATES, Names, Table, Trace

QUARTER_S = 900.0
SECONDS_PER_HOUR = 3600.0
Key = tuple[str | int | None, ...]


class Pieces(NamedTuple):
    """Flow rows cut at edges. Arrays of equal length: ``row`` of the table, ``bin`` between two edges, ``amount`` in rate unit x hours."""

    row: np.ndarray
    bin: np.ndarray
    amount: np.ndarray


def quarter_edges_s(t_from_s: float, t_to_s: float) -> np.ndarray:
    """Edges of the quarter-hours from ``t_from_s`` to ``t_to_s``; the last bin is shorter where the span is not whole."""
    count = int(np.ceil((t_to_s - t_from_s) / QUARTER_S - 1e-12))
    edges: np.ndarray = t_from_s + QUARTER_S * np.arange(count + 1)
    edges[-1] = t_to_s
    return edges


def _decay(flows: Table, a: np.ndarray, b: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Integral of ``amp * exp(-(t - t0) / tau)`` of ``rows`` from ``a`` to ``b``, in rate unit x seconds."""
    amp, tau, t0 = flows["amp"][rows], flows["tau"][rows], flows["t0"][rows]
    return np.asarray(-amp * tau * np.exp(-(a - t0) / tau) * np.expm1(-(b - a) / tau))


def row_amounts(flows: Table) -> np.ndarray:
    """Integral of each row over its whole length, in rate unit x hours. Shape (rows,)."""
    t0, t1 = flows["t0"], flows["t1"]
    amounts: np.ndarray = flows["base"] * (t1 - t0)
    curved = np.flatnonzero(flows["amp"])
    if len(curved):
        amounts[curved] += _decay(flows, t0[curved], t1[curved], curved)
    return amounts / SECONDS_PER_HOUR


def cut(flows: Table, edges_s: np.ndarray, rows: np.ndarray | None = None) -> Pieces:
    """Cut ``rows`` (all when None) at ``edges_s`` and integrate each piece. What lies outside of the edges is left out."""
    rows = np.arange(len(flows)) if rows is None else rows
    start = np.clip(flows["t0"][rows], edges_s[0], edges_s[-1])
    end = np.clip(flows["t1"][rows], edges_s[0], edges_s[-1])
    keep = end > start
    rows, start, end = rows[keep], start[keep], end[keep]
    first = np.searchsorted(edges_s, start, "right") - 1
    last = np.searchsorted(edges_s, end, "left") - 1
    count = last - first + 1
    which = np.repeat(np.arange(len(rows)), count)
    bins = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + first[which]
    a, b = np.maximum(start[which], edges_s[bins]), np.minimum(end[which], edges_s[bins + 1])
    row = rows[which]
    amount = flows["base"][row] * (b - a)
    curved = np.flatnonzero(flows["amp"][row])
    if len(curved):
        amount[curved] += _decay(flows, a[curved], b[curved], row[curved])
    return Pieces(row, bins, amount / SECONDS_PER_HOUR)


def _constants(flows: Table, rows: np.ndarray, edges_s: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Constant rows onto bins by cumulative sums, in rate unit x seconds: the cost does not grow with the bins that a row spans."""
    n = len(edges_s) - 1
    start = np.clip(flows["t0"][rows], edges_s[0], edges_s[-1])
    end = np.clip(flows["t1"][rows], edges_s[0], edges_s[-1])
    rate, offset = flows["base"][rows], group * n
    first = np.clip(np.searchsorted(edges_s, start, "right") - 1, 0, n - 1)
    last = np.clip(np.searchsorted(edges_s, end, "left") - 1, 0, n - 1)
    last = np.maximum(first, last)
    within = first == last
    head = np.where(within, end, edges_s[first + 1]) - start
    total = np.bincount(offset + first, rate * head, n_groups * n)
    spans = np.flatnonzero(~within)
    if len(spans):
        total += np.bincount((offset + last)[spans], (rate * (end - edges_s[last]))[spans], n_groups * n)
        total += _whole_bins(first[spans], last[spans], rate[spans], group[spans], edges_s, n_groups)
    return total.reshape(n_groups, n)


def _whole_bins(
    first: np.ndarray, last: np.ndarray, rate: np.ndarray, group: np.ndarray, edges_s: np.ndarray, n_groups: int
) -> np.ndarray:
    """What rows add to the bins strictly between their first and last; a count of rows keeps empty bins exactly zero."""
    n = len(edges_s) - 1
    enter, leave = group * (n + 1) + first + 1, group * (n + 1) + last
    size = n_groups * (n + 1)
    steps = np.bincount(enter, rate, size) - np.bincount(leave, rate, size)
    active = np.bincount(enter, minlength=size) - np.bincount(leave, minlength=size)
    level = np.cumsum(steps.reshape(n_groups, n + 1), axis=1)[:, :n]
    level[np.cumsum(active.reshape(n_groups, n + 1), axis=1)[:, :n] == 0] = 0.0
    return np.asarray(level * np.diff(edges_s)).ravel()


def integrate(flows: Table, edges_s: np.ndarray, group: np.ndarray | None = None, n_groups: int = 1) -> np.ndarray:
    """Integral of all rows between each two ``edges_s`` (ascending), in rate unit x hours; shape (n_groups, len(edges_s) - 1).

    ``group`` gives each row's group in 0 ... n_groups - 1 (all 0 when None). Rows are not filtered by carrier: select them first.
    """
    group = np.zeros(len(flows), np.int64) if group is None else np.asarray(group, np.int64)
    n = len(edges_s) - 1
    if n < 1:
        return np.zeros((n_groups, 0))
    curved = flows["amp"] != 0.0
    rows = np.flatnonzero(~curved) if curved.any() else np.arange(len(flows))
    total = _constants(flows, rows, edges_s, group[rows], n_groups) / SECONDS_PER_HOUR
    if curved.any():
        pieces = cut(flows, edges_s, np.flatnonzero(curved))
        total += np.bincount(group[pieces.row] * n + pieces.bin, pieces.amount, n_groups * n).reshape(n_groups, n)
    return total


def of_carrier(flows: Table, carrier: str) -> Table:
    """The rows of one carrier."""
    return flows.where(flows["carrier"] == CARRIER[carrier])


def kwh_between(flows: Table, carrier: str, edges_s: np.ndarray) -> np.ndarray:
    """Amount of ``carrier`` between each two edges, shape (len(edges_s) - 1,)."""
    return np.asarray(integrate(of_carrier(flows, carrier), edges_s)[0])


@overload
def quarter_hour_kwh(flows: Table, carrier: str, t_from_s: float, t_to_s: float) -> np.ndarray: ...
@overload
def quarter_hour_kwh(
    flows: Table, carrier: str, t_from_s: float, t_to_s: float, *, by: str
) -> dict[int, np.ndarray]: ...
def quarter_hour_kwh(
    flows: Table, carrier: str, t_from_s: float, t_to_s: float, *, by: str | None = None
) -> np.ndarray | dict[int, np.ndarray]:
    """Amount of ``carrier`` by quarter-hour, shape (quarter-hours,); ``by`` a column of flows: one such array for each of its codes."""
    rows, edges_s = of_carrier(flows, carrier), quarter_edges_s(t_from_s, t_to_s)
    if by is None:
        return np.asarray(integrate(rows, edges_s)[0])
    codes, group = np.unique(rows[by], return_inverse=True)
    sums = integrate(rows, edges_s, group, len(codes)) if len(codes) else np.zeros((0, len(edges_s) - 1))
    return {int(code): sums[k] for k, code in enumerate(codes)}


def unique_rows(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct combinations of integer columns, shape (combinations, columns), sorted, and each row's index into them."""
    if not len(columns[0]):
        return np.zeros((0, len(columns)), np.int64), np.zeros(0, np.int64)
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        low = int(column.min())
        code = code * (int(column.max()) - low + 1) + (column.astype(np.int64) - low)
    _, index, inverse = np.unique(code, return_index=True, return_inverse=True)
    return np.stack([column[index].astype(np.int64) for column in columns], axis=1), inverse


def sums_by(columns: Sequence[np.ndarray], amounts: np.ndarray) -> dict[tuple[int, ...], float]:
    """Sum of ``amounts`` for each combination of integer ``columns``; keys sorted."""
    combinations, inverse = unique_rows(columns)
    totals = np.bincount(inverse, amounts, len(combinations))
    return {tuple(key): float(total) for key, total in zip(combinations.tolist(), totals, strict=True)}


def name_of(names: Names, column: str, code: int) -> str | int | None:
    """What a code of a column means; None for "none"; batches keep their number."""
    if code == NONE:
        return None
    if column == "state":
        return STATES[code]
    if column == "carrier":
        return CARRIERS[code]
    known: Mapping[str, tuple[str, ...]] = {"equipment": names.equipment, "product": names.product, "crew": names.crew}
    return known[column][code] if column in known else code


def energy_kwh(
    trace: Trace, carrier: str | None = None, by: Sequence[str] = ("equipment", "state")
) -> dict[Key, float]:
    """Amount of ``carrier`` (of each, when None: put "carrier" into ``by``) for each combination of the columns ``by``, by name."""
    flows = trace.flows if carrier is None else of_carrier(trace.flows, carrier)
    sums = sums_by([flows[column] for column in by], row_amounts(flows))
    return {
        tuple(name_of(trace.names, c, code) for c, code in zip(by, key, strict=True)): kwh for key, kwh in sums.items()
    }
