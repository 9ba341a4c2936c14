"""Why a line of loads has no plan, in words: lots that find no place, the station that is short of hours, caps that cannot be kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.core.faults import Infeasible
from twin.core.messages import t as text
from twin.optimize.formulation.shop import begun, problem_of
from twin.optimize.insertion.search import dispatch_shop
from twin.optimize.plan.decode_shop import starts_of

if TYPE_CHECKING:
    from twin.optimize.derive.shop import Line
    from twin.optimize.problem.shop import Placed, Shop


def refuse_line(line: Line) -> tuple[Placed, ...]:
    """Placements of a dispatch to start from, which may lack lots.

    Raises Infeasible where a station has fewer hours than its loads take at least, or a relaxation proves that caps cannot be kept.
    """
    from twin.optimize.schedule import refuse_infeasible

    shop = line.shop
    placed = dispatch_shop(shop)
    left = len(shop.jobs) - len({one.job for one in placed})
    if left and any(need_h > have_h for need_h, have_h in (needed_h(shop, name) for name in shop.groups)):
        raise Infeasible(no_place(shop, left), status="infeasible", ko=no_place(shop, left, "ko"))
    if shop.cap_kw is not None or shop.carbon.cap_kg is not None:
        refuse_infeasible(problem_of(shop), [starts_of(shop, placed)])
    return placed


def no_place(shop: Shop, left: int, lang: str = "en") -> str:
    """One sentence: how many lots find no place, and the station whose loads need the largest share of the hours that it has."""
    needs = {name: needed_h(shop, name) for name in shop.groups}
    worst = max(needs, key=lambda name: needs[name][0] / max(needs[name][1], 1e-9))
    need_h, have_h = needs[worst]
    values = {"left": str(left), "all": str(len(shop.jobs)), "station": worst}
    values |= {"need": f"{need_h:.1f}", "have": f"{have_h:.1f}"}
    return text("optimize.line_no_place", lang, **values)


def needed_h(shop: Shop, name: str) -> tuple[float, float]:
    """Hours of the fewest loads that hold all lots of a station, and hours in which its units can be at work on whole loads."""
    group = shop.groups[name]
    room: dict[str | None, float] = {}
    slots: dict[str | None, int] = {}
    for job in shop.jobs:
        for operation in shop.families[job.family].operations[job.step :]:
            if name in operation.ways:
                way = operation.ways[name]
                room[operation.recipe] = room.get(operation.recipe, 0.0) + way.room
                slots[operation.recipe] = way.slots
    need = sum(math.ceil(total / group.room - 1e-9) * slots[recipe] for recipe, total in room.items())
    shortest = min(slots.values(), default=1)
    covered, starts = [False] * shop.slots, begun(group, shortest)
    for t in range(shop.slots):
        if starts[t]:
            covered[t : t + shortest] = [True] * shortest
    early = 0 if group.states is None or group.states.on_at_start else group.states.startup_slots
    there = sum(covered[early:])
    return need * shop.slot_h, group.units * there * shop.slot_h
