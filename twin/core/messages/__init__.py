"""Texts in English and Korean. Each floor has its own pair of files, ``<prefix>.en.json`` and ``<prefix>.ko.json``, with equal keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "ko")


def t(key: str, lang: str = "en", **values: object) -> str:
    """The text of ``key`` with ``{name}`` filled in. An unknown language falls back to English; an unknown key raises KeyError."""
    catalogue = _catalogue(lang if lang in LANGUAGES else "en")
    text = catalogue[key] if key in catalogue else _catalogue("en")[key]
    return text.format(**values) if values else text


def local(text: str | Mapping[str, str], lang: str = "en") -> str:
    """A text of a scenario in the language asked for, or in whichever it has."""
    if isinstance(text, str):
        return text
    return text.get(lang) or text.get("en") or next(iter(text.values()), "")


def known(lang: str) -> frozenset[str]:
    """All keys of a language."""
    return frozenset(_catalogue(lang))


@cache
def _catalogue(lang: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if file.name == f"{lang}.json" or file.name.endswith(f".{lang}.json"):
            for key, text in json.loads(file.read_text(encoding="utf-8")).items():
                if key in merged:
                    msg = f"{file.name}: {key!r} stands in another file too"
                    raise ValueError(msg)
                merged[key] = text
    return merged
