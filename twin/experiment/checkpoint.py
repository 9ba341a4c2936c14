"""Finished replications on disk while a run goes on, so that a killed process loses at most the replications under way.

One Parquet file a replication, named by the SHA-256 of everything that it depends on (case, version, the package's own sources) and
holding a checksum over its content; a damaged file is found, thrown away and simulated again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from twin.core.canonical import canonical_json
from twin.experiment.parquet import Damaged, file_sha256, from_parquet, to_parquet, write_aside
from twin.experiment.stored import rep_columns, rep_json, reps_of

if TYPE_CHECKING:
    from twin.experiment.runner import Case
    from twin.ledger.digest import RepResult

FOLDER = ".unfinished"
ATTEMPTS = 20
"""Times a replication is written again where the folder vanishes under it: other runs into the same folder remove it when they end."""


@functools.cache
def sources_sha256() -> str:
    """SHA-256 over the package's Python and data files: results of another version of the code are never taken up."""
    import twin

    root = Path(str(twin.__file__)).parent
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(file_sha256(path).encode())
    return digest.hexdigest()


class Checkpoint:
    """Finished replications below ``folder/.unfinished``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER
        self.used: list[Path] = []

    def __str__(self) -> str:
        return str(self.folder)

    def path(self, case: Case) -> Path:
        """Where the result of a case lies."""
        parts = (
            case.scenario,
            case.plan or "",
            str(case.seed),
            str(case.replication),
            str(case.bill),
            sources_sha256(),
        )
        digest = hashlib.sha256()
        for part in parts:
            digest.update(f"{len(part)}:".encode())
            digest.update(part.encode())
        return self.folder / f"{digest.hexdigest()[:40]}.parquet"

    def find(self, case: Case) -> RepResult | None:
        """The stored result of a case; None where there is none or it is damaged."""
        path = self.path(case)
        if not path.is_file():
            return None
        self.used.append(path)
        try:
            columns, note = from_parquet(path)
            head, _, content = note.partition("\n")
            found = reps_of([json.loads(content)], columns)[0]
            if head == _seal(found):
                return found
        except (Damaged, ValueError, KeyError, IndexError, TypeError):
            pass
        path.unlink(missing_ok=True)
        return None

    def add(self, case: Case, result: RepResult) -> None:
        """Store a finished replication: written aside, then renamed."""
        note = f"{_seal(result)}\n{canonical_json(rep_json(result))}"
        path, data = self.path(case), to_parquet(rep_columns([result]), note)
        for attempt in range(ATTEMPTS):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                write_aside(path, data)
                break
            except FileNotFoundError:  # another run, finished, has just removed the empty folder
                if attempt == ATTEMPTS - 1:
                    raise
        self.used.append(path)

    def clear(self) -> None:
        """Remove what this run kept; the folder too when nothing of another run is left in it."""
        for path in self.used:
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not there, or another run still keeps something in it
            self.folder.rmdir()


def _seal(result: RepResult) -> str:
    """SHA-256 over scalars and arrays of a result."""
    digest = hashlib.sha256(canonical_json(rep_json(result)).encode())
    for key, values in result.series.items():
        digest.update(json.dumps(key, ensure_ascii=False).encode())
        digest.update(values.astype("<f8").tobytes())
    return digest.hexdigest()
