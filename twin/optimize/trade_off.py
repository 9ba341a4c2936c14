"""The verb for fronts: what a scenario's schedule costs more for less carbon, less lateness or a lower peak; and tariffs side by side."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import InputFault
from twin.core.progress import Progress, silent
from twin.optimize.derive.lines import is_line
from twin.optimize.front.epsilon import ITERATIONS, Front, FrontPoint, front_of
from twin.optimize.front.measure import MEASURES, Axis
from twin.optimize.front.shop import front_of_shop
from twin.optimize.limit import Limit
from twin.optimize.optimize import PlanResult, from_plan_start, optimize, searched
from twin.optimize.plan.decode_shop import starts_of, states_of
from twin.optimize.problem.grid import slots_of
from twin.optimize.problem.shop import Shop
from twin.optimize.problem.shop_state import line_state
from twin.optimize.problem.state import snapshot
from twin.optimize.replay import replay
from twin.optimize.schedule import schedule
from twin.optimize.schedule_shop import schedule_line

if TYPE_CHECKING:
    from twin.experiment.stored import StoredResult
    from twin.optimize.formulation.matrix import StartKey
    from twin.optimize.problem.network import Problem
    from twin.scenario.scenario import Scenario

FIRST_SHARE = 0.3
"""part of the seconds that goes into the plan with which the front begins"""
PROVEN_GAP = 1e-6
KEYS: Mapping[Axis, tuple[str, str, float]] = {
    "carbon": ("carbon_kg", "tco2e", 1000.0),
    "lateness": ("lateness_h", "h", 1.0),
    "peak": ("peak_kw", "kw", 1.0),
}
"""key of the measure, unit of its marginal cost, and how many units of the measure that is"""


@dataclass(frozen=True)
class FrontResult:
    """A front of a scenario's horizon. ``constant_factor``: grid power emits the same per kWh in every slot."""

    scenario: Scenario
    found: Front
    constant_factor: bool
    reproducible: bool
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "front"

    @property
    def axis(self) -> Axis:
        """What is set against cost."""
        return self.found.axis

    def row(self, point: FrontPoint) -> dict[str, Any]:
        """A point as one row; marginal cost and shadow price in KRW per tCO2e, hour or kW."""
        key, unit, size = KEYS[self.axis]
        return {
            key: point.value,
            f"limit_{key}": point.limit,
            "cost_krw": point.cost_krw,
            "bound_krw": None if np.isinf(point.bound_krw) else point.bound_krw,
            "gap": None if np.isinf(point.gap) else point.gap,
            "proven": point.gap <= PROVEN_GAP,
            f"marginal_krw_per_{unit}": None if point.marginal_krw is None else point.marginal_krw * size,
            f"shadow_krw_per_{unit}": None if point.shadow_krw is None else point.shadow_krw * size,
        }

    def payload(self) -> dict[str, Any]:
        """The reproducible JSON of the verb."""
        key = KEYS[self.axis][0]
        return {
            "front": [self.row(point) for point in self.found.points],
            "axis": self.axis,
            f"least_{key}": None if np.isinf(self.found.least) else self.found.least,
            "constant_factor": self.constant_factor,
            "provenance": self.provenance,
        }

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the figures."""
        horizon_s = self.scenario.spec.plan.horizon_s
        return {**searched(self.scenario, reproducible=self.reproducible), "horizon_s": horizon_s}

    def to_store(self) -> StoredResult:
        """JSON from which the front can be made again, but for its schedules."""
        from twin.optimize.stored import front_to_store

        return front_to_store(self)

    @staticmethod
    def from_store(stored: StoredResult) -> FrontResult:
        """The front that :meth:`to_store` gave. Raises InputFault."""
        from twin.optimize.stored import front_from_store

        return front_from_store(stored)


def trade_off(
    scenario: Scenario,
    axis: str,
    *,
    points: int = 7,
    iterations: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> FrontResult:
    """The front cost–``axis`` (``carbon``, ``lateness``, ``peak``) of the horizon of ``plan``.

    A plan is made first, and replayed; the front is that of the problem as its replay tells it: what is not decided (base load,
    thermostats) stays as it is in that plan. ``iterations`` limit the search of each point (default 20), ``seconds`` all of it.
    Raises InputFault for another axis or fewer than two points; Infeasible in words.
    """
    begun = time.perf_counter()
    known = known_axis(axis)
    if points < 2:
        msg = f"a front of {points} points; it has two ends, ask for 2 or more"
        raise InputFault(msg)
    iterations = ITERATIONS if iterations is None and seconds is None else iterations
    limit = Limit(iterations, None if seconds is None else seconds * FIRST_SHARE)
    scenario = from_plan_start(scenario)
    problem, starts = first_plan(scenario, limit, progress)
    left_s = None if seconds is None else max(1.0, seconds - (time.perf_counter() - begun))
    if isinstance(problem, Shop):
        found = front_of_shop(
            problem, known, starts, points=points, iterations=iterations, seconds=left_s, progress=progress
        )
    else:
        found = front_of(
            problem, known, [starts], points=points, iterations=iterations, seconds=left_s, progress=progress
        )
    constant = bool(np.ptp(problem.carbon.intensity_kg_per_kwh) < 1e-12) if problem.slots else True
    return FrontResult(scenario, found, constant, seconds is None, {"all_s": time.perf_counter() - begun})


def known_axis(axis: str) -> Axis:
    """What a front sets against cost, as a user names it. Raises InputFault with the names there are."""
    for one in MEASURES:
        if one == axis:
            return one
    msg = f"no front {axis!r}; known: {', '.join(MEASURES)}"
    raise InputFault(msg)


def first_plan(scenario: Scenario, limit: Limit, progress: Progress) -> tuple[Problem | Shop, Mapping[StartKey, float]]:
    """What is searched in the scenario's horizon as the replay of a first plan tells it, and that plan's starts. Raises Infeasible."""
    slots = slots_of(scenario)
    seen = replay(scenario, slots.end_s, None).trace
    if is_line(scenario):
        state = line_state(scenario, slots.start_s, slots.end_s)
        line = schedule_line(scenario, slots, state, seen, limit, progress=progress)
        shop, plan = line.line.shop, line.schedule
        return shop, {**starts_of(shop, plan.placed), **states_of(shop, plan.on)}
    first = schedule(scenario, slots, snapshot(scenario, slots.start_s), seen, limit, progress=progress)
    return first.derived.problem, first.solution.starts


@dataclass(frozen=True)
class TariffsResult:
    """Plans of one scenario under several tariffs, by tariff id."""

    scenario: Scenario
    plans: Mapping[str, PlanResult]
    kind: str = "tariffs"

    def payload(self) -> dict[str, Any]:
        """Per tariff the payload of its plan."""
        return {"tariffs": {name: plan.payload() for name, plan in self.plans.items()}, "provenance": self.provenance}

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the figures: of all plans alike but for the scenario."""
        first = next(iter(self.plans.values())).provenance
        return {**first, "scenario_sha256": self.scenario.sha256}

    @property
    def meta(self) -> Mapping[str, Any]:
        """Times, by tariff."""
        return {f"{name}: {key}": value for name, plan in self.plans.items() for key, value in plan.meta.items()}

    def to_store(self) -> StoredResult:
        """JSON and tables from which all plans can be made again."""
        from twin.optimize.stored import tariffs_to_store

        return tariffs_to_store(self)

    @staticmethod
    def from_store(stored: StoredResult) -> TariffsResult:
        """The plans that :meth:`to_store` gave. Raises InputFault."""
        from twin.optimize.stored import tariffs_from_store

        return tariffs_from_store(stored)


def under_tariffs(scenario: Scenario, tariffs: Sequence[str], **options: Any) -> TariffsResult:
    """:func:`optimize` under each of ``tariffs``: an id, or a date alone for another version of the scenario's own (``2024-10-24``).

    Raises InputFault for fewer than two, and what :func:`optimize` raises.
    """
    named = list(dict.fromkeys(tariff.strip() for tariff in tariffs if tariff.strip()))
    if len(named) < 2:
        msg = f"tariffs side by side are two or more; given: {', '.join(named) or 'none'}"
        raise InputFault(msg)
    own = str(scenario.at("site.tariff")).partition("@")[0]
    ids = [f"{own}@{name}" if name[:4].isdigit() else name for name in named]
    plants = {
        one: scenario.changed({"site.tariff": one}) for one in ids
    }  # all of them first: a fault is told before any work
    return TariffsResult(scenario, {one: optimize(plant, **options) for one, plant in plants.items()})
