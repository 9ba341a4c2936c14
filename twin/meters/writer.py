"""Writing fitted values into a scenario file, its comments and order kept."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin.core.faults import InputFault


def write_fitted(path: str | Path, changes: Mapping[str, Any], out: str | Path | None = None) -> Path:
    """Set ``{dotted path: value}`` in a YAML file by a round trip, and write it to ``out`` (or in place). Returns where it was written.

    A value is a text, a list of mappings or ``{value, data_class, source, range}``. Raises InputFault where the file is no mapping or
    where a
    path runs through something that is no mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    source = Path(path)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.representer.add_representer(type(None), _null)
    try:
        tree = yaml.load(source.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{source}: cannot be read: {error.strerror}"
        raise InputFault(msg) from error
    except YAMLError as error:
        msg = f"{source}: not YAML: {error}"
        raise InputFault(msg) from error
    if not isinstance(tree, Mapping):
        msg = f"{source}: holds no scenario"
        raise InputFault(msg)
    for dotted, value in changes.items():
        _set(tree, dotted, value, source)
    text = io.StringIO()
    yaml.dump(tree, text)
    target = Path(out) if out is not None else source
    aside = target.with_name(target.name + ".part")
    aside.write_text(text.getvalue(), encoding="utf-8")
    aside.replace(target)
    return target


def _null(representer: Any, value: None) -> Any:
    """Null as ``null``, not as nothing."""
    del value
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _set(tree: Any, dotted: str, value: Any, source: Path) -> None:
    from ruamel.yaml.comments import CommentedMap

    *parents, last = dotted.split(".")
    at = tree
    for key in parents:
        if key not in at or not isinstance(at[key], Mapping):
            at[key] = _mapping({})
        at = at[key]
        if not isinstance(at, CommentedMap):
            msg = f"{source}: {dotted}: {key} is no mapping"
            raise InputFault(msg)
    at[last] = _flow(value)


def _flow(value: Any) -> Any:
    """Plain values as YAML nodes that are written on one line."""
    from ruamel.yaml.comments import CommentedSeq

    if isinstance(value, Mapping):
        return _mapping({key: _flow(entry) for key, entry in value.items()})
    if isinstance(value, list):
        row = CommentedSeq([_flow(entry) for entry in value])
        row.fa.set_flow_style()
        return row
    return value


def _mapping(entries: Mapping[str, Any]) -> Any:
    from ruamel.yaml.comments import CommentedMap

    made = CommentedMap(entries)
    made.fa.set_flow_style()
    return made
