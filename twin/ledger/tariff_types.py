"""Plain data of billing: the metered load, the terms of supply, quantities, the bill, and what every tariff can do."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from twin.reference.facts import TariffFault

QUARTER_HOUR_S = 900
HOUR_S = 3600


@dataclass(frozen=True)
class MeterLoad:
    """Energy through one meter, by interval.

    ``start`` is the zone-aware start of the first interval, ``interval_s`` divides 900 or is 1800 or 3600; ``kwh`` (n,)
    per interval, not negative; ``kvarh_lag`` and ``kvarh_lead`` (n,) from the two reactive registers, None without a
    var meter. Raises :class:`TariffFault` on a naive start, another interval, a negative or non-finite value, unequal
    lengths, or a start or an end inside a quarter hour.
    """

    start: dt.datetime
    interval_s: int
    kwh: np.ndarray
    kvarh_lag: np.ndarray | None = None
    kvarh_lead: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            msg = "the load's start has no time zone; give e.g. ZoneInfo('Asia/Seoul')"
            raise TariffFault(msg)
        if self.interval_s <= 0 or (QUARTER_HOUR_S % self.interval_s and self.interval_s not in (1800, HOUR_S)):
            msg = f"interval {self.interval_s} s: must divide 15 min, or be 30 or 60 min"
            raise TariffFault(msg)
        for name in ("kwh", "kvarh_lag", "kvarh_lead"):
            self._check(name, getattr(self, name))
        if len(self.kwh) == 0:
            msg = "the load is empty"
            raise TariffFault(msg)
        step = max(self.interval_s, QUARTER_HOUR_S)
        past_step = (self.start.minute * 60 + self.start.second + self.start.microsecond / 1e6) % step
        if past_step:
            msg = f"the load starts {past_step:g} s after a whole {step // 60} min"
            raise TariffFault(msg)
        if len(self.kwh) * self.interval_s % QUARTER_HOUR_S:
            msg = "the load ends inside a quarter hour"
            raise TariffFault(msg)

    def _check(self, name: str, values: np.ndarray | None) -> None:
        if values is None:
            return
        if values.shape != (len(self.kwh),):
            msg = f"{name} has shape {values.shape}, kwh has {self.kwh.shape}"
            raise TariffFault(msg)
        if not np.all(np.isfinite(values)):
            msg = f"{name}[{int(np.argmin(np.isfinite(values)))}] is not a number"
            raise TariffFault(msg)
        if np.any(values < -1e-9):
            msg = f"{name}[{int(np.argmin(values))}] is negative: the meter counts what is drawn from the grid; settle export apart"
            raise TariffFault(msg)

    @property
    def end(self) -> dt.datetime:
        """Zone-aware end of the last interval."""
        utc = self.start.astimezone(dt.UTC) + dt.timedelta(seconds=self.interval_s * len(self.kwh))
        return utc.astimezone(self.start.tzinfo)

    def demand_kw(self, window_s: int = QUARTER_HOUR_S) -> np.ndarray:
        """Mean power of each demand window of ``window_s``, or of the intervals themselves where they are longer.

        Raises :class:`TariffFault` where the load is not a whole number of windows.
        """
        if self.interval_s >= window_s:
            return np.asarray(self.kwh * (HOUR_S / self.interval_s))
        if len(self.kwh) * self.interval_s % window_s or self.start.minute * 60 % window_s:
            msg = f"the load is not made of whole demand windows of {window_s // 60} min"
            raise TariffFault(msg)
        sums: np.ndarray = self.kwh.reshape(-1, window_s // self.interval_s).sum(axis=1)
        return sums * (HOUR_S / window_s)

    def demand_window_s(self, window_s: int = QUARTER_HOUR_S) -> int:
        """Length of the windows of :meth:`demand_kw`."""
        return max(self.interval_s, window_s)


@dataclass(frozen=True)
class SupplyTerms:
    """What the bill depends on beside load and tariff.

    ``demand_history_kw``: past monthly demands, oldest first, up to the month before the load starts (twelve are
    enough). ``demand_metered``: None takes the class's habit (classes with time of use are metered, 갑Ⅰ pays for its
    contract power). ``excess_noticed``, ``power_factor_noticed``: the notice that goes before the first charge was
    given already; by default the first month of excess, and of a poor power factor, is notice only, as the terms of
    supply say.
    """

    contract_kw: float | None = None
    demand_history_kw: tuple[float, ...] = ()
    demand_metered: bool | None = None
    excess_noticed: bool = False
    power_factor_noticed: bool = False

    def __post_init__(self) -> None:
        if self.contract_kw is not None and not (math.isfinite(self.contract_kw) and self.contract_kw > 0):
            msg = f"contract power {self.contract_kw} kW: must be above 0 kW"
            raise TariffFault(msg)
        if any(not math.isfinite(kw) or kw < 0 for kw in self.demand_history_kw):
            msg = f"past demands must be numbers of kW, not negative: {self.demand_history_kw}"
            raise TariffFault(msg)


@dataclass(frozen=True)
class EnergyUse:
    """Energy of one month at one rate.

    ``version`` of the tariff, ``season``, ``band``, ``discounted`` (weekend discount).
    """

    month: str
    version: str
    season: str
    band: str
    discounted: bool
    kwh: float


@dataclass(frozen=True)
class DemandUse:
    """Billing demand of one month (or of the part of it under one version).

    ``kind`` is "billing" (KEPCO), "flat" or "period 2" (URDB), or "excess"; ``share_of_month`` pro-rates,
    ``multiplier`` scales the rate (1 for demand, 1.5 … 4 for excess over contract, 0 for an excess that is notice
    only).
    """

    month: str
    version: str
    kind: str
    kw: float
    share_of_month: float
    multiplier: float = 1.0


@dataclass(frozen=True)
class PowerFactor:
    """Power factor of one month.

    ``window`` "day_lagging" or "night_leading", ``percent``, whether deemed (no var meter), whether a surcharge is
    charged (False: notice only).
    """

    month: str
    window: str
    percent: float
    deemed: bool
    charged: bool


@dataclass(frozen=True)
class BillQuantities:
    """What a bill counts, before any rate. ``months`` maps YYYY-MM to the share of the month that the load covers."""

    tariff_id: str
    months: Mapping[str, float]
    energy: tuple[EnergyUse, ...]
    demand: tuple[DemandUse, ...]
    power_factor: tuple[PowerFactor, ...]
    metered_demand_kw: Mapping[str, float]
    billing_demand_kw: Mapping[str, float]
    warnings: tuple[str, ...]
    counterfactual: bool

    def kwh(self, month: str) -> float:
        """Energy of a month, kWh."""
        return math.fsum(use.kwh for use in self.energy if use.month == month)


@dataclass(frozen=True)
class BillLine:
    """One line: ``amount = quantity × rate`` (rounded as the rule says for VAT and fund), in the bill's currency."""

    name: str
    month: str
    quantity: float
    unit: str
    rate: float
    amount: float
    verified: bool
    source: str
    detail: str = ""


@dataclass(frozen=True)
class Bill:
    """Lines that sum to ``total``; unverified entries and assumptions are among ``warnings``."""

    tariff_id: str
    currency: str
    lines: tuple[BillLine, ...]
    quantities: BillQuantities
    warnings: tuple[str, ...]
    counterfactual: bool
    total: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", math.fsum(line.amount for line in self.lines))

    @property
    def total_krw(self) -> float:
        """The total in won. Raises :class:`TariffFault` for a bill in another currency."""
        if self.currency != "KRW":
            msg = f"the bill of {self.tariff_id} is in {self.currency}, not KRW"
            raise TariffFault(msg)
        return self.total

    @property
    def demand_kw(self) -> Mapping[str, float]:
        """Metered demand by month."""
        return self.quantities.metered_demand_kw

    def amount_of(self, name: str, month: str | None = None) -> float:
        """Sum of the lines called ``name`` (or starting with ``name`` and an underscore), of one month or of all."""
        return math.fsum(
            line.amount
            for line in self.lines
            if (line.name == name or line.name.startswith(name + "_")) and month in (None, line.month)
        )


@dataclass(frozen=True)
class BillingDemandRule:
    """What an optimiser needs to price demand.

    The rate per kW and month, what it counts, the floor, and the levies on top.

    ``floor_kw``: billing demand of the month whatever the load (ratchet from past demands, share of contract).
    ``binds_later``: the month's demand stays in the ratchet of later months. ``gross_factor``: (1 + VAT + fund).
    """

    month: str
    rate_per_kw_month: float
    window_s: int
    floor_kw: float
    binds_later: bool
    ratchet_months: tuple[int, ...]
    lookback_months: int
    gross_factor: float
    currency: str
    contract_kw: float | None
    excess_bands: tuple[tuple[float | None, float], ...] = ()


@dataclass(frozen=True)
class PriceParts:
    """Which parts of the price per kWh to include beside the energy rate."""

    surcharges: bool = True
    fund: bool = True
    vat: bool = True


class Tariff(Protocol):
    """A tariff: bills a load in two steps and gives its prices as series."""

    @property
    def id(self) -> str:
        """Identifier as the user wrote it."""

    @property
    def currency(self) -> str:
        """ISO code of the currency of rates and bill."""

    def quantities(self, load: MeterLoad, terms: SupplyTerms) -> BillQuantities:
        """First step: what the bill counts."""

    def charges(self, quantities: BillQuantities) -> Bill:
        """Second step: rates on quantities."""

    def price_series(self, start: dt.datetime, n: int, interval_s: int, parts: PriceParts) -> np.ndarray:
        """(n,) price of one more kWh in each interval, in the currency."""

    def demand_window_mask(self, start: dt.datetime, n: int, interval_s: int) -> np.ndarray:
        """(n,) bool: whether demand in the interval counts for the demand charge."""

    def billing_demand_rule(self, month: dt.date, terms: SupplyTerms) -> BillingDemandRule:
        """How demand of ``month`` is charged."""
