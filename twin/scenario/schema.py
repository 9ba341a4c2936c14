"""What a user writes, as types. A field's alias is its key in the scenario file; its name bears the unit it is stored in.

Kinds of equipment subclass :class:`Station`; they live beside the simulator's models and are found through the registry
(:mod:`twin.scenario.kinds`), so that validating a scenario never loads the simulator.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from twin.core.units import Fraction, Q
from twin.scenario.distributions import Duration, Exponential, Lognormal, Weibull, mean_s
from twin.scenario.part import Part, Problem
from twin.scenario.production import (
    Alternatives,
    Clock,
    Day,
    Dispatch,
    Due,
    Failures,
    MaxWait,
    Need,
    Quality,
    Resource,
    Rule,
    Setup,
    Upkeep,
)
from twin.scenario.start import MetalRoom, PlantStart

__all__ = [
    "Clock",
    "Day",
    "Dispatch",
    "Due",
    "Duration",
    "Exponential",
    "Failures",
    "Lognormal",
    "Part",
    "Problem",
    "Setup",
    "Weibull",
]

Text = str | dict[Literal["en", "ko"], str]
State = Literal["off", "startup", "standby", "setup", "processing", "holding", "blocked", "starved", "down"]
DataClass = Literal["metered", "fitted", "nameplate", "literature", "assumed"]


YEAR_S = 365 * 86400.0


class TableFile(Part):
    """A table beside the scenario, CSV or Parquet, never outside the scenario's root."""

    file: str = Field(description="path relative to the scenario file")


class CarbonPrice(Part):
    """The price of emissions; also written as a plain quantity."""

    shorthand: ClassVar[str | None] = "value"
    value_krw_per_kg: Annotated[float, Q("KRW/kgCO2e")] = Field(alias="value", description="price of one kg CO2e")
    role: Literal["shadow", "cash"] = Field("shadow", description="cash only where the firm is in the trading scheme")


class Sale(Part):
    """Sale of surplus power to the grid."""

    sell_krw_per_kwh: Annotated[float, Q("KRW/kWh")] | TableFile = Field(
        alias="sell", description="price, or {file: …} with an hourly series krw_per_kwh (8,760 or 24 rows)"
    )


class Photovoltaics(Part):
    """A rooftop PV plant, by nameplate power and hourly profile."""

    peak_kw: Annotated[float, Q("kW")] = Field(alias="peak", ge=0, description="nameplate power of the modules (kWp)")
    profile: str | TableFile = Field(description="id of a shipped hourly profile, or {file: …} with kW per kWp")
    tilt_deg: Annotated[float, Q("deg")] = Field(
        20.0, alias="tilt", ge=0, le=90, description="tilt of the modules, facing south"
    )
    surplus: Literal["curtail"] | Sale = Field(
        "curtail", description="what happens to power that the site does not use: curtail, or {sell: price or file}"
    )


class BatteryControl(Part):
    """A rule that sees net load and clock only."""

    shave_above_kw: Annotated[float, Q("kW")] | None = Field(
        None,
        alias="shave_above",
        ge=0,
        description="discharges what the load at the meter exceeds this, charges below it",
    )
    charge_between: tuple[Clock, Clock] | None = Field(
        None,
        description="charges only between these local times; absent: at any time. Surplus of the sun is always stored",
    )
    discharge_between: tuple[Clock, Clock] | None = Field(None, description="covers the load between these local times")

    @property
    def charge_hours(self) -> tuple[float, float]:
        """Local hours between which it charges."""
        return _hours(self.charge_between)

    @property
    def discharge_hours(self) -> tuple[float, float]:
        """Local hours between which it covers the load."""
        return _hours(self.discharge_between)


def _hours(span: tuple[Clock, Clock] | None) -> tuple[float, float]:
    """Hours of the day of two clock times; the whole day where there are none."""
    if span is None:
        return 0.0, 24.0
    first, last = (int(text[:2]) + int(text[3:]) / 60.0 for text in span)
    return first, last


class Battery(Part):
    """A stationary battery behind the meter."""

    energy_kwh: Annotated[float, Q("kWh")] = Field(alias="energy", gt=0, description="usable energy")
    power_kw: Annotated[float, Q("kW")] = Field(
        alias="power", gt=0, description="largest charge or discharge power, at the AC side"
    )
    round_trip: Fraction = Field(0.9, gt=0, le=1, description="AC to AC round-trip efficiency")
    control: BatteryControl | None = Field(None, description="rule used where no plan commands the battery")
    standby_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="standby", ge=0, description="drawn all the time by its converter, cooling and controls"
    )
    ageing_krw_per_kwh: Annotated[float, Q("KRW/kWh")] = Field(
        0.0,
        alias="ageing",
        ge=0,
        description="cost of wear per kWh discharged: price over the kWh that it gives in its life",
    )


class Transformer(Part):
    """The transformer between the site and a meter on its high-voltage side; losses as IEC 60076-1 states them."""

    units: int = Field(1, gt=0, description="equal transformers in parallel")
    rated_kva: Annotated[float, Q("kVA")] = Field(alias="rated", gt=0, description="of one")
    no_load_kw: Annotated[float, Q("kW")] = Field(alias="no_load", ge=0, description="loss of one without load")
    load_loss_kw: Annotated[float, Q("kW")] = Field(
        alias="load_loss", ge=0, description="loss of one at rated current, on top of that without load"
    )
    magnetising: Fraction = Field(0.0, ge=0, lt=0.2, description="reactive power without load, share of rated")
    impedance: Fraction = Field(0.0, ge=0, lt=0.3, description="short-circuit impedance: reactive power at rated load")


class Site(Part):
    """Where the plant stands: supply contract, tariff, factors, PV, battery."""

    country: str = Field("KR", description="ISO 3166 code; chooses the factors' defaults")
    timezone: str = Field("Asia/Seoul", description="IANA time zone of the plant and its meter")
    contract_power_kw: Annotated[float, Q("kW")] = Field(
        alias="contract_power", gt=0, description="contract power with the utility"
    )
    power_cap_kw: Annotated[float, Q("kW")] | None = Field(
        None, alias="power_cap", gt=0, description="limit of the 15-minute mean at the meter"
    )
    tariff: str = Field(description="tariff id, pinned with @date or chosen by date; or a file of rates (URDB JSON)")
    demand_history_kw: list[Annotated[float, Q("kW"), Field(ge=0)]] = Field(
        default_factory=list,
        alias="demand_history",
        max_length=12,
        description="billing months' demand, oldest first, up to the month before year.start (or run.start)",
    )
    power_factor: Fraction | None = Field(
        None, gt=0, le=1, description="mean daytime lagging power factor where kvarh are not modelled"
    )
    grid_factor: str | TableFile = Field(
        "kr/gir-2025-single-year", description="id of a grid emission factor, or {file: hourly CSV}"
    )
    marginal_factor: TableFile | None = Field(
        None, description="hourly marginal emission factor, shown beside the average"
    )
    carbon_price: CarbonPrice | None = None
    base_load_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="base_load", ge=0, description="constant load: lighting, offices, servers"
    )
    gas_price_krw_per_mj: Annotated[float, Q("KRW/MJ")] | None = Field(
        None, alias="gas_price", ge=0, description="city gas, per gross MJ"
    )
    pv: Photovoltaics | None = None
    battery: Battery | None = None
    transformer: Transformer | None = None
    weather: str | None = Field(None, description="id of shipped hourly temperatures outdoors; absent: see `outdoors`")
    outdoors_c: Annotated[float, Q("degC")] = Field(
        15.0, alias="outdoors", description="temperature outdoors where no weather is named"
    )
    humidity: Fraction = Field(0.65, gt=0, le=1, description="relative humidity outdoors, for the wet-bulb temperature")


class Shutdown(Part):
    """Days on which the whole plant is closed."""

    first: dt.date = Field(alias="from", description="first closed day")
    last: dt.date = Field(alias="to", description="last closed day")
    startup_s: dict[str, Annotated[float, Q("s"), Field(gt=0)]] = Field(
        default_factory=dict,
        alias="startup",
        description="{station: how long before its first shift after the shutdown it is switched on}, instead of calendar.startup",
    )


class Shift(Part):
    """A shift; it belongs to the day on which it starts."""

    days: list[Day] = Field(min_length=1)
    start: Clock = Field(alias="from")
    end: Clock = Field(
        alias="to", description="earlier than `from`: the shift crosses midnight and belongs to its first day"
    )
    pause: tuple[Clock, Clock] | None = Field(None, alias="break")


class Calendar(Part):
    """The plant's own calendar (the tariff has another)."""

    holidays: str | None = Field("KR", description="country whose public holidays close the plant; null: none")
    extra_holidays: list[dt.date] = Field(default_factory=list)
    removed_holidays: list[dt.date] = Field(
        default_factory=list, description="public holidays on which the plant works"
    )
    shutdowns: list[Shutdown] = Field(default_factory=list)
    shifts: dict[str, Shift] = Field(min_length=1)
    startup: dict[str, dict[Day, Clock]] = Field(
        default_factory=dict,
        description="station: {day: time} at which it is switched on ahead of, or later than, the shift",
    )


class Crew(Part):
    """People who must be present where their stations work."""

    people: int = Field(gt=0)
    shifts: list[str] = Field(min_length=1)
    wage_krw_per_h: Annotated[float, Q("KRW/h")] = Field(
        alias="wage", ge=0, description="of one person, without premia"
    )


class Material(Part):
    """A priced input: metal, alloying addition, gas, consumable."""

    price_krw_per_kg: Annotated[float, Q("KRW/kg")] = Field(alias="price", ge=0)
    metal: str | None = Field(None, description="the alloy or element it counts as, for enthalpy and mass")
    carbon_fraction: Fraction = Field(0.0, ge=0, le=1, description="mass share of carbon, for the carbon balance")
    embodied_kg_per_kg: Annotated[float, Q("kgCO2e/kg")] | None = Field(
        None, alias="embodied", ge=0, description="upstream emissions (scope 3), shown only"
    )


class Product(Part):
    """What is made."""

    alloy: str | None = Field(None, description="metal it is cast from")
    mass_kg: Annotated[float, Q("kg")] = Field(alias="mass", gt=0, description="of one good piece")
    lot: int = Field(gt=0, description="pieces of one job")
    yield_fraction: Fraction = Field(
        1.0, alias="yield", gt=0, le=1, description="good-piece mass over poured mass, before scrap"
    )
    scrap_fraction: Fraction = Field(
        0.0, alias="scrap", ge=0, lt=1, description="share of the pieces cast that are scrapped"
    )
    route: list[str] = Field(min_length=1, description="stations in order")
    recipe: str | dict[str, str] | None = Field(
        None,
        description="recipe by which lots share batches, or {station: recipe}; lots of products without one share among themselves",
    )
    family: str | None = Field(None, description="family for set-ups; absent: the product itself")
    alternatives: dict[str, Alternatives] = Field(
        default_factory=dict, description="{station of the route: other stations at which its operation may be done}"
    )
    value_krw_per_piece: Annotated[float, Q("KRW")] | None = Field(
        None, alias="value", ge=0, description="contribution of a piece, to value lost output"
    )

    @property
    def stations(self) -> list[str]:
        """Every station that a lot may pass: those of the route, each followed by its alternatives."""
        return [
            name
            for own in self.route
            for name in (own, *(self.alternatives[own].stations if own in self.alternatives else ()))
        ]

    def recipe_at(self, station: str) -> str:
        """The recipe at a station; empty where there is none."""
        return (self.recipe.get(station, "") if isinstance(self.recipe, dict) else self.recipe) or ""


def _lasts(every: Duration) -> bool:
    """Whether some time passes on average; a table that is not read yet may."""
    if every.empirical is not None and not every.empirical.values_s:
        return True
    return mean_s(every) > 0.0


class Order(Part):
    """What is asked for: once, in every period, or again and again after a time that may be random."""

    product: str
    quantity: int = Field(gt=0, description="good pieces asked for")
    every: Literal["week", "day", "once"] | Duration = Field(
        "week", description="period; or the time from one arrival to the next, constant or random (then due at the end)"
    )
    release: Due | None = Field(None, description="earliest start in the period; absent: its beginning")
    due: Due | None = Field(None, description="in the period; absent: its end")
    priority: int = 0

    @model_validator(mode="after")
    def _has_a_period(self) -> Order:
        if isinstance(self.every, str):
            return self
        named = [word for word in ("release", "due") if getattr(self, word) is not None]
        if named or not _lasts(self.every):
            problem = (
                f"{named[0]} is a time of a period, and there is none" if named else "no time between two arrivals"
            )
            msg = "quantity"
            raise PydanticCustomError(msg, "{problem}", {"problem": problem, "fix": "every: week, or e.g. every: 2 h"})
        return self


class Kind(Part):
    """What equipment and utilities have in common: they may object to the scenario around them."""

    power_factor: Fraction | dict[State, Fraction] | None = Field(
        None, description="of its electricity, lagging, one or by state; absent: site.power_factor"
    )

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """What is wrong with ``spec`` for this part, called ``name``, beyond what its fields say."""
        del name, spec
        return []

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """The highest electric power of all its units while ``stations`` do what they can; what a power cap reserves. 0 where unknown."""
        del stations
        return 0.0

    def held_kw(self) -> float:
        """The electric power that all its units may draw at rest while a power cap holds them back."""
        return 0.0

    def least_kw(self) -> float | None:
        """The electric power with which one unit can work when a power cap holds it back; None where it gives no way."""
        return None


class Utility(Kind):
    """Base of utilities, computed after the run from the demand of the equipment."""

    kind: str
    units: int = Field(1, gt=0)


class RunSettings(Part):
    """What is simulated."""

    start: dt.date = Field(description="first day counted; 00:00 local time is t = 0")
    duration_s: Annotated[float, Q("s")] = Field(alias="duration", gt=0, le=20 * YEAR_S, description="whole weeks")
    warmup_s: Annotated[float, Q("s")] = Field(
        604800.0, alias="warmup", ge=0, le=YEAR_S, description="simulated before the start, never counted"
    )
    replications: int = Field(20, gt=0, le=1_000_000)
    seed: int = Field(1, ge=0)
    randomness: Literal["on", "off"] = "on"
    state: PlantStart | None = Field(
        None, description="the plant as it is when the run begins; absent: empty. There is no warm-up then"
    )


class YearSettings(Part):
    """The twelve months that effects are stated for."""

    start: dt.date = Field(description="first day of the twelve months that effects are stated for")


class Targets(Part):
    """What a plan must reach in its horizon; where none can, that is said with the least that would have to give way."""

    lateness_s: Annotated[float, Q("s")] | None = Field(
        None, alias="lateness", ge=0, description="late at most, summed over all lots; 0 h: every due date is kept"
    )
    output_kg: Annotated[float, Q("kg")] | None = Field(
        None, alias="output", gt=0, description="good castings at least, of those cast in the horizon"
    )
    intensity_kg_per_kg: Annotated[float, Q("kgCO2e/kg")] | None = Field(
        None, alias="intensity", ge=0, description="emissions at most per mass of good castings, e.g. 600 kgCO2e/t"
    )
    reduction: Fraction | None = Field(
        None, ge=0, le=1, description="of emissions against the same horizon as operated, randomness off, at least"
    )


class PlanSettings(Part):
    """What is scheduled."""

    horizon_s: Annotated[float, Q("s")] = Field(604800.0, alias="horizon", gt=0)
    slot_s: Annotated[float, Q("s")] = Field(900.0, alias="slot", gt=0)
    start: dt.date | None = Field(None, description="absent: run.start")
    window_s: Annotated[float, Q("s")] = Field(
        604800.0, alias="window", gt=0, description="a longer horizon is planned window by window"
    )
    freeze_s: Annotated[float, Q("s")] = Field(
        0.0, alias="freeze", ge=0, description="how long an earlier plan stands when it is planned again"
    )
    quantile: Fraction = Field(0.8, gt=0, lt=1, description="quantile of a duration that a plan reckons with")
    emission_cap_kg: Annotated[float, Q("kgCO2e")] | None = Field(
        None, alias="emission_cap", ge=0, description="for the horizon, scope 1 and 2"
    )
    targets: Targets = Targets()


class Startup(Part):
    """Power drawn while starting up or cooling down, and how long that takes."""

    power_kw: Annotated[float, Q("kW")] = Field(alias="value", ge=0)
    duration_s: Annotated[float, Q("s")] = Field(alias="for", gt=0)


class Power(Part):
    """Electric power by state. A state that is absent draws what `standby` draws; `off` draws nothing."""

    processing_kw: Annotated[float, Q("kW")] = Field(alias="processing", ge=0)
    standby_kw: Annotated[float, Q("kW")] = Field(0.0, alias="standby", ge=0)
    setup_kw: Annotated[float, Q("kW")] | None = Field(None, alias="setup", ge=0)
    startup: Startup | None = None
    cooldown: Startup | None = Field(
        None,
        description="controlled cool-down when it is switched off for long: power and time, spent in state holding",
    )
    off_after_s: Annotated[float, Q("s")] | None = Field(
        None,
        alias="off_after",
        ge=0,
        description="goes off after so long without a lot, and starts up for the next one; absent: stays on",
    )


class Air(Part):
    """Compressed air by state."""

    processing_nm3_per_s: Annotated[float, Q("Nm3/s")] = Field(0.0, alias="processing", ge=0)
    standby_nm3_per_s: Annotated[float, Q("Nm3/s")] = Field(0.0, alias="standby", ge=0)


class Station(Kind):
    """What every kind of equipment has in common."""

    kind: str
    units: int = Field(1, gt=0, le=1000, description="equal machines of this station")
    crew: str | None = Field(None, description="crew that must be present; absent: see `shifts`")
    shifts: list[str] | None = Field(
        None, description="works in these shifts; absent: those of its crew; neither: always"
    )
    buffer_before: int | None = Field(None, ge=0, description="pieces that may wait before it; absent: no limit")
    failures: Failures | None = None
    maintenance: list[Upkeep] = Field(default_factory=list, description="preventive maintenance of each unit")
    dispatch: Rule | None = Field(None, description="who goes next here; absent: dispatch.rule")
    needs: dict[str, Need] = Field(
        default_factory=dict,
        description="resources and crews of which a lot needs some: {crane: 1}; a crew's people are counted only where named here",
    )
    quality: Quality | None = None
    max_wait: MaxWait | None = None
    dust: bool = Field(default=False, description="served by dust collection while processing")
    steam: dict[State, Annotated[float, Q("kg/s"), Field(ge=0)]] = Field(
        default_factory=dict, description="steam that one unit uses, by state"
    )
    cooling: dict[State, Annotated[float, Q("kW"), Field(ge=0)]] = Field(
        default_factory=dict,
        description="heat that one unit gives to cooling, by state; cooling water of furnaces is known",
    )

    features: ClassVar[frozenset[str]] = frozenset()
    """words of production that the simulator heeds at this kind of equipment, see :data:`twin.scenario.features.FEATURES`"""

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Words that mean nothing at this kind of equipment, or cannot be combined yet."""
        from twin.scenario.features import unheeded

        return [*super().problems(name, spec), *unheeded(self)]

    def metal_room(self, name: str, spec: ScenarioSpec) -> MetalRoom | None:
        """What one unit of the station ``name`` can hold of liquid metal; None where it holds none."""
        del name, spec
        return None

    def work_s(self, product_name: str, product: Product) -> float | None:
        """Mean seconds of work on one piece, of one unit; None where the kind cannot say. Used to warn of too much work."""
        del product_name, product
        return None

    def work_s_per_kg(self) -> float | None:
        """Mean seconds of work on one kg of metal, of one unit, for kinds that melt; None for all others."""
        return None


class ScenarioSpec(Part):
    """One scenario file, merged, with every quantity in its canonical unit."""

    schema_version: Literal[1] = Field(alias="schema")
    name: Text
    description: Text = ""
    industry: Literal[
        "casting", "heat_treatment", "welding", "plastic_working", "textiles", "automotive_parts", "other"
    ] = "other"
    sector: str | None = Field(None, description="the row of real plants to compare with")
    site: Site
    calendar: Calendar
    crews: dict[str, Crew] = Field(default_factory=dict)
    materials: dict[str, Material] = Field(default_factory=dict)
    products: dict[str, Product] = Field(default_factory=dict)
    resources: dict[str, Resource] = Field(
        default_factory=dict, description="cranes, tools, gauges that stations share, see `needs`"
    )
    orders: dict[str, Order] | TableFile = Field(default_factory=dict)
    dispatch: Dispatch = Dispatch()
    stations: dict[str, Any] = Field(min_length=1, description="each validated by the class of its kind")
    utilities: dict[str, Any] = Field(default_factory=dict, description="each validated by the class of its kind")
    run: RunSettings
    year: YearSettings | None = None
    plan: PlanSettings = PlanSettings()
    what_if: dict[str, dict[str, Any]] = Field(default_factory=dict, description="named sets of changes, path: value")
