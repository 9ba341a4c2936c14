"""What a line's units are at when a plan begins: the rest of a load, or of a start-up, as a job that begins in the first slot.

It draws nothing: its power is in the load of the rest (:mod:`twin.optimize.derive.shop_feedback`), a plan can no longer decide it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twin.optimize.problem.shop import Family, Group, Operation, ShopJob, Way

if TYPE_CHECKING:
    from twin.optimize.problem.grid import Slots
    from twin.optimize.problem.shop_state import LineState

NAME = "at work "


def unit_at_work(job: str) -> str | None:
    """The unit that such a job stands for; None for lots."""
    return job.removeprefix(NAME) if job.startswith(NAME) else None


def at_work(slots: Slots, state: LineState, units: Sequence[str], room: float) -> Iterator[tuple[Family, ShopJob]]:
    """One family with one job for each unit that is not free when the plan begins. It may not wait, so it begins in the first slot."""
    for unit in units:
        rest = min(slots.count, slots.whole(state.units[unit].free_s - slots.start_s))
        if rest:
            name, station = NAME + unit, unit.rpartition(".")[0]
            way = Way(rest, np.zeros(rest), room=room)
            yield (
                Family(name, (Operation(name, {station: way}, longest_wait_slots=0),), 0.0),
                ShopJob(name, name, 0, 0),
            )


def open_for(group: Group, rest: int) -> Group:
    """A group in which what is at work can go on for ``rest`` slots from the first on."""
    if not rest:
        return group
    begins = (group.available if group.begins is None else group.begins).copy()
    available = group.available.copy()
    begins[0] = available[:rest] = True
    return replace(group, available=available, begins=begins)
