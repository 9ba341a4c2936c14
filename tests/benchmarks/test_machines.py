"""Three real machines against a naive predictor; the fit on a record made by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import machines
from benchmarks import machines_fit as fit
from benchmarks.machines_data import AUTOMATIC, DAY_S, MANUAL, Record, records
from tests.support import needs_data


def by_hand(days: int = 11) -> Record:
    """Every day automatic from 06:00 to 18:00 (an item a minute, 2 kW), manual to 19:00 (0.5 kW), then nothing."""
    ends = np.concatenate([day * DAY_S + np.arange(6 * 12 + 1, 19 * 12 + 1) * 300.0 for day in range(days)])
    automatic = ends % DAY_S <= 18 * 3600.0
    state = np.where(automatic, AUTOMATIC, MANUAL)
    kwh, items = np.where(automatic, 2.0, 0.5) / 12.0, np.where(automatic, 5.0, 0.0)
    first = dt.date(2022, 9, 1)
    return Record(9, first, days, ends - 300.0, ends, state, ends, kwh, items, np.zeros(len(ends)), state.astype(float))


def test_a_record_made_by_hand_is_fitted_exactly():
    """Proves: power, cycle, hours on. Sensitivity: energy of manual rows in the automatic state's would give more than 2 kW."""
    fitted = fit.fit(by_hand().days(0, 8))
    assert fitted.processing_kw == pytest.approx(2.0)
    assert fitted.cycle_s == pytest.approx(60.0)
    assert fitted.hours[0] == list(range(6, 18))


def test_the_simulated_shifts_of_a_record_made_by_hand_are_its_own():
    """Proves: windows, shifts, energy and items come through the plant simulator. Sensitivity: an edge an hour later moves 60 items."""
    record = by_hand()
    test = record.days(8, 11)
    edges = test.shift_edges_s()
    kwh, items = fit.simulated(fit.told_scenario(fit.fit(record.days(0, 8)), test), test, edges, 1)
    measured_kwh, measured_items = test.by_shift(edges)
    assert items == pytest.approx(measured_items, abs=1.0)
    assert kwh == pytest.approx(
        measured_kwh, abs=0.6
    )  # the hour in manual mode lies at the end of a day: the twin is off by then


def test_the_fit_sees_nothing_of_the_test_days():
    """Proves: days 0 to 7 only. Sensitivity: a cut at day 9 changes the power."""
    record = by_hand()
    changed = replace(record, kwh=np.where(record.at > 8 * DAY_S, 9.0, record.kwh))
    assert fit.fit(record.days(0, 8)) == fit.fit(changed.days(0, 8))


def test_rows_after_a_gap_bear_the_energy_of_the_gap():
    """Proves: the trap of the data is there: power_avg of a ten-minute row is near twice that of a five-minute one (machine 0)."""
    record = records(needs_data("sme_machines"))[0]
    span = np.diff(record.at)
    kwh = record.kwh[1:]
    assert np.mean(kwh[span == 600.0]) > 1.7 * np.mean(kwh[span == 300.0])


def test_kwh_and_items_a_shift_are_at_or_below_the_naive_error():
    """Proves: three machines fitted on eight days, three test days simulated from their states. Sensitivity: the naive cycle time, which
    mixes products, misses items of all three.
    """
    for record in records(needs_data("sme_machines")):
        found = machines.told(record)
        assert found.shifts == 10
        assert found.kwh_twin <= found.kwh_naive, found
        assert found.items_twin <= found.items_naive, found


def test_a_shift_is_foreseen_from_the_weekday_alone():
    """Proves: machine 0 told nothing of its test days but their weekdays, items and kWh at or below the naive error.

    Sensitivity: the mean over replications takes a part of the one long stop of the first eight days from every shift: ±16.6 items.
    """
    found = machines.forecast(records(needs_data("sme_machines"))[0])
    assert found.kwh_twin <= found.kwh_naive, found
    assert found.items_twin <= found.items_naive, found
