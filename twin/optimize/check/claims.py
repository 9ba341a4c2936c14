"""What a plan's model says of itself, against what the checker computes: energy, bill, carbon, lateness, caps, battery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import RunFailed
from twin.ledger.trace import CARRIER, STATE
from twin.models.cap import LEAST_SHARE
from twin.models.durations import mean_s
from twin.optimize.check.melting import walk
from twin.optimize.check.money import cap_violations, money_violations
from twin.optimize.check.types import Violation

if TYPE_CHECKING:
    from twin.optimize.check.site import Cell, Site
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

ENERGY = 0.02


@dataclass(frozen=True)
class Claim:
    """Load at the meter and of furnaces and cells by slot (slots,), kW; energy, bill, emissions and lateness of the horizon."""

    grid_kw: np.ndarray
    scheduled_kw: np.ndarray
    energy_kwh: float
    bill_krw: float
    carbon_kg: float
    lateness_h: float


def claim_violations(scenario: Scenario, plan: Plan, claim: Claim, site: Site) -> Iterator[Violation]:
    """All rules about figures."""
    yield from _energy(plan, claim, site, scenario.spec.site.power_cap_kw)
    yield from money_violations(scenario, plan, claim)
    yield from _lateness(plan, claim, site)
    yield from cap_violations(scenario, plan, claim)


def _energy(plan: Plan, claim: Claim, site: Site, cap_kw: float | None) -> Iterator[Violation]:
    """Under a power cap the plant melts slower where not all power is free, and that takes more: what is claimed lies between the energy of
    heats at full power and of heats with what the cap leaves when all else draws its most.
    """
    hours = plan.slot_s / 3600.0
    own = float(claim.scheduled_kw.sum()) * hours
    found = scheduled_kwh(plan, site)
    slow = found if cap_kw is None else max(found, _slow_kwh(plan, site, _share_left(claim, site, cap_kw)))
    if not (1.0 - ENERGY) * found - ENERGY <= own <= (1.0 + ENERGY) * slow + ENERGY:
        yield Violation(
            "claimed_scheduled_kwh",
            "site",
            plan.start_s,
            f"{own:.0f} kWh claimed, {found:.0f} kWh by the equipment's own physics",
        )
    at_meter = float(claim.grid_kw.sum()) * hours
    if abs(at_meter - claim.energy_kwh) > 1e-6 * max(at_meter, 1.0):
        yield Violation(
            "claimed_energy",
            "site",
            plan.start_s,
            f"{claim.energy_kwh:.1f} kWh claimed, the load sums to {at_meter:.1f} kWh",
        )


def _slow_kwh(plan: Plan, site: Site, power_share: float) -> float:
    """:func:`scheduled_kwh` of slow heats; nothing where so little power would never melt the charge."""
    try:
        return scheduled_kwh(plan, site, power_share)
    except RunFailed:
        return 0.0


def _share_left(claim: Claim, site: Site, cap_kw: float) -> float:
    """Share of the furnaces' rated power that a cap leaves when the load beside them and every casting unit draw their most."""
    beside_kw = float((claim.grid_kw - claim.scheduled_kw).max())
    electricity = CARRIER["electricity"]
    cells_kw = sum(
        max(drawn.get(electricity, 0.0) for drawn in cell.kind.rates().values()) for cell in site.cells.values()
    )
    rated_kw = sum(melter.kind.power.rated_kw for melter in site.melters.values())
    return max(LEAST_SHARE, min(1.0, (cap_kw - beside_kw - cells_kw) / rated_kw)) if rated_kw else 1.0


def _lateness(plan: Plan, claim: Claim, site: Site) -> Iterator[Violation]:
    """The plan reckons lateness of casting against due dates less the finishing time, so it may claim more than this, never less."""
    late = (
        sum(
            max(0.0, batch.not_before_s + batch.duration_s - site.jobs[str(batch.job)].due_s)
            for batch in plan.batches
            if batch.kind == "job" and str(batch.job) in site.jobs
        )
        / 3600.0
    )
    slack = plan.slot_s / 3600.0 * sum(1 for batch in plan.batches if batch.kind == "job")
    if claim.lateness_h < late - slack or claim.lateness_h < 0.0:
        yield Violation(
            "claimed_lateness",
            "site",
            plan.start_s,
            f"{claim.lateness_h:.2f} h claimed, casting alone is {late:.2f} h late",
        )


def battery_violations(scenario: Scenario, plan: Plan) -> Iterator[Violation]:
    """Power, charge at all times, charge at the end (it begins half full)."""
    battery = scenario.spec.site.battery
    if battery is None:
        if plan.battery_kw:
            yield Violation("battery", "site.battery", plan.start_s, "there is none")
        return
    one_way, charge = battery.round_trip**0.5, 0.5 * battery.energy_kwh
    first = charge
    for slot, kw in enumerate(plan.battery_kw):
        t = plan.start_s + slot * plan.slot_s
        if abs(kw) > battery.power_kw + 1e-3:
            yield Violation("battery", "site.battery", t, f"{kw:.1f} kW; the limit is {battery.power_kw:.1f} kW")
        charge += (-kw * one_way if kw < 0.0 else -kw / one_way) * plan.slot_s / 3600.0
        if not -1e-3 <= charge <= battery.energy_kwh + 1e-3:
            yield Violation(
                "battery", "site.battery", t, f"charge {charge:.1f} kWh is outside 0 to {battery.energy_kwh:.1f} kWh"
            )
    if charge < first - 1e-3:
        yield Violation(
            "battery",
            "site.battery",
            plan.start_s + plan.horizon_s,
            f"ends with {charge:.1f} kWh, began with {first:.1f} kWh",
        )


def scheduled_kwh(plan: Plan, site: Site, power_share: float = 1.0) -> float:
    """Electric energy of furnaces and casting units under the plan, from their kinds: lots, set-ups, standby, heats, holding.

    ``power_share``: of the furnaces' rated power, at which heats are melted.
    """
    cells = sum(_cell_kwh(plan, name, cell) for name, cell in site.cells.items())
    return cells + _melting_kwh(plan, site, power_share)


def _cell_kwh(plan: Plan, name: str, cell: Cell) -> float:
    def kw(state: str) -> float:
        return cell.kind.rates().get(STATE[state], {}).get(CARRIER["electricity"], 0.0)

    end_s = plan.start_s + plan.horizon_s
    lots = sorted((b for b in plan.of(name) if b.kind == "job"), key=lambda b: b.not_before_s)
    product, processing, setup = cell.state.product, 0.0, 0.0
    for lot in lots:
        processing += lot.pieces * mean_s(cell.kind.cycle_of(lot.product))
        if cell.kind.setup is not None and product not in (None, lot.product):
            setup += cell.kind.setup.between_products_s
        product = lot.product
    attended = cell.worktime.seconds(plan.start_s, end_s)
    under_way = cell.worktime.seconds(plan.start_s, min(max(cell.state.free_s, plan.start_s), end_s))
    processing += under_way
    idle = attended - processing - setup
    around = _around_kwh(plan, cell, kw("standby"), kw("startup"))
    return (processing * kw("processing") + setup * kw("setup") + max(idle, 0.0) * kw("standby")) / 3600.0 + around


def _around_kwh(plan: Plan, cell: Cell, standby_kw: float, startup_kw: float) -> float:
    """Standby over short gaps between working times, start-up before the others."""
    total, end_s = 0.0, plan.start_s + plan.horizon_s
    for end, start in zip(cell.worktime.ends, cell.worktime.starts[1:], strict=False):
        gap = start - end
        if gap <= cell.kind.stay_on_s + 1e-6:
            total += standby_kw * max(0.0, min(start, end_s) - max(end, plan.start_s))
        else:
            total += startup_kw * max(0.0, min(start, end_s) - max(start - cell.kind.startup_s(), plan.start_s))
    return total / 3600.0


def _melting_kwh(plan: Plan, site: Site, power_share: float) -> float:
    """Heats as the furnaces need them in their order, holding until the last ladle, heels and auxiliaries in between."""
    stations = {melter.station for melter in site.melters.values()}
    return sum(walked.kwh for station in stations for walked in walk(plan, site, station, power_share).values())
