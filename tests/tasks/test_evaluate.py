"""Effects of tasks on the shipped foundries: exact zeros, physics, verdicts, reproducibility."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from twin.core.faults import InputFault, ScenarioFaults
from twin.scenario.scenario import Scenario, read
from twin.tasks.apply import changes, matched
from twin.tasks.catalogue import catalogue, find, read_task
from twin.tasks.diagnose import carrier_shares, diagnose, steps_of
from twin.tasks.evaluate import evaluate
from twin.tasks.study import Study

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
EMPTY = """
id: empty-change
name: {en: Nothing at all, ko: 아무 변화 없음}
package: [2]
industries: [casting]
change: {}
cost: {capex: {value: 1 MKRW, data_class: assumed}, life: 10 years}
"""


@functools.cache
def foundry(name: str) -> Scenario:
    """A shipped foundry with a short year of few holidays, so that studies stay small."""
    return read(
        SCENARIOS / f"{name}.yaml", {"calendar.holidays": "null", "calendar.shutdowns": "[]", "site.pv": "null"}
    )


@functools.cache
def study(name: str, *tasks: str) -> Study:
    """Two replications of some tasks."""
    return evaluate(foundry(name), tasks=list(tasks), replications=2, seed=3)


def test_an_empty_change_is_exactly_zero(tmp_path: Path) -> None:
    """Proves: a task that changes nothing has effects of exactly 0.0. Sensitivity: any draw that moves gives some other number."""
    path = tmp_path / "empty.yaml"
    path.write_text(EMPTY, encoding="utf-8")
    found = evaluate(foundry("aluminium-foundry"), tasks=[read_task(path)], replications=2, seed=3).tasks[0]
    for figure in (
        *found.effects.values(),
        *found.energy_kwh.values(),
        *found.parts_kwh.values(),
        *found.per_tonne.values(),
    ):
        assert (figure.mean, figure.low, figure.high) == (0.0, 0.0, 0.0)
    assert found.verdict == "not_demonstrated"


def test_cover_saves_on_the_dosing_furnaces_alone() -> None:
    """Proves: the whole effect lies in holding and standing by, none in processing; pairing removes nearly all variance (≥ 5)."""
    found = study("aluminium-foundry", "dosing-furnace-cover-and-setback").tasks[0]
    assert found.verdict == "saves"
    assert found.effects["energy_kwh"].below_zero
    assert found.parts_kwh["processing"].mean == pytest.approx(0.0, abs=1.0)
    assert sum(f.mean or 0.0 for f in found.parts_kwh.values()) == pytest.approx(
        found.energy_kwh["electricity"].mean, rel=1e-9
    )
    assert (found.variance_reduction["kwh_per_t_good"] or 0.0) >= 5.0


def test_carbon_is_energy_times_the_factor() -> None:
    """Proves: with a constant grid factor the carbon effect is the electricity effect times 0.4173 kg/kWh (GIR 2025, single year 2023)."""
    found = study("aluminium-foundry", "dosing-furnace-cover-and-setback").tasks[0]
    assert found.effects["carbon_kg"].mean == pytest.approx(
        0.4173 * (found.energy_kwh["electricity"].mean or 0.0), rel=1e-9
    )


def test_pv_changes_no_draw_and_no_output() -> None:
    """Proves: PV moves neither output nor lateness by anything, and saves what it gives."""
    found = study("aluminium-foundry", "rooftop-pv").tasks[0]
    assert (found.effects["output_pct"].low, found.effects["output_pct"].high) == (0.0, 0.0)
    assert found.parts_kwh["pv_used"].mean == pytest.approx(found.effects["energy_kwh"].mean, rel=1e-9)
    assert -290_000 < (found.effects["energy_kwh"].mean or 0.0) < -150_000


def test_task_that_does_not_fit_is_not_applicable() -> None:
    """Proves: covers for dosing furnaces have nothing to cover in the iron foundry."""
    found = evaluate(foundry("iron-foundry"), tasks=["dosing-furnace-cover-and-setback"], replications=1).tasks[0]
    assert found.verdict == "not_applicable"
    assert found.money is None


def test_same_payload_with_two_workers() -> None:
    """Proves: the number of workers changes no digit of a study."""
    one = study("aluminium-foundry", "rooftop-pv").payload()
    two = evaluate(foundry("aluminium-foundry"), tasks=["rooftop-pv"], replications=2, seed=3, jobs=2).payload()
    assert one == two


def test_stored_study_comes_back_whole() -> None:
    """Proves: what the store keeps gives the same payload."""
    first = study("aluminium-foundry", "rooftop-pv")
    assert Study.from_store(first.to_store()).payload() == first.payload()


def test_grant_improves_the_firm_but_not_the_physics() -> None:
    """Proves: support changes what the firm pays and earns, not a single kWh."""
    found = study("aluminium-foundry", "rooftop-pv").tasks[0]
    assert found.money is not None
    assert found.supported is not None
    assert found.supported.capex_krw == pytest.approx(0.5 * found.money.capex_krw)
    assert (found.supported.npv_krw.mean or 0.0) > (found.money.npv_krw.mean or 0.0)


def test_diagnosis_prices_losses_and_steps() -> None:
    """Proves: heat terms are all there, dearest first, and a point of yield saves energy; each loss names the tasks that act on it."""
    found = diagnose(foundry("aluminium-foundry"), replications=1, seed=3)
    assert [loss.kwh for loss in found.losses] == sorted((loss.kwh for loss in found.losses), reverse=True)
    by_place = {(loss.equipment, loss.term): loss for loss in found.losses}
    assert by_place["melt.1", "wall_conduction"].tasks == ("furnace-relining",)
    assert by_place["cast.1.dosing_furnace", "wall_conduction"].tasks == ("dosing-furnace-cover-and-setback",)
    worth = {step.step: step.kwh.mean or 0.0 for step in found.steps}
    assert worth["yield_point"] < 0.0
    assert worth["tap_20_k_less"] < 0.0


def test_losses_of_a_gas_furnace_take_the_price_of_what_made_them() -> None:
    """Proves: of 60 kWh gas and 40 kWh electricity, flue gas is gas, auxiliaries electric, the rest shares what is left (30 to 50).

    Sensitivity: one price for all would charge flue gas at the electricity tariff.
    """
    drawn, terms = (
        {"electricity": 40.0, "natural_gas": 60.0},
        {"auxiliary": 10.0, "flue": 10.0, "wall_conduction": 80.0},
    )
    assert carrier_shares("flue", drawn, terms) == {"electricity": 0.0, "natural_gas": 1.0}
    assert carrier_shares("auxiliary", drawn, terms) == {"electricity": 1.0, "natural_gas": 0.0}
    assert carrier_shares("wall_conduction", drawn, terms) == pytest.approx(
        {"electricity": 0.375, "natural_gas": 0.625}
    )
    assert carrier_shares("opening", {"electricity": 5.0}, {"opening": 5.0}) == {"electricity": 1.0}
    parts = {t: carrier_shares(t, drawn, terms) for t in terms}
    assert sum(parts[t]["natural_gas"] * kwh for t, kwh in terms.items()) == pytest.approx(60.0)


def test_steps_of_a_heat_treatment_shop() -> None:
    """Proves: burners lose a point of oxygen, fixtures a tenth of their mass; nothing of a foundry is proposed."""
    found = {(step.place, step.step): step.changes for step in steps_of(foundry("heat-treatment"))}
    assert found["sealed_quench", "flue_o2_point_less"] == {"stations.sealed_quench.burners.flue_o2": 0.04}
    assert found["temper", "fixture_tenth_lighter"] == {"stations.temper.fixture.mass": "189.0 kg"}
    assert {step for _, step in found} == {"flue_o2_point_less", "fixture_tenth_lighter"}


def test_scaled_change_multiplies_what_is_there() -> None:
    """Proves: re-lining scales the conductivity that the scenario has. Sensitivity: an absolute value would ignore the plant."""
    scenario = foundry("iron-foundry")
    task = find("furnace-relining")
    station = matched(scenario, task)[0]
    before = scenario.stations[station].lining.conductivity_w_per_m_k  # type: ignore[attr-defined]
    after = scenario.changed(changes(scenario, task)).stations[station].lining.conductivity_w_per_m_k  # type: ignore[attr-defined]
    assert after == pytest.approx(0.7 * before)


def test_every_shipped_task_reads_and_is_known_by_its_file_name() -> None:
    """Proves: the catalogue's ids are unique and equal to their files' names."""
    names = {
        path.stem for path in (Path(__file__).resolve().parents[2] / "twin" / "tasks" / "catalogue").glob("*.yaml")
    }
    assert names == set(catalogue())


def test_faults_of_a_task_file_have_lines(tmp_path: Path) -> None:
    """Proves: a task file's faults are all named with their lines."""
    path = tmp_path / "task.yaml"
    path.write_text(EMPTY.replace("1 MKRW", "1").replace("package: [2]", "package: [7]"), encoding="utf-8")
    with pytest.raises(ScenarioFaults) as caught:
        read_task(path)
    assert {fault.line for fault in caught.value.faults} == {4, 7}


def test_unknown_dispatch_is_refused() -> None:
    """Proves: a wrong word is an input fault, not an empty study."""
    with pytest.raises(InputFault, match="as-operated"):
        evaluate(foundry("aluminium-foundry"), dispatch="sometimes")
