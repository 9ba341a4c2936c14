"""Effects of tasks on one plant: the same year with and without each task, paired draw by draw."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from twin.core.faults import InputFault
from twin.core.progress import silent
from twin.experiment.checkpoint import Checkpoint
from twin.experiment.draws import AddressedDraws
from twin.experiment.runner import Execution, run
from twin.experiment.statistics import interval
from twin.tasks.apply import changes, drawn, matched
from twin.tasks.bundle import bundle_of, coalitions, members_of
from twin.tasks.catalogue import find, for_industry
from twin.tasks.effect import Pairing, not_applicable, task_effect
from twin.tasks.study import Study, TaskEffect
from twin.tasks.years import Variant, Years, kept_by, simulate_years

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario
    from twin.tasks.task import Task

PARAMETER_DRAWS = 10
"""At most so many draws of a task's uncertain parameters, each on a replication of its own."""
DISPATCHES = {"as-operated": ("as-operated",), "optimized": ("optimized",), "both": ("as-operated", "optimized")}


@dataclass(frozen=True)
class _Asked:
    """One task under one dispatch, with the variants that it needs."""

    task: Task
    dispatch: str
    stations: tuple[str, ...]
    central: Variant | None
    draws: tuple[Variant, ...]


def evaluate(
    scenario: Scenario,
    *,
    tasks: Sequence[str | Task] | None = None,
    bundle: str | None = None,
    dispatch: str = "as-operated",
    seed: int | None = None,
    replications: int | None = None,
    **how: Unpack[Execution],
) -> Study:
    """Evaluate tasks (absent: the catalogue's for the plant's industry) over the composed year.

    ``bundle``: ``"all"`` or ids joined by commas, evaluated together too. ``dispatch``: as-operated, optimized or both. Raises InputFault
    for an unknown task or dispatch, ScenarioFaults where a task's change gives no valid scenario.
    """
    begun = time.perf_counter()
    folder = how.get("checkpoint")
    store = None if folder is None else Checkpoint(folder)
    if dispatch not in DISPATCHES:
        message = f"dispatch {dispatch!r}: write as-operated, optimized or both"
        raise InputFault(message)
    seed = scenario.spec.run.seed if seed is None else seed
    simulate = functools.partial(
        simulate_years,
        seed=seed,
        jobs=how.get("jobs", 1),
        cluster=how.get("cluster"),
        progress=how.get("progress", silent),
        checkpoint=store,
    )
    chosen = [find(one) if isinstance(one, str) else one for one in tasks or for_industry(scenario.spec.industry)]
    count = 1 if scenario.spec.run.randomness == "off" else replications or scenario.spec.run.replications
    bases = {name: _base(scenario, name, count) for name in DISPATCHES[dispatch]}
    asked = [_ask(bases[name].scenario, task, name, seed, count) for name in bases for task in chosen]
    variants = [*bases.values(), *(v for one in asked if one.central for v in (one.central, *one.draws))]
    years = {one.variant.name: one for one in simulate(variants)}
    effects = tuple(_effect(one, years, bases, seed) for one in asked)
    first, base = next(iter(bases.items()))
    together = None
    if bundle is not None:
        members = members_of(bundle, [e for e in effects if e.dispatch == first], chosen)
        sets = coalitions(base, members)
        extra = simulate([v for v in sets.values() if v.name not in years])
        together = bundle_of(members, sets, years | {one.variant.name: one for one in extra})
    base_years = years[base.name].years
    return Study(
        scenario,
        seed,
        count,
        {name: interval([year.kpis[name] for year in base_years]) for name in base_years[0].kpis},
        effects,
        tuple(base_years[0].emissions.factor_ids),
        _notes(scenario),
        together,
        run=run(base.scenario, seed=seed, replications=1) if first == "as-operated" else None,
        meta={"seconds": time.perf_counter() - begun, "jobs": how.get("jobs", 1)} | kept_by(store),
    )


def _base(scenario: Scenario, dispatch: str, count: int) -> Variant:
    operated = scenario if dispatch == "as-operated" else scenario.changed({"dispatch.rule": "optimized"})
    return Variant(f"base/{dispatch}", operated, tuple(range(count)))


def _ask(scenario: Scenario, task: Task, dispatch: str, seed: int, count: int) -> _Asked:
    stations = tuple(matched(scenario, task))
    if not stations:
        return _Asked(task, dispatch, (), None, ())
    name = f"{dispatch}/{task.id}"
    central = Variant(name, scenario.changed(changes(scenario, task)), tuple(range(count)))
    spread = (
        tuple(
            Variant(
                f"{name}/draw-{k}",
                scenario.changed(changes(scenario, task, drawn(task, _uniforms(task, seed, k)))),
                (k,),
            )
            for k in range(min(count, PARAMETER_DRAWS))
        )
        if any(p.distribution for p in task.parameters.values())
        else ()
    )
    return _Asked(task, dispatch, stations, central, spread)


def _uniforms(task: Task, seed: int, replication: int) -> dict[str, float]:
    """One uniform a parameter, addressed by task and parameter, so that no other draw moves."""
    draws = AddressedDraws(seed, replication)
    return {name: draws.uniform("parameter", f"{task.id}/{name}", 0) for name in task.parameters}


def _effect(one: _Asked, years: Mapping[str, Years], bases: Mapping[str, Variant], seed: int) -> TaskEffect:
    if one.central is None:
        return not_applicable(one.task, one.dispatch)
    base = years[bases[one.dispatch].name]
    drawn_years = [years[variant.name].years[0] for variant in one.draws]
    return task_effect(one.task, one.dispatch, one.stations, Pairing(base, years[one.central.name], drawn_years, seed))


def _notes(scenario: Scenario) -> tuple[str, ...]:
    """What a reader must know before the figures."""
    notes = ["year.composed"]
    if isinstance(scenario.spec.site.grid_factor, str):
        notes.append("grid.constant")
    return tuple(notes)
