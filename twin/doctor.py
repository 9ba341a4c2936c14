"""Checks of the machine that the twin runs on: what is there, what is missing, how to mend it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

LIBRARIES = (
    "simpy",
    "numpy",
    "scipy",
    "pandas",
    "pyomo",
    "highspy",
    "plotly",
    "pydantic",
    "pint",
    "pyarrow",
    "joblib",
    "holidays",
)
KOREAN_FONTS = ("Pretendard", "Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo")


def findings() -> list[dict[str, Any]]:
    """One entry a check: name, value, ok, and the fix where it is not."""
    return [_python(), *map(_library, LIBRARIES), _cores(), _memory(), _kinds(), _korean_font(), _data(), _writable()]


def _entry(name: str, value: object, *, ok: bool, fix: str = "") -> dict[str, Any]:
    return {"name": name, "value": str(value), "ok": ok, "fix": "" if ok else fix}


def _python() -> dict[str, Any]:
    good = sys.version_info[:2] == (3, 11)
    return _entry("python", platform.python_version(), ok=good, fix="the lock is made for Python 3.11")


def _library(name: str) -> dict[str, Any]:
    try:
        return _entry(name, importlib.metadata.version(name), ok=True)
    except importlib.metadata.PackageNotFoundError:
        return _entry(
            name, "missing", ok=False, fix="install with: make demo (or pip install -c requirements.lock -e .)"
        )


def _cores() -> dict[str, Any]:
    return _entry("cores", os.cpu_count() or 1, ok=True)


def _memory() -> dict[str, Any]:
    try:
        gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return _entry("memory", "unknown", ok=True)
    return _entry("memory", f"{gib:.1f} GiB", ok=gib >= 2, fix="at least 2 GiB are advised")


def _kinds() -> dict[str, Any]:
    from twin.scenario.kinds import kinds

    found = sorted(kinds())
    return _entry(
        "kinds of equipment",
        ", ".join(found),
        ok=bool(found),
        fix="reinstall the package: its entry points are missing",
    )


def _korean_font() -> dict[str, Any]:
    lister = shutil.which("fc-list")
    if lister is None:
        return _entry("Korean font", "not checked (no fc-list)", ok=True)
    listing = subprocess.run(
        [lister, ":lang=ko", "family"], capture_output=True, text=True, check=False, timeout=20
    ).stdout
    found = [name for name in KOREAN_FONTS if name in listing]
    return _entry(
        "Korean font",
        ", ".join(found) or "none known",
        ok=bool(found or listing.strip()),
        fix="install fonts-nanum or fonts-noto-cjk",
    )


def _data() -> dict[str, Any]:
    folder = Path(os.environ.get("TWIN_DATA", "../shared/data"))
    there = folder.is_dir()
    return _entry("outside data (TWIN_DATA)", folder if there else f"{folder} (absent)", ok=True)


def _writable() -> dict[str, Any]:
    here = Path.cwd()
    return _entry(
        "results folder", here / "runs", ok=os.access(here, os.W_OK), fix="start where you may write, or name --out"
    )
