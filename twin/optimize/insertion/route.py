"""The cheapest route of one job through what is already placed: an exact backward dynamic programme on vectors of start slots.

``F_k[e]``: cheapest way to do operations ``k``… when operation ``k`` may start in slot ``e``;
``F_k[e] = min over t in [e, e + wait] of hold·(P[t] - P[e]) + min over ways (c[t] + F_{k+1}[t + slots + lag])``
with ``P`` the summed price.
``c[t]`` is the cost of work at ``t``: energy, what the states of the machine then cost more or less, the peak above what is paid for
already, overtime; infinite where no unit is free. All of a job's operations are priced against the load without it, so that it is exact but
for power that two of its own operations and waits would add to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.optimize.insertion.facts import CAP_KRW_PER_KW, StepFacts, WayFacts
from twin.optimize.insertion.schedule import ROOM_TOLERANCE, Pick, Schedule
from twin.optimize.problem.network import Floats

Forced = dict[int, tuple[int, int, int | None]]  # step → (way, start, load)


@dataclass(frozen=True)
class Manner:
    """How insertion weighs things.

    ``share``: of a new shared load's cost, borne by its first job; ``free_kw``: peak of each month that costs nothing; ``noise`` (slots,):
    factors on what starts there; ``carbon_krw_per_kg``: on top of the carbon price; ``prompt``: the earliest end instead of the least
    cost, a new load being worth ``patience`` slots of waiting for one.
    """

    share: float = 1.0
    free_kw: tuple[float, ...] = ()
    noise: Floats | None = None
    carbon_krw_per_kg: float = 0.0
    prompt: bool = False
    patience: float = 0.0


class Option(NamedTuple):
    """Costs of one way by start slot, and the open loads that it may join there (start → load)."""

    way: int
    slots: int
    krw: Floats
    joins: dict[int, int]


def window_min(values: Floats, width: int) -> Floats:
    """Minimum over ``width`` values from each index on (shorter at the end)."""
    out, have = values.copy(), 1
    while have < width:
        step = min(have, width - have)
        out[:-step] = np.minimum(out[:-step], out[step:])
        have += step
    return out


class Route:
    """Insertion of jobs into one state of a schedule."""

    def __init__(self, schedule: Schedule, manner: Manner) -> None:
        self.schedule, self.facts, self.manner = schedule, schedule.facts, manner
        self.net_kw = schedule.net_kw()
        self._known: dict[int, Option] = {}
        self._extra: dict[float, Floats] = {}
        self._highest: list[list[Floats]] = []
        self._paid_kw: list[float] = []
        self._left_kw = np.maximum(-self.net_kw, 0.0)
        self._most_left_kw = float(self._left_kw.max(initial=0.0))
        self._curved = self._most_left_kw > 0.0 or self.facts.cap_kw is not None
        if not manner.prompt:
            for at, month in enumerate(self.facts.months):
                net = np.where(month.counts, self.net_kw, -np.inf)
                level = manner.free_kw[at] if at < len(manner.free_kw) else 0.0
                self._paid_kw.append(max(float(net.max(initial=0.0)), month.floor_kw, level))
                self._highest.append([net])

    # --- costs of work at each start

    def option(self, way_at: int, way: WayFacts) -> Option:
        """Costs of one way of an operation; not to be changed by the caller."""
        known = self._known.get(id(way))
        if known is None:
            known = self._known[id(way)] = self._option(way_at, way)
        return known

    def _option(self, way_at: int, way: WayFacts) -> Option:
        kind = self.facts.kinds[way.kind]
        starts, d = self.facts.slots - way.slots + 1, way.slots
        view = self.schedule.view(kind.group)
        if starts <= 0:
            return Option(way_at, d, np.zeros(0), {})
        if self.manner.prompt:
            krw = np.where(np.isfinite(way.new_krw), self.manner.patience if kind.shared else 0.0, np.inf)
        else:
            krw = self._power_krw(way.new_krw, way.pieces)
            if way.new_kg is not None and self.manner.carbon_krw_per_kg:
                krw += self.manner.carbon_krw_per_kg * way.new_kg
            switch = view.switch_krw(d, starts)
            if switch is not None:
                krw += switch
            if kind.shared and self.manner.share != 1.0:
                krw *= self.manner.share
            if self.manner.noise is not None:
                krw *= self.manner.noise[:starts]
        np.copyto(krw, np.inf, where=view.blocked[d:] > view.blocked[:starts])
        for capacity, amount in kind.uses:
            krw += self._staff_krw(capacity, amount, d)
        return Option(way_at, d, krw, self._joins(way, krw))

    def _joins(self, way: WayFacts, krw: Floats) -> dict[int, int]:
        """Lower the costs at starts of open loads to what a job adds to them."""
        joins: dict[int, int] = {}
        loads, kind = self.schedule.loads, self.facts.kinds[way.kind]
        for number in self.schedule.open.get(way.kind, ()):
            load = loads[number]
            if load.room + way.room > kind.room + ROOM_TOLERANCE:
                continue
            at = load.start
            added = 0.0 if self.manner.prompt else way.job_krw
            if way.job_kw is not None and not self.manner.prompt:
                added = float(self._power_krw(way.join_krw, way.job_pieces, at)[0])
            if added <= krw[at] and at not in joins:
                krw[at], joins[at] = added, number
        return joins

    def _power_krw(
        self, plain_krw: Floats, pieces: tuple[tuple[int, int, float], ...], only: int | None = None
    ) -> Floats:
        """Energy at the price of the load that is there, and the peak above what is paid for already."""
        a, n = (0, len(plain_krw)) if only is None else (only, 1)
        krw = plain_krw[a : a + n].copy()
        if self._curved:
            for first, end, kw in pieces:
                more = self._extra_sum(kw)
                krw += more[a + end : a + end + n] - more[a + first : a + first + n]
        for at, month in enumerate(self.facts.months):
            top: Floats | None = None
            for first, end, kw in pieces:
                high = self._window(at, a + first, n, end - first) + kw
                top = high if top is None else np.maximum(top, high)
            if top is not None:
                rate = month.rate_krw_per_kw + month.carry_krw_per_kw
                krw += rate * np.maximum(top - self._paid_kw[at], 0.0)
        return krw

    def _window(self, month: int, first: int, starts: int, slots: int) -> Floats:
        """Highest net power within ``slots`` slots from each start on."""
        levels, power = self._highest[month], slots.bit_length() - 1
        while len(levels) <= power:
            last, step = levels[-1], 1 << (len(levels) - 1)
            levels.append(np.maximum(last[:-step], last[step:]))
        level, shift = levels[power], slots - (1 << power)
        if not shift:
            return level[first : first + starts]
        out: Floats = np.maximum(level[first : first + starts], level[first + shift : first + shift + starts])
        return out

    def _extra_sum(self, kw: float) -> Floats:
        """Summed correction of plain energy cost for ``kw`` more: PV that is left over is free, power above the cap is dear."""
        cap_kw = self.facts.cap_kw
        key = min(kw, self._most_left_kw) if cap_kw is None else kw
        if key not in self._extra:
            total = np.zeros(self.facts.slots + 1)
            more = self.facts.price * -np.minimum(self._left_kw, kw)
            if cap_kw is not None:
                more += CAP_KRW_PER_KW * np.maximum(np.minimum(self.net_kw - cap_kw + kw, kw), 0.0)
            more.cumsum(out=total[1:])
            self._extra[key] = total
        return self._extra[key]

    def _staff_krw(self, capacity: int, amount: float, slots: int) -> Floats:
        """Overtime of people needed, infinite where there are none."""
        facts, used = self.facts, self.schedule.used[capacity]
        ordinary, most = facts.ordinary[capacity], facts.most[capacity]
        over = np.maximum(used + amount - ordinary, 0.0) - np.maximum(used - ordinary, 0.0)
        paid = np.concatenate([[0.0], np.cumsum(over * facts.overtime_krw[capacity])])
        none = np.concatenate([[0], np.cumsum(used + amount > most + ROOM_TOLERANCE)])
        krw: Floats = paid[slots:] - paid[:-slots]
        krw[none[slots:] > none[:-slots]] = np.inf
        return krw

    # --- the route

    def options(self, job: int, forced: Forced | None = None) -> list[list[Option]]:
        """All ways of all operations, with those of ``forced`` nailed down."""
        out = []
        for at, step in enumerate(self.facts.jobs[job].steps):
            if forced is not None and at in forced:
                out.append([self._nailed(step, *forced[at])])
            else:
                out.append([self.option(way_at, way) for way_at, way in enumerate(step.ways)])
        return out

    def _nailed(self, step: StepFacts, way_at: int, start: int, load: int | None) -> Option:
        way = step.ways[way_at]
        krw = np.full(self.facts.slots - way.slots + 1, np.inf)
        if load is None:
            found = self.option(way_at, way)
            krw[start] = found.krw[start]  # which may be that of joining a load where no unit is free for another
            return Option(way_at, way.slots, krw, {start: found.joins[start]} if start in found.joins else {})
        krw[start] = 0.0
        return Option(way_at, way.slots, krw, {start: load})

    def best(self, job: int, forced: Forced | None = None) -> tuple[float, tuple[Pick, ...]] | None:
        """The cheapest route of a job and its cost, KRW; None where there is none."""
        facts, steps = self.facts, self.facts.jobs[job].steps
        options = self.options(job, forced)
        after = self.backward(job, options)
        release = facts.jobs[job].release
        if not steps:
            return 0.0, ()
        if release > facts.slots or not np.isfinite(after[0][0][release]):
            return None
        picks, ready = [], release
        for at, step in enumerate(steps):
            reach, whole = after[at][1], after[at][2]
            end = facts.slots + 1 if step.wait < 0 else min(ready + step.wait + 1, facts.slots + 1)
            start = ready + int(reach[ready:end].argmin())
            ways = [values[start] for values in whole]
            option = options[at][ways.index(min(ways))]
            picks.append(Pick(option.way, start, option.joins.get(start)))
            lag = steps[at + 1].lag if at + 1 < len(steps) else 0
            ready = start + option.slots + lag
        return float(after[0][0][release]), tuple(picks)

    def backward(
        self, job: int, options: list[list[Option]], first: int = 0
    ) -> list[tuple[Floats, Floats, list[Floats]]]:
        """For each operation from ``first`` on: ``F_k`` (slots + 1,), cost by start with what follows and holding, the same for each way.

        Behind them stands what the job's end costs.
        """
        facts, me = self.facts, self.facts.jobs[job]
        n = facts.slots + 1
        each: Floats = np.arange(n, dtype=np.float64)
        late = 1.0 if self.manner.prompt else me.late_krw
        due = 0 if self.manner.prompt else me.due
        follow: Floats = late * np.maximum(each - due, 0.0)
        out: list[tuple[Floats, Floats, list[Floats]]] = [(follow, follow, [])]
        for at in range(len(me.steps) - 1, first - 1, -1):
            step = me.steps[at]
            lag = me.steps[at + 1].lag if at + 1 < len(me.steps) else 0
            whole = [_followed(option, follow, lag, n) for option in options[at]]
            reach = whole[0] if len(whole) == 1 else np.minimum.reduce(whole) if whole else np.full(n, np.inf)
            hold = step.hold_kw * facts.price_sum if step.hold_kw and not self.manner.prompt else None
            if hold is not None:
                reach = reach + hold
            follow = _earliest(reach, step.wait)
            if hold is not None:
                follow = follow - hold
            out.append((follow, reach, whole))
        out.reverse()
        return out


def _followed(option: Option, follow: Floats, lag: int, n: int) -> Floats:
    """Cost of a way by start with what comes after it, (slots + 1,)."""
    whole, shift = np.empty(n), option.slots + lag
    count = max(min(len(option.krw), n - shift), 0)
    np.add(option.krw[:count], follow[shift : shift + count], out=whole[:count])
    whole[count:] = np.inf
    return whole


def _earliest(reach: Floats, wait: int) -> Floats:
    """Least cost over the starts that a job ready in a slot may still take."""
    if wait < 0:
        return np.minimum.accumulate(reach[::-1])[::-1]
    return window_min(reach, wait + 1) if wait else reach
