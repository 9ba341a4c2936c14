"""Schedules of a line of loads by insertion: numpy alone, no solver."""
