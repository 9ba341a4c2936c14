"""All models by name, and the level of each interval so that all hold together."""

from __future__ import annotations

import functools
import importlib

from twin.verify.case import LEVEL, Model

FAMILIES = ("queues", "loss", "networks", "repair", "lines", "unreliable", "batches", "energy", "thermal", "flow")
"""modules of twin.verify.families, in the order in which they are shown"""


@functools.cache
def models() -> dict[str, Model]:
    """Models by name."""
    found = [model for name in FAMILIES for model in importlib.import_module(f"twin.verify.families.{name}").MODELS]
    return {model.name: model for model in found}


@functools.cache
def level() -> float:
    """Level of one interval: 1 - 0.01 / figures that are subject to chance (Bonferroni), whatever part of them is asked for."""
    chance = sum(figure.tolerance is None for model in models().values() for figure in model.figures)
    return 1.0 - (1.0 - LEVEL) / chance
