"""Tables of observed durations beside a scenario, named by ``empirical: {file: …}`` anywhere among stations and orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twin.core.faults import Fault

SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
"""columns that a table may hold, and what one unit of each is"""
Path_ = tuple[str | int, ...]


def places(tree: Any) -> list[Path_]:
    """Paths of the tables of observed durations in a scenario."""
    if not isinstance(tree, Mapping):
        return []
    return [
        path
        for section in ("stations", "orders")
        for path in _below(tree.get(section), (section,))
        if isinstance(path[-1], str)
    ]


def _below(node: Any, path: Path_) -> Iterator[Path_]:
    items: Sequence[tuple[str | int, Any]] = ()
    if isinstance(node, Mapping):
        items = list(node.items())
        if path[-1] == "empirical" and isinstance(node.get("file"), str):
            yield path
    elif isinstance(node, list):
        items = list(enumerate(node))
    for key, child in items:
        yield from _below(child, (*path, key))


def table_faults(rows: Sequence[Mapping[str, Any]], file: str, place: str) -> list[Fault]:
    """What is wrong with a table of observed durations."""
    known = [name for name in SECONDS if rows and name in rows[0]]
    if not rows:
        return [Fault(file, 0, 0, place, "no observed durations", "", "at least one line")]
    if len(known) != 1:
        found = ", ".join(map(str, rows[0]))[:60]
        return [Fault(file, 1, 0, place, "no column of durations", found, "one column named seconds, minutes or hours")]
    return [
        Fault(file, line, 0, place, "not a duration", str(row[known[0]]), "a number of 0 or more")
        for line, row in enumerate(rows, start=2)
        if not isinstance(row[known[0]], int | float) or row[known[0]] < 0.0
    ]


def values_s(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """The durations of a sound table, in seconds."""
    column = next(name for name in SECONDS if name in rows[0])
    return [float(row[column]) * SECONDS[column] for row in rows]


def filled(node: Any, tables: Mapping[str, Any], path: Path_ = ()) -> Any:
    """A copy of a tree in which each ``empirical: {file: …}`` whose table was read also holds its values."""
    if isinstance(node, Mapping):
        copied = {key: filled(child, tables, (*path, key)) for key, child in node.items()}
        rows: Sequence[Mapping[str, Any]] = tables.get(".".join(map(str, path)), ())
        sound = bool(rows) and sum(name in rows[0] for name in SECONDS) == 1  # else table_faults tells what is wrong
        if path and path[-1] == "empirical" and "file" in copied and sound:
            copied["values"] = [f"{value!r} s" for value in values_s(rows)]
        return copied
    if isinstance(node, list):
        return [filled(child, tables, (*path, k)) for k, child in enumerate(node)]
    return node
