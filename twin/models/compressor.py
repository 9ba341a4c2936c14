"""Compressors: electric power from the air that is drawn, by control, storage, pressure and intake temperature.

Power over full-load power, at a share x of what the machine delivers:

- load/unload with storage: loaded for the share x of the time; unloaded, power falls from full to ``unloaded_share`` as the separator is
  blown down, u + (1 - u) exp(-t / tau). With a receiver of volume V, a pressure band dp and v = V dp / (p0 Q) the time in which it stores
  full flow, a cycle is loaded for v / (1 - x) and unloaded for v / x, so the mean is
  x + (1 - x) [u + (1 - u) (tau x / v) (1 - exp(-v / (x tau)))].
  Blow-down takes about 40 s (US DOE, Improving Compressed Air System Performance, 3rd ed. 2016), taken as three time constants. At half
  load this gives 88 and 77 % for 1 and 3 US gal of storage per cfm; the sourcebook's curves read 87 and 76 %. Without ``receiver`` storage
  is unlimited: u + (1 - u) x.
- inlet modulation: 0.65 + 0.35 x (notes of the DOE sourcebook: 65 to 70 % of power at no flow).
- variable speed: linear between the least speed and full flow, 2 % above the fixed machine at full flow for the drive; below least
  speed it loads and unloads (sourcebook's figure of variable speed with unloading; the 2 % are assumed).
- start/stop: x, for machines with enough storage to stop.

Pressure: adiabatic work, P ~ (p2 / p1)^0.2832 - 1 (ORNL AMO-Tools-Suite), about 7 % a bar at 7 bar, as the sourcebook's 1 % per 2 psi.
Leaks are choked orifices: they pass in proportion to absolute pressure, and so does unregulated use. Intake: a displacement machine draws
the same volume whatever its temperature, so it delivers 293.15 K / T of its normal flow at the same power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.ledger.trace import CARRIER
from twin.models.profile import Pieces, rows, together
from twin.models.served import AIR, Served, Surroundings
from twin.scenario.schema import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Station

ATMOSPHERE_BAR = 1.01325
EXPONENT = 0.2832
"""(k - 1) / k of air, k = 1.395"""
REFERENCE_K = 293.15
BLOWDOWN_CONSTANTS = 3.0
"""time constants in a blow-down: 95 % of the fall"""
MODULATION_IDLE = 0.65
DRIVE_LOSS = 0.02
"""more than the fixed machine at full flow (assumed)"""
DRIVE_IDLE = 0.1
"""where the line of power over flow under variable speed meets no flow (assumed, after the sourcebook's figure)"""


def load_unload_share(
    x: np.ndarray, unloaded_share: float, storage_s: float | None, blowdown_s: float = 40.0
) -> np.ndarray:
    """Power over full power at a share ``x`` of the flow. ``storage_s``: time in which full flow fills the receiver; None: unlimited."""
    if storage_s is None:
        return np.asarray(unloaded_share + (1.0 - unloaded_share) * x)
    tau = blowdown_s / BLOWDOWN_CONSTANTS
    idle = np.full(x.shape, unloaded_share)
    some = x > 0.0
    ratio = storage_s / (tau * np.where(some, x, 1.0))
    idle[some] += (1.0 - unloaded_share) * (-np.expm1(-ratio[some]) / ratio[some])
    return np.asarray(x + (1.0 - x) * idle)


def pressure_factor(pressure_bar: float, rated_bar: float) -> float:
    """Power at a gauge pressure over power at the rated one, same flow."""
    ratio, rated = ((p + ATMOSPHERE_BAR) / ATMOSPHERE_BAR for p in (pressure_bar, rated_bar))
    return float((ratio**EXPONENT - 1.0) / (rated**EXPONENT - 1.0))


class Receiver(Part):
    """Storage of the air net."""

    volume_m3: Annotated[float, Q("m3")] = Field(alias="volume", gt=0, description="receivers and pipes")
    band_bar: Annotated[float, Q("bar")] = Field(
        0.7, alias="band", gt=0, description="from loading to unloading pressure (10 psi unless given)"
    )


class Compressor(Served):
    """A compressor, or several equal ones. Compressors of a scenario feed one net; those named first are loaded first."""

    stage: ClassVar[int] = AIR

    kind: Literal["compressor"]
    control: Literal["load_unload", "modulation", "variable_speed", "start_stop"] = "load_unload"
    rated_kw: Annotated[float, Q("kW")] = Field(
        alias="rated", gt=0, description="electric power at full flow and rated pressure"
    )
    delivers_nm3_per_s: Annotated[float, Q("Nm3/s")] = Field(alias="delivers", gt=0, description="full flow at 20 °C")
    leaks: Fraction = Field(
        0.0,
        ge=0,
        lt=1,
        description="leakage at rated pressure as a share of full flow, while the net is under pressure",
    )
    pressure_bar: Annotated[float, Q("bar")] = Field(
        7.0, alias="pressure", gt=0, le=500, description="of the net, gauge"
    )
    rated_pressure_bar: Annotated[float, Q("bar")] | None = Field(
        None,
        alias="rated_pressure",
        gt=0,
        description="gauge pressure at which power and leaks are stated; absent: pressure",
    )
    unloaded_share: Fraction = Field(0.3, ge=0, le=1, description="power unloaded and blown down over full power")
    receiver: Receiver | None = Field(None, description="storage between loading and unloading; absent: unlimited")
    blowdown_s: Annotated[float, Q("s")] = Field(
        40.0, alias="blowdown", gt=0, description="time in which power falls after unloading"
    )
    least_speed: Fraction = Field(0.25, gt=0, le=1, description="of full flow, under variable speed")
    intake_c: Annotated[float, Q("degC")] = Field(20.0, alias="intake", description="temperature of the air drawn in")
    unregulated: Fraction = Field(
        0.0, ge=0, le=1, description="share of the use that grows with absolute pressure (no regulator)"
    )
    sequencing: Literal["together", "one_by_one"] = Field(
        "together", description="equal units share the flow, or the next is loaded when the one before is full"
    )
    stops: bool = Field(default=False, description="a unit that is not needed stops instead of idling unloaded")

    # --- physics

    @property
    def flow_nm3_per_s(self) -> float:
        """Full flow of all units at the intake's temperature."""
        return self.units * self.delivers_nm3_per_s * REFERENCE_K / (self.intake_c + 273.15)

    @property
    def full_kw(self) -> float:
        """Power of one unit at full flow and the pressure of the net."""
        rated = self.pressure_bar if self.rated_pressure_bar is None else self.rated_pressure_bar
        return self.rated_kw * pressure_factor(self.pressure_bar, rated)

    @property
    def swelling(self) -> float:
        """Absolute pressure of the net over the rated one: what leaks and unregulated use grow with."""
        rated = self.pressure_bar if self.rated_pressure_bar is None else self.rated_pressure_bar
        return (self.pressure_bar + ATMOSPHERE_BAR) / (rated + ATMOSPHERE_BAR)

    @property
    def leaking_nm3_per_s(self) -> float:
        """Leaks at the pressure of the net."""
        return self.leaks * self.delivers_nm3_per_s * self.units * self.swelling

    def share(self, x: np.ndarray) -> np.ndarray:
        """Power over full power of one unit at a share of its full flow (cut at 1). Shape as given."""
        x = np.clip(x, 0.0, 1.0)
        if self.control == "modulation":
            return np.asarray(MODULATION_IDLE + (1.0 - MODULATION_IDLE) * x)
        if self.control == "start_stop":
            return x
        if self.control == "variable_speed":
            return self._variable_speed(x)
        storage_s = None
        if self.receiver is not None:
            stored = self.receiver.volume_m3 * self.receiver.band_bar / ATMOSPHERE_BAR
            storage_s = stored * self.units / self.flow_nm3_per_s
        return load_unload_share(x, self.unloaded_share, storage_s, self.blowdown_s)

    def _variable_speed(self, x: np.ndarray) -> np.ndarray:
        """Linear in flow down to the least speed, below it loaded there for a part of the time."""
        line = (1.0 + DRIVE_LOSS) * (DRIVE_IDLE + (1.0 - DRIVE_IDLE) * np.maximum(x, self.least_speed))
        duty = np.minimum(x / self.least_speed, 1.0)
        return np.asarray(line * (self.unloaded_share + (1.0 - self.unloaded_share) * duty))

    def power_kw(self, demand_nm3_per_s: np.ndarray) -> np.ndarray:
        """Mean electric power of all units at a demand of the equipment, leaks and unregulated use added. Shape as given."""
        return self.supplying_kw(demand_nm3_per_s * self.growth + self.leaking_nm3_per_s)

    @property
    def growth(self) -> float:
        """Use at the net's pressure over use at the rated one."""
        return 1.0 + self.unregulated * (self.swelling - 1.0)

    def supplying_kw(self, flow_nm3_per_s: np.ndarray) -> np.ndarray:
        """Mean electric power of all units that supply a flow, leaks included. Shape as given."""
        one = self.flow_nm3_per_s / self.units
        if self.sequencing == "together":
            loads = [flow_nm3_per_s / self.units] * self.units
        else:
            loads = [np.clip(flow_nm3_per_s - k * one, 0.0, one) for k in range(self.units)]
        power = np.zeros(flow_nm3_per_s.shape)
        for load in loads:
            drawn = self.full_kw * self.share(load / one)
            power += np.where(load > 0.0, drawn, 0.0) if self.stops else drawn
        return power

    # --- in the plant

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """Under pressure while any equipment that uses air is not off; exact, since demand is piecewise constant."""
        flows = here.tables["flows"]
        users = np.unique(flows["equipment"][flows["carrier"] == CARRIER["compressed_air"]])
        edges, (demand, present) = together(here.drawn("compressed_air"), here.attended(users))
        net = [one for one in here.scenario.utilities.values() if isinstance(one, Compressor)] or [self]
        wanted = np.maximum(demand, 0.0) * self.growth + sum(one.leaking_nm3_per_s for one in net)
        place = next((k for k, one in enumerate(net) if one is self), 0)
        before = sum(one.flow_nm3_per_s for one in net[:place])
        mine = np.clip(wanted - before, 0.0, self.flow_nm3_per_s)
        if self is net[-1] and len(wanted):
            short = np.where(present > 0.0, np.maximum(wanted - before - self.flow_nm3_per_s, 0.0), 0.0)
            here.facts["air_short_nm3"] = float(np.dot(short, np.diff(edges)))
        return rows(equipment, edges, present > 0.0, {"electricity": self.supplying_kw(mine)})

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Power at the highest use of all stations together."""
        most = 0.0
        for station in stations.values():
            air = getattr(station, "air", None)
            if air is not None:
                most += station.units * max(air.processing_nm3_per_s, air.standby_nm3_per_s)
        return float(self.power_kw(np.array([0.0, most])).max())
