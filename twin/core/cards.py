"""The figure card: what stands behind every number that a person sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

DATA_CLASSES = ("metered", "fitted", "nameplate", "literature", "assumed")
"""Best first; of several inputs the worst counts."""


def worst(classes: Iterable[str]) -> str:
    """The worst of the data classes; ``assumed`` where there is none or one is unknown."""
    ranks = [DATA_CLASSES.index(name) if name in DATA_CLASSES else len(DATA_CLASSES) - 1 for name in classes]
    return DATA_CLASSES[max(ranks, default=len(DATA_CLASSES) - 1)]


@dataclass(frozen=True)
class FigureCard:
    """A figure with its interval (``low``, ``high`` at ``level`` from ``n`` replications; None where exact) and its origin."""

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    n: int | None = None
    level: float | None = None
    scenario_sha256: str = ""
    version: str = ""
    seed: int | None = None
    factors: tuple[str, ...] = ()
    data_class: str = "assumed"
    source: str = ""
    verified: bool = False

    def __post_init__(self) -> None:
        if self.data_class not in DATA_CLASSES:
            msg = f"data class {self.data_class!r} is none of {', '.join(DATA_CLASSES)}"
            raise ValueError(msg)
        if (self.low is None) != (self.high is None):
            msg = f"{self.name}: an interval has two ends"
            raise ValueError(msg)

    def payload(self) -> dict[str, Any]:
        """As JSON; tuples as lists."""
        return {**asdict(self), "factors": list(self.factors)}
