"""The physics of one induction furnace: its thermal network, advanced exactly, as phases with flows and heat terms.

Electric power at the furnace is ``P = Q / eta + P_aux``: Q the heat that reaches metal and lining, (1/eta - 1) Q into the coil's
cooling water, P_aux pumps and controls. Heat terms come from the network's temperatures; the coil's loss is computed
from those terms, the flows from the power, so that comparing the two is a test. The lid is open for a stated
share of each mode: radiation and film scale with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from twin.core.faults import RunFailed
from twin.models.furnace import InductionFurnace
from twin.models.metals import alloy as alloy_of
from twin.models.network import Chain, Network, Surface, chain_from_layers
from twin.models.phases import Flow, Phase
from twin.models.thermal import Course, Furnace, Segment, State

LID_MODES = ("charging", "melting", "holding", "tapping", "idle")
_MELTED = {"sensible": "charge_sensible", "latent": "charge_latent", "superheat": "charge_superheat"}
_MELTING = frozenset({"setup", "processing", "startup"})
_OTHERS = {"storage": "wall_storage", "wall": "wall_conduction", "opening": "opening", "convection": "convection"}


def network_of(kind: InductionFurnace, ambient_c: float) -> Network:
    """Lining chain and lid of a furnace."""
    lining, lid = kind.lining, kind.lid
    layer = (
        lining.thickness_m,
        lining.conductivity_w_per_m_k,
        lining.density_kg_per_m3,
        lining.heat_capacity_j_per_kg_k,
    )
    chain: Chain = chain_from_layers(
        lining.area_m2,
        [layer],
        nodes=lining.nodes,
        outside_w_per_m2k=lining.outside_w_per_m2_k,
        outside_c=lining.outside_c,
    )
    surfaces: dict[str, Surface] = {}
    for mode in LID_MODES:
        share = float(getattr(lid.open, mode))
        film_kw_per_k = (share * lid.open_film_w_per_m2_k * lid.area_m2 + (1.0 - share) * lid.closed_w_per_k) / 1000.0
        surfaces[mode] = Surface(lid.area_m2, lid.emissivity, share, film_kw_per_k, ambient_c, exact_at_c=(kind.tap_c,))
    return Network((chain,), surfaces)


class Hearth:
    """The thermal state of one furnace."""

    def __init__(self, kind: InductionFurnace, ambient_c: float) -> None:
        self.kind = kind
        self.furnace = Furnace(network_of(kind, ambient_c))
        self.alloy = alloy_of(kind.alloy)
        self.state = self.furnace.cold(self.alloy, 0.0, ambient_c)
        self._most_holding_kw: float | None = None
        self._holding_from: tuple[State, float] | None = None

    @property
    def hot_face_c(self) -> float:
        """Temperature of the lining's innermost node."""
        return float(self.state.nodes_c[1])

    @property
    def cold(self) -> bool:
        """Whether a heat begun now is a cold start."""
        rule = self.kind.cold_start
        return rule is not None and self.state.mass_kg == 0.0 and self.hot_face_c < rule.below_c

    def set_mass(self, kg: float) -> None:
        """Metal left the bath, or melt loss and slag did, at the bath's temperature."""
        self.state = self.furnace.remove(self.state, max(0.0, self.state.mass_kg - kg))

    # --- what the furnace does

    def most_holding_kw(self) -> float:
        """Electric power that holds the bath with the lid as while tapping, walls soaked; auxiliaries not counted."""
        if self._most_holding_kw is None:
            kw = self.furnace.holding_power_kw(self.kind.tap_c, mode="tapping", alloy=self.alloy)
            self._most_holding_kw = kw / self.kind.power.efficiency
        return self._most_holding_kw

    def holding_from_now_kw(self) -> float:
        """The same from the state of now on: more than with soaked walls while they still take heat in, and less and less."""
        state, known = self.state, self._holding_from
        if known is None or known[0] is not state:
            limit_kw = self.kind.power.rated_kw * self.kind.power.efficiency
            course = self.furnace.hold(state, self.kind.tap_c, 1.0, max_power_kw=limit_kw, mode="tapping")
            first = course.segments[0]
            kw = first.base_kw + sum(amp for amp, _ in first.exponentials)
            known = self._holding_from = (state, kw / self.kind.power.efficiency)
        return max(self.most_holding_kw(), known[1])

    @property
    def most_slagging_kw(self) -> float:
        """The same while slag is melted and drawn off."""
        slag = self.kind.slag
        kwh = self.kind.capacity_kg * slag.fraction * slag.heat_kwh_per_kg
        kw = kwh * 3600.0 / slag.time_s if slag.time_s else 0.0
        return self.most_holding_kw() + kw / self.kind.power.efficiency

    def heat(
        self, charge_kg: float, cuts_s: Sequence[float], limits: Sequence[tuple[float, float]] = ()
    ) -> list[Phase]:
        """Charge, melt, slag: phases until the metal is ready.

        ``limits``: (until, kW), the electric power allowed until then, in seconds from now; none: rated power. No phase crosses any of
        ``cuts_s`` (seconds from now).
        """
        kind, out = self.kind, _Phases(self, cuts_s, limits)
        rated_kw = kind.power.rated_kw
        starting = "startup" if self.cold else "processing"
        cold_limit = kind.cold_start if self.cold else None
        self.state = self.furnace.add(self.state, charge_kg, self.alloy.enthalpy_kwh_per_kg(kind.charge.temperature_c))
        out.lasting(0.0, kind.charge.time_s, "setup", "charging")
        if cold_limit is not None:
            out.heating(cold_limit.power_share * rated_kw, cold_limit.until_c, math.inf, starting)
        for step in kind.power.program if cold_limit is None else ():
            out.heating(min(step.power_kw, rated_kw), kind.tap_c, step.duration_s, "processing")
        out.heating(rated_kw, kind.tap_c, math.inf, "processing")
        slag_kwh = charge_kg * kind.slag.fraction * kind.slag.heat_kwh_per_kg
        out.holding(kind.slag.time_s, "processing", "holding", slag_kwh)
        return out.phases

    def warm(self, cuts_s: Sequence[float]) -> list[Phase]:
        """Bring a bath that is too cold to tapping temperature at rated power, nothing added."""
        out = _Phases(self, cuts_s)
        out.heating(self.kind.power.rated_kw, self.kind.tap_c, math.inf, "processing")
        return out.phases

    def hold(self, duration_s: float, mode: str) -> list[Phase]:
        """Hold the bath at tap temperature; ``mode`` is the lid's: holding or tapping."""
        out = _Phases(self, ())
        out.holding(duration_s, "holding", mode)
        return out.phases

    def rest(self, duration_s: float, state: str) -> list[Phase]:
        """Empty, without power; the lining cools. Auxiliaries run unless the furnace is off."""
        out = _Phases(self, ())
        out.lasting(0.0, duration_s, state, "idle")
        return out.phases


class _Phases:
    """Collects the phases of one operation."""

    def __init__(self, hearth: Hearth, cuts_s: Sequence[float], limits: Sequence[tuple[float, float]] = ()) -> None:
        self.hearth, self.cuts_s, self.limits = hearth, sorted(cuts_s), list(limits)
        self.phases: list[Phase] = []
        self.at_s = 0.0

    def _before_cut(self, duration_s: float) -> float:
        """The duration, shortened to the next cut."""
        ahead = [cut - self.at_s for cut in self.cuts_s if cut > self.at_s + 1e-9]
        return min([duration_s, *ahead])

    def _allowed(self, power_kw: float) -> tuple[float, float]:
        """At most ``power_kw``, as far as the limit of now allows, and for how long that holds."""
        for until_s, kw in self.limits:
            if until_s > self.at_s + 1e-9:
                return min(power_kw, kw), until_s - self.at_s
        return power_kw, math.inf

    def lasting(self, power_kw: float, duration_s: float, state: str, mode: str) -> None:
        """Constant electric power for heating (0: none) over a time."""
        while duration_s > 1e-9:
            length = self._before_cut(duration_s)
            course = self.hearth.furnace.advance(
                self.hearth.state, power_kw * self.hearth.kind.power.efficiency, length, mode=mode
            )
            self._take(course, state)
            duration_s -= length

    def heating(self, power_kw: float, target_c: float, limit_s: float, state: str) -> None:
        """Electric power of ``power_kw``, less where a limit says so, until the bath reaches ``target_c``, at most ``limit_s``."""
        hearth = self.hearth
        while hearth.state.bath_c < target_c - 1e-9 and limit_s > 1e-9:
            allowed_kw, stays_s = self._allowed(power_kw)
            length = self._before_cut(min(limit_s, stays_s))
            course = hearth.furnace.heat_to(
                hearth.state, allowed_kw * hearth.kind.power.efficiency, target_c, limit_s=length, mode="melting"
            )
            if course.ended_by == "never":
                msg = f"{allowed_kw:g} kW never heat the bath to {target_c:g} degC: the losses are larger"
                raise RunFailed(msg)
            self._take(course, state)
            limit_s -= course.duration_s
            if course.ended_by == "target":
                return

    def holding(self, duration_s: float, state: str, mode: str, slag_kwh: float = 0.0) -> None:
        """Hold the bath at tap temperature over a time, with ``slag_kwh`` of heat into slag spread evenly over it."""
        hearth, whole_s = self.hearth, duration_s
        while duration_s > 1e-9:
            length = self._before_cut(duration_s)
            limit_kw = hearth.kind.power.rated_kw * hearth.kind.power.efficiency
            course = hearth.furnace.hold(hearth.state, hearth.kind.tap_c, length, max_power_kw=limit_kw, mode=mode)
            self._take(course, state, slag_kwh / whole_s * 3600.0)
            duration_s -= length

    def _take(self, course: Course, state: str, slag_kw: float = 0.0) -> None:
        """Turn a course into phases; neighbouring segments of one constant power become one."""
        group: list[Segment] = []
        for segment in course.segments:
            if group and (segment.exponentials or group[-1].exponentials or segment.base_kw != group[-1].base_kw):
                self._close(group, state, slag_kw)
                group = []
            group.append(segment)
        if group:
            self._close(group, state, slag_kw)
        self.hearth.state = course.state
        self.at_s += course.duration_s

    def _close(self, group: Sequence[Segment], state: str, slag_kw: float) -> None:
        supply = self.hearth.kind.power
        duration_s = sum(segment.duration_s for segment in group)
        auxiliary_kw = 0.0 if state == "off" else supply.auxiliaries_kw
        first = group[0]
        base_kw = (first.base_kw + slag_kw) / supply.efficiency + auxiliary_kw
        terms = tuple((amp / supply.efficiency, tau) for amp, tau in first.exponentials)
        flows = (Flow("electricity", base_kw, terms),) if base_kw or terms else ()
        self.phases.append(Phase(duration_s, state, flows, self._heat(group, duration_s, state, slag_kw, auxiliary_kw)))

    def _heat(
        self, group: Sequence[Segment], duration_s: float, state: str, slag_kw: float, auxiliary_kw: float
    ) -> dict[str, float]:
        """Heat terms from temperatures; what a bath gains while it is held is bath storage, not charge."""
        found = dict(group[0].heat_kwh)
        for segment in group[1:]:
            for term, kwh in segment.heat_kwh.items():
                found[term] += kwh
        heat: dict[str, float] = {}
        melting = state in _MELTING
        for term, kwh in found.items():
            name = _OTHERS.get(term) or (_MELTED[term] if melting else "bath_storage")
            heat[name] = heat.get(name, 0.0) + kwh
        heat["slag"] = slag_kw * duration_s / 3600.0
        heat["cooling_water"] = sum(heat.values()) * (1.0 / self.hearth.kind.power.efficiency - 1.0)
        if not any(segment.base_kw or segment.exponentials for segment in group) and not slag_kw:
            heat["cooling_water"] = 0.0
        heat["auxiliary"] = auxiliary_kw * duration_s / 3600.0
        return {term: kwh for term, kwh in heat.items() if kwh}
