"""The small result of a trace says the same as the trace."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.scenarios import scenario
from tests.ledger.traces import plant
from twin.ledger.accounts import account
from twin.ledger.digest import digest
from twin.ledger.energy import energy_kwh
from twin.ledger.materials import material_sums
from twin.ledger.wages import hours_of


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 500), st.sampled_from([10.0, 24.0, 61.5]))
def test_days_sum_to_the_trace(seed: int, hours: float) -> None:
    """Proves: quarter-hours, days, heat, material, hours and jobs by day each sum to what the trace and its accounts hold."""
    scn, trace = scenario(), plant(hours, seed)
    accounts = account(scn, trace, bill=False)
    small = digest(trace, hours_of(scn, trace), accounts.kpis, accounts.residuals)
    assert small.quarter_kwh().sum() == pytest.approx(accounts.energy_kwh["electricity"], rel=1e-11)
    sums = {key: values.sum() for key, values in small.of_kind("day").items()}
    assert sums == pytest.approx(energy_kwh(trace, None, ("equipment", "state", "carrier")), rel=1e-11)
    heat = sum(values.sum() for values in small.of_kind("heat").values())
    assert heat == pytest.approx(trace.heat["kwh"].sum(), rel=1e-11)
    material = {key: values.sum() for key, values in small.of_kind("material").items() if key[0]}
    assert material == pytest.approx(material_sums(trace), rel=1e-11)
    assert small.series[("work", "furnace", "person")].sum() == pytest.approx(accounts.labour.hours["person"])
    assert small.series[("jobs", "lateness_h")].sum() == pytest.approx(accounts.kpis["lateness_h"], rel=1e-9, abs=1e-9)
    assert small.series[("jobs", "done")].sum() == accounts.kpis["jobs_done"]
    assert small.quarter_kwh("natural_gas").tolist() == [0.0] * len(small.quarter_kwh())
    assert len(small.days) == len(next(iter(small.of_kind("heat").values())))
