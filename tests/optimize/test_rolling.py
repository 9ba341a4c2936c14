"""Windows one after another, and plans that go on from an earlier one, on a day and a half of the shipped aluminium foundry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.optimize.day import by_rule, foundry, scheduled, slots
from twin.core.faults import InputFault
from twin.optimize.derive.site import demand_months
from twin.optimize.limit import Limit
from twin.optimize.optimize import earlier_plan, planned_figures, violations
from twin.optimize.problem.grid import Slots
from twin.optimize.rolling import Leftover, ahead_of, begun_of, roll, windows
from twin.optimize.works import Part, works_of
from twin.scenario.scenario import Scenario


def halves() -> Scenario:
    """The day and a half planned in windows of a day."""
    return foundry().changed({"plan.window": "24 h"})


def test_windows_cover_the_horizon_once() -> None:
    """Proves: 36 h in windows of 10 h are 10, 10, 10, 6 h without a gap. Sensitivity: a forgotten rest would leave 6 h unplanned."""
    found = list(windows(foundry().changed({"plan.window": "10 h"}), slots()))
    assert [one.count for one in found] == [40, 40, 40, 24]
    assert [one.start_s for one in found[1:]] == [one.end_s for one in found[:-1]]


def test_a_window_knows_the_peak_before_it_and_pays_for_the_whole_horizon() -> None:
    """Proves: the second window's floor is the first one's peak where that is above the ratchet, its rate that of the whole horizon.

    Sensitivity: with its own share of the month a new peak would cost half of what it does.
    """
    found = scheduled()
    first = Slots(0.0, 900.0, 144)
    longer = Slots(0.0, 900.0, 288)
    second = Slots(first.end_s, 900.0, 144)
    problem = Leftover(foundry(), longer, second, [Part(first, found)]).of(found.derived.problem)
    whole = demand_months(foundry(), longer)[0]
    counted = works_of(foundry(), first).grid_kw(found)[whole.counts[:144]]
    assert problem.months[0].floor_kw == max(whole.floor_kw, counted.max())
    assert problem.months[0].rate_krw_per_kw == whole.rate_krw_per_kw
    assert whole.rate_krw_per_kw == pytest.approx(2.0 * demand_months(foundry(), first)[0].rate_krw_per_kw)


def test_two_windows_make_one_plan() -> None:
    """Proves: each job once, no rule broken, one bill for both, no bound claimed for the whole."""
    scenario = halves()
    rolled = roll(scenario, slots(), by_rule().trace, Limit(2, None))
    jobs = [batch.job for batch in rolled.plan.batches if batch.kind == "job"]
    assert len(rolled.parts) == 2
    assert len(jobs) == len(set(jobs)) > 0
    assert rolled.plan.bound_krw is None
    assert rolled.plan.gap is not None
    own = planned_figures(scenario, slots(), rolled)
    assert own.grid_kw.shape == (144,)
    assert own.figures["energy_kwh"] == pytest.approx(float(own.grid_kw.sum()) * 0.25)
    assert violations(scenario, slots(), rolled, own) == []


def test_a_plan_goes_on_from_an_earlier_one() -> None:
    """Proves: what is begun at the moment stays as it is, nothing of it is planned twice, nothing is lost.

    Sensitivity: a lot counted as begun that only waits for metal would never be cast, one not counted would be cast twice.
    """
    earlier = earlier_plan(foundry(), scheduled().plan, "2026-07-06T11:00")
    ahead = ahead_of(foundry(), slots(), earlier.plan, earlier.at_s)
    begun = begun_of(foundry(), slots(), earlier.plan, ahead.start_s)
    assert begun.plan is not None
    rolled = roll(foundry(), ahead, by_rule().trace, Limit(2, None), begun=begun)
    jobs = [batch.job for batch in rolled.plan.batches if batch.kind == "job"]
    assert sorted(map(str, jobs)) == sorted(str(batch.job) for batch in earlier.plan.batches if batch.kind == "job")
    assert rolled.plan.batches[: len(begun.plan.batches)] == begun.plan.batches
    assert violations(foundry(), ahead, rolled, planned_figures(foundry(), ahead, rolled)) == []
    replayed = rolled.last.replay.accounts.load.kwh[round(ahead.start_s / 900.0) :]
    assert replayed.sum() == pytest.approx(
        float(np.sum(works_of(foundry(), ahead).grid_kw(rolled.last))) * 0.25, rel=0.03
    )


def test_the_frozen_window_moves_the_moment() -> None:
    """Proves: with `plan.freeze` of 2 h nothing before 13:00 is planned again at 11:00. Sensitivity: a freeze ignored gives 11:00."""
    scenario = foundry().changed({"plan.freeze": "2 h"})
    earlier = earlier_plan(scenario, scheduled().plan, "2026-07-06T11:00")
    assert ahead_of(scenario, slots(), earlier.plan, earlier.at_s).start_s == 13.0 * 3600.0


@pytest.mark.parametrize("at", ["2026-07-08T11:00", "2026-07-05T11:00", "tomorrow", None])
def test_a_moment_outside_the_horizon_is_refused(at: str | None) -> None:
    """Proves: too late, too early, no moment: an input fault each."""

    def planned_again() -> None:
        earlier = earlier_plan(foundry(), scheduled().plan, at)
        ahead_of(foundry(), slots(), earlier.plan, earlier.at_s)

    with pytest.raises(
        InputFault, match="from 2026-07-06 00:00 to 2026-07-07 12:00" if (at or "").startswith("2026") else "--at"
    ):
        planned_again()


def test_a_plan_of_another_plant_is_refused() -> None:
    """Proves: what is planned again must be this plant's. Sensitivity: another plant's plan was taken for one of which nothing is begun."""
    plan = scheduled().plan
    other = replace(plan, batches=(replace(plan.batches[0], equipment="harden.1"),))
    with pytest.raises(InputFault, match=r"another plant: it uses harden\.1"):
        ahead_of(foundry(), slots(), other, 11.0 * 3600.0)


def test_another_grid_is_refused() -> None:
    """Proves: a plan on slots of 15 min cannot go on on slots of 30 min."""
    scenario = foundry().changed({"plan.slot": "30 min"})
    with pytest.raises(InputFault, match=r"same plan\.start and plan\.slot"):
        ahead_of(scenario, Slots(0.0, 1800.0, 72), scheduled().plan, 0.0)
