"""Batches that share a cycle, and places where lots only spend time."""

from __future__ import annotations

import math

import numpy as np

from tests.models.lines import RATES, hours_in
from twin.models.expand import Log, Machine, tables
from twin.models.station import PLAIN, RIDER, Floor, Job, Place
from twin.models.together import BatchUnit, DelayUnit
from twin.models.worktime import WorkTime


def _floor() -> tuple[Floor, list[tuple[int, float]]]:
    floor = Floor(0.0)
    done: list[tuple[int, float]] = []
    floor.finished = lambda job, now: done.append((job.code, now))
    return floor, done


def test_lots_that_fit_share_a_cycle_and_a_large_lot_takes_several() -> None:
    """Proves: batch of 100 pieces, cycle 60 s: lots of 40 and 60 go together, 250 take three cycles.

    Sensitivity: one by one would end at 300 s.
    """
    floor, done = _floor()
    place = Place(floor, "blast")
    BatchUnit(place, 0, lambda _: 60.0, 100)
    place.held += 0.0
    for code, pieces in enumerate((30.0, 40.0, 60.0, 250.0)):
        place.put(Job(code, str(code), "p", pieces, math.inf, (place,)), 0.0)
    floor.env.run()
    assert done == [(0, 60.0), (1, 120.0), (2, 120.0), (3, 300.0)]
    rows = Log.of(floor.log, floor.pieces).rows
    together = rows["batch"] == rows["batch"][rows["job"] == 1]
    assert sorted(rows["form"][together].tolist()) == [PLAIN, RIDER]
    assert rows["share"][together].tolist() == [0.4, 0.6]
    states = tables(Log.of(floor.log, floor.pieces), [Machine(0, RATES)], 0.0, 400.0)["states"]
    assert hours_in(states, 0) == {"processing": 300.0, "starved": 100.0}


def test_a_cycle_that_runs_past_the_shift_is_overtime() -> None:
    """Proves: a cycle begun is finished, its overtime told. Sensitivity: pausing would end it after the gap, at 130 s."""
    floor, done = _floor()
    place = Place(floor, "blast", worktime=WorkTime([(0.0, 50.0), (100.0, 200.0)]))
    unit = BatchUnit(place, 0, lambda _: 40.0, 10)
    told: list[tuple[float, float]] = []
    unit.overtime = lambda a, b: told.append((a, b))
    for code in range(3):
        place.put(Job(code, str(code), "p", 10.0, math.inf, (place,)), 0.0)
    floor.run(1000.0)
    assert done == [(0, 40.0), (1, 80.0), (2, 140.0)]
    assert told == [(50.0, 80.0)]


def test_a_place_to_cool_takes_so_many_lots_at_a_time() -> None:
    """Proves: two places, 10 s each: five lots leave at 10, 10, 20, 20, 30. Sensitivity: without a limit all would leave at 10."""
    floor, done = _floor()
    place = Place(floor, "cool")
    DelayUnit(place, 0, lambda _: 10.0, 2)
    for code in range(5):
        place.put(Job(code, str(code), "p", 4.0, math.inf, (place,)), 0.0)
    floor.env.run()
    assert [t for _, t in done] == [10.0, 10.0, 20.0, 20.0, 30.0]
    states = tables(Log.of(floor.log, floor.pieces), [Machine(0, {}, (), True)], 0.0, 50.0)["states"]
    assert hours_in(states, 0) == {"processing": 30.0, "starved": 20.0}


def test_a_blocked_lot_keeps_its_place_to_cool() -> None:
    """Proves: what cannot go on blocks its place. Sensitivity: freeing it early would let the third lot in at 10 s."""
    floor, done = _floor()
    cool, pack = Place(floor, "cool"), Place(floor, "pack", room=0.0)
    DelayUnit(cool, 0, lambda _: 10.0, 1)
    BatchUnit(pack, 1, lambda _: 25.0, 1)
    for code in range(3):
        cool.put(Job(code, str(code), "p", 1.0, math.inf, (cool, pack)), 0.0)
    floor.env.run()
    assert [t for _, t in done] == [35.0, 60.0, 85.0]
    rows = Log.of(floor.log, floor.pieces).rows
    assert np.array_equal(rows["left"][rows["equipment"] == 0], [10.0, 35.0, 60.0])
