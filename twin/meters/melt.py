"""One melt after another in a furnace, minute by minute and for many masses or paces at a time: the fast form of the kind's own physics.

The bath (enthalpy of its alloy, :mod:`twin.models.metals`) takes the coil's heat and gives some to the lining (the chain of
:mod:`twin.models.network`) and some through its surface. Within a minute power and bath temperature are constant and the chain is advanced
exactly; a test holds the result against the exact solution of :mod:`twin.models.thermal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.models.metals import Alloy
from twin.models.network import Network

IDLE_CHORD_C = 500.0  # an emptied hot face; the lining soon forgets how it cooled


@dataclass(frozen=True, eq=False)
class Melter:
    """A furnace for minute steps: ``network`` in the modes ``melting`` and ``idle`` (empty), ``efficiency`` (heat to the metal over
    electricity of
    the converter), ``auxiliary_kw`` on the same meter, ``alloy`` of the bath.
    """

    network: Network
    efficiency: float
    auxiliary_kw: float
    alloy: Alloy

    @cached_property
    def _chain(self) -> _Chain:
        return _Chain.of(self.network)

    @cached_property
    def _surface(self) -> tuple[np.ndarray, np.ndarray]:
        """Bath temperatures and the surface's loss there (kW); between them the loss is straight."""
        table = self.network.table(self.alloy, "melting")
        at = np.array([0.0, *(edge for edge in table.edges if edge > 0.0), 2000.0])
        return at, np.array([table.surface_kw(table.index(c), c) for c in at])

    def loss_kw(self, bath_c: float, lining_c: np.ndarray) -> float:
        """What lining (nodes,) and surface take from a bath at one temperature."""
        return float(self._chain.contact_kw_per_k * (bath_c - lining_c[0]) + np.interp(bath_c, *self._surface))

    def cold_lining(self) -> np.ndarray:
        """Node temperatures (nodes,) in °C of a furnace at rest for long."""
        return self._chain.rest_c.copy()

    def after_rest(self, lining_c: np.ndarray, minutes: float | np.ndarray) -> np.ndarray:
        """Node temperatures (nodes,) or (nodes, K) after standing empty for ``minutes`` (K,), exactly (a sum of exponentials)."""
        chain = self._chain
        rest = chain.rest_c if lining_c.ndim == 1 else chain.rest_c[:, None]
        decay = np.exp(np.multiply.outer(-60.0 * chain.decay_per_s, minutes))
        cooled: np.ndarray = rest + chain.modes @ (decay * (chain.inverse @ (lining_c - rest)))
        return cooled

    def _gain(
        self, bath_kwh: np.ndarray, temperature_c: np.ndarray, face_c: np.ndarray, heat_kw: np.ndarray
    ) -> np.ndarray:
        """Bath enthalpies after a minute at one temperature; ``face_c`` is the hot face's mean without the bath's own share of it."""
        chain = self._chain
        contact_kw = chain.contact_kw_per_k * (temperature_c - face_c - chain.mean_from_bath * temperature_c)
        loss_kw = contact_kw + np.interp(temperature_c, *self._surface)
        after: np.ndarray = np.maximum(bath_kwh + (heat_kw - loss_kw) / 60.0, 0.0)
        return after

    def step(
        self, bath_kwh: np.ndarray, mass_kg: np.ndarray, lining_c: np.ndarray, power_kw: np.ndarray, curve: Curve
    ) -> tuple[np.ndarray, np.ndarray]:
        """One minute of K melts: bath enthalpies (K,) in kWh above cold, masses (K,), linings (K, nodes), powers (K,) at the meter."""
        chain = self._chain
        heat_kw = self.efficiency * np.maximum(power_kw - self.auxiliary_kw, 0.0)
        face = lining_c @ chain.mean_face + chain.mean_from_outside
        first = np.interp(bath_kwh / mass_kg, curve.kwh_per_kg, curve.temperature_c)
        guess = self._gain(bath_kwh, first, face, heat_kw)
        middle = np.interp(0.5 * (bath_kwh + guess) / mass_kg, curve.kwh_per_kg, curve.temperature_c)  # of the minute
        following = self._gain(bath_kwh, middle, face, heat_kw)
        lining = lining_c @ chain.step.T + (middle[:, None] * chain.from_bath + chain.from_outside)
        return following, lining


@dataclass(frozen=True)
class Curve:
    """An alloy's enthalpy above the charge's first temperature, as points to interpolate between."""

    temperature_c: np.ndarray
    kwh_per_kg: np.ndarray

    @classmethod
    def of(cls, alloy: Alloy, charge_c: float = 20.0, top_c: float = 1800.0) -> Curve:
        """Points at the edges of the alloy's bands: between them the curve is straight."""
        edges = [charge_c, *(band.low_c for band in alloy.bands if charge_c < band.low_c < top_c), top_c]
        start = alloy.enthalpy_kwh_per_kg(charge_c)
        return cls(np.array(edges), np.array([alloy.enthalpy_kwh_per_kg(edge) - start for edge in edges]))

    def at(self, temperature_c: float) -> float:
        """Enthalpy at a temperature, kWh/kg."""
        return float(np.interp(temperature_c, self.temperature_c, self.kwh_per_kg))


@dataclass(frozen=True)
class _Chain:
    """The lining under a bath of constant temperature over one minute (``step``, ``from_bath``, ``from_outside``; the hot face's mean
    over the
    minute alike), and standing empty (``decay_per_s``, ``modes``, ``inverse``, ``rest_c``).
    """

    contact_kw_per_k: float
    step: np.ndarray
    from_bath: np.ndarray
    from_outside: np.ndarray
    mean_face: np.ndarray
    mean_from_bath: float
    mean_from_outside: float
    decay_per_s: np.ndarray
    modes: np.ndarray
    inverse: np.ndarray
    rest_c: np.ndarray

    @classmethod
    def of(cls, network: Network) -> _Chain:
        """From a network with one chain, whose empty chamber has no heat capacity; its radiation is a chord up to ``IDLE_CHORD_C``."""
        walls = network.conductance[1:, 1:]
        contact = network.coupling[1:]
        source = network.source[1:]
        under_bath = -walls / network.wall_kj_per_k[:, None]
        n = len(source)
        step = _exponential(under_bath, 60.0)
        area = np.linalg.solve(under_bath, step - np.eye(n))  # integral of the exponential over the minute
        double = np.linalg.solve(under_bath, area - 60.0 * np.eye(n))
        push = area / network.wall_kj_per_k
        push_mean = double / network.wall_kj_per_k / 60.0
        closed = network.surfaces["idle"]
        idle_kw_per_k = closed.convection_kw_per_k + closed.radiation_kw(IDLE_CHORD_C) / (
            IDLE_CHORD_C - closed.ambient_c
        )
        empty = walls - np.outer(contact, contact) / (contact.sum() + idle_kw_per_k)
        air = source + contact * idle_kw_per_k * closed.ambient_c / (contact.sum() + idle_kw_per_k)
        root = np.sqrt(network.wall_kj_per_k)
        decay, vectors = np.linalg.eigh(empty / np.outer(root, root))
        return cls(
            float(contact.sum()),
            step,
            push @ contact,
            push @ source,
            area[0] / 60.0,
            float(push_mean[0] @ contact),
            float(push_mean[0] @ source),
            decay,
            vectors / root[:, None],
            vectors.T * root,
            np.linalg.solve(empty, air),
        )


def _exponential(matrix: np.ndarray, seconds: float) -> np.ndarray:
    """exp(matrix * seconds) of a matrix similar to a symmetric one, by its eigenvectors."""
    values, vectors = np.linalg.eig(matrix)
    grown: np.ndarray = ((vectors * np.exp(values * seconds)) @ np.linalg.inv(vectors)).real
    return grown


@dataclass(frozen=True)
class Heats:
    """Heats as arrays: ``power_kw`` (heats, minutes) long enough to reach the tap temperature, ``gap_min`` (heats,) that each one's
    furnace stood
    empty before it, NaN for its first; ``furnaces`` take the heats in turn; ``minutes`` (heats,) that the melts took.
    """

    power_kw: np.ndarray
    minutes: np.ndarray
    gap_min: np.ndarray
    furnaces: int


@dataclass(frozen=True)
class Melted:
    """What K melts came to: minutes until the tap temperature (K,), beyond the last minute where it was not reached; the lining after
    each (K, nodes).
    """

    minutes: np.ndarray
    lining_c: np.ndarray


def melt_until(
    melter: Melter,
    curve: Curve,
    power_kw: np.ndarray,
    mass_kg: np.ndarray,
    lining_c: np.ndarray,
    target_kwh_per_kg: float,
) -> Melted:
    """K melts along powers (K, minutes) until each bath is at the target enthalpy; linings (K, nodes), or one (nodes,) for all."""
    many = len(mass_kg)
    bath, lining = np.zeros(many), np.array(np.broadcast_to(lining_c, (many, lining_c.shape[-1])))
    target = target_kwh_per_kg * mass_kg
    minutes, ended = np.full(many, np.nan), lining.copy()
    for i in range(power_kw.shape[1]):
        following, warmed = melter.step(bath, mass_kg, lining, power_kw[:, i], curve)
        done = np.isnan(minutes) & (following >= target)
        if done.any():
            share = (target[done] - bath[done]) / (following[done] - bath[done])
            minutes[done] = i + share
            ended[done] = lining[done] + share[:, None] * (warmed[done] - lining[done])
        bath, lining = following, warmed
        if not np.isnan(minutes).any():
            break
    short = np.isnan(minutes)
    minutes[short] = power_kw.shape[1] * (2.0 - bath[short] / target[short])
    ended[short] = lining[short]
    return Melted(minutes, ended)


def melt_in_turn(melter: Melter, curve: Curve, heats: Heats, mass_kg: float, target_kwh_per_kg: float) -> Melted:
    """All heats with a charge of ``mass_kg``, each on the lining that its furnace's last one left.

    All are advanced at once and the history is iterated to its fixed point (0.01 K); the lining forgets quickly, so a few rounds do.
    """
    mass = np.full(len(heats.gap_min), mass_kg)
    before = np.tile(melter.cold_lining(), (len(mass), 1))
    known = np.flatnonzero(~np.isnan(heats.gap_min))
    melted = melt_until(melter, curve, heats.power_kw, mass, before, target_kwh_per_kg)
    for _ in range(len(mass)):
        renewed = before.copy()
        renewed[known] = melter.after_rest(melted.lining_c[known - heats.furnaces].T, heats.gap_min[known]).T
        moved = float(np.abs(renewed - before).max())
        if moved < 0.01:
            break
        before = renewed
        melted = melt_until(melter, curve, heats.power_kw, mass, before, target_kwh_per_kg)
    return melted


def courses_kwh(
    melter: Melter,
    curve: Curve,
    powers_kw: Sequence[np.ndarray],
    mass_kg: np.ndarray,
    *,
    gap_min: float = 60.0,
    rounds: int = 3,
) -> list[np.ndarray]:
    """Bath enthalpy after each minute of heats with powers (minutes,) and masses (heats,), each in a furnace that makes such heats again
    and again.
    """
    lengths = np.array([len(power) for power in powers_kw])
    padded = np.zeros((len(lengths), int(lengths.max())))
    for row, power in zip(padded, powers_kw, strict=True):
        row[: len(power)] = power
    before = np.tile(melter.cold_lining(), (len(lengths), 1))
    course = np.empty_like(padded)
    for _ in range(rounds):
        bath, lining = np.zeros(len(lengths)), before
        for i in range(padded.shape[1]):
            bath, warmed = melter.step(bath, mass_kg, lining, padded[:, i], curve)
            lining = np.where((i < lengths)[:, None], warmed, lining)
            course[:, i] = bath
        before = melter.after_rest(lining.T, np.full(len(lengths), gap_min)).T
    return [course[k, :length] for k, length in enumerate(lengths)]


def linings_before(melter: Melter, gaps_min: Sequence[float] | np.ndarray, furnaces: int) -> Turns:
    """The linings of furnaces that take heats in turn."""
    return Turns(melter, [float(gap) for gap in gaps_min], [None] * furnaces)


@dataclass
class Turns:
    """Furnaces in turn, with each one's lining."""

    melter: Melter
    gaps_min: list[float]
    last: list[np.ndarray | None]

    def before(self, heat: int) -> np.ndarray:
        """The lining when a heat begins: cooled since its furnace's last one; long at rest before its first."""
        lining = self.last[heat % len(self.last)]
        if lining is None or np.isnan(self.gaps_min[heat]):
            return self.melter.cold_lining()
        return self.melter.after_rest(lining, self.gaps_min[heat])

    def after(self, heat: int, lining_c: np.ndarray) -> None:
        """Keep the lining that a heat left."""
        self.last[heat % len(self.last)] = lining_c
