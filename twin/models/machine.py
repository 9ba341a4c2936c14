"""Machines of general use: a machine that works piece by piece, a shot blast that takes batches, a place to cool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from twin.core.units import Q
from twin.ledger.trace import CARRIERS, STATE
from twin.models.batches import Batch, BatchProcess
from twin.models.durations import Time, mean_s
from twin.models.equipment import Batching, Delaying, Powered, Working
from twin.models.phases import Flow, Phase
from twin.scenario.schema import Duration, Problem, Product

if TYPE_CHECKING:
    from twin.scenario.schema import ScenarioSpec

_KNOWN = 64
"""so many different batches are remembered"""
Known = tuple[float, list[Phase]]
"""time and phases of a batch"""


class Machine(Working):
    """A machine that works on one piece after another: trimming, shake-out, machining, inspection."""

    kind: Literal["machine"]


class ShotBlast(Batching):
    """A shot blast: pieces of one or several lots tumble together for one cycle."""

    kind: Literal["shot_blast"]


class Cooling(Delaying):
    """Cooling of castings in the mould or on the floor: time passes, nothing is drawn."""

    kind: Literal["cooling"]


@dataclass(frozen=True, slots=True)
class Steady:
    """Flows by state, and time and phases by recipe, kg and pieces, of a machine that remembers nothing of its batches."""

    flows: Mapping[str, tuple[Flow, ...]]
    batches: dict[tuple[str, float, float], Known]


class BatchMachine(Powered, BatchProcess):
    """A machine that processes batches in a time and with an energy that depend on the load: a washer, a curing oven, a plating bath.

    The cycle takes ``cycle`` + ``per_kg`` x kg + ``per_piece`` x pieces, the electricity ``power.processing`` over that time and
    ``energy`` x kg.
    """

    kind: Literal["batch_machine"]
    cycle: Time | dict[str, Time] = Field(description="time of a cycle without its load, or {recipe: time}")
    per_kg_s: Annotated[float, Q("s/kg")] = Field(0.0, alias="per_kg", ge=0, description="time added by each kg")
    per_piece_s: Annotated[float, Q("s")] = Field(0.0, alias="per_piece", ge=0, description="time added by each piece")
    energy_kwh_per_kg: Annotated[float, Q("kWh/kg")] = Field(
        0.0, alias="energy", ge=0, description="electricity that each kg takes beside the power, spread over the cycle"
    )

    def recipes(self) -> Sequence[str] | None:
        """Those that have a time of their own."""
        return list(self.cycle) if isinstance(self.cycle, dict) else None

    def cycle_of(self, recipe: str) -> Duration:
        """Time of a cycle without its load."""
        return self.cycle[recipe] if isinstance(self.cycle, dict) else self.cycle

    def start(self) -> Steady:
        """Nothing but the flows of each state, worked out once, and the phases of batches that were the same before."""
        return Steady({state: self._flows(state) for state in STATE}, {})

    def keep(self, state: Any, t_s: float) -> None:
        """Nothing: it remembers nothing of its batches."""

    def resume(self, kept: Any, t_s: float) -> Steady:
        """As at the start."""
        return self.start()

    def begin(self, batch: Batch, state: Any) -> Sequence[Phase]:
        """One phase, cut where the horizon begins or ends."""
        kg, pieces, recipe = batch.kg, batch.pieces, batch.recipe
        known: Known | None = None if state is None else state.batches.get((recipe, kg, pieces))
        if known is not None and not any(cut < known[0] for cut in batch.cuts_s):
            return known[1]
        cycle = self.cycle_of(recipe)
        duration_s = batch.drawn_s(cycle) + self.per_kg_s * kg + self.per_piece_s * pieces
        load_kw = self.energy_kwh_per_kg * kg / (duration_s / 3600.0) if duration_s else 0.0
        edges = [0.0, *(cut for cut in sorted(batch.cuts_s) if cut < duration_s), duration_s]
        flows = self._flows("processing", load_kw)
        phases = [Phase(b - a, "processing", flows) for a, b in pairwise(edges)]
        if state is not None and cycle.constant_s is not None and len(phases) == 1 and len(state.batches) < _KNOWN:
            state.batches[recipe, kg, pieces] = (duration_s, phases)
        return phases

    def rest(self, duration_s: float, duty: str, state: Any) -> Sequence[Phase]:
        """Constant power by state."""
        return [Phase(duration_s, duty, state.flows[duty] if state else self._flows(duty))] if duration_s > 0.0 else []

    def reserved_kw(self) -> float:
        """The highest power by state; a full load's energy over its cycle beside it."""
        drawn = [flow.base for state in STATE for flow in self._flows(state) if flow.carrier == "electricity"]
        return max(drawn, default=0.0) + self._load_kw()

    def resting_kw(self) -> float:
        """The highest power by state, processing left out."""
        others = [state for state in STATE if state != "processing"]
        return max((f.base for s in others for f in self._flows(s) if f.carrier == "electricity"), default=0.0)

    def off_kw(self) -> float:
        """Power in state ``off``."""
        return sum(flow.base for flow in self._flows("off") if flow.carrier == "electricity")

    def work_s(self, product_name: str, product: Product) -> float | None:
        """Mean seconds of one unit for one piece with full batches."""
        pieces = self.most_pieces(product)
        times = self.cycle.values() if isinstance(self.cycle, dict) else [self.cycle]
        longest_s = max(mean_s(time) for time in times)
        return longest_s / pieces + self.per_kg_s * product.mass_kg + self.per_piece_s

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """As of every batch process; and keys that mean nothing here."""
        return [*super().problems(name, spec), *self._meaningless(), *self._timeless()]

    def _meaningless(self) -> Iterator[Problem]:
        if self.power is not None and self.power.off_after_s is not None:
            yield "power.off_after", "a machine that forms batches stays on between them", "leave it out"

    def _timeless(self) -> Iterator[Problem]:
        if self.per_kg_s or self.per_piece_s:
            return
        for recipe, time in self.cycle.items() if isinstance(self.cycle, dict) else [("", self.cycle)]:
            if not mean_s(time):
                yield f"cycle.{recipe}".rstrip("."), "a cycle takes some time", "e.g. '62 s'"

    def _load_kw(self) -> float:
        """Power of the energy of a full load, over the shortest cycle; 0 where the load has no limit by mass."""
        kg = self.load.capacity_kg or 0.0
        times = self.cycle.values() if isinstance(self.cycle, dict) else [self.cycle]
        shortest_s = min(mean_s(time) for time in times) + self.per_kg_s * kg
        return self.energy_kwh_per_kg * kg / (shortest_s / 3600.0) if shortest_s else 0.0

    def _flows(self, state: str, load_kw: float = 0.0) -> tuple[Flow, ...]:
        rates = {CARRIERS[code]: rate for code, rate in self.rates().get(STATE[state], {}).items()}
        if load_kw:
            rates["electricity"] = rates.get("electricity", 0.0) + load_kw
        return tuple(Flow(carrier, rate) for carrier, rate in rates.items())
