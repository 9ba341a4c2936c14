"""The composed year against the year simulated day by day, on the same draws: kWh within 1 %, bill within 2 %.

Output, wages and carbon within 1 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.campaigns.plants import FOUNDRIES, foundry
from twin.experiment.annual import AnnualRequest, AnnualResult, annual_many
from twin.experiment.statistics import paired
from twin.scenario.scenario import Scenario

BARS = {"energy_kwh": 1.0, "bill_krw": 2.0, "output_kg": 1.0, "labour_krw": 1.0, "carbon_kg": 1.0}
"""KPI: largest deviation of the means, %."""
SHOWN = (*BARS, "cash_krw", "kwh_per_t_good", "peak_kw", "lateness_h")


def both(scenario: Scenario, replications: int, jobs: int) -> tuple[AnnualResult, AnnualResult]:
    """(composed, simulated) years of the same replications."""
    found = annual_many(
        [AnnualRequest(scenario), AnnualRequest(scenario, full=True)], replications=replications, jobs=jobs
    )
    return found[0], found[1]


def difference_pct(composed: AnnualResult, simulated: AnnualResult, kpi: str) -> float:
    """Mean of the composed years over that of the simulated ones, less one, %."""
    return 100.0 * (composed.kpis[kpi].mean / simulated.kpis[kpi].mean - 1.0)


def largest(composed: AnnualResult, simulated: AnnualResult, count: int = 8) -> list[dict[str, Any]]:
    """Where the years differ most: equipment, state, carrier, kWh a year (mean over replications)."""

    def mean(result: AnnualResult) -> dict[tuple[str, ...], float]:
        sums: dict[tuple[str, ...], float] = {}
        for year in result.years:
            for key, kwh in year.by_equipment_kwh.items():
                sums[key] = sums.get(key, 0.0) + kwh / len(result.years)
        return sums

    a, b = mean(composed), mean(simulated)
    worst = sorted(a.keys() | b.keys(), key=lambda key: (-abs(a.get(key, 0.0) - b.get(key, 0.0)), key))[:count]
    return [
        {"where": " ".join(key), "composed_kwh": a.get(key, 0.0), "simulated_kwh": b.get(key, 0.0)} for key in worst
    ]


def figures(composed: AnnualResult, simulated: AnnualResult) -> dict[str, Any]:
    """KPIs of both, their paired difference, the rows that differ most."""
    rows: dict[str, Mapping[str, Any]] = {}
    for kpi in SHOWN:
        gap = paired(composed.values(kpi), simulated.values(kpi)).payload()
        means = {"composed": composed.kpis[kpi].mean, "simulated": simulated.kpis[kpi].mean}
        pct = difference_pct(composed, simulated, kpi) if simulated.kpis[kpi].mean else 0.0
        rows[kpi] = means | {"difference_pct": pct, "difference": gap}
    run = composed.frame.chosen[0].scenario.spec.run
    return {"simulated_weeks": run.duration_s / 604_800.0, "kpis": rows, "largest": largest(composed, simulated)}


def prove(replications: int, jobs: int) -> Proof:
    """Both foundries."""
    bars, found, seed = [], {}, 0
    for name in FOUNDRIES:
        composed, simulated = both(foundry(name), replications, jobs)
        seed = composed.seed
        found[name] = figures(composed, simulated)
        bars += [
            Bar(f"{name}: {kpi} composed against simulated, %", abs(difference_pct(composed, simulated, kpi)), bar)
            for kpi, bar in BARS.items()
        ]
    return Proof(seed, replications, tuple(bars), found)


CAMPAIGN = Campaign(
    "composed_year", "the year composed from representative weeks agrees with the year simulated day by day",
    ("twin/ledger/**/*.py", "twin/models/**/*.py", "twin/experiment/annual.py", "twin/experiment/draws.py", "twin/scenario/**/*.py"),
    prove, replications=4,
)  # fmt: skip
