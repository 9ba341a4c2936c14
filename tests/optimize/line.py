"""Small lines of jobs for tests of the insertion search: by hand, and drawn at random."""

from __future__ import annotations

import numpy as np

from twin.optimize.problem.network import BatteryData, Capacity, Carbon, DemandMonth
from twin.optimize.problem.shop import Family, Group, OnTime, Operation, Placed, Shop, ShopJob, ShopPlan, States, Way


def way(slots: int, kw: float, **more) -> Way:
    return Way(slots, np.full(slots, float(kw)), **more)


def line(prices, jobs, operations, *, groups=None, late_krw: float = 0.0, **more) -> Shop:
    """One family ``f`` of ``operations`` in slots of an hour; machine ``m`` where no groups are named; jobs are (release, due)."""
    prices = np.array(prices, dtype=float)
    slots = len(prices)
    always = np.ones(slots, dtype=bool)
    return Shop(
        slots=slots,
        slot_h=1.0,
        groups={g.name: g for g in groups} if groups else {"m": Group("m", 1, always)},
        families={"f": Family("f", tuple(operations), late_krw)},
        jobs=tuple(ShopJob(str(i), "f", release, due) for i, (release, due) in enumerate(jobs)),
        base_kw=more.pop("base_kw", np.zeros(slots)),
        price_krw_per_kwh=prices,
        carbon=more.pop("carbon", Carbon(np.zeros(slots))),
        **more,
    )


def whole_plan(shop: Shop, placed: tuple[Placed, ...]) -> ShopPlan:
    """Placements with on-intervals: each gap of a unit bridged the cheaper way, at prices with carbon; no battery."""
    price = shop.slot_h * (shop.price_krw_per_kwh + shop.carbon.price_krw_per_kg * shop.carbon.intensity_kg_per_kwh)
    spans: dict[tuple[str, int], set[tuple[int, int]]] = {}
    family = {job.name: shop.families[job.family] for job in shop.jobs}
    for one in placed:
        slots = family[one.job].operations[one.step].ways[one.group].slots
        spans.setdefault((one.group, one.unit), set()).add((one.start, one.start + slots))
    on: list[OnTime] = []
    for (group, unit), worked in sorted(spans.items()):
        states = shop.groups[group].states
        if states is not None:
            on += _on_times(group, unit, states, sorted(worked), price)
    return ShopPlan(placed, tuple(on), np.zeros(shop.slots), 0.0)


def _on_times(group: str, unit: int, states: States, worked, price) -> list[OnTime]:
    s = states.startup_slots

    def restart_krw(at: int) -> float:
        return states.startup_kw * price[at - s : at].sum() + states.startup_krw

    def idle_krw(begin: int, end: int) -> float:
        return states.idle_kw * price[begin:end].sum() + states.idle_krw * (end - begin)

    first = worked[0][0]
    kept = unit < states.on_at_start and (first < s or idle_krw(0, first) <= restart_krw(first))
    out, begin, end = [], -s if kept else first - s, worked[0][1]
    for start, stop in worked[1:]:
        if start - end >= s and restart_krw(start) < idle_krw(end, start):
            out.append(OnTime(group, unit, begin, end))
            begin = start - s
        end = stop
    return [*out, OnTime(group, unit, begin, end)]


def random_shop(seed: int, *, plain: bool = False) -> Shop:
    """Two or three groups, some with states, several units or room in kg; one to three families. ``plain``: no peaks, PV, caps, battery."""
    rng = np.random.default_rng(seed)
    slots = 40
    groups = [_group(rng, name, slots) for name in "abc"[: rng.integers(2, 4)]]
    capacities = {} if plain or rng.random() < 0.5 else {"crew": _crew(rng, slots)}
    families = {
        name: Family(name, _operations(rng, groups, bool(capacities)), float(rng.integers(0, 3) * 1000))
        for name in ("x", "y", "z")[: rng.integers(1, 4)]
    }
    jobs = []
    for number in range(int(rng.integers(3, 7))):
        family = str(rng.choice(list(families)))
        step = int(rng.random() < 0.2 and len(families[family].operations) > 1)
        due = int(rng.integers(10, 40)) if rng.random() < 0.8 else None
        jobs.append(ShopJob(f"j{number}", family, int(rng.integers(0, 8)), due, step))
    return Shop(
        slots=slots,
        slot_h=0.25,
        groups={group.name: group for group in groups},
        families=families,
        jobs=tuple(jobs),
        base_kw=np.full(slots, 20.0),
        price_krw_per_kwh=rng.choice([60.0, 100.0, 200.0] if plain else [-10.0, 60.0, 100.0, 200.0], slots),
        carbon=Carbon(rng.uniform(0.3, 0.6, slots), 15.0),
        months=() if plain else _months(rng, slots),
        capacities=capacities,
        pv_kw=None if plain or rng.random() < 0.5 else rng.uniform(0.0, 150.0, slots),
        battery=None if plain or rng.random() < 0.5 else BatteryData(100.0, 50.0, 0.95, 40.0),
    )


def _group(rng: np.random.Generator, name: str, slots: int) -> Group:
    units, there = int(rng.integers(1, 3)), np.ones(slots, dtype=bool)
    if rng.random() < 0.3:
        there[20:26] = False
    states = None
    if rng.random() < 0.6:
        states = States(
            float(rng.integers(5, 40)),
            100.0,
            int(rng.integers(1, 3)),
            int(rng.integers(0, 2)),
            50.0,
            float(500 * rng.integers(0, 2)),
        )
    return Group(name, units, there, float(rng.choice([1.0, 2.0, 1000.0])), states)


def _operations(rng: np.random.Generator, groups: list[Group], crewed: bool) -> tuple[Operation, ...]:
    out = []
    for at in range(int(rng.integers(1, 4))):
        chosen = rng.permutation(len(groups))[: rng.integers(1, 3)]
        shared = rng.random() < 0.6
        ways = {}
        for group in (groups[i] for i in chosen):
            slots = int(rng.integers(1, 4))
            room = float(rng.integers(200, 700)) if group.room > 2 else 1.0
            ways[group.name] = Way(
                slots,
                rng.integers(1, 4, slots) * 50.0,
                np.full(slots, 10.0) if rng.random() < 0.4 else None,
                room,
                {"crew": 1.0} if crewed and rng.random() < 0.5 else {},
                load_krw=float(100 * rng.integers(0, 3)),
                job_krw=float(10 * rng.integers(0, 3)),
                job_carbon_kg=float(rng.integers(0, 2)),
            )
        wait = int(rng.integers(0, 6)) if at and rng.random() < 0.5 else None
        hold = 30.0 if at and rng.random() < 0.5 else 0.0
        out.append(Operation(f"o{at}", ways, int(rng.integers(0, 2)), wait, hold, f"r{at}" if shared else None))
    return tuple(out)


def _crew(rng: np.random.Generator, slots: int) -> Capacity:
    overtime = np.where(np.arange(slots) < 24, 2.0, 0.0)
    return Capacity("crew", np.full(slots, 1.0), overtime, np.full(slots, float(rng.integers(1, 4) * 500)))


def _months(rng: np.random.Generator, slots: int) -> tuple[DemandMonth, ...]:
    first = np.arange(slots) < 25
    rest = ~first & (np.arange(slots) % 5 > 0)
    one = DemandMonth("one", first, 60.0, float(rng.integers(1, 6) * 100), 20.0)
    return (one,) if rng.random() < 0.5 else (one, DemandMonth("two", rest, 0.0, 200.0))
