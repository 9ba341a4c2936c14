"""Task files: the catalogue that comes with the twin, tasks of installed packages (entry points ``twin.tasks``), and a user's own files."""

from __future__ import annotations

import functools
from importlib import metadata, resources
from pathlib import Path

from pydantic import ValidationError

from twin.core.faults import InputFault, ScenarioFaults, did_you_mean
from twin.scenario.explain import faults_of
from twin.scenario.nodes import load
from twin.tasks.task import Task


def read_task(path: Path) -> Task:
    """The task in a YAML file. Raises ScenarioFaults with every fault at its line."""
    node, faults = load(path, path.name)
    try:
        task = Task.model_validate(node.plain())
    except ValidationError as error:
        raise ScenarioFaults([*faults, *faults_of(error, Task, node)]) from None
    if faults:
        raise ScenarioFaults(faults)
    return task


@functools.cache
def catalogue() -> dict[str, Task]:
    """Every task known, by id: shipped ones first, then those of installed packages. Raises InputFault where an id is used twice."""
    folders = [Path(str(resources.files("twin.tasks").joinpath("catalogue")))]
    folders += [Path(str(resources.files(point.value))) for point in metadata.entry_points(group="twin.tasks")]
    found: dict[str, Task] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        task = read_task(path)
        if task.id in found:
            message = f"{path}: the task id {task.id!r} is used twice"
            raise InputFault(message)
        found[task.id] = task
    return found


def for_industry(industry: str) -> list[Task]:
    """The tasks meant for an industry, in the order of the catalogue."""
    return [task for task in catalogue().values() if industry in task.industries or "all" in task.industries]


def find(name: str) -> Task:
    """A task by its id, or in a file. Raises InputFault with what is near."""
    if name.endswith((".yaml", ".yml")):
        return read_task(Path(name))
    if name not in catalogue():
        message = f"no task {name!r}: {did_you_mean(name, catalogue())}"
        raise InputFault(message)
    return catalogue()[name]
