"""Heats by one rule."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.meters.support import meter_of
from tests.support import needs_data
from twin.meters.reader import read_meter
from twin.meters.segments import Rule, find_heats, own_gap_s, stretches


def test_joins_short_gaps_and_drops_small_stretches() -> None:
    """Proves: 2 minutes below the threshold do not end a heat, 4 do; a stretch with too little energy is no heat. Sensitivity: joining up
    to
    5 minutes would make one heat of all three.
    """
    power = [0.0] + [400.0] * 60 + [5.0] * 2 + [400.0] * 20 + [0.0] * 4 + [400.0] * 10 + [0.0]
    meter = meter_of(np.array(power))
    assert [round(heat.minutes) for heat in stretches(meter, Rule())] == [82, 10]
    (heat,) = find_heats(meter)
    assert (heat.t0_s, heat.t1_s) == (60.0, 83 * 60.0)
    assert heat.energy_kwh == pytest.approx((400.0 * 80 + 10.0) / 60.0)
    assert len(stretches(meter, Rule(join_s=360.0))) == 1


def test_no_heat_in_an_idle_log() -> None:
    """Proves: an idle log has no heats. Sensitivity: a threshold below the idle power would find one."""
    assert find_heats(meter_of(np.full(100, 20.0))) == ()


def test_own_gap_counts_the_same_furnace() -> None:
    """Proves: with two furnaces in turn the gap is to the heat before the last. Sensitivity: with one it is to the last."""
    power = np.concatenate(
        [np.zeros(10), np.full(100, 400.0), np.zeros(10), np.full(100, 400.0), np.zeros(10), np.full(100, 400.0)]
    )
    heats = find_heats(meter_of(power))
    assert own_gap_s(heats, 2)[2] == 120 * 60.0
    assert own_gap_s(heats, 1)[2] == 600.0
    assert np.isnan(own_gap_s(heats, 2)[:2]).all()


@pytest.mark.parametrize(
    ("name", "heats", "mean_kwh", "sd_kwh"),
    [
        ("meter_2024-10-13_27.csv.gz", 103, 588.4, 38.0),
        ("meter_2025-05-02_15.csv.gz", 84, 569.5, 43.1),
        ("meter_2025-06-02_ctrlA_furnA.csv.gz", 5, 529.7, 81.4),
        ("meter_2025-07-02_ctrlB_furnB.csv.gz", 4, 566.7, 54.6),
    ],
)
def test_published_table_of_the_real_logs(name: str, heats: int, mean_kwh: float, sd_kwh: float) -> None:
    """Proves: the rule finds the heats that the data's own description counts. Sensitivity: joining up to 4 minutes moves the sd of the
    second log by 5 kWh and of the third by 76.
    """
    found = find_heats(read_meter(needs_data("induction_furnace") / name, zone="Asia/Bangkok"))
    kwh = np.array([heat.energy_kwh for heat in found])
    assert len(found) == heats
    assert kwh.mean() == pytest.approx(mean_kwh, rel=1e-3)
    assert kwh.std(ddof=1) == pytest.approx(sd_kwh, rel=1e-2)
    assert found[0].t0_s < dt.timedelta(days=2).total_seconds()
