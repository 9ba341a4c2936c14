"""The verb: schedule against tariff and carbon, check, replay, compare with the plant's own rule and with a rule of thumb."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from twin.core.faults import InputFault
from twin.core.messages import t as text
from twin.core.progress import Progress, silent
from twin.experiment.statistics import Interval
from twin.ledger.power import bill_payload
from twin.models.batches import BatchProcess
from twin.models.casting import DieCastingCell
from twin.optimize.derive.lines import is_line
from twin.optimize.derive.sharing import unplanned
from twin.optimize.limit import Limit
from twin.optimize.plan.figures import PlanFigures
from twin.optimize.problem.grid import Slots, slots_of
from twin.optimize.replay import Replay, intervals, paired, replay, replications
from twin.optimize.rolling import Rolled, ahead_of, begun_of, earlier_figures, hand_plan, roll, whole_figures
from twin.optimize.works import works_of
from twin.scenario.calendar import seconds as seconds_of
from twin.scenario.plan import Plan

if TYPE_CHECKING:
    from twin.experiment.stored import StoredResult
    from twin.optimize.check.types import Violation
    from twin.scenario.scenario import Scenario

ITERATIONS = 60
"""limit of a search for which the user names none"""
Figures = Mapping[str, Interval]


@dataclass(frozen=True)
class PlanResult:
    """A certified plan with its replays.

    ``own``: figures of the plan's own model; ``deterministic``: the replay with randomness off; ``runs``: figures of every replication of
    ``plan``, ``as_operated`` and ``hand_rule`` on the same draws; ``off``: as operated and by hand rule with randomness off.
    """

    scenario: Scenario
    plan: Plan
    own: PlanFigures
    violations: tuple[Violation, ...]
    deterministic: Replay
    runs: Mapping[str, Sequence[Mapping[str, float]]]
    off: Mapping[str, Mapping[str, float]]
    seed: int
    reproducible: bool
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "plan"

    @property
    def status(self) -> str:
        """optimal, feasible, infeasible or no_solution."""
        return self.plan.status

    @property
    def replications(self) -> int:
        """Replications of each way of dispatching."""
        return len(self.runs["plan"])

    @property
    def stochastic(self) -> Figures:
        """The plan in the stochastic plant: means with 95 % intervals."""
        return intervals(self.runs["plan"])

    @property
    def saved(self) -> dict[str, Figures]:
        """The plan minus the plant's own rule, the rule of thumb, an earlier plan: paired draw by draw."""
        return {name: paired(self.runs["plan"], runs) for name, runs in self.runs.items() if name != "plan"}

    @property
    def schedule(self) -> list[dict[str, Any]]:
        """What starts when and where, one row a batch: equipment, kind, key, product, job, start_s, duration_s, mass_kg, pieces, load.

        Lots that are processed together bear the name of one load; it is empty where nothing is shared.
        """
        return [
            {
                "equipment": b.equipment,
                "kind": b.kind,
                "key": b.key,
                "product": b.product,
                "job": b.job,
                "start_s": b.not_before_s,
                "duration_s": b.duration_s,
                "mass_kg": b.mass_kg,
                "pieces": b.pieces,
                "load": b.load,
            }
            for b in self.plan.batches
        ]

    def payload(self) -> dict[str, Any]:
        """The reproducible JSON of the verb."""
        return {
            "status": self.plan.status,
            "stopped_by": self.plan.stopped_by,
            "objective_krw": self.plan.objective_krw,
            "bound_krw": self.plan.bound_krw,
            "gap": self.plan.gap,
            "violations": [v.payload() for v in self.violations],
            "bill": bill_payload(self.own.bill),
            "plan": dict(self.own.figures),
            "replay": {"deterministic": self.deterministic.figures, "stochastic": shown(self.stochastic)},
            "as_operated": shown(intervals(self.runs["as_operated"])),
            "hand_rule": shown(intervals(self.runs["hand_rule"])),
            **({"earlier_plan": shown(intervals(self.runs["earlier_plan"]))} if "earlier_plan" in self.runs else {}),
            "deterministic": {name: dict(figures) for name, figures in self.off.items()},
            "saved": {name: shown(figures) for name, figures in self.saved.items()},
            "agreement": agreement(self),
            "schedule": self.schedule,
            "notes": list(self.plan.notes),
            "provenance": self.provenance,
        }

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the figures; not reproducible where seconds limited the search."""
        return {
            **searched(self.scenario, reproducible=self.reproducible),
            "seed": self.seed,
            "replications": self.replications,
            "horizon_s": self.plan.horizon_s,
            "slot_s": self.plan.slot_s,
            "level": 0.95,
        }

    def to_store(self) -> StoredResult:
        """JSON and tables from which the result can be made again."""
        from twin.optimize.stored import plan_to_store

        return plan_to_store(self)

    @staticmethod
    def from_store(stored: StoredResult) -> PlanResult:
        """The result that :meth:`to_store` gave. Raises InputFault."""
        from twin.optimize.stored import plan_from_store

        return plan_from_store(stored)


def searched(scenario: Scenario, *, reproducible: bool) -> dict[str, Any]:
    """What identifies the figures of a search: of plans, of fronts."""
    import twin

    return {"scenario_sha256": scenario.sha256, "version": twin.__version__, "reproducible": reproducible}


def shown(figures: Figures) -> dict[str, Any]:
    """Intervals as they stand in ``--json``."""
    return {name: found.payload() for name, found in figures.items()}


def agreement(result: PlanResult) -> dict[str, float]:
    """Replay with randomness off against the plan's own model: relative difference of energy and bill, hours later than planned."""
    own, seen = result.own.figures, result.deterministic
    bill = seen.accounts.kpis["bill_krw"]
    return {
        "energy_pct": off_pct(seen.figures["energy_kwh"], own["energy_kwh"]),
        "bill_pct": off_pct(bill, result.own.bill.total),
        "later_h": seen.figures["lateness_h"] - own["lateness_h"],
    }


def off_pct(seen: float, planned: float) -> float:
    """By how much a figure is off, in per cent of the planned one: of the larger where nothing, or less, was planned."""
    size = planned if planned > 0.0 else max(abs(seen), abs(planned))
    return 100.0 * (seen - planned) / size if size else 0.0


def with_limits_told(scenario: Scenario, plan: Plan) -> Plan:
    """The plan with a note on what it does not reckon with: cranes, tools and people that are shared for minutes, or elsewhere."""
    asking = unplanned(scenario, BatchProcess if is_line(scenario) else DieCastingCell)
    return replace(plan, notes=(*plan.notes, text("optimize.needs", stations=", ".join(asking)))) if asking else plan


def optimize(
    scenario: Scenario,
    *,
    iterations: int | None = None,
    seconds: float | None = None,
    replications: int | None = 20,
    seed: int | None = None,
    jobs: int = 1,
    earlier: Earlier | None = None,
    progress: Progress = silent,
) -> PlanResult:
    """Schedule the horizon of ``plan``, check the plan, replay it with randomness off and on, and compare.

    ``seconds`` limits the search by the clock (and then the result is not reproducible), ``iterations`` by their number (default 60; for
    each window where the horizon has several). ``earlier``: a plan that stands up to a moment and is planned again from there on.
    Raises Infeasible in words, InputFault.
    """
    started = time.perf_counter()
    scenario = from_plan_start(scenario)
    limit = Limit(ITERATIONS if iterations is None and seconds is None else iterations, seconds)
    slots = slots_of(scenario)
    ahead = slots if earlier is None else ahead_of(scenario, slots, earlier.plan, earlier.at_s)
    begun = None if earlier is None else begun_of(scenario, slots, earlier.plan, ahead.start_s)
    by_rule = replay(scenario, slots.end_s, None)
    rolled = roll(scenario, ahead, by_rule.trace, limit, begun=begun, progress=progress)
    fresh = planned_figures(scenario, ahead, rolled)
    own = fresh
    if earlier is not None:
        stood = Slots(slots.start_s, slots.slot_s, slots.count - ahead.count)
        own = whole_figures(scenario, slots, (earlier_figures(scenario, stood, earlier.plan), fresh), 0.0)
    ways = {"plan": rolled.plan, "as_operated": None, "hand_rule": hand_plan(scenario, ahead, rolled)}
    if earlier is not None:
        ways["earlier_plan"] = earlier.plan
    chosen = scenario.spec.run.seed if seed is None else seed
    count = scenario.spec.run.replications if replications is None else replications
    runs = replicate(scenario, slots, ways, chosen, count, jobs, progress)
    others = {
        name: replay(scenario, slots.end_s, plan).figures for name, plan in ways.items() if plan and name != "plan"
    }
    return PlanResult(
        scenario=scenario,
        plan=with_limits_told(scenario, rolled.plan),
        own=own,
        violations=tuple(violations(scenario, ahead, rolled, fresh)),
        deterministic=rolled.last.replay,
        runs=runs,
        off={"as_operated": by_rule.figures, **others},
        seed=chosen,
        reproducible=seconds is None,
        meta={
            "build_s": sum(part.schedule.build_s for part in rolled.parts),
            "solve_s": sum(part.schedule.solve_s for part in rolled.parts),
            "all_s": time.perf_counter() - started,
            "iterations": sum(part.schedule.solution.iterations for part in rolled.parts),
            **works_of(scenario, ahead).told(rolled.parts),
        },
    )


@dataclass(frozen=True)
class Earlier:
    """A plan that is in force, and the moment (s since the run's start) at which it is planned again."""

    plan: Plan
    at_s: float


def earlier_plan(scenario: Scenario, plan: Plan, at: str | dt.datetime | None) -> Earlier:
    """The plan in force, to be planned again from ``at`` on: civil time, the plant's where it names no zone. Raises InputFault."""
    try:
        when = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError:
        when = None
    if when is None:
        msg = f"--at {at or ''!r}: write the moment from which the earlier plan is planned again, e.g. 2026-07-08T14:00"
        raise InputFault(msg)
    return Earlier(plan, seconds_of(from_plan_start(scenario), when))


def planned_figures(scenario: Scenario, ahead: Slots, rolled: Rolled) -> PlanFigures:
    """The own figures of all that was planned now."""
    works = works_of(scenario, ahead)
    parts = tuple(works.figures(part) for part in rolled.parts)
    return whole_figures(scenario, ahead, parts, works.beside_krw(rolled.last))


def violations(scenario: Scenario, ahead: Slots, rolled: Rolled, own: PlanFigures) -> list[Violation]:
    """What the checker says of the slots that were planned, the plant being where the kept plan leaves it."""
    works = works_of(scenario, ahead)
    if rolled.begun.plan is None:
        return works.check(rolled.plan, None, rolled.parts, own)
    battery = rolled.plan.battery_kw[-ahead.count :] if rolled.plan.battery_kw else ()
    batches = tuple(batch for batch in rolled.plan.batches if batch.not_before_s >= ahead.start_s)
    fresh = replace(
        rolled.plan,
        start_s=ahead.start_s,
        horizon_s=ahead.count * ahead.slot_s,
        batches=batches,
        commands=tuple(command for command in rolled.plan.commands if command.t_s >= ahead.start_s),
        battery_kw=battery,
    )
    return works.check(fresh, rolled.begun.state, rolled.parts, own)


def from_plan_start(scenario: Scenario) -> Scenario:
    """The scenario with its run beginning where the plan does."""
    start = scenario.spec.plan.start
    if start is None or start == scenario.spec.run.start:
        return scenario
    return scenario.changed({"run.start": start.isoformat()})


def replicate(
    scenario: Scenario,
    slots: Slots,
    plans: Mapping[str, Plan | None],
    seed: int,
    count: int,
    jobs: int,
    progress: Progress,
) -> dict[str, list[dict[str, float]]]:
    """Figures of all replications of each plan, on the same draws."""
    if scenario.spec.run.randomness == "off":
        return {name: [replay(scenario, slots.end_s, plan).figures] for name, plan in plans.items()}
    return {
        name: replications(scenario, slots.end_s, plan, seed=seed, count=count, jobs=jobs, progress=progress, text=name)
        for name, plan in plans.items()
    }
