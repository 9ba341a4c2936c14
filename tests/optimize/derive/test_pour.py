"""Furnaces that pour straight into moulds, counted by the lots that each holds metal for: problems that a person can solve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.optimize.day import FOUNDRY as CELLS
from tests.optimize.iron_day import claim, foundry, own, scheduled, slots
from tests.optimize.tiny import series
from twin.core.faults import InputFault
from twin.ledger.energy import of_carrier, quarter_hour_kwh
from twin.optimize.check.plan import check
from twin.optimize.derive.foundry import derive
from twin.optimize.derive.melt import MeltStation
from twin.optimize.derive.portions import Portion, Pouring, portion_of
from twin.optimize.plan.decode import Pour, Roster, Undecodable, decode
from twin.optimize.problem.network import Carbon, Change, Due, Problem, Stock, Task
from twin.optimize.problem.state import snapshot
from twin.optimize.schedule import blank
from twin.optimize.search.anytime import search
from twin.optimize.search.dispatch_pour import PourDispatch, pours
from twin.scenario.orders import JobSpec
from twin.scenario.scenario import read

HOURS = 6


def two_furnaces(prices: np.ndarray, *, pooled: bool = False, line: np.ndarray | None = None) -> Problem:
    """Two furnaces, empty; a heat takes an hour at 100 kW and gives metal for two lots; a line casts a lot an hour; four lots.

    Metal waits at 10 kW a furnace. ``pooled``: a pool of metal that only loaded furnaces hold, as for dosing furnaces; ``line``: hours in
    which lots may begin.
    """
    always = np.ones(HOURS, dtype=bool)
    stocks = {
        "idle": Stock("idle", 2.0, 2.0),
        "two": Stock("two", 0.0, 2.0, hold_kw=10.0, product="p", lots=2),
        "one": Stock("one", 0.0, 2.0, hold_kw=10.0, product="p", lots=1),
        "line": Stock("line", 1.0, 1.0),
        "done": Stock("done", 0.0, 4.0),
    }

    def task(name: str, role: str, slots_: int, kw: float, *changes: Change) -> Task:
        allowed = always if line is None or role != "lot" else line
        return Task(name, role, "g", slots_, np.full(slots_, kw), allowed, changes, product="p")  # type: ignore[arg-type]

    cast = (Change("line", 0, -1.0), Change("line", 1, 1.0), Change("done", 0, 1.0))
    tasks = [
        task("heat", "heat", 1, 100.0, Change("idle", 0, -1.0), Change("two", 1, 1.0)),
        task("lot from two", "lot", 1, 0.0, *cast, Change("two", 0, -1.0), Change("one", 0, 1.0)),
        task("lot from one", "lot", 1, 0.0, *cast, Change("one", 0, -1.0), Change("idle", 1, 1.0)),
    ]
    if pooled:
        stocks = {n: s for n, s in stocks.items() if not s.lots} | {"metal": Stock("metal", 0.0, 4.0)}
        tasks = [
            task("heat", "heat", 1, 100.0, Change("idle", 0, -1.0), Change("metal", 1, 2.0), Change("idle", 1, 1.0)),
            task("lot", "lot", 1, 0.0, *cast, Change("metal", 0, -1.0)),
        ]
    due = Due("done", np.zeros(HOURS), 0.0, 4.0, 1e6)
    return Problem(
        HOURS, 1.0, stocks, {t.name: t for t in tasks}, np.zeros(HOURS), prices, Carbon(np.zeros(HOURS)), dues=(due,)
    )


def when(starts: dict[tuple[str, int], float], name: str) -> list[int]:
    """Slots in which a task starts, repeated when several do."""
    return sorted(slot for (task, slot), count in starts.items() if task == name for _ in range(round(count)))


def test_a_furnace_that_holds_metal_melts_none() -> None:
    """Proves: hour 0 is cheap, so both furnaces melt in it (2 × 100) and hold (10 kW each): the second one through two hours more.
    Sensitivity: with metal in one pool one furnace would melt both heats at its ease; here it cannot before its lots are poured, so
    with one furnace only the second heat waits until hour 3 at 9 KRW."""
    prices = series(1, 9, 9, 9, 9, 9)
    both = search(two_furnaces(prices), [], iterations=3)
    assert both.status == "optimal"
    assert when(dict(both.starts), "heat") == [0, 0]
    # furnace 1 holds two, then one (nothing while the last lot is poured); furnace 2 holds two, two, two, then one
    assert both.objective_krw == pytest.approx(200 + 9 * 10 * (1 + 3))
    problem = two_furnaces(prices)
    single = replace(problem, stocks={**problem.stocks, "idle": Stock("idle", 1.0, 2.0)})
    one = search(single, [], iterations=3)
    assert when(dict(one.starts), "heat") == [0, 3]
    assert one.objective_krw == pytest.approx(100 + 900 + 2 * 9 * 10)


def test_a_pool_of_metal_would_melt_into_a_full_furnace() -> None:
    """Proves: what the pool allows (one furnace melting again with metal of its first heat unpoured) is no plan for real furnaces.
    Sensitivity: the pool finds 200 KRW where a furnace with metal of its own needs 1,100."""
    prices = series(1, 1, 9, 9, 9, 9)
    pool = two_furnaces(prices, pooled=True)
    pool = replace(pool, stocks={**pool.stocks, "idle": Stock("idle", 1.0, 1.0)})
    apart = two_furnaces(prices)
    apart = replace(apart, stocks={**apart.stocks, "idle": Stock("idle", 1.0, 2.0)})
    assert search(pool, [], iterations=3).objective_krw == pytest.approx(200)
    assert search(apart, [], iterations=3).objective_krw == pytest.approx(100 + 900 + 10 + 90)


def jobs(count: int) -> tuple[JobSpec, ...]:
    """Lots to be cast."""
    return tuple(JobSpec(f"order/{k}", "order", "p", 1, 0.0, 1e6, 0) for k in range(count))


def roster(count: int = 4) -> Roster:
    """Two furnaces and a line by name."""
    ladle = {
        "lot from two": Pour((("two", "one", 0),), ((0,),), (0.0,), 0.0),
        "lot from one": Pour((("one", "idle", 1),), ((0,),), (0.0,), 0.0),
    }
    starts = {"idle": ((0, "melt.1"), (0, "melt.2")), "two": (), "one": (), "line": ((0, "mould.1"),)}
    return Roster(starts, {}, {"done": jobs(count)}, ladle)


def test_every_lot_finds_its_own_furnace() -> None:
    """Proves: counts are disaggregated to furnaces so that each pours what it melted and melts only when it is empty.
    Sensitivity: a third lot from the first furnace is refused."""
    problem = two_furnaces(series(1, 9, 9, 9, 9, 9))
    solution = search(problem, [], iterations=3)
    events = decode(problem, roster(), solution.starts, 3600.0)
    left = {"melt.1": 0, "melt.2": 0}
    for event in events:
        if event.task.role == "heat" and event.unit is not None:
            assert left[event.unit] == 0
            left[event.unit] = 2
        for furnace in event.furnaces:
            left[furnace] -= 1
            assert left[furnace] >= 0
    assert left == {"melt.1": 0, "melt.2": 0}
    with pytest.raises(Undecodable, match="no unit in the right condition"):
        decode(problem, roster(), {("heat", 0): 1.0, **{("lot from one", t): 1.0 for t in (1, 2, 3)}}, 3600.0)


def test_dispatch_is_feasible_and_makes_every_lot() -> None:
    """The forward pass breaks no row and leaves nothing out; it is chosen where furnaces hold metal for lots."""
    problem = two_furnaces(series(1, 9, 9, 9, 9, 9))
    assert pours(problem)
    assert not pours(two_furnaces(series(1, 1, 1, 1, 1, 1), pooled=True))
    starts = PourDispatch(problem, np.zeros(HOURS, dtype=bool), (), 0.0).run()
    assert sum(count for (name, _), count in starts.items() if name.startswith("lot")) == 4
    assert search(problem, [starts], iterations=0, bound=False).status == "feasible"


def station(**changes: object) -> MeltStation:
    """The shipped iron foundry's melting station, weighed without error unless said."""
    kind = foundry().stations["melt"]
    settings: dict[str, object] = {"spread": 0.0, **changes}
    return MeltStation("melt", kind, {}, (), (), (), {}, 0.0, 0.0, 0.0, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lot_kg", "spread", "expected"),
    [
        (420.0, 0.0, Portion("p", 420.0, 1, 3, 1)),
        (482.0, 0.0, Portion("p", 482.0, 1, 3, 1)),
        (482.0, 0.01, Portion("p", 482.0, 1, 2, 1)),
        (100.0, 0.0, Portion("p", 400.0, 4, 3, 1)),
        (2000.0, 0.0, Portion("p", 1000.0, 1, 1, 2)),
    ],
)
def test_portions(lot_kg: float, spread: float, expected: Portion) -> None:
    """1,500 kg charged give 1,455: three lots of 420 or 482 kg, of the latter only two where the scales may err by 1 %; fourteen of
    100 kg are three portions of four; a lot of 2,000 kg takes two furnaces."""
    assert portion_of(station(spread=spread), "p", lot_kg) == expected


def test_names_of_conditions() -> None:
    """A furnace without portions is an emptied one."""
    pouring = Pouring(station(), {}, 120.0, 100.0)
    assert (pouring.loaded("p", 0), pouring.loaded("p", 2)) == ("melt.hot", "melt.p.2")
    assert (pouring.lead_s, pouring.delay_s) == (270.0, 390.0)


def test_the_plan_of_the_iron_foundry_is_valid() -> None:
    """A day and a half of it: no violation, every lot cast, and the replay with randomness off reproduces the plan (invariant 6)."""
    found, figures = scheduled(), own()
    assert check(foundry(), found.plan, claim()) == []
    assert sum(batch.kind == "job" for batch in found.plan.batches) == sum(
        len(one.jobs) for one in found.derived.classes
    )
    assert found.replay.figures["energy_kwh"] == pytest.approx(figures.figures["energy_kwh"], rel=0.02)
    assert found.replay.accounts.kpis["bill_krw"] == pytest.approx(figures.bill.total, rel=0.01)
    assert found.replay.figures["lateness_h"] <= figures.figures["lateness_h"] + 1e-6


def test_heels_are_given_up_when_no_lot_needs_them() -> None:
    """The plan commands it, the plant follows: from then on the furnaces draw their auxiliaries only (14 kW each)."""
    found = scheduled()
    gone = {c.equipment: c.t_s for c in found.plan.commands if c.state == "standby" and c.t_s < 22 * 3600.0}
    assert gone
    trace = found.replay.trace
    for name, t in gone.items():
        rows = of_carrier(trace.flows, "electricity")
        rows = rows.where(rows["equipment"] == trace.names.equipment.index(name))
        kwh = np.asarray(quarter_hour_kwh(rows, "electricity", 0.0, trace.duration_s))
        later = [b.not_before_s for b in found.plan.of(name) if b.kind == "heat" and b.not_before_s >= t]
        first, last = round(t / 900.0) + 1, round(min([*later, 22 * 3600.0]) / 900.0)
        assert kwh[first:last] == pytest.approx(np.full(last - first, 14.0 / 4.0))


def test_a_station_that_does_both_is_refused() -> None:
    """Furnaces that feed a dosing furnace and a moulding line at once: neither count of metal would be exact."""
    cell = read(CELLS).tree["stations"]["cast"]
    furnace = cell["dosing_furnace"] | {"capacity": "900 kg", "hold": "1400 degC"}
    both = foundry().changed(
        {
            "stations.die": cell | {"units": 1, "crew": "moulding", "cycle": "60 s", "dosing_furnace": furnace},
            "stations.melt.supplies": ["mould", "die"],
            "products.bracket.route": ["die", "cool", "shake_out", "blast"],
        }
    )
    with pytest.raises(InputFault, match=r"stations\.melt"):
        derive(both, slots(), snapshot(both, 0.0), blank(slots()))
