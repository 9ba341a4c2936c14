"""Planned shutdowns: controlled cool-down, and a start-up timed before the first shift after them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.workshop import seconds, week, workshop
from twin.core.faults import ScenarioFaults
from twin.ledger.energy import energy_kwh
from twin.models.worktime import attended
from twin.scenario.calendar import startup_times
from twin.scenario.scenario import Scenario

H = 3600.0
POWER = {
    "processing": "50 kW",
    "standby": "10 kW",
    "startup": {"value": "30 kW", "for": "2 h"},
    "cooldown": {"value": "6 kW", "for": "3 h"},
}


def _plant(**calendar: Any) -> Scenario:
    days = ["mon", "tue", "wed", "thu", "fri"]
    shutdown = {"from": "2026-07-07", "to": "2026-07-08"} | calendar.pop("shutdown", {})
    table = {
        "holidays": None,
        "shifts": {"day": {"days": days, "from": "08:00", "to": "16:00"}},
        "shutdowns": [shutdown],
    } | calendar
    stations = {"mill": {"kind": "machine", "cycle": "1 h", "power": POWER, "shifts": ["day"]}}
    products = {"part": {"lot": 1, "route": ["mill"]}}
    return workshop(stations, products, {"all": {"product": "part", "quantity": 1}}, calendar=table)


def test_it_cools_down_before_it_is_off() -> None:
    """Proves: open Mon, Thu, Fri: four long gaps before and between with three cool-downs of 3 h at 6 kW after Mon, Thu and Fri.

    Sensitivity: off at once would draw nothing: 54 kWh less.
    """
    trace = week(_plant())
    assert seconds(trace, "mill.1")["holding"] == 9 * H
    by_state = energy_kwh(trace, "electricity", ("equipment", "state"))
    assert by_state["mill.1", "holding"] == pytest.approx(54.0)


def test_a_short_gap_leaves_no_time_to_be_off() -> None:
    """Proves: in a gap of 4 h with 3 h of cooling and a start-up timed 2 h before: holding 2 h, no time off. Sensitivity: overlap."""
    _, duties = attended([(0.0, 8 * H), (12 * H, 20 * H)], 0.0, 2 * H, [10 * H], 3 * H)
    between = [duty for duty in duties if 8 * H <= duty[0] < 12 * H]
    assert [(a / H, b / H) for a, b, _ in between] == [(8.0, 10.0), (10.0, 12.0)]


def test_it_is_switched_on_ahead_of_the_first_shift_after_the_shutdown() -> None:
    """Proves: 5 h before Thu 08:00 it starts up, instead of at the usual 06:00; other days as usual; ready and waiting at 05:00.

    Sensitivity: the usual time would come later and win.
    """
    usual = {"mill": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "06:00")}
    plain, early = _plant(startup=usual), _plant(startup=usual, shutdown={"startup": {"mill": "5 h"}})
    day = 24 * H
    assert startup_times(plain, "mill", 0.0, 7 * day) == [6 * H, 3 * day + 6 * H, 4 * day + 6 * H]
    assert startup_times(early, "mill", 0.0, 7 * day) == [6 * H, 3 * day + 3 * H, 4 * day + 6 * H]
    assert seconds(week(early), "mill.1")["standby"] == 3 * H
    assert seconds(week(plain), "mill.1").get("standby", 0.0) == 0.0


def test_a_start_up_of_what_is_not_there_is_a_fault() -> None:
    """Proves: the place names the shutdown."""
    with pytest.raises(ScenarioFaults) as caught:
        _plant(shutdown={"startup": {"lathe": "5 h"}})
    assert [fault.place for fault in caught.value.faults] == ["calendar.shutdowns.0.startup.lathe"]


def test_a_lead_longer_than_the_shutdown_keeps_it_on() -> None:
    """Proves: closed Tue and Wed, a lead of 1000 h: on from the end of Monday's shift to Thursday's first, not off.

    Sensitivity: a time before the last shift belongs to no gap; the station stayed off and began Thursday cold.
    """
    scenario = _plant(shutdown={"startup": {"mill": "1000 h"}})
    assert startup_times(scenario, "mill", 0.0, 7 * 24 * H) == [16 * H]
    states = seconds(week(scenario), "mill.1")
    usual = seconds(week(_plant()), "mill.1")
    assert states["off"] < usual["off"] - 20 * H
