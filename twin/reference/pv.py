"""Hourly yield of rooftop PV per kWp at Korean industrial sites, tilt 20 degrees south, clock hours of KST.

Weather: Open-Meteo ERA5 reanalysis, CC BY 4.0; the attribution is part of every profile and must go with what is
derived from it.
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .facts import Provenance, ReferenceFault, comments, data_file, pick, read_rows

HOURLY_TILT_DEG = 20.0


@dataclass(frozen=True)
class PvProfile:
    """A site's profile. ``month_hour_kw`` is (12, 24) in kW per kWp; ``weather_year`` (365, 24) of 2025 or None."""

    id: str
    site: str
    month_hour_kw: np.ndarray
    weather_year: np.ndarray | None
    tilt_factor_by_month: Mapping[float, np.ndarray]
    attribution: str
    provenance: Provenance

    def tilt_factor(self, tilt_deg: float, month: int) -> float:
        """Monthly yield at ``tilt_deg`` (10 to 30, interpolated) over that at 20 degrees."""
        known = sorted(self.tilt_factor_by_month)
        if not known[0] <= tilt_deg <= known[-1]:
            msg = f"PV tilt {tilt_deg} deg is outside {known[0]:g} to {known[-1]:g} deg, the range of the table"
            raise ReferenceFault(msg)
        return float(np.interp(tilt_deg, known, [self.tilt_factor_by_month[tilt][month - 1] for tilt in known]))

    def hourly_kw_per_kwp(self, day: dt.date, tilt_deg: float = HOURLY_TILT_DEG) -> np.ndarray:
        """(24,) mean power of each clock hour of ``day``.

        Where a weather year is held, the same month and day of 2025 (29 February as the 28th); else the month's mean
        day.
        """
        if self.weather_year is None:
            base = self.month_hour_kw[day.month - 1]
        else:
            shown = min(day.day, 28) if day.month == 2 else day.day
            base = self.weather_year[dt.date(2025, day.month, shown).timetuple().tm_yday - 1]
        return np.asarray(base * self.tilt_factor(tilt_deg, day.month))


@functools.cache
def pv_profile_ids() -> tuple[str, ...]:
    """All sites, e.g. ``kr/ansan-siheung``."""
    return tuple(dict.fromkeys(row["id"] for row in read_rows("pv/month_hour.csv")))


def _weather_year(profile_id: str) -> np.ndarray | None:
    file = data_file(f"pv/{profile_id.removeprefix('kr/')}-2025.csv.gz")
    if not file.is_file():
        return None
    lines = gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()
    values = [float(line) for line in lines if line and line[0].isdigit()]
    return np.array(values).reshape(365, 24)


def _tilt_factors(profile_id: str) -> dict[float, np.ndarray]:
    months = [f"m{month:02d}" for month in range(1, 13)]
    by_tilt = {
        float(row["tilt_deg"]): np.array([float(row[month]) for month in months])
        for row in read_rows("pv/yield_by_tilt.csv")
        if row["id"] == profile_id
    }
    return {tilt: values / by_tilt[HOURLY_TILT_DEG] for tilt, values in by_tilt.items()}


@functools.cache
def pv_profile(profile_id: str) -> PvProfile:
    """The profile of a site. Raises :class:`UnknownId`."""
    pick("PV profile", profile_id, pv_profile_ids())
    rows = [row for row in read_rows("pv/month_hour.csv") if row["id"] == profile_id]
    month_hour = np.array([[float(row[str(hour)]) for hour in range(24)] for row in rows])
    attribution = comments(data_file("pv/month_hour.csv").read_text(encoding="utf-8"))
    origin = Provenance(attribution, "2026-08", verified=False, basis="model output (pvlib), not metered")
    return PvProfile(
        profile_id,
        rows[0]["site"],
        month_hour,
        _weather_year(profile_id),
        _tilt_factors(profile_id),
        attribution,
        origin,
    )
