"""Schedules of a shop by insertion: a dispatch that starts as soon as possible, and an adaptive large-neighbourhood search from there.

The search takes a few jobs out and puts them back where they cost least (:mod:`twin.optimize.insertion.route`), accepts worse schedules
with falling temperature (simulated annealing), and draws its moves by how well they did (Ropke & Pisinger 2006). It needs numpy alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from twin.core.progress import Progress, silent
from twin.optimize.insertion.facts import Facts
from twin.optimize.insertion.moves import Moves
from twin.optimize.insertion.route import Manner, Route
from twin.optimize.insertion.schedule import Schedule
from twin.optimize.problem.shop import Placed, Shop

ITERATIONS = 2_000
HOT = 0.001
"""First temperature, of the start's cost."""
GUIDED, SLACK = 200, 0.004
"""Horizons so short that the battery's price leads the search; what the quick price must not exceed to be asked for it."""
CYCLES = 4
"""Times that a short horizon is heated."""
NEAR, LOOKS = 0.01, 10
"""Only what costs so little more than the lowest, and one move in slots / LOOKS, is priced with the battery."""
TOLD_EVERY = 100


def estimate_krw(shop: Shop, placed: tuple[Placed, ...]) -> float:
    """The search's own price of placements: states as cheap as they can be at plain prices, PV used, caps as penalties.

    Of a battery what it can do in steps of its charge: the completed schedule costs a little less. A job that is not placed is counted
    with more than any job can cost.
    """
    return Schedule.of(Facts(shop), placed).stored_krw()


def dispatch_shop(shop: Shop) -> tuple[Placed, ...]:
    """Every job as soon as possible, earliest due date first; a job joins a load of its recipe where there is one in time.

    A job that fits nowhere in the horizon is left out.
    """
    facts = Facts(shop)
    tried = (_dispatched(facts, Manner(prompt=True, patience=patience)) for patience in (0.0, 4.0, 24.0))
    best = next(tried)
    for other in tried:
        if len(other.missing()) < len(best.missing()) or (not best.missing() and other.cost_krw() < best.cost_krw()):
            best = other
    return best.placed()


def _dispatched(facts: Facts, manner: Manner) -> Schedule:
    schedule = Schedule(facts)
    for job in sorted(range(len(facts.jobs)), key=lambda j: (facts.jobs[j].due, facts.jobs[j].release, j)):
        found = Route(schedule, manner).best(job)
        if found is not None:
            schedule.place(job, found[1])
    return schedule


def insert(
    shop: Shop,
    start: tuple[Placed, ...],
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 1,
    heat: float = 1.0,
    progress: Progress = silent,
    stop: Callable[[], bool] | None = None,
) -> tuple[Placed, ...]:
    """The best schedule found from ``start`` within ``seconds`` or ``iterations`` (2,000 if neither), or until ``stop()`` is true.

    Never worse than ``start`` in :func:`estimate_krw`; the same for the same iterations and seed where seconds do not end it. A start
    that lacks jobs is filled up where it can be. ``heat`` scales the first temperature: 0 accepts nothing worse, to go on from a good
    start.
    """
    facts = Facts(shop)
    search = Search(facts, Schedule.of(facts, start), seed, heat)
    most = ITERATIONS if seconds is None and iterations is None else iterations
    search.run(seconds, most, progress, stop)
    return search.best.placed() if search.improved else start


def with_peaks_paid(shop: Shop, placed: tuple[Placed, ...], raised: float) -> Shop:
    """The shop in which every month's peak is paid for up to a share ``raised`` above that of ``placed``."""
    schedule = Schedule.of(Facts(shop), placed)
    schedule.cost_krw()
    months = [
        replace(month, floor_kw=max(month.floor_kw, (1.0 + raised) * peak_kw))
        for month, peak_kw in zip(shop.months, schedule.peaks_kw, strict=True)
    ]
    return replace(shop, months=tuple(months))


class Search:
    """Simulated annealing over moves: ``now`` by the quick price, the ``lowest`` of it, and the ``best`` with what a battery can do."""

    def __init__(self, facts: Facts, start: Schedule, seed: int, heat: float = 1.0) -> None:
        self.facts, self.rng = facts, np.random.default_rng(seed)
        self.now = self.lowest = self.best = start
        self.guided = facts.shop.battery is not None and facts.slots <= GUIDED
        self.quick_krw = start.cost_krw()
        self.best_krw = start.stored_krw()
        self.now_krw = self.lowest_krw = self.best_krw if self.guided else self.quick_krw
        self.improved = False
        self.moves = Moves(facts, self.rng)
        self.done = self.looked = 0
        self.cycles = CYCLES if self.guided else 1
        self.every = 1 if facts.shop.battery is None else max(1, facts.slots // LOOKS)
        self.hot_krw = heat * HOT * abs(self.now_krw - facts.missing_krw * len(start.missing()))

    def run(
        self, seconds: float | None, iterations: int | None, progress: Progress, stop: Callable[[], bool] | None
    ) -> None:
        """Iterate until time, iterations or the caller end it."""
        began = time.perf_counter()
        while True:
            share = self._spent(time.perf_counter() - began, seconds, iterations)
            if share >= 1.0 or (stop is not None and stop()):
                break
            self.step(self.hot_krw * (1.0 - (share * self.cycles) % 1.0) ** 2)
            if self.done % TOLD_EVERY == 0:
                progress(self.done, iterations or 0, f"{self.best_krw:,.0f} KRW")
        if self.lowest is not self.best:
            self.look(self.lowest)

    def _spent(self, elapsed_s: float, seconds: float | None, iterations: int | None) -> float:
        spent = 0.0 if seconds is None else elapsed_s / max(seconds, 1e-9)
        if iterations is not None:
            spent = max(spent, self.done / iterations) if iterations > 0 else 1.0
        return spent

    def look(self, schedule: Schedule) -> None:
        """Whether a schedule is the best so far, by the price that counts."""
        self.looked = self.done
        krw = schedule.stored_krw()
        if krw < self.best_krw - 1e-6:
            self.best, self.best_krw, self.improved = schedule, krw, True

    def step(self, hot_krw: float) -> None:
        """One move, accepted or not."""
        self.done += 1
        trial = self.now.copy()
        move = self.moves.draw()
        if not self.moves.make(move, trial, self.now):
            self.moves.learn(move, 0.0)
            return
        quick_krw = krw = trial.cost_krw()
        if self.guided:
            near = quick_krw - self.quick_krw < 5.0 * hot_krw + SLACK * abs(self.quick_krw)
            krw = trial.stored_krw() if near else np.inf
        gain = self.now_krw - krw
        accepted = gain >= 0.0 or self.rng.random() < np.exp(gain / max(hot_krw, 1e-9))
        score = 3.0 if gain > 1e-6 else 0.5
        if krw < self.lowest_krw - 1e-6:
            self.lowest, self.lowest_krw, score = trial, krw, 10.0
        if accepted:
            self.now, self.now_krw, self.quick_krw = trial, krw, quick_krw
            if self.done - self.looked >= self.every and krw < self.lowest_krw + NEAR * abs(self.lowest_krw):
                self.look(trial)
        self.moves.learn(move, score if accepted else 0.0)
