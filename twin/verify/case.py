"""What a theory case is: a model that the plant simulates, the figures that theory knows exactly, and the verdict on each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["throughput", "utilisation", "energy", "power", "waiting", "share", "time", "temperature", "money"]
PRECISION: dict[Kind, float] = {
    "throughput": 0.01, "utilisation": 0.01, "energy": 0.01, "power": 0.01, "waiting": 0.05, "share": 0.05, "time": 0.01,
    "temperature": 0.01, "money": 0.01,
}  # fmt: skip
"""largest half-width of an interval as a share of the exact value"""
LEVEL = 0.99
"""of all intervals together (Bonferroni)"""


@dataclass(frozen=True)
class Figure:
    """One figure of a model. ``tolerance``: of a model without chance, the relative distance allowed; None: an interval decides."""

    name: str
    kind: Kind
    unit: str
    tolerance: float | None = None


@dataclass(frozen=True)
class Model:
    """A plant whose figures are known. ``exact()`` gives one value a figure; ``source`` cites the theory.

    ``sample(seed, replication)`` gives one value a figure and after them those of control variates, zero on average
    (:mod:`twin.verify.control`).

    ``replications``: enough for the half-widths of :data:`PRECISION`; ``seconds``: about what they take, to begin with the longest.
    """

    name: str
    family: str
    source: str
    figures: tuple[Figure, ...]
    exact: Callable[[], Sequence[float]]
    sample: Callable[[int, int], Sequence[float]]
    replications: int = 1
    seconds: float = 1.0

    @property
    def cases(self) -> tuple[str, ...]:
        """Names of the cases: model and figure."""
        return tuple(f"{self.name}: {figure.name}" for figure in self.figures)


@dataclass(frozen=True)
class Case:
    """A figure with its verdict. ``passed``: theory lies in the interval, and the interval is narrow enough (``precise``)."""

    name: str
    family: str
    kind: Kind
    unit: str
    exact: float
    mean: float
    low: float
    high: float
    n: int
    level: float
    source: str
    precise: bool
    passed: bool
    broken: str = ""
    """the invariant that a run of the model broke, so that there are no figures of it"""

    @property
    def covered(self) -> bool:
        """Whether theory lies in the interval."""
        return self.low <= self.exact <= self.high

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        return {
            "name": self.name, "family": self.family, "exact": self.exact, "mean": self.mean, "low": self.low, "high": self.high,
            "pass": self.passed, "kind": self.kind, "unit": self.unit, "n": self.n, "level": self.level, "precise": self.precise,
            "broken": self.broken or None, "source": self.source,
        }  # fmt: skip


def seed_of(name: str, seed: int | None) -> int:
    """The seed of a model: a hash of its name, and of ``seed`` where one is asked for."""
    text = name if seed is None else f"{seed}/{name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def unjudged(model: Model, figure: Figure, exact: float, broken: str) -> Case:
    """The verdict on a figure of a model whose run broke an invariant."""
    return Case(
        f"{model.name}: {figure.name}", model.family, figure.kind, figure.unit, exact, 0.0, 0.0, 0.0, 0, 1.0, model.source, precise=False,
        passed=False, broken=broken,
    )  # fmt: skip


def judged(
    model: Model,
    figure: Figure,
    exact: float,
    values: Sequence[float],
    level: float,
    controls: Sequence[Sequence[float]] = (),
) -> Case:
    """The verdict on one figure from its values by replication."""
    from twin.verify.control import controlled

    if figure.tolerance is not None:
        mean, half = values[0], figure.tolerance * abs(exact)
        low, high, n = mean - half, mean + half, 1
    else:
        found = controlled(values, controls, level)
        mean, n = found.mean, found.n
        low = mean if found.low is None else found.low
        high = mean if found.high is None else found.high
    precise = (high - low) / 2.0 <= PRECISION[figure.kind] * abs(exact)
    return Case(
        f"{model.name}: {figure.name}", model.family, figure.kind, figure.unit, exact, mean, low, high, n,
        1.0 if figure.tolerance is not None else level, model.source, precise, precise and low <= exact <= high,
    )  # fmt: skip
