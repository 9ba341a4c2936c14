"""Columns to Parquet files and back, each with a checksum over its content, so that a damaged file is found and not read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin.core.faults import InputFault

_NOTE = b"twin"


class Damaged(InputFault):
    """A stored file is not what was written; the message names it."""


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_aside(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: beside it first, flushed to disk, then renamed over it."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def to_parquet(columns: Mapping[str, Any], note: str = "") -> bytes:
    """Columns as the bytes of a Parquet file (zstd); ``note`` is kept in it as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    table = table.replace_schema_metadata({_NOTE: note.encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_parquet(path: Path, sha256: str | None = None) -> tuple[dict[str, Any], str]:
    """Columns of a Parquet file (numbers as numpy arrays, text as lists) and its note. Raises Damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if sha256 is not None and file_sha256(path) != sha256:
            msg = f"{path}: damaged: its checksum is not the one that was stored"
            raise Damaged(msg)
        table = pq.read_table(path, use_threads=False)
        columns = {
            name: column.to_pylist()
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            else column.to_numpy()
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
        return columns, (table.schema.metadata or {}).get(_NOTE, b"").decode()
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        msg = f"{path}: damaged or missing: {str(error).splitlines()[0][:120]}"
        raise Damaged(msg) from None
