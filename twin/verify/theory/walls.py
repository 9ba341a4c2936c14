"""Heat in walls and chambers: closed forms, and the full non-linear equations integrated by scipy. Temperatures in °C, times in seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SIGMA_KW = 5.670374419e-11
KELVIN = 273.15
Array = np.ndarray


def slab_taken_share(fourier: float) -> float:
    """Share of its final heat that an insulated slab has taken when its face jumps to a temperature; ``fourier`` = a t / L2.

    1 - sum of 8 / (pi2 (2n+1)2) exp(-(2n+1)2 pi2 Fo / 4): H. Carslaw & J. Jaeger, Conduction of Heat in Solids (1959), section 3.3.
    """
    odd = np.arange(1, 2001, 2)
    return 1.0 - float(np.sum(8.0 / (math.pi * odd) ** 2 * np.exp(-((odd * math.pi) ** 2) * fourier / 4.0)))


def two_node_cooling(
    capacities: tuple[float, float],
    conductances: tuple[float, float],
    start_c: tuple[float, float],
    ambient_c: float,
    seconds: float,
) -> Array:
    """Temperatures of a chamber and its wall, kJ/K and kW/K (chamber to wall, wall to ambient), after a time without power: exp(A t)."""
    from scipy.linalg import expm

    (c0, c1), (g0, g1) = capacities, conductances
    a = np.array([[-g0 / c0, g0 / c0], [g0 / c1, -(g0 + g1) / c1]])
    return np.asarray(ambient_c + expm(a * seconds) @ (np.array(start_c) - ambient_c))


def one_node_holding_kwh(
    capacity: float, conductances: tuple[float, float], wall_c: float, set_c: float, ambient_c: float, seconds: float
) -> float:
    """Heat that a chamber held at ``set_c`` gives to a wall of one node (kJ/K, kW/K): g0 times the integral of set point less wall."""
    g0, g1 = conductances
    end_c, tau = (g0 * set_c + g1 * ambient_c) / (g0 + g1), capacity / (g0 + g1)
    mean_c = end_c + (wall_c - end_c) * tau / seconds * -math.expm1(-seconds / tau)
    return g0 * (set_c - mean_c) * seconds / 3600.0


@dataclass(frozen=True)
class Walled:
    """A chamber (kJ/K, or metal by its enthalpy) behind one wall chain, radiating by T4 through an opening."""

    capacity_kj_per_k: float
    wall_kj_per_k: tuple[float, ...]
    conductance_kw_per_k: tuple[float, ...]
    outside_c: float
    radiating_m2: float
    convection_kw_per_k: float = 0.0
    ambient_c: float = 20.0
    kg: float = 0.0
    kj_per_kg: Callable[[float], float] | None = None

    def surface_kw(self, bath_c: float) -> float:
        """Loss of the surface; ``radiating_m2`` is area x emissivity x view factor."""
        fourth = (bath_c + KELVIN) ** 4 - (self.ambient_c + KELVIN) ** 4
        return SIGMA_KW * self.radiating_m2 * fourth + self.convection_kw_per_k * (bath_c - self.ambient_c)

    def slopes(self, bath_c: float, walls_c: Array) -> tuple[float, Array]:
        """Heat into the bath without power, kW, and wall temperatures' rates, K/s."""
        line = np.concatenate(([bath_c], walls_c, [self.outside_c]))
        flow = np.array(self.conductance_kw_per_k) * -np.diff(line)
        return -float(flow[0]) - self.surface_kw(bath_c), -np.diff(flow) / np.array(self.wall_kj_per_k)

    def bath_c(self, kj: float) -> float:
        """Temperature of the bath that holds so much heat."""
        if self.kj_per_kg is None:
            return kj / self.capacity_kj_per_k
        from scipy.optimize import brentq

        curve = self.kj_per_kg
        return float(brentq(lambda c: self.kg * curve(c) + self.capacity_kj_per_k * c - kj, -50.0, 2500.0, xtol=1e-9))

    def kj(self, bath_c: float) -> float:
        """Heat of the bath at a temperature."""
        metal = self.kg * self.kj_per_kg(bath_c) if self.kj_per_kg is not None else 0.0
        return metal + self.capacity_kj_per_k * bath_c

    def heated_s(self, power_kw: float, walls_c: Sequence[float], start_c: float, goal_c: float) -> tuple[float, Array]:
        """Seconds at constant power until the bath is at ``goal_c``, and the wall then."""
        goal = self.kj(goal_c)

        def arrive(_: float, y: Array) -> float:
            return float(y[0] - goal)

        arrive.terminal = True  # type: ignore[attr-defined]
        found = _integrated(lambda _, y: self._rates(power_kw, y), 1e6, [self.kj(start_c), *walls_c], [arrive])
        return float(found.t[-1]), found.y[1:, -1]

    def _rates(self, power_kw: float, y: Array) -> Array:
        loss, walls = self.slopes(self.bath_c(float(y[0])), y[1:])
        return np.concatenate(([power_kw + loss], walls))

    def cooled(self, start_c: float, walls_c: Sequence[float], seconds: float) -> tuple[float, Array]:
        """Temperatures of bath and wall after a time without power."""
        found = _integrated(lambda _, y: self._rates(0.0, y), seconds, [self.kj(start_c), *walls_c], [])
        return self.bath_c(float(found.y[0, -1])), found.y[1:, -1]

    def held_kwh(self, set_c: float, walls_c: Sequence[float], seconds: float) -> tuple[float, Array]:
        """Energy that holds the bath at ``set_c``, and the wall after it."""

        def rates(_: float, y: Array) -> Array:
            loss, walls = self.slopes(set_c, y[1:])
            return np.concatenate(([-loss], walls))

        found = _integrated(rates, seconds, [0.0, *walls_c], [])
        return float(found.y[0, -1]) / 3600.0, found.y[1:, -1]


def _integrated(
    rates: Callable[[float, Array], Array], seconds: float, start: Sequence[float], events: Sequence[Any]
) -> Any:
    from scipy.integrate import solve_ivp

    found = solve_ivp(
        rates, (0.0, seconds), np.array(start, float), method="LSODA", rtol=1e-8, atol=1e-6, events=list(events) or None
    )
    if not found.success:
        raise RuntimeError(found.message)
    return found
