"""Orders → jobs with release and due in seconds. An order of Q good pieces casts ceil(Q / (1 - scrap)) pieces, in lots.

Periods are civil: a week begins on Monday, 00:00; ``once`` is the run. A day or week in which no shift starts brings no order. Job keys
``order/period/lot`` depend on the calendar only, not on the run, so addressed draws stay the same. An order that comes ``every`` so many
seconds comes day and night; where that time is random, arrival ``n`` counts from the beginning of the warm-up, and its period is ``n``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from twin.scenario.calendar import DAYS, HasSpec, at_clock, day_kind, local_datetime, seconds
from twin.scenario.distributions import mean_s

if TYPE_CHECKING:
    from twin.scenario.schema import Due, Duration, Order, Product

Gaps = Callable[[str, "Duration"], Callable[[int], float]]
"""order and its ``every`` → function from serial number to the seconds that pass before that arrival"""

WEEK = dt.timedelta(days=7)


class HasOrders(HasSpec, Protocol):
    """A scenario with its tables."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """Rows of tables by dotted path."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A lot of one order. ``pieces`` are cast; times are seconds since t = 0."""

    job: str
    order: str
    product: str
    pieces: int
    release_s: float
    due_s: float
    priority: int = 0


def pieces_to_cast(quantity: int, scrap_fraction: float) -> int:
    """ceil(quantity / (1 - scrap)), proof against the last bit (2,000 at 4 % are 2,084, 96 at 4 % are 100)."""
    exact = quantity / (1.0 - scrap_fraction)
    nearest = round(exact)
    return nearest if math.isclose(exact, nearest, rel_tol=1e-12) else math.ceil(exact)


def lots(order: str, period: str, pieces: int, lot: int) -> list[tuple[str, int]]:
    """Job keys and pieces; the last lot may be smaller."""
    count = math.ceil(pieces / lot)
    return [(f"{order}/{period}/{k}", min(lot, pieces - k * lot)) for k in range(count)]


def jobs(scenario: HasOrders, t_from_s: float, t_to_s: float, gaps: Gaps | None = None) -> list[JobSpec]:
    """All jobs released within [t_from, t_to), by release, due, order and lot.

    ``gaps`` draws the times between arrivals of orders that come at random; without it they come at their mean distance.
    """
    found: list[tuple[float, float, str, int, JobSpec]] = []
    for name, quantity, product_name, period, release, due, priority in _calls(scenario, t_from_s, t_to_s, gaps):
        if not t_from_s <= release < t_to_s:
            continue
        product: Product = scenario.spec.products[product_name]
        cast = pieces_to_cast(quantity, product.scrap_fraction)
        for k, (key, pieces) in enumerate(lots(name, period, cast, product.lot)):
            found.append((release, due, name, k, JobSpec(key, name, product_name, pieces, release, due, priority)))
    found.sort(key=lambda entry: entry[:4])
    return [job for *_, job in found]


_Call = tuple[str, int, str, str, float, float, int]


def at_random(order: Order) -> bool:
    """Whether the number of arrivals is a matter of chance."""
    return not isinstance(order.every, str) and order.every.constant_s is None


def _arrivals(
    name: str, every: Duration, t_from_s: float, t_to_s: float, gaps: Gaps | None
) -> Iterator[tuple[str, float]]:
    """Period key and time of each arrival within [t_from, t_to). At a constant distance arrival ``n`` comes at ``n`` times it."""
    if gaps is None or every.constant_s is not None:
        gap_s = mean_s(every)
        serial = math.ceil(t_from_s / gap_s)
        while serial * gap_s < t_to_s:
            yield str(serial), serial * gap_s
            serial += 1
        return
    gap, time_s, serial = gaps(name, every), t_from_s, 0
    while (time_s := time_s + gap(serial)) < t_to_s:
        yield str(serial), time_s
        serial += 1


def _calls(scenario: HasOrders, t_from_s: float, t_to_s: float, gaps: Gaps | None = None) -> Iterator[_Call]:
    orders = scenario.spec.orders
    if not isinstance(orders, dict):
        yield from _from_table(scenario, scenario.tables["orders"])
        return
    for name, order in orders.items():
        if not isinstance(order.every, str):
            end_s = scenario.spec.run.duration_s
            for serial, release in _arrivals(name, order.every, t_from_s, t_to_s, gaps):
                yield name, order.quantity, order.product, serial, release, end_s, order.priority
            continue
        for period, first, last in _periods(scenario, order.every, t_from_s, t_to_s):
            release = _moment(scenario, order.release, first, last, default=first)
            due = _moment(scenario, order.due, first, last, default=last)
            yield name, order.quantity, order.product, period, release, due, order.priority


def _from_table(scenario: HasOrders, rows: Sequence[Mapping[str, Any]]) -> Iterator[_Call]:
    end_s = scenario.spec.run.duration_s
    for row in rows:
        release = seconds(scenario, dt.datetime.fromisoformat(row["release"])) if row.get("release") else 0.0
        due = seconds(scenario, dt.datetime.fromisoformat(row["due"])) if row.get("due") else end_s
        yield row["order"], int(row["quantity"]), row["product"], "once", release, due, int(row.get("priority") or 0)


def _periods(scenario: HasSpec, every: str, t_from_s: float, t_to_s: float) -> Iterator[tuple[str, dt.date, dt.date]]:
    """Key, first day and day after the last of each period that may release within [t_from, t_to)."""
    if every == "once":
        first = scenario.spec.run.start
        yield "once", first, local_datetime(scenario, scenario.spec.run.duration_s).date()
        return
    day, stop = local_datetime(scenario, t_from_s).date(), local_datetime(scenario, t_to_s).date()
    step = dt.timedelta(days=1)
    if every == "week":
        day -= dt.timedelta(days=day.weekday())
        step = WEEK
    while day <= stop:
        if any(
            day_kind(scenario, day + dt.timedelta(days=k)) in ("working", "first_after_rest") for k in range(step.days)
        ):
            yield day.isoformat(), day, day + step
        day += step


def _moment(scenario: HasSpec, said: Due | None, first: dt.date, after: dt.date, *, default: dt.date) -> float:
    """The time of a release or due in the period; in a period of one day, its day does not matter."""
    if said is None:
        return at_clock(scenario, default, "00:00")
    offset = 0 if (after - first).days == 1 else (DAYS.index(said.day) - first.weekday()) % 7
    return at_clock(scenario, first + dt.timedelta(days=offset), said.at)


def order_problems(order: Order) -> str | None:
    """Why an order can never be met in its own period: due before it is released. None where nothing is wrong."""
    if order.release is None or order.due is None:
        return None
    early = (DAYS.index(order.release.day) if order.every == "week" else 0, order.release.at)
    late = (DAYS.index(order.due.day) if order.every == "week" else 0, order.due.at)
    return (
        None if early < late else f"due {order.due.day} {order.due.at}, released {order.release.day} {order.release.at}"
    )
