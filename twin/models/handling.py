"""Batch furnaces, casting units and melting furnaces whose lots, loads and ladles need people, cranes or tools.

Nobody holds anything while it waits for more: all that a step needs is asked for at once and given back when the step is done, so that no
two wait for each other. A furnace between loading and unloading needs nobody, unless people are named for the whole batch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from twin.models.forming import FormingPlace, FormingUnit
from twin.models.metal import MetalUnit
from twin.models.resources import Desk, Needs, Request
from twin.models.station import Job
from twin.models.worktime import ALWAYS


class Hands:
    """What one unit holds of the shared resources, by the step for which it does: ``lot``, ``loading`` or ``unloading``."""

    def __init__(self, desk: Desk, needs: Needs, equipment: int) -> None:
        self.desk, self.needs, self.equipment = desk, needs, equipment
        self.until: dict[str, float] = {}
        """the steps for which something is held, and when it is given back; infinite where that is when the lot is done"""

    def ask(self, call: Any, now: float, *steps: str) -> bool:
        """Whether all that the steps need is given at once; else ``call(now)`` is called when it is."""
        amounts = self.needs.together(*steps)
        return not (amounts and not self.desk.claim(Request(amounts, call, self.equipment), now))

    def take(self, *steps: str) -> None:
        """The steps have what they need."""
        self.until |= {step: math.inf for step in steps if getattr(self.needs, step)}

    def lay_in(self, call: Any, *steps: str) -> None:
        """Wait again, behind those who wait already."""
        self.desk.waiting.append(Request(self.needs.together(*steps), call, self.equipment))

    def back_at(self, step: str, at_s: float) -> None:
        """Give back what a step holds at a time."""
        if step in self.until:
            self.until[step] = at_s
            self.desk.floor.after(at_s - self.desk.floor.now, lambda _event: self.back(step, self.desk.floor.now))

    def back(self, step: str, now: float) -> None:
        """Give back what a step holds, if anything."""
        if self.until.pop(step, None) is not None:
            self.desk.release(getattr(self.needs, step), now)

    def give_up(self, now: float, *steps: str) -> None:
        """Give back what was given for these steps and is of no use now."""
        amounts = self.needs.together(*steps)
        if amounts:
            self.desk.release(amounts, now)

    # --- in the state of a plant

    def keep(self, now: float) -> dict[str, float | None]:
        """Steps for which something is held, and for how long yet (None: till the lot is done); plain values."""
        return {step: at - now if at < math.inf else None for step, at in self.until.items()}

    def resume(self, kept: Mapping[str, float | None], now: float) -> None:
        """Hold again what :meth:`keep` wrote."""
        for step, left_s in kept.items():
            self.desk.take(getattr(self.needs, step))
            self.take(step)
            if left_s is not None:
                self.back_at(step, now + left_s)


class ClaimingBatches(FormingUnit):
    """A unit that processes batches and needs people or cranes for the whole batch, for loading, or for unloading.

    A batch is put together, then waits for what loading (and the whole batch) needs; meanwhile the furnace is at rest. When its phases are
    over it stays in the furnace until there is what unloading needs, and for the time of the unloading.
    """

    hands: Hands
    gathered: Sequence[Job] = ()
    """the lots of the batch that waits to be loaded"""
    unloaded = True
    emptied_at = math.inf
    """when the unloading under way is done"""
    _same: tuple[float, float] | None = None
    _short = False

    def _start(self, place: FormingPlace, jobs: Sequence[Job], now: float) -> None:
        self.gathered, self.job = jobs, jobs[0]
        self._same, self._short = place.same, place.short
        self.queued, self.operation, self.started = jobs[0].queued, jobs[0].step, now
        self.ended = self.done_at = math.inf
        self._load(now)

    def _load(self, now: float) -> None:
        if self.gathered and self.hands.ask(self.loader_came, now, "lot", "loading"):
            self.loader_came(now)

    def loader_came(self, now: float) -> None:
        """All that loading needs is there: the batch begins, if the crew is at work and the power cap lets it."""
        place = self.forming
        if self._again_s(now) > 0.0:
            self.hands.give_up(now, "lot", "loading")
            self.loader_waits(now)
            return
        jobs, self.gathered, self.unloaded = self.gathered, (), not self.hands.needs.unloading
        self.hands.take("lot", "loading")
        kept, place.same, place.short = (place.same, place.short), self._same, self._short
        super()._start(place, jobs, now)
        place.same, place.short = kept
        self.hands.back_at("loading", now + self.hands.needs.loading_s)

    def _again_s(self, now: float) -> float:
        """For how long the batch cannot begin whoever is there: no crew, a repair, no power."""
        hours = self.worktime or self.forming.worktime
        if not (hours is ALWAYS or hours.open(now)):
            return hours.next_open(now) - now
        if now < self.repaired_at:
            return self.repaired_at - now
        if self.cap is not None and self.held is not None and not self.cap.admits(self.held, now):
            return self.cap.next_change(now) - now
        return 0.0

    def loader_waits(self, now: float) -> None:
        """Ask for what loading needs when the batch can begin."""
        self.floor.after(self._again_s(now), lambda _event: self._load(self.floor.now))

    def end(self, event: Any) -> None:
        """The phases are over: people of the whole batch are free, the batch is unloaded."""
        self.hands.back("lot", self.done_at)
        super().end(event)

    def _pass_on(self, now: float) -> bool:
        if self.unloaded:
            return super()._pass_on(now)
        self.ask_unloading(now)
        return False

    def ask_unloading(self, now: float) -> None:
        """Ask for what unloading needs, in working hours."""
        hours = self.worktime or self.forming.worktime
        if not (hours is ALWAYS or hours.open(now)):
            self.floor.after(hours.next_open(now) - now, lambda _event: self.ask_unloading(self.floor.now))
        elif self.hands.ask(self.unloader_came, now, "unloading"):
            self.unloader_came(now)

    def unloader_came(self, now: float) -> None:
        """All that unloading needs is there."""
        self.hands.take("unloading")
        self.emptied_at = now + self.hands.needs.unloading_s
        self.floor.after(self.hands.needs.unloading_s, self.emptied)

    def emptied(self, event: Any) -> None:
        """The batch is out: its lots go on."""
        now, self.unloaded, self.emptied_at = self.floor.now, True, math.inf
        self.hands.back("unloading", now)
        if self._pass_on(now):
            self.forming.look()

    # --- in the state of a plant

    def keep_handling(self, now: float) -> dict[str, Any]:
        """Whether a batch waits to be loaded or is unloaded, and what is held; plain values."""
        return {
            "hands": self.hands.keep(now),
            "gathered": [[job.key, job.queued - now] for job in self.gathered],
            "short": self._short,
            "unloaded": self.unloaded,
            "emptied_s": self.emptied_at - now if self.emptied_at < math.inf else None,
        }

    def resume_handling(self, kept: Mapping[str, Any], jobs: Mapping[str, Job], now: float) -> None:
        """Be where :meth:`keep_handling` left off; who waits for people or cranes asks again later."""
        self.hands.resume(kept["hands"], now)
        self.unloaded, self._short = kept["unloaded"], kept["short"]
        if kept["gathered"]:
            for key, queued_s in kept["gathered"]:
                jobs[key].queued = now + queued_s
            self.gathered, self._same = [jobs[key] for key, _ in kept["gathered"]], None
            self.forming.free.remove(self)
            self.job, self.ended = self.gathered[0], math.inf
        if kept["emptied_s"] is not None:
            self.emptied_at = now + kept["emptied_s"]
            self.floor.after(kept["emptied_s"], self.emptied)

    def waits_for(self) -> tuple[Any, tuple[str, ...]] | None:
        """Whom it waits for: what is called when they come, and the steps; None where for nobody."""
        if self.gathered:
            return self.loader_came, ("lot", "loading")
        if self.lots and not self.unloaded and self.ended < math.inf and self.emptied_at == math.inf:
            return self.unloader_came, ("unloading",)
        return None

    def ask_later(self) -> None:
        """Nobody was asked yet: ask when that may be."""
        if self.gathered:
            self.loader_waits(self.floor.now)
        else:
            self.ask_unloading(self.floor.now)


class ClaimingMetal(MetalUnit):
    """A casting unit that needs people or tools while it pours. Metal that comes while they are busy elsewhere waits with the lot."""

    hands: Hands
    asking = False

    def _pour(self, job: Job, now: float) -> None:
        if "lot" in self.hands.until:
            super()._pour(job, now)
        elif not self.asking:
            self.asking = not self.hands.ask(self.pourer_came, now, "lot")
            if not self.asking:
                self.hands.take("lot")
                super()._pour(job, now)

    def pourer_came(self, now: float) -> None:
        """Who pours is there; the metal may be gone by now, or the crew."""
        self.asking = False
        self.hands.take("lot")
        waiting = self.pending
        self.metal_came()
        if self.pending is waiting and self.ready_at <= now:
            self.hands.back("lot", now)
            self.look()

    def _pour_part(self, job: Job, now: float, work_s: float) -> None:
        run_s = math.inf if self.failing is None else self.failing.left_s
        super()._pour_part(job, now, work_s)
        self.hands.back_at("lot", now + run_s)

    def end(self, event: Any) -> None:
        """The lot is cast: who poured is free."""
        self.hands.back("lot", self.floor.now)
        super().end(event)
