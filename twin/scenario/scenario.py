"""A scenario: everything that a run depends on, read, checked and frozen; identified by the SHA-256 of its canonical JSON.

``read(path)`` raises :class:`~twin.core.faults.ScenarioFaults` with every fault at once. ``changed`` gives a validated copy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twin.core.canonical import canonical_json, sha256
from twin.core.faults import Fault, InputFault, ScenarioFaults
from twin.scenario.compose import Composer, at_path, change
from twin.scenario.nodes import Node, Where, from_plain
from twin.scenario.provenance import Provenance
from twin.scenario.schema import ScenarioSpec, Station, Utility
from twin.scenario.validate import Parts, validate, what_if_faults


@dataclass(frozen=True)
class Scenario:
    """One scenario, valid. ``tree`` is what the user wrote, merged, quantities as text; ``spec``, ``stations`` and ``utilities`` are typed.

    ``tables`` holds the rows of every table named by ``file:``, by dotted path; a tariff file's text stands under ``site.tariff``.
    """

    spec: ScenarioSpec
    stations: Mapping[str, Station]
    utilities: Mapping[str, Utility]
    provenance: Mapping[str, Provenance]
    tables: Mapping[str, Any]
    warnings: tuple[Fault, ...]
    root: Path | None
    node: Node = field(repr=False, compare=False)

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The merged tree in the user's words; a copy to read, changing it changes nothing."""
        plain: dict[str, Any] = _pruned(self.node.plain())
        return plain

    @cached_property
    def positions(self) -> Mapping[str, Where]:
        """Where each value was written, by dotted path."""
        return {".".join(map(str, path)): node.at for path, node in self.node.walk() if path}

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the canonical JSON. Comments, key order, spelling of numbers and units, and ``what_if`` do not change it."""
        return sha256(self.canonical())

    def canonical(self) -> dict[str, Any]:
        """All that a run depends on, in canonical units, by field names; tables by their hash."""
        spec = self.spec.model_dump(mode="json", exclude={"stations", "utilities", "what_if"})
        spec["stations"] = {name: station.model_dump(mode="json") for name, station in self.stations.items()}
        spec["utilities"] = {name: utility.model_dump(mode="json") for name, utility in self.utilities.items()}
        spec["tables"] = {place: sha256(rows) for place, rows in self.tables.items()}
        return spec

    def at(self, path: str) -> Any:
        """What the user wrote at a dotted path, the bare value of a quantity. Raises KeyError where there is nothing."""
        parts = tuple(int(part) if part.isdecimal() else part for part in path.split("."))
        found = at_path(self.node, parts)
        if found is None or found.value is None:
            raise KeyError(path)
        return (
            found.value["value"].value if path in self.provenance and "value" in (found.value or {}) else found.plain()
        )

    def changed(self, changes: Mapping[str, Any]) -> Scenario:
        """A validated copy with ``{dotted path: value}`` set. Raises ScenarioFaults.

        A value is text in the user's words, a number, a list, a mapping or None, which removes.
        """
        if not changes:
            return self
        return _changed(self.node, changes, self.root, "change", self.tables)

    def what_if(self, name: str) -> Scenario:
        """A copy with the named set of changes. Raises KeyError with the names that there are."""
        if name not in self.spec.what_if:
            msg = f"no what-if {name!r}; there are: {', '.join(sorted(self.spec.what_if)) or 'none'}"
            raise KeyError(msg)
        return self.changed(self.spec.what_if[name])

    def payload(self) -> str:
        """The whole scenario with its tables as canonical JSON, to be sent to another process."""
        return canonical_json(
            {"tree": self.tree, "tables": dict(self.tables), "root": str(self.root) if self.root else None}
        )

    @staticmethod
    def from_payload(text: str) -> Scenario:
        """The scenario that :meth:`payload` wrote. Raises InputFault where the text is not one, ScenarioFaults where it is not valid."""
        try:
            data = json.loads(text)
            tree, root = data["tree"], data["root"]
            tables = {place: tuple(rows) if isinstance(rows, list) else rows for place, rows in data["tables"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"not a scenario payload: {error}"
            raise InputFault(msg) from None
        return _build(from_plain(tree, Where("payload")), Path(root) if root else None, tables)

    @staticmethod
    def from_tree(tree: Mapping[str, Any], root: Path | None = None) -> Scenario:
        """A scenario from plain values in the user's words; tables lie under ``root``. Raises ScenarioFaults."""
        return _build(from_plain(dict(tree), Where("scenario")), root, None)


def read(path: Path | str, sets: Mapping[str, str] | None = None) -> Scenario:
    """The scenario in a file, with ``{dotted path: value}`` set before it is checked. Raises ScenarioFaults with all faults."""
    path = Path(path)
    composer = Composer(path.parent)
    node = composer.compose(path)
    faults = composer.faults + (change(node, sets, "--set") if sets else [])
    composer.fill(node)
    parts = validate(node, composer.root, None)
    unread = any(fault.place == "extends" for fault in composer.faults)  # what is missing may stand in that file
    told = [fault for fault in parts.faults if not (unread and fault.problem == "the key is missing")]
    faults = [*composer.faults, *faults, *told]
    if parts.spec is not None and parts.spec.what_if and not any(fault.severity == "error" for fault in faults):
        faults += what_if_faults(node, composer.root, parts.tables)
    return _frozen(node, composer.root, parts, faults)


def _changed(
    node: Node, changes: Mapping[str, Any], root: Path | None, label: str, tables: Mapping[str, Any]
) -> Scenario:
    copied = node.copy()
    faults = change(copied, changes, label)
    if root is not None:
        composer = Composer(root)
        composer.fill(copied)
        faults += composer.faults
    parts = validate(copied, root, tables)
    return _frozen(copied, root, parts, faults + parts.faults)


def _build(node: Node, root: Path | None, tables: Mapping[str, Any] | None) -> Scenario:
    parts = validate(node, root, tables)
    return _frozen(node, root, parts, parts.faults)


def _frozen(node: Node, root: Path | None, parts: Parts, faults: list[Fault]) -> Scenario:
    if parts.spec is None or any(fault.severity == "error" for fault in faults):
        raise ScenarioFaults(faults)
    return Scenario(
        spec=parts.spec,
        stations=MappingProxyType(parts.stations),
        utilities=MappingProxyType(parts.utilities),
        root=root,
        node=node,
        provenance=MappingProxyType(parts.provenance),
        tables=MappingProxyType(parts.tables),
        warnings=tuple(dict.fromkeys(fault for fault in faults if fault.severity == "warning")),
    )


def _pruned(tree: Any, path: tuple[str, ...] = ()) -> Any:
    """Without the nulls that remove keys."""
    from twin.scenario.provenance import KEEPS_NULL

    if not isinstance(tree, dict) or path == ("what_if",):
        return tree
    return {
        key: _pruned(value, (*path, key))
        for key, value in tree.items()
        if value is not None or (*path, key) in KEEPS_NULL
    }
