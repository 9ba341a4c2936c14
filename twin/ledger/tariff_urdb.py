"""Tariffs of the OpenEI Utility Rate Database (URDB).

Energy and demand, flat and by time of use, fixed and minimum charge, lookback.

The year of a schedule is 12 × 24 period numbers for weekdays and for weekends; there are no holidays. Clock: the load's
own zone. A charge that cannot be computed is refused, never left out silently.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.reference.facts import TariffFault
from twin.reference.urdb import Lookback, Schedule, read_fields, read_text

from .tariff_clock import WallClock, month_index, month_label, month_seconds, month_start, wall_clock
from .tariff_types import (
    Bill,
    BillingDemandRule,
    BillQuantities,
    DemandUse,
    EnergyUse,
    MeterLoad,
    PriceParts,
    SupplyTerms,
)
from .tariff_urdb_charges import charges

__all__ = ["UrdbTariff", "read_urdb", "urdb_from_text"]


@dataclass(frozen=True, eq=False)
class UrdbTariff:
    """One rate of the URDB. Rates are per kWh and per kW·month in ``currency``, the first tier's ``rate + adj``."""

    id: str
    name: str
    source: str
    approved: bool
    effective_from: dt.date | None
    effective_to: dt.date | None
    energy: Schedule
    demand: Schedule | None
    flat_demand: tuple[float, ...]
    flat_demand_max_kw: tuple[float | None, ...]
    fuel_adjustment_by_month: tuple[float, ...]
    fixed_per_month: float
    fixed_per_day: float
    minimum_per_month: float
    demand_window_s: int
    lookback: Lookback
    warnings: tuple[str, ...]
    currency: str = "USD"

    def quantities(self, load: MeterLoad, terms: SupplyTerms) -> BillQuantities:
        """Energy by period, billing demand flat and by period.

        Raises :class:`TariffFault` where a second tier would be reached.
        """
        clock = wall_clock(load.start, len(load.kwh), load.interval_s)
        months = self._shares(clock, load.interval_s)
        kw = load.demand_kw(self.demand_window_s)
        windows = wall_clock(load.start, len(kw), load.demand_window_s(self.demand_window_s))
        peaks = {month: float(kw[windows.month == month].max()) for month in months}
        billing = self._billing(peaks, terms)
        flat = [
            DemandUse(month_label(month), "", "flat", billing[month], share)
            for month, share in months.items()
            if self.flat_demand[month % 12] != 0.0
        ]
        for month in months:
            self._refuse_tier(self.flat_demand_max_kw[month % 12], billing[month], "kW", month)
        first, last = (dt.date.fromordinal(int(day)) for day in (clock.day.min(), clock.day.max()))
        outside = (self.effective_from is not None and first < self.effective_from) or (
            self.effective_to is not None and last > self.effective_to
        )
        noted = (f"counterfactual: the load lies outside the dates of {self.id}",) if outside else ()
        partial = tuple(
            f"{month_label(month)}: the load covers {share:.1%} of the month; demand, fixed and minimum charge are pro-rated"
            for month, share in months.items()
            if share < 1 - 1e-9
        )
        return BillQuantities(
            tariff_id=self.id,
            months={month_label(month): share for month, share in months.items()},
            energy=self._energy(load, clock),
            demand=(*flat, *self._period_demand(kw, windows, months)),
            power_factor=(),
            metered_demand_kw={month_label(month): peak for month, peak in peaks.items()},
            billing_demand_kw={month_label(month): peak for month, peak in billing.items()},
            warnings=(*self.warnings, *noted, *partial),
            counterfactual=outside,
        )

    def charges(self, quantities: BillQuantities) -> Bill:
        """Rates on quantities: see :func:`twin.ledger.tariff_urdb_charges.charges`."""
        return charges(self, quantities)

    def price_series(self, start: dt.datetime, n: int, interval_s: int, parts: PriceParts) -> np.ndarray:
        """(n,) energy rate with its fuel adjustment (a part of ``surcharges``); there is neither fund nor VAT."""
        clock = wall_clock(start, n, interval_s)
        price = np.array(self.energy.rates)[self.energy.period(clock)]
        added = np.array(self.fuel_adjustment_by_month)[clock.month % 12] if parts.surcharges else 0.0
        return np.asarray(price + added)

    def demand_window_mask(self, start: dt.datetime, n: int, interval_s: int) -> np.ndarray:
        """(n,) bool: intervals in which some demand charge is above zero."""
        clock = wall_clock(start, n, interval_s)
        mask = np.array(self.flat_demand)[clock.month % 12] > 0
        if self.demand is not None:
            mask = mask | (np.array(self.demand.rates)[self.demand.period(clock)] > 0)
        return np.asarray(mask)

    def billing_demand_rule(self, month: dt.date, terms: SupplyTerms) -> BillingDemandRule:
        """The flat demand charge as a rule.

        Raises :class:`TariffFault` for a rate that also charges demand by period.
        """
        if self.demand is not None and any(self.demand.rates):
            msg = f"{self.id} charges demand by period; one rule cannot hold it, bill the load instead"
            raise TariffFault(msg)
        index = month_index(month)
        history = {index - len(terms.demand_history_kw) + place: kw for place, kw in enumerate(terms.demand_history_kw)}
        return BillingDemandRule(
            month=month_label(index),
            rate_per_kw_month=self.flat_demand[index % 12],
            window_s=self.demand_window_s,
            floor_kw=self.lookback.floor_kw(history, index),
            binds_later=self.lookback.share > 0,
            ratchet_months=self.lookback.calendar_months,
            lookback_months=self.lookback.range_months,
            gross_factor=1.0,
            currency=self.currency,
            contract_kw=terms.contract_kw,
        )

    def _shares(self, clock: WallClock, interval_s: int) -> dict[int, float]:
        found, counts = np.unique(clock.month, return_counts=True)
        return {
            month: min(count * interval_s / month_seconds(month), 1.0)
            if abs(count * interval_s - month_seconds(month)) > 3600
            else 1.0
            for month, count in zip(found.tolist(), counts.tolist(), strict=True)
        }

    def _billing(self, peaks: dict[int, float], terms: SupplyTerms) -> dict[int, float]:
        first = min(peaks)
        history = {first - len(terms.demand_history_kw) + place: kw for place, kw in enumerate(terms.demand_history_kw)}
        known = history | peaks
        return {month: max(peak, self.lookback.floor_kw(known, month)) for month, peak in peaks.items()}

    def _energy(self, load: MeterLoad, clock: WallClock) -> tuple[EnergyUse, ...]:
        period, first = self.energy.period(clock), int(clock.month.min())
        size = len(self.energy.rates)
        code = (clock.month - first) * size + period
        sums = np.bincount(code, weights=load.kwh)
        uses = []
        for key in np.unique(code).tolist():
            month = first + key // size
            of_month = float(load.kwh[clock.month == month].sum())
            self._refuse_tier(self.energy.first_tier_max[key % size], of_month, "kWh", month)
            uses.append(
                EnergyUse(month_label(month), "", "", f"period_{key % size}", discounted=False, kwh=float(sums[key]))
            )
        return tuple(uses)

    def _period_demand(self, kw: np.ndarray, clock: WallClock, months: dict[int, float]) -> list[DemandUse]:
        if self.demand is None:
            return []
        period = self.demand.period(clock)
        uses = []
        for month, share in months.items():
            for number, rate in enumerate(self.demand.rates):
                mask = (clock.month == month) & (period == number)
                if rate == 0.0 or not mask.any():
                    continue
                peak = float(kw[mask].max())
                self._refuse_tier(self.demand.first_tier_max[number], peak, "kW", month)
                uses.append(DemandUse(month_label(month), "", f"period_{number}", peak, share))
        return uses

    def _refuse_tier(self, limit: float | None, value: float, unit: str, month: int) -> None:
        if limit is not None and value > limit:
            msg = (
                f"{self.id}: {value:.6g} {unit} in {month_start(month):%Y-%m} passes the first tier ({limit:g} {unit}); "
                "rates beyond the first tier are not supported, use a rate without tiers or split the load"
            )
            raise TariffFault(msg)


def read_urdb(path: Path, tariff_id: str | None = None) -> UrdbTariff:
    """A URDB JSON file (one rate, bare or under ``items``).

    Raises :class:`TariffFault` naming what cannot be read or billed.
    """
    return urdb_from_text(read_text(path), tariff_id or path.name)


def urdb_from_text(text: str, tariff_id: str) -> UrdbTariff:
    """A URDB rate from the text of its file; ``tariff_id`` is what the user wrote. Raises :class:`TariffFault`."""
    return UrdbTariff(**read_fields(text, tariff_id))
