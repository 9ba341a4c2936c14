"""Notes that lower floors write in English, said in both languages where the catalogue knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from twin.core.sentences import said
from twin.report.content import Both, say, word

_PATTERNS = (
    (r"(?P<month>\d{4}-\d{2}): the load covers (?P<share>[\d.]+)% of the month", "note.prorated"),
    (r"unverified: (?P<line>\w+) \((?P<detail>.*)\)", "note.unverified_line"),
    (
        r"(?P<name>[\w.]+): the data do not tell it \(its interval is (?P<share>\d+) % of the prior's\)",
        "note.prior_kept",
    ),
    (r"(?P<name>[\w.]+): not told apart from (?P<others>[^;]+);", "note.not_apart"),
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
            values = {
                name: word("line", text) if name == "line" else in_both(text)
                for name, text in found.groupdict().items()
            }
            return say(key, **values)
    return in_both(note)


def in_both(text: str) -> Both:
    """A sentence of a lower floor in both languages."""
    return Both(text, said(text, "ko"))
