"""Units whose repairs wait for people: the repair crew has only so many, and they are there in their shifts only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from twin.ledger.trace import STATE
from twin.models.kept import finite
from twin.models.resources import Desk, Request
from twin.models.station import IN_PIECES, NOBODY, Job, Unit, pack_piece
from twin.models.worktime import ALWAYS, WorkTime

_PROCESSING, _DOWN = STATE["processing"], STATE["down"]


class Mended(Unit):
    """A machine that goes lot by lot from breakdown to breakdown, since no repair's length is known before somebody comes."""

    crew: Desk
    people: Mapping[str, float]
    crew_hours: WorkTime = ALWAYS
    rest_s = repair_s = 0.0
    down_at: float | None = None
    mended_at: float | None = None

    def begin(self, job: Job, now: float) -> None:
        """Start work on a lot now."""
        if self.failing is None:
            super().begin(job, now)
            return
        self.job, self.queued, self.operation, self.started = job, job.queued, job.step, now
        self.batch, self.form, self.ended = self.new_batch(), IN_PIECES, math.inf
        self.rest_s = self.durations(job)
        self.failing.lot(self.rest_s, self.cycles)
        t = now
        for state, a, b in self.preparing(now):
            t = b
            self._write(state, a, b)
        self._go_on(t, now)

    def _write(self, state: int, a: float, b: float) -> None:
        if a != math.inf and b > a:
            self.floor.pieces.extend(pack_piece(self.equipment, self.batch, state, a, b))

    def _go_on(self, t: float, now: float) -> None:
        """Work from ``t`` on until the lot is done or the unit breaks down."""
        failing = self.failing
        if failing is None or t == math.inf:
            self.done_at = math.inf
            return
        run_s = min(self.rest_s, failing.left_s)
        for a, b in (self.worktime or ALWAYS).spread(t, run_s):
            self._write(_PROCESSING, a, b)
            t = b
        self.done_at = t
        if t == math.inf:
            return
        self.rest_s -= run_s
        self.repair_s = failing.worked(run_s)
        if self.repair_s:
            self.floor.after(t - now, self._broken)
        else:
            self.alarm.set(t - now)

    def _broken(self, event: Any) -> None:
        """It breaks down: somebody is called."""
        self.down_at, self.done_at = self.done_at, math.inf
        if self.crew.claim(self.request(), self.floor.now):
            self._repair(self.floor.now)

    def request(self) -> Request:
        """The call for people."""
        return Request(self.people, self._repair, self.equipment)

    def _repair(self, now: float) -> None:
        """Somebody is here: the repair begins, in the crew's hours."""
        wait_s = self.crew_hours.spread(now, self.repair_s)[-1][1] - now
        self.mended_at = now + wait_s
        self.floor.after(wait_s, self._mended)

    def _mended(self, event: Any) -> None:
        now = self.floor.now
        self._write(_DOWN, self.down_at if self.down_at is not None else now, now)
        self.down_at = self.mended_at = None
        self.crew.release(self.people, now)
        if self.rest_s > 0.0:
            self._go_on(now, now)
        else:
            self.done_at = now
            self.end(None)

    # --- in the state of a plant

    def keep_repair(self, now: float) -> dict[str, Any] | None:
        """What is left of the lot's work, and how far the breakdown is; plain values."""
        if self.failing is None:
            return None
        return {
            "rest_s": self.rest_s,
            "repair_s": self.repair_s,
            "down_s": None if self.down_at is None else self.down_at - now,
            "mended_s": None if self.mended_at is None else finite(self.mended_at, now),
            "at_work": self.mended_at is not None,
        }

    def resume_repair(self, kept: Mapping[str, Any], now: float) -> None:
        """Go on with the work up to the next breakdown, or with the repair; who waits for people is laid in by the caller."""
        self.form, self.rest_s, self.repair_s = IN_PIECES, kept["rest_s"], kept["repair_s"]
        if kept["down_s"] is None:
            wait_s = self.done_at - now
            if self.repair_s:
                self.floor.after(wait_s, self._broken)
            elif self.done_at < math.inf:
                self.alarm.set(wait_s)
            return
        self.down_at, self.done_at = now + kept["down_s"], math.inf
        if kept["at_work"]:
            self.crew.take(self.people)
            self.mended_at = math.inf if kept["mended_s"] is None else now + kept["mended_s"]
            self.floor.after(self.mended_at - now, self._mended)

    def note(self, left: float) -> None:
        """Log the lot that is still here when the run ends, and the breakdown that is not yet mended."""
        if self.down_at is not None and self.job is not NOBODY:
            self._write(_DOWN, self.down_at, left)
        super().note(left)
