"""Schedules of a problem: dispatch, then HiGHS on one neighbourhood after another, with a bound beside it."""
