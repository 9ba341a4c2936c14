"""Sentences that are written in English where they arise (faults, warnings, remarks of a bill), said in Korean.

``sentences.json`` maps each English sentence, with ``{gaps}`` for what varies, to the Korean one with the same gaps; what fills a gap
is itself said in Korean where it is a sentence of the file. Notes of plans stand in their JSON in English too, and are said by the texts
that they were made of. A sentence that nothing holds stays English: it is never lost.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from twin.core.messages import known, t

NOTES = "optimize."
"""texts from which notes of plans are made"""
_GAP = re.compile(r"\{(\w+)\}")


def said(text: str, lang: str = "en") -> str:
    """``text`` in the language asked for, or as it is where no translation is known."""
    if lang != "ko" or not text:
        return text
    whole, patterns = _catalogue()
    if text in whole:
        return whole[text]
    for pattern, template in patterns:
        found = pattern.fullmatch(text)
        if found is not None:
            korean = template
            for gap, value in found.groupdict().items():
                korean = korean.replace(f"{{{gap}}}", said(value, lang))
            return korean
    return text


def sentences() -> dict[str, str]:
    """English sentences with their gaps, and the Korean ones."""
    text = (files("twin.core") / "sentences.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _catalogue() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Sentences without gaps; patterns of those with gaps, the most literal first."""
    whole: dict[str, str] = {}
    gapped: list[tuple[int, str, str]] = []
    notes = {t(key, "en"): t(key, "ko") for key in sorted(known("en")) if key.startswith(NOTES)}
    for english, korean in (notes | sentences()).items():
        if _GAP.search(english):
            gapped.append((len(_GAP.sub("", english)), english, korean))
        else:
            whole[english] = korean
    gapped.sort(key=lambda row: (-row[0], row[1]))
    return whole, [(_pattern(english), korean) for _, english, korean in gapped]


def _pattern(english: str) -> re.Pattern[str]:
    """A sentence as a pattern: gaps match as little as they can, on one line."""
    parts = _GAP.split(english)
    return re.compile("".join(f"(?P<{part}>.+?)" if k % 2 else re.escape(part) for k, part in enumerate(parts)))
