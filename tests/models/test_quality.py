"""Scrap, rework and longest waits, by hand and as shares; alternatives on a route."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.workshop import moves, seconds, week, workshop
from twin.core.faults import ScenarioFaults
from twin.ledger.service import service
from twin.ledger.trace import OUTCOMES, Trace

H = 3600.0


def _line(
    last: dict[str, Any], *, lots: int = 1, pieces: int = 10, replication: int | None = None, **first: Any
) -> Trace:
    """Weld, then test; lots of ten pieces, a minute a piece."""
    weld = {"kind": "machine", "cycle": "1 min"} | first
    stations = {"weld": weld, "test": {"kind": "machine", "cycle": "1 min"} | last}
    products = {"part": {"lot": pieces, "route": ["weld", "test"]}}
    return week(workshop(stations, products, {"all": {"product": "part", "quantity": lots * pieces}}), replication)


def _outcomes(trace: Trace, equipment: str) -> list[str]:
    rows = trace.moves.where(trace.moves["equipment"] == trace.names.equipment.index(equipment))
    return [OUTCOMES[int(code)] for code in rows["outcome"][np.argsort(rows["ended"], kind="stable")]]


def test_scrapped_pieces_go_no_further() -> None:
    """Proves: with randomness off 20 % of ten pieces: eight are good, and eight minutes are what the next station works.

    Sensitivity: scrap judged after the station: ten minutes.
    """
    trace = _line({}, quality={"scrap": "20 %"})
    assert trace.facts["good_pieces"] == 8.0
    assert trace.facts["scrapped_pieces/part"] == 2.0
    assert seconds(trace, "test.1")["processing"] == 8 * 60.0


def test_reworked_pieces_come_back_as_a_lot_of_their_own() -> None:
    """Proves: half of ten go back once, of those half is then scrapped: 5 + 2.5 good, 2.5 scrapped; weld works 10 + 5 min.

    Sensitivity: without a limit all would be good in the end; pieces counted twice would give more than ten.
    """
    trace = _line({"quality": {"rework": {"share": "50 %", "to": "weld", "at_most": 1}}})
    assert trace.facts["good_pieces"] == 7.5
    assert trace.facts["reworked_pieces/part"] == 5.0
    assert trace.facts["scrapped_pieces/part"] == 2.5
    assert seconds(trace, "weld.1")["processing"] == 15 * 60.0


def test_all_of_a_lot_may_go_back() -> None:
    """Proves: a share of 100 %, twice: the lot is welded three times and then scrapped, and leaves nothing late behind.

    Sensitivity: a lot lost on the way would be missing among the outcomes.
    """
    trace = _line({"quality": {"rework": {"share": "100 %", "to": "weld", "at_most": 2}}})
    assert _outcomes(trace, "weld.1") == ["done"] * 3
    assert _outcomes(trace, "test.1") == ["reworked", "reworked", "scrapped"]
    assert trace.facts.get("good_pieces", 0.0) == 0.0
    assert service(trace).jobs_done == 0


def test_shares_are_those_written() -> None:
    """Proves: of 20,000 pieces 3 % are scrapped within four standard errors. Sensitivity: 3 % of the lots would vary ten times as much."""
    trace = _line({"cycle": "1 s", "quality": {"scrap": "3 %"}}, lots=200, pieces=100, replication=1, cycle="1 s")
    scrapped = trace.facts["scrapped_pieces/part"]
    assert abs(scrapped - 600.0) < 4 * (20_000 * 0.03 * 0.97) ** 0.5
    assert trace.facts["good_pieces"] == 20_000.0 - scrapped


def _quench(consequence: dict[str, Any], lots: int = 3) -> Trace:
    """A lot of an hour's heating each 10 min, quenched one at a time for 25 min: the second waits 15, the third 30 min."""
    stations = {
        "heat": {"kind": "cooling", "time": "1 h"},
        "feed": {"kind": "machine", "cycle": "10 min"},
        "quench": {"kind": "machine", "cycle": "25 min", "max_wait": consequence},
    }
    products = {"part": {"lot": 1, "route": ["feed", "heat", "quench"]}}
    return week(workshop(stations, products, {"all": {"product": "part", "quantity": lots}}))


def test_a_delayed_quench_scraps_the_lot() -> None:
    """Proves: of waits of 0, 15 and 30 min the third is longer than 20: its lot is scrapped, the others are not.

    Sensitivity: waits counted from the release would scrap all.
    """
    trace = _quench({"time": "20 min", "consequence": "scrap"})
    assert trace.facts["good_pieces"] == 2.0
    assert trace.facts["late_waits/quench"] == 1.0
    assert _outcomes(trace, "quench.1") == ["done", "done", "scrapped"]
    assert service(trace).jobs_done == 2


def test_a_lot_that_waited_too_long_is_heated_again() -> None:
    """Proves: rework sends it back to the furnace: it is quenched an hour after its wait was found too long (at 2 h).

    Sensitivity: back to the first station it would come ten minutes later.
    """
    trace = _quench({"time": "20 min", "consequence": "rework"})
    assert trace.facts["good_pieces"] == 3.0
    assert moves(trace, "quench.1")[-1][1:3] == (3 * H, 3 * H + 25 * 60.0)


def test_a_lot_that_waited_too_long_takes_longer() -> None:
    """Proves: reheating adds ten minutes to the third lot only. Sensitivity: to each."""
    trace = _quench({"time": "20 min", "consequence": "reheat", "reheat": "10 min"})
    assert [end - start for _, start, end, _ in moves(trace, "quench.1")] == [1500.0, 1500.0, 2100.0]
    assert trace.facts["late_waits/quench"] == 1.0


def _drills(choose: str, **keys: Any) -> Trace:
    drill = {"kind": "machine", "cycle": "1 h"} | keys
    stations = {"cut": {"kind": "machine", "cycle": "10 min"}, "a": drill, "b": drill | {"cycle": "2 h"}}
    rule = {"a": {"stations": ["b"], "choose": choose}}
    products = {"part": {"lot": 1, "route": ["cut", "a"], "alternatives": rule}}
    return week(workshop(stations, products, {"all": {"product": "part", "quantity": 5}}))


def test_a_lot_goes_to_the_first_station_with_room() -> None:
    """Proves: a at 10 min, b at 20 min (a works), then the buffer of a, which is first: 3 lots more. Sensitivity: in turns."""
    trace = _drills("first_with_room")
    assert [queued for queued, *_ in moves(trace, "a.1")] == [600.0, 1800.0, 2400.0, 3000.0]
    assert [queued for queued, *_ in moves(trace, "b.1")] == [1200.0]


def test_a_lot_goes_to_the_shortest_queue() -> None:
    """Proves: in turns while both work, since the queues grow alike. Sensitivity: the first with room takes all."""
    trace = _drills("shortest_queue")
    assert [queued for queued, *_ in moves(trace, "a.1")] == [600.0, 1800.0, 3000.0]
    assert [queued for queued, *_ in moves(trace, "b.1")] == [1200.0, 2400.0]


def test_a_lot_without_room_anywhere_waits_for_whoever_has_it_first() -> None:
    """Proves: no buffers: the third lot stays on the saw from 30 min until a is free at 70 min; the fourth until b or a is.

    Sensitivity: waiting for the first station alone would send nothing to b after 2 h 20.
    """
    trace = _drills("first_with_room", buffer_before=0)
    assert [left for *_, left in moves(trace, "cut.1")] == [600.0, 1200.0, 4200.0, 7800.0, 8400.0]
    assert [start for _, start, *_ in moves(trace, "b.1")] == [1200.0, 8400.0]


@pytest.mark.parametrize(
    ("place", "station", "product"),
    [
        ("stations.test.quality.rework.to", {"quality": {"rework": {"share": "5 %", "to": "paint"}}}, {}),
        ("stations.weld.max_wait", {}, {"weld": {"max_wait": {"time": "1 h", "consequence": "rework"}}}),
        ("stations.test.max_wait", {"max_wait": {"time": "1 h", "consequence": "reheat"}}, {}),
        ("products.part.alternatives.paint", {}, {"alternatives": {"paint": {"stations": ["weld"]}}}),
        ("products.part.alternatives.test.stations.0", {}, {"alternatives": {"test": {"stations": ["weld"]}}}),
        ("stations.rest.quality", {}, {"rest": {"kind": "cooling", "time": "1 h", "quality": {"scrap": "1 %"}}}),
    ],
)
def test_what_cannot_be_is_a_fault_with_its_place(place: str, station: dict[str, Any], product: dict[str, Any]) -> None:
    """Proves: stations that are not on the route, nothing to go back to, keys that lack one another, kinds that cannot."""
    stations = {"weld": {"kind": "machine", "cycle": "1 min"}, "test": {"kind": "machine", "cycle": "1 min"} | station}
    for name in ("weld", "rest"):
        if name in product:
            stations[name] = stations.get(name, {}) | product[name]
    made = {"part": {"lot": 1, "route": ["weld", "test"]} | {k: v for k, v in product.items() if k == "alternatives"}}
    with pytest.raises(ScenarioFaults) as caught:
        workshop(stations, made, {"all": {"product": "part", "quantity": 1}})
    found = [fault.place for fault in caught.value.faults]
    assert place in found
    assert len(found) <= 2


@given(st.floats(0.0, 0.5), st.floats(0.01, 1.0), st.integers(1, 3), st.integers(0, 5), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_every_piece_is_good_or_scrapped(
    scrap: float, rework: float, at_most: int, buffer: int, replication: int
) -> None:
    """Proves: good + scrapped = pieces cast, whatever is sent back. Sensitivity: a piece lost or doubled in splitting a lot."""
    rule = {
        "scrap": f"{100 * scrap:.4f} %",
        "rework": {"share": f"{100 * rework:.4f} %", "to": "weld", "at_most": at_most},
    }
    trace = _line({"quality": rule, "buffer_before": buffer + 10}, lots=6, replication=replication)
    facts = trace.facts
    assert facts.get("good_pieces", 0.0) + facts.get("scrapped_pieces/part", 0.0) == pytest.approx(60.0)
