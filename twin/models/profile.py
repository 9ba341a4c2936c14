"""Piecewise constant rates over the horizon, and rows of the trace made of them: what utilities are computed from and give.

Everything here is exact: a demand that is constant between two times stays so, and a utility's power is one number between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.ledger.trace import CARRIER, NONE, STATE, Table, typed

Pieces = dict[str, np.ndarray]
"""columns of rows by name"""


@dataclass(frozen=True)
class Profile:
    """A rate that is constant between edges: ``edges_s`` (n + 1,) from 0 to the horizon's end, ``level`` (n,) in any unit."""

    edges_s: np.ndarray
    level: np.ndarray

    @classmethod
    def of(cls, t0: np.ndarray, t1: np.ndarray, rate: np.ndarray, end_s: float) -> Profile:
        """The sum of constant rates, each from ``t0`` to ``t1``; exactly zero where none is active."""
        edges, change = np.unique(np.concatenate([[0.0, end_s], t0, t1]), return_inverse=True)
        n = len(t0)
        first, last = change[2 : 2 + n], change[2 + n :]
        rates = np.bincount(first, rate, len(edges)) - np.bincount(last, rate, len(edges))
        active = np.bincount(first, minlength=len(edges)) - np.bincount(last, minlength=len(edges))
        level = np.where(np.cumsum(active) > 0, np.cumsum(rates), 0.0)
        return cls(edges, level[:-1])

    @classmethod
    def flat(cls, level: float, end_s: float) -> Profile:
        """One level throughout."""
        return cls(np.array([0.0, end_s]), np.array([level]))

    def on(self, edges_s: np.ndarray) -> np.ndarray:
        """The level between other edges, among which are all of this profile's."""
        return self.level[np.searchsorted(self.edges_s, edges_s[:-1], side="right") - 1]

    def total(self) -> float:
        """The integral, in rate unit x seconds."""
        return float(np.dot(self.level, np.diff(self.edges_s)))


def together(*profiles: Profile) -> tuple[np.ndarray, list[np.ndarray]]:
    """The edges of all profiles and each one's level between them."""
    edges = np.unique(np.concatenate([profile.edges_s for profile in profiles]))
    return edges, [profile.on(edges) for profile in profiles]


def rows(
    equipment: int, edges_s: np.ndarray, working: np.ndarray, rates: Mapping[str, np.ndarray]
) -> dict[str, Pieces]:
    """States, flows and counters of something that processes where ``working`` (n,) and is off elsewhere.

    ``rates``: carrier to rate (n,) in the carrier's unit. Counters are closed from the rates and the lengths of the pieces themselves.
    """
    n = len(edges_s) - 1
    state = np.where(working, STATE["processing"], STATE["off"]).astype(np.float64)
    length_h = np.diff(edges_s) / 3600.0
    begun = _changes(state)
    spell = edges_s[:-1][begun]
    found: dict[str, list[Pieces]] = {"flows": [], "counters": []}
    for carrier, drawn in rates.items():
        rate = np.where(working, np.broadcast_to(drawn, (n,)), 0.0)
        new = _changes(state, rate)
        t0 = edges_s[:-1][new]
        t1 = np.append(t0[1:], edges_s[-1])
        keep = rate[new] != 0.0
        found["flows"].append(_flows(equipment, carrier, t0[keep], t1[keep], rate[new][keep]))
        found["counters"].append(_counter(equipment, carrier, float(np.dot(rate, length_h))))
    states: Pieces = {
        "equipment": np.full(len(spell), float(equipment)),
        "state": state[begun],
        "t0": spell,
        "t1": np.append(spell[1:], edges_s[-1]),
    }
    return {"states": states} | {name: _joined(parts) for name, parts in found.items() if parts}


def constant(
    equipment: int, t0: np.ndarray, t1: np.ndarray, rate: np.ndarray, end_s: float, carrier: str = "electricity"
) -> dict[str, Pieces]:
    """Something that is on throughout and has constant flows between ``t0`` and ``t1``, all shapes (rows,)."""
    whole = {"equipment": np.array([float(equipment)]), "state": np.array([float(STATE["processing"])])}
    return {
        "states": whole | {"t0": np.array([0.0]), "t1": np.array([end_s])},
        "flows": _flows(equipment, carrier, t0, t1, rate),
        "counters": _counter(equipment, carrier, float(np.dot(rate, t1 - t0)) / 3600.0),
    }


def by_quarter(
    equipment: int, rates: Mapping[str, np.ndarray], end_s: float, interval_s: float = 900.0
) -> dict[str, Pieces]:
    """Something that is on throughout, its rates (quarter-hours,) by carrier constant in each quarter-hour."""
    parts: dict[str, list[Pieces]] = {"flows": [], "counters": []}
    states: Pieces = {}
    for carrier, rate in rates.items():
        edges = np.minimum(interval_s * np.arange(len(rate) + 1), end_s)
        on = rate != 0.0
        made = constant(equipment, edges[:-1][on], edges[1:][on], rate[on], end_s, carrier)
        states = made["states"]
        for name, list_ in parts.items():
            list_.append(made[name])
    return {"states": states} | {name: _joined(found) for name, found in parts.items()}


def _changes(*columns: np.ndarray) -> np.ndarray:
    """Where any column differs from its row before; the first row always."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return new


def _flows(equipment: int, carrier: str, t0: np.ndarray, t1: np.ndarray, rate: np.ndarray) -> Pieces:
    n = len(t0)
    return {
        "equipment": np.full(n, float(equipment)),
        "state": np.full(n, float(STATE["processing"])),
        "carrier": np.full(n, float(CARRIER[carrier])),
        "batch": np.full(n, float(NONE)),
        "t0": t0,
        "t1": t1,
        "base": rate,
        "amp": np.zeros(n),
        "tau": np.ones(n),
    }


def _counter(equipment: int, carrier: str, amount: float) -> Pieces:
    one = {
        "equipment": equipment,
        "state": STATE["processing"],
        "carrier": CARRIER[carrier],
        "batch": NONE,
        "kwh": amount,
    }
    return {name: np.array([value], dtype=np.float64) for name, value in one.items()}


def _joined(parts: Sequence[Pieces]) -> Pieces:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def merged(tables: dict[str, Table], added: Mapping[str, Pieces]) -> dict[str, Table]:
    """Tables with rows added."""
    return tables | {name: typed(name, [tables[name].columns, columns]) for name, columns in added.items()}
