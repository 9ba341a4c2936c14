"""What a replay tells the next problem."""

from __future__ import annotations

from itertools import pairwise

from tests.optimize import day
from tests.optimize.iron_day import foundry
from twin.optimize.derive.feedback import _worked_s, corrections_kwh
from twin.optimize.replay import replay

HOUR = 3600.0


def test_time_to_finish_counts_the_hours_in_which_somebody_finishes() -> None:
    """Proves: cast on Monday at 22:00 and delivered on Tuesday at 8:00, a lot took 1 + 2 hours of the shake-out's shifts (until 23:00,
    from 6:00); it cools at night as well. Sensitivity: by the clock of the cooling place, which never closes, it would be 10 hours, and
    casting would have to be over seven hours too soon.
    """
    assert _worked_s(foundry(), "pump_body", {"mould"}, 22 * HOUR, 32 * HOUR) == 3 * HOUR


def test_a_heat_cut_short_tells_nothing() -> None:
    """Proves: what heats take beyond what is reckoned is the same whether the trace ends right after a heat or half an hour into the next.

    Sensitivity: half a heat counted as a whole one would take some hundred kWh too little.
    """
    scenario, rows = day.foundry(), day.by_rule().trace.batches
    names = day.by_rule().trace.names.equipment
    mine = [k for k in range(len(rows["t0"])) if names[int(rows["equipment"][k])] == "melt.1"]
    spans = sorted((float(rows["t0"][k]), float(rows["t1"][k])) for k in mine)
    emptied_s, begun_s = next((a[1], b[0]) for a, b in pairwise(spans[3:]) if b[0] - a[1] > 120.0)
    after, during = (replay(scenario, t, None).trace for t in (emptied_s + 60.0, begun_s + 1800.0))
    assert corrections_kwh(scenario, after) == corrections_kwh(scenario, during) != {}
