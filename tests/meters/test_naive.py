"""Predictors without physics, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.meters.support import meter_of
from twin.meters.naive import Naive, place
from twin.meters.segments import find_heats

POWER = np.concatenate([np.zeros(10), np.full(60, 400.0), np.zeros(30), np.full(90, 400.0), np.zeros(30)])


def test_fit_by_hand() -> None:
    """Proves: two heats of 60 and 90 minutes at 400 kW give 500 kWh, 400 kW, 75 min and the line 0 + 6.67 kWh/min. Sensitivity: a mean of
    the
    heats' powers weighted otherwise would show up as soon as they differ.
    """
    meter = meter_of(POWER)
    naive = Naive.fit(meter.minutes(), find_heats(meter))
    assert (naive.mean_kwh, naive.mean_kw, naive.mean_minutes) == pytest.approx((500.0, 400.0, 75.0))
    assert (naive.intercept_kwh, naive.slope_kwh_per_min) == pytest.approx((0.0, 400.0 / 60.0), abs=1e-9)
    assert np.allclose(naive.profile_kw, 400.0)


def test_scores_given_taps_and_starts_only() -> None:
    """Proves: with known lengths a constant power is predicted without error; with starts only every heat is 75 minutes long. Sensitivity:
    if the taps leaked into the second, its error of a heat would be 0 and not (25 % + 16.7 %) / 2.
    """
    meter = meter_of(POWER)
    heats = find_heats(meter)
    naive = Naive.fit(meter.minutes(), heats)
    known = naive.scores(meter.minutes(), heats, taps=True)
    assert set(known) == {"mean_kwh", "mean_kw_x_length", "a_plus_b_x_length", "mean_profile", "mean_course"}
    assert known["mean_profile"].cvrmse_15min_pct == pytest.approx(0.0, abs=1e-9)
    assert known["mean_kwh"].batch_mape_pct == pytest.approx(100.0 * (100.0 / 400.0 + 100.0 / 600.0) / 2)
    blind = naive.scores(meter.minutes(), heats, taps=False)
    assert blind["mean_kw_x_length"].batch_mape_pct == pytest.approx(100.0 * (0.25 + 100.0 / 600.0) / 2)


def test_the_mean_course_by_hand() -> None:
    """Proves: of heats of 60 and 90 minutes at 400 kW the mean course is 400 kW for an hour and 200 kW after it, given starts only; of
    those that still run it is 400 kW. Sensitivity: the mean of the running ones, used without taps, would give each heat 600 kWh.
    """
    meter = meter_of(POWER)
    heats = find_heats(meter)
    naive = Naive.fit(meter.minutes(), heats)
    assert naive.course_kw.tolist() == [400.0] * 60 + [200.0] * 30
    assert naive.running_kw.tolist() == [400.0] * 90
    blind = naive.predicted(heats, taps=False)
    assert [float(path.sum()) / 60.0 for path in blind["mean_course"]] == pytest.approx([500.0, 500.0])
    assert [len(path) for path in blind["mean_course_to_mean_length"]] == [75, 75]
    assert [float(path.sum()) / 60.0 for path in naive.predicted(heats, taps=True)["mean_course"]] == [400.0, 600.0]


def test_a_heat_ends_where_the_next_begins() -> None:
    """Proves: given starts only, no naive heat is longer than the time to the next start, in its energy too. Sensitivity: cut in the load
    alone, the first heat would keep 600 kWh.
    """
    meter = meter_of(POWER)
    heats = find_heats(meter)
    naive = Naive.fit(meter.minutes(), heats)
    near = (heats[0], replace(heats[1], t0_s=heats[0].t0_s + 30 * 60.0))
    assert {len(paths[0]) for paths in naive.predicted(near, taps=False).values()} == {30}


def test_a_path_is_cut_where_the_next_heat_begins() -> None:
    """Proves: two heats never overlap. Sensitivity: added up, the overlap would show 800 kW."""
    meter = meter_of(POWER)
    heats = find_heats(meter)
    power = place(meter.minutes(), heats, [np.full(200, 400.0), np.full(50, 300.0)])
    assert power.max() == 400.0
    assert power[heats and 100] == 300.0
