"""The quick reader of packaged files reads what ruamel.yaml does."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tests.support import ROOT
from twin.reference import quick_yaml

WORDS = [
    "yes", "no", "on", "off", "y", "N", "true", "False", "1", "-2", "+3", "0", "1.5", "-.5", "1e3", "10.0e6",
    "1e-3", "5.", "12:30", "1:20:00", "2026-07-06", "2026-7-6", "null", "~", "NULL", "a", "1_000", "010",
    "0o17", "0x1F", "0b11", ".inf", "-.INF", ".nan", "2026-07-06T10:00:00", "1.2.3", "3kW", "1e", "+",
]  # fmt: skip
DATA = ROOT / "twin" / "reference" / "data"


def by_ruamel(text: str) -> object:
    """The same text, read by the reference."""
    return YAML(typ="safe", pure=True).load(text)


def alike(one: object, other: object) -> bool:
    """Equal, of the same types, keys in the same order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(alike(a, b) for a, b in zip(one, other, strict=True))
    return one == other


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.yaml")), ids=lambda path: path.stem)
def test_packaged_files(path: Path) -> None:
    """Proves: every packaged file is read alike. Sensitivity: by the rules of YAML 1.1 the ceilings of programmes would be texts."""
    text = path.read_text(encoding="utf-8")
    assert alike(quick_yaml.parsed(text), by_ruamel(text))


@pytest.mark.parametrize("plain", WORDS)
def test_plain_words(plain: str) -> None:
    """Proves: what a word without quotes means is that of YAML 1.2 for either reader."""
    text = f"a: {plain}\nb: [{plain}, x]\n"
    assert repr(quick_yaml.parsed(text)) == repr(by_ruamel(text))


@pytest.mark.parametrize("text", ["a: [1, 2", "a: b: c", "a: *none", "\tx: 1"])
def test_no_yaml_is_refused_as_before(text: str) -> None:
    """What is no YAML is told by ruamel.yaml, with its line."""
    with pytest.raises(YAMLError):
        quick_yaml.parsed(text)
