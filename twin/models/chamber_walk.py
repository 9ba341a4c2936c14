"""One operation of a heated chamber under way: bands of chamber and load temperature, control at the set point, free motion, heat terms."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf, isinf
from typing import TYPE_CHECKING

import numpy as np

from twin.models.chamber_parts import ChamberError, ChamberState, Goal, Link, Loss, Mode, Passage, Supply
from twin.models.chords import Chords, constant
from twin.models.courses import Segment
from twin.models.elements import REFERENCE_C
from twin.models.exponentials import first_exit
from twin.models.metals import Band
from twin.models.network import KJ_PER_KWH, Modes, Motion, Vector
from twin.models.surfaces import Surface, chords_of_radiation

if TYPE_CHECKING:
    from twin.models.chamber import Chamber

EDGE_K = 1e-10
POWER_KW = 1e-9
MAX_STALLS = 60


@dataclass(frozen=True)
class Table:
    """Bands of chamber temperature under one mode, supply and link, with the straight lines of each."""

    edges: tuple[float, ...]
    opening: Chords | None
    slope_kw_per_k: float  # losses and opening's film
    level_kw: float  # the same at 0 °C
    losses: tuple[Loss, ...]
    share: Chords
    link: Chords | None

    @classmethod
    def of(cls, mode: Mode, supply: Supply, link: Link | None) -> Table:
        """Merge the breaks of opening, share and link."""
        opening = radiation_of(mode.opening) if _radiates(mode.opening) else None
        exchange = radiation_of(link.surface) if link is not None else None
        film = Loss("convection", mode.opening.convection_kw_per_k, mode.opening.ambient_c)
        losses = tuple(loss for loss in (*mode.losses, film) if loss.kw_per_k)
        edges = {c for chords in (opening, exchange, supply.share) if chords is not None for c in chords.inner_c()}
        slope = sum(loss.kw_per_k for loss in losses)
        level = -sum(loss.kw_per_k * loss.from_c for loss in losses)
        return cls(tuple(sorted(edges)), opening, slope, level, losses, supply.share, exchange)

    def lost_kw(self, chamber_c: float) -> float:
        """Opening and losses at a chamber temperature."""
        radiated = self.opening.at(chamber_c) if self.opening is not None else 0.0
        return radiated + self.level_kw + self.slope_kw_per_k * chamber_c


@dataclass(slots=True)
class Lines:
    """The straight lines of one pair of bands: slope and value at 0 °C of the opening, of the share, of the link at both ends."""

    opening: tuple[float, float]
    share: tuple[float, float]
    from_chamber: tuple[float, float]
    from_load: tuple[float, float]
    metal: Band | None = None


@dataclass(slots=True)
class Hold:
    """The chamber at its set point: motion of walls and load, lines, rates of the need's modes, the need now, and
    the share of the input.
    """

    motion: Motion
    lines: Lines
    rates: list[float]
    need_kw: float
    share: float

    def power(self) -> tuple[float, tuple[tuple[float, float], ...]]:
        """The input as base and exponentials; terms that rounding would swallow are left out."""
        decays = self.motion.modes.decays
        terms = [(-rate / decay, 1.0 / decay) for rate, decay in zip(self.rates, decays, strict=True) if decay]
        base = self.need_kw - sum(amp for amp, _ in terms)
        floor = 1e-14 * (abs(self.need_kw) + abs(base))
        return base / self.share, tuple((amp / self.share, tau) for amp, tau in terms if abs(amp) > floor)


class Walk:
    """One operation under way: temperatures now, segments so far."""

    def __init__(self, chamber: Chamber, state: ChamberState, mode: str, sinks_kw: Mapping[str, float]) -> None:
        self.chamber, self.mode, self.sinks_kw = chamber, mode, sinks_kw
        self.load = state.load
        link = None if state.load is None else state.load.link
        self.table = chamber.table(mode, link)
        self.load_edges = () if state.load is None else chamber.load_bands(state.load)
        self.nodes = state.nodes_c if state.load is None else np.append(state.nodes_c, state.load_c)
        self.n = chamber.network.size
        self.segments: list[Segment] = []
        self.at_s = 0.0
        self.pushed: dict[int, bool] = {}
        """nodes that stood on an edge and left their band at once: whether upwards"""
        self.sunk_kw = sum(sinks_kw.values())

    def passage(self, ended_by: str) -> Passage:
        """What was done so far."""
        load_c = REFERENCE_C if self.load is None else float(self.nodes[self.n])
        state = ChamberState(frozen(self.nodes[: self.n].copy()), self.load, load_c)
        return Passage(tuple(self.segments), state, ended_by)

    # -- heat now ---

    def _exchange_kw(self, chamber_c: float) -> float:
        """Heat into the load."""
        if self.load is None or self.table.link is None:
            return 0.0
        load_c = float(self.nodes[self.n])
        film = self.load.link.film_kw_per_k * (chamber_c - load_c)
        return self.table.link.at(chamber_c) - self.table.link.at(load_c) + film

    def _need_kw(self, chamber_c: float) -> float:
        """Heat that keeps the chamber where it is."""
        to_walls = float(self.chamber.network.coupling @ (chamber_c - self.nodes[: self.n]))
        return self.table.lost_kw(chamber_c) + to_walls + self._exchange_kw(chamber_c) + self.sunk_kw

    # -- control ---

    def controlled(self, set_c: float, left_s: float, most_kw: float, goal: Goal) -> str:
        """One leg of control: until the chamber meets its set point, the need meets a limit, the load its goal, or time is over."""
        if self._load_there(goal):
            return "load"
        at = float(self.nodes[0])
        if at > set_c + EDGE_K:
            return self.free(0.0, left_s, replace(goal, floor_c=set_c))
        if at < set_c - EDGE_K:
            return self.free(most_kw, left_s, replace(goal, ceiling_c=set_c))
        self.nodes = self.nodes.copy()
        self.nodes[0] = set_c
        share = self.chamber.body.supply.share.at(set_c)
        need_kw, most_heat_kw = self._need_kw(set_c), most_kw * share
        lines = self._lines(up=True, load_up=self._load_up())
        motion, rates = self._clamped(lines)
        trend = sum(rates)
        if need_kw > most_heat_kw + POWER_KW or (need_kw > most_heat_kw - POWER_KW and trend > 0.0):
            return self.free(most_kw, left_s, replace(goal, ceiling_c=set_c), leaves_up=False)
        if need_kw < -POWER_KW or (need_kw < POWER_KW and trend < 0.0):
            return self.free(0.0, left_s, replace(goal, floor_c=set_c), leaves_up=True)
        decays = motion.modes.decays
        duration, way = first_exit(need_kw, rates, decays, 0.0, most_heat_kw, left_s, POWER_KW)
        return self._held(Hold(motion, lines, rates, need_kw, share), (duration, way), goal)

    def _held(self, hold: Hold, found: tuple[float, int], goal: Goal) -> str:
        """Write one segment at the set point, ended by time, a limit of the power, or the end of the load's band."""
        motion, share = hold.motion, hold.share
        duration, way = found
        reached = "time" if way == 0 else "limit"
        pinned = None
        if self.load is not None:
            low, high = self._load_limits(goal, up=self._load_up())
            load_rates = (motion.modes.shape[self.n] * motion.modal).tolist()
            at = float(self.nodes[self.n])
            sooner, load_way = first_exit(at, load_rates, motion.modes.decays, low, high, duration, EDGE_K)
            if sooner > 0.0:
                self.pushed.clear()
            if load_way:
                duration, reached, pinned = sooner, "limit", high if load_way > 0 else low
                self.pushed[self.n] = load_way > 0
        motion.duration_s = duration
        after = motion.nodes_after()
        if pinned is not None:
            after[self.n] = pinned
        if duration > 0.0:
            self._close(motion, hold.lines, after, hold.power(), held_share=share)
        self.nodes = after
        return "load" if self._load_there(goal) else reached

    def _load_there(self, goal: Goal) -> bool:
        if self.load is None:
            return False
        load_c = float(self.nodes[self.n])
        return load_c >= goal.load_c - EDGE_K or load_c <= goal.load_above_c + EDGE_K

    def _clamped(self, lines: Lines) -> tuple[Motion, list[float]]:
        """Motion of walls and load while the chamber stays where it is, and the rates of the power's modes, kW/s."""
        network, n = self.chamber.network, self.n
        walls = network.modes("clamped", 0.0, 0.0)
        flux = network.source - network.conductance @ self.nodes[:n]
        modal = walls.inject @ flux
        rates = (-(network.coupling @ walls.shape) * modal).tolist()
        if self.load is None:
            return Motion(walls, modal, self.nodes, 0.0), rates
        kj_per_k = self._load_kj_per_k(lines)
        leaving = lines.from_load[0] + self.load.link.film_kw_per_k
        into_kw = self._exchange_kw(float(self.nodes[0]))
        count = len(walls.decays)
        shape = np.zeros((n + 1, count + 1))
        shape[:n, :count], shape[n, count] = walls.shape, 1.0
        decay = np.append(walls.decay, leaving / kj_per_k)
        modes = Modes(decay, decay.tolist(), np.where(decay > 0.0, decay, 1.0), shape, np.empty((0, 0)))
        warming = into_kw / kj_per_k
        return Motion(modes, np.append(modal, warming), self.nodes, 0.0), [*rates, -leaving * warming]

    # -- free motion ---

    def free(self, input_kw: float, duration_s: float, goal: Goal, *, leaves_up: bool | None = None) -> str:
        """Constant input through as many pairs of bands as it takes.

        ``leaves_up`` says which way the chamber is about to go where its heat balances at the start.
        """
        left, stalls = duration_s, 0
        self.pushed.pop(0, None)
        while left > 0.0:
            if self._load_there(goal):
                return "load"
            chamber_up, load_up = self._trends(input_kw, leaves_up)
            leaves_up = None
            if self._at_limit(chamber_up, goal):
                return "set_point"
            tolerance = EDGE_K * 10.0 ** min(stalls, 5)
            step_s, ended_by = self._free_step(input_kw, left, goal, (chamber_up, load_up), tolerance)
            if ended_by == "never":
                return "never"
            left = 0.0 if ended_by == "time" else left - step_s
            stalls = 0 if step_s > 0.0 else stalls + 1
            if stalls > MAX_STALLS:
                problem = f"no progress at {self.nodes[0]} °C and {input_kw} kW"
                raise ChamberError(problem)
        return "load" if self._load_there(goal) else "time"

    def _trends(self, input_kw: float, leaves_up: bool | None) -> tuple[bool, bool]:  # noqa: FBT001 - a fact, no switch
        """Whether chamber and load are warming; fluxes are continuous, so the band does not matter."""
        at = float(self.nodes[0])
        flux = input_kw * self.chamber.body.supply.share.at(at) - self._need_kw(at)
        up = leaves_up if leaves_up is not None and abs(flux) <= 2.0 * POWER_KW else flux >= 0.0
        return self.pushed.get(0, up), self._load_up()

    def _load_up(self) -> bool:
        """Whether the load is warming, or was pushed out of its band upwards."""
        return self.pushed.get(self.n, self._exchange_kw(float(self.nodes[0])) >= 0.0)

    def _at_limit(self, chamber_up: bool, goal: Goal) -> bool:  # noqa: FBT001 - a fact, no switch
        at = float(self.nodes[0])
        return (at >= goal.ceiling_c - EDGE_K and chamber_up) or (at <= goal.floor_c + EDGE_K and not chamber_up)

    def _free_step(
        self, input_kw: float, left_s: float, goal: Goal, trends: tuple[bool, bool], tolerance: float
    ) -> tuple[float, str]:
        """One linear stretch; returns its length and what ended it (``time``, ``edge`` or ``never``)."""
        lines = self._lines(up=trends[0], load_up=trends[1])
        motion = self._motion(input_kw, lines)
        modes, n = motion.modes, self.n
        at = float(self.nodes[0])
        low, high = _band(self.table.edges, at, up=trends[0])
        low, high = max(low, goal.floor_c), min(high, goal.ceiling_c)
        horizon = left_s if left_s < inf else _endless_s(modes.decays)
        rates = (modes.shape[0] * motion.modal).tolist()
        duration, way = first_exit(at, rates, modes.decays, low, high, horizon, tolerance)
        pins = [(0, high if way > 0 else low, way > 0)] if way else []
        if self.load is not None:
            load_low, load_high = self._load_limits(goal, up=trends[1])
            load_rates = (modes.shape[n] * motion.modal).tolist()
            found = first_exit(float(self.nodes[n]), load_rates, modes.decays, load_low, load_high, duration, tolerance)
            if found[1]:
                duration, pins = found[0], [(n, load_high if found[1] > 0 else load_low, found[1] > 0)]
        if not pins and isinf(left_s):
            return 0.0, "never"
        motion.duration_s = duration
        after = motion.nodes_after()
        if duration > 0.0:
            self.pushed.clear()
        for node, value, up in pins:
            after[node] = value
            self.pushed[node] = up
        if duration > 0.0:
            self._close(motion, lines, after, (input_kw, ()))
        self.nodes = after
        return duration, "edge" if pins else "time"

    def _lines(self, *, up: bool, load_up: bool) -> Lines:
        probe = _inside(self.table.edges, float(self.nodes[0]), up=up)
        table = self.table
        opening = table.opening.line(probe) if table.opening is not None else (0.0, 0.0)
        if self.load is None or table.link is None:
            return Lines(opening, table.share.line(probe), (0.0, 0.0), (0.0, 0.0))
        load_probe = _inside(self.load_edges, float(self.nodes[self.n]), up=load_up)
        band = self.load.alloy.bands[self.load.alloy.band_index(load_probe)]
        ends = table.link.line(probe), table.link.line(load_probe)
        return Lines(opening, table.share.line(probe), *ends, band)

    def _load_limits(self, goal: Goal, *, up: bool) -> tuple[float, float]:
        """Ends of the load's band in the direction in which it goes, or its goal before."""
        low, high = _band(self.load_edges, float(self.nodes[self.n]), up=up)
        return max(low, goal.load_above_c), min(high, goal.load_c)

    def _load_kj_per_k(self, lines: Lines) -> float:
        if self.load is None or lines.metal is None:
            return 0.0
        return KJ_PER_KWH * (self.load.mass_kg * lines.metal.capacity_kwh_per_kg_k + self.load.fixture_kwh_per_k)

    def _motion(self, input_kw: float, lines: Lines) -> Motion:
        """The linear system of a pair of bands."""
        network, n = self.chamber.network, self.n
        film = 0.0 if self.load is None else self.load.link.film_kw_per_k
        slope = self.table.slope_kw_per_k + lines.opening[0] - input_kw * lines.share[0]
        key = (slope, self._load_kj_per_k(lines), lines.from_chamber[0] + film, lines.from_load[0] + film)
        modes = self.chamber.diagonal(key if self.load is not None else (slope, 0.0, 0.0, 0.0))
        flux = np.zeros(len(self.nodes))
        flux[:n] = network.source - network.conductance @ self.nodes[:n]
        at = float(self.nodes[0])
        into_load = self._exchange_kw(at)
        flux[0] += input_kw * self.chamber.body.supply.share.at(at) - self.table.lost_kw(at) - into_load - self.sunk_kw
        if self.load is not None:
            flux[n] = into_load
        return Motion(modes, modes.inject @ flux, self.nodes, 0.0)

    # -- heat terms ---

    def _close(
        self,
        motion: Motion,
        lines: Lines,
        after: Vector,
        power: tuple[float, tuple[tuple[float, float], ...]],
        *,
        held_share: float | None = None,
    ) -> None:
        """Write a segment with its heat terms, from temperatures alone."""
        t, area = motion.duration_s, motion.integral_k_s()
        heat = self._heat(motion, lines, area)
        rest = self.chamber.body.supply.rest
        if held_share is not None:
            heat[rest] = heat.get(rest, 0.0) + sum(heat.values()) * (1.0 / held_share - 1.0)
        elif power[0]:
            lost_kw_s = power[0] * ((1.0 - lines.share[1]) * t - lines.share[0] * float(area[0]))
            heat[rest] = heat.get(rest, 0.0) + lost_kw_s / KJ_PER_KWH
        before, last = float(motion.before[0]), float(after[0])
        kept = {term: kwh for term, kwh in heat.items() if kwh}
        self.segments.append(Segment(t, power[0], power[1], before, last, self.mode, kept))
        self.at_s += t

    def _heat(self, motion: Motion, lines: Lines, area: Vector) -> dict[str, float]:
        network, rise, n, t = self.chamber.network, motion.rise_k, self.n, motion.duration_s
        chamber_k_s = float(area[0])
        stored = float(network.wall_kj_per_k @ rise[1:n]) / KJ_PER_KWH
        heat = {"wall_storage": stored + network.chamber_kwh_per_k * float(rise[0])}
        if self.table.opening is not None:
            heat["opening"] = (lines.opening[1] * t + lines.opening[0] * chamber_k_s) / KJ_PER_KWH
        for loss in self.table.losses:
            kwh = loss.kw_per_k * (chamber_k_s - loss.from_c * t) / KJ_PER_KWH
            heat[loss.term] = heat.get(loss.term, 0.0) + kwh
        for last, chain in zip(network.last_nodes, network.chains, strict=True):
            lost = chain.conductance_kw_per_k[-1] * (float(area[last]) - chain.outside_c * t) / KJ_PER_KWH
            heat["wall_conduction"] = heat.get("wall_conduction", 0.0) + lost
        for term, kw in self.sinks_kw.items():
            heat[term] = heat.get(term, 0.0) + kw * t / KJ_PER_KWH
        if self.load is not None and lines.metal is not None:
            band, mass_kg, rise_k = lines.metal, self.load.mass_kg, float(rise[n])
            sensible = mass_kg * band.sensible_kwh_per_kg_k * rise_k
            latent = mass_kg * (band.capacity_kwh_per_kg_k - band.sensible_kwh_per_kg_k) * rise_k
            for term, kwh in (("charge_sensible", sensible), ("charge_latent", latent)):
                heat[term] = heat.get(term, 0.0) + kwh
            heat["fixture"] = heat.get("fixture", 0.0) + self.load.fixture_kwh_per_k * rise_k
        return heat


def frozen(nodes_c: Vector) -> Vector:
    """The same array, read-only."""
    nodes_c.flags.writeable = False
    return nodes_c


def _radiates(surface: Surface) -> bool:
    return surface.area_m2 * surface.emissivity * surface.view_factor > 0.0


@lru_cache(maxsize=1024)
def radiation_of(surface: Surface) -> Chords:
    """Radiation of a surface as chords; nothing where it does not radiate."""
    return chords_of_radiation(surface) if _radiates(surface) else constant(0.0)


def _band(edges: tuple[float, ...], at: float, *, up: bool) -> tuple[float, float]:
    """Ends of the band that a temperature is in or, at an edge, about to enter."""
    i = bisect_right(edges, at + (EDGE_K if up else -EDGE_K) * 1e1)
    return (edges[i - 1] if i else -inf), (edges[i] if i < len(edges) else inf)


def _inside(edges: tuple[float, ...], at: float, *, up: bool) -> float:
    """A temperature inside that band."""
    low, high = _band(edges, at, up=up)
    if isinf(low) or isinf(high):
        return high - 1.0 if isinf(low) and not isinf(high) else low + 1.0 if not isinf(low) else at
    return 0.5 * (low + high)


def _endless_s(decays: list[float]) -> float:
    slowest = min((decay for decay in decays if decay > 0.0), default=0.0)
    return 60.0 / slowest if slowest else 1e9
