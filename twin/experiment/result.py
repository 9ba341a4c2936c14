"""The result of a run: small results of all replications, the whole trace and the accounts of the first; its payload."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.core.cards import worst
from twin.experiment.compared import Compared, cap_payload
from twin.experiment.statistics import Interval, interval
from twin.ledger.benchmark import Placing, placings
from twin.ledger.digest import RepResult
from twin.ledger.power import bill_payload

if TYPE_CHECKING:
    from twin.experiment.stored import StoredResult
    from twin.ledger.accounts import Accounts
    from twin.ledger.trace import Trace
    from twin.scenario.plan import Plan
    from twin.scenario.scenario import Scenario

CARBON_KPIS = ("scope1_kg", "scope2_location_kg", "scope2_marginal_kg", "carbon_kg", "toe", "shadow_carbon_krw")


@dataclass(frozen=True)
class RunResult:
    """A simulated scenario. ``trace0`` and ``accounts0`` are None where the trace was not kept."""

    scenario: Scenario
    seed: int
    replications: tuple[RepResult, ...]
    trace0: Trace | None
    accounts0: Accounts | None
    plans: tuple[Plan, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "run"
    compared: Compared | None = None
    """with and without power cap and battery, where the scenario has any and the run was asked to compare"""

    def values(self, kpi: str) -> list[float]:
        """One KPI by replication, in order. Raises KeyError with the names that there are."""
        try:
            return [rep.kpis[kpi] for rep in self.replications]
        except KeyError:
            known = ", ".join(self.replications[0].kpis)
            msg = f"no KPI {kpi!r}; there are: {known}"
            raise KeyError(msg) from None

    @functools.cached_property
    def kpis(self) -> dict[str, Interval]:
        """Every KPI that all replications have, with its interval."""
        names = [name for name in self.replications[0].kpis if all(name in rep.kpis for rep in self.replications)]
        return {name: interval(self.values(name)) for name in names}

    @property
    def balance(self) -> dict[str, float]:
        """Worst relative residual of each invariant over all replications."""
        names = dict.fromkeys(name for rep in self.replications for name in rep.residuals)
        return {name: max(rep.residuals.get(name, 0.0) for rep in self.replications) for name in names}

    @property
    def benchmark(self) -> list[Placing]:
        """Specific energy among real plants of the scenario's sector."""
        means = {name: found.mean for name, found in self.kpis.items()}
        return placings(
            self.scenario.spec.sector, means.get("electricity_kwh_per_t_good"), means.get("fuel_kwh_per_t_good")
        )

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the figures: scenario, version, seed, factors, the worst class of the inputs."""
        import twin

        classes = [entry.data_class for entry in self.scenario.provenance.values()]
        factors = list(self.accounts0.emissions.factor_ids) if self.accounts0 else []
        tariff = [self.accounts0.bill.tariff_id] if self.accounts0 and self.accounts0.bill else []
        return {
            "scenario_sha256": self.scenario.sha256,
            "version": twin.__version__,
            "seed": self.seed,
            "replications": len(self.replications),
            "randomness": self.scenario.spec.run.randomness,
            "factors": factors + tariff,
            "data_class": worst(classes),
            "level": 0.95,
            "horizon_s": self.replications[0].duration_s,
            "plans": len(self.plans),
            "reproducible": self._reproducible(),
        }

    def _reproducible(self) -> bool:
        return all(plan.stopped_by != "seconds" for plan in self.plans)

    def payload(self) -> dict[str, Any]:
        """The reproducible JSON of the run: kpis, benchmark, balance, bill (first replication, total over all), carbon, provenance.

        ``power_cap`` and ``compared`` are there where the scenario has a power cap or a battery.
        """
        bill: dict[str, Any] = {}
        if self.accounts0 is not None and self.accounts0.bill is not None:
            bill = {**bill_payload(self.accounts0.bill), "replication": 0}
        if "bill_krw" in self.kpis:
            bill["total_krw"] = self.kpis["bill_krw"].payload()
        carbon = {name: self.kpis[name].payload() for name in CARBON_KPIS if name in self.kpis}
        return self._site() | {
            "kpis": {name: found.payload() for name, found in self.kpis.items()},
            "benchmark": [place.payload() for place in self.benchmark],
            "balance": self.balance,
            "bill": bill,
            "carbon": carbon,
            "provenance": self.provenance,
        }

    def _site(self) -> dict[str, Any]:
        """Whether a power cap was kept, and what cap and battery cost and bring."""
        cap_kw = self.scenario.spec.site.power_cap_kw
        found = {} if cap_kw is None else {"power_cap": cap_payload(cap_kw, self.replications)}
        return found if self.compared is None else found | {"compared": self.compared.payload()}

    def to_store(self) -> StoredResult:
        """What :mod:`twin.experiment.store` writes."""
        from twin.experiment.stored import run_to_store

        return run_to_store(self)

    @staticmethod
    def from_store(stored: StoredResult) -> RunResult:
        """The run that :meth:`to_store` gave."""
        from twin.experiment.stored import run_from_store

        return run_from_store(stored)
