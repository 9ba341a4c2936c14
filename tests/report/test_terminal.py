"""Results in a terminal: a hundred columns, verdict words, no colour where none is wanted."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from tests.report import results
from twin.report import terminal
from twin.report.words import number, unit_of, with_interval


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_fits_into_a_hundred_columns(
    aluminium: Any, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves: every kind is shown within 100 columns in both languages, without colour codes in a pipe."""
    monkeypatch.setenv("NO_COLOR", "1")
    scenario = aluminium.data.scenario
    for data in (
        aluminium.data,
        results.study(scenario),
        results.plan(scenario),
        results.diagnosis(scenario),
        results.calibration(),
    ):
        terminal.show(data, lang)
        shown = capsys.readouterr().out
        assert max(width(line) for line in shown.splitlines()) <= 100, data.kind
        assert "\x1b" not in shown


def test_study_says_what_to_do(aluminium: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: verdict words and intervals stand in the table; the sentences name the saving, and what breaks the service."""
    terminal.show(results.study(aluminium.data.scenario), "en")
    shown = capsys.readouterr().out
    assert "−5,000,000 ± 100,000" in shown
    assert "Task first: saves 5,000,000 KRW and 900 kg" in shown
    assert "output or due dates suffer" in shown


def test_bar_is_silent_where_not_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: nothing is written when disabled; enabled, the bar goes to stderr, never to stdout."""
    with terminal.Bar(enabled=False) as progress:
        progress(1, 2, "x")
    assert capsys.readouterr() == ("", "")
    with terminal.Bar(enabled=True) as progress:
        progress(1, 2, "x")
        progress(2, 0, "")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.8, "1,234,568"),
        (123.45, "123.5"),
        (1.234, "1.23"),
        (0.01234, "0.012"),
        (0.0, "0"),
        (-5.0, "−5"),
        (1e-5, "1.0e−05"),
        (None, "–"),
        (float("inf"), "∞"),
        (float("nan"), "–"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    """Proves: separators from a thousand on, three to four digits below, a real minus sign, no number for none."""
    assert number(value) == text


def test_intervals_as_text() -> None:
    """Proves: half the interval after ±, in the decimals of the mean; an interval that is only rounding is none; units by language."""
    assert with_interval({"mean": 1000.4, "low": 990.4, "high": 1010.4}, "kWh") == "1,000 ± 10 kWh"
    assert with_interval({"mean": 5.0, "low": 5.0, "high": 5.0 + 1e-13}, "KRW", "ko") == "5 원"
    assert unit_of("melting_kwh_per_t_tapped") == "kWh/t tapped"
    assert unit_of("scope1_kg") == "kgCO2e"
