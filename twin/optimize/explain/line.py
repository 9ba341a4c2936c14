"""Why a line of loads has no plan, in words: lots that find no place, the station that is short of hours, caps that cannot be kept."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from twin.core.faults import Infeasible
from twin.core.messages import t as text
from twin.optimize.explain.causes import Explanation, Shortfall
from twin.optimize.explain.words import payload, words
from twin.optimize.formulation.shop import begun, done_stock, problem_of
from twin.optimize.insertion.search import dispatch_shop
from twin.optimize.plan.decode_shop import starts_of
from twin.optimize.problem.network import Targets

if TYPE_CHECKING:
    from twin.optimize.derive.line_targets import LineTargets
    from twin.optimize.derive.shop import Line
    from twin.optimize.problem.network import Problem
    from twin.optimize.problem.shop import Placed, Shop


def refuse_line(line: Line, targets: LineTargets | None = None, optional: Collection[str] = ()) -> tuple[Placed, ...]:
    """Placements of a dispatch to start from, which may lack lots; ``optional`` ones need not be done in the horizon.

    Raises Infeasible where a station has fewer hours than the loads of all other lots take at least, there are not so many lots as the
    output asks for, or a relaxation proves that caps or targets cannot be kept.
    """
    from twin.optimize.schedule import refuse_infeasible

    shop = line.shop
    if targets is not None:
        refuse_output(targets)
    placed = dispatch_shop(shop)
    jobs = tuple(job for job in shop.jobs if job.name not in optional)
    families = {name: family for name, family in shop.families.items() if any(job.family == name for job in jobs)}
    must = replace(shop, jobs=jobs, families=families)
    left = len(must.jobs) - len({one.job for one in placed} - set(optional))
    if left and any(need_h > have_h for need_h, have_h in (needed_h(must, name) for name in shop.groups)):
        raise Infeasible(no_place(must, left), status="infeasible", ko=no_place(must, left, "ko"))
    asked = Targets() if targets is None else targets.asked
    if not jobs or not (shop.cap_kw is not None or shop.carbon.cap_kg is not None or asked.any):
        return placed
    mine = [one for one in placed if one.job not in optional]
    refuse_infeasible(posed(line, must, targets), [starts_of(must, mine)])
    return placed


def posed(line: Line, shop: Shop, targets: LineTargets | None) -> Problem:
    """The problem of a shop with the targets named: emissions that a target allows are not told as a cap."""
    problem = problem_of(shop)
    if targets is None or not targets.asked.any:
        return problem
    goods = {
        done_stock(name): sum(targets.good_kg.get(job.name, 0.0) for job in jobs) / len(jobs)
        for name in shop.families
        if (jobs := [job for job in shop.jobs if job.family == name])
    }
    asked, whole = replace(targets.asked, output_kg=None), all(name in problem.stocks for name in goods)
    if not whole:
        asked = replace(asked, intensity_kg_per_kg=None)
    cap_kg = line.own_cap_kg if whole else shop.carbon.cap_kg
    return replace(
        problem, targets=asked, goods_kg=goods if whole else {}, carbon=replace(problem.carbon, cap_kg=cap_kg)
    )


def refuse_output(targets: LineTargets) -> None:
    """Raise Infeasible where all lots together are less than the output asked for."""
    least_kg, most_kg = targets.asked.output_kg, targets.output_kg()
    if least_kg is None or most_kg >= least_kg - 1e-6:
        return
    short_kg = least_kg - most_kg
    found = Explanation(0.0, (Shortfall("output", least_kg, short_kg, short_kg, short_kg),))
    said = {lang: text("optimize.infeasible", lang, why=words(found, lang)) for lang in ("en", "ko")}
    raise Infeasible(said["en"], status="infeasible", why=payload(found), ko=said["ko"])


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
    room: dict[str, float] = {}
    slots: dict[str, int] = {}
    for job in shop.jobs:
        for operation in shop.families[job.family].operations[job.step :]:
            if name in operation.ways:
                way = operation.ways[name]
                recipe = operation.recipe or job.family
                room[recipe] = room.get(recipe, 0.0) + way.room
                slots[recipe] = way.slots
    need = sum(math.ceil(total / group.room - 1e-9) * slots[recipe] for recipe, total in room.items())
    shortest = min(slots.values(), default=1)
    covered, starts = [False] * shop.slots, begun(group, shortest)
    for t in range(shop.slots):
        if starts[t]:
            covered[t : t + shortest] = [True] * shortest
    early = 0 if group.states is None or group.states.on_at_start else group.states.startup_slots
    there = sum(covered[early:])
    return need * shop.slot_h, group.units * there * shop.slot_h
