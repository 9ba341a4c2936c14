"""Under a power cap: when a unit at rest may heat up with more than holding takes.

Between batches a unit draws no more than holding takes (:meth:`twin.models.batches.BatchProcess.resting_kw`), so a lining that cooled over
the weekend would warm up slowly. Whenever its rest would take more, it is granted what nobody else has reserved, for as long as it needs
it and at most until what is reserved changes; then it asks again. So it heats at full power, slower, or waits, and never above the cap.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from twin.models.cap import LOOK_AHEAD_S, Batched, PowerCap, highest_kw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.models.forming import FormingUnit
    from twin.models.phases import Phase

STEP_S = 900.0
"""grants are this long or a multiple, unless what is reserved changes before"""
LEAST_WAIT_S = 60.0
"""between two looks while power is missing"""
_SHARE = 1.0 + 1e-6


class Tending:
    """Asks the cap for one unit."""

    def __init__(self, unit: FormingUnit, cap: PowerCap, held: Batched) -> None:
        self.unit, self.cap, self.held = unit, cap, held
        self.serial = 0

    def look_soon(self) -> None:
        """Look after all that happens now."""
        self._look_at(self.unit.floor.now)

    def _look_at(self, time_s: float) -> None:
        """Look at a time, and not at the one that was set before."""
        if time_s == math.inf:
            return
        self.serial += 1
        serial = self.serial

        def look(event: Any) -> None:
            del event
            if serial == self.serial:
                self.look()

        self.unit.floor.after(time_s - self.unit.floor.now, look)

    def look(self) -> None:
        """Grant what is free and wanted now; a batch under way asks again when it ends."""
        unit, held, now = self.unit, self.held, self.unit.floor.now
        if unit.lots and now < unit.done_at:
            return
        unit.progress(now, "blocked" if unit.lots else None)
        held.withdraw()
        until, duty = unit.stretch(now)
        until = min(until, now + LOOK_AHEAD_S)
        wished = unit.kind.warms(until - now, duty, unit.state, math.inf)
        if not wished:
            if unit.kind.warms(LOOK_AHEAD_S, "starved", unit.state, math.inf):
                self._look_at(until)
            return
        begin, _, wish_kw = self._wish(wished, now, until)
        if begin > now:
            self._look_at(begin)
            return
        self._grant(duty, (now, min(until, max(self.cap.next_change(now), now + LEAST_WAIT_S))), wish_kw)

    def _grant(self, duty: str, span: tuple[float, float], wish_kw: float) -> None:
        """Grant what is free up to the next change, as long as it is needed."""
        unit, held, (now, stop) = self.unit, self.held, span
        kw = min(wish_kw, self.cap.free_kw(now, stop, held), held.working_kw)
        if kw <= held.resting_kw * _SHARE:
            self._look_at(stop)
            return
        _, end, _ = self._wish(unit.kind.warms(stop - now, duty, unit.state, kw), now, stop)
        held.grant(kw, end)
        self._look_at(end)

    def _wish(self, phases: Sequence[Phase], now: float, until: float) -> tuple[float, float, float]:
        """From when to when phases up to ``until`` take more than holding, and the most then; (until, until, 0) where never."""
        begin, most, t = until, 0.0, now
        while t < until:
            stop = min(t + STEP_S, until)
            kw = highest_kw(phases, until, t, stop)
            if kw > self.held.resting_kw * _SHARE:
                begin, most = min(begin, t), max(most, kw)
            elif begin < until:
                return begin, t, most
            t = stop
        return begin, until, most
