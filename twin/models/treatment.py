"""What a heat-treatment furnace is made of, as a user writes it: walls, door, leaks, atmospheres, fixtures, recipes, idling."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.refractories import REFRACTORIES
from twin.scenario.schema import Part

Material = Literal[
    "dense_firebrick",
    "insulating_brick",
    "ceramic_fibre",
    "dense_fibre",
    "calcium_silicate",
    "mineral_wool",
    "castable",
]
DENSE_KG_PER_M3 = 400.0
DENSE_NODES, LIGHT_NODES = 8, 4


class Layer(Part):
    """One layer of a wall, from the hot face outwards: a material of the table, or its three numbers."""

    thickness_m: Annotated[float, Q("m")] = Field(alias="thickness", gt=0)
    material: Material | None = Field(None, description="a row of the table of refractories (docs/furnaces.md)")
    conductivity_w_per_m_k: Annotated[float, Q("W/m/K")] | None = Field(None, alias="conductivity", gt=0)
    density_kg_per_m3: Annotated[float, Q("kg/m3")] | None = Field(None, alias="density", gt=0)
    heat_capacity_j_per_kg_k: Annotated[float, Q("J/kg/K")] | None = Field(None, alias="heat_capacity", gt=0)

    @property
    def complete(self) -> bool:
        """Whether material or numbers say everything."""
        return self.material is not None or None not in self._own()

    def _own(self) -> tuple[float | None, float | None, float | None]:
        return self.conductivity_w_per_m_k, self.density_kg_per_m3, self.heat_capacity_j_per_kg_k

    def numbers(self) -> tuple[float, float, float, float]:
        """Thickness m, conductivity W/(m K), density kg/m3, heat capacity J/(kg K); own numbers go before the table's."""
        row = REFRACTORIES[self.material] if self.material is not None else None
        table = (
            (row.conductivity_w_per_m_k, row.density_kg_per_m3, row.heat_capacity_j_per_kg_k)
            if row is not None
            else (math.nan,) * 3
        )
        k, rho, c = (mine if mine is not None else given for mine, given in zip(self._own(), table, strict=True))
        return self.thickness_m, k, rho, c


class Wall(Part):
    """A part of the casing with its own layers: side walls, roof, hearth, lid."""

    area_m2: Annotated[float, Q("m2")] = Field(alias="area", gt=0, description="mean of inside and outside")
    layers: list[Layer] = Field(min_length=1, description="from the hot face outwards")
    outside_w_per_m2_k: Annotated[float, Q("W/m2/K")] = Field(
        12.0, alias="outside_film", gt=0, description="from the casing to the hall"
    )

    @property
    def nodes(self) -> int:
        """Lumps of the chain: eight where something is dense, four in light fibre."""
        dense = any(layer.numbers()[2] > DENSE_KG_PER_M3 for layer in self.layers)
        return max(DENSE_NODES if dense else LIGHT_NODES, len(self.layers))


class Opening(Part):
    """A rectangular opening through the wall: radiation with its shape factor."""

    width_m: Annotated[float, Q("m")] = Field(alias="width", gt=0)
    height_m: Annotated[float, Q("m")] = Field(alias="height", gt=0)
    depth_m: Annotated[float, Q("m")] = Field(0.0, alias="depth", ge=0, description="thickness of the wall around it")
    emissivity: Fraction = Field(0.95, gt=0, le=1, description="of the hot chamber seen through it")


class Door(Opening):
    """Door, lid or hood: open for a time at loading and unloading, with heating off; hot gas leaves, hall air comes in."""

    loading_s: Annotated[float, Q("s")] = Field(alias="loading", ge=0, description="open while the load is put in")
    unloading_s: Annotated[float, Q("s")] = Field(
        alias="unloading", ge=0, description="open while the load is taken out"
    )
    exchange: Fraction = Field(
        0.6,
        ge=0,
        le=1,
        description="discharge coefficient of hot gas against cold air; 0 behind a flame curtain or vestibule",
    )


class Leak(Part):
    """Gaps through which hot gas is pressed out while the furnace is on."""

    area_m2: Annotated[float, Q("m2")] = Field(alias="area", gt=0, description="all gaps together")
    overpressure_pa: Annotated[float, Q("Pa")] = Field(alias="overpressure", gt=0, description="furnace against hall")


class AtmosphereUse(Part):
    """A protective gas that flows through the furnace."""

    gas: Literal["endothermic", "nitrogen", "air"] = Field(
        description="endothermic gas is made from the plant's city gas"
    )
    flow_nm3_per_h: Annotated[float, Q("Nm3/h")] = Field(alias="flow", gt=0)
    making_kwh_per_nm3: Annotated[float, Q("kWh/Nm3")] = Field(
        0.0, alias="making", ge=0, description="electricity of generator or separator, counted at the furnace"
    )
    enrichment: Fraction = Field(
        0.0, ge=0, lt=0.3, description="city gas added for carbon, as a share of the flow; burnt at the vent"
    )


class Fixture(Part):
    """Baskets, trays and grids that go in and out with the load."""

    mass_kg: Annotated[float, Q("kg")] = Field(
        alias="mass", ge=0, description="of a batch, or of a kg of charge where continuous"
    )
    heat_capacity_j_per_kg_k: Annotated[float, Q("J/kg/K")] = Field(
        620.0, alias="heat_capacity", gt=0, description="mean; heat-resistant steel about 620"
    )
    start_c: Annotated[float, Q("degC")] = Field(25.0, alias="start", description="on entering")


class Transfer(Part):
    """How heat reaches the load: effective radiating area and emissivity of the stack, and convection by fans."""

    area_m2: Annotated[float, Q("m2")] = Field(alias="area", gt=0, description="outside of the stacked load")
    emissivity: Fraction = Field(0.7, ge=0, le=1, description="of load and chamber together")
    film_w_per_m2_k: Annotated[float, Q("W/m2/K")] = Field(
        15.0, alias="film", ge=0, le=10_000, description="convection; 15 still gas, 40 to 80 with a fan"
    )


class Step(Part):
    """One step of a temperature program: bring the chamber to a set point, wait for the load, soak."""

    to_c: Annotated[float, Q("degC")] = Field(alias="to", description="set point of the chamber")
    within_k: Annotated[float, Q("K")] = Field(
        10.0, alias="within", gt=0, description="the soak begins when the load is this close to the set point"
    )
    soak_s: Annotated[float, Q("s")] = Field(0.0, alias="soak", ge=0, description="at least this long")
    per_thickness_s: Annotated[float, Q("s/mm")] = Field(
        0.0, alias="per_thickness", ge=0, description="soak for each mm of the section"
    )
    case_depth_mm: Annotated[float, Q("mm")] = Field(
        0.0, alias="case_depth", ge=0, description="total case to carburise at the set point (Harris)"
    )

    def soak_of_s(self, thickness_mm: float) -> float:
        """Seconds at the set point for a section: the longest of the three rules."""
        by_section = self.per_thickness_s * thickness_mm
        return max(self.soak_s, by_section, carburising_s(self.case_depth_mm, self.to_c))


class Quench(Part):
    """A quench inside the same equipment (sealed quench furnace): the chamber holds empty meanwhile."""

    medium: Literal["oil", "water", "polymer", "gas", "salt", "air"]
    time_s: Annotated[float, Q("s")] = Field(alias="time", gt=0)
    power_kw: Annotated[float, Q("kW")] = Field(0.0, alias="power", ge=0, description="agitation, fans, oil cooling")


class Recipe(Part):
    """A temperature program; products name it under `recipe`, and only lots of one recipe share a batch."""

    steps: list[Step] = Field(min_length=1)
    thickness_mm: Annotated[float, Q("mm")] | dict[str, Annotated[float, Q("mm")]] = Field(
        0.0, alias="thickness", description="ruling section, or {product: section}"
    )
    atmosphere: str | None = Field(None, description="one of the furnace's `atmospheres`; absent: air")
    quench: Quench | None = None

    def section_mm(self, products: list[str]) -> float:
        """The thickest section of a batch."""
        if isinstance(self.thickness_mm, dict):
            return max((self.thickness_mm.get(product, 0.0) for product in products), default=0.0)
        return self.thickness_mm


class Idle(Part):
    """What the furnace does without a load."""

    hold_c: Annotated[float, Q("degC")] = Field(alias="hold", description="set point while it waits for the next load")
    after_s: Annotated[float, Q("s")] = Field(
        7200.0, alias="after", ge=0, description="delay before it is switched down to `setback`"
    )
    setback_c: Annotated[float, Q("degC")] | None = Field(
        None, alias="setback", description="set point after the delay; absent: `hold` all the time"
    )
    closed_c: Annotated[float, Q("degC")] | None = Field(
        None, alias="closed", description="set point over gaps longer than `stay_on` (weekends); absent: off"
    )
    atmosphere: str | None = Field(None, description="gas that flows while it holds hot; absent: none")


class CoolingWater(Part):
    """Water through door frames, fan bearings or rollers, as found at the `hold` temperature."""

    flow_m3_per_h: Annotated[float, Q("m3/h")] = Field(alias="flow", gt=0)
    rise_k: Annotated[float, Q("K")] = Field(alias="rise", gt=0)


HARRIS_MM, HARRIS_K = 660.0, 8287.0


def carburising_s(case_depth_mm: float, temperature_c: float) -> float:
    """Seconds at temperature for a total case depth: ``d = 660 exp(-8287/T) sqrt(t)`` in mm, K and h.

    F. E. Harris, Metal Progress 44 (1943), in the metric form of the handbooks (ASM Heat Treating): 0.65 mm in the first hour at 925 °C.
    """
    if case_depth_mm <= 0.0:
        return 0.0
    per_root_hour = HARRIS_MM * math.exp(-HARRIS_K / (temperature_c + 273.15))
    return 3600.0 * (case_depth_mm / per_root_hour) ** 2
