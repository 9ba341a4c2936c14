"""Periods of practice and rests between heats."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.meters.test_calibration import STEPS_KW, ramp
from twin.meters.calibration import ChargedHeat
from twin.meters.periods import Period, Rest, periods_of, weighed, without
from twin.meters.practice import Practice
from twin.meters.segments import Heat

FIRST, LAST = dt.date(2024, 10, 13), dt.date(2024, 10, 27)


def practice() -> Practice:
    """Twenty heats of one log at paces about 1."""
    paces = np.linspace(0.6, 1.4, 20)
    return Practice(STEPS_KW, 448.0, 8.0, 190.0, 2.0, paces, np.ones(20))


def charged(name: str, pace: float, day: str, *, traced: bool = True) -> ChargedHeat:
    """A weighed heat with a program of its own."""
    power = ramp(pace, 95, 448.0)
    return ChargedHeat(name, 520.0, float(power.sum()) / 60.0, power, (), traced, dt.date.fromisoformat(day))


def test_random_effects_by_hand() -> None:
    """Proves: two periods whose means lie far apart count nearly half each, however many heats they hold; two with equal means count by
    their heats. Sensitivity: pooled heats would give the small period 3 of 103.
    """
    many, few = np.tile([0.9, 1.1], 50), np.array([0.4, 0.5, 0.6])
    apart = weighed((Period("a", many, np.zeros(100)), Period("b", few, np.zeros(3))))
    chance = (0.1**2 / 100, few.std() ** 2 / 3)
    between = 0.5 * 0.5**2 - sum(chance) / 2.0
    due = np.array([1.0 / (between + within) for within in chance])
    assert [period.weight for period in apart] == pytest.approx((due / due.sum()).tolist())
    assert 0.45 < apart[1].weight < 0.5
    alike = weighed((Period("a", many, np.zeros(100)), Period("b", np.array([0.9, 1.0, 1.1]), np.zeros(3))))
    assert alike[1].weight == pytest.approx((3 / 0.1**2 * 1.5) / (3 / 0.1**2 * 1.5 + 100 / 0.1**2))


def test_weighed_heats_of_another_time_are_a_period() -> None:
    """Proves: heats dated outside of the log, with programs of their own, show another period at their own pace; dated within it, without
    a program or fewer than three they do not. Sensitivity: counted twice, heats of the log itself would narrow its spread.
    """
    away = [charged(name, 0.5, "2025-10-02") for name in "abcd"]
    own, other = periods_of(practice(), away, FIRST, LAST)
    assert (own.name, other.name, other.heats) == ("log", "weighed heats", ("a", "b", "c", "d"))
    assert other.paces == pytest.approx([0.5] * 4, abs=0.05)
    assert own.weight + other.weight == pytest.approx(1.0)
    assert len(periods_of(practice(), [charged(name, 0.5, "2024-10-15") for name in "abcd"], FIRST, LAST)) == 1
    assert (
        len(periods_of(practice(), [charged(name, 0.5, "2025-10-02", traced=False) for name in "abcd"], FIRST, LAST))
        == 1
    )
    assert len(periods_of(practice(), away[:2], FIRST, LAST)) == 1


def test_a_heat_left_out_says_nothing_of_its_period() -> None:
    """Proves: without one heat its period keeps the others, and is gone where fewer than three are left. Sensitivity: with it, the
    leave-one-out errors would know the pace of the heat that they predict.
    """
    away = [charged(name, pace, "2025-10-02") for name, pace in zip("abcd", (0.4, 0.5, 0.6, 0.9), strict=True)]
    periods = periods_of(practice(), away, FIRST, LAST)
    left = without(periods, "d")
    assert left[1].heats == ("a", "b", "c")
    assert left[1].paces.max() < 0.7
    assert len(without(left, "a")) == 1
    assert without(left, "a")[0].weight == 1.0
    assert [period.weight for period in without(periods, "nobody")] == pytest.approx([p.weight for p in periods])


def test_the_rest_weighs_lengths() -> None:
    """Proves: rests of 20 and 80 minutes have the median 40; no length is possible that ends after the next start, and near it the longer
    is the less likely. Sensitivity: without the Jacobian 1 / minutes the mode would lie at the median.
    """
    starts = (0.0, 100.0, 260.0)
    heats = [Heat(60.0 * start, 60.0 * (start + 80.0), 500.0) for start in starts]
    rest = Rest.of(heats)
    assert rest.log_mean == pytest.approx(np.log(40.0))
    assert rest.density(np.array([-5.0, 0.0])).tolist() == [0.0, 0.0]
    at = np.linspace(1.0, 200.0, 2000)
    assert at[int(np.argmax(rest.density(at)))] == pytest.approx(40.0 * np.exp(-(rest.log_sd**2)), abs=0.2)
