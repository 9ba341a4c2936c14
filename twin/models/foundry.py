"""The metal side of a plant: casting units with their feeds, melt shops with their furnaces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.core.faults import InputFault
from twin.models.casting import Casting, DieCastingCell, MouldingLine
from twin.models.dosing import DosingBath, DosingParameters
from twin.models.equipping import needs_of
from twin.models.feed import Feed, Thermostat
from twin.models.furnace import InductionFurnace
from twin.models.handling import ClaimingMetal, Hands
from twin.models.hearth import Hearth
from twin.models.melting import Attendance, Furnace, Ingredient, MeltShop
from twin.models.metal import MetalPlace, MetalUnit
from twin.models.metals import alloy as alloy_of
from twin.models.station import Place
from twin.models.worktime import ALWAYS, WorkTime, bridged

if TYPE_CHECKING:
    from twin.models.building import Hours, Times
    from twin.models.equipping import Equipping
    from twin.models.plant import Plant

_AMBIENT_C = 25.0


class Foundry:
    """Builds what handles liquid metal."""

    def __init__(self, plant: Plant, hours: Hours, times: Times, equipping: Equipping) -> None:
        self.plant, self.hours, self.times, self.equipping = plant, hours, times, equipping

    def casting_unit(self, place: Place, kind: Casting, equipment: int) -> MetalUnit:
        """A unit that casts, with the feed of its metal. Raises InputFault."""
        name = self.plant.codes.equipment[equipment]
        alloy = next((self.plant.alloys[p] for p in self.times.made_at(place.name)), None)
        if alloy is None:
            msg = f"station {place.name} casts, but no product on it names its alloy"
            raise InputFault(msg)
        material = self.plant.codes.material_code(alloy)
        if isinstance(kind, DieCastingCell):
            feed = self._dosing(kind, f"{name}.dosing_furnace", place, alloy, material)
        elif isinstance(kind, MouldingLine):
            feed = Feed(self.plant.books, equipment, material, kind.pouring.capacity_kg, kind.pouring.window_s)
        else:
            msg = f"station {place.name}: kind {kind.kind!r} has no feed for metal"
            raise InputFault(msg)
        self.plant.feeds.setdefault(place.name, []).append(feed)
        made = ClaimingMetal if kind.needs else MetalUnit
        return made(place, equipment, self.times.work(place.name, kind), feed, self.plant.cast)

    def _dosing(self, kind: DieCastingCell, name: str, place: Place, alloy: str, material: int) -> Feed:
        furnace = kind.dosing_furnace
        equipment = self.plant.codes.add_equipment(name, place.name)
        feed = Feed(self.plant.books, equipment, material, furnace.capacity_kg)
        feed.residue_kg, feed.since = furnace.residue_kg, self.plant.t_from
        feed.set_down_k = furnace.set_down_k
        liquid = alloy_of(alloy).bands[-1].capacity_kwh_per_kg_k
        parameters = DosingParameters(
            furnace.heating.electric_kw,
            furnace.heating.efficiency,
            furnace.conductance_w_per_k,
            furnace.opening_share,
            furnace.lining_kwh_per_k,
            liquid,
            _AMBIENT_C,
        )
        kg = (furnace.capacity_kg + furnace.residue_kg) / 2.0
        feed.metal.kg, feed.metal.temperature_c = kg, furnace.hold_c
        feed.metal.carbon_kg = kg * self.plant.carbon_of.get(alloy, 0.0)
        feed.bath = DosingBath(parameters, kg, furnace.hold_c)
        feed.thermostat = Thermostat(place.worktime, furnace.hold_c, furnace.setback_k)
        return feed

    def melt_shop(self, name: str, kind: InductionFurnace) -> None:
        """The furnaces of one melting station, and whom they supply."""
        spans = self.hours.windows(kind)
        crew = ALWAYS if spans is None else WorkTime(bridged(spans, 0.0, self.hours.switched_on(name)))
        shift = ALWAYS if spans is None else WorkTime(bridged(spans, kind.stay_on_s, self.hours.switched_on(name)))
        if spans is not None and kind.crew is not None:
            self._come_early(kind.crew, crew, WorkTime(spans))
        charge = [self._ingredient(material, share, "in") for material, share in kind.charge.make_up.items()]
        charge += [self._ingredient(material, share, "addition") for material, share in kind.charge.additions.items()]
        furnaces = []
        for number in range(1, kind.units + 1):
            label = f"{name}.{number}"
            equipment = self.plant.codes.add_equipment(label, name)
            hearth = Hearth(kind, _AMBIENT_C)
            furnace = Furnace(
                self.plant.floor,
                self.plant.books,
                equipment,
                label,
                hearth,
                charge,
                self.plant.codes.material_code(kind.alloy),
                self.plant.draws,
            )
            furnace.attendance = Attendance(crew, shift)
            if kind.needs:
                furnace.hands = Hands(self.equipping.desk, needs_of(kind.needs), equipment)
            furnaces.append(furnace)
        feeds = [feed for station in kind.supplies for feed in self.plant.feeds[station]]
        places = [self.plant.places[station] for station in kind.supplies]
        self.plant.shops.append(
            MeltShop(self.plant.floor, furnaces, feeds, [place for place in places if isinstance(place, MetalPlace)])
        )

    def _come_early(self, crew: str, begun: WorkTime, shifts: WorkTime) -> None:
        """One person of the crew starts the furnaces ahead of the shift: overtime."""
        self.plant.overtime += [
            (crew, start, shifts.next_open(start), 1)
            for start in begun.starts
            if not shifts.open(start) and shifts.next_open(start) < math.inf
        ]

    def _ingredient(self, material: str, share: float, role: str) -> Ingredient:
        return Ingredient(
            self.plant.codes.material_code(material), share, self.plant.carbon_of.get(material, 0.0), role
        )
