"""A scenario: hash, payload, changes, provenance, and everything wrong at once."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from tests.scenario.toy import TOY, faults_of, toy
from tests.support import ROOT
from twin.core.faults import InputFault, ScenarioFaults
from twin.scenario.scenario import Scenario, read
from twin.scenario.schema import ScenarioSpec

TWENTY = ROOT / "tests/data/twenty_faults.yaml"


def test_twenty_planted_faults_each_with_its_line() -> None:
    """Proves: one reading finds exactly the twenty planted faults, each at the line that its comment marks."""
    planted = {
        int(found[1]): number
        for number, row in enumerate(TWENTY.read_text(encoding="utf-8").splitlines(), 1)
        if (found := re.search(r"# fault (\d+)", row))
    }
    with pytest.raises(ScenarioFaults) as caught:
        read(TWENTY)
    faults = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert len(planted) == 20
    assert sorted(fault.line for fault in faults) == sorted(planted.values())
    assert all(fault.problem and fault.fix and fault.column and fault.file == "twenty_faults.yaml" for fault in faults)


def test_twenty_faults_at_the_shell() -> None:
    """Proves: ``twin validate`` names them all, exits with 2 and shows no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "twin.cli", "validate", str(TWENTY), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(json.loads(done.stdout)["faults"]) == 20


def test_validate_loads_nothing_heavy() -> None:
    """Proves: reading a scenario imports none of the heavy libraries, nor pint, nor the simulator."""
    code = (
        "import sys\nfrom tests.scenario.toy import toy, toy_kinds\nimport pathlib, tempfile\n"
        "with toy_kinds(), tempfile.TemporaryDirectory() as folder: toy(pathlib.Path(folder))\n"
        "heavy = {'pandas', 'pyomo', 'plotly', 'scipy', 'simpy', 'pint', 'pyarrow', 'joblib', 'highspy', 'twin.models.plant'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_toy_is_valid_and_typed(tmp_path: Path) -> None:
    """Proves: quantities are floats in canonical units, kinds are their own classes."""
    scenario = toy(tmp_path)
    assert scenario.spec.site.carbon_price is not None
    assert scenario.spec.site.carbon_price.value_krw_per_kg == 12.75
    assert scenario.spec.run.duration_s == 4 * 604800
    assert type(scenario.stations["press"]).__name__ == "Toy"
    assert scenario.stations["press"].cycle["plate"].constant_s == 62
    assert scenario.warnings == ()


SAME = [
    ("contract_power: 900 kW", "contract_power: 0.9 MW"),
    ("contract_power: 900 kW", "contract_power: 900.0kW   # comment"),
    ("yield: 62 %", "yield: 0.62"),
    ("cycle: {plate: 62 s}", "cycle: {plate: {constant: 62 s}}"),
    ("duration: 4 weeks", "duration: 28 days"),
    ("12750 KRW/tCO2e", "12.75 KRW/kgCO2e"),
    ("carbon_price: {value: 12750 KRW/tCO2e, role: shadow}", "carbon_price: 12750 KRW/tCO2e"),
    ("holidays: KR", 'holidays: "KR"'),
    ("mass: 3.2 kg, lot: 40", "lot: 40, mass: 0.0032 ton"),
    ("  more_yield: {products.plate.yield: 63 %}\n", "  other: {products.plate.yield: 64 %}\n"),
    ("every: week, ", ""),
    (
        "utilities:\n  air: {kind: toy_utility, serves: [press]}\n",
        "utilities: {air: {serves: [press], kind: toy_utility}}\n",
    ),
]
DIFFERENT = [
    ("900 kW", "901 kW"),
    ("seed: 1", "seed: 2"),
    ("scrap: 4 %", "scrap: 4.0000001 %"),
    ("quantity: 2000", "quantity: 2001"),
    ('to: "17:00"', 'to: "17:01"'),
    ("62 s", "63 s"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_keeps_the_hash(tmp_path: Path, one: str, other: str) -> None:
    """Proves: units, number spelling, comments, key order, layout and defaults written out do not change the hash."""
    assert one in TOY
    assert toy(tmp_path, TOY.replace(one, other)).sha256 == toy(tmp_path).sha256


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_meaning_changes_the_hash(tmp_path: Path, one: str, other: str) -> None:
    """Proves: the smallest change of what a run depends on changes the hash."""
    base = TOY.replace("duration: 4 weeks}", "duration: 4 weeks, seed: 1}")
    assert one in base
    assert toy(tmp_path, base.replace(one, other)).sha256 != toy(tmp_path, base).sha256


def test_empty_change_and_payload(tmp_path: Path) -> None:
    """Proves: no change keeps the hash; the payload is exact there and back; a copy of a copy is the same."""
    scenario = toy(tmp_path)
    assert scenario.changed({}).sha256 == scenario.sha256
    back = Scenario.from_payload(scenario.payload())
    assert back.payload() == scenario.payload()
    assert back.sha256 == scenario.sha256
    assert back == scenario
    assert dict(back.provenance) == dict(scenario.provenance)
    assert Scenario.from_tree(scenario.tree).sha256 == scenario.sha256


def test_canonical_spec_is_read_back(tmp_path: Path) -> None:
    """Proves: canonical JSON with its floats is a spec again."""
    scenario = toy(tmp_path)
    canonical = {key: value for key, value in scenario.canonical().items() if key != "tables"}
    again = ScenarioSpec.model_validate(canonical, context={"canonical": True})
    assert again.model_dump(exclude={"stations", "utilities", "what_if"}) == scenario.spec.model_dump(
        exclude={"stations", "utilities", "what_if"}
    )


def test_frozen(tmp_path: Path) -> None:
    """Proves: neither the scenario nor its parts can be changed in place; a tree handed out is a copy of no consequence."""
    scenario = toy(tmp_path)
    before = scenario.sha256
    with pytest.raises(FrozenInstanceError):
        scenario.root = None
    with pytest.raises(TypeError):
        scenario.stations["x"] = scenario.stations["press"]
    scenario.tree["site"]["contract_power"] = "1 kW"
    assert scenario.changed({"site.base_load": "36 kW"}).spec.site.contract_power_kw == 900
    assert toy(tmp_path).sha256 == before


def test_what_ifs(tmp_path: Path) -> None:
    """Proves: a named what-if is applied; its faults are found when the file is read, at their own line."""
    assert toy(tmp_path).what_if("more_yield").spec.products["plate"].yield_fraction == 0.63
    with pytest.raises(KeyError, match="more_yield"):
        toy(tmp_path).what_if("none")
    text = TOY.replace("{products.plate.yield: 63 %}", "{products.plate.yeild: 63 %}")
    (fault,) = faults_of(tmp_path, text)
    assert fault.line == len(text.splitlines())
    assert fault.fix == "did you mean 'yield'?"


def test_provenance(tmp_path: Path) -> None:
    """Proves: what stands beside a value is kept by path, its range in the canonical unit; a changed value loses it."""
    wage = toy(tmp_path).provenance["crews.staff.wage"]
    assert (wage.data_class, wage.value, wage.low, wage.high, wage.unit) == (
        "assumed",
        14000.0,
        12000.0,
        15000.0,
        "KRW/h",
    )
    assert toy(tmp_path).at("crews.staff.wage") == "14000 KRW/h"
    assert "crews.staff.wage" not in toy(tmp_path).changed({"crews.staff.wage": "15000 KRW/h"}).provenance
    assert (
        toy(tmp_path).changed({"crews.staff.wage.value": "15000 KRW/h"}).provenance["crews.staff.wage"].value == 15000.0
    )


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("range: [15000 KRW/h, 12000 KRW/h]", "crews.staff.wage"),
        ("range: [1 kg, 2 kg]", "crews.staff.wage"),
        ("range: 5", "crews.staff.wage.range"),
        ("data_class: guess", "crews.staff.wage.data_class"),
        ("verified: yes", "crews.staff.wage.verified"),
        ("distribution: 5", "crews.staff.wage.distribution"),
    ],
)
def test_provenance_faults(tmp_path: Path, written: str, place: str) -> None:
    """Proves: a malformed range, class or distribution is a fault at its place."""
    text = TOY.replace("data_class: assumed, range: [12000 KRW/h, 15 kKRW/h]", written)
    assert [fault.place for fault in faults_of(tmp_path, text)] == [place]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"tree": 5, "tables": {}, "root": null}', '{"tree": {}}', "nonsense"]
)
def test_bad_payloads(text: str) -> None:
    """Proves: a payload that is none is an input fault."""
    with pytest.raises(InputFault):
        Scenario.from_payload(text)
