"""What a heated chamber is made of: losses, modes, supply, link, load; its states and what an operation hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from twin.models.chords import Chords, constant
from twin.models.courses import Segments
from twin.models.elements import REFERENCE_C
from twin.models.metals import Alloy
from twin.models.network import Vector
from twin.models.surfaces import Surface
from twin.models.walls import Chain

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
