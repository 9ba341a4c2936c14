"""Heat-treatment furnaces under a power cap: linings heated up at rest, batches from cold, start-ups by the calendar, weekends held hot."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.kilns import FIBRE, PLAIN, batch, furnace, gas_fired
from tests.models.workshop import week, workshop
from twin.ledger.energy import quarter_hour_kwh
from twin.ledger.trace import CARRIER, Trace
from twin.models.cap import Batched, PowerCap
from twin.scenario.scenario import Scenario

BASE_KW = 20.0
LOADS = 3
DAYS = {"day": {"days": ["mon", "tue", "thu"], "from": "06:00", "to": "18:00"}}


def _load_kw(trace: Trace) -> Any:
    return quarter_hour_kwh(trace.flows, "electricity", 0.0, trace.duration_s) * 4.0


def _one(kind: str, **changes: Any) -> dict[str, Any]:
    walls = [{"area": "14 m2", "layers": FIBRE}]
    return {**PLAIN, "kind": kind, "walls": walls, "crew": "heat", "operators": 0, "startup": "2 h", **changes}


@cache
def shop(kinds: tuple[str, ...], charge_above_c: int = 0, closed_c: int = 0) -> Scenario:
    """Furnaces one after the other that work by day and are off by night."""
    more: dict[str, Any] = {} if not charge_above_c else {"charge_above": f"{charge_above_c} degC"}
    idle = {"hold": "850 degC", "after": "2 h", **({"closed": f"{closed_c} degC"} if closed_c else {})}
    stations = {f"{kind.split('_')[0]}_{k}": _one(kind, idle=idle, **more) for k, kind in enumerate(kinds)}
    part = {"mass": "5 kg", "lot": 100, "route": list(stations), "recipe": dict.fromkeys(stations, "harden")}
    return workshop(
        stations,
        {"part": part},
        {"parts": {"product": "part", "quantity": 200 * LOADS}},
        calendar={"holidays": None, "shifts": DAYS},
        crews={"heat": {"people": 2, "shifts": ["day"], "wage": "15000 KRW/h"}},
    ).changed({"site.base_load": f"{BASE_KW} kW"})


@cache
def free_peak_kw(*made: Any) -> float:
    """The highest 15-minute mean without a cap."""
    return float(_load_kw(week(shop(*made))).max())


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.sampled_from(["box_furnace", "pit_furnace"]), min_size=1, max_size=3),
    st.sampled_from([0, 780]),
    st.sampled_from([0, 500]),
    st.floats(0.0, 1.0),
)
def test_the_cap_holds_and_no_load_is_lost(kinds: list[str], above_c: int, closed_c: int, share: float) -> None:
    """Proves: from one furnace at work up to the peak without, no quarter-hour is above the cap; every invariant holds, all is made.

    Sensitivity: cold linings heated up at rest by their rated power (start of the run, start-ups, after a night held at 500 degC), or
    batches that begin beside them.
    """
    made = (tuple(kinds), above_c, closed_c)
    peak_kw, least_kw = free_peak_kw(*made), BASE_KW + 120.0 + 20.0 * (len(kinds) - 1)
    cap_kw = least_kw + share * max(0.0, peak_kw - least_kw)
    trace = week(shop(*made).changed({"site.power_cap": f"{cap_kw!r} kW"}))
    assert _load_kw(trace).max() <= cap_kw * (1.0 + 1e-9)
    assert trace.facts["cap_excess_kw"] == 0.0
    assert trace.facts["good_pieces"] == 200.0 * LOADS


def _at_rest(**keys: Any) -> Scenario:
    """One furnace whose load never fills, so that it only heats up and holds."""
    one = {**PLAIN, "walls": [{"area": "14 m2", "layers": FIBRE}], "load": {"capacity": "1000 kg", "minimum": "90 %"}}
    part = {"mass": "5 kg", "lot": 10, "route": ["box"], "recipe": {"box": "harden"}}
    scn = workshop({"box": one}, {"part": part}, {"parts": {"product": "part", "quantity": 10}})
    return scn.changed({"site.base_load": f"{BASE_KW} kW", **keys})


def test_a_cold_furnace_at_rest_heats_up_with_what_is_free() -> None:
    """Proves: of a cap of 110 kW the base load leaves 90 of the 120 kW: a cold furnace draws just these at first, heats up longer, and
    holds in the end with what it takes without a cap.

    Sensitivity: 140 kW (not reserved), or 20 kW and a lining that warms for days (no more than holding).
    """
    free, capped = _load_kw(week(_at_rest())), _load_kw(week(_at_rest(**{"site.power_cap": "110 kW"})))
    assert free[0] == pytest.approx(140.0)
    assert capped[0] == pytest.approx(110.0)
    assert capped.max() <= 110.0 + 1e-9
    assert int((free > 100.0).sum()) <= int((capped > 100.0).sum()) <= 2 * int((free > 100.0).sum()) + 2
    assert capped[-1] == pytest.approx(free[-1], rel=1e-3)


def test_what_a_furnace_reserves() -> None:
    """Proves: at rest the closed form of holding (wall area times conductance in series, leakage) and 5 % more, nothing while off; held
    at 500 degC over nights its share; at work its rated power, at least 40 % of it; a gas-fired one gives no way but its fans.

    Sensitivity: rated power around the clock leaves nobody else anything.
    """
    kind = furnace(walls=[{"area": "14 m2", "layers": FIBRE}])
    kiln = kind.start()
    through = 1.0 / (0.250 / kind.walls[0].layers[0].numbers()[1] + 1.0 / 12.0)
    walls_kw = 14.0 * through * (850.0 - 25.0) / 1000.0
    leak_kw = kiln.chamber.table("closed/air", None).lost_kw(850.0)
    assert kind.resting_kw() == pytest.approx(1.05 * (walls_kw + leak_kw) / 0.96)
    assert kind.off_kw() == 0.0
    assert furnace(idle={"hold": "850 degC", "closed": "500 degC"}).off_kw() > 0.0
    assert (kind.reserved_kw(), kind.slowest_kw()) == (120.0, pytest.approx(48.0))
    burning = gas_fired(fan="2 kW")
    assert burning.resting_kw() == burning.slowest_kw() == burning.reserved_kw() == 2.0


def test_a_batch_is_worked_slower_where_rated_power_is_not_free() -> None:
    """Proves: with 60 of 120 kW a batch from cold draws 60 kW at most, takes longer, and balances; 40 kW are too little to begin.

    Sensitivity: a shop whose cap never leaves rated power makes nothing.
    """
    kind = furnace(walls=[{"area": "14 m2", "layers": FIBRE}])
    fast, slow = kind.begin(batch(), kind.start()), kind.begin_within(batch(), kind.start(), 60.0)
    drawn = [flow for phase in slow for flow in phase.flows if CARRIER[flow.carrier] == CARRIER["electricity"]]
    assert max(flow.at(0.0) for flow in drawn) == pytest.approx(60.0)
    assert sum(p.duration_s for p in slow) > 1.3 * sum(p.duration_s for p in fast)
    used = sum(flow.amount(p.duration_s) for p in slow for flow in p.flows if flow.carrier == "electricity")
    assert used == pytest.approx(sum(sum(p.heat_kwh.values()) for p in slow), rel=1e-9)
    for free_kw, begins, given_kw in ((60.0, True, 60.0), (40.0, False, 48.0), (500.0, True, 120.0)):
        cap = PowerCap(free_kw, 0.0, ())
        held = Batched(_Idle(), 120.0, 12.0, 0.0, 48.0)
        cap.furnaces.append(held)
        assert (cap.admits(held, 0.0), cap.granted_kw(held, 0.0)) == (begins, given_kw)


class _Idle:
    """A unit without a load."""

    duties = ()
    done_at = 0.0
    phases = ()
    lots = ()
    follower = None


def test_what_was_granted_is_reserved_until_it_ends() -> None:
    """Proves: 70 kW granted up to t = 900 s count until then and end as a change; afterwards 12 kW. Sensitivity: two share them."""
    held = Batched(_Idle(), 120.0, 12.0)
    held.grant(70.0, 900.0)
    assert [held.reserved_kw(a, b) for a, b in ((0.0, 100.0), (899.0, 1000.0), (900.0, 1000.0))] == [70.0, 70.0, 12.0]
    assert list(held.changes(0.0)) == [900.0]
    assert (held.limit(0.0), held.limit(900.0)) == ((900.0, 70.0), (float("inf"), 12.0))
