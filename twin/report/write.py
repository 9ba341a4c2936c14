"""Writes reports of a result in the formats asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin.core.faults import InputFault

FORMATS = ("html", "xlsx")


def write(data: Any, folder: Path, formats: Sequence[str] = ("html",), lang: str = "en") -> list[Path]:
    """Write ``report.html``, ``report.xlsx`` of a result into ``folder``; returns their paths in the order asked. Raises InputFault."""
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        message = f"unknown report format {', '.join(unknown)}; known: {', '.join(FORMATS)}"
        raise InputFault(message)
    return [_write_one(data, folder / f"report.{name}", lang) for name in formats]


def _write_one(data: Any, path: Path, lang: str) -> Path:
    if path.suffix == ".html":
        from twin.report import html

        return html.write(data, path, lang)
    from twin.report import excel

    return excel.write(data, path, lang)
