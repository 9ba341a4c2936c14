"""A task on a scenario: which stations it matches, and the changes that it makes there, at central or drawn parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.core.faults import InputFault
from twin.core.units import parse
from twin.experiment.draws import triangular
from twin.scenario.scenario import Scenario
from twin.tasks.task import Condition, Distribution, Money, Task

_QUANTITY = re.compile(r"^\s*[-+]?[\d.,]+(?:[eE][-+]?\d+)?\s*(?P<unit>.*?)\s*$")
_ABSENT = object()


def unit_of(text: str | float) -> str:
    """The unit that a quantity is written in; ``"1"`` where it has none."""
    match = _QUANTITY.match(str(text))
    return (match["unit"] if match else "") or "1"


def look_up(tree: Any, path: str) -> Any:
    """The value at a dotted path of a plain tree (a quantity with provenance gives its value); ``_ABSENT`` where there is none."""
    for part in path.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            return _ABSENT
        tree = tree[part]
    if isinstance(tree, Mapping) and "value" in tree and "data_class" in tree:
        tree = tree["value"]
    return _ABSENT if tree is None else tree


def holds(tree: Any, path: str, condition: Condition | str) -> bool:
    """Whether a station's value meets a condition; quantities are compared in the condition's own unit."""
    value = look_up(tree, path)
    if condition == "absent":
        return value is _ABSENT
    if condition == "present":
        return value is not _ABSENT
    if value is _ABSENT or isinstance(condition, str):
        return False
    return _meets(value, condition)


def _meets(value: Any, condition: Condition) -> bool:
    if condition.above is not None and not _number(value, condition.above) > _number(condition.above, condition.above):
        return False
    if condition.below is not None and not _number(value, condition.below) < _number(condition.below, condition.below):
        return False
    return condition.equals is None or value == condition.equals


def _number(value: Any, like: str | float | None) -> float:
    """A quantity as a float in the unit that ``like`` is written in."""
    return parse(str(value), unit_of(like if like is not None else "1"))


def matched(scenario: Scenario, task: Task) -> list[str]:
    """The stations that the task changes; ``[]`` where none fits. A task without a kind changes the site and matches ``["site"]``."""
    if task.applies_to.kind is None:
        return ["site"] if _fits(scenario.tree, task) else []
    stations: Mapping[str, Any] = scenario.tree.get("stations", {})
    return [name for name, tree in stations.items() if tree.get("kind") == task.applies_to.kind and _fits(tree, task)]


def _fits(tree: Any, task: Task) -> bool:
    where = task.applies_to.where
    every = all(holds(tree, path, condition) for entry in where.all for path, condition in entry.items())
    some = not where.any or any(
        holds(tree, path, condition) for entry in where.any for path, condition in entry.items()
    )
    return every and some


def changes(scenario: Scenario, task: Task, values: Mapping[str, str | float] | None = None) -> dict[str, Any]:
    """The task as ``{dotted path: value}`` on this scenario, parameters at ``values`` (central where absent)."""
    chosen = {name: parameter.value for name, parameter in task.parameters.items()} | dict(values or {})
    made = {path: _new(scenario.tree, path, value, chosen) for path, value in task.change.scenario.items()}
    for station in matched(scenario, task) if task.change.each else []:
        here = scenario.tree["stations"][station]
        made |= {
            f"stations.{station}.{path}": _new(here, path, value, chosen) for path, value in task.change.each.items()
        }
    return made


def _new(tree: Any, path: str, value: Any, chosen: Mapping[str, str | float]) -> Any:
    """The value that a change gives; ``{scaled_by: {parameter: name}}`` multiplies what is there. Raises InputFault where nothing is."""
    if not (isinstance(value, Mapping) and set(value) == {"scaled_by"}):
        return _filled(value, chosen)
    there = look_up(tree, path)
    if there is _ABSENT:
        message = f"{path}: a task scales this value, but the scenario has none"
        raise InputFault(message)
    unit = unit_of(there)
    return _written(parse(str(there), unit) * parse(str(_filled(value["scaled_by"], chosen)), "1"), unit)


def _filled(value: Any, chosen: Mapping[str, str | float]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"parameter"}:
            return chosen[value["parameter"]]
        return {key: _filled(inner, chosen) for key, inner in value.items()}
    return value


def drawn(task: Task, uniforms: Mapping[str, float]) -> dict[str, str]:
    """Parameters at the quantiles ``uniforms`` (in (0, 1)) of their distributions, as text in the unit of the central value."""
    return {
        name: _quantile(parameter.distribution, uniforms[name], unit_of(parameter.value))
        for name, parameter in task.parameters.items()
        if parameter.distribution is not None
    }


def _quantile(distribution: Distribution, u: float, unit: str) -> str:
    if distribution.uniform is not None:
        low, high = (parse(text, unit) for text in (distribution.uniform.low, distribution.uniform.high))
        return _written(low + u * (high - low), unit)
    spread = distribution.triangular
    if spread is None:
        message = "a distribution is triangular or uniform"
        raise InputFault(message)
    low, mode, high = (parse(text, unit) for text in (spread.low, spread.mode, spread.high))
    if not low <= mode <= high or low == high:
        message = f"triangular distribution {spread.low} … {spread.mode} … {spread.high}: write low ≤ mode ≤ high"
        raise InputFault(message)
    return _written(float(triangular(np.asarray(u), low, mode, high)), unit)


def _written(number: float, unit: str) -> str:
    return f"{number!r}" if unit == "1" else f"{number!r} {unit}"


def count(scenario: Scenario, task: Task, per: str) -> float:
    """How many times a cost ``per`` unit, station, kW of PV or site arises on this scenario."""
    stations = matched(scenario, task)
    if per == "unit" and task.applies_to.kind is not None:
        return float(sum(scenario.stations[name].units for name in stations))
    if per == "station" and task.applies_to.kind is not None:
        return float(len(stations))
    if per == "kW":
        return _added_pv_kw(scenario, task)
    return 1.0


def _added_pv_kw(scenario: Scenario, task: Task) -> float:
    after = scenario.changed(changes(scenario, task)).spec.site.pv
    before = scenario.spec.site.pv
    return max(0.0, (after.peak_kw if after else 0.0) - (before.peak_kw if before else 0.0))


def total_krw(scenario: Scenario, task: Task, money: Money) -> tuple[float, float, float]:
    """A sum for this scenario: central, low and high end of its range."""
    times = count(scenario, task, money.per)
    low, high = money.range_krw or (money.value_krw, money.value_krw)
    return money.value_krw * times, low * times, high * times


__all__ = ["changes", "count", "drawn", "holds", "look_up", "matched", "total_krw", "unit_of"]
