"""Forward dispatch where furnaces pour straight into moulds: the line casts what is due first, and furnaces melt whole lots for it.

Slot by slot on the problem's own stocks, so that what it gives is feasible for the formulation by construction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from twin.optimize.formulation.matrix import StartKey
from twin.optimize.problem.network import Flags, Problem, Stock, Task
from twin.optimize.search.projection import EPSILON, Floor


def pours(problem: Problem) -> bool:
    """Whether furnaces hold metal for whole lots: it is poured straight into moulds."""
    return any(stock.lots for stock in problem.stocks.values())


class PourDispatch:
    """One forward pass. ``spare`` lots fewer than the line could still pour are melted for before furnaces must be empty."""

    def __init__(self, problem: Problem, forbidden: Flags, roles: Collection[str], spare: float) -> None:
        self.problem, self.forbidden, self.roles, self.spare = problem, forbidden, frozenset(roles), spare
        self.floor = Floor(problem)
        dues = {due.done: due for due in problem.dues}
        tasks = problem.tasks.values()
        self.due_of = {t.name: dues[c.stock] for t in tasks for c in t.changes if c.stock in dues}
        self.counts = {t.name: sum(c.amount for c in t.changes if c.stock in dues) for t in tasks if t.role == "lot"}
        self.lots = [t for t in tasks if t.role == "lot"]
        self.heats = [t for t in tasks if t.role == "heat"]
        self.loaded = [stock for stock in problem.stocks.values() if stock.lots]
        self.ends = {
            due.done: [*(int(t) for t in np.flatnonzero(np.diff(due.cumulative, prepend=0.0))), problem.slots]
            for due in problem.dues
        }
        self.product_of = {self.due_of[t.name].done: t.product for t in self.lots}
        self.units = {t.changes[0].stock for t in self.lots}
        self.products = list(dict.fromkeys(t.product for t in self.lots))
        self.lot_slots = np.any([t.allowed for t in self.lots], axis=0) if self.lots else np.zeros(problem.slots, bool)

    def run(self) -> dict[StartKey, float]:
        """Start counts of the whole horizon."""
        for slot in range(self.problem.slots):
            self._leave(slot)
            if not ("lot" in self.roles and self.forbidden[slot]):
                self._cast(slot)
            if not ("heat" in self.roles and self.forbidden[slot]):
                self._melt(slot)
            self._switch_off(slot)
        return self.floor.starts

    def _all(self, role: str) -> Iterator[Task]:
        return (task for task in self.problem.tasks.values() if task.role == role)

    def _leave(self, slot: int) -> None:
        """What may not be there any more goes: metal that nobody has poured, heels when people leave, hot linings by their time."""
        for role in ("pig", "cool"):
            for task in self._all(role):
                taken = task.changes[0].stock
                left = self.floor.levels[taken][slot]
                if task.allowed[slot] and left > EPSILON and self.floor.high[taken][slot] < left - EPSILON:
                    self.floor.start(task, slot, left)

    # --- what is to be done

    def _steps(self, slot: int) -> list[tuple[str | None, float]]:
        """(product, released lots still to be begun) in the order of their due dates, of one product in a row as one."""
        found: list[tuple[int, str, str | None, float]] = []
        for due in self.problem.dues:
            released = self.floor.levels.get(f"todo.{due.done.removeprefix('done.')}")
            begun = float(self.floor.levels[due.done][-1])
            most = due.required if released is None else begun + float(released[slot])
            for end in self.ends[due.done]:
                upto = min(most, due.required if end == self.problem.slots else float(due.cumulative[end]))
                if upto > begun + EPSILON:
                    found.append((end, due.done, self.product_of[due.done], upto - begun))
                    begun = upto
        steps: list[tuple[str | None, float]] = []
        for _, _, product, lots in sorted(found, key=lambda one: one[:2]):
            if steps and steps[-1][0] == product:
                steps[-1] = (product, steps[-1][1] + lots)
            else:
                steps.append((product, lots))
        return steps

    # --- lots

    def _missing(self, task: Task) -> float:
        """Lots of a class that are still to be begun."""
        due = self.due_of[task.name]
        return float(due.required - self.floor.levels[due.done][-1])

    def _first_due(self, task: Task) -> int:
        """The slot in which a lot of its class is missing first."""
        due = self.due_of[task.name]
        late = np.flatnonzero(due.cumulative > self.floor.levels[due.done][-1] + EPSILON)
        return int(late[0]) if len(late) else self.problem.slots

    def _cast(self, slot: int) -> None:
        """Lots of the product that is due first; as many at once as there is metal, from the emptiest furnaces."""
        while any(self.floor.levels[name][slot] > EPSILON for name in self.units):
            steps = self._steps(slot)
            able = [
                task
                for task in self.lots
                if steps
                and task.product == steps[0][0]
                and self._missing(task) >= self.counts[task.name] - EPSILON
                and self.floor.fits(task, slot)
            ]
            if not able:
                return
            able.sort(key=lambda task: (self._first_due(task), -self.counts[task.name], self._metal(task), task.name))
            self.floor.start(able[0], slot)

    def _metal(self, task: Task) -> int:
        """Lots that the furnaces which a start takes from hold."""
        return sum(self.problem.stocks[c.stock].lots for c in task.changes if c.amount < 0)

    # --- heats

    def _melt(self, slot: int) -> None:
        """Heats as large as the lots that are due next need, while those can still be poured before the furnaces must be empty."""
        have = dict.fromkeys(self.products, 0.0)
        for stock in self.loaded:
            have[stock.product] += stock.lots * float(self.floor.levels[stock.name][-1])
        for product, lots in self._steps(slot):
            used = min(have[product], lots)
            have[product] -= used
            short = lots - used
            while short > EPSILON:
                heat = self._heat(product, short, slot)
                if heat is None:
                    return
                self.floor.start(heat, slot)
                short -= self._given(heat).lots

    def _given(self, heat: Task) -> Stock:
        return next(
            self.problem.stocks[c.stock] for c in heat.changes if c.amount > 0 and self.problem.stocks[c.stock].lots
        )

    def _heat(self, product: str | None, short: float, slot: int) -> Task | None:
        """The largest heat for lots that are short, else the smallest that there is; of equal ones the cheapest."""
        able = [
            heat
            for heat in self.heats
            if heat.product == product and self.floor.fits(heat, slot) and self._can_be_poured(heat, slot)
        ]
        able.sort(key=lambda heat: (*_off(self._given(heat).lots, short), float(heat.profile_kw.sum())))
        return next(iter(able), None)

    def _can_be_poured(self, heat: Task, slot: int) -> bool:
        """Whether a heat's lots, after those of all other furnaces, are poured before the furnaces must be empty."""
        given = self._given(heat)
        held = sum(stock.lots * float(self.floor.levels[stock.name][-1]) for stock in self.loaded)
        return held + given.lots + self.spare <= self._pourable(slot + heat.slots, given) + EPSILON

    def _pourable(self, ready: int, stock: Stock) -> int:
        """Slots in which lots may begin between a heat's end and when the furnaces must be empty: one lot each."""
        shut = np.flatnonzero(self.floor.high[stock.name][ready:] <= EPSILON)
        close = ready + int(shut[0]) if len(shut) else self.problem.slots
        return int(self.lot_slots[ready:close].sum())

    def _switch_off(self, slot: int) -> None:
        """Furnaces for which no heat can be begun any more before people leave give up their heel."""
        for task in self._all("shutdown"):
            taken = task.changes[0].stock
            if self.problem.stocks[taken].lots or self.floor.levels[taken][slot] <= EPSILON:
                continue
            shut = np.flatnonzero(self.floor.high[taken][slot:] <= EPSILON)
            close = slot + int(shut[0]) if len(shut) else self.problem.slots
            heats = [heat for heat in self.heats if any(c.stock == taken and c.amount < 0 for c in heat.changes)]
            later = [t for heat in heats for t in np.flatnonzero(heat.allowed[slot + 1 : close])]
            if not (later and self._steps(slot)):
                while self.floor.levels[taken][slot] > EPSILON and self.floor.fits(task, slot):
                    self.floor.start(task, slot)


def _off(lots: int, short: float) -> tuple[bool, float]:
    """Order of heats: those for no more lots than are short, the largest first, then the others, the smallest first."""
    return lots > short + EPSILON, float(lots if lots > short + EPSILON else -lots)
