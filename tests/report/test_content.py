"""What reports say: no saving is claimed that the interval does not hold, and known notes speak both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import twin
from tests.report import results
from twin.core.messages import t
from twin.report.content import content_of
from twin.report.content_run import cap_sentence, compared_table, goods
from twin.report.notes import translated


def said(data: Any) -> str:
    return " ".join(sentence.en for sentence in content_of(data).short)


@pytest.mark.parametrize(
    ("mean", "half", "words"),
    [(-2e6, 1e5, "saves 2,000,000 ± 100,000 KRW"), (-2e5, 3e5, "cannot be told"), (5e5, 1e5, "do not follow it")],
)
def test_a_plan_claims_only_what_its_replay_shows(aluminium: Any, mean: float, half: float, words: str) -> None:
    """Proves: the sentence follows the paired interval: wholly below zero saves, wholly above costs, else it is not told apart."""
    data = results.plan(aluminium.data.scenario)
    data.payload()["saved"]["as_operated"]["cash_krw"] = results.figure(mean, half)
    assert words in said(data)
    assert "violations found by the checker: 1." in said(data)


@pytest.mark.parametrize(
    ("mean", "half", "words"),
    [
        (-2e6, 1e5, "Against the hand rule it saves 2,000,000 ± 100,000 KRW"),
        (-1e6, 2e6, "It cannot be told from the hand rule"),
        (5e5, 1e5, "Against the hand rule it costs 500,000 ± 100,000 KRW more"),
    ],
)
def test_the_hand_rule_is_told_like_todays_dispatching(aluminium: Any, mean: float, half: float, words: str) -> None:
    """Proves: so is the difference from the hand rule."""
    data = results.plan(aluminium.data.scenario)
    data.payload()["saved"]["hand_rule"]["cash_krw"] = results.figure(mean, half)
    assert words in said(data)


def test_a_step_claims_only_what_its_interval_shows(aluminium: Any) -> None:
    """Proves: a step whose interval holds zero (−0.5 ± 1) is not told as a saving but as not demonstrated."""
    text = said(results.diagnosis(aluminium.data.scenario))
    assert "tap 20 K cooler (melt) is worth 50" in text
    assert "Not demonstrated with these replications: one point more yield" in text


def test_balances_and_benchmark_are_told(run: Any) -> None:
    """Proves: the report tells that balances close with the worst residual, and the place among real plants with its why."""
    content = content_of(run.data)
    assert any("Every balance closes" in note.en for note in content.notes)
    table = next(table for table in content.tables if table.name == "benchmark")
    assert [row[0].en for row in table.rows] == ["electricity", "fuel", "total"]
    assert all("중앙값" in row[4].ko and "median" in row[4].en for row in table.rows)


def test_unverified_inputs_are_marked(aluminium: Any) -> None:
    """Proves: assumed prices, and lines of the bill without a source, are listed; no headline figure counts as verified."""
    content = content_of(aluminium.data)
    places = [row[0] for table in content.tables if table.name == "inputs" for row in table.rows]
    assert "materials.ingot.price" in places
    assert any(place.startswith("bill: ") for place in places)
    assert not any(card.verified for card in content.cards)
    assert all(
        card.scenario_sha256 == aluminium.data.scenario.sha256 and card.seed is not None for card in content.cards
    )


@pytest.mark.parametrize(
    ("note", "korean"),
    [
        ("2026-07: the load covers 83.9% of the month; demand charge is pro-rated", "2026-07: 한 달의 83.9 %"),
        ("unverified: climate_charge (value of 2026 Q1 carried on)", "출처 미검증: 기후환경요금"),
        ("lid: the data do not tell it (its interval is 76 % of the prior's); the prior is kept", "사전값을 유지"),
        (
            "a.b and c.d are known only together (correlation -0.85): c.d = 115.7 + 611.7 x (a.b - 0.6), within 23 W/K (95 %)",
            "a.b와(과) c.d은(는) 함께만 알 수 있습니다(상관계수 -0.85): c.d = 115.7 + 611.7 x (a.b - 0.6), ±23 W/K",
        ),
        ("something new", "something new"),
    ],
)
def test_notes_of_lower_floors(note: str, korean: str) -> None:
    """Proves: every form of note that lower floors write is said in Korean too; an unknown one stays as it is."""
    assert korean in translated([note])[0].ko


def test_a_metered_bill_with_advice(tmp_path: Path) -> None:
    """Proves: the bill of a metered load is told with its total, the cheaper option and the capacitor bank; all kinds of output take it.

    Sensitivity: at power factor 1 no capacitor is advised.
    """
    index = pd.date_range("2026-07-01", "2026-08-01", freq="15min", inclusive="left")
    poor = pd.DataFrame({"timestamp": index, "kw": 200.0, "kvarh_lag": 40.0, "kvarh_lead": 0.0})
    billed = twin.bill(poor, "kepco/industrial-b/hv-a/2", contract_kw=400, advise=True)
    text = said(billed.data)
    assert f"{billed.payload()['total']:,.0f} KRW" in text
    assert "kvar of capacitors would save" in text
    assert "kvar of capacitors" not in said(
        twin.bill(poor.assign(kvarh_lag=0.0), "kepco/industrial-b/hv-a/2", contract_kw=400, advise=True).data
    )
    assert [path.name for path in billed.report(tmp_path, ["html", "xlsx"], "ko")] == ["report.html", "report.xlsx"]
    assert set(dir(billed.plot)) == {"bill", "bill_months"}


def test_words_fit_the_industry(run: Any) -> None:
    """Proves: a foundry makes good castings, a heat-treatment shop good treated parts, any other plant good product."""
    assert "good castings" in said(run.data)
    assert goods("heat_treatment").en == "good treated parts"
    assert goods("heat_treatment").ko == "열처리 양품"
    assert goods("textiles").en == "good product"


def test_a_cap_is_told_with_what_it_changes() -> None:
    """Proves: the run without the cap and the difference stand in a table, and the sentence says whether the cap was kept."""
    half = {"mean": 5.0, "low": 4.0, "high": 6.0, "n": 2}
    found = compared_table(
        {"left_out": ["site.power_cap"], "reference": {"peak_kw": half}, "difference": {"peak_kw": half}}
    )
    assert found.title.en == "With and without site.power_cap, on the same draws"
    assert [cell.en if hasattr(cell, "en") else cell for cell in found.rows[0]] == [
        "Highest 15-minute mean",
        half,
        half,
        "kW",
    ]
    assert not compared_table(None).rows
    kept = {"cap_kw": 1912.0, "highest_kw": 1850.0, "quarter_hours_above": 0}
    assert "No 15-minute mean" in cap_sentence(kept).en
    assert "3 quarter-hours" in cap_sentence(kept | {"quarter_hours_above": 3}).en


def test_a_plan_that_breaks_rules_says_so_where_it_is_read(aluminium: Any) -> None:
    """Proves: violations are told among what is to be known, not only counted. Sensitivity: a plan without any says nothing."""
    data = results.plan(aluminium.data.scenario)
    assert any("do not follow it" in note.en and "1건" in note.ko for note in content_of(data).notes)
    data.payload()["violations"] = []
    assert not any("do not follow it" in note.en for note in content_of(data).notes)


@pytest.mark.parametrize(
    ("mean", "half", "words"), [(-500.0, 50.0, "500 kg less"), (-500.0, 600.0, ""), (-5.0, 1.0, "")]
)
def test_unlike_output_is_no_saving(aluminium: Any, mean: float, half: float, words: str) -> None:
    """Proves: a plan that finishes less than the plant by its own rule says that the difference in cost is no saving; chance, and what
    is less than a hundredth, is not told.
    """
    data = results.plan(aluminium.data.scenario)
    data.payload()["as_operated"]["output_kg"] = results.figure(1000.0)
    data.payload()["saved"]["as_operated"]["output_kg"] = results.figure(mean, half)
    told = " ".join(sentence.en for sentence in content_of(data).short)
    assert ("no saving" in told) == bool(words)
    assert words in told
    assert any(column.title.en == "Output (kg)" for table in content_of(data).tables for column in table.columns)


def test_the_earlier_plan_stands_beside_the_new_one(aluminium: Any) -> None:
    """Proves: a plan made again is told and shown beside the plan that was in force."""
    data = results.plan(aluminium.data.scenario)
    data.payload()["earlier_plan"] = data.payload()["as_operated"]
    data.payload()["saved"]["earlier_plan"] = {"cash_krw": results.figure(-3e6, 1e5)}
    content = content_of(data)
    assert any("Against the earlier plan it saves" in sentence.en for sentence in content.short)
    assert any(row[0].ko == "이전 계획" for table in content.tables if table.name == "cases" for row in table.rows)


def test_notes_of_plans_are_told_in_korean() -> None:
    """Proves: what a plan notes in English is Korean on a Korean page. Sensitivity: other words stay as they are."""
    given = {"count": 5, "late": "0.10", "target": "0.00"}
    slack, longer = t("optimize.slack", slack="4", **given), t("optimize.quantile", quantile="0.9")
    notes = [slack, longer, t("optimize.slack_none", **given), t("optimize.line_later", count=3), "as it is; so"]
    korean = [note.ko for note in translated(notes)]
    assert korean[0] == t("optimize.slack", "ko", slack="4", **given)
    assert korean[1] == t("optimize.quantile", "ko", quantile="0.9")
    assert korean[2:] == [
        t("optimize.slack_none", "ko", **given),
        t("optimize.line_later", "ko", count=3),
        "as it is; so",
    ]
