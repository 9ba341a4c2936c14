"""Cross-validation inside one log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.meters.test_calibration import ramp
from tests.support import ROOT
from twin.core.faults import InputFault
from twin.meters.folds import cross_validate
from twin.scenario.scenario import read

SCENARIO = ROOT / "scenarios" / "aluminium-melt-shop.yaml"


def log(folder: Path, lengths: list[int]) -> Path:
    """A made log of heats of these lengths, forty minutes apart."""
    power = np.concatenate([np.concatenate([np.zeros(40), ramp(1.0, minutes, 448.0)]) for minutes in lengths])
    rows = [f"2024-10-{13 + k // 1440:02d} {k // 60 % 24:02d}:{k % 60:02d},{kw:.1f}" for k, kw in enumerate(power)]
    path = folder / "meter.csv"
    path.write_text("timestamp,kW\n" + "\n".join(rows) + "\n")
    return path


def test_each_stretch_is_predicted_by_the_others(tmp_path: Path) -> None:
    """Proves: where the heats of the first half are 90 and those of the second 110 minutes long, each half is predicted with the other's
    length: the naive total stands but every heat is off. Sensitivity: in sample each would be off by half as much.
    """
    path = log(tmp_path, [90] * 10 + [110] * 10)
    scores = cross_validate(read(SCENARIO), meter=path, folds=2)
    assert set(scores) == {"starts_only", "starts_and_taps"}
    assert {"model", "mean_kwh", "mean_course_to_mean_length"} <= set(scores["starts_only"])
    short, long = (float(ramp(1.0, minutes, 448.0).sum()) / 60.0 for minutes in (90, 110))
    naive = scores["starts_only"]["mean_kwh"]
    assert naive.batch_mape_pct == pytest.approx(50.0 * ((long - short) / short + (long - short) / long), rel=0.02)
    assert scores["starts_and_taps"]["model"].batch_mape_pct < 0.5 * naive.batch_mape_pct


def test_too_few_heats(tmp_path: Path) -> None:
    """Proves: a fold that leaves fewer than ten heats is refused. Sensitivity: a fit to six heats would be taken for one."""
    with pytest.raises(InputFault, match="too few for 2 folds"):
        cross_validate(read(SCENARIO), meter=log(tmp_path, [95] * 12), folds=2)
