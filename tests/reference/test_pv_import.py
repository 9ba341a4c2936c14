"""Profiles of one's own: weather files and their faults; the chain of models where pvlib is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin.core.faults import InputFault
from twin.reference.pv_import import Place, main, profile_kw_per_kwp, read_weather, write_profile
from twin.scenario.scenario import read

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "aluminium-foundry.yaml"
HOUR = np.arange(8760) % 24


def weather_csv(path: Path, head: str = "ghi_w_m2,temp_c,wind_m_s", rows: int = 8760) -> Path:
    light = np.maximum(0.0, 600.0 * np.sin((HOUR - 6) / 12.0 * np.pi))
    lines = ["# source: made for a test", head, *(f"{x:.1f},15.0,2.0" for x in light[:rows])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("head", "rows", "said"),
    [("light,temp_c,wind_m_s", 8760, "no column of ghi"), ("ghi_w_m2,temp_c,wind_m_s", 100, "100 rows")],
)
def test_faults_of_a_weather_file(tmp_path: Path, head: str, rows: int, said: str) -> None:
    """Proves: what is missing is named with what would do. Sensitivity: a KeyError."""
    with pytest.raises(InputFault, match=said):
        read_weather(weather_csv(tmp_path / "w.csv", head, rows))


def test_a_written_profile_is_what_a_scenario_reads(tmp_path: Path) -> None:
    """Proves: the file goes into site.pv.profile as it is. Sensitivity: another column name."""
    write_profile(tmp_path / "mine.csv", np.maximum(0.0, np.sin((HOUR - 6) / 12 * np.pi)), "test")
    for name in ("aluminium-foundry.yaml", "aluminium-melt-shop.yaml"):
        (tmp_path / name).write_text((SCENARIO.parent / name).read_text(encoding="utf-8"), encoding="utf-8")
    base = tmp_path / SCENARIO.name
    more = tmp_path / "more.yaml"
    more.write_text(
        f"extends: {base.name}\nsite: {{pv: {{peak: 100 kW, profile: {{file: mine.csv}}}}}}\n", encoding="utf-8"
    )
    assert len(read(more).tables["site.pv.profile"]) == 8760


def test_pvlib_chain(tmp_path: Path) -> None:
    """Proves: from weather file to profile: none at night, below the light, less on hot days. Sensitivity: temperature left out."""
    pytest.importorskip("pvlib")
    weather = read_weather(weather_csv(tmp_path / "w.csv"))
    place = Place(35.25, 128.5)
    made = profile_kw_per_kwp(weather, place)
    assert made.shape == (8760,)
    assert np.all(made[HOUR < 4] == 0.0)
    assert 0.3 < made.max() < 1.0
    hot = profile_kw_per_kwp(weather | {"temp_air": np.full(8760, 35.0)}, place)
    assert hot.sum() < made.sum() * 0.95
    path = main(
        [str(tmp_path / "w.csv"), "--latitude", "35.25", "--longitude", "128.5", "--out", str(tmp_path / "p.csv")]
    )
    assert path.read_text(encoding="utf-8").count("\n") == 8761
