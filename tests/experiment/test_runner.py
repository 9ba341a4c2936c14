"""Runs: the same bytes with one and two workers, only replication 0 keeps its trace, rounds, randomness off."""

from __future__ import annotations

import pytest

from tests.experiment.plants import small
from twin.core.canonical import canonical_json
from twin.core.faults import InputFault
from twin.experiment.annual import AnnualRequest, annual_many, effect, reduction
from twin.experiment.runner import cases_of, map_cases, run
from twin.experiment.statistics import Precision
from twin.ledger.balance import BalanceBroken


def test_one_and_two_workers_give_the_same_bytes() -> None:
    """Proves: payload and every stored array are equal byte for byte. Sensitivity: reduced in order of arrival they would not be."""
    scn = small()
    one, two = run(scn, replications=5, jobs=1), run(scn, replications=5, jobs=2)
    assert canonical_json(one.payload()) == canonical_json(two.payload())
    for a, b in zip(one.replications, two.replications, strict=True):
        assert list(a.series) == list(b.series)
        assert all(a.series[key].tobytes() == b.series[key].tobytes() for key in a.series)


def test_only_the_first_replication_keeps_its_trace() -> None:
    """Proves: memory does not hold every trace. Sensitivity: results that differ by replication show that draws do."""
    found = run(small(), replications=3)
    assert found.trace0 is not None
    assert found.trace0.replication == 0
    assert [rep.replication for rep in found.replications] == [0, 1, 2]
    assert len({rep.kpis["electricity_kwh"] for rep in found.replications}) == 3
    assert run(small(), replications=1, keep_trace=False).trace0 is None


def test_payload_has_what_the_shell_promises() -> None:
    """Proves: kpis with intervals, benchmark, balance within 1e-9, bill, carbon, provenance.

    Sensitivity: a missing key would break readers.
    """
    payload = run(small(), replications=2).payload()
    assert set(payload) == {"kpis", "benchmark", "balance", "bill", "carbon", "provenance"}
    assert set(payload["kpis"]["electricity_kwh_per_t_good"]) == {"mean", "low", "high", "n", "level"}
    assert max(payload["balance"].values()) <= 1e-9
    assert [place["carrier"] for place in payload["benchmark"]] == ["electricity", "fuel", "total"]
    assert payload["bill"]["lines"]
    assert payload["provenance"]["reproducible"] is True
    assert canonical_json(payload)


def test_seed_changes_the_draws_and_comes_from_the_scenario() -> None:
    """Proves: the scenario's seed is used unless another is given. Sensitivity: an ignored seed would give equal figures."""
    scn = small()
    own, same, other = (run(scn, seed=seed, replications=1).values("electricity_kwh") for seed in (None, 1, 2))
    assert own == same != other


def test_randomness_off_is_one_replication() -> None:
    """Proves: without randomness one replication says all, and its figures do not depend on the seed."""
    scn = small({"run.randomness": "off"})
    first, second = run(scn, replications=7, seed=1), run(scn, replications=7, seed=2)
    assert len(first.replications) == 1
    assert first.values("electricity_kwh") == second.values("electricity_kwh")


def test_rounds_until_precise() -> None:
    """Proves: replications are added until the half width is reached, and stop at the limit; the first ones stay what they were."""
    scn = small()
    wide = run(scn, replications=2, precision=Precision("electricity_kwh", 1e-9, step=2, limit=6))
    assert len(wide.replications) == 6
    assert wide.values("electricity_kwh")[:2] == run(scn, replications=2).values("electricity_kwh")
    assert len(run(scn, replications=2, precision=1.0).replications) == 2


def test_equal_cases_are_simulated_once() -> None:
    """Proves: a case asked for twice comes from one simulation. Sensitivity: a task that changes a price would cost a run."""
    cases = cases_of(small(), replications=(0,)) * 3
    calls: list[int] = []
    found = map_cases(cases, progress=lambda done, total, text: calls.append(total))
    assert set(calls) == {1}
    assert found[0] is found[1] is found[2]


def test_a_broken_invariant_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a run that breaks an invariant fails with its name. Sensitivity: printed as a residual only, it would pass unseen."""
    from twin.ledger import accounts

    real = accounts.residuals_of_trace
    monkeypatch.setattr(accounts, "residuals_of_trace", lambda trace: real(trace) | {"mass": 1e-3})
    with pytest.raises(BalanceBroken, match="invariant mass is broken"):
        run(small(), replications=1)


def test_too_many_replications_are_refused() -> None:
    """Proves: a slip of the finger is told before it runs for a week."""
    with pytest.raises(InputFault, match="replications"):
        run(small(), replications=10_000_000)


def test_years_are_paired() -> None:
    """Proves: an empty change is exactly 0 on every KPI; a base load of 10 kW is 87,600 kWh a year with no spread at all.

    Sensitivity: unpaired draws would give it the spread of failures.
    """
    scn = small()
    base, same, more = annual_many(
        [AnnualRequest(one) for one in (scn, scn.changed({}), scn.changed({"site.base_load": "10 kW"}))], replications=3
    )
    for kpi in base.kpis:
        found = effect(same, base, kpi)
        assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0), kpi
    load = effect(more, base, "electricity_kwh")
    assert load.mean == pytest.approx(87_600.0, rel=1e-9)
    assert load.half_width == pytest.approx(0.0, abs=1e-3)
    factor = reduction(more, base, "electricity_kwh")
    assert factor is not None
    assert factor > 1e6
