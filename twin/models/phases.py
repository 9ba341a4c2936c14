"""The words between a kind of equipment and the simulator: flows, phases and draws.

A *phase* is a stretch of time in which one equipment stays in one state. Its flows are sums of exponentials, so that a ledger can
integrate them exactly, and its heat terms come from temperatures. What a kind of equipment is, :mod:`twin.models.equipment` says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from twin.ledger.trace import CARRIER, STATE, TERM

ROUNDING_S = 1e-6
"""below zero by rounding: how much less than no time a phase may last"""


def _refuse(what: str, word: str, known: Mapping[str, int]) -> None:
    msg = f"{what} {word!r} is none of {', '.join(known)}"
    raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Flow:
    """A rate of one carrier, ``base + sum(amp * exp(-t / tau))`` with t in seconds since the phase began.

    The rate is in the carrier's unit (see :data:`twin.ledger.trace.CARRIER_UNITS`); supply is negative.
    Raises ValueError for what is no number.
    """

    carrier: str
    base: float
    terms: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.base):
            msg = f"the rate of {self.carrier} is {self.base}: a number is due"
            raise ValueError(msg)
        for amp, tau in self.terms:
            if not (math.isfinite(amp) and 0.0 < tau < math.inf):
                msg = f"{self.carrier} has a term of {amp} exp(-t / {tau}): a number and a time above 0 s are due"
                raise ValueError(msg)

    def at(self, t_s: float) -> float:
        """The rate ``t_s`` seconds after the phase began."""
        return self.base + sum(amp * math.exp(-t_s / tau) for amp, tau in self.terms)

    def amount(self, duration_s: float) -> float:
        """The integral over the phase in unit x hours (kWh for a rate in kW), in closed form."""
        decays = sum(-amp * tau * math.expm1(-duration_s / tau) for amp, tau in self.terms)
        return (self.base * duration_s + decays) / 3600.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time in one state. ``heat_kwh`` maps a term of :data:`twin.ledger.trace.TERMS` to the heat that it took in.

    Raises ValueError for unknown words, for a duration below 0 s and for what is no number.
    """

    duration_s: float
    state: str
    flows: tuple[Flow, ...] = ()
    heat_kwh: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.state not in STATE:
            _refuse("state", self.state, STATE)
        for term in self.heat_kwh:
            if term not in TERM:
                _refuse("heat term", term, TERM)
        for flow in self.flows:
            if flow.carrier not in CARRIER:
                _refuse("carrier", flow.carrier, CARRIER)
        if not (-ROUNDING_S <= self.duration_s < math.inf):
            msg = f"a phase in state {self.state!r} lasts {self.duration_s} s: a number of 0 or more is due"
            raise ValueError(msg)
        if not math.isfinite(sum(self.heat_kwh.values())):
            msg = f"heat of a phase in state {self.state!r} is not a number: {dict(self.heat_kwh)}"
            raise ValueError(msg)


@runtime_checkable
class Stream(Protocol):
    """The uniform variates of one source and owner, addressed by serial number, never consumed."""

    def at(self, serial: int) -> float:
        """The variate in (0, 1) with this serial."""
        ...

    def block(self, serial: int, count: int) -> np.ndarray:
        """Variates ``serial`` to ``serial + count - 1`` as a float64 array; equal to as many calls of :meth:`at`."""
        ...


@runtime_checkable
class Draws(Protocol):
    """Addressed random numbers of one replication. ``mean_mode``: distributions give their mean and nothing fails."""

    mean_mode: bool

    def uniform(self, source: str, owner: str, serial: int) -> float:
        """One variate in (0, 1)."""
        ...

    def stream(self, source: str, owner: str) -> Stream:
        """The variates of one source and owner."""
        ...


def binomial(n: int, share: float, uniform: float) -> int:
    """The binomial variate with ``n`` trials of probability ``share`` at the quantile ``uniform`` (inverse transform, exact sum)."""
    if share <= 0.0 or n == 0:
        return 0
    mass = math.exp(n * math.log1p(-share))
    total, k, odds = mass, 0, share / (1.0 - share)
    while total < uniform and k < n:
        mass *= odds * (n - k) / (k + 1)
        k += 1
        total += mass
    return k
