"""Advice on a metered load: the best option of the plan, the contract power, power-factor correction.

Each in KRW per year.

Every figure is a difference of two bills of the same load, so it holds for a load that stays as it is. A load shorter
than a year is scaled by its days, which the notes say.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from twin.reference.facts import TariffFault
from twin.reference.kepco import plan_ids, tariff_classes
from twin.reference.kepco_rules import power_factor_clause

from .tariff_kepco import KepcoTariff
from .tariff_power_factor import DAY
from .tariff_types import Bill, MeterLoad, SupplyTerms, Tariff

YEAR_DAYS = 365.0
CAPACITOR_STEP_KVAR = 10.0
CONTRACT_STEP_KW = 10.0


@dataclass(frozen=True)
class OptionCost:
    """Yearly bill under one plan at one contract power."""

    tariff_id: str
    contract_kw: float | None
    krw_per_year: float


@dataclass(frozen=True)
class ContractAdvice:
    """Lowest contract power that the highest demand seen, plus a margin, allows.

    ``saving_krw_per_year`` may be negative (raise it).
    """

    current_kw: float
    recommended_kw: float
    highest_demand_kw: float
    saving_krw_per_year: float


@dataclass(frozen=True)
class PowerFactorAdvice:
    """Smallest automatic capacitor bank that earns the full rebate.

    ``night_krw_per_year`` is what leading power costs at night.
    """

    capacitor_kvar: float
    day_percent_before: float
    day_percent_after: float
    saving_krw_per_year: float
    night_krw_per_year: float


@dataclass(frozen=True)
class Advice:
    """What would make the bill of this load lower. ``options`` are sorted, cheapest first."""

    krw_per_year: float
    options: tuple[OptionCost, ...]
    contract: ContractAdvice | None
    power_factor: PowerFactorAdvice | None
    notes: tuple[str, ...]

    @property
    def best_option(self) -> str:
        """Cheapest plan of the same class at the present contract power."""
        return self.options[0].tariff_id


def advise(load: MeterLoad, tariff: Tariff, terms: SupplyTerms, *, contract_margin: float = 0.05) -> Advice:
    """Compares options, contract powers and capacitor banks for ``load``.

    Excess and poor power factor are charged from the first month on here (as after a first notice), so that a year is a
    normal year. Raises :class:`TariffFault` for a tariff that is not KEPCO's.
    """
    if not isinstance(tariff, KepcoTariff):
        msg = f"advice is given for KEPCO tariffs, not for {tariff.id}"
        raise TariffFault(msg)
    steady = dataclasses.replace(terms, excess_noticed=True, power_factor_noticed=True)
    per_year = YEAR_DAYS * 86_400 / (len(load.kwh) * load.interval_s)
    present = _bill(load, tariff, steady)
    options = sorted(
        (
            OptionCost(plan.id, terms.contract_kw, _bill(load, plan, steady).total_krw * per_year)
            for plan in _options(tariff)
        ),
        key=lambda option: option.krw_per_year,
    )
    notes = ["excess demand and poor power factor are charged from the first month, as after a first notice"]
    if per_year > 1.01 or per_year < 0.99:
        notes.append(
            f"scaled from {YEAR_DAYS / per_year:.1f} days to {YEAR_DAYS:g}; seasons that the load does not cover are not in it"
        )
    contract = _contract(load, tariff, steady, present, per_year, contract_margin)
    if contract is not None:
        notes += _contract_notes(tariff, contract)
    return Advice(
        present.total_krw * per_year,
        tuple(options),
        contract,
        _power_factor(load, tariff, steady, present, per_year),
        tuple(notes),
    )


def _bill(load: MeterLoad, tariff: KepcoTariff, terms: SupplyTerms) -> Bill:
    return tariff.charges(tariff.quantities(load, terms))


def _options(tariff: KepcoTariff) -> list[KepcoTariff]:
    """Plans of the same class and voltage."""
    prefix = "/".join(tariff.plan_id.split("/")[:3])
    return [
        dataclasses.replace(tariff, plan_id=plan)
        for plan in plan_ids()
        if plan == prefix or plan.startswith(prefix + "/")
    ]


def _contract(
    load: MeterLoad, tariff: KepcoTariff, terms: SupplyTerms, present: Bill, per_year: float, margin: float
) -> ContractAdvice | None:
    if terms.contract_kw is None:
        return None
    highest = max((*present.demand_kw.values(), *terms.demand_history_kw))
    wanted = math.ceil(highest * (1 + margin) / CONTRACT_STEP_KW) * CONTRACT_STEP_KW
    wanted = max(wanted, tariff.tariff_class.contract_from_kw)
    limit = tariff.tariff_class.contract_below_kw
    if limit is not None:
        wanted = min(wanted, limit - 1)
    changed = _bill(load, tariff, dataclasses.replace(terms, contract_kw=wanted))
    return ContractAdvice(terms.contract_kw, wanted, highest, (present.total_krw - changed.total_krw) * per_year)


def _contract_notes(tariff: KepcoTariff, contract: ContractAdvice) -> list[str]:
    notes = ["a change of contract power can cost a connection charge (시설부담금), which is not counted"]
    if tariff.tariff_class.contract_below_kw is None:
        smaller = [
            other
            for other in tariff_classes().values()
            if contract.highest_demand_kw < (other.contract_below_kw or 0.0)
        ]
        notes += [
            f"at this demand the class {other.name_en} ({other.name_ko}) would be open too"
            for other in smaller
            if other.time_of_use
        ]
    limit = tariff.tariff_class.contract_below_kw
    if limit is not None and contract.highest_demand_kw >= limit:
        notes.append(f"demand of {contract.highest_demand_kw:.0f} kW is above the limit of the class ({limit:g} kW)")
    return notes


def _corrected(load: MeterLoad, kvar: float) -> MeterLoad:
    """The load behind an automatic bank of ``kvar``.

    It takes off lagging reactive energy and never makes it leading.
    """
    if load.kvarh_lag is None:
        return load
    return dataclasses.replace(load, kvarh_lag=np.maximum(load.kvarh_lag - kvar * load.interval_s / 3600, 0.0))


def _day_percents(bill: Bill) -> list[float]:
    return [factor.percent for factor in bill.quantities.power_factor if factor.window == DAY]


def _power_factor(
    load: MeterLoad, tariff: KepcoTariff, terms: SupplyTerms, present: Bill, per_year: float
) -> PowerFactorAdvice | None:
    """Bisects the bank's size: the rebate grows with it and stops at the cap."""
    if load.kvarh_lag is None or not _day_percents(present):
        return None

    def enough(steps: int) -> bool:
        bill = (
            _bill(load, tariff, terms)
            if steps == 0
            else _bill(_corrected(load, steps * CAPACITOR_STEP_KVAR), tariff, terms)
        )
        return all(
            factor.percent >= _rebate_cap_pct(factor.month)
            for factor in bill.quantities.power_factor
            if factor.window == DAY
        )

    low, high = 0, math.ceil(float(load.kvarh_lag.max()) * 3600 / load.interval_s / CAPACITOR_STEP_KVAR)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    kvar = low * CAPACITOR_STEP_KVAR
    after = _bill(_corrected(load, kvar), tariff, terms)
    return PowerFactorAdvice(
        capacitor_kvar=kvar,
        day_percent_before=float(np.mean(_day_percents(present))),
        day_percent_after=float(np.mean(_day_percents(after))),
        saving_krw_per_year=(present.total_krw - after.total_krw) * per_year,
        night_krw_per_year=_with_taxes(present, "power_factor_night") * per_year,
    )


def _rebate_cap_pct(month: str) -> float:
    """Power factor in % from which the rebate of ``month`` (YYYY-MM) grows no more."""
    return power_factor_clause(dt.date.fromisoformat(month + "-01")).rebate_cap_pct


def _with_taxes(bill: Bill, name: str) -> float:
    """Amount of a line name with the fund and VAT that come on top, month by month (unrounded)."""
    total = 0.0
    for line in bill.lines:
        if line.name == name:
            rates = math.fsum(tax.rate for tax in bill.lines if tax.month == line.month and tax.name in ("vat", "fund"))
            total += line.amount * (1 + rates)
    return total
