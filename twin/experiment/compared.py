"""What a power cap and a battery cost and bring: the same run without them, paired draw by draw, and whether the cap was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.experiment.statistics import interval, paired

if TYPE_CHECKING:
    from twin.ledger.digest import RepResult
    from twin.scenario.scenario import Scenario

KPIS = ("peak_kw", "output_kg", "output_pieces", "lateness_h", "jobs_late", "electricity_kwh", "bill_krw", "cash_krw")
"""what is compared"""
QUARTER_H = 0.25
_ROUNDING_KW = 1e-6


@dataclass(frozen=True)
class Compared:
    """KPIs by replication with and without what was taken out (``left_out``: dotted paths)."""

    left_out: tuple[str, ...]
    with_it: Mapping[str, tuple[float, ...]]
    without: Mapping[str, tuple[float, ...]]

    def payload(self) -> dict[str, Any]:
        """Figures without, and the paired difference with - without."""
        return {
            "left_out": list(self.left_out),
            "reference": {name: interval(values).payload() for name, values in self.without.items()},
            "difference": {name: paired(self.with_it[name], values).payload() for name, values in self.without.items()},
        }


def bare(scenario: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario without power cap and battery, and what was taken out."""
    site = scenario.spec.site
    found = {"site.power_cap": site.power_cap_kw, "site.battery": site.battery}
    left_out = tuple(path for path, value in found.items() if value is not None)
    return scenario.changed(dict.fromkeys(left_out)), left_out


def compared(left_out: Sequence[str], with_it: Sequence[RepResult], without: Sequence[RepResult]) -> Compared:
    """KPIs of both that all replications have."""
    names = [name for name in KPIS if all(name in rep.kpis for rep in (*with_it, *without))]
    both = [{name: tuple(rep.kpis[name] for rep in reps) for name in names} for reps in (with_it, without)]
    return Compared(tuple(left_out), *both)


def cap_payload(cap_kw: float, replications: Sequence[RepResult]) -> dict[str, Any]:
    """Whether the 15-minute mean at the meter kept a cap in every replication."""
    above = [int(np.sum(rep.quarter_kwh() / QUARTER_H > cap_kw + _ROUNDING_KW)) for rep in replications]
    return {
        "cap_kw": cap_kw,
        "highest_kw": max(float(rep.quarter_kwh().max()) / QUARTER_H for rep in replications),
        "quarter_hours_above": sum(above),
        "replications_above": sum(count > 0 for count in above),
    }
