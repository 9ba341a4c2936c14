"""What furnaces and feeds write while the plant runs: phases, material, transfers; nothing before t = 0, nothing after the end.

Material events in [0, end) are written; the stocks at both ends are a snapshot of what every holder says it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from twin.ledger.trace import CARRIER, NONE, PACK, ROLE, STATE, TERM, Recorder
from twin.models.phases import Flow, Phase

_STATES, _COUNTERS, _FLOWS, _HEAT = (PACK[table] for table in ("states", "counters", "flows", "heat"))


class Books:
    """Writes rows into a :class:`~twin.ledger.trace.Recorder`, cut to the horizon ``[0, end_s]``."""

    def __init__(self, end_s: float, later_cuts_s: Sequence[float] = ()) -> None:
        self.end_s = end_s
        self.later_cuts_s = later_cuts_s
        """times after the end at which phases are cut too, because another run may be counted from there on"""
        self.recorder = Recorder()
        self.facts: dict[str, float] = {}

    def pieces(self, t0: float, t1: float) -> list[tuple[float, float]]:
        """``[t0, t1]`` split where the horizon begins and ends, so that no phase crosses a cut."""
        if t0 >= 0.0 and t1 <= self.end_s:
            return [(t0, t1)] if t1 > t0 else []
        edges = [t0, *(cut for cut in (0.0, self.end_s) if t0 < cut < t1), t1]
        return [(a, b) for a, b in pairwise(edges) if b > a]

    def cuts_after(self, t0: float) -> list[float]:
        """Seconds from ``t0`` to the cuts that come after it."""
        if t0 >= 0.0 and not self.later_cuts_s:
            return [self.end_s - t0] if self.end_s > t0 else []
        return [cut - t0 for cut in (0.0, self.end_s, *self.later_cuts_s) if cut > t0]

    def phases(self, equipment: int, batch: int, t0: float, phases: Sequence[Phase]) -> float:
        """Write consecutive phases from ``t0`` on, none of which crosses a cut; returns the time after the last."""
        rows = self.recorder.rows
        states, counters, flows = rows["states"].extend, rows["counters"].extend, rows["flows"].extend
        for phase in phases:
            duration_s = phase.duration_s
            t1 = t0 + duration_s
            if 0.0 <= (t0 + t1) / 2.0 < self.end_s and duration_s > 0.0:
                state = STATE[phase.state]
                states(_STATES(equipment, state, t0, t1))
                for flow in phase.flows:
                    carrier = CARRIER[flow.carrier]
                    if not flow.terms:
                        base = flow.base
                        counters(_COUNTERS(equipment, state, carrier, batch, base * duration_s / 3600.0))
                        flows(_FLOWS(equipment, state, carrier, batch, t0, t1, base, 0.0, 1.0))
                        continue
                    counters(_COUNTERS(equipment, state, carrier, batch, flow.amount(duration_s)))
                    self._flow((equipment, state, carrier, batch, t0, t1), flow)
                for term, kwh in phase.heat_kwh.items():
                    rows["heat"].extend(_HEAT(equipment, state, batch, TERM[term], t0, t1, kwh))
            t0 = t1
        return t0

    def _flow(self, where: tuple[int, int, int, int, float, float], flow: Flow) -> None:
        """Write a flow, a row an exponential; the first bears the base."""
        add, base = self.recorder.rows["flows"].extend, flow.base
        for amp, tau in flow.terms:
            add(_FLOWS(*where, base, amp, tau))
            base = 0.0

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
