"""The study of a plant's tasks: every effect a year with its interval, its money, its verdict, and what stands behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.core.cards import worst
from twin.core.faults import InputFault
from twin.experiment.statistics import Interval
from twin.tasks.figures import Figure
from twin.tasks.verdict import Verdict

if TYPE_CHECKING:
    from twin.experiment.result import RunResult
    from twin.experiment.stored import StoredResult
    from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class Money:
    """What the firm pays and gets: KRW, years, share a year. ``cost_range``: the value at the high and the low end of the task's cost."""

    capex_krw: float
    payback_years: Figure
    npv_krw: Figure
    irr: Figure
    npv_range_krw: tuple[float, float]
    payback_range_years: tuple[float | None, float | None]
    grant_krw: float = 0.0
    loan_advantage_krw: float = 0.0

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        return {
            "capex_krw": self.capex_krw,
            "payback_years": self.payback_years.payload(),
            "npv_krw": self.npv_krw.payload(),
            "irr": self.irr.payload(),
            "npv_range_krw": list(self.npv_range_krw),
            "payback_range_years": list(self.payback_range_years),
            "grant_krw": self.grant_krw,
            "loan_advantage_krw": self.loan_advantage_krw,
        }


@dataclass(frozen=True)
class TaskEffect:
    """One task under one dispatch. Effects are *with − without* a year: a saving is negative.

    ``energy_kwh`` by carrier with ``total``; ``carbon`` by scope; ``parts_kwh`` splits the electricity effect by what the equipment did
    (processing, holding, idle, startup, utilities, pv_used …); ``variance_reduction`` by KPI.
    """

    id: str
    name: Mapping[str, str]
    dispatch: str
    package: tuple[int, ...]
    stations: tuple[str, ...]
    verdict: Verdict
    data_class: str
    broken: tuple[str, ...] = ()
    energy_kwh: Mapping[str, Figure] = field(default_factory=dict)
    effects: Mapping[str, Figure] = field(default_factory=dict)
    carbon: Mapping[str, Figure] = field(default_factory=dict)
    parts_kwh: Mapping[str, Figure] = field(default_factory=dict)
    per_tonne: Mapping[str, Figure] = field(default_factory=dict)
    money: Money | None = None
    supported: Money | None = None
    variance_reduction: Mapping[str, float | None] = field(default_factory=dict)
    lost_stream: str | None = None
    unverified: tuple[str, ...] = ()

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        head: dict[str, Any] = {
            "id": self.id,
            "name": dict(self.name),
            "dispatch": self.dispatch,
            "package": list(self.package),
            "stations": list(self.stations),
            "verdict": self.verdict,
            "broken": list(self.broken),
            "data_class": self.data_class,
            "unverified": list(self.unverified),
        }
        if not self.effects or self.money is None or self.supported is None:
            return head
        return head | {
            "energy_kwh_per_year": {name: figure.payload() for name, figure in self.energy_kwh.items()},
            "toe_per_year": self.effects["toe"].payload(),
            "carbon_kg_per_year": self.effects["carbon_kg"].payload(),
            "carbon": {name: figure.payload() for name, figure in self.carbon.items()},
            "cost_krw_per_year": self.effects["cost_krw"].payload(),
            "output_pct": self.effects["output_pct"].payload(),
            "lateness_h": self.effects["lateness_h"].payload(),
            "peak_kw": self.effects["peak_kw"].payload(),
            "parts_kwh_per_year": {name: figure.payload() for name, figure in self.parts_kwh.items()},
            "per_tonne": {name: figure.payload() for name, figure in self.per_tonne.items()},
            "capex_krw": self.money.capex_krw,
            "payback_years": self.money.payback_years.payload(),
            "npv_krw": self.money.npv_krw.payload(),
            "irr": self.money.irr.payload(),
            "npv_range_krw": list(self.money.npv_range_krw),
            "payback_range_years": list(self.money.payback_range_years),
            "with_support": self.supported.payload(),
            "variance_reduction": {name: _finite(value) for name, value in self.variance_reduction.items()},
            "lost_stream": self.lost_stream,
        }


@dataclass(frozen=True)
class Bundle:
    """Tasks together, in KRW, kg and kWh a year.

    The combined effect, each one's Shapley share, pairwise interactions, and the cascade in the members' order.
    """

    members: tuple[str, ...]
    combined: Mapping[str, Figure]
    shapley: Mapping[str, Mapping[str, float]]
    interactions: Mapping[str, Mapping[str, float]]
    cascade: Mapping[str, Mapping[str, float]]

    def payload(self) -> dict[str, Any]:
        """As it stands in ``--json``."""
        return {
            "members": list(self.members),
            "combined": {name: figure.payload() for name, figure in self.combined.items()},
            "shapley": {task: dict(values) for task, values in self.shapley.items()},
            "interactions": {pair: dict(values) for pair, values in self.interactions.items()},
            "cascade": {task: dict(values) for task, values in self.cascade.items()},
        }


@dataclass(frozen=True)
class Study:
    """All tasks asked for, on one plant. ``run`` is one replication of the plant as it is, with its trace, to look at."""

    scenario: Scenario
    seed: int
    replications: int
    baseline: Mapping[str, Interval]
    tasks: tuple[TaskEffect, ...]
    factors: tuple[str, ...]
    notes: tuple[str, ...] = ()
    bundle: Bundle | None = None
    reproducible: bool = True
    run: RunResult | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "study"

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the figures."""
        import twin

        classes = [entry.data_class for entry in self.scenario.provenance.values()] + [
            task.data_class for task in self.tasks
        ]
        return {
            "scenario_sha256": self.scenario.sha256,
            "version": twin.__version__,
            "seed": self.seed,
            "replications": self.replications,
            "factors": list(self.factors),
            "data_class": worst(classes),
            "level": 0.95,
            "reproducible": self.reproducible,
        }

    def payload(self) -> dict[str, Any]:
        """The reproducible JSON of the study."""
        year = self.scenario.spec.year
        return {
            "study": {
                "scenario": self.scenario.tree.get("name"),
                "year_from": str(year.start if year else self.scenario.spec.run.start),
                "notes": list(self.notes),
            },
            "baseline": {name: found.payload() for name, found in self.baseline.items()},
            "tasks": [task.payload() for task in self.tasks],
            "bundle": None if self.bundle is None else self.bundle.payload(),
            "provenance": self.provenance,
        }

    def to_store(self) -> StoredResult:
        """What the store writes: the scenario and the whole study as plain data."""
        from dataclasses import asdict

        from twin.experiment.stored import StoredResult

        body = {
            "seed": self.seed,
            "replications": self.replications,
            "factors": list(self.factors),
            "notes": list(self.notes),
            "reproducible": self.reproducible,
            "baseline": {name: asdict(found) for name, found in self.baseline.items()},
            "tasks": [_plain(asdict(task)) for task in self.tasks],
            "bundle": None if self.bundle is None else _plain(asdict(self.bundle)),
        }
        run = None if self.run is None else self.run.to_store()
        content = {
            "scenario": self.scenario.payload(),
            "study": json.loads(json.dumps(body)),
            "run": None if run is None else run.json,
        }
        return StoredResult(content, {} if run is None else run.tables)

    @staticmethod
    def from_store(stored: StoredResult) -> Study:
        """The study that :meth:`to_store` gave. Raises InputFault."""
        from twin.experiment.result import RunResult
        from twin.experiment.stored import StoredResult
        from twin.scenario.scenario import Scenario

        try:
            body = stored.json["study"]
            run = stored.json["run"]
            return Study(
                Scenario.from_payload(stored.json["scenario"]),
                body["seed"],
                body["replications"],
                {name: Interval(**found) for name, found in body["baseline"].items()},
                tuple(_task_of(task) for task in body["tasks"]),
                tuple(body["factors"]),
                tuple(body["notes"]),
                None if body["bundle"] is None else _bundle_of(body["bundle"]),
                body["reproducible"],
                None if run is None else RunResult.from_store(StoredResult(run, stored.tables)),
            )
        except (KeyError, TypeError) as error:
            message = f"not a stored study: {error}"
            raise InputFault(message) from None


def _finite(value: float | None) -> float | str | None:
    return "infinite" if value == float("inf") else value


def _plain(value: Any) -> Any:
    """JSON has no infinity: written as text."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return "infinite" if value == float("inf") else value


def _figures(body: Mapping[str, Any]) -> dict[str, Figure]:
    return {name: Figure(**figure) for name, figure in body.items()}


def _money_of(body: Mapping[str, Any] | None) -> Money | None:
    if body is None:
        return None
    figures = {name: Figure(**body[name]) for name in ("payback_years", "npv_krw", "irr")}
    ranges = {name: tuple(body[name]) for name in ("npv_range_krw", "payback_range_years")}
    return Money(**{**body, **figures, **ranges})


def _task_of(body: Mapping[str, Any]) -> TaskEffect:
    figures = {name: _figures(body[name]) for name in ("energy_kwh", "effects", "carbon", "parts_kwh", "per_tonne")}
    lists = {name: tuple(body[name]) for name in ("package", "stations", "broken", "unverified")}
    reduction = {
        name: float("inf") if value == "infinite" else value for name, value in body["variance_reduction"].items()
    }
    money = {name: _money_of(body[name]) for name in ("money", "supported")}
    return TaskEffect(**{**body, **figures, **lists, **money, "variance_reduction": reduction})


def _bundle_of(body: Mapping[str, Any]) -> Bundle:
    return Bundle(
        tuple(body["members"]), _figures(body["combined"]), body["shapley"], body["interactions"], body["cascade"]
    )
