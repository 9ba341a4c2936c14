"""Money of one task: payback, net present value, internal rate of return, with and without support.

Cash only; constant prices of the first year; the investment falls at t = 0, savings at the end of each year
(NPV = Σ CF_t/(1+r)^t with t = 0 undiscounted; NIST Handbook 135, section 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.reference.programmes import Programme


@dataclass(frozen=True)
class Investment:
    """What a task costs its firm, before support. Money in KRW, opex per year."""

    capex_krw: float
    capex_low_krw: float
    capex_high_krw: float
    opex_krw_per_year: float
    life_years: int


@dataclass(frozen=True)
class Appraisal:
    """Payback in years (None: never), NPV in KRW, IRR as a share (None: none exists)."""

    capex_krw: float
    payback_years: float | None
    npv_krw: float
    irr: float | None


def cash_flows(capex_krw: float, saving_krw_per_year: float, opex_krw_per_year: float, life_years: int) -> list[float]:
    """Flow at t = 0, 1, …, life: the investment, then the net saving of each year."""
    return [-capex_krw, *([saving_krw_per_year - opex_krw_per_year] * life_years)]


def npv_krw(flows: list[float], rate: float) -> float:
    """Net present value; the first flow is not discounted."""
    return math.fsum(flow / (1.0 + rate) ** year for year, flow in enumerate(flows))


def irr(flows: list[float]) -> float | None:
    """Internal rate of return; None where no rate above −100 % makes the flows worth nothing."""
    from pyxirr import irr as solve

    if not (min(flows) < 0.0 < max(flows)):
        return None
    found = solve(flows)
    return None if found is None or not math.isfinite(found) else float(found)


def appraise(
    capex_krw: float, saving_krw_per_year: float, opex_krw_per_year: float, life_years: int, rate: float
) -> Appraisal:
    """Simple payback, NPV and IRR of a constant yearly saving (a saving is positive here: money not spent)."""
    net = saving_krw_per_year - opex_krw_per_year
    flows = cash_flows(capex_krw, saving_krw_per_year, opex_krw_per_year, life_years)
    payback = 0.0 if capex_krw <= 0.0 and net >= 0.0 else (capex_krw / net if net > 0.0 else None)
    return Appraisal(capex_krw, payback, npv_krw(flows, rate), irr(flows))


def supported_capex_krw(capex_krw: float, support_class: str | None, programme: Programme | None) -> float:
    """What the firm pays after the grant: a share of the cost up to the programme's ceiling, per firm."""
    if programme is None or support_class is None:
        return capex_krw
    return capex_krw - programme.grant_krw(support_class, capex_krw)


def loan_advantage_krw(capex_krw: float, programme: Programme | None, rate: float) -> float:
    """Present value, at the firm's own rate, of paying the policy loan's interest instead of the market's on what the firm pays itself.

    Interest only during the grace years, then equal repayments of principal.
    """
    if programme is None or programme.loan is None:
        return 0.0
    loan = programme.loan
    debt = min(capex_krw * loan.share, loan.ceiling_krw)
    repayments = loan.years - loan.grace_years
    total = 0.0
    for year in range(1, loan.years + 1):
        total += debt * (loan.market_rate - loan.rate) / (1.0 + rate) ** year if debt > 0.0 else 0.0
        if year > loan.grace_years:
            debt -= min(capex_krw * loan.share, loan.ceiling_krw) / repayments
    return total
