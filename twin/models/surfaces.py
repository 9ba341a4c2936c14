"""What leaves a bath through its surface, and the bands of bath temperature in which surface and metal are linear."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt

from twin.models.chords import Chords
from twin.models.elements import KELVIN
from twin.models.metals import Alloy

STEFAN_BOLTZMANN_KW = 5.670374419e-11  # kW/(m2 K4), CODATA 2018
CHORD_SHARE = 0.04  # of the square of the hottest temperature (K): spacing of the chords of T^4


@dataclass(frozen=True)
class Surface:
    """What leaves the bath or chamber upwards in one mode of the furnace (lid closed, lid open): radiation and
    convection.

    Radiation is ``emissivity * sigma * view_factor * area_m2 * (T^4 - Ta^4)``, drawn as lines between temperatures
    equally spaced in T^2 (kelvin) up to ``top_c``: exact at ambient and at every temperature in ``exact_at_c`` (name
    the set points there), elsewhere lowered by the mean by which chords lie above the curve, so that a bath which
    moves through them radiates the right heat. ``convection_kw_per_k`` also holds conduction through a closed lid.
    """

    area_m2: float = 0.0
    emissivity: float = 0.0
    view_factor: float = 1.0
    convection_kw_per_k: float = 0.0
    ambient_c: float = 20.0
    exact_at_c: tuple[float, ...] = ()
    top_c: float = 1600.0

    def radiation_kw(self, temperature_c: float) -> float:
        """The true radiation at a bath temperature, kW."""
        fourth = (temperature_c + KELVIN) ** 4 - (self.ambient_c + KELVIN) ** 4
        return STEFAN_BOLTZMANN_KW * self.emissivity * self.view_factor * self.area_m2 * fourth

    @property
    def breaks_c(self) -> tuple[float, ...]:
        """Ends of the chords; none when the surface does not radiate."""
        if self.area_m2 * self.emissivity * self.view_factor == 0.0:
            return ()
        cold, hot = self.ambient_c + KELVIN, max(self.top_c, *self.exact_at_c, self.ambient_c + 100.0) + KELVIN
        count = ceil((hot**2 - cold**2) / (2.0 * CHORD_SHARE * hot**2))
        even = [sqrt(cold**2 + (hot**2 - cold**2) * i / count) - KELVIN for i in range(count + 1)]
        even[0] = self.ambient_c
        kept = [b for b in even[1:] if all(abs(b - x) > 15.0 for x in self.exact_at_c)]
        return tuple(sorted({even[0], *kept, *self.exact_at_c}))


def _vertices_kw(surface: Surface, breaks_c: Sequence[float]) -> list[float]:
    """Radiation at the ends of the lines. A chord over h kelvin lies above T^4 by T^2 h^2 on average (f'' h^2 / 12)."""
    scale = STEFAN_BOLTZMANN_KW * surface.emissivity * surface.view_factor * surface.area_m2
    above = [scale * (0.5 * (low + high) + KELVIN) ** 2 * (high - low) ** 2 for low, high in pairwise(breaks_c)]
    exact = {surface.ambient_c, *surface.exact_at_c}
    vertices = [surface.radiation_kw(b) for b in breaks_c]
    for i, b in enumerate(breaks_c):
        if b not in exact:
            near = above[max(i - 1, 0) : i + 1]
            vertices[i] -= sum(near) / len(near)
    return vertices


def chords_of_radiation(surface: Surface) -> Chords:
    """The radiation of a surface as chords; ``ValueError`` where it does not radiate."""
    breaks = surface.breaks_c
    return Chords(breaks, tuple(_vertices_kw(surface, breaks)))


@dataclass(frozen=True, slots=True)
class BandTable:
    """The bath's bands: alloy bands and radiation chords on one axis. Band i lies between ``edges[i-1]`` and
    ``edges[i]``.
    """

    edges: list[float]
    capacity: list[float]  # kWh/(kg K)
    sensible: list[float]  # kWh/(kg K)
    kind: list[str]
    radiation_slope: list[float]  # kW/K
    radiation_level: list[float]  # kW at 0 °C on the chord
    convection_slope: float
    ambient_c: float

    def index(self, temperature_c: float) -> int:
        """Band of a temperature; the upper one at an edge."""
        return bisect_right(self.edges, temperature_c)

    def surface_kw(self, i: int, temperature_c: float) -> float:
        """Radiation (on the chord) and convection at a temperature of band ``i``."""
        chord = self.radiation_level[i] + self.radiation_slope[i] * temperature_c
        return chord + self.convection_slope * (temperature_c - self.ambient_c)


def band_table(alloy: Alloy, surface: Surface) -> BandTable:
    """Merge an alloy's bands with a surface's chords."""
    chords = surface.breaks_c
    inner = [band.low_c for band in alloy.bands[1:]]
    edges = sorted({*inner, *chords})
    vertices = _vertices_kw(surface, chords)
    slopes = [(q1 - q0) / (t1 - t0) for (t0, q0), (t1, q1) in pairwise(zip(chords, vertices, strict=True))]
    probes = [edges[0] - 1.0, *(0.5 * (a + b) for a, b in pairwise(edges)), edges[-1] + 1.0]
    bands = [alloy.bands[alloy.band_index(p)] for p in probes]
    lines: list[tuple[float, float]] = []
    for p in probes:
        if not chords:
            lines.append((0.0, 0.0))
            continue
        j = min(max(bisect_right(chords, p) - 1, 0), len(slopes) - 1)
        lines.append((slopes[j], vertices[j] - slopes[j] * chords[j]))
    return BandTable(
        edges,
        [band.capacity_kwh_per_kg_k for band in bands],
        [band.sensible_kwh_per_kg_k for band in bands],
        [band.kind for band in bands],
        [slope for slope, _ in lines],
        [level for _, level in lines],
        surface.convection_kw_per_k,
        surface.ambient_c,
    )
