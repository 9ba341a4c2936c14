"""Fronts of a scenario, and tariffs side by side, as a user gets them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.optimize.day import foundry
from tests.optimize.shop_day import planned
from twin import api
from twin.core.canonical import canonical_json
from twin.core.faults import InputFault, ScenarioFaults
from twin.optimize import trade_off
from twin.optimize.optimize import PlanResult
from twin.optimize.problem.grid import slots_of
from twin.optimize.works import Part, works_of
from twin.report.content import content_of

MEMBERS = [
    "peak_kw",
    "limit_peak_kw",
    "cost_krw",
    "bound_krw",
    "gap",
    "proven",
    "marginal_krw_per_kw",
    "shadow_krw_per_kw",
]


@pytest.fixture(scope="module")
def peak() -> api.Front:
    """Two ends of the front cost–peak of a day and a half."""
    return api.Scenario(foundry()).front("peak", points=2, iterations=1)


def test_front_of_a_scenario(peak: api.Front) -> None:
    """Proves: one row a point in the payload's order, a bound below each cost, no lower peak for less money, plain JSON."""
    points = peak.points
    assert list(points.columns) == MEMBERS
    assert (points["bound_krw"] <= points["cost_krw"]).all()
    assert points["peak_kw"].is_monotonic_increasing
    assert points["cost_krw"].is_monotonic_decreasing
    assert peak.payload()["least_peak_kw"] <= points["peak_kw"].min()
    assert canonical_json(peak.payload())
    assert peak.payload()["provenance"]["scenario_sha256"] == foundry().sha256


def test_front_has_a_page_and_a_workbook(peak: api.Front, tmp_path: Path) -> None:
    """Proves: both reports of a front are written, its figure with heading and note. Sensitivity: a figure without its texts ended in
    a traceback, after all the work.
    """
    page, book = peak.report(tmp_path, ("html", "xlsx"))
    assert "Cost against what is limited" in page.read_text(encoding="utf-8")
    assert book.stat().st_size > 0


def test_front_is_told_and_drawn_in_both_languages(peak: api.Front) -> None:
    """Proves: every text of the report has its Korean, the figure has costs and bounds."""
    content = content_of(peak.data)
    assert content.title.en == "Cost against peak"
    assert content.title.ko != content.title.en
    assert len(content.tables[0].rows) == len(peak.points)
    assert [trace.name for trace in peak.plot.front().data] == ["Cost (KRW)", "No schedule below (KRW)"]


def test_constant_factor_is_said() -> None:
    """Proves: with one grid factor for all hours the report of a carbon front says what it can consist of; with hourly ones it does not."""
    for constant in (True, False):
        front = trade_off.Front("carbon", (), 0.0)
        result = trade_off.FrontResult(foundry(), front, constant, reproducible=True)
        said = " ".join(note.en for note in content_of(result).notes)
        assert ("The grid factor is the same at all hours" in said) == constant


@pytest.mark.parametrize(("axis", "points", "fault"), [("colour", 5, "no front 'colour'"), ("peak", 1, "two ends")])
def test_wrong_questions_are_told(axis: str, points: int, fault: str) -> None:
    """Proves: an unknown axis and a front of one point are input faults, before any work."""
    with pytest.raises(InputFault, match=fault):
        trade_off.trade_off(foundry(), axis, points=points)


def test_tariffs_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: each plan is made under its own tariff, a date alone being a version of the scenario's, with the same options; the table has
    them all. Sensitivity: one scenario for both would give equal tariffs.
    """
    seen: list[tuple[str, Any]] = []

    def plan(scenario: Any, **options: Any) -> SimpleNamespace:
        seen.append((str(scenario.at("site.tariff")), options["iterations"]))
        figures = {"cash_krw": {"mean": float(len(seen)), "low": 0.0, "high": 9.0}}
        less = {"output_kg": {"mean": -500.0, "low": -600.0, "high": -400.0}}
        payload = {
            "gap": 0.05,
            "violations": [{}],
            "as_operated": {**figures, "output_kg": {"mean": 1000.0}},
            "replay": {"stochastic": figures},
            "saved": {"as_operated": {**figures, **less}},
        }
        return SimpleNamespace(payload=lambda: payload, provenance={"version": "1"}, meta={"all_s": 1.0})

    monkeypatch.setattr(trade_off, "optimize", plan)
    own = str(foundry().at("site.tariff")).partition("@")[0]
    found = api.Scenario(foundry()).under_tariffs(["2024-10-24", own], iterations=3)
    assert seen == [(f"{own}@2024-10-24", 3), (own, 3)]
    assert list(found.cases["tariff"].unique()) == [f"{own}@2024-10-24", own]
    content = content_of(found.data)
    assert [len(table.rows) for table in content.tables] == [4, 2]
    assert any("gap 5.0 %, violations found by the checker: 1" in sentence.en for sentence in content.short)
    assert any("finishes 500 kg less" in sentence.en for sentence in content.short)
    with pytest.raises(ScenarioFaults, match="no such version"):
        api.Scenario(foundry()).under_tariffs(["2024-10-24", "1990-01-01"], iterations=3)
    assert len(seen) == 2, "a tariff that is not there is told before the first plan is made"
    with pytest.raises(InputFault, match="two or more"):
        api.Scenario(foundry()).under_tariffs([own, own])


def test_a_front_is_stored_and_opened(peak: api.Front, tmp_path: Path) -> None:
    """Proves: a stored front opens with the same payload and report. Sensitivity: a kind that nobody knows."""
    opened = api.open_result(peak.save(tmp_path))
    assert opened.payload() == peak.payload()
    assert content_of(opened.data).title.ko == content_of(peak.data).title.ko


def test_plans_under_tariffs_are_stored_and_opened(tmp_path: Path) -> None:
    """Proves: every plan comes back under its tariff, with its replays. Sensitivity: tables of two plans under one name."""
    scenario, _, found = planned()
    span = slots_of(scenario)
    results = {
        name: PlanResult(
            scenario=scenario,
            plan=found.plan,
            own=works_of(scenario, span).figures(Part(span, found)),
            violations=(),
            deterministic=found.replay,
            runs={way: [found.replay.figures] for way in ("plan", "as_operated", "hand_rule")},
            off={"as_operated": found.replay.figures},
            seed=seed,
            reproducible=True,
        )
        for seed, name in enumerate(("one", "two"))
    }
    several = api.Tariffs(trade_off.TariffsResult(scenario, results))
    assert api.open_result(several.save(tmp_path)).payload() == several.payload()


def test_wrong_questions_have_their_korean() -> None:
    """Proves: an unknown axis is told in Korean too."""
    with pytest.raises(InputFault) as told:
        trade_off.known_axis("colour")
    assert "프런트 축" in told.value.told("ko")
