"""Units that form loads follow a plan: which lots together and when, patience, lots left over, off and on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.workshop import moves, workshop
from twin.experiment.draws import MeanDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.trace import STATES, Trace
from twin.models.plant import simulate
from twin.scenario.plan import Plan, PlannedBatch, StateCommand

HOUR = 3600.0
OVEN: dict[str, Any] = {
    "kind": "batch_machine",
    "cycle": "2 h",
    "load": {"places": 20, "minimum": "100 %", "max_wait": "30 h"},
    "power": {"processing": "60 kW", "standby": "9 kW"},
}
PRODUCTS = {"a": {"lot": 10, "route": ["oven"], "recipe": "hot"}}
ORDERS = {"a": {"product": "a", "quantity": 60}}


def _batch(lot: int, load: str, at_h: float) -> PlannedBatch:
    key = f"a/once/{lot}"
    return PlannedBatch("oven.1", "job", key, "a", key, at_h * HOUR, 2 * HOUR, 10.0, 10, load)


def _run(
    batches: list[PlannedBatch],
    commands: tuple[StateCommand, ...] = (),
    follow: dict[str, str] | None = None,
    **more: Any,
) -> Trace:
    scenario = workshop({"oven": OVEN}, PRODUCTS, ORDERS, dispatch={"patience": "30 min", **(follow or {})}, **more)
    plan = Plan(0.0, 48 * HOUR, 900.0, tuple(batches), commands)
    trace = simulate(scenario, MeanDraws(), plan=plan, t_to=48 * HOUR)
    assert max(residuals_of_trace(trace).values()) <= 1e-9
    return trace


def _begun_h(trace: Trace) -> dict[str, float]:
    """Hours at which each lot's load began."""
    rows, names = trace.moves, [f"a/once/{k}" for k in range(6)]
    return {names[int(j)]: round(float(t) / HOUR, 4) for j, t in zip(rows["job"], rows["started"], strict=True)}


def _states(trace: Trace) -> list[tuple[str, float, float]]:
    rows = trace.states.where(trace.states["equipment"] == trace.names.equipment.index("oven.1"))
    found: list[tuple[str, float, float]] = []
    for code, t0, t1 in sorted(zip(rows["state"], rows["t0"], rows["t1"], strict=True), key=lambda row: row[1]):
        word = STATES[int(code)]
        if found and found[-1][0] == word:
            found[-1] = (word, found[-1][1], float(t1) / HOUR)
        else:
            found.append((word, float(t0) / HOUR, float(t1) / HOUR))
    return found


def test_loads_hold_the_planned_lots_at_the_planned_time() -> None:
    """Proves: lots 5 and 0 share a load at 3 h, one lot goes alone at 8 h below the minimum. Sensitivity: the plant's own order."""
    trace = _run(
        [
            _batch(5, "x", 3),
            _batch(0, "x", 3),
            _batch(1, "y", 8),
            _batch(2, "z", 11),
            _batch(3, "z", 11),
            _batch(4, "w", 14),
        ]
    )
    begun = _begun_h(trace)
    assert begun == {
        "a/once/0": 3.0,
        "a/once/1": 8.0,
        "a/once/2": 11.0,
        "a/once/3": 11.0,
        "a/once/4": 14.0,
        "a/once/5": 3.0,
    }


def test_a_late_load_shifts_what_follows() -> None:
    """Proves: with loads planned an hour apart that take two, each begins when the one before it is done. Sensitivity: overlapping."""
    trace = _run([_batch(k, f"l{k}", 1.0 + k) for k in range(6)])
    assert [start for _, start, _, _ in moves(trace, "oven.1")] == pytest.approx(
        [HOUR * (1.0 + 2.0 * k) for k in range(6)]
    )


def test_the_next_complete_load_passes_when_patience_ends() -> None:
    """Proves: a load whose second lot never comes waits half an hour, the next passes, then it goes. Sensitivity: waiting on."""
    ghost = PlannedBatch("oven.1", "job", "a/once/9", "a", "a/once/9", 2 * HOUR, 2 * HOUR, 10.0, 10, "x")
    trace = _run([_batch(0, "x", 2), ghost, _batch(1, "y", 6), _batch(2, "y", 6)])
    begun = _begun_h(trace)
    assert begun["a/once/1"] == begun["a/once/2"] == 2.5
    assert begun["a/once/0"] >= 4.5


def test_lots_that_no_load_names_join_one_with_room() -> None:
    """Proves: a lot the plan does not name fills up the next planned load of its recipe. Sensitivity: left behind for ever."""
    trace = _run([_batch(0, "x", 3), _batch(1, "y", 6), _batch(2, "y", 6), _batch(3, "z", 9), _batch(4, "z", 9)])
    assert _begun_h(trace)["a/once/5"] == 3.0


def test_off_and_on_are_heeded() -> None:
    """Proves: off from the start to 5 h, on again, off for good after the last load although told an hour before its end.

    Sensitivity: an oven that is left on (9 kW), or one that is switched off over a load.
    """
    batches = [_batch(k, f"l{k // 2}", 6.0 + 2.0 * (k // 2)) for k in range(6)]
    commands = (
        StateCommand("oven.1", 0.0, "off"),
        StateCommand("oven.1", 5 * HOUR, "startup"),
        StateCommand("oven.1", 11 * HOUR, "off"),
    )
    trace = _run(batches, commands)
    assert _states(trace) == [("off", 0.0, 5.0), ("starved", 5.0, 6.0), ("processing", 6.0, 12.0), ("off", 12.0, 48.0)]


def test_a_load_that_is_due_switches_on() -> None:
    """Proves: an oven that is off when its load is due comes on at once. Sensitivity: the lot waits to the end of the plan."""
    trace = _run(
        [_batch(k, f"l{k // 2}", 6.0 + 2.0 * (k // 2)) for k in range(6)], (StateCommand("oven.1", 0.0, "off"),)
    )
    assert _states(trace)[:2] == [("off", 0.0, 6.0), ("processing", 6.0, 12.0)]


def test_after_the_horizon_the_plant_goes_by_its_own_rule() -> None:
    """Proves: lots that no plan moved are put together by the plant when the plan is over. Sensitivity: units that wait for orders."""
    scenario = workshop({"oven": OVEN}, PRODUCTS, ORDERS)
    plan = Plan(
        0.0, 10 * HOUR, 900.0, (_batch(0, "x", 1), _batch(1, "x", 1)), (StateCommand("oven.1", 4 * HOUR, "off"),)
    )
    begun = _begun_h(simulate(scenario, MeanDraws(), plan=plan, t_to=48 * HOUR))
    assert begun["a/once/0"] == 1.0
    assert len(begun) == 6


@pytest.mark.parametrize(
    ("follow", "first_h", "second_h", "third_h"),
    [
        ({"follow": "time"}, 3.0, 8.0, 14.0),
        ({"follow": "window", "window": "90 min"}, 1.5, 6.5, 12.5),
        ({"follow": "window", "window": "5 h"}, 0.0, 3.0, 9.0),
        ({"follow": "sequence"}, 0.0, 2.0, 4.0),
    ],
)
def test_a_plan_is_followed_by_time_by_window_or_by_sequence(
    follow: dict[str, str], first_h: float, second_h: float, third_h: float
) -> None:
    """Proves: three loads of 2 h planned at 3, 8 and 14 h begin at their times; 90 min or 5 h sooner, as far as the oven is free; or one
    after the other in the planned order. Sensitivity: without the order, the load of lot 1 would come before that of lots 5 and 0.
    """
    batches = [
        _batch(5, "x", 3),
        _batch(0, "x", 3),
        _batch(1, "y", 8),
        _batch(2, "y", 8),
        _batch(3, "z", 14),
        _batch(4, "z", 14),
    ]
    begun = _begun_h(_run(batches, follow=follow))
    assert begun == {
        "a/once/5": first_h,
        "a/once/0": first_h,
        "a/once/1": second_h,
        "a/once/2": second_h,
        "a/once/3": third_h,
        "a/once/4": third_h,
    }
