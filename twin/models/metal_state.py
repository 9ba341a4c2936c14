"""Liquid metal in the state of a plant: what furnaces, ladles and feeds hold, heats under way, lots partly poured.

Everything stands as plain values; times are seconds from the moment of the state, the past negative.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.trace import NONE
from twin.models.feed import TINY_KG, Feed, Metal
from twin.models.kept import Kept, finite, kept_phases, phase_of
from twin.models.melting import EMPTY, HEATING, READY, TAPPING, Furnace, Ladle, MeltShop
from twin.models.metal import MetalUnit
from twin.scenario.calendar import local_datetime

if TYPE_CHECKING:
    from twin.models.hearth import Hearth
    from twin.models.plant import Plant

# --- plain values


def _metal(metal: Metal) -> list[float]:
    return [metal.kg, metal.carbon_kg, metal.temperature_c]


def _ladle(ladle: Ladle, plant: Plant, now: float) -> Kept:
    name = plant.codes.equipment[ladle.feed.equipment]
    return {"metal": _metal(ladle.metal), "feed": name, "due_s": finite(ladle.due_s, now)}


# --- casting units and their feeds


def keep_unit(unit: MetalUnit, now: float) -> Kept:
    """What a casting unit and its feed hold, and how far the lot at hand is poured."""
    feed = unit.feed
    kept: Kept = {
        "feed": {
            "metal": _metal(feed.metal),
            "incoming_kg": feed.incoming_kg,
            "expires_s": finite(feed.expires, now),
            "bath_c": None if feed.bath is None else feed.bath.temperature_c,
            "down_s": None if feed.thermostat is None else finite(feed.thermostat.down_until, now),
        },
        "rate_kg_per_s": unit.rate_kg_per_s if math.isfinite(unit.rate_kg_per_s) else None,
        "drawn": _metal(unit.drawn),
        "ready_s": finite(unit.ready_at, now),
        "wakes_s": [time - now for time in unit.wakes if now <= time < math.inf],
        "pending": unit.pending is not None,
        "prepared": unit.prepared,
        "rest": unit.rest,
    }
    return kept


def resume_unit(unit: MetalUnit, kept: Mapping[str, Any], now: float) -> None:
    """Give a casting unit its metal back; a lot that it pours or waits with is laid in by the caller."""
    unit.drawn, unit.prepared, unit.rest = Metal(*kept["drawn"]), kept["prepared"], kept["rest"]
    unit.rate_kg_per_s = math.inf if kept["rate_kg_per_s"] is None else kept["rate_kg_per_s"]
    unit.ready_at = -math.inf if kept["ready_s"] is None else now + kept["ready_s"]
    for wake_s in kept["wakes_s"]:
        unit.wake_at(now + wake_s)
    resume_feed(unit.feed, kept["feed"], now)


def resume_feed(feed: Feed, kept: Mapping[str, Any], now: float) -> None:
    """Give a feed its metal back; of a ladle what was left of its pouring window."""
    feed.metal, feed.incoming_kg, feed.since = Metal(*kept["metal"]), kept["incoming_kg"], now
    if kept["expires_s"] is not None:
        feed.expires = now + kept["expires_s"]
        if feed.metal.kg > 0.0 and feed.expires >= now:
            feed.unit.floor.after(feed.expires - now, feed.expire)
    if feed.bath is not None:
        feed.bath.kg, feed.bath.temperature_c = feed.metal.kg, kept["bath_c"]
    if feed.thermostat is not None and kept["down_s"] is not None:
        feed.thermostat.down_until = now + kept["down_s"]


def go_on_pouring(unit: MetalUnit, now: float) -> None:
    """A lot whose metal is drawn goes on; its next ladle is called in time."""
    lead_s = math.inf if unit.supplier is None else unit.supplier.lead_s
    if unit.feed.window_s < math.inf and unit.done_at - lead_s >= now:
        unit.floor.after(unit.done_at - lead_s - now, unit.look_ahead)


# --- furnaces


def keep_furnace(plant: Plant, furnace: Furnace, now: float) -> Kept:
    """What a melting furnace holds, how hot its lining is, and what its heat has before it."""
    state = furnace.hearth.state
    heating = furnace.state == HEATING
    return {
        "state": furnace.state,
        "metal": _metal(furnace.metal),
        "nodes_c": [float(celsius) for celsius in state.nodes_c],
        "bath_kg": state.mass_kg,
        "open": furnace.batch != NONE,
        "serial": furnace.serial,
        "begun_s": furnace.begun - now,
        "ready_s": furnace.ready_at - now,
        "refused_s": finite(furnace.refused_at, now),
        "charged_kg": furnace.charged_kg,
        "granted": [[finite(until, now), kw] for until, kw in furnace.granted],
        "tapped": [[plant.codes.equipment[code], kg] for code, kg in furnace.tapped_kg.items()],
        "expected": [[cold, expected_s] for cold, expected_s in furnace.expected_s.items()],
        "phases": kept_phases(furnace.phases, furnace.ready_at, now) if heating else [],
        "hands": {} if furnace.hands is None else furnace.hands.keep(now),
        "asks_kg": furnace.asks_kg,
        "filling": None if furnace.filling is None else _ladle(furnace.filling, plant, now),
    }


def resume_furnace(plant: Plant, furnace: Furnace, kept: Mapping[str, Any], now: float) -> None:
    """Give a furnace its metal and its heat back; a heat or a tap under way goes on."""
    if kept["state"] not in (EMPTY, HEATING, READY, TAPPING):
        msg = f"no state {kept['state']!r} of a furnace"
        raise ValueError(msg)
    furnace.state, furnace.metal, furnace.since = kept["state"], Metal(*kept["metal"]), now
    _warm(furnace.hearth, kept["nodes_c"], kept["bath_kg"])
    furnace.batch = furnace.floor.batch() if kept["open"] else NONE
    furnace.serial, furnace.charged_kg = int(kept["serial"]), kept["charged_kg"]
    furnace.begun, furnace.ready_at = now + kept["begun_s"], now + kept["ready_s"]
    furnace.refused_at = math.inf if kept["refused_s"] is None else now + kept["refused_s"]
    furnace.granted = [(math.inf if until is None else now + until, kw) for until, kw in kept["granted"]]
    furnace.tapped_kg = {plant.codes.equipment.index(name): kg for name, kg in kept["tapped"]}
    furnace.expected_s = {bool(cold): expected_s for cold, expected_s in kept["expected"]}
    if furnace.state == HEATING:
        furnace.phases = [phase_of(phase) for phase in kept["phases"]]
        furnace.books.phases(furnace.equipment, furnace.batch, now, furnace.phases)
        furnace.floor.after(furnace.ready_at - now, furnace.ready)
    furnace.asks_kg = kept["asks_kg"]
    if furnace.hands is not None:
        furnace.hands.resume(kept["hands"], now)
    if kept["filling"] is not None:
        furnace.filling = _ladle_of(kept["filling"], feeds_of(furnace.shop, plant), now)
        furnace.floor.after(furnace.filling.due_s - now, furnace.tapped)


def _warm(hearth: Hearth, nodes_c: Sequence[float], bath_kg: float) -> None:
    nodes = np.array(nodes_c, dtype=np.float64)
    if nodes.shape != hearth.state.nodes_c.shape:
        msg = f"{len(nodes)} temperatures were kept, its lining has {len(hearth.state.nodes_c)} nodes"
        raise ValueError(msg)
    nodes.setflags(write=False)
    hearth.state = replace(hearth.state, nodes_c=nodes, mass_kg=bath_kg)


def feeds_of(shop: MeltShop, plant: Plant) -> dict[str, Feed]:
    """The feeds of a melt shop by the name of their equipment."""
    return {plant.codes.equipment[feed.equipment]: feed for feed in shop.feeds}


def _ladle_of(kept: Mapping[str, Any], feeds: Mapping[str, Feed], now: float) -> Ladle:
    due_s = math.inf if kept["due_s"] is None else now + kept["due_s"]
    return Ladle(Metal(*kept["metal"]), feeds[kept["feed"]], due_s)


# --- melt shops


def keep_shop(plant: Plant, shop: MeltShop, now: float) -> Kept:
    """Ladles on their way, when power is looked for again, and which heat of the day comes next."""
    counted_from = local_datetime(plant.scenario, 0.0).date() - dt.timedelta(days=shop.days_before)
    return {
        "ladles": [_ladle(ladle, plant, now) for ladle in shop.transit],
        "power_s": finite(shop.power_at, now) if shop.power_at >= now else None,
        "counted_from": counted_from.isoformat(),
        "day": finite(shop.day, 0.0),
        "heats_today": shop.heats_today,
    }


def resume_shop(plant: Plant, shop: MeltShop, kept: Mapping[str, Any], now: float) -> None:
    """Let ladles arrive that are on their way, and the count of heats go on."""
    feeds = feeds_of(shop, plant)
    for one in kept["ladles"]:
        ladle = _ladle_of(one, feeds, now)
        shop.transit.append(ladle)
        shop.floor.after(ladle.due_s - now, shop.arrive)
    if kept["power_s"] is not None:
        shop.wake_at(now + kept["power_s"])
    counted_from = dt.date.fromisoformat(kept["counted_from"])
    shop.days_before = (local_datetime(plant.scenario, 0.0).date() - counted_from).days
    shop.day = -math.inf if kept["day"] is None else kept["day"]
    shop.heats_today = int(kept["heats_today"])


def shops(plant: Plant) -> Iterator[tuple[str, MeltShop]]:
    """The melt shops by the name of their station."""
    for shop in plant.shops:
        yield plant.codes.station[plant.codes.station_of[shop.furnaces[0].equipment]], shop


# --- what a state may not say


def check_metal(plant: Plant, units: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise InputFault where a holder of metal would hold more than goes in, or metal that is not liquid."""
    for _, shop in shops(plant):
        for furnace in shop.furnaces:
            kept = units.get(plant.codes.equipment[furnace.equipment])
            if kept is not None:
                _within(furnace.name, kept["metal"], furnace.kind.capacity_kg)
    for feeds in plant.feeds.values():
        for feed in feeds:
            name = plant.codes.equipment[feed.unit.equipment]
            if name in units and "feed" in units[name]:
                _within(name, units[name]["feed"]["metal"], feed.capacity_kg)


def _within(name: str, metal: Sequence[float], capacity_kg: float) -> None:
    kg, carbon_kg = float(metal[0]), float(metal[1])
    if not 0.0 <= kg <= capacity_kg + 1e3 * TINY_KG:
        msg = f"run.state: {name} would hold {kg:.1f} kg of metal, {capacity_kg:.1f} kg go in"
        raise InputFault(msg)
    if not -1e-9 <= carbon_kg <= kg + 1e-9:
        msg = f"run.state: {name}: {carbon_kg:.1f} kg of carbon in {kg:.1f} kg of metal"
        raise InputFault(msg)
