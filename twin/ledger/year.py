"""The year composed from representative weeks: laid on the calendar day by day, priced and billed by date.

Each day of the year takes the load, hours, metal and output of one simulated day (see :mod:`twin.ledger.year_layout`). On a week with
closed days, the simulated closed days stand for the closed ones, the open for the open, in order, so that a holiday is billed as the
tariff's calendar says. PV by date and hour, battery and transformer are laid on quarter-hour by quarter-hour, as in a run; emissions are
integrated at the factor's own breakpoints; the bill runs month by month with the ratchet carried from the scenario's past demands. Metal is
valued by what left the melt (good, scrap, returns, losses) at the mean price of what was charged, so that the stock at a fortnight's end
does not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.allocation import bill_pools
from twin.ledger.carbon import Emissions, emissions_of
from twin.ledger.digest import BANDS, RepResult, SeriesKey
from twin.ledger.factors import FUELS, Factors, StepSeries, factors_of, hour_of_year
from twin.ledger.kpis import money_kpis
from twin.ledger.labour import LabourCost, WorkedHours
from twin.ledger.materials import GASES, MaterialCost, PricedFlow, fuel_cost_of, material_cost_of
from twin.ledger.power import bill_of, load_of
from twin.ledger.site_money import SiteMoney, site_money
from twin.ledger.supply import Supply, net_reactive_kvar, supply
from twin.ledger.tariff_clock import wall_clock
from twin.ledger.tariff_types import Bill, MeterLoad
from twin.ledger.wages import cost_of_hours
from twin.ledger.year_lay import Blend, Laid, blend, lay
from twin.ledger.year_layout import Representative, representatives, year_days, year_start
from twin.reference.prices import city_gas_retail_margin, city_gas_wholesale
from twin.reference.pv import pv_profile

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

QUARTER_S = 900
_OUT = ("good", "scrap", "returns", "melt_loss", "slag")


@dataclass(frozen=True)
class YearAccounts:
    """Accounts of the span (twelve months unless said) of one replication. Energy in kWh, money in KRW.

    ``energy_kwh`` by carrier, electricity net of PV; ``by_equipment_kwh`` by (equipment, state, carrier), gross; ``heat_kwh`` by
    (equipment, term); ``months``: one row a month; ``load`` the quarter-hours at the meter.
    """

    replication: int
    first: dt.date
    days: int
    energy_kwh: Mapping[str, float]
    by_equipment_kwh: Mapping[SeriesKey, float]
    heat_kwh: Mapping[SeriesKey, float]
    by_product: Mapping[SeriesKey, float]
    load: MeterLoad
    pv_available_kwh: float
    pv_used_kwh: float
    bill: Bill
    fuels: tuple[PricedFlow, ...]
    materials: MaterialCost
    labour: LabourCost
    emissions: Emissions
    months: tuple[Mapping[str, float | str], ...]
    kpis: Mapping[str, float]


def pv_quarters_kwh(scenario: Scenario, start: dt.datetime, n: int) -> np.ndarray:
    """Energy that the modules could give in each of ``n`` quarter-hours from ``start``, before curtailment; zeros without PV.

    Hours of the weather year are laid on by month, day and clock hour. Raises InputFault for a profile of other than 8,760 hours.
    """
    pv = scenario.spec.site.pv
    if pv is None or not pv.peak_kw:
        return np.zeros(n)
    clock = wall_clock(start, n, QUARTER_S)
    first = int(clock.day[0])
    days = [dt.date.fromordinal(first + k) for k in range(int(clock.day[-1]) - first + 1)]
    if isinstance(pv.profile, str):
        profile = pv_profile(pv.profile)
        hours = np.stack([profile.hourly_kw_per_kwp(day, pv.tilt_deg) for day in days])
    else:
        rows = np.array([float(row["kw_per_kwp"]) for row in scenario.tables["site.pv.profile"]])
        if len(rows) != 8760:
            msg = f"site.pv.profile: {len(rows)} rows; 8760 hourly values 'kw_per_kwp' are expected"
            raise InputFault(msg)
        hours = rows.reshape(365, 24)[[hour_of_year(day) // 24 for day in days]]
    return np.asarray(pv.peak_kw * hours[clock.day - first, clock.hour] * (QUARTER_S / 3600.0))


@dataclass(frozen=True)
class YearFrame:
    """What all replications of a scenario share: which simulated day stands for which, clock, PV, factors. Make it once: :func:`frame`."""

    chosen: tuple[Representative, ...]
    laid: Laid
    start: dt.datetime
    day: np.ndarray
    slot: np.ndarray
    pv_kwh: np.ndarray
    factors: Factors


def frame(
    scenario: Scenario,
    *,
    chosen: tuple[Representative, ...] | None = None,
    first: dt.date | None = None,
    days: int | None = None,
) -> YearFrame:
    """The frame of the reference year (or of ``days`` days from ``first``). Raises the faults of calendar, PV profile and factors."""
    chosen = representatives(scenario) if chosen is None else chosen
    first = year_start(scenario) if first is None else first
    days = year_days(first) if days is None else days
    zone = ZoneInfo(scenario.spec.site.timezone)
    start = dt.datetime.combine(first, dt.time(), zone)
    after = dt.datetime.combine(first + dt.timedelta(days=days), dt.time(), zone)
    n = round((after.timestamp() - start.timestamp()) / QUARTER_S)
    clock = wall_clock(start, n, QUARTER_S)
    return YearFrame(
        chosen,
        lay(scenario, chosen, first, days),
        start,
        clock.day - first.toordinal(),
        clock.second // QUARTER_S,
        pv_quarters_kwh(scenario, start, n),
        factors_of(scenario, start, n * float(QUARTER_S)),
    )


def _weighed(kwh: np.ndarray, series: StepSeries) -> float:
    """Quarter-hours times a factor series: exact where its breakpoints lie on quarter-hours (hourly factors do), else pro rata in them."""
    edges = np.arange(len(kwh) + 1) * float(QUARTER_S)
    cumulated = np.concatenate([[0.0], np.cumsum(kwh)])
    at = np.interp(series.edges_s, edges, cumulated)
    return float((np.diff(at) * series.values).sum())


def _gas_price(scenario: Scenario, first: dt.date, daily_kwh: np.ndarray) -> float | None:
    """Published city gas price weighed by the days on which gas is burnt, KRW per gross MJ; None where the scenario names its own."""
    if scenario.spec.site.gas_price_krw_per_mj is not None or not daily_kwh.sum():
        return None
    prices = [city_gas_wholesale(first + dt.timedelta(days=k)).value for k in range(len(daily_kwh))]
    return float((np.array(prices) * daily_kwh).sum() / daily_kwh.sum()) + city_gas_retail_margin().value


def _materials(scenario: Scenario, blended: Blend, gases: Mapping[str, float]) -> MaterialCost:
    """Metal at the mean price of each representative's charge times what left the melt; gases by weight."""
    prices = {name: material.price_krw_per_kg for name, material in scenario.spec.materials.items()}
    sums: dict[tuple[str, str], float] = {}
    for name, laid_kg in blended.by_run("material").items():
        charge = {
            key: float(values.sum())
            for key, values in blended.reps[name].of_kind("material").items()
            if key[1] in ("in", "addition")
        }
        charged, used = sum(charge.values()), sum(kg for key, kg in laid_kg.items() if key[1] in _OUT)
        for key, kg in charge.items():
            sums[(key[0], key[1])] = sums.get((key[0], key[1]), 0.0) + (kg / charged * used if charged else 0.0)
        for key, kg in laid_kg.items():
            if key[1] in _OUT:
                sums[(key[0], key[1])] = sums.get((key[0], key[1]), 0.0) + kg
    return material_cost_of(sums, gases, prices)


def _worked(scenario: Scenario, blended: Blend) -> WorkedHours:
    laid = blended.laid
    dates = tuple(laid.first + dt.timedelta(days=k) for k in range(len(laid.week)))
    crews = tuple(scenario.spec.crews)
    found, zero = blended.sums("work"), np.zeros(len(dates))
    arrays = [
        np.array([found.get((crew, band), zero) for crew in crews]).reshape(len(crews), len(dates)) for band in BANDS
    ]
    return WorkedHours(crews, dates, *arrays)


def compose(scenario: Scenario, reps: Mapping[str, RepResult], laid_on: YearFrame | None = None) -> YearAccounts:
    """The accounts of the reference year (or of the span of ``laid_on``) from one replication of each representative run.

    ``reps`` by name as :func:`~twin.ledger.year_layout.representative_scenarios` gives them. Raises InputFault where one is missing, and
    the faults of tariff, factors and prices.
    """
    laid_on = frame(scenario) if laid_on is None else laid_on
    missing = [name for name in laid_on.laid.names if name not in reps]
    if missing:
        msg = f"the year needs a run of {', '.join(missing)}; there are: {', '.join(reps)}"
        raise InputFault(msg)
    blended = blend(laid_on.laid, reps)
    gross, lag, lead = (
        blended.quarters(laid_on.day, laid_on.slot, c) for c in ("electricity", "reactive_lag", "reactive_lead")
    )
    booked = bool(lag.any() or lead.any())
    reactive_kvar = net_reactive_kvar(scenario.spec.site.power_factor, gross * 4.0, (lag - lead) * 4.0, booked=booked)
    made = supply(
        scenario.spec.site, gross * 4.0, reactive_kvar, laid_on.pv_kwh * 4.0, laid_on.slot * (QUARTER_S / 3600.0)
    )
    net = lag - lead + made.transformer_kvar / 4.0
    reactive = (np.maximum(net, 0.0), np.maximum(-net, 0.0)) if booked else (None, None)
    load = load_of(scenario, laid_on.start, made.meter_kw / 4.0, *reactive)
    return _accounts(scenario, laid_on, blended, load, made)


def _of_site(scenario: Scenario, made: Supply) -> dict[SeriesKey, float]:
    """Energy of what is laid on behind the equipment: losses of battery and transformer, by equipment, state and carrier."""
    site = scenario.spec.site
    found: dict[SeriesKey, float] = {}
    if site.battery is not None:
        lost = float((site.battery.standby_kw - made.battery_kw).sum()) / 4.0
        found[("site.battery", "processing", "electricity")] = lost
    if site.transformer is not None:
        found[("site.transformer", "processing", "electricity")] = float(made.transformer_kw.sum()) / 4.0
    return found


def _accounts(scenario: Scenario, laid_on: YearFrame, blended: Blend, load: MeterLoad, made: Supply) -> YearAccounts:
    by_day, first = blended.sums("day"), laid_on.laid.first
    days, used_kwh = len(laid_on.laid.week), float(made.used_kw.sum()) / 4.0
    equipment = {key: float(values.sum()) for key, values in by_day.items()} | _of_site(scenario, made)
    fuels_kwh = {c: sum(v for key, v in equipment.items() if key[2] == c) for c in FUELS}
    energy = {"electricity": float(load.kwh.sum())} | {c: kwh for c, kwh in fuels_kwh.items() if kwh}
    daily_gas = sum((v for key, v in by_day.items() if key[2] == "natural_gas"), np.zeros(days))
    gases = {g: kg for g in GASES if (kg := sum(v for key, v in equipment.items() if key[2] == g) * 3600.0)}
    bill = bill_of(scenario, load)
    fuels = fuel_cost_of(scenario, energy, _gas_price(scenario, first, daily_gas))
    materials, labour = _materials(scenario, blended, gases), cost_of_hours(scenario, _worked(scenario, blended))
    metal = blended.sums("material")
    burnt = sum(float(v.sum()) for key, v in metal.items() if key == ("", "burnt_co2"))
    emitted = _emitted(energy, load, burnt, laid_on.factors)
    good = {key: float(values.sum()) for key, values in blended.sums("good").items()}
    output = sum(float(v.sum()) for key, v in metal.items() if key[1] == "good") or sum(
        kg for key, kg in good.items() if key[1] == "kg"
    )
    kpis = (
        money_kpis(bill.total, fuels, materials, labour, emitted, _own_money(scenario, laid_on, made, bill))
        | _physical(energy, load, output, used_kwh)
        | _supplied(scenario, made)
        | {
            "output_pieces": sum(v for key, v in good.items() if key[1] == "pieces"),
            "pv_available_kwh": float(laid_on.pv_kwh.sum()),
        }
    )
    service = {key[0]: float(values.sum()) for key, values in blended.sums("jobs").items()}
    kpis |= {
        name: service.get(key, 0.0)
        for name, key in (("lateness_h", "lateness_h"), ("jobs_late", "late"), ("jobs_done", "done"))
    }
    heat = {key: float(values.sum()) for key, values in blended.sums("heat").items()}
    replication = next(iter(blended.reps.values())).replication
    return YearAccounts(
        replication,
        first,
        days,
        energy,
        equipment,
        heat,
        good,
        load,
        kpis["pv_available_kwh"],
        used_kwh,
        bill,
        fuels,
        materials,
        labour,
        emitted,
        months_of(bill),
        dict(sorted(kpis.items())),
    )


def _own_money(scenario: Scenario, laid_on: YearFrame, made: Supply, bill: Bill) -> SiteMoney:
    bought = float(made.meter_kw.sum()) / 4.0
    price = bill_pools(bill)[0] / bought if bought else 0.0
    return site_money(scenario, laid_on.start, made.sold_kw / 4.0, made.discharged_kwh, made.change_kwh, price)


def _supplied(scenario: Scenario, made: Supply) -> dict[str, float]:
    """Energy sold, discharged and lost in the transformer, for what the site has."""
    site, found = scenario.spec.site, {}
    if site.pv is not None and not isinstance(site.pv.surplus, str):
        found["pv_sold_kwh"] = float(made.sold_kw.sum()) / 4.0
    if site.battery is not None:
        found["battery_discharged_kwh"] = made.discharged_kwh
    if site.transformer is not None:
        found["transformer_kwh"] = float(made.transformer_kw.sum()) / 4.0
    return found


def _physical(energy: Mapping[str, float], load: MeterLoad, output_kg: float, pv_used_kwh: float) -> dict[str, float]:
    """Energy, peak, output, and energy per tonne where there is a tonne (``kwh_per_t_good`` counts PV used on site too)."""
    fuel_kwh = sum(energy.get(c, 0.0) for c in FUELS)
    total = energy["electricity"] + fuel_kwh
    found = {
        "electricity_kwh": energy["electricity"],
        "fuel_kwh": fuel_kwh,
        "energy_kwh": total,
        "peak_kw": float(load.demand_kw().max()),
        "output_kg": output_kg,
        "pv_used_kwh": pv_used_kwh,
        **{f"{c}_kwh": kwh for c, kwh in energy.items() if c != "electricity"},
    }
    if output_kg:
        found["electricity_kwh_per_t_good"] = energy["electricity"] / output_kg * 1000.0
        found["fuel_kwh_per_t_good"] = fuel_kwh / output_kg * 1000.0
        found["kwh_per_t_good"] = (total + pv_used_kwh) / output_kg * 1000.0
    return found


def _emitted(energy: Mapping[str, float], load: MeterLoad, burnt_kg: float, factors: Factors) -> Emissions:
    marginal = None if factors.marginal is None else _weighed(load.kwh, factors.marginal)
    return emissions_of(energy, _weighed(load.kwh, factors.grid), marginal, burnt_kg, factors)


def months_of(bill: Bill) -> tuple[Mapping[str, float | str], ...]:
    """One row a month: energy, metered and billing demand, amount of the bill."""
    months = list(dict.fromkeys(line.month for line in bill.lines))
    return tuple(
        {
            "month": month,
            "kwh": bill.quantities.kwh(month),
            "demand_kw": bill.demand_kw.get(month, 0.0),
            "billing_demand_kw": bill.quantities.billing_demand_kw.get(month, 0.0),
            "bill_krw": sum(line.amount for line in bill.lines if line.month == month),
        }
        for month in months
    )
