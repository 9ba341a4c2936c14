"""An electric salt bath in which baskets of steel are tempered: an equipment kind of its own, on the carbon twin's batch interface.

Physics, exact between events: the salt is one lump with a loss to the hall, kept at its set point (power = loss + what the charge takes);
the charge is one lump that follows the salt, ``m c dT/dt = G (T_salt - T)``, so what it takes falls exponentially. Stated
approximations: the salt stays at its set point while the charge heats, which :meth:`SaltBath.problems` checks by the largest power;
drag-out of salt is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from twin.core.units import Fraction, Q
from twin.models.batches import Batch, BatchProcess
from twin.models.phases import Flow, Phase
from twin.scenario.schema import Problem, ScenarioSpec

STEEL_KWH_PER_KG_K = 0.50 / 3600.0
"""0.50 kJ/(kg K), mean of low-alloy steel between 20 and 250 °C (EN 1993-1-2:2005, 3.4.1.2)"""


@dataclass
class Salt:
    """What a bath remembers between batches: its temperature, °C."""

    temperature_c: float


class SaltBath(BatchProcess):
    """A salt bath for tempering: baskets go in cold and come out when they are at the salt's temperature and have soaked."""

    kind: Literal["salt_bath"]
    set_c: Annotated[float, Q("degC")] = Field(alias="set", description="temperature of the salt")
    rated_kw: Annotated[float, Q("kW")] = Field(alias="rated", gt=0, description="electric power of the heaters")
    efficiency: Fraction = Field(0.95, gt=0, le=1, description="heat into the salt over electricity")
    salt_kwh_per_k: Annotated[float, Q("kWh/K")] = Field(
        alias="salt", gt=0, description="heat capacity of salt and pot"
    )
    loss_w_per_k: Annotated[float, Q("W/K")] = Field(
        alias="loss", gt=0, description="loss of pot and surface per kelvin"
    )
    uptake_w_per_k: Annotated[float, Q("W/K")] = Field(alias="uptake", gt=0, description="from salt to a full charge")
    within_k: Annotated[float, Q("K")] = Field(
        5.0, alias="within", gt=0, description="the charge is hot this close to the salt"
    )
    soak_s: Annotated[float, Q("s")] = Field(alias="soak", ge=0, description="time in the salt once the charge is hot")
    warm_up_s: Annotated[float, Q("s")] = Field(
        0.0, alias="warm_up", ge=0, description="switched on this long before work after a long gap"
    )
    hall_c: Annotated[float, Q("degC")] = Field(
        20.0, alias="hall", description="temperature of the hall and of the charge"
    )

    # --- what the station core asks

    def start(self) -> Salt:
        """Cold: the salt is at the hall's temperature."""
        return Salt(self.hall_c)

    def startup_s(self) -> float:
        """Seconds of warming up after being off."""
        return self.warm_up_s

    def reserved_kw(self) -> float:
        """Rated power."""
        return self.rated_kw

    def begin(self, batch: Batch, state: Salt) -> Sequence[Phase]:
        """Bring the salt back to its set point if it is not there, then heat the charge and soak it."""
        phases: list[Phase] = []
        if state.temperature_c < self.set_c:
            phases = self._thermostat(self._reheat_s(state), "processing", state, batch.cuts_s)
        done_s = sum(phase.duration_s for phase in phases)
        cuts = [cut - done_s for cut in batch.cuts_s if cut > done_s]
        return [*phases, *self._charge(batch.kg, cuts)]

    def rest(self, duration_s: float, duty: str, state: Salt) -> Sequence[Phase]:
        """Off it cools; otherwise the thermostat keeps it, also at night if the gap is short."""
        if duty in ("off", "down"):
            return [self._heated(0.0, duration_s, duty, state)]
        return self._thermostat(duration_s, "holding" if duty in ("standby", "starved") else duty, state)

    # --- physics

    def holding_kw(self) -> float:
        """Heat that keeps the salt at its set point, kW."""
        return self.loss_w_per_k * (self.set_c - self.hall_c) / 1000.0

    def charge_tau_s(self, kg: float) -> float:
        """Time constant of a charge: mass times heat capacity over conductance."""
        return kg * STEEL_KWH_PER_KG_K * 3.6e6 / self.uptake_w_per_k

    def _charge(self, kg: float, cuts_s: Sequence[float]) -> Iterator[Phase]:
        """The charge takes ``G (T_salt - T_hall) exp(-t / tau)``; the salt's loss goes on. Cut where the horizon begins or ends."""
        rise_k, tau_s = self.set_c - self.hall_c, self.charge_tau_s(kg)
        end_s = tau_s * math.log(max(1.0, rise_k / self.within_k)) + self.soak_s
        taken_kw = self.uptake_w_per_k * rise_k / 1000.0
        for t0, t1 in pairwise([0.0, *(cut for cut in cuts_s if cut < end_s), end_s]):
            amp_kw = taken_kw * math.exp(-t0 / tau_s)
            hours = (t1 - t0) / 3600.0
            heat_kwh = {
                "charge_sensible": kg * STEEL_KWH_PER_KG_K * rise_k * (math.exp(-t0 / tau_s) - math.exp(-t1 / tau_s)),
                "wall_conduction": self.holding_kw() * hours,
            }
            heat_kwh["auxiliary"] = sum(heat_kwh.values()) * (1.0 / self.efficiency - 1.0)
            flow = Flow("electricity", self.holding_kw() / self.efficiency, ((amp_kw / self.efficiency, tau_s),))
            yield Phase(t1 - t0, "processing", (flow,), heat_kwh)

    def _reheat_s(self, salt: Salt) -> float:
        """Seconds at rated power to the set point."""
        limit_c = self.hall_c + 1000.0 * self.rated_kw * self.efficiency / self.loss_w_per_k
        return self._tau_s() * math.log((limit_c - salt.temperature_c) / (limit_c - self.set_c))

    def _tau_s(self) -> float:
        return self.salt_kwh_per_k * 3.6e6 / self.loss_w_per_k

    def _thermostat(self, duration_s: float, word: str, salt: Salt, cuts_s: Sequence[float] = ()) -> list[Phase]:
        """Rated power up to the set point, then as much as it loses."""
        hot_s = min(self._reheat_s(salt), duration_s) if salt.temperature_c < self.set_c - 1e-9 else 0.0
        phases = []
        for t0, t1 in pairwise(sorted({0.0, hot_s, duration_s, *(cut for cut in cuts_s if cut < duration_s)})):
            power_kw = self.rated_kw if t1 <= hot_s else self.holding_kw() / self.efficiency
            phases.append(self._heated(power_kw, t1 - t0, word, salt))
        if duration_s >= hot_s > 0.0 and math.isclose(salt.temperature_c, self.set_c, abs_tol=1e-6):
            salt.temperature_c = self.set_c  # not a last bit beside it
        return phases

    def _heated(self, power_kw: float, duration_s: float, word: str, salt: Salt) -> Phase:
        """Constant power for some time: the salt goes exponentially to where that power would hold it."""
        limit_c = self.hall_c + 1000.0 * power_kw * self.efficiency / self.loss_w_per_k
        fallen = -math.expm1(-duration_s / self._tau_s())
        before_c, hours = salt.temperature_c, duration_s / 3600.0
        salt.temperature_c = before_c + (limit_c - before_c) * fallen
        above_k_h = (limit_c - self.hall_c) * hours + (before_c - limit_c) * self._tau_s() / 3600.0 * fallen
        heat_kwh = {
            "wall_conduction": self.loss_w_per_k * above_k_h / 1000.0,
            "bath_storage": self.salt_kwh_per_k * (salt.temperature_c - before_c),
            "auxiliary": power_kw * (1.0 - self.efficiency) * hours,
        }
        flows = (Flow("electricity", power_kw),) if power_kw else ()
        return Phase(duration_s, word, flows, heat_kwh)

    # --- what a user may get wrong

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Heaters too small for a full charge, a set point at which no salt is liquid."""
        found = list(super().problems(name, spec))
        needed_kw = (self.holding_kw() + self.uptake_w_per_k * (self.set_c - self.hall_c) / 1000.0) / self.efficiency
        if needed_kw > self.rated_kw:
            found.append(
                ("rated", f"holding and a cold charge take {needed_kw:.0f} kW", f"at least {needed_kw:.0f} kW")
            )
        if not 150.0 <= self.set_c <= 550.0:  # common nitrate and nitrite salts (assumed)
            found.append(("set", "nitrate salts work between 150 and 550 degC", "e.g. '250 degC'"))
        return found
