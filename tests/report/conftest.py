"""Small runs of both foundries, made once."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import twin
from tests.support import ROOT


@functools.cache
def small_run(name: str) -> Any:
    """One week, one replication."""
    scenario = twin.load(ROOT / "scenarios" / f"{name}.yaml", {"run.duration": "1 week", "run.warmup": "1 day"})
    return scenario.run(replications=1)


@pytest.fixture(params=["aluminium-foundry", "iron-foundry"])
def run(request: pytest.FixtureRequest) -> Any:
    return small_run(request.param)


@pytest.fixture
def aluminium() -> Any:
    return small_run("aluminium-foundry")
