"""Breakdowns by operating hours, cycles and the calendar, and repairs that wait for people: by hand and against theory."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.workshop import moves, seconds, week, workshop
from twin.ledger.trace import Trace
from twin.models.station import Failing
from twin.models.upkeep import FailingByCycles, Several, with_outages, without
from twin.models.worktime import ALWAYS, WorkTime
from twin.scenario.scenario import Scenario

H = 3600.0
WEEK_S = 604_800.0


def _mill(failures: dict[str, Any], units: int = 1, lots: int = 20, **more: Any) -> Scenario:
    mill = {"kind": "machine", "cycle": "1 h", "units": units, "failures": failures}
    products = {"part": {"lot": 1, "route": ["mill"]}}
    return workshop({"mill": mill}, products, {"all": {"product": "part", "quantity": lots}}, **more)


def test_breakdowns_by_cycles_come_after_so_many_pieces() -> None:
    """Proves: every third piece, for half an hour: pieces 3, 6 and 9 take 1.5 h. Sensitivity: by hours an idle unit would count alike."""
    trace = week(_mill({"every_cycles": 3, "repair": "30 min"}, lots=10), 0)
    lengths = [end - start for _, start, end, _ in moves(trace, "mill.1")]
    assert lengths == pytest.approx([1.5 * H if k in (2, 5, 8) else H for k in range(10)])
    assert seconds(trace, "mill.1")["down"] == pytest.approx(1.5 * H)


def test_breakdowns_by_the_calendar_come_to_idle_machines_too() -> None:
    """Proves: 10 h after each repair of 2 h, day and night: 14 repairs in a week, though there is work for 20 h only; each is down.

    Sensitivity: by operating hours there would be two.
    """
    trace = week(_mill({"every": "10 h", "repair": "2 h", "clock": "calendar"}), 0)
    assert seconds(trace, "mill.1")["down"] >= 27 * H
    ends = [end for *_, end, _ in moves(trace, "mill.1")]
    assert len(ends) == 20
    assert seconds(trace, "mill.1")["processing"] == pytest.approx(20 * H)


def test_two_reasons_to_stop_count_apart() -> None:
    """Proves: every 10 s for 1 s and every 15 s for 2 s of 30 s of work: stops after 10, 15, 20, 30 (both) s of work.

    Sensitivity: one counter for both would lose the second's 15 s at the first stop.
    """
    several = Several([Failing(lambda _: 10.0, lambda _: 1.0), Failing(lambda _: 15.0, lambda _: 2.0)])
    stops, worked = [], 0.0
    while worked < 30.0:
        run = several.left_s
        worked += run
        stops.append((worked, several.worked(run)))
    assert stops == [(10.0, 1.0), (15.0, 2.0), (20.0, 1.0), (30.0, 3.0)]


def test_cycles_are_counted_over_lots_of_different_speed() -> None:
    """Proves: 5 cycles: 3 of a lot of 10 s each, then 2 of a lot of 4 s each: 8 s into the second. Sensitivity: seconds carried over."""
    failing = FailingByCycles(lambda _: 5.0, lambda _: 60.0)
    failing.lot(30.0, 3)
    assert failing.worked(30.0) == 0.0
    failing.lot(40.0, 10)
    assert failing.left_s == pytest.approx(8.0)
    assert failing.worked(8.0) == 60.0


def test_repairs_wait_for_the_one_mechanic() -> None:
    """Proves: two machines break down at 5 h of work; the second repair of 1 h begins when the first is done: 20 lots on two machines.

    Each stops after 5 and 10 h of work, together the first time only. Sensitivity: a mechanic each: down 2 h each.
    """
    failures = {"every": "5 h", "repair": "1 h", "repair_crew": "mechanic"}
    trace = week(_mill(failures, units=2, resources={"mechanic": {"units": 1}}), 0)
    assert sorted(seconds(trace, f"mill.{k}")["down"] for k in (1, 2)) == [2 * H, 3 * H]
    free = week(_mill(failures, units=2, resources={"mechanic": {"units": 2}}), 0)
    assert seconds(free, "mill.2")["down"] == 2 * H


def test_repairs_go_on_in_the_crews_hours_only() -> None:
    """Proves: broken down Mon 05:00, repaired by a crew that comes at 08:00, one hour: down for 4 h. Sensitivity: day and night 1 h."""
    crews = {"fitters": {"people": 1, "shifts": ["day"], "wage": "14000 KRW/h"}}
    trace = week(_mill({"every": "5 h", "repair": "1 h", "repair_crew": "fitters"}, lots=6, crews=crews), 0)
    assert seconds(trace, "mill.1")["down"] == 4 * H


def test_machine_repair_has_the_availability_of_its_markov_chain() -> None:
    """Proves: four machines, one mechanic, mean 10 h to failure, 2 h to repair, both exponential: share of time up as of M/M/1//4.

    p_n proportional to 4!/(4-n)! (2/10)^n; mean up = sum (4-n) p_n = 3.0083 of 4. Twelve runs of eight weeks, 99.9 % t interval.
    Sensitivity: a mechanic for each machine gives 3.3333.
    """
    weights = [math.factorial(4) / math.factorial(4 - n) * 0.2**n for n in range(5)]
    exact = sum((4 - n) * w for n, w in enumerate(weights)) / sum(weights)
    failures = {
        "every": {"exponential": {"mean": "10 h"}},
        "repair": {"exponential": {"mean": "2 h"}},
        "repair_crew": "mechanic",
    }
    run = {"start": "2026-07-06", "duration": "8 weeks", "warmup": "0 s"}
    scenario = _mill(failures, units=4, lots=8 * 168 * 4, resources={"mechanic": {"units": 1}}, run=run)
    found = []
    for replication in range(12):
        trace = week(scenario, replication)
        down = sum(seconds(trace, f"mill.{k}").get("down", 0.0) for k in range(1, 5))
        found.append(4.0 - down / trace.duration_s)
    half = 4.437 * float(np.std(found, ddof=1)) / math.sqrt(len(found))
    assert abs(float(np.mean(found)) - exact) < half
    assert half < 0.1


def test_a_unit_more_changes_no_other_unit() -> None:
    """Proves: common random numbers: breakdowns of the first machine come at the same operating times with a second one beside it.

    Sensitivity: draws that are consumed in the order of events.
    """

    def downs(units: int) -> list[float]:
        failures = {"every": {"exponential": {"mean": "5 h"}}, "repair": {"lognormal": {"mean": "1 h", "sd": "30 min"}}}
        trace: Trace = week(_mill(failures, units=units, lots=120), 2)
        code = trace.names.equipment.index("mill.1")
        rows = trace.states.where((trace.states["equipment"] == code) & (trace.states["state"] == 8))
        return [float(x) for x in rows["t1"] - rows["t0"]]

    one, two = downs(1), downs(2)
    assert len(two) > 3
    assert one[: len(two)] == pytest.approx(two)


@given(st.lists(st.tuples(st.floats(0.0, 90.0), st.floats(0.5, 9.0)), max_size=6))
def test_hours_without_outages_add_up(spans: list[tuple[float, float]]) -> None:
    """Proves: working time + outages within it = working time before, whatever overlaps; duties never overlap one another."""
    outages, at = [], 0.0
    for start, length in sorted(spans):
        begin = max(start, at + 0.1)
        outages.append((begin, begin + length))
        at = begin + length
    hours = WorkTime([(5.0, 30.0), (40.0, 80.0)])
    lost = sum(hours.seconds(a, b) for a, b in outages)
    left = without(hours, outages)
    assert left.seconds(0.0, 200.0) == pytest.approx(65.0 - lost)
    assert without(ALWAYS, outages).open(150.0)
    duties = with_outages([(-math.inf, 5.0, 0), (30.0, 40.0, 2), (80.0, math.inf, 0)], outages)
    assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(duties))
