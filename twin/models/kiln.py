"""The physics of one heat-treatment furnace: its chamber, advanced exactly, as phases with flows and heat terms.

Input is electricity or fuel (net calorific value); the share of it that stays in the chamber is the efficiency of elements and leads or
the available heat of the burners, by chamber temperature. Heat terms come from temperatures, flows from the input: comparing the two is a
test of every run. The chemical heat of a protective gas is booked where it is burnt at the vent, under ``atmosphere``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from twin.core.faults import RunFailed
from twin.models.atmospheres import AIR_GAS, NITROGEN, Atmosphere, endothermic_gas
from twin.models.chamber import Body, Chamber, ChamberState, Link, Load, Loss, Mode, Passage
from twin.models.combustion import KOREAN_CITY_GAS, natural_gas
from twin.models.courses import Segment
from twin.models.firing import AMBIENT_C
from twin.models.gases import LITRES_PER_MOL
from twin.models.losses import cooling_water_kw, door_exchange_kw, leakage_kw, rectangular_view_factor
from twin.models.metals import Alloy
from twin.models.metals import alloy as alloy_of
from twin.models.phases import Flow, Phase
from twin.models.surfaces import Surface
from twin.models.treatment import AtmosphereUse, Opening, Transfer
from twin.models.walls import chain_from_layers

if TYPE_CHECKING:
    from twin.models.heat_treatment import HeatedFurnace

NITROGEN_KG_PER_NM3 = 1.2504
TOP_C = 1300.0
ENDLESS_S = 60.0 * 86400.0  # a step that takes longer will never end


@lru_cache(maxsize=32)
def gas_of(name: str) -> Atmosphere:
    """What a protective gas is made of."""
    return {"endothermic": endothermic_gas(KOREAN_CITY_GAS), "nitrogen": NITROGEN, "air": AIR_GAS}[name]


@dataclass(frozen=True)
class Stream:
    """What one atmosphere draws while it flows: rates of carriers, and the heat that is booked for them besides the sensible heat."""

    rates: tuple[tuple[str, float], ...]
    heat_kw: float


@lru_cache(maxsize=128)
def stream_of(use: AtmosphereUse) -> Stream:
    """Flows of an atmosphere and the heat booked for it.

    The fuel that endothermic gas is made of enters as fuel; it leaves as heat of reaction in the generator and as
    chemical heat at the vent.
    """
    made, mol_per_s = gas_of(use.gas), use.flow_nm3_per_h / 3600.0 * 1000.0 / LITRES_PER_MOL
    rates: dict[str, float] = {}
    if made.fuel_mol:
        rates["natural_gas"] = mol_per_s * made.feed_kj_per_mol()
    if use.gas == "nitrogen":
        rates["shielding_gas"] = use.flow_nm3_per_h / 3600.0 * NITROGEN_KG_PER_NM3
    heat_kw = mol_per_s * (made.chemical_kj_per_mol() + made.reaction_kj_per_mol)
    if use.enrichment:
        added_kw = mol_per_s * use.enrichment * natural_gas().net_kj
        rates["natural_gas"] = rates.get("natural_gas", 0.0) + added_kw
        heat_kw += added_kw
    if use.making_kwh_per_nm3:
        making_kw = use.flow_nm3_per_h * use.making_kwh_per_nm3
        rates["electricity"] = making_kw
        heat_kw += making_kw
    return Stream(tuple(rates.items()), heat_kw)


def body_of(kind: HeatedFurnace) -> Body:
    """Walls, modes and supply of a furnace; modes are named ``closed/GAS``, ``open/GAS`` and ``off``."""
    chains = tuple(
        chain_from_layers(
            wall.area_m2,
            [layer.numbers() for layer in wall.layers],
            wall.nodes,
            outside_w_per_m2k=wall.outside_w_per_m2_k,
            outside_c=AMBIENT_C,
        )
        for wall in kind.walls
    )
    hot_c = kind.idle.hold_c
    fixed = _radiating(kind.opening, kind.set_points_c()) if kind.opening is not None else Surface(ambient_c=AMBIENT_C)
    always = _cooling(kind, hot_c)
    modes = {"off": Mode(fixed, always)}
    leak: tuple[Loss, ...] = ()
    if kind.leakage is not None:
        leak_kw = leakage_kw(
            kind.leakage.area_m2, hot_c, overpressure_pa=kind.leakage.overpressure_pa, ambient_c=AMBIENT_C
        )
        leak = (Loss("leakage", leak_kw / (hot_c - AMBIENT_C), AMBIENT_C),)
    for name, use in ((None, None), *kind.atmospheres.items()):
        losses = (*always, *leak, *_carried(use, hot_c), *kind.carrying())
        modes[_mode("closed", name)] = Mode(fixed, losses)
        modes[_mode("open", name)] = _open(kind, losses, hot_c)
    return Body(chains, kind.inner_kwh_per_k, modes, kind.heating.supply())


def _mode(door: str, atmosphere: str | None) -> str:
    return f"{door}/{atmosphere or 'air'}"


def _radiating(opening: Opening, exact_at_c: tuple[float, ...]) -> Surface:
    factor = rectangular_view_factor(opening.width_m, opening.height_m, opening.depth_m)
    area = opening.width_m * opening.height_m
    return Surface(area, opening.emissivity, factor, 0.0, AMBIENT_C, exact_at_c, TOP_C)


def _open(kind: HeatedFurnace, losses: tuple[Loss, ...], hot_c: float) -> Mode:
    """The door open: it radiates, and hot gas goes out while hall air comes in; a fixed opening is not seen beside it."""
    door = kind.opened()
    if door is None:
        return Mode(Surface(ambient_c=AMBIENT_C), losses)
    out_kw = door_exchange_kw(door.width_m, door.height_m, hot_c, ambient_c=AMBIENT_C, discharge=door.exchange or 1e-12)
    exchange = Loss("opening", out_kw / (hot_c - AMBIENT_C), AMBIENT_C)
    return Mode(_radiating(door, kind.set_points_c()), (*losses, exchange))


def _cooling(kind: HeatedFurnace, hot_c: float) -> tuple[Loss, ...]:
    if kind.cooling_water is None:
        return ()
    kw = cooling_water_kw(kind.cooling_water.flow_m3_per_h, kind.cooling_water.rise_k)
    return (Loss("cooling_water", kw / (hot_c - AMBIENT_C), AMBIENT_C),)


def _carried(use: AtmosphereUse | None, hot_c: float) -> tuple[Loss, ...]:
    """Sensible heat of a protective gas, in proportion to temperature with the mean heat capacity up to ``hot_c``."""
    if use is None:
        return ()
    mol_per_s = use.flow_nm3_per_h / 3600.0 * 1000.0 / LITRES_PER_MOL
    kj_per_mol = gas_of(use.gas).sensible_kj_per_mol(AMBIENT_C, hot_c)
    return (Loss("atmosphere", mol_per_s * kj_per_mol / (hot_c - AMBIENT_C), AMBIENT_C),)


def link_of(transfer: Transfer, exact_at_c: tuple[float, ...]) -> Link:
    """How heat reaches the load."""
    surface = Surface(transfer.area_m2, transfer.emissivity, 1.0, 0.0, AMBIENT_C, exact_at_c, TOP_C)
    return Link(surface, transfer.film_w_per_m2_k * transfer.area_m2 / 1000.0)


@dataclass
class Kiln:
    """The thermal state of one furnace: changed in place from batch to batch."""

    kind: HeatedFurnace
    chamber: Chamber
    now: ChamberState
    idle_s: float = 0.0
    """seconds since the last load was taken out"""
    entered_s: float = -math.inf
    """when the last piece of the lot before went in (continuous furnaces)"""
    conveyed: str = ""
    """recipe of the lot before (continuous furnaces)"""
    most_kw: float | None = None
    """electricity that it may draw in all, under a power cap"""

    @contextmanager
    def within(self, most_kw: float) -> Iterator[None]:
        """What is written meanwhile draws no more electricity than this."""
        self.most_kw = most_kw
        try:
            yield
        finally:
            self.most_kw = None

    @property
    def chamber_c(self) -> float:
        """Temperature of the chamber."""
        return self.now.chamber_c


def cold_kiln(kind: HeatedFurnace) -> Kiln:
    """A furnace as cold as the hall."""
    chamber = Chamber(body_of(kind))
    return Kiln(kind, chamber, chamber.cold(AMBIENT_C))


def load_of(alloy: Alloy | str, mass_kg: float, fixture_kwh_per_k: float, link: Link) -> Load:
    """A load for the chamber; ``alloy`` by name or as it is."""
    return Load(alloy_of(alloy) if isinstance(alloy, str) else alloy, mass_kg, fixture_kwh_per_k, link)


@dataclass
class Writer:
    """Collects the phases of one operation of a furnace; no phase crosses one of ``cuts_s``."""

    kiln: Kiln
    cuts_s: Sequence[float] = ()
    phases: list[Phase] = field(default_factory=list)
    at_s: float = 0.0

    def _before_cut(self, duration_s: float) -> float:
        return min([duration_s, *(cut - self.at_s for cut in self.cuts_s if cut > self.at_s + 1e-9)])

    def _input_kw(self, atmosphere: str | None, extra_kw: float = 0.0) -> float | None:
        """What is left for heating beside fans, drives and the making of an atmosphere; None without a limit, or of burners."""
        kind = self.kiln.kind
        most_kw = self.kiln.most_kw
        if most_kw is None or kind.elements is None:
            return None
        return max(0.0, most_kw - extra_kw - kind.running_kw(firing=True) - kind.making_kw(atmosphere))

    def unheated(self, duration_s: float, word: str, mode: str, *, atmosphere: str | None = None) -> None:
        """No input for a time: the door is open, or the furnace is off."""
        while duration_s > 1e-9:
            length = self._before_cut(duration_s)
            passage = self.kiln.chamber.advance(self.kiln.now, 0.0, length, mode)
            self._take(passage, word, atmosphere=atmosphere)
            duration_s -= length

    def held(
        self,
        set_c: float,
        duration_s: float,
        word: str,
        *,
        atmosphere: str | None = None,
        sinks_kw: Mapping[str, float] | None = None,
        extra_kw: float = 0.0,
    ) -> None:
        """Control to a set point for a time."""
        most_kw = self._input_kw(atmosphere, extra_kw)
        while duration_s > 1e-9:
            length = self._before_cut(duration_s)
            mode = _mode("closed", atmosphere)
            passage = self.kiln.chamber.control(self.kiln.now, set_c, length, mode, most_kw=most_kw, sinks_kw=sinks_kw)
            self._take(passage, word, atmosphere=atmosphere, extra_kw=extra_kw)
            duration_s -= length

    def brought(self, set_c: float, within_k: float, word: str, *, atmosphere: str | None = None) -> None:
        """Control to a set point until the load is within ``within_k`` of it, from below or above. RunFailed where it never is."""
        kiln, mode, most_kw = self.kiln, _mode("closed", atmosphere), self._input_kw(atmosphere)
        left_s = ENDLESS_S
        while True:
            warming = kiln.now.load_c < set_c
            if abs(kiln.now.load_c - set_c) <= within_k + 1e-9:
                return
            length = self._before_cut(left_s)
            passage = kiln.chamber.control(
                kiln.now,
                set_c,
                length,
                mode,
                until_load_c=set_c - within_k if warming else math.inf,
                until_load_above_c=-math.inf if warming else set_c + within_k,
                most_kw=most_kw,
            )
            self._take(passage, word, atmosphere=atmosphere)
            left_s -= passage.duration_s
            if passage.ended_by == "load":
                return
            if left_s <= 0.0 or passage.ended_by == "never":
                msg = f"{kiln.kind.heating.rated_kw:g} kW never bring the load to {set_c:g} degC: losses are larger"
                raise RunFailed(msg)

    def warmed(self, set_c: float, word: str, *, atmosphere: str | None = None) -> None:
        """Heat the empty chamber to a set point. RunFailed where it never gets there."""
        kiln, left_s, most_kw = self.kiln, ENDLESS_S, self._input_kw(atmosphere)
        while kiln.now.chamber_c < set_c - 1e-9:
            length = self._before_cut(left_s)
            passage = kiln.chamber.warm(kiln.now, set_c, length, _mode("closed", atmosphere), most_kw=most_kw)
            self._take(passage, word, atmosphere=atmosphere)
            left_s -= passage.duration_s
            if passage.ended_by == "never" or left_s <= 0.0:
                msg = f"{kiln.kind.heating.rated_kw:g} kW never heat the chamber to {set_c:g} degC: losses are larger"
                raise RunFailed(msg)

    def _take(self, passage: Passage, word: str, *, atmosphere: str | None, extra_kw: float = 0.0) -> None:
        """Turn a passage into phases; neighbouring segments of one constant input become one."""
        group: list[Segment] = []
        for segment in passage.segments:
            if group and (segment.exponentials or group[-1].exponentials or segment.base_kw != group[-1].base_kw):
                self._close(group, word, atmosphere, extra_kw)
                group = []
            group.append(segment)
        if group:
            self._close(group, word, atmosphere, extra_kw)
        self.kiln.now = passage.state
        self.at_s += passage.duration_s

    def _close(self, group: Sequence[Segment], word: str, atmosphere: str | None, extra_kw: float) -> None:
        kind, first = self.kiln.kind, group[0]
        hours = sum(segment.duration_s for segment in group) / 3600.0
        rates: dict[str, float] = {}
        heat: dict[str, float] = {}
        for segment in group:
            for term, kwh in segment.heat_kwh.items():
                heat[term] = heat.get(term, 0.0) + kwh
        firing = bool(first.base_kw or first.exponentials)
        auxiliary_kw = extra_kw + (0.0 if word in ("off", "down") else kind.running_kw(firing=firing))
        if auxiliary_kw:
            rates["electricity"] = auxiliary_kw
            heat["auxiliary"] = heat.get("auxiliary", 0.0) + auxiliary_kw * hours
        if atmosphere is not None:
            stream = stream_of(kind.atmospheres[atmosphere])
            for carrier, rate in stream.rates:
                rates[carrier] = rates.get(carrier, 0.0) + rate
            heat["atmosphere"] = heat.get("atmosphere", 0.0) + stream.heat_kw * hours
        carrier = kind.heating.carrier
        base_kw = first.base_kw + rates.pop(carrier, 0.0)
        flows = [Flow(carrier, base_kw, first.exponentials)] if base_kw or first.exponentials else []
        flows += [Flow(name, rate) for name, rate in rates.items() if rate]
        kept = {term: kwh for term, kwh in heat.items() if kwh}
        self.phases.append(Phase(hours * 3600.0, word, tuple(flows), kept))
