"""A heated chamber with its walls and its load, advanced exactly between events.

Nodes are the chamber (gas, elements and inner skin, number 0), the nodes of each wall chain, and the load: metal and fixture at one
temperature, heated by ``eps sigma A (T^4 - T_load^4) + h A (T - T_load)``. T^4, the metal's heat capacity and the share of the input
that stays in the chamber (the flue gas takes the rest) are straight inside bands of chamber and load temperature.
Inside a pair of bands the
system is linear; because the load hangs on one link only, rescaling its temperature makes it symmetric, so that it has real time constants.

Every stretch comes back as a :class:`~twin.models.courses.Segment`: its input (kW of electricity or fuel) as a sum of exponentials and the
heat terms of the trace, found from temperatures and their integrals, never from the input.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from math import inf

import numpy as np

from twin.models.chamber_parts import Body, ChamberError, ChamberState, Goal, Link, Load, Loss, Mode, Passage, Supply
from twin.models.chamber_walk import MAX_STALLS, Table, Walk, frozen, radiation_of
from twin.models.elements import REFERENCE_C
from twin.models.metals import Alloy
from twin.models.network import KJ_PER_KWH, Modes, Network, modes_of
from twin.models.surfaces import Surface

__all__ = [
    "Body",
    "Chamber",
    "ChamberError",
    "ChamberState",
    "Goal",
    "Link",
    "Load",
    "Loss",
    "Mode",
    "Passage",
    "Supply",
]

CACHE_SIZE = 2048


class Chamber:
    """Operations on the state of a chamber; ``sinks_kw`` are constant heats taken from it by term (charge and belt passing through)."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.network = Network(body.chains, {"none": Surface()}, body.capacity_kwh_per_k)
        self._modes: OrderedDict[tuple[float, ...], Modes] = OrderedDict()
        self._tables: dict[tuple[str, Link | None], Table] = {}
        self._bands: dict[tuple[Alloy, Link], tuple[float, ...]] = {}

    # -- states ---

    def cold(self, temperature_c: float = REFERENCE_C) -> ChamberState:
        """Everything at one temperature, no load."""
        return ChamberState(frozen(np.full(self.network.size, temperature_c)))

    def soaked(self, chamber_c: float) -> ChamberState:
        """Walls in their steady state for a chamber held at ``chamber_c``, no load."""
        walls = [t for chain in self.body.chains for t in chain.steady_profile_c(chamber_c)]
        return ChamberState(frozen(np.array([chamber_c, *walls])))

    def charged(self, state: ChamberState, load: Load, load_c: float = REFERENCE_C) -> ChamberState:
        """A load of ``load_c`` put into the empty chamber."""
        if state.load is not None:
            problem = "the chamber holds a load already"
            raise ValueError(problem)
        return replace(state, load=load, load_c=load_c)

    def emptied(self, state: ChamberState) -> ChamberState:
        """The load taken out; it takes its heat with it."""
        return replace(state, load=None, load_c=REFERENCE_C)

    def stored_kwh(self, state: ChamberState, reference_c: float = REFERENCE_C) -> float:
        """Heat in walls and chamber above a reference temperature."""
        walls = float(self.network.wall_kj_per_k @ (state.nodes_c[1:] - reference_c)) / KJ_PER_KWH
        return walls + self.body.capacity_kwh_per_k * (state.chamber_c - reference_c)

    def holding_kw(self, set_c: float, mode: str, sinks_kw: Mapping[str, float] | None = None) -> float:
        """Steady input that keeps the empty chamber at ``set_c`` once its walls are soaked."""
        walls = sum(chain.steady_conductance_kw_per_k * (set_c - chain.outside_c) for chain in self.body.chains)
        lost = self.table(mode, None).lost_kw(set_c) + sum((sinks_kw or {}).values())
        return (walls + lost) / self.body.supply.share.at(set_c)

    # -- operations ---

    def advance(
        self,
        state: ChamberState,
        input_kw: float,
        duration_s: float,
        mode: str,
        *,
        goal: Goal | None = None,
        sinks_kw: Mapping[str, float] | None = None,
    ) -> Passage:
        """Constant input for a time or until the goal."""
        walk = Walk(self, state, mode, sinks_kw or {})
        ended_by = walk.free(input_kw, duration_s, goal or Goal())
        return walk.passage(ended_by)

    def control(
        self,
        state: ChamberState,
        set_c: float,
        duration_s: float,
        mode: str,
        *,
        until_load_c: float = inf,
        until_load_above_c: float = -inf,
        most_kw: float | None = None,
        sinks_kw: Mapping[str, float] | None = None,
    ) -> Passage:
        """Bring the chamber to ``set_c`` with at most ``most_kw`` of input and keep it there, for a time or until the load is there.

        The load is there when it has warmed to ``until_load_c`` or cooled to ``until_load_above_c``.

        Below the set point the input is the largest one; above it there is none; at it the input is what losses and
        load take: the mean of any
        controller.
        """
        walk = Walk(self, state, mode, sinks_kw or {})
        most = self.body.supply.most_kw if most_kw is None else min(most_kw, self.body.supply.most_kw)
        goal = Goal(until_load_c, until_load_above_c)
        left, stalls, ended_by = duration_s, 0, "time"
        while left > 0.0:
            before = walk.at_s
            ended_by = walk.controlled(set_c, left, most, goal)
            if ended_by in ("load", "never"):
                break
            left = 0.0 if ended_by == "time" else left - (walk.at_s - before)
            stalls = 0 if walk.at_s > before else stalls + 1
            if stalls > MAX_STALLS:
                problem = f"control to {set_c} °C makes no progress at {walk.nodes[0]} °C"
                raise ChamberError(problem)
        return walk.passage("time" if ended_by == "set_point" else ended_by)

    def warm(
        self, state: ChamberState, set_c: float, duration_s: float, mode: str, *, most_kw: float | None = None
    ) -> Passage:
        """Largest input (at most ``most_kw``) until the chamber meets ``set_c`` from below (``set_point``), or for a time (``time``)."""
        walk = Walk(self, state, mode, {})
        most = self.body.supply.most_kw if most_kw is None else min(most_kw, self.body.supply.most_kw)
        ended_by = walk.free(most, duration_s, Goal(ceiling_c=set_c))
        return walk.passage(ended_by)

    # -- inside ---

    def table(self, mode: str, link: Link | None) -> Table:
        """Bands and lines of a mode with a link, kept."""
        key = (mode, link)
        if key not in self._tables:
            self._tables[key] = Table.of(self.body.modes[mode], self.body.supply, link)
        return self._tables[key]

    def load_bands(self, load: Load) -> tuple[float, ...]:
        """Temperatures at which metal or link of a load change their lines, kept."""
        key = (load.alloy, load.link)
        if key not in self._bands:
            inner = {band.low_c for band in load.alloy.bands[1:]}
            self._bands[key] = tuple(sorted(inner.union(radiation_of(load.link.surface).inner_c())))
        return self._bands[key]

    def diagonal(self, key: tuple[float, ...]) -> Modes:
        """The diagonalised free system for (slope at the chamber, capacity of the load, link slopes at chamber and load)."""
        found = self._modes.get(key)
        if found is None:
            found = self._diagonalise(*key)
            if len(self._modes) >= CACHE_SIZE:
                self._modes.popitem(last=False)
            self._modes[key] = found
        return found

    def _diagonalise(self, slope: float, load_kj_per_k: float, from_chamber: float, from_load: float) -> Modes:
        n, loaded = self.network.size, load_kj_per_k > 0.0
        size = n + int(loaded)
        k = np.zeros((size, size))
        k[:n, :n] = self.network.conductance
        k[0, 0] += slope
        kj_per_k = np.empty(size)
        kj_per_k[0], kj_per_k[1:n] = KJ_PER_KWH * self.body.capacity_kwh_per_k, self.network.wall_kj_per_k
        stretch = np.ones(size)
        if loaded:  # in u = T_load from_load/from_chamber the exchange is symmetric
            k[0, 0] += from_chamber
            k[0, n] = k[n, 0] = -from_chamber
            k[n, n] = from_chamber
            kj_per_k[n] = load_kj_per_k * from_chamber / from_load
            stretch[n] = from_chamber / from_load
        shrink = 1.0 / np.sqrt(kj_per_k)
        decay, vectors = np.linalg.eigh(k * np.outer(shrink, shrink))
        return modes_of(decay, (stretch * shrink)[:, None] * vectors, vectors.T * shrink)
