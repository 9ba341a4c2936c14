"""Infeasible problems are explained in words, with the least that would make them feasible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.optimize.tiny import one_machine, series
from twin.optimize.explain.causes import explain
from twin.optimize.problem.network import Carbon

FLAT = series(10, 10, 10, 10)


def test_emission_cap_in_words() -> None:
    """Two lots of 100 kWh at 0.4 kg/kWh emit 80 kg; a cap of 50 kg is short by 30, and would be feasible with 80."""
    problem = one_machine(FLAT, lots=2, carbon=Carbon(np.full(4, 0.4), cap_kg=50.0))
    found = explain(problem)
    assert not found.feasible
    assert found.words() == (
        "emission cap short by 30.0 kg; feasible with 80.0 kg at the earliest, all else unchanged; "
        "lots due in the horizon short by 1 lot; feasible with 1 lot at the earliest, all else unchanged"
    )
    assert "배출 상한 30.0 kg 부족" in found.words("ko")


def test_the_cap_named_is_feasible_and_a_little_less_is_not() -> None:
    """The figure is tight: feasible at the stated cap, infeasible a hair below."""
    problem = one_machine(FLAT, lots=2, carbon=Carbon(np.full(4, 0.4), cap_kg=50.0))
    assert explain(replace(problem, carbon=Carbon(np.full(4, 0.4), cap_kg=80.0))).feasible
    assert not explain(replace(problem, carbon=Carbon(np.full(4, 0.4), cap_kg=79.9))).feasible


def test_power_cap_below_the_base_load() -> None:
    """Base load 60 kW under a cap of 50 kW: short by 10 kW whatever is planned. Lots alone cannot mend that."""
    problem = one_machine(FLAT, lots=0, base_kw=np.full(4, 60.0), cap_kw=np.full(4, 50.0))
    found = explain(problem)
    assert [(one.requirement, one.alone) for one in found.shortfalls] == [("power_cap", pytest.approx(10.0))]
    assert "power cap short by 10.0 kW; feasible with 60.0 kW" in found.words()


def test_two_caps_that_must_give_way_together() -> None:
    """Base load breaks both caps: neither alone makes it feasible, both are named."""
    problem = one_machine(
        FLAT, lots=0, base_kw=np.full(4, 60.0), cap_kw=np.full(4, 50.0), carbon=Carbon(np.full(4, 0.5), cap_kg=100.0)
    )
    found = explain(problem)
    assert {one.requirement for one in found.shortfalls} == {"power_cap", "emission_cap"}
    assert [one.alone for one in found.shortfalls] == [None, None]
    assert [(one.least, one.together) for one in found.shortfalls] == [
        (pytest.approx(10.0),) * 2,
        (pytest.approx(20.0),) * 2,
    ]
    assert "together with the others" in found.words()


def test_too_many_lots_are_no_fault_of_the_caps() -> None:
    """Five lots do not fit four hours: one is left over, and that is said apart; nothing else is short."""
    found = explain(one_machine(FLAT, lots=5))
    assert found.lots == pytest.approx(1.0)
    assert found.feasible
