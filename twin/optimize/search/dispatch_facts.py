"""What a forward dispatch asks of a problem again and again, looked up once: tasks by role, dues, metal of lots, ladles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.optimize.problem.network import Due, Problem, Task
from twin.optimize.search.projection import EPSILON, is_metal

Group = tuple[str, str | None]


@dataclass(frozen=True)
class Facts:
    """``due_of``: task → what its lots are due as; ``dues_of``: (group, product, or None for all) → dues.

    ``changing``: lots that begin with a change of product. ``lot_kg``: metal of one lot of each due; ``metal``: metal stocks with what must
    stay in them, kg; ``kept_kg`` must be left at the end. ``larger_ladle``: tap → its furnace's stock and the smallest ladle above its own,
    kg. ``feeds``: metal stocks that ladles fill; ``fed``: feed → largest ladle, and the lots that draw from it with their metal, kg.
    """

    by_role: Mapping[str, tuple[Task, ...]]
    due_of: Mapping[str, Due]
    dues_of: Mapping[Group, tuple[Due, ...]]
    changing: frozenset[str]
    lot_kg: tuple[tuple[Due, float], ...]
    metal: tuple[tuple[str, float], ...]
    kept_kg: float
    larger_ladle: Mapping[str, tuple[str, float | None]]
    feeds: tuple[str, ...]
    fed: Mapping[str, tuple[float, tuple[tuple[Task, float], ...]]]
    groups: tuple[str, ...]

    @staticmethod
    def of(problem: Problem) -> Facts:
        """The facts of a problem."""
        roles = dict.fromkeys(task.role for task in problem.tasks.values())
        by_role: dict[str, tuple[Task, ...]] = {
            role: tuple(task for task in problem.tasks.values() if task.role == role) for role in roles
        }
        dues = {due.done: due for due in problem.dues}
        due_of = {t.name: dues[c.stock] for t in problem.tasks.values() for c in t.changes if c.stock in dues}
        lots, taps = by_role.get("lot", ()), by_role.get("tap", ())
        feeds = tuple(dict.fromkeys(c.stock for t in taps for c in t.changes if c.amount > 0 and is_metal(c.stock)))
        closings = (one for one in problem.closings if all(is_metal(name) for name in one.stocks))
        return Facts(
            by_role,
            due_of,
            _dues_of(lots, due_of),
            frozenset(task.name for task in lots if _changes_over(task)),
            tuple(_lot_kg(lots, due_of).values()),
            tuple((stock.name, stock.low) for stock in problem.stocks.values() if is_metal(stock.name)),
            sum(closing.least for closing in closings),
            {tap.name: _larger_ladle(tap, taps) for tap in taps if not tap.continuous},
            feeds,
            {feed: (_largest_ladle(feed, taps), _drawing(feed, lots)) for feed in feeds},
            tuple(dict.fromkeys(task.group for task in lots)),
        )


def _dues_of(lots: tuple[Task, ...], due_of: Mapping[str, Due]) -> dict[Group, tuple[Due, ...]]:
    found: dict[Group, dict[str, Due]] = {}
    for task in lots:
        if task.name in due_of:
            due = due_of[task.name]
            for key in ((task.group, None), (task.group, task.product)):
                found.setdefault(key, {})[due.done] = due
    return {key: tuple(dues.values()) for key, dues in found.items()}


def _changes_over(lot: Task) -> bool:
    """Whether a lot begins with a change of product: the unit comes back in another condition than it went."""
    taken = {c.stock for c in lot.changes if c.amount < 0}
    returned = any(c.stock in taken for c in lot.changes if c.amount > 0)
    return not returned and lot.slots > 0 and any(c.amount == 1.0 and c.offset == lot.slots for c in lot.changes)


def _lot_kg(lots: tuple[Task, ...], due_of: Mapping[str, Due]) -> dict[str, tuple[Due, float]]:
    """Metal that one lot of each due takes; a start of several lots takes as many times that."""
    found: dict[str, tuple[Due, float]] = {}
    for task in lots:
        if task.name in due_of:
            due = due_of[task.name]
            made = sum(change.amount for change in task.changes if change.stock == due.done)
            found[due.done] = (due, sum(_metal_kg(task)) / made)
    return found


def _metal_kg(task: Task) -> list[float]:
    return [-change.amount for change in task.changes if change.amount < 0 and is_metal(change.stock)]


def _larger_ladle(tap: Task, taps: tuple[Task, ...]) -> tuple[str, float | None]:
    source = next(change for change in tap.changes if change.amount < 0)
    larger = [
        -c.amount
        for other in taps
        if not other.continuous
        for c in other.changes
        if c.stock == source.stock and c.amount < source.amount - EPSILON
    ]
    return source.stock, min(larger, default=None)


def _largest_ladle(feed: str, taps: tuple[Task, ...]) -> float:
    return max((c.amount for tap in taps for c in tap.changes if c.stock == feed), default=0.0)


def _drawing(feed: str, lots: tuple[Task, ...]) -> tuple[tuple[Task, float], ...]:
    return tuple((task, -change.amount) for task in lots for change in task.changes if change.stock == feed)
