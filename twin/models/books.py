"""What furnaces and feeds write while the plant runs: phases, material, transfers; nothing before t = 0, nothing after the end.

Material events in [0, end) are written; the stocks at both ends are a snapshot of what every holder says it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from twin.ledger.trace import CARRIER, NONE, ROLE, STATE, TERM, Recorder
from twin.models.phases import Phase


class Books:
    """Writes rows into a :class:`~twin.ledger.trace.Recorder`, cut to the horizon ``[0, end_s]``."""

    def __init__(self, end_s: float) -> None:
        self.end_s = end_s
        self.recorder = Recorder()
        self.facts: dict[str, float] = {}

    def pieces(self, t0: float, t1: float) -> list[tuple[float, float]]:
        """``[t0, t1]`` split where the horizon begins and ends, so that no phase crosses a cut."""
        edges = [t0, *(cut for cut in (0.0, self.end_s) if t0 < cut < t1), t1]
        return [(a, b) for a, b in pairwise(edges) if b > a]

    def cuts_after(self, t0: float) -> list[float]:
        """Seconds from ``t0`` to the cuts that come after it."""
        return [cut - t0 for cut in (0.0, self.end_s) if cut > t0]

    def phases(self, equipment: int, batch: int, t0: float, phases: Sequence[Phase]) -> float:
        """Write consecutive phases from ``t0`` on, none of which crosses a cut; returns the time after the last."""
        add = self.recorder.add
        for phase in phases:
            t1 = t0 + phase.duration_s
            middle = (t0 + t1) / 2.0
            if 0.0 <= middle < self.end_s and phase.duration_s > 0.0:
                state = STATE[phase.state]
                add("states", equipment, state, t0, t1)
                for flow in phase.flows:
                    carrier = CARRIER[flow.carrier]
                    add("counters", equipment, state, carrier, batch, flow.amount(phase.duration_s))
                    first, *others = flow.terms or ((0.0, 1.0),)
                    add("flows", equipment, state, carrier, batch, t0, t1, flow.base, *first)
                    for amp, tau in others:
                        add("flows", equipment, state, carrier, batch, t0, t1, 0.0, amp, tau)
                for term, kwh in phase.heat_kwh.items():
                    add("heat", equipment, state, batch, TERM[term], t0, t1, kwh)
            t0 = t1
        return t0

    def material(
        self, t: float, equipment: int, batch: int, material: int, role: str, kg: float, carbon_kg: float
    ) -> None:
        """Book one movement of metal; what happens before t = 0 is not counted."""
        if kg > 0.0 and 0.0 <= t <= self.end_s:
            self.recorder.add("material", t, equipment, batch, material, ROLE[role], kg, carbon_kg)

    def stock(self, role: str, equipment: int, material: int, kg: float, carbon_kg: float) -> None:
        """Book what one holder holds when the horizon begins (``stock_open``) or ends (``stock_close``)."""
        self.material(0.0 if role == "stock_open" else self.end_s, equipment, NONE, material, role, kg, carbon_kg)

    def count(self, fact: str, amount: float, t: float) -> None:
        """Add to a fact of the trace, within the horizon."""
        if 0.0 <= t < self.end_s:
            self.facts[fact] = self.facts.get(fact, 0.0) + amount

    def least(self, fact: str, value: float, t: float) -> None:
        """Keep the smallest value of a fact of the trace, within the horizon."""
        if 0.0 <= t < self.end_s:
            self.facts[fact] = min(self.facts.get(fact, value), value)
