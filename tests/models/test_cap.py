"""Reservations under a power cap, by hand."""

from __future__ import annotations

from twin.ledger.trace import CARRIER, STATE
from twin.models.cap import PowerCap, envelope

E = CARRIER["electricity"]
MACHINE = envelope(
    {STATE["processing"]: {E: 50.0}, STATE["standby"]: {E: 10.0}, STATE["startup"]: {E: 30.0}},
    [(0.0, 100.0, STATE["off"]), (100.0, 200.0, STATE["startup"]), (500.0, 900.0, STATE["standby"])],
)


def test_a_machine_reserves_what_it_may_draw() -> None:
    """Proves: off draws nothing, start-up and breaks their own, working time the most. Sensitivity: always the highest power."""
    assert MACHINE.most_kw(10.0, 90.0) == 0.0
    assert MACHINE.most_kw(50.0, 150.0) == 30.0
    assert MACHINE.most_kw(150.0, 300.0) == 50.0
    assert MACHINE.most_kw(600.0, 800.0) == 10.0


def test_a_heat_waits_or_melts_slower() -> None:
    """Proves: 1,000 kW cap, 100 kW constant, 50 kW machine, other furnace 400 kW: 450 kW are left of 600 rated.

    Waits while another melts; alone it begins with what is left, but never below 40 % of rated.
    Sensitivity: forgetting its own reservation.
    """
    cap = PowerCap(1000.0, 100.0, [MACHINE])
    cap.furnaces = [lambda: 400.0, lambda: 20.0]
    assert cap.free_kw(300.0, 400.0) == 430.0
    assert cap.grant_kw(600.0, 20.0, 300.0, 400.0, others_melt=True) == 0.0
    assert cap.grant_kw(600.0, 20.0, 300.0, 400.0, others_melt=False) == 450.0
    assert cap.grant_kw(1200.0, 20.0, 300.0, 400.0, others_melt=False) == 0.0
    assert cap.grant_kw(450.0, 20.0, 300.0, 400.0, others_melt=True) == 450.0
    assert cap.next_change(150.0) == 200.0
