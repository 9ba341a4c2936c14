"""Compressor, fan, base load, PV and battery as pure functions, against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.models.lines import Line
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.trace import CARRIER, STATE, typed
from twin.models import battery, site, utilities
from twin.models.expand import Log, Machine, tables
from twin.scenario.schema import Battery

AIR = CARRIER["compressed_air"]
COMPRESSOR = utilities.Compressor.model_validate(
    {"kind": "compressor", "rated": "40 kW", "delivers": "6 Nm3/min", "leaks": "20 %", "unloaded_share": "30 %"}
)


def _line(duties=()):
    line = Line([100.0])
    line.feed(2)
    line.run()
    rates = {STATE["processing"]: {AIR: 3.0 / 60.0}}
    return tables(Log.of(line.floor.log, line.floor.pieces), [Machine(0, rates, duties)], 0.0, 3600.0)


def test_load_unload_compressor_by_hand() -> None:
    """Proves: demand 3 of 6 Nm3/min and 20 % leaks: loaded 70 % of the time; leaks alone 20 %. Sensitivity: leaks as a share of demand."""
    made = _line()
    rows = utilities.air(COMPRESSOR, 1, made, np.array([0]), 3600.0)
    working, leaking = 40.0 * (0.3 + 0.7 * 0.7), 40.0 * (0.3 + 0.7 * 0.2)
    assert rows["flows"]["base"].tolist() == pytest.approx([working, leaking])
    assert rows["counters"]["kwh"][0] == pytest.approx((working * 200.0 + leaking * 3400.0) / 3600.0)


def test_compressor_is_off_when_all_it_serves_is() -> None:
    """Proves: no pressure, no leaks outside of working time. Sensitivity: leaks around the clock."""
    rows = utilities.air(COMPRESSOR, 1, _line([(1000.0, 4000.0, STATE["off"])]), np.array([0]), 3600.0)
    assert float(rows["flows"]["t1"].max()) == 1000.0
    assert rows["states"]["state"].tolist()[-1] == STATE["off"]


def test_more_air_than_it_delivers_is_full_load() -> None:
    """Proves: power never exceeds rated. Sensitivity: a linear law without its cap."""
    assert COMPRESSOR.power_kw(np.array([1.0])).tolist() == [40.0]


@pytest.mark.parametrize(("control", "power"), [("fixed", 22.0), ("demand", 22.0 * 0.5**2.5)])
def test_fan_follows_the_share_that_works(control: str, power: float) -> None:
    """Proves: one of two machines at work: half the flow, 0.5^2.5 of the power. Sensitivity: the square or cube law."""
    fan = utilities.Fan.model_validate({"kind": "fan", "power": "22 kW", "control": control, "serves": ["s"]})
    made = _line()
    idle = {name: column.copy() for name, column in made["states"].columns.items()}
    idle["equipment"][:], idle["state"][:] = 1, STATE["starved"]
    both = made | {"states": typed("states", [made["states"].columns, idle])}
    rows = utilities.dust(fan, 2, both, np.array([0, 1]), 3600.0)
    assert rows["flows"]["base"][0] == pytest.approx(power)


def test_pv_is_curtailed_at_the_load() -> None:
    """Proves: used = min(available, load), zero where there is no load. Sensitivity: exporting the surplus."""
    rows = site.photovoltaics(3, np.array([50.0, 50.0, 50.0, 0.0]), np.array([80.0, 20.0, -5.0, 10.0]), 3600.0)
    assert rows["flows"]["base"].tolist() == [-50.0, -20.0]
    assert rows["flows"]["t0"].tolist() == [0.0, 900.0]
    assert rows["counters"]["kwh"][0] == pytest.approx(-(50.0 + 20.0) / 4.0)


def test_base_load_is_constant() -> None:
    """Proves: 35 kW for two hours are 70 kWh in eight equal quarters."""
    rows = site.base_load(0, 35.0, 7200.0)
    table = typed("flows", [rows["flows"]])
    assert np.allclose(quarter_hour_kwh(table, "electricity", 0.0, 7200.0), 35.0 / 4.0)


def test_battery_shaves_and_charges_within_its_limits() -> None:
    """Proves: 100 kWh, 40 kW, 81 % round trip (0.9 each way), half full, shave above 100 kW.

    Net 160: gives 40 (its power), takes 10 / 0.9 kWh a quarter-hour from the store; net 50: charges 40, stores 9; never above 100 kWh.
    Sensitivity: losses taken once would store 10.
    """
    unit = Battery.model_validate(
        {"energy": "100 kWh", "power": "40 kW", "round_trip": "81 %", "control": {"shave_above": "100 kW"}}
    )
    wished = battery.shaving_kw(unit, np.array([160.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0]))
    given, energy = battery.follow(unit, wished, 0.25)
    assert given[0] == 40.0
    assert energy[0] == pytest.approx(50.0 - 10.0 / 0.9)
    assert energy[1] - energy[0] == pytest.approx(40.0 * 0.25 * 0.9)
    assert energy[-1] == pytest.approx(100.0)
    drained, left = battery.follow(unit, np.full(10, 40.0), 0.25)
    assert left[-1] == pytest.approx(0.0)
    assert drained.sum() * 0.25 == pytest.approx(50.0 * 0.9)


def test_battery_without_a_rule_does_nothing() -> None:
    """Proves: no control, no plan, no flow."""
    unit = Battery.model_validate({"energy": "100 kWh", "power": "40 kW"})
    assert not battery.shaving_kw(unit, np.array([500.0, 10.0])).any()
