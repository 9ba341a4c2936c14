"""Loads below the least fill, put right: topped up from later loads, or shared out among others, or begun when their lots have waited.

A plant starts a load below its station's minimum only when the first lot has waited for as long as the station says. The search knows no
such rule; a load costs so much that few come out too small. Those that do are repaired here, the rest is the checker's to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.models.batches import BatchProcess

if TYPE_CHECKING:
    from twin.optimize.derive.shop import Line
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.shop import Placed, Way
    from twin.scenario.scenario import Scenario

LoadOf = tuple[str, int, int]
"""group, unit, start slot"""
TINY = 1e-6


@dataclass(frozen=True)
class Least:
    """A station's rule: least fill in room, and slots that the first lot waits before a smaller load goes (None: for ever)."""

    room: float
    wait_slots: int | None


def filled(scenario: Scenario, slots: Slots, line: Line, placed: tuple[Placed, ...]) -> tuple[Placed, ...]:
    """Placements with as few loads below the least fill as simple moves can bring about."""
    rules = {}
    for name, group in line.shop.groups.items():
        kind = scenario.stations[name]
        if isinstance(kind, BatchProcess) and kind.load.minimum:
            wait_s = kind.load.max_wait_s
            rules[name] = Least(kind.load.minimum * group.room, None if wait_s is None else slots.whole(wait_s))
    work = _Repair(line, {(one.job, one.step): one for one in placed}, rules)
    for key in sorted(work.loads(), key=lambda load: load[2]):
        if work.too_small(key) and not (work.topped_up(key) or work.shared_out(key)):
            work.later(key)
    return tuple(work.at.values())


@dataclass
class _Repair:
    line: Line
    at: dict[tuple[str, int], Placed]
    rules: Mapping[str, Least]

    def loads(self) -> dict[LoadOf, list[Placed]]:
        found: dict[LoadOf, list[Placed]] = {}
        for one in self.at.values():
            found.setdefault((one.group, one.unit, one.start), []).append(one)
        return found

    def _way(self, one: Placed) -> Way:
        return self.line.shop.families[self.line.family_of[one.job]].operations[one.step].ways[one.group]

    def _recipe(self, one: Placed) -> str | None:
        return self.line.shop.families[self.line.family_of[one.job]].operations[one.step].recipe

    def _room(self, lots: list[Placed]) -> float:
        return sum(self._way(one).room for one in lots)

    def _ready(self, one: Placed) -> int:
        """Slot from which a lot is there."""
        job = next(job for job in self.line.shop.jobs if job.name == one.job)
        before = self.at.get((one.job, one.step - 1))
        if before is None:
            return job.release
        lag = self.line.shop.families[job.family].operations[one.step].lag_slots
        return before.start + self._way(before).slots + lag

    def _latest(self, one: Placed) -> int:
        """Last slot in which its load may begin for what comes after it."""
        after, slots = self.at.get((one.job, one.step + 1)), self._way(one).slots
        if after is None:
            return self.line.shop.slots - slots
        lag = self.line.shop.families[self.line.family_of[one.job]].operations[one.step + 1].lag_slots
        return after.start - slots - lag

    def too_small(self, key: LoadOf, lots: list[Placed] | None = None) -> bool:
        """Whether a load breaks its station's rule."""
        mine, rule = self.loads().get(key, []) if lots is None else lots, self.rules.get(key[0])
        if rule is None or not mine or self._room(mine) >= rule.room - TINY:
            return False
        waits = rule.wait_slots
        return waits is None or key[2] < min(self._ready(one) for one in mine) + waits

    def _move(self, one: Placed, to: Placed) -> None:
        self.at[one.job, one.step] = replace(one, group=to.group, unit=to.unit, start=to.start, load=to.load)

    def topped_up(self, key: LoadOf) -> bool:
        """Lots of other loads that can spare them, or that go in whole, come in."""
        loads = self.loads()
        mine = list(loads[key])
        room, recipe = self.line.shop.groups[key[0]].room, self._recipe(mine[0])
        moves: list[Placed] = []
        donors = sorted((load for load in loads if load[0] == key[0] and load != key), key=lambda load: load[2])
        for donor in donors:
            left = list(loads[donor])
            if self._recipe(left[0]) != recipe:
                continue
            for one in list(left):
                rest = [other for other in left if other is not one]
                fits = self._room(mine) + self._way(one).room <= room + TINY
                there = self._ready(one) <= key[2] <= self._latest(one)
                if fits and there and not self.too_small(donor, rest):
                    mine.append(one)
                    moves.append(one)
                    left = rest
                if not self.too_small(key, mine):
                    for moved in moves:
                        self._move(moved, mine[0])
                    return True
        return False

    def shared_out(self, key: LoadOf) -> bool:
        """Its lots go to other loads with room."""
        loads = self.loads()
        room = {load: self.line.shop.groups[load[0]].room - self._room(lots) for load, lots in loads.items()}
        moves: list[tuple[Placed, Placed]] = []
        for one in loads[key]:
            way, recipe = self._way(one), self._recipe(one)
            ready, latest = self._ready(one), self._latest(one)
            into = next(
                (
                    load
                    for load in sorted(loads, key=lambda load: abs(load[2] - key[2]))
                    if load != key
                    and load[0] == key[0]
                    and self._recipe(loads[load][0]) == recipe
                    and room[load] >= way.room - TINY
                    and ready <= load[2] <= latest
                ),
                None,
            )
            if into is None:
                return False
            room[into] -= way.room
            moves.append((one, loads[into][0]))
        for one, to in moves:
            self._move(one, to)
        return True

    def later(self, key: LoadOf) -> bool:
        """It begins when its first lot has waited long enough, where the unit and what comes after it allow."""
        loads = self.loads()
        mine, rule, group = loads[key], self.rules[key[0]], self.line.shop.groups[key[0]]
        if rule.wait_slots is None:
            return False
        start = min(self._ready(one) for one in mine) + rule.wait_slots
        length = self._way(mine[0]).slots
        others = [
            (load[2], load[2] + self._way(lots[0]).slots)
            for load, lots in loads.items()
            if load[:2] == key[:2] and load != key
        ]
        while start <= min(self._latest(one) for one in mine):
            free = all(start + length <= a or start >= b for a, b in others)
            open_ = group.available[start : start + length].all() and (group.begins is None or group.begins[start])
            if free and open_:
                for one in mine:
                    self.at[one.job, one.step] = replace(one, start=start)
                return True
            start += 1
        return False
