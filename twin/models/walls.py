"""Walls as chains of thermal nodes between the bath and a boundary of fixed temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OUTSIDE_FILM_W_PER_M2K = 12.0  # natural convection and radiation of a shell at 60-100 °C; assumed
HOT_FACE_GROWTH = 1.4
LAYERED_NODES = 8  # a cold start of a coreless furnace is then within 0.25 % of a finely cut wall


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
