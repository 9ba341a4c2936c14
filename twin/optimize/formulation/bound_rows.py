"""Rows that only the bound's matrix has: how many furnace loads the jobs of a time window need at least.

The relaxation gives each job its share of a load whenever it arrives. But the jobs of families F that are released at or after slot a
and due by slot s, less those still late in slot s, go through loads begun in between: Σ_g c_g·L_g + Σ_(p∈F) late[p,s] ≥ n, L_g the loads
begun on group g from the first slot that such a job can reach to the last from which it is done by s. Divided by k and rounded up
(Chvátal 1973), as all counts are whole: Σ_g ⌈c_g/k⌉·L_g + Σ_(p∈F) late[p,s] ≥ ⌈n/k⌉. The search's matrix does not have them: they would
slow down every window.

Loads are summed over slots once, in a column for each slot, so that rows stay short: interior points fail on long ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.optimize.formulation.shop import begun, done_stock, due_of, load_starts

if TYPE_CHECKING:
    from twin.optimize.formulation.matrix import Floats, Matrix
    from twin.optimize.problem.shop import Family, Shop, Way

LATER = (0, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96)
"""Slots after a due date at which the jobs still late are counted again."""
MOST_MOMENTS = 12
"""Releases, and due dates, between which windows are looked at; of more some are left out, evenly."""
MOST_TOGETHER = 12
MOST_GROUPS = 3
ROUNDING = 1e-9
Tasks = tuple[str, ...]


@dataclass(frozen=True)
class LoadRow:
    """Σ weight·(starts of the tasks in first ≤ t ≤ last) + Σ late[stock, slot] ≥ least."""

    loads: tuple[tuple[Tasks, int, int, int], ...]
    late: tuple[tuple[str, int], ...]
    least: int


class Member:
    """A family at the step at which it takes a recipe's loads: by group the slots of work and the most jobs in a load, and its jobs."""

    def __init__(self, shop: Shop, family: Family, step: int) -> None:
        self.family, self.step, self.ways = family, step, family.operations[step].ways
        self.together = {name: _together(shop, name, way) for name, way in self.ways.items()}
        mine = [job for job in shop.jobs if job.family == family.name]
        self.jobs, self.counted = len(mine), due_of(shop, family) is not None
        self.past = sum(job.step > step for job in mine)
        self.steps = sorted({job.step for job in mine if job.step <= step})
        self.releases = np.array([job.release for job in mine if job.step <= step])
        self.dues = np.array([job.due for job in mine if job.due is not None])

    def asked(self, release: int, end: int | None) -> int:
        """Jobs that take the loads' operation after ``release`` and, but for those late then, are done by ``end`` (None: in the end)."""
        if end is not None and not self.counted:
            return 0
        due = self.jobs if end is None else int((self.dues <= end).sum())
        return due - self.past - int((self.releases < release).sum())


def _together(shop: Shop, name: str, way: Way) -> int:
    if way.room <= 0:
        return MOST_TOGETHER + 1
    return max(1, math.floor(shop.groups[name].room / way.room + ROUNDING))


class Reach:
    """From when, and until when, an operation may be at work; found once."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._starts: dict[tuple[str, int], NDArray[np.int64]] = {}
        self._first: dict[tuple[str, int, int], int] = {}
        self._last: dict[tuple[str, int, int], int] = {}

    def starts(self, name: str, slots: int) -> NDArray[np.int64]:
        """Slots in which a group may begin work of ``slots`` slots."""
        if (name, slots) not in self._starts:
            self._starts[name, slots] = np.flatnonzero(begun(self.shop.groups[name], slots))
        return self._starts[name, slots]

    def first(self, member: Member, release: int) -> int:
        """The first slot in which a job released at ``release`` could reach the loads' operation; the horizon's end where it never does."""
        key = (member.family.name, member.step, release)
        if key not in self._first:
            self._first[key] = min(self._forwards(member, at, release) for at in member.steps)
        return self._first[key]

    def last(self, member: Member, end: int) -> int:
        """The last slot at which the loads' operation may end for its job to be done by ``end``; −1 for never."""
        key = (member.family.name, member.step, end)
        if key not in self._last:
            self._last[key] = self._backwards(member, end)
        return self._last[key]

    def _forwards(self, member: Member, step: int, ready: int) -> int:
        operations = member.family.operations
        for at in range(step, member.step):
            ends = []
            for name, way in operations[at].ways.items():
                starts = self.starts(name, way.slots)
                k = int(np.searchsorted(starts, ready))
                ends += [int(starts[k]) + way.slots] if k < len(starts) else []
            ready = min(ends, default=self.shop.slots) + operations[at + 1].lag_slots
        return min(ready, self.shop.slots)

    def _backwards(self, member: Member, end: int) -> int:
        operations, latest = member.family.operations, end
        for at in range(len(operations) - 1, member.step, -1):
            last = -1
            for name, way in operations[at].ways.items():
                starts = self.starts(name, way.slots)
                k = int(np.searchsorted(starts, latest - way.slots, side="right"))
                last = max(last, int(starts[k - 1]) if k else -1)
            if last < 0:
                return -1
            latest = last - operations[at].lag_slots
        return latest


def members_of(shop: Shop, recipe: str) -> list[Member]:
    """The families that go through loads of a recipe, once for each operation that does."""
    return [
        Member(shop, family, step)
        for family in shop.families.values()
        for step, operation in enumerate(family.operations)
        if operation.recipe == recipe
    ]


def load_rows(shop: Shop) -> list[LoadRow]:
    """The rows of every recipe, set of groups, window and divisor that say more than the relaxation does."""
    rows: dict[LoadRow, None] = {}
    reach = Reach(shop)
    for recipe, starts in load_starts(shop).items():
        members = members_of(shop, recipe)
        together = {name: max([m.together[name] for m in members if name in m.together], default=1) for name in starts}
        for size in range(1, min(len(starts), MOST_GROUPS) + 1):
            for groups in combinations(sorted(starts), size):
                inside = [m for m in members if set(m.ways) <= set(groups)]
                tasks = {name: (starts[name], together[name]) for name in groups}
                rows |= dict.fromkeys(_of_groups(reach, inside, tasks))
    return list(rows)


def thinned(moments: set[int], most: int = MOST_MOMENTS) -> list[int]:
    """At most so many of some moments, the first and the last among them, in order.

    >>> thinned({1, 2, 3, 5, 8, 13}, 3)
    [1, 5, 13]
    """
    ordered = sorted(moments)
    if len(ordered) <= most:
        return ordered
    step = (len(ordered) - 1) / (most - 1)
    return [ordered[math.ceil(k * step - ROUNDING)] for k in range(most)]


def _of_groups(reach: Reach, members: list[Member], tasks: Mapping[str, tuple[Tasks, int]]) -> Iterator[LoadRow]:
    """Every window of release and time."""
    releases = thinned({int(release) for m in members for release in m.releases})
    dues = {due + later for due in thinned({int(due) for m in members for due in m.dues}) for later in LATER}
    for release in releases:
        for end in (None, *sorted(slot for slot in dues if slot < reach.shop.slots)):
            asked = [m for m in members if m.asked(release, end) > 0]
            if asked:
                yield from _of_window(reach, asked, tasks, release, end)


def _of_window(
    reach: Reach, members: list[Member], tasks: Mapping[str, tuple[Tasks, int]], release: int, end: int | None
) -> Iterator[LoadRow]:
    """Every divisor; ``end`` None: the horizon's end, by which everything is done."""
    jobs, by = sum(m.asked(release, end) for m in members), reach.shop.slots if end is None else end
    begin = min(reach.first(m, release) for m in members)
    until: dict[str, int] = {}
    for m in members:
        for name, way in m.ways.items():
            until[name] = max(until.get(name, -1), reach.last(m, by) - way.slots)
    late = () if end is None else tuple((done_stock(name), end) for name in sorted({m.family.name for m in members}))
    for divisor in range(2, min(MOST_TOGETHER, max(tasks[name][1] for name in until)) + 1):
        if jobs % divisor:
            loads = tuple(
                (tasks[name][0], math.ceil(tasks[name][1] / divisor), begin, last)
                for name, last in sorted(until.items())
                if last >= begin
            )
            yield LoadRow(loads, late, math.ceil(jobs / divisor))


class BoundRows:
    """A matrix and the rows that bound it better.

    ``summed`` has columns that sum loads over slots and is short in every row, for the interior points. ``plain`` has the same rows
    written in starts; from its multipliers the bound is told, because a column without a natural end would spoil it. ``plain_duals``
    leaves out what only ``summed`` has.
    """

    def __init__(self, shop: Shop, matrix: Matrix) -> None:
        self.matrix, self.slots = matrix, shop.slots
        self.rows = load_rows(shop)
        self.sums = {tasks: k for k, tasks in enumerate(dict.fromkeys(t for row in self.rows for t, *_ in row.loads))}

    def plain(self) -> Matrix:
        """The matrix with the rows in starts."""
        entries = Entries()
        for row in self.rows:
            for tasks, weight, first, last in row.loads:
                for column in self._starts(tasks, first, last):
                    entries.add(column, float(weight))
            self._late(entries, row)
            entries.end(float(row.least), np.inf)
        return entries.below(self.matrix, 0)

    def summed(self) -> Matrix:
        """The matrix with columns (tasks, slot) that hold the loads begun up to a slot: sum[t] − sum[t−1] − Σ starts[t] = 0."""
        entries = Entries()
        for tasks, number in self.sums.items():
            for t in range(self.slots):
                entries.add(self._sum(number, t), 1.0)
                if t:
                    entries.add(self._sum(number, t - 1), -1.0)
                for column in self._starts(tasks, t, t):
                    entries.add(column, -1.0)
                entries.end(0.0, 0.0)
        for row in self.rows:
            for tasks, weight, first, last in row.loads:
                number = self.sums[tasks]
                entries.add(self._sum(number, min(last, self.slots - 1)), float(weight))
                if first > 0:
                    entries.add(self._sum(number, first - 1), -float(weight))
            self._late(entries, row)
            entries.end(float(row.least), np.inf)
        return entries.below(self.matrix, len(self.sums) * self.slots)

    def plain_duals(self, duals: Floats) -> Floats:
        """Multipliers of ``plain`` from those of ``summed``."""
        known = self.matrix.shape[0]
        return np.concatenate([duals[:known], duals[known + len(self.sums) * self.slots :]])

    def _sum(self, number: int, slot: int) -> int:
        return self.matrix.shape[1] + number * self.slots + slot

    def _starts(self, tasks: Tasks, first: int, last: int) -> list[int]:
        found = self.matrix.start_column
        return [found[task, t] for task in tasks for t in range(first, last + 1) if (task, t) in found]

    def _late(self, entries: Entries, row: LoadRow) -> None:
        for late in row.late:
            entries.add(self.matrix.column["late", late], 1.0)


class Entries:
    """Rows under way."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.column: list[int] = []
        self.value: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, column: int, value: float) -> None:
        """A coefficient of the row under way."""
        self.row.append(len(self.low))
        self.column.append(column)
        self.value.append(value)

    def end(self, low: float, high: float) -> None:
        """The row's ends."""
        self.low.append(low)
        self.high.append(high)

    def below(self, matrix: Matrix, columns: int) -> Matrix:
        """``matrix`` with the rows below its own and so many ``columns``, from 0 up and free of cost, behind its own."""
        import scipy.sparse

        width = matrix.shape[1] + columns
        at = np.array(self.row, dtype=np.int64), np.array(self.column, dtype=np.int64)
        more = scipy.sparse.coo_matrix((np.array(self.value), at), shape=(len(self.low), width)).tocsr()
        above = scipy.sparse.csr_matrix((matrix.values, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))
        whole = scipy.sparse.vstack([above, more], format="csr")
        return replace(
            matrix,
            indptr=whole.indptr.astype(np.int32),
            indices=whole.indices.astype(np.int32),
            values=whole.data,
            row_low=np.concatenate([matrix.row_low, self.low]),
            row_high=np.concatenate([matrix.row_high, self.high]),
            col_low=np.concatenate([matrix.col_low, np.zeros(columns)]),
            col_high=np.concatenate([matrix.col_high, np.full(columns, np.inf)]),
            cost=np.concatenate([matrix.cost, np.zeros(columns)]),
            integer=np.concatenate([matrix.integer, np.zeros(columns, dtype=np.bool_)]),
            slot=np.concatenate([matrix.slot, np.full(columns, -1, dtype=np.int64)]),
        )
