"""A furnace as a small linear thermal network, advanced exactly between events.

The bath (or the empty chamber) is one node, each wall a chain of nodes; radiation and the metal's enthalpy are linear
inside bands of bath temperature, whose crossings are located to rounding. Between events every temperature is a sum
of exponentials: no time steps. Each piece of time comes back as a :class:`Segment`: its power as ``base + sum amp
exp(-t/tau)`` and the heat that went into metal, walls and surroundings, computed from temperatures and from integrals
of temperatures, never from the power, so that comparing the two is a test.

>>> from twin.models.metals import alloy
>>> from twin.models.network import Network, Surface, chain_from_layers
>>> coil_side = {"outside_w_per_m2k": 400.0, "outside_c": 40.0, "term": "water"}
>>> lining = chain_from_layers(4.0, [(0.10, 2.2, 2900.0, 1050.0)], **coil_side)
>>> closed = Surface(0.5, 0.85, 0.1, 0.01, exact_at_c=(1480.0,))
>>> lids = {"closed": closed, "open": Surface(0.5, 0.85, exact_at_c=(1480.0,))}
>>> furnace = Furnace(Network((lining,), lids))
>>> state = furnace.cold(alloy("grey_iron"), mass_kg=2000.0)
>>> melt = furnace.heat_to(state, power_kw=1100.0, target_c=1480.0)      # a cold start
>>> held = furnace.hold(melt.state, 1480.0, 1800.0)                      # half an hour, walls still warming
>>> tapped = furnace.remove(held.state, 1800.0)
>>> idle = furnace.advance(tapped, 0.0, 600.0, mode="open")
>>> max(course.residual for course in (melt, held, idle)) < 1e-9
True

The balance terms that stand alone (charge, walls, openings, leakage, atmosphere, flue, preheat, …) are named here too, so that one import
serves an audit: see docs/balance-terms.md.

Equations: C dT/dt = s - K T inside a band, solved in the eigenvectors of C^-1/2 K C^-1/2 (any text on state-space
thermal networks).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from twin.models.atmospheres import (
    Atmosphere,
    atmosphere_chemical_kw,
    atmosphere_sensible_kw,
    endothermic_gas,
    generator_kw,
)
from twin.models.chamber import Body, Chamber, Load
from twin.models.combustion import (
    Fuel,
    Oxidiser,
    Preheat,
    air_nm3_per_kwh,
    available_heat,
    elemental_fuel,
    enriched,
    excess_air,
    flame_temperature_c,
    flue_gas,
    flue_loss,
    fuel_saving,
    gas_fuel,
    natural_gas,
    recuperator,
    regenerator,
)
from twin.models.courses import Course, Segment, State
from twin.models.elements import REFERENCE_C
from twin.models.losses import (
    atmosphere_kw,
    auxiliary_kw,
    charge_kwh_per_kg,
    conveyor_kw,
    cooling_water_kw,
    cylinder_mean_area_m2,
    door_exchange_kw,
    draught_pa,
    film_w_per_m2k,
    fixture_kwh,
    gross_input_kw,
    leakage_kw,
    liquid_charge_kwh_per_kg,
    lump_response,
    moisture_j_per_kg,
    opening_kw,
    opening_view_factor,
    opening_view_factor_tabulated,
    radiation_kw,
    rectangular_view_factor,
    slag_kwh,
    wall_conduction_kw,
    wall_storage_kwh,
    wall_surface_kw,
)
from twin.models.metals import Alloy
from twin.models.network import KJ_PER_KWH, Network, Vector
from twin.models.recursion import EDGE_TOLERANCE_K, MAX_STALLS, NEVER, TARGET, TOO_LITTLE, WIDTH, Asked
from twin.models.stepper import Held, Stepper, ThermalError
from twin.models.treatment import carburising_s

__all__ = [
    "Atmosphere",
    "Body",
    "Chamber",
    "Course",
    "Fuel",
    "Furnace",
    "Load",
    "Oxidiser",
    "Preheat",
    "Segment",
    "State",
    "ThermalError",
    "air_nm3_per_kwh",
    "atmosphere_chemical_kw",
    "atmosphere_kw",
    "atmosphere_sensible_kw",
    "auxiliary_kw",
    "available_heat",
    "carburising_s",
    "charge_kwh_per_kg",
    "conveyor_kw",
    "cooling_water_kw",
    "cylinder_mean_area_m2",
    "door_exchange_kw",
    "draught_pa",
    "elemental_fuel",
    "endothermic_gas",
    "enriched",
    "excess_air",
    "film_w_per_m2k",
    "fixture_kwh",
    "flame_temperature_c",
    "flue_gas",
    "flue_loss",
    "fuel_saving",
    "gas_fuel",
    "generator_kw",
    "gross_input_kw",
    "leakage_kw",
    "liquid_charge_kwh_per_kg",
    "lump_response",
    "moisture_j_per_kg",
    "natural_gas",
    "opening_kw",
    "opening_view_factor",
    "opening_view_factor_tabulated",
    "radiation_kw",
    "rectangular_view_factor",
    "recuperator",
    "regenerator",
    "slag_kwh",
    "wall_conduction_kw",
    "wall_storage_kwh",
    "wall_surface_kw",
]


@dataclass(frozen=True, slots=True)
class _Limits:
    floor_c: float = -inf
    ceiling_c: float = inf


class Furnace:
    """Operations on the state of a furnace. Power is heat that reaches the bath (coil and converter losses are the
    caller's), kW.

    ``mode`` names one of the network's surfaces; without it the first one holds.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._stepper = Stepper(network)

    # -- states ---

    def cold(self, alloy: Alloy, mass_kg: float = 0.0, temperature_c: float = REFERENCE_C) -> State:
        """Everything at one temperature."""
        return self._state(np.full(self.network.size, temperature_c), mass_kg, alloy)

    def soaked(self, alloy: Alloy, bath_c: float, mass_kg: float = 0.0) -> State:
        """The walls in their steady state for a bath held at ``bath_c``."""
        walls = [t for chain in self.network.chains for t in chain.steady_profile_c(bath_c)]
        return self._state(np.array([bath_c, *walls]), mass_kg, alloy)

    def add(
        self,
        state: State,
        mass_kg: float,
        enthalpy_kwh_per_kg: float = 0.0,
        *,
        alloy: Alloy | None = None,
        heat_kwh: float = 0.0,
    ) -> State:
        """Mix metal of a given enthalpy (0: solid at 20 °C) into the bath; all of it takes one temperature, with the
        chamber's heat capacity.

        ``alloy`` is the metal of the finished mixture; ``heat_kwh`` is heat set free on mixing (negative: taken up,
        as by a heat of dissolution that the alloy's curve does not hold). Energy and mass are kept.
        """
        after = alloy or state.alloy
        chamber = self.network.chamber_kwh_per_k
        if mass_kg < 0.0 or state.mass_kg + mass_kg <= 0.0:
            problem = "the mass added must not be negative, and something must be in the bath afterwards"
            raise ValueError(problem)
        total = state.enthalpy_kwh + chamber * state.bath_c + mass_kg * enthalpy_kwh_per_kg + heat_kwh
        nodes = state.nodes_c.copy()
        nodes[0] = _mixed_c(after, state.mass_kg + mass_kg, chamber, total)
        return self._state(nodes, state.mass_kg + mass_kg, after)

    def remove(self, state: State, mass_kg: float) -> State:
        """Tap metal at the bath's temperature; it takes ``mass_kg * alloy.enthalpy_kwh_per_kg(bath_c)`` with it."""
        left = state.mass_kg - mass_kg
        if mass_kg < 0.0 or left < -1e-9 * state.mass_kg:
            problem = f"{mass_kg} kg cannot be taken from {state.mass_kg} kg"
            raise ValueError(problem)
        return replace(state, mass_kg=left if left > 1e-9 * state.mass_kg else 0.0)

    def stored_kwh(self, state: State, reference_c: float = REFERENCE_C) -> float:
        """Heat in walls and chamber above a reference temperature."""
        walls = float(self.network.wall_kj_per_k @ (state.nodes_c[1:] - reference_c)) / KJ_PER_KWH
        return walls + self.network.chamber_kwh_per_k * (state.bath_c - reference_c)

    # -- operations ---

    def advance(self, state: State, power_kw: float, duration_s: float, *, mode: str | None = None) -> Course:
        """Constant power for a time."""
        return self._run(state, power_kw, duration_s, mode or self.network.default_mode, _Limits())

    def cool(self, state: State, duration_s: float, *, mode: str | None = None) -> Course:
        """No power for a time; an emptied furnace (mass 0) loses only what its lining radiates and conducts."""
        return self.advance(state, 0.0, duration_s, mode=mode)

    def heat_to(
        self, state: State, power_kw: float, target_c: float, *, limit_s: float = inf, mode: str | None = None
    ) -> Course:
        """Constant power until the bath first meets ``target_c`` (from below or above) or until ``limit_s``.

        ``ended_by`` is ``target``, ``time``, or ``never`` when no time would be enough; then the course is empty.
        """
        name, nodes = mode or self.network.default_mode, state.nodes_c
        if self._weightless(state):  # the chamber jumps to its balance as soon as the power is on
            nodes = self._stepper.balanced(nodes, self.network.table(state.alloy, name), power_kw)
        limits = _Limits(ceiling_c=target_c) if nodes[0] <= target_c else _Limits(floor_c=target_c)
        return self._run(state, power_kw, limit_s, name, limits)

    def time_to_temperature_s(
        self, state: State, power_kw: float, target_c: float, *, mode: str | None = None
    ) -> float:
        """Seconds of constant power until the bath meets ``target_c``; ``inf`` if it never does."""
        course = self.heat_to(state, power_kw, target_c, mode=mode)
        return course.duration_s if course.ended_by == "target" else inf

    def hold(
        self, state: State, set_c: float, duration_s: float, *, max_power_kw: float = inf, mode: str | None = None
    ) -> Course:
        """Keep the bath at ``set_c`` for a time; the power is what the losses need, as exact exponentials.

        Below the set point, or while the need exceeds ``max_power_kw``, the furnace heats at ``max_power_kw`` (it
        must be finite then); above it, or while hot walls feed the bath, it floats without power until it meets the
        set point again.
        """
        name = mode or self.network.default_mode
        segments: list[Segment] = []
        left, stalls = duration_s, 0
        while left > 0.0:
            course = self._hold_once(state, set_c, left, max_power_kw, name)
            segments.extend(course.segments)
            state, passed = course.state, course.duration_s
            stalls = 0 if passed > 0.0 else stalls + 1
            if stalls > MAX_STALLS:
                problem = f"holding {set_c} °C makes no progress at {state.bath_c} °C"
                raise ThermalError(problem)
            left = 0.0 if course.ended_by == "time" else left - passed
        return Course(tuple(segments), state, "time")

    def holding_power_kw(self, set_c: float, *, mode: str | None = None, alloy: Alloy) -> float:
        """Steady power that keeps the bath at ``set_c`` once the walls are soaked."""
        table = self.network.table(alloy, mode or self.network.default_mode)
        walls = sum(chain.steady_conductance_kw_per_k * (set_c - chain.outside_c) for chain in self.network.chains)
        return walls + table.surface_kw(table.index(set_c), set_c)

    # -- inside ---

    def _state(self, nodes_c: Vector, mass_kg: float, alloy: Alloy) -> State:
        nodes_c.flags.writeable = False
        return State(nodes_c, mass_kg, alloy)

    def _weightless(self, state: State) -> bool:
        return state.mass_kg == 0.0 and self.network.chamber_kwh_per_k == 0.0

    def _hold_once(self, state: State, set_c: float, left: float, max_kw: float, mode: str) -> Course:
        weightless = self._weightless(state)
        if not weightless and state.bath_c > set_c + EDGE_TOLERANCE_K:
            return self._run(state, 0.0, left, mode, _Limits(floor_c=set_c))
        if not weightless and state.bath_c < set_c - EDGE_TOLERANCE_K:
            return self._at_limit(state, set_c, left, max_kw, mode)
        nodes = state.nodes_c.copy()
        nodes[0] = set_c
        held = self._stepper.hold(
            nodes, self.network.table(state.alloy, mode), Asked(state.mass_kg, max_kw, left, 0.0, 0.0)
        )
        if held == TOO_LITTLE:
            return self._at_limit(state, set_c, left, max_kw, mode)
        if not isinstance(held, Held):
            return self._run(state, 0.0, left, mode, _Limits(floor_c=set_c))
        terms = [(-rate / decay, 1.0 / decay) for rate, decay in zip(held.rates, held.decays, strict=True)]
        base_kw = held.need_kw - sum(amp for amp, _ in terms)
        power = (base_kw, tuple(term for term in terms if abs(term[0]) > 1e-13 * (abs(held.need_kw) + abs(base_kw))))
        segments = (self._segment(held.row, power, mode),) if held.row[0] > 0.0 else ()
        new = self._state(held.nodes_c, state.mass_kg, state.alloy)
        return Course(segments, new, "time" if held.way == 0 else "limit")

    def _at_limit(self, state: State, set_c: float, left: float, max_kw: float, mode: str) -> Course:
        if max_kw == inf:
            problem = f"the bath is below {set_c} °C: holding it needs a finite max_power_kw to heat with"
            raise ValueError(problem)
        return self._run(state, max_kw, left, mode, _Limits(ceiling_c=set_c))

    def _run(self, state: State, power_kw: float, duration_s: float, mode: str, limits: _Limits) -> Course:
        """Constant power through as many bands as it takes."""
        asked = Asked(state.mass_kg, power_kw, duration_s, limits.floor_c, limits.ceiling_c)
        done = self._stepper.run(state.nodes_c, self.network.table(state.alloy, mode), asked)
        if done.ended_by == NEVER:
            return Course((), state, "never")
        power = (power_kw, ())
        segments = tuple([self._segment(row, power, mode) for row in done.rows])
        new = self._state(done.nodes_c, state.mass_kg, state.alloy)
        return Course(segments, new, "target" if done.ended_by == TARGET else "time")

    def _segment(self, row: list[float], power: tuple[float, tuple[tuple[float, float], ...]], mode: str) -> Segment:
        """A row of the loop as a segment."""
        duration_s, from_c, to_c, sensible, latent, superheat, storage, opening, convection = row[:WIDTH]
        heat = {
            "sensible": sensible,
            "latent": latent,
            "superheat": superheat,
            "storage": storage,
            "opening": opening,
            "convection": convection,
        }
        for chain, lost in zip(self.network.chains, row[WIDTH:], strict=True):
            heat[chain.term] = heat.get(chain.term, 0.0) + lost
        return Segment(duration_s, power[0], power[1], from_c, to_c, mode, heat)


def _mixed_c(alloy: Alloy, mass_kg: float, chamber_kwh_per_k: float, total_kwh: float) -> float:
    """Temperature at which metal and chamber together hold ``total_kwh`` (chamber counted from 0 °C)."""
    if chamber_kwh_per_k == 0.0:
        return alloy.temperature_c(total_kwh / mass_kg)
    at = alloy.bands[0].low_c
    for band in alloy.bands:
        at = band.low_c
        held = mass_kg * alloy.enthalpy_kwh_per_kg(at) + chamber_kwh_per_k * at
        slope_kwh = mass_kg * band.capacity_kwh_per_kg_k + chamber_kwh_per_k
        found = at + (total_kwh - held) / slope_kwh
        if found <= band.high_c:
            return found
    problem = "the last band has no end"
    raise AssertionError(problem)
