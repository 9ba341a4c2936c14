"""What the figures of a task say: saves, costs, not demonstrated, not applicable, or that the plant no longer delivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from twin.tasks.figures import Figure
from twin.tasks.task import Task

Verdict = Literal["saves", "costs", "not_demonstrated", "not_applicable", "service_broken"]

OUTPUT_TOLERANCE_PCT = 0.5
"""A plant that makes this much less, beyond randomness, has not saved."""
LATENESS_TOLERANCE = 0.02
"""Lateness may grow by this share of the year's lateness without the task, or by LATENESS_FLOOR_H, whichever is more."""
LATENESS_FLOOR_H = 8.0


def broken_service(
    task: Task,
    effects: Mapping[str, Figure],
    base: Mapping[str, float],
    without: Sequence[float],
    with_task: Sequence[float],
) -> list[str]:
    """What the task must keep and does not: ``output``, ``due_dates``, ``pouring_temperature``.

    ``base`` are mean figures without the task; ``without`` and ``with_task`` the share of metal poured too cold by replication.
    """
    broken = []
    output = effects["output_pct"]
    if "output" in task.service.must_keep and output.below_zero and (output.mean or 0.0) < -OUTPUT_TOLERANCE_PCT:
        broken.append("output")
    late = effects["lateness_h"]
    allowed_h = max(LATENESS_FLOOR_H, LATENESS_TOLERANCE * base.get("lateness_h", 0.0))
    if "due_dates" in task.service.must_keep and late.above_zero and (late.mean or 0.0) > allowed_h:
        broken.append("due_dates")
    if "pouring_temperature" in task.service.must_keep and _mean(with_task) > _mean(without) + 0.001:
        broken.append("pouring_temperature")
    return broken


def verdict(effects: Mapping[str, Figure], broken: Sequence[str]) -> Verdict:
    """From the intervals of energy (toe), carbon and cost: one wholly below zero and none wholly above is a saving."""
    if broken:
        return "service_broken"
    judged = [effects[name] for name in ("toe", "carbon_kg", "cost_krw")]
    if any(figure.above_zero for figure in judged):
        return "costs"
    return "saves" if any(figure.below_zero for figure in judged) else "not_demonstrated"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
