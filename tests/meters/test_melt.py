"""Minute steps against the exact network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.meters.furnaces import VECTOR, shop
from twin.meters.evidence import AMBIENT_C
from twin.meters.melt import Heats, courses_kwh, linings_before, melt_in_turn, melt_until
from twin.models.hearth import network_of
from twin.models.thermal import Furnace, State

POWERS = ((100.0, 20), (300.0, 20), (448.0, 40))


def test_minute_steps_follow_the_exact_solution() -> None:
    """Proves: after 20 minutes at 100 kW, 20 at 300 and 40 at 448 the bath's enthalpy is that of the exact thermal network within 0.2 %.
    Sensitivity: with the bath's temperature of the minute's beginning, and not its middle, it would be 0.4 % too high.
    """
    made = shop()
    melter, kind = made.melter(VECTOR), made.furnace(VECTOR)
    power = np.concatenate([np.full(minutes, kw) for kw, minutes in POWERS])
    (course,) = courses_kwh(melter, made.curve, [power], np.array([520.0]), rounds=1)
    furnace = Furnace(network_of(kind, AMBIENT_C))
    start_c = kind.charge.temperature_c
    state = State(np.concatenate(([start_c], melter.cold_lining())), 520.0, melter.alloy)
    cold_kwh = state.enthalpy_kwh
    at = 0
    for kw, minutes in POWERS:
        state = furnace.advance(
            state, melter.efficiency * (kw - melter.auxiliary_kw), 60.0 * minutes, mode="melting"
        ).state
        at += minutes
        assert course[at - 1] == pytest.approx(state.enthalpy_kwh - cold_kwh, rel=2e-3)


def test_an_empty_lining_cools_as_the_network_says() -> None:
    """Proves: an hour's rest leaves node temperatures within 3 K of the exact empty furnace. Sensitivity: a lining that kept its heat
    would be
    some 100 K off.
    """
    made = shop()
    melter = made.melter(VECTOR)
    hot = np.linspace(800.0, 120.0, len(melter.cold_lining()))
    furnace = Furnace(network_of(made.furnace(VECTOR), AMBIENT_C))
    state = furnace.cool(State(np.concatenate(([hot[0]], hot)), 0.0, melter.alloy), 3600.0, mode="idle").state
    assert np.abs(melter.after_rest(hot, 60.0) - state.nodes_c[1:]).max() < 3.0
    assert np.abs(hot - state.nodes_c[1:]).max() > 50.0


def test_history_is_the_same_one_by_one_and_all_at_once() -> None:
    """Proves: heats advanced together, with their furnaces' history iterated, melt as they do one after another. Sensitivity: begun on cold
    linings, the second heat of each furnace would take a minute longer.
    """
    made = shop()
    melter, target = made.melter(VECTOR), made.curve.at(950.0)
    gaps = np.array([np.nan, np.nan, 20.0, 50.0, 30.0])
    power = np.full((5, 200), 400.0)
    heats = Heats(power, np.zeros(5), gaps, 2)
    together = melt_in_turn(melter, made.curve, heats, 520.0, target)
    turns, one_by_one = linings_before(melter, gaps, 2), []
    for i in range(5):
        melted = melt_until(melter, made.curve, power[i : i + 1], np.array([520.0]), turns.before(i), target)
        turns.after(i, melted.lining_c[0])
        one_by_one.append(float(melted.minutes[0]))
    assert together.minutes == pytest.approx(one_by_one, abs=1e-3)
    cold = melt_in_turn(melter, made.curve, replace(heats, gap_min=np.full(5, np.nan)), 520.0, target)
    assert cold.minutes[2] - together.minutes[2] > 0.5


def test_a_tap_temperature_that_is_not_reached_shows() -> None:
    """Proves: too little power gives a time beyond the powers given, the further the less heat there is. Sensitivity: NaN would stop the
    fit.
    """
    made = shop()
    weak = np.stack([np.full(60, 100.0), np.full(60, 200.0)])
    melted = melt_until(
        made.melter(VECTOR),
        made.curve,
        weak,
        np.full(2, 520.0),
        made.melter(VECTOR).cold_lining(),
        made.curve.at(950.0),
    )
    assert melted.minutes[0] > melted.minutes[1] > 60.0
