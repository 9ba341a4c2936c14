"""One melt after another in a furnace, minute by minute and for many masses or paces at a time: the fast form of the kind's own physics.

The bath (enthalpy of its alloy, :mod:`twin.models.metals`) takes the coil's heat and gives some to the lining, a chain of equal nodes between the
bath and the coil's cooling water, and some through its surface. Within a minute power and bath temperature are constant and the chain is
advanced exactly; a test holds the result against the exact solution of :mod:`twin.models.furnace`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.models.metals import Alloy

AMBIENT_C = 30.0
WATER_C = 40.0
HORIZON_MIN = 260


@dataclass(frozen=True)
class Furnace:
    """Parameters of a melt.

    ``coil_efficiency``: heat in the charge over electricity of the converter; ``lining_w_per_k``, ``lining_kwh_per_k``: conductance from the bath
    to the cooling water and heat capacity of the whole lining; ``surface_w_per_k``: loss of the bath's surface and openings per kelvin above
    ambient; ``auxiliary_kw``: pumps and controls on the same meter; ``contact_w_per_k``: bath to hot face; ``idle_w_per_k``: hot face of the
    empty furnace to the air; ``nodes`` of the chain.
    """

    coil_efficiency: float
    lining_w_per_k: float
    lining_kwh_per_k: float
    surface_w_per_k: float
    auxiliary_kw: float
    contact_w_per_k: float = 600.0
    idle_w_per_k: float = 15.0
    nodes: int = 5

    @cached_property
    def _chain(self) -> _Chain:
        return _Chain.of(self)

    def cold_lining(self) -> np.ndarray:
        """Node temperatures (nodes,) in °C of a furnace at rest for long."""
        return self._chain.rest_c.copy()

    def after_rest(self, lining_c: np.ndarray, minutes: float | np.ndarray) -> np.ndarray:
        """Node temperatures (nodes,) or (nodes, K) after standing empty for ``minutes`` (K,), exactly (a sum of exponentials)."""
        chain = self._chain
        rest = chain.rest_c if lining_c.ndim == 1 else chain.rest_c[:, None]
        decay = np.exp(np.multiply.outer(chain.rates_per_min, minutes))
        cooled: np.ndarray = rest + chain.modes @ (decay * (chain.inverse @ (lining_c - rest)))
        return cooled

    def step(self, bath_kwh: np.ndarray, mass_kg: np.ndarray, lining_c: np.ndarray, power_kw: np.ndarray, curve: Curve) -> tuple[np.ndarray, np.ndarray]:
        """One minute of K melts: bath enthalpies (K,) in kWh above cold, masses (K,), linings (K, nodes), powers (K,) at the meter."""
        chain = self._chain
        temperature = np.interp(bath_kwh / mass_kg, curve.kwh_per_kg, curve.temperature_c)
        face = lining_c[:, 0]
        lining = lining_c @ chain.step.T + (temperature[:, None] * chain.from_bath + chain.from_water)
        mean_face = 0.5 * (face + lining[:, 0])
        loss_kw = (self.contact_w_per_k * (temperature - mean_face) + self.surface_w_per_k * (temperature - AMBIENT_C)) / 1000.0
        heat_kw = self.coil_efficiency * np.maximum(power_kw - self.auxiliary_kw, 0.0)
        return np.maximum(bath_kwh + (heat_kw - loss_kw) / 60.0, 0.0), lining


@dataclass(frozen=True)
class Curve:
    """An alloy's enthalpy above the charge's first temperature, as points to interpolate between."""

    temperature_c: np.ndarray
    kwh_per_kg: np.ndarray

    @classmethod
    def of(cls, alloy: Alloy, charge_c: float = AMBIENT_C, top_c: float = 1800.0) -> Curve:
        """Points at the edges of the alloy's bands: between them the curve is straight."""
        edges = [charge_c, *(band.low_c for band in alloy.bands if charge_c < band.low_c < top_c), top_c]
        start = alloy.enthalpy_kwh_per_kg(charge_c)
        return cls(np.array(edges), np.array([alloy.enthalpy_kwh_per_kg(edge) - start for edge in edges]))

    def at(self, temperature_c: float) -> float:
        """Enthalpy at a temperature, kWh/kg."""
        return float(np.interp(temperature_c, self.temperature_c, self.kwh_per_kg))


@dataclass(frozen=True)
class _Chain:
    step: np.ndarray
    from_bath: np.ndarray
    from_water: np.ndarray
    rates_per_min: np.ndarray
    modes: np.ndarray
    inverse: np.ndarray
    rest_c: np.ndarray

    @classmethod
    def of(cls, furnace: Furnace) -> _Chain:
        """The chain's matrices: nodes of equal capacity, links of equal conductance, half a link from the last node to the water."""
        n = furnace.nodes
        link = furnace.lining_w_per_k * n / 1000.0
        capacity = 60.0 * furnace.lining_kwh_per_k / n
        links = np.zeros((n, n))
        for i in range(n - 1):
            links[i, i] -= link
            links[i + 1, i + 1] -= link
            links[i, i + 1] = links[i + 1, i] = link
        links[-1, -1] -= 2.0 * link
        water = np.zeros(n)
        water[-1] = 2.0 * link * WATER_C
        wet = links.copy()
        contact = furnace.contact_w_per_k / 1000.0
        wet[0, 0] -= contact
        bath = np.zeros(n)
        bath[0] = contact
        values, vectors = np.linalg.eigh(wet / capacity)
        step = (vectors * np.exp(values)) @ vectors.T
        source = np.linalg.solve(wet, step - np.eye(n))
        empty = links.copy()
        idle = furnace.idle_w_per_k / 1000.0
        empty[0, 0] -= idle
        air = np.zeros(n)
        air[0] = idle * AMBIENT_C
        rates, modes = np.linalg.eigh(empty / capacity)
        return cls(step, source @ bath, source @ water, rates, modes, modes.T, np.linalg.solve(empty, -(water + air)))


@dataclass(frozen=True)
class Melted:
    """What K melts came to: minutes until the tap temperature (K,), NaN where it was never reached; the lining after each (K, nodes)."""

    minutes: np.ndarray
    lining_c: np.ndarray


@dataclass(frozen=True)
class Heats:
    """Metered heats as arrays: ``power_kw`` (heats, minutes) padded with 0, ``minutes`` (heats,), and of each furnace's empty time before its heat
    ``gap_min`` (heats,), NaN for the first; ``furnaces`` take the heats in turn."""

    power_kw: np.ndarray
    minutes: np.ndarray
    gap_min: np.ndarray
    furnaces: int

    @classmethod
    def of(cls, paths: Sequence[np.ndarray], gap_min: np.ndarray, furnaces: int) -> Heats:
        """From the minute powers of each heat."""
        minutes = np.array([len(path) for path in paths])
        power = np.zeros((len(paths), int(minutes.max())))
        for row, path in zip(power, paths, strict=True):
            row[:len(path)] = path
        return cls(power, minutes, gap_min, furnaces)


def follow(furnace: Furnace, curve: Curve, heats: Heats, mass_kg: np.ndarray) -> np.ndarray:
    """All heats along their measured powers: bath enthalpy (kWh) after each minute, (heats, minutes), constant after a heat's end.

    Every heat begins with the lining that its furnace's last one left. All are advanced at once and that history is iterated to its fixed
    point (to 0.01 K; the lining forgets quickly, so that a few rounds do).
    """
    many = len(heats.minutes)
    before = np.tile(furnace.cold_lining(), (many, 1))
    known = np.flatnonzero(~np.isnan(heats.gap_min))
    course = np.empty_like(heats.power_kw)
    for _ in range(many):
        bath, lining = np.zeros(many), before.copy()
        for i in range(heats.power_kw.shape[1]):
            following, warmed = furnace.step(bath, mass_kg, lining, heats.power_kw[:, i], curve)
            live = i < heats.minutes
            bath = np.where(live, following, bath)
            lining = np.where(live[:, None], warmed, lining)
            course[:, i] = bath
        renewed = before.copy()
        renewed[known] = furnace.after_rest(lining[known - heats.furnaces].T, heats.gap_min[known]).T
        moved = float(np.abs(renewed - before).max())
        before = renewed
        if moved < 0.01:
            break
    return course


def melt_until(
    furnace: Furnace, curve: Curve, power_kw: np.ndarray, mass_kg: np.ndarray, lining_c: np.ndarray, target_kwh_per_kg: float,
) -> Melted:
    """K melts along programs (K, minutes) until each bath is at the target enthalpy; one lining (nodes,) to begin with."""
    many = len(mass_kg)
    bath, lining = np.zeros(many), np.tile(lining_c, (many, 1))
    target = target_kwh_per_kg * mass_kg
    minutes, ended = np.full(many, np.nan), np.empty_like(lining)
    for i in range(power_kw.shape[1]):
        following, lining = furnace.step(bath, mass_kg, lining, power_kw[:, i], curve)
        done = np.isnan(minutes) & (following >= target)
        if done.any():
            minutes[done] = i + (target[done] - bath[done]) / (following[done] - bath[done])
            ended[done] = lining[done]
        bath = following
        if not np.isnan(minutes).any():
            break
    ended[np.isnan(minutes)] = lining[np.isnan(minutes)]
    return Melted(minutes, ended)


def linings_before(furnace: Furnace, gaps_min: Sequence[float], furnaces: int) -> _Turns:
    """The linings of furnaces that take heats in turn."""
    return _Turns(furnace, list(gaps_min), [None] * furnaces)


@dataclass
class _Turns:
    furnace: Furnace
    gaps_min: list[float]
    last: list[np.ndarray | None]

    def before(self, heat: int) -> np.ndarray:
        """The lining when a heat begins: cooled since its furnace's last one; long at rest before its first."""
        lining = self.last[heat % len(self.last)]
        if lining is None or np.isnan(self.gaps_min[heat]):
            return self.furnace.cold_lining()
        return self.furnace.after_rest(lining, self.gaps_min[heat])

    def after(self, heat: int, lining_c: np.ndarray) -> None:
        """Keep the lining that a heat left."""
        self.last[heat % len(self.last)] = lining_c
