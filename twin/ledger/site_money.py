"""Money of the site's own supply: sun sold to the grid, wear of the battery, charge that it holds more or less than at the beginning."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.core.faults import InputFault
from twin.ledger.factors import hour_of_year
from twin.ledger.tariff_clock import wall_clock

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

QUARTER_S = 900
SELL = "site.pv.surplus.sell"
COLUMN = "krw_per_kwh"


@dataclass(frozen=True)
class SiteMoney:
    """KRW of a span: earned by sale, worn off the battery, and what the change of its charge is worth (a fall is a cost)."""

    sold_krw: float = 0.0
    ageing_krw: float = 0.0
    stock_krw: float = 0.0
    sells: bool = False
    stores: bool = False

    @property
    def cost_krw(self) -> float:
        """What all of it costs."""
        return self.ageing_krw + self.stock_krw - self.sold_krw

    def kpis(self) -> dict[str, float]:
        """By name, for what the site has."""
        found = {"sold_krw": self.sold_krw} if self.sells else {}
        if self.stores:
            found |= {"battery_ageing_krw": self.ageing_krw, "battery_stock_krw": self.stock_krw}
        return found


def sale_prices_krw_per_kwh(scenario: Scenario, start: dt.datetime, n: int) -> np.ndarray:
    """Price of sold energy in each of ``n`` quarter-hours from ``start``; zeros where nothing is sold.

    Raises InputFault for a bad series.
    """
    pv = scenario.spec.site.pv
    if pv is None or isinstance(pv.surplus, str):
        return np.zeros(n)
    price = pv.surplus.sell_krw_per_kwh
    if isinstance(price, float | int):
        return np.full(n, float(price))
    values = np.array([float(row[COLUMN]) for row in scenario.tables[SELL]])
    if len(values) not in (24, 8760):
        msg = f"{SELL}: {len(values)} rows; 24 (hours of the day) or 8760 (hours of the year) are expected"
        raise InputFault(msg)
    clock = wall_clock(start, n, QUARTER_S)
    day_h = {day: hour_of_year(dt.date.fromordinal(day)) for day in np.unique(clock.day).tolist()}
    first = np.array([day_h[day] for day in clock.day.tolist()])
    return np.asarray(values[(first + clock.hour) % len(values)])


def site_money(
    scenario: Scenario,
    start: dt.datetime,
    sold_kwh: np.ndarray,
    discharged_kwh: float,
    change_kwh: float,
    energy_krw_per_kwh: float,
) -> SiteMoney:
    """Money of a span. ``sold_kwh`` by quarter-hour; ``change_kwh`` of the battery's charge is worth what charging it takes at
    ``energy_krw_per_kwh``, the mean price of the energy bought.
    """
    site = scenario.spec.site
    sells = site.pv is not None and not isinstance(site.pv.surplus, str)
    sold = float(np.dot(sold_kwh, sale_prices_krw_per_kwh(scenario, start, len(sold_kwh)))) if sells else 0.0
    if site.battery is None:
        return SiteMoney(sold, sells=sells)
    worth = -change_kwh / site.battery.round_trip**0.5 * energy_krw_per_kwh
    return SiteMoney(sold, site.battery.ageing_krw_per_kwh * discharged_kwh, worth, sells=sells, stores=True)
