"""A PV profile of one's own from a weather file, by pvlib (``pip install carbon-twin[pv]``): ``python -m twin.reference.pv_import --help``.

The chain is that of the shipped profiles: direct and diffuse light from global by Erbs where the file has none, transposition by
Hay-Davies, cell temperature by SAPM (close mount, glass on glass), power by PVWatts (-0.35 %/K), 14 % system losses, inverter 96 %. The
result goes into a scenario as ``site.pv.profile: {file: …}``. The licence and the attribution of the weather file go with it.
"""

from __future__ import annotations

import argparse
import csv
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.faults import InputFault

GAMMA_PER_K = -0.0035
LOSSES, INVERTER = 0.14, 0.96
ALBEDO = 0.2
YEAR_H = 8760
_NAMES = {
    "ghi": ("ghi", "ghi_w_m2", "shortwave_radiation"),
    "dni": ("dni", "dni_w_m2", "direct_normal_irradiance"),
    "dhi": ("dhi", "dhi_w_m2", "diffuse_radiation"),
    "temp_air": ("temp_air", "temp_c", "temperature_2m"),
    "wind_speed": ("wind_speed", "wind_m_s", "wind_speed_10m"),
}
"""what a column may be called in a weather CSV"""


@dataclass(frozen=True)
class Place:
    """Where the modules are: degrees, and the zone of the file's clock."""

    latitude_deg: float
    longitude_deg: float
    tilt_deg: float = 20.0
    azimuth_deg: float = 180.0
    timezone: str = "Asia/Seoul"


def _pvlib() -> Any:
    try:
        return importlib.import_module("pvlib")
    except ImportError:
        msg = "this needs pvlib: install carbon-twin[pv]"
        raise InputFault(msg) from None


def read_weather(path: Path) -> dict[str, np.ndarray]:
    """Columns of a weather CSV of 8,760 hours from 1 January, ``#`` lines left out, or of an EPW file. Irradiance W/m2, °C, m/s.

    Raises InputFault where a column is missing, is no number or has another length.
    """
    if path.suffix.lower() == ".epw":
        data, _ = _pvlib().iotools.read_epw(path)
        return {name: np.asarray(data[name], float) for name in _NAMES}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read: {error}"
        raise InputFault(msg) from None
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    found: dict[str, np.ndarray] = {}
    for name, words in _NAMES.items():
        column = next((word for word in words if rows and word in rows[0]), None)
        if column is None:
            if name in ("dni", "dhi"):
                continue
            msg = f"{path}: no column of {name}; one of {', '.join(words)} is expected"
            raise InputFault(msg)
        found[name] = _numbers(path, column, [row[column] for row in rows])
    return found


def _numbers(path: Path, column: str, texts: Sequence[str]) -> np.ndarray:
    try:
        values = np.array([float(text) for text in texts])
    except (TypeError, ValueError):
        msg = f"{path}: column {column}: not numbers throughout"
        raise InputFault(msg) from None
    if len(values) != YEAR_H:
        msg = f"{path}: {len(values)} rows; 8760 hours of a common year are expected"
        raise InputFault(msg)
    return values


def profile_kw_per_kwp(weather: dict[str, np.ndarray], place: Place, year: int = 2025) -> np.ndarray:
    """AC power per kWp in each hour (8760,), from means over clock hours of a common ``year``. Raises InputFault without pvlib."""
    pvlib = _pvlib()
    pandas = importlib.import_module("pandas")
    hours = pandas.date_range(f"{year}-01-01", periods=YEAR_H, freq="h", tz=place.timezone)
    middle = hours + pandas.Timedelta(minutes=30)
    sun = pvlib.solarposition.get_solarposition(middle, place.latitude_deg, place.longitude_deg)
    series = {name: pandas.Series(values, index=middle) for name, values in weather.items()}
    if "dni" not in series or "dhi" not in series:
        split = pvlib.irradiance.erbs(series["ghi"], sun["zenith"], middle)
        series |= {"dni": split["dni"], "dhi": split["dhi"]}
    light = pvlib.irradiance.get_total_irradiance(
        place.tilt_deg,
        place.azimuth_deg,
        sun["apparent_zenith"],
        sun["azimuth"],
        series["dni"],
        series["ghi"],
        series["dhi"],
        dni_extra=pvlib.irradiance.get_extra_radiation(middle),
        albedo=ALBEDO,
        model="haydavies",
    )["poa_global"].fillna(0.0)
    mount = pvlib.temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"]["close_mount_glass_glass"]
    cell = pvlib.temperature.sapm_cell(light, series["temp_air"], series["wind_speed"], **mount)
    direct_w = pvlib.pvsystem.pvwatts_dc(light, cell, 1000.0, GAMMA_PER_K) * (1.0 - LOSSES)
    given_w = pvlib.inverter.pvwatts(direct_w, 1000.0 / INVERTER, eta_inv_nom=INVERTER)
    return np.asarray(given_w.clip(lower=0.0).fillna(0.0)) / 1000.0


def write_profile(path: Path, kw_per_kwp: np.ndarray, source: str) -> Path:
    """Write a profile as ``site.pv.profile: {file: …}`` reads it; ``source`` is its attribution. Returns the path."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["hour", "kw_per_kwp", "source"])
        writer.writerows([k, f"{value:.5f}", source if k == 0 else ""] for k, value in enumerate(kw_per_kwp.tolist()))
    return path


def main(arguments: Sequence[str] | None = None) -> Path:
    """The shell's way in: weather file, place and where to write."""
    parser = argparse.ArgumentParser(
        prog="python -m twin.reference.pv_import", description="PV profile from weather, by pvlib."
    )
    parser.add_argument(
        "weather", type=Path, help="CSV with ghi, temp_air, wind_speed (and dni, dhi), 8760 rows; or EPW"
    )
    parser.add_argument("--latitude", type=float, required=True)
    parser.add_argument("--longitude", type=float, required=True)
    parser.add_argument("--tilt", type=float, default=20.0, help="degrees")
    parser.add_argument("--azimuth", type=float, default=180.0, help="degrees, 180 is south")
    parser.add_argument("--timezone", default="Asia/Seoul", help="of the file's clock")
    parser.add_argument("--source", default="", help="attribution of the weather")
    parser.add_argument("--out", type=Path, required=True, help="CSV to write")
    told = parser.parse_args(arguments)
    place = Place(told.latitude, told.longitude, told.tilt, told.azimuth, told.timezone)
    return write_profile(
        told.out, profile_kw_per_kwp(read_weather(told.weather), place), told.source or told.weather.name
    )


if __name__ == "__main__":
    main()
