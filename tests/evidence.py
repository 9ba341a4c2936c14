"""Evidence of long proofs: ``docs/evidence/<name>.json`` with version, seed, figures, and the hash of the sources that it proves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import twin

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "evidence"


def sources_sha256(globs: Sequence[str]) -> str:
    """SHA-256 over the files that the globs (from the repository's root) find, names and bytes."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in globs for path in ROOT.glob(pattern) if path.is_file() and "__pycache__" not in path.parts}):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_evidence(name: str, figures: Mapping[str, Any], *, seed: int, sources: Sequence[str]) -> Path:
    """Write the evidence of one proof; returns its path."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = {
        "proof": name, "version": twin.__version__, "seed": seed, "figures": dict(figures), "sources": list(sources),
        "sources_sha256": sources_sha256(sources),
    }
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    return path
