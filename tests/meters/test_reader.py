"""A log read as found."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.support import needs_data
from twin.core.faults import InputFault, ScenarioFaults
from twin.meters.reader import read_meter

HEADER = "timestamp,kW,kWh\n"


def write(folder: Path, text: str, name: str = "meter.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_gap_bears_the_counters_energy(tmp_path: Path) -> None:
    """Proves: minutes without readings get the energy by which the counter went on. Sensitivity: with the integral alone the log would
    hold 3.0 kWh, with a straight line over the gap 13 kWh; the counter says 33.
    """
    rows = ["2024-10-13 00:00:00,60,100", "2024-10-13 00:01:00,60,101", "2024-10-13 00:12:00,60,132"]
    meter = read_meter(write(tmp_path, HEADER + "\n".join(rows)), zone="Asia/Bangkok")
    (gap,) = meter.gaps
    assert (gap.t0_s, gap.t1_s, gap.energy_kwh) == (120.0, 720.0, 30.0)
    load = meter.minutes()
    assert load.energy_kwh == pytest.approx(33.0)
    assert np.allclose(load.power_kw[2:12], 180.0)
    assert load.measured.tolist() == [True, True] + [False] * 10 + [True]
    assert meter.quality.missing_minutes == 10
    assert meter.quality.counter_kwh == 32.0


def test_short_gap_is_bridged_by_a_straight_line(tmp_path: Path) -> None:
    """Proves: a minute lost between 100 and 200 kW is 150 kW. Sensitivity: the counter's whole kWh would make it 60 or 120 kW."""
    rows = ["2024-10-13 00:00:00,100,10", "2024-10-13 00:02:00,200,13"]
    load = read_meter(write(tmp_path, HEADER + "\n".join(rows)), zone="Asia/Bangkok").minutes()
    assert load.power_kw.tolist() == [100.0, 150.0, 200.0]


def test_doubled_unsorted_blank_and_reset(tmp_path: Path) -> None:
    """Proves: rows are sorted, the last of a doubled stamp counts, blanks are left out, a counter that restarts goes on. Sensitivity:
    without the repair the counter's difference would be negative.
    """
    rows = [
        "2024-10-13 00:01:00,61,998",
        "2024-10-13 00:00:00,60,997",
        "2024-10-13 00:02:00,,999",
        "2024-10-13 00:03:00,70,1",
        "2024-10-13 00:03:00,72,1",
        "2024-10-13 00:04:00,60,2",
    ]
    meter = read_meter(write(tmp_path, HEADER + "\n".join(rows)), zone="Asia/Bangkok")
    assert meter.power_kw.tolist() == [60.0, 61.0, 72.0, 60.0]
    quality = meter.quality
    assert (quality.rows, quality.blank_rows, quality.doubled_rows, quality.unsorted_rows, quality.counter_resets) == (
        6,
        1,
        1,
        1,
        1,
    )
    assert quality.counter_kwh == pytest.approx(1.0 + 1.0 + 1.0)


def test_end_stamps_and_packed_files(tmp_path: Path) -> None:
    """Proves: a stamp at the end of its minute moves the log one minute earlier. Sensitivity: read as starts, t would begin at 60 s."""
    path = tmp_path / "meter.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "2024-10-13 00:01:00,60,1\n2024-10-13 00:02:00,60,2\n").encode()))
    meter = read_meter(path, zone="Asia/Bangkok", stamp="end")
    assert meter.t_s.tolist() == [0.0, 60.0]
    assert meter.local(60.0) == dt.datetime.fromisoformat("2024-10-13T00:01:00+07:00")
    assert meter.seconds(dt.datetime.fromisoformat("2024-10-13T00:01:00")) == 60.0


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    """Proves: all bad cells are told at once, each with its line and column. Sensitivity: a reader that stops at the first tells one."""
    rows = [
        "2024-10-13 00:00:00,60,1",
        "yesterday,60,2",
        "2024-10-13 00:02:00,sixty,3",
        "13/10/2024 00:03,60,4",
        "2024-10-13 00:04:00",
    ]
    path = write(tmp_path, HEADER + "\n".join(rows))
    with pytest.raises(ScenarioFaults) as caught:
        read_meter(path, zone="Asia/Bangkok")
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(3, 1), (4, 2), (5, 1), (6, 1)]
    assert "sixty" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("a,b\n1,2\n", "Asia/Bangkok", "no column 'timestamp'"),
        (HEADER, "Asia/Bangkok", "fewer than two"),
        (HEADER + "2024-10-13 00:00:00,1,1\n2024-10-13 00:01:00,1,1\n", "Asia/Bangkock", "unknown time zone"),
        (
            HEADER + "2024-10-26 00:00:00,1,1\n2024-10-28 00:01:00,1,1\n",
            "Europe/Berlin",
            "clock of Europe/Berlin changes",
        ),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, text: str, zone: str, said: str) -> None:
    """Proves: each such file is refused as an input fault that says why. Sensitivity: read anyway, hours would silently shift."""
    with pytest.raises(InputFault, match=said):
        read_meter(write(tmp_path, text), zone=zone)


def test_counter_agrees_with_integral_on_real_logs() -> None:
    """Proves: on two weeks of a real meter the counter and the gap-filled integral agree within 0.5 %. Sensitivity: without the gaps'
    energy the first log would be off by 0.7 % and 182 minutes would be missing from it.
    """
    folder = needs_data("induction_furnace")
    meter = read_meter(folder / "meter_2024-10-13_27.csv.gz", zone="Asia/Bangkok")
    quality = meter.quality
    assert quality.rows == 20000
    assert quality.counter_kwh == 61801.0
    assert quality.counter_minus_integral_pct is not None
    assert abs(quality.counter_minus_integral_pct) < 0.5
    assert quality.longest_gap_s > 3 * 3600.0
    assert meter.minutes().energy_kwh == pytest.approx(61801.0, rel=0.005)


@pytest.mark.parametrize(
    "data",
    [
        b"timestamp,kW\n2026-07-01 00:00,5\xff\xff\n",
        gzip.compress(HEADER.encode() * 50, mtime=0)[:30],
        b"\x1f\x8b\x08\x00\x00\x00rubbish",
        b'timestamp,kW\n"' + b"x" * 200_000 + b'",1\n',
    ],
)
def test_what_cannot_be_read_is_said_in_words(tmp_path: Path, data: bytes) -> None:
    """Proves: another encoding, a broken archive and a cell without end are faults, not tracebacks."""
    path = tmp_path / "meter.csv"
    path.write_bytes(data)
    with pytest.raises(InputFault, match="cannot be read"):
        read_meter(path)


def test_a_decimal_comma_is_refused(tmp_path: Path) -> None:
    """Proves: a row with more cells than the header is a fault. Sensitivity: dropped, 62,5 kW would be read as 62."""
    with pytest.raises(InputFault, match="3 cells where the header names 2"):
        read_meter(write(tmp_path, "timestamp,kW\n2024-10-13 00:00:00,62,5\n2024-10-13 00:01:00,60\n"))
