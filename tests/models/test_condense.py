"""Condensing while the line runs, and condensing a whole trace, lose no energy and no time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.models.lines import RATES, Line, hours_in
from tests.support import ROOT
from twin.experiment.draws import MeanDraws
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.trace import CARRIER, STATES
from twin.models import condense
from twin.models.expand import Machine
from twin.models.plant import simulate
from twin.models.worktime import WorkTime
from twin.scenario.scenario import read


def test_a_line_condensed_in_chunks_has_the_quarter_hours_of_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: many small chunks, with pauses in lots, give the same kWh in each quarter-hour and seconds in each state.

    Sensitivity: settling a machine past its last lot would count the next lot's time as starved.
    """
    monkeypatch.setattr(condense, "CHUNK_BYTES", 500)
    monkeypatch.setattr(condense, "EVENTS", 7)
    windows = WorkTime([(k * 1000.0, k * 1000.0 + 800.0) for k in range(400)])
    lines = [Line([70.0, 130.0, 90.0], [2.0, 2.0], windows) for _ in range(2)]
    for line in lines:
        line.feed(200)
    lines[0].run()
    end = lines[0].done[-1][1]
    made = lines[0].tables(end)
    sums = condense.Condenser(lines[1].floor, [Machine(k, RATES) for k in range(3)], math.inf)
    assert sums.run() == end
    for k in range(3):
        whole = quarter_hour_kwh(made["flows"].where(made["flows"]["equipment"] == k), "electricity", 0.0, end)
        assert np.allclose(sums.amount[k, CARRIER["electricity"]][: len(whole)], whole, rtol=1e-9, atol=1e-12)
        assert {s: t for s, t in zip(STATES, sums.state_s[k].tolist(), strict=True) if t} == pytest.approx(
            hours_in(made["states"], k)
        )


def test_a_condensed_trace_keeps_load_material_and_time() -> None:
    """Proves: with records off the quarter-hour load, material by role and hours by state are those of the whole trace."""
    scenario = read(ROOT / "scenarios" / "aluminium-foundry.yaml")
    whole, small = (
        simulate(scenario, MeanDraws(), t_from=0.0, t_to=86_400.0, records=records) for records in (True, False)
    )
    load = [np.asarray(quarter_hour_kwh(t.flows, "electricity", 0.0, 86_400.0)) for t in (whole, small)]
    assert np.allclose(load[0], load[1], rtol=1e-9, atol=1e-9)
    by_role = [np.bincount(t.material["role"], t.material["kg"], 9) for t in (whole, small)]
    assert np.allclose(by_role[0], by_role[1], rtol=1e-12)
    melting_s = hours_in(whole.states, whole.names.equipment.index("melt.1"))["processing"]
    assert small.facts["state_s/melt.1/processing"] == pytest.approx(melting_s)
    assert len(small.moves) == len(small.batches) == len(small.states) == 0
