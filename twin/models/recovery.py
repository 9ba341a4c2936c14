"""Heat recovery between one source and one sink, where both are there at the same time and the temperatures allow it.

Both are streams of constant heat capacity flow: the source cools from Ts to Ts' and gives Qs, the sink warms from Tc to Th and takes Qk. A
counterflow exchanger with a least temperature difference dT passes
Q = max(0, min(fs Qs, fk Qk)), fs = min(1, (Ts - dT - Tc) / (Ts - Ts')), fk = min(1, (Ts - dT - Tc) / (Th - Tc)):
the sink's outlet cannot come nearer to Ts than dT, nor the source's outlet nearer to Tc (pinch analysis of two streams; Linnhoff, User
Guide on Process Integration, 1982). What the sink is spared is Q over the efficiency with which its carrier heats it. There is no
store: simultaneity is exact between phases, where a phase of the source counts by its mean.

As a source, a compressor gives a share of its electricity: 50 to 90 % can be recovered (US DOE, Improving Compressed Air System
Performance); a station gives a share of a term of its thermal balance, such as flue or cooling_water.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from twin.core.units import Fraction, Q
from twin.ledger.trace import TERMS
from twin.models.profile import Pieces, Profile, rows, together
from twin.models.served import RECOVERY, Served, Surroundings
from twin.scenario.schema import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.scenario.schema import Problem, ScenarioSpec, Station

Carrier = Literal["electricity", "natural_gas", "lpg", "diesel", "coke"]


class Source(Part):
    """Where heat comes from."""

    name: str = Field(alias="from", description="a utility (its electricity turned to heat) or a station")
    term: str = Field(
        "electricity", description="electricity, cooling (as stated), or a term of the station's thermal balance"
    )
    share: Fraction = Field(gt=0, le=1, description="of that heat which reaches the exchanger")
    hot_c: Annotated[float, Q("degC")] = Field(alias="temperature", description="at which it comes")
    cooled_c: Annotated[float, Q("degC")] = Field(
        alias="cooled_to", description="to which the whole of that heat cools it"
    )


class Sink(Part):
    """Where it goes."""

    name: str = Field(alias="to", description="a station or a utility that heats with a carrier")
    carrier: Carrier = Field(description="what it is spared")
    share: Fraction = Field(1.0, gt=0, le=1, description="of its use of the carrier that heats this stream")
    efficiency: float = Field(
        1.0, gt=0, description="heat into the stream over carrier; for combustion air the available heat of the flue"
    )
    cold_c: Annotated[float, Q("degC")] = Field(alias="cold", description="at which the stream enters")
    hot_c: Annotated[float, Q("degC")] = Field(alias="hot", description="to which the whole of its heat warms it")


class HeatRecovery(Served):
    """An exchanger between a source and a sink."""

    stage: ClassVar[int] = RECOVERY

    kind: Literal["heat_recovery"]
    source: Source
    sink: Sink
    pinch_k: Annotated[float, Q("K")] = Field(10.0, alias="pinch", ge=0, description="least temperature difference")
    limit_kw: Annotated[float, Q("kW")] | None = Field(None, alias="limit", gt=0, description="of the exchanger")
    auxiliaries_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="auxiliaries", ge=0, description="its pump or fan while heat passes"
    )

    @property
    def shares(self) -> tuple[float, float]:
        """The shares of the source's heat and of the sink's that the temperatures allow."""
        span = self.source.hot_c - self.pinch_k - self.sink.cold_c
        given = span / (self.source.hot_c - self.source.cooled_c)
        taken = span / (self.sink.hot_c - self.sink.cold_c)
        return min(1.0, max(0.0, given)), min(1.0, max(0.0, taken))

    def recovered_kw(self, source_kw: np.ndarray, sink_kw: np.ndarray) -> np.ndarray:
        """Heat that passes, for the heats of the streams. Shape as given."""
        given, taken = self.shares
        heat = np.minimum(given * np.maximum(source_kw, 0.0), taken * np.maximum(sink_kw, 0.0))
        return np.asarray(heat) if self.limit_kw is None else np.minimum(heat, self.limit_kw)

    def _source(self, here: Surroundings) -> Profile:
        equipment = here.equipment([self.source.name])
        if self.source.term in ("electricity", "cooling"):
            return here.drawn(self.source.term, equipment)
        return here.heat(equipment, [self.source.term])

    def made(self, equipment: int, here: Surroundings) -> dict[str, Pieces]:
        """What the sink's carrier is spared, as supply, and the auxiliaries."""
        use = here.drawn(self.sink.carrier, here.equipment([self.sink.name]))
        edges, (source, drawn) = together(self._source(here), use)
        stream = drawn * self.sink.share * self.sink.efficiency
        heat = self.recovered_kw(source * self.source.share, stream)
        rates: dict[str, np.ndarray] = {self.sink.carrier: -heat / self.sink.efficiency}
        helped = np.where(heat > 0.0, self.auxiliaries_kw, 0.0)
        rates["electricity"] = rates.get("electricity", 0.0) + helped
        return rows(equipment, edges, heat > 0.0, rates)

    def most_kw(self, stations: Mapping[str, Station]) -> float:
        """Its auxiliaries; what it saves is not counted on."""
        return self.auxiliaries_kw

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Names that do not exist, streams that do not cool or warm, a source or sink that another recovery has already."""
        found = super().problems(name, spec)
        for key, end in (("source.from", self.source.name), ("sink.to", self.sink.name)):
            if end not in spec.stations and end not in spec.utilities:
                found.append((key, "no such station or utility", ""))
        if self.source.term not in ("electricity", "cooling", *TERMS):
            found.append(("source.term", "no such heat", f"electricity, cooling or one of {', '.join(TERMS)}"))
        if self.source.cooled_c >= self.source.hot_c:
            found.append(("source.cooled_to", "not below the temperature at which it comes", "a lower temperature"))
        if self.sink.hot_c <= self.sink.cold_c:
            found.append(("sink.hot", "not above the temperature at which the stream enters", "a higher temperature"))
        return found + self._shared(name, spec)

    def _shared(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """Ends that an earlier recovery of the scenario has already."""
        found: list[Problem] = []
        for other, part in spec.utilities.items():
            if other == name:
                break
            if not isinstance(part, dict) or part.get("kind") != "heat_recovery":
                continue
            for key, word, mine in (("source", "from", self.source.name), ("sink", "to", self.sink.name)):
                end = part.get(key)
                same = key == "sink" or (isinstance(end, dict) and end.get("term", "electricity") == self.source.term)
                if isinstance(end, dict) and end.get(word) == mine and same:
                    found.append((f"{key}.{word}", f"{other} has it already", "another one, or put both into one"))
        return found
