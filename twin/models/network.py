"""The parts of a furnace's thermal network: wall chains, openings, and the linear system that they form.

Nodes are the bath (or empty chamber), number 0, then the nodes of each chain from the hot face outwards. Inside a
band of bath temperature the system is ``C dT/dt = s - K T`` with symmetric K; scaled by sqrt(C) it is diagonalised
once per bath heat capacity and radiation slope and kept. Capacities are kWh/K and conductances kW/K outside, kJ/K
inside (so that time is in seconds).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.models.metals import KELVIN, Alloy

STEFAN_BOLTZMANN_KW = 5.670374419e-11  # kW/(m2 K4), CODATA 2018
KJ_PER_KWH = 3600.0
OUTSIDE_FILM_W_PER_M2K = 12.0  # natural convection and radiation of a shell at 60-100 °C; assumed
CHORD_SHARE = 0.04  # of the square of the hottest temperature (K): spacing of the chords of T^4
HOT_FACE_GROWTH = 1.4
LAYERED_NODES = 8  # a cold start of a coreless furnace is then within 0.25 % of a finely cut wall
CACHE_SIZE = 4096

Vector = NDArray[np.float64]
Drive = Literal["free", "massless", "clamped"]


@dataclass(frozen=True)
class Chain:
    """A wall as a chain of nodes from the bath to a boundary of fixed temperature.

    ``conductance_kw_per_k`` has one entry more than ``capacity_kwh_per_k``: bath to node 1, …, last node to
    ``outside_c`` (ambient air or coil water). ``term`` names the loss in the heat balance: ``wall``, ``water``, …
    """

    name: str
    conductance_kw_per_k: tuple[float, ...]
    capacity_kwh_per_k: tuple[float, ...]
    outside_c: float = 20.0
    term: str = "wall"

    def __post_init__(self) -> None:
        if len(self.conductance_kw_per_k) != len(self.capacity_kwh_per_k) + 1 or not self.capacity_kwh_per_k:
            problem = f"chain {self.name}: n capacities need n + 1 conductances, n >= 1"
            raise ValueError(problem)
        if (
            min(self.capacity_kwh_per_k) <= 0.0
            or min(self.conductance_kw_per_k[:-1]) <= 0.0
            or self.conductance_kw_per_k[-1] < 0.0
        ):
            problem = (
                f"chain {self.name}: capacities and conductances must be positive (the outermost conductance may be 0)"
            )
            raise ValueError(problem)

    @property
    def steady_conductance_kw_per_k(self) -> float:
        """Bath to outside in the steady state: resistances in series."""
        if self.conductance_kw_per_k[-1] == 0.0:
            return 0.0
        return 1.0 / sum(1.0 / g for g in self.conductance_kw_per_k)

    def steady_profile_c(self, bath_c: float) -> list[float]:
        """Node temperatures in the steady state with the bath at ``bath_c``."""
        flow_kw = self.steady_conductance_kw_per_k * (bath_c - self.outside_c)
        profile, at = [], bath_c
        for conductance in self.conductance_kw_per_k[:-1]:
            at -= flow_kw / conductance
            profile.append(at)
        return profile


def chain_from_totals(
    conductance_kw_per_k: float,
    capacity_kwh_per_k: float,
    nodes: int = 4,
    *,
    name: str = "wall",
    outside_c: float = 20.0,
    term: str = "wall",
) -> Chain:
    """A uniform wall of given steady conductance and heat capacity, cut into equal slices with their nodes in the
    middle.

    Use 1 node for light fibre, at least 4 for dense brick.
    """
    half = 2.0 * nodes * conductance_kw_per_k
    inner = (nodes * conductance_kw_per_k,) * (nodes - 1)
    return Chain(name, (half, *inner, half), (capacity_kwh_per_k / nodes,) * nodes, outside_c, term)


def chain_from_layers(
    area_m2: float,
    layers: Sequence[tuple[float, float, float, float]],
    nodes: int = LAYERED_NODES,
    *,
    outside_w_per_m2k: float = OUTSIDE_FILM_W_PER_M2K,
    inside_w_per_m2k: float | None = None,
    growth: float = HOT_FACE_GROWTH,
    outside_c: float = 20.0,
    term: str = "wall",
) -> Chain:
    """A wall of layers ``(thickness_m, conductivity_w_mk, density_kg_m3, heat_capacity_j_kgk)`` from hot to cold.

    The nodes are shared among the layers by sqrt(resistance x capacity), the measure of diffusion time, at least one
    a layer; the slices of the hottest layer grow by ``growth`` from the hot face, where the changes are quick.
    Surface films are resistances (``inside_w_per_m2k=None``: the bath touches the wall). ``area_m2`` is the mean area
    of the wall.
    """
    resistance = [thickness / k / area_m2 * 1000.0 for thickness, k, _, _ in layers]  # K/kW
    capacity = [thickness * area_m2 * rho * c / 3.6e6 for thickness, _, rho, c in layers]  # kWh/K
    counts = _share_nodes([(r * c) ** 0.5 for r, c in zip(resistance, capacity, strict=True)], nodes)
    between = [1000.0 / (inside_w_per_m2k * area_m2) if inside_w_per_m2k else 0.0]
    lumps: list[float] = []
    for layer, (r, c, count) in enumerate(zip(resistance, capacity, counts, strict=True)):
        sizes = [growth**i if layer == 0 else 1.0 for i in range(count)]
        for share in (size / sum(sizes) for size in sizes):
            between[-1] += 0.5 * share * r
            between.append(0.5 * share * r)
            lumps.append(share * c)
    between[-1] += 1000.0 / (outside_w_per_m2k * area_m2)
    return Chain(term, tuple(1.0 / r for r in between), tuple(lumps), outside_c, term)


def _share_nodes(weights: list[float], nodes: int) -> list[int]:
    counts = [1] * len(weights)
    for _ in range(nodes - len(weights)):
        densest = max(range(len(weights)), key=lambda i: weights[i] / counts[i])
        counts[densest] += 1
    return counts


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
        count = int(np.ceil((hot**2 - cold**2) / (2.0 * CHORD_SHARE * hot**2)))
        even = [float(np.sqrt(cold**2 + (hot**2 - cold**2) * i / count)) - KELVIN for i in range(count + 1)]
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


@dataclass(frozen=True, slots=True)
class Modes:
    """A diagonalised system: ``dT/dt = shape @ (exp(-decay t) * (inject @ flux))`` for the heat flux (kW) into each
    node at the start.
    """

    decay: Vector  # 1/s, shape (k,)
    decays: list[float]
    safe_decay: Vector
    shape: Vector  # (n, k)
    inject: Vector  # (k, n), K/kJ


@dataclass(frozen=True, eq=False)
class Network:
    """The furnace without its metal: chains, surfaces by mode, and a heat capacity that always shares the bath's
    temperature (crucible, skin).
    """

    chains: tuple[Chain, ...]
    surfaces: Mapping[str, Surface]
    chamber_kwh_per_k: float = 0.0
    _modes: OrderedDict[tuple[str, float, float], Modes] = field(default_factory=OrderedDict, init=False, repr=False)
    _tables: dict[tuple[Alloy, str], BandTable] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.chains or not self.surfaces:
            problem = "a network needs at least one chain and one surface mode"
            raise ValueError(problem)

    @property
    def default_mode(self) -> str:
        """The first surface mode."""
        return next(iter(self.surfaces))

    @cached_property
    def size(self) -> int:
        """Number of nodes, the bath included."""
        return 1 + sum(len(chain.capacity_kwh_per_k) for chain in self.chains)

    @cached_property
    def wall_kj_per_k(self) -> Vector:
        """Heat capacities of the wall nodes, kJ/K, shape (n - 1,)."""
        return KJ_PER_KWH * np.concatenate([chain.capacity_kwh_per_k for chain in self.chains])

    @cached_property
    def first_nodes(self) -> list[int]:
        """Node number of each chain's hot end."""
        starts = np.cumsum([1, *(len(chain.capacity_kwh_per_k) for chain in self.chains)])
        return [int(i) for i in starts[:-1]]

    @cached_property
    def last_nodes(self) -> list[int]:
        """Node number of each chain's cold end."""
        return [
            first + len(chain.capacity_kwh_per_k) - 1
            for first, chain in zip(self.first_nodes, self.chains, strict=True)
        ]

    @cached_property
    def coupling(self) -> Vector:
        """Conductance between the bath and every node, kW/K, shape (n,); the bath's own entry is 0."""
        coupling = np.zeros(self.size)
        for first, chain in zip(self.first_nodes, self.chains, strict=True):
            coupling[first] = chain.conductance_kw_per_k[0]
        return coupling

    @cached_property
    def conductance(self) -> Vector:
        """K without the bath's surface losses, kW/K, shape (n, n)."""
        k = np.zeros((self.size, self.size))
        for first, chain in zip(self.first_nodes, self.chains, strict=True):
            for j, g in enumerate(chain.conductance_kw_per_k):
                a, b = (0 if j == 0 else first + j - 1), first + j
                k[a, a] += g
                if j < len(chain.capacity_kwh_per_k):
                    k[b, b] += g
                    k[a, b] -= g
                    k[b, a] -= g
        return k

    @cached_property
    def source(self) -> Vector:
        """Heat that the outside boundaries push into the nodes at 0 °C, kW, shape (n,)."""
        source = np.zeros(self.size)
        for last, chain in zip(self.last_nodes, self.chains, strict=True):
            source[last] += chain.conductance_kw_per_k[-1] * chain.outside_c
        return source

    def table(self, alloy: Alloy, mode: str) -> BandTable:
        """Bands of an alloy under the surface of a mode, kept."""
        key = (alloy, mode)
        if key not in self._tables:
            self._tables[key] = band_table(alloy, self.surfaces[mode])
        return self._tables[key]

    def modes(self, drive: Drive, bath_kj_per_k: float, surface_slope_kw_per_k: float) -> Modes:
        """The diagonalised system for a free bath, a chamber without heat capacity, or a bath clamped at its
        temperature.
        """
        key = (drive, bath_kj_per_k, surface_slope_kw_per_k)
        found = self._modes.get(key)
        if found is None:
            found = self._diagonalise(drive, bath_kj_per_k, surface_slope_kw_per_k)
            if len(self._modes) >= CACHE_SIZE:
                self._modes.popitem(last=False)
            self._modes[key] = found
        return found

    def _diagonalise(self, drive: Drive, bath_kj_per_k: float, surface_slope_kw_per_k: float) -> Modes:
        k, coupling = self.conductance, self.coupling[1:]
        bath_row: Vector | None = None
        if drive == "free":
            full = k.copy()
            full[0, 0] += surface_slope_kw_per_k
            root = np.sqrt(np.concatenate(([bath_kj_per_k], self.wall_kj_per_k)))
        else:
            full = k[1:, 1:]
            root = np.sqrt(self.wall_kj_per_k)
            if drive == "massless":
                stiffness = float(coupling.sum()) + surface_slope_kw_per_k
                full = full - np.outer(coupling, coupling) / stiffness
                bath_row = coupling / stiffness
        decay, vectors = np.linalg.eigh(full / np.outer(root, root))
        decay = np.where(decay > 1e-14 * decay[-1], decay, 0.0)
        shape, inject = vectors / root[:, None], vectors.T / root
        if drive != "free":
            top = bath_row @ shape if bath_row is not None else np.zeros(len(decay))
            shape = np.vstack((top, shape))
            inject = np.hstack((np.zeros((len(decay), 1)), inject))
        safe = np.where(decay > 0.0, decay, 1.0)
        return Modes(decay, decay.tolist(), safe, np.ascontiguousarray(shape), np.ascontiguousarray(inject))
