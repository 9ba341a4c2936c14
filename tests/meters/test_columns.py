"""Names of a meter's columns, Korean and English."""

from __future__ import annotations

import pytest

from twin.meters.columns import layout, quantity


@pytest.mark.parametrize(
    ("name", "due"),
    [
        ("kW", "kw"),
        ("전력", "kw"),
        ("유효전력 [kW]", "kw"),
        ("전력(kWh)", "kwh"),
        ("사용량 (kWh)", "kwh"),
        ("전력량", "kwh"),
        ("Energy (kWh)", "kwh"),
        ("Usage_kWh", "kwh"),
        ("지상무효전력", "kvarh_lag"),
        ("지상무효전력량(kVarh)", "kvarh_lag"),
        ("진상무효전력(kVar)", "kvar_lead"),
        ("무효전력(지상)", "kvarh_lag"),
        ("전력(W)", None),
        ("전력(MW)", None),
        ("최대수요(kW)", None),
        ("역률", None),
        ("kVar", None),
    ],
)
def test_quantities(name: str, due: str | None) -> None:
    """Proves: the unit in brackets decides, and what is in no known unit is not taken. Sensitivity: by the word alone 전력(W) would be
    billed as kW.
    """
    assert quantity(name) == due


def test_stamps_in_one_column_or_two() -> None:
    """Proves: 일시 is a whole stamp and wins, day and time are read together, a lone 시각 stands for the stamp. Sensitivity: with the day
    alone every row of a day would be doubled.
    """
    assert layout(["번호", "일시", "전력"]).stamp == (1,)
    assert layout(["날짜", "시간", "전력량"]).stamp == (0, 1)
    assert layout(["시각", "전력"]).stamp == (0,)
    assert layout(["Date", "Time", "kWh"]).stamp == (0, 1)
    assert layout(["kWh"]).stamp == ()
    assert layout(["일시", "전력", "유효전력"]).doubled
    assert layout(["일시", "전력", "전력량"]).column("kwh") == 2
