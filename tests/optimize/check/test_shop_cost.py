"""What a plan of a shop costs and which rules it breaks, by hand and by a thousand plans that each break one rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.optimize.line import way, whole_plan
from twin.optimize.check.shop_cost import check_shop_plan, shop_figures
from twin.optimize.problem.network import BatteryData, Capacity, Carbon, DemandMonth
from twin.optimize.problem.shop import Family, Group, OnTime, Operation, Placed, Shop, ShopJob, ShopPlan, States

SLOTS = 24
THERE = np.ones(SLOTS, dtype=bool)
AWAY = THERE & (np.arange(SLOTS) != 15)
SEED = 20_261_122


def shop_of_all_rules() -> Shop:
    """Two furnaces with states, an oven for two, a bench that is away in slot 15 and needs the one person; two families, six jobs.

    Nothing but work draws power, the cap lies just above the plan's peak and the emission cap just above what it emits.
    """
    melt = Operation("melt", {"melt": way(2, 100, uses={"crew": 1.0})})
    families = {
        name: Family(
            name,
            (
                melt,
                Operation("heat", {"oven": way(2, 60)}, 1, 6, 5.0, recipe),
                Operation("fin", {"bench": way(1, 20)}, 1),
            ),
            40.0,
        )
        for name, recipe in (("x", "r"), ("y", "s"))
    }
    return Shop(
        slots=SLOTS,
        slot_h=1.0,
        groups={
            "melt": Group("melt", 2, THERE, states=States(10.0, 50.0, 1)),
            "oven": Group("oven", 2, THERE, 2.0),
            "bench": Group("bench", 2, AWAY),
        },
        families=families,
        jobs=tuple(ShopJob(str(k), "xxxyyy"[k], 2, 13) for k in range(6)),
        base_kw=np.zeros(SLOTS),
        price_krw_per_kwh=np.linspace(50.0, 150.0, SLOTS),
        carbon=Carbon(np.full(SLOTS, 0.4), 10.0),
        months=(DemandMonth("month", THERE, 50.0, 20.0, 5.0),),
        capacities={"crew": Capacity("crew", np.ones(SLOTS))},
        battery=BatteryData(40.0, 20.0, 0.9, 20.0),
    )


def plan_by_hand() -> tuple[Shop, ShopPlan]:
    """Jobs 0 … 5 are melted one after another from slot 2 on, in turn on both furnaces; 0 and 1 share a load, 3 and 4 too."""
    shop = shop_of_all_rules()
    placed = []
    heats = {0: (7, 0, 0), 1: (7, 0, 0), 2: (9, 1, 0), 3: (13, 0, 1), 4: (13, 0, 1), 5: (15, 1, 1)}
    fins = {0: (10, 0), 1: (10, 1), 2: (12, 0), 3: (16, 0), 4: (16, 1), 5: (18, 0)}
    for job in range(6):
        heat, unit, load = heats[job]
        fin, bench = fins[job]
        placed += [
            Placed(str(job), 0, "melt", job % 2, 2 + 2 * job, job // 2),
            Placed(str(job), 1, "oven", unit, heat, load),
            Placed(str(job), 2, "bench", bench, fin, job),
        ]
    plan = whole_plan(shop, tuple(placed))
    figures = shop_figures(shop, plan)
    shop = replace(
        shop, cap_kw=np.full(SLOTS, figures.peak_kw + 0.5), carbon=replace(shop.carbon, cap_kg=figures.carbon_kg + 0.5)
    )
    return shop, replace(plan, cost_krw=figures.cost_krw)


SHOP, PLAN = plan_by_hand()


def test_figures_by_hand() -> None:
    """Proves: each account of a plan of one job at plain prices.

    By hand: start-up 50 kW in slot 0, 100 kW in slots 1, 2, battery 10 kW in at slot 0 and 8.1 kW out at slot 2: import 60, 100, 91.9 kWh.
    """
    shop = Shop(
        slots=3,
        slot_h=1.0,
        groups={"m": Group("m", 1, np.ones(3, dtype=bool), states=States(10.0, 50.0, 1, startup_krw=7.0))},
        families={"f": Family("f", (Operation("a", {"m": way(2, 100, load_krw=3.0, job_krw=2.0)}),), 40.0)},
        jobs=(ShopJob("0", "f", 0, 1),),
        base_kw=np.zeros(3),
        price_krw_per_kwh=np.array([1.0, 2.0, 3.0]),
        carbon=Carbon(np.full(3, 0.5), 10.0),
        months=(DemandMonth("month", np.ones(3, dtype=bool), 80.0, 20.0, 5.0),),
        battery=BatteryData(40.0, 20.0, 0.9, 20.0),
    )
    placed = (Placed("0", 0, "m", 0, 1, 0),)
    figures = shop_figures(shop, ShopPlan(placed, (OnTime("m", 0, 0, 3),), np.array([10.0, 0.0, -8.1]), 0.0))
    assert figures.broken == ()
    assert figures.energy_krw == pytest.approx(60 + 200 + 3 * 91.9)
    assert figures.demand_krw == pytest.approx(20 * 100 + 5 * 20)
    assert figures.carbon_krw == pytest.approx(10 * 0.5 * 251.9)
    assert figures.lateness_krw == pytest.approx(80.0)
    assert figures.other_krw == pytest.approx(7 + 3 + 2)
    assert figures.cost_krw == pytest.approx(535.7 + 2100 + 1259.5 + 80 + 12)


def test_the_plan_by_hand_breaks_no_rule() -> None:
    """Proves: the plan from which the others are made is allowed, so that each is refused for what was done to it."""
    assert check_shop_plan(SHOP, PLAN) == ()


Draw = np.random.Generator
Change = Callable[[Draw], ShopPlan]


def changed(at: int, **values: object) -> ShopPlan:
    """The plan with one placement changed."""
    placed = list(PLAN.placed)
    placed[at] = replace(placed[at], **values)  # type: ignore[arg-type]
    return replace(PLAN, placed=tuple(placed))


def any_of(rng: Draw, step: int | None = None) -> tuple[int, Placed]:
    """One placement of a step, and where it is in the plan."""
    found = [(k, one) for k, one in enumerate(PLAN.placed) if step is None or one.step == step]
    return found[int(rng.integers(len(found)))]


def end_before(one: Placed) -> int:
    """The end of the step before."""
    before = next(other for other in PLAN.placed if (other.job, other.step) == (one.job, one.step - 1))
    return before.start + 2


def dropped(rng: Draw) -> ShopPlan:
    at, _ = any_of(rng)
    return replace(PLAN, placed=PLAN.placed[:at] + PLAN.placed[at + 1 :])


def doubled(rng: Draw) -> ShopPlan:
    return replace(PLAN, placed=(*PLAN.placed, any_of(rng)[1]))


def unknown(rng: Draw) -> ShopPlan:
    at, _ = any_of(rng)
    return changed(
        at, **({"job": f"{rng.integers(6, 99)}"} if rng.random() < 0.5 else {"step": int(rng.integers(3, 9))})
    )


def elsewhere(rng: Draw) -> ShopPlan:
    at, one = any_of(rng)
    others = [name for name in (*SHOP.groups, "paint") if name != one.group]
    return changed(at, group=str(rng.choice(others)))


def no_unit(rng: Draw) -> ShopPlan:
    return changed(any_of(rng)[0], unit=int(rng.choice([-1, 2, 3, 7])))


def outside(rng: Draw) -> ShopPlan:
    at, one = any_of(rng)
    late = SLOTS - (1 if one.step == 2 else 2) + int(rng.integers(1, 9))
    return changed(at, start=int(rng.choice([-int(rng.integers(1, 9)), late])))


def too_soon(rng: Draw) -> ShopPlan:
    return changed(any_of(rng, 0)[0], start=int(rng.integers(0, 2)))


def out_of_order(rng: Draw) -> ShopPlan:
    at, one = any_of(rng, int(rng.integers(1, 3)))
    return changed(at, start=int(rng.integers(0, end_before(one))))


def no_lag(rng: Draw) -> ShopPlan:
    at, one = any_of(rng, int(rng.integers(1, 3)))
    return changed(at, start=end_before(one))


def waited(rng: Draw) -> ShopPlan:
    at, one = any_of(rng, 1)
    return changed(at, start=int(rng.integers(min(end_before(one) + 8, SLOTS - 2), SLOTS - 1)))


def away(rng: Draw) -> ShopPlan:
    return changed(any_of(rng, 2)[0], start=15)


def on_top(rng: Draw) -> ShopPlan:
    step = int(rng.integers(0, 3))
    at, one = any_of(rng, step)
    others = [other for other in PLAN.placed if other.step == step and other.start != one.start]
    other = others[int(rng.integers(len(others)))]
    return changed(at, unit=other.unit, start=other.start, load=50)


def torn(rng: Draw) -> ShopPlan:
    shared = [k for k, one in enumerate(PLAN.placed) if one.step == 1 and one.job in ("0", "1", "3", "4")]
    at = int(rng.choice(shared))
    return changed(at, start=PLAN.placed[at].start + int(rng.choice([-1, 1])))


def mixed(rng: Draw) -> ShopPlan:
    at, one = any_of(rng, 1)
    others = [other for other in PLAN.placed if other.step == 1 and (int(other.job) < 3) != (int(one.job) < 3)]
    other = others[int(rng.integers(len(others)))]
    return changed(at, unit=other.unit, start=other.start, load=other.load)


def crowded(rng: Draw) -> ShopPlan:
    odd, mate = ("2", "0") if rng.random() < 0.5 else ("5", "3")
    at = next(k for k, one in enumerate(PLAN.placed) if one.step == 1 and one.job == odd)
    other = next(one for one in PLAN.placed if one.step == 1 and one.job == mate)
    return changed(at, unit=other.unit, start=other.start, load=other.load)


def switched(rng: Draw) -> ShopPlan:
    at = int(rng.integers(len(PLAN.on)))
    one = PLAN.on[at]
    others = PLAN.on[:at] + PLAN.on[at + 1 :]
    made: list[tuple[OnTime, ...]] = [
        (),
        (replace(one, start=one.start + int(rng.integers(1, 3))),),
        (replace(one, end=one.end - int(rng.integers(1, 3))),),
        (one, replace(one, start=one.end - 1, end=min(SLOTS, one.end + 3))),
        (replace(one, start=-int(rng.integers(1, 4))),),
        (replace(one, end=SLOTS + int(rng.integers(1, 4))),),
        (one, OnTime(str(rng.choice(["oven", "bench", "paint"])), 0, 1, 4)),
    ]
    return replace(PLAN, on=(*others, *made[int(rng.integers(len(made)))]))


def overcharged(rng: Draw) -> ShopPlan:
    power = np.zeros(SLOTS)
    kind = int(rng.integers(0, 4))
    if kind == 0:
        power[int(rng.integers(0, SLOTS))] = 20.0 + float(rng.uniform(0.1, 50.0))
    elif kind == 1:
        power[int(rng.integers(0, SLOTS - 4)) :][:3] = 15.0
    elif kind == 2:
        power[int(rng.integers(2, 12))] = -float(rng.uniform(0.5, 17.0))
    else:
        power = np.zeros(SLOTS + int(rng.integers(1, 3)))
    return replace(PLAN, battery_kw=power)


def exported(rng: Draw) -> ShopPlan:
    power = np.zeros(SLOTS)
    power[0] = -float(rng.uniform(1.0, 10.0))
    power[20:23] = 8.0
    return replace(PLAN, battery_kw=power)


def two_at_once(rng: Draw) -> ShopPlan:
    at, one = any_of(rng, 0)
    others = [other for other in PLAN.placed if other.step == 0 and other.unit != one.unit]
    other = others[int(rng.integers(len(others)))]
    return changed(at, start=other.start + int(rng.integers(0, 2)))


def peaky(rng: Draw) -> ShopPlan:
    power = np.zeros(SLOTS)
    power[int(shop_figures(SHOP, PLAN).import_kw.argmax())] = float(rng.uniform(1.0, 20.0))
    return replace(PLAN, battery_kw=power)


def dirty(rng: Draw) -> ShopPlan:
    last = int(rng.integers(17, SLOTS + 1))
    return replace(PLAN, on=tuple(replace(one, end=max(last, one.end + 1)) for one in PLAN.on))


def misstated(rng: Draw) -> ShopPlan:
    return replace(PLAN, cost_krw=PLAN.cost_krw + float(rng.choice([-1.0, 1.0])) * float(rng.uniform(1.5, 1e6)))


CHANGES: dict[str, tuple[Change, ...]] = {
    "once": (dropped, doubled),
    "job": (unknown,),
    "group": (elsewhere,),
    "unit": (no_unit,),
    "horizon": (outside,),
    "release": (too_soon,),
    "precedence": (out_of_order,),
    "lag": (no_lag,),
    "wait": (waited,),
    "available": (away,),
    "overlap": (on_top,),
    "load": (torn,),
    "recipe": (mixed,),
    "room": (crowded,),
    "states": (switched,),
    "battery": (overcharged,),
    "export": (exported,),
    "capacity": (two_at_once,),
    "cap": (peaky,),
    "carbon": (dirty,),
    "cost": (misstated,),
}


def test_a_thousand_broken_plans_are_refused_by_the_rules_name() -> None:
    """Proves: of 1,000 plans, each made from an allowed one by breaking one rule, every one is refused and the rule is named.

    Sensitivity: each of the 21 rules is broken some 47 times; a rule that is not checked would leave its plans unnamed.
    """
    rng = np.random.default_rng(SEED)
    missed: Counter[str] = Counter()
    for number in range(1000):
        rule = list(CHANGES)[number % len(CHANGES)]
        makers = CHANGES[rule]
        made = makers[int(rng.integers(len(makers)))](rng)
        if rule not in {one.rule for one in check_shop_plan(SHOP, made)}:
            missed[rule] += 1
    assert missed == Counter()
