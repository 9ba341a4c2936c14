"""What a plan of a shop costs, told from the shop and the plan alone; shares no code with the formulation or with any search.

:func:`shop_figures` also names every rule that the plan breaks (:mod:`twin.optimize.check.shop_rules`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.optimize.check.shop_reading import Reading
from twin.optimize.check.shop_rules import Broken, broken_rules, cost_fault
from twin.optimize.problem.network import Floats
from twin.optimize.problem.shop import Shop, ShopPlan


@dataclass(frozen=True)
class ShopFigures:
    """A plan's accounts: ``import_kw`` (slots,) at the meter, costs in KRW of the horizon, and the rules that it breaks."""

    cost_krw: float
    energy_krw: float
    demand_krw: float
    carbon_krw: float
    lateness_krw: float
    overtime_krw: float
    other_krw: float
    energy_kwh: float
    carbon_kg: float
    peak_kw: float
    late_slots: int
    import_kw: Floats
    broken: tuple[Broken, ...]


def shop_figures(shop: Shop, plan: ShopPlan) -> ShopFigures:
    """Cost and broken rules of a plan.

    KRW = Σ_t h·price·import + Σ_months (rate·max(floor, peak) + carry·(peak − floor)⁺) + carbon price·kg + Σ_jobs late_krw·(end − due)⁺
    + overtime + what loads, jobs, start-ups and idling cost besides electricity. Of a plan that places what the shop does not know the
    figures are those of the rest.
    """
    reading = Reading(shop, plan)
    battery_kw = plan.battery_kw if plan.battery_kw.shape == (shop.slots,) else np.zeros(shop.slots)
    net_kw = shop.base_kw + work_kw(reading) + waiting_kw(reading) + states_kw(reading) + battery_kw
    import_kw = np.maximum(0.0, net_kw - (0.0 if shop.pv_kw is None else shop.pv_kw))
    energy_kwh = shop.slot_h * import_kw
    other_krw, burnt_kg = besides_electricity(reading)
    carbon_kg = float(energy_kwh @ shop.carbon.intensity_kg_per_kwh) + burnt_kg + shop.carbon.fixed_kg
    lates = late_slots(reading)
    krw = {
        "energy_krw": float(energy_kwh @ shop.price_krw_per_kwh),
        "demand_krw": demand_krw(shop, import_kw),
        "carbon_krw": shop.carbon.price_krw_per_kg * carbon_kg,
        "lateness_krw": float(sum(shop.families[name].late_krw * slots for name, slots in lates)),
        "overtime_krw": overtime_krw(reading),
        "other_krw": other_krw,
    }
    return ShopFigures(
        cost_krw=sum(krw.values()),
        **krw,
        energy_kwh=float(energy_kwh.sum()),
        carbon_kg=carbon_kg,
        peak_kw=float(import_kw.max(initial=0.0)),
        late_slots=sum(slots for _, slots in lates),
        import_kw=import_kw,
        broken=tuple(broken_rules(reading, net_kw=net_kw, import_kw=import_kw, carbon_kg=carbon_kg)),
    )


def check_shop_plan(shop: Shop, plan: ShopPlan) -> tuple[Broken, ...]:
    """Every rule that a plan breaks, its stated cost among them (to 1 KRW); empty: a plan that may be carried out as it says."""
    figures = shop_figures(shop, plan)
    wrong = cost_fault(plan.cost_krw, figures.cost_krw)
    return figures.broken if wrong is None else (*figures.broken, wrong)


def work_kw(reading: Reading) -> Floats:
    """Power of the work by slot: once a load, and once a job."""
    power = np.zeros(reading.shop.slots)
    for inside in reading.loads.values():
        for number, (one, way) in enumerate(inside):
            own = way.job_kw if way.job_kw is not None and len(way.job_kw) else 0.0
            power[one.start : one.start + way.slots] += own + (way.load_kw if number == 0 else 0.0)
    return power


def waiting_kw(reading: Reading) -> Floats:
    """Power of holding jobs by slot, from the moment at which each could have started to its start."""
    power = np.zeros(reading.shop.slots)
    for one, _ in reading.worked:
        operation, since = reading.operation(one), reading.since(one)
        if operation is not None and operation.hold_kw and since is not None:
            power[max(0, since) : max(since, one.start)] += operation.hold_kw
    return power


def states_kw(reading: Reading) -> Floats:
    """Power of starting up and of idling by slot: a unit idles where it is on, started up, and not at work."""
    power = np.zeros(reading.shop.slots)
    for on, idle in reading.idle():
        states = reading.shop.groups[on.group].states
        if states is not None:
            power[max(0, on.start) : max(0, on.start + states.startup_slots)] += states.startup_kw
            power += states.idle_kw * idle
    return power


def besides_electricity(reading: Reading) -> tuple[float, float]:
    """KRW and kg of carbon of loads, jobs, start-ups and idling, without electricity."""
    krw = kg = 0.0
    for inside in reading.loads.values():
        krw += inside[0][1].load_krw + sum(way.job_krw for _, way in inside)
        kg += inside[0][1].load_carbon_kg + sum(way.job_carbon_kg for _, way in inside)
    for on, idle in reading.idle():
        states = reading.shop.groups[on.group].states
        if states is not None:
            krw += states.startup_krw * (on.start >= 0) + states.idle_krw * float(idle.sum())
    return krw, kg


def demand_krw(shop: Shop, import_kw: Floats) -> float:
    """Demand charge of the horizon's months, and what a new peak costs in the months that it will bind."""
    total = 0.0
    for month in shop.months:
        billed = max(month.floor_kw, float(import_kw[month.counts].max(initial=0.0)))
        total += month.rate_krw_per_kw * billed + month.carry_krw_per_kw * (billed - month.floor_kw)
    return total


def late_slots(reading: Reading) -> list[tuple[str, int]]:
    """Family and slots late of each late job; one whose last operation is not placed is late to the horizon's end."""
    families, slots, found = reading.shop.families, reading.shop.slots, []
    for job in reading.jobs.values():
        last = reading.at.get((job.name, len(families[job.family].operations) - 1))
        way = None if last is None else reading.way(last)
        end = slots if last is None or way is None else last.start + way.slots
        if job.due is not None and end > job.due:
            found.append((job.family, end - job.due))
    return found


def overtime_krw(reading: Reading) -> float:
    """What is used of a capacity beyond what is there, at its price (KRW)."""
    total = 0.0
    for name, used in reading.used().items():
        capacity = reading.shop.capacities[name]
        if capacity.overtime_krw is not None:
            total += float(np.maximum(0.0, used - capacity.available) @ capacity.overtime_krw)
    return total
