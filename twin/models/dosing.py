"""The bath of a dosing or holding furnace, advanced exactly: one lump of metal and hot lining with a loss conductance and a thermostat.

C dT/dt = eta P - G (T - Ta) with C = m c + C_lining. Without power T decays to the hall's temperature; at the set point
P = G (T - Ta) / eta (the mean of on/off control); below it the rated power brings it back. Crossings of the
set point are closed forms, so no step is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.models.phases import Flow, Phase

_FLOAT, _HOLD, _HEAT = "float", "hold", "heat"


@dataclass(frozen=True)
class DosingParameters:
    """What the bath obeys. Conductance W/K, powers kW, heat capacities kWh/K and kWh/(kg K)."""

    rated_kw: float
    efficiency: float
    conductance_w_per_k: float
    opening_share: float
    lining_kwh_per_k: float
    metal_kwh_per_kg_k: float
    ambient_c: float


class DosingBath:
    """Mass and temperature of a bath under a thermostat."""

    __slots__ = ("kg", "parameters", "temperature_c")

    def __init__(self, parameters: DosingParameters, kg: float, temperature_c: float) -> None:
        self.parameters, self.kg, self.temperature_c = parameters, kg, temperature_c

    def capacity_kwh_per_k(self) -> float:
        """Heat capacity of bath and lining."""
        return self.kg * self.parameters.metal_kwh_per_kg_k + self.parameters.lining_kwh_per_k

    def receive(self, kg: float, temperature_c: float) -> None:
        """Mix in metal; the lining follows the bath at once."""
        here = self.capacity_kwh_per_k()
        added = kg * self.parameters.metal_kwh_per_kg_k
        self.temperature_c = (here * self.temperature_c + added * temperature_c) / (here + added)
        self.kg += kg

    def advance(self, duration_s: float, set_c: float, state: str) -> list[Phase]:
        """Phases of the next ``duration_s`` seconds under the set point ``set_c``, all in ``state``."""
        phases: list[Phase] = []
        while duration_s > 0.0:
            mode, length_s = self._mode(set_c)
            length_s = min(length_s, duration_s)
            phases.append(self._step(mode, length_s, set_c, state))
            if length_s == duration_s:
                break
            self.temperature_c = set_c
            duration_s -= length_s
        return phases

    def after(self, duration_s: float, set_c: float) -> DosingBath:
        """A copy as it would be ``duration_s`` seconds later."""
        copy = DosingBath(self.parameters, self.kg, self.temperature_c)
        copy.advance(duration_s, set_c, "standby")
        return copy

    def holding_kw(self, set_c: float) -> float:
        """Electric power that holds ``set_c``, at most the rated one."""
        p = self.parameters
        return min(p.conductance_w_per_k * (set_c - p.ambient_c) / 1000.0 / p.efficiency, p.rated_kw)

    def reheat_s(self, set_c: float) -> float:
        """Seconds at rated power from the present temperature to ``set_c``; infinite when that power cannot reach it."""
        return self._crossing_s(self.parameters.rated_kw, set_c) if self.temperature_c < set_c else 0.0

    def cooling_s(self, low_c: float) -> float:
        """Seconds without power from the present temperature to ``low_c``; infinite when it never gets so cold."""
        return self._crossing_s(0.0, low_c) if self.temperature_c > low_c else 0.0

    def _limit_c(self, power_kw: float) -> float:
        """Temperature that ``power_kw`` would hold in the long run."""
        return (
            self.parameters.ambient_c
            + self.parameters.efficiency * power_kw * 1000.0 / self.parameters.conductance_w_per_k
        )

    def _tau_s(self) -> float:
        return self.capacity_kwh_per_k() * 3.6e6 / self.parameters.conductance_w_per_k

    def _crossing_s(self, power_kw: float, set_c: float) -> float:
        """Seconds until ``set_c`` is reached at ``power_kw``; infinite when it never is."""
        limit = self._limit_c(power_kw)
        ratio = (self.temperature_c - limit) / (set_c - limit) if set_c != limit else -1.0
        return self._tau_s() * math.log(ratio) if ratio >= 1.0 else math.inf

    def _mode(self, set_c: float) -> tuple[str, float]:
        if abs(self.temperature_c - set_c) <= 1e-9:
            return _HOLD, math.inf
        if self.temperature_c > set_c:
            return _FLOAT, self._crossing_s(0.0, set_c)
        return _HEAT, self._crossing_s(self.parameters.rated_kw, set_c)

    def _step(self, mode: str, length_s: float, set_c: float, state: str) -> Phase:
        """One exact step; the loss is the integral of the temperature, the storage its difference."""
        p = self.parameters
        held_kw = p.conductance_w_per_k * (set_c - p.ambient_c) / 1000.0 / p.efficiency
        power_kw = {_FLOAT: 0.0, _HOLD: min(held_kw, p.rated_kw), _HEAT: p.rated_kw}[mode]
        before, hours = self.temperature_c, length_s / 3600.0
        if mode == _HOLD and held_kw <= p.rated_kw:
            lost_kwh = p.conductance_w_per_k * (set_c - p.ambient_c) / 1000.0 * hours
        else:
            limit, tau = self._limit_c(power_kw), self._tau_s()
            decay = -math.expm1(-length_s / tau)
            self.temperature_c = before + (limit - before) * decay
            mean_k_h = (limit - p.ambient_c) * hours + (before - limit) * tau * decay / 3600.0
            lost_kwh = p.conductance_w_per_k * mean_k_h / 1000.0
        rise = self.temperature_c - before
        heat = {
            "wall_conduction": lost_kwh * (1.0 - p.opening_share),
            "opening": lost_kwh * p.opening_share,
            "bath_storage": self.kg * p.metal_kwh_per_kg_k * rise,
            "wall_storage": p.lining_kwh_per_k * rise,
            "auxiliary": power_kw * (1.0 - p.efficiency) * hours,
        }
        flows = (Flow("electricity", power_kw),) if power_kw else ()
        return Phase(length_s, state, flows, {term: kwh for term, kwh in heat.items() if kwh})
