"""Battery, sale and transformer laid on the composed year: energy adds up, money is booked, a cap means the same in run and year."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.ledger.scenarios import scenario
from tests.ledger.test_year import week_result
from twin.ledger.site_money import sale_prices_krw_per_kwh
from twin.ledger.year import YearAccounts, compose
from twin.ledger.year_layout import representatives
from twin.tasks.effect import parts_kwh

PV = {"peak": "300 kW", "profile": "kr/ansan-siheung"}
BATTERY = {"energy": "100 kWh", "power": "50 kW", "ageing": "50 KRW/kWh", "control": {"shave_above": "150 kW"}}
TRANSFORMER = {"rated": "500 kVA", "no_load": "0.7 kW", "load_loss": "6 kW"}
UNITY: dict[str, object] = {"site.power_factor": "100 %"}


def year_of(changes: dict[str, object]) -> YearAccounts:
    """A year of days of 100 kW with two quarter-hours of 180 kW."""
    scn = scenario(changes)
    (one,) = representatives(scn)
    days = int(one.scenario.spec.run.duration_s // 86400)
    day = np.full(96, 25.0)
    day[40:42] = 45.0
    return compose(scn, {"all": week_result(one, np.tile(day, days))})


def test_battery_shaves_every_day_of_the_year_and_ages() -> None:
    """Proves: the peak falls to the level; 15 kWh a day are given, taken with 10 % losses, worn at 50 KRW; nothing is had for nothing.

    Sensitivity: a year without its battery would keep the peak, a start half full would save 45 kWh.
    """
    bare, made = year_of({}), year_of({"site.battery": BATTERY})
    assert bare.kpis["peak_kw"] == pytest.approx(180.0)
    assert made.kpis["peak_kw"] == pytest.approx(150.0)
    assert made.kpis["battery_discharged_kwh"] == pytest.approx(365 * 15.0)
    assert made.kpis["electricity_kwh"] - bare.kpis["electricity_kwh"] == pytest.approx(365 * 15.0 * (1 / 0.9 - 1))
    assert made.kpis["battery_ageing_krw"] == pytest.approx(365 * 15.0 * 50.0)
    assert made.kpis["battery_stock_krw"] == pytest.approx(0.0, abs=1e-6)
    assert made.kpis["cash_krw"] - bare.kpis["cash_krw"] == pytest.approx(
        made.bill.total - bare.bill.total + made.kpis["battery_ageing_krw"]
    )


def test_surplus_is_curtailed_or_sold_at_a_series() -> None:
    """Proves: what is sold is what curtailing threw away, priced hour by hour; cash falls by it. Sensitivity: priced at the mean."""
    kept = year_of({"site.pv": PV})
    sold = year_of({"site.pv": PV | {"surplus": {"sell": "100 KRW/kWh"}}})
    assert sold.kpis["pv_sold_kwh"] == pytest.approx(kept.pv_available_kwh - kept.pv_used_kwh)
    assert sold.pv_used_kwh == pytest.approx(kept.pv_used_kwh)
    assert sold.kpis["sold_krw"] == pytest.approx(100.0 * sold.kpis["pv_sold_kwh"])
    assert kept.kpis["cash_krw"] - sold.kpis["cash_krw"] == pytest.approx(sold.kpis["sold_krw"])


def test_price_by_hour_of_the_day(tmp_path) -> None:
    """Proves: 24 prices go by the clock. Sensitivity: by quarter-hour."""
    from twin.scenario.scenario import Scenario

    scn = scenario({})
    rows = "krw_per_kwh\n" + "\n".join(str(hour) for hour in range(24)) + "\n"
    (tmp_path / "sell.csv").write_text(rows, encoding="utf-8")
    tree = scn.tree
    tree["site"] = tree["site"] | {"pv": PV | {"surplus": {"sell": {"file": "sell.csv"}}}}
    dated = Scenario.from_tree(tree, tmp_path)
    start = year_of({}).load.start
    assert sale_prices_krw_per_kwh(dated, start, 96).tolist() == np.repeat(np.arange(24.0), 4).tolist()


def test_transformer_losses_are_laid_on() -> None:
    """Proves: no-load loss all year and load loss of every quarter-hour; PV takes load off it. Sensitivity: losses of the gross load."""
    bare, made = year_of(UNITY), year_of(UNITY | {"site.transformer": TRANSFORMER})
    by_hand = 8760 * 0.7 + 6.0 * (365 * (0.25 * 94 * (100 / 500) ** 2 + 0.5 * (180 / 500) ** 2))
    assert made.kpis["transformer_kwh"] == pytest.approx(by_hand)
    assert made.kpis["electricity_kwh"] == pytest.approx(bare.kpis["electricity_kwh"] + by_hand)
    sunny = year_of(UNITY | {"site.transformer": TRANSFORMER, "site.pv": PV})
    assert sunny.kpis["transformer_kwh"] < made.kpis["transformer_kwh"]


def test_parts_of_the_electricity_sum_to_it() -> None:
    """Proves: with PV, battery and transformer the parts (supply negative) sum to what the meter shows. Sensitivity: losses left out."""
    made = year_of({"site.transformer": TRANSFORMER, "site.pv": PV, "site.battery": BATTERY})
    assert math.fsum(parts_kwh(made).values()) == pytest.approx(made.kpis["electricity_kwh"], rel=1e-12)


def test_a_cap_at_the_meter_is_a_lower_cap_in_the_runs_of_the_year() -> None:
    """Proves: representative runs have no transformer, and the cap that is left behind it. Sensitivity: the meter's cap for both."""
    capped = scenario(UNITY | {"site.transformer": TRANSFORMER, "site.power_cap": "400 kW"})
    (one,) = representatives(capped)
    assert one.scenario.spec.site.transformer is None
    behind = one.scenario.spec.site.power_cap_kw
    assert behind is not None
    assert behind + 0.7 + 6.0 * (behind / 500) ** 2 == pytest.approx(400.0)
