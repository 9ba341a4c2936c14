"""What a unit was at, as plain values for a file; times from the moment of the state."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from twin.models.phases import Flow, Phase

Kept = dict[str, Any]


def finite(value_s: float, now: float) -> float | None:
    """A time from ``now``; None where it never comes."""
    return value_s - now if math.isfinite(value_s) else None


def kept_phases(phases: Sequence[Phase], done_at: float, now: float) -> list[Kept]:
    """Of consecutive phases that end at ``done_at`` those that begin at ``now`` or later; one that spans it cannot be."""
    t, found = done_at - sum(phase.duration_s for phase in phases), list[Kept]()
    for phase in phases:
        if t >= now - 1e-6:
            flows = [[flow.carrier, flow.base, [list(term) for term in flow.terms]] for flow in phase.flows]
            found.append(
                {"s": phase.duration_s, "state": phase.state, "flows": flows, "heat_kwh": dict(phase.heat_kwh)}
            )
        t += phase.duration_s
    return found


def phase_of(kept: Mapping[str, Any]) -> Phase:
    """The phase that :func:`kept_phases` wrote."""
    flows = tuple(
        Flow(carrier, base, tuple((amp, tau) for amp, tau in terms)) for carrier, base, terms in kept["flows"]
    )
    return Phase(kept["s"], kept["state"], flows, kept["heat_kwh"])
