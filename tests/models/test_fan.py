"""Fans, pumps and motors: by hand, against published curves, and as laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.around import around, energy_kwh
from twin.models.fan import Fan
from twin.models.motor import Motor
from twin.models.pump import Pump


def fan(**fields) -> Fan:
    return Fan.model_validate({"kind": "fan", "power": "22 kW", "serves": ["s0", "s1"]} | fields)


@pytest.mark.parametrize(
    ("control", "power"),
    [
        ("fixed", 22.0),
        ("demand", 22.0 * 0.5**2.5),
        ("damper", 22.0 * (0.37073425 + 0.97250253 / 2 - 0.34240761 / 4)),
        ("inlet_vane", 22.0 * (0.35071223 + 0.30850535 / 2 - 0.54137364 / 4 + 0.87198823 / 8)),
        ("variable_speed", 22.0 * (0.0015302446 + 0.0052080574 / 2 + 1.1086242 / 4 - 0.11635563 / 8)),
    ],
)
def test_fan_follows_the_share_that_works(control: str, power: float) -> None:
    """Proves: one of two machines at work: half the flow, and the published curve's power. Sensitivity: the cube law."""
    here = around([(0, "processing", 0.0, 3600.0), (1, "starved", 0.0, 3600.0)])
    assert energy_kwh(fan(control=control).made(2, here)) == pytest.approx(power)


def test_weights_of_stations() -> None:
    """Proves: three quarters of the flow belong to s0. Sensitivity: equal shares."""
    here = around([(0, "processing", 0.0, 3600.0), (1, "starved", 0.0, 3600.0)])
    rows = fan(control="demand", weights={"s0": 3.0}).made(2, here)
    assert energy_kwh(rows) == pytest.approx(22.0 * 0.75**2.5)


@given(st.sampled_from(["damper", "inlet_vane", "variable_speed", "demand"]), st.floats(0, 1), st.floats(0, 1))
def test_less_flow_never_takes_more_and_drives_beat_dampers(control: str, a: float, b: float) -> None:
    """Proves: power rises with flow; at equal flow variable speed takes no more than vane, vane than damper.

    Sensitivity: the curves swapped. The vane's cubic dips below 0.3 of the flow, which ``least_flow`` leaves out.
    """
    low, high = fan(control=control).share(np.array(sorted([a, b])))
    assert low <= high + 1e-9
    flow = np.array([a])
    speed, vane, damper = (fan(control=c).share(flow)[0] for c in ("variable_speed", "inlet_vane", "damper"))
    assert speed <= vane + 1e-2
    assert vane <= damper + 1e-2


def test_pump_curves() -> None:
    """Proves: half flow with 20 % static head: 0.5 (0.2 + 0.8/4) of the power at variable speed; throttled 72.5 %; bypass all.

    Sensitivity: the cube law would give 12.5 %.
    """
    half = np.array([0.5])
    pump = {"kind": "pump", "power": "10 kW", "serves": ["s0"]}
    by = {
        c: Pump.model_validate(pump | {"control": c}).drawn_kw(half)[0]
        for c in ("fixed", "throttled", "variable_speed")
    }
    assert by["variable_speed"] == pytest.approx(1.03 * 10.0 * 0.5 * (0.2 + 0.8 * 0.25))
    assert by["throttled"] == pytest.approx(7.25)
    assert by["fixed"] == 10.0


def test_pump_follows_the_heat_of_furnaces() -> None:
    """Proves: a phase that gives 50 kWh to cooling water in half an hour is 100 kW, half of what the pump carries; then it stops.

    Sensitivity: flow by equipment at work would be full flow.
    """
    pump = Pump.model_validate(
        {"kind": "pump", "power": "10 kW", "serves": ["s0"], "cools": "200 kW", "control": "variable_speed"}
    )
    here = around(
        [(0, "processing", 0.0, 1800.0), (0, "off", 1800.0, 3600.0)], heat=[(0, "cooling_water", 0.0, 1800.0, 50.0)]
    )
    assert energy_kwh(pump.made(1, here)) == pytest.approx(0.5 * pump.drawn_kw(np.array([0.5]))[0])


def test_motor_losses_at_part_load() -> None:
    """Proves: 75 kW, 94 % at full load: losses 4.787 kW; without load 80 % of those at a quarter (AMO tools). Sensitivity: constant
    efficiency would lose nothing without load.
    """
    motor = Motor.model_validate(
        {"rated": "75 kW", "efficiency": "94 %", "efficiency_half": "94 %", "efficiency_quarter": "90 %"}
    )
    assert motor.loss_kw(np.array([1.0]))[0] == pytest.approx(75.0 * (1 / 0.94 - 1))
    assert motor.loss_kw(np.array([0.0]))[0] == pytest.approx(0.8 * 18.75 * (1 / 0.9 - 1))
    assert motor.electric_kw(np.array([37.5]))[0] == pytest.approx(37.5 / 0.94)


@given(st.floats(0.0, 1.2), st.floats(0.0, 1.2))
def test_a_motor_never_gives_more_than_it_takes(a: float, b: float) -> None:
    """Proves: electric power exceeds shaft power and rises with it. Sensitivity: negative losses between the points."""
    motor = Motor.model_validate({"rated": "10 kW", "efficiency": "90 %"})
    shaft = 10.0 * np.array(sorted([a, b]))
    electric = motor.electric_kw(shaft)
    assert np.all(electric > shaft)
    assert electric[0] <= electric[1] + 1e-12
