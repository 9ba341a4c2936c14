"""Casting stations: what turns liquid metal into pieces. A casting operation draws the metal of a lot when the lot begins.

Stated approximations: metal is drawn per lot, not per shot; gates, runners and scrap leave as returns when the lot is cast.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.equipment import Working
from twin.models.furnace import InductionFurnace
from twin.scenario.schema import Part, Product

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


class DieCastingCell(Casting):
    """A die-casting machine with its own dosing furnace."""

    kind: Literal["die_casting_cell"]
    dosing_furnace: DosingFurnace


class MouldingLine(Casting):
    """A moulding and pouring line of an iron or steel foundry, as a timed station fed by pouring ladles."""

    kind: Literal["moulding_line"]
    pouring: Pouring
