"""Reservations under a power cap, by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.ledger.trace import CARRIER, STATE
from twin.models.cap import Batched, PowerCap, envelope
from twin.models.phases import Flow, Phase

E = CARRIER["electricity"]
MACHINE = envelope(
    {STATE["processing"]: {E: 50.0}, STATE["standby"]: {E: 10.0}, STATE["startup"]: {E: 30.0}},
    [(0.0, 100.0, STATE["off"]), (100.0, 200.0, STATE["startup"]), (500.0, 900.0, STATE["standby"])],
)


@dataclass
class Held:
    """Reserves a power, another after ``until``."""

    kw: float
    until: float = math.inf
    then: float = 0.0

    def reserved_kw(self, t0: float, t1: float) -> float:
        return max(self.kw if t0 < self.until else 0.0, self.then if t1 > self.until else 0.0)

    def changes(self, t: float) -> list[float]:
        return [self.until] if self.until > t else []


@dataclass
class Begun:
    """A furnace that draws what it was granted until its work is done."""

    start: float = math.inf
    granted: list[tuple[float, float]] = field(default_factory=list)
    end: float = math.inf

    def begin(self, start: float, granted: list[tuple[float, float]], work: float) -> None:
        self.start, self.granted = start, granted
        t = start
        for until, kw in granted:
            if kw > 0.0 and work <= kw * (until - t):
                self.end = t + work / kw
                return
            work -= kw * (until - t)
            t = until

    def at(self, t: float) -> float:
        if not self.start <= t < self.end:
            return 0.0
        return next(kw for until, kw in self.granted if t < until)

    def reserved_kw(self, t0: float, t1: float) -> float:
        if self.start == math.inf or t0 >= self.end:
            return 0.0
        begins = [self.start, *(until for until, _ in self.granted)]
        return max(
            (kw for (until, kw), a in zip(self.granted, begins, strict=False) if a < t1 and until > t0), default=0.0
        )

    def changes(self, t: float) -> list[float]:
        return [x for x in (*(until for until, _ in self.granted), self.end) if x > t] if self.granted else []


@dataclass
class Holder(Held):
    """Can be set down."""

    spare_s: float = 0.0
    down_until: float = 0.0

    def can_spare_s(self, now: float) -> float:
        return self.spare_s if now >= self.down_until else 0.0

    def set_down(self, until_s: float) -> None:
        self.down_until = until_s

    def reserved_kw(self, t0: float, t1: float) -> float:
        return 0.0 if t1 <= self.down_until else self.kw

    def changes(self, t: float) -> list[float]:
        return [self.down_until] if self.down_until > t else []


def test_a_machine_reserves_what_it_may_draw() -> None:
    """Proves: off draws nothing, start-up and breaks their own, working time the most. Sensitivity: always the highest power."""
    assert MACHINE.most_kw(10.0, 90.0) == 0.0
    assert MACHINE.most_kw(50.0, 150.0) == 30.0
    assert MACHINE.most_kw(150.0, 300.0) == 50.0
    assert MACHINE.most_kw(600.0, 800.0) == 10.0


def test_a_heat_waits_or_melts_slower() -> None:
    """Proves: 1,000 kW cap, 100 kW constant, 50 kW machine, another furnace 400 kW until t = 600: 450 kW now, all of 600 afterwards.

    It never begins below 40 % of its rated power. Sensitivity: forgetting its own reservation; one power for the whole heat.
    """
    cap = PowerCap(1000.0, 100.0, [MACHINE])
    own, other = Held(20.0), Held(400.0, until=600.0, then=50.0)
    cap.furnaces = [own, other]
    assert cap.free_kw(300.0, 400.0, own) == 450.0
    assert cap.free_kw(300.0, 400.0) == 430.0
    assert cap.grants(own, 400.0, 300.0, 100.0) == [(500.0, 400.0), (600.0, 400.0), (math.inf, 400.0)]
    granted = cap.grants(own, 600.0, 300.0, 3600.0)
    assert granted[0] == (500.0, 450.0)
    assert granted[-1][1] == 600.0
    assert not cap.grants(own, 1200.0, 300.0, 100.0)
    assert cap.next_change(150.0) == 200.0


@given(
    st.lists(st.tuples(st.floats(0, 4000), st.floats(1, 3000), st.floats(0, 60)), max_size=5),
    st.floats(50, 900),
    st.lists(st.floats(0, 5000), min_size=1, max_size=6),
)
def test_grants_never_exceed_the_cap(spans, rated, starts) -> None:
    """Proves: furnaces that begin whenever they are granted power, one after the other, never draw more than the cap together with
    what machines may draw. Sensitivity: granting a heat what is free now for all of its length.
    """
    rates = {STATE["processing"]: {E: 80.0}, STATE["standby"]: {E: 10.0}}
    machines = [envelope(rates, [(a, a + b, STATE["standby"])]) for a, b, _ in spans]
    cap = PowerCap(1000.0, 100.0, machines)
    running: list[Begun] = []
    furnaces = [Begun() for _ in starts]
    cap.furnaces = list(furnaces)
    for furnace, start in zip(furnaces, sorted(starts), strict=True):
        granted = cap.grants(furnace, rated, start, 1800.0)
        if granted:
            furnace.begin(start, granted, 1800.0 * rated)
            running.append(furnace)
    for t in np.linspace(0.0, 15000.0, 400).tolist():
        drawn = 100.0 + sum(m.most_kw(t, t + 1e-6) for m in machines) + sum(one.at(t) for one in running)
        assert drawn <= 1000.0 + 1e-6


def test_holders_are_set_down_before_a_heat_is_slowed() -> None:
    """Proves: where rated power is not free, a holder that can spare 300 s gives its 60 kW for so long; else it is left alone.

    Sensitivity: setting holders down whenever a heat begins.
    """
    cap = PowerCap(1000.0, 0.0, [])
    own, holder = Held(0.0), Holder(60.0, spare_s=300.0)
    cap.furnaces, cap.holders = [own, holder], [holder]
    assert cap.grants(own, 900.0, 0.0, 600.0)[0][1] == 900.0
    assert holder.down_until == 0.0
    assert cap.grants(own, 980.0, 0.0, 600.0)[0] == (300.0, 980.0)
    assert holder.down_until == 300.0
    assert cap.grants(own, 980.0, 0.0, 600.0)[1][1] == 940.0


@dataclass
class Oven:
    """A unit with a batch of three phases from t = 100 on: 80 kW for 50 s, then 20 + 30 e^(-t/10) kW for 40 s, then 5 kW for 10 s."""

    duties: tuple[()] = ()
    done_at: float = 200.0
    phases: tuple[Phase, ...] = (
        Phase(50.0, "processing", (Flow("electricity", 80.0), Flow("natural_gas", 500.0))),
        Phase(40.0, "holding", (Flow("electricity", 20.0, ((30.0, 10.0),)),)),
        Phase(10.0, "processing", (Flow("electricity", 5.0),)),
    )
    lots: list[int] = field(default_factory=lambda: [1])
    follower: None = None


def test_a_batch_under_way_reserves_what_its_phases_still_draw() -> None:
    """Proves: 80 kW while it heats, 50 kW when it begins to soak, 20 + 30/e ten seconds later, 5 kW at last; 12 kW once it may rest.

    Sensitivity: the whole 90 kW of a batch until its end keeps heats beside it waiting.
    """
    batched = Batched(Oven(), 90.0, 12.0)
    assert batched.reserved_kw(100.0, 200.0) == 80.0
    assert batched.reserved_kw(150.0, 200.0) == 50.0
    assert batched.reserved_kw(160.0, 190.0) == pytest.approx(20.0 + 30.0 / math.e)
    assert batched.reserved_kw(190.0, 200.0) == 5.0
    assert batched.reserved_kw(190.0, 201.0) == batched.reserved_kw(200.0, 201.0) == 12.0
    assert sorted(batched.changes(120.0)) == [150.0, 190.0, 200.0]
    assert Batched(Oven(), 30.0, 12.0).reserved_kw(100.0, 200.0) == 30.0
    later = Oven(phases=Oven.phases[1:])  # under way when the run began: the first phase is past
    assert Batched(later, 90.0, 12.0).reserved_kw(150.0, 200.0) == 50.0
