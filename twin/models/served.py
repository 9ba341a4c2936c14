"""What a utility sees of the plant that it serves, and the base class of utilities.

A utility is computed after the run from the tables of the trace, because nothing waits for it. Utilities come in stages, each seeing what
the stages before it have added: air and dust, then cooling, steam and space heating, recovery of heat, capacitors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from twin.ledger.trace import CARRIER, STATE, STATES, TERM, Table
from twin.models.profile import Pieces, Profile, merged, together
from twin.scenario.schema import Problem, Station, Utility

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import ScenarioSpec

AIR, COOLING, HEATING, RECOVERY, CAPACITORS = 10, 20, 30, 40, 90
"""stages"""
COMPRESSOR_HEAT = 0.9
"""of a compressor's electricity reaches its cooling (US DOE, Improving Compressed Air System Performance: 80 to 93 %)"""
_OFF, _PROCESSING = STATE["off"], STATE["processing"]


@dataclass
class Surroundings:
    """The plant as utilities see it: who is who, what was done and drawn so far. ``station_of`` (equipment,) holds names, "" for none."""

    scenario: Scenario
    names: list[str]
    station_of: list[str]
    tables: dict[str, Table]
    end_s: float
    facts: dict[str, float] = field(default_factory=dict)

    def equipment(self, served: Iterable[str] | None = None) -> np.ndarray:
        """Codes of the equipment of stations and of utilities by name; None: of all stations."""
        if served is None:
            return np.array([k for k, station in enumerate(self.station_of) if station], dtype=np.int64)
        wanted = set(served)
        return np.array(
            [
                k
                for k, (name, station) in enumerate(zip(self.names, self.station_of, strict=True))
                if station in wanted or name.removeprefix("utility.") in wanted
            ],
            dtype=np.int64,
        )

    def add(self, made: Mapping[str, Pieces]) -> None:
        """Adds rows to the tables."""
        self.tables = merged(self.tables, made)

    # --- what equipment did and drew

    def in_states(self, equipment: np.ndarray, rate_of: np.ndarray) -> Profile:
        """The sum over equipment of a rate by its state. ``rate_of``: (states,) or (states, equipment of the plant)."""
        states = self.tables["states"]
        mine = np.isin(states["equipment"], equipment)
        state, who = states["state"][mine], states["equipment"][mine]
        rate = rate_of[state] if rate_of.ndim == 1 else rate_of[state, who]
        return Profile.of(states["t0"][mine], states["t1"][mine], np.asarray(rate, np.float64), self.end_s)

    def attended(self, equipment: np.ndarray) -> Profile:
        """How many of some equipment are not off."""
        return self.in_states(equipment, np.array([0.0 if k == _OFF else 1.0 for k in range(len(STATES))]))

    def working(self, equipment: np.ndarray, weight: Mapping[str, float] | None = None) -> Profile:
        """How many of some equipment are processing, each with the weight of its station (1 where none is given)."""
        rate = np.zeros((len(STATES), len(self.names)))
        rate[_PROCESSING] = [(weight or {}).get(station, 1.0) for station in self.station_of]
        return self.in_states(equipment, rate)

    def drawn(self, carrier: str, equipment: np.ndarray | None = None) -> Profile:
        """What is drawn of a carrier, in its unit; a row that decays counts by its mean over its own length."""
        flows = self.tables["flows"]
        mine = flows["carrier"] == CARRIER[carrier]
        if equipment is not None:
            mine &= np.isin(flows["equipment"], equipment)
        found = flows.where(mine)
        length = np.maximum(found["t1"] - found["t0"], 1e-12)
        decay = -found["amp"] * found["tau"] * np.expm1(-length / found["tau"]) / length
        return Profile.of(found["t0"], found["t1"], found["base"] + decay, self.end_s)

    def heat(self, equipment: np.ndarray, terms: Sequence[str]) -> Profile:
        """Heat of some terms of the thermal balance in kW, each phase's mean."""
        heat = self.tables["heat"]
        mine = np.isin(heat["equipment"], equipment) & np.isin(heat["term"], [TERM[term] for term in terms])
        found = heat.where(mine & (heat["t1"] > heat["t0"]))
        return Profile.of(found["t0"], found["t1"], found["kwh"] * 3600.0 / (found["t1"] - found["t0"]), self.end_s)

    def outdoors(self) -> Profile:
        """Dry-bulb temperature outdoors, °C."""
        from twin.models.weather import outdoors_c

        return outdoors_c(self.scenario, self.end_s)

    def to_be_cooled(self, served: Sequence[str]) -> Profile:
        """Heat in kW that stations and utilities give to cooling: what they state, cooling water of furnaces, heat of compressors."""
        equipment = self.equipment(served)
        utilities = self.scenario.utilities
        compressors = [name for name in served if name in utilities and utilities[name].kind == "compressor"]
        edges, levels = together(
            self.drawn("cooling", equipment),
            self.heat(equipment, ["cooling_water"]),
            self.drawn("electricity", self.equipment(compressors)),
        )
        levels[2] = levels[2] * COMPRESSOR_HEAT
        return Profile(edges, np.maximum(np.sum(levels, axis=0), 0.0))


class Served(Utility):
    """Base of utilities: gives its rows from what it sees, and the most that it may draw."""

    stage: ClassVar[int] = AIR

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """States, flows and counters of the utility."""
        raise NotImplementedError

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """The highest electric power that it may draw while ``stations`` do what they can; what a power cap reserves for it."""
        raise NotImplementedError

    def unknown(self, key: str, names: Iterable[str], spec: ScenarioSpec) -> list[Problem]:
        """A fault for each name that is neither a station nor a utility."""
        from twin.core.faults import did_you_mean

        known = [*spec.stations, *spec.utilities]
        return [
            (f"{key}.{index}", "no such station or utility", did_you_mean(name, known))
            for index, name in enumerate(names)
            if name not in known
        ]


def most_of_utilities_kw(utilities: Mapping[str, Utility], stations: Mapping[str, Station]) -> float:
    """The highest electric power that all utilities may draw together."""
    return sum(part.most_kw(stations) for part in utilities.values() if isinstance(part, Served))
