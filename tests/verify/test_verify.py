"""Verdicts, the catalogue, and the verb: that it passes, and that it can fail."""

from __future__ import annotations

import json

import pytest

from twin import api, cli
from twin.core.faults import InputFault
from twin.ledger.balance import BalanceBroken
from twin.report.content import content_of
from twin.report.figures import figure_of
from twin.verify import catalogue
from twin.verify.case import PRECISION, Figure, Model, judged, seed_of
from twin.verify.catalogue import FAMILIES, level, models
from twin.verify.verify import Verification, sampled, verified, verify

FIGURE = Figure("wait", "waiting", "min")


def toy(exact: float, values: list[float], figure: Figure = FIGURE, name: str = "toy") -> Model:
    return Model(name, "queues", "a book", (figure,), lambda: [exact], lambda _seed, k: [values[k]], len(values))


def test_verdicts() -> None:
    """Proves: inside and narrow passes; outside differs; wide says too little, though theory lies inside; a tolerance needs no interval.

    Sensitivity: a verdict by coverage alone would pass the third.
    """
    values = [1.00, 1.01, 0.99, 1.005, 0.995, 1.002]
    assert judged(toy(1.0, values), FIGURE, 1.0, values, 0.99).passed
    assert not judged(toy(1.1, values), FIGURE, 1.1, values, 0.99).passed
    wide = judged(toy(1.0, [0.5, 1.5, 1.2]), FIGURE, 1.0, [0.5, 1.5, 1.2], 0.99)
    assert wide.covered
    assert not wide.precise
    assert not wide.passed
    exact = Figure("makespan", "time", "min", 1e-9)
    assert judged(toy(7.0, [7.0], exact), exact, 7.0, [7.0], 0.99).passed
    assert not judged(toy(7.0, [7.001], exact), exact, 7.0, [7.001], 0.99).passed


def test_catalogue_is_as_large_and_strict_as_it_says() -> None:
    """Proves: at least 40 figures in at least 7 families, names unique, intervals 99 % together, 1 % and 5 % wide."""
    cases = [case for model in models().values() for case in model.cases]
    assert len(cases) == len(set(cases)) >= 60
    assert {model.family for model in models().values()} == set(FAMILIES)
    assert len(FAMILIES) >= 7
    chance = sum(figure.tolerance is None for model in models().values() for figure in model.figures)
    assert (1.0 - level()) * chance == pytest.approx(0.01)
    assert {kind: PRECISION[kind] for kind in ("throughput", "utilisation", "energy", "power", "waiting")} == {
        "throughput": 0.01, "utilisation": 0.01, "energy": 0.01, "power": 0.01, "waiting": 0.05,
    }  # fmt: skip
    for model in models().values():
        for figure in model.figures:
            assert figure.tolerance is None or figure.tolerance <= PRECISION[figure.kind] / 2.0


def test_seeds_are_fixed_and_fresh_ones_differ() -> None:
    """Proves: a model's seed is a hash of its name (the same on every machine), and of the seed asked for."""
    assert seed_of("M/M/1", None) == seed_of("M/M/1", None) == 97818350378652
    assert len({seed_of("M/M/1", None), seed_of("M/M/1", 1), seed_of("M/M/1", 2), seed_of("M/D/1", 1)}) == 4


@pytest.mark.parametrize("family", ["flow", "thermal"])
def test_families_without_chance_pass(family: str) -> None:
    """Proves: flow lines, set-ups, due dates and shifts to rounding; the thermal network within its tolerances."""
    found = verify(family=family)
    assert [case.name for case in found.failed] == []
    assert len(found.cases) >= 10


@pytest.mark.parametrize("name", ["M/M/1/4", "slotted pair, 6 places", "6 machines, 2 crews", "full furnace M/D[4]/1"])
def test_a_few_models_of_chance_are_covered(name: str) -> None:
    """Proves: with few replications theory lies in the interval (which may be wide). Sensitivity: tests/verify/bugs.py."""
    assert [case.name for case in verified(name, None, 0.2) if not case.covered] == []


def test_replications_are_those_of_the_addressed_draws() -> None:
    """Proves: the same seed gives the same values; another seed others."""
    model = models()["M/M/1/4"]
    assert sampled(model, 3, 0.01) == sampled(model, 3, 0.01)
    assert sampled(model, 3, 0.01) != sampled(model, 4, 0.01)


def test_a_broken_invariant_fails_every_figure_of_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a run that contradicts itself is told by name, not raised. Sensitivity: an exception would hide all other cases."""

    def broken(_seed: int, _replication: int) -> list[float]:
        name = "energy.electricity"
        raise BalanceBroken(name, 0.5)

    model = Model("broken", "queues", "a book", (FIGURE,), lambda: [1.0], broken, 5)
    monkeypatch.setattr("twin.verify.verify.models", lambda: {"broken": model})
    (case,) = verified("broken", None)
    assert not case.passed
    assert "energy.electricity" in case.broken
    json.dumps(case.payload(), allow_nan=False)


def test_unknown_family_is_told() -> None:
    """Proves: a family that there is not ends as bad input with those that there are."""
    with pytest.raises(InputFault, match="queue"):
        verify(family="queueing")


def test_shell_says_theory_simulation_and_verdict(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves: --json holds the cases of the interface and status 0; a case that fails ends in status 4, in both languages with its name.

    Sensitivity: a verb that only reports would end in 0 whatever it found.
    """
    monkeypatch.setattr("sys.argv", ["twin", "verify", "--family", "flow", "--json", "--jobs", "1", "-q"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    payload = json.loads(capsys.readouterr().out)
    assert {"name", "family", "exact", "mean", "low", "high", "pass"} <= payload["cases"][0].keys()
    assert payload["failed"] == []
    wrong = judged(toy(2.0, [1.0, 1.01]), FIGURE, 2.0, [1.0, 1.01], 0.99)
    monkeypatch.setattr("twin.verify.verify.verify", lambda **_: Verification((wrong,), None))
    for lang, word in (("en", "differs"), ("ko", "불일치")):
        monkeypatch.setattr("sys.argv", ["twin", "verify", "--lang", lang, "-q"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 4
        said = capsys.readouterr().out
        assert word in said
        assert "toy" in said


def test_result_has_a_table_and_a_figure() -> None:
    """Proves: the library's handle gives a row a case; the figure shows each case with its interval; the content has a table a family."""
    result = api.theory(family="flow")
    assert len(result.cases) == len(result.data.cases)
    assert result.cases["pass"].all()
    drawn = figure_of(result.data, "cases")("ko")
    assert sum(len(trace.x) for trace in drawn.data) == len(result.data.cases)
    assert [table.name for table in content_of(result.data).tables] == ["flow"]
    assert catalogue.FAMILIES[-1] == "flow"
