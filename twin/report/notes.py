"""Notes that lower floors write in English, said in both languages where the catalogue knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from twin.core.messages import known, t
from twin.core.sentences import said
from twin.report.content import Both, say, word

PLANS = "optimize."
LEAST_LETTERS = 40
"""of a text that is told from others by its words, not by what fills its gaps"""
_GAP = re.compile(r"\\\{(\w+)\\\}")
_JOINT = (
    r"(?P<a>[\w.]+) and (?P<b>[\w.]+) are known only together \(correlation (?P<r>[-\d.]+)\): "
    r"(?P<law>.+), within (?P<half>.+) \(95 %\)"
)
_PATTERNS = (
    (r"(?P<month>\d{4}-\d{2}): the load covers (?P<share>[\d.]+)% of the month", "note.prorated"),
    (r"unverified: (?P<line>\w+) \((?P<detail>.*)\)", "note.unverified_line"),
    (
        r"(?P<name>[\w.]+): the data do not tell it \(its interval is (?P<share>\d+) % of the prior's\)",
        "note.prior_kept",
    ),
    (_JOINT, "note.not_apart"),
    (r"practice differs between periods: .* the log counts (?P<own>\d+) % and .* (?P<other>\d+) %", "note.periods"),
    (r"the data's collinearity index is (?P<index>\d+|inf);", "note.collinearity"),
    (r"1 furnace behind the meter", "note.one_furnace"),
    (r"(?P<n>\d+) furnaces in turn behind the meter", "note.furnaces"),
)


def translated(notes: Iterable[str]) -> list[Both]:
    """Each note in both languages; one that the catalogue does not know stays as it is."""
    return [_translated(note) for note in notes]


def _translated(note: str) -> Both:
    for pattern, key in _PATTERNS:
        found = re.match(pattern, note)
        if found:
            return say(key, **{name: _value(name, text) for name, text in found.groupdict().items()})
    return in_both(note) if in_both(note).ko != note else _of_a_plan(note)


def _of_a_plan(note: str) -> Both:
    """A note of a plan, which stands in its JSON in English, in both languages; several are joined by semicolons."""
    for pattern, key in _of_plans():
        found = pattern.fullmatch(note)
        if found:
            return Both(note, t(key, "ko", **found.groupdict()))
    ends = [k for k in range(len(note)) if note.startswith("; ", k)]
    for end in ends:
        first, rest = _of_a_plan(note[:end]), _of_a_plan(note[end + 2 :])
        if first.ko != first.en and rest.ko != rest.en:
            return Both(note, f"{first.ko}; {rest.ko}")
    return Both(note, note)


@cache
def _of_plans() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Texts of the optimiser as patterns that find what fills their gaps."""
    keys = sorted(key for key in known("en") if key.startswith(PLANS) and len(t(key)) >= LEAST_LETTERS)
    return tuple((re.compile(_GAP.sub(r"(?P<\1>.+)", re.escape(t(key)))), key) for key in keys)


def _value(name: str, text: str) -> Both:
    """What fills a gap of a note, in both languages: lines of a bill, fitted parameters, or a sentence."""
    if name == "line":
        return word("line", text)
    if name in ("a", "b", "name"):
        return word("parameter", text, text)
    if name == "law":
        parts = [word("parameter", part, part) for part in re.split(r"([a-z_]+\.[a-z_.]+)", text)]
        return Both("".join(part.en for part in parts), "".join(part.ko for part in parts))
    return in_both(text)


def in_both(text: str) -> Both:
    """A sentence of a lower floor in both languages."""
    return Both(text, said(text, "ko"))
