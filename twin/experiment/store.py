"""Folders of stored results: ``<folder>/<id>/run.json`` and one Parquet file a table, written aside, then renamed.

``run.json`` holds kind, payload, meta, content, the checksum of every file and one over itself. What is damaged is found and refused.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from twin.core.canonical import canonical_json, sha256
from twin.core.faults import InputFault
from twin.experiment.checkpoint import FOLDER
from twin.experiment.parquet import Damaged, file_sha256, from_parquet, to_parquet, write_aside
from twin.experiment.stored import StoredResult

INDEX = "run.json"
SCHEMA = 1
KINDS: dict[str, str] = {
    "run": "twin.experiment.result:RunResult",
    "plan": "twin.optimize.optimize:PlanResult",
    "front": "twin.optimize.trade_off:FrontResult",
    "tariffs": "twin.optimize.trade_off:TariffsResult",
    "study": "twin.tasks.study:Study",
    "diagnosis": "twin.tasks.diagnosis:Diagnosis",
}
"""kind: dotted name of the class with ``from_store``; loaded only when a result of the kind is opened"""


class Storable(Protocol):
    """A result that can be stored."""

    @property
    def kind(self) -> str:
        """Key of :data:`KINDS`."""
        ...

    @property
    def meta(self) -> Mapping[str, Any]:
        """Times, memory: what is not reproducible."""
        ...

    def payload(self) -> dict[str, Any]:
        """The reproducible JSON."""
        ...

    def to_store(self) -> StoredResult:
        """JSON and tables from which the result can be made again."""
        ...


def register(kind: str, from_store: str) -> None:
    """Name the class (``package.module:Class``) whose ``from_store`` opens results of a kind."""
    KINDS[kind] = from_store


def save(data: Storable, folder: Path) -> Path:
    """Store a result in a new folder below ``folder``; returns its path. What a checkpoint kept for it is removed afterwards."""
    created = dt.datetime.now(dt.UTC)
    payload, stored = data.payload(), data.to_store()
    name = f"{created:%Y%m%d-%H%M%S}-{data.kind}-{sha256(payload)[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{name}.{os.getpid()}.part"
    aside.mkdir()
    try:
        files = {}
        for table, columns in stored.tables.items():
            path = aside / f"{table}.parquet"
            write_aside(path, to_parquet(columns))
            files[path.name] = file_sha256(path)
        meta = {key: value for key, value in data.meta.items() if key != "checkpoint"}
        index = {
            "schema": SCHEMA,
            "id": name,
            "kind": data.kind,
            "created": created.isoformat(),
            "payload": payload,
            "meta": meta,
            "content": dict(stored.json),
            "files": files,
        }
        write_aside(aside / INDEX, _sealed(index).encode())
        final = _free(folder, name)
        aside.rename(final)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    kept = data.meta.get("checkpoint")
    if kept is not None:
        kept.clear()
    return final


def _sealed(index: Mapping[str, Any]) -> str:
    text = canonical_json(index)
    return canonical_json({"index": text, "sha256": sha256(text)})


def _free(folder: Path, name: str) -> Path:
    """A path that does not exist yet."""
    path, number = folder / name, 2
    while path.exists():
        path, number = folder / f"{name}-{number}", number + 1
    return path


def read_index(path: Path) -> dict[str, Any]:
    """``run.json`` of a stored result, its own checksum verified. Raises InputFault where it is missing or Damaged."""
    file = path / INDEX
    if not file.is_file():
        msg = f"{path}: no stored result there ({INDEX} is missing); see 'twin runs'"
        raise InputFault(msg)
    try:
        sealed = json.loads(file.read_text(encoding="utf-8"))
        text = sealed["index"]
        if sha256(text) != sealed["sha256"]:
            msg = f"{file}: damaged: its checksum is not the one that was stored"
            raise Damaged(msg)
        index: dict[str, Any] = json.loads(text)
    except (ValueError, KeyError, TypeError, OSError):
        msg = f"{file}: damaged: not a whole {INDEX}"
        raise Damaged(msg) from None
    if index.get("schema") != SCHEMA:
        msg = f"{file}: written by another version of the twin (schema {index.get('schema')}, known is {SCHEMA})"
        raise InputFault(msg)
    return index


def load(path: Path) -> tuple[str, Any]:
    """(kind, result) of a stored result, every file's checksum verified. Raises InputFault or Damaged."""
    index = read_index(path)
    tables = {}
    for name, checksum in index["files"].items():
        tables[name.removesuffix(".parquet")] = from_parquet(path / name, checksum)[0]
    kind = index["kind"]
    if kind not in KINDS:
        msg = f"{path}: a result of kind {kind!r} cannot be opened; known: {', '.join(KINDS)}"
        raise InputFault(msg)
    module, _, name = KINDS[kind].partition(":")
    return kind, getattr(importlib.import_module(module), name).from_store(StoredResult(index["content"], tables))


def load_run(path: Path) -> Any:
    """The run stored at ``path``. Raises InputFault where it is another kind of result."""
    kind, data = load(path)
    if kind != "run":
        msg = f"{path}: a stored {kind}, not a run"
        raise InputFault(msg)
    return data


def list_runs(folder: Path) -> list[dict[str, Any]]:
    """Stored results below ``folder``, newest first: id, kind, status (finished, damaged), scenario, created, path.

    Replications kept by a run that was killed are told as one entry of status "unfinished".
    """
    found = []
    for path in sorted(
        (p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")) if folder.is_dir() else [],
        reverse=True,
    ):
        if not (path / INDEX).exists():
            continue
        entry: dict[str, Any] = {
            "id": path.name,
            "kind": "",
            "status": "damaged",
            "scenario": "",
            "created": "",
            "path": str(path),
        }
        try:
            index = read_index(path)
            provenance = index["payload"].get("provenance", {})
            entry |= {"kind": index["kind"], "status": "finished", "created": index["created"]}
            entry["scenario"] = str(provenance.get("scenario_sha256", ""))[:12]
        except InputFault:
            pass
        found.append(entry)
    kept = list((folder / FOLDER).glob("*.parquet")) if (folder / FOLDER).is_dir() else []
    if kept:
        found.insert(
            0,
            {
                "id": FOLDER,
                "kind": "run",
                "status": "unfinished",
                "scenario": f"{len(kept)} replications",
                "created": "",
                "path": str(folder / FOLDER),
            },
        )
    return found
