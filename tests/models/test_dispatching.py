"""Who goes next, by hand: set-ups by matrix and family, shortest time, power; and hours that a unit does not share with its station."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.workshop import moves, seconds, week, workshop
from twin.core.faults import ScenarioFaults
from twin.ledger.trace import Trace

MIN = 60.0
SETUPS = {"between_products": "10 min", "matrix": {"a": {"b": "20 min"}, "b": {"a": "5 min"}}}


def _mill(**keys: Any) -> dict[str, Any]:
    return {"kind": "machine", "cycle": "1 h", "power": {"processing": "100 kW", "standby": "5 kW"}} | keys


def _shop(letters: str, *, dispatch: Any = None, orders: Any = None, products: Any = None, **keys: Any) -> Trace:
    """Lots of one piece each, all released at once in the order of the letters, through one mill."""
    made = {name: {"lot": 1, "route": ["mill"]} for name in sorted(set(letters))}
    for name, more in (products or {}).items():
        made[name] |= more
    asked = {f"o{k}": {"product": name, "quantity": 1} for k, name in enumerate(letters)}
    for name, more in (orders or {}).items():
        asked[name] |= more
    more = {"dispatch": dispatch} if dispatch else {}
    return week(workshop({"mill": _mill(**keys)}, made, asked, **more))


def _order(trace: Trace) -> str:
    rows = trace.moves
    product = dict(zip(trace.jobs["job"].tolist(), trace.jobs["product"].tolist(), strict=True))
    ranked = sorted(range(len(rows)), key=lambda k: rows["started"][k])
    return "".join(trace.names.product[product[int(rows["job"][k])]] for k in ranked)


def test_set_ups_follow_the_matrix() -> None:
    """Proves: a b a c takes 20 (a to b) + 5 (b to a) + 10 (a to c, which the matrix leaves out) minutes of set-up.

    Sensitivity: by one time for all it would be 30; a matrix read backwards gives 5 + 20 + 10, the same sum, hence the times of each lot.
    """
    trace = _shop("abac", dispatch={"rule": "fifo"}, setup=SETUPS)
    assert seconds(trace, "mill.1")["setup"] == 35 * MIN
    ends = [ended for *_, ended, _ in moves(trace, "mill.1")]
    assert ends == [60 * MIN, 140 * MIN, 205 * MIN, 275 * MIN]


def test_set_ups_between_families() -> None:
    """Proves: within a family none is needed. Sensitivity: by product it would be two."""
    setup = {"between_products": "10 min", "by": "family"}
    trace = _shop("abc", setup=setup, products={"a": {"family": "f"}, "b": {"family": "f"}})
    assert seconds(trace, "mill.1")["setup"] == 10 * MIN


def test_set_up_avoiding_takes_what_the_machine_is_set_up_for() -> None:
    """Proves: a b a b goes a a b b: one set-up. Sensitivity: in the order of release three."""
    trace = _shop("abab", dispatch={"rule": "setup_avoiding"}, setup={"between_products": "10 min"})
    assert _order(trace) == "aabb"
    assert seconds(trace, "mill.1")["setup"] == 10 * MIN


def test_shortest_processing_time_goes_first() -> None:
    """Proves: of the three that wait the shortest. The first is begun when it comes. Sensitivity: by release b before c."""
    trace = _shop(
        "abcd", dispatch={"rule": "shortest_processing_time"}, cycle={"a": "1 h", "b": "3 h", "c": "2 h", "d": "1 h"}
    )
    assert _order(trace) == "adcb"


def test_priority_comes_before_the_rule() -> None:
    """Proves: the lot of priority 1 goes before shorter ones. Sensitivity: time alone."""
    times = {"a": "1 h", "b": "3 h", "c": "2 h"}
    trace = _shop("abc", dispatch={"rule": "shortest_processing_time"}, cycle=times, orders={"o1": {"priority": 1}})
    assert _order(trace) == "abc"


def test_a_station_may_have_a_rule_of_its_own() -> None:
    """Proves: fifo here though the plant goes by due date. Sensitivity: the plant's rule would take the urgent lot first."""
    urgent = {"every": "week", "release": {"day": "mon", "at": "00:10"}, "due": {"day": "tue", "at": "00:00"}}
    made = {name: {"lot": 1, "route": ["mill"]} for name in "abc"}
    asked = {name: {"product": name, "quantity": 1} for name in "abc"}
    asked["c"] |= urgent
    assert _order(week(workshop({"mill": _mill()}, made, asked))) == "acb"
    assert _order(week(workshop({"mill": _mill(dispatch="fifo")}, made, asked))) == "abc"


def test_power_aware_waits_for_the_end_of_the_dear_hours() -> None:
    """Proves: a big load begins nothing in an on-peak hour of the tariff (15:00 to 21:00 on weekdays) unless the lot
    is due within the slack; one that is small does.

    Sensitivity: without the rule the three lots would follow one another from 13:00 on.
    """
    release = {"every": "week", "release": {"day": "mon", "at": "13:00"}}
    late = {f"o{k}": release for k in range(4)}
    plain = [start for _, start, *_ in moves(_shop("aaaa", orders=late), "mill.1")]
    held = [start for _, start, *_ in moves(_shop("aaaa", orders=late, dispatch={"rule": "power_aware"}), "mill.1")]
    small = {"rule": "power_aware", "big_load": "200 kW"}
    assert [start for _, start, *_ in moves(_shop("aaaa", orders=late, dispatch=small), "mill.1")] == plain
    assert plain == [13 * 3600.0, 14 * 3600.0, 15 * 3600.0, 16 * 3600.0]
    assert held == [13 * 3600.0, 14 * 3600.0, 21 * 3600.0, 22 * 3600.0]
    pressing = {f"o{k}": release | {"due": {"day": "mon", "at": "20:00"}} for k in range(4)}
    due = [start for _, start, *_ in moves(_shop("aaaa", orders=pressing, dispatch={"rule": "power_aware"}), "mill.1")]
    assert due == plain


def test_power_aware_keeps_big_loads_below_a_level() -> None:
    """Proves: two mills of 100 kW under a level of 150 kW work one after the other; under 200 kW side by side.

    Sensitivity: a level that counts stations instead of units.
    """
    release = {f"o{k}": {"due": {"day": "mon", "at": "01:00"}} for k in range(4)}
    for level, last in (("150 kW", 4), ("200 kW", 2)):
        trace = _shop("aaaa", orders=release, dispatch={"rule": "power_aware", "level": level}, units=2)
        assert float(trace.moves["ended"].max()) == last * 3600.0


def test_maintenance_at_a_weekly_time_stops_the_lot_and_the_unit() -> None:
    """Proves: Mon 01:30 for an hour: the lot begun at 01:00 ends at 03:00; the other unit goes on.

    Sensitivity: a stop of the whole station.
    """
    upkeep = [{"at": [{"day": "mon", "at": "01:30"}], "for": "1 h"}]
    trace = _shop("aaa", maintenance=upkeep)
    assert [ended for *_, ended, _ in moves(trace, "mill.1")] == [3600.0, 3 * 3600.0, 4 * 3600.0]
    assert seconds(trace, "mill.1")["down"] == 3600.0


def test_maintenance_by_operating_hours_and_by_cycles() -> None:
    """Proves: every 90 min of work for 15 min: three hours of work end at 3:30. Every two pieces: three lots end at 3:15.

    Sensitivity: hours of the clock would stop an idle machine.
    """
    by_hours = _shop("aaa", maintenance=[{"every": "90 min", "for": "15 min"}])
    assert float(by_hours.moves["ended"].max()) == 3.5 * 3600.0
    by_cycles = _shop("aaa", maintenance=[{"every_cycles": 2, "for": "15 min"}])
    assert [ended for *_, ended, _ in moves(by_cycles, "mill.1")] == [3600.0, 2.25 * 3600.0, 3.25 * 3600.0]
    both = _shop("aaa", maintenance=[{"every_cycles": 2, "for": "15 min"}, {"every": "90 min", "for": "15 min"}])
    assert float(both.moves["ended"].max()) == 3.75 * 3600.0


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        ("stations.mill.setup.matrix.x", {"setup": {"matrix": {"x": {"a": "1 min"}}}}),
        ("stations.mill.setup.matrix.a.a", {"setup": {"matrix": {"a": {"a": "1 min"}}}}),
        ("stations.mill.maintenance.0", {"maintenance": [{"for": "1 h"}]}),
        ("stations.mill.failures", {"failures": {"every": "1 h", "every_cycles": 5, "repair": "1 h"}}),
        (
            "stations.mill.maintenance.0.at.0.at",
            {"maintenance": [{"at": [{"day": "mon", "at": "25:00"}], "for": "1 h"}]},
        ),
    ],
)
def test_what_means_nothing_is_a_fault(place: str, keys: dict[str, Any]) -> None:
    """Proves: unknown products in a matrix, two clocks or none, no time of day."""
    with pytest.raises(ScenarioFaults) as caught:
        _shop("ab", **keys)
    assert [fault.place for fault in caught.value.faults] == [place]
