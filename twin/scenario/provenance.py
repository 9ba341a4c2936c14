"""Where a quantity comes from. Any quantity may be written as a mapping ``{value: 14000 KRW/h, data_class: assumed, source: …}``.

The keys beside ``value`` are taken off before the schema sees the tree and kept by dotted path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.core.cards import DATA_CLASSES
from twin.core.faults import Fault
from twin.core.units import Quantity
from twin.scenario.nodes import Node, Path_

META = frozenset({"data_class", "source", "range", "distribution", "verified", "note"})
KEEPS_NULL = {("calendar", "holidays")}
"""Places where null is a value; anywhere else it removes the key."""


_SPLIT = re.compile(r"\d+(\.\d+)?\s*[A-Za-z%]")
"""The rest of a quantity that a comma in ``{…}`` has cut in two."""


@dataclass(frozen=True)
class Provenance:
    """Origin of one quantity. ``low`` and ``high`` are its range in its canonical unit; ``distribution`` is as written."""

    data_class: str = "assumed"
    source: Any = None
    low: float | None = None
    high: float | None = None
    verified: bool = False
    distribution: Mapping[str, Any] | None = None
    unit: str = ""
    value: float | None = None
    note: str | None = None


@dataclass
class Unwrapped:
    """A tree for the schema: no nulls, no provenance; and what was taken off."""

    tree: Any
    metas: dict[Path_, tuple[Node, Mapping[str, Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def provenance(self) -> dict[str, Provenance]:
        """By dotted path, after the schema has read the quantities."""
        return {".".join(map(str, path)): _record(node, meta) for path, (node, meta) in self.metas.items()}


def unwrap(root: Node) -> Unwrapped:
    """The plain tree for the schema. Not applied below ``what_if``, whose values are changes yet to come."""
    result = Unwrapped(None)
    result.tree = _plain(root, (), result)
    return result


def _plain(node: Node, path: Path_, result: Unwrapped) -> Any:
    if path and path[0] == "what_if":
        return node.plain()
    if isinstance(node.value, list):
        return [_plain(item, (*path, index), result) for index, item in enumerate(node.value)]
    if not isinstance(node.value, dict):
        return node.value
    for key, child in node.value.items():
        if child.value is None and _SPLIT.match(key):
            at = child.key_at or child.at
            fix = 'put the quantity in quotes: "1,200 kW"'
            result.faults.append(
                Fault(at.file, at.line, at.column, _dotted((*path, key)), "a comma inside {…} ends the value", key, fix)
            )
    if "value" in node.value and not META.isdisjoint(node.value):
        return _quantity(node, path, result)
    return {
        key: _plain(child, (*path, key), result)
        for key, child in node.value.items()
        if child.value is not None or (*path, key) in KEEPS_NULL
    }


def _quantity(node: Node, path: Path_, result: Unwrapped) -> Any:
    meta = {key: node.value[key].plain() for key in sorted(META) if key in node.value}
    rest = {key: child for key, child in node.value.items() if key not in META and child.value is not None}
    value = rest["value"].value if "value" in rest else None
    result.faults += [
        Fault(
            node.value[key].at.file,
            node.value[key].at.line,
            node.value[key].at.column,
            _dotted((*path, key)),
            problem,
            _show(meta[key]),
            fix,
        )
        for key, problem, fix in _problems(meta)
    ]
    if isinstance(value, str):
        ends = meta.get("range")
        value = Quantity(value, (ends[0], ends[1]) if isinstance(ends, list) and len(ends) == 2 else None)
    held = Node(value, rest["value"].at if "value" in rest else node.at, node.key_at)
    result.metas[path] = (held, meta)
    if len(rest) > 1:
        return {key: value if key == "value" else _plain(child, (*path, key), result) for key, child in rest.items()}
    return value


def _problems(meta: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    if meta.get("data_class") is not None and meta["data_class"] not in DATA_CLASSES:
        found.append(("data_class", "not a data class", "one of " + ", ".join(DATA_CLASSES)))
    ends = meta.get("range")
    if ends is not None and not (isinstance(ends, list) and len(ends) == 2):
        found.append(("range", "not a range", "write [low, high]"))
    if not isinstance(meta.get("verified", False), bool):
        found.append(("verified", "neither true nor false", "write true or false"))
    if meta.get("distribution") is not None and not isinstance(meta["distribution"], dict):
        found.append(("distribution", "not a distribution", "e.g. {uniform: {low: 5 W/K, high: 8 W/K}}"))
    return found


def _record(node: Node, meta: Mapping[str, Any]) -> Provenance:
    value, ends = node.value, meta.get("range")
    known: dict[str, Any] = {}
    if isinstance(value, Quantity):
        known = {"low": value.low, "high": value.high, "unit": value.unit, "value": value.value}
    elif isinstance(value, int | float):
        known = {"value": float(value)}
        if isinstance(ends, list) and all(isinstance(end, int | float) for end in ends):
            known |= {"low": float(ends[0]), "high": float(ends[1])}
    return Provenance(
        data_class=meta.get("data_class") or "assumed",
        source=meta.get("source"),
        verified=bool(meta.get("verified", False)),
        distribution=meta.get("distribution"),
        note=meta.get("note"),
        **known,
    )


def _dotted(path: Path_) -> str:
    return ".".join(map(str, path))


def _show(value: Any) -> str:
    return str(value)[:60]
