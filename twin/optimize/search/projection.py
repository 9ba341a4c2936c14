"""What stocks, capacities and power will be if nothing more is started, and whether one more start fits: the ground of the dispatches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.optimize.formulation.matrix import StartKey
from twin.optimize.problem.network import Coupling, Floats, Problem, Stock, Task

EPSILON = 1e-6
BIG = 1e12
Steps = tuple[tuple[int, int, float], ...]


def is_metal(stock: str) -> bool:
    """Whether a stock is liquid metal in kg, by its name (:mod:`twin.optimize.derive.foundry` gives the names)."""
    return stock.startswith("metal")


class Floor:
    """What stocks, capacities and power will be from each slot on if nothing more is started."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.starts: dict[StartKey, float] = {}
        self.levels: dict[str, Floats] = {
            name: projected(stock, problem.slots) for name, stock in problem.stocks.items()
        }
        self.pieces = {name: steps_of(task, problem.slots) for name, task in problem.tasks.items()}
        self.people: dict[str, Floats] = {
            name: capacity.available.copy() for name, capacity in problem.capacities.items()
        }
        self.high = {s.name: np.array([s.high_at(t) for t in range(problem.slots)]) for s in problem.stocks.values()}
        self.hold_kw = {
            s.name: np.array([s.hold_kw_at(t) for t in range(problem.slots)])
            for s in problem.stocks.values()
            if s.hold_kw
        }
        self.couplings = {name: [c for c in problem.couplings if name in (c.stock, c.per)] for name in problem.stocks}
        held = sum((power * self.levels[name] for name, power in self.hold_kw.items()), start=np.zeros(problem.slots))
        self.load_kw: Floats = problem.base_kw + held
        self.room_kw: Floats = np.full(problem.slots, BIG)
        if problem.cap_kw is not None:
            self.room_kw = np.minimum(problem.cap_kw, BIG) + (0.0 if problem.pv_kw is None else problem.pv_kw)

    def fits(self, task: Task, slot: int) -> bool:
        """Whether one more start keeps every stock, capacity and the power cap within its bounds from now on."""
        if not task.allowed[slot] or slot + task.slots > self.problem.slots:
            return False
        pieces = self.pieces[task.name]
        for name, steps in pieces.items():
            if not all(self._holds(name, slot + first, slot + last, amount) for first, last, amount in steps):
                return False
            for pair in self.couplings[name]:
                if not self._coupled(pair, pieces, slot):
                    return False
        if any(
            self.people[name][slot : slot + task.slots].min(initial=BIG) < amount - EPSILON
            for name, amount in task.uses.items()
        ):
            return False
        if self.problem.cap_kw is None:
            return True
        power = self._power(task, slot)
        return bool(np.all(self.load_kw + power <= self.room_kw + EPSILON)) or not power.any()

    def _holds(self, name: str, first: int, last: int, amount: float) -> bool:
        """Whether a stock may change by ``amount`` from slot ``first`` to before ``last``. What is there later will be drawn from again, so
        only the slot where it comes is held against a ceiling.
        """
        level = self.levels[name][first:last]
        if not len(level) or not amount:
            return True
        if amount < 0.0:
            return bool(level.min() + amount >= self.problem.stocks[name].low - EPSILON)
        return bool(
            level[0] + amount <= self.high[name][first] + EPSILON
            and level.max() + amount <= self.problem.stocks[name].high + EPSILON
        )

    def _coupled(self, pair: Coupling, pieces: Mapping[str, Steps], slot: int) -> bool:
        held, per = self.levels[pair.stock][slot:].copy(), self.levels[pair.per][slot:].copy()
        for name, series in ((pair.stock, held), (pair.per, per)):
            for first, last, amount in pieces.get(name, ()):
                series[first:last] += amount
        return bool(np.all(held <= pair.factor * per + EPSILON))

    def start(self, task: Task, slot: int, count: float = 1.0) -> None:
        """Commit one start, or as many (and parts of one) as ``count`` says."""
        if self.problem.cap_kw is not None:
            self.load_kw = self.load_kw + count * self._power(task, slot)
        for name, steps in self.pieces[task.name].items():
            for first, last, amount in steps:
                self.levels[name][slot + first : slot + last] += count * amount
        for name, amount in task.uses.items():
            self.people[name][slot : slot + task.slots] -= count * amount
        self.starts[task.name, slot] = self.starts.get((task.name, slot), 0) + count

    def _power(self, task: Task, slot: int) -> Floats:
        power = np.zeros(self.problem.slots)
        inside = task.profile_kw[: self.problem.slots - slot]
        power[slot : slot + len(inside)] += inside
        for name, steps in self.pieces[task.name].items():
            for first, last, amount in steps if name in self.hold_kw else ():
                power[slot + first : slot + last] += self.hold_kw[name][slot + first : slot + last] * amount
        return power


def steps_of(task: Task, slots: int) -> dict[str, Steps]:
    """stock → (first offset, offset after the last, amount by which its level differs there), what nets to nothing left out."""
    found: dict[str, Steps] = {}
    for stock in {change.stock for change in task.changes}:
        mine = sorted((c.offset, c.amount) for c in task.changes if c.stock == stock)
        total, steps = 0.0, []
        for k, (offset, amount) in enumerate(mine):
            total += amount
            last = mine[k + 1][0] if k + 1 < len(mine) else slots
            if last > offset and abs(total) > EPSILON:
                steps.append((offset, last, total))
        found[stock] = tuple(steps)
    return found


def projected(stock: Stock, slots: int) -> Floats:
    """Level of a stock in each slot (slots,) with its arrivals and nothing else."""
    arrived = np.zeros(slots) if stock.arrivals is None else np.cumsum(stock.arrivals)
    return np.asarray(stock.initial + arrived, dtype=float)
