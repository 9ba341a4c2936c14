"""A small sample of each campaign in the ordinary suite: the same code, fewer replications, shorter years."""

from __future__ import annotations

import pytest

from tests.campaigns import (
    composed_year,
    lid_physics,
    pairing,
    pv_hours,
    same_bytes,
    tou_fronts,
    verify_bugs,
    verify_coverage,
)
from tests.campaigns.plants import short
from tests.experiment.plants import small
from twin.tasks.evaluate import evaluate


def test_covers_are_paired_well() -> None:
    """Proves: with two replications already the covers' effect on kWh per tonne has a fifth of the unpaired variance or less.

    Sensitivity: draws consumed in order instead of addressed would leave a reduction near 1.
    """
    name = "aluminium-foundry"
    study = evaluate(short(name), tasks=[pairing.COVERS[name]], replications=2)
    assert [bar.what for bar in pairing.bars(name, study) if not bar.met] == []
    assert pairing.table(study)[0]["variance_reduction"][pairing.KPI] >= pairing.LEAST


def test_pv_is_worth_less_under_the_new_hours() -> None:
    """Proves: the same panels, sun and load save less where midday is cheap.

    Sensitivity: total times mean price would hardly tell the two apart.
    """
    found = pv_hours.worth(short("aluminium-foundry"), 2, 1)
    assert [bar.what for bar in pv_hours.bars("aluminium-foundry", found) if not bar.met] == []
    old, new = (found[hours] for hours in pv_hours.YEARS)
    assert new["sun_weighted_energy_krw_per_kwh"] < old["sun_weighted_energy_krw_per_kwh"]


@pytest.mark.parametrize("name", lid_physics.PLANTS)
def test_open_lid_radiates_by_the_law(name: str) -> None:
    """Proves: what the simulated plant radiates in an hour of open lid is emissivity sigma A (T^4 - Ta^4), within 1 %."""
    scenario = lid_physics.scenario_of(name, lid_physics.OPEN).changed({"run.duration": "1 week"})
    held = lid_physics.held(scenario, 0.5, 1)
    assert held.hours > 1.0
    assert held.radiated_kw_open == pytest.approx(lid_physics.law_kw(scenario), rel=0.01)


def test_law_of_iron_over_aluminium() -> None:
    """Proves: 0.7 at 1,480 °C over 0.25 at 740 °C is 25.3 by hand: (0.7/0.25)·(1753.15⁴ − 293.15⁴)/(1013.15⁴ − 293.15⁴)."""
    iron, aluminium = (
        lid_physics.law_kw(lid_physics.scenario_of(name, lid_physics.OPEN)) for name in lid_physics.PLANTS
    )
    assert iron / aluminium == pytest.approx(25.26, abs=0.01)


def test_run_is_the_same_with_two_workers_and_after_a_kill() -> None:
    """Proves: one and two workers, and a run killed in the middle and resumed, give the same payload and arrays."""
    found = same_bytes.of_run(small(), 6)
    assert found["one_worker"] == found["two_workers"] == found["killed_and_resumed"]
    assert found["series_differ"] == 0
    assert 1 <= found["taken_up"] < 6


def test_year_of_a_small_plant_is_its_weeks() -> None:
    """Proves: composed and simulated year of a plant with holidays agree within the campaign's bars.

    Sensitivity: a week laid twice or left out moves the year by 2 %.
    """
    composed, simulated = composed_year.both(small({"calendar.holidays": "KR"}), 1, 1)
    gaps = {kpi: abs(composed_year.difference_pct(composed, simulated, kpi)) for kpi in composed_year.BARS}
    assert {kpi: gap for kpi, gap in gaps.items() if gap > composed_year.BARS[kpi]} == {}


def test_intervals_hold_theory_under_fresh_seeds() -> None:
    """Proves: four fresh seeds of a station that loses lots, five replications each: every simultaneous interval holds theory."""
    fresh = verify_coverage.found(4, 1, 0.1, names=["M/M/1/4"])
    assert fresh["together"] == 1.0
    assert fresh["figures"] == 3


def test_a_planted_defect_is_told() -> None:
    """Proves: one defect of the campaign, by its case, with and without."""
    number = next(k for k, bug in enumerate(verify_bugs.BUGS) if bug.name == "set-up skipped")
    told = verify_bugs.told(number)
    assert told["fails"]
    assert told["passes_without"]


def test_a_published_front_is_reached_and_proved() -> None:
    """Proves: one small instance of the campaign, whole: least cost, front, every published point."""
    found = tou_fronts.counts([tou_fronts.row(29, 60.0)])
    ones = ("least_cost_reached", "least_cost_proven", "fronts_complete", "fronts_reached")
    assert {name: found[name] for name in ones} == dict.fromkeys(ones, 1)
    assert found["points"] == found["points_proven"] == 6
