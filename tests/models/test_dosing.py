"""The dosing furnace's bath against closed forms, a numerical solution, and its own energy balance."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from twin.models.dosing import DosingBath, DosingParameters
from twin.models.feed import Thermostat
from twin.models.worktime import WorkTime

P = DosingParameters(45.0, 0.95, 11.0, 0.3, 0.03, 0.00032, 25.0)


def _sums(phases: list) -> tuple[float, float, float]:
    drawn = sum(flow.amount(phase.duration_s) for phase in phases for flow in phase.flows)
    heat = sum(kwh for phase in phases for kwh in phase.heat_kwh.values())
    return drawn, heat, sum(phase.duration_s for phase in phases)


def test_holding_takes_what_is_lost() -> None:
    """Proves: at the set point P = G (T - Ta) / eta = 11 x 665 / 0.95 W. Sensitivity: leaving out eta gives 7.315 kW."""
    bath = DosingBath(P, 300.0, 690.0)
    (phase,) = bath.advance(3600.0, 690.0, "holding")
    assert phase.flows[0].base == pytest.approx(11.0 * 665.0 / 950.0)
    assert bath.temperature_c == 690.0


def test_hot_metal_floats_down_to_the_set_point_in_the_time_of_an_exponential() -> None:
    """Proves: 300 kg at 690 mixed with 150 kg at 780 floats, then holds. Sensitivity: without the lining's heat the mixture is hotter."""
    bath = DosingBath(P, 300.0, 690.0)
    bath.receive(150.0, 780.0)
    here, added = 300.0 * 0.00032 + 0.03, 150.0 * 0.00032
    mixed = (here * 690.0 + added * 780.0) / (here + added)
    assert bath.temperature_c == pytest.approx(mixed)
    phases = bath.advance(40_000.0, 690.0, "holding")
    tau = (here + added) * 3.6e6 / 11.0
    assert phases[0].duration_s == pytest.approx(tau * math.log((mixed - 25.0) / 665.0))
    assert phases[0].flows == ()
    assert phases[1].flows[0].base == pytest.approx(11.0 * 665.0 / 950.0)


def test_course_agrees_with_a_numerical_solution() -> None:
    """Proves: two hours without power, then rated power: temperatures agree with solve_ivp to 1e-6 K."""
    bath = DosingBath(P, 400.0, 700.0)
    bath.advance(7200.0, 100.0, "standby")
    cooled = bath.temperature_c
    bath.advance(1800.0, 1200.0, "standby")
    c_kj = (400.0 * 0.00032 + 0.03) * 3600.0

    def slope(power_kw: float):
        return lambda t, y: [(0.95 * power_kw - 0.011 * (y[0] - 25.0)) / c_kj]

    first = solve_ivp(slope(0.0), (0.0, 7200.0), [700.0], rtol=1e-11, atol=1e-9).y[0][-1]
    second = solve_ivp(slope(45.0), (0.0, 1800.0), [first], rtol=1e-11, atol=1e-9).y[0][-1]
    assert cooled == pytest.approx(first, abs=1e-6)
    assert bath.temperature_c == pytest.approx(second, abs=1e-6)


@given(
    st.floats(0.0, 450.0),
    st.floats(400.0, 800.0),
    st.floats(450.0, 760.0),
    st.floats(1.0, 100_000.0),
    st.floats(2.0, 30.0),
    st.floats(5.0, 60.0),
)
def test_energy_closes_whatever_the_state(
    kg: float, at_c: float, set_c: float, span_s: float, loss: float, rated: float
) -> None:
    """Proves: electricity = losses + storage + leads, to rounding; time is whole. Sensitivity: dropping a term breaks it."""
    bath = DosingBath(DosingParameters(rated, 0.9, loss, 0.4, 0.02, 0.00032, 25.0), kg, at_c)
    drawn, heat, lasted = _sums(bath.advance(span_s, set_c, "holding"))
    assert lasted == pytest.approx(span_s)
    assert drawn == pytest.approx(heat, rel=1e-9, abs=1e-9)


def test_setback_is_back_at_the_hold_temperature_when_the_shift_begins() -> None:
    """Proves: let down by 60 K over a gap of 15 h and heated again just in time; the energy is below holding through.

    Sensitivity: heating from the shift's start would leave the bath below 690 degC then.
    """
    thermostat = Thermostat(WorkTime([(-3600.0, 0.0), (54_000.0, 80_000.0)]), 690.0, 60.0)
    bath, held = DosingBath(P, 300.0, 690.0), DosingBath(P, 300.0, 690.0)
    drawn: list[float] = []
    seen: list[tuple[float, float]] = []

    def write(t0: float, t1: float, set_c: float, state: str) -> None:
        phases = bath.advance(t1 - t0, set_c, state)
        drawn.append(_sums(phases)[0])
        seen.append((t1, bath.temperature_c))

    thermostat.advance(bath, 0.0, 54_000.0, write)
    assert seen[-1] == (54_000.0, pytest.approx(690.0, abs=0.05))
    assert min(t for _, t in seen) == pytest.approx(630.0, abs=0.5)
    assert sum(drawn) < _sums(held.advance(54_000.0, 690.0, "holding"))[0]
