"""Faults and figure cards."""

from __future__ import annotations

import pytest

from twin.core.cards import FigureCard, worst
from twin.core.faults import (
    Fault,
    Infeasible,
    InputFault,
    RunFailed,
    ScenarioFaults,
    TargetMissed,
    TwinError,
    did_you_mean,
)


def test_a_fault_reads_as_place_problem_value_fix() -> None:
    """Proves: the form of the design, ``file:line:column: place: problem, value (fix)``; without a line for a change at the shell."""
    assert str(Fault("a.yaml", 8, 5, "site.tariff", "no such tariff", "x", "did you mean 'y'?")) == (
        "a.yaml:8:5: site.tariff: no such tariff, x (did you mean 'y'?)"
    )
    assert str(Fault("--set a.b", 0, 0, "a.b", "unknown key", "", "")) == "--set a.b: a.b: unknown key"


def test_faults_are_told_once_in_order_of_lines() -> None:
    """Proves: sorted by file, line and column; the same fault twice is one."""
    late, early = Fault("a", 9, 1, "x", "p", "", ""), Fault("a", 2, 1, "y", "p", "", "")
    assert ScenarioFaults([late, early, late]).faults == (early, late)


def test_exit_statuses() -> None:
    """Proves: the statuses of the design."""
    assert [kind.exit_status for kind in (RunFailed, InputFault, ScenarioFaults, Infeasible, TargetMissed)] == [
        1,
        2,
        2,
        3,
        4,
    ]
    assert issubclass(ScenarioFaults, TwinError)


def test_did_you_mean() -> None:
    """Proves: the nearest word, else what is known, else that nothing is."""
    assert did_you_mean("mlet", ["melt", "cast"]) == "did you mean 'melt'?"
    assert did_you_mean("zzz", ["melt", "cast"]) == "known: cast, melt"
    assert did_you_mean("zzz", []) == "none is defined"


def test_the_worst_input_counts() -> None:
    """Proves: one assumed input makes a figure assumed; nothing known counts as assumed."""
    assert worst(["metered", "literature", "nameplate"]) == "literature"
    assert worst(["metered", "guess"]) == "assumed"
    assert worst([]) == "assumed"


def test_a_card_has_both_ends_or_none() -> None:
    """Proves: half an interval is refused; so is an unknown data class."""
    assert FigureCard("energy", 1.0, "kWh", 0.9, 1.1, factors=("kr/x",)).payload()["factors"] == ["kr/x"]
    with pytest.raises(ValueError, match="two ends"):
        FigureCard("energy", 1.0, "kWh", low=0.9)
    with pytest.raises(ValueError, match="data class"):
        FigureCard("energy", 1.0, "kWh", data_class="guessed")
