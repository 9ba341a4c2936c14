"""English sentences of faults and remarks, said in Korean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from twin.core.faults import ScenarioFaults
from twin.core.sentences import said, sentences
from twin.scenario.scenario import read

HANGUL = re.compile(r"[가-힣]")
FAULTY = Path(__file__).resolve().parents[1] / "data" / "twenty_faults.yaml"


def test_gaps_are_equal() -> None:
    """Proves: a translation neither loses nor invents a value."""
    for english, korean in sentences().items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", korean)), english
        assert HANGUL.search(korean), english


def test_what_fills_a_gap_is_said_too() -> None:
    """Proves: the longest literal sentence wins, and a word in a gap is translated where it is known."""
    assert said("no such station", "ko") == "없는 공정입니다"
    assert said("unheard-of sentence", "ko") == "unheard-of sentence"
    assert said("no such station", "en") == "no such station"
    assert said("did you mean 'melt'?", "ko") == "'melt'을(를) 뜻하셨습니까?"


def test_all_faults_of_a_scenario_are_told_in_korean() -> None:
    """Proves: each of twenty different faults, and what would be right, is told in Korean; places and values stay as written."""
    with pytest.raises(ScenarioFaults) as caught:
        read(FAULTY)
    for fault in caught.value.faults:
        assert HANGUL.search(said(fault.problem, "ko")), fault.problem
        assert HANGUL.search(said(fault.fix, "ko")), fault.fix
        assert fault.place in fault.told("ko")
