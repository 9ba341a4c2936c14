"""What the verbs at the shell share: questions that go together, folders that can be written, readers that leave, interruptions."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from twin import cli, shell
from twin.core.messages import t


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"points": 3}, "--points are those of a front"),
        ({"at": "2026-07-08T14:00"}, "--after"),
        ({"front": "peak", "tariffs": "a,b"}, "two questions"),
        ({"front": "peak", "after": Path("runs/x"), "at": "2026-07-08T14:00"}, "neither with --front"),
        ({"tariffs": "a,b", "after": Path("runs/x")}, "nor with --tariffs"),
    ],
)
def test_an_option_that_would_be_passed_over_is_refused(asked: dict[str, Any], words: str) -> None:
    """Proves: what another option makes meaningless is told before any work. Sensitivity: what goes together is taken."""
    nothing: dict[str, Any] = dict.fromkeys(("front", "points", "tariffs", "after", "at"))
    with pytest.raises(typer.BadParameter, match=words):
        cli.asked_together(**{**nothing, **asked})
    cli.asked_together(**nothing)
    cli.asked_together(**{**nothing, "front": "peak", "points": 3})
    cli.asked_together(**{**nothing, "after": Path("runs/x"), "at": "2026-07-08T14:00"})


def test_a_folder_that_cannot_be_written_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves: a full disk or a folder without the right to write is found by a byte before the work. Sensitivity: a good one."""
    assert shell.writable(tmp_path / "new") == tmp_path / "new"
    assert not list((tmp_path / "new").iterdir())

    def full(dir: Path) -> Any:  # noqa: A002 – the name that the library gives it
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(OSError, match="No space left") as told:
        shell.writable(tmp_path)
    assert told.value.filename == str(tmp_path)


def test_a_result_is_stored_though_its_reader_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proves: `twin optimize … | head` stores the plan all the same. Sensitivity: showing came first and ended the program."""
    saved: list[Path] = []

    def leave(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "")

    def save(folder: Path) -> Path:
        saved.append(folder)
        return folder

    result: Any = SimpleNamespace(save=save, meta={})
    monkeypatch.setattr(shell, "show", leave)
    monkeypatch.setattr(shell, "unread", lambda: None)
    shell.deliver(result, tmp_path, None, "en", as_json=False, quiet=True)
    assert saved == [tmp_path]


def test_a_table_for_people_says_when_nobody_reads() -> None:
    """Proves: the console raises as printing does, where rich itself would end the program with status 1."""
    from twin.report.terminal import console

    with pytest.raises(BrokenPipeError):
        console().on_broken_pipe()


@pytest.mark.parametrize("ended", [KeyboardInterrupt(), typer.Abort(), 130])
def test_an_interruption_is_told(ended: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Proves: status 130 comes with words, also where typer has made a status of it. Sensitivity: 0 says nothing."""

    def call() -> int:
        if isinstance(ended, int):
            return ended
        raise ended

    assert cli.guarded(call) == 130
    assert t("cli.interrupted", shell.language(None)) in capsys.readouterr().err
    assert cli.guarded(lambda: 0) == 0
    assert not capsys.readouterr().err
