"""Quarter-hours from the rows of a trace: exact integrals, by group where wanted.

Against plain NumPy: sort all steps, cumulate, interpolate; one total.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, in_turns
from benchmarks.work_a import line
from twin.ledger.energy import quarter_edges_s, quarter_hour_kwh
from twin.ledger.trace import Table
from twin.models.expand import Log, tables

PARTS = 100_000


def plain(flows: Table, edges: np.ndarray) -> np.ndarray:
    """kWh by quarter-hour of rows of constant rate, the textbook way: energy to date is piecewise linear in time."""
    at = np.concatenate([flows["t0"], flows["t1"]])
    step = np.concatenate([flows["base"], -flows["base"]])
    order = np.argsort(at, kind="stable")
    at, rate = at[order], np.cumsum(step[order])
    to_date = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(at))])
    return np.asarray(np.diff(np.interp(edges, at, to_date)) / 3600.0)


def rows() -> list[Row]:
    """Rows a second, and the ratio to plain NumPy, on the flows of work A (constant rates, so that plain NumPy can do it at all)."""
    floor, machines = line(PARTS)
    floor.env.run()
    flows, end = tables(Log.of(floor.log, floor.pieces), machines, 0.0, floor.now)["flows"], floor.now
    edges = quarter_edges_s(0.0, end)
    by_hand, ours = plain(flows, edges), np.asarray(quarter_hour_kwh(flows, "electricity", 0.0, end))
    assert np.max(np.abs(by_hand - ours)) <= 1e-9 * np.sum(ours), "the two ways disagree"
    best = in_turns(
        {
            "plain": lambda: plain(flows, edges),
            "ours": lambda: quarter_hour_kwh(flows, "electricity", 0.0, end),
            "by": lambda: quarter_hour_kwh(flows, "electricity", 0.0, end, by="equipment"),
        },
        5,
    )
    return [
        Row(
            "quarter_hours",
            "quarter-hours of one carrier",
            len(flows) / best["ours"],
            "rows/s",
            beside=f"{len(flows):,} rows",
        ),
        Row(
            "quarter_hours",
            "the same against plain NumPy (no exponentials)",
            best["plain"] / best["ours"],
            "x",
            0.5,
            "at_least",
            f"plain {1000 * best['plain']:.0f} ms",
        ),
        Row(
            "quarter_hours",
            "quarter-hours by equipment against one total by plain NumPy",
            best["plain"] / best["by"],
            "x",
        ),
    ]
