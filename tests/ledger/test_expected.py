"""What the scenario says must be in a trace: hours of crews and released jobs, counted apart from the plant."""

from __future__ import annotations

import pytest

from tests.experiment.plants import small
from tests.ledger.traces import doubled, dropped
from twin.experiment.draws import AddressedDraws
from twin.ledger.balance import residuals_of_trace
from twin.ledger.expected import crew_hours, expected_residuals
from twin.models.plant import simulate


def test_hours_of_a_week_by_hand() -> None:
    """Proves: five days of eight hours and four nights of eight, two people: 2 x 72 h; 17 July falls out in its week."""
    both = small({"crews.furnace.shifts": ["day", "night"]})
    assert crew_hours(both, "furnace", 7 * 86400.0) == pytest.approx(2 * (5 * 8 + 4 * 8))
    assert crew_hours(both, "furnace", 14 * 86400.0) == pytest.approx(2 * (2 * 72 - 8))
    late = {"days": ["mon"], "from": "16:00", "to": "20:00"}
    overlapping = small({"crews.furnace.shifts": ["day", "late"], "calendar.shifts.late": late})
    assert crew_hours(overlapping, "furnace", 7 * 86400.0) is None


def test_a_simulated_trace_is_as_expected() -> None:
    """Proves: a simulated week has the calendar's hours and the orders' jobs; a dropped or doubled row of either is found."""
    scn = small()
    trace = simulate(scn, AddressedDraws(1, 0))
    assert max(expected_residuals(scn, trace).values()) <= 1e-9
    assert max(residuals_of_trace(trace).values()) <= 1e-9
    for spoil in (dropped, doubled):
        assert expected_residuals(scn, spoil(trace, "crews", 0))["expected.crew_hours"] > 1e-3
        assert expected_residuals(scn, spoil(trace, "jobs", len(trace.jobs) - 1))["expected.jobs"] > 1e-3


@pytest.mark.parametrize("table", ["jobs", "states", "flows", "counters", "batches", "moves", "crews"])
def test_any_row_of_a_simulated_trace_matters(table: str) -> None:
    """Proves: on a simulated plant too, dropping or doubling any row of any table breaks an invariant."""
    scn = small()
    trace = simulate(scn, AddressedDraws(1, 0))
    rows = len(trace.tables[table])
    for row in range(0, rows, max(1, rows // 12)):
        for spoil in (dropped, doubled):
            spoilt = spoil(trace, table, row)
            found = residuals_of_trace(spoilt) | expected_residuals(scn, spoilt)
            assert max(found.values()) > 1e-9, (table, row, spoil.__name__)
