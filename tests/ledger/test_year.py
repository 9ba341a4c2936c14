"""The composed year on synthetic weeks: laid by date, priced by date, nothing lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.ledger.scenarios import scenario
from twin.core.faults import InputFault
from twin.ledger.digest import RepResult
from twin.ledger.year import compose, frame, pv_quarters_kwh
from twin.ledger.year_lay import lay
from twin.ledger.year_layout import Representative, representatives, week_types, year_start
from twin.scenario.calendar import day_kind
from twin.scenario.scenario import Scenario

SEOUL = ZoneInfo("Asia/Seoul")


def week_result(
    one: Representative, load_kwh: np.ndarray, extra: Mapping[tuple[str, ...], np.ndarray] | None = None
) -> RepResult:
    """A replication of a representative run with this quarter-hour load."""
    start = dt.datetime.combine(one.scenario.spec.run.start, dt.time(), SEOUL)
    days = len(load_kwh) // 96
    series: dict[tuple[str, ...], np.ndarray] = {
        ("quarter", "electricity"): load_kwh,
        ("day", "all", "processing", "electricity"): load_kwh.reshape(days, 96).sum(axis=1),
    }
    series.update(extra or {})
    return RepResult(0, 1, start, "Asia/Seoul", one.scenario.spec.run.duration_s, {}, {}, {}, series)


def by_kind(scn: Scenario, one: Representative, kwh: Mapping[str, float]) -> np.ndarray:
    """A load that is constant over a day and depends on what the plant does on it."""
    first = one.scenario.spec.run.start
    days = int(one.scenario.spec.run.duration_s // 86400)
    kinds = [day_kind(one.scenario, first + dt.timedelta(days=k)) for k in range(days)]
    return np.repeat([kwh["open" if kind in ("working", "first_after_rest") else "shut"] for kind in kinds], 96)


def test_open_and_closed_days_keep_their_kind() -> None:
    """Proves: every open day of the year takes an open simulated day, every holiday and Sunday a closed one.

    Sensitivity: laid by weekday alone, Chuseok would be billed as two days of production.
    """
    scn = scenario({"calendar.shutdowns": [{"from": "2026-08-03", "to": "2026-08-07"}]})
    (one,) = representatives(scn)
    laid = lay(scn, (one,), year_start(scn), 365)
    first = one.scenario.spec.run.start
    for k in range(365):
        here = day_kind(scn, laid.first + dt.timedelta(days=k))
        there, recovering = (
            day_kind(one.scenario, first + dt.timedelta(days=int(spot.day[k]))) for spot in (laid.other, laid.main)
        )
        open_kinds = ("working", "first_after_rest")
        assert (here in open_kinds) == (there in open_kinds) == (recovering in open_kinds), (
            laid.first + dt.timedelta(days=k),
            here,
        )


def test_annual_energy_is_days_times_their_load() -> None:
    """Proves: 40 kWh a quarter on open days, 4 on others: the sum over the calendar's own days. Sensitivity: 52 x the week is 1.6 % off."""
    scn = scenario()
    (one,) = representatives(scn)
    year = compose(scn, {"all": week_result(one, by_kind(scn, one, {"open": 40.0, "shut": 4.0}))})
    open_days = sum(
        day_kind(scn, dt.date(2026, 7, 1) + dt.timedelta(days=k)) in ("working", "first_after_rest") for k in range(365)
    )
    expected = 96.0 * (40.0 * open_days + 4.0 * (365 - open_days))
    assert year.kpis["electricity_kwh"] == pytest.approx(expected, rel=1e-12)
    assert year.by_equipment_kwh[("all", "processing", "electricity")] == pytest.approx(expected, rel=1e-12)
    assert sum(float(month["kwh"]) for month in year.months) == pytest.approx(expected, rel=1e-12)
    assert sum(float(month["bill_krw"]) for month in year.months) == pytest.approx(year.bill.total, rel=1e-12)
    assert [month["month"] for month in year.months] == [f"2026-{m:02d}" for m in range(7, 13)] + [
        f"2027-{m:02d}" for m in range(1, 7)
    ]


def test_the_ratchet_carries_from_the_past() -> None:
    """Proves: past demands of 400 kW bind while they are within twelve months; the plant's own 160 kW do not lower the first months.

    Sensitivity: billed month by month without the past, July would be charged 270 kW, 30 % of the contract.
    """
    scn = scenario()
    (one,) = representatives(scn)
    year = compose(scn, {"all": week_result(one, by_kind(scn, one, {"open": 40.0, "shut": 4.0}))})
    billing = {str(month["month"]): month["billing_demand_kw"] for month in year.months}
    assert billing["2026-07"] == pytest.approx(400.0)
    assert billing["2027-06"] == pytest.approx(270.0)
    assert all(month["demand_kw"] == pytest.approx(160.0) for month in year.months)


def test_pv_is_laid_on_by_date_and_curtailed() -> None:
    """Proves: what PV supplies is at most the load of each quarter-hour; bought + used = load. Sensitivity: curtailing by day would not."""
    scn = scenario({"site.pv": {"peak": "300 kW", "profile": "kr/ansan-siheung"}})
    (one,) = representatives(scn)
    load = by_kind(scn, one, {"open": 40.0, "shut": 4.0})
    year = compose(scn, {"all": week_result(one, load)})
    without = compose(scenario(), {"all": week_result(one, load)})
    assert year.pv_used_kwh < year.pv_available_kwh
    assert year.kpis["electricity_kwh"] + year.pv_used_kwh == pytest.approx(without.kpis["electricity_kwh"], rel=1e-12)
    assert year.load.kwh.min() >= 0.0
    quarters = pv_quarters_kwh(scn, year.load.start, 35040)
    assert quarters.sum() == pytest.approx(year.pv_available_kwh)
    assert quarters.sum() == pytest.approx(300.0 * 1314.0, rel=0.1)


def test_wages_by_date() -> None:
    """Proves: eight hours on every simulated day are 365 x 8 h; holiday pay falls on the calendar's holidays, not on the simulated ones."""
    scn = scenario()
    (one,) = representatives(scn)
    days = int(one.scenario.spec.run.duration_s // 86400)
    work = {("work", "furnace", "person"): np.full(days, 8.0)}
    year = compose(scn, {"all": week_result(one, np.full(days * 96, 1.0), work)})
    assert year.labour.base_krw == pytest.approx(365 * 8 * 10_000.0)
    from twin.ledger.wages import holidays_of

    dates = [dt.date(2026, 7, 1) + dt.timedelta(days=k) for k in range(365)]
    rest = len([day for day in dates if day in holidays_of(scn, dates)["furnace"]])
    assert year.labour.holiday_krw == pytest.approx(rest * 8 * 5_000.0)


def test_metal_by_what_left_the_melt() -> None:
    """Proves: 100 kg charged and 98 kg out a day: cost of 98 kg at the charge's price; filling a furnace is not a cost of the year."""
    scn = scenario()
    (one,) = representatives(scn)
    days = int(one.scenario.spec.run.duration_s // 86400)
    metal = {("material", "ingot", "in"): np.full(days, 100.0), ("material", "ADC12", "good"): np.full(days, 98.0)}
    year = compose(scn, {"all": week_result(one, np.full(days * 96, 1.0), metal)})
    assert year.kpis["output_kg"] == pytest.approx(365 * 98.0)
    assert year.kpis["material_krw"] == pytest.approx(365 * 98.0 * 3000.0)


def test_prices_follow_the_date() -> None:
    """Proves: the same week is dearer in winter and summer than in spring by the tariff's rates.

    Sensitivity: one season for all would not.
    """
    scn = scenario()
    (one,) = representatives(scn)
    days = int(one.scenario.spec.run.duration_s // 86400)
    year = compose(scn, {"all": week_result(one, np.full(days * 96, 25.0))})
    cost = {str(m["month"]): float(m["bill_krw"]) / float(m["kwh"]) for m in year.months}
    assert cost["2026-08"] > cost["2026-10"]
    assert cost["2027-01"] > cost["2027-04"]


def test_summer_time_days_have_their_own_length() -> None:
    """Proves: in a zone with summer time the span has as many quarter-hours as the clock ran. Sensitivity: 96 a day would drift an hour."""
    scn = scenario({"site.timezone": "Europe/Berlin", "site.power_factor": None})
    laid_on = frame(scn, first=dt.date(2026, 10, 24), days=3)
    assert len(laid_on.day) == 3 * 96 + 4
    assert np.bincount(laid_on.day).tolist() == [96, 100, 96]


def test_a_missing_run_is_told() -> None:
    """Proves: composing without the run that it needs is an input fault that names it."""
    with pytest.raises(InputFault, match="all"):
        compose(scenario(), {})


def test_every_week_type_is_laid_from_its_own_week() -> None:
    """Proves: weeks after a closed one take the simulated week after, others the base.

    Sensitivity: the cold start after a rest is there.
    """
    scn = scenario()
    (one,) = representatives(scn)
    laid = lay(scn, (one,), year_start(scn), 365)
    weeks = week_types(scn, year_start(scn), 365)
    for k in range(365):
        day = laid.first + dt.timedelta(days=k)
        kind = weeks[day - dt.timedelta(days=day.weekday())][0]
        assert one.layout.types[int(laid.other.day[k]) // 7] == kind
