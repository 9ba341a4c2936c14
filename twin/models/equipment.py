"""Base classes of equipment kinds: what a kind derives from tells the simulator what it does.

:class:`Working` processes lots one after the other, :class:`Batching` several pieces together, :class:`Delaying` only lets time pass.
Casting and melting are in :mod:`twin.models.casting` and :mod:`twin.models.furnace`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from twin.core.faults import did_you_mean
from twin.core.units import Q
from twin.ledger.trace import CARRIER, STATES
from twin.models.durations import Time, mean_s
from twin.scenario.features import BATCHING, DELAYING, WORKING
from twin.scenario.schema import Air, Duration, Power, Problem, Product, Setup, Station

if TYPE_CHECKING:
    from twin.scenario.schema import ScenarioSpec

Rates = dict[int, dict[int, float]]
"""state code: {carrier code: rate in the carrier's unit}; a state or carrier that is absent draws nothing"""


def time_problems(name: str, spec: ScenarioSpec, key: str, times: Any) -> list[Problem]:
    """Products that pass the station ``name`` without a time of theirs, times of products that do not exist, cycles without a time."""
    each = times if isinstance(times, Mapping) else {"": times}
    if key == "cycle" and (none := [product for product, time in each.items() if not mean_s(time)]):
        at = f"{key}.{none[0]}" if none[0] else key
        return [(at, "a cycle takes some time", "e.g. '62 s'")]
    if not isinstance(times, Mapping):
        return []
    passing = [product for product, made in spec.products.items() if name in made.route]
    found = [
        (key, f"no time of product {product!r}, whose route passes here", f"add {product}: …, or one time for all")
        for product in passing
        if product not in times
    ]
    unknown = [product for product in times if product not in spec.products]
    return found + [
        (f"{key}.{product}", "no such product", did_you_mean(product, spec.products)) for product in unknown
    ]


class Powered(Station):
    """Equipment that draws a constant power in each state."""

    power: Power | None = Field(None, description="electric power by state; absent: none")
    air: Air | None = Field(None, description="compressed air by state")
    stay_on_s: Annotated[float, Q("s")] = Field(
        5400.0,
        alias="stay_on",
        ge=0,
        description="stays on (standby) over gaps between working hours up to this long; off over longer ones",
    )
    operators: int = Field(1, ge=0, description="people of its crew who stay when work runs past the end of the shift")

    def rates(self) -> Rates:
        """Constant rates of each state."""
        rates: Rates = {}
        for code, state in enumerate(STATES):
            drawn = {
                CARRIER["electricity"]: self._power_kw(state),
                CARRIER["compressed_air"]: self._air_nm3_per_s(state),
            }
            if any(drawn.values()):
                rates[code] = {carrier: rate for carrier, rate in drawn.items() if rate}
        return rates

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """The highest of its states, of all units."""
        return self.units * max(
            (drawn.get(CARRIER["electricity"], 0.0) for drawn in self.rates().values()), default=0.0
        )

    def _power_kw(self, state: str) -> float:
        if self.power is None or state == "off":
            return 0.0
        if state == "processing":
            return self.power.processing_kw
        if state == "setup" and self.power.setup_kw is not None:
            return self.power.setup_kw
        if state == "startup" and self.power.startup is not None:
            return self.power.startup.power_kw
        if state == "holding" and self.power.cooldown is not None:
            return self.power.cooldown.power_kw
        return self.power.standby_kw

    def _air_nm3_per_s(self, state: str) -> float:
        if self.air is None or state == "off":
            return 0.0
        return self.air.processing_nm3_per_s if state == "processing" else self.air.standby_nm3_per_s

    def startup_s(self) -> float:
        """Seconds of the start-up after being off."""
        return 0.0 if self.power is None or self.power.startup is None else self.power.startup.duration_s

    def cooldown_s(self) -> float:
        """Seconds of the controlled cool-down when it is switched off for long."""
        return 0.0 if self.power is None or self.power.cooldown is None else self.power.cooldown.duration_s

    def off_after_s(self) -> float:
        """Seconds without a lot after which it goes off; infinite where it stays on."""
        return math.inf if self.power is None or self.power.off_after_s is None else self.power.off_after_s


class Working(Powered):
    """Processes lots one after the other, piece by piece. Work stops when the crew leaves and goes on when it is back, between pieces."""

    features: ClassVar[frozenset[str]] = WORKING
    cycle: Time | dict[str, Time] = Field(description="time of one piece, or {product: time of one piece}")
    setup: Setup | None = Field(None, description="work between two lots of different products")

    def cycle_of(self, product: str) -> Duration:
        """Time of one piece of ``product``; a KeyError names a product without one."""
        return self.cycle[product] if isinstance(self.cycle, dict) else self.cycle

    def work_s(self, product_name: str, product: Product) -> float:
        """Mean seconds of work on one piece, of one unit."""
        return mean_s(self.cycle_of(product_name))

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Times that are missing or of products that do not exist."""
        return [*super().problems(name, spec), *time_problems(name, spec, "cycle", self.cycle)]


class Batching(Powered):
    """Processes up to ``batch`` pieces together, of one or several lots. A cycle begun is finished, after the shift's end if need be."""

    features: ClassVar[frozenset[str]] = BATCHING
    batch: int = Field(gt=0, description="pieces of one cycle")
    cycle: Time | dict[str, Time] = Field(description="time of one cycle, or {product: time of one cycle}")

    def cycle_of(self, product: str) -> Duration:
        """Time of one cycle that begins with ``product``."""
        return self.cycle[product] if isinstance(self.cycle, dict) else self.cycle

    def work_s(self, product_name: str, product: Product) -> float:
        """Mean seconds of work on one piece, of one unit with full batches."""
        return mean_s(self.cycle_of(product_name)) / self.batch

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Times that are missing or of products that do not exist."""
        return [*super().problems(name, spec), *time_problems(name, spec, "cycle", self.cycle)]


class Delaying(Station):
    """Lets time pass for every lot, day and night, with nothing drawn: cooling in the mould, curing, ageing at room temperature."""

    features: ClassVar[frozenset[str]] = DELAYING
    time: Time | dict[str, Time] = Field(description="time of a lot, or {product: time of a lot}")
    places: int | None = Field(None, gt=0, description="lots at a time; absent: no limit")
    at_shift_end: Literal["continue"] = Field("continue", description="time passes whether anybody is there or not")

    def time_of(self, product: str) -> Duration:
        """Time of a lot of ``product``."""
        return self.time[product] if isinstance(self.time, dict) else self.time

    def work_s(self, product_name: str, product: Product) -> float:
        """Seconds that a piece keeps a place, of one unit; nothing where places are unlimited."""
        return 0.0 if self.places is None else mean_s(self.time_of(product_name)) / product.lot / self.places

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Times that are missing or of products that do not exist."""
        return [*super().problems(name, spec), *time_problems(name, spec, "time", self.time)]
