"""Liquid metal beside a casting unit: amounts of it, and the feed that keeps it (a dosing furnace, or a ladle with a pouring window)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.ledger.trace import NONE
from twin.models.books import Books
from twin.models.dosing import DosingBath
from twin.models.worktime import WorkTime

if TYPE_CHECKING:
    from twin.models.metal import MetalUnit

TINY_KG = 1e-6


@dataclass(slots=True)
class Metal:
    """An amount of liquid metal: mass, the carbon in it, temperature."""

    kg: float = 0.0
    carbon_kg: float = 0.0
    temperature_c: float = 0.0

    def take(self, kg: float) -> Metal:
        """Take some away, with its share of the carbon; all of it when next to nothing would be left."""
        if kg >= self.kg - TINY_KG:
            kg = self.kg
        carbon = self.carbon_kg * (kg / self.kg) if self.kg else 0.0
        self.kg, self.carbon_kg = self.kg - kg, self.carbon_kg - carbon
        return Metal(kg, carbon, self.temperature_c)

    def add(self, other: Metal) -> None:
        """Mix in another amount; the temperature is that of the mixture at equal heat capacity."""
        kg = self.kg + other.kg
        if kg:
            self.temperature_c = (self.kg * self.temperature_c + other.kg * other.temperature_c) / kg
        self.kg, self.carbon_kg = kg, self.carbon_kg + other.carbon_kg


@dataclass(slots=True)
class Thermostat:
    """Set points of a dosing furnace: the hold temperature while its cell's crew is there, less the setback in long gaps between.

    In a gap the bath is let down and heated again at rated power so that it is back at the hold temperature when the crew is.
    """

    worktime: WorkTime
    hold_c: float
    setback_k: float
    least_gap_s: float = 5400.0
    down_until: float = -math.inf
    """until when it draws nothing, because a power cap wants its power"""

    def next_change(self, t: float) -> float:
        """The next time after ``t`` when working time begins or ends, or it is set down no longer."""
        if t < self.down_until:
            return self.down_until
        if self.worktime.open(t):
            return self.worktime.closes(t)
        return self.worktime.next_open(t)

    def advance(
        self, bath: DosingBath, t0: float, t1: float, write: Callable[[float, float, float, str], None]
    ) -> None:
        """Call ``write(from, to, set point, state)`` for the stretches of ``[t0, t1]``; ``write`` advances the bath."""
        while t0 < t1:
            change = self.next_change(t0)
            stretch = min(change, t1)
            if t0 < self.down_until:
                write(t0, stretch, bath.parameters.ambient_c, "holding")
            elif self.worktime.open(t0) or not self._gap(t0):
                write(t0, stretch, self.hold_c, "holding")
            else:
                low_c = self.hold_c - self.setback_k
                reheat = self._reheat_at(bath, t0, change, low_c) if self.setback_k else change
                if reheat > t0:
                    write(t0, min(reheat, stretch), low_c, "standby")
                if reheat < stretch:
                    write(max(reheat, t0), stretch, self.hold_c, "standby")
            t0 = stretch

    def _gap(self, t: float) -> bool:
        """Whether the gap in working time that holds ``t`` is long enough to let the bath down."""
        k = self.worktime.next_open(t)
        return k == math.inf or k - self.worktime.before(t) > self.least_gap_s

    def _reheat_at(self, bath: DosingBath, t: float, due: float, low_c: float) -> float:
        """When heating must begin for the bath to be at the hold temperature at ``due`` (bisection on the exact course)."""
        if due == math.inf:
            return due
        early, late = t, due
        for _ in range(50):
            middle = (early + late) / 2.0
            if middle + bath.after(middle - t, low_c).reheat_s(self.hold_c) <= due:
                early = middle
            else:
                late = middle
        return early


class Feed:
    """The metal beside one casting unit: a dosing furnace, or a ladle with a pouring window."""

    __slots__ = (
        "bath",
        "books",
        "capacity_kg",
        "equipment",
        "expires",
        "incoming_kg",
        "material",
        "metal",
        "residue_kg",
        "set_down_k",
        "since",
        "thermostat",
        "unit",
        "window_s",
    )

    def __init__(
        self, books: Books, equipment: int, material: int, capacity_kg: float, window_s: float = math.inf
    ) -> None:
        self.books, self.equipment, self.material, self.capacity_kg, self.window_s = (
            books,
            equipment,
            material,
            capacity_kg,
            window_s,
        )
        self.metal = Metal()
        self.incoming_kg = self.residue_kg = self.since = self.set_down_k = 0.0
        self.expires = math.inf
        self.bath: DosingBath | None = None
        self.thermostat: Thermostat | None = None
        self.unit: MetalUnit

    @property
    def usable_kg(self) -> float:
        """Metal that can be cast."""
        return self.metal.kg - self.residue_kg

    @property
    def room_kg(self) -> float:
        """Metal that it can still take."""
        return self.capacity_kg - self.metal.kg - self.incoming_kg

    # --- under a power cap

    def reserved_kw(self, t0: float, t1: float) -> float:
        """The most that its heating draws between two times to come: nothing while set down, all of it while it brings the bath back (or
        may have to, because metal comes too cold or its crew goes and comes), else what holding takes.
        """
        if self.bath is None or self.thermostat is None or t1 <= self.thermostat.down_until:
            return 0.0
        rated_kw = self.bath.parameters.rated_kw
        if t0 < self._hot_at() or self._cooled_by_metal() or self._gap_before(t1):
            return rated_kw
        return self.bath.holding_kw(self.thermostat.hold_c)

    def changes(self, t: float) -> Sequence[float]:
        """Times after ``t`` at which that changes."""
        if self.bath is None or self.thermostat is None:
            return ()
        return [x for x in (self.thermostat.down_until, self._hot_at()) if x > t]

    def _hot_at(self) -> float:
        """When the bath is back at its set point, if it is below now or will be when it is set down no longer."""
        if self.bath is None or self.thermostat is None:
            return -math.inf
        begins = max(self.since, self.thermostat.down_until)
        bath = self.bath
        if begins > self.since:
            bath = bath.after(begins - self.since, bath.parameters.ambient_c)
        return begins + bath.reheat_s(self.thermostat.hold_c)

    def _cooled_by_metal(self) -> bool:
        kind = None if self.unit.supplier is None else getattr(self.unit.supplier, "kind", None)
        return kind is None or self.thermostat is None or kind.tap_c - kind.ladle.loss_k < self.thermostat.hold_c

    def _gap_before(self, t: float) -> bool:
        """Whether the bath is let down and heated again in a gap of its crew's time before ``t``."""
        clock = self.thermostat
        if clock is None or not clock.setback_k:
            return False
        return not clock.worktime.open(self.since) or clock.worktime.closes(self.since) < t

    def can_spare_s(self, now: float) -> float:
        """For how long it may stay without power before its bath is ``set_down_k`` below the set point."""
        self.progress(now)
        if self.bath is None or self.thermostat is None or now < self.thermostat.down_until:
            return 0.0
        low_c = self.thermostat.hold_c - self.set_down_k
        return self.bath.cooling_s(low_c) if self.bath.temperature_c > low_c else 0.0

    def set_down(self, until_s: float) -> None:
        """Draw nothing until then."""
        if self.thermostat is not None:
            self.books.count("set_downs", 1.0, self.since)
            self.thermostat.down_until = until_s

    def progress(self, now: float) -> None:
        """Bring the bath to ``now`` and write what it did."""
        if self.bath is not None and self.thermostat is not None and now > self.since:
            self.thermostat.advance(self.bath, self.since, now, self._write)
        self.since = now

    def _write(self, t0: float, t1: float, set_c: float, state: str) -> None:
        if self.bath is not None:
            for a, b in self.books.pieces(t0, t1):
                self.books.phases(self.equipment, NONE, a, self.bath.advance(b - a, set_c, state))

    def receive(self, metal: Metal, now: float) -> None:
        """Metal arrives from a furnace."""
        self.progress(now)
        self.incoming_kg = max(0.0, self.incoming_kg - metal.kg)
        if self.metal.kg < TINY_KG:
            self.expires = now + self.window_s
            if self.window_s < math.inf:
                self.unit.floor.after(self.window_s, self.expire)
        if self.bath is not None:
            self.bath.receive(metal.kg, metal.temperature_c)
        self.metal.add(metal)
        if self.bath is not None:
            self.metal.temperature_c = self.bath.temperature_c
        self.unit.metal_came()

    def draw(self, kg: float, now: float) -> Metal:
        """Metal leaves for the mould or die."""
        self.progress(now)
        if self.bath is not None:
            self.metal.temperature_c = self.bath.temperature_c
        drawn = self.metal.take(kg)
        if self.bath is not None:
            self.bath.kg = self.metal.kg
        self.books.least("coldest_pour_c", drawn.temperature_c, now)
        return drawn

    def expire(self, event: Any) -> None:
        """The pouring window is over: what is left is pigged."""
        now = self.unit.floor.now
        if self.metal.kg > 0.0 and now >= self.expires - 1e-6:
            late = self.metal.take(math.inf)
            self.books.material(now, self.equipment, NONE, self.material, "returns", late.kg, late.carbon_kg)
            self.books.count("pigged_kg", late.kg, now)
            self.unit.look()
