"""A metered load as found in a file: what is ambiguous is refused in words, never billed by guess."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from twin.core.faults import InputFault
from twin.meters.billing import meter_load

GOOD = "timestamp,kw\n2026-07-01 00:00,10.5\n2026-07-01 00:15,11.5\n2026-07-01 00:30,12\n"
BAD = [
    (GOOD.replace("10.5", "10,5"), "3 cells where the header names 2"),
    (GOOD.replace("10.5", '"10,5"'), "kw: not a number"),
    (GOOD.replace("10.5", "1,7\n2026-07-01 00:07"), "3 cells"),
    (GOOD.replace("10.5", "nan"), "kw: the reading is missing"),
    (GOOD.replace("timestamp,kw", "kw,timestamp"), "not a time stamp"),
    ("kw,timestamp\n5\n", "1 cells"),
    (GOOD.replace(",kw", ",kw,kwh").replace("5\n", "5,3\n").replace("12\n", "12,3\n"), "keep one of kw and kwh"),
    (GOOD.replace(",kw", ",kw,kw").replace("5\n", "5,3\n").replace("12\n", "12,3\n"), "each quantity once"),
    (GOOD.replace("2026", "0001"), "outside of 1900"),
    (GOOD.replace("2026", "9999"), "outside of 1900"),
    ('timestamp,kw\n"' + "x" * 200_000 + '",1\n', "cannot be read"),
]


def load_of(path: Path) -> float:
    """kWh of the load in a file."""
    return float(meter_load(path, interval_min=None, stamp_is_end=False, timezone="Asia/Seoul").kwh.sum())


@pytest.mark.parametrize(("text", "said"), BAD)
def test_what_is_ambiguous_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Proves: a decimal comma, two columns to choose from, a short row or an odd year are faults. Sensitivity: a reader that drops what
    is beyond the header bills 10 kW for 10,5.
    """
    path = tmp_path / "load.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFault, match=said):
        load_of(path)


def test_encodings(tmp_path: Path) -> None:
    """Proves: a byte-order mark, CRLF and gzip change nothing; cp949 is read, UTF-16 too; a broken archive and bytes of no encoding
    are refused in words.
    """
    path = tmp_path / "load.csv"
    path.write_bytes(("\ufeff" + GOOD.replace("\n", "\r\n")).encode())
    assert load_of(path) == pytest.approx(8.5)
    packed = tmp_path / "load.csv.gz"
    packed.write_bytes(gzip.compress(GOOD.encode()))
    assert load_of(packed) == pytest.approx(8.5)
    packed.write_bytes(gzip.compress(GOOD.encode())[:12] + b"garbage of another kind")
    path.write_bytes(GOOD.replace("timestamp,kw", "일시,전력(kW)").encode("cp949"))
    assert load_of(path) == pytest.approx(8.5)
    path.write_bytes(GOOD.replace(",", "\t").encode("utf-16"))
    assert load_of(path) == pytest.approx(8.5)
    path.write_bytes(GOOD.encode() + b"\xff\xff\xff\n")
    for damaged in (packed, path):
        with pytest.raises(InputFault, match="cannot be read"):
            load_of(damaged)
