"""Heat-treatment furnaces: batch (box, pit, bell) and continuous (belt, pusher, roller), electric or gas-fired.

A batch furnace opens its door, takes a load at once, runs the temperature program of the recipe as its power allows, and opens again. What
a batch takes depends on the load and on what the furnace did before: its lining remembers. A continuous furnace holds its set point while
lots pass. Physics: :mod:`twin.models.kiln` and :mod:`twin.models.chamber`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from twin.core.faults import InputFault, did_you_mean
from twin.core.units import Q
from twin.models.batches import Batch, BatchLot, BatchProcess
from twin.models.cap import LEAST_SHARE
from twin.models.firing import AMBIENT_C, Burners, Elements, Heating
from twin.models.phases import Phase
from twin.models.treatment import (
    AtmosphereUse,
    CoolingWater,
    Door,
    Fixture,
    Idle,
    Leak,
    Opening,
    Recipe,
    Step,
    Transfer,
    Wall,
)
from twin.scenario.schema import Part, Problem, Product

if TYPE_CHECKING:
    from twin.models.chamber import Loss
    from twin.models.kiln import Kiln, Writer
    from twin.scenario.schema import ScenarioSpec

__all__ = ["BellFurnace", "BeltFurnace", "BoxFurnace", "PitFurnace", "PusherFurnace", "RollerFurnace"]

HOTTEST_C = 1250.0
J_PER_KWH = 3.6e6
HOLDING_MARGIN = 1.05
"""reserved under a power cap over what holding takes once the walls are soaked (assumed)"""
SLOWEST_MARGIN = 1.3
"""of the elements' power over what the hottest step takes once the walls are soaked, below which no batch is worked (assumed)"""


class HeatedFurnace(BatchProcess):
    """What batch and continuous furnaces have in common."""

    elements: Elements | None = Field(None, description="electric heating; this or `burners`")
    burners: Burners | None = Field(None, description="gas heating; this or `elements`")
    walls: list[Wall] = Field(min_length=1, description="parts of the casing")
    inner_kwh_per_k: Annotated[float, Q("kWh/K")] = Field(
        alias="inner",
        gt=0,
        description="heat capacity that follows the chamber: muffle, hearth plate, elements, supports",
    )
    opening: Opening | None = Field(None, description="always open: slot, peephole, mouth of a belt furnace")
    leakage: Leak | None = None
    atmospheres: dict[str, AtmosphereUse] = Field(default_factory=dict, description="protective gases by name")
    cooling_water: CoolingWater | None = None
    auxiliaries_kw: Annotated[float, Q("kW")] = Field(
        0.0, alias="auxiliaries", ge=0, description="circulation fan, drives and controls while switched on"
    )
    alloy: str = Field("carbon_steel", description="metal of the load, for its heat capacity")
    treatments: dict[str, Recipe] = Field(alias="recipes", min_length=1, description="temperature programs by name")
    idle: Idle
    startup_duration_s: Annotated[float, Q("s")] = Field(
        0.0, alias="startup", ge=0, description="switched on so long before working hours after a long gap"
    )

    @property
    def heating(self) -> Heating:
        """Elements or burners."""
        found: Heating | None = self.elements or self.burners
        if found is None:
            problem = "neither elements nor burners"
            raise ValueError(problem)
        return found

    def opened(self) -> Door | None:
        """The door, where there is one."""
        return None

    def carrying(self) -> tuple[Loss, ...]:
        """What a belt carries out while the furnace is on, load or none."""
        return ()

    def set_points_c(self) -> tuple[float, ...]:
        """All set points: radiation is drawn exactly there."""
        idle = [self.idle.hold_c, self.idle.setback_c, self.idle.closed_c]
        found = {step.to_c for recipe in self.treatments.values() for step in recipe.steps}
        found |= {c for c in idle if c is not None}
        return tuple(sorted(c for c in found if c > AMBIENT_C + 15.0))

    def running_kw(self, *, firing: bool) -> float:
        """Electric power of what runs beside the heating."""
        fan_kw = self.burners.fan_kw if self.burners is not None and firing else 0.0
        return self.auxiliaries_kw + fan_kw

    # --- what the station core asks

    def start(self) -> Kiln:
        """A cold furnace."""
        from twin.models.kiln import cold_kiln

        return cold_kiln(self)

    def keep(self, state: Kiln, t_s: float) -> dict[str, Any]:
        """Temperatures of chamber and walls, and since when it is empty."""
        if state.now.load is not None:
            msg = f"{self.kind}: a load in the furnace cannot be kept in a file"
            raise InputFault(msg)
        entered_s = state.entered_s - t_s if math.isfinite(state.entered_s) else None
        nodes_c = [float(celsius) for celsius in state.now.nodes_c]
        return {"nodes_c": nodes_c, "idle_s": state.idle_s, "entered_s": entered_s, "conveyed": state.conveyed}

    def resume(self, kept: Mapping[str, Any], t_s: float) -> Kiln:
        """A furnace with the temperatures that were kept. Raises InputFault where its walls have other nodes."""
        kiln, nodes_c = self.start(), np.array(kept["nodes_c"], dtype=np.float64)
        if nodes_c.shape != kiln.now.nodes_c.shape:
            msg = f"{self.kind}: {len(nodes_c)} temperatures were kept, its walls have {len(kiln.now.nodes_c)} nodes"
            raise InputFault(msg)
        nodes_c.setflags(write=False)
        kiln.now = replace(kiln.now, nodes_c=nodes_c)
        kiln.idle_s, kiln.conveyed = kept["idle_s"], kept["conveyed"]
        kiln.entered_s = -math.inf if kept["entered_s"] is None else t_s + kept["entered_s"]
        return kiln

    def rest(self, duration_s: float, duty: str, state: Kiln) -> Sequence[Phase]:
        """What it does without a load: holds, is switched down after a delay, cools, or heats up before working hours."""
        from twin.models.kiln import Writer

        writer, idle = Writer(state), self.idle
        if duty == "down" or (duty == "off" and idle.closed_c is None):
            writer.unheated(duration_s, duty, "off")
        elif duty == "off" and idle.closed_c is not None:
            writer.held(idle.closed_c, duration_s, "standby")
        else:
            word = "holding" if duty == "starved" else duty
            hot_s = duration_s
            if idle.setback_c is not None and duty not in ("startup", "blocked"):
                hot_s = min(duration_s, max(0.0, idle.after_s - state.idle_s))
            writer.held(idle.hold_c, hot_s, word, atmosphere=idle.atmosphere)
            if idle.setback_c is not None and duration_s > hot_s:
                writer.held(idle.setback_c, duration_s - hot_s, "standby")
        state.idle_s = 0.0 if duty == "startup" else state.idle_s + duration_s
        return writer.phases

    def rest_within(self, duration_s: float, duty: str, state: Kiln, most_kw: float) -> Sequence[Phase]:
        """The same with at most ``most_kw`` of electricity: it heats up slower."""
        with state.within(most_kw):
            return self.rest(duration_s, duty, state)

    def warms(self, duration_s: float, duty: str, state: Kiln, most_kw: float) -> Sequence[Phase]:
        """What it would do; nothing of a furnace that burns gas, which never waits for electricity."""
        return self.rest_within(duration_s, duty, replace(state), most_kw) if self.elements is not None else ()

    def begin_within(self, batch: Batch, state: Kiln, most_kw: float) -> Sequence[Phase]:
        """What a batch takes with at most ``most_kw`` of electricity: it heats up slower."""
        with state.within(most_kw):
            return self.begin(batch, state)

    def startup_s(self) -> float:
        """Heating up before working hours."""
        return self.startup_duration_s

    def reserved_kw(self) -> float:
        """Connected electric power: elements, auxiliaries, generators of atmospheres, quench."""
        heating_kw = self.elements.rated_kw if self.elements is not None else 0.0
        making_kw = max((self.making_kw(name) for name in self.atmospheres), default=0.0)
        quench_kw = max((r.quench.power_kw for r in self.treatments.values() if r.quench is not None), default=0.0)
        return heating_kw + self.running_kw(firing=True) + making_kw + quench_kw

    def resting_kw(self) -> float:
        """What holding takes at the set point that takes most, walls soaked, with a margin; burners and their gas make no difference.

        Under a power cap a furnace heats with no more between batches unless more is free.
        """
        from twin.models.kiln import cold_kiln

        if list(self._problems()):
            return self.reserved_kw()
        idle, chamber = self.idle, cold_kiln(self).chamber
        points = [(idle.hold_c, idle.atmosphere), (idle.setback_c, None), (idle.closed_c, None)]
        heating = [
            (chamber.holding_kw(set_c, f"closed/{atmosphere or 'air'}") if self.elements is not None else 0.0)
            * HOLDING_MARGIN
            + self.making_kw(atmosphere)
            for set_c, atmosphere in points
            if set_c is not None
        ]
        return min(self.reserved_kw(), self.running_kw(firing=True) + max(heating))

    def slowest_kw(self) -> float:
        """What a batch takes with :data:`~twin.models.cap.LEAST_SHARE` of the elements' power, or with what its hottest step needs."""
        from twin.models.kiln import cold_kiln

        if self.elements is None or list(self._problems()):
            return self.reserved_kw()
        chamber, least_kw = cold_kiln(self).chamber, LEAST_SHARE * self.elements.rated_kw
        for recipe in self.treatments.values():
            for step in recipe.steps:
                mode, passing = f"closed/{recipe.atmosphere or 'air'}", self.passing_kw(step.to_c)
                least_kw = max(least_kw, SLOWEST_MARGIN * chamber.holding_kw(step.to_c, mode, passing))
        least_kw = max(least_kw, self.resting_kw() - self.running_kw(firing=True))
        return self.reserved_kw() - max(0.0, self.elements.rated_kw - least_kw)

    def off_kw(self) -> float:
        """What holding takes where it is held over weekends, else nothing."""
        return 0.0 if self.idle.closed_c is None else self.resting_kw()

    def making_kw(self, atmosphere: str | None) -> float:
        """Electricity that making an atmosphere takes."""
        use = None if atmosphere is None else self.atmospheres.get(atmosphere)
        return 0.0 if use is None else use.flow_nm3_per_h * use.making_kwh_per_nm3

    def recipes(self) -> Sequence[str]:
        """Names of the temperature programs."""
        return list(self.treatments)

    def work_s(self, product_name: str, product: Product) -> float | None:
        """Seconds of a hot furnace for one piece in a full batch."""
        named = product.recipe.values() if isinstance(product.recipe, dict) else [product.recipe]
        name = next((recipe for recipe in named if recipe in self.treatments), next(iter(self.treatments)))
        pieces = self.most_pieces(product)
        kiln = self.start()
        kiln.now = kiln.chamber.soaked(self.idle.hold_c)
        lot = BatchLot("estimate", product_name, pieces, pieces * product.mass_kg)
        phases = self.begin(Batch((lot,), name), kiln)
        return sum(phase.duration_s for phase in phases) / pieces

    # --- what is wrong

    def problems(self, name: str, spec: ScenarioSpec) -> list[Problem]:
        """What contradicts itself in this part."""
        own = list(self._problems())
        more = [] if own else [*self._by_name(spec), *self._too_weak()]
        return [*super().problems(name, spec), *own, *more]

    def _problems(self) -> Iterator[Problem]:
        if (self.elements is None) == (self.burners is None):
            yield "elements", "exactly one of elements and burners heats a furnace", "e.g. elements: {rated: 120 kW}"
        for i, wall in enumerate(self.walls):
            for j, layer in enumerate(wall.layers):
                if not layer.complete:
                    yield (
                        f"walls.{i}.layers.{j}",
                        "a layer needs a material, or conductivity, density and heat_capacity",
                        "e.g. {thickness: 200 mm, material: ceramic_fibre}",
                    )
        yield from self._temperatures()
        for key, recipe in self.treatments.items():
            if recipe.atmosphere is not None and recipe.atmosphere not in self.atmospheres:
                fix = did_you_mean(recipe.atmosphere, self.atmospheres) if self.atmospheres else "add it to atmospheres"
                yield f"recipes.{key}.atmosphere", "the furnace has no such atmosphere", fix
        if self.idle.atmosphere is not None and self.idle.atmosphere not in self.atmospheres:
            yield "idle.atmosphere", "the furnace has no such atmosphere", "add it to atmospheres"

    def _temperatures(self) -> Iterator[Problem]:
        places = [
            (f"recipes.{k}.steps.{i}.to", s.to_c) for k, r in self.treatments.items() for i, s in enumerate(r.steps)
        ]
        idle = {"idle.hold": self.idle.hold_c, "idle.setback": self.idle.setback_c, "idle.closed": self.idle.closed_c}
        places += [(place, c) for place, c in idle.items() if c is not None]
        for place, c in places:
            if not AMBIENT_C + 15.0 < c <= HOTTEST_C:
                yield place, f"not between {AMBIENT_C + 15:.0f} and {HOTTEST_C:.0f} degC", "e.g. '850 degC'"

    def _by_name(self, spec: ScenarioSpec) -> Iterator[Problem]:
        from twin.models.metals import alloy, alloy_names

        del spec
        try:
            solidus_c = alloy(self.alloy).solidus_c
        except KeyError:
            yield "alloy", "no such alloy", did_you_mean(self.alloy, alloy_names())
            return
        for key, recipe in self.treatments.items():
            for i, step in enumerate(recipe.steps):
                if step.to_c >= solidus_c:
                    yield (
                        f"recipes.{key}.steps.{i}.to",
                        f"{self.alloy} melts at {solidus_c:.0f} degC",
                        "a lower temperature",
                    )

    def passing_kw(self, set_c: float) -> dict[str, float]:
        """Heat that passes through at a set point at all times: nothing in a batch furnace."""
        del set_c
        return {}

    def _too_weak(self) -> Iterator[Problem]:
        """Set points that the heating cannot hold, with what passes through."""
        from twin.models.kiln import cold_kiln

        chamber = cold_kiln(self).chamber
        for key, recipe in self.treatments.items():
            for i, step in enumerate(recipe.steps):
                sinks_kw = self.passing_kw(step.to_c)
                need_kw = chamber.holding_kw(step.to_c, f"closed/{recipe.atmosphere or 'air'}", sinks_kw)
                if need_kw > self.heating.rated_kw:
                    with_it = " and what passes through" if sinks_kw else ""
                    yield (
                        f"recipes.{key}.steps.{i}.to",
                        f"{step.to_c:g} degC{with_it} take {need_kw:.0f} kW of {self.heating.rated_kw:g} kW",
                        "more power, a smaller throughput, better walls, or a lower temperature",
                    )


class BatchFurnace(HeatedFurnace):
    """A furnace that takes a whole load at once and runs a temperature program."""

    door: Door
    transfer: Transfer
    fixture: Fixture | None = None
    charge_above_c: Annotated[float, Q("degC")] | None = Field(
        None, alias="charge_above", description="heated to this before loading; absent: loaded as it is, cold too"
    )
    charge_c: Annotated[float, Q("degC")] = Field(
        25.0, alias="charge", description="temperature of the load on entering"
    )

    def opened(self) -> Door:
        """The door."""
        return self.door

    def begin(self, batch: Batch, state: Kiln) -> Sequence[Phase]:
        """Load, heat and soak by the recipe, quench inside if so, unload."""
        from twin.models.kiln import Writer

        recipe = self.treatments[batch.recipe]
        writer = Writer(state, batch.cuts_s)
        if self.charge_above_c is not None:
            writer.warmed(self.charge_above_c, "startup", atmosphere=recipe.atmosphere)
        mode = f"open/{recipe.atmosphere or 'air'}"
        self._put_in(batch, state)
        writer.unheated(self.door.loading_s, "setup", mode, atmosphere=recipe.atmosphere)
        section_mm = recipe.section_mm(list(batch.products))
        for step in recipe.steps:
            self._step(writer, step, section_mm, recipe.atmosphere)
        state.now = state.chamber.emptied(state.now)
        if recipe.quench is not None:
            writer.held(
                self.idle.hold_c,
                recipe.quench.time_s,
                "processing",
                atmosphere=recipe.atmosphere,
                extra_kw=recipe.quench.power_kw,
            )
        writer.unheated(self.door.unloading_s, "setup", mode, atmosphere=recipe.atmosphere)
        state.idle_s = 0.0
        return writer.phases

    def _put_in(self, batch: Batch, state: Kiln) -> None:
        """The load with its fixtures, both at one temperature that holds their heat."""
        from twin.models.kiln import link_of, load_of

        fixture_kwh_per_k, fixture_c = 0.0, self.charge_c
        if self.fixture is not None:
            fixture_kwh_per_k = self.fixture.mass_kg * self.fixture.heat_capacity_j_per_kg_k / J_PER_KWH
            fixture_c = self.fixture.start_c
        load = load_of(self.alloy, batch.kg, fixture_kwh_per_k, link_of(self.transfer, self.set_points_c()))
        metal_kwh_per_k = batch.kg * load.alloy.bands[0].capacity_kwh_per_kg_k
        total = metal_kwh_per_k + fixture_kwh_per_k
        mixed_c = (metal_kwh_per_k * self.charge_c + fixture_kwh_per_k * fixture_c) / total if total else self.charge_c
        state.now = state.chamber.charged(state.now, load, mixed_c)

    def _step(self, writer: Writer, step: Step, section_mm: float, atmosphere: str | None) -> None:
        writer.brought(step.to_c, step.within_k, "processing", atmosphere=atmosphere)
        writer.held(step.to_c, step.soak_of_s(section_mm), "processing", atmosphere=atmosphere)


class BoxFurnace(BatchFurnace):
    """A chamber with a door in front: hardening, annealing, carburising; with an oil bath inside it is a sealed quench furnace."""

    kind: Literal["box_furnace"]


class PitFurnace(BatchFurnace):
    """A round chamber in the floor under a lid: tempering, carburising of long parts. The lid is its door."""

    kind: Literal["pit_furnace"]


class BellFurnace(BatchFurnace):
    """A hood lifted over a stack on a base: annealing of coils. Its door is the mouth of the hood while it hangs free."""

    kind: Literal["bell_furnace"]


class Conveyor(Part):
    """What carries the charge through and comes back cold."""

    mass_kg_per_h: Annotated[float, Q("kg/h")] = Field(
        0.0,
        alias="mass_flow",
        ge=0,
        description="belt or chain that passes the hot zone while the furnace is on, charge or none",
    )
    per_kg: float = Field(0.0, ge=0, description="trays per kg of charge")
    heat_capacity_j_per_kg_k: Annotated[float, Q("J/kg/K")] = Field(620.0, alias="heat_capacity", gt=0)
    start_c: Annotated[float, Q("degC")] = Field(60.0, alias="start", description="on entering")


class ContinuousFurnace(HeatedFurnace):
    """A furnace through which lots pass one after the other at a set point. Each recipe has one step: its temperature.

    A lot that follows another of the same recipe closely takes its mass over the throughput; the first one, or one
    of another recipe, takes the
    way through the furnace besides. Charge and trays take their heat evenly while the lot comes out (stated approximation).
    """

    throughput_kg_per_h: Annotated[float, Q("kg/h")] = Field(alias="throughput", gt=0, description="of charge")
    way_s: Annotated[float, Q("s")] = Field(alias="way", gt=0, description="of one piece from entry to exit")
    conveyor: Conveyor = Conveyor()
    charge_c: Annotated[float, Q("degC")] = Field(
        25.0, alias="charge", description="temperature of the load on entering"
    )

    def begin(self, batch: Batch, state: Kiln) -> Sequence[Phase]:
        """Pass a lot through."""
        from twin.models.kiln import Writer

        recipe = self.treatments[batch.recipe]
        set_c = recipe.steps[-1].to_c
        writer = Writer(state, batch.cuts_s)
        if state.conveyed != batch.recipe or state.chamber_c < set_c - recipe.steps[-1].within_k:
            writer.warmed(set_c, "startup", atmosphere=recipe.atmosphere)
            state.entered_s = batch.t_s + writer.at_s
        arrived_s = batch.t_s - max((lot.waited_s for lot in batch.lots), default=0.0)
        enters_s = max(state.entered_s, arrived_s)
        leaves_s = enters_s + 3600.0 * batch.kg / self.throughput_kg_per_h
        duration_s = leaves_s + self.way_s - (batch.t_s + writer.at_s)
        sinks = self.carried_kwh(batch.kg, set_c)
        sinks_kw = {term: kwh / duration_s * 3600.0 for term, kwh in sinks.items()}
        writer.held(set_c, duration_s, "processing", atmosphere=recipe.atmosphere, sinks_kw=sinks_kw)
        state.entered_s, state.conveyed, state.idle_s = leaves_s, batch.recipe, 0.0
        return writer.phases

    def carrying(self) -> tuple[Loss, ...]:
        """The belt, in proportion to the chamber's temperature."""
        from twin.models.chamber import Loss

        kw_per_k = self.conveyor.mass_kg_per_h * self.conveyor.heat_capacity_j_per_kg_k / J_PER_KWH
        return (Loss("fixture", kw_per_k, self.conveyor.start_c),) if kw_per_k else ()

    def carried_kwh(self, kg: float, set_c: float) -> dict[str, float]:
        """Heat that charge and trays carry out, kWh by term."""
        from twin.models.metals import alloy

        metal = alloy(self.alloy)
        charge = kg * (metal.enthalpy_kwh_per_kg(set_c) - metal.enthalpy_kwh_per_kg(self.charge_c))
        trays_kg = self.conveyor.per_kg * kg
        trays = trays_kg * self.conveyor.heat_capacity_j_per_kg_k * (set_c - self.conveyor.start_c) / J_PER_KWH
        return {term: kwh for term, kwh in (("charge_sensible", charge), ("fixture", trays)) if kwh}

    def passing_kw(self, set_c: float) -> dict[str, float]:
        """Charge and trays at full throughput."""
        return self.carried_kwh(self.throughput_kg_per_h, set_c)

    def work_s(self, product_name: str, product: Product) -> float:
        """Seconds of one piece on a full belt."""
        return 3600.0 * product.mass_kg / self.throughput_kg_per_h

    def _problems(self) -> Iterator[Problem]:
        yield from super()._problems()
        for key, recipe in self.treatments.items():
            if len(recipe.steps) != 1:
                yield f"recipes.{key}.steps", "a continuous furnace has one set point", "one step"


class BeltFurnace(ContinuousFurnace):
    """A mesh belt or cast-link belt carries loose parts through: quench and temper lines of bolts, springs, bearings."""

    kind: Literal["belt_furnace"]


class PusherFurnace(ContinuousFurnace):
    """Trays pushed through one after the other; the trays are heated with the charge (`conveyor.per_kg`)."""

    kind: Literal["pusher_furnace"]


class RollerFurnace(ContinuousFurnace):
    """Driven rollers carry the charge; what carries it stays in, rollers may be water-cooled (`cooling_water`)."""

    kind: Literal["roller_furnace"]


def estimate(kind: HeatedFurnace, batch: Batch, *, hot: bool = True) -> Any:
    """Phases of a batch in a soaked (or cold) furnace, for planning and for pages; the furnace itself is not changed."""
    kiln = kind.start()
    if hot:
        kiln.now = kiln.chamber.soaked(kind.idle.hold_c)
    return kind.begin(batch, kiln)
