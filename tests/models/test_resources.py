"""Shared resources and people, by hand and in general: who waits for whom, and that no more are out than there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import moves, seconds, week, workshop
from twin.core.faults import ScenarioFaults
from twin.ledger.trace import Trace

H = 3600.0
CALENDAR = {
    "holidays": None,
    "shifts": {
        "day": {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "16:00"},
        "morning": {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "12:00"},
    },
}
CREW = {"people": 2, "shifts": ["day"], "wage": "14000 KRW/h"}


def _mills(count: int, needs: Any, lots: int = 1, **more: Any) -> Trace:
    """Mills of 1 h a lot, each with ``lots`` lots of its own."""
    names = [f"m{k}" for k in range(count)]
    keys = {"kind": "machine", "cycle": "1 h", "power": {"processing": "10 kW", "standby": "1 kW"}, "needs": needs}
    keys |= more.pop("station", {})
    stations = dict.fromkeys(names, keys)
    products = {f"p{k}": {"lot": 1, "route": [name]} for k, name in enumerate(names)}
    orders = {name: {"product": name, "quantity": lots} for name in products}
    return week(workshop(stations, products, orders, **more))


def test_two_machines_share_one_crane() -> None:
    """Proves: each lot needs the crane for its whole hour: four lots end at 1, 2, 3, 4 h, in turns; who waits is starved.

    Sensitivity: two cranes would let them end at 1, 1, 2, 2 h.
    """
    trace = _mills(2, {"crane": 1}, 2, resources={"crane": {"units": 1}})
    assert [ended for *_, ended, _ in moves(trace, "m0.1")] == [H, 3 * H]
    assert [ended for *_, ended, _ in moves(trace, "m1.1")] == [2 * H, 4 * H]
    assert seconds(trace, "m1.1") == {"starved": 604800.0 - 2 * H, "processing": 2 * H}
    free = _mills(2, {"crane": 1}, 2, resources={"crane": {"units": 2}})
    assert float(free.moves["ended"].max()) == 2 * H


def test_people_of_a_crew_are_shared_where_they_are_named() -> None:
    """Proves: three mills, two people, from 8:00: two lots at 9:00, the third at 10:00.

    Sensitivity: presence alone would do all at 9:00.
    """
    trace = _mills(3, {"staff": 1}, crews={"staff": CREW}, calendar=CALENDAR)
    assert sorted(trace.moves["ended"].tolist()) == [9 * H, 9 * H, 10 * H]


def test_everybody_who_is_needed_must_be_there() -> None:
    """Proves: fitters work in the morning only: a lot of 5 h that needs one begins 8:00, pauses at 12:00, ends the next day at 9:00.

    Sensitivity: hours of the station's own crew would end it at 13:00.
    """
    crews = {"staff": CREW, "fitters": CREW | {"shifts": ["morning"]}}
    trace = _mills(1, {"fitters": 1}, crews=crews, calendar=CALENDAR, station={"cycle": "5 h", "crew": "staff"})
    assert float(trace.moves["ended"][0]) == 33 * H


def test_a_transfer_holds_the_crane_for_its_time_only() -> None:
    """Proves: 15 min of crane, then an hour of work: the second mill begins when the crane is back. Ends at 75 and 90 min.

    Sensitivity: held for the whole lot: 75 and 150.
    """
    trace = _mills(2, {"crane": {"during": "transfer", "for": "15 min"}}, resources={"crane": {"units": 1}})
    assert sorted(trace.moves["ended"].tolist()) == [75 * 60.0, 90 * 60.0]
    assert seconds(trace, "m1.1")["setup"] == 900.0


def test_a_setter_is_needed_for_set_ups_only() -> None:
    """Proves: two machines change product at 1 h; the one setter makes the second wait for the 30 min of the first.

    Sensitivity: without the setter both would end at 2.5 h.
    """
    mill = {
        "kind": "machine",
        "cycle": "1 h",
        "setup": {"between_products": "30 min"},
        "needs": {"setter": {"during": "setup"}},
    }
    products = {f"{letter}{k}": {"lot": 1, "route": [f"m{k}"]} for letter in "ab" for k in (0, 1)}
    orders = {name: {"product": name, "quantity": 1} for name in products}
    trace = week(workshop({"m0": mill, "m1": mill}, products, orders, resources={"setter": {"units": 1}}))
    assert [ended for *_, ended, _ in moves(trace, "m0.1")] == [H, 2.5 * H]
    assert [ended for *_, ended, _ in moves(trace, "m1.1")] == [H, 3 * H]


def test_who_waits_keeps_the_turn() -> None:
    """Proves: a lot that needs both cranes goes before later ones that need one, though one is free.

    Sensitivity: giving out whatever is free would let the big lot wait until 2 h or forever.
    """
    small = {"kind": "machine", "cycle": "1 h", "needs": {"crane": 1}}
    stations = {"s1": small, "big": small | {"needs": {"crane": 2}}, "s2": small}
    products = {name: {"lot": 1, "route": [name]} for name in stations}
    release = {"s1": "00:01", "big": "00:02", "s2": "00:03"}
    orders = {
        name: {"product": name, "quantity": 1, "every": "week", "release": {"day": "mon", "at": at}}
        for name, at in release.items()
    }
    trace = week(workshop(stations, products, orders, resources={"crane": {"units": 2}}))
    assert [moves(trace, f"{name}.1")[0][1] for name in ("s1", "big", "s2")] == [60.0, 60.0 + H, 60.0 + 2 * H]


def test_a_batch_waits_for_its_resource_too() -> None:
    """Proves: two blasts share one hoist: they work one after the other. Sensitivity: units of their own hoist."""
    blast = {"kind": "shot_blast", "batch": 4, "cycle": "1 h", "needs": {"hoist": 1}}
    products = {f"p{k}": {"lot": 2, "route": [f"b{k}"]} for k in (0, 1)}
    orders = {name: {"product": name, "quantity": 4} for name in products}
    trace = week(workshop({"b0": blast, "b1": blast}, products, orders, resources={"hoist": {"units": 1}}))
    assert sorted(set(trace.moves["ended"].tolist())) == [H, 2 * H, 3 * H]


def test_resources_that_are_not_there_are_faults() -> None:
    """Proves: unknown names, more units than there are, a resource called like a crew, a transfer without time."""
    cases: list[tuple[str, dict[str, Any]]] = [
        ("stations.m0.needs.crain", {"needs": {"crain": 1}}),
        ("stations.m0.needs.crane", {"needs": {"crane": 3}}),
        ("stations.m0.needs.crane", {"needs": {"crane": {"during": "transfer"}}}),
    ]
    for place, keys in cases:
        with pytest.raises(ScenarioFaults) as caught:
            _mills(1, keys["needs"], resources={"crane": {"units": 2}})
        assert [fault.place for fault in caught.value.faults] == [place]
    with pytest.raises(ScenarioFaults, match="a crew has the same name"):
        _mills(1, {"staff": 1}, crews={"staff": CREW}, resources={"staff": {"units": 2}}, calendar=CALENDAR)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=4),
    st.integers(3, 4),
    st.integers(2, 3),
    st.floats(0.2, 2.0),
)
@settings(max_examples=25, deadline=None)
def test_never_more_out_than_there_are_and_nobody_waits_forever(
    stations: list[tuple[int, int]], cranes: int, hooks: int, hours: float
) -> None:
    """Proves: at no time do lots at work need more cranes or hooks than there are; every lot is made.

    Sensitivity: a claim that is not given back stops the plant, one counted twice lets too many work.
    """
    made = {
        f"m{k}": {"kind": "machine", "cycle": f"{hours} h", "needs": {"crane": a} | ({"hook": b} if b else {})}
        for k, (a, b) in enumerate(stations)
    }
    products = {f"p{k}": {"lot": 1, "route": [name]} for k, name in enumerate(made)}
    orders = {name: {"product": name, "quantity": 3} for name in products}
    trace = week(workshop(made, products, orders, resources={"crane": {"units": cranes}, "hook": {"units": hooks}}))
    assert trace.facts["good_pieces"] == 3.0 * len(products)
    rows = [(start, end, *stations[k]) for k in range(len(stations)) for _, start, end, _ in moves(trace, f"m{k}.1")]
    for at, *_ in rows:
        at_work = [row for row in rows if row[0] <= at < row[1]]
        assert sum(row[2] for row in at_work) <= cranes
        assert sum(row[3] for row in at_work) <= hooks
