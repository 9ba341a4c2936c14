"""A furnace's cycle as the plan reckons with it: length and power of a heat by the gap before it, power of holding.

Computed by the furnace's own physics (:class:`twin.models.hearth.Hearth`): some cycles bring the lining to its working temperature, it
rests for the gap, and a heat follows. Nothing here is written by hand.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.models.furnace import InductionFurnace
from twin.models.hearth import Hearth
from twin.models.phases import Phase
from twin.optimize.problem.network import Floats

AMBIENT_C = 25.0
CYCLES_BEFORE = 4


@dataclass(frozen=True)
class Gap:
    """A class of gaps between tapping empty and the next charge: up to ``longest_s``; ``typical_s`` gives the energy."""

    name: str
    longest_s: float
    typical_s: float


GAPS = (Gap("hot", 3600.0, 900.0), Gap("warm", 4 * 3600.0, 2 * 3600.0), Gap("cold", np.inf, 14 * 3600.0))
GAPS_OF_HEEL = (Gap("hot", 4 * 3600.0, 900.0), GAPS[-1])
"""with a heel the bath stays hot, however long it is held, until it is given up: no gap of a working day is so long otherwise (assumed)"""


def gaps_of(kind: InductionFurnace) -> tuple[Gap, ...]:
    """Classes of gaps that a furnace knows: a heel is hot or has been given up; an empty lining cools by and by."""
    return GAPS_OF_HEEL if kind.heel_kg else GAPS


@dataclass(frozen=True)
class Heat:
    """One heat: seconds until the metal is ready, electric energy, and its phases."""

    duration_s: float
    kwh: float
    phases: tuple[Phase, ...]

    def power_kw(self, slot_s: float) -> Floats:
        """Mean power of each slot from the start on; the last slot only up to the heat's end."""
        count = int(np.ceil(self.duration_s / slot_s - 1e-9))
        return np.diff([energy_until(self.phases, k * slot_s) for k in range(count + 1)]) * 3600.0 / slot_s


def energy_until(phases: Sequence[Phase], t_s: float) -> float:
    """Electric energy of consecutive phases up to ``t_s`` after the first began, kWh."""
    total, begun = 0.0, 0.0
    for phase in phases:
        length = min(phase.duration_s, t_s - begun)
        if length <= 0.0:
            break
        total += sum(flow.amount(length) for flow in phase.flows if flow.carrier == "electricity")
        begun += phase.duration_s
    return total


_worked_out: deque[tuple[InductionFurnace, Cycle]] = deque(maxlen=16)
"""furnaces whose cycles are known: a problem is derived again with each replay, its furnaces stay as they are"""


def cycle_of(kind: InductionFurnace) -> Cycle:
    """The cycle of a furnace kind, worked out once."""
    for known, cycle in _worked_out:
        if known == kind:
            return cycle
    found = Cycle(kind)
    _worked_out.append((kind, found))
    return found


class Cycle:
    """Heats and holding of one furnace kind in its working rhythm."""

    def __init__(self, kind: InductionFurnace, gap_between_s: float = 1800.0) -> None:
        self.kind = kind
        hearth = Hearth(kind, AMBIENT_C)
        for _ in range(CYCLES_BEFORE):
            self._melt(hearth, kind.charge.mass_kg)
            self._drain(hearth)
            self._rest(hearth, gap_between_s)
        self._melt(hearth, kind.charge.mass_kg)
        self._full = copy.copy(hearth)
        self._drain(hearth)
        self._empty = hearth
        self._heats: dict[tuple[float, float], Heat] = {}

    def heat(self, gap_s: float, charge_kg: float | None = None) -> Heat:
        """A heat after ``gap_s`` of rest; after a gap of the last class the heel is gone, before it has been held."""
        asked = (gap_s, self.kind.charge.mass_kg if charge_kg is None else charge_kg)
        if asked not in self._heats:
            self._heats[asked] = self._heat(*asked)
        return self._heats[asked]

    def _heat(self, gap_s: float, charge_kg: float) -> Heat:
        hearth = copy.copy(self._empty)
        if self.kind.heel_kg and gap_s > GAPS_OF_HEEL[0].longest_s:
            hearth.set_mass(0.0)
        self._rest(hearth, gap_s)
        return self._melt(hearth, charge_kg)

    def holding_kw(self) -> float:
        """Mean power of holding a full bath for an hour."""
        return energy_until(copy.copy(self._full).hold(3600.0, "holding"), 3600.0)

    def idle_kw(self) -> float:
        """Power between heats while people are there: holding the heel, or auxiliaries alone."""
        hearth = copy.copy(self._empty)
        if self.kind.heel_kg:
            return energy_until(hearth.hold(3600.0, "holding"), 3600.0)
        return energy_until(hearth.rest(3600.0, "standby"), 3600.0)

    def _melt(self, hearth: Hearth, charge_kg: float) -> Heat:
        phases = tuple(hearth.heat(charge_kg, ()))
        hearth.set_mass(hearth.state.mass_kg - charge_kg * (1.0 - self.kind.recovery))
        duration_s = sum(phase.duration_s for phase in phases)
        return Heat(duration_s, energy_until(phases, duration_s), phases)

    def _drain(self, hearth: Hearth) -> None:
        """Tap ladle by ladle, holding meanwhile."""
        ladle = self.kind.ladle
        while hearth.state.mass_kg > self.kind.heel_kg + 1e-6:
            hearth.hold(ladle.tapping_s, "tapping")
            hearth.set_mass(max(self.kind.heel_kg, hearth.state.mass_kg - ladle.capacity_kg))

    def _rest(self, hearth: Hearth, gap_s: float) -> None:
        if hearth.state.mass_kg > 1e-6:
            hearth.hold(gap_s, "holding")
        else:
            hearth.rest(gap_s, "standby")
