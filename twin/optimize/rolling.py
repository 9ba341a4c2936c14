"""Window by window: horizons too long for one search, and plans that go on from an earlier plan.

Each window begins where the plan up to there leaves the plant (every duration at its mean), knows the peaks of the billing month so
far, and is charged for a new one what the whole horizon pays. Of an emission cap it gets the share of the slots that are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.core.messages import t as text
from twin.core.progress import Progress, silent
from twin.optimize.derive.site import demand_months, resampled
from twin.optimize.limit import Limit
from twin.optimize.plan.figures import PlanFigures, bill_of_slots
from twin.optimize.problem.grid import Slots
from twin.optimize.replay import replay
from twin.optimize.schedule import joined
from twin.optimize.works import Begun, Part, Posed, Scheduled, Works, works_of
from twin.scenario.calendar import local_datetime
from twin.scenario.plan import Plan

if TYPE_CHECKING:
    from twin.ledger.trace import Trace
    from twin.optimize.problem.network import DemandMonth, Floats
    from twin.scenario.scenario import Scenario

MINUTE = "%Y-%m-%d %H:%M"
SUMMED = ("cash_krw", "labour_premium_krw", "shadow_carbon_krw", "energy_kwh", "carbon_kg", "lateness_h")


@dataclass(frozen=True)
class Rolled:
    """The whole plan, its windows, and what of an earlier plan it goes on from."""

    plan: Plan
    parts: tuple[Part, ...]
    begun: Begun

    @property
    def last(self) -> Scheduled:
        """The schedule of the last window: its replay covers the whole plan."""
        found: Scheduled = self.parts[-1].schedule
        return found


def roll(
    scenario: Scenario,
    slots: Slots,
    seen: Trace,
    limit: Limit,
    *,
    begun: Begun | None = None,
    progress: Progress = silent,
) -> Rolled:
    """Plan ``slots`` window by window. ``seen``: the plant by its own rule; ``begun``: what stands before the first slot; a limit of
    iterations holds for each window, one of seconds for all. Raises Infeasible; InputFault where targets span several windows.
    """
    spans, works = list(windows(scenario, slots)), works_of(scenario, slots)
    begun = begun or Begun(None, works.state(slots.start_s))
    whole, parts = begun.plan, list[Part]()
    for span in spans:
        seconds = None if limit.seconds is None else limit.seconds / len(spans)
        found = works.schedule(
            span,
            works.state(span.start_s, whole) if parts else begun.state,
            seen,
            Limit(limit.iterations, seconds),
            before=whole,
            adjust=Leftover(scenario, slots, span, parts).of,
            progress=progress,
        )
        parts.append(Part(span, found))
        whole = joined(whole, found.plan)
    if whole is None:
        return Rolled(Plan(slots.start_s, 0.0, slots.slot_s), (), begun)
    return Rolled(certified(whole, parts), tuple(parts), begun)


def windows(scenario: Scenario, slots: Slots) -> Iterator[Slots]:
    """The windows of ``slots``: as long as ``plan.window``, or ``plan.horizon`` if that is shorter; the last one takes what is left."""
    plan = scenario.spec.plan
    count = max(1, round(min(plan.window_s, plan.horizon_s) / slots.slot_s))
    for first in range(0, slots.count, count):
        yield Slots(slots.time(first), slots.slot_s, min(count, slots.count - first))


def certified(plan: Plan, parts: list[Part]) -> Plan:
    """The plan with the certificate of its windows: each is as good as its own gap says, given those before; there is no bound of all."""
    solutions = [part.schedule.solution for part in parts]
    if len(parts) == 1 and plan.horizon_s <= parts[0].slots.count * parts[0].slots.slot_s + 1e-6:
        return plan
    optimal = all(one.status == "optimal" for one in solutions)
    stops = {one.stopped_by for one in solutions} - {"optimal"}
    return replace(
        plan,
        status="optimal" if optimal and len(parts) == 1 else "feasible",
        stopped_by="optimal" if not stops else "seconds" if "seconds" in stops else "iterations",
        objective_krw=sum(one.objective_krw for one in solutions),
        bound_krw=None,
        gap=max(one.gap for one in solutions),
        notes=(*plan.notes, text("optimize.windows", count=len(parts))) if len(parts) > 1 else plan.notes,
    )


@dataclass(frozen=True)
class Leftover:
    """What earlier windows leave of what is searched in ``span``: peaks so far, emissions left; demand at what the whole horizon pays."""

    scenario: Scenario
    slots: Slots
    span: Slots
    before: list[Part]

    def of(self, posed: Posed, /) -> Posed:
        """The problem of the window as it is after the earlier ones. One window alone stays as derived."""
        if self.span.count == self.slots.count and not self.before:
            return posed
        asked = self.scenario.spec.plan.targets
        if asked != type(asked)():
            msg = "plan.targets hold for one window, but the horizon has several; make plan.window as long as plan.horizon"
            raise InputFault(msg)
        carbon = posed.carbon
        if carbon.cap_kg is not None:
            share = self.span.count / (
                self.slots.count - round((self.span.start_s - self.slots.start_s) / self.slots.slot_s)
            )
            carbon = replace(carbon, cap_kg=max(0.0, carbon.cap_kg - self._emitted_kg()) * share)
        return replace(posed, months=tuple(self._months()), carbon=carbon)

    @property
    def _works(self) -> Works:
        return works_of(self.scenario, self.slots)

    def _emitted_kg(self) -> float:
        return sum(self._works.emitted_kg(part.schedule) for part in self.before)

    def _months(self) -> Iterator[DemandMonth]:
        first = round((self.span.start_s - self.slots.start_s) / self.slots.slot_s)
        for month in demand_months(self.scenario, self.slots):
            counts = month.counts[first : first + self.span.count]
            if counts.any():
                yield replace(month, counts=counts, floor_kw=max(month.floor_kw, self._peak_kw(month)))

    def _peak_kw(self, month: DemandMonth) -> float:
        """Highest demand of the month in the windows before."""
        found = 0.0
        for part in self.before:
            first = round((part.slots.start_s - self.slots.start_s) / self.slots.slot_s)
            counts = month.counts[first : first + part.slots.count]
            if counts.any():
                found = max(found, float(self._works.grid_kw(part.schedule)[counts].max()))
        return found


def whole_figures(scenario: Scenario, slots: Slots, parts: tuple[PlanFigures, ...], beside_krw: float) -> PlanFigures:
    """Figures of consecutive windows as one: loads joined, one bill for all, the rest added up, and ``beside_krw`` of all together."""
    if len(parts) == 1:
        only = parts[0]
        return replace(only, figures={**only.figures, "cash_krw": only.figures["cash_krw"] + beside_krw})
    loads: Mapping[str, Floats] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("grid_kw", "scheduled_kw", "other_kw", "pv_kw")
    }
    bill = bill_of_slots(scenario, slots, loads["grid_kw"])
    figures = {name: sum(part.figures[name] for part in parts) for name in SUMMED}
    figures["cash_krw"] += bill.total - sum(part.bill.total for part in parts) + beside_krw
    figures["peak_kw"] = float(loads["grid_kw"].max())
    return PlanFigures(**loads, bill=bill, figures=figures)


def hand_plan(scenario: Scenario, slots: Slots, rolled: Rolled) -> Plan:
    """The rule of thumb over the same windows, each from where it itself left the plant."""
    works, whole = works_of(scenario, slots), rolled.begun.plan
    for k, part in enumerate(rolled.parts):
        state = works.state(part.slots.start_s, whole) if k else rolled.begun.state
        whole = joined(whole, works.thumb(part, state, whole))
    return rolled.plan if whole is None else whole


def begun_of(scenario: Scenario, slots: Slots, plan: Plan, until_s: float) -> Begun:
    """What of a plan the plant has begun by ``until_s`` when it follows it, every duration at its mean, and how the plant is then."""
    works = works_of(scenario, slots)
    state = works.state(until_s, plan)
    batches, commands = works.left(state)
    kept = replace(
        plan,
        horizon_s=until_s - plan.start_s,
        batches=tuple(batch for batch in plan.batches if batch.not_before_s < until_s and batch not in batches),
        commands=tuple(one for one in plan.commands if one.t_s < until_s and one not in commands),
        battery_kw=plan.battery_kw[: round((until_s - plan.start_s) / plan.slot_s)],
        notes=(),
    )
    return Begun(kept, state)


def ahead_of(scenario: Scenario, slots: Slots, plan: Plan, at_s: float) -> Slots:
    """The slots that are planned again when ``plan`` stands up to ``plan.freeze`` after ``at_s``. Raises InputFault outside its horizon."""
    frozen = slots.whole(at_s + scenario.spec.plan.freeze_s - slots.start_s)
    if abs(plan.slot_s - slots.slot_s) > 1e-6 or abs(plan.start_s - slots.start_s) > 1e-6:
        msg = (
            f"the earlier plan begins at {plan.start_s:g} s with slots of {plan.slot_s / 60.0:g} min; "
            "this one must have the same plan.start and plan.slot"
        )
        raise InputFault(msg)
    strange = sorted({b.equipment for b in plan.batches if b.equipment.partition(".")[0] not in scenario.stations})
    if strange:
        msg = (
            f"the earlier plan is of another plant: it uses {', '.join(strange)}, of which this scenario has no station"
        )
        raise InputFault(msg)
    if at_s < slots.start_s or frozen >= slots.count:
        at, first, last = (f"{local_datetime(scenario, t):{MINUTE}}" for t in (at_s, slots.start_s, slots.end_s))
        msg = (
            f"nothing is left to plan: {at} and plan.freeze ({scenario.spec.plan.freeze_s / 3600.0:g} h) must end inside "
            f"the horizon, from {first} to {last}"
        )
        raise InputFault(msg)
    return Slots(slots.time(frozen), slots.slot_s, slots.count - frozen)


def earlier_figures(scenario: Scenario, span: Slots, plan: Plan) -> PlanFigures:
    """Figures of the slots in which an earlier plan stands, from its replay with every duration at its mean."""
    seen = replay(scenario, span.end_s, plan)
    load = seen.accounts.load
    grid = resampled(load.kwh * 3600.0 / load.interval_s, load.interval_s, span)
    none = np.zeros(span.count)
    return PlanFigures(grid, none, grid, none, bill_of_slots(scenario, span, grid), seen.figures)
