"""Resources that stations share: cranes, tools, people of a crew. A lot that needs some waits until all are free, in the order of asking.

Whoever waits keeps its turn: what it needs is not given to those who asked later, so that nobody waits forever; all is given at once,
so that no two wait for each other. A unit holds what it needs while it works, repairs and pauses within the lot included, not while it is
blocked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from twin.ledger.trace import NONE, STATE
from twin.models.station import IN_PIECES, Floor, Job, Unit, pack_piece
from twin.models.worktime import ALWAYS

_SETUP, _PROCESSING = STATE["setup"], STATE["processing"]


@dataclass(eq=False)
class Request:
    """Somebody waits for these amounts; ``granted(now)`` is called when they are given. ``equipment``: who asks, by code."""

    amounts: Mapping[str, float]
    granted: Callable[[float], None]
    equipment: int = NONE


@dataclass
class Desk:
    """Gives out shared resources. ``total``: units of each; ``used``: those that are out."""

    floor: Floor
    total: Mapping[str, float]
    used: dict[str, float] = field(default_factory=dict)
    waiting: list[Request] = field(default_factory=list)

    def claim(self, request: Request, now: float) -> bool:
        """Give at once if nobody before waits for the same; else wait. Returns whether it was given."""
        if self._blocked().isdisjoint(request.amounts) and self._free(request):
            self.take(request.amounts)
            return True
        self.waiting.append(request)
        return False

    def release(self, amounts: Mapping[str, float], now: float) -> None:
        """Give back, and give to those who wait."""
        for name, amount in amounts.items():
            self.used[name] -= amount
        kept: set[str] = set()
        given: list[Request] = []
        for request in self.waiting:
            if kept.isdisjoint(request.amounts) and self._free(request):
                self.take(request.amounts)
                given.append(request)
            else:
                kept.update(request.amounts)
        self.waiting = [request for request in self.waiting if request not in given]
        for request in given:
            request.granted(now)

    def _blocked(self) -> set[str]:
        return {name for request in self.waiting for name in request.amounts}

    def _free(self, request: Request) -> bool:
        return all(
            self.used.get(name, 0.0) + amount <= self.total[name] + 1e-9 for name, amount in request.amounts.items()
        )

    def take(self, amounts: Mapping[str, float]) -> None:
        """Give out without asking."""
        for name, amount in amounts.items():
            self.used[name] = self.used.get(name, 0.0) + amount


@dataclass(frozen=True)
class Needs:
    """What lots at one station need: of which resource how much, for the whole lot, its set-up, a transfer of so many seconds before it,
    the loading of a furnace or the unloading, of so many seconds.
    """

    lot: Mapping[str, float] = field(default_factory=dict)
    setup: Mapping[str, float] = field(default_factory=dict)
    transfer: Mapping[str, float] = field(default_factory=dict)
    transfer_s: float = 0.0
    loading: Mapping[str, float] = field(default_factory=dict)
    loading_s: float = 0.0
    unloading: Mapping[str, float] = field(default_factory=dict)
    unloading_s: float = 0.0

    def together(self, *words: str) -> dict[str, float]:
        """What is needed at once for several of them."""
        parts: list[Mapping[str, float]] = [getattr(self, word) for word in words]
        return {name: sum(part.get(name, 0.0) for part in parts) for part in parts for name in part}


class Claiming(Unit):
    """A unit whose lots need shared resources. While it waits for them it holds the lot and is starved."""

    desk: Desk
    needs: Needs
    held: tuple[Mapping[str, float], ...] = ()
    back_at: Mapping[int, float] = MappingProxyType({})
    """when parts of it are given back before the lot is done, by identity"""
    awaited: Job | None = None
    asked = 0.0

    def begin(self, job: Job, now: float) -> None:
        """Ask for what the lot needs; begin it when it is given."""
        self.job, self.awaited, self.asked = job, job, now
        self.queued, self.operation, self.done_at = job.queued, job.step, math.inf
        if self.desk.claim(self.request_for(job), now):
            self._begin(now)

    def request_for(self, job: Job) -> Request:
        """What is asked for before a lot begins."""
        return Request(self._amounts(job), self._granted, self.equipment)

    def _amounts(self, job: Job) -> Mapping[str, float]:
        """All that is needed at the beginning; what is needed for part of the time only is given back in its time."""
        self.held = tuple(part for part in (self.needs.lot, self._setup(job), self.needs.transfer) if part)
        return {name: sum(part.get(name, 0.0) for part in self.held) for part in self.held for name in part}

    def _setup(self, job: Job) -> Mapping[str, float]:
        return self.needs.setup if self.needs.setup and self.setup_s and self.change_s(job) else {}

    def _granted(self, now: float) -> None:
        """What was waited for is there; outside of working time it is given back and asked for again."""
        hours = self.worktime or ALWAYS
        job = self.awaited
        if job is None:
            return
        if hours.open(now):
            self._begin(now)
            return
        self._give_back(now, *self.held)
        self.ask_later(now)

    def ask_later(self, now: float) -> None:
        """Ask again for what the lot needs when working time begins."""
        job = self.awaited
        if job is not None:
            wait_s = (self.worktime or ALWAYS).next_open(now) - now
            self.floor.after(wait_s, lambda _event: self.begin(job, self.floor.now))

    # --- in the state of a plant

    def keep_held(self, now: float) -> list[dict[str, Any]]:
        """What it holds, and for how long where that ends before the lot does; plain values."""
        if self.awaited is not None:
            return []
        words = {id(getattr(self.needs, word)): word for word in ("lot", "setup", "transfer")}
        return [
            {"during": words[id(part)], "back_s": self.back_at[id(part)] - now if id(part) in self.back_at else None}
            for part in self.held
        ]

    def resume_held(self, kept: Sequence[Mapping[str, Any]], now: float) -> None:
        """Hold again what :meth:`keep_held` wrote."""
        for one in kept:
            part: Mapping[str, float] = getattr(self.needs, one["during"])
            self.held = (*self.held, part)
            self.desk.take(part)
            if one["back_s"] is not None:
                self._back_in(now, one["back_s"], part)

    def wait_with(self, job: Job, now: float) -> None:
        """Hold a lot that waits for what it needs; somebody lays the request in."""
        self.awaited, self.asked, self.done_at = job, now, math.inf

    def _begin(self, now: float) -> None:
        job, self.awaited = self.awaited, None
        if job is None:
            return
        change_s = self.change_s(job) if self.setup_s else 0.0
        super().begin(job, now)
        if change_s and any(part is self.needs.setup for part in self.held):
            self._later(now, self.needs.transfer_s + change_s, self.needs.setup)

    def lay_out(self, now: float, work_s: float) -> float:
        """As of any unit, the transfer before it."""
        if not self.needs.transfer_s:
            return super().lay_out(now, work_s)
        hours = self.worktime or ALWAYS
        carried = hours.spread(now, self.needs.transfer_s)
        end = carried[-1][1]
        for a, b in carried:
            if a != math.inf:
                self.floor.pieces.extend(pack_piece(self.equipment, self.batch, _SETUP, a, b))
        if end == math.inf:
            return end
        self._later(now, end - now, self.needs.transfer)
        mark = len(self.floor.pieces)
        done = super().lay_out(end, work_s)
        if len(self.floor.pieces) == mark and done > end:
            self.floor.pieces.extend(pack_piece(self.equipment, self.batch, _PROCESSING, end, done))
        self.form = IN_PIECES
        return done

    def _later(self, now: float, delay_s: float, amounts: Mapping[str, float]) -> None:
        """Give back before the lot is done."""
        self._back_in(now, (self.worktime or ALWAYS).spread(now, delay_s)[-1][1] - now, amounts)

    def _back_in(self, now: float, wait_s: float, amounts: Mapping[str, float]) -> None:
        self.back_at = {**self.back_at, id(amounts): now + wait_s}
        self.floor.after(wait_s, lambda _event: self._give_back(self.floor.now, amounts))

    def _give_back(self, now: float, *parts: Mapping[str, float]) -> None:
        given = [part for part in parts if any(part is held for held in self.held)]
        self.held = tuple(held for held in self.held if not any(held is part for part in given))
        self.back_at = {key: at for key, at in self.back_at.items() if not any(key == id(part) for part in given)}
        for part in given:
            self.desk.release(part, now)

    def end(self, event: Any) -> None:
        """The work is done: give back, then pass the lot on."""
        self._give_back(self.floor.now, *self.held)
        super().end(event)

    def note(self, left: float) -> None:
        """Log the lot; one that waits for resources has not begun."""
        if self.awaited is None:
            super().note(left)
