"""pydantic's errors → faults that name file, line and column, the value and what would be right."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from twin.core.faults import Fault, did_you_mean
from twin.core.units import Q, Quantity, example
from twin.scenario.nodes import Node, Path_, Where

Error = Mapping[str, Any]
_COMPARES = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
SHOWN_SHARE = 0.62
"""The share that stands as an example of shares"""
_MAPPING = ("not a mapping", "write 'key: value' lines, or {key: value}")
_WHOLE = ("not a whole number", "write e.g. 12")
_DATE = ("not a date", "write YYYY-MM-DD, e.g. 2026-07-06")
_NUMBER = ("not a number", "write e.g. 1.5")
_WORDS: Mapping[str, tuple[str, str]] = {
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": ("not a finite number", "write a number"),
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "list_type": ("not a list", "write [one, two]"),
    "string_type": ("not text", "put it in quotes"),
}


def faults_of(error: ValidationError, model: Any, root: Node, prefix: Path_ = ()) -> list[Fault]:
    """The faults of validating the part of ``root`` at ``prefix`` by ``model``, one for each thing that is wrong."""
    located = [(one, *_locate(root, (*prefix, *one["loc"]), one["type"])) for one in error.errors(include_url=False)]
    return [_fault(one, path, missing, root, model, len(prefix)) for one, path, missing, _ in _best_branches(located)]


_Located = tuple[Any, Path_, str | None, tuple[tuple[Path_, str], ...]]


def _locate(root: Node, loc: Sequence[str | int], kind: str) -> tuple[Path_, str | None, tuple[tuple[Path_, str], ...]]:
    """pydantic's location → the path that exists, the key that is missing below it, and the union branches it went through."""
    node, path, branches = root, list[str | int](), list[tuple[Path_, str]]()
    missing: str | None = None
    for index, part in enumerate(loc):
        child = _step(node, part)
        if child is not None:
            node = child
            path.append(part)
            missing = None
        elif index == len(loc) - 1 and kind == "missing":
            missing = str(part)
        else:
            branches.append((tuple(path), str(part)))
    return tuple(path), missing, tuple(branches)


def _step(node: Node, part: str | int) -> Node | None:
    """The child ``part``; a quantity with provenance is stepped into through its ``value`` where the schema has seen only that."""
    if isinstance(node.value, dict):
        found: Node | None = node.value.get(str(part))
        return found
    if isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
        item: Node = node.value[part]
        return item
    return None


def _best_branches(located: list[_Located]) -> list[_Located]:
    """Of a union, only the branch that fits best: the one whose errors lie deepest, then the one with the fewest."""
    for level in range(max((len(entry[3]) for entry in located), default=0)):
        groups: dict[Path_, dict[str, list[_Located]]] = {}
        for entry in located:
            if len(entry[3]) > level:
                where, branch = entry[3][level]
                groups.setdefault(where, {}).setdefault(branch, []).append(entry)
        dropped = set()
        for branches in groups.values():
            best = max(branches, key=lambda name: _fitness(branches[name]))
            dropped |= {id(entry) for name, entries in branches.items() if name != best for entry in entries}
        located = [entry for entry in located if id(entry) not in dropped]
    return located


def _fitness(errors: list[_Located]) -> tuple[bool, int, bool, int]:
    """How well a branch of a union fits: whether it was read at all, how deep its errors lie, whether its own shape is right, how few they
    are. A branch that only one validator of its own refuses, by what the values say together, was read.
    """
    read = len(errors) == 1 and errors[0][0]["type"] == "quantity" and isinstance(errors[0][0].get("input"), dict)
    depths = [len(one["loc"]) for one, *_ in errors]
    shaped = not any(
        one["type"] in ("extra_forbidden", "missing") and len(one["loc"]) == min(depths) for one, *_ in errors
    )
    return read, max(depths), shaped, -len(errors)


def _fault(error: Error, path: Path_, missing: str | None, root: Node, model: Any, skip: int) -> Fault:
    node = root
    for part in path:
        node = _step(node, part) or node
    kind = error["type"]
    place = ".".join(map(str, path))
    if kind == "missing" and missing is not None and missing.isdecimal():
        return _make(_value_at(node), place, "two times are due, from and to", "", 'e.g. ["22:00", "06:00"]')
    if kind == "missing" and missing is not None:
        place = f"{place}.{missing}" if place else missing
        at = node.key_at or node.at
        hint = _example_at(model, (*path[skip:], missing))
        return _make(at, place, "the key is missing", "", f"add '{missing}: {hint}'")
    if kind == "extra_forbidden":
        at, key = (node.key_at or node.at), str(path[-1]) if path else ""
        known = _keys_at(model, path[skip:-1])
        return _make(at, place, "unknown key", key, did_you_mean(key, known))
    problem, fix = _words(error, model, path[skip:])
    at = _value_at(node)
    return _make(at, place or "scenario", problem, _shown(_written(node, error.get("input"))), fix)


def _written(node: Node, read: Any) -> Any:
    """The value as the user wrote it; what the schema was given where that is no scalar."""
    inner = node.value.get("value") if isinstance(node.value, dict) else node
    return read if inner is None or isinstance(inner.value, dict | list) else inner.value


def _value_at(node: Node) -> Where:
    inner = node.value.get("value") if isinstance(node.value, dict) else None
    return inner.at if inner is not None else node.at


def _words(error: Error, model: Any, path: Path_) -> tuple[str, str]:
    """Problem and fix."""
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "quantity":
        return context["problem"], context["fix"]
    if kind in _COMPARES:
        return _compared(kind, context, _unit_at(model, path))
    if kind == "literal_error":
        expected = [word.strip("' ") for word in context.get("expected", "").replace(" or ", ", ").split(",")]
        return "not one of the words allowed", did_you_mean(str(error.get("input")), expected)
    if kind == "too_short":
        return f"needs at least {context['min_length']} entry", "add one, or take the key out"
    if kind == "too_long":
        return f"holds at most {context['max_length']} entries", "take some out"
    return _WORDS.get(kind) or (str(error["msg"]).removeprefix("Value error, "), "")


def _compared(kind: str, context: Mapping[str, Any], unit: str) -> tuple[str, str]:
    word, key = _COMPARES[kind]
    shown = f" {unit}" if unit and unit != "1" else ""
    limit = float(context[key])
    ratio_above = unit == "1" and kind.startswith("less") and limit <= SHOWN_SHARE
    fix = f"e.g. '{limit * 50.0:g} %'" if ratio_above else f"e.g. {example(unit)!r}"
    return f"must be {word} {limit:g}{shown}", fix if unit else ""


def _make(at: Where, place: str, problem: str, value: str, fix: str) -> Fault:
    return Fault(at.file, at.line, at.column, place, problem, value, fix)


def _shown(value: Any) -> str:
    if isinstance(value, Quantity):
        value = str(value)
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def members(annotation: Any) -> Iterable[Any]:
    """The types that an annotation may stand for: unions and Annotated opened."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        yield from (mark for mark in marks if isinstance(mark, Q))
        yield from members(inner)
    elif origin in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from members(one)
    else:
        yield annotation


def types_at(model: Any, path: Iterable[str | int]) -> list[Any]:
    """The types that the schema may have at ``path`` below ``model``: models, containers, plain types and :class:`Q` marks."""
    here = list(members(model))
    for part in path:
        below: list[Any] = []
        for one in here:
            below += _below(one, part)
        here = below
    return here


def _below(one: Any, part: str | int) -> list[Any]:
    if isinstance(one, type) and issubclass(one, BaseModel):
        for name, info in one.model_fields.items():
            if part in (info.alias or name, name):
                marks = [mark for mark in info.metadata if isinstance(mark, Q)]
                return [*marks, *members(info.annotation)]
        return []
    origin, arguments = get_origin(one), get_args(one)
    if origin is dict:
        return list(members(arguments[1]))
    if origin is list and arguments:
        return list(members(arguments[0]))
    if origin is tuple and isinstance(part, int) and part < len(arguments):
        return list(members(arguments[part]))
    return []


def _keys_at(model: Any, path: Path_) -> list[str]:
    return [
        info.alias or name
        for one in types_at(model, path)
        if isinstance(one, type) and issubclass(one, BaseModel)
        for name, info in one.model_fields.items()
    ]


def _unit_at(model: Any, path: Path_) -> str:
    return next((one.unit for one in types_at(model, path) if isinstance(one, Q)), "")


def _example_at(model: Any, path: Path_) -> str:
    found = types_at(model, path)
    for one in found:
        if isinstance(one, Q):
            return example(one.unit)
    words: dict[Any, str] = {str: "…", int: "1", float: "1.5", bool: "true"}
    return next((words[one] for one in found if one in words), "…")
