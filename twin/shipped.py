"""The examples that come with the twin: listed, and copied as the start of a user's own scenario."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

SCHEMA = "scenario.schema.json"


def folder() -> Path:
    """Where the shipped scenarios lie: inside an installed package, else beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "scenarios"
    return installed if installed.is_dir() else here.parent / "scenarios"


def listed(lang: str) -> list[dict[str, str]]:
    """Id, name and path of every example, by id."""
    return [{"id": path.stem, "name": _name(path, lang), "path": str(path)} for path in sorted(folder().glob("*.yaml"))]


def start_from(example: str, target: Path) -> Path:
    """Copy an example and the files that it uses into the new folder ``target``; returns the new scenario file.

    Raises InputFault where the example is unknown or the folder exists and is not empty.
    """
    from twin.core.faults import InputFault

    known = [item["id"] for item in listed("en")]
    if example not in known:
        message = f"no example {example!r}; there are: {', '.join(known)}"
        raise InputFault(message)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        message = f"{target} exists and is not empty; name another folder"
        raise InputFault(message)
    target.mkdir(parents=True, exist_ok=True)
    for name in _with_what_it_uses(f"{example}.yaml"):
        shutil.copy(folder() / name, target / name)
    if (folder() / SCHEMA).exists():
        shutil.copy(folder() / SCHEMA, target / SCHEMA)
    return target / f"{example}.yaml"


def _with_what_it_uses(name: str) -> list[str]:
    """``name`` and, in turn, the files that it names under ``extends:``, ``use:`` or ``file:``."""
    found, waiting = [], [name]
    while waiting:
        current = waiting.pop()
        path = folder() / current
        if current in found or not path.is_file():
            continue
        found.append(current)
        if path.suffix == ".yaml":
            waiting += re.findall(r"(?:extends|file):\s*\"?([\w./-]+\.\w+)", path.read_text(encoding="utf-8"))
    return found


def _name(path: Path, lang: str) -> str:
    from ruamel.yaml import YAML

    from twin.core.messages import local

    name = (YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}).get("name", path.stem)
    return local(name, lang)
