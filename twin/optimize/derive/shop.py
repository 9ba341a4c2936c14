"""Scenario → :class:`~twin.optimize.problem.shop.Shop`: a line whose stations put lots together to loads (furnaces, washers, ovens).

Stations that form loads are scheduled; what lies between them on a route is a lag. Room is the load's capacity, durations are the plan's
quantile rounded up to slots, power comes from the equipment's own physics and then from replays of the plan. Furnaces are switched on and
off; machines without a model of their start are not, and what they draw between loads is part of the load of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import InputFault
from twin.experiment.draws import MeanDraws
from twin.models.batches import BatchLot, BatchProcess
from twin.models.building import Times
from twin.models.choosing import Fork
from twin.models.heat_treatment import HeatedFurnace
from twin.models.plant import Plant
from twin.models.station import Job
from twin.models.worktime import ALWAYS, WorkTime, bridged
from twin.optimize.derive.line_at_work import at_work, open_for
from twin.optimize.derive.load_power import Prices, Shares, prices_of, shares_of
from twin.optimize.derive.people import stay_of, stays
from twin.optimize.derive.sharing import held_by, shared
from twin.optimize.derive.site import site_parts
from twin.optimize.problem.grid import Slots
from twin.optimize.problem.shop import Family, Group, Operation, Shop, ShopJob, States, Way
from twin.scenario.orders import at_random

if TYPE_CHECKING:
    from twin.optimize.derive.shop_feedback import LineFeedback, SeenLoads, SeenRest
    from twin.optimize.problem.shop_state import LineState, OpenLot
    from twin.scenario.scenario import Scenario

LATE_KRW_PER_H = 20_000.0
"""what an hour of a lot's lateness costs in the objective (assumed: more than any shift of a lot saves)"""

Recipe = tuple[str, str]
"""station and recipe"""
START = 4.0
"""a furnace without a start-up of its own is warmed by its first load: starting it is priced as this multiple of a slot of waiting
(assumed, so that none is switched off for minutes); only the slot itself counts as energy and cash"""
ROOM = 100.0
"""a unit has room for 100 %: a lot takes the larger of its shares of mass and of places"""


@dataclass(frozen=True)
class Caution:
    """How a plan guards against chance: lots are planned done ``slack_s`` before they are due, with loads as long as at this ``quantile``
    (None: as the plan's own). Lateness is ``dear`` times what it costs else.
    """

    slack_s: float = 0.0
    quantile: float | None = None
    dear: float = 1.0


Others = Mapping[str, float]
"""fuels (kWh) and gases (kg) by carrier"""


@dataclass(frozen=True)
class Line:
    """A shop and what it was made of.

    ``steps``: by family, the places in the route of its operations. What is burnt besides electricity: ``load_others`` and ``lot_others``
    by family and station of one load and one lot, ``startup_others`` and ``waiting_others`` by station of an hour, ``other_others`` of all
    the rest in the horizon. ``lengths``: slots of a load by station and recipe. ``tail_s``: seconds after the last operation, by family.
    ``later``: lots that are left to the plan that follows. ``own_cap_kg``: the emission cap itself, where targets lower the shop's.
    """

    shop: Shop
    switched: tuple[str, ...]
    steps: Mapping[str, tuple[int, ...]]
    tail_s: Mapping[str, float]
    prices: Prices
    lengths: Mapping[Recipe, int]
    load_others: Mapping[tuple[str, str], Others]
    lot_others: Mapping[tuple[str, str], Others]
    startup_others: Mapping[str, Others]
    waiting_others: Mapping[str, Others]
    other_others: Others
    later: tuple[str, ...] = ()
    own_cap_kg: float | None = None

    @cached_property
    def family_of(self) -> dict[str, str]:
        """Family by job."""
        return {job.name: job.family for job in self.shop.jobs}


CALM = Caution()


def derive_shop(
    scenario: Scenario,
    slots: Slots,
    state: LineState,
    feedback: LineFeedback,
    lengths: Mapping[Recipe, int] | None = None,
    *,
    caution: Caution = CALM,
    later: Collection[str] = (),
) -> Line:
    """The line's shop over the plan's slots. ``lengths``: slots of loads that are settled already; ``later``: lots left to the next plan.

    Raises InputFault where orders come at random.
    """
    orders = scenario.spec.orders
    if isinstance(orders, dict) and any(at_random(order) for order in orders.values()):
        msg = "orders that come at random cannot be planned ahead: their lots are not known when the plan is made"
        raise InputFault(msg)
    plant = Plant(scenario, MeanDraws(), slots.start_s, slots.end_s)
    return _Deriving(scenario, slots, state, feedback, plant, dict(lengths or {}), caution).line(later)


class _Deriving:
    """Collects the parts of one shop."""

    def __init__(
        self,
        scenario: Scenario,
        slots: Slots,
        state: LineState,
        feedback: LineFeedback,
        plant: Plant,
        lengths: dict[Recipe, int],
        caution: Caution,
    ) -> None:
        self.scenario, self.slots, self.state, self.feedback, self.plant = scenario, slots, state, feedback, plant
        self.kinds = {name: kind for name, kind in scenario.stations.items() if isinstance(kind, BatchProcess)}
        self.prices = prices_of(scenario, slots)
        self.site = site_parts(scenario, slots)
        self.times = Times(scenario, MeanDraws())
        self.shares: dict[tuple[str, str], Shares] = {}
        self.families: dict[str, Family] = {}
        self.steps: dict[str, tuple[int, ...]] = {}
        self.tail_s: dict[str, float] = {}
        self.lengths, self.caution = lengths, caution
        self.load_others: dict[tuple[str, str], Others] = {}
        self.lot_others: dict[tuple[str, str], Others] = {}

    def line(self, later: Collection[str]) -> Line:
        here = [lot for lot in self.state.lots.values() if lot.ready_s < self.slots.end_s - 1e-6]
        lots = [lot for lot in here if lot.job not in later]
        self._shares(lots)
        jobs = [job for lot in lots for job in self._jobs(lot)]
        used = {group for family in self.families.values() for op in family.operations for group in op.ways}
        groups = {name: self._group(name, kind) for name, kind in self.kinds.items() if name in used}
        for name, kind in self.kinds.items():
            if name in used:
                units = [f"{name}.{k + 1}" for k in range(kind.units)]
                busy = list(at_work(self.slots, self.state, units, groups[name].room))
                self.families |= {family.name: family for family, _ in busy}
                jobs = [job for _, job in busy] + jobs
                rests = [way.slots for family, _ in busy for way in family.operations[0].ways.values()]
                groups[name] = open_for(groups[name], max(rests, default=0))
        parts = dict(self.site)
        loaded = {name: unit.free_s for name, unit in self.state.units.items() if unit.loaded}
        fixed_kg = self.prices.carbon(self.feedback.other_others)
        parts["carbon"] = replace(parts["carbon"], fixed_kg=parts["carbon"].fixed_kg + fixed_kg)
        shop = Shop(
            slots=self.slots.count,
            slot_h=self.slots.hours,
            groups=groups,
            families=self.families,
            jobs=tuple(jobs),
            base_kw=self.feedback.other_kw,
            capacities=stays(self.scenario, self.slots, self.kinds) | shared(self.scenario, self.slots, loaded),
            **parts,
        )
        switched = tuple(name for name in shop.groups if shop.groups[name].states is not None)
        return Line(
            shop=shop,
            switched=switched,
            steps=self.steps,
            tail_s=self.tail_s,
            prices=self.prices,
            lengths=self.lengths,
            load_others=self.load_others,
            lot_others=self.lot_others,
            startup_others=_others(self.feedback.startups, self.feedback.waiting),
            waiting_others=_others(self.feedback.waiting, {}),
            other_others=self.feedback.other_others,
            later=tuple(lot.job for lot in here if lot.job in later),
        )

    # --- groups

    def _group(self, name: str, kind: BatchProcess) -> Group:
        place, slots = self.plant.places[name], self.slots
        hours = place.worktime
        spans = [(-math.inf, math.inf)] if hours is ALWAYS else list(zip(hours.starts, hours.ends, strict=True))
        stays = WorkTime(bridged(spans, kind.stay_on_s, []))
        starts = slots.edges()[:-1]
        available = np.array([stays.open(t) and stays.closes(t) >= t + slots.slot_s - 1e-6 for t in starts])
        units = [f"{name}.{k + 1}" for k in range(kind.units)]
        begins = np.array([hours.open(t + 1e-6) for t in starts])
        return Group(name, kind.units, available, ROOM, self._states(name, kind, units), begins & available)

    def _states(self, name: str, kind: BatchProcess, units: list[str]) -> States | None:
        """Furnaces are switched; what a start and waiting take as last seen, else as a soaked furnace holds."""
        if not isinstance(kind, HeatedFurnace):
            return None
        on = sum(self.state.units[unit].on for unit in units)
        count = max(1, self.slots.whole(kind.startup_s()))
        seen, waits = self.feedback.startups.get(name), self.feedback.waiting.get(name)
        hold = kind.running_kw(firing=True)
        idle_kw, idle_krw = (hold, 0.0) if waits is None else (waits.power_kw, self._paid(waits.others))
        price = float(self.site["price_krw_per_kwh"].mean())
        start_kw, start_krw = idle_kw, idle_krw + (START - 1.0) * (idle_kw * price + idle_krw)
        if seen is not None and kind.startup_s():
            start_kw, start_krw = seen.power_kw, self._paid(seen.others)
        return States(idle_kw, start_kw, count, on, idle_krw * self.slots.hours, start_krw * count * self.slots.hours)

    def _paid(self, others: Mapping[str, float]) -> float:
        """KRW of fuels and gases with the price of their carbon."""
        price = self.scenario.spec.site.carbon_price
        shadow = 0.0 if price is None else price.value_krw_per_kg
        return self.prices.cost_krw(others) + shadow * self.prices.carbon(others)

    # --- families

    def _jobs(self, lot: OpenLot) -> Iterator[ShopJob]:
        """The lot as a job of its family; nothing where no load is left to do."""
        route = self.plant.route_of(lot.product)
        steps = tuple(k for k, place in enumerate(route) if any(name in self.kinds for name in _names(place)))
        left = [k for k in steps if k >= lot.step]
        if not left:
            return
        family = f"{lot.product}/{lot.pieces}"
        if family not in self.families:
            self.families[family] = self._family(family, lot, route, steps)
            self.steps[family] = steps
            self.tail_s[family] = self._between_s(lot, route, steps[-1] + 1, len(route))
        ready_s = lot.ready_s + self._between_s(lot, route, lot.step, left[0])
        release = max(0, math.ceil((ready_s - self.slots.start_s) / self.slots.slot_s - 1e-9))
        yield ShopJob(lot.job, family, release, self._due(lot, route, steps), steps.index(left[0]))

    def _due(self, lot: OpenLot, route: tuple[Any, ...], steps: tuple[int, ...]) -> int | None:
        if not math.isfinite(lot.due_s):
            return None
        due_s = lot.due_s - self._between_s(lot, route, steps[-1] + 1, len(route)) - self.caution.slack_s
        return max(0, math.floor((due_s - self.slots.start_s) / self.slots.slot_s + 1e-9))

    def _between_s(self, lot: OpenLot, route: tuple[Any, ...], first: int, last: int) -> float:
        """Seconds of the stations of a route from ``first`` up to ``last`` that form no loads."""
        job = Job(0, lot.job, lot.product, float(lot.pieces), lot.due_s, ())
        names = [_names(place)[0] for place in route[first:last]]
        return sum(self.times.of(name, self.scenario.stations[name])(job) for name in names if name not in self.kinds)

    def _family(self, name: str, lot: OpenLot, route: tuple[Any, ...], steps: tuple[int, ...]) -> Family:
        operations, before = [], 0
        for k in steps:
            stations = [one for one in _names(route[k]) if one in self.kinds]
            lag = self.slots.whole(self._between_s(lot, route, before, k)) if before else 0
            recipe = self.scenario.spec.products[lot.product].recipe_at(stations[0])
            wait = self.scenario.stations[stations[0]].max_wait
            longest = None if wait is None else max(0, math.floor(wait.time_s / self.slots.slot_s + 1e-9))
            ways = {station: self._way(name, station, lot) for station in stations}
            operations.append(Operation(stations[0], ways, lag, longest, 0.0, recipe or stations[0]))
            before = k + 1
        return Family(name, tuple(operations), LATE_KRW_PER_H * self.caution.dear * self.slots.hours)

    # --- ways

    def _shares(self, lots: list[OpenLot]) -> None:
        """What loads take, by station and recipe, from whole lots of each product."""
        random, quantile = self.scenario.spec.run.randomness == "on", self.caution.quantile
        uniform = (self.scenario.spec.plan.quantile if quantile is None else quantile) if random else None
        largest: dict[str, OpenLot] = {}
        for lot in lots:
            if lot.product not in largest or lot.pieces > largest[lot.product].pieces:
                largest[lot.product] = lot
        for station, kind in self.kinds.items():
            by_recipe: dict[str, dict[str, BatchLot]] = {}
            for product, lot in largest.items():
                spec = self.scenario.spec.products[product]
                if station in spec.stations:
                    one = BatchLot("plan", product, lot.pieces, lot.pieces * spec.mass_kg)
                    by_recipe.setdefault(spec.recipe_at(station), {})[product] = one
            for recipe, ones in by_recipe.items():
                self.shares[station, recipe] = shares_of(kind, recipe, ones, self.slots.slot_s, uniform)

    def _way(self, family: str, station: str, lot: OpenLot) -> Way:
        kind, product = self.kinds[station], self.scenario.spec.products[lot.product]
        recipe = product.recipe_at(station)
        share, seen = self.shares[station, recipe], self.feedback.loads.get((station, recipe))
        whole_kg = product.lot * product.mass_kg
        part = lot.kg / whole_kg if whole_kg else 1.0
        longest_s = share.duration_s if seen is None else max(share.duration_s, seen.longest_s)
        key = (station, recipe)
        count = self.lengths.setdefault(key, max(1, self.slots.whole(longest_s)))
        shape = _fitted(share.shape if seen is None or not seen.power_kw.sum() else seen.power_kw, count)
        kwh_factor, factors = self._corrections(share, seen)
        kw = shape * kwh_factor / self.slots.hours
        load_others = {c: amount * factors.get(c, 1.0) for c, amount in share.load_others.items()}
        lot_others = {c: part * x * factors.get(c, 1.0) for c, x in share.lot_others[lot.product].items()}
        rest_kw = np.zeros(count)
        waits = self.feedback.waiting.get(station)
        if waits is not None and isinstance(kind, HeatedFurnace):
            # a load is done before its last slot is over: the furnace waits
            rest_h = count * self.slots.hours - (share.duration_s if seen is None else seen.mean_s) / 3600.0
            rest_kw = _last(count, rest_h / self.slots.hours) * waits.power_kw
            load_others = {
                c: load_others.get(c, 0.0) + rest_h * waits.others.get(c, 0.0) for c in {**load_others, **waits.others}
            }
        self.load_others[family, station], self.lot_others[family, station] = load_others, lot_others
        stay = {} if kind.crew is None or not kind.operators else {stay_of(kind.crew): float(kind.operators)}
        return Way(
            count,
            kw * share.load_kwh + rest_kw,
            kw * share.lot_kwh[lot.product] * part,
            ROOM * kind.load.fill(lot.kg, lot.pieces),
            uses=stay | held_by(self.scenario, station),
            load_krw=self.prices.cost_krw(load_others),
            job_krw=self.prices.cost_krw(lot_others),
            load_carbon_kg=self.prices.carbon(load_others),
            job_carbon_kg=self.prices.carbon(lot_others),
        )

    def _corrections(self, share: Shares, seen: SeenLoads | None) -> tuple[float, dict[str, float]]:
        """Seen over reckoned, of electricity and of what else is burnt: the same loads with their own lots."""
        if seen is None:
            return 1.0, {}
        products = self.scenario.spec.products
        lots = {p: kg / (products[p].lot * products[p].mass_kg) for p, kg in seen.lots.items() if p in share.lot_kwh}
        own = seen.count * share.load_kwh + sum(n * share.lot_kwh[p] for p, n in lots.items())
        kwh = float(seen.power_kw.sum()) * self.slots.hours * seen.count
        factors = {}
        for carrier, amount in seen.others.items():
            reckoned = seen.count * share.load_others.get(carrier, 0.0)
            reckoned += sum(n * share.lot_others[p].get(carrier, 0.0) for p, n in lots.items())
            factors[carrier] = amount * seen.count / reckoned if reckoned else 1.0
        return (kwh / own if own else 1.0), factors


def _others(first: Mapping[str, SeenRest], second: Mapping[str, SeenRest]) -> dict[str, Others]:
    """What is burnt in an hour, by station, as ``first`` tells, else ``second``."""
    return {name: seen.others for name, seen in {**second, **first}.items()}


def _names(place: Any) -> tuple[str, ...]:
    """Stations that a step of a route may be done at."""
    return place.names if isinstance(place, Fork) else (place.name,)


def _last(count: int, slots: float) -> np.ndarray:
    """Share of each of ``count`` slots that lies in the last ``slots`` of them."""
    return np.clip(slots - np.arange(count - 1, -1, -1.0), 0.0, 1.0)


def _fitted(shape: np.ndarray, count: int) -> np.ndarray:
    """A shape cut or filled up to so many slots, its sum 1."""
    found = np.zeros(count)
    found[: min(count, len(shape))] = shape[:count]
    total = found.sum()
    return found / total if total else found
