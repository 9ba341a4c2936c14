"""Starts for the search: forward dispatch on the problem itself, slot by slot, earliest due date first.

Built on the problem's own stocks, so that what it gives is feasible for the formulation by construction. ``forbidden`` keeps heats (or
heats and lots) out of dear slots: that is the rule of thumb a planner uses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping

import numpy as np

from twin.optimize.formulation.matrix import StartKey
from twin.optimize.problem.network import Due, Flags, Problem, Task
from twin.optimize.search.dispatch_facts import Facts
from twin.optimize.search.dispatch_pour import PourDispatch, pours
from twin.optimize.search.projection import EPSILON, Floor, is_metal

CAUTIONS = (0.0, 1.0)


class Dispatch:
    """One forward pass."""

    def __init__(
        self, problem: Problem, forbidden: Flags, roles: Collection[str], caution: float, *, prompt: bool = False
    ) -> None:
        self.problem, self.forbidden, self.roles, self.caution = problem, forbidden, frozenset(roles), caution
        self.prompt = prompt
        self.floor = Floor(problem)
        self.waiting: dict[str, deque[int]] = {
            s.name: deque([0] * round(s.initial)) for s in problem.stocks.values() if s.longest_wait_slots
        }
        self.facts = Facts.of(problem)
        self.by_role, self.due_of = self.facts.by_role, self.facts.due_of

    def run(self) -> dict[StartKey, float]:
        """Start counts of the whole horizon."""
        for slot in range(self.problem.slots):
            self._pig(slot)
            self._role("tap", slot)
            self._starved(slot)
            self._rest(slot)
            for role in ("tap", "empty", "startup", "lot", "setup", "tap", "heat", "shutdown"):
                self._role(role, slot)
            self._cool(slot)
        return self.floor.starts

    def _role(self, role: str, slot: int) -> None:
        if role in self.roles and self.forbidden[slot]:
            return
        begun = [task for task in self.by_role.get(role, []) if task.allowed[slot] and not task.continuous]
        for task in sorted(begun, key=lambda task: self._urgency(task, slot)):
            while self.floor.fits(task, slot) and self._wanted(task, slot):
                self._start(task, slot)
                if role == "tap":
                    self._role(role, slot)
                    return

    def _urgency(self, task: Task, slot: int) -> tuple[float, float, float]:
        """The task whose next missing lot is due first in front, then the one that draws least; of ladles the largest to the emptiest."""
        if task.role == "tap":
            target = next(c for c in task.changes if c.amount > 0)
            return (
                self.floor.levels[target.stock][min(slot + target.offset, self.problem.slots - 1)],
                -target.amount,
                0.0,
            )
        if task.role == "heat":
            return (
                float(task.profile_kw.sum()) / max([c.amount for c in task.changes if is_metal(c.stock)], default=1.0),
                0.0,
                0.0,
            )
        due = self._due(task)
        missing = (
            np.zeros(0) if due is None else np.flatnonzero(due.cumulative > self.floor.levels[due.done][-1] + EPSILON)
        )
        first = float(missing[0]) if len(missing) else float(self.problem.slots)
        return first, task.cost_krw, float(task.profile_kw.sum())

    def _wanted(self, task: Task, slot: int) -> bool:
        """Whether there is work for it: lots to be made, metal to be used, a set-up or start-up that lots wait for."""
        if task.role == "lot":
            due = self._due(task)
            return (
                due is not None
                and self._missing(due) > EPSILON
                and (task.name not in self.facts.changing or self._setup_due(task))
            )
        if task.role == "tap":
            return self._whole_ladle(task, slot)
        if task.role == "heat":
            return self._metal_short() and self._can_be_tapped(task, slot)
        if task.role == "setup":
            return self._setup_due(task)
        if task.role == "startup":
            return self._lots_of(task.group, task.product) > EPSILON and not self._ready(task)
        if task.role == "shutdown":
            return self._lots_of(task.group, None) <= EPSILON
        return True

    def _whole_ladle(self, tap: Task, slot: int) -> bool:
        """A small ladle is filled only with what is left after the full ones."""
        stock, larger_kg = self.facts.larger_ladle[tap.name]
        return larger_kg is None or bool(self.floor.levels[stock][slot] < larger_kg - EPSILON)

    def _due(self, task: Task) -> Due | None:
        return self.due_of.get(task.name)

    def _missing(self, due: Due) -> float:
        """Lots of a class still to be started."""
        return float(due.required - self.floor.levels[due.done][-1])

    def _lots_of(self, group: str, product: str | None) -> float:
        """Lots still to be started that ``group`` can make, of one product or of all."""
        return sum(max(self._missing(due), 0.0) for due in self.facts.dues_of.get((group, product), ()))

    def _metal_short(self) -> bool:
        """Whether lots still to be started, and what must be left at the end, need more metal than there will be."""
        facts = self.facts
        need = sum(max(self._missing(due), 0.0) * kg for due, kg in facts.lot_kg)
        have = sum(self.floor.levels[stock][-1] - low_kg for stock, low_kg in facts.metal)
        return bool(need + facts.kept_kg > have + EPSILON)

    def _setup_due(self, task: Task) -> bool:
        """A unit is re-made for another product when lots of that one wait and it has none of its own, or another unit serves its own."""
        if self._lots_of(task.group, task.product) <= EPSILON:
            return False
        taken = next(change.stock for change in task.changes if change.amount < 0)
        given = next(change.stock for change in task.changes if change.amount > 0)
        own = next(
            (
                t.product
                for t in self.by_role["lot"]
                if any(c.stock == taken for c in t.changes) and t.name not in self.facts.changing
            ),
            None,
        )
        if own is None or self._lots_of(task.group, own) <= EPSILON:
            return True
        return (
            self._units_for(own) > 1.0 + EPSILON
            and self._units_for(task.product) <= EPSILON
            and self.floor.levels[given][-1] <= EPSILON
        )

    def _can_be_tapped(self, heat: Task, slot: int) -> bool:
        """Whether what a heat gives finds room before its furnace must be empty, if every unit casts all the lots it then can but a few;
        in a ``prompt`` dispatch already when it is ready, so that no furnace holds metal.
        """
        given = next((c for c in heat.changes if is_metal(c.stock) and c.amount > 0), None)
        if given is None or self.problem.stocks[given.stock].ceiling is None:
            return True
        ready = slot + given.offset
        shut = np.flatnonzero(self.floor.high[given.stock][ready:] <= EPSILON)
        close = ready + int(shut[0]) if len(shut) else self.problem.slots
        room = sum(self.problem.stocks[name].high - self.floor.levels[name][-1] for name in self.facts.feeds)
        metal_kg = self.floor.levels[given.stock][-1] + given.amount
        return all(
            metal_kg <= room + sum(self._could_draw(group, slot, last) for group in self.facts.groups)
            for last in ((ready + 2, close) if self.prompt else (close,))
        )

    def _could_draw(self, group: str, slot: int, close: int) -> float:
        """Metal that a unit can still draw before ``close``: lots of its present product one after the other, less ``caution`` of them."""
        lots = [
            t
            for t in self.by_role["lot"]
            if t.group == group and t.name not in self.facts.changing and self._wanted(t, slot)
        ]
        if not lots:
            return 0.0
        lot = max(
            lots,
            key=lambda t: sum(self.floor.levels[c.stock][-1] for c in t.changes if c.amount == -1.0 and c.offset == 0),
        )
        kg = -sum(c.amount for c in lot.changes if is_metal(c.stock) and c.amount < 0)
        token = next((c.stock for c in lot.changes if c.amount == -1.0 and c.offset == 0), None)
        back = (
            np.flatnonzero(self.floor.levels[token][slot:] > EPSILON) if token is not None else np.zeros(1, dtype=int)
        )
        t, count = slot + (int(back[0]) if len(back) else self.problem.slots), 0
        while True:
            ahead = np.flatnonzero(lot.allowed[t : close - 1])
            if not len(ahead):
                return kg * max(0.0, count - self.caution)
            t += int(ahead[0]) + lot.slots
            count += 1

    def _units_for(self, product: str | None) -> float:
        """Units that are ready for a product, or will be."""
        ready = {
            c.stock
            for t in self.by_role["lot"]
            if t.product == product
            for c in t.changes
            if c.amount == 1.0 and c.offset == t.slots
        }
        return float(sum(self.floor.levels[name][-1] for name in ready - {due.done for due in self.problem.dues}))

    def _ready(self, task: Task) -> bool:
        given = next(change.stock for change in task.changes if change.amount > 0)
        return bool(self.floor.levels[given][-1] > EPSILON)

    def _start(self, task: Task, slot: int) -> None:
        self.floor.start(task, slot)
        for change in task.changes:
            queue = self.waiting.get(change.stock)
            if queue is None:
                continue
            for _ in range(abs(round(change.amount))):
                if change.amount > 0:
                    queue.append(slot + change.offset)
                elif queue:
                    queue.popleft()

    def _pig(self, slot: int) -> None:
        """Give up the metal that may not be there any more in the next slot, whatever the ladles take of it first."""
        for task in self.by_role.get("pig", []):
            stock = task.changes[0].stock
            if (slot + 1 < self.problem.slots and self.floor.high[stock][slot + 1] > EPSILON) or not self.floor.high[
                stock
            ][slot] > EPSILON:
                continue
            self._role("tap", slot)
            for part in self._parts():
                self._top_up(part, slot)
            left = self.floor.levels[stock][slot]
            if left > EPSILON:
                self.floor.start(task, slot, left)

    def _parts(self) -> list[Task]:
        return [task for task in self.by_role.get("tap", []) if task.continuous]

    def _top_up(self, part: Task, slot: int) -> None:
        """Fill up a feed with part of a ladle."""
        source = next(c for c in part.changes if c.amount < 0)
        room = min(
            self.problem.stocks[c.stock].high
            - float(self.floor.levels[c.stock][min(slot + c.offset, self.problem.slots - 1) :].max())
            for c in part.changes
            if c.amount > 0
        )
        kg = min(room, float(self.floor.levels[source.stock][slot:].min()))
        if kg > EPSILON and part.allowed[slot]:
            self.floor.start(part, slot, kg)

    def _starved(self, slot: int) -> None:
        """Top up the feeds that have too little for any lot that their unit can begin and no room for a ladle."""
        for part in self._parts():
            target = next(c for c in part.changes if c.amount > 0)
            ladle_kg, drawing = self.facts.fed[target.stock]
            level = float(self.floor.levels[target.stock][-1])
            if self.problem.stocks[target.stock].high - level >= ladle_kg:
                continue
            lots = [kg for task, kg in drawing if self._unit_ready(task) and self._wanted(task, slot)]
            if lots and level < min(lots):
                self._top_up(part, slot)

    def _rest(self, slot: int) -> None:
        """Tap what is left in the furnaces and fills no ladle as soon as a feed, the emptiest first, has room for all of it."""
        target_of = {part.name: next(c.stock for c in part.changes if c.amount > 0) for part in self._parts()}
        for part in sorted(self._parts(), key=lambda part: float(self.floor.levels[target_of[part.name]][-1])):
            source = next(c.stock for c in part.changes if c.amount < 0)
            least_kg, _ = self.facts.fed[target_of[part.name]]
            left_kg = float(self.floor.levels[source][slot:].min())
            room_kg = self.problem.stocks[target_of[part.name]].high - float(
                self.floor.levels[target_of[part.name]][-1]
            )
            if EPSILON < left_kg < least_kg - EPSILON and room_kg >= left_kg:
                self._top_up(part, slot)

    def _unit_ready(self, lot: Task) -> bool:
        """Whether the unit is, or will be when its lot is done, in the condition that a lot begins in."""
        return all(self.floor.levels[c.stock][-1] > EPSILON for c in lot.changes if c.amount == -1.0 and not c.offset)

    def _cool(self, slot: int) -> None:
        """What has waited its longest and nothing has taken in its last slot leaves by its `cool` task."""
        for task in self.by_role.get("cool", []):
            source = next(change.stock for change in task.changes if change.amount < 0)
            longest = self.problem.stocks[source].longest_wait_slots
            queue = self.waiting.get(source)
            while longest is not None and queue and queue[0] + longest <= slot and self.floor.fits(task, slot):
                self._start(task, slot)


def dispatch(
    problem: Problem,
    *,
    forbidden: Flags | None = None,
    roles: Collection[str] = ("heat",),
    caution: float = CAUTIONS[0],
    prompt: bool = False,
) -> dict[StartKey, float]:
    """Start counts of a forward pass; tasks of ``roles`` do not start in ``forbidden`` (slots,).

    A heat is begun only if its metal has room when each unit casts ``caution`` lots fewer than it can before the furnaces must be empty;
    with ``prompt``, before it is ready.
    """
    mask = np.zeros(problem.slots, dtype=bool) if forbidden is None else forbidden
    if pours(problem):
        return PourDispatch(problem, mask, roles, caution).run()
    return Dispatch(problem, mask, roles, caution, prompt=prompt).run()


def lateness_lot_slots(problem: Problem, starts: Mapping[StartKey, float]) -> float:
    """Late lots summed over slots, plus a whole horizon for each lot that is not made at all."""
    total = 0.0
    for due in problem.dues:
        done = np.zeros(problem.slots)
        for (name, slot), count in starts.items():
            for change in problem.tasks[name].changes:
                if change.stock == due.done and slot + change.offset < problem.slots:
                    done[slot + change.offset :] += count * change.amount
        total += (
            float(np.maximum(due.cumulative - done, 0.0).sum())
            + max(due.required - float(done[-1]), 0.0) * problem.slots
        )
    return total


def off_peak_dispatch(
    problem: Problem, roles: Collection[str] = ("heat",), caution: float = CAUTIONS[0], *, prompt: bool = False
) -> dict[StartKey, float]:
    """Dispatch that keeps ``roles`` to the cheapest slots for which nothing is later than without: prices are tried from low to high."""
    plain = dispatch(problem, caution=caution, prompt=prompt)
    allowed_lateness = lateness_lot_slots(problem, plain)
    for price in sorted(set(np.round(problem.price_krw_per_kwh, 6)))[:-1]:
        dear = np.round(problem.price_krw_per_kwh, 6) > price
        starts = dispatch(problem, forbidden=dear, roles=roles, caution=caution, prompt=prompt)
        if lateness_lot_slots(problem, starts) <= allowed_lateness + EPSILON:
            return starts
    return plain


def candidates(problem: Problem) -> list[dict[StartKey, float]]:
    """Different starts for a search: as soon as possible, heats no sooner than their metal has room, both off-peak, with lots off-peak."""
    found = [
        dispatch(problem),
        dispatch(problem, prompt=True),
        off_peak_dispatch(problem, ("heat",), CAUTIONS[0]),
        off_peak_dispatch(problem, ("heat",), CAUTIONS[0], prompt=True),
        off_peak_dispatch(problem, ("heat", "lot"), CAUTIONS[1]),
    ]
    return [one for k, one in enumerate(found) if one not in found[:k]]
