"""The effect of one task from paired years: energy, carbon, cost, output, service, money, and what pairing was worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.core.messages import local
from twin.experiment.draws import AddressedDraws, triangular
from twin.experiment.statistics import variance_reduction
from twin.ledger.year import YearAccounts
from twin.reference.programmes import Programme, discount_rate, programme
from twin.tasks.apply import count, total_krw
from twin.tasks.figures import Figure, effect, mapped, scaled
from twin.tasks.finance import appraise, loan_advantage_krw, supported_capex_krw
from twin.tasks.study import Money, TaskEffect
from twin.tasks.synchrony import draws_used, lost_stream
from twin.tasks.task import Task
from twin.tasks.verdict import broken_service, verdict
from twin.tasks.years import Years

REDUCTION_KPIS = ("kwh_per_t_good", "energy_kwh", "carbon_kg", "cash_krw", "output_kg", "lateness_h", "peak_kw")
LITTLE_REDUCTION = 2.0
SCOPES = ("scope1_kg", "scope2_location_kg", "scope2_marginal_kg")


@dataclass(frozen=True)
class Pairing:
    """Years without and with a task by replication; ``drawn`` years at drawn parameters, the k-th on replication k."""

    base: Years
    central: Years
    drawn: Sequence[YearAccounts]
    seed: int

    def of(self, pick: Callable[[YearAccounts], float]) -> Figure:
        """The paired effect of one figure."""
        base = [pick(year) for year in self.base.years]
        drawn = [pick(year) for year in self.drawn]
        return effect([pick(year) for year in self.central.years], base, drawn, base[: len(drawn)])

    def named(self, name: str) -> Figure:
        """The paired effect of a figure by name; 0 where neither year has it."""
        return self.of(lambda year: year.kpis.get(name, 0.0))

    def values(self, name: str) -> tuple[list[float], list[float]]:
        """The figure with and without the task, by replication."""
        return [y.kpis.get(name, 0.0) for y in self.central.years], [y.kpis.get(name, 0.0) for y in self.base.years]


def not_applicable(task: Task, dispatch: str) -> TaskEffect:
    """A task that matches nothing in this plant."""
    return TaskEffect(
        task.id,
        _names(task),
        dispatch,
        tuple(task.package),
        (),
        "not_applicable",
        task.data_class,
        unverified=_unverified(task),
    )


def task_effect(task: Task, dispatch: str, stations: tuple[str, ...], pairing: Pairing) -> TaskEffect:
    """All figures of one task. Raises nothing of its own."""
    opex = _opex(task, pairing)
    output = [year.kpis["output_kg"] for year in pairing.base.years]
    effects = {name: pairing.named(name) for name in ("toe", "carbon_kg", "lateness_h", "peak_kw", "energy_kwh")}
    effects["cash_krw"] = pairing.named("cash_krw")
    effects["cost_krw"] = scaled(pairing.of(cost_of_output(pairing.base.years)), 1.0, opex)
    mean_output = sum(output) / len(output)
    effects["output_pct"] = (
        scaled(pairing.named("output_kg"), 100.0 / mean_output) if mean_output else pairing.named("output_kg")
    )
    cold = [
        [year.kpis.get("poured_cold_share", 0.0) for year in years]
        for years in (pairing.base.years, pairing.central.years)
    ]
    base_means = {
        name: sum(y.kpis.get(name, 0.0) for y in pairing.base.years) / len(pairing.base.years)
        for name in ("lateness_h",)
    }
    broken = broken_service(task, effects, base_means, *cold)
    reduction = {name: variance_reduction(*pairing.values(name)) for name in REDUCTION_KPIS}
    return TaskEffect(
        task.id,
        _names(task),
        dispatch,
        tuple(task.package),
        stations,
        verdict(effects, broken),
        task.data_class,
        tuple(broken),
        _by_carrier(pairing),
        effects,
        {name: pairing.named(name) for name in SCOPES if _has(pairing, name)},
        _parts(pairing),
        _per_tonne(pairing, opex),
        _money(task, pairing, effects["cost_krw"], None),
        _money(task, pairing, effects["cost_krw"], programme(task.support.programme) if task.support else None),
        reduction,
        _lost(pairing, reduction),
        _unverified(task),
    )


def cost_of_output(base: Sequence[YearAccounts]) -> Callable[[YearAccounts], float]:
    """Cash a year as if the plant had made what it makes without the task: metal in product made more or less is left out.

    Whoever buys the product pays its metal; without this a task that lets a plant catch up would seem to cost the metal of what it made.
    """
    tonnes = sum(year.kpis["output_kg"] for year in base)
    metal_krw_per_kg = sum(year.kpis["material_krw"] for year in base) / tonnes if tonnes else 0.0
    return lambda year: year.kpis["cash_krw"] - metal_krw_per_kg * year.kpis["output_kg"]


def _names(task: Task) -> dict[str, str]:
    name: str | dict[str, str] = task.name if isinstance(task.name, str) else {str(k): v for k, v in task.name.items()}
    return {lang: local(name, lang) for lang in ("en", "ko")}


def _unverified(task: Task) -> tuple[str, ...]:
    """Inputs that no located source states: parameters and costs that are assumed, claims that are not verified."""
    named = [f"parameter {name}" for name, p in task.parameters.items() if p.data_class == "assumed"]
    costs = [
        f"cost {name}"
        for name, part in (("capex", task.cost.capex), ("opex", task.cost.opex))
        if part is not None and part.data_class == "assumed"
    ]
    return (*named, *costs, *(f"claim: {entry.claim}" for entry in task.evidence if not entry.verified))


def _opex(task: Task, pairing: Pairing) -> float:
    """Upkeep of the task itself, KRW a year."""
    if task.cost.opex is None:
        return 0.0
    return task.cost.opex.krw_per_year * count(pairing.base.variant.scenario, task, task.cost.opex.per)


def _has(pairing: Pairing, name: str) -> bool:
    return any(name in year.kpis for year in (*pairing.base.years, *pairing.central.years))


def _by_carrier(pairing: Pairing) -> dict[str, Figure]:
    carriers = dict.fromkeys(name for year in (*pairing.base.years, *pairing.central.years) for name in year.energy_kwh)
    found = {"total": pairing.named("energy_kwh")}
    return found | {name: pairing.of(lambda year, name=name: year.energy_kwh.get(name, 0.0)) for name in carriers}  # type: ignore[misc]


PARTS = {"processing": "processing", "holding": "holding", "startup": "startup"}


def parts_kwh(year: YearAccounts) -> dict[str, float]:
    """Electricity by what the equipment did: processing, holding, startup, idle (every other state), utilities, base load.

    PV that the site used counts as negative.
    """
    found: dict[str, float] = {}
    for (equipment, state, carrier), kwh in year.by_equipment_kwh.items():
        if carrier == "electricity" and equipment != "site.pv":
            part = (
                "utilities"
                if equipment.startswith("utility.")
                else "base_load"
                if equipment.startswith("site.")
                else PARTS.get(state, "idle")
            )
            found[part] = found.get(part, 0.0) + kwh
    return found | {"pv_used": -year.pv_used_kwh}


def _parts(pairing: Pairing) -> dict[str, Figure]:
    """The electricity effect split by what the equipment did; the parts sum to the effect of the carrier."""
    parts = dict.fromkeys(name for year in (*pairing.base.years, *pairing.central.years) for name in parts_kwh(year))
    return {name: pairing.of(lambda year, name=name: parts_kwh(year).get(name, 0.0)) for name in parts}  # type: ignore[misc]


def _per_tonne(pairing: Pairing, opex_krw: float) -> dict[str, Figure]:
    """Effects per tonne of good product, each year by its own tonnes; cash with the task's own upkeep."""

    def share(name: str) -> Callable[[YearAccounts], float]:
        return lambda year: (
            year.kpis.get(name, 0.0) / (year.kpis["output_kg"] / 1000.0) if year.kpis["output_kg"] else 0.0
        )

    found = {name: pairing.of(share(name)) for name in ("energy_kwh", "carbon_kg", "cash_krw")}
    tonnes = sum(year.kpis["output_kg"] for year in pairing.base.years) / len(pairing.base.years) / 1000.0
    return found | {"cash_krw": scaled(found["cash_krw"], 1.0, opex_krw / tonnes if tonnes else 0.0)}


def _money(task: Task, pairing: Pairing, cost: Figure, support: Programme | None) -> Money:
    """Payback, NPV and IRR of the yearly cost effect; the task's own upkeep is in it already."""
    scenario, rate, life = pairing.base.variant.scenario, discount_rate().value, task.cost.life_years
    central, low, high = total_krw(scenario, task, task.cost.capex)
    kind = task.support.support_class if task.support is not None else None

    def paid(capex: float) -> float:
        return supported_capex_krw(capex, kind, support)

    def appraised(saving: float, capex: float = central) -> tuple[float | None, float, float | None]:
        own = paid(capex)
        found = appraise(own, saving, 0.0, life, rate)
        return found.payback_years, found.npv_krw + loan_advantage_krw(own, support, rate), found.irr

    saving = scaled(cost, -1.0)
    draws = _drawn_savings(task, pairing)
    capexes = _drawn_capex(task, len(draws), central, low, high, pairing.seed)
    over = [appraised(s, c) for s, c in zip(draws, capexes, strict=True)]
    spread = (
        [[value for value in column if value is not None] for column in zip(*over, strict=True)]
        if over
        else [[], [], []]
    )
    figures = [mapped(saving, lambda s, k=k: appraised(s)[k], spread[k]) for k in range(3)]  # type: ignore[misc]
    mean = saving.mean or 0.0
    return Money(
        paid(central),
        figures[0],
        figures[1],
        figures[2],
        (appraised(mean, high)[1], appraised(mean, low)[1]),
        (appraised(mean, low)[0], appraised(mean, high)[0]),
        central - paid(central),
        loan_advantage_krw(paid(central), support, rate),
    )


def _drawn_savings(task: Task, pairing: Pairing) -> list[float]:
    """The saving at each parameter draw; where the task has no uncertain parameters, at each replication."""
    opex = _opex(task, pairing)
    cost = cost_of_output(pairing.base.years)
    years = pairing.drawn or pairing.central.years
    return [cost(without) - cost(year) - opex for year, without in zip(years, pairing.base.years, strict=False)]


def _drawn_capex(task: Task, n: int, central: float, low: float, high: float, seed: int) -> list[float]:
    draws = [AddressedDraws(seed, k).uniform("parameter", f"{task.id}/capex", 0) for k in range(n)]
    return [float(value) for value in triangular(np.asarray(draws), low, central, high)]


def _lost(pairing: Pairing, reduction: Mapping[str, float | None]) -> str | None:
    """The random stream that the two plants did not use alike, where pairing gained little on any KPI."""
    if all(value is None or value >= LITTLE_REDUCTION for value in reduction.values()):
        return None
    from twin.ledger.year_layout import representative_scenarios

    used = []
    for years in (pairing.base, pairing.central):
        name, scenario = next(iter(representative_scenarios(years.variant.scenario).items()))
        used.append(draws_used(scenario, years.plans.get(name), pairing.seed, 0))
    return lost_stream(used[0], used[1]) or "timing"
