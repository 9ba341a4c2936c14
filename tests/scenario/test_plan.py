"""Plans there and back."""

from __future__ import annotations

import pytest

from twin.core.faults import InputFault
from twin.scenario.plan import Plan, PlannedBatch, StateCommand

PLAN = Plan(
    0.0,
    604800.0,
    900.0,
    (
        PlannedBatch("melt.1", "heat", "melt.1/0", "ADC12", None, 25200.5, 5400.0, 520.0),
        PlannedBatch("cast.1", "job", "w/2026-07-06/0", "housing", "w/2026-07-06/0", 30000.0, 2480.0, 206.4, 40),
    ),
    (StateCommand("melt.1", 0.0, "off"),),
    (0.0, -12.5),
    "feasible",
    1.25e6,
    1.2e6,
    0.04,
    "iterations",
    ("a note",),
)


def test_round_trip() -> None:
    """Proves: a plan is read back as it was written."""
    assert Plan.from_json(PLAN.to_json()) == PLAN
    assert Plan.from_json(PLAN.to_json()).to_json() == PLAN.to_json()
    assert PLAN.of("cast.1")[0].pieces == 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"start_s": 0}',
        '{"start_s":0,"horizon_s":1,"slot_s":1,"x":1}',
        '{"start_s":0,"horizon_s":1,"slot_s":1,"batches":[{}]}',
    ],
)
def test_what_is_no_plan(text: str) -> None:
    """Proves: anything else is an input fault."""
    with pytest.raises(InputFault):
        Plan.from_json(text)
