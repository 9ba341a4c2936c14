"""Slips of size: times of zero, temperatures below nature, orders and breakdowns without end are faults with place and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

import twin
from twin.core.faults import Fault, InputFault, ScenarioFaults
from twin.core.sentences import said
from twin.scenario.plan import PlantState

SHOP = Path(__file__).resolve().parents[2] / "scenarios" / "heat-treatment.yaml"
SLIPS = {
    "stations.quench.cycle.oil": ("0 s", "a cycle takes some time"),
    "stations.sealed_quench.load.capacity": ("1e12 kg", "never bring the load to 930 degC"),
    "stations.temper.fixture.start": ("-500 degC", "below absolute zero"),
    "stations.temper.failures": ("{every: 1 ms, repair: 0 s}", "makes more than 100,000 in the run"),
    "stations.temper.failures.every": ("{weibull: {mean: 1 h, shape: 0.001}}", "must be at least 0.05"),
    "stations.wash.maintenance": ("[{every_cycles: 1e-9, for: 1 s}]", "must be at least 1"),
    "orders.gear.every": ("{uniform: {low: 0 s, high: 0 s}}", "is a time of a period"),
    "orders.gear": ("{product: gear, quantity: 1, every: 1 s}", "make 3,024,330 jobs"),
    "run.start": ("9999-12-27", "not between the years 1980 and 2200"),
    "site.transformer": ("{rated: 1 kVA, no_load: 1 W, load_loss: 10 W}", "it would lose 2,025 kW"),
    "utilities.air.pressure": ("1e6 bar", "must be at most 500 bar"),
    "stations.temper.transfer.film": ("1e9 W/m2/K", "must be at most 10000 W/m2/K"),
    "site.battery": ("{energy: 9 kWh, power: 9 kW, control: {charge_between: ['22:00']}}", "two times are due"),
    "site.country": ("QQ", "no public holidays are known for this country"),
    "utilities": ("{dust: {kind: fan, power: 5 kW, serves: [wash], weights: {wash: -1}}}", "must be at least 0"),
}


def faults(place: str, value: str) -> list[Fault]:
    with pytest.raises(ScenarioFaults) as caught:
        twin.load(SHOP, {place: value})
    return list(caught.value.faults)


@pytest.mark.parametrize("place", SLIPS)
def test_slips_of_size_are_faults(place: str) -> None:
    """Proves: each slip is told once, at its place, with a fix, in Korean too.

    Sensitivity: without the rules these run for hours, fail in the middle, or cost 2 MW of losses in silence.
    """
    value, words = SLIPS[place]
    found = faults(place, value)
    assert len(found) == 1
    assert words in found[0].problem
    assert said(found[0].problem, "ko") != found[0].problem


TABLES = {
    "stations.wash.cycle": ("{wash: {empirical: {file: t.csv}}}", "wrong\n5\n", "no column of durations"),
    "stations.temper.failures.repair": ("{empirical: {file: t.csv}}", "seconds,hours\n5,5\n", "no column of durations"),
    "site.pv": ("{peak: 80 kW, profile: {file: t.csv}}", "kw_per_kwp\n" + "620\n" * 8760, "more than modules can give"),
}


@pytest.mark.parametrize("place", TABLES)
def test_tables_with_another_column_or_unit(place: str, tmp_path: Path) -> None:
    """Proves: a table of durations without (or with two) known columns and a PV profile in W are faults at the table's line.

    Sensitivity: the first ended in a traceback (StopIteration); the last broke the balance at the meter in the middle of a run.
    """
    value, text, words = TABLES[place]
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(SHOP.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ScenarioFaults) as caught:
        twin.load(tmp_path / "shop.yaml", {place: value})
    found = caught.value.faults
    assert [(fault.file, words in fault.problem) for fault in found] == [("t.csv", True)]
    assert said(found[0].problem, "ko") != found[0].problem


def test_a_missing_table_says_where_it_belongs(tmp_path: Path) -> None:
    """Proves: where nothing of the kind lies in the folder the fix says where to put the file. Sensitivity: '(none is defined)'."""
    (tmp_path / "shop.yaml").write_text(SHOP.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ScenarioFaults) as caught:
        twin.load(tmp_path / "shop.yaml", {"orders": "{file: orders.csv}"})
    assert caught.value.faults[0].fix.startswith("put it beside the scenario")


def test_arrivals_without_time_between_them() -> None:
    """Proves: an order that comes every 0 s, by whatever distribution, is a fault; it used to divide by zero."""
    for every in ("0 s", "{uniform: {low: 0 s, high: 0 s}}", "{empirical: {values: [0 s, 0 s]}}"):
        found = faults("orders.gear", f"{{product: gear, quantity: 1, every: {every}}}")
        assert [fault.problem for fault in found] == ["no time between two arrivals"]


def test_an_example_of_a_share_is_below_its_limit() -> None:
    """Proves: where oxygen must be below 20 %, the example is 10 %, not 62 %."""
    assert faults("stations.sealed_quench.burners.flue_o2", "20.5 %")[0].fix == "e.g. '10 %'"


STATE = '{"at": "2026-07-06T00:00:00+09:00", %s}'
JOB = '{"job":"a/1/0","order":"a","product":"p","pieces":%s,"pieces_cast":1,"release_s":0,"due_s":null,"priority":0,"step":0,"queued_s":0}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"at": null}',
        '{"at": "yesterday"}',
        '{"at": 20260706}',
        '{"at": "2026-07-06"}',
        '{"at": "2026-07-06T00:00:00"}',
        STATE % '"units": 5',
        STATE % '"units": {"a.1": 5}',
        STATE % ('"jobs": [' + JOB % 1 + ", " + JOB % 1 + "]"),
        STATE % ('"jobs": [%s]' % (JOB % '"x"')),
        STATE % ('"jobs": [%s]' % (JOB % "NaN")),
        STATE % ('"jobs": [%s]' % (JOB % -1)),
    ],
)
def test_damaged_states_are_refused(text: str) -> None:
    """Proves: what is no state of a plant, or holds a lot twice or figures that are none, is refused in words."""
    with pytest.raises(InputFault, match="not the state of a plant"):
        PlantState.from_json(text)
    assert PlantState.from_json(STATE % ('"jobs": [%s]' % (JOB % 1))).jobs[0].pieces == 1


@pytest.mark.parametrize("text", ["{}", '{"at": "yesterday"}'])
def test_a_state_of_no_time_is_a_fault_where_the_file_is_named(tmp_path: Path, text: str) -> None:
    """Proves: validation tells it with the line and column of `run.state.file` and a fix. Sensitivity: a run that begins from nothing."""
    (tmp_path / "state.json").write_text(text, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(SHOP.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(
        "extends: base.yaml\nrun:\n  warmup: 0 s\n  state: {file: state.json}\n", encoding="utf-8"
    )
    with pytest.raises(ScenarioFaults) as caught:
        twin.load(tmp_path / "shop.yaml")
    (fault,) = caught.value.faults
    assert (fault.place, str(fault.file).rpartition("/")[2], fault.line) == ("run.state.file", "shop.yaml", 4)
    assert fault.column > 1
    assert "not the state of a plant" in fault.problem
    assert fault.fix


def test_a_lot_that_takes_longer_to_pour_than_its_metal_is_warm() -> None:
    """Proves: 18 pump bodies of 32 s take 9.6 min: a window of 9 min is warned of, with the lot that would do (16); 10 min is not.

    Sensitivity: silent, the foundry melts and pigs all week and makes nothing.
    """
    foundry = SHOP.parent / "iron-foundry.yaml"
    place = "stations.mould.pouring.window"
    found = [one for one in twin.load(foundry, {place: "9 min"}).data.warnings if one.place == place]
    assert "takes 9.6 min to pour" in found[0].problem
    assert "lot of at most 16" in found[0].fix
    assert not [one for one in twin.load(foundry, {place: "10.1 min"}).data.warnings if one.place == place]
