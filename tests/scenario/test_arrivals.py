"""Orders that come again and again after a time, constant or random."""

from __future__ import annotations

import numpy as np
import pytest

from tests.experiment.plants import small
from twin.core.faults import InputFault, ScenarioFaults
from twin.experiment.draws import AddressedDraws, MeanDraws
from twin.experiment.runner import run
from twin.models.plant import simulate
from twin.optimize.derive.foundry import open_jobs
from twin.scenario.orders import jobs
from twin.scenario.scenario import Scenario

HOUR, WEEK = 3600.0, 604800.0


def arriving(every: object, **changes: object) -> Scenario:
    order = {"product": "housing", "quantity": 24, "every": every}
    return small({"orders": {"stream": order}, "products.housing.scrap": "0 %", **changes})


def test_constant_distance_counts_from_the_horizon() -> None:
    """Proves: every 2 h, lots of 40 from orders of 24: releases at 0, 2, 4 … h, whatever the window asked for, due at the end.

    Sensitivity: counting from the window's beginning would shift the second list by half an hour.
    """
    scenario = arriving("2 h")
    assert [job.release_s / HOUR for job in jobs(scenario, 0.0, 7 * HOUR)] == [0.0, 2.0, 4.0, 6.0]
    found = jobs(scenario, -1.5 * HOUR, 4 * HOUR)
    assert [(job.job, job.release_s, job.pieces) for job in found] == [
        ("stream/0/0", 0.0, 24),
        ("stream/1/0", 7200.0, 24),
    ]
    assert {job.due_s for job in found} == {WEEK}


def test_random_arrivals_are_poisson_and_addressed() -> None:
    """Proves: exponential times between arrivals of 1 h give 168 ± 13 arrivals a week, the same again for the same draws, and other
    stations or times change none of them.

    Sensitivity: arrivals drawn from the jobs' own stream would move with the second scenario's route.
    """
    scenario = arriving({"exponential": {"mean": "1 h"}})
    trace = simulate(scenario, AddressedDraws(3, 0))
    other = simulate(scenario.changed({"products.housing.route": ["trim"]}), AddressedDraws(3, 0))
    release = trace.jobs["release"]
    assert np.array_equal(release, simulate(scenario, AddressedDraws(3, 0)).jobs["release"])
    inside = release[(release >= 0.0) & (release < WEEK)]
    assert abs(len(inside) - 168) < 3.5 * 168**0.5
    there = other.jobs["release"]
    assert np.array_equal(inside, there[(there >= 0.0) & (there < WEEK)])
    gaps = np.diff(inside)
    assert 0.75 < gaps.std() / gaps.mean() < 1.25


def test_without_draws_they_come_at_their_mean_distance() -> None:
    """Proves: with randomness off, and where only the mean matters, arrivals are evenly spread. Sensitivity: no arrivals at all."""
    scenario = arriving({"lognormal": {"mean": "3 h", "sd": "3 h"}}, **{"run.randomness": "off"})
    assert len(jobs(scenario, 0.0, WEEK)) == 56
    release = simulate(scenario, MeanDraws()).jobs["release"]
    assert np.diff(np.sort(release)) == pytest.approx(3 * HOUR)


def test_a_run_with_random_arrivals_closes_its_accounts() -> None:
    """Proves: runner, ledger and checks take such orders. Sensitivity: a count of jobs expected by the calendar would refuse the run."""
    found = run(arriving({"exponential": {"mean": "1 h"}}), replications=2)
    assert found.kpis["output_pieces"].mean > 0.0


def test_what_has_no_period_has_no_weekday_and_no_plan() -> None:
    """Proves: a weekday for a random arrival, and no time at all between arrivals, are faults; a plan refuses them in words.

    Sensitivity: a distance of 0 s would never end.
    """
    with pytest.raises(ScenarioFaults, match="there is none"):
        arriving("2 h").changed({"orders.stream.due": {"day": "fri", "at": "17:00"}})
    with pytest.raises(ScenarioFaults, match="no time between"):
        arriving("0 s")
    with pytest.raises(ScenarioFaults, match="every"):
        arriving("weak")
    scenario = arriving({"exponential": {"mean": "1 h"}})
    with pytest.raises(InputFault, match="at random"):
        open_jobs(scenario, None, None)  # type: ignore[arg-type]
