"""YAML text → a tree of nodes that know where they were written, within limits of size, depth and alias expansion.

YAML 1.2 core schema: ``12:30`` and ``no`` stay text. Tags are inert, duplicate keys are faults, merge keys (``<<``) are refused
in favour of ``extends:``. Built from parser events by a loop, so nothing here recurses with the depth of a hostile file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from twin.core.faults import Fault, ScenarioFaults

MAX_BYTES = 10_000_000
MAX_DEPTH = 50
MAX_ALIAS_NODES = 20_000
"""How many nodes all aliases of a file together may stand for."""

Scalar = str | int | float | bool | None
Path_ = tuple[str | int, ...]
_INT = re.compile(r"[-+]?[0-9]+$")
_OCT_HEX = re.compile(r"0o[0-7]+$|0x[0-9a-fA-F]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_INF_NAN = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


class Where(NamedTuple):
    """A place in a file; line and column count from 1, 0 where there is none."""

    file: str
    line: int = 0
    column: int = 0


@dataclass
class Node:
    """A scalar, a mapping of text to nodes or a list of nodes, where it stands and where its key stands."""

    value: Any
    at: Where
    key_at: Where | None = None

    def copy(self) -> Node:
        """A deep copy (at most :data:`MAX_DEPTH` deep)."""
        if isinstance(self.value, dict):
            return replace(self, value={key: node.copy() for key, node in self.value.items()})
        if isinstance(self.value, list):
            return replace(self, value=[node.copy() for node in self.value])
        return replace(self)

    def plain(self) -> Any:
        """The tree without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def walk(self, path: Path_ = ()) -> Iterator[tuple[Path_, Node]]:
        """Every node with its path, outermost first."""
        yield path, self
        if isinstance(self.value, dict):
            for key, node in self.value.items():
                yield from node.walk((*path, key))
        elif isinstance(self.value, list):
            for index, node in enumerate(self.value):
                yield from node.walk((*path, index))


def from_plain(tree: Any, at: Where, depth: int = 0) -> Node:
    """A tree of plain values as nodes that all stand at ``at``. Raises ScenarioFaults beyond MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise ScenarioFaults([_fault(at, "", f"nested more than {MAX_DEPTH} deep", "", "make it flatter")])
    if isinstance(tree, dict):
        return Node({str(key): from_plain(value, at, depth + 1) for key, value in tree.items()}, at, at)
    if isinstance(tree, list | tuple):
        return Node([from_plain(value, at, depth + 1) for value in tree], at, at)
    return Node(tree, at, at)


def load(path: Path, name: str) -> tuple[Node, list[Fault]]:
    """The mapping in the file ``path``, called ``name`` in faults, and the faults that do not stop reading (duplicate keys).

    Raises ScenarioFaults where the file cannot be read at all.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ScenarioFaults(
                [
                    _fault(
                        Where(name),
                        "file",
                        "larger than 10 MB",
                        f"{size} bytes",
                        "put big tables into CSV or Parquet beside it",
                    )
                ]
            )
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioFaults(
            [_fault(Where(name), "file", "not UTF-8 text", f"byte {error.start}", "save it as UTF-8")]
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ScenarioFaults([_fault(Where(name), "file", "cannot be read", reason, "check the path")]) from None
    return loads(text, name)


def loads(text: str, name: str) -> tuple[Node, list[Fault]]:
    """As :func:`load`, from text."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    builder = _Builder(name)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Where(name, mark.line + 1, mark.column + 1) if mark else Where(name)
        problem = " ".join(str(error.problem or error.context or "not YAML").split())
        raise ScenarioFaults(
            [*builder.faults, _fault(where, "file", "not YAML 1.2", problem, "mend the syntax at this place")]
        ) from None
    except YAMLError as error:
        raise ScenarioFaults(
            [
                _fault(
                    Where(name),
                    "file",
                    "not YAML 1.2",
                    " ".join(str(error).split())[:120],
                    "remove unprintable characters",
                )
            ]
        ) from None
    if builder.root is None or not isinstance(builder.root.value, dict):
        raise ScenarioFaults([_fault(Where(name, 1, 1), "file", "not a mapping", "", "write 'key: value' lines")])
    return builder.root, builder.faults


def scalar(text: str) -> Scalar:
    """A plain (unquoted) scalar by the core schema of YAML 1.2."""
    lower = text.lower()
    if lower in _WORDS and text in (lower, lower.upper(), lower.capitalize()):
        return _WORDS[lower]
    if _INT.match(text):
        return int(text) if len(text) < 25 else float(text)
    if _OCT_HEX.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    return _INF_NAN.get(lower, text)


class _Builder:
    """Builds nodes from parser events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._open: list[tuple[Node, str | None]] = []
        self._key: list[tuple[str, Where] | None] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._counts: list[int] = []
        self._expanded = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event of the parser."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            value = scalar(event.value) if event.implicit[0] else event.value
            self._add(Node(value, self._where(event)), event.anchor, 1)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._start(event, {} if kind == "MappingStartEvent" else [])
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            node, anchor = self._open.pop()
            self._key.pop()
            self._add(node, anchor, 1 + self._counts.pop())
        elif kind == "AliasEvent":
            self._alias(event)
        elif kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                self._stop(event, "more than one document in a file", "---", "keep one")

    def _where(self, event: Any) -> Where:
        return Where(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _stop(self, event: Any, problem: str, value: str, fix: str) -> None:
        raise ScenarioFaults([*self.faults, _fault(self._where(event), "file", problem, value, fix)])

    def _start(self, event: Any, empty: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._stop(event, f"nested more than {MAX_DEPTH} deep", "", "make it flatter")
        if self._waiting_for_key():
            self._stop(event, "a key must be plain text", "", "write 'name: value'")
        self._open.append((Node(empty, self._where(event)), event.anchor))
        self._key.append(None)
        self._counts.append(0)

    def _waiting_for_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0].value, dict) and self._key[-1] is None

    def _alias(self, event: Any) -> None:
        found = self._anchors.get(event.anchor)
        if found is None:
            self._stop(
                event, "alias of nothing", f"*{event.anchor}", "define the anchor before it is used, and not around it"
            )
            return
        node, size = found
        self._expanded += size
        if self._expanded > MAX_ALIAS_NODES:
            self._stop(
                event,
                f"aliases stand for more than {MAX_ALIAS_NODES} values",
                f"*{event.anchor}",
                "write the values out, or use a table",
            )
        copied = node.copy()
        copied.at = self._where(event)
        self._add(copied, None, size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        if self._waiting_for_key():
            key = node.value if isinstance(node.value, str) else _key_text(node.value)
            self._key[-1] = (key, node.at)
            return
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self.root = node
            return
        self._counts[-1] += size
        parent = self._open[-1][0]
        if isinstance(parent.value, list):
            node.key_at = node.at
            parent.value.append(node)
            return
        said = self._key[-1]
        if said is not None:
            self._key[-1] = None
            key, node.key_at = said
            self._put(parent.value, key, node)

    def _put(self, mapping: dict[str, Node], key: str, node: Node) -> None:
        at = node.key_at or node.at
        if key == "<<":
            self.faults.append(_fault(at, key, "merge keys are not read", "<<", "use 'extends:' or 'use:'"))
        elif key in mapping:
            first = mapping[key].key_at
            line = first.line if first else 0
            self.faults.append(_fault(at, key, "the key is written twice", f"first in line {line}", "keep one of them"))
        else:
            mapping[key] = node


def _key_text(value: Scalar) -> str:
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def _fault(at: Where, place: str, problem: str, value: str, fix: str) -> Fault:
    return Fault(at.file, at.line, at.column, place, problem, value, fix)
