"""The shipped foundries, and short ones for the samples in the ordinary suite."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from tests.support import ROOT
from twin.scenario.scenario import Scenario, read

FOUNDRIES = ("aluminium-foundry", "iron-foundry")
ALIKE = {"calendar.holidays": "null", "calendar.shutdowns": "[]"}
"""Every week like the other: a year of one representative run, so that a sample takes seconds."""


@functools.cache
def foundry(name: str) -> Scenario:
    """A foundry as shipped."""
    return read(ROOT / "scenarios" / f"{name}.yaml")


def short(name: str, changes: Mapping[str, str] | None = None) -> Scenario:
    """A foundry whose weeks are all alike."""
    return read(ROOT / "scenarios" / f"{name}.yaml", {**ALIKE, **(changes or {})})
