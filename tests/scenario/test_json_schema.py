"""The JSON Schema: committed, true to what the reader accepts, told apart by kind."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support import ROOT
from twin.scenario.json_schema import scenario_schema
from twin.scenario.nodes import load

COMMITTED = ROOT / "scenarios/scenario.schema.json"
SHIPPED = sorted(path.name for path in (ROOT / "scenarios").glob("*.yaml"))


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(COMMITTED.read_text(encoding="utf-8")))


def tree(name: str) -> Any:
    node, _ = load(ROOT / "scenarios" / name, name)
    return node.plain()


def test_committed_schema_is_fresh() -> None:
    """Proves: the committed file is what the code says now, written by a process without the tests' own kinds."""
    code = "from twin.scenario.json_schema import text; import sys; sys.stdout.write(text())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert COMMITTED.read_text(encoding="utf-8") == done.stdout, (
        "run: python -m twin.scenario.json_schema scenarios/scenario.schema.json"
    )


def test_it_is_a_schema() -> None:
    """Proves: valid by draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(validator().schema)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_fit(name: str) -> None:
    """Proves: what the reader accepts, the schema accepts."""
    assert [error.json_path for error in validator().iter_errors(tree(name))] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("site.contract_power", 900),
        ("site.base_laod", "35 kW"),
        ("stations.cast.kind", "die_casting_sell"),
        ("crews.casting.people", "two"),
        ("run.randomness", "maybe"),
        ("stations.cast.dosing_furnace.capacity", 450),
        ("calendar.shifts.day.days", []),
        ("stations.blast.cycl", "7 min"),
    ],
)
def test_what_is_wrong_does_not_fit(path: str, value: object) -> None:
    """Proves: an editor marks bare numbers, typos and unknown words, inside kinds too."""
    whole = tree("aluminium-foundry.yaml")
    here = whole
    *parents, last = path.split(".")
    for part in parents:
        here = here[part]
    here[last] = value
    assert not validator().is_valid(whole)


def test_every_quantity_names_its_unit() -> None:
    """Proves: units are in the schema, so an editor can show them."""
    site = validator().schema["$defs"]["Site"]["properties"]
    assert site["contract_power"]["x-unit"] == "kW"
    assert site["contract_power"]["x-exclusiveMinimum"] == 0


def test_shipped_files_name_the_schema() -> None:
    """Proves: the first line of every shipped scenario gives an editor the schema."""
    for name in SHIPPED:
        assert (
            Path(ROOT / "scenarios" / name).read_text(encoding="utf-8").splitlines()[0]
            == "# yaml-language-server: $schema=./scenario.schema.json"
        )


def test_parts_of_the_same_name_in_two_kinds_stay_apart() -> None:
    """Proves: a furnace's program of powers and another's program of temperatures are both in the schema, under names of their own.

    Sensitivity: the kind that comes last would overwrite the other's part.
    """
    parts = scenario_schema()["$defs"]
    steps = [part["properties"].keys() for name, part in parts.items() if name.endswith("Step")]
    assert any({"power", "for"} <= keys for keys in steps)
    assert any("to" in keys for keys in steps)
