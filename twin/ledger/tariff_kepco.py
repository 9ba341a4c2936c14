"""KEPCO industrial tariffs: quantities of a load, and prices as series.

Rates on quantities: :mod:`.tariff_kepco_charges`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from twin.reference.facts import Fact, NotInForce, TariffFault
from twin.reference.kepco import BANDS, SEASONS, RateVersion, TariffClass, checked_on, rate_versions, tariff_classes
from twin.reference.kepco_rules import TIMEZONE, demand_rule, levy, power_factor_clauses

from .tariff_clock import WallClock, month_index, month_label, month_seconds, month_start, wall_clock
from .tariff_demand import billing_demand_kw, excess_uses, monthly_maxima_kw, ratchet_kw
from .tariff_kepco_charges import charges
from .tariff_kepco_days import DayTable, counted_bands, day_table, energy_rates, version_on
from .tariff_power_factor import power_factors
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

ZONE = ZoneInfo(TIMEZONE)


@dataclass(frozen=True)
class KepcoTariff:
    """One KEPCO industrial plan.

    The rates, hours and weekend discount of a day are those of the version in force that day, or those of the version
    in force on ``pinned``. Levies and the power-factor clause always follow the day itself; where no levy is known for
    a day, a pinned tariff takes that of the pinned date. ``deferred``: the firm was granted the deferral of 2026.
    Raises :class:`UnknownId`, :class:`NotInForce`.
    """

    plan_id: str
    pinned: dt.date | None = None
    region: str = "mainland"
    deferred: bool = False
    currency: str = field(default="KRW", init=False)

    def __post_init__(self) -> None:
        if self.pinned is not None:
            version_on(self.versions, self.pinned, self.plan_id)

    @property
    def id(self) -> str:
        """Identifier with the pinned date, if any."""
        return self.plan_id if self.pinned is None else f"{self.plan_id}@{self.pinned.isoformat()}"

    @property
    def versions(self) -> tuple[RateVersion, ...]:
        """All dated versions of the plan."""
        return rate_versions(self.plan_id, self.region, deferred=self.deferred)

    @property
    def tariff_class(self) -> TariffClass:
        """The contract class."""
        return tariff_classes()[self.plan_id.split("/")[1]]

    @property
    def voltage(self) -> str:
        """``lv``, ``hv-a``, ``hv-b`` or ``hv-c``."""
        return self.plan_id.split("/")[2]

    @cached_property
    def pinned_position(self) -> int | None:
        """Position in ``versions`` of the pinned one."""
        return None if self.pinned is None else version_on(self.versions, self.pinned, self.plan_id)

    def version(self, version_id: str) -> RateVersion:
        """The version called ``version_id``."""
        return next(version for version in self.versions if version.id == version_id)

    def levy(self, name: str, day: dt.date) -> Fact:
        """The levy of ``day``. Raises :class:`NotInForce`."""
        fact = levy(name, day) or (levy(name, self.pinned) if self.pinned else None)
        if fact is None:
            msg = f"no {name} known for {day}; pin the tariff to a date to bill with that date's"
            raise NotInForce(msg)
        return fact

    def days(self, clock: WallClock) -> DayTable:
        """Day table that covers the clock."""
        return day_table(self.versions, self.pinned_position, int(clock.day.min()), int(clock.day.max()), self.plan_id)

    def quantities(self, load: MeterLoad, terms: SupplyTerms) -> BillQuantities:
        """Energy by version, season and band; demand; power factor.

        Raises :class:`TariffFault`, :class:`NotInForce`.
        """
        clock = wall_clock(load.start, len(load.kwh), load.interval_s, ZONE)
        days = self.days(clock)
        shares = self._shares(clock, days, load.interval_s)
        maxima = self._maxima(load, days)
        billing = self._billing(maxima, terms)
        demand = [
            DemandUse(month_label(month), version, "billing", billing[month], share)
            for (month, version), share in shares.items()
        ]
        metered = self._demand_metered(terms)
        excess = excess_uses(maxima, shares, terms, demand_rule()) if metered else []
        factors = power_factors(load, clock, terms) if self._power_factor_applies(terms) else []
        months: dict[str, float] = {}
        for (month, _), share in shares.items():
            months[month_label(month)] = months.get(month_label(month), 0.0) + share
        return BillQuantities(
            tariff_id=self.id,
            months=months,
            energy=self._energy(load, clock, days),
            demand=(*demand, *excess),
            power_factor=tuple(factors),
            metered_demand_kw={month_label(month): kw for month, kw in maxima.items()},
            billing_demand_kw={month_label(month): kw for month, kw in billing.items()},
            warnings=tuple(self._warnings(load, clock, terms, months)),
            counterfactual=self._counterfactual(clock),
        )

    def charges(self, quantities: BillQuantities) -> Bill:
        """Rates on quantities: see :func:`twin.ledger.tariff_kepco_charges.charges`."""
        return charges(self, quantities)

    def price_series(self, start: dt.datetime, n: int, interval_s: int, parts: PriceParts) -> np.ndarray:
        """(n,) KRW for one more kWh: energy rate, with climate and fuel charge, times (1 + fund + VAT)."""
        clock = wall_clock(start, n, interval_s, ZONE)
        days = self.days(clock)
        row = clock.day - days.first
        discounted = days.discounted[row, clock.hour].astype(np.int64)
        price = energy_rates(self.versions)[days.version[row], days.season[row], days.band[row, clock.hour], discounted]
        for month in np.unique(clock.month):
            first, mask = month_start(int(month)), clock.month == month
            added = (
                sum(self.levy(name, first).value for name in ("climate_charge", "fuel_adjustment"))
                if parts.surcharges
                else 0.0
            )
            price[mask] = (price[mask] + added) * self._gross(first, parts)
        return np.asarray(price)

    def demand_window_mask(self, start: dt.datetime, n: int, interval_s: int) -> np.ndarray:
        """(n,) bool: mid- and on-peak intervals (all of them without time of use)."""
        clock = wall_clock(start, n, interval_s, ZONE)
        days = self.days(clock)
        return np.asarray(counted_bands()[days.band[clock.day - days.first, clock.hour]])

    def billing_demand_rule(self, month: dt.date, terms: SupplyTerms) -> BillingDemandRule:
        """How demand of ``month`` is charged when the load starts with that month.

        The rate is the mean over the month's days.
        """
        rule, index = demand_rule(), month_index(month)
        first = month_start(index)
        days = [first + dt.timedelta(days=d) for d in range(month_seconds(index) // 86_400)]
        pinned = self.pinned_position
        rates = [
            self.versions[version_on(self.versions, d, self.plan_id) if pinned is None else pinned].base_krw_per_kw
            for d in days
        ]
        history = {index - len(terms.demand_history_kw) + place: kw for place, kw in enumerate(terms.demand_history_kw)}
        floor = max(rule.floor_share_of_contract * (terms.contract_kw or 0.0), ratchet_kw(history, index, rule))
        return BillingDemandRule(
            month=month_label(index),
            rate_per_kw_month=float(np.mean(rates)),
            window_s=rule.window_s,
            floor_kw=floor,
            binds_later=first.month in rule.ratchet_months,
            ratchet_months=rule.ratchet_months,
            lookback_months=rule.lookback_months,
            gross_factor=self._gross(first, PriceParts()),
            currency=self.currency,
            contract_kw=terms.contract_kw,
            excess_bands=rule.excess_bands,
        )

    def _gross(self, day: dt.date, parts: PriceParts) -> float:
        names = [name for name, wanted in (("fund", parts.fund), ("vat", parts.vat)) if wanted]
        return 1.0 + sum(self.levy(name, day).value for name in names)

    def _demand_metered(self, terms: SupplyTerms) -> bool:
        return self.tariff_class.time_of_use if terms.demand_metered is None else terms.demand_metered

    def _power_factor_applies(self, terms: SupplyTerms) -> bool:
        limit = power_factor_clauses()[0].low_voltage_from_kw
        return self.voltage != "lv" or (terms.contract_kw is not None and terms.contract_kw >= limit)

    def _shares(self, clock: WallClock, days: DayTable, interval_s: int) -> dict[tuple[int, str], float]:
        """Share of each month that the load covers, by version."""
        code = clock.month * len(self.versions) + days.version[clock.day - days.first]
        found, counts = np.unique(code, return_counts=True)
        result = {}
        for key, count in zip(found.tolist(), counts.tolist(), strict=True):
            month, position = divmod(key, len(self.versions))
            result[month, self.versions[position].id] = count * interval_s / month_seconds(month)
        return result

    def _energy(self, load: MeterLoad, clock: WallClock, days: DayTable) -> tuple[EnergyUse, ...]:
        row = clock.day - days.first
        shape = (len(self.versions), len(SEASONS), len(BANDS), 2)
        discounted = days.discounted[row, clock.hour].astype(np.int64)
        first = int(clock.month.min())
        cell = np.ravel_multi_index(
            (days.version[row], days.season[row], days.band[row, clock.hour], discounted), shape
        )
        size = int(np.prod(shape))
        code = (clock.month - first) * size + cell
        sums = np.bincount(code, weights=load.kwh)
        uses = []
        for key in np.unique(code).tolist():
            version, season, band, reduced = (int(i) for i in np.unravel_index(key % size, shape))
            uses.append(
                EnergyUse(
                    month_label(first + key // size),
                    self.versions[version].id,
                    SEASONS[season],
                    BANDS[band],
                    bool(reduced),
                    float(sums[key]),
                )
            )
        return tuple(uses)

    def _maxima(self, load: MeterLoad, days: DayTable) -> dict[int, float]:
        kw = load.demand_kw()
        clock = wall_clock(load.start, len(kw), load.demand_window_s(), ZONE)
        counted = counted_bands()[days.band[clock.day - days.first, clock.hour]]
        return monthly_maxima_kw(clock.month, kw, counted)

    def _billing(self, maxima: Mapping[int, float], terms: SupplyTerms) -> dict[int, float]:
        if self._demand_metered(terms):
            return billing_demand_kw(maxima, terms, demand_rule())
        if terms.contract_kw is None:
            msg = f"{self.id} has no demand meter and bills the contract power: give contract_kw"
            raise TariffFault(msg)
        return dict.fromkeys(maxima, terms.contract_kw)

    def _counterfactual(self, clock: WallClock) -> bool:
        if self.pinned_position is None:
            return False
        version = self.versions[self.pinned_position]
        return not all(version.in_force(dt.date.fromordinal(int(day))) for day in (clock.day.min(), clock.day.max()))

    def _warnings(
        self, load: MeterLoad, clock: WallClock, terms: SupplyTerms, months: Mapping[str, float]
    ) -> list[str]:
        found = []
        limits = self.tariff_class
        if self._counterfactual(clock):
            found.append(f"counterfactual: the load lies outside the dates of the pinned version of {self.id}")
        if dt.date.fromordinal(int(clock.day.max())) > checked_on():
            found.append(f"tariffs were last checked on {checked_on()}; later days are billed at the rates known then")
        if terms.contract_kw is None:
            found.append("no contract power given: neither its 30 % floor nor an excess over it is billed")
        elif terms.contract_kw < limits.contract_from_kw or terms.contract_kw >= (limits.contract_below_kw or np.inf):
            found.append(
                f"contract power {terms.contract_kw:g} kW does not fit class {limits.name_en} ({limits.name_ko})"
            )
        if self._demand_metered(terms) and len(terms.demand_history_kw) < demand_rule().lookback_months - 1:
            found.append(f"{len(terms.demand_history_kw)} past demands given: the ratchet knows no others")
        if load.interval_s > demand_rule().window_s:
            found.append(f"demand is the mean of {load.interval_s // 60} min, not of 15 min, and reads low")
        for month, share in months.items():
            if share < 1 - 1e-9:
                found.append(
                    f"{month}: the load covers {share:.1%} of the month; demand charge and power-factor amounts are pro-rated"
                )
        return found
