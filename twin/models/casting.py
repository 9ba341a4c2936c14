"""Casting stations: what turns liquid metal into pieces. A casting operation draws the metal of a lot when the lot begins.

Stated approximations: metal is drawn per lot, not per shot; gates, runners and scrap leave as returns when the lot is cast.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from twin.core.faults import did_you_mean
from twin.core.units import Fraction, Q
from twin.models.equipment import Working
from twin.models.furnace import InductionFurnace
from twin.models.metals import alloy, liquidus_c
from twin.scenario.features import CASTING
from twin.scenario.orders import pieces_to_cast
from twin.scenario.schema import Part, Problem, Product
from twin.scenario.start import MetalRoom

if TYPE_CHECKING:
    from twin.scenario.schema import ScenarioSpec, Station

__all__ = [
    "Casting",
    "DieCastingCell",
    "DosingFurnace",
    "Heating",
    "InductionFurnace",
    "MouldingLine",
    "Pouring",
    "poured_kg",
]


def poured_kg(product: Product, pieces: float) -> float:
    """Liquid metal that ``pieces`` cast pieces take: good-piece mass over yield."""
    return pieces * product.mass_kg / product.yield_fraction


def largest_lot(name: str, product: Product, spec: ScenarioSpec) -> int:
    """Pieces of the largest job of a product: its lot, less where no order asks for so many."""
    if not isinstance(spec.orders, dict):
        return product.lot
    asked = [order.quantity for order in spec.orders.values() if order.product == name]
    return min(product.lot, max((pieces_to_cast(count, product.scrap_fraction) for count in asked), default=0))


class Heating(Part):
    """How a dosing or holding furnace is heated."""

    electric_kw: Annotated[float, Q("kW")] = Field(alias="electric", gt=0, description="rated electric power")
    efficiency: Fraction = Field(
        0.95,
        gt=0,
        le=1,
        description="heat into bath and lining over electricity; the rest is lost in leads and elements",
    )


class DosingFurnace(Part):
    """A small holding furnace from which a cell doses its shots: one lump of bath and hot lining with a loss conductance.

    The bath floats above the set point while hotter metal keeps it there, then is held at it. Conductance from the bath to the hall
    covers walls, cover and the mean opening of the dosing well.
    """

    capacity_kg: Annotated[float, Q("kg")] = Field(alias="capacity", gt=0, description="largest bath")
    residue_kg: Annotated[float, Q("kg")] = Field(
        0.0, alias="residue", ge=0, description="bath that is never cast (below the dosing tube)"
    )
    hold_c: Annotated[float, Q("degC")] = Field(alias="hold", description="set point while its cell works")
    heating: Heating
    conductance_w_per_k: Annotated[float, Q("W/K")] = Field(
        alias="conductance", gt=0, description="loss from bath to hall per kelvin"
    )
    opening_share: Fraction = Field(
        0.3, ge=0, le=1, description="share of the conductance that is bath surface: well and cover"
    )
    lining_kwh_per_k: Annotated[float, Q("kWh/K")] = Field(
        0.03, alias="lining", gt=0, description="heat capacity of the lining that follows the bath"
    )
    setback_k: Annotated[float, Q("K")] = Field(
        0.0, alias="setback", ge=0, description="lower set point while its cell's crew is away"
    )
    set_down_k: Annotated[float, Q("K")] = Field(
        0.0,
        alias="set_down",
        ge=0,
        description="how far it may be let down so that a heat can begin under site.power_cap",
    )


class Pouring(Part):
    """Pouring from a ladle: the metal must be in the moulds within the window after it left the furnace."""

    capacity_kg: Annotated[float, Q("kg")] = Field(
        alias="capacity", gt=0, description="metal that the ladle holds at the line"
    )
    window_s: Annotated[float, Q("s")] = Field(
        alias="window", gt=0, description="longest time from arrival at the line to the last mould"
    )


class Casting(Working):
    """Base of stations that draw liquid metal."""

    metal: ClassVar[bool] = True
    features: ClassVar[frozenset[str]] = CASTING

    def keeps_kg(self) -> tuple[str, float]:
        """Where the metal of a lot must be at once when it begins, and how much goes in: key and kg."""
        return "", math.inf

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Lots that could never begin, because their metal never fits in the feed."""
        return [*super().problems(name, spec), *self._too_large(name, spec), *self._metals(name, spec)]

    def _room(self, capacity_kg: float, name: str, spec: ScenarioSpec) -> MetalRoom | None:
        """What a feed of so much holds of the metal that is cast here."""
        cast = [product.alloy for product in spec.products.values() if name in product.route]
        alloy_name = next((one for one in cast if one is not None), None)
        return MetalRoom(capacity_kg, alloy_name, None if alloy_name is None else liquidus_c(alloy_name))

    def _metals(self, name: str, spec: ScenarioSpec) -> Iterator[Problem]:
        """Every product cast here names one metal, the same, and it is what the furnaces send."""
        sent = {
            furnace["alloy"]
            for furnace in spec.stations.values()
            if name in furnace.get("supplies", ()) and isinstance(furnace.get("alloy"), str)
        }
        if self.off_after_s() < math.inf:
            yield "power.off_after", "a casting station waits for metal with its machine on", "remove it"
        if not sent:
            yield "", "casts, but no furnace supplies it with metal", f"a melting station with supplies: [{name}]"
        cast = {label: product.alloy for label, product in spec.products.items() if name in product.route}
        for label, metal in cast.items():
            if metal is None:
                known = ", ".join(sorted(sent)) or "the furnace's"
                yield f"/products.{label}", "is cast, but names no alloy", f"alloy: {known}"
            elif sent and metal not in sent:
                yield (
                    f"/products.{label}.alloy",
                    f"no furnace that supplies {name} melts {metal}",
                    did_you_mean(metal, sorted(sent)),
                )
        others = sorted({metal for metal in cast.values() if metal is not None})
        if len(others) > 1:
            yield "", f"casts several alloys ({', '.join(others)}): its metal could not be told apart", "a station each"

    def _too_large(self, name: str, spec: ScenarioSpec) -> Iterator[Problem]:
        place, most_kg = self.keeps_kg()
        for label, product in spec.products.items():
            needs_kg = poured_kg(product, largest_lot(label, product, spec)) if name in product.route else 0.0
            if needs_kg > most_kg * (1 + 1e-9):
                yield (
                    place,
                    f"a lot of {label} takes {needs_kg:.4g} kg of metal at once, only {most_kg:.4g} kg fit in",
                    f"a smaller products.{label}.lot, or a larger capacity",
                )


class DieCastingCell(Casting):
    """A die-casting machine with its own dosing furnace."""

    kind: Literal["die_casting_cell"]
    dosing_furnace: DosingFurnace

    def metal_room(self, name: str, spec: ScenarioSpec) -> MetalRoom | None:
        """The dosing furnace."""
        return self._room(self.dosing_furnace.capacity_kg, name, spec)

    def keeps_kg(self) -> tuple[str, float]:
        """The dosing furnace, less what is never cast."""
        furnace = self.dosing_furnace
        return "dosing_furnace.capacity", furnace.capacity_kg - furnace.residue_kg

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """As of every casting station; and a bath that would be solid."""
        return [*super().problems(name, spec), *self._solid(name, spec)]

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """The cells and their dosing furnaces."""
        return super().most_kw(stations) + self.units * self.dosing_furnace.heating.electric_kw

    def _solid(self, name: str, spec: ScenarioSpec) -> Iterator[Problem]:
        for metal in sorted({p.alloy for p in spec.products.values() if name in p.route and p.alloy is not None}):
            try:
                liquid_c = alloy(metal).liquidus_c
            except KeyError:
                continue  # an alloy of the user's own, of which no furnace melts any, is named elsewhere
            if self.dosing_furnace.hold_c < liquid_c:
                yield "dosing_furnace.hold", f"{metal} is liquid only above {liquid_c:.0f} degC", "a higher temperature"


class MouldingLine(Casting):
    """A moulding and pouring line of an iron or steel foundry, as a timed station fed by pouring ladles."""

    kind: Literal["moulding_line"]
    pouring: Pouring

    def metal_room(self, name: str, spec: ScenarioSpec) -> MetalRoom | None:
        """The ladle at the line."""
        return self._room(self.pouring.capacity_kg, name, spec)

    def keeps_kg(self) -> tuple[str, float]:
        """The ladle at the line."""
        return "pouring.capacity", self.pouring.capacity_kg
