"""The verb: schedule against tariff and carbon, check, replay, compare with the plant's own rule and with a rule of thumb."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.core.faults import InputFault
from twin.core.progress import Progress, silent
from twin.experiment.statistics import Interval
from twin.ledger.power import bill_payload
from twin.optimize.check import Claim, Violation, check
from twin.optimize.figures import PlanFigures, plan_figures
from twin.optimize.grid import Slots, slots_of
from twin.optimize.hand_rule import hand_rule
from twin.optimize.replay import Replay, intervals, paired, replay, replications
from twin.optimize.schedule import Limit, Schedule, planned, schedule
from twin.optimize.search import search
from twin.optimize.state import snapshot
from twin.scenario.plan import Plan

if TYPE_CHECKING:
    from twin.experiment.stored import StoredResult
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
        """The plan minus the plant's own rule, and minus the rule of thumb, paired draw by draw."""
        return {name: paired(self.runs["plan"], self.runs[name]) for name in ("as_operated", "hand_rule")}

    @property
    def schedule(self) -> list[dict[str, Any]]:
        """What starts when and where, one row a batch: equipment, kind, key, product, job, start_s, duration_s, mass_kg, pieces."""
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
        import twin

        return {
            "scenario_sha256": self.scenario.sha256,
            "version": twin.__version__,
            "seed": self.seed,
            "replications": self.replications,
            "horizon_s": self.plan.horizon_s,
            "slot_s": self.plan.slot_s,
            "level": 0.95,
            "reproducible": self.reproducible,
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


def shown(figures: Figures) -> dict[str, Any]:
    """Intervals as they stand in ``--json``."""
    return {name: found.payload() for name, found in figures.items()}


def agreement(result: PlanResult) -> dict[str, float]:
    """Replay with randomness off against the plan's own model: relative difference of energy and bill, hours later than planned."""
    own, seen = result.own.figures, result.deterministic
    bill = seen.accounts.kpis["bill_krw"]
    return {
        "energy_pct": 100.0 * (seen.figures["energy_kwh"] / own["energy_kwh"] - 1.0),
        "bill_pct": 100.0 * (bill / result.own.bill.total - 1.0),
        "later_h": seen.figures["lateness_h"] - own["lateness_h"],
    }


def optimize(
    scenario: Scenario,
    *,
    iterations: int | None = None,
    seconds: float | None = None,
    replications: int | None = 20,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress = silent,
) -> PlanResult:
    """Schedule the horizon of ``plan``, check the plan, replay it with randomness off and on, and compare.

    ``seconds`` limits the search by the clock (and then the result is not reproducible), ``iterations`` by their number (default 60).
    Raises Infeasible in words, InputFault.
    """
    begun = time.perf_counter()
    scenario = from_plan_start(scenario)
    limit = Limit(ITERATIONS if iterations is None and seconds is None else iterations, seconds)
    slots = slots_of(scenario)
    by_rule = replay(scenario, slots.end_s, None)
    found = schedule(scenario, slots, snapshot(scenario, slots.start_s), by_rule.trace, limit, progress=progress)
    own = plan_figures(
        scenario, slots, found.derived.problem, found.solution, found.feedback.other_kw, fuel_krw(found.replay)
    )
    claim = Claim(
        own.grid_kw,
        own.scheduled_kw,
        own.figures["energy_kwh"],
        own.bill.total,
        own.figures["carbon_kg"],
        own.figures["lateness_h"],
    )
    violations = check(scenario, found.plan, claim)
    thumb = hand_plan(scenario, slots, found)
    chosen = scenario.spec.run.seed if seed is None else seed
    count = scenario.spec.run.replications if replications is None else replications
    ways = {"plan": found.plan, "as_operated": None, "hand_rule": thumb}
    runs = replicate(scenario, slots, ways, chosen, count, jobs, progress)
    return PlanResult(
        scenario=scenario,
        plan=found.plan,
        own=own,
        violations=tuple(violations),
        deterministic=found.replay,
        runs=runs,
        off={"as_operated": by_rule.figures, "hand_rule": replay(scenario, slots.end_s, thumb).figures},
        seed=chosen,
        reproducible=seconds is None,
        meta={
            "build_s": found.build_s,
            "solve_s": found.solve_s,
            "all_s": time.perf_counter() - begun,
            "iterations": found.solution.iterations,
        },
    )


def from_plan_start(scenario: Scenario) -> Scenario:
    """The scenario with its run beginning where the plan does."""
    start = scenario.spec.plan.start
    if start is None or start == scenario.spec.run.start:
        return scenario
    return scenario.changed({"run.start": start.isoformat()})


def hand_plan(scenario: Scenario, slots: Slots, found: Schedule) -> Plan:
    """The rule of thumb as a plan, from the same problem."""
    solution = search(found.derived.problem, [hand_rule(found.derived.problem)], iterations=0, bound=False)
    if not solution.values:
        msg = "the rule of thumb finds no schedule for this scenario"
        raise InputFault(msg)
    return planned(scenario, slots, found.derived, solution)


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


def fuel_krw(seen: Replay) -> float:
    """What fuels cost: nothing scheduled here burns any."""
    return float(seen.accounts.kpis["fuel_krw"])
