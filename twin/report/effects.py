"""Tasks of a study as reports show them: with effects, in the order of their worth, in groups that cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.report.content import Both, own, word
from twin.report.words import mean_of

Task = Mapping[str, Any]
GROUPS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def evaluated(payload: Mapping[str, Any]) -> list[Task]:
    """Tasks that apply and so have effects, those that save most carbon first, ties by cash."""
    tasks = [task for task in payload["tasks"] if "carbon_kg_per_year" in task]
    return sorted(
        tasks,
        key=lambda task: (
            _mean(task, "carbon_kg_per_year"),
            _mean(task, "cost_krw_per_year"),
            task["id"],
            task["dispatch"],
        ),
    )


def title(task: Task, tasks: Sequence[Task]) -> Both:
    """The task's name, its dispatch beside it where there are several."""
    name = own(task.get("name") or task["id"])
    if len({other["dispatch"] for other in tasks}) < 2:
        return name
    dispatch = word("dispatch", task["dispatch"])
    return Both(f"{name.en} ({dispatch.en})", f"{name.ko} ({dispatch.ko})")


def tied(tasks: Sequence[Task], key: str = "carbon_kg_per_year") -> list[str]:
    """A letter for each of ``tasks`` (ordered): a task whose interval overlaps that of its group's first cannot be told from it."""
    letters: list[str] = []
    leader: Mapping[str, Any] | None = None
    group = -1
    for task in tasks:
        figure = task[key]
        if leader is None or not _overlap(leader, figure):
            leader, group = figure, group + 1
        letters.append(GROUPS[group % len(GROUPS)])
    return letters


def _overlap(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    ends = [_end(figure, end) for figure in (a, b) for end in ("low", "high")]
    return ends[0] <= ends[3] and ends[2] <= ends[1]


def _end(figure: Mapping[str, Any], end: str) -> float:
    """An end of an interval; the mean where one replication gives none."""
    found = figure.get(end)
    return float(figure["mean"] if found is None else found)


def _mean(task: Task, key: str) -> float:
    return mean_of(task.get(key)) or 0.0
