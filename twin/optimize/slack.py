"""Slack before due dates, chosen by simulation and optimisation: as little as the plant's own chance allows.

A line is planned without slack first. The plan is replayed a few times with breakdowns and all other chance, on draws of their own (not
those by which a result is judged); where lots are later on average than the target (``plan.targets.lateness``, else the plant by its own
rule on the same draws), they are planned done earlier, and the search goes on from there. Where more slack does not help and loads may be
longer than planned, their duration is taken at a higher quantile.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.core.messages import t as text
from twin.optimize.replay import replication
from twin.optimize.schedule import joined

if TYPE_CHECKING:
    from twin.optimize.derive.shop import Caution
    from twin.optimize.limit import Limit
    from twin.optimize.schedule_shop import LineLoop
    from twin.scenario.plan import Plan

REPLICATIONS = 5
FIRST = 1_000
"""number of the first of them"""
SLACKS_H = (1.0, 2.0, 4.0, 8.0, 16.0)
FEW_SLACKS_H = (4.0, 16.0)
"""tried where seconds limit the search"""
QUANTILES = (0.9, 0.95)
SHARE, SECONDS_SHARE = 0.3, 0.2
"""of the search's limit for each of them, by iterations and by seconds"""
HELPED = 0.9
"""what is left of the lateness where more slack has helped"""


@dataclass(frozen=True)
class Trial:
    """A plan with its slack, and how late lots are in its replays on average (h)."""

    loop: LineLoop
    late_h: float


def guarded(loop: LineLoop, limit: Limit) -> LineLoop:
    """The loop with as little slack as keeps lots in time in replays; with what was least late where none does.

    Deterministic where iterations limit the search.
    """
    spec = loop.scenario.spec
    asked_h = loop.targets.asked.lateness_h
    target_h = _late_h(loop, None) if asked_h is None else asked_h
    tried = [Trial(copy.copy(loop), _late_h(loop, loop.plan))]
    share = limit.part(SHARE if limit.seconds is None else SECONDS_SHARE)
    climb = _climb(loop.caution, limit)
    while tried[-1].late_h > target_h + 1e-9:
        following = copy.copy(tried[-1].loop)
        helped = len(tried) < 2 or tried[-1].late_h <= HELPED * tried[-2].late_h
        if helped or not _longer(following, spec.plan.quantile):
            caution = next(climb, None)
            if caution is None:
                break
            following.caution = replace(caution, quantile=following.caution.quantile, dear=following.caution.dear)
        following.searched_again(share)
        tried.append(Trial(following, _late_h(following, following.plan)))
    met = [one for one in tried if one.late_h <= target_h + 1e-9]
    best = met[0] if met else min(tried, key=lambda one: one.late_h)
    best.loop.told_of_slack = said(best, target_h)
    best.loop.build_s, best.loop.solve_s, best.loop.used = (
        tried[-1].loop.build_s,
        tried[-1].loop.solve_s,
        tried[-1].loop.used,
    )
    return best.loop


def _climb(first: Caution, limit: Limit) -> Iterator[Caution]:
    """More and more slack."""
    for hours in SLACKS_H if limit.seconds is None else FEW_SLACKS_H:
        yield replace(first, slack_s=3600.0 * hours)


def _longer(loop: LineLoop, quantile: float) -> bool:
    """Take durations at the next higher quantile, where that makes any load longer."""
    now = quantile if loop.caution.quantile is None else loop.caution.quantile
    before, lengths = loop.caution, loop.lengths
    for higher in QUANTILES:
        if higher > now + 1e-9:
            loop.caution, loop.lengths = replace(before, quantile=higher), None
            loop.line = loop.derived()
            loop.lengths = loop.line.lengths
            if lengths is not None and any(loop.lengths[key] > count for key, count in lengths.items()):
                return True
    loop.caution, loop.lengths = before, lengths
    return False


def _late_h(loop: LineLoop, plan: Plan | None) -> float:
    """Mean hours late in replays of a plan (None: the plant's own rule)."""
    whole = None if plan is None else joined(loop.before, plan)
    seed, numbers = loop.scenario.spec.run.seed, range(FIRST, FIRST + REPLICATIONS)
    runs = [replication(loop.scenario, whole, seed, number, loop.slots.end_s) for number in numbers]
    return sum(one["lateness_h"] for one in runs) / len(runs)


def said(chosen: Trial, target_h: float) -> tuple[str, ...]:
    """What a reader of the plan has to know of it."""
    caution = chosen.loop.caution
    told = text(
        "optimize.slack" if caution.slack_s > 0.0 else "optimize.slack_none",
        slack=f"{caution.slack_s / 3600.0:g}",
        count=REPLICATIONS,
        late=f"{chosen.late_h:.2f}",
        target=f"{target_h:.2f}",
    )
    return (told,) if caution.quantile is None else (told, text("optimize.quantile", quantile=f"{caution.quantile:g}"))
