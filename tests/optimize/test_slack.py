"""Slack before due dates: as little as replays allow, chosen step by step."""

from __future__ import annotations

from functools import cache

import pytest

from tests.optimize.shop_day import two_furnaces
from twin.optimize import slack
from twin.optimize.limit import Limit
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.shop_state import line_state
from twin.optimize.replay import replay
from twin.optimize.schedule_shop import LineLoop
from twin.optimize.works import as_derived

FAILING = {
    "every": {"exponential": {"mean": "20 h"}},
    "repair": {"lognormal": {"mean": "2 h", "sd": "1 h"}},
    "clock": "operating",
}


@cache
def _loop() -> LineLoop:
    """Two lots of a day in a plant with breakdowns, searched without slack; due on Monday at 20:00."""
    scenario = two_furnaces(
        run__randomness="on",
        stations__harden__failures=FAILING,
        orders__pin__quantity=400,
        orders__pin__due={"day": "mon", "at": "20:00"},
    )
    slots = slots_of(scenario)
    state = line_state(scenario, slots.start_s, slots.end_s)
    loop = LineLoop(
        scenario, slots, state, replay(scenario, slots.end_s, None).trace, None, as_derived, lambda *_: None
    )
    loop.searched_whole(Limit(1, None))
    return loop


def test_as_little_slack_as_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: with lots 5 h late in replays, less by each hour of slack, the first step that leaves none is taken (8 h of 2, 8, 16), the
    due dates of what is searched are 8 h earlier, and the plan says so. Sensitivity: the last step tried would be 16 h.
    """

    def late(loop: LineLoop, plan: object) -> float:
        return 0.0 if plan is None else max(0.0, 5.0 - loop.caution.slack_s / 3600.0)

    monkeypatch.setattr(slack, "_late_h", late)
    monkeypatch.setattr(slack, "SLACKS_H", (2.0, 8.0, 16.0))
    first = _loop()
    chosen = slack.guarded(first, Limit(1, None))
    assert chosen.caution.slack_s == 8.0 * 3600.0
    assert {job.due for job in first.line.shop.jobs} == {80}
    assert {job.due for job in chosen.line.shop.jobs} == {80 - 32}
    assert chosen.notes()[0].startswith("lots are planned done 8 h before they are due: in 5 replays")


def test_without_lateness_there_is_no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a plan that is no later than the plant by its own rule stays as it is; where no slack helps, the least late is kept."""
    monkeypatch.setattr(slack, "_late_h", lambda *_: 1.0)
    first = _loop()
    assert slack.guarded(first, Limit(1, None)).caution.slack_s == 0.0
    monkeypatch.setattr(slack, "SLACKS_H", (1.0,))
    monkeypatch.setattr(slack, "_late_h", lambda loop, plan: 0.0 if plan is None else 1.0 + loop.caution.slack_s)
    kept = slack.guarded(first, Limit(1, None))
    assert kept.caution.slack_s == 0.0
    assert "late on average; at most 0.00 h were allowed" in kept.notes()[0]


def test_replays_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: draws are addressed, so the mean of the replays is the same each time."""
    monkeypatch.setattr(slack, "REPLICATIONS", 1)
    loop = _loop()
    assert slack._late_h(loop, loop.plan) == slack._late_h(loop, loop.plan) >= 0.0
