"""Loads below the least fill are topped up, shared out or put off."""

from __future__ import annotations

from dataclasses import replace

from tests.optimize.shop_day import planned
from twin.optimize.plan.least_fill import filled
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.shop import Placed


def test_a_lot_alone_joins_a_load_with_room() -> None:
    """Proves: a lot taken out of its load into one of its own joins a load or is joined by others. Sensitivity: left alone, half empty."""
    scenario, _, found = planned()
    schedule = found.solution.plan
    assert schedule is not None
    first = next(one for one in schedule.placed if one.group == "temper")
    load = [one for one in schedule.placed if (one.group, one.start) == ("temper", first.start)]
    assert len(load) == 4
    alone = tuple(replace(one, start=one.start - 5, load=99) if one is load[0] else one for one in schedule.placed)
    assert _fills(alone) == [1, 2, 2, 2, 2, 3, 4]
    put_right = filled(scenario, slots_of(scenario), found.line, alone)
    assert min(_fills(put_right)) >= 2
    assert sum(_fills(put_right)) == 16


def _fills(placed: tuple[Placed, ...]) -> list[int]:
    loads: dict[tuple[str, int, int], int] = {}
    for one in placed:
        key = (one.group, one.unit, one.start)
        loads[key] = loads.get(key, 0) + 1
    return sorted(loads.values())
