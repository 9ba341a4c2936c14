"""Workshops for tests of what stations do: one scenario of machines, orders once, changes as a user writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.experiment.draws import AddressedDraws, MeanDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.laws import laws
from twin.ledger.trace import STATES, Trace
from twin.models.plant import simulate
from twin.scenario.scenario import Scenario

WEEK_S = 604_800.0


def workshop(
    stations: Mapping[str, Any], products: Mapping[str, Any], orders: Mapping[str, Any], **more: Any
) -> Scenario:
    """A plant that is open day and night, without warm-up and randomness; ``more`` are further keys from the top."""
    tree: dict[str, Any] = {
        "schema": 1,
        "name": "workshop",
        "site": {"contract_power": "900 kW", "tariff": "kepco/industrial-b/hv-a/2@2026-06-01"},
        "calendar": {"holidays": None, "shifts": {"day": {"days": ["mon"], "from": "08:00", "to": "16:00"}}},
        "products": {name: {"mass": "1 kg", **made} for name, made in products.items()},
        "orders": {name: {"every": "once", **order} for name, order in orders.items()},
        "stations": stations,
        "run": {"start": "2026-07-06", "duration": "1 week", "warmup": "0 s"},
    }
    return Scenario.from_tree(tree | more, None)


def week(scenario: Scenario, replication: int | None = None) -> Trace:
    """One week; randomness off where no replication is named. Every invariant and law holds."""
    trace = simulate(scenario, MeanDraws() if replication is None else AddressedDraws(3, replication))
    broken = {name: value for name, value in (residuals_of_trace(trace) | laws(trace)).items() if not value <= 1e-9}
    assert broken == {}
    return trace


def moves(trace: Trace, equipment: str) -> list[tuple[float, float, float, float]]:
    """Queued, started, ended, left of every lot at one equipment, in order of start."""
    rows = trace.moves.where(trace.moves["equipment"] == trace.names.equipment.index(equipment))
    found = [tuple(float(rows[name][k]) for name in ("queued", "started", "ended", "left")) for k in range(len(rows))]
    return sorted(found, key=lambda row: (row[1], row[2], row[3]))  # type: ignore[return-value]


def seconds(trace: Trace, equipment: str) -> dict[str, float]:
    """Seconds in each state."""
    states, code = trace.states, trace.names.equipment.index(equipment)
    found: dict[str, float] = {}
    for k in range(len(states)):
        if states["equipment"][k] == code:
            name = STATES[int(states["state"][k])]
            found[name] = found.get(name, 0.0) + float(states["t1"][k] - states["t0"][k])
    return found
