"""What pairing by draws is worth: variance reduction by task and KPI; the lost stream is named where it is little."""

from __future__ import annotations

from typing import Any

from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.campaigns.plants import FOUNDRIES, foundry
from twin.scenario.scenario import Scenario
from twin.tasks.catalogue import for_industry
from twin.tasks.effect import LITTLE_REDUCTION
from twin.tasks.evaluate import evaluate
from twin.tasks.study import Study

COVERS = {"aluminium-foundry": "dosing-furnace-cover-and-setback", "iron-foundry": "lid-discipline"}
"""The task that stops heat from leaving a bath, by foundry."""
KPI, LEAST = "kwh_per_t_good", 5.0


def table(study: Study) -> list[dict[str, Any]]:
    """One row a task: verdict, effect, reduction by KPI, lost stream."""
    rows = []
    for task in study.tasks:
        row: dict[str, Any] = {"task": task.id, "verdict": task.verdict}
        if task.effects:
            row |= {
                "energy_kwh": task.effects["energy_kwh"].payload(), "cost_krw": task.effects["cost_krw"].payload(),
                "variance_reduction": dict(task.variance_reduction), "lost_stream": task.lost_stream}  # fmt: skip
        rows.append(row)
    return rows


def bars(name: str, study: Study) -> list[Bar]:
    """The cover task's reduction; and no task with little reduction and no name for why."""
    found = []
    for task in study.tasks:
        if not task.effects:
            continue
        if task.id == COVERS[name]:
            value = task.variance_reduction[KPI]
            what = f"{name}: {task.id}: variance reduction of {KPI}"
            found.append(Bar(what, float("inf") if value is None else value, LEAST, "at_least"))
        little = [
            kpi for kpi, value in task.variance_reduction.items() if value is not None and value < LITTLE_REDUCTION
        ]
        found.append(
            Bar(
                f"{name}: {task.id}: KPIs of little reduction without a named stream",
                float(len(little) if not task.lost_stream else 0),
                0.0,
            )
        )
    return found


def studied(scenario: Scenario, name: str, replications: int, jobs: int) -> tuple[list[Bar], list[dict[str, Any]], int]:
    """Bars, table and seed of the tasks that leave the dispatch as it is; a plan's weeks are another proof."""
    tasks = [task for task in for_industry(scenario.spec.industry) if "dispatch.rule" not in task.change.scenario]
    study = evaluate(scenario, tasks=tasks, replications=replications, jobs=jobs)
    return bars(name, study), table(study), study.seed


def prove(replications: int, jobs: int) -> Proof:
    """Both foundries, the catalogue's tasks without the scheduled one."""
    held, found, seed = [], {}, 0
    for name in FOUNDRIES:
        more, found[name], seed = studied(foundry(name), name, replications, jobs)
        held += more
    return Proof(seed, replications, tuple(held), found)


CAMPAIGN = Campaign(
    "pairing", "pairing by addressed draws reduces the variance of effects; where it does not, the stream is named",
    ("twin/tasks/**/*.py", "twin/tasks/catalogue/*.yaml", "twin/models/**/*.py", "twin/ledger/**/*.py",
     "twin/experiment/annual.py", "twin/experiment/draws.py", "twin/experiment/statistics.py"),
    prove, replications=8,
)  # fmt: skip
