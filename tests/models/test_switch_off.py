"""A machine that goes off after some time without a lot, and starts up for the next one."""

from __future__ import annotations

import math

import pytest

from tests.experiment.plants import small
from tests.models.lines import RATES, Line, covers, hours_in
from twin.core.faults import ScenarioFaults
from twin.experiment.draws import MeanDraws
from twin.ledger.energy import energy_kwh, quarter_hour_kwh
from twin.ledger.laws import state_hours
from twin.models.condense import Condenser
from twin.models.expand import Log, Machine, tables
from twin.models.plant import simulate
from twin.models.worktime import WorkTime


def switching(worktime: WorkTime | None = None) -> Line:
    """One station of 10 s a lot that goes off after 5 s and starts up in 3 s; lots come at 0, 12, 40 and 41 s."""
    line = Line([10.0]) if worktime is None else Line([10.0], worktime=worktime)
    line.units[0].off_after_s, line.units[0].startup_s = 5.0, 3.0
    for code, at in enumerate((0.0, 12.0, 40.0, 41.0)):
        line.floor.after(at, lambda _, code=code: line.places[0].put(line.job(code), line.floor.now))
    line.run(100.0)
    return line


def made(line: Line, begin: float = 0.0, end: float = 70.0):
    return tables(Log.of(line.floor.log, line.floor.pieces), [Machine(0, RATES, (), False, 5.0)], begin, end)


def test_goes_off_and_starts_up_as_by_hand() -> None:
    """Proves: 2 s of waiting do not switch it off; 18 s do, 13 of them off, and the lot at 40 s waits 3 s for the start-up.

    Sensitivity: a start-up without having been off would end the second lot at 25 s instead of 22.
    """
    line = switching()
    assert [t for _, t in line.done] == [10.0, 22.0, 53.0, 63.0]
    rows = made(line)
    assert hours_in(rows["states"], 0) == {"processing": 40.0, "starved": 12.0, "off": 15.0, "startup": 3.0}
    assert covers(rows["states"], 0, 70.0)
    load = float(quarter_hour_kwh(rows["flows"], "electricity", 0.0, 70.0).sum())
    assert load == pytest.approx((40 * 10.0 + 12 * 2.0) / 3600.0, rel=1e-12)
    assert rows["counters"]["kwh"].sum() == pytest.approx(load, rel=1e-12)


def test_a_stretch_that_began_before_the_horizon_counts_whole() -> None:
    """Proves: cut at 25 s the machine is 2 s from going off, not 5. Sensitivity: counting from the cut would leave 2 + 5 s starved."""
    states = made(switching(), 25.0, 42.0)["states"]
    assert hours_in(states, 0) == {"starved": 2.0, "off": 13.0, "startup": 2.0}


def test_condensing_in_chunks_sees_the_same_states() -> None:
    """Proves: with records off the hours by state are those of the whole log. Sensitivity: a chunk that cuts an idle stretch moves them."""
    line, whole = switching(), made(switching(), 0.0, 63.0)
    line = Line([10.0])
    line.units[0].off_after_s, line.units[0].startup_s = 5.0, 3.0
    for code, at in enumerate((0.0, 12.0, 40.0, 41.0)):
        line.floor.after(at, lambda _, code=code: line.places[0].put(line.job(code), line.floor.now))
    sums = Condenser(line.floor, [Machine(0, RATES, (), False, 5.0)], math.inf)
    while line.floor.steps(1):
        sums.chunk()
    sums.chunk(63.0)
    seconds = dict(hours_in(whole["states"], 0).items())
    assert sums.state_s[0].sum() == pytest.approx(63.0)
    assert sorted(s for s in sums.state_s[0] if s) == pytest.approx(sorted(seconds.values()))


def test_idle_time_begins_anew_with_a_shift() -> None:
    """Proves: a lot at the beginning of working hours needs no start-up of its own, however long the night was.

    Sensitivity: idleness counted over the night would end the lot at 43 + 10 s, not at 40 + 10.
    """
    line = switching(WorkTime([(0.0, 30.0), (40.0, 100.0)]))
    assert [t for _, t in line.done] == [10.0, 22.0, 50.0, 60.0]


def test_in_a_scenario_off_draws_nothing() -> None:
    """Proves: the key reaches the plant: hours starved become hours off, kWh fall by standby power times those, less the start-ups.

    Sensitivity: a key that is read but not used leaves the kWh as they are.
    """
    base = {
        "stations.trim.crew": None,
        "run.randomness": "off",
        "stations.trim.power.startup": {"value": "5 kW", "for": "90 s"},
    }
    found = {}
    for after in (None, "10 min"):
        trace = simulate(small(base | {"stations.trim.power.off_after": after}), MeanDraws())
        hours = state_hours(trace)["trim.1"]
        kwh = {state: v for (name, state), v in energy_kwh(trace, "electricity").items() if name == "trim.1"}
        found[after] = hours, kwh
    on, off = found[None], found["10 min"]
    assert "off" not in on[0]
    assert off[0]["off"] > 60.0
    assert 0.0 < off[0]["startup"] < 2.0
    assert sum(off[0].values()) == pytest.approx(sum(on[0].values()))
    assert off[1]["startup"] == pytest.approx(5.0 * off[0]["startup"])
    assert off[1]["starved"] == pytest.approx(3.0 * off[0]["starved"])
    assert sum(off[1].values()) < sum(on[1].values()) - 3.0 * 55.0


def test_refused_where_a_casting_machine_waits_for_metal() -> None:
    """Proves: the key is a fault on a casting station, named there. Sensitivity: silently ignoring it would pass."""
    from twin.scenario.scenario import read

    with pytest.raises(ScenarioFaults, match="off_after"):
        read("scenarios/aluminium-foundry.yaml", {"stations.cast.power.off_after": "10 min"})
