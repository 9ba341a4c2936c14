"""What a diagnosis found, as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from twin.core.faults import InputFault
from twin.experiment.statistics import Interval
from twin.tasks.figures import Figure

if TYPE_CHECKING:
    from twin.experiment.stored import StoredResult
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class Loss:
    """Heat of one equipment in one term of its balance, a year; ``useful`` where it leaves with the metal."""

    equipment: str
    term: str
    kwh: float
    krw: float
    kg: float
    useful: bool
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class StepWorth:
    """What one step changes a year: *with − without*, a saving is negative."""

    place: str
    step: str
    kwh: Figure
    krw: Figure
    kg: Figure

    def payload(self) -> dict[str, Any]:
        """Means, with the intervals beside them."""
        figures = {"kwh": self.kwh, "krw": self.krw, "kg": self.kg}
        return (
            {"place": self.place, "step": self.step}
            | {name: f.mean for name, f in figures.items()}
            | {"intervals": {name: f.payload() for name, f in figures.items()}}
        )


@dataclass(frozen=True)
class Diagnosis:
    """Losses, dearest first, and the worth of single steps, over the composed year."""

    scenario: Scenario
    seed: int
    replications: int
    losses: tuple[Loss, ...]
    steps: tuple[StepWorth, ...]
    baseline: Mapping[str, Interval]
    factors: tuple[str, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "diagnosis"

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the figures."""
        import twin
        from twin.core.cards import worst

        return {
            "scenario_sha256": self.scenario.sha256,
            "version": twin.__version__,
            "seed": self.seed,
            "replications": self.replications,
            "factors": list(self.factors),
            "data_class": worst(e.data_class for e in self.scenario.provenance.values()),
            "level": 0.95,
            "reproducible": True,
        }

    def payload(self) -> dict[str, Any]:
        """The reproducible JSON of the diagnosis."""
        return {
            "losses": [asdict(loss) | {"tasks": list(loss.tasks)} for loss in self.losses],
            "steps": [step.payload() for step in self.steps],
            "baseline": {name: found.payload() for name, found in self.baseline.items()},
            "provenance": self.provenance,
        }

    def to_store(self) -> StoredResult:
        """What the store writes."""
        from twin.experiment.stored import StoredResult

        body = {
            "seed": self.seed,
            "replications": self.replications,
            "losses": [asdict(x) for x in self.losses],
            "steps": [asdict(x) for x in self.steps],
            "baseline": {n: asdict(x) for n, x in self.baseline.items()},
            "factors": list(self.factors),
        }
        return StoredResult({"scenario": self.scenario.payload(), "diagnosis": json.loads(json.dumps(body))})

    @staticmethod
    def from_store(stored: StoredResult) -> Diagnosis:
        """The diagnosis that :meth:`to_store` gave. Raises InputFault."""
        from twin.scenario.scenario import Scenario

        try:
            body = stored.json["diagnosis"]
            return Diagnosis(
                Scenario.from_payload(stored.json["scenario"]),
                body["seed"],
                body["replications"],
                tuple(Loss(**{**x, "tasks": tuple(x["tasks"])}) for x in body["losses"]),
                tuple(
                    StepWorth(x["place"], x["step"], *(Figure(**x[name]) for name in ("kwh", "krw", "kg")))
                    for x in body["steps"]
                ),
                {n: Interval(**x) for n, x in body["baseline"].items()},
                tuple(body["factors"]),
            )
        except (KeyError, TypeError) as error:
            message = f"not a stored diagnosis: {error}"
            raise InputFault(message) from None
