"""The registry of equipment kinds and utilities: entry points of the group ``twin.models``, ours and third parties'.

An entry point's name is the word in ``kind:``, its value the class (``die_casting_cell = "twin.models.casting:DieCastingCell"``).
Only the kinds that a scenario names are imported, so validating one never loads the simulator.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from twin.core.faults import InputFault, did_you_mean
from twin.scenario.schema import Part, Station, Utility

GROUP = "twin.models"


class UnknownKind(InputFault):
    """A word in ``kind:`` that names nothing, or nothing of use here. ``problem`` and ``fix`` as in a fault."""

    def __init__(self, problem: str, name: str, fix: str) -> None:
        super().__init__(f"{problem}: {name!r} ({fix})")
        self.problem, self.fix = problem, fix


_added: dict[str, type[Part]] = {}


def register(name: str, kind: type[Part]) -> None:
    """Adds a kind for this process, for notebooks and tests; an installed package uses an entry point instead."""
    if not issubclass(kind, Station | Utility):
        msg = f"{kind.__name__} is neither a Station nor a Utility"
        raise TypeError(msg)
    _added[name] = kind


def forget(name: str) -> None:
    """Takes back :func:`register`."""
    _added.pop(name, None)


@cache
def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def names() -> tuple[str, ...]:
    """All words that ``kind:`` may be, without loading anything."""
    return tuple(sorted({*_installed(), *_added}))


@cache
def _load(name: str) -> type[Part]:
    entry = _installed()[name]
    try:
        loaded = entry.load()
    except (ImportError, AttributeError) as error:
        msg = "the installed kind cannot be loaded"
        raise UnknownKind(msg, name, f"{entry.value}: {error}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Station | Utility)):
        msg = "the installed kind is neither a Station nor a Utility"
        raise UnknownKind(msg, name, entry.value)
    return loaded


def _find(name: str) -> type[Part]:
    if name in _added:
        return _added[name]
    if name not in _installed():
        msg = "no such kind of equipment or utility"
        raise UnknownKind(msg, name, did_you_mean(name, names()))
    return _load(name)


def kind_class(name: str) -> type[Station]:
    """The class of a kind of equipment. Raises UnknownKind where it is unknown or a utility."""
    found = _find(name)
    if not issubclass(found, Station):
        msg = "a utility, not a kind of equipment"
        raise UnknownKind(msg, name, "put it under utilities:")
    return found


def utility_class(name: str) -> type[Utility]:
    """The class of a utility. Raises UnknownKind where it is unknown or a kind of equipment."""
    found = _find(name)
    if not issubclass(found, Utility):
        msg = "a kind of equipment, not a utility"
        raise UnknownKind(msg, name, "put it under stations:")
    return found


def kinds() -> dict[str, type[Station]]:
    """Every kind of equipment by name (loads them all)."""
    return {name: found for name in names() if issubclass(found := _find(name), Station)}


def utilities() -> dict[str, type[Utility]]:
    """Every utility by name (loads them all)."""
    return {name: found for name in names() if issubclass(found := _find(name), Utility)}
