"""One reading of metered loads, whatever wrote them."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from twin.core.faults import InputFault, ScenarioFaults
from twin.meters.billing import meter_load
from twin.meters.reader import read_meter
from twin.meters.table import read_table

SEOUL = ZoneInfo("Asia/Seoul")
KOREAN = (
    "전력사용량 조회\n고객번호,0123456789\n\n"
    "날짜,시간,사용량(kWh),최대수요(kW),지상무효전력량(kVarh),진상무효전력량(kVarh)\n"
    '2026/07/01,23:30,"1,010.5",4042,10,0\n'
    "2026/07/01,23:45,9,36,11,1\n"
    "2026/07/01,24:00,8,32,12,2\n"
)


def test_a_korean_portals_file(tmp_path: Path) -> None:
    """Proves: title lines, day and time in two columns, 24:00, thousands and reactive energy are read from a cp949 file, with stamps at
    the ends of intervals. Sensitivity: with starts the load would begin at 23:30.
    """
    path = tmp_path / "사용량.csv"
    path.write_bytes(KOREAN.encode("cp949"))
    load = meter_load(path, interval_min=None, stamp_is_end=True, timezone="Asia/Seoul")
    assert (f"{load.start:%Y-%m-%d %H:%M}", load.interval_s) == ("2026-07-01 23:15", 900)
    assert load.kwh.tolist() == [1010.5, 9.0, 8.0]
    assert load.kvarh_lag is not None
    assert load.kvarh_lead is not None
    assert load.kvarh_lag.tolist() == [10.0, 11.0, 12.0]
    assert load.kvarh_lead.tolist() == [0.0, 1.0, 2.0]


def test_reactive_power_becomes_energy(tmp_path: Path) -> None:
    """Proves: kvar are means over the interval. Sensitivity: taken as kvarh they would be four times too many."""
    path = tmp_path / "load.csv"
    path.write_text(
        "일시,유효전력(kW),지상무효전력(kVar)\n2026-07-01 00:00,100,40\n2026-07-01 00:15,100,20\n", encoding="utf-8"
    )
    load = meter_load(path, interval_min=None, stamp_is_end=False, timezone="Asia/Seoul")
    assert load.kvarh_lag is not None
    assert load.kvarh_lag.tolist() == [10.0, 5.0]
    assert load.kvarh_lead is None


def test_lines_of_an_unsorted_file_are_its_own(tmp_path: Path) -> None:
    """Proves: a gap and a doubled interval name the lines on which their rows stand, blank lines counted. Sensitivity:
    counted after sorting, the doubled one would be line 4.
    """
    path = tmp_path / "load.csv"
    rows = [
        "2026-07-01 01:00,5",
        "",
        "2026-07-01 00:00,1",
        "2026-07-01 00:15,2",
        "2026-07-01 00:30,3",
        "2026-07-01 00:15,9",
    ]
    path.write_text("timestamp,kw\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(ScenarioFaults) as caught:
        meter_load(path, interval_min=15, stamp_is_end=False, timezone="Asia/Seoul")
    assert [(fault.line, fault.problem) for fault in caught.value.faults] == [
        (2, "intervals are missing"),
        (7, "an interval is doubled"),
    ]
    assert "00:30 (line 6) is followed by 2026-07-01 01:00" in caught.value.faults[0].value


def test_a_summer_time_hour_is_named(tmp_path: Path) -> None:
    """Proves: the hour that a clock goes through twice is named with its line, and offsets settle it. Sensitivity: sorted as they come,
    the two 02:00 would be one doubled interval.
    """
    path = tmp_path / "load.csv"
    text = "timestamp,kwh\n2026-10-25 01:00,1\n2026-10-25 02:00,1\n2026-10-25 02:00,1\n2026-10-25 03:00,1\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioFaults) as caught:
        meter_load(path, interval_min=60, stamp_is_end=False, timezone="Europe/Berlin")
    assert [fault.line for fault in caught.value.faults] == [3, 4]
    assert "happens twice" in str(caught.value)
    settled = text.replace("02:00,1\n2026-10-25 02:00,1", "02:00+02:00,1\n2026-10-25 02:00+01:00,1")
    path.write_text(settled, encoding="utf-8")
    assert len(meter_load(path, interval_min=60, stamp_is_end=False, timezone="Europe/Berlin").kwh) == 4


def test_both_verbs_read_alike(tmp_path: Path) -> None:
    """Proves: the log of a calibration and the load of a bill read the same Korean file to the same energy. Sensitivity: one reader that
    did not know 전력 would refuse it.
    """
    path = tmp_path / "meter.csv"
    rows = "\n".join(f"2026/07/01 {k // 60:02d}:{k % 60:02d},{k}" for k in range(90))
    path.write_bytes(("일시,전력(kW)\n" + rows + "\n").encode("cp949"))
    load = meter_load(path, interval_min=None, stamp_is_end=False, timezone="Asia/Seoul")
    assert load.kwh.sum() == pytest.approx(read_meter(path).minutes().energy_kwh)


def test_a_frame_is_read_as_a_file_is(tmp_path: Path) -> None:
    """Proves: a DataFrame with an index of times gives what its CSV gives, and a missing reading is named by its row. Sensitivity: an
    index that is left out leaves no time stamps.
    """
    index = pd.date_range("2026-07-01", periods=3, freq="15min", tz="Asia/Seoul")
    frame = pd.DataFrame({"전력": [1.0, 2.0, 3.0]}, index=index)
    table = read_table(frame, SEOUL)
    path = tmp_path / "load.csv"
    frame.rename_axis("일시").to_csv(path)
    again = read_table(path, SEOUL)
    assert table.stamps == again.stamps
    assert np.array_equal(table.values["kw"], again.values["kw"])
    frame.iloc[1, 0] = np.nan
    with pytest.raises(ScenarioFaults) as caught:
        meter_load(frame, interval_min=None, stamp_is_end=False, timezone="Asia/Seoul")
    assert [(fault.line, fault.problem) for fault in caught.value.faults] == [(2, "the reading is missing")]


def test_what_is_no_meter_is_told(tmp_path: Path) -> None:
    """Proves: a file without the columns says which is missing, and one with power and counter is not billed by guess."""
    path = tmp_path / "load.csv"
    path.write_text("이름,나이\n가,3\n", encoding="utf-8")
    with pytest.raises(InputFault, match="no column 'timestamp'"):
        read_table(path, SEOUL)
    path.write_text("일시,전력(W)\n2026-07-01 00:00,3\n", encoding="utf-8")
    with pytest.raises(InputFault, match="no column 'kW or kWh'"):
        read_table(path, SEOUL)
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputFault, match="empty file"):
        read_table(path, SEOUL)
