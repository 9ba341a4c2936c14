"""The packaged reference data: complete, sourced, and equal to the figures published."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from twin.reference import benchmarks, fuels, grid, kepco, kepco_rules, labour, prices, pv
from twin.reference.facts import NotInForce, ReferenceFault, UnknownId, pick, provenance, read_rows, read_yaml

FILES = (
    "kepco/versions.yaml",
    "kepco/rules.yaml",
    "kr_adhoc_holidays.yaml",
    "grid_factors.yaml",
    "fuels.yaml",
    "labour.yaml",
    "prices.yaml",
    "sec_benchmarks.yaml",
)


def mappings(node: Any) -> Iterator[Mapping[Any, Any]]:
    """Every mapping of a tree."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from mappings(value)
    elif isinstance(node, list):
        for value in node:
            yield from mappings(value)


@pytest.mark.parametrize("name", FILES)
def test_every_key_is_a_word(name):
    """Proves: no citation was cut at a comma into a stray key."""
    for mapping in mappings(read_yaml(name)):
        for key in mapping:
            assert re.fullmatch(r"[A-Za-z0-9_./-]+", str(key)), (name, key)


@pytest.mark.parametrize("name", FILES)
def test_what_has_a_source_says_whether_it_is_verified(name):
    """Proves: an unverified entry says on what it rests."""
    for mapping in mappings(read_yaml(name)):
        if mapping.get("verified") is False and "value" not in mapping and "quarter" not in mapping:
            assert mapping.get("basis") or "general knowledge" in str(mapping.get("source")), mapping


def test_unknown_ids_get_a_hint():
    """Proves: every reader answers a typo with near ids."""
    for read, wrong, hint in (
        (grid.grid_factor, "kr/gir-2025-singleyear", "kr/gir-2025-single-year"),
        (fuels.fuel, "kr/city-gas", "kr/city-gas-lng"),
        (fuels.gwp, "ar55", "ar5"),
        (pv.pv_profile, "kr/ansan", "kr/ansan-siheung"),
        (benchmarks.sector_benchmark, "aluminum die casting", "aluminium die casting"),
        (kepco.rate_versions, "kepco/industrial-b/hv-a/4", "kepco/industrial-b/hv-a/"),
        (labour.labour_premia, "kr/labor-standards-act", "kr/labour-standards-act"),
    ):
        with pytest.raises(UnknownId, match="did you mean.*" + hint):
            read(wrong)
    with pytest.raises(UnknownId, match="known: a, b"):
        pick("thing", "zzz", ["a", "b"])


def test_entry_without_a_source_is_refused():
    """Proves: provenance is not optional."""
    with pytest.raises(ReferenceFault, match="without source"):
        provenance({"value": 1.0})


# tariffs


def test_all_plans_and_versions():
    """Proves: 18 plans; 을 has three versions, 갑Ⅱ three, 갑Ⅰ two; each follows the one before without a gap."""
    assert len(kepco.plan_ids()) == 18
    for plan in kepco.plan_ids():
        versions = kepco.rate_versions(plan)
        assert len(versions) == (2 if "-a1" in plan else 3)
        for before, after in itertools.pairwise(versions):
            assert before.effective_to is not None
            assert after.effective_from - before.effective_to == dt.timedelta(days=1)
        assert versions[-1].effective_to is None


def test_rates_of_2026_follow_from_those_of_2024_as_announced():
    """Proves: all 81 을 rates are those of 2024-10-24 plus 5.1 off, 0 mid, -16.9 (spring and autumn -13.2) on peak."""
    checked = 0
    for plan in kepco.plan_ids():
        if "industrial-b" not in plan:
            continue
        _, old, new = kepco.rate_versions(plan)
        assert old.base_krw_per_kw == new.base_krw_per_kw
        for season in kepco.SEASONS:
            for band, change in (
                ("off_peak", 5.1),
                ("mid_peak", 0.0),
                ("on_peak", -13.2 if season == "spring_autumn" else -16.9),
            ):
                assert new.energy_krw_per_kwh[season][band] == pytest.approx(
                    old.energy_krw_per_kwh[season][band] + change
                )
                checked += 1
    assert checked == 81


def test_rates_of_july_2024_equal_the_leaflet():
    """Proves: the derived version of 2024-01-01 equals KEPCO's leaflet of 2024-07-01 in all 44 rows."""
    from tests.support import needs_data

    path = needs_data("tariffs", "kepco", "kepco_industrial_2024-07-01.csv")
    names = {
        "industrial_gap_I": "industrial-a1",
        "industrial_gap_II": "industrial-a2",
        "industrial_eul": "industrial-b",
    }
    voltages = {"low": "lv", "highA": "hv-a", "highB": "hv-b", "highC": "hv-c"}
    bands = {"all": "flat", "light": "off_peak", "mid": "mid_peak", "peak": "on_peak"}
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    for line in lines:
        kind, _, voltage, option, base, period, *rates = line.split(",")
        plan = f"kepco/{names[kind]}/{voltages[voltage]}" + ("" if option == "-" else f"/{len(option)}")
        version = kepco.rate_versions(plan)[0]
        assert version.base_krw_per_kw == float(base)
        for season, rate in zip(("summer", "spring_autumn", "winter"), rates, strict=True):
            assert version.energy_krw_per_kwh[season][bands[period]] == float(rate)
    assert len(lines) == 44


def test_unverified_version_says_so():
    """Proves: the version before 2024-10-24 is shown as unverified, later ones are verified."""
    versions = kepco.rate_versions("kepco/industrial-b/hv-a/2")
    assert [version.provenance.verified for version in versions] == [False, True, True]


def test_hour_tables_cover_the_day():
    """Proves: ten hours are off-peak, eight mid, six on-peak in every season of every table; new summer peak is 15-21 h."""
    for table in kepco.hour_tables().values():
        for season in kepco.SEASONS:
            counts = [table.bands[season].count(band) for band in ("off_peak", "mid_peak", "on_peak")]
            assert counts == [10, 8, 6]
    new = kepco.hour_tables()["mainland-2026"].bands
    assert [hour for hour in range(24) if new["summer"][hour] == "on_peak"] == [15, 16, 17, 18, 19, 20]
    assert new["winter"] == kepco.hour_tables()["mainland-2023"].bands["winter"]


def test_levies_by_date():
    """Proves: climate and fuel charges are verified to 2026-03 and carried on unverified; before 2023 none is known."""
    march, april = dt.date(2026, 3, 31), dt.date(2026, 4, 1)
    for name, value in (("climate_charge", 9.0), ("fuel_adjustment", 5.0)):
        facts = [kepco_rules.levy(name, day) for day in (march, april)]
        assert [(fact.value, fact.verified) for fact in facts if fact] == [(value, True), (value, False)]
    assert kepco_rules.levy("climate_charge", dt.date(2020, 1, 1)) is None
    assert kepco_rules.power_factor_clause(dt.date(2025, 1, 31)).lagging_standard_pct == 90
    assert kepco_rules.power_factor_clause(dt.date(2025, 2, 1)).lagging_standard_pct == 92


# factors


def test_grid_factors_by_approval():
    """Proves: the five approvals, kgCO2e/kWh; defaults differ between corporate reports and the trading scheme."""
    values = {key: factor.kgco2e_per_kwh for key, factor in grid.grid_factors().items()}
    assert values == {
        "kr/gir-2018": 0.4594,
        "kr/gir-2021": 0.4781,
        "kr/gir-2024": 0.4541,
        "kr/gir-2025-3yr": 0.433,
        "kr/gir-2025-single-year": 0.4173,
    }
    assert grid.default_grid_factor().id == "kr/gir-2025-single-year"
    assert grid.default_grid_factor("k_ets").id == "kr/gir-2024"


def test_fuel_factors_follow_from_carbon_and_calorific_value():
    """Proves: tC/TJ x 44/12 x NCV gives the kgCO2 per unit published; city gas 0.05037 kg per gross MJ."""
    expected = {
        "kr/city-gas-lng": 2.1732,
        "kr/lng": 2.7679,
        "kr/lpg-propane": 2.993,
        "kr/lpg-butane": 3.032,
        "kr/diesel": 2.5929,
        "kr/bunker-c": 3.0542,
        "kr/coke": 3.0923,
    }
    for key, value in expected.items():
        assert fuels.fuel(key).co2_kg_per_unit == pytest.approx(value, abs=6e-5)
    assert fuels.fuel("kr/city-gas-lng").co2_kg_per_gross_mj() == pytest.approx(0.05037, abs=5e-6)
    assert fuels.fuel("kr/diesel").co2_kg_per_gross_mj() is None
    for entry in read_yaml("fuels.yaml")["fuels"]:
        if entry["tc_per_tj"]:
            assert entry["co2_kg_per_tj"] == pytest.approx(entry["tc_per_tj"] * 44 / 12 * 1000, abs=0.06)


def test_co2e_of_natural_gas():
    """Proves: 55,865.3 + 1 x 28 + 0.1 x 265 kg/TJ is 0.20131 kg/kWh (AR5); SAR weighs less."""
    gas = fuels.fuel_of_carrier("natural_gas")
    assert gas.co2e_kg_per_kwh(fuels.gwp("ar5")) == pytest.approx((55_865.3 + 28 + 26.5) * 3.6e-6)
    assert gas.co2e_kg_per_kwh(fuels.gwp("sar")) < gas.co2e_kg_per_kwh(fuels.gwp("ar5"))
    with pytest.raises(UnknownId, match="no fuel stands for"):
        fuels.fuel_of_carrier("steam")


def test_toe():
    """Proves: 0.229 toe/MWh of electricity (not verified); gas by gross heat: 3.6 x 42.7/38.5 / 41,868 toe per net kWh."""
    assert fuels.toe_per_kwh("electricity").value == pytest.approx(0.229e-3)
    assert not fuels.toe_per_kwh("electricity").verified
    assert fuels.toe_per_kwh("natural_gas").value == pytest.approx(3.6 * 42.7 / 38.5 / 41_868)
    assert fuels.toe_per_kwh("diesel").value == pytest.approx(3.6 / 41_868)


# prices, labour, benchmarks


def test_allowance_price_goes_stale():
    """Proves: the last quotation counts on a date; half a year later it is no longer verified."""
    assert prices.kau_price(dt.date(2026, 3, 1)).value == 12_750
    assert prices.kau_price(dt.date(2026, 3, 1)).verified
    stale = prices.kau_price(dt.date(2026, 11, 22))
    assert (stale.value, stale.verified) == (12_750, False)
    assert "days old" in stale.provenance.basis
    with pytest.raises(NotInForce):
        prices.kau_price(dt.date(2019, 1, 1))


def test_cbam_and_gas_prices():
    """Proves: what was not found is refused; gas follows season and date."""
    assert prices.cbam_certificate_price("2026Q1").value == 75.36
    with pytest.raises(ReferenceFault, match="not found"):
        prices.cbam_certificate_price("2026Q2")
    assert prices.city_gas_wholesale(dt.date(2024, 7, 1)).value == 19.1908
    assert prices.city_gas_wholesale(dt.date(2024, 10, 15)).value == 19.991
    late = prices.city_gas_wholesale(dt.date(2026, 7, 1))
    assert (late.value, late.verified) == (19.6887, False)
    assert not prices.city_gas_retail_margin().verified


def test_labour_premia():
    """Proves: Article 56: half on top by night (22-06 h), overtime and holidays, as much again beyond 8 h of a holiday."""
    law = labour.labour_premia()
    assert (law.night_from_hour, law.night_to_hour, law.night_share) == (22, 6, 0.5)
    assert (law.overtime_share, law.holiday_share_within_8_h, law.holiday_share_beyond_8_h) == (0.5, 0.5, 1.0)
    assert law.provenance.verified
    assert "56" in law.provenance.source


def test_quantile_of_a_plant():
    """Proves: 1,500 kWh/t of electricity lies between the first quartile and the median of die casters; the ends are open."""
    row = benchmarks.sector_benchmark("aluminium die casting")
    assert row.plants == 86
    assert row.quantile_of("electricity", 1500) == (0.25, 0.5)
    assert row.quantile_of("electricity", 100) == (0.0, 0.1)
    assert row.quantile_of("total", 1e6) == (0.9, 1.0)
    for sector in benchmarks.sector_benchmarks().values():
        assert all(list(values) == sorted(values) for values in sector.kwh_per_t.values())
    assert benchmarks.process_benchmarks()["induction-melting-grey-iron"].low == 550


# PV


def test_pv_profiles():
    """Proves: eleven sites; the two weather years hold 365 x 24 h and 1,325 and 1,380 kWh/kWp; nights are dark."""
    assert len(pv.pv_profile_ids()) == 11
    for key, kwh in (("kr/ansan-siheung", 1325.2), ("kr/changwon", 1380.4)):
        profile = pv.pv_profile(key)
        assert profile.weather_year is not None
        assert profile.weather_year.shape == (365, 24)
        assert profile.weather_year.sum() == pytest.approx(kwh, abs=0.1)
        assert profile.weather_year[:, [0, 1, 2, 3, 23]].max() == 0.0
        assert "Open-Meteo" in profile.attribution
        assert "CC BY 4.0" in profile.attribution
        assert not profile.provenance.verified
    mean = pv.pv_profile("kr/gumi")
    assert mean.weather_year is None
    assert (
        1200 < sum(mean.hourly_kw_per_kwp(dt.date(2025, 1, 1) + dt.timedelta(days=d)).sum() for d in range(365)) < 1450
    )


def test_pv_by_day_and_tilt():
    """Proves: a day of another year takes 2025's day (29 February the 28th); tilt scales by month: flatter is better in June."""
    profile = pv.pv_profile("kr/ansan-siheung")
    assert profile.weather_year is not None
    assert (profile.hourly_kw_per_kwp(dt.date(2026, 7, 1)) == profile.weather_year[181]).all()
    assert (profile.hourly_kw_per_kwp(dt.date(2028, 2, 29)) == profile.weather_year[58]).all()
    assert profile.tilt_factor(20, 6) == 1.0
    assert profile.tilt_factor(10, 6) > 1.0 > profile.tilt_factor(10, 12)
    middle = (profile.tilt_factor(10, 12) + 1.0) / 2
    assert profile.tilt_factor(15, 12) == pytest.approx(middle)
    with pytest.raises(ReferenceFault, match="tilt 45"):
        profile.tilt_factor(45, 6)


def test_csv_comments_are_not_rows():
    """Proves: 132 month rows, 147 rate rows."""
    assert len(read_rows("pv/month_hour.csv")) == 132
    assert len(read_rows("kepco/rates.csv")) == 147
