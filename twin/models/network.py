"""The parts of a furnace's thermal network: wall chains, openings, and the linear system that they form.

Nodes are the bath (or empty chamber), number 0, then the nodes of each chain from the hot face outwards. Inside a
band of bath temperature the system is ``C dT/dt = s - K T`` with symmetric K; scaled by sqrt(C) it is diagonalised
once per bath heat capacity and radiation slope and kept. Capacities are kWh/K and conductances kW/K outside, kJ/K
inside (so that time is in seconds).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.models.metals import Alloy
from twin.models.surfaces import BandTable, Surface, band_table
from twin.models.walls import Chain, chain_from_layers, chain_from_totals

__all__ = ["Chain", "Modes", "Motion", "Network", "Surface", "chain_from_layers", "chain_from_totals"]

KJ_PER_KWH = 3600.0
CACHE_SIZE = 4096
SERIES_BELOW = 1e-2
RESTING = 1e-14  # a decay below this share of the fastest is rounding: the mode of a network without a way out

Vector = NDArray[np.float64]
Drive = Literal["free", "massless", "clamped"]


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


@dataclass(slots=True)
class Motion:
    """A linear system over one duration: temperatures at its end and their integrals, in closed form."""

    modes: Modes
    modal: Vector
    before: Vector
    duration_s: float
    grown: Vector = field(init=False)
    rise_k: Vector = field(init=False)  # kept apart: the difference of two nearly equal temperatures would lose it

    def nodes_after(self) -> Vector:
        """Temperatures at the end, shape (n,)."""
        t, modes = self.duration_s, self.modes
        self.grown = np.expm1(-t * modes.decay) / -modes.safe_decay
        if modes.decays[0] == 0.0:
            self.grown[modes.decay == 0.0] = t
        self.rise_k = modes.shape @ (self.modal * self.grown)
        after: Vector = self.before + self.rise_k
        return after

    def integral_k_s(self) -> Vector:
        """Integral of every temperature over the duration, °C s, shape (n,); a series where the closed form would
        cancel.
        """
        t, modes = self.duration_s, self.modes
        z = t * modes.decay
        area = (t - self.grown) / modes.safe_decay
        if t * min(modes.decays) < SERIES_BELOW:
            series = t * t * (0.5 - z * (1 / 6 - z * (1 / 24 - z * (1 / 120 - z / 720))))
            area = np.where(z < SERIES_BELOW, series, area)
        integral: Vector = self.before * t + modes.shape @ (self.modal * area)
        return integral


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

    @cached_property
    def _scaled(self) -> tuple[Vector, Vector, Vector]:
        """C^-1/2 K C^-1/2 with 1 for the bath's heat capacity, the diagonal of C^-1/2, the walls' scaled coupling."""
        shrink = np.concatenate(([1.0], 1.0 / np.sqrt(self.wall_kj_per_k)))
        return self.conductance * np.outer(shrink, shrink), shrink, self.coupling[1:] * shrink[1:]

    def _diagonalise(self, drive: Drive, bath_kj_per_k: float, surface_slope_kw_per_k: float) -> Modes:
        full, shrink, coupling = self._scaled
        if drive == "free":
            bath = 1.0 / sqrt(bath_kj_per_k)
            system, shrink = full.copy(), shrink.copy()
            system[0, 0] += surface_slope_kw_per_k
            system[0] *= bath
            system[:, 0] *= bath
            shrink[0] = bath
            decay, vectors = np.linalg.eigh(system)
            shape, inject = shrink[:, None] * vectors, vectors.T * shrink
        else:
            stiffness = float(self.coupling.sum()) + surface_slope_kw_per_k
            drawn = np.outer(coupling, coupling) / stiffness if drive == "massless" else 0.0
            decay, vectors = np.linalg.eigh(full[1:, 1:] - drawn)
            shape, inject = np.zeros((self.size, self.size - 1)), np.zeros((self.size - 1, self.size))
            shape[1:], inject[:, 1:] = shrink[1:, None] * vectors, vectors.T * shrink[1:]
            if drive == "massless":
                shape[0] = self.coupling[1:] @ shape[1:] / stiffness
        return modes_of(decay, shape, inject)


def modes_of(decay: Vector, shape: Vector, inject: Vector) -> Modes:
    """A diagonalised system from ascending decays and its two matrices; what rounding leaves of a decay of 0 is 0."""
    decay[decay < RESTING * decay[-1]] = 0.0
    safe = decay if decay[0] > 0.0 else np.where(decay > 0.0, decay, 1.0)
    return Modes(decay, decay.tolist(), safe, np.ascontiguousarray(shape), np.ascontiguousarray(inject))
