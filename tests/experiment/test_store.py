"""Stored results: whole or not at all, damage found, killed runs taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.experiment.plants import small
from twin.core.canonical import canonical_json
from twin.core.faults import InputFault
from twin.experiment.checkpoint import FOLDER, Checkpoint
from twin.experiment.parquet import Damaged
from twin.experiment.result import RunResult
from twin.experiment.runner import cases_of, run
from twin.experiment.store import INDEX, list_runs, load, load_run, save

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    """A small run and where it is stored."""
    found = run(small(), replications=2)
    return found, save(found, tmp_path_factory.mktemp("runs"))


def test_a_run_comes_back_as_it_was(stored: tuple[RunResult, Path]) -> None:
    """Proves: payload, small results and trace survive the store to the bit. Sensitivity: a float written as text would not."""
    first, path = stored
    kind, again = load(path)
    assert kind == "run"
    assert canonical_json(again.payload()) == canonical_json(first.payload())
    for a, b in zip(first.replications, again.replications, strict=True):
        assert list(a.series) == list(b.series)
        assert all(a.series[key].tobytes() == b.series[key].tobytes() for key in a.series)
        assert (a.start, a.kpis, a.facts, a.residuals) == (b.start, b.kpis, b.facts, b.residuals)
    for name, table in first.trace0.tables.items():
        for column, values in table.columns.items():
            assert values.tobytes() == again.trace0.tables[name][column].tobytes(), (name, column)


def test_runs_are_listed(stored: tuple[RunResult, Path]) -> None:
    """Proves: what is stored is found by the list, and nothing else is."""
    _, path = stored
    (entry,) = list_runs(path.parent)
    assert (entry["id"], entry["kind"], entry["status"]) == (path.name, "run", "finished")
    assert list_runs(path.parent / "nowhere") == []


def test_payload_is_in_the_index_and_meta_apart(stored: tuple[RunResult, Path]) -> None:
    """Proves: what is reproducible and what is not lie apart in run.json."""
    first, path = stored
    index = json.loads(json.loads((path / INDEX).read_text())["index"])
    assert canonical_json(index["payload"]) == canonical_json(first.payload())
    assert "seconds" in index["meta"]
    assert "seconds" not in canonical_json(index["payload"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_found(stored: tuple[RunResult, Path], data: st.DataObject) -> None:
    """Proves: a flipped bit or a cut file anywhere in the folder is refused in words; no wrong number is read."""
    _, path = stored
    file = data.draw(st.sampled_from(sorted(path.iterdir())))
    whole = file.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        file.write_bytes(whole[:place])
    else:
        file.write_bytes(
            whole[:place] + bytes([whole[place] ^ (1 << data.draw(st.integers(0, 7)))]) + whole[place + 1 :]
        )
    try:
        with pytest.raises(Damaged, match="damaged"):
            load(path)
    finally:
        file.write_bytes(whole)
    assert load(path)[0] == "run"


def test_a_missing_table_and_a_strange_folder(stored: tuple[RunResult, Path], tmp_path: Path) -> None:
    """Proves: a folder without run.json, and one without a table, are input faults."""
    _, path = stored
    with pytest.raises(InputFault, match="no stored result"):
        load_run(tmp_path)
    table = path / "replications.parquet"
    aside = table.rename(table.with_suffix(".away"))
    with pytest.raises(InputFault, match="missing"):
        load_run(path)
    aside.rename(table)


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: when writing fails, no folder is left that a reader could take for a result."""
    from twin.experiment import store

    found = run(small(), replications=1)

    def fail(columns: object, note: str = "") -> bytes:
        msg = "no space left"
        raise OSError(msg)

    monkeypatch.setattr(store, "to_parquet", fail)
    with pytest.raises(OSError, match="no space"):
        save(found, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_checkpoint_takes_up_and_throws_away_what_is_damaged(tmp_path: Path) -> None:
    """Proves: a kept replication is taken up; a damaged one is thrown away and simulated again to the same result."""
    scn = small()
    first = run(scn, replications=3, checkpoint=tmp_path)
    files = sorted((tmp_path / FOLDER).iterdir())
    assert len(files) == 3
    spoilt = Checkpoint(tmp_path).path(cases_of(scn, replications=(2,))[0])
    whole = spoilt.read_bytes()
    spoilt.write_bytes(whole[: len(whole) // 2])
    steps: list[int] = []
    again = run(scn, replications=3, checkpoint=tmp_path, progress=lambda done, total, text: steps.append(done))
    assert steps[0] == 1
    assert canonical_json(again.payload()) == canonical_json(first.payload())
    save(again, tmp_path)
    assert not (tmp_path / FOLDER).exists()


CHILD = """
import sys
from pathlib import Path
from tests.experiment.plants import small
from twin.experiment.runner import run
run(small(), replications=400, checkpoint=Path(sys.argv[1]))
"""


def test_kill_and_resume(tmp_path: Path) -> None:
    """Proves: after kill -9 in the middle the finished replications are there, and the run taken up equals one that was never killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    kept = tmp_path / FOLDER
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline and (not kept.is_dir() or len(list(kept.glob("*.parquet"))) < 3):
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    finished = len(list(kept.glob("*.parquet")))
    assert finished >= 3
    assert list_runs(tmp_path)[0]["status"] == "unfinished"
    steps: list[int] = []
    resumed = run(small(), replications=6, checkpoint=tmp_path, progress=lambda done, total, text: steps.append(done))
    assert steps[0] >= 2
    assert canonical_json(resumed.payload()) == canonical_json(run(small(), replications=6).payload())


def test_runs_into_one_folder_do_not_lose_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a run that ends, and removes the folder of kept replications, takes nothing from one that is about to write there.
    Sensitivity: without the second attempt the writer falls over with FileNotFoundError.
    """
    from twin.experiment import checkpoint

    (case,) = cases_of(small(), replications=(0,))
    result = run(small(), replications=1).replications[0]
    writer, other = Checkpoint(tmp_path), Checkpoint(tmp_path)
    really = checkpoint.write_aside

    def meanwhile(path: Path, data: bytes) -> None:
        monkeypatch.setattr(checkpoint, "write_aside", really)
        other.clear()
        really(path, data)

    monkeypatch.setattr(checkpoint, "write_aside", meanwhile)
    writer.add(case, result)
    assert writer.find(case) is not None
    other.clear()
    assert writer.find(case) is not None
