"""Outdoor air: dry-bulb temperature by hour, wet-bulb temperature from it and the humidity.

Wet bulb: Stull, R. (2011), Wet-Bulb Temperature from Relative Humidity and Air Temperature, J. Appl. Meteor. Climatol. 50, 2267-2269,
eq. 1; errors from -1 to +0.65 K for 5 to 99 % humidity and -20 to 50 °C at sea level.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from twin.models.profile import Profile

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario

HOUR_S = 3600.0


def wet_bulb_c(dry_c: np.ndarray, humidity: float) -> np.ndarray:
    """Wet-bulb temperature at a relative humidity (0 to 1). Shape as given."""
    percent = 100.0 * min(max(humidity, 0.05), 0.99)
    return np.asarray(
        dry_c * np.arctan(0.151977 * np.sqrt(percent + 8.313659))
        + np.arctan(dry_c + percent)
        - np.arctan(percent - 1.676331)
        + 0.00391838 * percent**1.5 * np.arctan(0.023101 * percent)
        - 4.686035
    )


def outdoors_c(scenario: Scenario, end_s: float) -> Profile:
    """Dry-bulb temperature by hour: the site's weather by date and clock hour, else its constant `outdoors`."""
    from twin.reference.weather import weather
    from twin.scenario.calendar import local_datetime

    site = scenario.spec.site
    if site.weather is None:
        return Profile.flat(site.outdoors_c, end_s)
    hourly = weather(site.weather)
    edges = np.append(np.arange(0.0, end_s, HOUR_S), end_s)
    level = np.empty(len(edges) - 1)
    days: dict[dt.date, np.ndarray] = {}
    for k, t in enumerate(edges[:-1].tolist()):
        when = local_datetime(scenario, t)
        day = when.date()
        if day not in days:
            days[day] = hourly.temperature_c(day)
        level[k] = days[day][when.hour]
    return Profile(edges, level)
