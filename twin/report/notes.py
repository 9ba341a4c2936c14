"""Notes that lower floors write in English, said in both languages where the catalogue knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from twin.core.sentences import said
from twin.report.content import Both, say, word

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
    return in_both(note)


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
