"""Reactive power of equipment and capacitors: by hand, both routes of the balance, never over-compensated."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.around import around
from twin.ledger.trace import CARRIER, typed
from twin.models.capacitor import Capacitor
from twin.models.profile import constant
from twin.models.reactive import booked, tangents


def test_by_state_and_by_the_sites_factor() -> None:
    """Proves: 100 kW at 0.8 are 75 kvar; equipment without a factor takes the site's; 1 brings none. Sensitivity: sine for tangent."""
    here = around(
        [(0, "processing", 0.0, 3600.0), (1, "processing", 0.0, 3600.0)],
        [(0, "electricity", 0.0, 3600.0, 100.0), (1, "electricity", 0.0, 1800.0, 60.0)],
        site={"power_factor": 0.6},
    )
    here.scenario.stations["s0"].power_factor = {"processing": 0.8}
    rows = booked(here)
    assert rows["flows"]["base"].tolist() == pytest.approx([75.0, 60.0 * math.tan(math.acos(0.6))])
    assert set(rows["flows"]["carrier"].tolist()) == {CARRIER["reactive_lag"]}


def test_counters_are_scaled_as_flows_are() -> None:
    """Proves: counters of reactive power come from counters of electricity. Sensitivity: counters left out break the energy balance."""
    here = around([(0, "processing", 0.0, 3600.0)])
    here.add(
        {
            name: rows
            for name, rows in constant(0, np.array([0.0]), np.array([900.0]), np.array([40.0]), 3600.0).items()
            if name != "states"
        }
    )
    here.scenario.stations["s0"].power_factor = 0.8
    assert booked(here)["counters"]["kwh"].tolist() == pytest.approx([7.5])


def test_a_state_without_its_own_factor_takes_the_sites() -> None:
    """Proves: a mapping names some states only. Sensitivity: unity for the rest."""
    found = tangents({"processing": 0.8}, 0.9)
    assert found[4] == pytest.approx(0.75)
    assert found[5] == pytest.approx(math.tan(math.acos(0.9)))


@given(st.floats(0.0, 500.0), st.integers(1, 8), st.floats(5.0, 80.0))
def test_steps_never_lead(lag: float, units: int, step: float) -> None:
    """Proves: what is set off is at most what lags, and less than a step is left while steps are. Sensitivity: rounding up."""
    bank = Capacitor.model_validate({"kind": "capacitor", "step": f"{step!r} kvar", "units": units})
    given_kvar = float(bank.leading_kvar(np.array([lag]))[0])
    assert given_kvar <= lag + 1e-6
    if given_kvar < units * step - 1e-9:
        assert lag - given_kvar < step + 1e-6


def test_fixed_capacitors_lead_when_the_plant_rests() -> None:
    """Proves: 100 kvar fixed, load lags in the first half hour only; loss 0.5 W/kvar. Sensitivity: automatic ones give nothing then."""
    bank = Capacitor.model_validate({"kind": "capacitor", "step": "50 kvar", "units": 2, "control": "fixed"})
    here = around([(0, "processing", 0.0, 3600.0)], [(0, "reactive_lag", 0.0, 1800.0, 120.0)])
    rows = bank.made(1, here)
    table = typed("flows", [rows["flows"]])
    lead = table.where(table["carrier"] == CARRIER["reactive_lead"])
    assert float(np.sum(lead["base"] * (lead["t1"] - lead["t0"])) / 3600.0) == pytest.approx(100.0)
    automatic = Capacitor.model_validate({"kind": "capacitor", "step": "50 kvar", "units": 2}).made(1, here)["flows"]
    assert float(automatic["t1"].max()) == 1800.0


def test_capacitors_need_something_to_set_off() -> None:
    """Proves: a fault without any power factor. Sensitivity: silence."""
    bank = Capacitor.model_validate({"kind": "capacitor", "step": "50 kvar"})
    spec = SimpleNamespace(stations={}, utilities={}, site=SimpleNamespace(power_factor=None))
    assert [place for place, *_ in bank.problems("c", spec)] == ["kind"]
