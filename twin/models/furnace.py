"""The coreless induction furnace as a user writes it: charge, power, lining, lid, slag, ladle. Physics: :mod:`twin.models.hearth`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from twin.core.faults import did_you_mean
from twin.core.units import Fraction, Q
from twin.models.metals import liquidus_c
from twin.scenario.features import MELTING
from twin.scenario.schema import Part, Problem, Station
from twin.scenario.start import MetalRoom

if TYPE_CHECKING:
    from twin.scenario.schema import ScenarioSpec


class Charge(Part):
    """What a heat is made of. Shares of ``make_up`` and ``additions`` together are 100 % of the mass charged."""

    mass_kg: Annotated[float, Q("kg")] = Field(alias="mass", gt=0, description="of a full heat, heel not counted")
    least_kg: Annotated[float, Q("kg")] = Field(
        0.0, alias="least", ge=0, description="smallest heat, where less metal is wanted"
    )
    spread: Fraction = Field(
        0.0, ge=0, lt=1, description="half width of the weighed mass about what was meant, uniform"
    )
    make_up: dict[str, Fraction] = Field(
        min_length=1, description="material: share of the mass; `returns` come back from casting"
    )
    additions: dict[str, Fraction] = Field(default_factory=dict, description="alloying material: share of the mass")
    temperature_c: Annotated[float, Q("degC")] = Field(20.0, alias="temperature", description="of what is charged")
    time_s: Annotated[float, Q("s")] = Field(
        0.0, alias="time", ge=0, description="charging before power is switched on, lid open"
    )


class Step(Part):
    """One step of a power program."""

    power_kw: Annotated[float, Q("kW")] = Field(alias="power", ge=0)
    duration_s: Annotated[float, Q("s")] = Field(alias="for", gt=0)


class ColdStart(Part):
    """Slow heating of a cold lining (sintering and expansion joints)."""

    below_c: Annotated[float, Q("degC")] = Field(
        alias="below", description="the start is cold where the lining's hot face is below this"
    )
    power_share: Fraction = Field(alias="power", gt=0, le=1, description="of rated power")
    until_c: Annotated[float, Q("degC")] = Field(
        alias="until", description="temperature of the charge up to which power is limited"
    )


class Supply(Part):
    """Electric power of one furnace, measured before converter and coil."""

    rated_kw: Annotated[float, Q("kW")] = Field(alias="rated", gt=0, description="largest power")
    program: list[Step] = Field(
        default_factory=list, description="steps from the start of melting; rated power after the last"
    )
    efficiency: Fraction = Field(
        gt=0, le=1, description="heat into metal and lining over electricity; the rest goes to the coil's cooling water"
    )
    auxiliaries_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="auxiliaries", ge=0, description="pumps, hydraulics and controls while switched on"
    )
    shared: bool = Field(
        default=False,
        description="one supply of `rated` power for all furnaces: one melts with what holding leaves, the others hold",
    )


class Lining(Part):
    """The refractory between metal and coil, as a chain of at least four nodes."""

    area_m2: Annotated[float, Q("m2")] = Field(alias="area", gt=0, description="mean area of side and bottom")
    thickness_m: Annotated[float, Q("m")] = Field(alias="thickness", gt=0)
    conductivity_w_per_m_k: Annotated[float, Q("W/m/K")] = Field(alias="conductivity", gt=0)
    density_kg_per_m3: Annotated[float, Q("kg/m3")] = Field(alias="density", gt=0)
    heat_capacity_j_per_kg_k: Annotated[float, Q("J/kg/K")] = Field(alias="heat_capacity", gt=0)
    nodes: int = Field(4, ge=4, le=20, description="lumps through the thickness")
    outside_w_per_m2_k: Annotated[float, Q("W/m2/K")] = Field(
        alias="outside_film", gt=0, description="from the cold face to cooling water or hall"
    )
    outside_c: Annotated[float, Q("degC")] = Field(35.0, alias="outside", description="of cooling water or hall")


class OpenShares(Part):
    """Share of the time that the lid is open."""

    charging: Fraction = Field(1.0, ge=0, le=1)
    melting: Fraction = Field(0.3, ge=0, le=1)
    holding: Fraction = Field(0.1, ge=0, le=1)
    tapping: Fraction = Field(1.0, ge=0, le=1)
    idle: Fraction = Field(0.0, ge=0, le=1, description="while the furnace is empty")


class Lid(Part):
    """The opening above the bath. Open, the surface radiates and convects; closed, heat leaves through the lid."""

    area_m2: Annotated[float, Q("m2")] = Field(alias="area", gt=0, description="of the bath surface")
    emissivity: Fraction = Field(gt=0, le=1, description="effective, of metal and dross or slag on it")
    closed_w_per_k: Annotated[float, Q("W/K")] = Field(
        alias="closed", ge=0, description="conductance of the closed lid, bath to hall"
    )
    open_film_w_per_m2_k: Annotated[float, Q("W/m2/K")] = Field(
        12.0, alias="open_film", ge=0, description="convection of the open surface"
    )
    open: OpenShares = OpenShares()


class Slag(Part):
    """Slagging, sampling and analysis at tap temperature before the metal is ready."""

    fraction: Fraction = Field(0.0, ge=0, lt=0.2, description="slag and dross drawn off, of the mass melted")
    time_s: Annotated[float, Q("s")] = Field(alias="time", ge=0, description="slagging, sampling and analysis")
    heat_kwh_per_kg: Annotated[float, Q("kWh/kg")] = Field(
        0.5, alias="heat", ge=0, description="to melt and superheat one kg of slag"
    )


class Ladle(Part):
    """Transfer of metal from furnace to feed."""

    capacity_kg: Annotated[float, Q("kg")] = Field(alias="capacity", gt=0)
    tapping_s: Annotated[float, Q("s")] = Field(
        120.0, alias="tapping", ge=0, description="filling the ladle at the furnace"
    )
    time_s: Annotated[float, Q("s")] = Field(alias="time", ge=0, description="treatment and way, from tap to feed")
    loss_k: Annotated[float, Q("K")] = Field(
        alias="loss", ge=0, description="fall of temperature from furnace to feed, treatment included"
    )


class InductionFurnace(Station):
    """A coreless induction furnace that melts heats for the casting stations that it supplies."""

    features: ClassVar[frozenset[str]] = MELTING
    kind: Literal["induction_furnace"]
    supplies: list[str] = Field(default_factory=list, description="casting stations")
    alloy: str = Field(description="metal that it taps")
    capacity_kg: Annotated[float, Q("kg")] = Field(alias="capacity", gt=0, description="largest bath, heel included")
    heel_kg: Annotated[float, Q("kg")] = Field(0.0, alias="heel", ge=0, description="left in the furnace between heats")
    tap_c: Annotated[float, Q("degC")] = Field(alias="tap", description="temperature at which metal is held and tapped")
    charge: Charge
    power: Supply
    lining: Lining
    lid: Lid
    slag: Slag
    melt_loss: Fraction = Field(0.0, ge=0, lt=0.2, description="burnt off or lost as drops, of the mass melted")
    ladle: Ladle
    cold_start: ColdStart | None = None
    hold_through_s: Annotated[float, Q("s")] = Field(
        0.0,
        alias="hold_through",
        ge=0,
        description="gaps between shifts up to this long are held hot; before longer ones metal is pigged",
    )
    stay_on_s: Annotated[float, Q("s")] = Field(
        5400.0, alias="stay_on", ge=0, description="a heat goes on through breaks up to this long"
    )
    ahead_s: Annotated[float, Q("s")] = Field(
        900.0, alias="ahead", ge=0, description="metal is ready this long before it is needed"
    )

    @property
    def recovery(self) -> float:
        """Metal ready to tap over mass melted."""
        return 1.0 - self.melt_loss - self.slag.fraction

    def estimate_s(self, *, cold: bool) -> float:
        """A first estimate of a heat's length, from enthalpy and rated power."""
        from twin.models.metals import alloy

        heat_kwh = self.charge.mass_kg * alloy(self.alloy).enthalpy_kwh_per_kg(self.tap_c)
        share = self.cold_start.power_share if cold and self.cold_start is not None else 1.0
        melting_s = 3600.0 * heat_kwh / (self.power.rated_kw * self.power.efficiency) * 1.25
        return self.charge.time_s + melting_s * (0.5 + 0.5 / share) + self.slag.time_s

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """All furnaces at rated power."""
        return self.units * (self.power.rated_kw + self.power.auxiliaries_kw)

    def least_kw(self) -> float:
        """The least power of a heat under a cap, its auxiliaries, and those of the other furnaces."""
        from twin.models.cap import LEAST_SHARE

        return (
            LEAST_SHARE * (self.power.rated_kw + self.power.auxiliaries_kw)
            + (self.units - 1) * self.power.auxiliaries_kw
        )

    def metal_room(self, name: str, spec: ScenarioSpec) -> MetalRoom:
        """The bath."""
        return MetalRoom(self.capacity_kg, self.alloy, liquidus_c(self.alloy))

    def work_s_per_kg(self) -> float:
        """Mean seconds of one furnace for one kg of metal."""
        return self.estimate_s(cold=False) / (self.charge.mass_kg * self.recovery)

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """What contradicts itself in this part."""
        routed = [
            (
                f"/products.{label}.route.{product.route.index(name)}",
                "a furnace melts, no piece passes it",
                "leave it out: see supplies",
            )
            for label, product in spec.products.items()
            if name in product.route
        ]
        timed = [
            (f"needs.{label}.for", "charging and tapping have times of their own", "take it out")
            for label, need in self.needs.items()
            if need.transfer_s is not None
        ]
        return [*super().problems(name, spec), *routed, *timed, *self._problems(), *self._supplied(spec)]

    def _supplied(self, spec: ScenarioSpec) -> Iterator[Problem]:
        from twin.models.casting import Casting
        from twin.scenario.kinds import kind_class

        if not self.supplies:
            yield (
                "supplies",
                "the furnace supplies nobody: it would never melt",
                "name the casting stations that it supplies",
            )
        for index, target in enumerate(self.supplies):
            if not issubclass(kind_class(spec.stations[target]["kind"]), Casting):
                yield f"supplies.{index}", "no casting station: it takes no liquid metal", "a station that casts"

    def _problems(self) -> Iterator[Problem]:
        total = sum(self.charge.make_up.values()) + sum(self.charge.additions.values())
        if abs(total - 1.0) > 1e-6:
            yield (
                "charge.make_up",
                f"the shares of make_up and additions are {100 * total:.4g} % together",
                "make them 100 %",
            )
        if self.power.shared and self.units < 2:
            yield "power.shared", "one furnace shares its supply with nobody", "units: 2, or leave it out"
        if self.charge.mass_kg + self.heel_kg > self.capacity_kg * (1 + 1e-9):
            yield (
                "charge.mass",
                f"charge and heel exceed the capacity of {self.capacity_kg:g} kg",
                f"at most {self.capacity_kg - self.heel_kg:g} kg",
            )
        yield from self._temperatures()

    def _temperatures(self) -> Iterator[Problem]:
        from twin.models.metals import alloy, alloy_names

        try:
            liquid_c = alloy(self.alloy).liquidus_c
        except KeyError:
            yield "alloy", "no such alloy", did_you_mean(self.alloy, alloy_names())
            return
        if self.tap_c < liquid_c:
            yield "tap", f"{self.alloy} is liquid only above {liquid_c:.0f} degC", "a higher temperature"
        if self.charge.temperature_c >= self.tap_c:
            yield "charge.temperature", f"not below the tap temperature of {self.tap_c:g} degC", "e.g. '20 degC'"
