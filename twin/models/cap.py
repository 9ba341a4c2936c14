"""A power cap as a resource of the run: heats wait, or melt slower, while what is reserved would exceed it.

Everything reserves its highest mean power: base load always, machines whatever they may draw while their crew is there, utilities at full
power while what they serve is on, furnaces their rated or holding power. The exact load is checked after the run; the excess is a fact of
the trace. PV and battery are not counted on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twin.ledger.trace import CARRIER
from twin.models.equipment import Rates
from twin.models.worktime import Duty

_ELECTRICITY = CARRIER["electricity"]
LEAST_SHARE = 0.4
"""a furnace is not run below this share of its rated power because of a cap (assumed)"""


@dataclass(frozen=True)
class Envelope:
    """The most that one equipment may draw over time: ``on_kw`` while people are there, the rates of its duties otherwise."""

    on_kw: float
    duties: Sequence[Duty]
    rates: Rates

    def most_kw(self, t0: float, t1: float) -> float:
        """The highest power between two times."""
        covered, most = 0.0, 0.0
        for a, b, state in self.duties:
            shared = min(b, t1) - max(a, t0)
            if shared > 0.0:
                covered += shared
                most = max(most, self.rates.get(state, {}).get(_ELECTRICITY, 0.0))
        return most if covered >= t1 - t0 - 1e-6 else max(most, self.on_kw)


def envelope(rates: Rates, duties: Sequence[Duty]) -> Envelope:
    """The envelope of a machine of constant rates."""
    return Envelope(max((drawn.get(_ELECTRICITY, 0.0) for drawn in rates.values()), default=0.0), duties, rates)


class PowerCap:
    """What is reserved under the cap."""

    def __init__(self, cap_kw: float, constant_kw: float, machines: Sequence[Envelope]) -> None:
        self.cap_kw, self.constant_kw, self.machines = cap_kw, constant_kw, list(machines)
        self.furnaces: list[Callable[[], float]] = []
        self.waits = 0

    def next_change(self, t: float) -> float:
        """The next time at which what machines reserve changes."""
        return min(
            (a for machine in self.machines for duty in machine.duties for a in duty[:2] if a > t), default=math.inf
        )

    def free_kw(self, t0: float, t1: float) -> float:
        """Power left for one more furnace from ``t0`` to ``t1``, its own reservation of now still included."""
        machines = sum(machine.most_kw(t0, t1) for machine in self.machines)
        return self.cap_kw - self.constant_kw - machines - sum(reserved() for reserved in self.furnaces)

    def grant_kw(self, rated_kw: float, own_kw: float, t0: float, t1: float, *, others_melt: bool) -> float:
        """Power that a heat may begin with: rated, less where nothing else would give way, 0 to wait."""
        free = self.free_kw(t0, t1) + own_kw
        if free >= rated_kw:
            return rated_kw
        if others_melt or free < LEAST_SHARE * rated_kw:
            self.waits += 1
            return 0.0
        return free


NO_CAP = PowerCap(math.inf, 0.0, ())
