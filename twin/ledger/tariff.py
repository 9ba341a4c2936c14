"""Bills in two public steps, from a metered load and a tariff: quantities, then charges.

    >>> import datetime as dt, numpy as np
    >>> from zoneinfo import ZoneInfo
    >>> from twin.ledger import tariff as t
    >>> july = t.MeterLoad(dt.datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Seoul")), 900, np.full(31 * 96, 25.0))
    >>> plan = t.parse_tariff_id("kepco/industrial-b/hv-a/2")
    >>> counted = t.quantities(july, plan, t.SupplyTerms(contract_kw=400))
    >>> counted.billing_demand_kw
    {'2026-07': 120.0}
    >>> bill = t.charges(counted, plan)
    >>> round(bill.amount_of("demand_charge"))
    998400

The demand billed is 30 % of the contract (120 kW) there, as that floor is above the 100 kW metered.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np

from twin.reference.facts import TariffFault, pick
from twin.reference.kepco import plan_ids

from .tariff_advice import Advice, advise
from .tariff_kepco import KepcoTariff
from .tariff_types import Bill, BillingDemandRule, BillLine, BillQuantities, MeterLoad, PriceParts, SupplyTerms, Tariff
from .tariff_urdb import UrdbTariff, read_urdb, urdb_from_text

__all__ = [
    "Advice",
    "Bill",
    "BillLine",
    "BillQuantities",
    "BillingDemandRule",
    "KepcoTariff",
    "MeterLoad",
    "PriceParts",
    "SupplyTerms",
    "Tariff",
    "TariffFault",
    "UrdbTariff",
    "advise",
    "bill",
    "billing_demand_rule",
    "charges",
    "demand_window_mask",
    "parse_tariff_id",
    "price_series",
    "price_series_krw_per_kwh",
    "quantities",
]


def parse_tariff_id(text: str, root: Path | None = None, *, content: str | None = None) -> Tariff:
    """A tariff from ``kepco/<class>/<voltage>[/<option>][@YYYY-MM-DD]`` or from the path of a URDB JSON file.

    ``@date`` pins the version that was in force on that date. A relative path is taken from
    ``root``; where ``content`` is given it is the file's text and nothing is read. Raises
    :class:`UnknownId` with "did you mean", :class:`NotInForce` for a date before the first version,
    :class:`TariffFault` for a file that cannot be billed.
    """
    if content is not None:
        return urdb_from_text(content, text)
    if text.endswith(".json"):
        return read_urdb((root / text) if root else Path(text), text)
    plan, at, date = text.partition("@")
    pick("tariff", plan, plan_ids())
    if not at:
        return KepcoTariff(plan)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        msg = f"tariff {text}: '{date}' is not a date; write {plan}@YYYY-MM-DD"
        raise TariffFault(msg)
    return KepcoTariff(plan, _date(text, date))


def _date(text: str, date: str) -> dt.date:
    try:
        return dt.date.fromisoformat(date)
    except ValueError as fault:
        msg = f"tariff {text}: {fault}"
        raise TariffFault(msg) from fault


def quantities(load: MeterLoad, tariff: Tariff, terms: SupplyTerms | None = None) -> BillQuantities:
    """First step: energy by rate, demand, power factor, month by month.

    Raises :class:`TariffFault` or :class:`NotInForce`.
    """
    return tariff.quantities(load, terms or SupplyTerms())


def charges(counted: BillQuantities, tariff: Tariff) -> Bill:
    """Second step: the bill of these quantities. They must come from the same tariff."""
    if counted.tariff_id != tariff.id:
        msg = f"quantities of {counted.tariff_id} cannot be charged by {tariff.id}"
        raise TariffFault(msg)
    return tariff.charges(counted)


def bill(load: MeterLoad, tariff: Tariff, terms: SupplyTerms | None = None) -> Bill:
    """Both steps."""
    return charges(quantities(load, tariff, terms), tariff)


def price_series(
    tariff: Tariff, start: dt.datetime, n: int, interval_s: int = 900, parts: PriceParts | None = None
) -> np.ndarray:
    """(n,) price of one more kWh in each interval, in the tariff's currency.

    Demand is priced by :func:`billing_demand_rule`.
    """
    return tariff.price_series(start, n, interval_s, parts or PriceParts())


def price_series_krw_per_kwh(
    tariff: Tariff, start: dt.datetime, n: int, interval_s: int = 900, parts: PriceParts | None = None
) -> np.ndarray:
    """:func:`price_series` in KRW/kWh, by default with climate charge, fuel adjustment, fund and VAT.

    Raises for another currency.
    """
    if tariff.currency != "KRW":
        msg = f"{tariff.id} is priced in {tariff.currency}, not KRW"
        raise TariffFault(msg)
    return price_series(tariff, start, n, interval_s, parts)


def demand_window_mask(tariff: Tariff, start: dt.datetime, n: int, interval_s: int = 900) -> np.ndarray:
    """(n,) bool: whether demand in the interval counts for the demand charge."""
    return tariff.demand_window_mask(start, n, interval_s)


def billing_demand_rule(tariff: Tariff, month: dt.date, terms: SupplyTerms | None = None) -> BillingDemandRule:
    """Rate, floor and ratchet of the demand charge of ``month``, for a load that starts with that month."""
    return tariff.billing_demand_rule(month, terms or SupplyTerms())
