"""Money of a task against published cases."""

from __future__ import annotations

import pytest

from twin.reference.programmes import programme
from twin.tasks.finance import appraise, irr, loan_advantage_krw, npv_krw, supported_capex_krw


def test_first_flow_is_not_discounted() -> None:
    """Proves: NPV of −100, 60, 60 at 10 % is 4.1322. Sensitivity: discounting t = 0 as spreadsheets do would give 3.7566."""
    assert npv_krw([-100.0, 60.0, 60.0], 0.10) == pytest.approx(4.132231, abs=1e-6)


def test_rate_that_makes_the_flows_worth_nothing() -> None:
    """Proves: −70,000 then 12,000 … 26,000 has the rate 8.66 % of the worked example in spreadsheet manuals, and no NPV there."""
    flows = [-70000.0, 12000.0, 15000.0, 18000.0, 21000.0, 26000.0]
    found = irr(flows)
    assert found == pytest.approx(0.0866, abs=5e-5)
    assert npv_krw(flows, found or 0.0) == pytest.approx(0.0, abs=1e-3)


def test_no_rate_where_nothing_comes_back() -> None:
    """Proves: flows without a change of sign have no rate. Sensitivity: a solver left to itself would return a number."""
    assert irr([-100.0, -5.0, -5.0]) is None
    assert irr([0.0, 5.0]) is None


def test_simple_payback_of_the_korean_furnace_case() -> None:
    """Proves: 400 M for 53 M a year pays back in 7.5 years (장인열처리, Edaily 2023-02-08)."""
    found = appraise(400e6, 53e6, 0.0, 15, 0.05)
    assert found.payback_years == pytest.approx(7.547, abs=1e-3)
    assert found.npv_krw == pytest.approx(-400e6 + 53e6 * (1 - 1.05**-15) / 0.05, rel=1e-12)


def test_a_task_that_costs_never_pays_back() -> None:
    """Proves: no payback where opex eats the saving. Sensitivity: a formula without the sign test would print a negative payback."""
    found = appraise(10e6, 1e6, 2e6, 10, 0.05)
    assert found.payback_years is None
    assert found.irr is None
    assert found.npv_krw < -10e6


def test_grant_is_capped() -> None:
    """Proves: half of 1,000 M would be 500 M, the ceiling of 300 M binds. Sensitivity: without it the firm would pay 500 M."""
    support = programme("kr/carbon-neutral-equipment-2026")
    assert supported_capex_krw(1000e6, "equipment", support) == 700e6
    assert supported_capex_krw(100e6, "equipment", support) == 50e6
    assert supported_capex_krw(100e6, "consulting", support) == 100e6


def test_loan_advantage_of_one_period() -> None:
    """Proves: the advantage is the interest difference on the outstanding debt, discounted: eight years, three of grace, by hand."""
    support = programme("kr/carbon-neutral-equipment-2026")
    debt, by_hand = 80.0, 0.0
    for year in range(1, 9):
        by_hand += debt * 0.017 / 1.05**year
        if year > 3:
            debt -= 16.0
    assert loan_advantage_krw(100.0, support, 0.05) == pytest.approx(by_hand, rel=1e-12)
    assert loan_advantage_krw(100.0, None, 0.05) == 0.0
