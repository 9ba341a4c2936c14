"""Base load, profiles, and what stations state of steam and cooling, as pure functions, against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.around import around
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.trace import CARRIER, STATE, typed
from twin.models import site
from twin.models.profile import Profile, rows, together
from twin.models.utilities import surround


def test_base_load_is_constant() -> None:
    """Proves: 35 kW for two hours are 70 kWh in eight equal quarters."""
    made = site.base_load(0, 35.0, 7200.0)
    table = typed("flows", [made["flows"]])
    assert np.allclose(quarter_hour_kwh(table, "electricity", 0.0, 7200.0), 35.0 / 4.0)


@given(st.lists(st.tuples(st.floats(0, 90), st.floats(1, 10), st.floats(0.1, 5)), max_size=12))
def test_profile_keeps_the_integral_and_is_zero_where_nothing_is(spans) -> None:
    """Proves: the sum of rates over time is kept; between them it is exactly 0. Sensitivity: rounding left over from sums of rates."""
    t0 = np.array([a for a, _, _ in spans])
    t1 = np.array([a + b for a, b, _ in spans])
    rate = np.array([r for _, _, r in spans])
    profile = Profile.of(t0, t1, rate, 100.0)
    assert profile.total() == pytest.approx(float(np.dot(rate, t1 - t0)))
    middle = (profile.edges_s[1:] + profile.edges_s[:-1]) / 2.0
    idle = ~np.array([np.any((t0 < m) & (m < t1)) for m in middle], dtype=bool)
    assert np.all(profile.level[idle] == 0.0)
    assert np.all(profile.level >= 0.0)


def test_profiles_on_common_edges() -> None:
    """Proves: two profiles cut at each other's edges keep their levels. Sensitivity: levels taken from the next piece."""
    a = Profile.of(np.array([10.0]), np.array([20.0]), np.array([3.0]), 40.0)
    edges, (x, y) = together(a, Profile.flat(7.0, 40.0))
    assert edges.tolist() == [0.0, 10.0, 20.0, 40.0]
    assert x.tolist() == [0.0, 3.0, 0.0]
    assert y.tolist() == [7.0, 7.0, 7.0]


def test_rows_are_off_where_nothing_works() -> None:
    """Proves: states join pieces of equal state, flows pieces of equal rate; off draws nothing. Sensitivity: power while off."""
    made = rows(
        3, np.array([0.0, 10.0, 20.0, 30.0]), np.array([True, True, False]), {"electricity": np.array([5.0, 6.0, 9.0])}
    )
    assert made["states"]["t1"].tolist() == [20.0, 30.0]
    assert made["states"]["state"].tolist() == [STATE["processing"], STATE["off"]]
    assert made["flows"]["base"].tolist() == [5.0, 6.0]
    assert made["counters"]["kwh"][0] == pytest.approx(110.0 / 3600.0)


def test_stated_steam_and_cooling_follow_the_states() -> None:
    """Proves: 0.1 kg/s while processing, 0.02 while starved, closed by state. Sensitivity: one rate for all states."""
    here = around(
        [(0, "processing", 0.0, 1800.0), (0, "starved", 1800.0, 2700.0), (0, "off", 2700.0, 3600.0)],
        site={"base_load_kw": 0.0, "pv": None, "battery": None, "transformer": None, "power_cap_kw": None},
    )
    here.scenario.stations["s0"].steam.update({"processing": 0.1, "starved": 0.02})
    surround(here, lambda name: len(here.names), None)
    flows = here.tables["flows"]
    assert flows["base"].tolist() == [0.1, 0.02]
    assert set(flows["carrier"].tolist()) == {CARRIER["steam"]}
    assert sorted(here.tables["counters"]["kwh"].tolist()) == pytest.approx([0.02 * 0.25, 0.1 * 0.5])
