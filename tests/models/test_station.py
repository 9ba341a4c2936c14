"""The station core against lines that can be solved by hand, and against the exact throughput of an exponential line."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.lines import Line, covers, hours_in
from twin.experiment.draws import AddressedDraws
from twin.ledger.energy import quarter_hour_kwh
from twin.models.durations import Variates
from twin.models.station import Failing, Floor, Job, Place, Unit
from twin.models.worktime import WorkTime
from twin.scenario.schema import Duration


def test_two_machines_with_a_buffer_place_block_and_starve_as_by_hand() -> None:
    """Proves: blocking after service. Times 1 and 3 s, one place: lot n leaves station 2 at 1 + 3n; station 1 is blocked from lot 4 on.

    Sensitivity: with blocking before service lot 3 would begin at station 1 only when its place is free, at 7 s instead of at 4.
    """
    line = Line([1.0, 3.0], [1.0])
    line.feed(5)
    line.run()
    assert [t for _, t in line.done] == [4.0, 7.0, 10.0, 13.0, 16.0]
    rows = line.log().rows
    first = rows["equipment"] == 0
    assert rows["started"][first].tolist() == [0.0, 1.0, 2.0, 4.0, 7.0]
    assert rows["left"][first].tolist() == [1.0, 2.0, 4.0, 7.0, 10.0]
    assert hours_in(line.tables(16.0)["states"], 0) == {"processing": 5.0, "blocked": 5.0, "starved": 6.0}
    assert hours_in(line.tables(16.0)["states"], 1) == {"processing": 15.0, "starved": 1.0}


def test_no_place_between_means_the_lot_waits_on_its_machine() -> None:
    """Proves: a buffer of zero places passes lots from machine to machine.

    Sensitivity: with a place, lot 2 would leave station 1 at 2 s.
    """
    line = Line([1.0, 3.0], [0.0])
    line.feed(3)
    line.run()
    rows = line.log().rows
    assert rows["left"][rows["equipment"] == 0].tolist() == [1.0, 4.0, 7.0]


def test_work_pauses_in_breaks_and_goes_on_after_them() -> None:
    """Proves: a lot of 100 s begun 50 s before a break of 30 s ends at 130 s.

    Sensitivity: finishing through the break would end it at 100.
    """
    line = Line([100.0], worktime=WorkTime([(0.0, 50.0), (80.0, 500.0)]))
    line.feed(1)
    line.run(1000.0)
    assert line.done == [(0, 130.0)]
    states = line.tables(600.0, [(50.0, 80.0, 2), (500.0, math.inf, 0)])["states"]
    assert hours_in(states, 0) == {"processing": 100.0, "standby": 30.0, "starved": 370.0, "off": 100.0}
    assert covers(states, 0, 600.0)


def test_a_failure_stops_the_lot_until_it_is_repaired() -> None:
    """Proves: failures by operating hours. The first comes after 25 s of work, is repaired in 7 s, the next after 30 s more of work.

    Sensitivity: a calendar clock would place the second at 55 s, while the machine is idle.
    """
    line = Line([20.0])
    line.units[0].failing = Failing(lambda n: 25.0 if n == 0 else 30.0, lambda n: 7.0)
    line.feed(3)
    line.run()
    assert [t for _, t in line.done] == [20.0, 47.0, 74.0]
    assert hours_in(line.tables(80.0)["states"], 0) == {"processing": 60.0, "down": 14.0, "starved": 6.0}


def test_set_up_between_products() -> None:
    """Proves: the first lot needs no set-up, a change does. Sensitivity: setting up for each lot would end the third at 45 s."""
    line = Line([10.0])
    line.units[0].setup_s = 5.0
    for code, product in enumerate(("a", "a", "b")):
        line.places[0].put(line.job(code, product), 0.0)
    line.run()
    assert [t for _, t in line.done] == [10.0, 20.0, 35.0]


def test_earliest_due_date_goes_first() -> None:
    """Proves: the queue is by due date, then by number. Sensitivity: first come, first served would keep 0, 1, 2."""
    floor = Floor(0.0)
    place = Place(floor, "s", by_due=True)
    done: list[int] = []
    floor.finished = lambda job, now: done.append(job.code)
    Unit(place, 0, lambda _: 1.0)
    for code, due in enumerate((50.0, 90.0, 20.0, 20.0)):
        place.put(Job(code, str(code), "p", 1.0, due, (place,)), 0.0)
    floor.env.run()
    assert done == [0, 2, 3, 1]


def test_a_cut_line_still_covers_its_horizon_with_states_and_energy() -> None:
    """Proves: lots at work or blocked at the end are logged open; flows and counters agree.

    Sensitivity: dropping them would leave 'starved'.
    """
    line = Line([2.0, 5.0], [1.0])
    line.feed(100)
    line.run(33.0)
    for unit in line.units:
        unit.note(math.inf)
    made = line.tables(33.0)
    assert hours_in(made["states"], 1) == {"starved": 2.0, "processing": 31.0}
    load = np.sum(quarter_hour_kwh(made["flows"], "electricity", 0.0, 33.0))
    assert load == pytest.approx(made["counters"]["kwh"].sum(), rel=1e-12)


@given(
    st.lists(st.floats(0.5, 20.0), min_size=2, max_size=4),
    st.integers(1, 12),
    st.integers(0, 3),
    st.lists(st.tuples(st.floats(1.0, 50.0), st.floats(0.0, 30.0)), min_size=0, max_size=5),
)
@settings(max_examples=40)
def test_states_cover_and_energy_closes_whatever_the_line(
    times: list[float], lots: int, room: int, gaps: list[tuple[float, float]]
) -> None:
    """Proves: states never overlap and cover the horizon, counters equal flows, every lot is made once.

    Sensitivity: losing a piece breaks it.
    """
    windows, at = [], 0.0
    for work, gap in gaps:
        windows.append((at, at + work))
        at += work + gap
    windows.append((at, 1e6))
    line = Line(times, [float(room)] * (len(times) - 1), WorkTime(windows))
    line.feed(lots)
    line.run(1e5)
    duties = [(a, b, 2) for (_, a), (b, _) in pairwise(windows) if b > a]
    made = line.tables(400.0, duties)
    assert len(line.done) == lots
    for k in range(len(times)):
        assert covers(made["states"], k, 400.0)
    load = np.sum(quarter_hour_kwh(made["flows"], "electricity", 0.0, 400.0))
    assert load == pytest.approx(made["counters"]["kwh"].sum(), rel=1e-9)


def test_exponential_line_has_the_throughput_of_its_markov_chain() -> None:
    """Proves: six stations, five buffers of five, mean times 1: 0.7836087 lots a second (stationary chain of 30,744 states).

    Twelve runs of 2,000 lots after 500; the exact value lies inside the 99 % t interval. Sensitivity: one place less a buffer gives 0.760.
    """
    second = Duration.model_validate({"exponential": {"mean": "1 s"}})
    rates = []
    for replication in range(12):
        draws = AddressedDraws(5, replication)
        times = [Variates(second, draws.stream("time", f"s{k}")) for k in range(6)]
        line = Line([(lambda job, t=t: t(job.serial)) for t in times], [5.0] * 5)
        line.feed(2500)
        line.run()
        rates.append(2000.0 / (line.done[-1][1] - line.done[499][1]))
    half = 3.106 * np.std(rates, ddof=1) / math.sqrt(len(rates))
    assert abs(np.mean(rates) - 0.7836087) < half
    assert half < 0.02
