"""Enthalpy of the metals that are melted: sourced properties, piecewise linear in temperature.

An :class:`Alloy` is an enthalpy curve h(T) in kWh/kg above the solid at 20 °C, linear inside bands of temperature:
solid bands whose heat capacity is the exact mean of the elements' Shomate equations by mass fraction, one freezing
band (solidus to liquidus) that carries the latent heat, one liquid band. Because the reference is the solid mixture
at 20 °C, cold ingot and cold additions both start at 0 and the heat of dissolution of, say, silicon is inside the
alloy's latent heat; :func:`dissolution_kwh_per_kg` shows it on its own.

>>> iron = alloy("grey_iron")
>>> 340 < 1000 * iron.enthalpy_kwh_per_kg(1500.0) < 390
True
>>> round(iron.temperature_c(iron.enthalpy_kwh_per_kg(1480.0)), 6)
1480.0

Figures, sources and data classes stand in ``metals.json`` beside this file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from twin.models.elements import (
    J_PER_KWH,
    KELVIN,
    REFERENCE_C,
    al_si_mixing_j_per_kg,
    data,
    element,
    latent_by_fractions_j_per_kg,
    liquid_j_per_kg_k,
    molten_j_per_kg,
    solid_j_per_kg,
)

PURE_METAL_SPREAD_K = (
    1.0  # a pure metal melts over this band on either side of its melting point, so that h(T) can be inverted
)

BandKind = Literal["solid", "freezing", "liquid"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One property with its unit, citation and data class (``literature`` or ``assumed``)."""

    name: str
    value: float
    unit: str
    source: str
    data_class: str


@dataclass(frozen=True, slots=True)
class Band:
    """A range of temperature with one heat capacity; ``sensible_kwh_per_kg_k`` is the part of it that is not latent
    heat.
    """

    low_c: float
    high_c: float
    capacity_kwh_per_kg_k: float
    sensible_kwh_per_kg_k: float
    kind: BandKind


@dataclass(frozen=True, slots=True)
class HeatSplit:
    """Enthalpy between two temperatures, kWh/kg: heating solid and mush, melting, heating the liquid."""

    sensible_kwh_per_kg: float
    latent_kwh_per_kg: float
    superheat_kwh_per_kg: float

    @property
    def total_kwh_per_kg(self) -> float:
        """Sum of the three."""
        return self.sensible_kwh_per_kg + self.latent_kwh_per_kg + self.superheat_kwh_per_kg


@dataclass(frozen=True)
class Alloy:
    """A metal's enthalpy curve; adjoining bands from cold to hot, the first and the last extended without end.

    ``enthalpy_kwh_per_kg`` and ``temperature_c`` are inverse to each other to rounding. ``figures`` are the sourced
    inputs of the curve; ``other_figures`` are values of other sources for the same property, carried for comparison.
    """

    name: str
    bands: tuple[Band, ...] = field(repr=False)
    emissivity: float
    composition: tuple[tuple[str, float], ...] = field(default=(), repr=False)
    figures: tuple[Figure, ...] = field(default=(), repr=False, compare=False)
    other_figures: tuple[Figure, ...] = field(default=(), repr=False, compare=False)
    _edges_c: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _edge_kwh: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        edges = tuple(band.low_c for band in self.bands)
        levels = [0.0]
        for band in self.bands[:-1]:
            levels.append(levels[-1] + band.capacity_kwh_per_kg_k * (band.high_c - band.low_c))
        first = self.bands[bisect_right(edges, REFERENCE_C) - 1]
        zero = levels[self.bands.index(first)] + first.capacity_kwh_per_kg_k * (REFERENCE_C - first.low_c)
        object.__setattr__(self, "_edges_c", edges)
        object.__setattr__(self, "_edge_kwh", tuple(level - zero for level in levels))
        object.__setattr__(self, "_hash", hash((self.name, self.bands, self.emissivity)))

    def __hash__(self) -> int:
        return int(self.__dict__["_hash"])

    @property
    def solidus_c(self) -> float:
        """Temperature at which melting begins."""
        return next(band.low_c for band in self.bands if band.kind == "freezing")

    @property
    def liquidus_c(self) -> float:
        """Temperature at which the last solid is gone."""
        return next(band.high_c for band in self.bands if band.kind == "freezing")

    @property
    def latent_kwh_per_kg(self) -> float:
        """Latent heat alone, without the sensible heat of the freezing range."""
        return sum(
            (band.capacity_kwh_per_kg_k - band.sensible_kwh_per_kg_k) * (band.high_c - band.low_c)
            for band in self.bands
            if band.kind == "freezing"
        )

    @property
    def data_class(self) -> str:
        """The worst class among the inputs of the curve (the emissivity is not one of them)."""
        inputs = (figure for figure in self.figures if figure.name != "emissivity")
        return "assumed" if any(figure.data_class == "assumed" for figure in inputs) else "literature"

    def band_index(self, temperature_c: float) -> int:
        """Number of the band of a temperature."""
        return max(bisect_right(self._edges_c, temperature_c) - 1, 0)

    def enthalpy_kwh_per_kg(self, temperature_c: float) -> float:
        """Enthalpy above the solid at 20 °C, kWh/kg."""
        i = self.band_index(temperature_c)
        return self._edge_kwh[i] + self.bands[i].capacity_kwh_per_kg_k * (temperature_c - self._edges_c[i])

    def temperature_c(self, enthalpy_kwh_per_kg: float) -> float:
        """Temperature at an enthalpy; the inverse of :meth:`enthalpy_kwh_per_kg`."""
        i = max(bisect_right(self._edge_kwh, enthalpy_kwh_per_kg) - 1, 0)
        return self._edges_c[i] + (enthalpy_kwh_per_kg - self._edge_kwh[i]) / self.bands[i].capacity_kwh_per_kg_k

    def split(self, from_c: float, to_c: float) -> HeatSplit:
        """Enthalpy from one temperature to another in its three parts (negative when cooling)."""
        if to_c < from_c:
            back = self.split(to_c, from_c)
            return HeatSplit(-back.sensible_kwh_per_kg, -back.latent_kwh_per_kg, -back.superheat_kwh_per_kg)
        sensible = latent = superheat = 0.0
        last = len(self.bands) - 1
        for i, band in enumerate(self.bands):
            low = from_c if i == 0 else max(from_c, band.low_c)
            high = to_c if i == last else min(to_c, band.high_c)
            if high <= low:
                continue
            if band.kind == "liquid":
                superheat += band.capacity_kwh_per_kg_k * (high - low)
            else:
                sensible += band.sensible_kwh_per_kg_k * (high - low)
                latent += (band.capacity_kwh_per_kg_k - band.sensible_kwh_per_kg_k) * (high - low)
        return HeatSplit(sensible, latent, superheat)


def alloy_names() -> tuple[str, ...]:
    """Names that :func:`alloy` knows."""
    return tuple(data()["alloys"])


@lru_cache(maxsize=256)
def alloy(name: str, latent_kj_per_kg: float | None = None) -> Alloy:
    """The named alloy of ``metals.json`` (any case), with another latent heat if one is given. Raises ``KeyError``
    for an unknown name.
    """
    key = name.lower().replace("-", "_").replace(" ", "_")
    if key not in data()["alloys"]:
        problem = f"unknown alloy {name!r}; known: {', '.join(alloy_names())}"
        raise KeyError(problem)
    row = data()["alloys"][key]
    others = tuple(_figure("latent heat", o["kj_per_kg"], "kJ/kg", o["source"]) for o in row.get("other_latent", ()))
    figures = [_figure("emissivity", row["emissivity"], "1", row["emissivity_source"])]
    if "solidus_c" in row:
        figures += [_figure(f"{end}", row[f"{end}_c"], "degC", row["range_source"]) for end in ("solidus", "liquidus")]
    latent = latent_kj_per_kg
    if latent is not None:
        figures.append(Figure("latent heat", latent, "kJ/kg", "given by the user", "assumed"))
    elif "latent_kj_per_kg" in row:
        latent = row["latent_kj_per_kg"]
        figures.append(_figure("latent heat", latent, "kJ/kg", row["latent_source"]))
    if "heat_capacity" in row:
        figures.append(_figure("heat capacity", row["heat_capacity"][0][1], "J/(kg K)", row["heat_capacity_source"]))
        solid, end = tuple(map(tuple, row["heat_capacity"])), (row["solidus_c"], row["liquidus_c"])
        liquid = sum(x * liquid_j_per_kg_k(e) for e, x in row["composition"].items())
        bands = _tabled(solid, end, 1000.0 * float(latent or 0.0), liquid)
        return Alloy(key, bands, row["emissivity"], tuple(sorted(row["composition"].items())), tuple(figures), others)
    made = alloy_from_composition(
        key,
        row["composition"],
        solidus_c=row.get("solidus_c"),
        liquidus_c=row.get("liquidus_c"),
        latent_kj_per_kg=latent,
        breaks_c=tuple(row["breaks_c"]),
        emissivity=row["emissivity"],
    )
    return Alloy(key, made.bands, made.emissivity, made.composition, (*made.figures, *figures), others)


def _tabled(
    solid: tuple[tuple[float, float], ...], freezing_c: tuple[float, float], latent_j: float, liquid: float
) -> tuple[Band, ...]:
    """Bands from mean heat capacities ``(up to °C, J/(kg K))`` of the solid, freezing range, latent heat (J/kg), liquid (J/(kg K))."""
    bands, low = [], REFERENCE_C
    for high, c in solid:
        bands.append(Band(low, high, c / J_PER_KWH, c / J_PER_KWH, "solid"))
        low = high
    solidus, liquidus = freezing_c
    mush = 0.5 * (solid[-1][1] + liquid) / J_PER_KWH
    bands.append(Band(solidus, liquidus, mush + latent_j / J_PER_KWH / (liquidus - solidus), mush, "freezing"))
    bands.append(Band(liquidus, float("inf"), liquid / J_PER_KWH, liquid / J_PER_KWH, "liquid"))
    return tuple(bands)


def alloy_from_composition(
    name: str,
    mass_fractions: Mapping[str, float],
    *,
    solidus_c: float | None = None,
    liquidus_c: float | None = None,
    latent_kj_per_kg: float | None = None,
    breaks_c: tuple[float, ...] = (200.0, 400.0, 600.0, 800.0, 1000.0),
    emissivity: float = 0.5,
) -> Alloy:
    """An alloy from mass fractions of elements (they must sum to 1 within 1e-6).

    Solid and liquid heat capacities add by mass fraction (Neumann-Kopp). Without a latent heat, the elements' heats
    of fusion add by mass fraction, plus the mixing enthalpy of liquid Al-Si where both are present. A single element
    may leave out solidus and liquidus.
    """
    if abs(sum(mass_fractions.values()) - 1.0) > 1e-6:
        problem = f"mass fractions of {name} sum to {sum(mass_fractions.values()):.6g}, not 1"
        raise ValueError(problem)
    if solidus_c is None or liquidus_c is None:
        if len(mass_fractions) > 1:
            problem = f"{name}: solidus_c and liquidus_c are due for a mixture"
            raise ValueError(problem)
        melting_c = element(next(iter(mass_fractions)))["fusion_k"] - KELVIN
        solidus_c, liquidus_c = melting_c - PURE_METAL_SPREAD_K, melting_c + PURE_METAL_SPREAD_K
    latent_j = (
        1000.0 * latent_kj_per_kg if latent_kj_per_kg is not None else latent_by_fractions_j_per_kg(mass_fractions)
    )
    edges = [REFERENCE_C, *(b for b in breaks_c if REFERENCE_C < b < solidus_c), solidus_c]
    bands: list[Band] = []
    for low, high in pairwise(edges):
        mean = sum(x * (solid_j_per_kg(e, high) - solid_j_per_kg(e, low)) for e, x in mass_fractions.items()) / (
            high - low
        )
        bands.append(Band(low, high, mean / J_PER_KWH, mean / J_PER_KWH, "solid"))
    liquid = sum(x * liquid_j_per_kg_k(e) for e, x in mass_fractions.items()) / J_PER_KWH
    mush = 0.5 * (bands[-1].capacity_kwh_per_kg_k + liquid)
    width = liquidus_c - solidus_c
    bands.append(Band(solidus_c, liquidus_c, mush + latent_j / J_PER_KWH / width, mush, "freezing"))
    bands.append(Band(liquidus_c, float("inf"), liquid, liquid, "liquid"))
    rows = [element(e) for e in mass_fractions]
    figures = tuple(
        _figure(f"heat of fusion of {row['symbol']}", row["fusion_kj_per_mol"], "kJ/mol", row["source"]) for row in rows
    )
    return Alloy(name, tuple(bands), emissivity, tuple(sorted(mass_fractions.items())), figures)


def simple_alloy(
    name: str,
    *,
    solid_j_per_kg_k: float,
    latent_kj_per_kg: float,
    liquid_j_per_kg_k: float,
    solidus_c: float,
    liquidus_c: float,
    emissivity: float = 0.5,
) -> Alloy:
    """An alloy of one solid and one liquid heat capacity: published tables, tests and quick estimates."""
    solid, liquid = solid_j_per_kg_k / J_PER_KWH, liquid_j_per_kg_k / J_PER_KWH
    mush = 0.5 * (solid + liquid)
    freezing = mush + 1000.0 * latent_kj_per_kg / J_PER_KWH / (liquidus_c - solidus_c)
    bands = (
        Band(REFERENCE_C, solidus_c, solid, solid, "solid"),
        Band(solidus_c, liquidus_c, freezing, mush, "freezing"),
        Band(liquidus_c, float("inf"), liquid, liquid, "liquid"),
    )
    return Alloy(name, bands, emissivity)


@lru_cache(maxsize=16)
def measur_alloy(name: str) -> Alloy:
    """The alloy as the MEASUR tool tabulates it (its steel has a low latent heat), for comparison with that tool."""
    solid, latent, liquid, melting = data()["measur"][name]
    bare = simple_alloy(
        f"measur_{name}",
        solid_j_per_kg_k=solid,
        latent_kj_per_kg=latent,
        liquid_j_per_kg_k=liquid,
        solidus_c=melting - PURE_METAL_SPREAD_K,
        liquidus_c=melting + PURE_METAL_SPREAD_K,
    )
    return Alloy(bare.name, bare.bands, bare.emissivity, (), (_figure("latent heat", latent, "kJ/kg", "measur"),))


def dissolution_kwh_per_kg(addition: str, base: str, bath_c: float, mass_fraction: float = 0.01) -> float:
    """Heat that 1 kg of a cold addition takes until it is dissolved in the bath, kWh/kg (negative: it heats the bath).

    ``addition`` is ``silicon``, ``carbon`` or ``ferrosilicon_75``, ``base`` is ``aluminium`` or ``iron``;
    ``mass_fraction`` is that of the addition in the finished bath (used for silicon in aluminium, whose mixing
    enthalpy depends on it). It is the enthalpy of the (supercooled) liquid above 20 °C plus the enthalpy of mixing:
    COST 507 for Al-Si, Sigworth and Elliott 1974 for iron.
    """
    if (addition, base) == ("silicon", "aluminium"):
        mixing = al_si_mixing_j_per_kg(1.0 - mass_fraction, mass_fraction) / mass_fraction
        return (molten_j_per_kg("silicon", bath_c) + mixing) / J_PER_KWH
    if base != "iron" or addition not in ("silicon", "carbon", "ferrosilicon_75"):
        problem = f"no heat of dissolution of {addition} in {base}"
        raise KeyError(problem)
    if addition == "ferrosilicon_75":
        return _ferrosilicon_j_per_kg(bath_c) / J_PER_KWH
    return _into_iron_j_per_kg(addition, bath_c) / J_PER_KWH


def _into_iron_j_per_kg(addition: str, bath_c: float) -> float:
    solution = 1e6 * data()["solutions"]["iron"][addition]["kj_per_mol"] / element(addition)["molar_mass_g"]
    start = solid_j_per_kg("carbon", bath_c) if addition == "carbon" else molten_j_per_kg(addition, bath_c)
    return float(start + solution)


def _ferrosilicon_j_per_kg(bath_c: float) -> float:
    """All iron of FeSi75 is bound as FeSi2, which must first come apart; the rest is free silicon."""
    row = data()["solutions"]["ferrosilicon_75"]
    moles_fesi2 = 1000.0 * row["iron"] / element("iron")["molar_mass_g"]
    apart = -1000.0 * row["feSi2_formation_kj_per_mol"] * moles_fesi2
    parts = row["silicon"] * _into_iron_j_per_kg("silicon", bath_c) + row["iron"] * molten_j_per_kg("iron", bath_c)
    return float(parts + apart)


def _figure(name: str, value: float, unit: str, source: str) -> Figure:
    row = data()["sources"][source]
    return Figure(name, value, unit, row["citation"], row["data_class"])


def liquidus_c(name: str) -> float | None:
    """Above which temperature an alloy is liquid; None where it is not known."""
    try:
        return alloy(name).liquidus_c
    except KeyError:
        return None
