"""The energy diagnosis: where the heat goes, what one step of change is worth a year, and which tasks address a loss."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.core.progress import Progress, silent
from twin.experiment.checkpoint import Checkpoint
from twin.experiment.statistics import interval
from twin.ledger.factors import FUELS
from twin.models.casting import Casting
from twin.models.furnace import InductionFurnace
from twin.tasks.apply import matched
from twin.tasks.catalogue import for_industry
from twin.tasks.diagnosis import Diagnosis, Loss, StepWorth
from twin.tasks.effect import Pairing, cost_of_output
from twin.tasks.years import Variant, kept_by, simulate_years

if TYPE_CHECKING:
    from pathlib import Path

    from twin.ledger.year import YearAccounts
    from twin.scenario.scenario import Scenario
    from twin.tasks.task import Task

USEFUL = ("charge_sensible", "charge_latent", "charge_superheat")
"""Heat that leaves with the metal: shown, but no loss of the furnace."""
ADDRESSES = {
    "lid": ("opening", "convection"),
    "lining": ("wall_conduction", "wall_storage"),
    "dosing_furnace": ("wall_conduction", "wall_storage", "opening", "convection"),
    "power.efficiency": ("cooling_water",),
    "slag": ("slag",),
    "burners": ("flue",),
    "walls": ("wall_conduction", "wall_storage"),
    "door": ("opening",),
    "opening": ("opening",),
    "leakage": ("leakage",),
    "fixture": ("fixture",),
    "conveyor": ("fixture",),
    "atmospheres": ("atmosphere",),
    "idle": ("wall_conduction", "wall_storage", "flue"),
}
"""Which heat terms a change below this path of a station acts on."""
TEN_MINUTES_S = 600.0


@dataclass(frozen=True)
class Step:
    """One step of change: where, what (a key of the message catalogue), and the changes."""

    place: str
    step: str
    changes: Mapping[str, Any]


def diagnose(
    scenario: Scenario,
    *,
    seed: int | None = None,
    replications: int | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress = silent,
    checkpoint: Path | None = None,
) -> Diagnosis:
    """Losses of the composed year and the worth of single steps, each paired with the plant as it is."""
    begun, store = time.perf_counter(), None if checkpoint is None else Checkpoint(checkpoint)
    seed = scenario.spec.run.seed if seed is None else seed
    count = 1 if scenario.spec.run.randomness == "off" else replications or scenario.spec.run.replications
    which = tuple(range(count))
    wanted = steps_of(scenario)
    variants = [Variant("base", scenario, which)]
    variants += [Variant(f"{step.place}/{step.step}", scenario.changed(step.changes), which) for step in wanted]
    base, *others = simulate_years(variants, seed=seed, jobs=jobs, cluster=cluster, progress=progress, checkpoint=store)
    cost = cost_of_output(base.years)
    steps = []
    for step, years in zip(wanted, others, strict=True):
        pairing = Pairing(base, years, (), seed)
        steps.append(
            StepWorth(step.place, step.step, pairing.named("energy_kwh"), pairing.of(cost), pairing.named("carbon_kg"))
        )
    tasks = [task for task in for_industry(scenario.spec.industry) if matched(scenario, task)]
    return Diagnosis(
        scenario,
        seed,
        count,
        tuple(losses_of(scenario, base.years, tasks)),
        tuple(steps),
        {name: interval([year.kpis[name] for year in base.years]) for name in base.years[0].kpis},
        tuple(base.years[0].emissions.factor_ids),
        {"seconds": time.perf_counter() - begun, "jobs": jobs} | kept_by(store),
    )


def losses_of(scenario: Scenario, years: Sequence[YearAccounts], tasks: Sequence[Task]) -> list[Loss]:
    """Heat by equipment and term a year, dearest first, at the price and factor of the energy that made it.

    Flue gas is the fuel's, auxiliaries are electric where that much electricity is drawn, every other term takes what is left of both in
    proportion. Electricity at the year's mean energy price (without demand) and mean grid factor, fuel at its own.
    """
    n = len(years)
    kwh: dict[tuple[str, str], float] = {}
    for year in years:
        for (equipment, term), amount in year.heat_kwh.items():
            kwh[equipment, term] = kwh.get((equipment, term), 0.0) + amount / n
    drawn = _drawn_kwh(years)
    rates = {carrier: _rates(years, carrier) for carrier in ("electricity", *FUELS)}
    found = []
    for (equipment, term), amount in kwh.items():
        terms = {t: v for (e, t), v in kwh.items() if e == equipment}
        shares = carrier_shares(term, drawn.get(equipment, {}), terms)
        krw, kg = (sum(share * rates[c][k] for c, share in shares.items()) * amount for k in (0, 1))
        tell = addressed(scenario, equipment, term, tasks)
        found.append(Loss(equipment, term, amount, krw, kg, term in USEFUL, tell))
    return sorted(found, key=lambda loss: (-loss.krw, -loss.kwh, loss.equipment, loss.term))


def carrier_shares(term: str, drawn: Mapping[str, float], terms: Mapping[str, float]) -> dict[str, float]:
    """Which carriers a heat term of an equipment was made of: shares that sum to one, from its kWh by carrier and by term."""
    electricity = drawn.get("electricity", 0.0)
    fuels = {c: kwh for c, kwh in drawn.items() if c in FUELS and kwh > 0.0}
    fuel = sum(fuels.values())
    if not fuel:
        return {"electricity": 1.0}
    auxiliary, flue = (
        min(max(terms.get("auxiliary", 0.0), 0.0), electricity),
        min(max(terms.get("flue", 0.0), 0.0), fuel),
    )
    rest = electricity - auxiliary + fuel - flue
    electric = (electricity - auxiliary) / rest if rest > 0.0 else 0.0
    electric = {"flue": 0.0, "auxiliary": 1.0 if electricity else 0.0}.get(term, electric)
    return {"electricity": electric} | {c: (1.0 - electric) * kwh / fuel for c, kwh in fuels.items()}


def _drawn_kwh(years: Sequence[YearAccounts]) -> dict[str, dict[str, float]]:
    """Energy by equipment and carrier, mean of the years."""
    found: dict[str, dict[str, float]] = {}
    for year in years:
        for (equipment, _, carrier), kwh in year.by_equipment_kwh.items():
            mine = found.setdefault(equipment, {})
            mine[carrier] = mine.get(carrier, 0.0) + kwh / len(years)
    return found


def _rates(years: Sequence[YearAccounts], carrier: str) -> tuple[float, float]:
    """KRW and kgCO2e per kWh of a carrier over the years; zeros where none is used."""
    kwh = sum(year.energy_kwh.get(carrier, 0.0) for year in years)
    if not kwh:
        return 0.0, 0.0
    if carrier == "electricity":
        return sum(_energy_krw(y) for y in years) / kwh, sum(y.emissions.scope2_location_kg for y in years) / kwh
    krw = sum(line.amount_krw for y in years for line in y.fuels if line.name == carrier)
    return krw / kwh, sum(y.emissions.scope1_by_kg.get(carrier, 0.0) for y in years) / kwh


def _energy_krw(year: YearAccounts) -> float:
    """The bill without its demand and power-factor lines, levies in proportion."""
    lines = year.bill.lines
    levies = sum(line.amount for line in lines if line.name in ("vat", "fund"))
    demand = sum(line.amount for line in lines if line.name.startswith(("demand", "excess", "power_factor")))
    rest = year.bill.total - levies
    return (rest - demand) * (year.bill.total / rest) if rest else 0.0


def addressed(scenario: Scenario, equipment: str, term: str, tasks: Sequence[Task]) -> tuple[str, ...]:
    """Ids of the tasks whose change acts on this loss of this equipment."""
    station = equipment.split(".", 1)[0]
    part = equipment.split(".", 2)[2:]
    found = []
    for task in tasks:
        if station not in matched(scenario, task):
            continue
        for path in task.change.each:
            acts = next((terms for prefix, terms in ADDRESSES.items() if path.startswith(prefix)), ())
            inside = path.startswith("dosing_furnace") == (part == ["dosing_furnace"])
            if term in acts and inside:
                found.append(task.id)
                break
    return tuple(found)


def steps_of(scenario: Scenario) -> list[Step]:
    """The steps that this plant can take."""
    made: list[Step] = []
    for build in (_yield, _scrap, _tap, _holding, _flue, _fixture, _monday):
        made += build(scenario)
    return made


def _cast(scenario: Scenario) -> list[str]:
    """Products that some casting station makes."""
    casting = {name for name, station in scenario.stations.items() if isinstance(station, Casting)}
    return [name for name, product in scenario.spec.products.items() if casting & set(product.route)]


def _yield(scenario: Scenario) -> list[Step]:
    products = scenario.spec.products
    better = {f"products.{name}.yield": min(1.0, products[name].yield_fraction + 0.01) for name in _cast(scenario)}
    return [Step("products", "yield_point", better)] if better else []


def _scrap(scenario: Scenario) -> list[Step]:
    products = scenario.spec.products
    better = {
        f"products.{name}.scrap": max(0.0, products[name].scrap_fraction - 0.01)
        for name in _cast(scenario)
        if products[name].scrap_fraction
    }
    return [Step("products", "scrap_point", better)] if better else []


def _each_furnace(
    scenario: Scenario, step: str, change: Callable[[str, InductionFurnace], dict[str, Any]]
) -> list[Step]:
    furnaces = {name: station for name, station in scenario.stations.items() if isinstance(station, InductionFurnace)}
    return [Step(name, step, made) for name, furnace in furnaces.items() if (made := change(name, furnace))]


def _tap(scenario: Scenario) -> list[Step]:
    return _each_furnace(
        scenario, "tap_20_k_less", lambda name, furnace: {f"stations.{name}.tap": f"{furnace.tap_c - 20.0!r} degC"}
    )


def _holding(scenario: Scenario) -> list[Step]:
    def change(name: str, furnace: InductionFurnace) -> dict[str, Any]:
        held_s = furnace.slag.time_s
        return {f"stations.{name}.slag.time": f"{max(0.0, held_s - TEN_MINUTES_S)!r} s"} if held_s else {}

    return _each_furnace(scenario, "hold_10_min_less", change)


def _flue(scenario: Scenario) -> list[Step]:
    """A point less oxygen in the flue gas of what burns, not below one per cent."""
    burners = {name: getattr(station, "burners", None) for name, station in scenario.stations.items()}
    return [
        Step(name, "flue_o2_point_less", {f"stations.{name}.burners.flue_o2": round(max(0.01, b.flue_o2 - 0.01), 9)})
        for name, b in burners.items()
        if b is not None and b.flue_o2 > 0.01
    ]


def _fixture(scenario: Scenario) -> list[Step]:
    """Fixtures of furnaces a tenth lighter."""
    fixtures = {name: getattr(station, "fixture", None) for name, station in scenario.stations.items()}
    return [
        Step(name, "fixture_tenth_lighter", {f"stations.{name}.fixture.mass": f"{0.9 * f.mass_kg!r} kg"})
        for name, f in fixtures.items()
        if f is not None and f.mass_kg > 0.0
    ]


def _monday(scenario: Scenario) -> list[Step]:
    found = []
    for name, days in scenario.spec.calendar.startup.items():
        if "mon" in days:
            at = dt.datetime.combine(dt.date(2026, 1, 1), dt.time.fromisoformat(days["mon"]), dt.UTC) + dt.timedelta(
                hours=1
            )
            if at.day == 1:
                found.append(Step(name, "monday_hour_later", {f"calendar.startup.{name}.mon": f'"{at:%H:%M}"'}))
    return found
