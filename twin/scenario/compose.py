"""Scenario files → one tree: ``extends:``, ``use:``, dotted-path changes; no file outside the root of the scenario is ever opened.

Merging keeps, for every value, the file that wrote it, so that a fault names that file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin.core.faults import Fault, ScenarioFaults, did_you_mean
from twin.scenario.nodes import Node, Path_, Where, from_plain, load, loads, scalar

MAX_FILES = 50
_OUTSIDE = "a path may not leave the folder of the scenario"


class PathFault(ValueError):
    """A path that may not be opened, or does not exist."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem, self.fix = problem, fix


def inside(root: Path, text: str, base: Path | None = None) -> Path:
    """The existing file ``text`` (relative to ``base``, default the root), which must lie under ``root``, symbolic links followed.

    Raises PathFault for absolute paths, ``..`` that leaves the root, links out of it, drive letters, back slashes and NUL.
    """
    if not text or "\0" in text or "\\" in text or re.match(r"^[A-Za-z]:", text) or text.startswith(("/", "~")):
        raise PathFault(_OUTSIDE, "write a path relative to the scenario file, with '/'")
    top = root.resolve()
    try:
        path = ((base or root) / text).resolve()
        if not path.is_relative_to(top):
            raise PathFault(_OUTSIDE, f"put the file into {top.name}/ beside the scenario")
        if not path.is_file():
            msg = "no such file"
            raise PathFault(msg, _near(path))
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, PathFault):
            raise
        msg = "not a path that can be opened"
        raise PathFault(msg, "write a path relative to the scenario file") from None
    return path


def _near(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return "check the folder"
    alike = [entry.name for entry in folder.iterdir() if entry.suffix == path.suffix][:200]
    return did_you_mean(path.name, alike) if alike else "put it beside the scenario, or write its path from there"


class Composer:
    """Reads a scenario file with what it extends and uses. Faults that do not stop reading gather in ``faults``."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.faults: list[Fault] = []
        self._cache: dict[Path, Node] = {}
        self._opened = 0

    def compose(self, path: Path, trail: tuple[Path, ...] = ()) -> Node:
        """The tree of ``path``, with its bases merged and its used stations filled in. Raises ScenarioFaults where a file is unreadable."""
        path = path.resolve()
        if path in self._cache:
            return self._cache[path].copy()
        self._opened += 1
        if self._opened > MAX_FILES:
            raise ScenarioFaults(
                [Fault(self.name(path), 0, 0, "extends", f"more than {MAX_FILES} files", "", "merge some")]
            )
        node, faults = load(path, self.name(path))
        self.faults += faults
        base = self._bases(node, path, (*trail, path))
        merged = node if base is None else merge(base, node)
        self.fill(merged, (*trail, path))
        self._cache[path] = merged
        return merged.copy()

    def name(self, path: Path) -> str:
        """A file's name in faults: relative to the root."""
        resolved = path.resolve()
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else path.name

    def _bases(self, node: Node, path: Path, trail: tuple[Path, ...]) -> Node | None:
        said = node.value.pop("extends", None)
        if said is None:
            return None
        entries = said.value if isinstance(said.value, list) else [said]
        base: Node | None = None
        for entry in entries:
            found = self._open(entry, path.parent, "extends", trail)
            if found is not None:
                base = found if base is None else merge(base, found)
        return base

    def _open(self, said: Node, folder: Path, place: str, trail: tuple[Path, ...]) -> Node | None:
        """Another file, composed; None (and a fault) where it may not or cannot be opened, or would be read in a circle."""
        try:
            path = inside(self.root, said.value if isinstance(said.value, str) else "", folder)
        except PathFault as fault:
            self._fault(said, place, fault.problem, said.value, fault.fix)
            return None
        if path in trail:
            circle = " → ".join(self.name(step) for step in (*trail[trail.index(path) :], path))
            self._fault(said, place, "files are read in a circle", circle, "take one of them out")
            return None
        return self.compose(path, trail)

    def fill(self, root_node: Node, trail: tuple[Path, ...] = ()) -> None:
        """Replaces every ``use: {file, station}`` (in utilities ``{file, utility}``) by what it names, merged with its siblings."""
        for section, word in (("stations", "station"), ("utilities", "utility")):
            entries = root_node.value.get(section)
            if entries is None or not isinstance(entries.value, dict):
                continue
            for name, entry in entries.value.items():
                if isinstance(entry.value, dict) and "use" in entry.value:
                    said = entry.value.pop("use")
                    found = self._used(said, section, word, f"{section}.{name}.use", trail)
                    if found is not None:
                        entries.value[name] = merge(found, entry)

    def _used(self, said: Node, section: str, word: str, place: str, trail: tuple[Path, ...]) -> Node | None:
        keys = said.value if isinstance(said.value, dict) else {}
        if set(keys) != {"file", word}:
            self._fault(
                said,
                place,
                f"needs exactly the keys 'file' and '{word}'",
                ", ".join(keys) or said.value,
                f"write {{file: other.yaml, {word}: name}}",
            )
            return None
        written = self.root / Path(said.at.file).parent
        other = self._open(keys["file"], written if written.is_dir() else self.root, f"{place}.file", trail)
        if other is None:
            return None
        there = other.value.get(section)
        names = there.value if there is not None and isinstance(there.value, dict) else {}
        wanted = str(keys[word].value)
        if wanted not in names:
            self._fault(
                keys[word], f"{place}.{word}", f"the file has no such {word}", wanted, did_you_mean(wanted, names)
            )
            return None
        found: Node = names[wanted]
        return found

    def _fault(self, node: Node, place: str, problem: str, value: Any, fix: str) -> None:
        self.faults.append(
            Fault(node.at.file, node.at.line, node.at.column, place, problem, "" if value is None else str(value), fix)
        )


def merge(base: Node, over: Node) -> Node:
    """``over`` on top of ``base``: mappings deeply, lists and scalars replaced. A null stays, and removes its key when the tree is read."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    merged = dict(base.value)
    for key, node in over.value.items():
        merged[key] = merge(merged[key], node) if key in merged else node
    return Node(merged, over.at, over.key_at)


def parse_path(text: str) -> tuple[str, ...]:
    """``a.b.0`` → its parts. Raises PathFault where one is empty."""
    parts = tuple(part.strip() for part in text.split("."))
    if not all(parts):
        msg = "not a dotted path"
        raise PathFault(msg, "write e.g. site.tariff or plan.horizon")
    return parts


def value_node(value: Any, at: Where) -> Node:
    """A change's value as a node; a text as in YAML (``63 %``, ``[1, 2]``, ``null``), everything else as it is."""
    if isinstance(value, Node):
        return value.copy()
    if not isinstance(value, str):
        return from_plain(value, at)
    if value.lstrip()[:1] in ("[", "{", '"', "'"):
        parsed, faults = loads(f"value: {value.strip()}", at.file)
        if faults:
            raise ScenarioFaults(faults)
        return from_plain(parsed.value["value"].plain(), at)
    return Node(scalar(value.strip()), at, at)


def change(root_node: Node, changes: Mapping[str, Any], label: str) -> list[Fault]:
    """Sets ``{dotted path: value}`` in the tree, in the order given; mappings that are missing are made. Returns the faults."""
    faults = []
    for text, value in changes.items():
        at = (value.key_at or value.at) if isinstance(value, Node) else Where(f"{label} {text}")
        try:
            _set(root_node, parse_path(text), value_node(value, at), at)
        except PathFault as fault:
            faults.append(Fault(*at, text, fault.problem, _short(value), fault.fix))
        except ScenarioFaults as several:
            faults += several.faults
    return faults


def _set(node: Node, parts: tuple[str, ...], value: Node, at: Where) -> None:
    done: list[str] = []
    for part in parts[:-1]:
        node = _child(node, part, done, at)
        done.append(part)
    last = parts[-1]
    if isinstance(node.value, list):
        node.value[_index(node.value, last, done)] = value
    elif isinstance(node.value, dict):
        node.value[last] = value
    else:
        msg = f"{'.'.join(done)} is a value and has no part {last!r}"
        raise PathFault(msg, "set the whole value")


def _child(node: Node, part: str, done: list[str], at: Where) -> Node:
    if isinstance(node.value, list):
        found: Node = node.value[_index(node.value, part, done)]
        return found
    if not isinstance(node.value, dict):
        msg = f"{'.'.join(done)} is a value and has no part {part!r}"
        raise PathFault(msg, "set the whole value")
    child = node.value.get(part)
    if child is None or child.value is None:
        child = node.value[part] = Node({}, at, at)
    made: Node = child
    return made


def _index(items: list[Node], part: str, done: list[str]) -> int:
    if not (part.isascii() and part.isdecimal()) or int(part) >= len(items):
        msg = f"{'.'.join(done)} is a list of {len(items)}"
        raise PathFault(msg, f"write a number from 0 to {len(items) - 1}")
    return int(part)


def at_path(root_node: Node, path: Path_) -> Node | None:
    """The node at ``path``; None where there is none."""
    node = root_node
    for part in path:
        child = None
        if isinstance(node.value, dict):
            child = node.value.get(part)
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        if child is None:
            return None
        node = child
    return node


def _short(value: Any) -> str:
    text = str(value.plain() if isinstance(value, Node) else value)
    return text if len(text) <= 60 else text[:57] + "…"
