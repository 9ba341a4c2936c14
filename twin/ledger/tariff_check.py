"""Second route to a bill's total, for the money invariant.

A plain loop over the quarter hours that shares no code with the first.

It reads the same published facts (``twin.reference``) and nothing else of the tariff's modules but the shapes of load,
terms and tariff.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from twin.reference.calendars import kepco_holidays
from twin.reference.facts import Fact, NotInForce, TariffFault
from twin.reference.kepco import RateVersion, rate_versions, season_of_month, tariff_classes
from twin.reference.kepco_rules import PowerFactorClause, demand_rule, fund_step_krw, levy, power_factor_clause

from .tariff_kepco import KepcoTariff
from .tariff_types import MeterLoad, SupplyTerms, Tariff
from .tariff_urdb import UrdbTariff

_SEOUL = ZoneInfo("Asia/Seoul")


@dataclass
class _Month:
    """Running sums of one month; money in KRW."""

    year: int
    month: int
    energy: float = 0.0
    kwh: float = 0.0
    base_rate: float = 0.0  # base rate times the share of the month that was billed at it
    seconds: int = 0
    peak_kw: float = 0.0
    day_factors: list[float] = field(default_factory=list)
    night_factors: list[float] = field(default_factory=list)

    @property
    def first(self) -> dt.date:
        return dt.date(self.year, self.month, 1)


def bill_from_quarter_hours(load: MeterLoad, tariff: Tariff, terms: SupplyTerms | None = None) -> float:
    """Total of the bill in the tariff's currency, computed interval by interval. Raises like the first route."""
    if isinstance(tariff, KepcoTariff):
        return _kepco_total(load, tariff, terms or SupplyTerms())
    if isinstance(tariff, UrdbTariff):
        return _urdb_total(load, tariff, terms or SupplyTerms())
    msg = f"no second route for {tariff.id}"
    raise TariffFault(msg)


def _instants(load: MeterLoad, zone: dt.tzinfo) -> Iterator[tuple[dt.datetime, int]]:
    moment, step = load.start.astimezone(dt.UTC), dt.timedelta(seconds=load.interval_s)
    for i in range(len(load.kwh)):
        yield moment.astimezone(zone), i
        moment += step


def _version(day: dt.date, tariff: KepcoTariff, versions: tuple[RateVersion, ...]) -> RateVersion:
    wanted = tariff.pinned or day
    for version in versions:
        if version.effective_from <= wanted and not (version.effective_to and version.effective_to < wanted):
            return version
    msg = f"{tariff.plan_id}: nothing in force on {wanted}"
    raise NotInForce(msg)


def _levy(name: str, tariff: KepcoTariff, day: dt.date) -> float:
    fact: Fact | None = levy(name, day)
    if fact is None and tariff.pinned is not None:
        fact = levy(name, tariff.pinned)
    if fact is None:
        msg = f"{name} on {day}"
        raise NotInForce(msg)
    return fact.value


def _kepco_total(load: MeterLoad, tariff: KepcoTariff, terms: SupplyTerms) -> float:
    months = _kepco_months(load, tariff)
    history = _history(terms, months[0])
    total, warned = (
        0.0,
        {"excess": terms.excess_noticed, "day": terms.power_factor_noticed, "night": terms.power_factor_noticed},
    )
    for month in months:
        history.append((month.year, month.month, month.peak_kw))
        base_kw = _billing_kw(month, history, tariff, terms)
        base = month.base_rate * base_kw
        amount = base + month.energy
        amount += month.kwh * (
            _levy("climate_charge", tariff, month.first) + _levy("fuel_adjustment", tariff, month.first)
        )
        amount += base * _factor_share(month, tariff, terms, warned)
        amount += _excess(month, tariff, terms, warned)
        vat = int(round(amount * _levy("vat", tariff, month.first), 4) + 0.5)
        step = fund_step_krw()
        fund = round(amount * _levy("fund", tariff, month.first), 4)
        total += amount + vat + (fund - math.fmod(fund, step))
    return total


def _kepco_months(load: MeterLoad, tariff: KepcoTariff) -> list[_Month]:
    versions = rate_versions(tariff.plan_id, tariff.region, deferred=tariff.deferred)
    off_days = kepco_holidays(load.start.date() - dt.timedelta(2), load.end.date() + dt.timedelta(2))
    months: list[_Month] = []
    window = reading = (0.0, 0.0, 0.0)
    window_s, reading_s = max(900, load.interval_s), max(1800, load.interval_s)
    counts = False
    for moment, i in _instants(load, _SEOUL):
        if not months or (months[-1].year, months[-1].month) != (moment.year, moment.month):
            months.append(_Month(moment.year, moment.month))
        month, kwh = months[-1], float(load.kwh[i])
        version = _version(moment.date(), tariff, versions)
        rate, counts = _rate(moment, version, off_days)
        month.energy += kwh * rate
        month.kwh += kwh
        month.seconds += load.interval_s
        month.base_rate += (
            version.base_krw_per_kw * load.interval_s / (calendar.monthrange(moment.year, moment.month)[1] * 86400)
        )
        second = moment.hour * 3600 + moment.minute * 60 + moment.second
        window = (window[0] + kwh, 0.0, 0.0)
        if (second + load.interval_s) % window_s == 0:
            if counts:
                month.peak_kw = max(month.peak_kw, window[0] * 3600 / window_s)
            window = (0.0, 0.0, 0.0)
        lag, lead = (0.0 if r is None else float(r[i]) for r in (load.kvarh_lag, load.kvarh_lead))
        reading = (reading[0] + kwh, reading[1] + lag, reading[2] + lead)
        if (second + load.interval_s) % reading_s == 0 or i == len(load.kwh) - 1:
            _read_factor(month, second // reading_s * reading_s // 3600, reading, load)
            reading = (0.0, 0.0, 0.0)
    return months


def _rate(moment: dt.datetime, version: RateVersion, off_days: frozenset[dt.date]) -> tuple[float, bool]:
    """Energy rate of a moment, and whether its demand counts."""
    season = season_of_month()[moment.month]
    rates = version.energy_krw_per_kwh[season]
    rest = moment.weekday() == 6 or moment.date() in off_days
    if "flat" in rates:
        return rates["flat"], True
    band = "off_peak" if rest else version.hours.bands[season][moment.hour]
    if moment.weekday() == 5 and band == "on_peak":
        band = "mid_peak"
    rate, offer = rates[band], version.weekend_discount
    free_day = rest or moment.weekday() == 5
    if offer and free_day and season in offer.seasons and moment.date() <= offer.until:
        rate *= 1 - offer.share * (offer.start_hour <= moment.hour < offer.end_hour)
    return rate, band in demand_rule().counted_bands


def _within(hour: int, window: tuple[int, int]) -> bool:
    return window[0] <= hour < window[1] if window[0] < window[1] else hour >= window[0] or hour < window[1]


def _read_factor(month: _Month, hour: int, reading: tuple[float, float, float], load: MeterLoad) -> None:
    clause = power_factor_clause(month.first)
    kwh, lag, lead = reading
    if load.kvarh_lag is not None and _within(hour, clause.lagging_hours) and (kwh or lag):
        month.day_factors.append(max(clause.lagging_floor_pct, 100 * kwh / math.sqrt(kwh * kwh + lag * lag)))
    if load.kvarh_lead is not None and _within(hour, clause.leading_hours) and (kwh or lead):
        month.night_factors.append(max(clause.leading_floor_pct, 100 * kwh / math.sqrt(kwh * kwh + lead * lead)))


def _history(terms: SupplyTerms, first: _Month) -> list[tuple[int, int, float]]:
    year, month, found = first.year, first.month, []
    for kw in reversed(terms.demand_history_kw):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        found.append((year, month, kw))
    return found[::-1]


def _metered(tariff: KepcoTariff, terms: SupplyTerms) -> bool:
    return (
        terms.demand_metered
        if terms.demand_metered is not None
        else tariff_classes()[tariff.plan_id.split("/")[1]].time_of_use
    )


def _billing_kw(month: _Month, history: list[tuple[int, int, float]], tariff: KepcoTariff, terms: SupplyTerms) -> float:
    if not _metered(tariff, terms):
        if terms.contract_kw is None:
            msg = "contract_kw is needed"
            raise TariffFault(msg)
        return terms.contract_kw
    rule = demand_rule()
    candidates = [month.peak_kw, rule.floor_share_of_contract * (terms.contract_kw or 0)]
    for year, number, kw in history:
        age = (month.year - year) * 12 + month.month - number
        if 0 <= age < rule.lookback_months and number in rule.ratchet_months:
            candidates.append(kw)
    return max(candidates)


def _clause_share(percents: list[float], standard: float, best: float, step: float) -> float:
    return (standard - min(best, sum(percents) / len(percents))) * step if percents else 0.0


def _factor_share(month: _Month, tariff: KepcoTariff, terms: SupplyTerms, warned: dict[str, bool]) -> float:
    clause: PowerFactorClause = power_factor_clause(month.first)
    if "/lv" in tariff.plan_id and (terms.contract_kw or 0) < clause.low_voltage_from_kw:
        return 0.0
    day = _clause_share(month.day_factors, clause.lagging_standard_pct, clause.rebate_cap_pct, clause.share_per_percent)
    night = max(0.0, _clause_share(month.night_factors, clause.leading_standard_pct, 100.0, clause.share_per_percent))
    charged = 0.0
    for name, share in (("day", day), ("night", night)):
        if share <= 0 or warned[name]:
            charged += share
        if share > 0:
            warned[name] = True
    return charged


def _excess(month: _Month, tariff: KepcoTariff, terms: SupplyTerms, warned: dict[str, bool]) -> float:
    if terms.contract_kw is None or month.peak_kw <= terms.contract_kw or not _metered(tariff, terms):
        return 0.0
    over = month.peak_kw - terms.contract_kw
    was_warned, warned["excess"] = warned["excess"], True
    factor = next(
        times for below, times in demand_rule().excess_bands if below is None or over / terms.contract_kw < below
    )
    return over * month.base_rate * factor if was_warned else 0.0


def _urdb_total(load: MeterLoad, tariff: UrdbTariff, terms: SupplyTerms) -> float:
    zone = load.start.tzinfo or _SEOUL
    money: dict[tuple[int, int], float] = {}
    peaks: dict[tuple[int, int], dict[int, float]] = {}
    spans: dict[tuple[int, int], int] = {}
    window_s, in_window, last = max(tariff.demand_window_s, load.interval_s), 0.0, len(load.kwh) - 1
    window_start: dt.datetime | None = None
    for moment, i in _instants(load, zone):
        key, kwh = (moment.year, moment.month), float(load.kwh[i])
        table = tariff.energy.weekend if moment.weekday() >= 5 else tariff.energy.weekday
        rate = (
            tariff.energy.rates[table[moment.month - 1][moment.hour]]
            + tariff.fuel_adjustment_by_month[moment.month - 1]
        )
        money[key] = money.get(key, 0.0) + kwh * rate
        spans[key] = spans.get(key, 0) + load.interval_s
        window_start = window_start or moment
        in_window += kwh
        if ((i + 1) * load.interval_s) % window_s == 0 or i == last:
            of_month = peaks.setdefault((window_start.year, window_start.month), {})
            for period in (-1, _demand_period(tariff, window_start)):
                of_month[period] = max(of_month.get(period, 0.0), in_window * 3600 / window_s)
            in_window, window_start = 0.0, None
    return math.fsum(
        _urdb_month(tariff, terms, key, money[key], peaks, min(1.0, _share(key, spans[key]))) for key in money
    )


def _share(key: tuple[int, int], seconds: int) -> float:
    whole = calendar.monthrange(*key)[1] * 86400
    return 1.0 if abs(whole - seconds) <= 3600 else seconds / whole


def _demand_period(tariff: UrdbTariff, moment: dt.datetime) -> int:
    if tariff.demand is None:
        return -1
    table = tariff.demand.weekend if moment.weekday() >= 5 else tariff.demand.weekday
    return table[moment.month - 1][moment.hour]


def _urdb_month(
    tariff: UrdbTariff,
    terms: SupplyTerms,
    key: tuple[int, int],
    money: float,
    peaks: dict[tuple[int, int], dict[int, float]],
    share: float,
) -> float:
    known = {k[0] * 12 + k[1]: values[-1] for k, values in peaks.items()}
    first, now = min(known), key[0] * 12 + key[1]
    known.update({first - age: kw for age, kw in enumerate(reversed(terms.demand_history_kw), start=1)})
    look = tariff.lookback
    past = [
        kw
        for index, kw in known.items()
        if 0 < now - index <= look.range_months and (index - 1) % 12 + 1 in look.calendar_months
    ]
    flat_kw = max([peaks[key][-1], *(look.share * kw for kw in past)])
    amount = money + share * tariff.flat_demand[key[1] - 1] * flat_kw + share * tariff.fixed_per_month
    amount += share * tariff.fixed_per_day * calendar.monthrange(*key)[1]
    if tariff.demand is not None:
        amount += share * math.fsum(
            tariff.demand.rates[period] * kw for period, kw in peaks[key].items() if period >= 0
        )
    return max(amount, tariff.minimum_per_month * share)
