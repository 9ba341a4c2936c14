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

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import inf, isinf, sqrt

import numpy as np

from twin.models.chords import Chords, constant
from twin.models.courses import Segment, Segments
from twin.models.elements import REFERENCE_C
from twin.models.exponentials import first_exit
from twin.models.metals import Alloy, Band
from twin.models.network import KJ_PER_KWH, Modes, Motion, Network, Vector, modes_of
from twin.models.surfaces import Surface, chords_of_radiation
from twin.models.walls import Chain

EDGE_K = 1e-10
POWER_KW = 1e-9
MAX_STALLS = 60
CACHE_SIZE = 2048


NO_OPENING = Surface()


class ChamberError(RuntimeError):
    """The chamber could not be advanced (a control that contradicts itself)."""


@dataclass(frozen=True)
class Loss:
    """A loss in proportion to the chamber's temperature above ``from_c``: atmosphere, leakage, air drawn in;
    ``term`` names it in the trace.
    """

    term: str
    kw_per_k: float
    from_c: float = REFERENCE_C


@dataclass(frozen=True)
class Mode:
    """What the chamber loses besides its walls while in one mode (closed, open, idle): radiation through openings, and losses."""

    opening: Surface = NO_OPENING
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Supply:
    """How the chamber is heated: its largest input, the share of it that stays in the chamber by temperature, and where the rest goes."""

    most_kw: float
    share: Chords = field(default_factory=lambda: constant(1.0))
    rest: str = "flue"


@dataclass(frozen=True)
class Link:
    """How heat reaches the load: radiation between chamber and load over ``surface`` (an effective area and emissivity), and a film."""

    surface: Surface
    film_kw_per_k: float

    def __post_init__(self) -> None:
        if self.surface.area_m2 * self.surface.emissivity <= 0.0 and self.film_kw_per_k <= 0.0:
            problem = "heat reaches the load neither by radiation nor by convection"
            raise ValueError(problem)


@dataclass(frozen=True)
class Load:
    """Metal and fixture that are in the chamber at one temperature."""

    alloy: Alloy
    mass_kg: float
    fixture_kwh_per_k: float
    link: Link

    def enthalpy_kwh(self, temperature_c: float) -> float:
        """Heat in metal and fixture above 20 °C."""
        fixture = self.fixture_kwh_per_k * (temperature_c - REFERENCE_C)
        return self.mass_kg * self.alloy.enthalpy_kwh_per_kg(temperature_c) + fixture


@dataclass(frozen=True, slots=True, eq=False)
class ChamberState:
    """Temperatures: chamber, then wall nodes (read-only array), and of the load where there is one. Never changed in place."""

    nodes_c: Vector
    load: Load | None = None
    load_c: float = REFERENCE_C

    @property
    def chamber_c(self) -> float:
        """Temperature of the chamber."""
        return float(self.nodes_c[0])


@dataclass(frozen=True, slots=True)
class Passage(Segments):
    """What an operation did; ``ended_by`` is ``time``, ``set_point`` (the chamber met it), ``load`` (the load did) or ``never``."""

    state: ChamberState
    ended_by: str


@dataclass(frozen=True, slots=True)
class Goal:
    """When a passage ends besides by time: the load has warmed to ``load_c`` or cooled to ``load_above_c``; the chamber reaches a limit."""

    load_c: float = inf
    load_above_c: float = -inf
    floor_c: float = -inf
    ceiling_c: float = inf


@dataclass(frozen=True)
class Body:
    """A chamber without its load: walls, heat capacity at chamber temperature, modes, supply."""

    chains: tuple[Chain, ...]
    capacity_kwh_per_k: float
    modes: Mapping[str, Mode]
    supply: Supply

    def __post_init__(self) -> None:
        if self.capacity_kwh_per_k <= 0.0 or not self.modes:
            problem = "a chamber needs a heat capacity above 0 and at least one mode"
            raise ValueError(problem)


class Chamber:
    """Operations on the state of a chamber; ``sinks_kw`` are constant heats taken from it by term (charge and belt passing through)."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.network = Network(body.chains, {"none": Surface()}, body.capacity_kwh_per_k)
        self._modes: OrderedDict[tuple[float, ...], Modes] = OrderedDict()
        self._tables: dict[tuple[str, Link | None], _Table] = {}
        self._bands: dict[tuple[Alloy, Link], tuple[float, ...]] = {}

    # -- states ---

    def cold(self, temperature_c: float = REFERENCE_C) -> ChamberState:
        """Everything at one temperature, no load."""
        return ChamberState(_frozen(np.full(self.network.size, temperature_c)))

    def soaked(self, chamber_c: float) -> ChamberState:
        """Walls in their steady state for a chamber held at ``chamber_c``, no load."""
        walls = [t for chain in self.body.chains for t in chain.steady_profile_c(chamber_c)]
        return ChamberState(_frozen(np.array([chamber_c, *walls])))

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
        walk = _Walk(self, state, mode, sinks_kw or {})
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
        walk = _Walk(self, state, mode, sinks_kw or {})
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

    def warm(self, state: ChamberState, set_c: float, duration_s: float, mode: str) -> Passage:
        """Largest input until the chamber meets ``set_c`` from below (``set_point``), or for a time (``time``)."""
        walk = _Walk(self, state, mode, {})
        ended_by = walk.free(self.body.supply.most_kw, duration_s, Goal(ceiling_c=set_c))
        return walk.passage(ended_by)

    # -- inside ---

    def table(self, mode: str, link: Link | None) -> _Table:
        """Bands and lines of a mode with a link, kept."""
        key = (mode, link)
        if key not in self._tables:
            self._tables[key] = _Table.of(self.body.modes[mode], self.body.supply, link)
        return self._tables[key]

    def load_bands(self, load: Load) -> tuple[float, ...]:
        """Temperatures at which metal or link of a load change their lines, kept."""
        key = (load.alloy, load.link)
        if key not in self._bands:
            inner = {band.low_c for band in load.alloy.bands[1:]}
            self._bands[key] = tuple(sorted(inner.union(_radiation(load.link.surface).inner_c())))
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


@dataclass(frozen=True)
class _Table:
    """Bands of chamber temperature under one mode, supply and link, with the straight lines of each."""

    edges: tuple[float, ...]
    opening: Chords | None
    slope_kw_per_k: float  # losses and opening's film
    level_kw: float  # the same at 0 °C
    losses: tuple[Loss, ...]
    share: Chords
    link: Chords | None

    @classmethod
    def of(cls, mode: Mode, supply: Supply, link: Link | None) -> _Table:
        opening = _radiation(mode.opening) if _radiates(mode.opening) else None
        exchange = _radiation(link.surface) if link is not None else None
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
class _Lines:
    """The straight lines of one pair of bands: slope and value at 0 °C of the opening, of the share, of the link at both ends."""

    opening: tuple[float, float]
    share: tuple[float, float]
    from_chamber: tuple[float, float]
    from_load: tuple[float, float]
    metal: Band | None = None


@dataclass(slots=True)
class _Hold:
    """The chamber at its set point: motion of walls and load, lines, rates of the need's modes, the need now, and
    the share of the input.
    """

    motion: Motion
    lines: _Lines
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


class _Walk:
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
        self.sunk_kw = sum(sinks_kw.values())

    def passage(self, ended_by: str) -> Passage:
        """What was done so far."""
        load_c = REFERENCE_C if self.load is None else float(self.nodes[self.n])
        state = ChamberState(_frozen(self.nodes[: self.n].copy()), self.load, load_c)
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
        lines = self._lines(up=True, load_up=self._exchange_kw(set_c) >= 0.0)
        motion, rates = self._clamped(lines)
        trend = sum(rates)
        if need_kw > most_heat_kw + POWER_KW or (need_kw > most_heat_kw - POWER_KW and trend > 0.0):
            return self.free(most_kw, left_s, replace(goal, ceiling_c=set_c), leaves_up=False)
        if need_kw < -POWER_KW or (need_kw < POWER_KW and trend < 0.0):
            return self.free(0.0, left_s, replace(goal, floor_c=set_c), leaves_up=True)
        decays = motion.modes.decays
        duration, way = first_exit(need_kw, rates, decays, 0.0, most_heat_kw, left_s, POWER_KW)
        return self._held(_Hold(motion, lines, rates, need_kw, share), (duration, way), goal)

    def _held(self, hold: _Hold, found: tuple[float, int], goal: Goal) -> str:
        """Write one segment at the set point, ended by time, a limit of the power, or the end of the load's band."""
        motion, share = hold.motion, hold.share
        duration, way = found
        reached = "time" if way == 0 else "limit"
        pinned = None
        if self.load is not None:
            low, high = self._load_limits(goal)
            load_rates = (motion.modes.shape[self.n] * motion.modal).tolist()
            at = float(self.nodes[self.n])
            sooner, load_way = first_exit(at, load_rates, motion.modes.decays, low, high, duration, EDGE_K)
            if load_way:
                duration, reached, pinned = sooner, "limit", high if load_way > 0 else low
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

    def _clamped(self, lines: _Lines) -> tuple[Motion, list[float]]:
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
        return up, self._exchange_kw(at) >= 0.0

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
        pins: list[tuple[int, float]] = [(0, high if way > 0 else low)] if way else []
        if self.load is not None:
            load_low, load_high = self._load_limits(goal)
            load_rates = (modes.shape[n] * motion.modal).tolist()
            found = first_exit(float(self.nodes[n]), load_rates, modes.decays, load_low, load_high, duration, tolerance)
            if found[1]:
                duration, pins = found[0], [(n, load_high if found[1] > 0 else load_low)]
        if not pins and isinf(left_s):
            return 0.0, "never"
        motion.duration_s = duration
        after = motion.nodes_after()
        for node, value in pins:
            after[node] = value
        if duration > 0.0:
            self._close(motion, lines, after, (input_kw, ()))
        self.nodes = after
        return duration, "edge" if pins else "time"

    def _lines(self, *, up: bool, load_up: bool) -> _Lines:
        probe = _inside(self.table.edges, float(self.nodes[0]), up=up)
        table = self.table
        opening = table.opening.line(probe) if table.opening is not None else (0.0, 0.0)
        if self.load is None or table.link is None:
            return _Lines(opening, table.share.line(probe), (0.0, 0.0), (0.0, 0.0))
        load_probe = _inside(self.load_edges, float(self.nodes[self.n]), up=load_up)
        band = self.load.alloy.bands[self.load.alloy.band_index(load_probe)]
        ends = table.link.line(probe), table.link.line(load_probe)
        return _Lines(opening, table.share.line(probe), *ends, band)

    def _load_limits(self, goal: Goal) -> tuple[float, float]:
        """Ends of the load's band in the direction in which it goes, or its goal before."""
        up = self._exchange_kw(float(self.nodes[0])) >= 0.0
        low, high = _band(self.load_edges, float(self.nodes[self.n]), up=up)
        return max(low, goal.load_above_c), min(high, goal.load_c)

    def _load_kj_per_k(self, lines: _Lines) -> float:
        if self.load is None or lines.metal is None:
            return 0.0
        return KJ_PER_KWH * (self.load.mass_kg * lines.metal.capacity_kwh_per_kg_k + self.load.fixture_kwh_per_k)

    def _motion(self, input_kw: float, lines: _Lines) -> Motion:
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
        lines: _Lines,
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

    def _heat(self, motion: Motion, lines: _Lines, area: Vector) -> dict[str, float]:
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


def _frozen(nodes_c: Vector) -> Vector:
    nodes_c.flags.writeable = False
    return nodes_c


def _radiates(surface: Surface) -> bool:
    return surface.area_m2 * surface.emissivity * surface.view_factor > 0.0


@lru_cache(maxsize=1024)
def _radiation(surface: Surface) -> Chords:
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


def mean_area_m2(inside_m2: float, thickness_m: float) -> float:
    """Mean area of a wall around a chamber of ``inside_m2``: geometric mean of in- and outside, as for a cube (any text on furnaces)."""
    edge = sqrt(inside_m2 / 6.0)
    return edge * (edge + 2.0 * thickness_m) * 6.0
