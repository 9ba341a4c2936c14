"""Heat balance of furnaces as loss factors, and figures of melting per tonne tapped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.ledger.energy import row_amounts
from twin.ledger.trace import CARRIER, NONE, STATE, TERMS, Trace

USEFUL = ("charge_sensible", "charge_latent", "charge_superheat", "addition")


@dataclass(frozen=True)
class LossFactor:
    """Heat of one term at one equipment: kWh, and its share of the thermal input of that equipment."""

    equipment: str
    term: str
    kwh: float
    share: float


def loss_factors(trace: Trace) -> tuple[LossFactor, ...]:
    """Heat terms of every equipment that books heat, largest first within each; shares sum to one."""
    rows, n = trace.heat, len(TERMS)
    key = rows["equipment"].astype(np.int64) * n + rows["term"]
    kwh = np.bincount(key, rows["kwh"], len(trace.names.equipment) * n).reshape(-1, n)
    found = []
    for e, name in enumerate(trace.names.equipment):
        total = float(kwh[e].sum())
        terms = [
            LossFactor(name, TERMS[k], float(kwh[e, k]), float(kwh[e, k]) / total if total else 0.0)
            for k in np.flatnonzero(kwh[e])
        ]
        found += sorted(terms, key=lambda factor: (-abs(factor.kwh), factor.term))
    return tuple(found)


@dataclass(frozen=True)
class Melting:
    """Energy of the melting equipment: while processing heats, and all of it; and what it tapped."""

    melting_kwh: float
    all_kwh: float
    tapped_kg: float


def melting(trace: Trace) -> Melting | None:
    """Energy and metal of the equipment whose batches are heats (batches of no job); None where nothing melts.

    Energy is electricity and fuels; tapped metal is the fact ``tapped_kg``, else the mass of the heats.
    """
    batches = trace.batches
    heats = batches["job"] == NONE
    equipment = np.unique(batches["equipment"][heats])
    if not len(equipment):
        return None
    flows = trace.flows
    energy = np.isin(flows["carrier"], [CARRIER[c] for c in ("electricity", "natural_gas", "lpg", "diesel", "coke")])
    mine = flows.where(np.isin(flows["equipment"], equipment) & energy)
    kwh = row_amounts(mine)
    tapped = trace.facts.get("tapped_kg", float(batches["mass_kg"][heats].sum()))
    return Melting(float(kwh[mine["state"] == STATE["processing"]].sum()), float(kwh.sum()), tapped)
