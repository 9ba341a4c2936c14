"""What rooftop PV is worth under the time-of-use hours of 2024 and of 2026: the same sun, load and draws, another tariff version."""

from __future__ import annotations

from typing import Any

from tests.campaigns.evidence import Bar, Campaign, Proof
from tests.campaigns.plants import FOUNDRIES, foundry
from twin.experiment.annual import AnnualRequest, AnnualResult, annual_many
from twin.experiment.statistics import paired
from twin.ledger.tariff import parse_tariff_id, price_series_krw_per_kwh
from twin.ledger.year import frame, pv_quarters_kwh
from twin.scenario.scenario import Scenario
from twin.tasks.apply import changes
from twin.tasks.catalogue import find

OLD = "2024-10-24"
YEARS = ("2024 hours", "2026 hours")


def variants(scenario: Scenario) -> dict[tuple[str, bool], Scenario]:
    """The foundry with and without the catalogue's PV, under the tariff as pinned to 2024 and as in force."""
    bare = scenario.changed({"site.pv": None})
    panels = changes(bare, find("rooftop-pv"))
    tariff = str(scenario.at("site.tariff")).partition("@")[0]
    found = {}
    for hours, named in zip(YEARS, (f"{tariff}@{OLD}", tariff), strict=True):
        for with_pv in (False, True):
            found[hours, with_pv] = bare.changed({"site.tariff": named} | (panels if with_pv else {}))
    return found


def sun_weighted_krw_per_kwh(scenario: Scenario) -> float:
    """Energy price at the meter, averaged over the year by what the modules give: the price signal alone, demand charges left out."""
    laid = frame(scenario)
    kwh = pv_quarters_kwh(scenario, laid.start, len(laid.day))
    tariff = parse_tariff_id(str(scenario.at("site.tariff")))
    price = price_series_krw_per_kwh(tariff, laid.start, len(laid.day))
    return float((price * kwh).sum() / kwh.sum())


def value(years: dict[tuple[str, bool], AnnualResult], hours: str) -> list[float]:
    """What PV takes off the bill a year, KRW, by replication."""
    pairs = zip(years[hours, True].values("bill_krw"), years[hours, False].values("bill_krw"), strict=True)
    return [without - with_pv for with_pv, without in pairs]


def worth(scenario: Scenario, replications: int, jobs: int) -> dict[str, Any]:
    """KRW a year and per kWh used on site under both, and their paired difference."""
    made = variants(scenario)
    found = annual_many([AnnualRequest(one) for one in made.values()], replications=replications, jobs=jobs)
    years = dict(zip(made, found, strict=True))
    used = {hours: years[hours, True].kpis["pv_used_kwh"].mean for hours in YEARS}
    old, new = (value(years, hours) for hours in YEARS)
    zero = [0.0] * len(old)
    return {
        "seed": found[0].seed,
        **{hours: {
            "bill_saved_krw": paired(saved, zero).payload(), "pv_used_kwh": used[hours],
            "krw_per_kwh_used": sum(saved) / len(saved) / used[hours],
            "sun_weighted_energy_krw_per_kwh": sun_weighted_krw_per_kwh(made[hours, True])}
           for hours, saved in zip(YEARS, (old, new), strict=True)},
        "change_krw": paired(new, old).payload(), "change_pct": 100.0 * (sum(new) / sum(old) - 1.0),
        "largest_change_of_use_kwh": abs(used[YEARS[0]] - used[YEARS[1]])}  # fmt: skip


def bars(name: str, found: dict[str, Any]) -> list[Bar]:
    """The sun gives the same; the new hours price midday lower, so PV is worth less, and the bill shows it beyond its interval."""
    return [
        Bar(f"{name}: change of PV's use by the tariff version, kWh a year", found["largest_change_of_use_kwh"], 0.0),
        Bar(
            f"{name}: value under the 2026 hours less that under the 2024 hours, upper end, KRW a year",
            found["change_krw"]["high"],
            0.0,
        ),
    ]


def prove(replications: int, jobs: int) -> Proof:
    """Both foundries."""
    held, figures, seed = [], {}, 0
    for name in FOUNDRIES:
        found = worth(foundry(name), replications, jobs)
        seed = found.pop("seed")
        figures[name] = found
        held += bars(name, found)
    return Proof(seed, replications, tuple(held), figures)


CAMPAIGN = Campaign(
    "pv_hours", "the value of rooftop PV follows the tariff's hours",
    ("twin/ledger/year*.py", "twin/ledger/tariff*.py", "twin/reference/kepco*.py", "twin/reference/pv.py", "twin/reference/data/**/*",
     "twin/models/**/*.py", "twin/tasks/apply.py", "twin/tasks/catalogue/rooftop-pv.yaml"),
    prove, replications=4,
)  # fmt: skip
