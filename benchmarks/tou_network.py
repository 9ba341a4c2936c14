"""The flow network of equal machines: per energy rate a path over the slots whose arcs are jobs or waiting, and one row a job length.

x[i,r,t] ∈ ℕ jobs of length i started in slot t on machines of rate r, w[r,t] machines of rate r that wait in slot t:

    min  Σ rate[r]·(price[t] + … + price[t+i−1])·x[i,r,t]
    w[r,t] + Σ_i x[i,r,t] = w[r,t−1] + Σ_i x[i,r,t−i]   (machines[r] at t = 0)
    Σ_(r,t) x[i,r,t] = jobs[i]

Three coefficients a column: the same relaxation as that with a capacity row over each window of slots, in a form that the dual simplex
method restarts from within milliseconds when the horizon is cut by a slot.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.tou_data import Instance, Ints, Start
from twin.optimize.formulation.matrix import Floats, Matrix, highs_of

if TYPE_CHECKING:
    import highspy

KEPT_COST = 6.0
"""columns whose reduced cost exceeds this are dropped from what is kept of a relaxation"""
WHOLE = 1e-6
MANY_COLUMNS = 5000
"""networks with more columns than this are priced in part"""
CHEAP_SHARE = 0.3
SHRUNK = 0.6
"""share of a network's slots below which it is made anew"""
JOIN_COST = 2.0
PRICED = 1e-7


@dataclass(frozen=True)
class Network:
    """Classes and columns; ``length`` is zero for an arc of waiting, ``rate`` the class of the machine."""

    instance: Instance
    lengths: Ints
    rates: Ints
    machines: Ints
    rate: Ints
    length: Ints
    start: Ints
    matrix: Matrix

    @property
    def ends(self) -> Ints:
        """Slot at which each column's job is done (columns,); 0 for waiting, which no horizon forbids."""
        return np.where(self.length > 0, self.start + self.length, 0)


@dataclass(frozen=True)
class Relaxed:
    """The linear relaxation of a ``network`` within ``horizon``: its value, the worth of a job of each length, and the columns that a
    schedule of a cost up to ``value + KEPT_COST`` may use, with their reduced costs and values in the relaxation's solution.
    """

    network: Network
    horizon: int
    value: float
    worth: dict[int, float]
    columns: NDArray[np.int64]
    reduced: Floats
    values: Floats

    @property
    def is_whole(self) -> bool:
        """Whether its solution is in whole numbers, hence a schedule."""
        return bool(np.max(np.abs(self.values - np.rint(self.values))) < WHOLE)


def network_of(instance: Instance) -> Network:
    """The network of an instance over its whole horizon."""
    slots = instance.slots
    lengths, jobs = np.unique(instance.lengths, return_counts=True)
    rates, machines = np.unique(instance.rates, return_counts=True)
    energy = np.concatenate([[0], np.cumsum(instance.prices)])
    blocks = [
        (r, int(length), np.arange(slots - max(length, 1) + 1)) for r in range(len(rates)) for length in (0, *lengths)
    ]
    rate = np.concatenate([np.full(len(at), r) for r, _, at in blocks])
    length = np.concatenate([np.full(len(at), i) for _, i, at in blocks])
    start = np.concatenate([at for _, _, at in blocks])
    cost = rates[rate] * (energy[start + length] - energy[start])
    rows = _rows(rate, length, start, lengths, slots, len(rates))
    right = np.concatenate([np.where(np.arange(slots) == 0, count, 0) for count in machines] + [jobs]).astype(float)
    matrix = _matrix(rows, right, cost.astype(float), machines[rate].astype(float))
    return Network(instance, lengths, rates, machines, rate, length, start, matrix)


def _rows(rate: Ints, length: Ints, start: Ints, lengths: Ints, slots: int, rates: int) -> Any:
    """The coefficients: leaving a slot, reaching one, doing a job."""
    import scipy.sparse

    columns = np.arange(len(rate))
    reached = start + np.maximum(length, 1)
    inside, jobs = reached < slots, length > 0
    row = np.concatenate(
        [rate * slots + start, (rate * slots + reached)[inside], rates * slots + np.searchsorted(lengths, length[jobs])]
    )
    column = np.concatenate([columns, columns[inside], columns[jobs]])
    value = np.concatenate([np.ones(len(columns)), -np.ones(int(inside.sum())), np.ones(int(jobs.sum()))])
    return scipy.sparse.csr_matrix((value, (row, column)), shape=(rates * slots + len(lengths), len(columns)))


def _matrix(rows: Any, right: Floats, cost: Floats, high: Floats) -> Matrix:
    return Matrix(
        indptr=rows.indptr.astype(np.int32),
        indices=rows.indices.astype(np.int32),
        values=rows.data,
        row_low=right,
        row_high=right,
        col_low=np.zeros(len(cost)),
        col_high=high,
        cost=cost,
        offset=0.0,
        integer=np.ones(len(cost), dtype=bool),
        start_column={},
        column={},
        slot=np.zeros(len(cost), dtype=np.int64),
        load_row=np.zeros(0, dtype=np.int64),
    )


def part_of(network: Network, columns: NDArray[np.int64], others: NDArray[np.int64], fixed: Floats) -> Matrix:
    """The problem of some ``columns`` beside the ``others``, which are ``fixed`` (others,)."""
    whole = network.matrix
    point = np.zeros(len(whole.cost))
    point[others] = fixed
    rows = whole.by_column[:, columns].tocsr()
    part = _matrix(rows, whole.row_low - whole.product(point), whole.cost[columns], whole.col_high[columns])
    return replace(part, offset=float(whole.cost @ point))


class Chain:
    """The relaxation within one horizon after another, each restarted from the one before; horizons only get shorter.

    Of a large network the solver holds only the columns that have been cheap so far: the others are priced after each solution, and
    join where one would pay. When horizons have become much shorter than the network, it is made anew for them.
    """

    def __init__(self, network: Network) -> None:
        self._begin(network)

    def _begin(self, network: Network) -> None:
        self._network = network
        self._ends = network.ends
        self._held = np.arange(len(network.length))
        self._solver: highspy.Highs = highs_of(network.matrix, relaxed=True)

    def within(self, horizon: int, seconds: float) -> Relaxed | None:
        """The relaxation within ``horizon`` slots; None where it has no solution. Raises TimeoutError after ``seconds``."""
        deadline, instance = time.monotonic() + seconds, self._network.instance
        if horizon < SHRUNK * instance.slots and len(self._ends) > MANY_COLUMNS:
            self._begin(network_of(replace(instance, prices=instance.prices[:horizon])))
        while True:
            feasible = self._solve(horizon, deadline)
            reduced = self._reduced()
            outside = self._ends <= horizon
            outside[self._held] = False
            joining = np.flatnonzero(outside & (reduced < JOIN_COST if feasible else outside))
            if feasible and not np.any(reduced[joining] < -PRICED):
                break
            if not len(joining):
                return None
            self._hold(joining)
        relaxed = self._kept(horizon, reduced)
        if len(self._held) == len(self._ends) > MANY_COLUMNS:
            self._drop(reduced)
        return relaxed

    def _solve(self, horizon: int, deadline: float) -> bool:
        """Whether the columns held have a solution within the horizon."""
        late = np.flatnonzero(self._ends[self._held] > horizon).astype(np.int32)
        none = np.zeros(len(late))
        self._solver.changeColsBounds(len(late), late, none, none)
        left_s = max(0.05, deadline - time.monotonic())
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + left_s)
        self._solver.run()
        status = str(self._solver.getModelStatus())
        if "Optimal" not in status and "Infeasible" not in status:
            raise TimeoutError(status)
        return "Optimal" in status

    def _reduced(self) -> Floats:
        """Reduced cost of every column, held or not."""
        matrix = self._network.matrix
        return np.asarray(matrix.cost - matrix.transposed_product(np.asarray(self._solver.getSolution().row_dual)))

    def _hold(self, columns: NDArray[np.int64]) -> None:
        """The solver holds these too."""
        matrix = self._network.matrix
        part = matrix.by_column[:, columns]
        self._solver.addCols(
            len(columns),
            matrix.cost[columns],
            np.zeros(len(columns)),
            matrix.col_high[columns],
            part.nnz,
            part.indptr[:-1].astype(np.int32),
            part.indices.astype(np.int32),
            part.data,
        )
        self._held = np.concatenate([self._held, columns])

    def _drop(self, reduced: Floats) -> None:
        """Keep the cheap columns, and all of waiting; the solver takes up where it is."""
        dear = np.flatnonzero((reduced > np.quantile(reduced, CHEAP_SHARE)) & (self._network.length > 0))
        self._solver.deleteCols(len(dear), dear.astype(np.int32))
        self._held = np.delete(self._held, dear)

    def _kept(self, horizon: int, reduced: Floats) -> Relaxed:
        values = np.zeros(len(self._ends))
        values[self._held] = np.asarray(self._solver.getSolution().col_value)
        columns = np.flatnonzero((reduced <= KEPT_COST) & (self._ends <= horizon))
        duals = np.asarray(self._solver.getSolution().row_dual)[-len(self._network.lengths) :]
        worth = dict(zip(self._network.lengths.tolist(), duals.tolist(), strict=True))
        value = float(self._solver.getInfo().objective_function_value)
        return Relaxed(self._network, horizon, value, worth, columns, reduced[columns], values[columns])


def starts_of(network: Network, columns: NDArray[np.int64], counts: Floats) -> list[Start]:
    """Counts of columns as jobs on machines: by start, each to the machine of its rate that has been free for longest."""
    waiting = {int(i): np.flatnonzero(network.instance.lengths == i).tolist() for i in network.lengths}
    free = [
        [(0, machine) for machine in np.flatnonzero(network.instance.rates == rate).tolist()] for rate in network.rates
    ]
    used = np.flatnonzero((counts > 0) & (network.length[columns] > 0))
    starts, rates, lengths = (kind[columns[used]].tolist() for kind in (network.start, network.rate, network.length))
    found = []
    for start, rate, length, count in sorted(zip(starts, rates, lengths, counts[used].tolist(), strict=True)):
        for _ in range(round(count)):
            _, machine = heapq.heappop(free[rate])
            heapq.heappush(free[rate], (start + length, machine))
            found.append(Start(waiting[length].pop(), machine, start))
    return found
