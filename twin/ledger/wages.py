"""Labour of a trace at the scenario's wages: which shifts, which holidays, which law."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from twin.ledger.labour import LabourCost, Span, WorkedHours, labour_cost_of, worked_hours
from twin.reference.calendars import holidays_between
from twin.reference.labour import LabourPremia, labour_premia, labour_premia_sets
from twin.scenario.calendar import DAY_S, shift_instances

if TYPE_CHECKING:
    from twin.ledger.trace import Trace
    from twin.scenario.scenario import Scenario

NO_LAW = "none"


def premia_of(scenario: Scenario) -> LabourPremia:
    """The premia of the site's country; where none are known, a set that adds nothing (id ``none``)."""
    for found in labour_premia_sets().values():
        if found.country == scenario.spec.site.country:
            return found
    korean = labour_premia()
    return LabourPremia(
        NO_LAW,
        scenario.spec.site.country,
        korean.night_from_hour,
        korean.night_to_hour,
        0.0,
        0.0,
        24.0,
        168.0,
        0.0,
        0.0,
        korean.provenance,
    )


def crew_spans(scenario: Scenario, duration_s: float) -> dict[str, Sequence[Span]]:
    """Every shift of every crew that touches the span, by crew."""
    return {
        name: [(one.date, one.start_s, one.end_s) for one in shift_instances(scenario, crew.shifts, -DAY_S, duration_s)]
        for name, crew in scenario.spec.crews.items()
    }


def holidays_of(scenario: Scenario, days: Sequence[dt.date]) -> dict[str, set[dt.date]]:
    """Days with holiday pay by crew: public holidays of the country, and Sundays unless the crew has shifts that start on Sunday."""
    if not days:
        return {}
    country = scenario.spec.site.country
    public = set(holidays_between(country, min(days), max(days)))
    shifts, sundays = scenario.spec.calendar.shifts, {day for day in days if day.weekday() == 6}
    return {
        name: public | (set() if any("sun" in shifts[shift].days for shift in crew.shifts) else sundays)
        for name, crew in scenario.spec.crews.items()
    }


def wages_of(scenario: Scenario) -> Mapping[str, float]:
    """Ordinary wage of one person by crew, KRW/h."""
    return {name: crew.wage_krw_per_h for name, crew in scenario.spec.crews.items()}


def hours_of(scenario: Scenario, trace: Trace) -> WorkedHours:
    """Person-hours of a trace by crew and working day."""
    return worked_hours(trace, premia_of(scenario), crew_spans(scenario, trace.duration_s))


def cost_of_hours(scenario: Scenario, worked: WorkedHours) -> LabourCost:
    """Cost of worked hours at the scenario's wages and its country's law."""
    return labour_cost_of(worked, wages_of(scenario), premia_of(scenario), holidays_of(scenario, worked.days))


def labour_cost(scenario: Scenario, trace: Trace) -> LabourCost:
    """Wages of a trace with night, overtime and holiday premia."""
    return cost_of_hours(scenario, hours_of(scenario, trace))
