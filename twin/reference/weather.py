"""Hourly temperatures outdoors at Korean industrial sites, clock hours of KST, of the weather year 2025.

Weather: Open-Meteo ERA5 reanalysis, CC BY 4.0; the attribution is part of every series and must go with what is derived from it.
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
from dataclasses import dataclass

import numpy as np

from .facts import Provenance, comments, data_file, pick

_SITES = ("ansan-siheung", "changwon")
YEAR = 2025


@dataclass(frozen=True)
class Weather:
    """A site's year: ``hourly_c`` is (365, 24) in °C."""

    id: str
    hourly_c: np.ndarray
    attribution: str
    provenance: Provenance

    def temperature_c(self, day: dt.date) -> np.ndarray:
        """(24,) temperature of each clock hour of the same month and day of the weather year (29 February as the 28th)."""
        shown = min(day.day, 28) if day.month == 2 else day.day
        return np.asarray(self.hourly_c[dt.date(YEAR, day.month, shown).timetuple().tm_yday - 1])


def weather_ids() -> tuple[str, ...]:
    """All sites, e.g. ``kr/changwon``."""
    return tuple(f"kr/{site}" for site in _SITES)


@functools.cache
def weather(weather_id: str) -> Weather:
    """The weather of a site. Raises :class:`UnknownId`."""
    pick("weather", weather_id, weather_ids())
    file = data_file(f"weather/{weather_id.removeprefix('kr/')}-{YEAR}.csv.gz")
    text = gzip.decompress(file.read_bytes()).decode("utf-8")
    values = np.array([float(line) for line in text.splitlines() if line and not line.startswith("#")])
    attribution = comments(text)
    origin = Provenance(attribution, "2026-08", verified=False, basis="reanalysis, not a station's record")
    return Weather(weather_id, values.reshape(365, 24), attribution, origin)
