"""Operational laws of real runs, and what each of them catches: errors planted one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.models.workshop import week, workshop
from twin.ledger.laws import laws
from twin.ledger.trace import Table, Trace


@cache
def _trace() -> Trace:
    """A line with a buffer, breakdowns, a blast that takes several lots, pieces sent back and a lot under way at the end."""
    cut = {"kind": "machine", "cycle": {"lognormal": {"mean": "40 min", "sd": "20 min"}}, "units": 2}
    stations = {
        "cut": cut | {"failures": {"every": "9 h", "repair": "1 h"}},
        "blast": {"kind": "shot_blast", "batch": 4, "cycle": "2 h", "buffer_before": 3},
        "test": {
            "kind": "machine",
            "cycle": "35 min",
            "quality": {"scrap": "5 %", "rework": {"share": "20 %", "to": "blast"}},
        },
    }
    products = {"part": {"lot": 1, "route": ["cut", "blast", "test"]}}
    return week(workshop(stations, products, {"all": {"product": "part", "quantity": 600}}), 1)


def _with(trace: Trace, name: str, columns: dict[str, np.ndarray]) -> Trace:
    return replace(trace, tables={**trace.tables, name: Table({**trace.tables[name].columns, **columns})})


def _without_row(name: str) -> Callable[[Trace], Trace]:
    def planted(trace: Trace) -> Trace:
        kept = np.arange(len(trace.tables[name])) != len(trace.tables[name]) // 2
        return replace(trace, tables={**trace.tables, name: trace.tables[name].where(kept)})

    return planted


def _moved(name: str, column: str, by_s: float) -> Callable[[Trace], Trace]:
    def planted(trace: Trace) -> Trace:
        values = trace.tables[name][column].copy()
        values[len(values) // 2] += by_s
        return _with(trace, name, {column: values})

    return planted


PLANTED = {
    "a lot left before it was done": (_moved("moves", "left", -90_000.0), "laws.little"),
    "work that ended before it began": (_moved("moves", "ended", -90_000.0), "laws.little"),
    "a lot that queued after it began": (_moved("moves", "queued", 90_000.0), "laws.little"),
    "a batch that is missing": (_without_row("batches"), "laws.work"),
    "a batch that lasts longer than its work": (_moved("batches", "t1", 7200.0), "laws.work"),
    "an operation that is missing": (_without_row("moves"), "laws.flow_conservation"),
    "a state that is missing": (_without_row("states"), "laws.state_times"),
    "a state that is too long": (_moved("states", "t1", 60.0), "laws.state_times"),
}


def test_the_laws_hold_on_a_run_with_everything_in_it() -> None:
    """Proves: every law to 1e-9 with blocking, breakdowns, batches, lots sent back and lots under way. Sensitivity: the planted errors."""
    assert max(laws(_trace()).values()) <= 1e-9


@pytest.mark.parametrize("error", PLANTED)
def test_each_planted_error_breaks_its_law(error: str) -> None:
    """Proves: the law named is broken by more than 1e-9, so that the run fails. Sensitivity: a law that is an identity of one table."""
    planted, law = PLANTED[error]
    assert laws(planted(_trace()))[law] > 1e-9
