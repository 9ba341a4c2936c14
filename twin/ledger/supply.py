"""What stands between the load and the meter, by quarter-hour: rooftop PV, battery, sale of what is over, transformer.

Pure functions on arrays of quarter-hours, so that a run and a composed year reckon alike. Order: the sun covers the load, what is over
charges the battery, what is over then is sold or curtailed; the battery gives what its rule wants; the transformer's losses come on top.

Battery: losses are split evenly between charging and discharging (efficiency sqrt(round trip) each way); power is at the AC side. It begins
the span with the charge that it ends with (:func:`cyclic`), so that no stored energy is had for nothing.

Transformer: P = P0 + Pk (S / Sn)², no-load and load loss as IEC 60076-1 states them, S² = P² + Q² of the quarter-hour's means. The mean of
a square exceeds the square of the mean, so the loss is understated by Pk / Sn² times the variance of the power within the quarter-hour,
at most Pk / Sn² (Pmax - Pmin)² / 4 (:func:`loss_bound_kw`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario
    from twin.scenario.schema import Battery, Site, Transformer

QUARTER_H = 0.25
START_SHARE = 0.5
"""share of its energy from which the search for a cyclic charge begins, and with which a plan begins"""
ROUNDS = 60
_CLOSE_KWH, _GOING_ON = 1e-9, 3


@dataclass(frozen=True)
class Supply:
    """Means by quarter-hour, kW and kvar, all shapes alike. ``battery_kw`` is discharge (charge negative).

    ``used_kw`` of the sun goes into load and battery, ``sold_kw`` to the grid, the rest of what there is is curtailed. ``meter_kw`` is what
    the site draws. ``held_kwh`` is in the battery at each quarter-hour's end, ``begun_kwh`` at the beginning.
    """

    used_kw: np.ndarray
    sold_kw: np.ndarray
    battery_kw: np.ndarray
    held_kwh: np.ndarray
    begun_kwh: float
    transformer_kw: np.ndarray
    transformer_kvar: np.ndarray
    meter_kw: np.ndarray

    @property
    def discharged_kwh(self) -> float:
        """What the battery gave."""
        return float(np.maximum(self.battery_kw, 0.0).sum()) * QUARTER_H

    @property
    def change_kwh(self) -> float:
        """What the battery holds more at the end than at the beginning."""
        return float(self.held_kwh[-1]) - self.begun_kwh if len(self.held_kwh) else 0.0


def follow(battery: Battery, wanted_kw: np.ndarray, step_h: float, start_kwh: float) -> tuple[np.ndarray, np.ndarray]:
    """AC power that a battery really gives (discharge positive) and its energy after each step, for wished powers of equal steps.

    Both shapes (steps,). Power is limited by rating, charge and room.
    """
    one_way, room, rated = math.sqrt(battery.round_trip), battery.energy_kwh, battery.power_kw
    held = start_kwh
    given, energy = [], []
    for wish in np.asarray(wanted_kw, dtype=np.float64).tolist():
        if wish > 0.0:
            power = min(wish, rated, held * one_way / step_h)
            held -= power / one_way * step_h
        else:
            power = max(wish, -rated, -(room - held) / one_way / step_h)
            held -= power * one_way * step_h
        held = min(max(held, 0.0), room)
        given.append(power)
        energy.append(held)
    return np.array(given), np.array(energy)


def cyclic(battery: Battery, wanted_kw: np.ndarray, step_h: float) -> tuple[np.ndarray, np.ndarray, float]:
    """As :func:`follow`, from the charge with which the battery also ends; the third value is that charge.

    The charge at the end never falls, and moves by no more than the charge at the beginning, when that rises. So a start equal to its end
    exists. Going on from the end finds it as soon as the battery is once full or empty; else it is searched for by halving.
    """
    low, high = 0.0, battery.energy_kwh
    start = START_SHARE * battery.energy_kwh
    given, energy = np.zeros(0), np.zeros(0)
    for tried in range(ROUNDS):
        given, energy = follow(battery, wanted_kw, step_h, start)
        gained = float(energy[-1]) - start if len(energy) else 0.0
        if abs(gained) <= _CLOSE_KWH:
            break
        low, high = (start, high) if gained > 0.0 else (low, start)
        start = float(energy[-1]) if tried < _GOING_ON else (low + high) / 2.0
    return given, energy, start


def wished_kw(battery: Battery, net_kw: np.ndarray, shave_kw: float, hour: np.ndarray) -> np.ndarray:
    """What the rule wants of the battery in each quarter-hour (discharge positive), from net load and clock only.

    ``net_kw`` is load less sun (negative: surplus), ``shave_kw`` the level that it keeps the load below, ``hour`` the local hour of day.
    Surplus is stored. Above the level it discharges the excess; in its hours of discharge it covers the load; in its hours of charge
    (at any other time where none are written) it charges up to the level.
    """
    rule = battery.control
    surplus = np.minimum(net_kw, 0.0)
    if rule is None:
        return np.asarray(surplus)
    excess = net_kw - shave_kw
    charging = _within(hour, rule.charge_hours) if rule.charge_between else np.ones(len(net_kw), bool)
    giving = _within(hour, rule.discharge_hours) if rule.discharge_between else np.zeros(len(net_kw), bool)
    wish = np.where(charging, np.minimum(excess, 0.0), surplus)
    wish = np.where(giving, np.maximum(net_kw, 0.0) + surplus, wish)
    return np.asarray(np.where(excess > 0.0, np.where(giving, np.maximum(net_kw, 0.0), excess), wish))


def _within(hour: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    start, end = span
    return (hour >= start) & (hour < end) if start < end else (hour >= start) | (hour < end)


def loss_kw(transformer: Transformer, active_kw: np.ndarray, reactive_kvar: np.ndarray) -> np.ndarray:
    """Losses of all units, equally loaded, at means of active and reactive power. Shape as given."""
    load2 = (active_kw**2 + reactive_kvar**2) / (transformer.units * transformer.rated_kva) ** 2
    return np.asarray(transformer.units * (transformer.no_load_kw + transformer.load_loss_kw * load2))


def loss_kvar(transformer: Transformer, active_kw: np.ndarray, reactive_kvar: np.ndarray) -> np.ndarray:
    """Reactive power that all units take: magnetising, and leakage that grows with the square of the load. Shape as given."""
    load2 = (active_kw**2 + reactive_kvar**2) / (transformer.units * transformer.rated_kva) ** 2
    return np.asarray(
        transformer.units * transformer.rated_kva * (transformer.magnetising + transformer.impedance * load2)
    )


def loss_bound_kw(transformer: Transformer, least_kw: np.ndarray, most_kw: np.ndarray) -> np.ndarray:
    """The most by which :func:`loss_kw` of a quarter-hour's mean understates, for the extremes of its power. Shape as given."""
    whole = transformer.units * transformer.rated_kva
    return np.asarray(transformer.units * transformer.load_loss_kw * ((most_kw - least_kw) / whole) ** 2 / 4.0)


def below_kw(transformer: Transformer | None, at_meter_kw: float, factor: float | None = None) -> float:
    """The active power behind a transformer at which the meter shows ``at_meter_kw``; reactive power by a power factor (else none)."""
    if transformer is None:
        return at_meter_kw
    whole = transformer.units * transformer.rated_kva
    a = transformer.units * transformer.load_loss_kw / (whole * (factor or 1.0)) ** 2
    rest = at_meter_kw - transformer.units * transformer.no_load_kw
    if rest <= 0.0:
        return rest
    return rest if a == 0.0 else (math.sqrt(1.0 + 4.0 * a * rest) - 1.0) / (2.0 * a)


def least_factor(scenario: Scenario) -> float:
    """The worst power factor that the scenario states for anything."""
    found = [scenario.spec.site.power_factor or 1.0]
    for part in (*scenario.stations.values(), *scenario.utilities.values()):
        own = part.power_factor
        found += list(own.values()) if isinstance(own, dict) else [] if own is None else [own]
    return min(found)


def cap_behind_kw(scenario: Scenario) -> float:
    """The power cap, as a limit of the active power behind the transformer at the worst power factor; infinite without a cap."""
    site = scenario.spec.site
    if site.power_cap_kw is None:
        return math.inf
    return below_kw(site.transformer, site.power_cap_kw, least_factor(scenario))


def net_reactive_kvar(
    factor: float | None, load_kw: np.ndarray, booked_kvar: np.ndarray, *, booked: bool
) -> np.ndarray:
    """Reactive power behind the transformer: as booked, else of the whole load by the site's power factor. Shape as given."""
    if booked or factor is None:
        return booked_kvar
    return np.asarray(load_kw * math.tan(math.acos(factor)))


def supply(
    site: Site,
    load_kw: np.ndarray,
    reactive_kvar: np.ndarray,
    sun_kw: np.ndarray,
    hour: np.ndarray,
    planned_kw: np.ndarray | None = None,
) -> Supply:
    """Everything from the load to the meter. Shapes alike (quarter-hours,).

    ``planned_kw`` overrides the battery's rule where it is a number. ``reactive_kvar`` is net of capacitors (lagging positive).
    """
    net = load_kw - sun_kw
    if site.battery is not None:
        net = net + site.battery.standby_kw
    shave = math.inf
    if (
        site.battery is not None
        and site.battery.control is not None
        and site.battery.control.shave_above_kw is not None
    ):
        shave = below_kw(site.transformer, site.battery.control.shave_above_kw, _least_factor(net, reactive_kvar))
    room_kw = np.full(len(net), math.inf)
    if site.battery is not None and site.power_cap_kw is not None:
        cap_kw = below_kw(site.transformer, site.power_cap_kw, _least_factor(net, reactive_kvar))
        room_kw = np.maximum(cap_kw - net, 0.0)
    given, held, begun = _battery(site, net, shave, hour, planned_kw, room_kw)
    balance = net - given
    sells = site.pv is not None and not isinstance(site.pv.surplus, str)
    lost, lost_kvar = np.zeros(len(net)), np.zeros(len(net))
    if site.transformer is not None:
        through = balance if sells else np.maximum(balance, 0.0)
        lost, lost_kvar = (one(site.transformer, through, reactive_kvar) for one in (loss_kw, loss_kvar))
    over = np.minimum(np.maximum(-balance - lost, 0.0), sun_kw)
    sold = over if sells else np.zeros(len(net))
    return Supply(sun_kw - over, sold, given, held, begun, lost, lost_kvar, np.maximum(balance + lost, 0.0))


def _battery(
    site: Site, net: np.ndarray, shave: float, hour: np.ndarray, planned_kw: np.ndarray | None, room_kw: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Power given, charge held and charge at the beginning. ``room_kw``: what the rule may charge at most under a power cap."""
    battery = site.battery
    if battery is None:
        return np.zeros(len(net)), np.zeros(len(net)), 0.0
    wish = np.maximum(wished_kw(battery, net, shave, hour), -room_kw)
    if planned_kw is None:
        return cyclic(battery, _sane(wish, net), QUARTER_H)
    wish = np.where(np.isnan(planned_kw), wish, planned_kw)
    start = START_SHARE * battery.energy_kwh
    given, held = follow(battery, _sane(wish, net), QUARTER_H, start)
    return given, held, start


def _sane(wish: np.ndarray, net: np.ndarray) -> np.ndarray:
    """Never more than the load takes: a battery does not feed the grid."""
    return np.asarray(np.minimum(wish, np.maximum(net, 0.0)))


def _least_factor(active_kw: np.ndarray, reactive_kvar: np.ndarray) -> float:
    """The worst power factor of any quarter-hour near the peak, for the level that the battery keeps."""
    if not len(active_kw) or not np.any(reactive_kvar):
        return 1.0
    k = active_kw >= 0.5 * active_kw.max()
    return float(np.min(active_kw[k] / np.hypot(active_kw[k], reactive_kvar[k]))) if active_kw.max() > 0.0 else 1.0
