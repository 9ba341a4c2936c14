"""URDB tariffs against PySAM's Utilityrate5 (an independent bill calculator), the published case, and hand cases."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from tests.support import needs_data
from twin.ledger import tariff as t
from twin.ledger.tariff_check import bill_from_quarter_hours
from twin.ledger.tariff_urdb import UrdbTariff, read_urdb, urdb_from_text
from twin.reference.facts import TariffFault

EST = dt.timezone(dt.timedelta(hours=-5))
YEAR = dt.datetime(2018, 1, 1, tzinfo=EST)  # a Monday, as PySAM's year
URDB_FILES = (
    "tariffs/urdb/Florida_Power_Light_Co_GSLD_1_General_Service_Large_Demand.json",
    "tariffs/urdb/SCE_TOU_8_Option_D_Under_2_kV.json",
    "tariffs/urdb/Sacramento_Municipal_Utility_District_CI_TOD3_Commercial_and_Industrial_TOD_Secondary_500_999_kW.json",
)


def pysam_bill(tariff: UrdbTariff, load_kw: np.ndarray) -> float:
    """The year's bill of an hourly load by PySAM, from the same rates."""
    from PySAM import Utilityrate5

    model = Utilityrate5.new()
    model.Lifetime.analysis_period, model.Lifetime.inflation_rate, model.Lifetime.system_use_lifetime_output = 1, 0, 0
    model.SystemOutput.gen, model.SystemOutput.degradation = [0.0] * 8760, [0.0]
    model.Load.load, model.Load.load_escalation = load_kw.tolist(), [0.0]
    rates = model.ElectricityRates
    rates.en_electricity_rates, rates.rate_escalation, rates.ur_metering_option = 1, [0.0], 0
    rates.ur_monthly_fixed_charge, rates.ur_monthly_min_charge = tariff.fixed_per_month, tariff.minimum_per_month
    rates.ur_annual_min_charge = rates.ur_nm_yearend_sell_rate = 0
    rates.ur_sell_eq_buy = rates.ur_en_ts_buy_rate = rates.ur_en_ts_sell_rate = 0
    rates.ur_ec_sched_weekday = [[period + 1 for period in row] for row in tariff.energy.weekday]
    rates.ur_ec_sched_weekend = [[period + 1 for period in row] for row in tariff.energy.weekend]
    rates.ur_ec_tou_mat = [[k + 1, 1, 1e38, 0, rate, 0] for k, rate in enumerate(tariff.energy.rates)]
    demand = tariff.demand
    periods = demand.rates if demand else (0.0,)
    rates.ur_dc_enable = 1
    rates.ur_dc_sched_weekday = [[p + 1 for p in row] for row in demand.weekday] if demand else [[1] * 24] * 12
    rates.ur_dc_sched_weekend = [[p + 1 for p in row] for row in demand.weekend] if demand else [[1] * 24] * 12
    rates.ur_dc_tou_mat = [[k + 1, 1, 1e38, rate] for k, rate in enumerate(periods)]
    rates.ur_dc_flat_mat = [[month, 1, 1e38, rate] for month, rate in enumerate(tariff.flat_demand)]
    rates.ur_enable_billing_demand = 0
    if tariff.lookback.share:
        rates.ur_enable_billing_demand, rates.ur_billing_demand_minimum = 1, 0
        rates.ur_billing_demand_lookback_period = tariff.lookback.range_months
        rates.ur_billing_demand_lookback_percentages = [[tariff.lookback.share * 100, 1.0]] * 12
        rates.ur_dc_billing_demand_periods = [[k + 1, 1] for k in range(len(periods))]
        rates.ur_yearzero_usage_peaks = [0.0] * 12
    model.execute()
    return float(model.Outputs.utility_bill_wo_sys_year1)


def case_file(folder: Path, **changes: object) -> Path:
    """The rate of the published case: three energy periods, 8/kW a month, 5/kW on-peak, 50 a month."""
    day = [0] * 8 + [1] * 14 + [0] * 2
    summer = [0] * 8 + [1] * 2 + [2] * 7 + [1] * 5 + [0] * 2
    weekday = [summer if month in (5, 6, 7) else day for month in range(12)]
    rate = {
        "name": "case",
        "approved": True,
        "energyratestructure": [[{"rate": 0.09}], [{"rate": 0.14}], [{"rate": 0.21}]],
        "energyweekdayschedule": weekday,
        "energyweekendschedule": [[0] * 24] * 12,
        "demandratestructure": [[{"rate": 0.0}], [{"rate": 0.0}], [{"rate": 5.0}]],
        "demandweekdayschedule": weekday,
        "demandweekendschedule": [[0] * 24] * 12,
        "flatdemandstructure": [[{"rate": 8.0}]],
        "flatdemandmonths": [0] * 12,
        "fixedchargefirstmeter": 50.0,
        "fixedchargeunits": "$/month",
        **changes,
    }
    path = folder / "rate.json"
    path.write_text(json.dumps({k: v for k, v in rate.items() if v is not None}), encoding="utf-8")
    return path


def case_load_kw() -> np.ndarray:
    """100 kW, 400 kW on weekdays 08-18 h, 100 kW more in July; 8,760 h from a Monday."""
    hours = np.arange(8760)
    months = (np.datetime64("2018-01-01") + hours // 24).astype("datetime64[M]").astype(int) % 12
    kw = np.where((hours // 24 % 7 < 5) & (hours % 24 >= 8) & (hours % 24 < 18), 400.0, 100.0)
    return kw + np.where(months == 6, 100.0, 0.0)


def synthetic_year_kw(seed: int) -> np.ndarray:
    """A year of a two-shift plant with noise, 8,760 h."""
    rng = np.random.default_rng(seed)
    hours = np.arange(8760)
    shift = np.where((hours // 24 % 7 < 5) & (hours % 24 >= 6) & (hours % 24 < 22), 500.0, 180.0)
    return np.round(shift * rng.uniform(0.6, 1.4, 8760), 3)


def bill_of(path: Path, load_kw: np.ndarray, **terms: object) -> t.Bill:
    load = t.MeterLoad(YEAR, 3600, load_kw)
    tariff = read_urdb(path)
    supply = t.SupplyTerms(**terms)  # type: ignore[arg-type]
    bill = t.bill(load, tariff, supply)
    assert bill_from_quarter_hours(load, tariff, supply) == pytest.approx(bill.total, rel=1e-12)
    return bill


def test_published_case(tmp_path):
    """Proves: energy 228,980.00, monthly demand 39,200.00, on-peak demand 6,500.00, fixed 600.00, total 275,280.00, as PySAM."""
    path = case_file(tmp_path)
    bill = bill_of(path, case_load_kw())
    assert bill.amount_of("energy") == pytest.approx(228_980.00, abs=1e-6)
    assert bill.amount_of("demand_flat") == pytest.approx(39_200.00)
    assert bill.amount_of("demand_period") == pytest.approx(6_500.00)
    assert bill.amount_of("fixed_charge") == pytest.approx(600.00)
    assert bill.total == pytest.approx(275_280.00, abs=1e-6)
    assert pysam_bill(read_urdb(path), case_load_kw()) == pytest.approx(275_280.00, abs=0.005)


def test_published_case_with_a_ratchet_that_binds(tmp_path):
    """Proves: 95 % of the highest of the last 11 months: 475 kW billed from August on, total 271,780.00, as PySAM.
    Sensitivity: without the ratchet 268,780.00.
    """
    structure = {"demandratestructure": None, "lookbackPercent": 0.95, "lookbackRange": 11}
    path = case_file(tmp_path, **structure)
    bill = bill_of(path, case_load_kw())
    assert bill.total == pytest.approx(271_780.00, abs=1e-6)
    assert list(bill.quantities.billing_demand_kw.values())[7:] == pytest.approx([475.0] * 5)
    assert pysam_bill(read_urdb(path), case_load_kw()) == pytest.approx(271_780.00, abs=0.005)
    assert bill_of(case_file(tmp_path, demandratestructure=None), case_load_kw()).total == pytest.approx(268_780.00)


@pytest.mark.parametrize("name", URDB_FILES)
def test_real_rates_equal_pysam_to_the_cent(name):
    """Proves: three utilities' large-demand rates, a year of an hourly load, equal PySAM's bill to the cent."""
    path = needs_data(name)
    load_kw = synthetic_year_kw(7)
    assert bill_of(path, load_kw).total == pytest.approx(pysam_bill(read_urdb(path), load_kw), abs=0.005)


def test_minimum_charge_binds_like_pysam():
    """Proves: a load too small for the utility's minimum of 6,833.67 a month is billed the minimum."""
    path = needs_data(URDB_FILES[0])
    load_kw = synthetic_year_kw(3) * 0.27
    bill = bill_of(path, load_kw)
    assert bill.amount_of("minimum_charge") > 0
    assert bill.total == pytest.approx(pysam_bill(read_urdb(path), load_kw), abs=0.005)


def test_past_demands_feed_the_lookback(tmp_path):
    """Proves: 600 kW of the month before binds January at 95 %: 570 kW."""
    path = case_file(tmp_path, demandratestructure=None, lookbackPercent=95, lookbackRange=11)
    bill = bill_of(path, np.full(744, 100.0), demand_history_kw=(600.0,))
    assert bill.quantities.billing_demand_kw["2018-01"] == pytest.approx(570.0)


def test_lookback_months_name_the_months_that_count(tmp_path):
    """Proves: with only July flagged, February's 900 kW is forgotten."""
    flags = [month == 7 for month in range(1, 13)]
    path = case_file(tmp_path, demandratestructure=None, lookbackPercent=1.0, lookbackMonths=flags)
    kw = np.full(8760, 100.0)
    kw[31 * 24 + 10] = 900.0
    kw[(31 + 28 + 31 + 30 + 31 + 30) * 24 + 10] = 300.0
    billing = list(bill_of(path, kw).quantities.billing_demand_kw.values())
    assert billing == pytest.approx(
        [100.0, 900.0, 100.0, 100.0, 100.0, 100.0, 300.0, 300.0, 300.0, 300.0, 300.0, 300.0]
    )


def test_tiers_are_refused_where_they_would_bind(tmp_path):
    """Proves: a first tier of 1,000 kWh is billed below it and refused above, with the month and the limit."""
    tiers = [[{"rate": 0.1, "max": 1000.0}, {"rate": 0.2}], [{"rate": 0.14}], [{"rate": 0.21}]]
    path = case_file(tmp_path, energyratestructure=tiers)
    assert bill_of(path, np.full(24, 1.0)).total > 0
    with pytest.raises(t.TariffFault, match=r"2018-01 passes the first tier \(1000 kWh\)"):
        bill_of(path, np.full(744, 100.0))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"coincidentratestructure": [[{"rate": 1.0}]]}, "coincidentratestructure"),
        ({"demandratchetpercentage": [0.8] * 12}, "demandratchetpercentage"),
        ({"fixedchargeunits": "$/year"}, "fixed charge"),
        ({"energyweekdayschedule": [[0] * 24] * 11}, "12 x 24"),
        ({"energyweekdayschedule": [[9] * 24] * 12}, "does not have"),
        ({"energyratestructure": [[{"rate": 0.1, "unit": "kWh/kW"}]] * 3}, "kWh/kW"),
        ({"energyratestructure": None}, "not a URDB rate"),
        ({"demandunits": "hp"}, "kW only"),
        ({"energyratestructure": [[{"rate": None}]] * 3}, "malformed"),
        ({"flatdemandmonths": ["x"] * 12}, "malformed"),
        ({"fixedchargefirstmeter": float("nan")}, "not JSON"),
    ],
)
def test_what_cannot_be_billed_is_refused(tmp_path, change, said):
    """Proves: a charge that is not supported is named, never left out."""
    with pytest.raises(t.TariffFault, match=said):
        read_urdb(case_file(tmp_path, **change))


def test_files_that_are_no_rates(tmp_path):
    """Proves: a missing file and a broken one are faults of input."""
    with pytest.raises(t.TariffFault, match="not found"):
        t.parse_tariff_id("nowhere.json", tmp_path)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(t.TariffFault, match="not JSON"):
        t.parse_tariff_id("bad.json", tmp_path)


def test_prices_and_demand_of_a_urdb_rate(tmp_path):
    """Proves: the price series holds the energy rates; won are refused; demand by period has no single rule, flat demand has."""
    tariff = read_urdb(case_file(tmp_path))
    start = dt.datetime(2018, 7, 2, 8, tzinfo=EST)  # a Monday in July
    assert t.price_series(tariff, start, 3, 3600) == pytest.approx([0.14, 0.14, 0.21])
    assert t.demand_window_mask(tariff, start, 3, 3600).all()
    with pytest.raises(t.TariffFault, match="USD"):
        t.price_series_krw_per_kwh(tariff, start, 3, 3600)
    with pytest.raises(t.TariffFault, match="by period"):
        t.billing_demand_rule(tariff, start.date())
    flat = read_urdb(case_file(tmp_path, demandratestructure=None, lookbackPercent=0.5, lookbackRange=11))
    rule = t.billing_demand_rule(flat, start.date(), t.SupplyTerms(demand_history_kw=(400.0,)))
    assert (rule.rate_per_kw_month, rule.floor_kw, rule.gross_factor) == (8.0, 200.0, 1.0)


def test_daylight_saving_is_on_the_wall_clock(tmp_path):
    """Proves: in a zone with daylight saving the day of the change has 23 h, and hours are those of the clock."""
    from zoneinfo import ZoneInfo

    start = dt.datetime(2018, 3, 11, tzinfo=ZoneInfo("America/New_York"))
    prices = t.price_series(read_urdb(case_file(tmp_path)), start, 47, 3600)
    assert prices[23 + 8] == 0.14  # Monday 08:00 comes 31 h after Sunday 00:00
    assert prices[23 + 7] == 0.09


def test_bill_in_dollars_has_no_total_in_won(tmp_path):
    """Proves: currencies are not mixed."""
    bill = bill_of(case_file(tmp_path), np.full(24, 1.0))
    assert bill.currency == "USD"
    with pytest.raises(t.TariffFault, match="USD"):
        _ = bill.total_krw


def test_a_file_of_ones_own_says_its_currency() -> None:
    """Proves: rates are USD unless the file says otherwise, and a code that is none is refused.

    Sensitivity: read as USD a Korean file could bill no scenario.
    """
    schedule = (
        "[[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
        + ",[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]" * 11
        + "]"
    )
    rest = f'"energyratestructure": [[{{"rate": 1}}]], "energyweekdayschedule": {schedule}, "energyweekendschedule": {schedule}'
    assert urdb_from_text("{" + rest + "}", "a.json").currency == "USD"
    assert urdb_from_text('{"currency": "KRW", ' + rest + "}", "a.json").currency == "KRW"
    with pytest.raises(TariffFault, match="no code of three letters"):
        urdb_from_text('{"currency": "won", ' + rest + "}", "a.json")
