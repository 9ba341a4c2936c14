"""Every figure of every kind builds in both languages, and shows what the accounts hold."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.report import results
from twin.core.messages import LANGUAGES, known
from twin.report.figures import FIGURES, figure_of, heading_of, names_for
from twin.report.figures.heat import energy_links
from twin.report.traces import band_spans, power_by_equipment_kw


def texts(figure: Any) -> str:
    return json.dumps(json.loads(figure.to_json()), ensure_ascii=False)


def built(data: Any) -> dict[str, Any]:
    return {name: (figure_of(data, name)(), figure_of(data, name)(lang="ko")) for name in names_for(data)}


def test_figures_of_runs(run: Any) -> None:
    """Proves: all figures of a run build for both foundries; the Korean one speaks Korean; each bears axes with units."""
    made = built(run.data)
    assert set(made) == set(FIGURES["run"])
    for name, (english, korean) in made.items():
        assert english.data, name
        assert any("가" <= letter <= "힣" for letter in texts(korean)), name
    assert "kW" in made["load_curve"][0].layout.yaxis2.title.text
    assert "KRW" in made["bill"][0].layout.yaxis.title.text


def test_load_and_gantt_share_one_time_axis(run: Any) -> None:
    """Proves: load, tariff bands and states are drawn on the same x axis, with disjoint vertical places."""
    figure = run.plot.load_curve()
    assert {trace.xaxis or "x" for trace in figure.data} == {"x"}
    assert {trace.yaxis for trace in figure.data} == {"y", "y2", "y3"}
    assert figure.layout.yaxis3.domain[1] < figure.layout.yaxis.domain[0]


def test_load_curve_is_the_metered_load(run: Any) -> None:
    """Proves: stacked groups add up to the load that is billed. Sensitivity: a group left out of the stack breaks the sum."""
    figure = run.plot.load_curve()
    stacked = np.sum([np.asarray(trace.y, float) for trace in figure.data if trace.stackgroup], axis=0)
    assert stacked == pytest.approx(run.data.accounts0.load.kwh * 4.0, abs=0.02)
    assert sum(kw.sum() for kw in power_by_equipment_kw(run.data.trace0).values()) / 4.0 == pytest.approx(
        run.data.accounts0.load.kwh.sum()
    )


def test_bands_cover_the_trace(run: Any) -> None:
    """Proves: bands of the tariff follow each other without gap over the whole week, and the weekend has no on-peak."""
    spans = band_spans(run.data, run.data.trace0)
    assert spans[0].t0 == 0.0
    assert spans[-1].t1 == run.data.trace0.duration_s
    assert all(a.t1 == b.t0 and a.name != b.name for a, b in itertools.pairwise(spans))
    assert {span.name for span in spans if span.t0 >= 5 * 86400.0} <= {"off_peak", "mid_peak"}


def test_sankey_loses_nothing(run: Any) -> None:
    """Proves: what flows into every station flows out of it, and sources are all carriers' energy. Sensitivity: a dropped term shows."""
    links = energy_links(run.data.trace0)
    middle = {target for _, target in links} & {source for source, _ in links}
    scale = sum(value for (source, _), value in links.items() if source.startswith("carrier:"))
    for node in middle:
        into = sum(value for (_, target), value in links.items() if target == node)
        out = sum(value for (source, _), value in links.items() if source == node)
        assert into == pytest.approx(out, abs=1e-3 * scale), node
    carriers = sum(value for (source, _), value in links.items() if source == "carrier:grid")
    assert carriers == pytest.approx(run.data.accounts0.energy_kwh["electricity"], rel=1e-3)


def test_losses_sum_to_the_input(run: Any) -> None:
    """Proves: shares of each furnace's heat balance sum to 100 %."""
    figure = run.plot.losses()
    assert np.sum([trace.x for trace in figure.data], axis=0) == pytest.approx(100.0)


def test_bill_waterfall_ends_at_the_total(run: Any) -> None:
    """Proves: the last column of the waterfall is the sum of the others and the bill itself."""
    y = run.plot.bill().data[0].y
    assert sum(y[:-1]) == pytest.approx(y[-1])
    assert y[-1] == pytest.approx(run.data.accounts0.bill.total)


def test_figures_of_other_kinds(aluminium: Any) -> None:
    """Proves: figures of studies, plans, diagnoses, calibrations build from payloads; names of users cannot inject markup."""
    scenario = aluminium.data.scenario
    for data in (results.study(scenario), results.plan(scenario), results.diagnosis(scenario), results.calibration()):
        for name, pair in built(data).items():
            for figure in pair:
                assert figure.data, name
                assert "<img" not in texts(figure), name


def test_a_figure_needs_its_data(aluminium: Any) -> None:
    """Proves: a figure whose data are missing is not offered, and asking for it names those that are."""
    data = results.calibration()
    assert "measured" not in names_for(data)
    with pytest.raises(AttributeError, match="errors, parameters"):
        figure_of(data, "measured")
    with pytest.raises(AttributeError, match="load_curve"):
        aluminium.plot.nothing()
    assert "load_curve" in dir(aluminium.plot)


def test_ranking_groups_ties(aluminium: Any) -> None:
    """Proves: tasks whose carbon intervals overlap share a letter (−900 ± 50 and −860 ± 50), a clear distance begins a new group."""
    from twin.report.effects import evaluated, tied

    tasks = evaluated(results.study(aluminium.data.scenario).payload())
    assert [task["id"] for task in tasks][:2] == ["first", "second"]
    assert tied(tasks) == ["A", "A", "B", "C"]


def test_the_load_curve_of_a_thousand_machines(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: 1,000 rows below the curve leave it its height. Sensitivity: a gap in shares of the height had the curve begin above 1."""
    from twin.report.figures import load

    monkeypatch.setattr(load, "machines", lambda trace: [f"m{k}" for k in range(1000)])
    figure = run.plot.load_curve()
    low, high = figure.layout.yaxis2.domain
    assert figure.layout.yaxis3.domain[1] < low < high == 1.0
    assert 400 < (high - low) * (figure.layout.height - 120) <= 430


def test_every_figure_has_a_heading_and_a_note_in_both_languages() -> None:
    """Proves: no page of any kind of result ends in a missing text. Sensitivity: fronts had none, and their pages could not be written."""
    for kind, names in FIGURES.items():
        for name in names:
            heading = heading_of(SimpleNamespace(kind=kind), name)
            for lang in LANGUAGES:
                assert {f"report.fig.{heading}", f"report.fig.{heading}.note"} <= known(lang)
