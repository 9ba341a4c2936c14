"""YAML 1.2 with places, and the limits that keep a hostile file cheap."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.core.faults import ScenarioFaults
from twin.scenario.nodes import MAX_BYTES, load, loads, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30", "12:30"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("True", True),
        ("~", None),
        ("", None),
        ("NULL", None),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1_000", "1_000"),
        ("2026-07-06", "2026-07-06"),
        ("62 %", "62 %"),
    ],
)
def test_scalars_of_yaml_1_2(text: str, value: object) -> None:
    """Proves: the core schema of YAML 1.2. Sensitivity: YAML 1.1 makes 12:30 the number 750 and ``no`` false."""
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_places_of_keys_and_values() -> None:
    """Proves: line and column, from 1, of key and value, in block and flow style, behind a byte-order mark and with Korean text."""
    root, faults = loads("# 주석\na:\n  b: {c: 1, d: [x, y]}\n", "t.yaml")
    assert not faults
    c = root.value["a"].value["b"].value["c"]
    assert (c.key_at.line, c.key_at.column, c.at.line, c.at.column) == (3, 7, 3, 10)
    y = root.value["a"].value["b"].value["d"].value[1]
    assert (y.at.file, y.at.line, y.at.column) == ("t.yaml", 3, 20)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_alias_bomb_is_refused_quickly_and_small() -> None:
    """Proves: 9^10 leaves are refused in under a second and 100 MB, in a process of its own. Sensitivity: expanding takes both."""
    code = (
        "import sys, time\n"
        "from tests.scenario.bombs import bomb\nfrom twin.core.faults import ScenarioFaults\nfrom twin.scenario.nodes import loads\n"
        "start = time.process_time()\n"
        "try:\n    loads(bomb(), 'bomb')\nexcept ScenarioFaults as error:\n    said = str(error)\n"
        "peak = [row for row in open('/proc/self/status') if row.startswith('VmHWM')]\n"
        "print(time.process_time() - start, int(peak[0].split()[1]) / 1024, said)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seconds, megabytes, said = done.stdout.split(" ", 2)
    assert "aliases stand for more than" in said
    assert float(megabytes) < 100
    assert float(seconds) < 1


def test_plain_aliases_work() -> None:
    """Proves: an alias is a copy; changing one leaves the other."""
    root, _ = loads("a: &x {b: 1}\nc: *x\n", "t")
    root.value["c"].value["b"].value = 2
    assert root.plain() == {"a": {"b": 1}, "c": {"b": 2}}
    assert root.value["c"].at.line == 2


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("a: [1\n", "not YAML", 2),
        ("a: &a [*a]\n", "alias of nothing", 1),
        ("a: *b\n", "alias of nothing", 1),
        ("- 1\n", "not a mapping", 1),
        ("", "not a mapping", 1),
        ("x: " + "[" * 60, "nested more than 50", 1),
        ("x: " + "[" * 100_000, "nested more than 50", 1),
        ("{a: 1}: 2\n", "plain text", 1),
        ("? [a]\n: 2\n", "plain text", 1),
        ("a: 1\n---\nb: 2\n", "more than one document", 2),
        ("a: \0\n", "not YAML", 0),
        ("a: 'x\n", "not YAML", 2),
        ("a: b: c\n", "not YAML", 1),
        ("\ta: 1\n", "not YAML", 1),
        ("a: @x\n", "not YAML", 1),
    ],
)
def test_hostile_and_broken_texts(text: str, problem: str, line: int) -> None:
    """Proves: every broken text ends as faults with a line, never as another exception."""
    with pytest.raises(ScenarioFaults) as caught:
        loads(text, "t")
    assert problem in caught.value.faults[0].problem
    assert caught.value.faults[0].line == line


def test_tags_are_inert() -> None:
    """Proves: a tag that would run code elsewhere is read as plain data."""
    root, _ = loads("a: !!python/object/apply:os.system ['echo no']\nb: !x 5\n", "t")
    assert root.plain() == {"a": ["echo no"], "b": "5"}


def test_duplicate_and_merge_keys_are_faults_with_their_line() -> None:
    """Proves: the second of two equal keys is named, the first is kept; ``<<`` is refused in favour of extends."""
    root, faults = loads("a: 1\nb: &x {c: 1}\na: 2\nd:\n  <<: *x\n", "t")
    assert root.value["a"].value == 1
    assert [(fault.line, fault.problem) for fault in faults] == [
        (3, "the key is written twice"),
        (5, "merge keys are not read"),
    ]


def test_file_limits(tmp_path: Path) -> None:
    """Proves: size, encoding and absence are told as faults before anything is parsed."""
    big, latin = tmp_path / "big.yaml", tmp_path / "latin.yaml"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    latin.write_bytes("a: 가".encode("euc-kr"))
    start = time.process_time()
    for path, problem in (
        (big, "larger than 10 MB"),
        (latin, "not UTF-8"),
        (tmp_path / "none.yaml", "cannot be read"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(ScenarioFaults) as caught:
            load(path, "t")
        assert problem in caught.value.faults[0].problem
    assert time.process_time() - start < 1


@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_faults(text: str) -> None:
    """Proves: no text raises anything but ScenarioFaults."""
    try:
        root, _ = loads(text, "t")
    except ScenarioFaults:
        return
    assert isinstance(root.value, dict)
