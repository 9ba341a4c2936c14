"""What a thermal operation starts from and returns: states, segments of time, courses of segments.

Power stands as rows ``base + sum amp exp(-t/tau)`` and heat as terms found from temperatures, so that comparing the
two is a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1

from twin.models.metals import Alloy
from twin.models.network import KJ_PER_KWH, Vector

PowerRow = tuple[
    float, float, float, tuple[tuple[float, float], ...]
]  # start s, duration s, base kW, ((amp kW, tau s), …)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The thermal state of a furnace: never changed in place.

    ``nodes_c`` (read-only array, shape (n,)): bath or chamber, then the wall nodes; ``mass_kg`` of ``alloy`` in the
    bath (0: empty).
    """

    nodes_c: Vector
    mass_kg: float
    alloy: Alloy

    @property
    def bath_c(self) -> float:
        """Temperature of the bath, or of the empty chamber."""
        return float(self.nodes_c[0])

    @property
    def enthalpy_kwh(self) -> float:
        """Heat in the metal above the solid at 20 °C."""
        return self.mass_kg * self.alloy.enthalpy_kwh_per_kg(self.bath_c)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of time inside one band. ``heat_kwh`` holds the terms ``sensible, latent, superheat`` (bath),
    ``storage`` (walls and chamber), ``opening`` (radiation), ``convection`` and one for each chain's ``term``
    (``wall``, ``water``); they sum to the heat supplied.
    """

    duration_s: float
    base_kw: float
    exponentials: tuple[tuple[float, float], ...]
    from_c: float
    to_c: float
    mode: str
    heat_kwh: dict[str, float]

    @property
    def energy_kwh(self) -> float:
        """Integral of the power rows."""
        return _row_kwh(self.duration_s, self.base_kw, self.exponentials)

    @property
    def residual(self) -> float:
        """|energy - sum of heat terms| over the sum of their magnitudes."""
        return _residual(self.energy_kwh, self.heat_kwh)


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments in order, and what they add up to."""

    segments: tuple[Segment, ...]

    @property
    def duration_s(self) -> float:
        """Length of all segments."""
        return sum(segment.duration_s for segment in self.segments)

    @property
    def energy_kwh(self) -> float:
        """Heat supplied, from the power rows."""
        return sum(segment.energy_kwh for segment in self.segments)

    @property
    def heat_kwh(self) -> dict[str, float]:
        """Sum of each heat term over the segments."""
        total: dict[str, float] = {}
        for segment in self.segments:
            for term, kwh in segment.heat_kwh.items():
                total[term] = total.get(term, 0.0) + kwh
        return total

    @property
    def residual(self) -> float:
        """|energy - sum of heat terms| over the sum of their magnitudes."""
        return _residual(self.energy_kwh, self.heat_kwh)

    def power_rows(self) -> list[PowerRow]:
        """Power from the course's start; neighbouring segments of one constant power are one row."""
        rows: list[PowerRow] = []
        at = 0.0
        for segment in self.segments:
            last = rows[-1] if rows else None
            if last and not last[3] and not segment.exponentials and last[2] == segment.base_kw:
                rows[-1] = (last[0], last[1] + segment.duration_s, last[2], ())
            else:
                rows.append((at, segment.duration_s, segment.base_kw, segment.exponentials))
            at += segment.duration_s
        return rows


@dataclass(frozen=True, slots=True)
class Course(Segments):
    """What an operation did: its segments in order, the state that it leads to, and what ended it (``time``,
    ``target`` or ``never``).
    """

    state: State
    ended_by: str

    def then(self, following: Course) -> Course:
        """This course followed by another."""
        return Course(self.segments + following.segments, following.state, following.ended_by)


def _row_kwh(duration_s: float, base_kw: float, exponentials: tuple[tuple[float, float], ...]) -> float:
    kj = base_kw * duration_s
    for amp, tau in exponentials:
        kj += amp * tau * -expm1(-duration_s / tau)
    return kj / KJ_PER_KWH


def _residual(energy_kwh: float, heat_kwh: dict[str, float]) -> float:
    scale = abs(energy_kwh) + sum(abs(kwh) for kwh in heat_kwh.values())
    return abs(energy_kwh - sum(heat_kwh.values())) / scale if scale else 0.0
